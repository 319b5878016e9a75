package story

import (
	"context"
	"fmt"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
)

// StaleError says that a text was saved on top of an older one than the newest.
// It is a Conflict, and nothing is lost: the text is kept as a side version, to
// be merged with what a colleague saved.
type StaleError struct {
	Side   int   // of the version that was kept
	Base   Story // what both began from; without a text when that is not known
	Theirs Story // the newest revision
	Mine   Draft
}

// Error says so in the words of an editor.
func (e *StaleError) Error() string {
	return fmt.Sprintf("This story was saved by somebody else meanwhile (revision %d). Your text is kept beside theirs", e.Theirs.Revision)
}

// Unwrap makes it a Conflict.
func (e *StaleError) Unwrap() error { return fault.New(fault.Conflict, e.Error()) }

// Merge joins the two texts by block.
func (e *StaleError) Merge() (prose.Doc, []prose.Clash) {
	return prose.Merge(e.Base.Body, e.Mine.Body, e.Theirs.Body)
}

// Revise saves another text of a story. base is the newest revision that the
// editor had seen; when a later one exists the answer is a StaleError and the
// text is kept beside, so that nobody overwrites a colleague unawares and
// nobody's words are lost. A text that is the same as the newest makes no
// revision.
//
// The answer holds the new text. Readers of a published story keep seeing the
// one they have until Publish or Correct. Language and group are those of the
// creation, and a published story's address is changed by Rename alone.
func (d *Desk) Revise(ctx context.Context, id string, base int, draft Draft) (s Story, err error) {
	var stale *StaleError
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if s, err = d.locked(ctx, tx, id); err != nil {
			return err
		}
		if base != s.Latest && s.Year != 0 {
			draft.Slug = s.Slug // it may have been renamed since, which is no reason to lose a text
		}
		if draft, err = d.tidyFor(&s, draft); err != nil {
			return err
		}
		if base != s.Latest {
			stale, err = d.beside(ctx, tx, &s, base, draft)
			return err
		}
		s, err = d.save(ctx, tx, s, SavedText, base, draft)
		return err
	})
	if err != nil {
		return Story{}, d.failed("revising a story", err)
	}
	if stale != nil {
		return Story{}, stale
	}
	return s, nil
}

// locked reads a story that nobody else changes until the transaction ends.
func (d *Desk) locked(ctx context.Context, tx *db.Tx, id string) (Story, error) {
	if err := lock(ctx, tx, id); err != nil {
		return Story{}, err
	}
	return d.one(ctx, tx, byID, id)
}

// tidyFor checks a text of a story that exists.
func (d *Desk) tidyFor(s *Story, draft Draft) (Draft, error) {
	if draft.Slug == "" {
		draft.Slug = s.Slug
	}
	draft, err := draft.tidy(s.Lang)
	switch {
	case err != nil:
		return draft, err
	case draft.Lang != s.Lang || (draft.Group != "" && draft.Group != s.Group):
		return draft, fault.Invalidf("A story keeps its language and its group")
	case draft.Slug != s.Slug && s.Year != 0:
		return draft, fault.Invalidf("The address of a published story is changed by renaming it")
	}
	return draft, nil
}

// save makes a tidy draft the newest revision and returns it as the story's
// text. A text that was approved is not the same text any more.
func (d *Desk) save(ctx context.Context, tx *db.Tx, s Story, kind Saved, base int, draft Draft) (Story, error) {
	newest := s
	if newest.Revision != newest.Latest {
		if _, err := selectRevision(ctx, tx, &newest, newest.Latest); err != nil {
			return s, err
		}
	}
	records, err := d.records(ctx, tx, &draft)
	if err != nil {
		return s, err
	}
	if same, err := sameText(&newest, &draft, records); err != nil || same {
		return newest, err
	}
	live := s
	s.Latest++
	if err := insertRevision(ctx, tx, s.ID, s.Latest, kind, base, &draft, records); err != nil {
		return s, err
	}
	s.take(draft)
	s.Slug, s.Revision, s.Records = draft.Slug, s.Latest, records
	if s.Stage == Approved {
		s.Stage = Submitted
	}
	if err := d.saved(ctx, tx, draft.Editor, &s); err != nil {
		return s, err
	}
	if err := d.record(ctx, tx, draft.Editor, "story."+string(kind), s.ID); err != nil {
		return s, err
	}
	if s.State == Drafted {
		s.Updated = tx.Now
		return s, updateStory(ctx, tx, &s)
	}
	live.Latest, live.Stage = s.Latest, s.Stage
	s.Touched = tx.Now
	return s, updateStory(ctx, tx, &live)
}

// sameText says whether a draft would make the same revision as the newest.
func sameText(newest *Story, draft *Draft, records map[string]int) (bool, error) {
	was := newest.Draft()
	before, err := metaOf(&was, newest.Records)
	if err != nil {
		return false, err
	}
	after, err := metaOf(draft, records)
	return before == after && was.Section == draft.Section && was.Headline == draft.Headline && was.Standfirst == draft.Standfirst &&
		list(was.Bylines) == list(draft.Bylines) && was.Dateline.Equal(draft.Dateline) && was.Place == draft.Place &&
		list(was.Tags) == list(draft.Tags) && was.NoAsk == draft.NoAsk && was.Body.Equal(draft.Body), err
}

// Restore saves an earlier revision again, as the newest one.
func (d *Desk) Restore(ctx context.Context, id string, revision int, editor string) (s Story, err error) {
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if s, err = d.locked(ctx, tx, id); err != nil {
			return err
		}
		old := s
		if _, err := selectRevision(ctx, tx, &old, revision); err != nil {
			return err
		}
		draft := old.Draft()
		draft.Editor = editor
		if draft, err = d.tidyFor(&s, draft); err != nil {
			return err
		}
		s, err = d.save(ctx, tx, s, SavedRestore, revision, draft)
		return err
	})
	return s, d.failed("restoring a revision", err)
}
