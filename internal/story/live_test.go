package story_test

import (
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/story"
)

// TestRemoveEntry: what readers have leaves with a note; without one it waits,
// and what waits already is gone from both texts afterwards.
func TestRemoveEntry(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		ctx := t.Context()
		dr := draft("Night of counting")
		dr.Live = true
		s := published(t, d, dr)
		_, kept, err := d.AddEntry(ctx, s.ID, story.Entry{Title: "Polls closed"}, "ann", true)
		if err != nil {
			t.Fatal(err)
		}
		_, wrong, err := d.AddEntry(ctx, s.ID, story.Entry{Title: "First results"}, "ann", true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.RemoveEntry(ctx, s.ID, wrong, story.Note{By: "ann"}); err != nil {
			t.Fatal(err)
		}
		if public := must[story.Story](t)(d.ByID(ctx, s.ID)); len(public.Body.Entries()) != 2 {
			t.Error("published words left silently")
		}
		if _, err := d.RemoveEntry(ctx, s.ID, wrong, story.Note{By: "ann", Kind: story.KindRetract, Text: "No."}); fault.KindOf(err) != fault.Invalid {
			t.Error(err)
		}
		got, err := d.RemoveEntry(ctx, s.ID, wrong, story.Note{By: "ann", Kind: story.KindFact, Text: "There were none yet."})
		if err != nil || len(got.Body.Entries()) != 1 || got.Body.Entries()[0].ID != kept || got.Corrected.IsZero() {
			t.Errorf("%+v %v", got.Body.Entries(), err)
		}
		newest, _, err := d.Revision(ctx, s.ID, got.Latest)
		if err != nil || len(newest.Body.Entries()) != 1 {
			t.Error("it came back in the newest text", err)
		}
		if _, err := d.RemoveEntry(ctx, s.ID, wrong, story.Note{By: "ann"}); fault.KindOf(err) != fault.Missing {
			t.Error(err)
		}
	})
}

// TestDeskLists: the lists that only the desk reads.
func TestDeskLists(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, _ *db.DB) {
		ctx := t.Context()
		var ids []string
		for _, headline := range []string{"First", "Second", "Ona Veld speaks"} {
			ids = append(ids, published(t, d, draft(headline)).ID)
			c.Advance(time.Minute)
		}
		back := must[[]story.Line](t)(d.LedgerBack(ctx, 0, 2))
		if len(back) != 2 || back[0].Story != ids[2] || back[1].Story != ids[1] {
			t.Errorf("%+v", back)
		}
		if rest := must[[]story.Line](t)(d.LedgerBack(ctx, back[1].Seq, 2)); len(rest) != 1 || rest[0].Story != ids[0] {
			t.Errorf("%+v", rest)
		}
		found := must[map[string]story.Summary](t)(d.Summaries(ctx, append(ids, ids[0], "nothing")))
		if len(found) != 3 || found[ids[1]].Headline != "Second" {
			t.Errorf("%+v", found)
		}

		order := must[story.Redaction](t)(d.Hide(ctx, story.Redaction{Names: []string{"Ona Veld"}, Reason: "Ona Veld is threatened", By: "ann"}))
		later := must[story.Redaction](t)(d.Hide(ctx, story.Redaction{Names: []string{"Second"}, Reason: "Asked", By: "ann"}))
		past := must[[]story.Redaction](t)(d.Redactions(ctx, "", 10))
		if len(past) != 2 || past[0].ID != later.ID || past[1].Reason != "[…] is threatened" || len(past[1].Names) != 0 || past[1].Reached["stories"] != 1 {
			t.Errorf("%+v", past)
		}
		if past = must[[]story.Redaction](t)(d.Redactions(ctx, later.ID, 10)); len(past) != 1 || past[0].ID != order.ID {
			t.Errorf("%+v", past)
		}

		s := must[story.Story](t)(d.Create(ctx, draft("Held")))
		must[story.Story](t)(d.Schedule(ctx, s.ID, c.Now().Add(time.Hour), story.Order{By: "ann"}, nil))
		must[story.Story](t)(d.Hold(ctx, s.ID, "ben", "The lawyer asks"))
		if stuck := must[[]story.Stuck](t)(d.Stuck(ctx, 10)); len(stuck) != 0 {
			t.Errorf("%+v", stuck)
		}
		c.Advance(2 * time.Hour)
		must[int](t)(d.PublishDue(ctx))
		if stuck := must[[]story.Stuck](t)(d.Stuck(ctx, 10)); len(stuck) != 1 || stuck[0].Story != s.ID || !strings.Contains(stuck[0].Failed, "hold") {
			t.Errorf("%+v", stuck)
		}
	})
}
