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
//	 {"type":"image","src":"/media/5f1c.jpg","alt":"A closed bridge","width":1200,"height":800,"caption":"The bridge on Monday"},
//	 {"type":"rule"},
//	 {"type":"embed","url":"https://video.example/7","text":"The session on video"}
//	]}
//
// A text is a string or a list of strings and marked spans. A line feed in it
// is a line break. An embed is a link and nothing more: no page of ours ever
// fetches from elsewhere, which is also why an image's src is a path on this
// site. Words are kept exactly as written, typographic quotes included; what
// looks wrong in them is reported by Check and never mended.
//
// Parse is strict about what it knows and forgiving about what it does not: a
// block type of a later version is dropped and reported, never rendered raw.
package prose

// Version is the version of the format that this package writes.
const Version = 1

// Limits of one document. A text beyond them is refused whole.
const (
	MaxSize   = 2 << 20 // bytes of JSON
	MaxBlocks = 5_000
	MaxSpans  = 50_000 // texts and spans of all blocks together
	MaxDepth  = 16     // nested JSON values, the unknown ones included
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
)

// Doc is a document.
type Doc struct {
	Version int
	Blocks  []Block
}

// Block is one block. Fields that its kind does not name are empty.
type Block struct {
	Kind    Kind
	Text    Text   // Paragraph, Heading; Embed: the words of the link
	Level   int    // Heading: 2 to 4
	Ordered bool   // List
	Items   []Text // List: its items; Quote: its paragraphs
	Cite    Text   // Quote: who says it
	Src     string // Image: a path on this site
	Alt     string // Image
	Width   int    // Image: pixels, 0 when unknown
	Height  int
	Caption Text   // Image
	URL     string // Embed
}

// Text is a run of words, cut where their marks change.
type Text []Span

// Span is a piece of text with the marks it carries.
type Span struct {
	Text   string
	Bold   bool
	Italic bool
	Link   string // an http, https or mailto address, or a path on this site
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

// joined returns t in its one canonical form: no empty spans, and no two
// neighbours with the same marks.
func (t Text) joined() Text {
	out := t[:0]
	for _, s := range t {
		if s.Text == "" {
			continue
		}
		if n := len(out); n > 0 && out[n-1].Bold == s.Bold && out[n-1].Italic == s.Italic && out[n-1].Link == s.Link {
			out[n-1].Text += s.Text
			continue
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
