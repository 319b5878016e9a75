package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"mimeo/internal/fault"
)

// One folder an engine, equal numbers, forward only. A test compares what the
// two make.
//
//go:embed migrations
var migrations embed.FS

// Schema is the number of the newest migration that this program knows.
func Schema() int64 {
	newest := int64(0)
	names, err := fs.Glob(migrations, "migrations/sqlite/*.sql")
	if err != nil {
		return 0
	}
	for _, name := range names {
		if n, err := goose.NumericComponent(name); err == nil && n > newest {
			newest = n
		}
	}
	return newest
}

// Migrate brings the schema up to this program's. Data that a newer program
// wrote is refused and left as it is.
func (d *DB) Migrate(ctx context.Context) error { return d.MigrateTo(ctx, Schema()) }

// MigrateTo stops at a given number: how tests make the data of an older
// program.
func (d *DB) MigrateTo(ctx context.Context, version int64) error {
	if have, err := d.version(ctx); err != nil {
		return err
	} else if have > Schema() {
		return fault.Conflictf("This data was written by a newer Mimeo (schema %d, this one knows %d). Use that version, or restore a backup", have, Schema())
	} else if have >= version {
		return nil
	}
	sub, err := fs.Sub(migrations, "migrations/"+string(d.dialect))
	if err != nil {
		return err
	}
	dialect := goose.DialectSQLite3
	if d.dialect == Postgres {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, d.write, sub)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return broken(fmt.Errorf("migrating: %w", err))
	}
	return nil
}

// version is the schema number in the data, 0 for empty data.
func (d *DB) version(ctx context.Context) (n int64, err error) {
	table := "select count(*) from sqlite_master where type = 'table' and name = 'goose_db_version'"
	if d.dialect == Postgres {
		table = "select count(*) from information_schema.tables where table_schema = current_schema() and table_name = 'goose_db_version'"
	}
	err = d.Read(ctx, func(ctx context.Context, tx *Tx) error {
		var there int
		if err := tx.QueryRow(ctx, table).Scan(&there); err != nil || there == 0 {
			return err
		}
		err := tx.QueryRow(ctx, "select coalesce(max(version_id), 0) from goose_db_version where is_applied").Scan(&n)
		if errors.Is(err, ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("reading the schema's number: %w", err)
	}
	return n, nil
}
