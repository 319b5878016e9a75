package statement

import (
	"context"
	"encoding/json"
	"fmt"

	"mimeo/internal/db"
)

// Hide puts what replace makes of a text in the place of every text in every
// version, in running stories and in rejections, and says in how many it found
// something. The private sides stay as they are: they are sealed, and what they
// are there to prove may need them. It is the one thing that changes a version.
func (b *Book) Hide(ctx context.Context, tx *db.Tx, replace func(string) string, dry bool) (int, error) {
	reached := 0
	touched := map[string]bool{}
	for _, table := range []struct{ read, write string }{
		{
			"select statement, version, doc, note from statement_version where (statement, version) > ($1, $2) order by statement, version limit 500",
			"update statement_version set doc = $3, note = $4 where statement = $1 and version = $2",
		},
		{
			"select running, version, doc, '' from running_version where (running, version) > ($1, $2) order by running, version limit 500",
			"update running_version set doc = $3 where running = $1 and version = $2 and $4 = ''",
		},
		{
			"select id, version, doc, '' from running where (id, version) > ($1, $2) order by id, version limit 500",
			"update running set doc = $3 where id = $1 and version = $2 and $4 = ''",
		},
		{
			"select id, at, suggestion, excerpt from statement_rejected where (id, at) > ($1, $2) order by id, at limit 500",
			"update statement_rejected set suggestion = $3, excerpt = $4 where id = $1 and at = $2",
		},
	} {
		n, err := hideIn(ctx, tx, table.read, table.write, replace, dry, touched)
		if err != nil {
			return 0, err
		}
		reached += n
	}
	if dry {
		return reached, nil
	}
	for id := range touched {
		if err := tx.Change(ctx, ChangeStatement, id); err != nil {
			return 0, err
		}
	}
	if reached > 0 {
		return reached, tx.Change(ctx, ChangeList, "")
	}
	return 0, nil
}

type hideable struct {
	id        string
	n         int64
	doc, note string
}

func hideIn(ctx context.Context, tx *db.Tx, read, write string, replace func(string) string, dry bool, touched map[string]bool) (reached int, err error) {
	const batch = 500
	for at := (hideable{n: -1}); ; {
		var rows []hideable
		if err := each(ctx, tx, read, []any{at.id, at.n}, func(r *db.Rows) error {
			var h hideable
			err := r.Scan(&h.id, &h.n, &h.doc, &h.note)
			rows = append(rows, h)
			return err
		}); err != nil {
			return 0, err
		}
		for _, h := range rows {
			at = h
			doc, err := hideJSON(h.doc, replace)
			if err != nil {
				return 0, err
			}
			note := replace(h.note)
			if doc == h.doc && note == h.note {
				continue
			}
			reached++
			if dry {
				continue
			}
			if _, err := tx.Exec(ctx, write, h.id, h.n, doc, note); err != nil {
				return 0, err
			}
			touched[h.id] = true
		}
		if len(rows) < batch {
			return reached, nil
		}
	}
}

// hideJSON replaces in every text of a JSON value; it returns the very same
// bytes when there was nothing to replace.
func hideJSON(doc string, replace func(string) string) (string, error) {
	var v any
	if err := json.Unmarshal([]byte(doc), &v); err != nil {
		return "", fmt.Errorf("reading what may name somebody: %w", err)
	}
	found := false
	var walk func(v any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case string:
			out := replace(v)
			found = found || out != v
			return out
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		case map[string]any:
			for k := range v {
				v[k] = walk(v[k])
			}
		default: // numbers, truth and nothing hold no name
		}
		return v
	}
	v = walk(v)
	if !found {
		return doc, nil
	}
	out, err := json.Marshal(v)
	return string(out), err
}
