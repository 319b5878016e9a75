package appeal

// index answers "which appeals fit this page?" for all appeals at once: bit i
// of a set stands for the i-th appeal in the order of trying. Passing over two
// hundred appeals is then a handful of lookups and a few dozen ANDs.
type index struct {
	live                                     set
	countries, languages, sections, channels dimension

	tags     map[string]tagSets
	untagged set // no condition on tags to meet
}

type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) add(i int)    { s[i/64] |= 1 << (i % 64) }
func (s set) remove(i int) { s[i/64] &^= 1 << (i % 64) }

// dimension holds, for one property that a page has exactly one of, the
// appeals that each value of it lets through.
type dimension struct {
	values map[string]set
	others set // for every value that no appeal names
}

func (d *dimension) of(value string) set {
	if s, named := d.values[value]; named {
		return s
	}
	return d.others
}

// at is of without a conversion that would allocate.
func (d *dimension) at(value []byte) set {
	if s, named := d.values[string(value)]; named {
		return s
	}
	return d.others
}

// tagSets holds the appeals that ask for a tag and those that shun it. A page
// has many tags, so it takes one asked for to pass and one shunned to fail.
type tagSets struct{ asked, shunned set }

func newIndex(appeals []*Appeal) index {
	n := len(appeals)
	x := index{
		live:     newSet(n),
		tags:     map[string]tagSets{},
		untagged: newSet(n),
	}
	for i, a := range appeals {
		if a.State == Live {
			x.live.add(i)
		}
		if len(a.where.tags) == 0 {
			x.untagged.add(i)
		}
		for _, tag := range a.where.tags {
			x.tag(tag, n).asked.add(i)
		}
		for _, tag := range a.where.exceptTags {
			x.tag(tag, n).shunned.add(i)
		}
	}
	x.countries = newDimension(appeals, func(w *where) (only, except []string) { return w.countries, w.exceptCountries })
	x.languages = newDimension(appeals, func(w *where) (only, except []string) { return w.languages, nil })
	x.sections = newDimension(appeals, func(w *where) (only, except []string) { return w.sections, w.exceptSections })
	x.channels = newDimension(appeals, func(w *where) (only, except []string) { return w.channels, nil })
	return x
}

func (x *index) tag(tag string, n int) tagSets {
	sets, named := x.tags[tag]
	if !named {
		sets = tagSets{asked: newSet(n), shunned: newSet(n)}
		x.tags[tag] = sets
	}
	return sets
}

// tagged returns word w of the set of appeals whose conditions on tags hold.
func (x *index) tagged(tags []string, w int) uint64 {
	asked, shunned := x.untagged[w], uint64(0)
	for _, tag := range tags {
		if sets, named := x.tags[tag]; named {
			asked |= sets.asked[w]
			shunned |= sets.shunned[w]
		}
	}
	return asked &^ shunned
}

func newDimension(appeals []*Appeal, lists func(*where) (only, except []string)) dimension {
	d := dimension{values: map[string]set{}, others: newSet(len(appeals))}
	for i, a := range appeals {
		if only, _ := lists(&a.where); len(only) == 0 {
			d.others.add(i)
		}
	}
	value := func(v string) set {
		s, named := d.values[v]
		if !named {
			s = append(set(nil), d.others...)
			d.values[v] = s
		}
		return s
	}
	for i, a := range appeals {
		only, except := lists(&a.where)
		for _, v := range only {
			value(v).add(i)
		}
		for _, v := range except {
			value(v) // must exist before anything is removed from it
		}
	}
	for i, a := range appeals {
		_, except := lists(&a.where)
		for _, v := range except {
			value(v).remove(i)
		}
	}
	return d
}
