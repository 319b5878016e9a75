package prose

import "time"

// mark writes a raised number that leads to #<to><n> and can be come back to at
// #<here><n>.
func (w *writer) mark(to, here string, n int, label string) {
	w.raw(`<sup><a href="#` + to)
	w.number(n)
	w.raw(`" id="` + here)
	w.number(n)
	if label != "" {
		w.attribute(`" aria-label="`, label)
	} else {
		w.raw(`"`)
	}
	w.raw(">")
	w.number(n)
	w.raw("</a></sup>")
}

func (w *writer) note(words string) {
	w.notes = append(w.notes, words)
	n := len(w.notes)
	if w.Note == nil {
		w.raw("<sup>")
		w.number(n)
		w.raw("</sup>")
		return
	}
	there, _ := w.Note(n)
	w.mark("n", "m", n, there)
}

func (w *writer) footnotes() {
	if len(w.notes) == 0 {
		return
	}
	w.raw("<hr>\n<ol>")
	for i, words := range w.notes {
		if w.Note == nil {
			w.raw("<li>")
			w.dst = breaks(w.dst, words)
			w.raw("</li>")
			continue
		}
		_, back := w.Note(i + 1)
		w.raw(`<li id="n`)
		w.number(i + 1)
		w.raw(`">`)
		w.dst = breaks(w.dst, words)
		w.raw(` <a href="#m`)
		w.number(i + 1)
		w.attribute(`" aria-label="`, back)
		w.raw(">↑</a></li>")
	}
	w.raw("</ol>\n")
}

func (w *writer) table(b *Block, dir string) {
	if len(b.Rows) == 0 {
		return
	}
	w.start("table", dir)
	if len(b.Caption) > 0 {
		w.element("caption", "", b.Caption)
	}
	rows := b.Rows
	if b.Head {
		w.raw("<thead>")
		w.row(rows[0], "th", ` scope="col"`)
		w.raw("</thead>")
		rows = rows[1:]
	}
	if len(rows) > 0 {
		w.raw("<tbody>")
		for _, row := range rows {
			w.row(row, "td", "")
		}
		w.raw("</tbody>")
	}
	w.end("table")
}

func (w *writer) row(row []Text, tag, attributes string) {
	w.raw("<tr>")
	for _, t := range row {
		if len(t) == 0 && tag == "th" { // a heading without words names nothing
			w.element("td", "", t)
			continue
		}
		w.element(tag, attributes, t)
	}
	w.raw("</tr>")
}

// entry begins a section, which AppendArticle ends.
func (w *writer) entry(b *Block, dir string) {
	w.raw("<section")
	if named(b.ID, maxID) {
		w.attribute(` id="e-`, b.ID)
	}
	w.raw(dir + ">")
	if !b.At.IsZero() {
		w.raw("<p>")
		w.time(b.At)
		w.raw("</p>")
	}
	if len(b.Text) > 0 {
		w.element("h2", "", b.Text)
	}
}

func (w *writer) time(at time.Time) {
	w.attribute(`<time datetime="`, at.UTC().Format(time.RFC3339))
	w.raw(">")
	w.escape(w.clock(at))
	w.raw("</time>")
}

func (w *writer) clock(at time.Time) string {
	if w.Time != nil {
		return w.Time(at)
	}
	return at.UTC().Format("2006-01-02 15:04 UTC")
}

// embed writes a link to foreign matter, for which we vouch to nobody, and what
// was kept of it: its words stay quotable when they are gone there.
func (w *writer) embed(b *Block, dir string) {
	if !safeLink(b.URL) {
		return
	}
	card := len(b.Saved) > 0 || b.Author != "" || !b.Captured.IsZero() || safeImage(b.Still)
	if !card {
		w.start("p", dir)
		w.outward(b)
		w.end("p")
		return
	}
	w.start("figure", dir)
	if safeImage(b.Still) {
		w.picture(b.Still, "", 0, 0, false)
	}
	if len(b.Saved) > 0 {
		w.raw("<blockquote>")
		w.element("p", "", b.Saved)
		w.raw("</blockquote>")
	}
	w.raw("<figcaption>")
	if b.Author != "" {
		w.escape(b.Author)
		w.raw(" · ")
	}
	w.outward(b)
	if !b.Captured.IsZero() {
		w.raw(" · ")
		if w.Captured != nil {
			w.escape(w.Captured(w.clock(b.Captured)))
		} else {
			w.time(b.Captured)
		}
	}
	w.raw("</figcaption></figure>")
}

func (w *writer) outward(b *Block) {
	w.attribute(`<a href="`, b.URL)
	w.raw(` rel="nofollow noopener">`)
	if len(b.Text) == 0 {
		w.escape(b.URL)
	}
	for i := range b.Text {
		w.escape(b.Text[i].Text)
	}
	w.raw("</a>")
	for i := range b.Text {
		w.marks(&b.Text[i])
	}
}
