package attribution

// participle fits ", saying that", "by saying", "a letter saying".
func (r *reader) participle(m match, g group, i, end, lo, hi int) bool {
	var prev *token
	if i > lo {
		prev = &r.tokens[i-1]
	}
	k := i - 1
	for k > lo && r.tokens[k].is(classAdv) && r.tokens[k].plain() {
		k--
		prev = &r.tokens[k]
	}
	switch {
	case i == lo:
		if m.source = r.afterComma(i, hi); m.source.empty() {
			return false
		}
		m.how = byEllipsis
	case g.preposed || prev.mark == markComma || prev.mark == markClose || prev.mark == markDash || prev.is(classAnd):
		m.source, m.how = r.ellipsis(i, lo), byEllipsis
		m.trust -= 0.03
		if m.cue.frames&(frameSay|frameThat) == 0 && !r.lang.free {
			m.trust -= 0.07
		}
	case prev.plain() && !prev.is(classDet|classPoss|classGenitive|classPrep|classOf|classTo|classVerb|classAdv|classBut|classNeg|classAux):
		if m.cue.frames&frameSay == 0 {
			return false
		}
		h := r.lead(r.segment(k, lo), k, lo)
		for x := k; x > h; x-- { // the noun nearest before it
			if r.finite(x) || r.tokens[x].is(classPrep|classTo) {
				h = x + 1
				break
			}
		}
		if h > k {
			return false
		}
		m.source, m.how = span{h, k + 1}, bySubject
		m.trust -= 0.1
	default:
		return false
	}
	if m.source.empty() || !r.forward(&m, end, hi) {
		return false
	}
	m.trust *= r.worth(m.source, m.how)
	r.matches = append(r.matches, m)
	return true
}

// afterComma is the subject behind an opening phrase: "Citing X, the court …".
func (r *reader) afterComma(i, hi int) span {
	for k := i + 1; k < hi && k < i+30; k++ {
		if r.tokens[k].mark == markComma && r.tokens[k].quote == 0 {
			if !r.begins(k+1, hi) {
				return span{}
			}
			e := r.phrase(k+1, hi, true)
			if e < hi && r.finite(e) {
				return span{k + 1, e}
			}
			return span{}
		}
	}
	return span{}
}

// ellipsis is the source that a cue without one takes over: that of the cue
// before it in the sentence, or the sentence's subject.
func (r *reader) ellipsis(from, lo int) span {
	for k := len(r.matches) - 1; k >= 0; k-- {
		m := &r.matches[k]
		if m.how != byAgent && m.verb.to <= from && !m.source.empty() {
			return m.source
		}
	}
	for k := lo; k < from; k++ {
		t := &r.tokens[k]
		if t.quote != 0 {
			k = r.quotes[t.quote-1].close
			continue
		}
		if !r.finite(k) || k == lo || t.is(classBe) && r.tokens[k-1].is(classRel) || r.relativeLeft(k, lo) {
			continue
		}
		if s, h := r.subject(k, lo); (h == bySubject || h == byPronoun) && r.worth(s, h) > 0.6 {
			return s
		}
		if k > lo && r.tokens[k-1].plain() && !r.tokens[k-1].is(classAux|classModal|classAdv) && !r.participial(k) {
			return span{}
		}
	}
	if r.lang.free { // the verb is in no list: the sentence's first noun phrase
		if h := r.lead(lo, from-1, lo); h < from {
			e := r.phrase(h, from, true)
			for k := h; k < e && r.tokens[h].capital; k++ { // a name ends before a verb that is in no list
				if t := &r.tokens[k]; !t.capital && !t.is(classBody|classRole|classNation|classOf) {
					e = k
				}
			}
			if e > h && r.tokens[h].plain() {
				return span{h, e}
			}
		}
	}
	return span{}
}

// inverted fits "…,” said X".
func (r *reader) inverted(m match, end, lo, hi int) bool {
	f := m.cue.frames
	if f&(frameSay|framePost) == 0 || f&frameAddressee != 0 && !r.lang.free {
		return r.lang.free && r.freeSubject(m, end, lo, hi)
	}
	stop := r.sentenceEnd(hi)
	if r.lang.free {
		d := m.detail
		if k := r.adverbials(end, hi, &d, f); k > end && k < stop && r.begins(k, stop) && r.tokens[k].plain() && !d.addressee.empty() {
			m.detail, end = d, k
		}
		end = r.intoBody(end, stop)
	}
	if end < stop && (r.begins(end, stop) && (r.tokens[end].plain() || r.lang.free)) && m.verb.from > lo {
		e := r.sourceEnd(end, stop)
		t := &r.tokens[m.verb.from-1]
		quoted := t.mark == markClose || t.mark == markComma && m.verb.from-2 >= lo && r.tokens[m.verb.from-2].mark == markClose
		if e > end && (t.mark == markClose || t.mark == markComma || t.mark == markDash) && (quoted || f&frameSay != 0) {
			m.source, m.how = span{end, e}, byInversion
			if r.backward(&m, m.verb.from, e, lo, hi) {
				m.trust *= r.worth(m.source, m.how)
				if !quoted && !r.lang.free {
					m.trust -= 0.05
				}
				r.matches = append(r.matches, m)
				return true
			}
		}
	}
	if r.lang.free && r.freeSubject(m, end, lo, hi) {
		return true
	}
	// said, without anybody, behind a quotation: the cue carries on
	if m.verb.from > lo && r.tokens[m.verb.from-1].mark == markClose {
		if s := r.ellipsis(m.verb.from, lo); !s.empty() {
			m.source, m.how = s, byEllipsis
			if r.forward(&m, end, hi) {
				r.matches = append(r.matches, m)
				return true
			}
		}
	}
	return false
}

// freeSubject fits "am Mittwoch sagte X, dass …" and «сообщил X, что …».
func (r *reader) freeSubject(m match, end, lo, hi int) bool {
	stop := r.sentenceEnd(hi)
	k := r.intoBody(r.adverbials(end, hi, &m.detail, m.cue.frames), stop)
	if !r.begins(k, stop) || !r.tokens[k].plain() {
		return false
	}
	if m.verb.from > lo && r.tokens[m.verb.from-1].is(classAs) {
		return r.asClause(m, k, lo, hi, stop)
	}
	e := r.sourceEnd(k, stop)
	if e <= k {
		return false
	}
	m.source, m.how = span{k, e}, byInversion
	d := m.detail
	c := r.adverbials(e, hi, &d, m.cue.frames)
	if !r.contentAt(&m, c, hi, m.cue.frames&^(frameBare|frameNoun)|frameQuote) {
		t := -1
		if m.cue.frames&(frameThat|frameWh) != 0 {
			t = r.thatAhead(e, hi)
		}
		if t < 0 || !r.contentAt(&m, t, hi, m.cue.frames) {
			return r.comma(&m, c, stop)
		}
	}
	m.detail = d
	m.trust *= r.worth(m.source, m.how)
	r.matches = append(r.matches, m)
	return true
}

// intoBody steps over the preposition of a body that speaks: «сообщили в МИД».
func (r *reader) intoBody(k, stop int) int {
	if k+1 >= stop || !r.tokens[k].is(classAt) {
		return k
	}
	for i := k + 1; i < stop && i < k+5 && r.tokens[i].plain(); i++ {
		if r.tokens[i].is(classBody|classMedia) || r.tokens[i].upper {
			return k + 1
		}
	}
	return k
}

// asClause fits "as X said, …" and "…, as X said".
func (r *reader) asClause(m match, k, lo, hi, stop int) bool {
	e := r.sourceEnd(k, stop)
	if e <= k {
		return false
	}
	m.source, m.how = span{k, e}, byInversion
	m.trust *= r.worth(m.source, m.how)
	return r.beside(&m, m.verb.from-1, e, lo, hi, stop)
}

// beside sets what a sentence says beside an "as" clause that stands in
// tokens[as:end].
func (r *reader) beside(m *match, as, end, lo, hi, stop int) bool {
	k := r.adverbials(end, hi, &m.detail, m.cue.frames)
	for r.lang.comma && k < stop && k < end+8 && r.tokens[k].plain() && !r.finite(k) {
		k++
	}
	head := as
	for head > lo && (r.tokens[head-1].is(classAdv|classAnd|classBut) || r.tokens[head-1].mark == markComma && head-1 == lo) {
		head--
	}
	switch {
	case head == lo && k+3 < stop && r.tokens[k].mark == markComma:
		m.content, m.forward = []span{{k + 1, stop}}, true
	case head > lo+3 && r.tokens[head-1].mark == markComma && k >= stop:
		m.content = []span{{lo, head - 1}}
	default:
		return false
	}
	r.matches = append(r.matches, *m)
	return true
}

// comma fits a clause set behind a comma without "that": "sagte X, er sei …".
func (r *reader) comma(m *match, c, stop int) bool {
	if m.cue.frames&frameBare == 0 || c+1 >= stop || r.tokens[c].mark != markComma || !r.bareClause(c+1, stop) {
		return false
	}
	r.take(m, c+1, stop)
	m.trust *= r.worth(m.source, m.how)
	r.matches = append(r.matches, *m)
	return true
}

// sourceEnd walks over a source behind its cue with what is set beside it.
func (r *reader) sourceEnd(k, stop int) int {
	e := r.phrase(k, stop, true)
	if e == k {
		return k
	}
	for e < stop && r.tokens[e].mark == markParenOpen {
		e = r.closeParen(e, stop) + 1
	}
	for range 3 {
		if e+1 >= stop || r.tokens[e].mark != markComma {
			return e
		}
		t := &r.tokens[e+1]
		if !t.plain() || t.is(classPron|classPrep|classSub|classAnd|classBut|classThat|classWh) && !t.is(classRel|classDet|classOf) || t.word.day > 0 {
			return e
		}
		if !t.is(classDet|classRel|classRole|classPoss|classNumber|classNation|classOf) && !t.digit && !t.capital && !r.roleSoon(e+1, stop) {
			return e
		}
		if len(t.word.readings) > 0 && t.word.readings[0].shape&shapeGer != 0 {
			return e
		}
		x := e + 1
		for x < stop && r.tokens[x].mark != markComma && r.tokens[x].mark != markDash && r.tokens[x].mark != markOpen && r.tokens[x].mark != markSemi && r.tokens[x].mark != markColon {
			x++
		}
		if !t.is(classRel) && r.hasFinite(e+1, x) && !r.participial(r.firstFinite(e+1, x)) {
			return e
		}
		e = x
	}
	return e
}

// firstFinite is the first token that may be a finite verb.
func (r *reader) firstFinite(from, to int) int {
	for k := from; k < to; k++ {
		if r.finite(k) {
			return k
		}
	}
	return from
}

func (r *reader) roleSoon(k, stop int) bool {
	for i := k; i < stop && i < k+5 && r.tokens[i].plain(); i++ {
		if r.tokens[i].is(classRole) {
			return true
		}
	}
	return false
}

// backward finds the content before the source or the inverted verb at edge; p
// is the token behind cue and source.
func (r *reader) backward(m *match, edge, p, lo, hi int) bool {
	b := edge - 1
	if b < lo {
		return false
	}
	stop := r.sentenceEnd(hi)
	start := lo
	for i := range r.matches {
		o := &r.matches[i]
		for _, c := range o.content {
			if o.forward && !(r.lang.free && p >= stop) && c.from < edge && c.to > edge && r.tokens[b].mark != markClose && !(r.tokens[b].mark == markComma && r.tokens[b-1].mark == markClose) {
				d := detail{}
				if r.tokens[b].mark != markComma || r.adverbials(p, hi, &d, m.cue.frames) < stop || m.cue.frames&frameSay == 0 {
					return false
				}
				m.whole = true
			}
		}
		if o.gerund && !r.lang.free {
			continue
		}
		start = max(start, o.verb.to)
		if !o.source.empty() && o.source.from > start {
			start = max(start, o.source.to)
		}
	}
	if d := (detail{}); start > lo && !r.lang.free && m.cue.frames&frameSay != 0 && r.tokens[b].mark == markComma && r.tokens[b].quote == 0 && !r.hasFinite(start, b) && r.adverbials(p, hi, &d, m.cue.frames) >= stop {
		m.whole = true
	}
	if m.whole {
		start = lo
	}
	for start < b && (r.tokens[start].mark == markComma || r.tokens[start].mark == markDash || r.tokens[start].is(classAnd|classBut) && r.tokens[start].quote == 0) {
		start++
	}
	e := b
	switch r.tokens[b].mark {
	case markClose:
		e = b + 1
	case markComma:
	case markDash:
		if !r.lang.dashes && r.tokens[max(b-1, 0)].mark != markClose {
			return false
		}
	case markStop: // — Really? — he said: the dash was read above
		e = b + 1
	case markWord, markColon, markSemi, markOpen, markParenOpen, markParenClose, markOther:
		return false
	}
	// "X, Y said, would …": neither half is a clause
	halved := p+1 < stop && r.tokens[p].mark == markComma && r.finiteAt(p+1, stop) && r.begins(start, e)
	// "In the north, Y said, it would …": the first half is an adverbial
	if t := &r.tokens[start]; !halved && p+3 < stop && r.tokens[p].mark == markComma && r.tokens[b].mark == markComma && t.is(classPrep|classAt|classAdv|classSub|classStarter|classDateprep) && r.begins(p+1, stop) && r.tokens[p+1].plain() && r.bareClause(p+1, stop) {
		halved = true
	}
	for e > start && (r.tokens[e-1].mark == markComma || r.tokens[e-1].mark == markDash) {
		e--
	}
	if e <= start {
		return false
	}
	quoted := r.tokens[e-1].mark == markClose
	if quoted {
		q := r.quotes[r.tokens[e-1].quote-1]
		if q.open > start && (r.tokens[q.open-1].mark == markColon || r.tokens[q.open-1].mark == markDash) {
			start = q.open
		} else if q.open > start && r.tokens[q.open-1].mark == markComma && r.scenic(start, q.open-1) {
			start = q.open
		}
		m.quoted = r.tokens[e-1].quote
	} else if m.cue.frames&(frameSay|framePost) == 0 || r.lang.free && e-start < 3 || !r.hasFinite(start, e) && !r.lang.free && !halved && (e-start < 5 || m.cue.strength < 9) {
		return false
	}
	d := m.detail
	k := r.adverbials(p, hi, &d, m.cue.frames)
	if m.cue.frames&frameAddressee != 0 && k < stop && r.tokens[k].mark == markWord && r.begins(k, stop) {
		x := r.phrase(k, stop, false)
		d.addressee = span{k, x}
		k = r.adverbials(x, hi, &d, m.cue.frames)
	}
	if k < stop && r.tokens[k].plain() && !quoted && !r.tokens[k].is(classSub|classPrep|classAnd|classBut|classAt|classDateprep|classAs|classAddrPrep) {
		return false
	}
	if quoted && k < stop && r.tokens[k].plain() && r.bareClause(k, stop) && (r.quotes[m.quoted-1].words() < 4 || r.quotes[m.quoted-1].open > start) {
		return false
	}
	m.content = append(m.content[:0:0], span{start, e})
	m.forward = false
	m.detail = d
	if k+1 < stop && (r.tokens[k].mark == markComma || r.tokens[k].mark == markColon || r.tokens[k].mark == markDash || r.tokens[k].mark == markStop) {
		switch n := k + 1; {
		case r.tokens[n].mark == markOpen && quoted:
			q := r.quotes[r.tokens[n].quote-1]
			m.content = append(m.content, span{n, min(q.close+1, hi)})
			m.quoted = r.tokens[n].quote
		case halved && !quoted:
			m.post = span{n, stop}
		case !quoted && r.tokens[n].plain() && !r.tokens[n].is(classSub|classPrep|classRel|classAt|classDateprep) && len(r.tokens[n].word.readings) == 0 && r.tokens[n].quote == 0:
			m.post = span{n, stop}
		}
	}
	return true
}

// scenic tells a run of tokens that tells no more than day, place or medium.
func (r *reader) scenic(from, to int) bool {
	d := detail{}
	return r.adverbials(from, to, &d, 0) == to
}

// worth is how likely a run of tokens is somebody who speaks.
func (r *reader) worth(s span, h how) float64 {
	if s.empty() {
		return 0.5
	}
	t := &r.tokens[s.from]
	switch {
	case h == byRelative:
		return 0.95
	case t.is(classPron) && s.to-s.from == 1:
		switch {
		case t.is(classFirst):
			return 0.8
		case t.is(classNeuter):
			return 0.85
		}
		return 1
	case t.mark == markOpen || !t.plain():
		return 0.4
	}
	name, known := false, false
	for k := s.from; k < s.to; k++ {
		x := &r.tokens[k]
		if x.mark == markComma && k > s.from {
			break // what is set beside the name
		}
		if x.is(classNotName) && k == s.from {
			return 0.3
		}
		if x.is(classPercent) {
			return 0.7
		}
		if r.lang.free && s.to-s.from == 1 && x.capital && x.class == 0 && r.startsSentence(k) {
			if p := r.names.by[r.key(k)]; p == nil || p.length < 2 {
				return 0.8
			}
		}
		name = name || x.capital && (k > s.from || s.to-s.from > 1 || !r.startsSentence(k) || x.class&^(classMale|classFemale) == 0 || r.names.knows(r.key(k)))
		known = known || x.is(classRole|classBody|classMedia|classThing|classWeak|classHonor|classNation|classAddr)
	}
	if head := t; !(name && known && head.is(classVerb)) && !head.capital && (head.is(classVerb) || len(head.word.readings) > 0 && head.word.readings[0].shape&shapeBase == 0 && !head.is(classAmbiguous)) || head.is(classAdv|classPrep|classSub|classAux|classModal|classNeg|classClitic) && !head.is(classDet|classNumber|classOf) {
		return 0.3
	}
	long := 0.0
	if s.to-s.from > 25 {
		long = 0.15
	}
	switch {
	case known:
		return 1 - long
	case name:
		return 0.97 - long
	case t.is(classDet | classPoss):
		return 0.85 - long
	case t.is(classNumber) || t.digit:
		return 0.8 - long
	default:
		if last := &r.tokens[s.to-1]; last.plain() && r.text[last.to-1] != 's' && !r.lang.free {
			return 0.6
		}
		return 0.8 - long
	}
}

func (r *reader) startsSentence(k int) bool {
	return k == 0 || r.tokens[k-1].sentence != r.tokens[k].sentence
}
