package prose

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is the document as plain text: blocks parted by blank lines, the items
// of a list and the line breaks of a paragraph by line ends. It has the
// captions of images and the words of embeds, and at the end the footnotes, for
// it is what is searched.
func (d Doc) Text() string {
	var out []byte
	for i := range d.Blocks {
		b := &d.Blocks[i]
		before := len(out)
		if before > 0 {
			out = append(out, "\n\n"...)
		}
		start := len(out)
		switch b.Kind {
		case Paragraph, Heading, Entry:
			out = b.Text.append(out)
		case Embed:
			if out = b.Saved.append(out); len(out) > start && b.Text.String() != "" {
				out = append(out, '\n')
			}
			out = b.Text.append(out)
		case Table:
			out = b.appendTable(out)
		case Quote, List:
			for j, t := range b.Items {
				if j > 0 {
					out = append(out, '\n')
				}
				out = t.append(out)
			}
			if len(b.Cite) > 0 {
				out = b.Cite.append(append(out, '\n'))
			}
		case Image:
			out = b.Caption.append(out)
		case Rule:
		default:
		}
		if len(out) == start {
			out = out[:before]
		}
	}
	for _, words := range d.Notes() {
		out = append(append(out, "\n\n"...), words...)
	}
	return string(out)
}

// appendTable writes a line a row, its cells parted by tabulators.
func (b *Block) appendTable(out []byte) []byte {
	start := len(out)
	out = b.Caption.append(out)
	for _, row := range b.Rows {
		if len(out) > start {
			out = append(out, '\n')
		}
		for i, t := range row {
			if i > 0 {
				out = append(out, '\t')
			}
			out = t.append(out)
		}
	}
	return out
}

// Excerpt is the beginning of what the article says, in one line of at most n
// characters: paragraphs only, cut between words and then ending in "…".
func (d Doc) Excerpt(n int) string {
	var b strings.Builder
	used := 0
	for i := range d.Blocks {
		if d.Blocks[i].Kind != Paragraph {
			continue
		}
		for _, word := range strings.Fields(d.Blocks[i].Text.String()) {
			length := utf8.RuneCountInString(word)
			if used > 0 {
				length++
			}
			if used+length > n || (used+length == n && d.more(i, word)) {
				if used == 0 {
					return hardCut(word, n)
				}
				return strings.TrimRightFunc(b.String(), loose) + "…"
			}
			if used > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(word)
			used += length
		}
	}
	return b.String()
}

// more reports whether anything follows word, when it is the last of what fits.
func (d Doc) more(block int, word string) bool {
	if !strings.HasSuffix(strings.TrimSpace(d.Blocks[block].Text.String()), word) {
		return true
	}
	for _, b := range d.Blocks[block+1:] {
		if b.Kind == Paragraph && strings.TrimSpace(b.Text.String()) != "" {
			return true
		}
	}
	return false
}

// hardCut cuts a word that alone is too long, not between a letter and its
// marks.
func hardCut(word string, n int) string {
	r := []rune(word)
	n = max(min(n-1, len(r)), 0)
	for n > 0 && n < len(r) && (unicode.IsMark(r[n]) || r[n] == 0x200d || r[n-1] == 0x200d) {
		n--
	}
	return string(r[:n]) + "…"
}

func loose(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(",;:–—-.…", r)
}

// Words counts the words: what stands between white space and has a letter or
// a digit. In scripts that do not part words it counts too few.
func (d Doc) Words() int {
	n := 0
	for i := range d.Blocks {
		d.Blocks[i].texts(func(t *Text) { n += t.words() })
	}
	return n
}

func (t Text) words() int {
	n, inside := 0, false
	for i := range t {
		for _, r := range t[i].Text {
			switch {
			case unicode.IsSpace(r):
				inside = false
			case !inside && (unicode.IsLetter(r) || unicode.IsDigit(r)):
				inside = true
				n++
			}
		}
	}
	return n
}
