package statement

import (
	"context"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Relation is how one statement stands to another, as an editor marked it.
type Relation string

// The relations.
const (
	Denies      Relation = "denies"
	Contradicts Relation = "contradicts"
	Repeats     Relation = "repeats"
)

// Relations are all of them.
func Relations() []Relation { return []Relation{Denies, Contradicts, Repeats} }

// Link says that Source denies, contradicts or repeats Target.
type Link struct {
	Source, Target string
	Kind           Relation
	At             time.Time
}

// Mark joins two statements, or takes the mark away.
func (b *Book) Mark(ctx context.Context, by string, l Link, on bool) error {
	switch l.Kind {
	case Denies, Contradicts, Repeats:
	default:
		return fault.Invalidf("A statement denies, contradicts or repeats another, not %q", string(l.Kind))
	}
	if l.Source == l.Target {
		return fault.Invalidf("A statement is not marked against itself")
	}
	return failed("marking statements", b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, id := range []string{min(l.Source, l.Target), max(l.Source, l.Target)} {
			if err := lock(ctx, tx, id); err != nil {
				return err
			}
		}
		var err error
		if on {
			_, err = tx.Exec(ctx, `insert into statement_link (source, target, kind, at, member) values ($1, $2, $3, $4, $5)
				on conflict (source, target, kind) do nothing`, l.Source, l.Target, string(l.Kind), db.Micros(tx.Now), by)
		} else {
			_, err = tx.Exec(ctx, "delete from statement_link where source = $1 and target = $2 and kind = $3", l.Source, l.Target, string(l.Kind))
		}
		if err != nil {
			return err
		}
		for _, id := range []string{l.Source, l.Target} {
			if err := tx.Change(ctx, ChangeStatement, id); err != nil {
				return err
			}
		}
		return b.record(ctx, tx, by, "statement.link", l.Source)
	}))
}

// Related is a statement that is marked against another one. Back says that the
// mark is on the other one: this one is denied by it.
type Related struct {
	Link
	Back  bool
	Other Statement
}

// Related returns the marks of a statement whose other end readers see, or,
// for the desk, all of them.
func (b *Book) Related(ctx context.Context, id string, everything bool) (out []Related, err error) {
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = related(ctx, tx, id, everything)
		return err
	})
	return out, failed("reading a statement's marks", err)
}

func related(ctx context.Context, tx *db.Tx, id string, everything bool) (out []Related, err error) {
	for _, way := range []struct {
		query string
		back  bool
	}{{linksFrom, false}, {linksTo, true}} {
		if err := each(ctx, tx, way.query, []any{id}, func(rows *db.Rows) error {
			r := Related{Back: way.back}
			var kind string
			var at int64
			err := rows.Scan(&r.Source, &r.Target, &kind, &at)
			r.Kind, r.At = Relation(kind), db.Time(at)
			out = append(out, r)
			return err
		}); err != nil {
			return nil, err
		}
	}
	kept := out[:0]
	for _, r := range out {
		other := r.Target
		if r.Back {
			other = r.Source
		}
		if everything {
			r.Other, _, err = newest(ctx, tx, other)
		} else {
			r.Other, err = one(ctx, tx, 1, byShown, other)
		}
		if fault.KindOf(err) == fault.Missing {
			continue
		}
		if err != nil {
			return nil, err
		}
		kept = append(kept, r)
	}
	return kept, nil
}
