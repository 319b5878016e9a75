// Package prose is the text of an article: a list of blocks, each holding
// words with few marks, kept as JSON of our own so that no editor's format and
// no HTML is ever stored. HTML, plain text and excerpts are derived from it.
//
// A document as it lies in the database:
//
//	{"version":1,"blocks":[
//	 {"type":"paragraph","text":"The bridge stays shut until May."},
//	 {"type":"heading","level":2,"text":"What the council says"},
//	 {"type":"paragraph","text":["It was a ",{"text":"technical","italic":true}," matter, ",
//	   {"text":"the minutes","link":"https://council.example/minutes"}," say."]},
//	 {"type":"quote","paragraphs":["We had no choice.","None at all."],"cite":"Ada Ferry, mayor"},
//	 {"type":"list","ordered":true,"items":["Close it.","Look at it."]},
//	 {"type":"image","src":"/media/5f1c.jpg","alt":"A closed bridge","width":1200,"height":800,"focus":[500,300],
//	   "caption":"The bridge on Monday","credit":"Ada Ferry","licence":"CC BY 4.0"},
//	 {"type":"table","head":true,"rows":[["Year","Cars"],["2023","4,100"]],"caption":"Over the bridge in a day"},
//	 {"type":"rule"},
//	 {"type":"embed","url":"https://video.example/7","text":"The session on video","author":"City council","still":"/media/77a0.jpg",
//	   "saved":"The words as they stood there","captured":"2026-11-22T10:00:00Z"},
//	 {"type":"entry","id":"k3v9","at":"2026-11-22T12:04:00Z","text":"The council meets","key":true},
//	 {"type":"paragraph","id":"m20c","text":[{"text":"It is late","statement":"9q2k"},{"text":", she said.","note":"By telephone."}]}
//	]}
//
// A text is a string or a list of strings and marked spans. A line feed in it
// is a line break. A span may be (part of) a statement, whose record is kept
// elsewhere under that id, and a footnote may stand after it. An embed is a link
// with what was saved of its matter: no page of ours ever fetches from
// elsewhere, which is also why an image's src is a path on this site. An entry
// begins one report of a live blog; the blocks until the next entry belong to it. Words are kept exactly as written, typographic quotes included; what
// looks wrong in them is reported by Check and never mended.
//
// Parse is strict about what it knows and forgiving about what it does not: a
// block type of a later version is dropped and reported, never rendered raw.
package prose

import "time"

// Version is the version of the format that this package writes.
const Version = 1

// Limits of one document. A text beyond them is refused whole.
const (
	MaxSize   = 2 << 20 // bytes of JSON
	MaxBlocks = 5_000
	MaxSpans  = 50_000 // texts, spans and cells of all blocks together
	MaxDepth  = 16     // nested JSON values, the unknown ones included
	MaxCells  = 64     // in a row of a table
	MaxNote   = 4_000  // bytes of a footnote
	maxPixels = 100_000
)

// Kind is what a block is.
type Kind string

// The kinds of block.
const (
	Paragraph Kind = "paragraph"
	Heading   Kind = "heading"
	Quote     Kind = "quote"
	List      Kind = "list"
	Image     Kind = "image"
	Rule      Kind = "rule"
	Embed     Kind = "embed"
	Table     Kind = "table"
	Entry     Kind = "entry"
)

// Doc is a document.
type Doc struct {
	Version int
	Blocks  []Block
}

// Block is one block. Fields that its kind does not name are empty.
type Block struct {
	Kind    Kind
	ID      string // names the block in its document, may be empty: [a-z0-9]{1,16}
	Text    Text   // Paragraph, Heading; Embed: the words of the link; Entry: its title
	Level   int    // Heading: 2 to 4
	Ordered bool   // List
	Items   []Text // List: its items; Quote: its paragraphs
	Cite    Text   // Quote: who says it
	Src     string // Image: a path on this site
	Alt     string // Image
	Width   int    // Image: pixels, 0 when unknown
	Height  int
	FocusX  int // what must stay in sight when the picture is cut: permille from the left and the top; 0, 0 when nobody said
	FocusY  int
	Credit  string   // Image: who made it
	Licence string   // Image
	Caption Text     // Image, Table
	Head    bool     // Table: the first row names the columns
	Rows    [][]Text // Table: all of one length

	URL      string // Embed
	Author   string // Embed: who published it there
	Still    string // Embed: a picture of it, a path on this site
	Saved    Text   // Embed: its words, kept
	Captured time.Time

	At  time.Time // Entry, to the second, UTC
	Key bool      // Entry: a key event
	Pin bool      // Entry: stays above the others
}

// Text is a run of words, cut where their marks change.
type Text []Span

// Span is a piece of text with the marks it carries.
type Span struct {
	Text      string
	Bold      bool
	Italic    bool
	Link      string // an http, https or mailto address, or a path on this site
	Statement string // the id of the statement that these words carry: [a-z0-9]{1,40}
	Note      string // a footnote that stands after the span, plain words
}

// Plain is a text without marks.
func Plain(words string) Text {
	if words == "" {
		return nil
	}
	return Text{{Text: words}}
}

// Paragraphs is a document of plain paragraphs.
func Paragraphs(words ...string) Doc {
	d := Doc{Version: Version, Blocks: make([]Block, 0, len(words))}
	for _, w := range words {
		if w != "" {
			d.Blocks = append(d.Blocks, Block{Kind: Paragraph, Text: Plain(w)})
		}
	}
	return d
}

// String is the text without its marks.
func (t Text) String() string {
	if len(t) == 1 {
		return t[0].Text
	}
	return string(t.append(nil))
}

func (t Text) append(dst []byte) []byte {
	for i := range t {
		dst = append(dst, t[i].Text...)
	}
	return dst
}

// joined returns t in its one canonical form: no empty spans but for a footnote
// that has no words before it, and no two neighbours with the same marks and no
// footnote between them.
func (t Text) joined() Text {
	out := t[:0]
	for _, s := range t {
		n := len(out)
		switch {
		case s.Text == "" && s.Note == "":
			continue
		case s.Text == "":
			s = Span{Note: s.Note}
			if n > 0 && out[n-1].Note == "" {
				out[n-1].Note = s.Note
				continue
			}
		case n > 0 && out[n-1].Note == "" && out[n-1].sameMarks(&s):
			out[n-1].Text += s.Text
			out[n-1].Note = s.Note
			continue
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// sameMarks compares the marks that are on the words, so not the footnotes.
func (s *Span) sameMarks(o *Span) bool {
	return s.Bold == o.Bold && s.Italic == o.Italic && s.Link == o.Link && s.Statement == o.Statement
}
