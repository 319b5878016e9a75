package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// schema is the number of River's newest migration in the pinned version; a
// test compares.
const schema = 8

// Migrate brings the queue's tables up to date. When they are, it costs one
// read. Tables of a newer program are refused and left as they are. Several
// processes may call it at once.
func (q *Queue) Migrate(ctx context.Context) error {
	have, err := q.schema(ctx)
	switch {
	case err == nil && have > schema:
		return fault.Conflictf("This data was written by a newer Mimeo (job tables %d, this one knows %d). Use that version, or restore a backup", have, schema)
	case err == nil && have == schema:
		return nil
	}
	if q.d.Dialect() == db.Postgres {
		err = migrate(ctx, q.d, riverpgxv5.New(nil), (*db.Tx).PgxTx)
	} else {
		err = migrate(ctx, q.d, riversqlite.New(nil), func(tx *db.Tx) (*sql.Tx, error) { return tx.SQLTx(), nil })
	}
	if err != nil {
		return fmt.Errorf("migrating the job queue: %w", err)
	}
	return nil
}

func (q *Queue) schema(ctx context.Context) (have int, err error) {
	err = q.d.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		err := tx.QueryRow(ctx, "select coalesce(max(version), 0) from river_migration where line = 'main'").Scan(&have)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		return err
	})
	return have, err
}

// migrate takes one transaction a version: PostgreSQL cannot use a value of an
// enum in the transaction that added it.
func migrate[T any](ctx context.Context, d *db.DB, driver riverdriver.Driver[T], view func(*db.Tx) (T, error)) error {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	for _, v := range m.AllVersions() {
		err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			if tx.Dialect() == db.Postgres { // one process at a time
				if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1, 0)", lockClass); err != nil {
					return err
				}
			}
			t, err := view(tx)
			if err != nil {
				return err
			}
			//nolint:staticcheck // deprecated for those who would put all versions into one transaction
			_, err = m.MigrateTx(ctx, t, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: v.Version})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
