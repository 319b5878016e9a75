package prose

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// The plain text form of a document is what an editor types where no script
// runs. It looks like Markdown and says everything that a document holds, so
// that nothing is lost by going through it:
//
//	A paragraph. A line end in it
//	is a line break; an empty line ends it.
//
//	## A heading, or ### or ####
//
//	**bold**, *italic*, [a link](https://council.example/minutes),
//	[words of a statement]{s:9q2k}, a footnote.^[By telephone.]
//
//	> We had no choice.
//	>
//	> None at all.
//	> — Ada Ferry, mayor
//
//	- an item            1. Close it.
//	- another            2. Look at it.
//
//	![A closed bridge](/media/5f1c.jpg)
//	size: 1200x800
//	focus: 500 300
//	caption: The bridge on Monday
//	credit: Ada Ferry
//	licence: CC BY 4.0
//
//	| Year | Cars  |
//	|------|-------|
//	| 2023 | 4,100 |
//	caption: Over the bridge in a day
//
//	---
//
//	@[The session on video](https://video.example/7)
//	author: City council
//	still: /media/77a0.jpg
//	saved: The words as they stood there
//	captured: 2026-11-22T10:00:00Z
//
//	=== 2026-11-22T12:04:00Z key pin :: The council meets
//
// A line {#k3v9} names the block that begins below it. A backslash before
// anything but a letter or a digit takes its meaning away, and at the end of a
// line makes a line break where a line end alone would not.

// AppendMarkup appends the document's plain text form to dst. ParseMarkup reads
// it back to an equal document, if it was one that Parse gives.
func (d Doc) AppendMarkup(dst []byte) []byte {
	for i := range d.Blocks {
		if i > 0 {
			dst = append(dst, '\n')
		}
		b := &d.Blocks[i]
		if b.ID != "" {
			dst = append(append(append(dst, "{#"...), b.ID...), "}\n"...)
		}
		dst = append(b.appendMarkup(dst), '\n')
	}
	return dst
}

func (b *Block) appendMarkup(dst []byte) []byte {
	switch b.Kind {
	case Paragraph:
		return appendLines(dst, "", b.Text.markup(), begins)
	case Heading:
		dst = append(append(dst, "####"[:min(max(b.Level, 2), 4)]...), ' ')
		return append(dst, oneLine(b.Text.markup())...)
	case Quote:
		return b.quoteMarkup(dst)
	case List:
		for i, t := range b.Items {
			if i > 0 {
				dst = append(dst, '\n')
			}
			if b.Ordered {
				dst = append(strconv.AppendInt(dst, int64(i+1), 10), ". "...)
			} else {
				dst = append(dst, "- "...)
			}
			dst = append(dst, oneLine(t.markup())...)
		}
		return dst
	case Image:
		dst = bracketed(append(dst, '!'), escapeMarkup(nil, b.Alt, `\[]`))
		dst = appendTarget(dst, b.Src)
		return b.imageMarkup(dst)
	case Rule:
		return append(dst, "---"...)
	case Embed:
		dst = bracketed(append(dst, '@'), b.Text.markup())
		dst = appendTarget(dst, b.URL)
		dst = property(dst, "author", plainMarkup(b.Author))
		dst = property(dst, "still", plainMarkup(b.Still))
		dst = property(dst, "saved", b.Saved.markup())
		return property(dst, "captured", markupTime(b.Captured))
	case Table:
		return b.tableMarkup(dst)
	case Entry:
		dst = append(dst, "==="...)
		if !b.At.IsZero() {
			dst = append(append(dst, ' '), markupTime(b.At)...)
		}
		if b.Key {
			dst = append(dst, " key"...)
		}
		if b.Pin {
			dst = append(dst, " pin"...)
		}
		if len(b.Text) > 0 {
			dst = append(append(dst, " :: "...), oneLine(b.Text.markup())...)
		}
		return dst
	default: // a block that no version of Mimeo made: there is nothing to show
		return dst
	}
}

func (b *Block) quoteMarkup(dst []byte) []byte {
	for i, t := range b.Items {
		if i > 0 {
			dst = append(dst, "\n>\n"...)
		}
		dst = appendLines(dst, "> ", t.markup(), cites)
	}
	if len(b.Cite) > 0 {
		dst = append(append(dst, "\n> — "...), oneLine(b.Cite.markup())...)
	}
	return dst
}

func (b *Block) imageMarkup(dst []byte) []byte {
	if b.Width > 0 || b.Height > 0 {
		dst = strconv.AppendInt(append(dst, "\nsize: "...), int64(b.Width), 10)
		dst = strconv.AppendInt(append(dst, 'x'), int64(b.Height), 10)
	}
	if b.FocusX != 0 || b.FocusY != 0 {
		dst = strconv.AppendInt(append(dst, "\nfocus: "...), int64(b.FocusX), 10)
		dst = strconv.AppendInt(append(dst, ' '), int64(b.FocusY), 10)
	}
	dst = property(dst, "caption", b.Caption.markup())
	dst = property(dst, "credit", plainMarkup(b.Credit))
	return property(dst, "licence", plainMarkup(b.Licence))
}

func (b *Block) tableMarkup(dst []byte) []byte {
	for i, row := range b.Rows {
		if i > 0 {
			dst = append(dst, '\n')
		}
		dst = append(dst, '|')
		for _, cell := range row {
			dst = append(append(append(dst, ' '), cellMarkup(cell)...), " |"...)
		}
		if i == 0 && b.Head {
			dst = append(append(dst, "\n|"...), strings.Repeat("---|", len(row))...)
		}
	}
	return property(dst, "caption", b.Caption.markup())
}

// cellMarkup keeps the spaces at the ends of a cell, and its bars.
func cellMarkup(t Text) []byte {
	words := bytes.ReplaceAll(oneLine(t.markup()), []byte("|"), []byte(`\|`))
	if len(words) == 0 {
		return nil
	}
	if last := len(words) - 1; (words[last] == ' ' || words[last] == '\t') && !slashed(string(words), last) {
		words = append(words[:last], '\\', words[last])
	}
	if c := words[0]; c == ' ' || c == '\t' || c == '-' || c == ':' {
		words = append([]byte{'\\'}, words...)
	}
	return words
}

func markupTime(at time.Time) []byte {
	if at.IsZero() {
		return nil
	}
	return at.UTC().AppendFormat(nil, time.RFC3339)
}

func property(dst []byte, name string, value []byte) []byte {
	if len(value) == 0 {
		return dst
	}
	dst = append(append(append(dst, '\n'), name...), ": "...)
	return append(dst, oneLine(value)...)
}

func bracketed(dst, words []byte) []byte {
	return append(append(append(dst, '['), oneLine(words)...), ']')
}

func appendTarget(dst []byte, address string) []byte {
	dst = append(dst, '(')
	for i := range len(address) {
		if c := address[i]; strings.IndexByte(`()[]\`, c) >= 0 {
			dst = append(dst, '\\')
		}
		dst = append(dst, address[i])
	}
	return append(dst, ')')
}

// oneLine is words of which no line end is a line end of the markup.
func oneLine(words []byte) []byte {
	words = escapeBreaks(words)
	if len(words) > 0 && len(bytes.TrimSpace(words)) == 0 {
		return append([]byte{'\\'}, words...)
	}
	return words
}

// escapeBreaks puts a backslash before each line end that has none.
func escapeBreaks(words []byte) []byte {
	if !bytes.Contains(words, []byte{'\n'}) {
		return words
	}
	var out []byte
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case '\\':
			out = append(out, '\\')
			if i++; i < len(words) {
				out = append(out, words[i])
			}
		case '\n':
			out = append(out, '\\', '\n')
		default:
			out = append(out, words[i])
		}
	}
	return out
}

// appendLines writes words whose line ends are line ends of the markup wherever
// the next line cannot be taken for the beginning of something else.
func appendLines(dst []byte, prefix string, words []byte, begins func(string) bool) []byte {
	var before []byte
	for i := 0; ; i++ {
		line, rest, more := cutLine(words)
		switch {
		case i == 0:
			dst = append(dst, prefix...)
			if begins(string(line)) {
				line = disarmed(line)
			}
			if !more && blank(string(line)) && len(line) > 0 {
				dst = append(dst, '\\')
			}
		case blank(string(before)) || blank(string(line)) || begins(string(line)):
			dst = append(dst, '\\', '\n')
		default:
			dst = append(append(dst, '\n'), prefix...)
		}
		dst = append(dst, line...)
		if !more {
			return dst
		}
		before, words = line, rest
	}
}

// cutLine cuts words after the first line end without a backslash.
func cutLine(words []byte) (line, rest []byte, more bool) {
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case '\\':
			i++
		case '\n':
			return words[:i], words[i+1:], true
		}
	}
	return words, nil, false
}

// disarmed takes from a line the meaning that it has for what it begins with.
func disarmed(line []byte) []byte {
	at := bytes.IndexFunc(line, func(r rune) bool { return r < '0' || r > '9' })
	return append(append(append([]byte{}, line[:at]...), '\\'), line[at:]...)
}

// markup is the inline form of a text. Its line ends stand as they are, but for
// those that must have a backslash.
func (t Text) markup() []byte {
	var dst []byte
	var was Span
	for i := range t {
		s := &t[i]
		var guard bool
		dst, guard = passage(dst, &was, s)
		if guard && s.Text != "" && space(s.Text[0]) {
			dst = append(dst, '\\')
		}
		dst = escapeMarkup(dst, s.Text, `\*[]^`)
		was = *s
	}
	dst, _ = passage(dst, &was, &Span{})
	return dst
}

// passage ends what does not go on from one span to the next and begins what
// the next one adds. guard says that white space must not follow bare, or the
// stars would be taken for stars.
func passage(dst []byte, was, is *Span) (_ []byte, guard bool) {
	other := was.Statement != is.Statement
	if was.Link != "" && (other || was.Link != is.Link) {
		dst = appendTarget(append(dst, ']'), was.Link)
	}
	if other && was.Statement != "" {
		dst = append(append(append(dst, "]{s:"...), was.Statement...), '}')
	}
	if was.Note != "" {
		dst = append(dst, '^')
		dst = bracketed(dst, escapeMarkup(nil, was.Note, `\[]`))
	}
	stars := 0
	if was.Italic != is.Italic {
		stars++
	}
	if was.Bold != is.Bold {
		stars += 2
	}
	if stars > 0 {
		guard = is.Bold && !was.Bold || is.Italic && !was.Italic || len(dst) > 0 && space(dst[len(dst)-1])
		dst = append(dst, "***"[:stars]...)
	}
	if other && is.Statement != "" {
		dst, guard = append(dst, '['), false
	}
	if is.Link != "" && (other || was.Link != is.Link) {
		dst, guard = append(dst, '['), false
	}
	return dst, guard
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

func plainMarkup(words string) []byte { return escapeMarkup(nil, words, `\`) }

func escapeMarkup(dst []byte, words, special string) []byte {
	for i := range len(words) {
		if strings.IndexByte(special, words[i]) >= 0 {
			dst = append(dst, '\\')
		}
		dst = append(dst, words[i])
	}
	return dst
}
