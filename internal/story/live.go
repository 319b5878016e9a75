package story

import (
	"context"
	"slices"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
)

// Entry is what an editor writes into a live blog.
type Entry struct {
	Title  string
	Blocks []prose.Block
	At     time.Time // zero is now
	Key    bool      // a key event
	Pin    bool
}

func (e *Entry) blocks(id string, now time.Time) []prose.Block {
	at := e.At
	if at.IsZero() {
		at = now
	}
	head := prose.Block{Kind: prose.Entry, ID: id, At: at.UTC().Truncate(time.Second), Text: prose.Plain(e.Title), Key: e.Key, Pin: e.Pin}
	return append([]prose.Block{head}, slices.DeleteFunc(slices.Clone(e.Blocks), func(b prose.Block) bool { return b.Kind == prose.Entry })...)
}

// AddEntry puts a report on top of a live blog and returns its id. With publish
// readers of a public one have it at once: it takes no word away, so it needs no
// note. Whatever else waits in the newest text goes on waiting.
func (d *Desk) AddEntry(ctx context.Context, id string, e Entry, by string, publish bool) (s Story, entry string, err error) {
	if e.Title == "" && len(e.Blocks) == 0 {
		return s, "", fault.Invalidf("There is nothing in this report")
	}
	entry = d.ids.Secret()[:10]
	s, err = d.live(ctx, id, by, publish, nil, func(tx *db.Tx, body *prose.Doc) error {
		at := slices.IndexFunc(body.Blocks, func(b prose.Block) bool { return b.Kind == prose.Entry })
		if at < 0 {
			at = len(body.Blocks)
		}
		body.Blocks = slices.Insert(slices.Clone(body.Blocks), at, e.blocks(entry, tx.Now)...)
		return nil
	})
	return s, entry, d.failed("adding to a live blog", err)
}

// EditEntry gives a report other words. When readers have it, note tells them.
func (d *Desk) EditEntry(ctx context.Context, id, entry string, e Entry, note Note) (s Story, err error) {
	publish := note.Text != ""
	if publish {
		if !note.Kind.Corrects() {
			return s, fault.Invalidf("A correction is of the kind typo, fact or update, not %q", note.Kind)
		}
		if err := note.tidy(); err != nil {
			return s, err
		}
	}
	s, err = d.live(ctx, id, note.By, publish, &note, func(tx *db.Tx, body *prose.Doc) error {
		from, to, err := findEntry(body, entry)
		if err != nil {
			return err
		}
		if e.At.IsZero() {
			e.At = body.Blocks[from].At
		}
		body.Blocks = slices.Replace(slices.Clone(body.Blocks), from, to, e.blocks(entry, tx.Now)...)
		return nil
	})
	return s, d.failed("changing a live blog", err)
}

// PinEntry keeps a report above the others, or lets it go.
func (d *Desk) PinEntry(ctx context.Context, id, entry string, pin bool, by string) (s Story, err error) {
	s, err = d.live(ctx, id, by, true, nil, func(_ *db.Tx, body *prose.Doc) error {
		from, _, err := findEntry(body, entry)
		if err != nil {
			return err
		}
		body.Blocks = slices.Clone(body.Blocks)
		body.Blocks[from].Pin = pin
		return nil
	})
	return s, d.failed("pinning a report", err)
}

// RemoveEntry takes a report out of a live blog. When readers have it, note
// tells them; what it said stays in the version before.
func (d *Desk) RemoveEntry(ctx context.Context, id, entry string, note Note) (s Story, err error) {
	publish := note.Text != ""
	if publish {
		if !note.Kind.Corrects() {
			return s, fault.Invalidf("A correction is of the kind typo, fact or update, not %q", note.Kind)
		}
		if err := note.tidy(); err != nil {
			return s, err
		}
	}
	removed := false
	s, err = d.live(ctx, id, note.By, publish, &note, func(_ *db.Tx, body *prose.Doc) error {
		from, to, err := findEntry(body, entry)
		if err != nil {
			if removed { // the newest text had lost it before
				return nil
			}
			return err
		}
		removed = true
		body.Blocks = slices.Delete(slices.Clone(body.Blocks), from, to)
		return nil
	})
	return s, d.failed("taking a report out of a live blog", err)
}

func findEntry(body *prose.Doc, id string) (from, to int, err error) {
	for _, e := range body.Entries() {
		if e.ID == id && id != "" {
			return e.From, e.To, nil
		}
	}
	return 0, 0, fault.Missingf("There is no such report in this live blog")
}

// live changes the text that readers have, and with it the newest text when
// that is another one.
func (d *Desk) live(ctx context.Context, id, by string, publish bool, note *Note, change func(tx *db.Tx, body *prose.Doc) error) (s Story, err error) {
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if s, err = d.locked(ctx, tx, id); err != nil {
			return err
		}
		waiting := s.Latest
		amend := func(text Story) error {
			draft := text.Draft()
			draft.Editor, draft.Live = by, true
			if err := change(tx, &draft.Body); err != nil {
				return err
			}
			if draft, err = d.tidyFor(&s, draft); err != nil {
				return err
			}
			saved, err := d.save(ctx, tx, s, SavedEntry, text.Revision, draft)
			s.Latest = saved.Latest
			return err
		}
		newest := s
		if s.Revision != s.Latest {
			if _, err := selectRevision(ctx, tx, &newest, s.Latest); err != nil {
				return err
			}
		}
		if !publish || s.State != Published {
			if err := amend(newest); err != nil {
				return err
			}
			s, err = d.one(ctx, tx, byID, id)
			return err
		}
		public := s.Revision
		if err := amend(s); err != nil {
			return err
		}
		order := Order{By: by}
		if note != nil {
			order.Override = note.Override
		}
		shown, _, err := d.publish(ctx, tx, id, publishing{Order: order, revision: s.Latest, note: note, addition: note == nil})
		if err != nil {
			return err
		}
		if waiting != public {
			s = shown
			if err := amend(newest); err != nil {
				return err
			}
			shown.Latest = s.Latest
		}
		s = shown
		return nil
	})
	return s, err
}
