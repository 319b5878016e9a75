package attribution

// passivePhrase fits "was quoted as saying", "is expected to", "was accused by
// X of".
func (r *reader) passivePhrase(m match, i, end, lo, hi int) bool {
	f := m.cue.frames
	if f&framePassive == 0 {
		return false
	}
	src, h := r.subject(m.verb.from, lo)
	stop := r.sentenceEnd(hi)
	if f&frameSay != 0 { // the subject speaks
		if src.empty() {
			return false
		}
		m.source, m.how = src, h
		if !r.forward(&m, end, hi) {
			return false
		}
		m.trust *= r.worth(src, h)
		r.matches = append(r.matches, m)
		return true
	}
	if src.empty() && h != byEllipsis {
		return false
	}
	by := span{}
	k := end
	for x := end; x < stop && x < end+25; x++ {
		t := &r.tokens[x]
		if t.is(classBy) && r.begins(x+1, stop) {
			if e := r.sourceEnd(x+1, stop); e > x+1 {
				by = span{x + 1, e}
				if x == end {
					k = e
				}
			}
			break
		}
		if !t.plain() || r.finite(x) {
			break
		}
	}
	d := m.detail
	c := r.adverbials(k, hi, &d, f)
	if c >= stop || !r.tokens[c].is(classTo|classThat|classOf|classWh|classPrep) {
		return false
	}
	if r.tokens[c].is(classTo) && f&frameTo == 0 || r.tokens[c].is(classThat) && f&frameThat == 0 || r.tokens[c].is(classOf|classPrep) && !r.tokens[c].is(classTo|classThat) && f&frameAccuse == 0 {
		return false
	}
	m.content = nil
	if f&frameQuestion != 0 { // whom one asks is no part of the question
		if r.tokens[c].is(classPrep) && !r.tokens[c].is(classWh|classSub|classTo) {
			c++
		}
		if c >= stop {
			return false
		}
		for x := c + 1; x < stop; x++ {
			if r.tokens[x].mark == markComma && r.tokens[x].quote == 0 && (r.tokens[x+1].is(classAnd|classBut|classRel) || r.begins(x+1, stop)) && r.hasFinite(x+1, stop) {
				stop = x
			}
		}
	} else if !src.empty() && h != byRelative {
		m.content = append(m.content, src)
	}
	rest := span{c, stop}
	if !by.empty() && by.from > c && f&frameQuestion != 0 {
		by = span{}
	}
	if !by.empty() && by.from > c {
		rest.to = by.from - 1
	}
	m.content = append(m.content, rest)
	m.source, m.how, m.forward = by, byAgent, true
	m.detail = d
	m.trust -= 0.05
	r.matches = append(r.matches, m)
	return true
}
