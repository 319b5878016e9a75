package attribution

// resolve finds who a source is. short tells that the text names it by a
// pronoun or by less than its fullest name.
func (r *reader) resolve(m *match) (p *person, short bool) {
	s := m.source
	if s.empty() {
		return nil, false
	}
	if m.how == byRelative {
		end := s.from
		if end > 0 && r.tokens[end-1].mark == markComma {
			end--
		}
		lo := end
		for lo > 0 && r.tokens[lo-1].sentence == r.tokens[s.from].sentence {
			lo--
		}
		if end == lo {
			return nil, false
		}
		h := r.lead(r.segment(end-1, lo), end-1, lo)
		for k := end - 1; k > h; k-- {
			if r.finite(k) || r.tokens[k].is(classPrep|classTo) && !r.tokens[k].is(classOf) {
				h = k + 1
				break
			}
		}
		if h >= end {
			return nil, false
		}
		if p, _ = r.described(span{h, end}); p == nil {
			p = &person{name: r.slice(h, end), length: end - h}
		}
		return p, true
	}
	t := &r.tokens[s.from]
	if s.to-s.from == 1 && t.is(classPron|classPoss|classObject) {
		return r.pronoun(t), true
	}
	return r.described(s)
}

// pronoun finds whom a pronoun stands for.
func (r *reader) pronoun(t *token) *person {
	if t.is(classFirst) || !t.is(classFemale|classMale|classPlural|classNeuter) {
		return nil
	}
	fits := func(p *person) bool {
		switch {
		case p == nil || p.before(t.first) == 0 && p != r.last:
			return false
		case t.is(classPlural) && !t.is(classFemale):
			return p.body || p.length == 0
		case t.is(classFemale) && t.is(classMale):
			return true
		case t.is(classFemale):
			return !p.male && !p.body
		case t.is(classMale):
			return !p.female && !p.body
		default:
			return p.body
		}
	}
	if r.last != nil && fits(r.last) && (!t.is(classPlural) || t.is(classFemale) || r.last.body) && t.first-r.spoke < 1200 {
		return r.last
	}
	if t.is(classPlural|classNeuter) && !t.is(classFemale) {
		return nil
	}
	var best, sure *person // the one named last; the one named last whose gender is known
	for _, p := range r.names.recent {
		if !fits(p) {
			continue
		}
		if best == nil || p.before(t.first) > best.before(t.first) {
			best = p
		}
		if (p.female || p.male) && (sure == nil || p.before(t.first) > sure.before(t.first)) {
			sure = p
		}
	}
	if sure != nil {
		return sure
	}
	return best
}

// described finds the person or the body that a noun phrase names.
func (r *reader) described(s span) (*person, bool) {
	head := s.to
	for k := s.from; k < s.to; k++ {
		if r.tokens[k].mark == markComma || r.tokens[k].is(classRel) && k > s.from || r.tokens[k].mark == markParenOpen {
			head = k
			break
		}
	}
	name, body := r.lastName(span{s.from, head})
	if name.empty() && head < s.to && r.anyClass(span{s.from, head}, classRole) {
		name, body = r.lastName(span{head + 1, s.to}) // the spokesman, Ivan Ivanov
		if !name.empty() && name.from > head+1 {
			name = span{}
		}
	}
	if name.empty() {
		return r.common(span{s.from, head})
	}
	p := r.names.by[r.key(name.to-1)]
	if p == nil || p.seen[0] == 0 {
		p = &person{name: r.slice(name.from, name.to), length: name.to - name.from, body: body}
	}
	if !body && !p.body && p.role == "" && head < s.to && r.tokens[head].mark == markComma {
		r.apposition(p, head+1)
	}
	if !body && p.role == "" {
		if role := r.lastRole(span{s.from, name.from}); role >= 0 {
			r.roleAndBody(p, s.from, role, name.from)
		}
	}
	short := name.to-name.from < p.length && (name.from == s.from || r.onlyTitles(span{s.from, name.from}))
	return p, short
}

func (r *reader) onlyTitles(s span) bool {
	for k := s.from; k < s.to; k++ {
		if !r.tokens[k].is(classHonor|classRole|classDet) && r.tokens[k].plain() {
			return false
		}
	}
	return true
}

func (r *reader) lastRole(s span) int {
	for k := s.to - 1; k >= s.from; k-- {
		if r.tokens[k].is(classRole) {
			return k
		}
	}
	return -1
}

// lastName is the last name in a run of tokens that is not the owner of the head.
func (r *reader) lastName(s span) (name span, body bool) {
	for i := s.from; i < s.to; i++ {
		if r.tokens[i].is(classOf) && !r.tokens[i].is(classGenitive) && !name.empty() || r.tokens[i].is(classPrep) && !r.tokens[i].is(classRole) && i > s.from {
			break
		}
		t := &r.tokens[i]
		if !t.plain() || !t.capital || t.is(classDet|classPron|classNotName) {
			continue
		}
		e := r.run(i, s.to)
		if e == i {
			continue
		}
		if e < s.to && r.tokens[e].is(classGenitive) && r.tokens[e].glued { // Russia's envoy
			i = e
			continue
		}
		n, b := r.core(span{i, e})
		if last := &r.tokens[n.to-1]; last.is(classNation|classRole|classHonor) && !b || e < s.to && r.tokens[e].plain() && !r.tokens[e].capital && !r.tokens[e].is(classPrep|classOf|classAt|classSelf|classAnd) {
			i = e - 1
			continue
		}
		name, body = n, b
		i = e - 1
	}
	return name, body
}

// common finds whom "the minister", "the group", "a ministry spokesman" names.
func (r *reader) common(s span) (*person, bool) {
	if s.empty() {
		return nil, false
	}
	last := s.to - 1
	for k := s.from; k < s.to; k++ {
		if r.tokens[k].is(classPrep|classOf) && !r.tokens[k].is(classGenitive) && k > s.from {
			last = k - 1
			break
		}
	}
	t := &r.tokens[last]
	definite := r.tokens[s.from].is(classThis) || last-s.from == 1 && r.tokens[s.from].is(classDet) && !r.tokens[s.from].is(classNumber)
	if t.is(classBody) {
		if definite && last == s.to-1 {
			if p := r.names.by[r.key(last)]; p != nil && p.body {
				return p, p.length > 1
			}
		}
		p := &person{body: true}
		from := s.from
		for from < last && r.tokens[from].is(classDet|classStarter) {
			from++
		}
		p.of = r.slice(from, s.to)
		return p, false
	}
	if t.is(classRole) && definite && last == s.to-1 {
		for i := len(r.names.recent) - 1; i >= 0; i-- {
			if p := r.names.recent[i]; p.before(t.first) > 0 && containsWord(p.role, r.textOf(last)) {
				return p, true
			}
		}
	}
	p := &person{body: r.tokens[last].is(classThing)}
	if t.is(classRole | classWeak) {
		p.female, p.male = t.is(classFemale), t.is(classMale)
		r.roleAndBody(p, s.from, last, s.to)
	}
	return p, false
}

func containsWord(text, w string) bool {
	a, b := string(lowered(nil, text)), string(lowered(nil, w))
	for i := 0; i+len(b) <= len(a); i++ {
		if a[i:i+len(b)] == b && (i == 0 || a[i-1] == ' ') && (i+len(b) == len(a) || a[i+len(b)] == ' ') {
			return true
		}
	}
	return false
}
