package story

import (
	"context"
	"slices"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Tidied is a draft that was found fit to be kept.
type Tidied struct{ draft Draft }

// Tidy checks a draft ahead of the transaction that writes it. Its errors are
// fault.Invalid.
func (d *Desk) Tidy(draft Draft) (Tidied, error) {
	draft, err := draft.tidy(d.opt.DefaultLang)
	return Tidied{draft}, err
}

// Draft is the draft as it will be kept.
func (t *Tidied) Draft() Draft { return t.draft }

// Bulk takes in stories that came out elsewhere, many in one transaction of the
// caller's. What can be wrong with a text Tidy has said; any error here is the
// database's. Done ends it.
//
// A text from an archive went through its own newsroom's hands: the gates, the
// approval and the checklist of this one are not asked. The trail gets one line
// for the whole.
type Bulk struct {
	desk  *Desk
	tx    *db.Tx
	lists map[string]bool // whose pages changed
	taken int
}

// Bulk begins to take in stories.
func (d *Desk) Bulk(tx *db.Tx) *Bulk { return &Bulk{desk: d, tx: tx, lists: map[string]bool{}} }

// Incoming is a story that came out elsewhere.
type Incoming struct {
	Text      Tidied
	Publish   bool
	Published time.Time // when it came out; zero, or yet to come, is now
	Updated   time.Time // when its text last changed; zero is its publication
}

// Take keeps a story as a new one.
func (b *Bulk) Take(ctx context.Context, in *Incoming) (Story, error) {
	d, tx, draft := b.desk, b.tx, in.Text.draft
	s := Story{
		ID: d.ids.Secret(), Group: draft.Group, Lang: draft.Lang, Slug: draft.Slug, State: Drafted, Stage: Writing,
		Revision: 1, Latest: 1, Created: tx.Now, Updated: tx.Now, Touched: tx.Now, prefix: d.prefix(draft.Lang),
	}
	if s.Group == "" {
		s.Group = s.ID
	}
	s.take(draft)
	if err := insertStory(ctx, tx, &s); err != nil {
		return s, err
	}
	if err := insertRevision(ctx, tx, s.ID, 1, SavedBegin, 0, &draft, nil); err != nil {
		return s, err
	}
	b.taken++
	if !in.Publish || len(s.Body.Blocks) == 0 {
		return s, nil
	}
	if err := d.appear(ctx, tx, &s, b.cameOut(in.Published)); err != nil {
		return s, err
	}
	s.State, s.Stage = Published, Writing
	b.updated(&s, in.Updated)
	if err := updateStory(ctx, tx, &s); err != nil {
		return s, err
	}
	if err := d.nameBylines(ctx, tx, &s); err != nil {
		return s, err
	}
	p := Publication{Revision: 1, Kind: KindPublish, At: s.Published, Digest: s.digest()}
	if err := d.enter(ctx, tx, &s, &p); err != nil {
		return s, err
	}
	for _, tell := range d.opt.Published {
		if err := tell(ctx, tx, &s); err != nil {
			return s, err
		}
	}
	b.lists[s.Lang+"/"] = true
	if s.Section != "" {
		b.lists[s.Lang+"/"+s.Section] = true
	}
	return s, nil
}

func (b *Bulk) cameOut(at time.Time) time.Time {
	if at.IsZero() || at.After(b.tx.Now) || at.Year() < 1 {
		return b.tx.Now
	}
	return at
}

func (b *Bulk) updated(s *Story, at time.Time) {
	if at.After(s.Published) && !at.After(b.tx.Now) {
		s.Updated = at.UTC().Truncate(time.Microsecond)
	}
}

// Show publishes a story that was taken in as a draft, at the time it came out.
func (b *Bulk) Show(ctx context.Context, id string, at, updated time.Time) (Story, error) {
	s, _, err := b.desk.publish(ctx, b.tx, id, publishing{Order: Order{At: b.cameOut(at)}})
	if err != nil {
		return s, err
	}
	b.taken++
	b.updated(&s, updated)
	return s, updateStory(ctx, b.tx, &s)
}

// TakeAgain keeps the text that a story has elsewhere now as its newest
// revision. Readers of a published one keep the text they have until somebody
// publishes it. When the story was worked on here since base, the text is kept
// beside, to be merged.
func (b *Bulk) TakeAgain(ctx context.Context, id string, base int, text Tidied) (s Story, beside bool, err error) {
	if s, err = b.desk.locked(ctx, b.tx, id); err != nil {
		return s, false, err
	}
	b.taken++
	draft := text.draft
	draft.Lang, draft.Group, draft.Slug = s.Lang, s.Group, s.Slug
	if s.Latest != base {
		_, err = b.desk.beside(ctx, b.tx, &s, base, draft) //nolint:errcheck // that it is stale is what the caller is told
		return s, true, err
	}
	saved, err := b.desk.save(ctx, b.tx, s, SavedText, base, draft)
	if err != nil {
		return s, false, err
	}
	if s, err = b.desk.one(ctx, b.tx, byID, id); err == nil {
		s.Latest = saved.Latest
	}
	return s, false, err
}

// Find reads a story inside the transaction.
func (b *Bulk) Find(ctx context.Context, id string) (Story, error) {
	return b.desk.one(ctx, b.tx, byID, id)
}

// Done tells the change feed which lists are others now, and the trail that
// stories were taken in.
func (b *Bulk) Done(ctx context.Context) error {
	if b.taken == 0 {
		return nil
	}
	lists := make([]string, 0, len(b.lists))
	for l := range b.lists {
		lists = append(lists, l)
	}
	slices.Sort(lists)
	for _, l := range lists {
		if err := b.tx.Change(ctx, ChangeList, l); err != nil {
			return err
		}
	}
	return b.desk.record(ctx, b.tx, "", "story.import", "")
}

// PathOf is the address of a story.
func (d *Desk) PathOf(lang string, year int, month time.Month, slug string) string {
	return path(d.prefix(lang), year, month, slug)
}

// Restored tells what is built on stories of one whose rows were written as
// they are, so that it is found and its pictures and statements are counted.
func (b *Bulk) Restored(ctx context.Context, id string) error {
	s, err := b.Find(ctx, id)
	if err != nil || s.State == Drafted {
		return err
	}
	for _, tell := range b.desk.opt.Published {
		if err := tell(ctx, b.tx, &s); err != nil {
			return err
		}
	}
	b.taken++
	b.lists[s.Lang+"/"] = true
	if s.Section != "" {
		b.lists[s.Lang+"/"+s.Section] = true
	}
	return nil
}

// Readable says whether a revision whose rows were written as they are is one
// that this desk would have kept itself. Its errors are fault.Invalid.
func (b *Bulk) Readable(ctx context.Context, id string, revision int) error {
	s, err := b.desk.one(ctx, b.tx, byID, id)
	if err != nil {
		return fault.Wrap(fault.Invalid, "The story cannot be read", err)
	}
	if revision != s.Revision {
		if _, err := selectRevision(ctx, b.tx, &s, revision); err != nil {
			return fault.Wrap(fault.Invalid, "A revision of the story cannot be read", err)
		}
	}
	if s.State == Drafted && s.Year != 0 || s.State != Drafted && (s.Year < 1 || s.Month < 1 || s.Month > 12) {
		return fault.Invalidf("The story has no month that goes with its state %q", s.State)
	}
	_, err = s.Draft().tidy(b.desk.opt.DefaultLang)
	return err
}
