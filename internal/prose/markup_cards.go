package prose

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// image reads a picture: one line, and what is known of it in the lines below.
func (p *markupParser) image(l line, after int) bool {
	words, address, ok := p.card(l)
	if !ok {
		return false
	}
	if !safeImage(address) {
		p.warn(l.at, "a picture is loaded from a path on this site only, such as /media/…")
		return false
	}
	b := Block{Kind: Image, Alt: unescape(words.words), Src: address}
	p.at = after
	p.properties(func(name string, value line) bool {
		switch {
		case name == "caption" && b.Caption == nil:
			b.Caption = p.inline(value)
		case name == "credit" && b.Credit == "":
			b.Credit = unescape(value.words)
		case name == "licence" && b.Licence == "":
			b.Licence = unescape(value.words)
		case name == "size" && b.Width == 0 && b.Height == 0:
			return numbers(value.words, "x", maxPixels, &b.Width, &b.Height)
		case name == "focus" && b.FocusX == 0 && b.FocusY == 0:
			return numbers(value.words, " ", 1000, &b.FocusX, &b.FocusY)
		default:
			return false
		}
		return true
	})
	p.add(b)
	return true
}

func (p *markupParser) embed(l line, after int) bool {
	words, address, ok := p.card(l)
	if !ok {
		return false
	}
	if !safeLink(address) {
		p.warn(l.at, "an embed leads to an http, https or mailto address")
		return false
	}
	b := Block{Kind: Embed, Text: p.inline(words), URL: address}
	p.at = after
	p.properties(func(name string, value line) bool {
		switch {
		case name == "author" && b.Author == "":
			b.Author = unescape(value.words)
		case name == "still" && b.Still == "":
			still := unescape(value.words)
			if still != "" && !safeImage(still) {
				return false
			}
			b.Still = still
		case name == "saved" && b.Saved == nil:
			b.Saved = p.inline(value)
		case name == "captured" && b.Captured.IsZero():
			at, err := parseMarkupTime(strings.TrimSpace(value.words))
			if err != nil {
				return false
			}
			b.Captured = at
		default:
			return false
		}
		return true
	})
	p.add(b)
	return true
}

// card takes apart a line such as ![words](address).
func (p *markupParser) card(l line) (words line, address string, ok bool) {
	pairs := brackets(l.words)
	end, found := pairs[1]
	if !found {
		p.warn(l.at+1, "the bracket [ is never closed")
		return line{}, "", false
	}
	address, next, ok := target(l.words, end+1, len(l.words))
	if !ok || strings.TrimSpace(l.words[next:]) != "" {
		p.warn(l.at, "after the words in brackets an address in parentheses ends the line")
		return line{}, "", false
	}
	return line{l.at + 2, l.words[2:end]}, address, true
}

var propertyForm = regexp.MustCompile(`^([a-z]+):( |$)`)

// properties reads the lines below a block as long as take knows what to do
// with them; what it does not know is a line of its own.
func (p *markupParser) properties(take func(name string, value line) bool) {
	for {
		l, after, found := p.next()
		if !found {
			return
		}
		m := propertyForm.FindStringSubmatch(l.words)
		if m == nil {
			return
		}
		if !take(m[1], line{l.at + len(m[0]), l.words[len(m[0]):]}) {
			p.warn(l.at, fmt.Sprintf("“%s” means nothing here, or is there twice, or has another form", m[1]))
			return
		}
		p.at = after
	}
}

// numbers reads two numbers, not both of them 0, into x and y: both or none.
func numbers(words, between string, most int, x, y *int) bool {
	a, b, found := strings.Cut(strings.TrimSpace(words), between)
	m, err1 := strconv.Atoi(a)
	n, err2 := strconv.Atoi(b)
	if !found || err1 != nil || err2 != nil || m < 0 || n < 0 || m+n == 0 || m > most || n > most {
		return false
	}
	*x, *y = m, n
	return true
}

func (p *markupParser) table() bool {
	b := Block{Kind: Table}
	from := p.at
	most := 0
	for p.at < len(p.text) {
		l, after := p.look(p.at)
		if !strings.HasPrefix(l.words, "|") {
			break
		}
		if len(b.Rows) == 1 && !b.Head && headForm.MatchString(l.words) {
			b.Head = true
			p.at = after
			continue
		}
		var row []Text
		for _, c := range cells(l) {
			row = append(row, p.inline(c))
		}
		if len(row) > MaxCells {
			p.warn(l.at, fmt.Sprintf("a row of a table has at most %d cells", MaxCells))
			p.at = from
			return false
		}
		b.Rows = append(b.Rows, row)
		most = max(most, len(row))
		p.at = after
	}
	for i, row := range b.Rows {
		b.Rows[i] = append(row, make([]Text, most-len(row))...)
	}
	p.properties(func(name string, value line) bool {
		if name != "caption" || b.Caption != nil {
			return false
		}
		b.Caption = p.inline(value)
		return true
	})
	p.add(b)
	return true
}

// cells cuts a row at its bars; the one that ends it may be missing.
func cells(l line) (out []line) {
	start := 1
	for i := 1; i < len(l.words); i++ {
		switch l.words[i] {
		case '\\':
			i++
		case '|':
			out = append(out, cell(l, start, i))
			start = i + 1
		}
	}
	if strings.TrimSpace(l.words[start:]) != "" || len(out) == 0 {
		out = append(out, cell(l, start, len(l.words)))
	}
	return out
}

// cell is words[from:to] without the spaces at its ends; the last one stays if
// it has a backslash.
func cell(l line, from, to int) line {
	words := strings.TrimLeft(l.words[from:to], " \t")
	from = to - len(words)
	short := strings.TrimRight(words, " \t")
	if slashes := len(short) - len(strings.TrimRight(short, `\`)); slashes%2 == 1 && len(short) < len(words) {
		short = words[:len(short)+1]
	}
	return line{l.at + from, short}
}
