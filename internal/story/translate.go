package story

import (
	"context"
	"errors"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// LookAgain says that a version of a story in another language was corrected
// (or updated, or taken back), so that this one may be wrong now.
type LookAgain struct {
	ID    string
	Story string // the one to look at
	Of    string // the one that was corrected
	N     int    // by which of its publications
	At    time.Time
	Kind  Kind
	Note  string
}

const (
	lookAgainAt = `select id, story, of, n, at, kind, note from story_flag where story = $1 and cleared = 0 order by at desc`
	lookAgain   = `select id, story, of, n, at, kind, note from story_flag where cleared = 0 and (at, id) < ($1, $2)
		order by at desc, id desc limit $3`
	familyOf = `select id from story where family = $1 and id <> $2`
)

// flagTranslations marks the other versions of a story, drafts included.
func (d *Desk) flagTranslations(ctx context.Context, tx *db.Tx, s *Story, p *Publication) error {
	ids, err := db.Column(ctx, tx, familyOf, s.Group, s.ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := tx.Exec(ctx, "insert into story_flag (id, story, of, n, at, kind, note) values ($1, $2, $3, $4, $5, $6, $7)",
			d.ids.UUID(), id, s.ID, p.N, db.Micros(tx.Now), string(p.Kind), p.Note); err != nil {
			return err
		}
	}
	return nil
}

// LookAgain are the flags of a story, the last first.
func (d *Desk) LookAgain(ctx context.Context, id string) ([]LookAgain, error) {
	return d.flags(ctx, lookAgainAt, id)
}

// LookAgainAll are the open flags of the newsroom, the last first.
func (d *Desk) LookAgainAll(ctx context.Context, after Cursor, limit int) ([]LookAgain, error) {
	at, key := after.before()
	return d.flags(ctx, lookAgain, at, key, bound(limit))
}

func (d *Desk) flags(ctx context.Context, query string, args ...any) (out []LookAgain, err error) {
	err = d.read(ctx, "listing translations to look at", func(ctx context.Context, tx *db.Tx) (err error) {
		rows, err := tx.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var f LookAgain
			var at int64
			var kind string
			if err := rows.Scan(&f.ID, &f.Story, &f.Of, &f.N, &at, &kind, &f.Note); err != nil {
				return err
			}
			f.At, f.Kind = db.Time(at), Kind(kind)
			out = append(out, f)
		}
		return rows.Err()
	})
	return out, err
}

// Looked clears a flag: somebody has looked, and corrected the translation or
// found it right.
func (d *Desk) Looked(ctx context.Context, id, flag, by string) error {
	return d.write(ctx, "clearing a translation's flag", func(ctx context.Context, tx *db.Tx) error {
		n, err := tx.Exec(ctx, "update story_flag set cleared = $3, cleared_by = $4 where story = $1 and id = $2 and cleared = 0",
			id, flag, db.Micros(tx.Now), by)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Missingf("There is no such flag any more")
		}
		return d.record(ctx, tx, by, "story.looked", id)
	})
}
