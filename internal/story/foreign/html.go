package foreign

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"mimeo/internal/prose"
)

// maxToken bounds one tag or piece of text.
const maxToken = MaxText

// reading is one pass over a piece of HTML.
type reading struct {
	*builder
	z       *html.Tokenizer
	classic bool
	dropped atom.Atom // the element whose content is left out, 0 for none
	depth   int       // of elements of that name within it
	skip    string    // the block editor's block whose content stands in its comment

	at   int                // how far the text is read
	mark int                // where what is left out began
	kept map[atom.Atom]bool // elements that never end: what follows them is read
	all  bool               // likewise for the block editor's blocks
}

// html reads a piece of HTML; classic is as a blogging system's editor kept it.
func (b *builder) html(text string, classic bool) {
	if classic {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	r := &reading{builder: b, classic: classic && !strings.Contains(text, "<!-- wp:"), kept: map[atom.Atom]bool{}}
	for text != "" {
		text = r.pass(text)
	}
}

// pass reads a text to its end. What an element left out that was never closed
// is returned, to be read without leaving it out: no words are lost because a
// tag is missing.
func (r *reading) pass(text string) (again string) {
	r.z = html.NewTokenizer(strings.NewReader(text))
	r.z.SetMaxBuf(maxToken)
	r.at = 0
	for {
		kind := r.z.Next()
		r.at += len(r.z.Raw())
		switch kind {
		case html.ErrorToken:
			if err := r.z.Err(); !errors.Is(err, io.EOF) {
				r.warn("the text ends in the middle of a tag")
			}
			switch {
			case r.dropped != 0:
				r.kept[r.dropped] = true
				r.dropped = 0
				return text[min(r.mark, len(text)):]
			case r.skip != "":
				r.skip, r.all = "", true
				return text[min(r.mark, len(text)):]
			}
			return ""
		case html.TextToken:
			if r.dropped == 0 && r.skip == "" {
				r.words(string(r.z.Text()))
			}
		case html.StartTagToken:
			r.open(false)
		case html.SelfClosingTagToken:
			r.open(true)
		case html.EndTagToken:
			name, _ := r.z.TagName()
			r.close(atom.Lookup(name))
		case html.CommentToken:
			r.comment(string(r.z.Text()))
		case html.DoctypeToken:
		}
	}
}

// words adds text; in the classic editor an empty line ends a paragraph and a
// line end breaks a line, and shortcodes stand in it.
func (r *reading) words(text string) {
	if r.classic {
		for text != "" {
			before, code, rest := nextShortcode(text)
			r.lines(before)
			if code.name == "" {
				return
			}
			text = r.shortcode(code, rest)
		}
		return
	}
	for text != "" { // the block editor has shortcodes too, in a block of their own
		before, code, rest := nextShortcode(text)
		if code.name == "" || !known[code.name] {
			r.builder.words(text, false)
			return
		}
		r.builder.words(before, false)
		text = r.shortcode(code, rest)
	}
}

func (r *reading) lines(text string) {
	if r.pre > 0 || r.tables > 0 || !strings.Contains(text, "\n") {
		r.builder.words(text, false)
		return
	}
	ends := strings.Count(text, "\n")
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			if strings.TrimSpace(line) == "" && i < ends {
				r.flush()
				continue
			}
			if r.lists == 0 {
				r.lineBreak()
			} else {
				r.space = true
			}
		}
		r.builder.words(line, false)
	}
}

// attributes are those of a tag that mean something here.
type attributes struct {
	href, src, alt, title, data, srcset, class, cite, attrs string
}

func (r *reading) attributes() (a attributes) {
	for range 200 { // a tag with more is an attack
		key, value, more := r.z.TagAttr()
		switch string(key) {
		case "href":
			a.href = string(value)
		case "src":
			a.src = string(value)
		case "data-src", "data-orig-file", "data-lazy-src":
			a.data = string(value)
		case "srcset", "data-srcset":
			a.srcset = string(value)
		case "alt":
			a.alt = string(value)
		case "title":
			a.title = string(value)
		case "class":
			a.class = string(value)
		case "cite":
			a.cite = string(value)
		case "data-attrs":
			a.attrs = string(value)
		default:
		}
		if !more {
			break
		}
	}
	return a
}

func (r *reading) open(closed bool) {
	name, has := r.z.TagName()
	tag := atom.Lookup(name)
	if r.dropped != 0 {
		if tag == r.dropped && !closed {
			r.depth++
		}
		return
	}
	if r.skip != "" {
		if tag == atom.Figcaption {
			r.caption++
			r.figures++
			r.figured = max(len(r.out)-1, 0)
			r.skip = ""
		}
		return
	}
	var a attributes
	if has {
		a = r.attributes()
	}
	switch tag { //nolint:exhaustive // of the several hundred names only these mean something here
	case atom.Form:
		r.flush()
		r.warn("a form was left out, its words stand")
	case atom.Script, atom.Style, atom.Template, atom.Select, atom.Textarea, atom.Button, atom.Svg, atom.Math, atom.Title, atom.Noscript, atom.Noembed, atom.Noframes:
		r.drop(tag, closed)
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Aside, atom.Address, atom.Center, atom.Details, atom.Summary, atom.Dl, atom.Dd, atom.Dt, atom.Nav, atom.Body, atom.Fieldset:
		r.division(tag, a)
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		r.flush()
		r.level = int(name[1] - '0')
	case atom.Br:
		r.lineBreak()
	case atom.Hr:
		r.interrupt()
		r.out = append(r.out, prose.Block{Kind: prose.Rule})
	case atom.B, atom.Strong:
		r.bold++
	case atom.I, atom.Em, atom.Dfn, atom.Var:
		r.italic++
	case atom.Cite:
		if r.quotes > 0 {
			r.flush()
			r.citing++
			return
		}
		r.italic++
	case atom.Q:
		r.builder.words("“", true)
	case atom.A:
		r.link(a)
	case atom.Ul, atom.Ol, atom.Menu:
		r.openList(tag == atom.Ol)
	case atom.Li, atom.Option:
		r.flush()
	case atom.Blockquote:
		r.openQuote()
	case atom.Pre, atom.Listing, atom.Xmp:
		r.flush()
		r.pre++
	case atom.Figure:
		r.openFigure()
	case atom.Figcaption, atom.Caption:
		r.flush()
		r.caption++
	case atom.Table:
		r.openTable()
	case atom.Tr:
		r.row()
	case atom.Td, atom.Th:
		r.openCell(tag == atom.Th)
	case atom.Img:
		r.image(a)
	case atom.Iframe, atom.Embed, atom.Video, atom.Audio, atom.Object, atom.Source, atom.Frame:
		r.media(tag, a)
		if tag == atom.Iframe && !closed { // holds text for browsers that know none
			r.leave(tag)
		}
	default: // what is not known is read through: its words are words
	}
}

func (r *reading) drop(tag atom.Atom, closed bool) {
	switch tag { //nolint:exhaustive // of the several hundred names only these mean something here
	case atom.Script:
		r.warn("a script was left out")
	case atom.Select, atom.Textarea, atom.Button:
		r.warn("a part of a form was left out")
	case atom.Svg, atom.Math:
		r.warn("a drawing (%s) was left out", tag)
	default:
	}
	if !closed || tag == atom.Script || tag == atom.Style || tag == atom.Textarea {
		r.leave(tag)
	}
}

// leave leaves out what stands in an element.
func (r *reading) leave(tag atom.Atom) {
	if !r.kept[tag] {
		r.dropped, r.depth, r.mark = tag, 1, r.at
	}
}

// division is a block that has no form of its own here.
func (r *reading) division(tag atom.Atom, a attributes) {
	if tag == atom.Footer && r.quotes > 0 {
		r.flush()
		r.citing++
		return
	}
	if tag == atom.P && strings.Contains(a.class, "wp-caption-text") || strings.Contains(a.class, "image-caption") {
		r.flush()
		r.caption, r.figures = 1, max(r.figures, 1)
		r.figured = max(len(r.out)-1, 0)
		return
	}
	r.flush()
	if tag != atom.Div {
		return
	}
	switch { // what newsletters put between their paragraphs
	case strings.Contains(a.class, "subscription-widget") || strings.Contains(a.class, "subscribe-widget"):
		r.warn("an invitation to subscribe was left out")
		r.leave(tag)
	case a.attrs != "" && (a.class == "tweet" || a.class == "instagram" || strings.HasPrefix(a.class, "embedded-")):
		var given struct{ URL string }
		if json.Unmarshal([]byte(a.attrs), &given) == nil && given.URL != "" {
			r.embed(given.URL, "")
			r.leave(tag)
		}
	}
}

func (r *reading) link(a attributes) {
	if len(r.links) >= maxStack {
		return
	}
	to, ok := r.address(a.href)
	if !ok {
		to = ""
		if a.href != "" && a.href[0] != '#' {
			r.warn("a link that cannot be followed was left out, its words stand")
		}
	}
	r.links = append(r.links, to)
}

func (r *reading) image(a attributes) {
	src := a.src
	if a.data != "" && (src == "" || strings.HasPrefix(src, "data:")) {
		src = a.data
	}
	if src == "" {
		src, _, _ = strings.Cut(strings.TrimSpace(a.srcset), " ")
	}
	if strings.Contains(src, "/images/core/emoji/") || strings.Contains(a.class, "wp-smiley") {
		r.builder.words(a.alt, false)
		return
	}
	r.picture(Picture{URL: src, Alt: a.alt})
}

func (r *reading) media(tag atom.Atom, a attributes) {
	src := a.src
	if tag == atom.Object {
		return // what it shows is named again inside it
	}
	if src == "" {
		src = a.data
	}
	if src == "" {
		return
	}
	if n := len(r.out); tag == atom.Source && n > 0 && r.out[n-1].Kind == prose.Embed {
		return // another form of the same recording
	}
	if tag == atom.Source && r.figures > 0 && a.srcset != "" {
		return
	}
	r.interrupt()
	r.embed(src, a.title)
}

func (r *reading) close(tag atom.Atom) {
	if r.dropped != 0 {
		if tag == r.dropped {
			if r.depth--; r.depth == 0 {
				r.dropped = 0
			}
		}
		return
	}
	if r.skip != "" {
		return
	}
	switch tag { //nolint:exhaustive // of the several hundred names only these mean something here
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Header, atom.Main, atom.Aside, atom.Address, atom.Center, atom.Details, atom.Summary, atom.Dl, atom.Dd, atom.Dt, atom.Nav,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Li, atom.Td, atom.Th, atom.Tr:
		r.flush()
		if r.caption > 0 && tag == atom.P && r.figures == 1 {
			r.caption = 0
		}
	case atom.Footer:
		r.flush()
		r.citing = 0
	case atom.B, atom.Strong:
		r.bold = max(r.bold-1, 0)
	case atom.I, atom.Em, atom.Dfn, atom.Var:
		r.italic = max(r.italic-1, 0)
	case atom.Cite:
		if r.citing > 0 {
			r.flush()
			r.citing = 0
			return
		}
		r.italic = max(r.italic-1, 0)
	case atom.Q:
		r.builder.words("”", true)
	case atom.A:
		if n := len(r.links); n > 0 {
			r.links = r.links[:n-1]
		}
	case atom.Ul, atom.Ol, atom.Menu:
		r.closeList()
	case atom.Blockquote:
		r.citing = 0
		r.closeQuote()
	case atom.Pre, atom.Listing, atom.Xmp:
		r.flush()
		r.pre = max(r.pre-1, 0)
	case atom.Figure:
		r.caption = 0
		r.closeFigure()
	case atom.Figcaption, atom.Caption:
		r.flush()
		r.caption = max(r.caption-1, 0)
	case atom.Table:
		r.closeTable()
	default:
	}
}
