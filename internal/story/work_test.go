package story_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

func kind(t *testing.T, want fault.Kind, err error, what string) {
	t.Helper()
	if fault.KindOf(err) != want || err == nil {
		t.Errorf("%s: %v", what, err)
	}
}

func TestTwoPeople(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		ctx, one := t.Context(), must[story.Story](t)
		dr := draft("Careful")
		dr.Flags.TwoPerson, dr.Editor = true, "ann"
		s := one(d.Create(ctx, dr))
		_, err := d.Publish(ctx, s.ID)
		kind(t, fault.Conflict, err, "published without approval")
		_, err = d.Approve(ctx, s.ID, 0, "ben")
		kind(t, fault.Conflict, err, "approved what was not submitted")
		if s = one(d.Submit(ctx, s.ID, 1, "ann")); s.Stage != story.Submitted {
			t.Error(s.Stage)
		}
		_, err = d.Approve(ctx, s.ID, 1, "ann")
		kind(t, fault.Denied, err, "approved by its author")
		if s = one(d.SendBack(ctx, s.ID, 1, "ben", "Where is the mayor's answer?")); s.Stage != story.Writing {
			t.Error(s.Stage)
		}
		one(d.Submit(ctx, s.ID, 1, "ann"))
		one(d.Approve(ctx, s.ID, 1, "ben"))
		next := s.Draft()
		next.Editor, next.Headline = "ann", "Careful, and longer"
		if s = one(d.Revise(ctx, s.ID, 1, next)); s.Stage != story.Submitted {
			t.Errorf("other words than those that were approved are %s", s.Stage)
		}
		_, err = d.Publish(ctx, s.ID)
		kind(t, fault.Conflict, err, "published what nobody approved")
		_, err = d.Approve(ctx, s.ID, 1, "ben")
		kind(t, fault.Conflict, err, "approved a text that was not seen")
		one(d.Approve(ctx, s.ID, 2, "ben"))
		if s = one(d.Publish(ctx, s.ID)); s.State != story.Published || s.Stage != story.Writing {
			t.Error(s.State, s.Stage)
		}
		works := must[[]story.Work](t)(d.Works(ctx, s.ID, 10))
		if len(works) != 5 || works[3].Kind != story.WorkSendBack || works[3].Words != "Where is the mayor's answer?" || works[3].Member != "ben" {
			t.Errorf("%+v", works)
		}
	})
}

func TestHoldAndEmbargo(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, _ *db.DB) {
		ctx, one := t.Context(), must[story.Story](t)
		s := one(d.Create(ctx, draft("Delicate")))
		_, err := d.Hold(ctx, s.ID, "law", "")
		kind(t, fault.Invalid, err, "held without a reason")
		one(d.Hold(ctx, s.ID, "law", "The court decides on Monday"))
		_, err = d.Publish(ctx, s.ID)
		kind(t, fault.Conflict, err, "published while held")
		_, err = d.Schedule(ctx, s.ID, c.Now().Add(time.Hour), story.Order{}, nil)
		kind(t, fault.Conflict, err, "scheduled while held")
		one(d.Release(ctx, s.ID, "law", "The court has decided"))
		dr := s.Draft()
		dr.Flags.Embargo = c.Now().Add(2 * time.Hour)
		s = one(d.Revise(ctx, s.ID, 1, dr))
		_, err = d.Publish(ctx, s.ID)
		kind(t, fault.Conflict, err, "published under embargo")
		_, err = d.Schedule(ctx, s.ID, c.Now().Add(time.Hour), story.Order{}, nil)
		kind(t, fault.Invalid, err, "scheduled before the embargo ends")
		if s = one(d.Schedule(ctx, s.ID, c.Now().Add(2*time.Hour), story.Order{}, nil)); s.Due.IsZero() || s.State != story.Drafted {
			t.Error("not scheduled for the end of the embargo")
		}
		c.Advance(2 * time.Hour)
		if s = one(d.ByID(ctx, s.ID)); s.State != story.Published {
			t.Error("not public at the end of the embargo")
		}
	})
}

// TestDueOnRead: whoever reads first after its hour finds a story published, in
// every list, without any job.
func TestDueOnRead(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, base *db.DB) {
		ctx, one := t.Context(), must[story.Story](t)
		at := c.Now().Add(90 * time.Minute)
		s := one(d.Create(ctx, draft("Tomorrow")))
		s = one(d.Schedule(ctx, s.ID, at, story.Order{By: "ann"}, nil))
		if s.Revision != 2 || !s.Schedule.Equal(at) || !s.Due.Equal(at) {
			t.Errorf("%+v", s)
		}
		later := s.Draft()
		later.Headline, later.Schedule = "Tomorrow, rewritten", time.Time{}
		one(d.Revise(ctx, s.ID, s.Latest, later)) // the schedule is of the text that was there
		c.Set(at.Add(-time.Microsecond))
		if list := must[[]story.Summary](t)(d.Front(ctx, "en", 10)); len(list) != 0 {
			t.Fatalf("too early: %v", headlines(list))
		}
		c.Set(at)
		if !d.Overdue(c.Now()) {
			t.Error("nobody knows that it is due")
		}
		if list := must[[]story.Summary](t)(d.Front(ctx, "en", 10)); len(list) != 1 || list[0].Headline != "Tomorrow" || !list[0].Published.Equal(at) {
			t.Fatalf("the first request found %v", headlines(list))
		}
		if n := must[int](t)(d.PublishDue(ctx)); n != 0 || d.Overdue(c.Now()) {
			t.Errorf("published again: %d", n)
		}
		// Another process, which has heard of nothing yet.
		s = one(d.Create(ctx, draft("In the night")))
		one(d.Schedule(ctx, s.ID, c.Now().Add(time.Hour), story.Order{}, nil))
		c.Advance(time.Hour)
		other := desk(base, c.Now)
		if _, to, err := other.ByPath(ctx, "en", 2024, 12, "in-the-night"); err != nil || to != "" {
			t.Errorf("the first request to another process: %v", err)
		}
	})
}

func TestScheduledCorrectionAndFailure(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, _ *db.DB) {
		ctx, one := t.Context(), must[story.Story](t)
		s := published(t, d, draft("Rates"))
		next := s.Draft()
		next.Body = prose.Paragraphs("The rate is two.")
		s = one(d.Revise(ctx, s.ID, 1, next))
		at := c.Now().Add(time.Hour)
		_, err := d.Schedule(ctx, s.ID, at, story.Order{}, nil)
		kind(t, fault.Conflict, err, "other words scheduled without a note")
		one(d.Schedule(ctx, s.ID, at, story.Order{By: "ann"}, &story.Note{Kind: story.KindUpdate, Text: "The bank decided."}))
		one(d.Hold(ctx, s.ID, "law", "Wait"))
		c.Set(at)
		if got := one(d.ByID(ctx, s.ID)); got.Body.Text() == "The rate is two." || !got.Due.IsZero() {
			t.Error("published while held")
		}
		plan, found, err := d.Plan(ctx, s.ID)
		if err != nil || !found || !strings.Contains(plan.Failed, "hold") || plan.By != "ann" {
			t.Errorf("%+v %v %v", plan, found, err)
		}
		one(d.Release(ctx, s.ID, "law", "Go"))
		one(d.Schedule(ctx, s.ID, c.Now().Add(time.Hour), story.Order{}, &story.Note{Kind: story.KindUpdate, Text: "The bank decided."}))
		c.Advance(time.Hour)
		if got := one(d.ByID(ctx, s.ID)); got.Body.Text() != "The rate is two." || got.Corrected.IsZero() {
			t.Error("not updated on time")
		}
	})
}

// TestGates: what is built on stories can object; two people may override what
// may be overridden.
func TestGates(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		ctx, one := t.Context(), must[story.Story](t)
		objection := story.Objection{Code: "evidence", Overridable: true}
		var acts []string
		d.Wire(func(o *story.Options) {
			o.Gates = append(o.Gates, func(context.Context, *db.Tx, *story.Story) ([]story.Objection, error) {
				return []story.Objection{objection}, nil
			})
			o.Record = func(_ context.Context, _ *db.Tx, a story.Act) error {
				acts = append(acts, a.Actor+" "+a.Action)
				return nil
			}
		})
		s := one(d.Create(ctx, draft("Accused")))
		_, err := d.Publish(ctx, s.ID)
		var blocked *story.BlockedError
		if !errors.As(err, &blocked) || blocked.Objections[0].Code != "evidence" || fault.KindOf(err) != fault.Conflict {
			t.Fatalf("%v", err)
		}
		order := story.Order{By: "ann", Override: story.Override{Reason: "The court file is public", Second: "ann"}}
		_, _, err = d.PublishAs(ctx, s.ID, order)
		kind(t, fault.Denied, err, "one person alone")
		order.Override.Second = "ben"
		objection.Overridable = false
		_, _, err = d.PublishAs(ctx, s.ID, order)
		kind(t, fault.Conflict, err, "what nobody may override")
		objection.Overridable = true
		acts = nil
		if got, fresh, err := d.PublishAs(ctx, s.ID, order); err != nil || !fresh || got.State != story.Published {
			t.Error(err)
		}
		if got := fmt.Sprint(acts); got != "[ben story.override ann story.publish]" {
			t.Error(got)
		}
	})
}

func TestChecklist(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		ctx, one := t.Context(), must[story.Story](t)
		dr := draft("Bridge TK")
		dr.Body.Blocks = append(dr.Body.Blocks, prose.Block{Kind: prose.Image, Src: "/media/x.jpg"},
			prose.Block{Kind: prose.Paragraph, Text: prose.Text{{Text: "TKTK of ATKINS", Link: "http://a.example"}}})
		s := one(d.Create(ctx, dr))
		must[story.Task](t)(d.AddTask(ctx, s.ID, story.Task{Author: "ann", Who: "ben", Words: "Call the mayor"}))
		bad := map[string]story.Check{}
		for _, c := range must[[]story.Check](t)(d.Checklist(ctx, s.ID)) {
			if !c.Good {
				bad[c.Code] = c
			}
		}
		if len(bad) != 4 || !bad["tk"].Blocks || bad["tk"].Args[1] != 2 || bad["alt"].Args[1] != 1 || bad["links"].Code == "" || bad["tasks"].Blocks {
			t.Errorf("%+v", bad)
		}
		_, err := d.Publish(ctx, s.ID)
		kind(t, fault.Conflict, err, "published with something to come")
		if mine := must[[]story.Task](t)(d.TasksOf(ctx, "ben", 10)); len(mine) != 1 || mine[0].Story != s.ID {
			t.Errorf("%+v", mine)
		}
	})
}

// TestPublishAtOnce: of two editors who press the button one publishes, and the
// other learns that it was done.
func TestPublishAtOnce(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		ctx := t.Context()
		s := must[story.Story](t)(d.Create(ctx, draft("Once")))
		var fresh [8]bool
		var all sync.WaitGroup
		for i := range fresh {
			all.Go(func() {
				_, f, err := d.PublishAs(ctx, s.ID, story.Order{By: fmt.Sprint(i), Seen: 1})
				if err != nil {
					t.Error(err)
				}
				fresh[i] = f
			})
		}
		all.Wait()
		n := 0
		for _, f := range fresh {
			if f {
				n++
			}
		}
		if p := must[[]story.Publication](t)(d.Publications(ctx, s.ID)); n != 1 || len(p) != 1 {
			t.Errorf("%d published, %d publications", n, len(p))
		}
	})
}

func TestPresence(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, base *db.DB) {
		ctx := t.Context()
		s := must[story.Story](t)(d.Create(ctx, draft("Together")))
		holder := func(list []story.Present) (who string) {
			for _, p := range list {
				if p.Holds {
					who += p.Member
				}
			}
			return who
		}
		attend := func(session, member string, take bool) []story.Present {
			return must[[]story.Present](t)(d.Attend(ctx, s.ID, session, member, true, take))
		}
		if list := attend("s1", "ann", false); holder(list) != "ann" || len(list) != 1 || !list[0].Own {
			t.Errorf("%+v", list)
		}
		c.Advance(20 * time.Second)
		if list := attend("s2", "ben", false); holder(list) != "ann" || len(list) != 2 {
			t.Errorf("%+v", list)
		}
		if list := attend("s2", "ben", true); holder(list) != "ben" {
			t.Errorf("%+v", list)
		}
		if list := attend("s1", "ann", false); holder(list) != "ben" {
			t.Errorf("taken over, and taken back silently: %+v", list)
		}
		c.Advance(story.Away)
		if list := attend("s1", "ann", false); holder(list) != "ann" || len(list) != 1 {
			t.Errorf("somebody who is gone: %+v", list)
		}
		if err := d.Leave(ctx, s.ID, "s1"); err != nil || len(must[[]story.Present](t)(d.Present(ctx, s.ID, "s2"))) != 0 {
			t.Error("still there", err)
		}
		attend("s3-secret", "cy", false)
		if dump := everything(t, base); strings.Contains(dump, "s3-secret") || !strings.Contains(dump, "cy") {
			t.Error("a session's id is kept as it is")
		}
	})
}
