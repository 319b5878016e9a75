package attribution

import (
	"math"
	"slices"
	"strings"
)

// reader reads one text. Its slices are used again for every paragraph.
type reader struct {
	lang    *language
	text    string
	options Options
	asking  bool // the text has turned to its readers and asks

	tokens  []token
	quotes  []quotation
	ends    []int
	shut    []int
	scratch []byte
	low     []byte
	matches []match
	scene   scene
	aside   detail // what stands between the subject found last and its verb

	names       register
	suggestions []Suggestion
	running     int     // the suggestion whose quotation runs on, plus 1
	colon       int     // the suggestion that waits for the next paragraph, plus 1
	carried     int     // the statement with which the paragraph before ended, plus 1
	spoke       int     // where it ended, in code points
	dangling    []Span  // quotations of paragraphs before that run on and wait for their speaker
	last        *person // the source of the statement before
}

// match is a cue with what was found round it, in tokens.
type match struct {
	cue      *cue
	verb     span
	source   span
	how      how
	content  []span
	forward  bool // the content stands behind the cue
	passive  bool
	gerund   bool
	trust    float64
	detail   detail
	quoted   int // the quotation the content ends with, plus 1
	headline bool
	whole    bool // its content is all of the sentence before it, other statements too
	post     span // what stands behind "X, Y said, …"
}

// detail is what stands beside cue and source.
type detail struct {
	when      span
	where     span
	medium    span
	addressee span
	evidence  bool
}

func (r *reader) textOf(i int) string { return r.text[r.tokens[i].from:r.tokens[i].to] }

// slice is the text between two tokens.
func (r *reader) slice(i, end int) string {
	if end <= i {
		return ""
	}
	return r.text[r.tokens[i].from:r.tokens[end-1].to]
}

func (r *reader) span(s span) Span {
	a, b := &r.tokens[s.from], &r.tokens[s.to-1]
	return Span{Text: r.text[a.from:b.to], Start: a.first, End: b.end}
}

// paragraph reads text[from:to]; n is the code points before it.
func (r *reader) paragraph(from, to, n int) {
	line := strings.TrimSpace(r.text[from:to])
	if line == "" || r.asking {
		return
	}
	switch r.notice(line) {
	case noticeSkip:
		return
	case noticeAppeal:
		r.asking = true
		return
	case noticeNone:
	}
	r.tokenise(from, to, n)
	if len(r.tokens) == 0 {
		return
	}
	r.quotations(to)
	r.sentences()
	r.names.note(r)
	running, colon, carried := r.running, r.colon, r.carried
	r.running, r.colon, r.carried = 0, 0, 0
	if q := r.tokens[0].quote; carried > 0 && running == 0 && colon == 0 && q > 0 && r.quotes[0].close >= len(r.tokens)-2 && r.quotes[0].words() > 4 {
		s := &r.suggestions[carried-1]
		s.Content = append(s.Content, r.span(span{0, r.quotes[0].close + 1}))
		if r.carried = carried; r.quotes[0].runs {
			r.running = carried
		}
		return
	}
	open := -1 // the token where a quotation from the paragraph before ends
	if (running > 0 || colon > 0) && r.tokens[0].mark == markOpen {
		open = 0
	}
	first := len(r.suggestions)
	lo := 0
	for s, hi := range r.ends {
		r.sentence(lo, hi, s == 0)
		if hi == len(r.tokens) {
			r.carried = r.carrier(lo, lo) + 1
		}
		lo = hi
	}
	if open == 0 {
		r.runOn(max(running, colon)-1, first)
	}
	r.dangle(first, open == 0)
}

// runOn gives the quotation that opens this paragraph to the statement before.
func (r *reader) runOn(to, first int) {
	q := r.quotes[0]
	for i := first; i < len(r.suggestions); i++ {
		for _, c := range r.suggestions[i].Content {
			if c.Start < r.tokens[q.close].end {
				return
			}
		}
	}
	s := &r.suggestions[to]
	s.Content = append(s.Content, r.span(span{q.open, q.close + 1}))
	if q.runs {
		r.running = to + 1
	}
}

// The most paragraphs of one quotation that wait for its speaker.
const longestQuotation = 12

// dangle keeps the quotation that opens the paragraph for the speaker whom a
// later paragraph names, and gives what was kept to the one whom this one does.
func (r *reader) dangle(first int, taken bool) {
	waiting := r.dangling
	r.dangling = nil
	if taken || r.tokens[0].mark != markOpen {
		return
	}
	q := r.quotes[0]
	for i := first; i < len(r.suggestions); i++ {
		s := &r.suggestions[i]
		if s.Content[0].Start == r.tokens[q.open].first {
			s.Content = append(slices.Clone(waiting), s.Content...)
			return
		}
	}
	if q.runs && len(waiting) < longestQuotation {
		r.dangling = append(slices.Clone(waiting), r.span(span{q.open, q.close + 1}))
	}
}

// sentence finds the statements of the sentence tokens[lo:hi].
func (r *reader) sentence(lo, hi int, first bool) {
	r.matches = r.matches[:0]
	if first && r.headline(lo, hi) {
		return
	}
	r.scene.reset(r, lo, hi)
	if r.before(lo, hi) {
		return
	}
	for i := lo; i < hi; i++ {
		t := &r.tokens[i]
		if t.quote != 0 {
			if r.lang.dashes {
				r.broken(r.quotes[t.quote-1], i, hi)
			}
			i = r.quotes[t.quote-1].close
			continue
		}
		w := t.word
		if len(w.preps) > 0 && r.according(i, lo, hi) {
			continue
		}
		if len(w.readings) > 0 {
			if e := r.cueAt(i, lo, hi); e > i {
				i = e - 1
				continue
			}
		}
		if len(w.nouns) > 0 {
			r.nounCue(i, lo, hi)
		}
	}
	r.trim(lo, hi)
	if len(r.matches) == 0 {
		r.extend(lo, hi)
		if n := len(r.suggestions); n > 0 && hi-lo < 16 && r.lacking(lo, hi) >= 0 && r.within(r.suggestions[n-1].Cue.End, lo) { // "He gave no evidence."
			r.suggestions[n-1].Evidence = NonePresented
		}
		return
	}
	slices.SortStableFunc(r.matches, func(a, b match) int { return r.order(a) - r.order(b) })
	for i := range r.matches {
		r.suggest(&r.matches[i], lo, hi)
	}
}

// before fits "X said so": the content is the sentence before.
func (r *reader) before(lo, hi int) bool {
	n := len(r.lang.anaphor)
	if n == 0 || hi-lo < n+3 || lo == 0 {
		return false
	}
	for i, w := range r.lang.anaphor {
		r.scratch = lowered(r.scratch[:0], r.textOf(lo+i))
		if string(r.scratch) != w {
			return false
		}
	}
	at := r.tokens[lo].sentence - 1
	start := 0
	if at > 0 {
		start = r.ends[at-1]
	}
	stop := r.sentenceEnd(hi)
	for i := lo + n; i < lo+n+3 && i < stop; i++ {
		if !r.sayAt(i) {
			continue
		}
		m := match{verb: span{i, i + 1}, how: byInversion, content: []span{{start, r.sentenceEnd(lo)}}, trust: 0.88}
		for _, rd := range r.tokens[i].word.readings {
			m.cue = rd.cue
		}
		k := r.intoBody(r.adverbials(i+1, hi, &m.detail, m.cue.frames), stop)
		if e := r.sourceEnd(k, stop); r.begins(k, stop) && e > k {
			m.source = span{k, e}
			m.trust *= r.worth(m.source, m.how)
			r.matches = append(r.matches, m)
			r.suggest(&r.matches[0], lo, hi)
			return true
		}
	}
	return false
}

// broken fits a quotation whose cue stands inside its marks, between dashes:
// «Мы едем, — сказал X. — Завтра».
func (r *reader) broken(q quotation, from, hi int) {
	for i := max(q.open+2, from); i < q.close && i < hi; i++ {
		if r.tokens[i-1].mark != markDash || !r.sayAt(i) {
			continue
		}
		b := i - 1
		for b > q.open+1 && (r.tokens[b-1].mark == markComma || r.tokens[b-1].mark == markDash) {
			b--
		}
		limit := i + 1
		for limit < q.close && r.tokens[limit].mark != markDash {
			limit++
		}
		d := detail{}
		k := r.intoBody(r.adverbials(i+1, limit, &d, 0), limit)
		e := r.sourceEnd(k, limit)
		if e <= k || !r.begins(k, limit) {
			return
		}
		m := match{detail: d, verb: span{i, i + 1}, source: span{k, e}, how: byInversion, content: []span{{q.open, b}}}
		for _, rd := range r.tokens[i].word.readings {
			if rd.cue.frames&frameSay != 0 {
				m.cue = rd.cue
			}
		}
		r.adverbials(e, limit, &m.detail, m.cue.frames)
		if limit+1 < q.close {
			m.content = append(m.content, span{limit + 1, q.close + 1})
		}
		m.trust = (0.5 + 0.05*float64(m.cue.strength)) * r.worth(m.source, m.how)
		r.matches = append(r.matches, m)
		return
	}
}

// order is where a match begins.
func (r *reader) order(m match) int {
	at := math.MaxInt
	for _, s := range append(m.content, m.source, m.verb) {
		if !s.empty() {
			at = min(at, s.from)
		}
	}
	return at
}

// extend gives a sentence that is nothing but a quotation to the statement
// whose quotation stands just before it.
func (r *reader) extend(lo, hi int) {
	if r.lang.dashes && r.tokens[lo].mark == markDash && lo > 0 && lo+1 < hi && len(r.suggestions) > 0 {
		s := &r.suggestions[len(r.suggestions)-1]
		if s.Source != nil && s.Kind == Direct && r.within(s.Source.End, lo) {
			s.Content = append(s.Content, r.span(span{lo + 1, hi}))
		}
		return
	}
	if r.tokens[lo].mark != markOpen || len(r.suggestions) == 0 || lo == 0 {
		return
	}
	q := r.quotes[r.tokens[lo].quote-1]
	if q.close < hi-2 || q.words() < 2 {
		return
	}
	at := r.carrier(lo, r.sentenceBefore(lo))
	if at < 0 {
		return
	}
	s := &r.suggestions[at]
	s.Content = append(s.Content, r.span(span{q.open, q.close + 1}))
	if q.runs {
		r.running = at + 1
	}
}

// carrier is the statement of the sentence before whose speaker goes on in the
// quotation that is all of the sentence at lo, or -1: the last one that has
// words in quotation marks itself.
func (r *reader) carrier(lo, from int) int {
	for at := len(r.suggestions) - 1; at >= 0 && at >= len(r.suggestions)-4; at-- {
		s := &r.suggestions[at]
		if len(s.Content) == 0 {
			return -1
		}
		end := s.Content[len(s.Content)-1].End
		if s.Source != nil {
			end = max(end, s.Source.End)
		}
		if s.Cue != nil {
			end = max(end, s.Cue.End)
		}
		if end <= r.tokens[from].first {
			return -1
		}
		if s.Kind == Direct || at == len(r.suggestions)-1 && s.Kind == Mixed {
			return at
		}
	}
	return -1
}

// within tells that a code point lies in the sentence before the token's.
func (r *reader) within(point, at int) bool {
	return at > 0 && point > r.tokens[r.sentenceBefore(at)].first
}

// sentenceBefore is where the sentence before the token's begins.
func (r *reader) sentenceBefore(at int) int {
	if before := r.tokens[at].sentence - 1; before > 0 {
		return r.ends[before-1]
	}
	return 0
}

// finish returns what is sure enough, in text order.
func (r *reader) finish() []Suggestion {
	out := make([]Suggestion, 0, len(r.suggestions))
	for i := range r.suggestions {
		s := &r.suggestions[i]
		if s.Confidence < r.options.Least || len(s.Content) == 0 {
			continue
		}
		out = append(out, *s)
	}
	slices.SortStableFunc(out, func(a, b Suggestion) int { return first(a) - first(b) })
	return out
}

func first(s Suggestion) int {
	at := s.Content[0].Start
	if s.Source != nil {
		at = min(at, s.Source.Start)
	}
	if s.Cue != nil {
		at = min(at, s.Cue.Start)
	}
	return at
}
