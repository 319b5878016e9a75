package archive

import (
	"context"
	"errors"

	"mimeo/internal/db"
	"mimeo/internal/story"
)

// Hide forgets the old addresses that name somebody who is to be hidden: they
// would lead from the name to the story that does not say it any more.
func (a *Archive) Hide(ctx context.Context, tx *db.Tx, r *story.Redaction) (n int, err error) {
	hit := map[string]bool{}
	for _, word := range r.Hints() {
		if err := likely(ctx, tx, word, r, hit); err != nil {
			return 0, err
		}
	}
	for path := range hit {
		if r.DryRun {
			continue
		}
		if _, err := tx.Exec(ctx, "delete from import_address where path = $1", path); err != nil {
			return 0, err
		}
	}
	return len(hit), nil
}

// likely notes the addresses with a word that do name somebody. A hint is of
// letters and digits alone, so nothing in it means something to like.
func likely(ctx context.Context, tx *db.Tx, word string, r *story.Redaction, hit map[string]bool) (err error) {
	rows, err := tx.Query(ctx, "select path from import_address where lower(path) like $1", "%"+word+"%")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var path string
		if err := rows.Scan(&path); err != nil {
			return err
		}
		if r.Address(path) {
			hit[path] = true
		}
	}
	return rows.Err()
}
