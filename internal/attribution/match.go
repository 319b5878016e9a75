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
	if hi-lo > 25 || r.tokens[hi-1].mark == markStop {
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
	from      int
	passive   bool
	progress  bool
	infinite  bool // an infinitive
	modal     bool
	perfect   bool
	preposed  bool // a gerund behind a preposition: "by saying"
	separated bool
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
	if adverb < g.from && (k < lo || !r.tokens[k].is(classAnd|classBut) || true) {
		// adverbs before the group belong to it when its subject stands before them
		if k >= lo && r.tokens[k].plain() {
			g.from = adverb
		}
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
	case s == shapePart && !g.passive && !g.perfect:
		return false
	case s == shapeBase && g.from == i && !r.pluralBefore(i, lo):
		return false
	case g.infinite && !g.modal && !g.perfect:
		return r.infinitive(rd, i, end, lo, hi)
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
	if (h == bySubject || h == byNone) && g.from > lo && r.tokens[g.from-1].mark == markComma && c.frames&(frameSay|frameAddressee) == frameSay && r.begins(end, hi) && r.tokens[end].plain() {
		// ", said X": the subject stands behind when no clause does
		_, dated := r.dateAt(end, hi)
		if e := r.phrase(end, hi, true); e > end && !dated && !r.tokens[end].is(classPron) && (e >= r.sentenceEnd(hi) || r.closes(e)) {
			h = byInversion
		}
	}
	if t.is(classAmbiguous) && h == bySubject && s&(shapePres|shapeBase) == s && !src.empty() {
		if last := &r.tokens[src.to-1]; !last.capital && !last.is(classRole|classBody|classMedia|classThing|classWeak) && last.plain() {
			return false
		}
	}
	if t.is(classAmbiguous) && s&(shapePres|shapeBase) == s && h != byPronoun && h != byRelative && g.from == i && !(end < hi && (r.tokens[end].is(classThat|classDet|classPron|classPoss|classObject|classWh) || r.tokens[end].mark == markOpen || r.tokens[end].mark == markComma && end+1 < hi && r.tokens[end+1].mark == markOpen)) {
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
	if c.frames&frameThing != 0 && h == bySubject && r.anyClass(src, classThing) {
		m.trust += 0.15
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
	if m.trust < 0.2 {
		return false
	}
	r.matches = append(r.matches, m)
	return true
}

// closes tells what may stand behind a speaker who stands behind the cue.
func (r *reader) closes(i int) bool {
	t := &r.tokens[i]
	switch t.mark {
	case markComma, markStop, markDash, markSemi, markColon:
		return true
	case markWord:
		return t.is(classPrep|classAt|classDateprep) && !t.is(classSub) || t.word.day > 0 || t.word.relative
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
	if t.mark == markComma || t.mark == markParenClose || t.mark == markClose {
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

// infinitive fits "went on to say", "was quick to note": a cue under a verb
// that says no more than that it happened.
func (r *reader) infinitive(rd *reading, i, end, lo, hi int) bool {
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
	if f&(frameThat) != 0 && f&frameNoun == 0 {
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

// named is the end of a name in quotation marks at the token, or 0.
func (r *reader) named(k, hi int) int {
	if k >= hi || r.tokens[k].mark != markOpen {
		return 0
	}
	q := r.quotes[r.tokens[k].quote-1]
	if !q.closed || q.words() > 7 || q.close+1 >= hi || !r.tokens[q.close-1].plain() || !r.tokens[k+1].capital || !r.tokens[q.close+1].plain() {
		return 0
	}
	return q.close + 1
}

// thatAhead finds a "that" behind a phrase of a few words.
func (r *reader) thatAhead(k, hi int) int {
	for i := k; i < hi && i < k+10; i++ {
		t := &r.tokens[i]
		if t.is(classThat) && !t.is(classObject) {
			return i
		}
		if !t.plain() && !(t.mark == markComma && r.lang.comma) || t.quote != 0 || r.finite(i) {
			return -1
		}
	}
	return -1
}

// contentAt tries to begin the content at token k.
func (r *reader) contentAt(m *match, k, hi int, f frame) bool {
	end := r.sentenceEnd(hi)
	if k >= end {
		if k < hi && r.tokens[k].mark == markColon && k == hi-1 && f&frameQuote != 0 {
			m.headline = true // the next paragraph has the words
			m.forward = true
			m.content = nil
			return true
		}
		return false
	}
	t := &r.tokens[k]
	if t.mark == markComma && r.lang.comma && k+1 < end && r.tokens[k+1].is(classThat|classWh) {
		return r.contentAt(m, k+1, hi, f)
	}
	if t.mark == markComma && r.lang.comma && k+1 < end && r.tokens[k+1].plain() {
		if f&frameBare != 0 && r.bareClause(k+1, r.bareLimit(m, k+1, end)) {
			return r.take(m, k+1, end)
		}
		for i := k + 1; f&frameTo != 0 && i < end; i++ {
			if r.tokens[i].is(classTo) && r.tokens[i].plain() {
				return r.take(m, k+1, end)
			}
		}
	}
	if t.mark == markComma || t.mark == markColon {
		if k+1 < end && (r.tokens[k+1].mark == markOpen || t.mark == markColon) {
			if f&frameQuote == 0 {
				return false
			}
			if r.tokens[k+1].mark == markOpen {
				return r.quoteFrom(m, k+1, hi, true)
			}
			return r.take(m, k+1, end)
		}
		return false
	}
	switch {
	case t.mark == markOpen && f&(frameQuote|frameNoun|frameBare) != 0:
		return r.quoteFrom(m, k, hi, false)
	case !t.plain():
		return false
	case t.is(classThat) && f&frameThat != 0 && (k+1 < end):
		if t.is(classPron) && r.finiteAt(k+1, end) { // "that" is the subject itself
			return f&frameBare != 0 && r.take(m, k, end)
		}
		return r.take(m, k, end)
	case t.is(classWh) && f&frameWh != 0:
		return r.take(m, k, end)
	case t.is(classTo) && f&frameTo != 0 && k+1 < end && r.tokens[k+1].plain() && !r.tokens[k+1].capital && !r.tokens[k+1].is(classDet|classPoss|classObject|classPron|classAddr):
		return r.take(m, k, end)
	}
	if f&frameGerund != 0 && r.gerundAt(k) {
		return r.take(m, k, end)
	}
	if f&frameObjectTo != 0 && r.begins(k, end) {
		e := r.phrase(k, end, false)
		if r.lang.free {
			for x := k + 1; x < end && x < e+4; x++ {
				if r.gerundAt(x) {
					return r.take(m, k, end)
				}
			}
		}
		if e < end && r.tokens[e].is(classTo) {
			m.trust += 0.02
			return r.take(m, k, end)
		}
	}
	if f&frameBare != 0 && !r.lang.comma && (r.bareClause(k, r.bareLimit(m, k, end)) || f&frameSay != 0 && m.cue.strength == 9 && (f&frameAddressee == 0 || !m.detail.addressee.empty()) && end-k > 2 && r.begins(k, end) && !t.is(classObject)) {
		return r.take(m, k, end)
	}
	if f&(frameNoun|frameAccuse) != 0 && r.begins(k, end) && !t.is(classSelf) {
		if t.class == 0 && !t.capital {
			m.trust -= 0.08
		}
		if f&frameAccuse == 0 {
			end = r.nounEnd(m, k, end)
		}
		return r.take(m, k, end)
	}
	return false
}

// nounEnd is where a noun phrase ends that is a content: at a comma that no
// list needs, at a dash, before a clause of its own.
func (r *reader) nounEnd(m *match, k, end int) int {
	for i := k + 1; i < end; i++ {
		t := &r.tokens[i]
		if t.is(classDateprep|classLast|classThis) || t.word.day > 0 || t.word.relative {
			at := i
			if t.is(classDateprep) {
				at++
			}
			if e, ok := r.dateAt(at, end); ok && (e == end || r.tokens[e].mark == markComma || r.tokens[e].is(classAnd|classSub|classPrep|classAt|classDateprep)) {
				m.detail.when = either(m.detail.when, span{at, e})
				return i
			}
		}
		if t.quote != 0 {
			i = r.quotes[t.quote-1].close
			if i+1 < end && r.tokens[i].mark == markClose && r.tokens[i-1].mark == markComma {
				return i + 1
			}
			continue
		}
		switch {
		case t.mark == markParenOpen:
			i = r.closeParen(i, end)
		case t.mark == markDash || t.mark == markSemi || t.mark == markColon:
			return i
		case t.mark == markComma && !r.listed(i, end):
			return i
		case t.is(classBut) && r.tokens[i-1].plain():
			return i
		case t.is(classSub) && !t.is(classThat|classRel|classWh) && !r.nominal(i):
			return i
		}
	}
	return end
}

// listed tells a comma between the members of a list: "and" follows soon.
func (r *reader) listed(k, end int) bool {
	for i := k + 1; i < end && i < k+9; i++ {
		t := &r.tokens[i]
		if t.is(classAnd) {
			return i > k+1 && !r.hasFiniteSoon(i+1, end) || i == k+1 && !r.hasFiniteSoon(i+1, end) && false
		}
		if t.is(classRel|classSub|classBut|classPron) || r.finite(i) {
			return false
		}
	}
	return false
}

// finiteAt tells a finite verb at the token, adverbs before it aside.
func (r *reader) finiteAt(k, end int) bool {
	for k < end && r.tokens[k].is(classAdv|classNeg) {
		k++
	}
	return k < end && r.finite(k)
}

func (r *reader) gerundAt(k int) bool {
	t := &r.tokens[k]
	if t.capital {
		return false
	}
	for _, rd := range t.word.readings {
		if rd.shape&shapeGer != 0 {
			return true
		}
	}
	return r.lang.gerund != "" && hasSuffix(r.textOf(k), r.lang.gerund) && !t.is(classAdv|classMedia|classProof)
}

func hasSuffix(s, suffix string) bool {
	return len(s) > len(suffix)+2 && s[len(s)-len(suffix):] == suffix
}

// bareClause tells whether a clause with subject and verb begins at k.
func (r *reader) bareClause(k, end int) bool {
	t := &r.tokens[k]
	if t.is(classSub|classPrep|classAt|classDateprep) && !t.is(classThat) && !(k+1 < end && (r.tokens[k+1].is(classNumber) || r.tokens[k+1].digit)) {
		// "said if elected he would": a clause must follow its comma
		if t.is(classSub) && !t.is(classPrep) && k+1 < end && r.begins(k+1, end) {
			n := 0
			for i := k + 1; i < end && i < k+40; i++ {
				if r.tokens[i].mark == markComma {
					break
				}
				if r.finite(i) && !r.finite(i-1) {
					n++
				}
			}
			if n > 1 {
				return true
			}
		}
		for i := k + 1; i < end && i < k+25; i++ {
			if r.tokens[i].mark == markComma {
				return i+1 < end && r.begins(i+1, end) && r.hasFinite(i+1, end)
			}
			if i == k+1 && !r.begins(i, end) {
				return false
			}
		}
		return false
	}
	if t.is(classPrep) && k+1 < end && (r.tokens[k+1].is(classNumber) || r.tokens[k+1].digit) && r.hasFinite(k+1, end) {
		return true // about half of them
	}
	if !r.begins(k, end) && !t.is(classAdv|classThat) || t.is(classObject) && !t.is(classPron|classPoss|classDet) {
		return false
	}
	if t.is(classPron) && k+1 < end {
		return r.finiteAt(k+1, end) || r.tokens[k+1].is(classClitic) || r.looksFinite(k+1, end) || r.tokens[k+1].is(classAnd|classSelf)
	}
	limit := min(end, k+30)
	for i := k + 1; i < limit; i++ {
		x := &r.tokens[i]
		if x.mark == markOpen && i > k {
			return true
		}
		if x.mark == markSemi || x.mark == markColon {
			return false
		}
		if r.finite(i) && !(x.is(classVerb) && r.tokens[i-1].is(classDet|classPoss|classGenitive)) || x.is(classClitic) && !x.is(classGenitive) || r.looksFinite(i, end) && r.tokens[i-1].is(classPron) {
			return true
		}
		if x.is(classClitic) && i+1 < end && r.tokens[i+1].is(classAdv|classDet|classNeg) {
			return true
		}
	}
	return false
}

// bareLimit is how far a bare clause is looked for: past a comma only behind
// the plainest verbs.
func (r *reader) bareLimit(m *match, k, end int) int {
	if m.cue.strength == 9 && m.how != byRelative {
		return end
	}
	for i := k + 1; i < end; i++ {
		if r.tokens[i].mark == markComma && r.tokens[i].quote == 0 && !r.tokens[k].is(classSub|classPrep|classAt|classDateprep) {
			return i
		}
	}
	return end
}

// looksFinite tells an unknown word behind a pronoun, which must be its verb.
func (r *reader) looksFinite(k, end int) bool {
	return k < end && r.tokens[k].plain() && !r.tokens[k].capital && r.tokens[k].class&(classPrep|classSub|classDet|classAnd|classOf|classPoss) == 0
}

// take makes the content of all from k to the end of the sentence.
func (r *reader) take(m *match, k, end int) bool {
	if k >= end {
		return false
	}
	m.forward = true
	m.content = append(m.content[:0:0], span{k, end})
	m.quoted = r.tokens[end-1].quote
	return true
}

// quoteFrom makes the content of the quotation that opens at k, and of what
// follows it when the sentence goes on as part of it.
func (r *reader) quoteFrom(m *match, k, hi int, set bool) bool {
	end := r.sentenceEnd(hi)
	q := r.quotes[r.tokens[k].quote-1]
	m.forward = true
	m.quoted = r.tokens[k].quote
	stop := q.close + 1
	if stop < end {
		comma := q.closed && r.tokens[q.close-1].mark == markComma
		next := &r.tokens[stop]
		switch {
		case comma && !next.is(classPrep), next.mark == markDash || next.mark == markSemi || next.mark == markStop:
		case set && next.mark == markComma:
		case next.mark == markComma && stop+1 < end && !r.begins(stop+1, end) && !r.tokens[stop+1].is(classPrep|classSub|classAnd|classBut|classRel):
		default:
			stop = end
		}
	}
	m.content = append(m.content[:0:0], span{k, stop})
	return true
}

// sentenceEnd is the sentence's end without its full stop.
func (r *reader) sentenceEnd(hi int) int {
	for hi > 0 && (r.tokens[hi-1].mark == markStop || r.tokens[hi-1].mark == markColon) && r.tokens[hi-1].quote == 0 && !r.abbreviates(hi-1) {
		hi--
	}
	return hi
}
