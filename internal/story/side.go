package story

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
)

// Side is a text that was saved on top of an older one than the newest.
type Side struct {
	Number  int
	Base    int
	At      time.Time
	Editor  string // a member's id, for the desk alone
	Draft   Draft
	Settled time.Time // when somebody had merged it; zero before
}

const (
	sidesOfStory = `select side, base, at, editor, draft, settled from story_side
		where story = $1 and settled = 0 order by side desc limit 50`
	lastSideOf = `select side, base, at, editor, draft, settled from story_side
		where story = $1 and base = $2 and editor = $3 and settled = 0 order by side desc limit 1`
	sideByNumber = `select side, base, at, editor, draft, settled from story_side where story = $1 and side = $2`
)

// beside keeps a stale text. While the same editor saves the same text again
// from the same base, or one that has it whole, it is one side version that
// grows. Another text, of the editor's second window, is another one.
func (d *Desk) beside(ctx context.Context, tx *db.Tx, s *Story, base int, draft Draft) (*StaleError, error) {
	stale := &StaleError{Theirs: *s, Mine: draft}
	if s.Revision != s.Latest {
		if _, err := selectRevision(ctx, tx, &stale.Theirs, s.Latest); err != nil {
			return nil, err
		}
	}
	if base >= 1 && base < s.Latest {
		stale.Base = *s
		if _, err := selectRevision(ctx, tx, &stale.Base, base); err != nil {
			return nil, err
		}
	}
	editor := draft.Editor
	stored := draft
	stored.Editor = ""
	text, err := json.Marshal(stored)
	if err != nil {
		return nil, fmt.Errorf("writing a text: %w", err)
	}
	if editor != "" {
		last, err := scanSide(tx.QueryRow(ctx, lastSideOf, s.ID, base, editor))
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return nil, err
		}
		if err == nil && grows(last.Draft, stored) {
			stale.Side = last.Number
			_, err = tx.Exec(ctx, "update story_side set draft = $3, at = $4 where story = $1 and side = $2",
				s.ID, stale.Side, string(text), db.Micros(tx.Now))
			return stale, err
		}
	}
	if err := tx.QueryRow(ctx, "select coalesce(max(side), 0) + 1 from story_side where story = $1", s.ID).Scan(&stale.Side); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, "insert into story_side (story, side, base, at, editor, draft) values ($1, $2, $3, $4, $5, $6)",
		s.ID, stale.Side, base, db.Micros(tx.Now), editor, string(text))
	return stale, err
}

// grows says whether one text became another by whole blocks that were added.
func grows(from, to Draft) bool {
	for _, c := range prose.Diff(from.Body, to.Body) {
		if c.Difference != prose.Same && c.Difference != prose.Added {
			return false
		}
	}
	from.Body, to.Body = prose.Doc{}, prose.Doc{}
	before, err := json.Marshal(from)
	after, err2 := json.Marshal(to)
	return err == nil && err2 == nil && string(before) == string(after)
}

// Sides are the texts of a story that wait to be merged, the last first.
func (d *Desk) Sides(ctx context.Context, id string) (out []Side, err error) {
	err = d.read(ctx, "listing what was kept beside", func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, sidesOfStory, id)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			one, err := scanSide(rows)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return rows.Err()
	})
	return out, err
}

// Side returns one of them, with what it began from and what is newest now, so
// that they can be compared and merged.
func (d *Desk) Side(ctx context.Context, id string, number int) (side Side, stale *StaleError, err error) {
	err = d.read(ctx, "reading what was kept beside", func(ctx context.Context, tx *db.Tx) error {
		if side, err = scanSide(tx.QueryRow(ctx, sideByNumber, id, number)); err != nil {
			if errors.Is(err, db.ErrNoRows) {
				return fault.Missingf("There is no such text")
			}
			return err
		}
		s, err := d.one(ctx, tx, byID, id)
		if err != nil {
			return err
		}
		stale = &StaleError{Side: number, Mine: side.Draft, Theirs: s, Base: s}
		if _, err := selectRevision(ctx, tx, &stale.Theirs, s.Latest); err != nil {
			return err
		}
		if side.Base < 1 || side.Base > s.Latest {
			stale.Base.Body = prose.Doc{}
			return nil
		}
		_, err = selectRevision(ctx, tx, &stale.Base, side.Base)
		return err
	})
	return side, stale, err
}

// Settle notes that a side version has been merged, or is not wanted. It stays.
func (d *Desk) Settle(ctx context.Context, id string, number int, editor string) error {
	return d.write(ctx, "settling a text", func(ctx context.Context, tx *db.Tx) error {
		n, err := tx.Exec(ctx, "update story_side set settled = $3 where story = $1 and side = $2 and settled = 0", id, number, db.Micros(tx.Now))
		if err != nil || n == 0 {
			return err
		}
		return d.record(ctx, tx, editor, "story.settle", id)
	})
}

func scanSide(from db.Scanner) (s Side, err error) {
	var at, settled int64
	var text string
	if err := from.Scan(&s.Number, &s.Base, &at, &s.Editor, &text, &settled); err != nil {
		return s, err
	}
	s.At, s.Settled = db.Time(at), moment(settled)
	if err := json.Unmarshal([]byte(text), &s.Draft); err != nil {
		return s, fmt.Errorf("reading a text that was kept beside: %w", err)
	}
	return s, nil
}

func (d *Desk) write(ctx context.Context, doing string, fn func(ctx context.Context, tx *db.Tx) error) error {
	if err := d.db.Write(ctx, fn); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
