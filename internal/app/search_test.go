package app

import (
	"slices"
	"testing"
	"time"

	"mimeo/internal/config"
	"mimeo/internal/prose"
	"mimeo/internal/search"
	"mimeo/internal/story"
)

// What is done to a story is done to what is found of it, in the same moment.
func TestSearchFollowsStories(t *testing.T) {
	ctx := t.Context()
	c := config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}
	c.Newsroom.Languages, c.Newsroom.Zone, c.Newsroom.Name = []string{"en", "fa"}, "UTC", "Test"
	c.Newsroom.WorkingDays = []string{"mon"}
	c.Mail.From = "newsroom@localhost"
	c.Support.Currencies = []string{"USD"}
	a, err := Open(ctx, c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	find := func(scope search.Scope, text string) (keys []string) {
		t.Helper()
		res, err := a.Search.Find(ctx, search.Query{Scope: scope, Langs: []string{"en", "fa"}, Text: text})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range res.Hits {
			keys = append(keys, h.Key)
		}
		return keys
	}
	is := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, not %q", what, got, want)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := a.Stories.Create(ctx, story.Draft{Headline: "Harbour", Section: "city", Bylines: []string{"Ada Ferry"}, Body: prose.Paragraphs("The lighthouse burns.")})
	must(err)
	must(a.FindAtDesk(ctx))
	is("a draft, readers", find(search.Readers, "lighthouse"))
	is("a draft, desk", find(search.Desk, "lighthouse"), s.ID)

	s, err = a.Stories.Publish(ctx, s.ID)
	must(err)
	is("published", find(search.Readers, "lighthouse"), s.ID)
	is("by its author", find(search.Readers, "ada"), s.ID)
	must(a.FindAtDesk(ctx))
	is("published, among the drafts", find(search.Desk, "lighthouse"))

	draft := s.Draft()
	draft.Body = prose.Paragraphs("The pier burns.")
	_, err = a.Stories.Revise(ctx, s.ID, s.Latest, draft)
	must(err)
	must(a.FindAtDesk(ctx))
	is("the waiting text, readers", find(search.Readers, "pier"))
	is("the waiting text, desk", find(search.Desk, "pier"), s.ID)
	s, err = a.Stories.Correct(ctx, s.ID, story.Note{Kind: story.KindFact, Text: "It was the pier.", Reason: "test"})
	must(err)
	is("corrected", find(search.Readers, "pier"), s.ID)
	is("the old words", find(search.Readers, "lighthouse"))

	// An archive is indexed a little later, its order that of its days.
	old, err := a.Stories.Create(ctx, story.Draft{Headline: "Pier, long ago", Body: prose.Paragraphs("Old.")})
	must(err)
	_, err = a.Stories.PublishAt(ctx, old.ID, time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC))
	must(err)
	is("an archive at first", find(search.Readers, "pier"), s.ID)
	_, err = a.Search.CatchUp(ctx)
	must(err)
	is("an archive then", find(search.Readers, "pier"), s.ID, old.ID)

	_, err = a.Stories.Withdraw(ctx, s.ID, story.Note{Text: "Taken off.", Reason: "test"})
	must(err)
	is("withdrawn", find(search.Readers, "pier"), old.ID)
	if _, err := a.Search.Rebuild(ctx, true, func(int) {}); err != nil {
		t.Fatal(err)
	}
	is("made anew", find(search.Readers, "pier"), old.ID)
	rep, err := a.Search.Check(ctx)
	if err != nil || len(rep.Missing)+len(rep.Stale)+len(rep.Orphans)+rep.Due != 0 || rep.Unmended {
		t.Errorf("%+v %v", rep, err)
	}
}
