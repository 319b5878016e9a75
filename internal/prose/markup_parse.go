package prose

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ParseMarkup reads the plain text form that markup.go describes. It takes any
// text: what is not written as it should be stays as words where it stands, and
// a warning says so with its line and column. No word is ever dropped. Parse
// judges the document that comes out, as it does every other.
func ParseMarkup(src []byte) (Doc, []Warning) {
	p := markupParser{doc: Doc{Version: Version}}
	p.clean(src)
	for p.at < len(p.text) {
		p.block()
	}
	slices.SortStableFunc(p.warnings, func(a, b Warning) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return p.doc, p.warnings
}

type markupParser struct {
	text     string
	at       int // where the next logical line begins
	doc      Doc
	ids      map[string]bool
	named    bool // the block that begins has a name
	warnings []Warning
	places   placer
}

const mostMarkupWarnings = 100

func (p *markupParser) warn(at int, message string) {
	if len(p.warnings) < mostMarkupWarnings {
		line, column := p.places.place(p.text, at)
		p.warnings = append(p.warnings, Warning{Line: line, Column: column, Message: message})
	}
}

// clean makes one kind of line end of all, and leaves out what may not stand in
// a text.
func (p *markupParser) clean(src []byte) {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	text := string(src)
	broken := !utf8.ValidString(text)
	if broken {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	if strings.ContainsFunc(text, control) {
		hidden := strings.IndexFunc(text, control)
		text = strings.Map(func(r rune) rune {
			if control(r) {
				return -1
			}
			return r
		}, text)
		p.text = text
		p.warn(min(hidden, len(text)), "left out: a control character")
	}
	p.text = text
	if broken {
		p.warn(strings.IndexRune(text, utf8.RuneError), "a character was lost here (U+FFFD)")
	}
}

// line is one line of the markup: a line end after a backslash is in it.
type line struct {
	at    int // in the text
	words string
}

// look is the logical line that begins at an offset, and the offset of the next.
func (p *markupParser) look(at int) (line, int) {
	for i := at; i < len(p.text); i++ {
		switch p.text[i] {
		case '\\':
			if i+1 < len(p.text) {
				i++
			}
		case '\n':
			return line{at, p.text[at:i]}, i + 1
		}
	}
	return line{at, p.text[at:]}, len(p.text)
}

// next is the line at p.at when there is one and it is not empty.
func (p *markupParser) next() (l line, after int, found bool) {
	if p.at >= len(p.text) {
		return line{}, p.at, false
	}
	l, after = p.look(p.at)
	return l, after, strings.TrimSpace(l.words) != ""
}

var (
	nameForm    = regexp.MustCompile(`^\{#([a-z0-9]{1,16})\}[ \t]*$`)
	headingForm = regexp.MustCompile(`^(#{1,6})[ \t]`)
	bulletForm  = regexp.MustCompile(`^[-*+•] `)
	numberForm  = regexp.MustCompile(`^[0-9]{1,9}[.)] `)
	ruleForm    = regexp.MustCompile(`^(-{3,}|\*{3,}|_{3,})[ \t]*$`)
	citeForm    = regexp.MustCompile(`^(—|--) `)
	headForm    = regexp.MustCompile(`^\|([ \t]*:?-+:?[ \t]*\|)+[ \t]*$`)
)

// begins says whether a line would begin something other than a paragraph.
func begins(words string) bool {
	if words == "" {
		return false
	}
	switch c := words[0]; {
	case c == '>', c == '|', strings.HasPrefix(words, "!["), strings.HasPrefix(words, "@["):
		return true
	case c == '=':
		return words == "===" || strings.HasPrefix(words, "=== ")
	case c == '{':
		return nameForm.MatchString(words)
	case c == '#':
		return headingForm.MatchString(words)
	case c >= '0' && c <= '9':
		return numberForm.MatchString(words)
	default:
		return bulletForm.MatchString(words) || ruleForm.MatchString(words)
	}
}

func cites(words string) bool { return citeForm.MatchString(words) }

func (p *markupParser) block() {
	l, after, found := p.next()
	if !found {
		p.at = after
		return
	}
	id := ""
	if m := nameForm.FindStringSubmatch(l.words); m != nil {
		was := p.at
		p.at = after
		if l, after, found = p.next(); !found || p.ids[m[1]] {
			if found {
				p.warn(was, "another block has the name "+m[1]+" already")
			}
			p.at = was
			p.paragraph(true)
			return
		}
		id = m[1]
	}
	count := len(p.doc.Blocks)
	p.named = id != ""
	if !p.special(l, after) {
		p.paragraph(true)
	}
	if id != "" && len(p.doc.Blocks) > count {
		if p.ids == nil {
			p.ids = map[string]bool{}
		}
		p.ids[id] = true
		p.doc.Blocks[count].ID = id
	}
}

func (p *markupParser) add(b Block) { p.doc.Blocks = append(p.doc.Blocks, b) }

// special reads a block that is no paragraph; false when the line is words
// after all.
func (p *markupParser) special(l line, after int) bool {
	switch w := l.words; {
	case !begins(w):
		return false
	case w[0] == '#':
		return p.heading(l, after)
	case w[0] == '>':
		return p.quote()
	case w[0] == '|':
		return p.table()
	case w[0] == '!':
		return p.image(l, after)
	case w[0] == '@':
		return p.embed(l, after)
	case w[0] == '=':
		return p.entry(l, after)
	case ruleForm.MatchString(w):
		p.at = after
		p.add(Block{Kind: Rule})
		return true
	case bulletForm.MatchString(w), numberForm.MatchString(w):
		return p.list()
	default: // a name whose block does not follow
		return false
	}
}

// paragraph takes lines until an empty one or the beginning of something else;
// the first is taken as it is.
func (p *markupParser) paragraph(first bool) {
	from := p.at
	to := from
	for {
		l, after, found := p.next()
		if !found || !first && begins(l.words) {
			break
		}
		first = false
		p.at, to = after, l.at+len(l.words)
	}
	if t := p.inline(line{from, p.text[from:to]}); t != nil {
		p.add(Block{Kind: Paragraph, Text: t})
	}
}

func (p *markupParser) heading(l line, after int) bool {
	marks := len(headingForm.FindStringSubmatch(l.words)[1])
	t := p.inline(line{l.at + marks + 1, l.words[marks+1:]})
	if t == nil {
		return false
	}
	if marks < 2 || marks > 4 {
		p.warn(l.at, "a heading in a story begins with two to four #")
	}
	p.at = after
	p.add(Block{Kind: Heading, Level: min(max(marks, 2), 4), Text: t})
	return true
}

func (p *markupParser) quote() bool {
	b := Block{Kind: Quote}
	var lines []line
	var paragraph []line
	flush := func() {
		if t := p.inline(paragraph...); t != nil {
			b.Items = append(b.Items, t)
		}
		paragraph = nil
	}
	for p.at < len(p.text) {
		l, after := p.look(p.at)
		if !strings.HasPrefix(l.words, ">") {
			break
		}
		l = line{l.at + 1, l.words[1:]}
		if strings.HasPrefix(l.words, " ") {
			l = line{l.at + 1, l.words[1:]}
		}
		lines = append(lines, l)
		p.at = after
	}
	for i, l := range lines {
		switch {
		case strings.TrimSpace(l.words) == "":
			flush()
		case i == len(lines)-1 && i > 0 && cites(l.words):
			flush()
			if t := p.inline(after(l, citeForm)); t != nil && b.Items != nil {
				b.Cite = t
				continue
			}
			paragraph = append(paragraph, l)
		default:
			paragraph = append(paragraph, l)
		}
	}
	if flush(); b.Items != nil {
		p.add(b)
	}
	return true
}

// after is what follows the form at the beginning of a line.
func after(l line, form *regexp.Regexp) line {
	n := len(form.FindString(l.words))
	return line{l.at + n, l.words[n:]}
}

// list reads items that stand below each other. A numbered list goes on after
// an empty line when its numbers do.
func (p *markupParser) list() bool {
	l, _, _ := p.next()
	form, ordered := bulletForm, false
	if numberForm.MatchString(l.words) {
		form, ordered = numberForm, true
	}
	b := Block{Kind: List, Ordered: ordered}
	if ordered {
		number, err := strconv.Atoi(l.words[:strings.IndexAny(l.words, ".)")])
		if err != nil || number != 1 && !p.goesOn() {
			return false
		}
		if number != 1 {
			last := len(p.doc.Blocks) - 1
			b = p.doc.Blocks[last]
			p.doc.Blocks = p.doc.Blocks[:last]
		}
	}
	var item []line
	flush := func() {
		if t := p.inline(item...); t != nil {
			b.Items = append(b.Items, t)
		}
		item = nil
	}
	from := p.at
	for {
		l, next, found := p.next()
		if !found {
			break
		}
		switch {
		case form.MatchString(l.words):
			flush()
			item = []line{after(l, form)}
		case strings.HasPrefix(l.words, "  "):
			item = append(item, line{l.at + 2, l.words[2:]})
		default:
			found = false
		}
		if !found {
			break
		}
		p.at = next
	}
	flush()
	if len(b.Items) == 0 {
		p.at = from
		return false
	}
	p.add(b)
	return true
}

func (p *markupParser) goesOn() bool {
	n := len(p.doc.Blocks)
	return n > 0 && !p.named && p.doc.Blocks[n-1].Kind == List && p.doc.Blocks[n-1].Ordered
}

// entry reads the line that begins a report of a live blog.
func (p *markupParser) entry(l line, after int) bool {
	b := Block{Kind: Entry}
	rest := line{l.at + 3, l.words[3:]}
	head, title, titled := strings.Cut(rest.words, "::")
	for _, word := range strings.Fields(head) {
		at, err := parseMarkupTime(word)
		switch {
		case word == "key":
			b.Key = true
		case word == "pin":
			b.Pin = true
		case err == nil && b.At.IsZero():
			b.At = at
		default:
			p.warn(l.at, "an entry is written as === 2026-11-22T12:04:00Z key pin :: Title")
			return false
		}
	}
	if titled {
		title = strings.TrimPrefix(title, " ")
		b.Text = p.inline(line{l.at + len(l.words) - len(title), title})
	}
	p.at = after
	p.add(b)
	return true
}

func parseMarkupTime(words string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, words)
	if err != nil {
		at, err = time.Parse("2006-01-02T15:04", words)
	}
	if at = at.UTC().Truncate(time.Second); err == nil && (at.Year() < 1 || at.Year() > 9999 || at.IsZero()) {
		err = strconv.ErrRange
	}
	return at, err
}
