package db

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// OpenPlain opens a SQLite file that is not the newsroom's: it has the same Tx
// and the same durability, and schema (statements that may be repeated) in
// place of migrations. The simulator keeps its books in one, as a bank would.
func OpenPlain(ctx context.Context, path, schema string, now func() time.Time) (*DB, error) {
	d, err := Open(ctx, Options{URL: "sqlite:" + path, Now: now, Readers: 2})
	if err != nil {
		return nil, err
	}
	if _, err := d.write.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(broken(fmt.Errorf("preparing %s: %w", path, err)), d.Close())
	}
	return d, nil
}
