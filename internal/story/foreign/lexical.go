package foreign

import (
	"encoding/json"
	"strings"

	"mimeo/internal/prose"
)

// node is one node of a Lexical document, with the fields of the cards that
// are known.
type node struct {
	Type     string          `json:"type"`
	Tag      string          `json:"tag"`
	Text     string          `json:"text"`
	Format   json.RawMessage `json:"format"` // a number for a text, a word for a block
	URL      string          `json:"url"`
	ListType string          `json:"listType"`
	Children []node          `json:"children"`
	card
}

// card are the fields of Ghost's cards, in Lexical and in Mobiledoc alike.
type card struct {
	Src      string `json:"src"`
	Alt      string `json:"alt"`
	Caption  string `json:"caption"`
	Title    string `json:"title"`
	HTML     string `json:"html"`
	Markdown string `json:"markdown"`
	Code     string `json:"code"`
	Callout  string `json:"calloutText"`
	Heading  string `json:"heading"`
	Sub      string `json:"subheading"`
	Content  string `json:"content"`
	Button   string `json:"buttonText"`
	ToURL    string `json:"buttonUrl"`
	FileName string `json:"fileName"`
	Name     string `json:"productTitle"`
	About    string `json:"productDescription"`
	Metadata struct {
		Title string `json:"title"`
	} `json:"metadata"`
	Images []struct {
		Src     string `json:"src"`
		Alt     string `json:"alt"`
		Caption string `json:"caption"`
	} `json:"images"`
}

// The bits of a Lexical text's format.
const (
	lexicalBold   = 1
	lexicalItalic = 2
)

// maxNesting is how deep a tree of another system may go.
const maxNesting = 100

func (b *builder) lexical(text string) {
	var doc struct {
		Root node `json:"root"`
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		b.warn("the text is not readable as Lexical: %v", err)
		return
	}
	b.nodes(doc.Root.Children, 0)
}

func (b *builder) nodes(list []node, depth int) {
	if depth > maxNesting {
		b.warn("text that was nested more than %d deep was left out", maxNesting)
		return
	}
	for i := range list {
		b.node(&list[i], depth)
	}
}

func (b *builder) node(n *node, depth int) {
	inner := func() { b.nodes(n.Children, depth+1) }
	switch n.Type {
	case "text", "extended-text":
		format := 0
		if err := json.Unmarshal(n.Format, &format); err != nil {
			format = 0
		}
		b.marked(format&lexicalBold != 0, format&lexicalItalic != 0, n.Text)
	case "linebreak":
		b.lineBreak()
	case "tab":
		b.words(" ", false)
	case "link", "autolink", "at-link":
		b.linked(n.URL, inner)
	case "paragraph":
		b.flush()
		inner()
		b.flush()
	case "heading", "extended-heading":
		b.flush()
		b.level = headingLevel(n.Tag)
		inner()
		b.flush()
	case "quote", "extended-quote", "aside":
		b.openQuote()
		inner()
		b.closeQuote()
	case "list":
		b.openList(n.ListType == "number" || n.Tag == "ol")
		inner()
		b.closeList()
	case "listitem":
		b.flush()
		inner()
		b.flush()
	default:
		b.card(n.Type, n.URL, &n.card)
		inner()
	}
}

func headingLevel(tag string) int {
	if len(tag) == 2 && tag[0] == 'h' && tag[1] >= '1' && tag[1] <= '6' {
		return int(tag[1] - '0')
	}
	return 2
}

// marked adds words as they are, bold or italic.
func (b *builder) marked(bold, italic bool, text string) {
	if bold {
		b.bold++
	}
	if italic {
		b.italic++
	}
	b.words(text, true)
	if bold {
		b.bold--
	}
	if italic {
		b.italic--
	}
}

func (b *builder) linked(to string, inner func()) {
	address, ok := b.address(to)
	if !ok {
		address = ""
		b.warn("a link that cannot be followed was left out, its words stand")
	}
	b.links = append(b.links, address)
	inner()
	b.links = b.links[:len(b.links)-1]
}

// card puts what Ghost keeps as a card between the paragraphs.
func (b *builder) card(name, address string, c *card) {
	b.flush()
	switch name {
	case "image":
		b.picture(Picture{URL: c.Src, Alt: c.Alt, Caption: c.Caption})
	case "gallery":
		for _, p := range c.Images {
			b.picture(Picture{URL: p.Src, Alt: p.Alt, Caption: p.Caption})
		}
		b.piece(c.Caption)
	case "html", "email", "email-cta":
		b.piece(c.HTML)
	case "markdown", "card-markdown":
		b.markdown(c.Markdown)
	case "embed":
		b.embed(address, strip(c.Caption))
	case "bookmark":
		title := c.Title
		if title == "" {
			title = c.Metadata.Title
		}
		b.embed(address, title)
	case "codeblock", "code":
		b.pre++
		b.words(c.Code, true)
		b.flush()
		b.pre--
	case "horizontalrule", "hr":
		b.out = append(b.out, prose.Block{Kind: prose.Rule})
	case "callout":
		b.piece(c.Callout)
	case "toggle", "header":
		if c.Heading != "" {
			b.level = 3
			b.piece(c.Heading)
		}
		b.piece(c.Sub)
		b.piece(c.Content)
	case "button":
		if c.Button != "" {
			b.linked(c.ToURL, func() { b.words(c.Button, false) })
			b.flush()
		}
	case "video", "audio", "file":
		words := c.Title
		if words == "" {
			words = c.FileName
		}
		b.embed(c.Src, words)
		b.piece(c.Caption)
	case "product":
		b.piece(c.Name)
		b.piece(c.About)
	case "paywall":
		b.warn("a paywall stood in the text; all of it is here")
	case "root", "":
	default:
		b.warn("a card of the kind %s has no form here; its words stand if it has any", short(oneLine(name)))
		for _, words := range []string{c.Heading, c.HTML, c.Content, c.Caption} {
			b.piece(words)
		}
	}
}

// piece puts a piece of HTML as paragraphs of its own.
func (b *builder) piece(html string) {
	if strings.TrimSpace(html) != "" {
		b.html(html, false)
		b.flush()
	}
}
