package attribution

import (
	"unicode"
	"unicode/utf8"
)

// quotation is an outermost pair of quotation marks in a paragraph. open and
// close are tokens; an unclosed one ends with the sentence it stands in, or
// with the paragraph when the next paragraph opens again.
type quotation struct {
	open, close int
	closed      bool
	runs        bool // runs on into the next paragraph
}

// words counts the tokens between the marks.
func (q quotation) words() int {
	if q.closed {
		return q.close - q.open - 1
	}
	return q.close - q.open
}

// quotations pairs the quotation marks of the paragraph that ends at byte to
// and tells every token which one it stands in.
func (r *reader) quotations(to int) {
	r.quotes = r.quotes[:0]
	r.closers()
	for i := 0; i < len(r.tokens); i++ {
		pair, ok := r.opening(i)
		if !ok {
			continue
		}
		end, closed := r.closing(i, pair)
		if n := end + 1; closed && n < len(r.tokens) && r.tokens[n].glued && r.sign(n) == '\'' && r.sign(end) == '"' { // ,''' ends one within another
			end = n
		}
		q := quotation{open: i, close: end, closed: closed}
		if !closed {
			if pair.single {
				continue
			}
			if q.runs = r.reopens(to, pair); !q.runs {
				q.close = r.sentenceStop(i, end)
			}
		}
		r.quotes = append(r.quotes, q)
		for k := i; k <= q.close; k++ {
			r.tokens[k].quote = len(r.quotes)
		}
		r.tokens[i].mark = markOpen
		if closed {
			r.tokens[q.close].mark = markClose
		}
		i = q.close
	}
}

// sign is the quotation mark that a token is, '"' for a doubled one.
func (r *reader) sign(i int) rune {
	t := &r.tokens[i]
	if t.mark != markOther {
		return 0
	}
	if t.to-t.from == 2 && (r.text[t.from] == '\'' || r.text[t.from] == '`') {
		return '"'
	}
	c, _ := utf8.DecodeRuneInString(r.text[t.from:])
	return c
}

// follows tells that the next token touches this one.
func (r *reader) follows(i int) bool { return i+1 < len(r.tokens) && r.tokens[i+1].glued }

// opening tells whether a quotation begins at the token.
func (r *reader) opening(i int) (quotePair, bool) {
	c := r.sign(i)
	if c == 0 {
		return quotePair{}, false
	}
	for _, p := range r.lang.quotes {
		if p.open != c {
			continue
		}
		t := &r.tokens[i]
		free := !t.glued || i == 0 || r.tokens[i-1].mark != markWord && r.tokens[i-1].mark != markStop && r.tokens[i-1].mark != markComma
		switch {
		case !r.follows(i) || p.open == p.close && !free:
			return quotePair{}, false
		case p.single && (!free || !r.tokens[i+1].plain() || r.shut[i+1] < 0):
			return quotePair{}, false
		}
		return p, true
	}
	return quotePair{}, false
}

// closers notes for each token where the next single closing mark stands, so
// that an apostrophe opens nothing.
func (r *reader) closers() {
	r.shut = append(r.shut[:0], make([]int, len(r.tokens)+1)...)
	r.shut[len(r.tokens)] = -1
	for i := len(r.tokens) - 1; i >= 0; i-- {
		r.shut[i] = r.shut[i+1]
		if c := r.sign(i); (c == '\'' || c == '’' || c == '‘') && r.tokens[i].glued && (!r.follows(i) || !r.tokens[i+1].plain()) {
			r.shut[i] = i
		}
	}
}

// closing finds the end of the quotation that opens at i.
func (r *reader) closing(i int, p quotePair) (end int, closed bool) {
	if p.single {
		end := r.shut[i+1]
		// "the voters' choice'": an apostrophe before a word in lower case, with another mark behind it
		for end >= 0 && end+1 < len(r.tokens) && r.tokens[end+1].plain() && !r.tokens[end+1].capital && r.tokens[end-1].plain() {
			next := r.shut[end+1]
			if next < 0 || next-end > 40 {
				break
			}
			end = next
		}
		return end, end >= 0
	}
	depth := 1
	last := -1
	for k := i + 1; k < len(r.tokens); k++ {
		c := r.sign(k)
		if c == 0 {
			continue
		}
		t := &r.tokens[k]
		switch {
		case double(c) && double(p.open) && c != p.open && c != '“' && t.glued && !(r.follows(k) && r.tokens[k+1].plain()): // “…" as typed
			return k, true
		case c == p.close && (p.open != p.close || t.glued || !r.follows(k)),
			c == p.open && t.glued && !r.follows(k): // an opening mark set where one closes
			depth--
			last = k
			if depth == 0 {
				return k, true
			}
		case c == p.open:
			if p.open != '«' {
				return k - 1, false // it was never closed
			}
			depth++
		}
	}
	if last >= 0 && last >= len(r.tokens)-2 { // «A «B»: one mark closes both
		return last, true
	}
	return len(r.tokens) - 1, false
}

// double tells the marks of English that are typed for one another.
func double(c rune) bool { return c == '"' || c == '“' || c == '”' }

// sentenceStop is the first end of a sentence between two tokens.
func (r *reader) sentenceStop(from, to int) int {
	for k := from + 1; k < to; k++ {
		if r.tokens[k].mark == markStop && !r.abbreviates(k) && r.tokens[k+1].capital {
			return k
		}
	}
	return to
}

// reopens tells whether the next paragraph begins with the opening mark.
func (r *reader) reopens(at int, p quotePair) bool {
	for _, c := range r.text[at:min(len(r.text), at+64)] {
		if !unicode.IsSpace(c) {
			return c == p.open
		}
	}
	return false
}
