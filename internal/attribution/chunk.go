package attribution

// span is a run of tokens; an empty one is none.
type span struct{ from, to int }

func (s span) empty() bool { return s.to <= s.from }

// how tells in which way a source was found.
type how uint8

const (
	byNone      how = iota
	bySubject       // a noun phrase before the cue
	byPronoun       // he, she, they before the cue
	byRelative      // "who said"
	byEllipsis      // "… and added": the source is that of the sentence
	byInversion     // "said X"
	byAgent         // "was told by X", "according to X", "X's claim"
)

// finite tells a token that makes a clause: an auxiliary, a verb, or the form
// of a cue that is no noun after its article.
func (r *reader) finite(i int) bool {
	t := &r.tokens[i]
	if !t.plain() || t.capital && i > 0 && r.tokens[i-1].capital {
		return false
	}
	if t.is(classAux | classModal) {
		return true
	}
	return t.is(classVerb) || r.cueVerb(i)
}

// cueVerb tells a finite form of a cue.
func (r *reader) cueVerb(i int) bool {
	for _, rd := range r.tokens[i].word.readings {
		if rd.shape&(shapePast|shapePres|shapePart) != 0 && len(rd.cue.tail) == 0 {
			if rd.shape&shapePres != 0 && i > 0 && (r.tokens[i-1].is(classDet|classPoss|classGenitive|classPrep|classOf) || r.tokens[i-1].capital && r.tokens[i].capital) {
				return false
			}
			return true
		}
	}
	return false
}

// openParen jumps from a closing bracket to its opening one.
func (r *reader) openParen(i, lo int) int {
	for k := i; k >= lo && i-k < 30; k-- {
		if r.tokens[k].mark == markParenOpen {
			return k
		}
	}
	return i
}

func (r *reader) closeParen(i, hi int) int {
	for k := i; k < hi && k-i < 30; k++ {
		if r.tokens[k].mark == markParenClose {
			return k
		}
	}
	return i
}

// segment walks left from j to where the noun phrase that ends there can begin
// at the earliest.
func (r *reader) segment(j, lo int) int {
	verb := false // a finite verb stands right of k
	for k := j; k >= lo; k-- {
		t := &r.tokens[k]
		switch t.mark {
		case markComma, markSemi, markColon, markDash, markStop, markOpen:
			if t.mark == markStop && r.abbreviates(k) {
				continue
			}
			return k + 1
		case markClose:
			q := r.quotes[t.quote-1]
			if q.words() <= 4 && q.open > lo && r.tokens[q.close-1].mark == markWord && r.tokens[q.open-1].plain() {
				k = q.open
				continue
			}
			return k + 1
		case markParenClose:
			k = r.openParen(k, lo)
			continue
		case markParenOpen:
			return k + 1
		case markWord, markOther:
		}
		switch {
		case t.is(classRel) && verb:
			verb = false
			continue
		case t.is(classThat) && k < j:
			if !verb || k == lo || r.tokens[k-1].is(classAdv) || r.cueVerb(k-1) || len(r.tokens[k-1].word.nouns) > 0 {
				return k + 1
			}
			verb = false
		case t.is(classBut) || t.is(classSub) && !t.is(classPrep) || t.is(classSub) && k < j && !r.nominal(k):
			return k + 1
		case t.is(classWh) && !t.is(classRel):
			return k + 1
		case t.is(classAnd):
			if verb || r.verbLeft(k-1, lo) {
				return k + 1
			}
		case r.finite(k):
			if r.clausal(k) && !r.relativeLeft(k, lo) {
				return k + 1
			}
			verb = true
		}
	}
	return lo
}

// nominal tells that a conjunction which is also a preposition begins no clause
// here: no finite verb before the next comma.
func (r *reader) nominal(k int) bool {
	for i := k + 1; i < len(r.tokens) && i < k+12; i++ {
		if !r.tokens[i].plain() {
			return true
		}
		if r.finite(i) {
			return false
		}
	}
	return true
}

// clausal tells a finite verb that takes a clause, so that what follows it may
// be a subject of its own, or an auxiliary.
func (r *reader) clausal(k int) bool {
	t := &r.tokens[k]
	if t.is(classAux | classModal) {
		return true
	}
	for _, rd := range t.word.readings {
		if rd.cue.frames&(frameBare|frameThat) != 0 && rd.shape&(shapePast|shapePres) != 0 && rd.cue.strength >= 4 {
			return true
		}
	}
	return false
}

// relativeLeft tells that the verb belongs to a relative clause: its pronoun
// stands just before.
func (r *reader) relativeLeft(k, lo int) bool {
	for i := k - 1; i >= lo && i >= k-5; i-- {
		t := &r.tokens[i]
		if t.is(classRel|classThat) && i > lo && (r.tokens[i-1].plain() || r.tokens[i-1].mark == markComma) && !r.cueVerb(i-1) {
			return true
		}
		if !t.plain() || !t.is(classAux|classModal|classAdv|classNeg|classVerb) && !r.tokens[i].is(classPron) && !t.capital {
			return false
		}
	}
	return false
}

// verbLeft tells that a clause of its own stands left of a conjunction.
func (r *reader) verbLeft(k, lo int) bool {
	for i := k; i >= lo && i > k-25; i-- {
		t := &r.tokens[i]
		if t.mark == markParenClose {
			i = r.openParen(i, lo)
			continue
		}
		if !t.plain() {
			return false
		}
		if t.is(classRel) {
			return false
		}
		if r.finite(i) {
			return !r.relativeLeft(i, lo)
		}
	}
	return false
}

func (r *reader) hasFinite(from, to int) bool {
	for k := from; k < to; k++ {
		if r.tokens[k].mark == markParenOpen {
			k = r.closeParen(k, to)
			continue
		}
		if r.finite(k) || r.tokens[k].is(classClitic) && !r.tokens[k].is(classGenitive) {
			return true
		}
	}
	return false
}

// begins tells whether a noun phrase can begin at the token.
func (r *reader) begins(i, hi int) bool {
	if i >= hi {
		return false
	}
	t := &r.tokens[i]
	switch {
	case t.mark == markOpen:
		return true
	case !t.plain():
		return false
	case t.is(classDet|classPron|classPoss|classObject|classNation|classHonor|classRole|classBody|classNumber) || t.capital || t.digit:
		return true
	case t.is(classPrep | classSub | classThat | classRel | classWh | classTo | classAux | classModal | classAnd | classBut | classNeg | classAdv | classClitic):
		return false
	}
	return true
}

// phrase walks over the noun phrase that begins at k. A source may be longer
// than an addressee: it takes a name after a plain noun.
func (r *reader) phrase(k, hi int, source bool) int {
	start := k
	for ; k < hi; k++ {
		t := &r.tokens[k]
		if t.mark == markParenOpen {
			k = r.closeParen(k, hi)
			continue
		}
		if t.mark == markStop && r.abbreviates(k) {
			continue
		}
		if t.mark == markOpen && source && k > start && r.lang.free && r.tokens[k-1].is(classBody|classMedia|classThing|classRole|classAddr) || t.mark == markOpen && source && k == start && r.lang.free {
			if q := r.quotes[t.quote-1]; q.words() <= 4 && q.closed && q.close < hi { // агентство «Заря»
				k = q.close
				continue
			}
		}
		if t.mark == markOpen && source && k > start {
			if q := r.quotes[t.quote-1]; q.words() <= 3 && q.close+1 < hi && r.tokens[q.close+1].capital {
				k = q.close
				continue
			}
		}
		if !t.plain() {
			return k
		}
		if k == start {
			if t.is(classPron | classObject) {
				return k + 1
			}
			continue
		}
		prev := &r.tokens[k-1]
		inside := prev.is(classDet|classPoss|classGenitive|classOf|classNation) || prev.is(classAnd)
		switch {
		case r.lang.nouns && prev.capital && !t.capital && t.class&(classOf|classParticle|classAnd|classGenitive|classNation) == 0:
			return k
		case r.lang.free && t.is(classAddr) && !t.capital && prev.capital:
			return k
		case t.is(classOf | classGenitive):
			continue
		case t.is(classThat | classSub | classPron | classObject | classAux | classModal | classTo | classWh | classRel | classBut | classNeg):
			return k
		case t.is(classAnd):
			if k+1 < hi && r.begins(k+1, hi) && !r.tokens[k+1].is(classPron) && (source || r.tokens[k+1].capital == prev.capital) && !r.hasFiniteSoon(k+1, hi) {
				continue
			}
			return k
		case inside:
			continue
		}
		if _, ok := r.dateAt(k, hi); ok && !prev.capital {
			return k
		}
		switch {
		case t.is(classPrep | classAt | classDateprep):
			if source && !t.is(classAddrPrep) && k+1 < hi && r.tokens[k+1].capital && !r.lang.free && t.is(classVocal) {
				continue
			}
			return k
		case t.is(classAdv) && !t.capital:
			return k
		case t.is(classDet | classPoss):
			return k
		case r.finite(k) && !t.capital:
			return k
		case t.capital && !source && !prev.capital && !prev.is(classRole|classNation|classHonor):
			return k
		case t.word.day > 0 || t.word.relative:
			return k
		}
	}
	return k
}

func (r *reader) hasFiniteSoon(from, hi int) bool {
	for k := from; k < hi && k < from+6; k++ {
		if !r.tokens[k].plain() {
			return false
		}
		if r.finite(k) {
			return true
		}
	}
	return false
}
