package archive_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/prose"
	"mimeo/internal/story"
	"mimeo/internal/story/archive"
)

// TestHideOldAddresses: an address from another system that says a hidden name
// leads nowhere any more, and the others lead on.
func TestHideOldAddresses(t *testing.T) {
	dbtest.EachClock(t, time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), func(t *testing.T, base *db.DB, c *dbtest.Clock) {
		ctx := t.Context()
		desk := story.New(base, ident.NewSource(c.Now, rand.Reader), story.Options{})
		kept := archive.New(base, desk, archive.Options{Languages: []string{"en"}})
		desk.Wire(func(o *story.Options) {
			o.Hidden = append(o.Hidden, story.Hider{What: "old addresses", Hide: kept.Hide})
		})
		s, err := desk.Create(ctx, story.Draft{Headline: "The case", Body: prose.Paragraphs("Words.")})
		if err == nil {
			s, err = desk.Publish(ctx, s.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		telling, plain := []string{"/2019/05/ona-veld-speaks", "/news/Ona Veld.html", "/она-велд"}, []string{"/2019/05/velda-ona", "/veldhaven"}
		err = base.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			for _, path := range append(append([]string{}, telling...), plain...) {
				if _, err := tx.Exec(ctx, "insert into import_address (path, story, at) values ($1, $2, 0)", path, s.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		order := story.Redaction{Names: []string{"Ona Veld", "Она Велд"}, Reason: "threatened"}
		if dry, err := desk.WouldHide(ctx, order); err != nil || dry.Reached["old addresses"] != 3 {
			t.Errorf("%v %v", dry.Reached, err)
		}
		if done, err := desk.Hide(ctx, order); err != nil || done.Reached["old addresses"] != 3 {
			t.Errorf("%v %v", done.Reached, err)
		}
		for _, path := range telling {
			if to, err := kept.Moved(ctx, archive.OldAddress(path)); fault.KindOf(err) != fault.Missing {
				t.Errorf("%s leads to %q, %v", path, to, err)
			}
		}
		for _, path := range plain {
			if to, err := kept.Moved(ctx, path); err != nil || to != s.Path() {
				t.Errorf("%s leads to %q, %v", path, to, err)
			}
		}
	})
}
