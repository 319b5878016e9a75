package story_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

func TestCopies(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, _ *db.DB) {
		ctx := t.Context()
		s := must[story.Story](t)(d.Create(ctx, draft("The bridge")))
		keep := func(member, name, words string, base int) (latest int) {
			t.Helper()
			dr := s.Draft()
			dr.Headline, dr.Editor, dr.Body = "", member, prose.Paragraphs(words) // an unfinished text has no headline yet
			_, latest, _, err := d.Keep(ctx, s.ID, story.Copy{Name: name, Member: member, Base: base, Draft: dr})
			if err != nil {
				t.Fatal(err)
			}
			c.Advance(time.Second)
			return latest
		}
		words := func(member string) (out []string) {
			t.Helper()
			copies, err := d.Copies(ctx, s.ID, member)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range copies {
				if one.Draft.Editor != "" {
					t.Errorf("a copy's text names its writer %q", one.Draft.Editor)
				}
				out = append(out, fmt.Sprintf("%s %d %s", one.Name, one.Base, one.Draft.Body.Text()))
			}
			return out
		}
		keep("ada", "w1", "One", 1)
		keep("ada", "w2", "Another window", 1)
		keep("ada", "w1", "One two", 1)
		keep("bo", "w1", "Of Bo", 1)
		if diff := cmp.Diff([]string{"w1 1 One two", "w2 1 Another window"}, words("ada")); diff != "" {
			t.Error(diff)
		}
		history, err := d.History(ctx, s.ID, 0, 10)
		if err != nil || len(history) != 1 {
			t.Errorf("a copy made a revision: %v %v", history, err)
		}

		dr := s.Draft()
		dr.Headline, dr.Editor = "Another headline", "bo"
		must[story.Story](t)(d.Revise(ctx, s.ID, 1, dr))
		if latest := keep("ada", "w1", "One two three", 1); latest != 2 {
			t.Errorf("a writer is not told of the newer revision: %d", latest)
		}
		if err := d.DropCopy(ctx, s.ID, "ada", "w1"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"w2 1 Another window"}, words("ada")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"w1 1 Of Bo"}, words("bo")); diff != "" {
			t.Error("one member's window is another's:", diff)
		}

		for i := range 25 { // of a browser that forgets its windows only the last are kept
			keep("ada", fmt.Sprintf("n%d", i), "x", 2)
		}
		if got := words("ada"); len(got) != 20 || got[0] != "n24 2 x" {
			t.Errorf("%d copies, the last is %q", len(got), got[0])
		}

		for _, wrong := range []story.Copy{{Name: "", Member: "ada"}, {Name: "A B", Member: "ada"}, {Name: "w", Member: ""}} {
			if _, _, _, err := d.Keep(ctx, s.ID, wrong); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%+v: %v", wrong, err)
			}
		}
		if _, _, _, err := d.Keep(ctx, "nothing", story.Copy{Name: "w", Member: "ada"}); fault.KindOf(err) != fault.Missing {
			t.Errorf("a copy of no story: %v", err)
		}
	})
}

// TestHidingReachesCopies: what somebody is writing is no place to keep a name
// that is hidden everywhere.
func TestHidingReachesCopies(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		ctx := t.Context()
		s := must[story.Story](t)(d.Create(ctx, draft("The bridge")))
		dr := s.Draft()
		dr.Standfirst, dr.Body = "Of Ada Ferry", prose.Paragraphs("Ada Ferry said so.")
		if _, _, _, err := d.Keep(ctx, s.ID, story.Copy{Name: "w1", Member: "bo", Base: 1, Draft: dr}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Hide(ctx, story.Redaction{By: "eve", Reason: "She is in danger", Names: []string{"Ada Ferry"}, Replacement: "a woman"}); err != nil {
			t.Fatal(err)
		}
		copies, err := d.Copies(ctx, s.ID, "bo")
		if err != nil || len(copies) != 1 || copies[0].Draft.Standfirst != "Of a woman" || copies[0].Draft.Body.Text() != "a woman said so." {
			t.Errorf("%+v %v", copies, err)
		}
	})
}

func TestObjectionsAskTheGates(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		ctx := t.Context()
		s := must[story.Story](t)(d.Create(ctx, draft("The bridge")))
		seen := 0
		d.Wire(func(o *story.Options) {
			o.Gates = append(o.Gates, func(_ context.Context, _ *db.Tx, s *story.Story) ([]story.Objection, error) {
				seen = s.Revision
				return []story.Objection{{Code: "unproven", Text: "statement.gate.unproven", Overridable: true}}, nil
			})
		})
		all, err := d.Objections(ctx, s.ID)
		if err != nil || len(all) != 1 || all[0].Code != "unproven" || seen != 1 {
			t.Errorf("%v %v of revision %d", all, err, seen)
		}
		var blocked *story.BlockedError
		if _, err := d.Publish(ctx, s.ID); !errors.As(err, &blocked) {
			t.Errorf("and publishing asks again: %v", err)
		}
	})
}
