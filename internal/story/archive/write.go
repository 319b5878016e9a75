package archive

import (
	"context"
	"fmt"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/story"
)

// write takes in a batch in one transaction, and tells of each item. When the
// transaction fails, the items are tried one by one, so that only the one at
// fault stays out.
func (r *running) write(ctx context.Context, batch []*work) error {
	err := r.commit(ctx, batch)
	if err != nil && len(batch) > 1 && fault.KindOf(err) != fault.Unavailable && ctx.Err() == nil {
		for _, w := range batch {
			if err := r.commit(ctx, []*work{w}); err != nil {
				if fault.KindOf(err) == fault.Unavailable {
					return err
				}
				w.refuse(err)
			}
		}
	} else if err != nil {
		if fault.KindOf(err) == fault.Unavailable || ctx.Err() != nil {
			return err
		}
		batch[0].refuse(err)
	}
	for _, w := range batch {
		if err := r.count(w); err != nil {
			return err
		}
	}
	if r.run.Progress != nil {
		r.run.Progress(Progress{Done: r.done, Total: r.about.total, Counts: r.counts})
	}
	return nil
}

func (w *work) refuse(err error) {
	w.line.Outcome = Refused
	if w.line.Error = fault.Message(err); w.line.Error == "" {
		w.line.Error = err.Error()
	}
}

func (r *running) count(w *work) error {
	c := &r.counts
	if w.key != "" {
		r.done++
	}
	switch w.line.Outcome {
	case Fresh:
		c.New++
	case Already:
		c.Already++
	case Changed:
		c.Changed++
	case Shown:
		c.Shown++
	case Refused:
		c.Refused++
	default:
		return fmt.Errorf("the unknown outcome %q", w.line.Outcome)
	}
	if (w.line.Outcome == Fresh || w.line.Outcome == Shown) && w.line.State == string(story.Published) {
		c.Published++
	}
	c.Comments += len(w.line.Comments)
	return r.told(w.line)
}

func (r *running) tell(l Line) error {
	if l.Outcome == Refused {
		r.counts.Refused++
	}
	return r.told(l)
}

func (r *running) told(l Line) error {
	if l.Warnings == nil {
		l.Warnings = []Warning{}
	}
	if r.run.Told == nil {
		return nil
	}
	return r.run.Told(l)
}

func (r *running) commit(ctx context.Context, batch []*work) error {
	if r.run.DryRun {
		return r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
			for _, w := range batch {
				if err := r.rehearse(ctx, r.desk.Bulk(tx), w); err != nil {
					return err
				}
			}
			return nil
		})
	}
	addresses := 0
	err := r.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		addresses = 0
		bulk := r.desk.Bulk(tx)
		for _, w := range batch {
			n, err := r.one(ctx, tx, bulk, w)
			if err != nil {
				return err
			}
			addresses += n
		}
		return bulk.Done(ctx)
	})
	if err == nil {
		r.counts.Addresses += addresses
	}
	return err
}

// rehearse says what would become of an item.
func (r *running) rehearse(ctx context.Context, bulk *story.Bulk, w *work) error {
	if w.line.Outcome == Refused {
		return nil
	}
	if !w.isKnown {
		if r.run.Publish && w.public {
			w.line.State = string(story.Published)
		}
		r.counts.Addresses += len(w.addresses)
		return nil
	}
	s, err := bulk.Find(ctx, w.known.story)
	if err != nil {
		return err
	}
	w.of(&s, Already)
	switch {
	case !w.same:
		w.line.Outcome = Changed
	case r.run.Publish && w.public && s.State == story.Drafted && s.Latest == w.known.revision:
		w.line.Outcome, w.line.State = Shown, string(story.Published)
	}
	return nil
}

// one writes an item and returns how many old addresses lead to it now.
func (r *running) one(ctx context.Context, tx *db.Tx, bulk *story.Bulk, w *work) (addresses int, err error) {
	if w.line.Outcome == Refused {
		return 0, nil
	}
	if !w.isKnown {
		s, err := bulk.Take(ctx, &story.Incoming{Text: w.text, Publish: r.run.Publish && w.public, Published: w.published, Updated: w.updated})
		if err != nil {
			return 0, err
		}
		if err := insertItem(ctx, tx, w.key, known{s.ID, w.hash, s.Latest}); err != nil {
			return 0, err
		}
		w.of(&s, Fresh)
		return lead(ctx, tx, w, &s)
	}
	s, err := bulk.Find(ctx, w.known.story)
	if err != nil {
		return 0, err
	}
	w.of(&s, Already)
	if !w.same {
		var beside bool
		if s, beside, err = bulk.TakeAgain(ctx, s.ID, w.known.revision, w.text); err != nil {
			return 0, err
		}
		w.of(&s, Changed)
		switch {
		case beside:
			w.warn("it was worked on here since it was brought in, and its text is another one there too: that one is kept beside, to be merged")
		case s.State != story.Drafted && s.Latest != w.known.revision:
			w.warn("its text is another one there now: it is revision %d here, and readers see the one they had until you publish it", s.Latest)
			w.known.revision = s.Latest
		default:
			w.known.revision = s.Latest
		}
		if err := updateItem(ctx, tx, w.key, known{s.ID, w.hash, w.known.revision}); err != nil {
			return 0, err
		}
	}
	if r.run.Publish && w.public && s.State == story.Drafted && s.Latest == w.known.revision && len(s.Body.Blocks) > 0 {
		if s, err = bulk.Show(ctx, s.ID, w.published, w.updated); err != nil {
			return 0, err
		}
		w.of(&s, Shown)
	}
	return lead(ctx, tx, w, &s)
}

// lead makes the old addresses of an item lead to its story.
func lead(ctx context.Context, tx *db.Tx, w *work, s *story.Story) (n int, err error) {
	own := s.Path()
	for _, p := range w.addresses {
		if p == own {
			continue
		}
		fresh, err := insertAddress(ctx, tx, p, s.ID)
		if err != nil {
			return n, err
		}
		if fresh {
			n++
		}
	}
	return n, nil
}

// of takes over how the story is.
func (w *work) of(s *story.Story, o Outcome) {
	w.line.ID, w.line.Slug, w.line.Title, w.line.State, w.line.Path = s.ID, s.Slug, s.Headline, string(s.State), s.Path()
	w.line.Paragraphs, w.line.Outcome, w.line.Already = len(s.Body.Blocks), o, o != Fresh
}
