package attribution

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mark is what kind of thing a token is.
type mark uint8

const (
	markWord mark = iota
	markComma
	markStop  // ends a sentence: . ! ? …
	markColon // : begins what is said
	markSemi
	markDash
	markOpen  // an opening quotation mark
	markClose // a closing one
	markParenOpen
	markParenClose
	markOther
)

// token is a word or a mark of the paragraph, with its place in the text in
// bytes and in code points.
type token struct {
	from, to   int // bytes
	first, end int // code points
	class      class
	word       *word
	mark       mark
	capital    bool // begins with a capital
	upper      bool // has capitals only, two or more
	digit      bool // begins with a digit
	glued      bool // no space before it
	quote      int  // the outermost quotation it stands in, counted from 1; 0 outside
	sentence   int
}

func (t *token) is(c class) bool { return t.class&c != 0 }
func (t *token) plain() bool     { return t.mark == markWord }

// tokenise cuts text[from:to] into r.tokens. n is the code points before from.
func (r *reader) tokenise(from, to, n int) {
	r.tokens = r.tokens[:0]
	space := true
	for i := from; i < to; {
		c, size := utf8.DecodeRuneInString(r.text[i:to])
		switch {
		case unicode.IsSpace(c) || c == '\u200b' || c == '\ufeff' || c == '\u00ad':
			i += size
			n++
			space = true
			continue
		case unicode.IsLetter(c) || unicode.IsDigit(c) || c == '@' || c == '#' || c == '$':
			end, runes := r.wordEnd(i, to)
			n = r.word(i, end, n, runes, !space)
			i = end
		default:
			t := token{from: i, to: i + size, first: n, end: n + 1, glued: !space, word: &r.lang.nothing, mark: markOf(c)}
			if (c == '\'' || c == '`') && i+1 < to && rune(r.text[i+1]) == c { // '' and `` stand for a double mark
				t.to, t.end, t.mark = i+2, n+2, markOther
			}
			if c == '.' && i+2 < to && r.text[i+1] == '.' && r.text[i+2] == '.' {
				for t.to < to && r.text[t.to] == '.' {
					t.to++
					t.end++
				}
			}
			if c == '-' && (space || i+1 < to && r.text[i+1] == '-') {
				t.mark = markDash
				for t.to < to && r.text[t.to] == '-' {
					t.to++
					t.end++
				}
			}
			r.tokens = append(r.tokens, t)
			n, i = t.end, t.to
		}
		space = false
	}
}

func markOf(c rune) mark {
	switch c {
	case ',', '،':
		return markComma
	case '.', '!', '?', '…', '؟':
		return markStop
	case ':':
		return markColon
	case ';':
		return markSemi
	case '—', '–', '―':
		return markDash
	case '(', '[':
		return markParenOpen
	case ')', ']':
		return markParenClose
	default:
		return markOther
	}
}

// wordEnd finds the end of the word that begins at i: letters and digits, with
// hyphens, apostrophes, points and commas where they stand inside a word.
func (r *reader) wordEnd(i, to int) (end, runes int) {
	text := r.text
	_, size := utf8.DecodeRuneInString(text[i:to])
	end, runes = i+size, 1
	for end < to {
		c, size := utf8.DecodeRuneInString(text[end:to])
		if unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c) || c == '_' {
			end += size
			runes++
			continue
		}
		next, _ := utf8.DecodeRuneInString(text[end+size : to])
		last, _ := utf8.DecodeLastRuneInString(text[i:end])
		joins := false
		switch c {
		case '-', '\u2011', '&', '@':
			joins = unicode.IsLetter(next) || unicode.IsDigit(next)
		case '\'', '’', 'ʼ':
			joins = unicode.IsLetter(next) && unicode.IsLetter(last)
		case '.':
			joins = unicode.IsDigit(last) && unicode.IsDigit(next) ||
				unicode.IsLetter(last) && unicode.IsLetter(next) && (initials(text[i:end]) || unicode.IsLower(next))
			if !joins && initials(text[i:end]) && strings.Contains(text[i:end], ".") { // the last point of U.S.
				return end + 1, runes + 1
			}
		case ',':
			joins = unicode.IsDigit(last) && unicode.IsDigit(next)
		case '%':
			return end + 1, runes + 1
		case ':', '/':
			joins = c == '/' && unicode.IsLetter(next) || strings.HasPrefix(text[end:to], "://") || strings.HasPrefix(text[end:to], "//") && last == ':' ||
				c == ':' && unicode.IsDigit(last) && unicode.IsDigit(next)
		}
		if !joins {
			break
		}
		end += size
		runes++
	}
	return end, runes
}

// initials tells single letters with points between: "U", "U.S".
func initials(s string) bool {
	letter := true
	for _, c := range s {
		if letter != unicode.IsLetter(c) || !letter && c != '.' {
			return false
		}
		letter = !letter
	}
	return !letter
}

// word appends the word text[i:end], its clitic as a token of its own.
func (r *reader) word(i, end, n, runes int, glued bool) int {
	text := r.text[i:end]
	if at := strings.LastIndexAny(text, "'’ʼ"); at > 0 {
		_, size := utf8.DecodeRuneInString(text[at:])
		r.scratch = append(append(r.scratch[:0], '\''), lowered(r.low[:0], text[at+size:])...)
		if w := r.lang.words[string(r.scratch)]; w != nil && w.class&classClitic != 0 {
			head := utf8.RuneCountInString(text[:at])
			r.append(i, i+at, n, head, glued)
			r.tokens = append(r.tokens, token{from: i + at, to: end, first: n + head, end: n + runes, word: w, class: w.class, glued: true})
			return n + runes
		}
	}
	r.append(i, end, n, runes, glued)
	return n + runes
}

func (r *reader) append(i, end, n, runes int, glued bool) {
	t := token{from: i, to: end, first: n, end: n + runes, glued: glued, word: &r.lang.nothing}
	text := r.text[i:end]
	c, _ := utf8.DecodeRuneInString(text)
	t.capital, t.digit = unicode.IsUpper(c), unicode.IsDigit(c) || c == '$'
	if c == '@' || c == '#' {
		t.capital = true
	}
	t.upper = t.capital && runes > 1 && !strings.ContainsFunc(text, unicode.IsLower)
	r.scratch = lowered(r.scratch[:0], text)
	if w := r.lang.words[string(r.scratch)]; w != nil {
		t.word, t.class = w, w.class
	} else if at := bytes.IndexByte(r.scratch, '-'); at > 0 && at+1 < len(text) {
		// al-Assad is a name as Assad is; Islamist-led an adjective as Islamist is
		if w := r.lang.words[string(r.scratch[:at])]; w != nil {
			next, _ := utf8.DecodeRuneInString(text[at+1:])
			t.class = w.class & classNation
			t.capital = t.capital || w.class&classParticle != 0 && unicode.IsUpper(next)
		}
		if at := bytes.LastIndexByte(r.scratch, '-'); t.class == 0 {
			if w := r.lang.words[string(r.scratch[at+1:])]; w != nil {
				t.class = w.class & (classRole | classBody | classFemale | classMale | classAbbr)
			}
		}
		if t.class == 0 {
			t.class = r.lang.guess(r.scratch)
		}
	} else {
		t.class = r.lang.guess(r.scratch)
	}
	r.tokens = append(r.tokens, t)
}

// lowered appends s in lower case, every apostrophe as '.
func lowered(dst []byte, s string) []byte {
	for _, c := range s {
		switch {
		case c == '’' || c == 'ʼ':
			dst = append(dst, '\'')
		case c < utf8.RuneSelf:
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, byte(c))
		case c == 'ё' || c == 'Ё':
			dst = append(dst, "е"...)
		default:
			dst = utf8.AppendRune(dst, unicode.ToLower(c))
		}
	}
	return dst
}
