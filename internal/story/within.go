package story

import (
	"context"
	"strings"

	"mimeo/internal/db"
	"mimeo/internal/prose"
)

// Within returns a story as the caller's transaction sees it: what readers see
// of it, or with newest its newest text.
func (d *Desk) Within(ctx context.Context, tx *db.Tx, id string, newest bool) (Story, error) {
	s, err := d.one(ctx, tx, byID, id)
	if err == nil && newest && s.Revision != s.Latest {
		_, err = selectRevision(ctx, tx, &s, s.Latest)
	}
	return s, err
}

// Walk returns the ids of all stories after one, in the order of the ids, ""
// being before the first.
func (d *Desk) Walk(ctx context.Context, after string, limit int) (ids []string, err error) {
	err = d.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, storiesAfter, after, bound(limit))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	return ids, err
}

// Plain is the story's text without its marks, a line a paragraph: what is
// searched, quoted and sent where only words can go.
func (s *Story) Plain() string {
	var b strings.Builder
	b.WriteString(s.Standfirst)
	s.Body.Texts(func(_ int, t *prose.Text) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		for _, span := range *t {
			b.WriteString(span.Text)
		}
	})
	return b.String()
}
