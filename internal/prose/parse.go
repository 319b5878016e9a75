package prose

import (
	"strings"
	"unicode/utf8"

	"mimeo/internal/fault"
)

// Parse reads a document. Its errors are fault.Invalid and name the block.
func Parse(data []byte) (Doc, error) {
	d, _, err := ParseReport(data)
	return d, err
}

// ParseReport is Parse that also tells what it had to leave out: blocks and
// fields of a later version, and links that lead nowhere we let a reader go.
// The places are those in the JSON text.
func ParseReport(data []byte) (Doc, []Warning, error) {
	if len(data) > MaxSize {
		return Doc{}, nil, fault.Invalidf("The text is larger than %d MB", MaxSize>>20)
	}
	if !utf8.Valid(data) {
		line, column := invalidAt(data)
		return Doc{}, nil, fault.Invalidf("The text is not valid UTF-8 in line %d, column %d", line, column)
	}
	p := parser{scanner: scanner{in: string(data)}}
	d := p.doc()
	if p.err != nil {
		return Doc{}, nil, p.fault()
	}
	return d, p.warnings, nil
}

// UnmarshalJSON reads a document that is part of other JSON.
func (d *Doc) UnmarshalJSON(data []byte) (err error) {
	*d, err = Parse(data)
	return err
}

type parser struct {
	scanner
	block    int // number of the block being read, 0 outside
	spans    int
	ids      map[string]bool // of the blocks read so far
	warnings []Warning
	noted    placer
}

func (p *parser) fault() error {
	line, column := new(placer).place(p.in, p.at)
	if p.block > 0 {
		return fault.Invalidf("Block %d of the text cannot be read (line %d, column %d): %s", p.block, line, column, p.err.Error())
	}
	return fault.Invalidf("The text cannot be read (line %d, column %d): %s", line, column, p.err.Error())
}

// warn notes what was left out, at most a hundred times: a text of nothing but
// unknown blocks needs no longer list.
func (p *parser) warn(at int, message string) {
	if p.err != nil || len(p.warnings) >= 100 {
		return
	}
	line, column := p.noted.place(p.in, at)
	p.warnings = append(p.warnings, Warning{Line: line, Column: column, Message: message})
}

func (p *parser) unknown(at int, name string) {
	p.warn(at, "left out: unknown field "+quoteName(name))
	p.skip(4)
}

func (p *parser) doc() Doc {
	var d Doc
	seen := false
	p.object(func(name string) {
		at := p.at
		switch name {
		case "version":
			if d.Version = p.whole(); p.err == nil && d.Version < 1 {
				p.fail("its version must be 1 or more")
			}
		case "blocks":
			if seen {
				p.fail("it has two lists of blocks")
				return
			}
			seen = true
			p.array(func() {
				p.block++
				if p.block > MaxBlocks {
					p.fail("it has more than %d blocks", MaxBlocks)
					return
				}
				if b, ok := p.oneBlock(); ok {
					d.Blocks = append(d.Blocks, b)
				}
			})
			if p.err == nil {
				p.block = 0
			}
		default:
			p.unknown(at, name)
		}
	})
	p.peek()
	switch {
	case p.at < len(p.in):
		p.fail("something follows after its end")
	case d.Version == 0:
		p.fail("it has no version")
	case d.Version > Version:
		p.warn(0, "written by a later version of Mimeo; what is not known here is left out")
		d.Version = Version
	}
	return d
}

// oneBlock reads a block; ok is false when it is to be left out.
func (p *parser) oneBlock() (b Block, ok bool) {
	p.peek()
	start := p.at
	kind, found := p.kind()
	if p.err != nil {
		return b, false
	}
	if !found {
		p.fail("it has no type")
		return b, false
	}
	b.Kind = kind
	switch kind {
	case Paragraph, Heading, Quote, List, Image, Rule, Embed, Table, Entry:
	default:
		p.warn(start, "left out: unknown block type "+quoteName(string(kind)))
		p.skip(2)
		return b, false
	}
	p.object(func(name string) { p.field(&b, name) })
	if p.err != nil {
		return b, false
	}
	return b, p.complete(&b, start)
}

// kind looks ahead for the type of the block that begins here, since a field
// can be read only when the type is known. Canonical JSON has it in front.
func (p *parser) kind() (kind Kind, found bool) {
	const front = `{"type":"`
	rest := p.in[p.at:]
	if strings.HasPrefix(rest, front) {
		if word, _, ok := strings.Cut(rest[len(front):min(len(rest), len(front)+16)], `"`); ok && !strings.Contains(word, `\`) {
			return Kind(word), true
		}
	}
	ahead := scanner{in: p.in, at: p.at}
	ahead.object(func(name string) {
		if name == "type" && !found {
			kind, found = Kind(ahead.text()), true
			return
		}
		ahead.skip(3)
	})
	if ahead.err != nil {
		p.at, p.err = ahead.at, ahead.err
	}
	return kind, found
}

func (p *parser) field(b *Block, name string) {
	at := p.at
	switch k := b.Kind; {
	case name == "type":
		p.text()
	case name == "id":
		b.ID = p.blockID(at)
	case name == "text" && (k == Paragraph || k == Heading || k == Embed || k == Entry):
		b.Text = p.marked()
	case name == "level" && k == Heading:
		if b.Level = p.whole(); b.Level < 2 || b.Level > 4 {
			p.fail("the level of a heading is 2, 3 or 4")
		}
	case name == "ordered" && k == List:
		b.Ordered = p.bool()
	case name == "items" && k == List, name == "paragraphs" && k == Quote:
		b.Items = nil
		p.array(func() {
			if t := p.marked(); t != nil {
				b.Items = append(b.Items, t)
			}
		})
	case name == "cite" && k == Quote:
		b.Cite = p.marked()
	case name == "caption" && (k == Image || k == Table):
		b.Caption = p.marked()
	case k == Image:
		p.picture(b, name, at)
	case k == Embed:
		p.embed(b, name, at)
	case k == Table && name == "head":
		b.Head = p.bool()
	case k == Table && name == "rows":
		b.Rows = p.rows()
	case k == Entry && name == "at":
		b.At = p.moment()
	case k == Entry && name == "key":
		b.Key = p.bool()
	case k == Entry && name == "pin":
		b.Pin = p.bool()
	default:
		p.unknown(at, name)
	}
}

func (p *parser) picture(b *Block, name string, at int) {
	switch name {
	case "src":
		b.Src = p.words()
	case "alt":
		b.Alt = p.words()
	case "width":
		b.Width = p.pixels()
	case "height":
		b.Height = p.pixels()
	case "focus":
		b.FocusX, b.FocusY = p.focus()
	case "credit":
		b.Credit = p.words()
	case "licence":
		b.Licence = p.words()
	default:
		p.unknown(at, name)
	}
}

func (p *parser) embed(b *Block, name string, at int) {
	switch name {
	case "url":
		b.URL = p.words()
	case "author":
		b.Author = p.words()
	case "still":
		if b.Still = p.words(); b.Still != "" && !safeImage(b.Still) {
			p.warn(at, "left out: a still that is not a path on this site")
			b.Still = ""
		}
	case "saved":
		b.Saved = p.marked()
	case "captured":
		b.Captured = p.moment()
	default:
		p.unknown(at, name)
	}
}

// complete says whether there is anything in b for a reader, and refuses what
// must not be there.
func (p *parser) complete(b *Block, start int) bool {
	switch b.Kind {
	case Paragraph:
		return b.Text != nil
	case Heading:
		if b.Level == 0 {
			p.fail("a heading needs a level")
		}
		return b.Text != nil
	case Quote, List:
		return b.Items != nil
	case Image:
		if !safeImage(b.Src) {
			p.fail("an image is loaded from a path on this site only")
		}
		return true
	case Rule, Entry:
		return true
	case Table:
		return b.Rows != nil
	case Embed:
		if !safeLink(b.URL) {
			p.warn(start, "left out: an embed that is not an http, https or mailto address")
			return false
		}
		return true
	default:
		return false
	}
}

func (p *parser) pixels() int {
	n := p.whole()
	if n < 0 || n > maxPixels {
		p.fail("a width or height is between 0 and %d", maxPixels)
	}
	return n
}

// words reads a string in which no control character hides.
func (p *parser) words() string {
	words := p.text()
	if i := strings.IndexFunc(words, control); p.err == nil && i >= 0 {
		p.fail("it holds the control character U+%04X", words[i])
	}
	return words
}

// marked reads a text: a string, or a list of strings and spans.
func (p *parser) marked() Text {
	if p.peek() == '"' {
		p.count()
		return Plain(p.words())
	}
	var t Text
	p.array(func() {
		p.count()
		if p.peek() == '"' {
			t = append(t, Span{Text: p.words()})
			return
		}
		t = append(t, p.span())
	})
	return t.joined()
}

func (p *parser) span() (s Span) {
	p.object(func(name string) {
		at := p.at
		switch name {
		case "text":
			s.Text = p.words()
		case "bold":
			s.Bold = p.bool()
		case "italic":
			s.Italic = p.bool()
		case "link":
			if s.Link = p.words(); s.Link != "" && !safeLink(s.Link) {
				p.warn(at, "left out: a link that is not an http, https or mailto address")
				s.Link = ""
			}
		case "statement":
			if s.Statement = p.words(); s.Statement != "" && !named(s.Statement, maxStatement) {
				p.warn(at, "left out: a statement's id that is not of small letters and digits")
				s.Statement = ""
			}
		case "note":
			if s.Note = p.words(); len(s.Note) > MaxNote {
				p.fail("a footnote has at most %d bytes", MaxNote)
			}
		default:
			p.unknown(at, name)
		}
	})
	return s
}

func (p *parser) count() {
	if p.spans++; p.spans > MaxSpans {
		p.fail("it has more than %d marked pieces", MaxSpans)
	}
}

// quoteName shortens a foreign name for a message.
func quoteName(name string) string {
	const most = 40
	if r := []rune(name); len(r) > most {
		name = string(r[:most]) + "…"
	}
	return "“" + strings.Map(func(r rune) rune {
		if control(r) || invisible(r) || r == '\n' {
			return '·'
		}
		return r
	}, name) + "”"
}
