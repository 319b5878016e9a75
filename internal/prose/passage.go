package prose

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"mimeo/internal/fault"
)

// Passage is one paragraph of a plain text.
type Passage struct {
	Line  int      // the number of its first line, from 1
	Lines []string // as they stand in the source, without line ends
}

// wrapped is the longest line that a program would have broken by itself. A
// text with a longer one is not wrapped, so that its line ends are its author's.
const wrapped = 200

// Passages cuts a plain text into its paragraphs. Blank lines part them; in a
// text without blank lines, or with lines longer than any that are wrapped,
// every line is one. Lines end with LF, CR LF or CR, white space of every kind
// makes a line blank, a byte order mark is skipped.
func Passages(text string) []Passage {
	lines := strings.Split(lineFeeds(strings.TrimPrefix(text, "\ufeff")), "\n")
	from, to := 0, len(lines)
	for from < to && blank(lines[from]) {
		from++
	}
	for to > from && blank(lines[to-1]) {
		to--
	}
	parted := false
	for _, l := range lines[from:to] {
		if utf8.RuneCountInString(l) > wrapped {
			parted = false
			break
		}
		parted = parted || blank(l)
	}
	var out []Passage
	fresh := true
	for i := from; i < to; i++ {
		switch {
		case blank(lines[i]):
			fresh = true
		case fresh || !parted:
			out = append(out, Passage{Line: i + 1, Lines: lines[i : i+1 : i+1]})
			fresh = false
		default:
			p := &out[len(out)-1]
			p.Lines = lines[p.Line-1 : i+1 : i+1]
		}
	}
	return out
}

// String is the paragraph in one line: its lines without the white space
// around them, joined by single spaces.
func (p Passage) String() string {
	if len(p.Lines) == 1 {
		return strings.TrimSpace(p.Lines[0])
	}
	var b strings.Builder
	for _, l := range p.Lines {
		if l = strings.TrimSpace(l); b.Len() > 0 && l != "" {
			b.WriteByte(' ')
		}
		b.WriteString(l)
	}
	return b.String()
}

// first is its first character that is not white space.
func (p Passage) first() rune {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(p.Lines[0]))
	return r
}

func blank(line string) bool { return strings.TrimSpace(line) == "" }

func lineFeeds(text string) string {
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

// Readable says whether raw is a plain text: UTF-8 without control characters.
// Its errors are fault.Invalid and name the line.
func Readable(raw []byte) error {
	if bytes.HasPrefix(raw, []byte{0xff, 0xfe}) || bytes.HasPrefix(raw, []byte{0xfe, 0xff}) {
		return fault.Invalidf("Line 1 begins like UTF-16. Save the text as UTF-8")
	}
	if !utf8.Valid(raw) {
		line, column := invalidAt(raw)
		return fault.Invalidf("Line %d, column %d is not valid UTF-8: this is another encoding, or not a text", line, column)
	}
	text := strings.TrimPrefix(string(raw), "\ufeff")
	if i := strings.IndexFunc(text, func(r rune) bool { return control(r) && r != '\r' }); i >= 0 {
		line, column := new(placer).place(text, i)
		return fault.Invalidf("Line %d, column %d holds the control character U+%04X: this is not a plain text", line, column, text[i])
	}
	return nil
}

// placer turns byte offsets into lines and columns. Asked in rising order it
// reads the text once.
type placer struct {
	at           int
	line, column int // both from 0
}

func (p *placer) place(text string, offset int) (line, column int) {
	offset = min(offset, len(text))
	if offset < p.at {
		*p = placer{}
	}
	for p.at < offset {
		r, size := utf8.DecodeRuneInString(text[p.at:])
		if p.column++; r == '\n' {
			p.line, p.column = p.line+1, 0
		}
		p.at += size
	}
	return p.line + 1, p.column + 1
}

// invalidAt is the place of the first byte that is not UTF-8.
func invalidAt(data []byte) (line, column int) {
	var p placer
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return p.place(string(data[:at]), at)
}
