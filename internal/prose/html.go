package prose

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// AppendHTML appends the article's text as HTML to dst. Only the tags and
// attributes written out below can come out of it, whatever the document holds:
// words are escaped, links and images that Parse would refuse are left out, and
// so are characters that HTML forbids.
//
// A block written in the other direction than most of the text says so with
// dir; dir="auto" would be wrong for the many Persian paragraphs that begin
// with a Latin name.
func (d Doc) AppendHTML(dst []byte) []byte {
	usual := d.direction()
	for i := range d.Blocks {
		b := &d.Blocks[i]
		dir := ""
		if own := b.direction(); own*usual < 0 {
			dir = ` dir="ltr"`
			if own < 0 {
				dir = ` dir="rtl"`
			}
		}
		before := len(dst)
		dst = b.appendHTML(dst, dir, i == 0)
		if len(dst) > before {
			dst = append(dst, '\n')
		}
	}
	return dst
}

func (b *Block) appendHTML(dst []byte, dir string, first bool) []byte {
	switch b.Kind {
	case Paragraph:
		return element(dst, "p", dir, b.Text)
	case Heading:
		return element(dst, [...]string{"h2", "h3", "h4"}[min(max(b.Level, 2), 4)-2], dir, b.Text)
	case Quote:
		return b.appendQuote(dst, dir)
	case List:
		tag := "ul"
		if b.Ordered {
			tag = "ol"
		}
		dst = start(dst, tag, dir)
		for _, t := range b.Items {
			dst = element(dst, "li", "", t)
		}
		return end(dst, tag)
	case Image:
		return b.appendImage(dst, dir, first)
	case Rule:
		return append(dst, "<hr>"...)
	case Embed:
		return b.appendEmbed(dst, dir)
	default:
		return dst
	}
}

func (b *Block) appendQuote(dst []byte, dir string) []byte {
	if len(b.Cite) > 0 {
		dst = start(dst, "figure", dir)
		dir = ""
	}
	dst = start(dst, "blockquote", dir)
	for _, t := range b.Items {
		dst = element(dst, "p", "", t)
	}
	dst = end(dst, "blockquote")
	if len(b.Cite) > 0 {
		dst = element(dst, "figcaption", "", b.Cite)
		dst = end(dst, "figure")
	}
	return dst
}

// appendImage loads the image that opens an article at once and the others
// when they come near.
func (b *Block) appendImage(dst []byte, dir string, first bool) []byte {
	if !safeImage(b.Src) {
		return dst
	}
	dst = start(dst, "figure", dir)
	dst = append(escape(append(dst, `<img src="`...), b.Src), `" alt="`...)
	dst = append(escape(dst, b.Alt), '"')
	if b.Width > 0 && b.Height > 0 {
		dst = strconv.AppendInt(append(dst, ` width="`...), int64(b.Width), 10)
		dst = strconv.AppendInt(append(dst, `" height="`...), int64(b.Height), 10)
		dst = append(dst, '"')
	}
	if !first {
		dst = append(dst, ` loading="lazy"`...)
	}
	dst = append(dst, '>')
	if len(b.Caption) > 0 {
		dst = element(dst, "figcaption", "", b.Caption)
	}
	return end(dst, "figure")
}

// appendEmbed writes a link to foreign matter, for which we vouch to nobody.
func (b *Block) appendEmbed(dst []byte, dir string) []byte {
	if !safeLink(b.URL) {
		return dst
	}
	dst = append(escape(append(start(dst, "p", dir), `<a href="`...), b.URL), `" rel="nofollow noopener">`...)
	if len(b.Text) == 0 {
		dst = escape(dst, b.URL)
	}
	for i := range b.Text {
		dst = escape(dst, b.Text[i].Text)
	}
	return append(dst, "</a></p>"...)
}

func element(dst []byte, tag, attributes string, t Text) []byte {
	return end(t.appendHTML(start(dst, tag, attributes)), tag)
}

func start(dst []byte, tag, attributes string) []byte {
	dst = append(append(dst, '<'), tag...)
	return append(append(dst, attributes...), '>')
}

func end(dst []byte, tag string) []byte {
	return append(append(append(dst, '<', '/'), tag...), '>')
}

// appendHTML writes marked words; neighbours with the same link share one.
func (t Text) appendHTML(dst []byte) []byte {
	link := ""
	for i := range t {
		s := &t[i]
		if s.Link != link {
			if link != "" {
				dst = append(dst, "</a>"...)
			}
			if link = s.Link; link != "" && !safeLink(link) {
				link = ""
			}
			if link != "" {
				dst = append(escape(append(dst, `<a href="`...), link), '"', '>')
			}
		}
		if s.Bold {
			dst = append(dst, "<strong>"...)
		}
		if s.Italic {
			dst = append(dst, "<em>"...)
		}
		dst = breaks(dst, s.Text)
		if s.Italic {
			dst = append(dst, "</em>"...)
		}
		if s.Bold {
			dst = append(dst, "</strong>"...)
		}
	}
	if link != "" {
		dst = append(dst, "</a>"...)
	}
	return dst
}

func breaks(dst []byte, words string) []byte {
	for {
		line, rest, found := strings.Cut(words, "\n")
		dst = escape(dst, line)
		if !found {
			return dst
		}
		dst = append(dst, "<br>"...)
		words = rest
	}
}

// escape appends words such that they are words in text and in a quoted
// attribute. Characters that may not stand in HTML are left out.
func escape(dst []byte, words string) []byte {
	from := 0
	for i := 0; i < len(words); {
		c := words[i]
		size := 1
		with := ""
		switch {
		case c >= utf8.RuneSelf:
			if c != 0xc2 && c < 0xef { // neither a control nor a non-character begins like this
				i++
				continue
			}
			var r rune
			r, size = utf8.DecodeRuneInString(words[i:])
			if !(r >= 0x80 && r < 0xa0) && !nonCharacter(r) && !(r == utf8.RuneError && size == 1) {
				i += size
				continue
			}
		case c == '&':
			with = "&amp;"
		case c == '<':
			with = "&lt;"
		case c == '>':
			with = "&gt;"
		case c == '"':
			with = "&#34;"
		case c >= ' ' && c != 0x7f, c == '\t', c == '\n':
			i++
			continue
		}
		dst = append(append(dst, words[from:i]...), with...)
		i += size
		from = i
	}
	return append(dst, words[from:]...)
}

// direction is positive when most letters run from left to right, negative
// when most run from right to left, 0 without letters.
func (d Doc) direction() int {
	n := 0
	for i := range d.Blocks {
		n += d.Blocks[i].direction()
	}
	return n
}

func (b *Block) direction() int {
	n := b.Text.direction() + b.Caption.direction() + b.Cite.direction()
	for _, t := range b.Items {
		n += t.direction()
	}
	return n
}

func (t Text) direction() int {
	n := 0
	for i := range t {
		n += direction(t[i].Text)
	}
	return n
}

// direction counts letters by bytes: it need not be exact, only quick.
func direction(words string) int {
	n := 0
	for i := range len(words) {
		switch c := words[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= 0xc3 && c <= 0xd5:
			n++
		case c >= 0xd7 && c <= 0xdf: // U+05C0 to U+07FF: Hebrew, Arabic, Syriac, Thaana
			n--
		case c >= 0xe0 && c <= 0xed:
			if c == 0xe0 && i+1 < len(words) && words[i+1] < 0xa4 { // U+0800 to U+08FF
				n--
				continue
			}
			n++
		}
	}
	return n
}
