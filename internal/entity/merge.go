package entity

import (
	"context"
	"errors"
	"slices"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Act is what was done to two entries.
type Act string

// The acts.
const (
	Merged Act = "merge" // Source became part of Target
	Split  Act = "split" // Target was parted from Source
)

// Move is the account of a merge or a split.
type Move struct {
	ID         string
	Act        Act
	Source     string
	Target     string
	At         time.Time
	By         string // a member's id; for the desk only
	Reason     string
	Posts      []string // ids of those that moved
	Statements int      // how many moved
	Undone     time.Time
}

// Merge makes one entry part of another: its addresses lead there, its names
// find the other one, its posts and statements move. The account says what
// did, and Undo takes it back.
func (r *Register) Merge(ctx context.Context, by, source, target, reason string) (m Move, err error) {
	if err := Line("reason", &reason, maxText); err != nil {
		return m, err
	}
	err = r.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		from, into, err := r.pair(ctx, tx, source, target)
		if err != nil {
			return err
		}
		switch {
		case from.ID == into.ID:
			return fault.Invalidf("An entry cannot become part of itself")
		case from.Merged != "" || into.Merged != "":
			return fault.Conflictf("One of the two is part of another entry already")
		case from.Kind != into.Kind:
			return fault.Invalidf("A %s cannot become part of a %s", from.Kind, into.Kind)
		case from.Wikidata != "" && into.Wikidata != "" && from.Wikidata != into.Wikidata:
			return fault.Conflictf("The two have different Wikidata ids, %s and %s. Take one out if they are the same", from.Wikidata, into.Wikidata)
		}
		m = Move{ID: r.ids.Secret(), Act: Merged, Source: from.ID, Target: into.ID, At: tx.Now, By: by, Reason: reason}
		if m.Posts, err = movePosts(ctx, tx, &from, into.ID, nil); err != nil {
			return err
		}
		if r.opt.Moved != nil {
			if m.Statements, err = r.opt.Moved(ctx, tx, m, nil); err != nil {
				return err
			}
		}
		if err := insertMove(ctx, tx, &m); err != nil {
			return err
		}
		from.Merged = into.ID
		if err := r.again(ctx, tx, &from, by, "merged into "+into.ID, reason); err != nil {
			return err
		}
		return r.again(ctx, tx, &into, by, "took in "+from.ID, reason)
	})
	return m, failed("merging two entries", err)
}

// Split parts a new entry from one that held two: the posts and statements
// named move to it.
func (r *Register) Split(ctx context.Context, by, source string, d Draft, posts, statements []string, reason string) (e Entity, m Move, err error) {
	if err := Line("reason", &reason, maxText); err != nil {
		return e, m, err
	}
	err = r.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, source); err != nil {
			return err
		}
		from, err := one(ctx, tx, source)
		if err != nil {
			return err
		}
		if from.Merged != "" {
			return fault.Conflictf("This entry is part of another one")
		}
		d.Kind = from.Kind
		if d, err = d.tidy(); err != nil {
			return err
		}
		if e, err = r.create(ctx, tx, by, d, "split from "+from.ID, reason); err != nil {
			return err
		}
		m = Move{ID: r.ids.Secret(), Act: Split, Source: from.ID, Target: e.ID, At: tx.Now, By: by, Reason: reason}
		if posts == nil {
			posts = []string{}
		}
		if m.Posts, err = movePosts(ctx, tx, &from, e.ID, posts); err != nil {
			return err
		}
		if r.opt.Moved != nil && len(statements) > 0 {
			if m.Statements, err = r.opt.Moved(ctx, tx, m, statements); err != nil {
				return err
			}
		}
		if err := insertMove(ctx, tx, &m); err != nil {
			return err
		}
		return r.again(ctx, tx, &from, by, "split off "+e.ID, reason)
	})
	return e, m, failed("splitting an entry", err)
}

// Undo takes a merge or a split back: what moved returns. After a split the
// parted entry stays as a part of the other, so that its addresses lead on.
func (r *Register) Undo(ctx context.Context, by, move string) (m Move, err error) {
	err = r.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		m, err = scanMove(tx.QueryRow(ctx, moveByID, move))
		if errors.Is(err, db.ErrNoRows) {
			return fault.Missingf("There was no such merge")
		}
		if err != nil {
			return err
		}
		source, target, err := r.pair(ctx, tx, m.Source, m.Target)
		if err != nil {
			return err
		}
		if !m.Undone.IsZero() {
			return fault.Conflictf("This was taken back already")
		}
		switch m.Act {
		case Merged:
			if source.Merged != target.ID {
				return fault.Conflictf("The two are not one any more")
			}
			source.Merged = ""
		case Split:
			if target.Merged != "" {
				return fault.Conflictf("The parted entry became part of another one meanwhile")
			}
			target.Merged = source.ID
		default:
			return fault.Invalidf("The move %q is of no known kind", string(m.Act))
		}
		for _, p := range m.Posts {
			if err := movePost(ctx, tx, source.Kind, p, m.Target, m.Source); err != nil {
				return err
			}
		}
		if r.opt.Back != nil {
			if m.Statements, err = r.opt.Back(ctx, tx, m); err != nil {
				return err
			}
		}
		m.Undone = tx.Now
		if _, err := tx.Exec(ctx, "update entity_merge set undone = $2 where id = $1", m.ID, db.Micros(tx.Now)); err != nil {
			return err
		}
		if err := r.again(ctx, tx, &source, by, "undid "+string(m.Act), ""); err != nil {
			return err
		}
		return r.again(ctx, tx, &target, by, "undid "+string(m.Act), "")
	})
	return m, failed("taking a merge back", err)
}

// Moves are the merges and splits of an entry, the latest first.
func (r *Register) Moves(ctx context.Context, id string) (out []Move, err error) {
	err = r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, query := range []string{movesOfSource, movesOfTarget} {
			some, err := moves(ctx, tx, query, id)
			if err != nil {
				return err
			}
			out = append(out, some...)
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b Move) int { return b.At.Compare(a.At) })
	return out, failed("reading an entry's merges", err)
}

func moves(ctx context.Context, tx *db.Tx, query, id string) ([]Move, error) {
	return db.Collect(ctx, tx, scanMove, query, id, maxList)
}

// pair locks two entries, always in the same order.
func (r *Register) pair(ctx context.Context, tx *db.Tx, a, b string) (x, y Entity, err error) {
	for _, id := range []string{min(a, b), max(a, b)} {
		if err := lock(ctx, tx, id); err != nil {
			return x, y, err
		}
	}
	if x, err = one(ctx, tx, a); err != nil {
		return x, y, err
	}
	y, err = one(ctx, tx, b)
	return x, y, err
}

// again writes an entry after a merge or a split as a new version of it.
func (r *Register) again(ctx context.Context, tx *db.Tx, e *Entity, by, act, note string) error {
	e.Version++
	e.Updated = tx.Now
	if err := updateEntity(ctx, tx, e); err != nil {
		return err
	}
	if err := insertVersion(ctx, tx, e, by, act, note); err != nil {
		return err
	}
	return tx.Change(ctx, ChangeKind, e.ID)
}

// movePosts gives the posts of a person, or those held in a body, to another:
// all of them, or those named.
func movePosts(ctx context.Context, tx *db.Tx, from *Entity, into string, only []string) ([]string, error) {
	var all []Post
	var err error
	if from.Kind == Person {
		all, err = PostsTx(ctx, tx, from.ID)
	} else {
		all, err = posts(ctx, tx, postsOfBody, from.ID, maxMoved)
	}
	if err != nil {
		return nil, err
	}
	moved := []string{}
	for _, p := range all {
		if only != nil && !slices.Contains(only, p.ID) {
			continue
		}
		if err := movePost(ctx, tx, from.Kind, p.ID, from.ID, into); err != nil {
			return nil, err
		}
		moved = append(moved, p.ID)
	}
	return moved, nil
}

// maxMoved bounds how many posts of a body move with it.
const maxMoved = 100_000

func movePost(ctx context.Context, tx *db.Tx, kind Kind, id, from, into string) error {
	query := "update entity_post set body = $3 where id = $1 and body = $2"
	if kind == Person {
		query = "update entity_post set person = $3 where id = $1 and person = $2"
	}
	_, err := tx.Exec(ctx, query, id, from, into)
	return err
}
