package story

import (
	"context"
	"errors"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// WorkKind is something that the desk did with a story.
type WorkKind string

// What the desk does with a story, beside writing it.
const (
	WorkSubmit   WorkKind = "submit"
	WorkApprove  WorkKind = "approve"
	WorkSendBack WorkKind = "send_back"
	WorkHold     WorkKind = "hold"
	WorkRelease  WorkKind = "release"
	WorkOverride WorkKind = "override"
)

// Work is one such act, for the desk alone.
type Work struct {
	Kind     WorkKind
	At       time.Time
	Revision int
	Member   string
	Words    string
}

const workOfStory = `select kind, at, revision, member, words from story_work
	where story = $1 and (at, id) < ($2, $3) order by at desc, id desc limit $4`

func (d *Desk) work(ctx context.Context, tx *db.Tx, s *Story, kind WorkKind, by, words string) error {
	_, err := tx.Exec(ctx, "insert into story_work (id, story, at, kind, revision, member, words) values ($1, $2, $3, $4, $5, $6, $7)",
		d.ids.UUID(), s.ID, db.Micros(tx.Now), string(kind), s.Latest, by, words)
	return err
}

// Works are the acts of the desk on a story, the last first.
func (d *Desk) Works(ctx context.Context, id string, limit int) (out []Work, err error) {
	err = d.read(ctx, "listing what was done with a story", func(ctx context.Context, tx *db.Tx) (err error) {
		rows, err := tx.Query(ctx, workOfStory, id, int64(1<<63-1), "", bound(limit))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var w Work
			var at int64
			var kind string
			if err := rows.Scan(&kind, &at, &w.Revision, &w.Member, &w.Words); err != nil {
				return err
			}
			w.Kind, w.At = WorkKind(kind), db.Time(at)
			out = append(out, w)
		}
		return rows.Err()
	})
	return out, err
}

// step moves the newest text of a story to another stage. seen is the revision
// that the member had before them.
func (d *Desk) step(ctx context.Context, id string, kind WorkKind, by string, seen int, words string, to func(tx *db.Tx, s *Story, author string) error) (s Story, err error) {
	if err := tidyWords("reason", &words, maxNote); err != nil {
		return s, err
	}
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if s, err = d.locked(ctx, tx, id); err != nil {
			return err
		}
		if seen != 0 && seen != s.Latest {
			return fault.Conflictf("Somebody saved this story meanwhile (revision %d). Look at that text first", s.Latest)
		}
		author, err := hand(ctx, tx, id, s.Latest)
		if err != nil {
			return err
		}
		if err := to(tx, &s, author); err != nil {
			return err
		}
		if err := updateStory(ctx, tx, &s); err != nil {
			return err
		}
		if err := d.work(ctx, tx, &s, kind, by, words); err != nil {
			return err
		}
		return d.record(ctx, tx, by, "story."+string(kind), id)
	})
	return s, d.failed("moving a story on", err)
}

// hand is who saved a revision, "" when nobody is known.
func hand(ctx context.Context, tx *db.Tx, id string, revision int) (editor string, err error) {
	err = tx.QueryRow(ctx, "select editor from story_hand where story = $1 and revision = $2", id, revision).Scan(&editor)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return editor, err
}

// Submit asks for a text to be looked at.
func (d *Desk) Submit(ctx context.Context, id string, seen int, by string) (Story, error) {
	return d.step(ctx, id, WorkSubmit, by, seen, "", func(_ *db.Tx, s *Story, _ string) error {
		switch s.Stage {
		case Writing:
		case Submitted:
			return fault.Conflictf("This text was submitted already")
		case Approved:
			return fault.Conflictf("This text was approved already")
		}
		if s.State == Published && s.Revision == s.Latest {
			return fault.Conflictf("Readers have this very text already")
		}
		s.Stage = Submitted
		return nil
	})
}

// Approve lets a text go out. Whoever saved it last cannot approve it.
func (d *Desk) Approve(ctx context.Context, id string, seen int, by string) (Story, error) {
	return d.step(ctx, id, WorkApprove, by, seen, "", func(_ *db.Tx, s *Story, author string) error {
		switch s.Stage {
		case Writing:
			return fault.Conflictf("This text was not submitted yet")
		case Submitted:
		case Approved:
			return fault.Conflictf("This text was approved already")
		}
		if by == "" {
			return fault.Deniedf("A text is approved by a person")
		}
		if by == author {
			return fault.Deniedf("You saved this text last. Somebody else has to approve it")
		}
		s.Stage = Approved
		return nil
	})
}

// SendBack gives a text back to its author, with a reason.
func (d *Desk) SendBack(ctx context.Context, id string, seen int, by, reason string) (Story, error) {
	return d.step(ctx, id, WorkSendBack, by, seen, reason, func(_ *db.Tx, s *Story, _ string) error {
		if reason == "" {
			return fault.Invalidf("Say what is still missing")
		}
		if s.Stage == Writing {
			return fault.Conflictf("This text is with its author already")
		}
		s.Stage = Writing
		return nil
	})
}

// Hold keeps every text of a story from going out, whoever asks.
func (d *Desk) Hold(ctx context.Context, id, by, reason string) (Story, error) {
	return d.step(ctx, id, WorkHold, by, 0, reason, func(tx *db.Tx, s *Story, _ string) error {
		switch {
		case reason == "":
			return fault.Invalidf("Say why the story is held")
		case !s.Held.IsZero():
			return fault.Conflictf("This story is on hold already")
		}
		s.Held = tx.Now
		return nil
	})
}

// Release ends a hold.
func (d *Desk) Release(ctx context.Context, id, by, reason string) (Story, error) {
	return d.step(ctx, id, WorkRelease, by, 0, reason, func(_ *db.Tx, s *Story, _ string) error {
		switch {
		case reason == "":
			return fault.Invalidf("Say why the hold ends")
		case s.Held.IsZero():
			return fault.Conflictf("This story is not on hold")
		}
		s.Held = time.Time{}
		return nil
	})
}
