package attribution

import "unicode/utf8"

// The most tokens that are read as one sentence.
const longestSentence = 250

// sentences parts the paragraph's tokens; r.ends holds where each one ends.
func (r *reader) sentences() {
	r.ends = r.ends[:0]
	start, wire := 0, r.wireEnd()
	for i := range r.tokens {
		if i == wire-1 || r.endsSentence(i) || i == len(r.tokens)-1 || i-start >= longestSentence && r.tokens[i].quote == 0 || i-start >= 4*longestSentence {
			for k := start; k <= i; k++ {
				r.tokens[k].sentence = len(r.ends)
			}
			r.ends = append(r.ends, i+1)
			start = i + 1
		}
	}
}

// wireEnd is where the news begins behind the place and the agency that a wire
// story opens with: "LONDON, Dec. 4 (Agency) — ", or 0.
func (r *reader) wireEnd() int {
	if len(r.tokens) == 0 || !r.tokens[0].upper {
		return 0
	}
	inside := false
	for i := 0; i < len(r.tokens)-1 && i < 14; i++ {
		t := &r.tokens[i]
		switch {
		case t.mark == markDash:
			return i + 1
		case t.mark == markParenOpen:
			inside = true
		case t.mark == markParenClose:
			inside = false
		case inside, t.mark == markComma, t.mark == markStop && r.abbreviates(i), t.mark == markOther:
		case t.plain() && (t.upper || t.digit || t.capital && (t.word.month > 0 || t.word.day > 0)):
		default:
			return 0
		}
	}
	return 0
}

// endsSentence tells whether a sentence ends with the token.
func (r *reader) endsSentence(i int) bool {
	t := &r.tokens[i]
	if i+1 >= len(r.tokens) {
		return true
	}
	next := &r.tokens[i+1]
	switch {
	case t.mark == markClose && i > 0 && r.tokens[i-1].mark == markStop:
		if next.mark == markOpen {
			return true
		}
		if !next.capital && !next.digit {
			return false
		}
		return r.text[r.tokens[i-1].from] == '.' && !r.abbreviates(i-1) || !r.vocalAhead(i+1)
	case t.mark == markStop && t.quote == 0:
		if r.abbreviates(i) || next.mark == markClose || next.mark == markStop || next.mark == markComma {
			return false
		}
		return next.capital || next.digit || next.mark == markOpen || next.mark == markDash || next.mark == markOther || next.mark == markParenOpen || i > 0 && r.tokens[i-1].quote != 0 || !next.glued && r.text[t.from] != '.'
	}
	return false
}

// abbreviates tells a point that ends no sentence: after Mr, a single capital,
// or a number before a month.
func (r *reader) abbreviates(i int) bool {
	if i == 0 || r.text[r.tokens[i].from] != '.' || !r.tokens[i].glued || !r.tokens[i-1].plain() {
		return false
	}
	p := &r.tokens[i-1]
	if p.is(classAbbr) {
		return true
	}
	if p.digit && i+1 < len(r.tokens) && p.end-p.first <= 2 && r.tokens[i+1].word.month > 0 {
		return true
	}
	return p.capital && utf8.RuneCountInString(r.text[p.from:p.to]) == 1
}

// vocalAhead tells whether a name and a cue of speech follow.
func (r *reader) vocalAhead(i int) bool {
	for k := i; k < len(r.tokens) && k < i+6; k++ {
		t := &r.tokens[k]
		if !t.plain() {
			return false
		}
		for _, rd := range t.word.readings {
			if rd.cue.frames&frameSay != 0 && k > i && !t.capital {
				return true
			}
		}
		if t.is(classAux | classModal | classVerb) {
			return false
		}
	}
	return false
}
