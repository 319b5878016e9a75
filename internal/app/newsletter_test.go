package app

import (
	"strings"
	"testing"

	"mimeo/internal/config"
	"mimeo/internal/fault"
	"mimeo/internal/newsletter"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// TestNewslettersFollowTheirStories joins what the packages promise apart: an
// issue is flagged when its story is corrected, a name that is hidden
// everywhere is hidden in it, and where the newsroom asks two people for every
// story, one is not enough.
func TestNewslettersFollowTheirStories(t *testing.T) {
	c := config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", BaseURL: "http://127.0.0.1:1"}
	c.Newsroom.Languages, c.Newsroom.Zone, c.Newsroom.Name = []string{"en"}, "UTC", "The Lantern"
	c.Newsroom.WorkingDays = []string{"mon"}
	c.Desk.TwoPeople = true
	a, err := Open(t.Context(), c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	ctx := t.Context()
	s, err := a.Stories.Create(ctx, story.Draft{Headline: "Irma Solano speaks", Body: prose.Paragraphs("She spoke on Friday."), Editor: "m1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Stories.PublishAs(ctx, s.ID, story.Order{By: "m1"}); fault.KindOf(err) != fault.Conflict {
		t.Fatalf("one person was enough: %v", err)
	}
	for _, step := range []func() error{
		func() error { _, err := a.Stories.Submit(ctx, s.ID, 1, "m1"); return err },
		func() error { _, err := a.Stories.Approve(ctx, s.ID, 1, "m2"); return err },
		func() error { _, _, err := a.Stories.PublishAs(ctx, s.ID, story.Order{By: "m1"}); return err },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}

	n, err := a.Newsletters.Found(ctx, "m1", newsletter.Newsletter{Name: "By Lamplight", Open: true})
	if err != nil {
		t.Fatal(err)
	}
	i, err := a.Newsletters.Compose(ctx, newsletter.Issue{Newsletter: n.ID, Subject: "Irma Solano and others", Stories: []string{s.ID}})
	if err == nil {
		i, err = a.Newsletters.Send(ctx, "m1", i.ID, i.Version)
	}
	if err != nil {
		t.Fatal(err)
	}
	d := s.Draft()
	d.Body = prose.Paragraphs("She spoke on Thursday.")
	if s, err = a.Stories.Revise(ctx, s.ID, 1, d); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Stories.Submit(ctx, s.ID, 2, "m1"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Stories.Approve(ctx, s.ID, 2, "m2"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Stories.Correct(ctx, s.ID, story.Note{Kind: story.KindFact, Text: "It was on Thursday.", By: "m1"}); err != nil {
		t.Fatal(err)
	}
	if flags, err := a.Newsletters.Flags(ctx, 10); err != nil || len(flags) != 1 || flags[0].Issue != i.ID {
		t.Errorf("flags after a correction: %+v, %v", flags, err)
	}

	r, err := a.Stories.Hide(ctx, story.Redaction{Names: []string{"Irma Solano"}, Replacement: "[a witness]", Reason: "She asked us to", By: "m1"})
	if err != nil {
		t.Fatal(err)
	}
	there, err := a.Newsletters.Issue(ctx, i.ID)
	if err != nil || strings.Contains(there.Subject+there.Items[0].Headline, "Solano") || r.Reached["newsletters"] != 1 {
		t.Errorf("%q, %q, reached %v, %v", there.Subject, there.Items, r.Reached, err)
	}
}
