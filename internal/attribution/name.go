package attribution

import "unicode/utf8"

// person is somebody or some body that the text has named.
type person struct {
	name   string // the fullest seen
	length int    // words of it
	female bool
	male   bool
	body   bool
	role   string
	of     string // the body it speaks for
	seen   [4]int // where it was named last, in code points behind the name
}

// register remembers who was named, by the last word of the name, by the noun
// of a body, by a role.
type register struct {
	by     map[string]*person
	recent []*person // persons in the order of their last mention
}

// The most persons that a pronoun is looked up among.
const memory = 24

func (g *register) knows(key string) bool { return g.by[key] != nil }

// key is a word as names are compared: lower case, without its case ending.
func (r *reader) key(i int) string {
	r.scratch = r.stem(lowered(r.scratch[:0], r.textOf(i)))
	return string(r.scratch)
}

func (r *reader) stem(b []byte) []byte {
	for _, c := range r.lang.cases {
		if len(b) > len(c) && string(b[len(b)-len(c):]) == c && utf8.RuneCount(b[:len(b)-len(c)]) >= 3 {
			return b[:len(b)-len(c)]
		}
	}
	return b
}

// nameable tells a token that can be part of a name.
func (r *reader) nameable(i int) bool {
	t := &r.tokens[i]
	if !t.plain() || !t.capital || t.word.day > 0 || t.word.month > 0 && !t.upper || t.is(classNotName) {
		return false
	}
	if r.startsSentence(i) || r.tokens[i-1].mark == markOpen || r.tokens[i-1].mark == markColon {
		return t.class&(classDet|classPron|classPrep|classSub|classAnd|classBut|classAux|classModal|classPoss|classWh|classAdv|classStarter|classNeg|classRel|classThat|classTo|classObject|classAt|classDateprep|classVerb) == 0 && (len(t.word.readings) == 0 || i+1 < len(r.tokens) && r.tokens[i+1].capital)
	}
	return !t.is(classPron | classDet)
}

// run walks over the name that begins at i.
func (r *reader) run(i, hi int) int {
	e := i
	for e < hi {
		t := &r.tokens[e]
		switch {
		case t.mark == markStop && r.abbreviates(e) && e+1 < hi && r.tokens[e+1].capital && e > i:
		case t.plain() && t.capital && (e == i || r.nameable(e)):
		case t.is(classParticle) && e+1 < hi && r.tokens[e+1].capital && e > i:
		case t.is(classOf) && !t.is(classGenitive) && e > i && e+1 < hi && r.tokens[e+1].capital && r.tokens[e-1].is(classBody|classThing):
		default:
			return e
		}
		e++
	}
	return e
}

// core cuts a run of capitals down to the name in it: what stands behind its
// last title. A body keeps all of its words.
func (r *reader) core(s span) (name span, body bool) {
	name = s
	for k := s.from; k < s.to; k++ {
		t := &r.tokens[k]
		body = body || t.is(classBody)
	}
	for k := s.from; k < s.to-1; k++ {
		t := &r.tokens[k]
		if t.is(classRole|classHonor) && !(r.tokens[k+1].is(classBody) || r.tokens[k+1].is(classOf)) {
			name.from = k + 1
			if r.tokens[k+1].mark == markStop && k+2 < s.to {
				name.from = k + 2
			}
			body = false
		}
	}
	for k := s.from + 1; !r.lang.bodyFirst && k < s.to-1; k++ { // посол Норвегии Хенрик Сольберг
		if r.tokens[k].is(classFemale|classMale) && !r.tokens[k-1].is(classFemale|classMale|classHonor) {
			return span{k, s.to}, false
		}
	}
	if body && !r.lang.bodyFirst { // МИД России Мария Захарова
		k := s.to
		for k > s.from && !r.tokens[k-1].is(classBody|classNation) {
			k--
		}
		if k < s.to && (s.to-k > 1 || r.tokens[k].is(classFemale|classMale)) && r.tokens[k].is(classFemale|classMale) {
			return span{k, s.to}, false
		}
	}
	if !body {
		for name.from < name.to-1 && r.tokens[name.from].is(classNation) {
			name.from++
		}
	} else {
		for k := name.from; k < name.to; k++ {
			body = body && !(r.tokens[k].is(classRole) && k == name.to-1)
		}
	}
	return name, body
}

// note remembers the names of the paragraph.
func (g *register) note(r *reader) {
	if g.by == nil {
		g.by = map[string]*person{}
	}
	for i := 0; i < len(r.tokens); i++ {
		if !r.nameable(i) {
			continue
		}
		e := r.run(i, len(r.tokens))
		s, body := r.core(span{i, e})
		if s.to > s.from && s.to-s.from <= 6 {
			g.add(r, s, i, body)
		}
		i = e - 1
		if e == i {
			i++
		}
	}
}

// add remembers one name; head is where its titles begin.
func (g *register) add(r *reader, s span, head int, body bool) {
	last := &r.tokens[s.to-1]
	if r.lang.nouns && !body && s.from == head && !r.tokens[s.from].is(classFemale|classMale) && !r.names.knows(r.key(s.to-1)) {
		return // a noun: it has a capital as names have
	}
	if last.is(classNation|classRole) && !body || last.digit {
		return
	}
	r.scratch = r.stem(lowered(r.scratch[:0], r.textOf(s.to-1)))
	p := g.by[string(r.scratch)]
	words := s.to - s.from
	known := p != nil
	switch {
	case p == nil,
		words > 1 && p.length > 1 && !r.sameGiven(s, p), // another bearer of the name
		p.body != body && words > 1:
		p = &person{name: r.slice(s.from, s.to), length: words, body: body}
		key := string(r.scratch)
		g.by[key] = p
	case words > p.length && words <= 4, words == p.length && len(r.lang.cases) > 0 && len(r.slice(s.from, s.to)) < len(p.name):
		p.name, p.length = r.slice(s.from, s.to), words
	}
	if body && !known {
		for k := s.from; k < s.to; k++ {
			if t := &r.tokens[k]; t.is(classBody) && words > 1 {
				g.by[r.key(k)] = p
			}
		}
	}
	copy(p.seen[1:], p.seen[:3])
	p.seen[0] = last.end
	t := &r.tokens[s.from]
	if words > 1 || s.from > head {
		p.female = p.female || t.is(classFemale)
		p.male = p.male || t.is(classMale) && !t.is(classFemale)
		for k := max(head, s.from-3); k < s.from; k++ {
			p.female = p.female || r.tokens[k].is(classFemale)
			p.male = p.male || r.tokens[k].is(classMale)
		}
		if !body {
			r.describe(p, s, head)
		}
	}
	if !body && (p.length > 1 || p.role != "" || p.female || p.male) {
		g.touch(p)
	}
}

// before is the last place before a point where the person was named, or 0.
func (p *person) before(point int) int {
	for _, at := range p.seen {
		if at > 0 && at <= point {
			return at
		}
	}
	return 0
}

// sameGiven tells that the name begins as the one known does.
func (r *reader) sameGiven(s span, p *person) bool {
	a, b := r.textOf(s.from), p.name
	n := min(len(a), len(b), 4)
	return n > 0 && a[:n] == b[:n]
}

// touch makes a person the latest one mentioned.
func (g *register) touch(p *person) {
	for i, o := range g.recent {
		if o == p {
			copy(g.recent[i:], g.recent[i+1:])
			g.recent[len(g.recent)-1] = p
			return
		}
	}
	if len(g.recent) == memory {
		copy(g.recent, g.recent[1:])
		g.recent = g.recent[:memory-1]
	}
	g.recent = append(g.recent, p)
}

// describe reads a person's role from what stands before and behind the name.
func (r *reader) describe(p *person, s span, head int) {
	h := s.from
	role := false
	for h > 0 {
		t := &r.tokens[h-1]
		if t.mark == markStop && r.abbreviates(h-1) {
			h--
			continue
		}
		if !t.plain() || h < head-8 || t.quote != r.tokens[s.from].quote {
			break
		}
		if t.is(classRole) {
			role = true
			p.female = p.female || t.is(classFemale)
			p.male = p.male || t.is(classMale)
		} else if !role && !t.is(classHonor) && (r.lang.bodyFirst || h < s.from-5 || !t.capital && !t.is(classBody|classNation) && h > 1 && !r.roleNear(h-1)) {
			break
		} else if role && !r.lang.bodyFirst && !t.is(classRole|classNation|classHonor) {
			break
		} else if t.is(classDet|classPrep|classAux|classModal|classSub|classAnd|classBut|classPron|classThat|classTo|classAdv|classRel|classPoss|classOf) || r.finite(h-1) || t.word.day > 0 {
			break
		}
		h--
	}
	if role {
		r.roleOf(p, span{h, s.from})
		return
	}
	if k := s.from - 2; k >= 0 && r.tokens[k+1].mark == markComma && r.tokens[k].is(classRole) && r.tokens[k].sentence == r.tokens[s.from].sentence { // the minister, X,
		for k > 0 && r.tokens[k].plain() && !r.tokens[k].is(classDet) && k > s.from-6 {
			k--
		}
		if r.tokens[k].is(classDet) {
			r.roleOf(p, span{k + 1, s.from - 1})
		}
		return
	}
	if r.lang.roleAfter && s.to < len(r.tokens) && r.tokens[s.to].mark == markComma {
		r.apposition(p, s.to+1)
	}
}

// roleNear tells a role among the few words before a token.
func (r *reader) roleNear(k int) bool {
	for i := k - 1; i >= 0 && i > k-4 && r.tokens[i].plain() && !r.tokens[i].is(classPrep|classSub|classThat|classAnd); i-- {
		if r.tokens[i].is(classRole) {
			return true
		}
	}
	return false
}

// roleOf parts the words before a name into a body and a role.
func (r *reader) roleOf(p *person, s span) {
	for s.from < s.to && (r.tokens[s.from].is(classHonor|classStarter|classDet) && !r.tokens[s.from].is(classRole) || r.tokens[s.from].mark == markStop) {
		s.from++
	}
	for s.from < s.to {
		last := s.to - 1
		if r.tokens[last].mark == markStop && last > s.from {
			last--
		}
		if !r.tokens[last].is(classHonor) || r.tokens[last].is(classRole) {
			break
		}
		s.to = last
	}
	if s.empty() {
		return
	}
	at, genitive := -1, false
	for k := s.from; k < s.to-1; k++ {
		t := &r.tokens[k]
		if t.is(classGenitive) && t.glued {
			at, genitive = k, true
		} else if t.is(classBody) && !genitive && !r.tokens[k+1].is(classGenitive) && r.lang.bodyFirst {
			at = k + 1
		}
	}
	switch {
	case genitive && at > s.from && at+1 < s.to:
		p.of, p.role = r.slice(s.from, at), r.slice(at+1, s.to)
	case at > s.from && at < s.to:
		p.of, p.role = r.slice(s.from, at), r.slice(at, s.to)
	default:
		p.role = r.slice(s.from, s.to)
		if !r.lang.bodyFirst {
			for k := s.from + 1; k < s.to; k++ {
				if !r.tokens[k-1].is(classRole) || r.tokens[k].is(classRole) {
					continue
				}
				p.role = r.slice(s.from, k)
				if !r.anyClass(span{k, s.to}, classBody) && !r.tokens[s.to-1].capital { // министр иностранных дел
					p.role = r.slice(s.from, s.to)
					break
				}
				for k < s.to-1 && r.tokens[k].is(classDet|classOf) {
					k++
				}
				p.of = r.slice(k, s.to)
				break
			}
		}
	}
}

// apposition reads "the minister of justice", "a spokesman for the police"
// behind a name and its comma.
func (r *reader) apposition(p *person, k int) {
	end := k
	role := -1
	for end < len(r.tokens) && end < k+14 && (r.tokens[end].plain() || r.abbreviates(end)) && !r.finite(end) && !r.tokens[end].is(classRel) {
		if r.tokens[end].is(classRole) && (role < 0 || end <= role+1) {
			role = end
		}
		end++
	}
	if role < 0 || end <= k {
		return
	}
	for k < role && r.tokens[k].is(classDet|classAdv|classSub|classAnd|classStarter) {
		k++
	}
	if role-k > 6 || r.tokens[k].is(classPrep) && !r.tokens[k].is(classRole) {
		return
	}
	p.female = p.female || r.tokens[role].is(classFemale)
	p.male = p.male || r.tokens[role].is(classMale)
	r.roleAndBody(p, k, role, end)
}

// roleAndBody reads a noun phrase whose head is the role at a token.
func (r *reader) roleAndBody(p *person, from, role, end int) {
	for from < role && r.tokens[from].is(classDet|classAdv|classStarter|classNumber) {
		from++
	}
	r.roleOf(p, span{from, role + 1})
	k := role + 1
	if k+1 < end && r.tokens[k].is(classPrep|classOf|classAt) && !r.tokens[k].is(classGenitive) || k < end && r.tokens[k].is(classOf) && k+1 < end {
		b := k + 1
		for b < end && r.tokens[b].is(classDet|classPoss) {
			b++
		}
		e := b
		for e < end && (r.tokens[e].capital || r.tokens[e].is(classOf|classBody|classGenitive|classAnd|classParticle|classNation) || !r.tokens[e].is(classPrep|classAt|classDateprep|classSub|classTo|classAdv) && r.tokens[e].plain()) {
			if _, ok := r.dateAt(e, end); ok {
				break
			}
			e++
		}
		if e > b && p.of == "" && (r.tokens[b].capital || r.anyClass(span{b, e}, classBody)) {
			p.of = r.slice(b, e)
		} else if e > b && p.of == "" {
			p.role = r.slice(max(from, 0), e)
		}
	}
	if p.role == "" {
		p.role = r.slice(role, role+1)
	}
}

func (r *reader) anyClass(s span, c class) bool {
	for k := s.from; k < s.to; k++ {
		if r.tokens[k].is(c) {
			return true
		}
	}
	return false
}
