package statement

import (
	"context"
	"slices"

	"mimeo/internal/db"
	"mimeo/internal/entity"
)

type movedPlace struct {
	statement, part string
	shown, n        int
}

// Moved carries statements over when two entries become one, or those named
// when one is split. It is the register's Options.Moved, and remembers what it
// moved, so that Back can undo exactly that.
func (b *Book) Moved(ctx context.Context, tx *db.Tx, m entity.Move, only []string) (int, error) {
	var rows []movedPlace
	if err := each(ctx, tx, movable, []any{m.Source}, func(r *db.Rows) error {
		var p movedPlace
		err := r.Scan(&p.statement, &p.shown, &p.part, &p.n)
		if only == nil || slices.Contains(only, p.statement) {
			rows = append(rows, p)
		}
		return err
	}); err != nil {
		return 0, err
	}
	for _, p := range rows {
		if _, err := tx.Exec(ctx, "insert into statement_moved (move, statement, shown, part, n) values ($1, $2, $3, $4, $5)",
			m.ID, p.statement, p.shown, p.part, p.n); err != nil {
			return 0, err
		}
	}
	return b.carry(ctx, tx, rows, m.Source, m.Target)
}

// Back undoes Moved.
func (b *Book) Back(ctx context.Context, tx *db.Tx, m entity.Move) (int, error) {
	var rows []movedPlace
	if err := each(ctx, tx, movedBy, []any{m.ID}, func(r *db.Rows) error {
		var p movedPlace
		err := r.Scan(&p.statement, &p.shown, &p.part, &p.n)
		rows = append(rows, p)
		return err
	}); err != nil {
		return 0, err
	}
	return b.carry(ctx, tx, rows, m.Target, m.Source)
}

// carry moves places from one entry to another, as far as they are still there,
// and says how many statements moved.
func (b *Book) carry(ctx context.Context, tx *db.Tx, rows []movedPlace, from, to string) (int, error) {
	moved := map[string]bool{}
	public := map[string]bool{}
	for _, p := range rows {
		n, err := tx.Exec(ctx, `update statement_entity set entity = $6
			where statement = $1 and shown = $2 and part = $3 and n = $4 and entity = $5`, p.statement, p.shown, p.part, p.n, from, to)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			continue
		}
		moved[p.statement] = true
		if p.shown == 1 {
			public[p.statement] = true
		}
	}
	for id := range public {
		for _, one := range []struct {
			entity string
			by     int
		}{{from, -1}, {to, +1}} {
			if err := speak(ctx, tx, one.entity, one.by); err != nil {
				return 0, err
			}
		}
		if err := tx.Change(ctx, ChangeStatement, id); err != nil {
			return 0, err
		}
	}
	return len(moved), nil
}
