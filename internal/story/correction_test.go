package story_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// everything is all that the story's tables hold, as text.
func everything(t *testing.T, base *db.DB) string {
	t.Helper()
	var out strings.Builder
	err := base.Read(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		for _, table := range []string{
			"story", "story_revision", "story_hand", "story_side", "story_publication", "story_due", "story_work", "story_note", "story_task",
			"story_presence", "story_flag", "story_redaction", "story_address", "story_byline", "correction", "byline",
		} {
			rows, err := tx.Query(ctx, "select * from "+table)
			if err != nil {
				return err
			}
			names, err := rows.Columns()
			if err != nil {
				return errors.Join(err, rows.Close())
			}
			for rows.Next() {
				cells := make([]any, len(names))
				for i := range cells {
					cells[i] = new(any)
				}
				if err := rows.Scan(cells...); err != nil {
					return errors.Join(err, rows.Close())
				}
				for i := range cells {
					if cell, ok := cells[i].(*any); ok {
						fmt.Fprintf(&out, "%s.%s=%v\n", table, names[i], *cell)
					}
				}
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func revise(t *testing.T, d *story.Desk, id string, change func(*story.Draft)) story.Story {
	t.Helper()
	s := must[story.Story](t)(d.ByID(t.Context(), id))
	newest, _, err := d.Revision(t.Context(), id, s.Latest)
	if err != nil {
		t.Fatal(err)
	}
	dr := newest.Draft()
	change(&dr)
	return must[story.Story](t)(d.Revise(t.Context(), id, s.Latest, dr))
}

func say(words ...string) func(*story.Draft) {
	return func(d *story.Draft) { d.Body = prose.Paragraphs(words...) }
}

func TestCorrections(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, _ *db.DB) {
		ctx, one := t.Context(), must[story.Story](t)
		s := published(t, d, draft("The toll"))
		fa := draft("عوارض")
		fa.Lang, fa.Group = "fa", s.Group
		persian := published(t, d, fa)
		var told []story.Kind
		d.Wire(func(o *story.Options) {
			o.Corrected = append(o.Corrected, func(_ context.Context, _ *db.Tx, s *story.Story, p story.Publication) error {
				told = append(told, p.Kind)
				return nil
			})
		})
		c.Advance(time.Hour)
		revise(t, d, s.ID, say("Nine died."))
		_, err := d.Publish(ctx, s.ID)
		kind(t, fault.Conflict, err, "published words changed silently")
		_, err = d.Correct(ctx, s.ID, story.Note{Kind: story.KindFact, Text: " \n"})
		kind(t, fault.Invalid, err, "a correction without a note")
		_, err = d.Correct(ctx, s.ID, story.Note{Kind: "quiet", Text: "x"})
		kind(t, fault.Invalid, err, "a kind that is none")
		s = one(d.Correct(ctx, s.ID, story.Note{Kind: story.KindFact, Text: "We said eight.", Reason: "misheard"}))
		if !s.Corrected.Equal(c.Now()) || s.Body.Text() != "Nine died." {
			t.Errorf("%+v", s)
		}
		_, err = d.Correct(ctx, s.ID, story.Note{Kind: story.KindTypo, Text: "x"})
		kind(t, fault.Conflict, err, "a note about nothing")

		// What readers cannot see may change by itself.
		tagged := revise(t, d, s.ID, func(dr *story.Draft) {
			dr.Tags, dr.Section = []string{"toll"}, "world"
			dr.Body.Blocks[0].Text[0].Statement = "abc"
		})
		if got := one(d.Publish(ctx, s.ID)); got.Revision != tagged.Latest || len(must[[]story.Publication](t)(d.Publications(ctx, s.ID))) != 2 {
			t.Error("tags are a version")
		}
		c.Advance(time.Hour)
		revise(t, d, s.ID, say("Nine died. The road is open."))
		one(d.Update(ctx, s.ID, story.Note{Text: "The road was opened."}))
		c.Advance(time.Hour)
		one(d.Retract(ctx, s.ID, story.Note{Text: "It was another road."}))
		one(d.Withdraw(ctx, s.ID, story.Note{Text: "A court ordered it."}))
		all := must[[]story.Publication](t)(d.Publications(ctx, s.ID))
		var got []string
		for _, p := range all {
			got = append(got, fmt.Sprintf("%d %s %d %t %t", p.N, p.Kind, p.Revision, p.Listed, p.Until.IsZero()))
		}
		want := "[1 publish 1 false false|2 fact 3 true false|3 update 4 true false|4 retract 4 true false|5 withdraw 4 true true]"
		if g := "[" + strings.Join(got, "|") + "]"; g != want || all[1].Note != "We said eight." || all[1].Reason != "misheard" {
			t.Errorf("%s\n%s", g, want)
		}
		if fmt.Sprint(told) != "[fact update retract withdraw]" {
			t.Error(told)
		}
		old, p, err := d.Version(ctx, s.ID, 1)
		if err != nil || old.Body.Text() != draft("").Body.Text() || p.Kind != story.KindPublish {
			t.Error("the first version is not what it was", err)
		}
		second, _, err := d.Version(ctx, s.ID, 2)
		if diff := story.DiffVersions(old, second); err != nil || !diff.Changed || len(diff.Fields) != 0 || len(diff.Blocks) != 3 {
			t.Errorf("%+v", diff)
		}
		list := must[[]story.Correction](t)(d.Corrections(ctx, "en", 0, 2))
		if len(list) != 2 || list[0].Kind != story.KindWithdraw || list[0].Summary.ID != s.ID {
			t.Errorf("%+v", list)
		}
		if rest := must[[]story.Correction](t)(d.Corrections(ctx, "en", list[1].Seq, 10)); len(rest) != 2 || rest[1].Kind != story.KindFact {
			t.Errorf("%+v", rest)
		}
		flags := must[[]story.LookAgain](t)(d.LookAgain(ctx, persian.ID))
		if len(flags) != 4 || flags[0].Of != s.ID || flags[3].Note != "We said eight." {
			t.Fatalf("the translation is flagged %+v", flags)
		}
		if err := d.Looked(ctx, persian.ID, flags[0].ID, "ann"); err != nil || len(must[[]story.LookAgain](t)(d.LookAgain(ctx, persian.ID))) != 3 {
			t.Error("a flag cannot be cleared", err)
		}
		if got := must[[]story.Summary](t)(d.List(ctx, story.Withdrawn, story.Cursor{}, 10)); len(got) != 1 || got[0].Phase() != story.PhaseWithdrawn {
			t.Errorf("%+v", got)
		}
		if checked := must[story.Checked](t)(d.CheckLedger(ctx)); len(checked.Faults) > 0 || checked.Lines != 6 {
			t.Errorf("%+v", checked)
		}
	})
}

// TestLedgerTellsTampering: whatever is changed behind the desk's back shows.
func TestLedgerTellsTampering(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, base *db.DB) {
		ctx := t.Context()
		s := published(t, d, draft("One"))
		published(t, d, draft("Two"))
		revise(t, d, s.ID, say("Other."))
		must[story.Story](t)(d.Correct(ctx, s.ID, story.Note{Kind: story.KindTypo, Text: "A slip."}))
		do := func(query string, args ...any) error {
			return base.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, query, args...)
				return err
			})
		}
		for _, query := range []string{"update correction set kind = 'publish'", "delete from correction where seq = 2"} {
			if do(query) == nil {
				t.Errorf("%s was done", query)
			}
		}
		for what, change := range map[string][2]string{
			"a text": {
				`update story_revision set headline = 'Won' where story = $1 and revision = 1`,
				`update story_revision set headline = 'One' where story = $1 and revision = 1`,
			},
			"a note": {
				`update story_publication set note = 'Nothing.' where story = $1 and n = 2`,
				`update story_publication set note = 'A slip.' where story = $1 and n = 2`,
			},
		} {
			if err := do(change[0], s.ID); err != nil {
				t.Fatal(err)
			}
			if c := must[story.Checked](t)(d.CheckLedger(ctx)); len(c.Faults) != 1 {
				t.Errorf("%s was changed: %+v", what, c)
			}
			if err := do(change[1], s.ID); err != nil {
				t.Fatal(err)
			}
		}
		if err := do("update story_counter set last = 9 where name = 'correction'"); err != nil {
			t.Fatal(err)
		}
		if c := must[story.Checked](t)(d.CheckLedger(ctx)); len(c.Faults) != 1 || !strings.Contains(c.Faults[0], "ends at line 3") {
			t.Errorf("the end was cut off: %+v", c)
		}
	})
}

func TestStaleSaveLosesNothing(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		ctx, one := t.Context(), must[story.Story](t)
		dr := draft("Both")
		dr.Body = prose.Paragraphs("It began on Monday.", "The mayor spoke.", "It ended at nine.")
		s := one(d.Create(ctx, dr))
		theirs := s.Draft()
		theirs.Editor, theirs.Body = "ben", prose.Paragraphs("It began on Monday.", "The mayor spoke at length.", "It ended at nine.")
		one(d.Revise(ctx, s.ID, 1, theirs))
		mine := s.Draft()
		mine.Editor, mine.Body = "ann", prose.Paragraphs("It began on Monday night.", "The mayor spoke.", "It ended at nine.")
		_, err := d.Revise(ctx, s.ID, 1, mine)
		var stale *story.StaleError
		if !errors.As(err, &stale) || stale.Side != 1 || stale.Theirs.Revision != 2 || stale.Base.Revision != 1 {
			t.Fatalf("%v", err)
		}
		merged, clashes := stale.Merge()
		if merged.Text() != "It began on Monday night.\n\nThe mayor spoke at length.\n\nIt ended at nine." || len(clashes) != 0 {
			t.Error(merged.Text(), clashes)
		}
		mine.Body = prose.Paragraphs("It began on Monday night.", "The mayor spoke.", "It ended at nine.", "More.")
		if _, err := d.Revise(ctx, s.ID, 1, mine); !errors.As(err, &stale) || stale.Side != 1 {
			t.Errorf("each pause makes a side version: %v", err)
		}
		sides := must[[]story.Side](t)(d.Sides(ctx, s.ID))
		if len(sides) != 1 || sides[0].Editor != "ann" || !strings.HasSuffix(sides[0].Draft.Body.Text(), "More.") {
			t.Errorf("%+v", sides)
		}
		other := mine // of another window of hers
		other.Body = prose.Paragraphs("It began on Sunday.", "The mayor spoke.", "It ended at nine.")
		if _, err := d.Revise(ctx, s.ID, 1, other); !errors.As(err, &stale) || stale.Side != 2 {
			t.Errorf("one window's text went over the other's: %v", err)
		}
		if err := d.Settle(ctx, s.ID, 2, "ann"); err != nil {
			t.Error(err)
		}
		_, again, err := d.Side(ctx, s.ID, 1)
		if err != nil || again.Base.Revision != 1 || again.Theirs.Revision != 2 {
			t.Error(err)
		}
		if err := d.Settle(ctx, s.ID, 1, "ann"); err != nil || len(must[[]story.Side](t)(d.Sides(ctx, s.ID))) != 0 {
			t.Error("not settled", err)
		}
	})
}

func TestWholeRevisions(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, _ *db.DB) {
		ctx, one := t.Context(), must[story.Story](t)
		d.Wire(func(o *story.Options) {
			o.Statements = func(_ context.Context, _ *db.Tx, ids []string) (map[string]int, error) {
				return map[string]int{ids[0]: 7}, nil
			}
		})
		other := one(d.Create(ctx, draft("Other")))
		dr := draft("First")
		dr.Body.Blocks[0].Text[0].Statement = "st1"
		dr.Slug, dr.Series, dr.Related, dr.Tags = "own-slug", "the-flood", []string{other.ID}, []string{"a"}
		dr.Flags = story.Flags{TwoPerson: true, Embargo: c.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)}
		dr.Schedule, dr.Live, dr.NoAsk = c.Now().Add(2*time.Hour).UTC().Truncate(time.Microsecond), true, true
		dr.Bylines, dr.BylineIDs, dr.Editor = []string{"Ada", "", "Ben"}, []string{other.ID, other.ID, ""}, "ann"
		s := one(d.Create(ctx, dr))
		if again := one(d.Revise(ctx, s.ID, 1, s.Draft())); again.Latest != 1 {
			t.Error("the same text is another revision")
		}
		revise(t, d, s.ID, func(dr *story.Draft) {
			*dr = story.Draft{Headline: "Second", Body: prose.Paragraphs("x"), Slug: "second", Editor: "ben"}
		})
		back := one(d.Restore(ctx, s.ID, 1, "cy"))
		if back.Latest != 3 || back.Slug != "own-slug" || back.Series != "the-flood" || len(back.Related) != 1 || !back.Flags.TwoPerson || back.Flags != s.Flags ||
			!back.Schedule.Equal(dr.Schedule) || !back.Live || !back.NoAsk || len(back.BylineIDs) != 2 || back.BylineIDs[1] != "" || back.Records["st1"] != 7 {
			t.Errorf("%+v", back)
		}
		history := must[[]story.Revised](t)(d.History(ctx, s.ID, 0, 10))
		if len(history) != 3 || history[0].Kind != story.SavedRestore || history[0].Base != 1 || history[0].Editor != "cy" || history[2].Editor != "ann" {
			t.Errorf("%+v", history)
		}
		if more := must[[]story.Revised](t)(d.History(ctx, s.ID, 2, 10)); len(more) != 1 || more[0].Revision != 1 {
			t.Errorf("%+v", more)
		}
		diff, err := d.DiffRevisions(ctx, s.ID, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range diff.Fields {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != "headline bylines slug section tags series related byline_ids schedule embargo two_person no_ask live" {
			t.Error(got)
		}
	})
}

func TestLiveBlog(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, _ *db.DB) {
		ctx := t.Context()
		dr := draft("Night of counting")
		dr.Live = true
		s := published(t, d, dr)
		revise(t, d, s.ID, func(dr *story.Draft) { dr.Headline = "Another headline" }) // waits
		c.Advance(time.Minute)
		first, id, err := d.AddEntry(ctx, s.ID, story.Entry{Title: "Polls closed", Blocks: prose.Paragraphs("At nine.").Blocks, Key: true}, "ann", true)
		if err != nil {
			t.Fatal(err)
		}
		if e := first.Body.Entries(); len(e) != 1 || e[0].ID != id || e[0].From != 2 || first.Headline != "Night of counting" {
			t.Errorf("%+v %s", e, first.Headline)
		}
		second, other, err := d.AddEntry(ctx, s.ID, story.Entry{Title: "First results"}, "ben", true)
		if err != nil || second.Body.Entries()[0].ID != other {
			t.Fatal("the newest is not on top", err)
		}
		newest, _, err := d.Revision(ctx, s.ID, second.Latest)
		if err != nil || newest.Headline != "Another headline" || len(newest.Body.Entries()) != 2 {
			t.Errorf("what waits was lost, or went out: %s, %d entries", newest.Headline, len(newest.Body.Entries()))
		}
		if got, err := d.PinEntry(ctx, s.ID, id, true, "ann"); err != nil || got.Body.Arranged().Entries()[0].ID != id {
			t.Error("not pinned", err)
		}
		n := len(must[[]story.Publication](t)(d.Publications(ctx, s.ID)))
		if n != 3 {
			t.Errorf("%d versions", n)
		}
		if got, err := d.EditEntry(ctx, s.ID, id, story.Entry{Title: "Polls closed late"}, story.Note{By: "ann"}); err != nil || got.Body.Text() == "" {
			t.Error(err)
		}
		if public := must[story.Story](t)(d.ByID(ctx, s.ID)); strings.Contains(public.Body.Text(), "late") {
			t.Error("published words changed silently")
		}
		got, err := d.EditEntry(ctx, s.ID, id, story.Entry{Title: "Polls closed late"}, story.Note{By: "ann", Kind: story.KindFact, Text: "They closed at ten."})
		if err != nil || !strings.Contains(got.Body.Text(), "late") || got.Corrected.IsZero() {
			t.Error("an entry cannot be corrected", err)
		}
		if c := must[story.Checked](t)(d.CheckLedger(ctx)); len(c.Faults) > 0 {
			t.Error(c.Faults)
		}
	})
}
