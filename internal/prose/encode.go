package prose

import (
	"strconv"
	"unicode/utf8"
)

// MarshalJSON writes a document in its canonical form, which Parse reads back
// to an equal one.
func (d Doc) MarshalJSON() ([]byte, error) { return d.AppendJSON(nil), nil }

// AppendJSON appends the document's JSON to dst. What a kind does not name is
// not written, bytes that are not UTF-8 become U+FFFD.
func (d Doc) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"version":`...)
	dst = strconv.AppendInt(dst, int64(max(d.Version, 1)), 10)
	dst = append(dst, `,"blocks":[`...)
	for i := range d.Blocks {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = d.Blocks[i].appendJSON(dst)
	}
	return append(dst, `]}`...)
}

func (b *Block) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"type":`...)
	dst = appendString(dst, string(b.Kind))
	switch b.Kind {
	case Paragraph:
		dst = field(dst, "text", b.Text)
	case Heading:
		dst = number(dst, "level", b.Level)
		dst = field(dst, "text", b.Text)
	case Quote:
		dst = list(dst, "paragraphs", b.Items)
		if len(b.Cite) > 0 {
			dst = field(dst, "cite", b.Cite)
		}
	case List:
		if b.Ordered {
			dst = append(dst, `,"ordered":true`...)
		}
		dst = list(dst, "items", b.Items)
	case Image:
		dst = appendString(append(dst, `,"src":`...), b.Src)
		dst = appendString(append(dst, `,"alt":`...), b.Alt)
		if b.Width > 0 {
			dst = number(dst, "width", b.Width)
		}
		if b.Height > 0 {
			dst = number(dst, "height", b.Height)
		}
		if len(b.Caption) > 0 {
			dst = field(dst, "caption", b.Caption)
		}
	case Rule:
	case Embed:
		dst = appendString(append(dst, `,"url":`...), b.URL)
		if len(b.Text) > 0 {
			dst = field(dst, "text", b.Text)
		}
	default: // a block that no version of Mimeo made: Parse will drop it
	}
	return append(dst, '}')
}

func key(dst []byte, name string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}

func number(dst []byte, name string, n int) []byte {
	return strconv.AppendInt(key(dst, name), int64(n), 10)
}

func field(dst []byte, name string, t Text) []byte { return t.appendJSON(key(dst, name)) }

func list(dst []byte, name string, items []Text) []byte {
	dst = append(key(dst, name), '[')
	for i, t := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = t.appendJSON(dst)
	}
	return append(dst, ']')
}

func (t Text) appendJSON(dst []byte) []byte {
	switch {
	case len(t) == 0:
		return append(dst, `""`...)
	case len(t) == 1 && t[0].plain():
		return appendString(dst, t[0].Text)
	}
	dst = append(dst, '[')
	for i, s := range t {
		if i > 0 {
			dst = append(dst, ',')
		}
		if s.plain() {
			dst = appendString(dst, s.Text)
			continue
		}
		dst = appendString(append(dst, `{"text":`...), s.Text)
		if s.Bold {
			dst = append(dst, `,"bold":true`...)
		}
		if s.Italic {
			dst = append(dst, `,"italic":true`...)
		}
		if s.Link != "" {
			dst = appendString(append(dst, `,"link":`...), s.Link)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func (s *Span) plain() bool { return !s.Bold && !s.Italic && s.Link == "" }

func appendString(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, text[from:i]...), "\uFFFD"...)
				from = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, text[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	return append(append(dst, text[from:]...), '"')
}
