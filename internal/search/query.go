package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Asked is what a typed query means in one language.
type Asked struct {
	want  []part
	not   []part
	Cut   bool // something was left out because the query is too long
	Short bool // it holds nothing that could be looked for
}

// part is one word, or several that stand together.
type part struct {
	raw   string
	stems []string
}

// quote says whether a rune begins or ends a phrase, on whatever keyboard.
func quote(r rune) bool {
	switch r {
	case '"', '“', '”', '„', '‟', '«', '»', '＂', '‹', '›', '〝', '〞', '「', '」':
		return true
	}
	return false
}

func minus(r rune) bool { return r == '-' || r == '−' || r == '–' || r == '－' }

// Ask reads a query as it was typed. Anything may be typed: what is no word
// parts words, a quote that nothing closes is not one.
func Ask(lang, typed string) Asked {
	var a Asked
	typed, a.Cut = shorten(typed)
	r := newReader(lang)
	words := 0
	for _, c := range chunks(typed) {
		stems := r.stems(c.text)
		if len(stems) > maxPhrase {
			stems, a.Cut = stems[:maxPhrase], true
		}
		if len(stems) == 0 {
			continue
		}
		p := part{c.text, stems}
		switch {
		case c.not && len(a.not) == maxNot, !c.not && words+len(stems) > maxWords:
			a.Cut = true
		case c.not:
			a.not = append(a.not, p)
		case !slices.ContainsFunc(a.want, func(o part) bool { return slices.Equal(o.stems, stems) }):
			a.want = append(a.want, p)
			words += len(stems)
		}
	}
	a.Short = !slices.ContainsFunc(a.want, part.tells)
	return a
}

// tells says whether a part narrows anything: a single letter does not.
func (p part) tells() bool {
	for _, s := range p.stems {
		r, size := utf8.DecodeRuneInString(s)
		if size < len(s) || unspaced(r) || unicode.IsNumber(r) {
			return true
		}
	}
	return len(p.stems) > 1
}

func shorten(typed string) (string, bool) {
	typed = strings.ToValidUTF8(typed, " ")
	n := 0
	for i := range typed {
		if n == maxQuery {
			return typed[:i], true
		}
		n++
	}
	return typed, false
}

// chunk is what was typed between spaces or quotes.
type chunk struct {
	text string
	not  bool
}

func chunks(typed string) (all []chunk) {
	rest := typed
	for {
		rest = strings.TrimLeftFunc(rest, space)
		if rest == "" {
			return all
		}
		not := false
		r, size := utf8.DecodeRuneInString(rest)
		if minus(r) {
			rest, not = rest[size:], true
			r, size = utf8.DecodeRuneInString(rest)
		}
		if quote(r) {
			rest = rest[size:]
			if end := strings.IndexFunc(rest, quote); end >= 0 {
				all = append(all, chunk{rest[:end], not})
				_, size = utf8.DecodeRuneInString(rest[end:])
				rest = rest[end+size:]
				continue
			}
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return space(r) || quote(r) })
		if end < 0 {
			end = len(rest)
		}
		all = append(all, chunk{rest[:end], not})
		rest = rest[end:]
	}
}

func space(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// stems are all that must occur, each once.
func (a *Asked) stems() (out []string) {
	for _, p := range a.want {
		for _, s := range p.stems {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// looks says whether hits must be looked at one by one.
func (a *Asked) looks() bool {
	several := func(p part) bool { return len(p.stems) > 1 }
	return slices.ContainsFunc(a.want, several) || slices.ContainsFunc(a.not, several)
}

// fits says whether the stems of a text, in their order, hold every phrase
// that was asked for and none that was excluded.
func (a *Asked) fits(words string) bool {
	for _, p := range a.want {
		if len(p.stems) > 1 && !holds(words, p.stems) {
			return false
		}
	}
	for _, p := range a.not {
		if len(p.stems) > 1 && holds(words, p.stems) {
			return false
		}
	}
	return true
}

// holds says whether stems stand together in a text that begins and ends with
// a space.
func holds(words string, stems []string) bool {
	return strings.Contains(words, " "+strings.Join(stems, " ")+" ")
}
