package prose

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escaped is the rune that a backslash at words[at] gives its letter to; size 0
// when the backslash is only a backslash.
func escaped(words string, at int) (r rune, size int) {
	if at+1 >= len(words) {
		return 0, 0
	}
	r, size = utf8.DecodeRuneInString(words[at+1:])
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return 0, 0
	}
	return r, size
}

// unescape is words that have no marks.
func unescape(words string) string {
	if !strings.Contains(words, `\`) {
		return words
	}
	var b strings.Builder
	for i := 0; i < len(words); i++ {
		if words[i] == '\\' {
			if _, size := escaped(words, i); size > 0 {
				b.WriteString(words[i+1 : i+1+size])
				i += size
				continue
			}
		}
		b.WriteByte(words[i])
	}
	return b.String()
}

// brackets pairs each [ of words with its ].
func brackets(words string) map[int]int {
	if !strings.Contains(words, "[") {
		return nil
	}
	pairs := map[int]int{}
	var open []int
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case '\\':
			i++
		case '[':
			open = append(open, i)
		case ']':
			if n := len(open); n > 0 {
				pairs[open[n-1]] = i
				open = open[:n-1]
			}
		}
	}
	return pairs
}

// target reads the address in parentheses that begins at words[at], within
// most bytes, and says where it ends.
func target(words string, at, most int) (address string, end int, ok bool) {
	if at >= len(words) || words[at] != '(' {
		return "", at, false
	}
	depth := 0
	for i := at; i < len(words) && i-at <= most; i++ {
		switch words[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return unescape(words[at+1 : i]), i + 1, true
			}
		case ' ', '\t', '\n':
			return "", i, false
		}
	}
	return "", min(at+most, len(words)), false
}

// inline reads marked words. Lines are joined by line breaks.
func (p *markupParser) inline(lines ...line) Text {
	r := inlineReader{p: p, lines: lines}
	var words strings.Builder
	for i, l := range lines {
		if i > 0 {
			words.WriteByte('\n')
		}
		r.from = append(r.from, words.Len())
		words.WriteString(l.words)
	}
	r.words = words.String()
	if strings.TrimSpace(r.words) == "" {
		return nil
	}
	if !strings.ContainsAny(r.words, `\*[^`) {
		return Plain(r.words)
	}
	return r.read()
}

// inlineReader reads the words of one text.
type inlineReader struct {
	p     *markupParser
	words string
	lines []line
	from  []int // where each line begins in words

	out          Text
	run          []byte // words not yet in a span
	bold, italic bool
	links        []string
	statements   []string
	begun        []int // how many spans there were when each began
}

// place is the offset in the source of an offset in words.
func (r *inlineReader) place(at int) int {
	i := max(sort.SearchInts(r.from, at+1)-1, 0)
	return r.lines[i].at + at - r.from[i]
}

// mark is what stands at one offset of the words.
type mark struct {
	opens           bool
	link, statement string
	skip            int // bytes that belong to it
}

// marks finds the brackets that mean something. Of links in links, and of
// statements in statements, the inner one does.
func (r *inlineReader) marks(pairs map[int]int) map[int]mark {
	found := map[int]mark{}
	budget := 4*len(r.words) + 1<<12 // so that no text costs more than its length
	opens := slices.Sorted(maps.Keys(pairs))
	slices.Reverse(opens)
	nextLink, nextStatement := len(r.words), len(r.words)
	for _, open := range opens {
		end := pairs[open]
		if open > 0 && r.words[open-1] == '^' && !slashed(r.words, open-1) {
			continue // a footnote
		}
		rest := r.words[end+1:]
		switch {
		case strings.HasPrefix(rest, "(") && nextLink > end:
			address, next, ok := target(r.words, end+1, budget)
			budget -= next - end
			switch {
			case ok && safeLink(address):
				nextLink = open
				found[open] = mark{opens: true, link: address, skip: 1}
				found[end] = mark{link: address, skip: next - end}
			case ok:
				r.p.warn(r.place(end+1), "not a link: it leads to no http, https or mailto address and no path on this site")
			}
		case strings.HasPrefix(rest, "{s:") && nextStatement > end:
			id, _, closed := strings.Cut(rest[3:min(len(rest), maxStatement+4)], "}")
			if closed && named(id, maxStatement) {
				nextStatement = open
				found[open] = mark{opens: true, statement: id, skip: 1}
				found[end] = mark{statement: id, skip: len(id) + 5}
			}
		}
	}
	return found
}

// slashed says whether the byte at words[at] has a backslash of its own.
func slashed(words string, at int) bool {
	n := 0
	for at-n > 0 && words[at-n-1] == '\\' {
		n++
	}
	return n%2 == 1
}

func (r *inlineReader) read() Text {
	pairs := brackets(r.words)
	marks := r.marks(pairs)
	stars := r.stars(pairs, marks)
	for i := 0; i < len(r.words); {
		c := r.words[i]
		if m, ok := marks[i]; ok {
			r.flush()
			if r.bracket(m) { // an address for no words is words itself
				r.run = append(append(r.run, '['), r.words[i:i+m.skip]...)
			}
			i += m.skip
			continue
		}
		switch c {
		case '\\':
			if _, size := escaped(r.words, i); size > 0 {
				r.run = append(r.run, r.words[i+1:i+1+size]...)
				i += 1 + size
				continue
			}
		case '*':
			if s, ok := stars[i]; ok {
				r.star(s, i)
				i += s.n
				continue
			}
		case '^':
			if end, ok := pairs[i+1]; ok && strings.HasPrefix(r.words[i+1:], "[") {
				r.flush()
				if note := unescape(r.words[i+2 : end]); note != "" {
					r.out = append(r.out, Span{Note: note})
				}
				i = end + 1
				continue
			}
		}
		r.run = append(r.run, c)
		i++
	}
	r.flush()
	return r.out.joined()
}

func (r *inlineReader) flush() {
	if len(r.run) == 0 {
		return
	}
	s := Span{Text: string(r.run), Bold: r.bold, Italic: r.italic}
	if n := len(r.links); n > 0 {
		s.Link = r.links[n-1]
	}
	if n := len(r.statements); n > 0 {
		s.Statement = r.statements[n-1]
	}
	r.out = append(r.out, s)
	r.run = r.run[:0]
}

// bracket begins or ends a link or a statement, and says when one that ends had
// no words.
func (r *inlineReader) bracket(m mark) (empty bool) {
	of := &r.links
	if m.statement != "" {
		of = &r.statements
	}
	if m.opens {
		*of = append(*of, m.link+m.statement)
		r.begun = append(r.begun, len(r.out))
		return false
	}
	n := len(*of)
	if n == 0 || len(r.begun) == 0 {
		return false
	}
	*of = (*of)[:n-1]
	from := r.begun[len(r.begun)-1]
	r.begun = r.begun[:len(r.begun)-1]
	return !slices.ContainsFunc(r.out[from:], func(s Span) bool { return s.Text != "" })
}

// stars is a run of stars that may begin or end something.
type stars struct {
	n                      int
	opens, closes          bool
	laterBold, laterItalic bool
}

// stars finds the runs of one to three stars outside addresses and footnotes,
// and what follows them: a mark that is never closed is no mark.
func (r *inlineReader) stars(pairs map[int]int, marks map[int]mark) map[int]stars {
	if !strings.Contains(r.words, "*") {
		return nil
	}
	found := map[int]stars{}
	var order []int
	for i := 0; i < len(r.words); i++ {
		if m, ok := marks[i]; ok {
			i += m.skip - 1
			continue
		}
		switch r.words[i] {
		case '\\':
			if _, size := escaped(r.words, i); size > 0 {
				i += size
			}
		case '^':
			if end, ok := pairs[i+1]; ok && strings.HasPrefix(r.words[i+1:], "[") {
				i = end
			}
		case '*':
			n := 1
			for i+n < len(r.words) && r.words[i+n] == '*' {
				n++
			}
			if n <= 3 {
				before := i > 0 && space(r.words[i-1])
				after := i+n < len(r.words) && space(r.words[i+n])
				found[i] = stars{n: n, opens: !after && i+n < len(r.words), closes: !before || !after}
				order = append(order, i)
			}
			i += n - 1
		}
	}
	bold, italic := false, false
	for k := len(order) - 1; k >= 0; k-- {
		s := found[order[k]]
		s.laterBold, s.laterItalic = bold, italic
		found[order[k]] = s
		bold = bold || s.closes && s.n >= 2
		italic = italic || s.closes && s.n != 2
	}
	return found
}

// star turns bold and italic on or off; stars that do neither are words.
func (r *inlineReader) star(s stars, at int) {
	turn := func(on bool, later bool) bool {
		if on {
			return s.closes
		}
		return s.opens && later
	}
	italic := s.n != 2 && turn(r.italic, s.laterItalic)
	bold := s.n >= 2 && turn(r.bold, s.laterBold)
	left := s.n
	if italic {
		left--
	}
	if bold {
		left -= 2
	}
	if left > 0 {
		if s.opens {
			r.p.warn(r.place(at), "the mark "+strings.Repeat("*", left)+" is never closed")
		}
		r.run = append(r.run, strings.Repeat("*", left)...)
	}
	if italic || bold {
		r.flush()
		r.italic, r.bold = r.italic != italic, r.bold != bold
	}
}
