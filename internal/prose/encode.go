package prose

import (
	"strconv"
	"time"
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
	dst = optional(dst, "id", b.ID)
	switch b.Kind {
	case Paragraph:
		dst = field(dst, "text", b.Text)
	case Heading:
		dst = number(dst, "level", b.Level)
		dst = field(dst, "text", b.Text)
	case Quote:
		dst = list(dst, "paragraphs", b.Items)
		dst = optionalText(dst, "cite", b.Cite)
	case List:
		dst = flag(dst, "ordered", b.Ordered)
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
		if b.FocusX != 0 || b.FocusY != 0 {
			dst = strconv.AppendInt(append(key(dst, "focus"), '['), int64(b.FocusX), 10)
			dst = append(strconv.AppendInt(append(dst, ','), int64(b.FocusY), 10), ']')
		}
		dst = optionalText(dst, "caption", b.Caption)
		dst = optional(dst, "credit", b.Credit)
		dst = optional(dst, "licence", b.Licence)
	case Rule:
	case Embed:
		dst = appendString(append(dst, `,"url":`...), b.URL)
		dst = optionalText(dst, "text", b.Text)
		dst = optional(dst, "author", b.Author)
		dst = optional(dst, "still", b.Still)
		dst = optionalText(dst, "saved", b.Saved)
		dst = moment(dst, "captured", b.Captured)
	case Table:
		dst = flag(dst, "head", b.Head)
		dst = append(key(dst, "rows"), '[')
		for i, row := range b.Rows {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = texts(dst, row)
		}
		dst = optionalText(append(dst, ']'), "caption", b.Caption)
	case Entry:
		dst = moment(dst, "at", b.At)
		dst = optionalText(dst, "text", b.Text)
		dst = flag(dst, "key", b.Key)
		dst = flag(dst, "pin", b.Pin)
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

func list(dst []byte, name string, items []Text) []byte { return texts(key(dst, name), items) }

func optional(dst []byte, name, words string) []byte {
	if words == "" {
		return dst
	}
	return appendString(key(dst, name), words)
}

func optionalText(dst []byte, name string, t Text) []byte {
	if len(t) == 0 {
		return dst
	}
	return field(dst, name, t)
}

func flag(dst []byte, name string, on bool) []byte {
	if !on {
		return dst
	}
	return append(key(dst, name), "true"...)
}

func moment(dst []byte, name string, at time.Time) []byte {
	if at.IsZero() {
		return dst
	}
	return append(at.UTC().AppendFormat(append(key(dst, name), '"'), time.RFC3339), '"')
}

func texts(dst []byte, items []Text) []byte {
	dst = append(dst, '[')
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
		dst = flag(dst, "bold", s.Bold)
		dst = flag(dst, "italic", s.Italic)
		dst = optional(dst, "link", s.Link)
		dst = optional(dst, "statement", s.Statement)
		dst = optional(dst, "note", s.Note)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func (s *Span) plain() bool { return *s == Span{Text: s.Text} }

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
