package byline_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"mimeo/internal/byline"
	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

func book(t *testing.T, fn func(t *testing.T, b *byline.Book, d *db.DB)) {
	t.Helper()
	start := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	dbtest.EachClock(t, start, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		fn(t, byline.New(d, ident.NewSource(c.Now, rand.Reader), nil), d)
	})
}

func create(t *testing.T, b *byline.Book, one byline.Byline) byline.Byline {
	t.Helper()
	one, err := b.Create(t.Context(), one, "ann")
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func TestThreeTables(t *testing.T) {
	book(t, func(t *testing.T, b *byline.Book, _ *db.DB) {
		ctx := t.Context()
		open := create(t, b, byline.Byline{Name: " Ada Ferry "})
		twin := create(t, b, byline.Byline{Name: "Ada Ferry"})
		cover := create(t, b, byline.Byline{Name: "Der Fährmann", Pseudonym: true, About: "Writes from the river."})
		if open.Slug != "ada-ferry" || twin.Slug != "ada-ferry-2" || open.Name != "Ada Ferry" {
			t.Errorf("%+v %+v", open, twin)
		}
		person, err := b.AddPerson(ctx, "A. F.", "ann")
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{open.ID, cover.ID} {
			if err := b.Link(ctx, id, person.ID, "ann"); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Join(ctx, person.ID, "member-1", "ann"); err != nil {
			t.Fatal(err)
		}
		mine, err := b.BylinesOf(ctx, "member-1")
		if err != nil || len(mine) != 2 || mine[1] != cover {
			t.Errorf("%+v %v", mine, err)
		}
		public, err := b.BySlug(ctx, cover.Slug)
		text, _ := json.Marshal(public)
		if err != nil || strings.Contains(string(text), person.ID) || strings.Contains(string(text), "member-1") || strings.Contains(string(text), "A. F.") {
			t.Errorf("readers get %s, %v", text, err)
		}
		if p, found, err := b.PersonOf(ctx, cover.ID); err != nil || !found || p != person {
			t.Error(p, found, err)
		}
		if err := b.Link(ctx, cover.ID, "", "ann"); err != nil {
			t.Fatal(err)
		}
		if _, found, err := b.PersonOf(ctx, cover.ID); err != nil || found {
			t.Error("still linked", err)
		}
		if err := b.Part(ctx, person.ID, "member-1", "ann"); err != nil {
			t.Fatal(err)
		}
		if mine, err := b.BylinesOf(ctx, "member-1"); err != nil || len(mine) != 0 {
			t.Error(mine, err)
		}
		if list, err := b.List(ctx, "ada-ferry", 10); err != nil || len(list) != 2 {
			t.Error(list, err)
		}
	})
}

func TestRefusals(t *testing.T) {
	book(t, func(t *testing.T, b *byline.Book, _ *db.DB) {
		ctx := t.Context()
		for what, one := range map[string]byline.Byline{
			"no name":      {},
			"two lines":    {Name: "a\nb"},
			"turned":       {Name: "a\u202eb"},
			"broken":       {Name: "\xff"},
			"long":         {Name: strings.Repeat("x", 201)},
			"a slug":       {Name: "a", Slug: "A b"},
			"a long story": {Name: "a", About: strings.Repeat("x", 1001)},
		} {
			if _, err := b.Create(ctx, one, ""); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
		first, second := create(t, b, byline.Byline{Name: "One"}), create(t, b, byline.Byline{Name: "Two"})
		second.Slug = first.Slug
		if _, err := b.Revise(ctx, second, ""); fault.KindOf(err) != fault.Conflict {
			t.Error(err)
		}
		for _, err := range []error{
			b.Link(ctx, "x", "", ""), b.Link(ctx, first.ID, "nobody", ""), b.Join(ctx, "nobody", "m", ""), func() error { _, err := b.ByID(ctx, "x"); return err }(),
		} {
			if fault.KindOf(err) != fault.Missing {
				t.Error(err)
			}
		}
	})
}

func TestHide(t *testing.T) {
	book(t, func(t *testing.T, b *byline.Book, d *db.DB) {
		ctx := t.Context()
		one, other := create(t, b, byline.Byline{Name: "Ona Veld"}), create(t, b, byline.Byline{Name: "Ben", About: "Worked with Ona Veld."})
		replace := func(s string) string { return strings.ReplaceAll(s, "Ona Veld", "[…]") }
		for _, dry := range []bool{true, false} {
			err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				n, err := b.Hide(ctx, tx, replace, dry)
				if n != 2 {
					t.Errorf("reached %d", n)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			got, err := b.ByID(ctx, one.ID)
			if err != nil || dry != (got.Name == "Ona Veld") || dry != (got.Slug == "ona-veld") {
				t.Errorf("dry %t: %+v %v", dry, got, err)
			}
		}
		if got, err := b.ByID(ctx, other.ID); err != nil || got.About != "Worked with […]." || got.Slug != "ben" {
			t.Errorf("%+v %v", got, err)
		}
	})
}
