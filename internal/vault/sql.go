package vault

import (
	"context"

	"mimeo/internal/db"
)

// insertDay records a day's public half; a row that is there already stays.
func insertDay(ctx context.Context, tx *db.Tx, day string, public []byte) error {
	if public == nil {
		public = []byte{}
	}
	_, err := tx.Exec(ctx, "insert into vault_day_key (day, public, made_at, destroyed_at) values ($1, $2, $3, 0) on conflict (day) do nothing", day, public, db.Micros(tx.Now))
	return err
}

// markDestroyed marks the rows of all days before the given one.
func markDestroyed(ctx context.Context, tx *db.Tx, day string) error {
	_, err := tx.Exec(ctx, "update vault_day_key set destroyed_at = $1 where day < $2 and destroyed_at = 0", db.Micros(tx.Now), day)
	return err
}
