package prose

import (
	"slices"
	"time"
)

// texts calls visit for each text of the block, in the order in which a reader
// meets them; visit may change it.
func (b *Block) texts(visit func(*Text)) {
	switch b.Kind {
	case Paragraph, Heading, Entry:
		visit(&b.Text)
	case Quote:
		visitAll(b.Items, visit)
		visit(&b.Cite)
	case List:
		visitAll(b.Items, visit)
	case Image:
		visit(&b.Caption)
	case Table:
		visit(&b.Caption)
		for _, row := range b.Rows {
			visitAll(row, visit)
		}
	case Embed:
		visit(&b.Saved)
		visit(&b.Text)
	case Rule:
	default:
	}
}

func visitAll(list []Text, visit func(*Text)) {
	for i := range list {
		visit(&list[i])
	}
}

// Texts calls visit for each text of the document in reading order, with the
// number of its block. Visit may change the text, but the document must be the
// caller's own: see Clone.
func (d Doc) Texts(visit func(block int, t *Text)) {
	for i := range d.Blocks {
		d.Blocks[i].texts(func(t *Text) { visit(i, t) })
	}
}

// Statements are the ids of the statements in the document, in the order in
// which they begin.
func (d Doc) Statements() []string {
	var ids []string
	d.Texts(func(_ int, t *Text) {
		for i := range *t {
			if id := (*t)[i].Statement; id != "" && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	})
	return ids
}

// Statement is the words that carry a statement, cut where it is interrupted.
func (d Doc) Statement(id string) []string {
	var parts []string
	d.Texts(func(_ int, t *Text) {
		open := false
		for i := range *t {
			s := &(*t)[i]
			switch {
			case s.Statement != id:
				open = false
			case open:
				parts[len(parts)-1] += s.Text
			default:
				parts = append(parts, s.Text)
				open = true
			}
		}
	})
	return parts
}

// statementSpans counts the spans of each statement.
func (d Doc) statementSpans() map[string]int {
	var n map[string]int
	d.Texts(func(_ int, t *Text) {
		for i := range *t {
			if id := (*t)[i].Statement; id != "" {
				if n == nil {
					n = map[string]int{}
				}
				n[id]++
			}
		}
	})
	return n
}

// Notes are the footnotes in the order of their numbers.
func (d Doc) Notes() []string {
	var notes []string
	d.Texts(func(_ int, t *Text) {
		for i := range *t {
			if (*t)[i].Note != "" {
				notes = append(notes, (*t)[i].Note)
			}
		}
	})
	return notes
}

// Clone is a copy that shares nothing with d that can be changed.
func (d Doc) Clone() Doc {
	d.Blocks = slices.Clone(d.Blocks)
	for i := range d.Blocks {
		b := &d.Blocks[i]
		b.Items = slices.Clone(b.Items)
		b.Rows = slices.Clone(b.Rows)
		for j := range b.Rows {
			b.Rows[j] = slices.Clone(b.Rows[j])
		}
		b.texts(func(t *Text) { *t = slices.Clone(*t) })
	}
	return d
}

// LiveEntry is one report of a live blog: the blocks From, which is the entry's
// own, up to but without To.
type LiveEntry struct {
	ID       string
	At       time.Time
	Title    string
	Key, Pin bool
	From, To int
}

// Entries are the reports of a live blog as they stand.
func (d Doc) Entries() []LiveEntry {
	var out []LiveEntry
	for i := range d.Blocks {
		b := &d.Blocks[i]
		if b.Kind != Entry {
			continue
		}
		if n := len(out); n > 0 {
			out[n-1].To = i
		}
		out = append(out, LiveEntry{ID: b.ID, At: b.At, Title: b.Text.String(), Key: b.Key, Pin: b.Pin, From: i, To: len(d.Blocks)})
	}
	return out
}

// Arranged is the document with its pinned entries before the others, as
// readers get it; the rest keeps its order.
func (d Doc) Arranged() Doc {
	entries := d.Entries()
	if !slices.ContainsFunc(entries, func(e LiveEntry) bool { return e.Pin }) {
		return d
	}
	blocks := slices.Clone(d.Blocks[:entries[0].From])
	for _, pinned := range []bool{true, false} {
		for _, e := range entries {
			if e.Pin == pinned {
				blocks = append(blocks, d.Blocks[e.From:e.To]...)
			}
		}
	}
	d.Blocks = blocks
	return d
}

// Bare is the document as far as its readers' words go: without the marks of
// statements, the names of blocks, and the flags of live entries. Two texts
// that readers cannot tell apart are the same when bare.
func (d Doc) Bare() Doc {
	d = d.Clone()
	for i := range d.Blocks {
		b := &d.Blocks[i]
		b.Key, b.Pin = false, false
		if b.Kind != Entry {
			b.ID = ""
		}
	}
	d.Texts(func(_ int, t *Text) {
		for i := range *t {
			(*t)[i].Statement = ""
		}
		*t = t.joined()
	})
	return d
}
