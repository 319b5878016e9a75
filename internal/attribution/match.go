package attribution

// cueAt tries the cues that the token may belong to and returns the token
// behind the verb group of the one that fits, or i.
func (r *reader) cueAt(i, lo, hi int) int {
	t := &r.tokens[i]
	if t.capital && i > lo && !t.upper && r.tokens[i-1].capital && !r.titleCase(lo, hi) {
		return i
	}
	for k := range t.word.readings {
		rd := &t.word.readings[k]
		end, ok := r.tail(i, hi, rd.cue)
		if !ok {
			continue
		}
		if r.try(rd, i, end, lo, hi) {
			return end
		}
	}
	return i
}

// tail tells whether the particles of a cue follow it.
func (r *reader) tail(i, hi int, c *cue) (end int, ok bool) {
	end = i + 1
	for _, w := range c.tail {
		if end >= hi {
			return i, false
		}
		r.scratch = lowered(r.scratch[:0], r.textOf(end))
		if string(r.scratch) != w {
			return i, false
		}
		end++
	}
	return end, true
}

// titleCase tells a headline in which words begin with capitals.
func (r *reader) titleCase(lo, hi int) bool {
	if hi-lo > 25 || hi-lo < 3 || r.tokens[lo].first > 0 && r.tokens[hi-1].mark == markStop {
		return false
	}
	small := 0
	for k := lo; k < hi; k++ {
		if t := &r.tokens[k]; t.plain() && !t.capital && !t.digit && t.to-t.from > 4 && t.quote == 0 {
			small++
		}
	}
	return small <= 1
}

// group is a cue's verb with its auxiliaries.
type group struct {
	from     int
	passive  bool
	progress bool
	infinite bool // an infinitive
	modal    bool
	perfect  bool
	preposed bool // a gerund behind a preposition: "by saying"
}

// group walks left from the cue over auxiliaries and adverbs.
func (r *reader) group(i, lo int, s shape) group {
	g := group{from: i}
	k := i - 1
	adverb := i
	for ; k >= lo; k-- {
		t := &r.tokens[k]
		if !t.plain() || t.quote != 0 {
			break
		}
		switch {
		case t.is(classAux | classModal):
			if t.is(classBe) {
				if s&shapeGer != 0 {
					g.progress = true
				} else if s&shapePart != 0 && !g.perfect {
					g.passive = true
				}
			} else if t.is(classModal) {
				g.modal = true
			} else {
				g.perfect = true
			}
			g.from = k
			continue
		case t.is(classTo) && !g.infinite && g.from == i:
			g.infinite = true
			g.from = k
			continue
		case t.is(classAdv|classNeg) && !t.is(classPron|classDet):
			adverb = k
			continue
		}
		break
	}
	if adverb < g.from && k >= lo && r.tokens[k].plain() { // adverbs behind the subject belong to the group
		g.from = adverb
	}
	if k >= lo && s&shapeGer != 0 && !g.progress && r.tokens[k].plain() && r.tokens[k].is(classPrep|classSub|classOf|classAt|classBy) {
		g.preposed = true
	}
	return g
}

// try fits one reading of a cue into the sentence.
func (r *reader) try(rd *reading, i, end, lo, hi int) bool {
	c, s, t := rd.cue, rd.shape, &r.tokens[i]
	g := r.group(i, lo, s)
	switch {
	case s&shapePart != 0 && g.from == i && (i == lo || i == lo+1 && r.tokens[lo].is(classSub)) && c.frames&frameQuestion != 0:
		return r.asked(rd, i, end, hi)
	case s == shapePart && !g.passive && !g.perfect:
		return false
	case s == shapeBase && g.from == i && !r.pluralBefore(i, lo):
		return false
	case s&(shapePast|shapePart) == shapePast|shapePart && g.from == i && end < hi && (r.tokens[end].is(classBy) && c.frames&frameSay == 0 || r.tokens[end].is(classOf) && c.frames&frameAccuse != 0):
		return false // a participle: "the man accused of it", "a plan called for by"
	case g.infinite && !g.modal && !g.perfect:
		return false // "to say": what governs it is not known
	case s&(shapePast|shapePres) == 0 && s&shapeBase != 0 && g.from == i && i == lo:
		return false
	case s&(shapePast|shapePres|shapeBase) != 0 && g.from == i && i > lo && r.tokens[i-1].is(classDet|classPoss|classGenitive|classOf) && !r.tokens[i-1].is(classPron|classRel|classThat|classWeak|classPlural):
		return false
	}
	m := match{cue: c, verb: span{g.from, end}, trust: 0.5 + 0.05*float64(c.strength), passive: g.passive, gerund: s&shapeGer != 0 && !g.progress}
	if s&shapeGer != 0 && !g.progress {
		m.verb.from = i
		return r.participle(m, g, i, end, lo, hi)
	}
	if g.passive {
		return r.passivePhrase(m, i, end, lo, hi)
	}
	if g.from > lo && r.tokens[g.from-1].is(classAs) && r.lang.free && c.frames&(frameSay|frameThat) != 0 && r.freeSubject(m, end, lo, hi) {
		return true
	}
	src, h := r.subject(g.from, lo)
	m.detail = r.aside
	if (h == bySubject || h == byNone) && g.from > lo && r.tokens[g.from-1].mark == markComma && c.frames&(frameSay|frameAddressee) == frameSay && r.behind(end, hi) {
		h = byInversion
	}
	if t.is(classAmbiguous) && h == bySubject && s&(shapePres|shapeBase) == s && !src.empty() {
		if last := &r.tokens[src.to-1]; !last.capital && !last.is(classRole|classBody|classMedia|classThing|classWeak) && last.plain() {
			return false
		}
	}
	thing := c.frames&frameThing != 0 && !src.empty() && r.anyClass(src, classThing)
	if !thing && t.is(classAmbiguous) && s&(shapePres|shapeBase) == s && h != byPronoun && h != byRelative && g.from == i && !(end < hi && (r.tokens[end].is(classThat|classDet|classPron|classPoss|classObject|classWh) || r.tokens[end].mark == markOpen || r.tokens[end].mark == markComma && end+1 < hi && r.tokens[end+1].mark == markOpen)) {
		return false
	}
	for k := src.from + 1; k < src.to; k++ { // what is told of a body in passing is not its name
		if r.tokens[k].is(classRel) && r.tokens[k].is(classNeuter) && r.tokens[k-1].mark == markComma {
			src.to = k - 1
		}
	}
	if (h == bySubject || h == byPronoun) && c.frames&frameQuote != 0 {
		as := src.from - 1
		if r.tokens[src.from].is(classAs) && src.to-src.from > 1 {
			as = src.from
		}
		if as >= lo && r.tokens[as].is(classAs) {
			b := m
			b.source, b.how = span{as + 1, src.to}, h
			b.trust *= r.worth(b.source, h)
			if r.beside(&b, as, end, lo, hi, r.sentenceEnd(hi)) || r.lang.free {
				return len(b.content) > 0
			}
		}
	}
	if at := r.lacking(src.from, src.to); at > src.from {
		src.to = at
		m.detail.evidence = true
	}
	if g.modal && c.frames&(frameSay|frameThat) == 0 && !r.lang.free {
		m.trust -= 0.1 // "would endorse": not yet
	}
	m.source, m.how = src, h
	if h == byNone && !r.lang.free && c.frames&frameSay == 0 {
		return false
	}
	if h == byEllipsis {
		if m.source = r.ellipsis(g.from, lo); m.source.empty() {
			return false
		}
		m.trust -= 0.05
	}
	// said X, behind what is said
	if h == byInversion || h == byNone {
		return r.inverted(m, end, lo, hi)
	}
	if b := m.source.from - 1; b > lo && c.frames&frameSay != 0 && (r.tokens[b].mark == markClose || r.tokens[b].mark == markComma && r.tokens[b-1].mark == markClose) && (end >= hi || !r.tokens[end].is(classThat)) {
		if r.backward(&m, m.source.from, end, lo, hi) {
			m.trust *= r.worth(m.source, m.how)
			r.matches = append(r.matches, m)
			return true
		}
	}
	if c.frames&frameThing != 0 {
		if h == bySubject && thing {
			m.trust += 0.15
		} else {
			m.trust -= 0.1
		}
	}
	if a := src.from - 1; c.frames&(frameBare|frameThat) == frameBare|frameThat && a >= lo && r.tokens[a].is(classRel) && r.finiteAt(end, hi) && (h == bySubject || h == byPronoun) {
		// "which he said had failed"
		stop := r.sentenceEnd(hi)
		for k := end + 1; k < stop; k++ {
			if r.tokens[k].mark == markComma && r.tokens[k].quote == 0 {
				stop = k
			}
		}
		m.content, m.forward = []span{{a, a + 1}, {end, stop}}, true
		m.trust = m.trust*r.worth(src, h) - 0.08
		r.matches = append(r.matches, m)
		return true
	}
	if !r.forward(&m, end, hi) {
		if c.frames&(frameSay|framePost) == 0 || !r.backward(&m, m.source.from, end, lo, hi) {
			return false
		}
	}
	m.trust *= r.worth(m.source, m.how)
	if m.how == byRelative && c.frames&frameSay == 0 {
		m.trust *= 0.9
	}
	if m.trust < 0.2 {
		return false
	}
	r.matches = append(r.matches, m)
	return true
}

// asked fits "Asked whether X, …": what was asked, by nobody whom the text names.
func (r *reader) asked(rd *reading, i, end, hi int) bool {
	if end >= hi || !r.tokens[end].is(classWh|classPrep|classSub) || r.tokens[end].is(classBy) {
		return false
	}
	from := end
	if r.tokens[end].is(classPrep) && !r.tokens[end].is(classWh|classSub) {
		from++
	}
	for k := from + 1; k < hi && k < from+40; k++ {
		if r.tokens[k].quote != 0 {
			k = r.quotes[r.tokens[k].quote-1].close
			if r.tokens[k-1].mark != markComma {
				continue
			}
			k++
		} else if r.tokens[k].mark != markComma {
			continue
		}
		if !r.begins(k+1, hi) && k < hi && r.tokens[k].mark == markComma {
			continue
		}
		r.matches = append(r.matches, match{cue: rd.cue, verb: span{i, from}, content: []span{{from, k}}, forward: true, how: byAgent, trust: 0.8})
		return true
	}
	return false
}

// behind tells that a speaker stands behind a cue and ends there: ", said X",
// as no clause would.
func (r *reader) behind(k, hi int) bool {
	if r.lang.free {
		k = r.intoBody(k, hi)
	}
	if !r.begins(k, hi) || !r.tokens[k].plain() || r.tokens[k].is(classPron) {
		return false
	}
	if _, dated := r.dateAt(k, hi); dated {
		return false
	}
	e := r.phrase(k, hi, true)
	return e > k && (e >= r.sentenceEnd(hi) || r.closes(e) && !(r.lang.comma && r.tokens[e].mark == markComma))
}

// closes tells what may stand behind a speaker who stands behind the cue.
func (r *reader) closes(i int) bool {
	t := &r.tokens[i]
	switch t.mark {
	case markComma, markStop, markDash, markSemi, markColon:
		return true
	case markWord:
		return t.is(classPrep|classAt|classDateprep) && !t.is(classSub) || t.word.day > 0 || t.word.relative
	case markOpen, markClose, markParenOpen, markParenClose, markOther:
	}
	return false
}

// pluralBefore tells that a base form can be the present of a plural subject.
func (r *reader) pluralBefore(i, lo int) bool {
	k := i - 1
	for k >= lo && r.tokens[k].is(classAdv) {
		k--
	}
	if k < lo {
		return false
	}
	t := &r.tokens[k]
	if t.mark == markComma || t.mark == markParenClose || t.mark == markClose || t.mark == markDash {
		return true
	}
	if !t.plain() || t.is(classDet|classPoss|classGenitive|classPrep|classTo|classObject|classThat|classAdv|classOf) && !t.is(classPron|classRel) {
		return false
	}
	if t.is(classPron) {
		return t.is(classPlural | classFirst)
	}
	last := r.text[t.to-1]
	return last == 's' || !r.tokens[i].is(classAmbiguous) && r.sayAt(i) || t.is(classRel|classPlural|classWeak) || t.capital
}

// sayAt tells a form of a verb that says words aloud.
func (r *reader) sayAt(i int) bool {
	for _, rd := range r.tokens[i].word.readings {
		if rd.cue.frames&frameSay != 0 {
			return true
		}
	}
	return false
}

// forward looks for the content behind the cue.
func (r *reader) forward(m *match, p, hi int) bool {
	f := m.cue.frames
	d := m.detail
	k := r.adverbials(p, hi, &d, f)
	if k > p || k < hi && r.tokens[k].is(classThat|classWh|classTo) || k < hi && r.tokens[k].mark != markWord {
		if r.contentAt(m, k, hi, f) {
			m.detail = d.with(m.detail)
			return true
		}
	}
	if q := r.named(k, hi); f&frameAddressee != 0 && q > k && m.cue.strength == 9 { // told “The Show” that
		d2 := d
		d2.addressee = span{k, q}
		m.detail.addressee = d2.addressee
		if e := r.adverbials(q, hi, &d2, f); r.contentAt(m, e, hi, f) {
			m.detail = d2.with(m.detail)
			return true
		}
		m.detail.addressee = span{}
	}
	if f&frameAddressee != 0 && k < hi && r.begins(k, hi) && r.tokens[k].mark == markWord {
		e := r.phrase(k, hi, false)
		d2 := d
		if e > k {
			d2.addressee = span{k, e}
			e2 := r.adverbials(e, hi, &d2, f)
			m.detail.addressee = d2.addressee
			if r.contentAt(m, e2, hi, f|frameBare) || e2 != e && r.contentAt(m, e, hi, f|frameBare) {
				m.detail = d2.with(m.detail)
				return true
			}
			if t := r.thatAhead(e, hi); t > 0 {
				d2.addressee = span{k, e}
				if r.contentAt(m, t, hi, f) {
					m.detail = d2.with(m.detail)
					return true
				}
			}
			m.detail.addressee = span{}
			if f&(frameNoun|frameObjectTo) == 0 {
				return false
			}
		}
	}
	if f&frameThat != 0 && k < hi && r.tokens[k].is(classPrep|classAdv|classAt) && !r.tokens[k].is(classSub) {
		if t := r.thatAhead(k, hi); t > 0 && r.contentAt(m, t, hi, f) {
			m.detail = d.with(m.detail)
			return true
		}
	}
	if r.lang.comma && f&frameBare != 0 {
		for i := k; i < hi && i < k+9; i++ {
			if r.tokens[i].mark == markComma && i > k && r.contentAt(m, i, hi, f&(frameBare|frameThat|frameWh)) {
				m.detail = d.with(m.detail)
				return true
			}
			if !r.tokens[i].plain() || r.finite(i) {
				break
			}
		}
	}
	if r.contentAt(m, k, hi, f) {
		m.detail = d.with(m.detail)
		return true
	}
	if _, dated := r.dateAt(p, hi); k > p && !dated && !r.tokens[p].is(classPrep|classAt|classDateprep|classAdv|classAddrPrep) && r.contentAt(m, p, hi, f) {
		return true
	}
	if f&frameThat != 0 && f&frameNoun == 0 {
		if t := r.thatAhead(k, hi); t > 0 && r.contentAt(m, t, hi, f) {
			if c := t - 1; r.lang.free && c > k && r.tokens[c].mark == markComma && r.tokens[k].capital && d.addressee.empty() {
				d.addressee = span{k, c}
			}
			m.detail = d.with(m.detail)
			return true
		}
	}
	return false
}
