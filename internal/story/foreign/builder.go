package foreign

import (
	"bytes"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mimeo/internal/prose"
)

// builder makes blocks in the order in which a text is read. It knows where it
// is by a few flags and counters, never by a tree, so no nesting costs memory.
type builder struct {
	opt  Options
	host string // of the site, without www

	out      []prose.Block
	warnings []string
	seen     map[string]bool // warnings that are given once

	text         prose.Text // the paragraph, heading or item at hand, but for
	run          []byte     // its last words, all of the same marks
	marks        prose.Span // which are these
	bold, italic int
	links        []string
	level        int // of the heading at hand, 0 for none
	pre          int
	space        bool // a space is due before the next word

	lists   int // open lists
	ordered []bool
	items   []prose.Text
	quotes  int
	said    []prose.Text
	cite    prose.Text
	citing  int
	figures int
	figured int // the block that the figure at hand began with
	caption int
	rows    [][]prose.Text
	head    bool
	tables  int
}

// maxStack bounds what is remembered of open links and lists.
const maxStack = 64

func (b *builder) warn(format string, args ...any) {
	said := fmt.Sprintf(format, args...)
	if b.seen[said] {
		return
	}
	if b.seen == nil {
		b.seen = map[string]bool{}
	}
	if len(b.seen) <= maxWarnings {
		b.seen[said] = true
		b.warnings = warn(b.warnings, "%s", said)
	}
}

// words adds text with the marks that are open. White space is one space, or
// what it is within preformatted text.
func (b *builder) words(text string, exact bool) {
	text = b.readable(text)
	if exact || b.pre > 0 {
		b.span(text)
		return
	}
	if strings.IndexFunc(text, breaks) < 0 {
		if text != "" {
			b.word(text)
		}
		return
	}
	if breaks(rune(text[0])) {
		b.space = true
	}
	if words := strings.Join(strings.FieldsFunc(text, breaks), " "); words != "" {
		b.word(words)
		b.space = breaks(rune(text[len(text)-1]))
	}
}

// breaks says whether r is white space that HTML folds; others are typography.
func breaks(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' }

func (b *builder) word(text string) {
	if b.space && (len(b.run) > 0 || len(b.text) > 0) && !bytes.HasSuffix(b.run, []byte("\n")) {
		text = " " + text
	}
	b.space = false
	b.span(text)
}

func (b *builder) span(text string) {
	if text == "" {
		return
	}
	m := prose.Span{Bold: b.bold > 0 && b.level == 0, Italic: b.italic > 0}
	if n := len(b.links); n > 0 {
		m.Link = b.links[n-1]
	}
	if len(b.run) > 0 && m != b.marks {
		// The space before a mark stands outside it.
		if rest, found := strings.CutPrefix(text, " "); found && m != (prose.Span{}) && rest != "" {
			if b.marks != (prose.Span{}) {
				b.seal()
				b.marks = prose.Span{}
			}
			b.run = append(b.run, ' ')
			text = rest
		}
		b.seal()
	}
	b.marks = m
	b.run = append(b.run, text...)
}

// seal makes a span of the words of the same marks.
func (b *builder) seal() {
	if len(b.run) == 0 {
		return
	}
	s := b.marks
	s.Text = string(b.run)
	b.text = append(b.text, s)
	b.run = b.run[:0]
}

// lineBreak is a line break inside a paragraph. It stands outside of marks.
func (b *builder) lineBreak() {
	b.space = false
	if len(b.run) == 0 && len(b.text) == 0 {
		return
	}
	b.run = bytes.TrimRight(b.run, " ")
	if b.marks != (prose.Span{}) {
		b.seal()
		b.marks = prose.Span{}
	}
	b.run = append(b.run, '\n')
}

// readable takes out what no text of ours may hold.
func (b *builder) readable(text string) string {
	fine := true
	for i := range len(text) {
		if c := text[i]; (c < ' ' && c != '\n' && c != '\t') || c >= 0x7f {
			fine = false
			break
		}
	}
	if fine {
		return text
	}
	if !utf8.ValidString(text) {
		b.warn("some characters were not readable and are shown as U+FFFD")
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	if !strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }) {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r' || r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r):
			b.warn("control characters were left out")
			return -1
		}
		return r
	}, text)
}

// take ends the text at hand and returns it, nil when there is none.
func (b *builder) take() prose.Text {
	b.seal()
	t := b.text
	b.text, b.space = nil, false
	if len(t) == 0 {
		return nil
	}
	t[0].Text = strings.TrimLeft(t[0].Text, " \n\t")
	t[len(t)-1].Text = strings.TrimRight(t[len(t)-1].Text, " \n\t")
	t = slices.DeleteFunc(t, func(s prose.Span) bool { return s.Text == "" })
	for i := range t {
		if strings.TrimSpace(strings.ReplaceAll(t[i].Text, "\u00a0", " ")) != "" {
			return t
		}
	}
	return nil
}

// flush ends the paragraph, heading, item or caption at hand.
func (b *builder) flush() {
	level := b.level
	b.level = 0
	t := b.take()
	if t == nil {
		return
	}
	switch {
	case b.citing > 0:
		b.cite = append(spaced(b.cite), t...)
	case b.caption > 0 && b.figures > 0 && b.captioned(t):
	case b.tables > 0:
		b.cell(t)
	case b.lists > 0:
		b.items = append(b.items, t)
	case b.quotes > 0:
		b.said = append(b.said, t)
	case level > 0:
		b.out = append(b.out, prose.Block{Kind: prose.Heading, Level: min(max(level, 2), 4), Text: t})
	default:
		if url, ok := b.alone(t); ok {
			b.embed(url, "")
			return
		}
		b.out = append(b.out, prose.Block{Kind: prose.Paragraph, Text: t})
	}
}

func spaced(t prose.Text) prose.Text {
	if len(t) > 0 {
		t[len(t)-1].Text += " "
	}
	return t
}

// captioned puts a text below the last picture of the figure at hand.
func (b *builder) captioned(t prose.Text) bool {
	for i := len(b.out) - 1; i >= max(b.figured, len(b.out)-maxStack); i-- {
		switch b.out[i].Kind {
		case prose.Image, prose.Table:
			if len(b.out[i].Caption) == 0 {
				b.out[i].Caption = t
				return true
			}
		case prose.Embed:
			if len(b.out[i].Text) == 0 {
				b.out[i].Text = t
				return true
			}
		case prose.Paragraph, prose.Heading, prose.Quote, prose.List, prose.Rule, prose.Entry:
		default:
		}
	}
	return false
}

// alone says whether a paragraph is nothing but the address of another page,
// which every blogging system shows as an embed.
func (b *builder) alone(t prose.Text) (string, bool) {
	if len(t) != 1 || t[0].Bold || t[0].Italic || (t[0].Link != "" && t[0].Link != t[0].Text) {
		return "", false
	}
	s := t[0].Text
	if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") || strings.ContainsFunc(s, unicode.IsSpace) || len(s) > 2000 {
		return "", false
	}
	return s, true
}

// embed is a link to something elsewhere that was shown within the page.
func (b *builder) embed(address, words string) {
	to, ok := b.address(address)
	if !ok || !strings.HasPrefix(to, "http") {
		if address != "" {
			b.warn("an embed without an address that can be followed was left out")
		}
		return
	}
	b.flush()
	b.out = append(b.out, prose.Block{Kind: prose.Embed, URL: to, Text: prose.Plain(oneLine(words))})
}

// picture puts a picture, or a link to one that did not come along.
func (b *builder) picture(p Picture) {
	to, ok := b.absolute(p.URL)
	if !ok {
		if strings.HasPrefix(p.URL, "data:") {
			b.warn("a picture that was written into the text was left out")
		} else {
			b.warn("a picture without an address was left out")
		}
		return
	}
	p.URL = to
	b.interrupt()
	caption := captionText(p.Caption)
	if b.opt.Picture != nil {
		if block, found := b.opt.Picture(p); found {
			block.Kind, block.Alt = prose.Image, oneLine(p.Alt)
			if len(caption) > 0 {
				block.Caption = caption
			}
			if p.Credit != "" {
				block.Credit = Line(p.Credit)
			}
			b.out = append(b.out, block)
			return
		}
	}
	b.warn("the picture %s did not come along; a link to it stands in the text", short(to))
	words := caption
	if len(words) == 0 {
		words = prose.Plain(oneLine(p.Alt))
	}
	if len(words) == 0 {
		words = prose.Plain(nameOf(to))
	}
	for i := range words {
		words[i].Link = to
	}
	b.out = append(b.out, prose.Block{Kind: prose.Paragraph, Text: words})
}

// once drops a picture that the text repeats directly below the lead.
func (b *builder) once(string) {
	if len(b.out) > 1 && b.out[0].Kind == prose.Image && b.out[1].Kind == prose.Image && b.out[0].Src == b.out[1].Src {
		if len(b.out[1].Caption) == 0 {
			b.out[1].Caption = b.out[0].Caption
		}
		b.out = b.out[1:]
	}
}

// interrupt ends the text at hand so that a block can stand here; a list or
// quotation that is open goes on after it.
func (b *builder) interrupt() {
	level := b.level
	b.flush()
	b.level = level
	if b.lists > 0 && b.tables == 0 {
		b.putList()
	}
	if b.quotes > 0 && b.tables == 0 {
		b.putQuote()
	}
	if b.tables > 0 {
		b.putTable()
	}
}

func captionText(html string) prose.Text {
	if html == "" {
		return nil
	}
	if !strings.ContainsAny(html, "<&") {
		return prose.Plain(oneLine(html))
	}
	inner := &builder{}
	inner.html(html, false)
	inner.flush()
	var t prose.Text
	for i := range inner.out {
		if inner.out[i].Kind == prose.Paragraph {
			t = append(spaced(t), inner.out[i].Text...)
		}
	}
	return t
}

// address makes a link that a reader can follow: http, https, mailto or a path.
// A link to the site that the text comes from becomes a path.
func (b *builder) address(raw string) (string, bool) {
	to, ok := tidyAddress(raw)
	if !ok {
		return "", false
	}
	if b.host == "" || to[0] == '/' {
		return to, true
	}
	u, err := url.Parse(to)
	if err != nil || strings.TrimPrefix(strings.ToLower(u.Host), "www.") != b.host || strings.Contains(u.Path, "/wp-content/") || strings.HasPrefix(u.Path, "/content/") {
		return to, true
	}
	local := u.EscapedPath()
	if local == "" || local[0] != '/' || strings.HasPrefix(local, "//") {
		return to, true
	}
	if u.RawQuery != "" {
		local += "?" + u.RawQuery
	}
	return local, true
}

// absolute is an address with its host, for pictures; a path stays one.
func (b *builder) absolute(raw string) (string, bool) { return tidyAddress(raw) }

// tidyAddress mends what browsers mend and refuses what leads nowhere good.
func tidyAddress(raw string) (string, bool) {
	to := strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' || r == '\u00a0' })
	if to == "" || to[0] == '#' || len(to) > 4000 || !utf8.ValidString(to) {
		return "", false
	}
	if strings.HasPrefix(to, "//") {
		to = "https:" + to
	}
	to = strings.ReplaceAll(to, " ", "%20")
	for _, r := range to {
		if r <= ' ' || r == '\\' || (r >= 0x7f && r < 0xa0) || r == utf8.RuneError || unicode.Is(unicode.Cf, r) && r != 0x200c && r != 0x200d || r == 0x2028 || r == 0x2029 {
			return "", false
		}
	}
	scheme, rest, found := strings.Cut(to, ":")
	if found && !strings.ContainsAny(scheme, "/?#") {
		switch strings.ToLower(scheme) {
		case "http", "https":
			host, ok := strings.CutPrefix(rest, "//")
			return to, ok && host != "" && !strings.ContainsAny(host[:1], "/?#")
		case "mailto":
			return to, rest != ""
		default:
			return "", false
		}
	}
	if to[0] != '/' {
		to = "/" + strings.TrimPrefix(to, "./")
	}
	return to, !strings.HasPrefix(to, "//")
}

func short(address string) string {
	s, _ := Cut(address, 120)
	return s
}

func nameOf(address string) string {
	if u, err := url.Parse(address); err == nil && path.Base(u.Path) != "/" && path.Base(u.Path) != "." {
		return oneLine(path.Base(u.Path))
	}
	return short(address)
}
