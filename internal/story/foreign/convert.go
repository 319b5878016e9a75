package foreign

import (
	"net/url"
	"strings"

	"mimeo/internal/prose"
)

// Options are what Convert must know of the site that a text comes from.
type Options struct {
	// Picture gives the block of a picture that came along; ok is false when it
	// did not, and the text then keeps a link to it. Nil has none.
	Picture func(p Picture) (b prose.Block, ok bool)
	// Attachment finds the picture that a gallery names by its number there.
	Attachment func(id int64) (Picture, bool)
	// Attached gives the pictures of a gallery that names none.
	Attached func() []Picture
	// Site is the address of the site: links to it become paths, so that they
	// lead to the story's new address. "" leaves links as they are.
	Site string
}

// MaxText is the largest text that is converted, in bytes.
const MaxText = 8 << 20

// Convert makes blocks of a text. The lead picture, if any, is the first of
// them. The warnings say what has another form now.
func Convert(body Body, lead Picture, o Options) (prose.Doc, []string) {
	b := &builder{opt: o}
	if o.Site != "" {
		if u, err := url.Parse(o.Site); err == nil {
			b.host = strings.TrimPrefix(strings.ToLower(u.Host), "www.")
		}
	}
	if lead.URL != "" {
		b.picture(lead)
	}
	text := body.Text
	if len(text) > MaxText {
		b.warn("the text is larger than %d MB and was cut", MaxText>>20)
		text = strings.ToValidUTF8(text[:MaxText], "")
	}
	switch body.Form {
	case HTML:
		b.html(text, false)
	case Classic:
		b.html(text, true)
	case Lexical:
		b.lexical(text)
	case Mobiledoc:
		b.mobiledoc(text)
	case Markdown:
		b.markdown(text)
	case Plain:
		for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
			b.words(line, false)
			b.flush()
		}
	default:
		b.warn("the text is written in the unknown form %q", string(body.Form))
	}
	b.flush()
	b.endQuote()
	b.endList()
	if lead.URL != "" {
		b.once(lead.URL)
	}
	return prose.Doc{Version: prose.Version, Blocks: b.out}, b.warnings
}

// strip is the text of a piece of HTML, without its tags.
func strip(text string) string {
	b := &builder{}
	b.html(text, false)
	b.flush()
	b.endQuote()
	b.endList()
	var lines []string
	for i := range b.out {
		block := &b.out[i]
		for _, t := range append([]prose.Text{block.Text, block.Cite, block.Caption}, block.Items...) {
			if s := t.String(); s != "" {
				lines = append(lines, s)
			}
		}
	}
	return strings.ReplaceAll(strings.Join(lines, " "), "\n", " ")
}

// Strip is the text of a piece of HTML in one line.
func Strip(text string) string { return Line(strip(text)) }
