package statement

import (
	"context"
	"strings"
	"testing"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
)

// TestPlans reads how SQLite carries out each query: by an index, never
// through all statements.
func TestPlans(t *testing.T) {
	d := dbtest.SQLite(t)
	for name, q := range map[string]struct {
		sql  string
		args []any
	}{
		"byLatest":      {byLatest, []any{"x"}},
		"byVersion":     {byVersion, []any{"x", 1}},
		"byShown":       {byShown, []any{"x"}},
		"newestPublic":  {newestPublic, []any{1, "x", 10}},
		"lastUpdated":   {lastUpdated, []any{1, "x", 10}},
		"ofEntity":      {ofEntity, []any{"x", "who", 1, "x", 10}},
		"versionsOf":    {versionsOf, []any{"x", 10}},
		"entitiesOf":    {entitiesOf, []any{"x", 1}},
		"readersOf":     {readersOf, []any{"x"}},
		"anchorsOf":     {anchorsOf, []any{"x"}},
		"storiesOf":     {storiesOf, []any{"x"}},
		"placesOf":      {placesOf, []any{"x"}},
		"placedIn":      {placedIn, []any{"x"}},
		"voicesIn":      {voicesIn, []any{"x"}},
		"linksFrom":     {linksFrom, []any{"x"}},
		"speakers":      {speakers, []any{"person", 1, "x", 10}},
		"lastSaid":      {lastSaid, []any{"x", "who"}},
		"movable":       {movable, []any{"x"}},
		"movedBy":       {movedBy, []any{"x"}},
		"rejections":    {rejections, []any{1, "x", 10}},
		"rejectedOf":    {rejectedOf, []any{"x"}},
		"runningByID":   {runningByID, []any{"x"}},
		"runningBySlug": {runningBySlug, []any{"x"}},
		"runningList":   {runningList, []any{1, "x", 10}},
		"runningOf":     {runningOf, []any{"x"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range plan(t, d, q.sql, q.args...) {
				if strings.HasPrefix(step, "SCAN") || strings.Contains(step, "TEMP B-TREE") {
					t.Errorf("%s", step)
				}
			}
		})
	}
	for _, step := range plan(t, d, earlier, "x", "y", 1, "x", 10) { // its inner part is bounded by a limit
		if strings.HasPrefix(step, "SCAN") && !strings.HasPrefix(step, "SCAN w") || strings.Contains(step, "TEMP B-TREE") {
			t.Errorf("earlier: %s", step)
		}
	}
	for _, step := range plan(t, d, linksTo, "x") { // an index, and then a sort of the few marks of one statement
		if strings.HasPrefix(step, "SCAN") {
			t.Errorf("linksTo: %s", step)
		}
	}
}

func plan(t *testing.T, d *db.DB, query string, args ...any) (steps []string) {
	t.Helper()
	err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		return each(ctx, tx, "explain query plan "+query, args, func(rows *db.Rows) error {
			var id, parent, unused int
			var step string
			err := rows.Scan(&id, &parent, &unused, &step)
			steps = append(steps, step)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return steps
}
