package story_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// TestHide: after it nothing that the stories keep has the name, whatever it was
// written with, and the ledger still holds and says that something was hidden.
func TestHide(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, base *db.DB) {
		ctx, one := t.Context(), must[story.Story](t)
		told := 0
		d.Wire(func(o *story.Options) {
			o.Hidden = append(o.Hidden, story.Hider{What: "statements", Hide: func(_ context.Context, _ *db.Tx, r *story.Redaction) (int, error) {
				if !strings.Contains(r.Text("by Ona Veld"), "[a witness]") {
					t.Error("others cannot hide the name")
				}
				return 3, nil
			}})
			o.Published = append(o.Published, func(_ context.Context, _ *db.Tx, s *story.Story) error {
				told++
				return nil
			})
		})
		dr := draft("Ona Veld speaks")
		dr.Standfirst, dr.Place, dr.Tags = "ONA VELD saw it.", "Veldhaven", []string{"ona veld", "court"}
		dr.Bylines = []string{"Ona Veld"}
		dr.Body = prose.Doc{Version: 1, Blocks: []prose.Block{
			{Kind: prose.Paragraph, Text: prose.Text{{Text: "It was O"}, {Text: "na", Bold: true}, {Text: " Vel"}, {Text: "d’s word", Note: "Ona Veld, by telephone", Link: "/2024/11/ona-veld"}}},
			{Kind: prose.Image, Src: "/media/face.jpg", Alt: "Ona  Veld", Credit: "Ona Veld", Caption: prose.Plain("Ona-Veld")},
			{Kind: prose.Table, Rows: [][]prose.Text{{prose.Plain("Velda"), prose.Plain("Veld, Ona")}}},
			{Kind: prose.Embed, URL: "https://a.example/1", Saved: prose.Plain("I am Ona Veld"), Still: "/media/face.jpg"},
		}}
		s := published(t, d, dr)
		bystander := published(t, d, draft("Velda’s garden"))
		unpublished := one(d.Create(ctx, draft("Who is Ona Veld")))
		revise(t, d, s.ID, say("Ona\u00a0Veld has left."))
		one(d.Correct(ctx, s.ID, story.Note{Kind: story.KindFact, Text: "Ona Veld was there.", Reason: "Ona Veld called"}))
		stale := s.Draft()
		if _, err := d.Revise(ctx, s.ID, 1, stale); fault.KindOf(err) != fault.Conflict {
			t.Fatal(err)
		}
		must[story.DeskNote](t)(d.AddNote(ctx, s.ID, "ann", "Ring Ona Veld"))
		one(d.Rename(ctx, s.ID, "the-case-of-ona-veld"))
		path := s.Path()

		order := story.Redaction{Names: []string{"Veld, Ona", "Ona Veld"}, Pictures: []string{"/media/face.jpg"}, Replacement: "[a witness]", Reason: "Threatened", By: "ann"}
		dry := must[story.Redaction](t)(d.WouldHide(ctx, order))
		before := everything(t, base)
		if dry.Reached["stories"] != 2 || dry.Reached["revisions"] != 3 || dry.Reached["statements"] != 3 || !strings.Contains(before, "Ona Veld") {
			t.Errorf("the dry run says %v", dry.Reached)
		}
		told = 0
		order, err := d.BeginHide(ctx, order)
		if err != nil {
			t.Fatal(err)
		}
		if left := must[[]string](t)(d.Unfinished(ctx)); len(left) != 1 || left[0] != order.ID {
			t.Errorf("%v", left)
		}
		for order.Finished.IsZero() {
			order = must[story.Redaction](t)(d.ContinueHide(ctx, order.ID))
		}
		if told != 1 {
			t.Errorf("the search was told of %d stories", told)
		}
		after := everything(t, base)
		lower := strings.ToLower(after)
		for _, name := range []string{"ona veld", "veld, ona", "ona-veld", "ona  veld", "ona\u00a0veld", "/media/face.jpg", `"na"`} {
			if strings.Contains(lower, name) {
				t.Errorf("%q is still there", name)
			}
		}
		if !strings.Contains(after, "Veldhaven") || !strings.Contains(after, "Velda") || !strings.Contains(after, "[a witness]’s word") {
			t.Error("more was hidden than the name")
		}
		got := must[story.Redaction](t)(d.Redaction(ctx, order.ID))
		want := dry.Reached
		for _, what := range []string{"stories", "revisions", "names", "pictures", "addresses", "notes", "desk notes", "kept texts", "statements"} {
			if got.Reached[what] != want[what] || want[what] == 0 {
				t.Errorf("%s: the dry run says %d, the account %d", what, want[what], got.Reached[what])
			}
		}
		if len(got.Names) != 0 || got.Reached["versions"] != 2 {
			t.Errorf("%+v", got)
		}
		hidden := one(d.ByID(ctx, s.ID))
		if hidden.Headline != "[a witness] speaks" || strings.Contains(hidden.Path(), "ona") {
			t.Error(hidden.Headline, hidden.Path())
		}
		for _, old := range []string{"ona-veld-speaks", "the-case-of-ona-veld"} {
			if _, to, err := d.ByPath(ctx, "en", 2024, 12, old); fault.KindOf(err) != fault.Missing {
				t.Errorf("%s leads to %q: the redirect says the name (%s)", old, to, path)
			}
		}
		if other := one(d.ByID(ctx, bystander.ID)); other.Headline != "Velda’s garden" {
			t.Error("another name was hit")
		}
		if other := one(d.ByID(ctx, unpublished.ID)); other.Headline != "Who is [a witness]" || strings.Contains(other.Slug, "ona") {
			t.Error("a draft was left out", other.Headline, other.Slug)
		}
		checked := must[story.Checked](t)(d.CheckLedger(ctx))
		if len(checked.Faults) > 0 || checked.Redacted != 2 {
			t.Errorf("%+v", checked)
		}
		versions := must[[]story.Publication](t)(d.Publications(ctx, s.ID))
		if len(versions) != 2 || versions[0].Redacted.IsZero() || versions[1].Note != "[a witness] was there." {
			t.Errorf("%+v", versions)
		}
	})
}

func TestHideRefuses(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		for what, r := range map[string]story.Redaction{
			"nothing":                   {Reason: "x"},
			"no reason":                 {Names: []string{"Ona Veld"}},
			"a letter":                  {Names: []string{"O"}, Reason: "x"},
			"signs":                     {Names: []string{"***"}, Reason: "x"},
			"a replacement that tells":  {Names: []string{"Ona"}, Replacement: "not Ona", Reason: "x"},
			"a picture from elsewhere":  {Pictures: []string{"https://x.example/a.jpg"}, Reason: "x"},
			"a name of control letters": {Names: []string{"a\x00b"}, Reason: "x"},
		} {
			if _, err := d.Hide(t.Context(), r); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// TestHideManyIsResumable: an order that was stopped goes on where it was.
func TestHideManyIsResumable(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, _ *db.DB) {
		ctx := t.Context()
		const n = 120
		for range n {
			must[story.Story](t)(d.Create(ctx, draft("Seen by Ona Veld")))
		}
		r := must[story.Redaction](t)(d.BeginHide(ctx, story.Redaction{Names: []string{"Ona Veld"}, Reason: "x"}))
		r = must[story.Redaction](t)(d.ContinueHide(ctx, r.ID))
		if !r.Finished.IsZero() || r.Reached["stories"] == 0 || r.Reached["stories"] >= n {
			t.Fatalf("the first batch: %+v", r)
		}
		c.Advance(time.Hour)
		for r.Finished.IsZero() {
			r = must[story.Redaction](t)(d.ContinueHide(ctx, r.ID))
		}
		if again := must[story.Redaction](t)(d.ContinueHide(ctx, r.ID)); r.Reached["stories"] != n || again.Reached["stories"] != n {
			t.Errorf("%v, then %v", r.Reached, again.Reached)
		}
	})
}
