package archive

import (
	"context"
	"errors"

	"mimeo/internal/db"
)

const (
	itemBySource  = `select story, hash, revision from import_item where source = $1`
	addressByPath = `select story from import_address where path = $1`
)

// known is what an earlier run wrote of an item.
type known struct {
	story    string
	hash     string
	revision int
}

func selectItem(ctx context.Context, tx *db.Tx, source string) (k known, found bool, err error) {
	err = tx.QueryRow(ctx, itemBySource, source).Scan(&k.story, &k.hash, &k.revision)
	if errors.Is(err, db.ErrNoRows) {
		return k, false, nil
	}
	return k, err == nil, err
}

func insertItem(ctx context.Context, tx *db.Tx, source string, k known) error {
	_, err := tx.Exec(ctx, `insert into import_item (source, story, hash, revision, at) values ($1, $2, $3, $4, $5)`,
		source, k.story, k.hash, k.revision, db.Micros(tx.Now))
	return err
}

func updateItem(ctx context.Context, tx *db.Tx, source string, k known) error {
	_, err := tx.Exec(ctx, `update import_item set hash = $2, revision = $3, at = $4 where source = $1`, source, k.hash, k.revision, db.Micros(tx.Now))
	return err
}

// insertAddress notes an old address. The first story that had it keeps it.
func insertAddress(ctx context.Context, tx *db.Tx, path, story string) (bool, error) {
	n, err := tx.Exec(ctx, `insert into import_address (path, story, at) values ($1, $2, $3) on conflict (path) do nothing`, path, story, db.Micros(tx.Now))
	return n == 1, err
}
