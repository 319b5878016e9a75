package attribution

// subject finds the source before a verb group that begins at v, in the
// sentence that begins at lo.
func (r *reader) subject(v, lo int) (span, how) {
	r.aside = detail{}
	j := v - 1
	if j < lo {
		return span{}, byNone
	}
	t := &r.tokens[j]
	switch {
	case t.mark == markClose && r.tokens[j].quote > 0 && r.quotes[t.quote-1].words() <= 3 && r.quotes[t.quote-1].open > lo:
		// a name in quotation marks
	case t.mark == markClose || t.mark == markDash && r.lang.dashes:
		return span{}, byInversion
	case t.mark == markComma && j > lo && (r.tokens[j-1].mark == markClose):
		return span{}, byInversion
	case t.is(classRel) || t.is(classThat) && j > lo && r.tokens[j-1].plain() && !r.cueVerb(j-1) && !r.tokens[j-1].is(classAdv) && len(r.tokens[j-1].word.nouns) == 0:
		if j == lo {
			return span{}, byNone
		}
		return span{j, j + 1}, byRelative
	case t.is(classAnd | classBut):
		return span{}, byEllipsis
	case t.is(classPron):
		return span{j, j + 1}, byPronoun
	case t.mark == markComma && j > lo && r.tokens[j-1].is(classAnd|classBut):
		return span{}, byEllipsis
	case t.mark == markComma:
		return r.apposed(j, lo)
	case t.mark == markDash:
		return r.dashed(j, lo)
	case t.is(classSelf):
		s, h := r.subject(j, lo)
		if !s.empty() {
			s.to = v
		}
		return s, h
	case t.mark != markWord && t.mark != markParenClose && t.mark != markClose && !(r.abbreviates(j) && r.tokens[j-1].capital):
		return span{}, byNone
	}
	h := r.lead(r.segment(j, lo), j, lo)
	h = r.list(h, j, lo)
	if h > j {
		return span{}, byNone
	}
	return span{h, r.trimTail(h, v)}, bySubject
}

// dashed finds the subject before an insertion between dashes.
func (r *reader) dashed(j, lo int) (span, how) {
	for k := j - 1; k > lo && k > j-30; k-- {
		if r.tokens[k].mark == markStop && !r.abbreviates(k) {
			break
		}
		if r.tokens[k].mark != markDash {
			continue
		}
		if h := r.lead(r.segment(k-1, lo), k-1, lo); h < k && r.headlike(h, k) {
			return span{h, j}, bySubject
		}
		break
	}
	return span{}, byNone
}

// list widens "Iran and Turkey" to "Russia, Iran and Turkey".
func (r *reader) list(h, j, lo int) int {
	and := false
	for k := h; k <= j; k++ {
		and = and || r.tokens[k].is(classAnd)
	}
	for and && h-2 >= lo && r.tokens[h-1].mark == markComma {
		k := h - 2
		for k >= lo && k > h-6 && r.tokens[k].plain() && !r.finite(k) && !r.tokens[k].is(classPrep|classSub|classAnd|classAdv) {
			k--
		}
		switch {
		case k >= h-2 || k >= lo && r.tokens[k].mark != markComma:
			return h
		case r.dated(k+1, h-1):
			return h
		}
		h = k + 1
	}
	return h
}

func (r *reader) dated(from, to int) bool {
	for k := from; k < to; k++ {
		if _, ok := r.dateAt(k, to); ok && !r.tokens[k].is(classDet) {
			return true
		}
	}
	return false
}

// lead takes off what opens a sentence before its subject: adverbs, "but", and
// a phrase of time.
func (r *reader) lead(h, j, lo int) int {
	for h <= j {
		t := &r.tokens[h]
		if t.is(classAnd|classBut|classNeg|classAux) || t.is(classAdv) && !t.is(classDet) || t.is(classStarter) && !t.is(classDet|classPron|classNumber|classPoss|classOf|classWeak|classPrep|classAt) {
			h++
			continue
		}
		if e, ok := r.dateAt(h, j+1); ok && e <= j && !r.tokens[e].is(classGenitive) {
			if e <= j && r.tokens[h].word.day == 0 && r.tokens[h].word.unit == 0 && !r.tokens[h].word.relative && !t.is(classLast|classThis) && !r.tokens[e].is(classDet|classPron|classPoss) && !r.tokens[e].capital {
				return h
			}
			h = e
			continue
		}
		if t.is(classSub) {
			h++
			continue
		}
		if !t.is(classPrep | classAt | classDateprep) {
			return h
		}
		if e, ok := r.dateAt(h+1, j+1); ok && e <= j {
			h = e
			continue
		}
		if h < j && (r.tokens[h+1].digit || r.tokens[h+1].is(classNumber)) && !t.is(classAt) { // about 40 people
			return h
		}
		d := detail{}
		if e := r.adverbials(h, j+1, &d, 0); e > h && r.lang.free {
			h = e
			continue
		}
		e := r.phraseEnd(h+1, j+1)
		if e > j {
			return j + 1 // nothing but an adverbial
		}
		h = e
	}
	return h
}

// phraseEnd walks over one noun phrase after a preposition at the head of a
// sentence and stops where the subject can begin.
func (r *reader) phraseEnd(k, hi int) int {
	seen := false
	for ; k < hi; k++ {
		t := &r.tokens[k]
		if !t.plain() {
			return k
		}
		if seen && (t.is(classDet|classPron|classPoss|classHonor|classNumber) && !r.tokens[k-1].is(classPrep|classOf|classGenitive) || t.capital && !r.tokens[k-1].capital && !r.tokens[k-1].is(classOf|classPrep|classGenitive|classDet|classAnd|classPoss|classNation)) {
			return k
		}
		if !t.is(classDet | classPoss | classPrep) {
			seen = true
		}
	}
	return k
}

// apposed finds the subject before a comma that closes an insertion:
// "X, the minister of Y, said".
func (r *reader) apposed(j, lo int) (span, how) {
	end := j
	for range 4 {
		k := r.commaLeft(j, lo)
		if k < 0 {
			// the segment begins the sentence or follows a harder mark
			h := r.lead(r.segmentStart(j-1, lo), j-1, lo)
			if h >= j || !r.headlike(h, j) {
				return span{}, byNone
			}
			return span{h, end}, bySubject
		}
		if !r.insertion(k+1, j) && (k == lo || !r.tokens[k-1].is(classRole|classWeak)) {
			h := r.lead(k+1, j-1, lo)
			if h >= j || !r.headlike(h, j) || j == end {
				return span{}, byNone
			}
			return span{h, end}, bySubject
		}
		if h := r.lead(r.segment(k-1, lo), k-1, lo); h < k && r.headlike(h, k) && r.heads(h, k, lo) {
			if h-2 > lo && r.tokens[h-1].mark == markComma && r.tokens[h-2].is(classRole) { // the mayor, X, who …
				if g := r.lead(r.segment(h-2, lo), h-2, lo); g < h-1 && r.tokens[g].is(classDet|classPoss) {
					h = g
				}
			}
			return span{h, end}, bySubject
		}
		j = k
	}
	return span{}, byNone
}

// heads tells a run of tokens before an insertion that is a head itself and not
// one more insertion.
func (r *reader) heads(h, k, lo int) bool {
	t := &r.tokens[h]
	switch {
	case t.digit || t.is(classOf|classNumber|classRel):
		return false
	case t.capital && !t.is(classDet):
		for x := h; x < k; x++ {
			if r.tokens[x].is(classRole|classNation) || r.tokens[x].is(classHonor) {
				return true
			}
		}
		return !(k-h <= 2 && (t.is(classAbbr) || t.upper && t.to-t.from <= 3))
	}
	c := r.commaLeft(h-1, lo)
	if h-1 < lo || r.tokens[h-1].mark != markComma {
		return true
	}
	before := c + 1
	if c < 0 {
		before = r.segmentStart(h-2, lo)
	}
	x := &r.tokens[before]
	return !x.capital || x.is(classPrep|classSub|classAdv|classAt|classDateprep|classStarter) && !x.is(classDet|classPoss)
}

// segmentStart is where the piece between harder marks than a comma begins.
func (r *reader) segmentStart(j, lo int) int {
	for k := j; k >= lo; k-- {
		t := &r.tokens[k]
		if t.mark != markWord && t.mark != markParenOpen && t.mark != markParenClose && t.mark != markOther && !r.abbreviates(k) || t.is(classSub) && !t.is(classPrep) || t.is(classThat) && !r.relativeAt(k) {
			return k + 1
		}
	}
	return lo
}

func (r *reader) relativeAt(k int) bool {
	return k > 0 && r.tokens[k-1].plain() && !r.cueVerb(k-1)
}

// commaLeft is the comma before j in the same clause, or -1.
func (r *reader) commaLeft(j, lo int) int {
	for k := j - 1; k >= lo && k > j-45; k-- {
		switch r.tokens[k].mark {
		case markComma:
			if r.tokens[k].quote == r.tokens[j].quote {
				return k
			}
		case markSemi, markColon, markDash, markStop:
			if !r.abbreviates(k) && r.tokens[k].quote == 0 {
				return -1
			}
		case markParenClose:
			k = r.openParen(k, lo)
		case markWord, markOpen, markClose, markParenOpen, markOther:
		}
	}
	return -1
}

// insertion tells whether what stands between two commas can be set beside a noun.
func (r *reader) insertion(from, to int) bool {
	if from >= to {
		return false
	}
	t := &r.tokens[from]
	if t.is(classRel|classDet|classPrep|classOf|classAnd|classRole|classNumber|classAdv) || t.digit {
		return true
	}
	if t.is(classPron) || !t.plain() {
		return false
	}
	if len(t.word.readings) > 0 && t.word.readings[0].shape&(shapeGer|shapePart) != 0 || t.is(classVerb) && !t.capital {
		return true
	}
	if !t.capital {
		return !r.hasFinite(from, to)
	}
	for k := from; k < to; k++ {
		if r.tokens[k].is(classRole) || r.tokens[k].word.month > 0 || t.is(classNation) && r.tokens[k].is(classOf) {
			return true
		}
	}
	return to-from <= 2 && !t.is(classBody|classNation|classHonor) // Ohio; R-Ky.
}

// headlike tells whether a run of tokens can be a subject's head.
func (r *reader) headlike(from, to int) bool {
	t := &r.tokens[from]
	if !t.plain() || t.is(classPrep|classOf|classSub|classRel|classThat|classAux|classModal|classTo|classObject|classWh) && !t.is(classPoss|classDet) && !t.capital {
		return false
	}
	if t.is(classSub | classWh) {
		return false
	}
	for k := from; k < to; k++ {
		if r.finite(k) && !r.relativeLeft(k, from) && !r.participial(k) {
			return false
		}
	}
	return true
}

// participial tells a verb form that may modify a noun.
func (r *reader) participial(k int) bool {
	t := &r.tokens[k]
	if t.is(classAux|classModal) || r.lang.free && len(t.word.readings) == 0 {
		return false
	}
	for _, rd := range t.word.readings {
		if rd.shape&(shapePart|shapeGer) == 0 {
			return false
		}
	}
	return true
}

// trimTail takes off the adverbials between a subject and its verb: "Trump on
// Monday said", "Bush in a post said".
func (r *reader) trimTail(h, v int) int {
	r.aside = detail{}
	for k := max(h+1, v-8); k < v; k++ {
		t := &r.tokens[k]
		if !t.plain() || !t.is(classPrep|classAt|classDateprep) && t.word.day == 0 && !t.word.relative && !t.is(classLast|classThis) {
			continue
		}
		d := detail{}
		if r.adverbials(k, v, &d, 0) == v && (!d.when.empty() || !d.medium.empty()) {
			r.aside = d
			return k
		}
		if r.lang.free && t.is(classPrep|classAt) && k-1 > h && r.tokens[k-1].capital && !t.capital {
			r.aside = d
			return k
		}
	}
	return v
}
