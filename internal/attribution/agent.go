package attribution

// according fits "according to X", «по словам X», "laut X".
func (r *reader) according(i, lo, hi int) bool {
	for _, rd := range r.tokens[i].word.preps {
		if n := len(rd.cue.tail); n == 2 && rd.cue.tail[0] == "*" {
			if r.accordingInside(i, lo, hi, rd.cue) {
				return true
			}
			continue
		}
		end, ok := r.tail(i, hi, rd.cue)
		if !ok {
			continue
		}
		stop := r.sentenceEnd(hi)
		m := match{cue: rd.cue, verb: span{i, end}, how: byAgent, trust: 0.5 + 0.05*float64(rd.cue.strength)}
		if rd.cue.frames&framePost != 0 { // a postposition: "X zufolge"
			h := r.lead(r.segment(i-1, lo), i-1, lo)
			if i == lo || h >= i {
				continue
			}
			m.source = span{h, i}
			end = i + 1
			if h == lo || r.tokens[h-1].mark == markComma && h-1 == lo {
				return r.accordingRest(&m, end, lo, hi, stop)
			}
		} else {
			if end >= stop || !r.begins(end, stop) {
				continue
			}
			head := i
			for head > lo && (r.tokens[head-1].is(classAdv|classAnd|classBut|classStarter) || r.tokens[head-1].mark == markComma) {
				head--
			}
			e := r.agentEnd(end, stop, head == lo)
			if e <= end {
				continue
			}
			m.source = span{end, e}
			end = e
		}
		return r.accordingRest(&m, end, lo, hi, stop)
	}
	return false
}

// accordingInside fits a source between the words of the cue: «по его словам».
func (r *reader) accordingInside(i, lo, hi int, c *cue) bool {
	for k := i + 2; k < hi && k < i+5 && r.tokens[k-1].plain(); k++ {
		r.scratch = lowered(r.scratch[:0], r.textOf(k))
		if string(r.scratch) != c.tail[1] {
			continue
		}
		m := match{cue: c, verb: span{i, k + 1}, source: span{i + 1, k}, how: byAgent, trust: 0.5 + 0.05*float64(c.strength)}
		return r.accordingRest(&m, k+1, lo, hi, r.sentenceEnd(hi))
	}
	return false
}

// agentEnd walks over a source behind a preposition; at the head of a sentence
// it ends with the comma that parts it from what is said.
func (r *reader) agentEnd(k, stop int, head bool) int {
	e := r.phrase(k, stop, true)
	for e < stop && e > k && (r.tokens[e].is(classPrep|classAt|classDateprep|classOf) || r.tokens[e].mark == markParenOpen || r.narrows(e) || r.tokens[e].is(classTo) && e+1 < stop && r.tokens[e+1].is(classDet|classPoss)) {
		if _, ok := r.dateAt(e+1, stop); ok && r.tokens[e].is(classDateprep) {
			break
		}
		if r.tokens[e].mark == markParenOpen {
			e = r.closeParen(e, stop) + 1
			continue
		}
		from := e + 1
		if r.narrows(e) {
			from++
		}
		x := r.phrase(from, stop, true)
		if x <= from {
			break
		}
		e = x
	}
	if e < stop && r.tokens[e].is(classRel) && e > k { // "people who know it", up to its comma
		for e < stop && r.tokens[e].mark != markComma && r.tokens[e].mark != markDash && r.tokens[e].mark != markSemi && r.tokens[e].mark != markOpen {
			e++
		}
	}
	if !head {
		if x := r.sourceEnd(k, stop); x > e {
			return x
		}
	}
	return min(e, stop)
}

// narrows tells a participle that narrows the noun before it: "a report
// published by X".
func (r *reader) narrows(k int) bool {
	t := &r.tokens[k]
	return !r.lang.free && t.plain() && !t.capital && (t.is(classVerb) || r.cueVerb(k)) && !t.is(classAux|classModal) && k+1 < len(r.tokens) && r.tokens[k+1].is(classBy|classPrep|classAt|classDateprep)
}

// accordingRest finds the content round an agent: all before it, or all behind.
func (r *reader) accordingRest(m *match, end, lo, hi, stop int) bool {
	m.forward = true
	first := min(m.verb.from, m.source.from)
	for first > lo && (r.tokens[first-1].is(classAdv|classBut|classAnd) || first-2 == lo && r.tokens[first-1].mark == markComma && r.tokens[lo].is(classAdv|classBut|classAnd)) {
		first--
	}
	k := end
	e, ok := r.dateAt(k, stop)
	if ok {
		m.detail.when = span{k, e}
		k = e
	}
	if first == lo {
		if k < stop && (r.tokens[k].mark == markComma || r.tokens[k].mark == markColon) {
			k++
		} else if !r.lang.free {
			return false
		}
		if stop-k < 3 {
			return false
		}
		m.content = []span{{k, stop}}
	} else {
		b := first
		for b > lo && (r.tokens[b-1].mark == markComma || r.tokens[b-1].mark == markDash) {
			b--
		}
		start := lo
		for start < b && r.tokens[start].is(classBut|classAnd) {
			start++
		}
		// behind a comma the clause goes on: "X, according to Y, Z"
		m.content = []span{{start, b}}
		if b-start < 3 {
			return false
		}
		if k+1 < stop && r.tokens[k].mark == markComma && b < first && !r.tokens[k+1].is(classSub|classAnd|classBut|classRel) && k+4 < stop {
			m.content = append(m.content, span{k + 1, stop})
		}
		m.forward = false
	}
	if w := r.worth(m.source, m.how); w < 0.5 {
		return false
	}
	r.matches = append(r.matches, *m)
	return true
}

// nounCue fits "his claim that", "X's allegation that", "the belief that".
func (r *reader) nounCue(i, lo, hi int) {
	for _, rd := range r.tokens[i].word.nouns {
		end, ok := r.tail(i, hi, rd.cue)
		stop := r.sentenceEnd(hi)
		if !ok || end >= stop || i == lo {
			continue
		}
		m := match{cue: rd.cue, verb: span{i, end}, how: byAgent, forward: true, trust: 0.5 + 0.05*float64(rd.cue.strength)}
		t := &r.tokens[end]
		that := t.is(classThat) && rd.cue.frames&frameThat != 0 && end+1 < stop && !r.finiteAt(end+1, stop)
		to := t.is(classTo) && rd.cue.frames&frameTo != 0
		wh := t.is(classWh) && rd.cue.frames&frameWh != 0
		if t.mark == markComma && r.lang.comma && end+1 < stop && r.tokens[end+1].is(classThat) && rd.cue.frames&frameThat != 0 {
			that = true
			end++
		}
		if !that && !to && !wh {
			continue
		}
		k := i
		for k-1 > lo && r.tokens[k-1].plain() && r.tokens[k-1].class&(classDet|classPoss|classGenitive|classPrep|classOf|classAux|classModal|classAnd|classTo|classPron|classSub) == 0 && !r.tokens[k-1].capital && i-k < 3 && !r.finite(k-1) {
			k--
		}
		p := &r.tokens[k-1]
		switch {
		case p.is(classGenitive) && k-2 >= lo && r.tokens[k-2].plain():
			h := r.lead(r.segment(k-2, lo), k-2, lo)
			for x := k - 2; x >= h; x-- { // the owner alone
				if r.finite(x) || r.tokens[x].is(classPrep|classTo|classAnd) {
					h = x + 1
					break
				}
			}
			if h > k-2 {
				continue
			}
			m.source = span{h, k - 1}
			m.verb.from = k
		case p.is(classPoss) && !p.is(classFirst):
			m.source = span{k - 1, k}
			m.verb.from = k
		default:
			continue
		}
		m.content = []span{{end, stop}}
		if that && !r.hasFinite(lo, m.source.from) { // the noun is a subject: its verb ends the content
			m.content[0].to = r.mainVerb(end, stop)
		}
		r.matches = append(r.matches, m)
		return
	}
}

// mainVerb is where the verb stands whose subject is the noun before a "that"
// clause: the second one that nothing joins to the first.
func (r *reader) mainVerb(from, stop int) int {
	first := false
	for k := from + 1; k < stop; k++ {
		t := &r.tokens[k]
		if t.quote != 0 || t.is(classAnd|classRel|classThat|classSub|classWh) || !t.plain() {
			if first && t.is(classAnd|classRel|classThat|classSub|classWh) {
				return stop
			}
			continue
		}
		if !r.finite(k) {
			continue
		}
		if !first {
			first = true
			for k+1 < stop && (r.finite(k+1) || r.tokens[k+1].is(classNeg|classAdv|classBe)) {
				k++
			}
			continue
		}
		if p := &r.tokens[k-1]; !p.is(classTo | classPron | classDet | classPoss | classPrep | classAux) {
			return k
		}
	}
	return stop
}

// headline fits "Minister: no talks before spring" as a paragraph of its own.
func (r *reader) headline(lo, hi int) bool {
	if r.transcript(lo, hi) {
		return true
	}
	stopped := r.tokens[hi-1].mark == markStop && r.tokens[hi-1].quote == 0
	if len(r.ends) > 2 || hi-lo > 40 || hi-lo < 4 || stopped && (len(r.suggestions) > 0 || len(r.ends) > 1 || r.tokens[0].first > 0) {
		return false
	}
	k := lo
	for k < hi && (r.tokens[k].plain() || r.abbreviates(k)) && k < lo+8 {
		k++
	}
	if k == lo || k >= hi-2 || r.tokens[k].mark != markColon || r.tokens[k+1].glued {
		return false
	}
	known, office := false, false
	for x := lo; x < k; x++ {
		t := &r.tokens[x]
		if r.finite(x) || t.is(classPron|classTo|classSub|classMedia|classAdv|classNotName) || t.digit {
			return false
		}
		office = office || t.is(classRole|classBody|classHonor|classThing|classWeak)
		known = known || t.is(classRole|classBody|classThing|classHonor|classWeak) || t.capital && t.class&^(classMale|classFemale|classNation) == 0
	}
	if !known || r.tokens[lo].is(classDet|classPrep) || k-lo > 6 {
		return false
	}
	content := span{k + 1, r.sentenceEnd(hi)}
	if r.tokens[content.from].mark != markOpen && !office && !r.hasFinite(content.from, content.to) && (content.to-content.from < 4 || !r.titleCase(lo, hi)) || content.empty() {
		return false
	}
	m := match{cue: &r.lang.colon, verb: span{k, k + 1}, source: span{lo, k}, how: byAgent, content: []span{content}, forward: true, trust: 0.72}
	r.matches = append(r.matches, m)
	r.suggest(&r.matches[0], lo, hi)
	return true
}

// transcript fits "NAME: what was said", a paragraph of a transcript.
func (r *reader) transcript(lo, hi int) bool {
	k := lo
	for k < hi && k < lo+3 && r.tokens[k].plain() && r.tokens[k].upper && !r.tokens[k].is(classNotName|classMedia|classThing) {
		k++
	}
	if k == lo || k+3 >= hi || r.tokens[k].mark != markColon || r.tokens[lo].first > 0 && !r.startsSentence(lo) {
		return false
	}
	m := match{cue: &r.lang.colon, verb: span{k, k + 1}, source: span{lo, k}, how: byAgent, content: []span{{k + 1, len(r.tokens)}}, forward: true, trust: 0.75}
	r.matches = append(r.matches, m)
	r.suggest(&r.matches[0], lo, hi)
	return true
}

// trim cuts the content of each statement where another one, or the word on
// its evidence, begins.
func (r *reader) trim(lo, hi int) {
	for i := range r.matches {
		m := &r.matches[i]
		if len(m.content) == 0 {
			if !m.headline {
				m.trust = 0
			}
			continue
		}
		c := &m.content[len(m.content)-1]
		if !m.forward && m.post.empty() {
			if at := r.lacking(max(m.verb.to, m.source.to), hi); at >= 0 {
				m.detail.evidence = true
			}
			continue
		}
		if !m.forward {
			c = &m.post
		}
		for k := range r.matches {
			if k == i {
				continue
			}
			if cut := r.cut(c, &r.matches[k]); cut > c.from {
				c.to = cut
			}
		}
		if at := r.clauseStop(m, c, lo); at > c.from {
			c.to = at
		}
		if m.forward && r.lang.asideEnds {
			for k := c.from + 4; k+1 < c.to; k++ {
				if n := &r.tokens[k+1]; r.tokens[k].mark == markComma && r.tokens[k].quote == 0 && (n.is(classRel) && n.is(classNeuter) || n.is(classContrast)) {
					c.to = k
				}
			}
		}
		if m.forward && r.lang.asideEnds {
			if at := r.quoteStop(c); at > c.from {
				c.to = at
			}
		}
		if at := r.lacking(c.from, c.to); at > c.from {
			m.detail.evidence = true
			c.to = at
		} else if r.lacking(c.to, hi) >= 0 {
			m.detail.evidence = true
		}
		for c.to > c.from+1 && (r.tokens[c.to-1].mark == markComma || r.tokens[c.to-1].mark == markDash || r.tokens[c.to-1].mark == markSemi) {
			c.to--
		}
		if !m.forward && !m.post.empty() {
			m.content = append(m.content, m.post)
		}
	}
}

// cut is where content c ends because another statement begins in it, or 0.
func (r *reader) cut(c *span, o *match) int {
	edge := o.verb.from
	if !o.source.empty() && o.how != byEllipsis {
		edge = min(edge, o.source.from)
	}
	if edge <= c.from || edge >= c.to {
		return 0
	}
	if o.whole && r.tokens[edge-1].mark == markComma {
		return edge - 1
	}
	if !o.forward && len(o.content) > 0 && o.how != byAgent && o.content[0].from > c.from { // "…, he said" behind it
		edge = o.content[0].from
	}
	k := edge - 1
	for k > c.from && r.tokens[k].is(classAdv) && r.tokens[k].plain() {
		k--
	}
	t := &r.tokens[k]
	switch {
	case t.is(classAnd|classBut) && k > c.from && r.tokens[k-1].plain() && o.how == byEllipsis && o.cue.frames&frameSay == 0 && r.hasFinite(c.from, k):
		return 0 // "that he came and criticized it": the clause goes on
	case t.is(classAnd | classBut):
		if k > c.from && r.tokens[k-1].mark == markComma {
			return k - 1
		}
		if o.how == byEllipsis && r.tokens[k].quote == 0 || o.how != byPronoun && o.how != bySubject || o.forward {
			return k
		}
	case t.mark == markSemi, t.mark == markDash && o.how != byRelative:
		return k
	case t.mark == markComma && (o.gerund || o.how == byAgent && o.verb.from == edge || o.how == byInversion):
		return k
	case t.mark == markComma && !o.forward && o.how != byRelative:
		return 0
	case t.is(classSub) && !t.is(classThat) && k > c.from && r.tokens[k-1].mark == markComma && (o.how == bySubject || o.how == byPronoun):
		return k - 1
	case o.how == byAgent && o.verb.from == edge && len(o.cue.tail) > 0 && !o.forward:
		return edge
	}
	return 0
}

// clauseStop is where the content of a cue ends that stands in a clause before
// the main one: "If X says Y, Z will …", "X, who says Y, did …"; or 0.
func (r *reader) clauseStop(m *match, c *span, lo int) int {
	if !m.forward || m.source.empty() || m.how == byAgent {
		return 0
	}
	at := m.source.from
	under := m.how == byRelative
	for k := at - 1; !under && k >= lo && k >= at-2; k-- {
		under = r.tokens[k].is(classSub|classWh) && (k == lo || r.tokens[k-1].mark == markComma || r.tokens[k-1].is(classAnd|classBut|classAdv))
	}
	if !under {
		return 0
	}
	for k := c.from + 1; k < c.to-1; k++ {
		t := &r.tokens[k]
		if t.quote != 0 {
			k = r.quotes[t.quote-1].close
			if r.tokens[k].mark == markClose && r.tokens[k-1].mark == markComma {
				return k + 1
			}
			continue
		}
		if t.mark != markComma {
			continue
		}
		n := k + 1
		if r.finiteAt(n, c.to) || m.how != byRelative && r.begins(n, c.to) && r.hasFinite(n, c.to) {
			return k
		}
		if m.how == byRelative && r.tokens[n].is(classAdv) {
			return k
		}
	}
	return 0
}

// quoteStop is where a content ends with the words in quotation marks in it:
// behind a comma inside the marks, where the writer goes on; or 0.
func (r *reader) quoteStop(c *span) int {
	for k := c.from + 2; k+1 < c.to; k++ {
		if r.tokens[k].mark != markClose || r.tokens[k-1].mark != markComma {
			continue
		}
		if n := &r.tokens[k+1]; n.is(classSub|classBut) && !n.is(classThat) || r.gerundAt(k+1) {
			return k + 1
		}
	}
	return 0
}
