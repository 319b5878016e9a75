package prose

import (
	"strconv"
	"time"
)

// AppendHTML appends the article's text as HTML to dst. Only the tags and
// attributes written out below can come out of it, whatever the document holds:
// words are escaped, links and images that Parse would refuse are left out, and
// so are characters that HTML forbids.
//
// A block written in the other direction than most of the text says so with
// dir; dir="auto" would be wrong for the many Persian paragraphs that begin
// with a Latin name.
func (d Doc) AppendHTML(dst []byte) []byte { return d.AppendArticle(dst, HTML{}) }

// HTML says how a page of a site dresses an article. The zero value gives
// HTML that stands by itself, in a feed or a mail.
type HTML struct {
	// Statement gives a statement its number in the article and the words by
	// which a link to it is read out; 0 hides it. Nil hides all.
	Statement func(id string) (number int, label string)
	// Note is what the links to a footnote and back to its place are called.
	// Nil writes footnotes without links.
	Note func(number int) (there, back string)
	// Picture returns the srcset of a picture of ours, "" for none.
	Picture func(src string, width, height int) (srcset string)
	// Sizes goes with every srcset.
	Sizes string
	// Time writes a moment for readers. Nil writes it as in 2026-11-22 10:00 UTC.
	Time func(time.Time) string
	// Captured says, in words, when the matter of an embed was kept. Nil says
	// the time alone.
	Captured func(at string) string
}

// AppendArticle is AppendHTML as a page wants it: with a raised number after
// the last words of each statement that leads to #s1 and can be come back to at
// #r1, with footnotes (#n1 and #m1), and with entries of a live blog as
// sections (#e-id).
func (d Doc) AppendArticle(dst []byte, o HTML) []byte {
	w := writer{HTML: o, dst: dst}
	if o.Statement != nil {
		w.left = d.statementSpans()
	}
	usual := d.direction()
	inEntry := false
	for i := range d.Blocks {
		b := &d.Blocks[i]
		dir := ""
		if own := b.direction(); own*usual < 0 {
			dir = ` dir="ltr"`
			if own < 0 {
				dir = ` dir="rtl"`
			}
		}
		if b.Kind == Entry {
			if inEntry {
				w.raw("</section>\n")
			}
			inEntry = true
		}
		before := len(w.dst)
		w.block(b, dir, i == 0)
		if len(w.dst) > before {
			w.dst = append(w.dst, '\n')
		}
	}
	if inEntry {
		w.raw("</section>\n")
	}
	w.footnotes()
	return w.dst
}

// writer writes one article.
type writer struct {
	HTML
	dst   []byte
	left  map[string]int // spans of each statement that are still to come
	notes []string
}

func (w *writer) raw(s string)    { w.dst = append(w.dst, s...) }
func (w *writer) escape(s string) { w.dst = escape(w.dst, s) }
func (w *writer) number(n int)    { w.dst = strconv.AppendInt(w.dst, int64(n), 10) }

func (w *writer) attribute(name, value string) {
	w.raw(name)
	w.escape(value)
	w.raw(`"`)
}

func (w *writer) block(b *Block, dir string, first bool) {
	switch b.Kind {
	case Paragraph:
		w.element("p", dir, b.Text)
	case Heading:
		w.element([...]string{"h2", "h3", "h4"}[min(max(b.Level, 2), 4)-2], dir, b.Text)
	case Quote:
		w.quote(b, dir)
	case List:
		tag := "ul"
		if b.Ordered {
			tag = "ol"
		}
		w.start(tag, dir)
		for _, t := range b.Items {
			w.element("li", "", t)
		}
		w.end(tag)
	case Image:
		w.image(b, dir, first)
	case Rule:
		w.raw("<hr>")
	case Embed:
		w.embed(b, dir)
	case Table:
		w.table(b, dir)
	case Entry:
		w.entry(b, dir)
	default:
	}
}

func (w *writer) quote(b *Block, dir string) {
	if len(b.Cite) > 0 {
		w.start("figure", dir)
		dir = ""
	}
	w.start("blockquote", dir)
	for _, t := range b.Items {
		w.element("p", "", t)
	}
	w.end("blockquote")
	if len(b.Cite) > 0 {
		w.element("figcaption", "", b.Cite)
		w.end("figure")
	}
}

// image loads the image that opens an article at once and the others when they
// come near.
func (w *writer) image(b *Block, dir string, first bool) {
	if !safeImage(b.Src) {
		return
	}
	w.start("figure", dir)
	w.picture(b.Src, b.Alt, b.Width, b.Height, first)
	if len(b.Caption) > 0 || b.Credit != "" || b.Licence != "" {
		w.start("figcaption", "")
		w.text(b.Caption)
		for i, s := range []string{b.Credit, b.Licence} {
			if s == "" {
				continue
			}
			if len(b.Caption) > 0 || (i > 0 && b.Credit != "") {
				w.raw(" ")
			}
			w.raw("<small>")
			w.escape(s)
			w.raw("</small>")
		}
		w.end("figcaption")
	}
	w.end("figure")
}

func (w *writer) picture(src, alt string, width, height int, now bool) {
	w.attribute(`<img src="`, src)
	w.attribute(` alt="`, alt)
	if w.Picture != nil {
		if set := w.Picture(src, width, height); set != "" {
			w.attribute(` srcset="`, set)
			if w.Sizes != "" {
				w.attribute(` sizes="`, w.Sizes)
			}
		}
	}
	if width > 0 && height > 0 {
		w.raw(` width="`)
		w.number(width)
		w.raw(`" height="`)
		w.number(height)
		w.raw(`"`)
	}
	if !now {
		w.raw(` loading="lazy"`)
	}
	w.raw(">")
}

func (w *writer) element(tag, attributes string, t Text) {
	w.start(tag, attributes)
	w.text(t)
	w.end(tag)
}

func (w *writer) start(tag, attributes string) {
	w.dst = append(append(w.dst, '<'), tag...)
	w.dst = append(append(w.dst, attributes...), '>')
}

func (w *writer) end(tag string) {
	w.dst = append(append(append(w.dst, '<', '/'), tag...), '>')
}

// text writes marked words; neighbours with the same link share one, unless a
// number stands between them, which is a link itself.
func (w *writer) text(t Text) {
	link := ""
	unlink := func() {
		if link != "" {
			w.raw("</a>")
			link = ""
		}
	}
	for i := range t {
		s := &t[i]
		if s.Link != link {
			unlink()
			if link = s.Link; link != "" && !safeLink(link) {
				link = ""
			}
			if link != "" {
				w.attribute(`<a href="`, link)
				w.raw(">")
			}
		}
		if s.Bold {
			w.raw("<strong>")
		}
		if s.Italic {
			w.raw("<em>")
		}
		w.dst = breaks(w.dst, s.Text)
		if s.Italic {
			w.raw("</em>")
		}
		if s.Bold {
			w.raw("</strong>")
		}
		if s.Note != "" || w.left[s.Statement] == 1 {
			unlink()
		}
		w.marks(s)
	}
	unlink()
}

// marks writes the numbers that stand after a span.
func (w *writer) marks(s *Span) {
	if s.Statement != "" && w.left[s.Statement] > 0 {
		if w.left[s.Statement]--; w.left[s.Statement] == 0 {
			if n, label := w.HTML.Statement(s.Statement); n > 0 {
				w.mark("s", "r", n, label)
			}
		}
	}
	if s.Note != "" {
		w.note(s.Note)
	}
}
