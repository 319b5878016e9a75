package prose

import (
	"strings"
	"unicode/utf8"
)

// breaks escapes words and turns their line feeds into line breaks.
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
	n := b.Text.direction() + b.Caption.direction() + b.Cite.direction() + b.Saved.direction()
	for _, t := range b.Items {
		n += t.direction()
	}
	for _, row := range b.Rows {
		for _, t := range row {
			n += t.direction()
		}
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
