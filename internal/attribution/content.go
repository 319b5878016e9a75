package attribution

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
	case t.is(classNeg) && f&(frameTo|frameObjectTo|frameAddressee) != 0 && k+2 < end && r.tokens[k+1].is(classTo):
		return r.take(m, k, r.nounEnd(m, k, end))
	case t.is(classWh) && f&frameWh != 0:
		return r.take(m, k, end)
	case t.is(classTo) && f&frameTo != 0 && k+1 < end && r.tokens[k+1].plain() && !r.tokens[k+1].capital && !r.tokens[k+1].is(classDet|classPoss|classObject|classPron|classAddr):
		return r.take(m, k, r.nounEnd(m, k, end))
	}
	if f&frameGerund != 0 && (r.gerundAt(k) || r.lang.free && t.is(classObject) && k+1 < end && r.gerundAt(k+1)) {
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
		if e < end && r.tokens[e].is(classTo) || e+1 < end && r.tokens[e].is(classNeg) && r.tokens[e+1].is(classTo) {
			m.trust += 0.02
			return r.take(m, k, r.nounEnd(m, k, end))
		}
	}
	if f&frameBare != 0 && !r.lang.comma && m.cue.strength >= 8 && f&frameSay != 0 && t.is(classSub|classPrep) && !t.is(classThat|classTo|classOf) {
		for i := k + 2; i < end && i < k+25; i++ {
			if r.tokens[i].mark == markComma && i+1 < end && (r.tokens[i+1].mark == markOpen || r.begins(i+1, end) && r.hasFinite(i+1, end)) {
				return r.take(m, k, end)
			}
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
		if f&frameNames != 0 && !r.namesObject(k, end) {
			m.trust -= 0.3
		}
		return r.take(m, k, end)
	}
	return false
}

// namesObject tells an object and a name for it: "it a joke", "the plan “mad”".
func (r *reader) namesObject(k, end int) bool {
	t := &r.tokens[k]
	if t.is(classObject|classNeuter) && !t.is(classPoss) && end-k > 2 {
		return true
	}
	for i := k + 1; i < end; i++ {
		if x := &r.tokens[i]; x.mark == markOpen || x.is(classDet) && !r.tokens[i-1].is(classPrep|classOf|classTo|classAnd|classAt|classDateprep) {
			return true
		}
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
		case t.mark == markComma && i+2 < end && r.tokens[i+1].capital && (r.tokens[i+1].is(classAbbr) || r.tokens[i+2].mark == markComma) && r.tokens[i-1].capital: // Springfield, Illinois
			i++
		case t.mark == markComma && !r.listed(i, end):
			return i
		case t.is(classBut) && r.tokens[i-1].plain():
			return i
		case t.is(classSub) && !t.is(classThat|classRel|classAs) && (!r.nominal(i) || i+1 < end && r.gerundAt(i+1)):
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
			return i > k+1 && !r.hasFiniteSoon(i+1, end)
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
