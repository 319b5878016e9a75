package prose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Warning is something in a text that a person should look at. Line and Column
// count from 1, in Unicode code points of the source; a byte order mark at its
// start is not counted. Nothing that is reported is ever changed.
type Warning struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// maxWarnings bounds the list for a text that is broken throughout.
const maxWarnings = 500

// Check looks over the words of a document; lines and columns are those of
// Text.
func (d Doc) Check() []Warning { return CheckText(d.Text()) }

// CheckText reports quotation marks without their partner, invisible and
// direction-changing characters that have no business where they stand,
// combining marks without a letter, and characters that were lost on the way,
// in the order of the text.
func CheckText(text string) []Warning {
	c := checker{rtl: strings.ContainsFunc(text, rtlLetter)}
	passages := Passages(text)
	for i := range passages {
		var next rune
		if i+1 < len(passages) {
			next = passages[i+1].first()
		}
		c.passage(passages[i], next)
		if len(c.found) > maxWarnings {
			break
		}
	}
	slices.SortStableFunc(c.found, func(a, b Warning) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column)
	})
	if len(c.found) > maxWarnings {
		c.found = c.found[:maxWarnings]
		c.found[maxWarnings-1].Message += "; what follows is not listed"
	}
	return c.found
}

// checker goes through one text.
type checker struct {
	rtl   bool // the text has letters written from right to left
	open  []opened
	found []Warning
}

// site is a character and what stands around it.
type site struct {
	r, before, after rune // before and after are spaces at the ends of a line
	line, column     int
}

func (c *checker) warn(s site, format string, args ...any) {
	if len(c.found) <= maxWarnings {
		c.found = append(c.found, Warning{Line: s.line, Column: s.column, Message: fmt.Sprintf(format, args...)})
	}
}

// passage checks one paragraph; next is the first character of the one after.
func (c *checker) passage(p Passage, next rune) {
	first := true
	last := ' ' // the last character that is not a space, for what leads up to a quotation
	for i, line := range p.Lines {
		before, column := ' ', 0
		for rest := line; rest != ""; {
			r, size := utf8.DecodeRuneInString(rest)
			rest = rest[size:]
			column++
			after := ' '
			if rest != "" {
				after, _ = utf8.DecodeRuneInString(rest)
			}
			s := site{r: r, before: before, after: after, line: p.Line + i, column: column}
			c.sign(s)
			c.quote(s, first, last)
			before = r
			if !unicode.IsSpace(r) {
				first, last = false, r
			}
		}
	}
	c.endQuotes(next)
}

// sign looks at the character for itself.
func (c *checker) sign(s site) {
	switch r := s.r; {
	case r < 0x7f && (r >= ' ' || r == '\t'):
	case unicode.IsControl(r) || nonCharacter(r):
		c.warn(s, "control character U+%04X", r)
	case r == utf8.RuneError:
		c.warn(s, "a character was lost here (U+FFFD)")
	case r == 0x200c && joins(s.before) && joins(s.after):
	case r == 0x200d && (joins(s.before) || pictured(s.before)):
	case (r == 0x200e || r == 0x200f || r == 0x061c) && c.rtl:
	case tagged(r) && (s.before == 0x1f3f4 || tagged(s.before)):
	case directs(r):
		c.warn(s, "invisible character that changes the direction of writing (U+%04X)", r)
	case invisible(r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		c.warn(s, "invisible character (U+%04X)", r)
	case unicode.Is(unicode.M, r) && (unicode.IsSpace(s.before) || unicode.IsControl(s.before)):
		c.warn(s, "combining mark without a letter (U+%04X)", r)
	}
}

// control says whether r may not stand in a text at all: XML and HTML forbid
// it, and it is how binary data looks.
func control(r rune) bool {
	return (r < ' ' && r != '\n' && r != '\t') || r == 0x7f
}

// invisible says whether r has no shape of its own.
func invisible(r rune) bool {
	return r >= 0xad && (unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029)
}

func directs(r rune) bool {
	return (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) || r == 0x200e || r == 0x200f || r == 0x061c
}

// joins says whether r belongs to a script in which joiners between letters
// are spelling.
func joins(r rune) bool {
	return r >= 0x600 && (unicode.IsLetter(r) || unicode.IsMark(r)) &&
		!unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Han)
}

func pictured(r rune) bool {
	return unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r) || r == 0xfe0f
}

// tagged says whether r is one of the tags that spell a regional flag.
func tagged(r rune) bool { return r >= 0xe0020 && r <= 0xe007f }

func nonCharacter(r rune) bool {
	return r&0xfffe == 0xfffe || (r >= 0xfdd0 && r <= 0xfdef)
}

func rtlLetter(r rune) bool {
	switch {
	case r < 0x590:
		return false
	case r <= 0x8ff, r >= 0xfb1d && r <= 0xfdff, r >= 0xfe70 && r <= 0xfefc, r >= 0x10800 && r <= 0x10fff, r >= 0x1e800 && r <= 0x1efff:
		return unicode.IsLetter(r)
	default:
		return false
	}
}
