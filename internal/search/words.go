package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// word is one word of a text: its place and its stem.
type word struct {
	start, end int // bytes of the text
	stem       string
}

// reader cuts a text into words. It remembers stems it has seen: in a news
// story every second word is one that was there before.
type reader struct {
	tongue *tongue
	seen   map[string]string
}

func newReader(lang string) *reader {
	return &reader{tongue: tongueOf(lang), seen: map[string]string{}}
}

// words calls yield for each word of the text that has a stem, until it says
// no.
func (r *reader) words(text string, yield func(w word) bool) {
	for i := 0; i < len(text); {
		start, end := nextWord(text, i, r.tongue.elides)
		if start == end {
			return
		}
		i = end
		if stem := r.stem(text[start:end]); stem != "" && !yield(word{start, end, stem}) {
			return
		}
	}
}

func (r *reader) stem(raw string) string {
	if stem, ok := r.seen[raw]; ok {
		return stem
	}
	stem := r.tongue.stem(raw)
	r.seen[raw] = stem
	return stem
}

// stems are the stems of a text, in its order.
func (r *reader) stems(text string) (out []string) {
	r.words(text, func(w word) bool {
		out = append(out, w.stem)
		return true
	})
	return out
}

// nextWord finds the first word at or after a byte; start and end are equal
// when there is none. A zero-width non-joiner parts words; a character of a
// script without spaces is a word of its own.
func nextWord(text string, from int, elides bool) (start, end int) {
	i := from
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if unspaced(r) {
			return i, i + size
		}
		if letter(r) {
			break
		}
		i += size
	}
	start = i
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case unspaced(r):
			return start, i
		case letter(r):
		case r == zwj || r == softHyphen:
		case apostrophe(r):
			next, _ := utf8.DecodeRuneInString(text[i+size:])
			if elides || !letter(next) || unspaced(next) {
				return start, i
			}
		default:
			return start, i
		}
		i += size
	}
	return start, i
}

// letter says whether a rune is part of a word.
func letter(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r))
}

func apostrophe(r rune) bool { return r == '\'' || r == '’' || r == 'ʼ' || r == '‘' }

// unspaced says whether a rune is of a script that puts no spaces between
// words. Each of its characters is indexed, and a run of them is looked for as
// a phrase.
func unspaced(r rune) bool {
	return r >= 0x2e80 && (unicode.Is(unicode.Han, r) || unicode.Is(unicode.Hiragana, r) || unicode.Is(unicode.Katakana, r)) ||
		r >= 0xe00 && r < 0x1100 && (unicode.Is(unicode.Thai, r) || unicode.Is(unicode.Lao, r) || unicode.Is(unicode.Myanmar, r)) && unicode.IsLetter(r) ||
		r >= 0x1780 && r < 0x1800 && unicode.Is(unicode.Khmer, r) && unicode.IsLetter(r)
}

// surface is a word as a suggestion would print it: in small letters, composed,
// with its diacritics; "" when it is no word to suggest.
func surface(raw string) string {
	n := utf8.RuneCountInString(raw)
	if n < 3 || n > 30 {
		return ""
	}
	for _, r := range raw {
		if !unicode.IsLetter(r) || unspaced(r) {
			return ""
		}
	}
	return strings.ToLower(raw)
}
