package app

import (
	"errors"
	"testing"

	"mimeo/internal/config"
	"mimeo/internal/entity"
	"mimeo/internal/prose"
	"mimeo/internal/search"
	"mimeo/internal/statement"
	"mimeo/internal/story"
)

// TestStatementsFollowTheirStory walks an accusation from the text to readers:
// it stays in while nobody said what evidence there is, goes out when two
// people say why, and loses its check when its words change.
func TestStatementsFollowTheirStory(t *testing.T) {
	c := config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}
	c.Newsroom.Languages, c.Newsroom.Zone, c.Newsroom.Name = []string{"en"}, "UTC", "The Lantern"
	c.Newsroom.WorkingDays = []string{"mon"}
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
	who, err := a.Entities.Create(ctx, "m1", entity.Draft{Kind: entity.Person, Names: entity.Words{{Lang: "en", Text: "Ilse Brandt"}}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.Statements.Create(ctx, "m1", statement.Draft{Record: statement.Record{
		Who: statement.Source{Party: statement.Party{Entity: who.ID}}, Words: entity.Word{Lang: "en", Text: "They hid the figures."}, Accusation: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	body := prose.Paragraphs("“They hid the figures,” Brandt said.")
	if !statement.MarkIn(&body, s.ID, "They hid the figures") {
		t.Fatal("the words were not found")
	}
	st, err := a.Stories.Create(ctx, story.Draft{Headline: "The figures", Body: body, Editor: "m1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Statements.Check(ctx, "m2", s.ID, 1); err != nil {
		t.Fatal(err)
	}
	_, _, err = a.Stories.PublishAs(ctx, st.ID, story.Order{By: "m1"})
	var blocked *story.BlockedError
	if !errors.As(err, &blocked) || len(blocked.Objections) != 1 || blocked.Objections[0].Text != "statement.gate.accusation" {
		t.Fatalf("it went out: %v", err)
	}
	if _, _, err = a.Stories.PublishAs(ctx, st.ID, story.Order{By: "m1", Override: story.Override{Reason: "It was said in open session", Second: "m1"}}); err == nil {
		t.Fatal("one person was enough")
	}
	if _, _, err = a.Stories.PublishAs(ctx, st.ID, story.Order{By: "m1", Override: story.Override{Reason: "It was said in open session", Second: "m2"}}); err != nil {
		t.Fatal(err)
	}
	found, err := a.Search.Find(ctx, search.Query{Scope: search.Readers, Langs: []string{"en"}, Text: "figures", Facets: []search.Facet{{Kind: "person", Value: who.ID}}})
	if err != nil || len(found.Hits) != 1 || found.Hits[0].Key != st.ID {
		t.Errorf("found by who speaks in it: %+v, %v", found.Hits, err)
	}
	if seen, err := a.Statements.Shown(ctx, s.ID); err != nil || !seen.Checked {
		t.Errorf("readers see %+v, %v", seen, err)
	}
	now, err := a.Stories.ByID(ctx, st.ID)
	if err != nil {
		t.Fatal(err)
	}
	if now.Records[s.ID] != 1 {
		t.Errorf("the revision names the records %v", now.Records)
	}
	draft := now.Draft()
	draft.Body = prose.Paragraphs("“They hid all the figures,” Brandt said.")
	statement.MarkIn(&draft.Body, s.ID, "They hid all the figures")
	draft.Editor = "m1"
	if _, err := a.Stories.Revise(ctx, st.ID, now.Latest, draft); err != nil {
		t.Fatal(err)
	}
	if after, err := a.Statements.ByID(ctx, s.ID); err != nil || after.Checked {
		t.Errorf("other words keep the check: %v, %v", after.Checked, err)
	}
	// A name that is hidden everywhere is hidden here too.
	if _, err := a.Stories.Hide(ctx, story.Redaction{By: "m1", Reason: "at risk", Names: []string{"Ilse Brandt"}, Replacement: "a councillor"}); err != nil {
		t.Fatal(err)
	}
	hidden, err := a.Statements.ByID(ctx, s.ID)
	if err != nil || hidden.Who.Name.Text("en") != "a councillor" {
		t.Errorf("the statement says %q, %v", hidden.Who.Name.Text("en"), err)
	}
	e, err := a.Entities.ByID(ctx, who.ID)
	if err != nil || e.Name("en") != "a councillor" || e.Slug == "ilse-brandt" {
		t.Errorf("the register says %q at %s, %v", e.Name("en"), e.Slug, err)
	}
	if _, _, err := a.Entities.BySlug(ctx, entity.Person, "ilse-brandt"); err == nil {
		t.Error("the old address still leads there")
	}
	if found, err := a.Entities.Match(ctx, entity.Query{Name: "Ilse Brandt"}); err != nil || len(found) > 0 {
		t.Errorf("the name still finds %v, %v", found, err)
	}
}
