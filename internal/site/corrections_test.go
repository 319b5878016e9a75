package site

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"testing"
	"time"

	"mimeo/internal/byline"
	"mimeo/internal/ident"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// say revises the newest text of a story.
func (h *house) say(id string, change func(*story.Draft)) {
	h.t.Helper()
	ctx := context.Background()
	s, err := h.stories.ByID(ctx, id)
	if err == nil {
		s, _, err = h.stories.Revision(ctx, id, s.Latest)
	}
	if err == nil {
		d := s.Draft()
		change(&d)
		_, err = h.stories.Revise(ctx, id, s.Latest, d)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) correct(id string, note story.Note) {
	h.t.Helper()
	if _, err := h.stories.Correct(context.Background(), id, note); err != nil {
		h.t.Fatal(err)
	}
}

func TestCorrectionsAreShown(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	path := st.Path()
	if a := h.ok("/corrections"); !strings.Contains(a.text, "nothing on this list") {
		t.Error("an empty list does not say so")
	}
	if a := h.ok(path); strings.Contains(a.text, versionsPath) {
		t.Error("a story of one text has versions")
	}
	h.clock.Advance(time.Hour)
	h.say(st.ID, func(d *story.Draft) {
		d.Headline = "The islands still wait for their boat"
		d.Body.Blocks[0].Text = prose.Plain("The ferry to the outer islands did not sail on Saturday, the fourth day in a row.")
	})
	h.correct(st.ID, story.Note{Kind: story.KindFact, Text: "We gave the wrong day.\nIt was <b>Saturday</b>.", Reason: "the mate misheard"})

	article := h.ok(path).text
	has(t, "article", article, "<strong>Correction</strong>", "We gave the wrong day.", "It was &lt;b&gt;Saturday&lt;/b&gt;.", path+versionsPath)
	has(t, "list", h.ok("/corrections").text, "The islands still wait", "We gave the wrong day.", path+versionsPath, "/corrections/feed.xml")
	for _, feed := range []string{"/corrections/feed.xml", "/corrections/feed.atom", "/corrections/feed.json"} {
		has(t, feed, h.ok(feed).text, "We gave the wrong day.", "Correction: The islands still wait")
	}
	versions := h.ok(path + versionsPath).text
	has(t, "versions", versions, "Published", "Correction", "?n=1", "?n=2", "?from=1&amp;to=2", `name="robots"`)
	old := h.ok(path + versionsPath + "?n=1").text
	has(t, "old version", old, "on Friday, the third day", "You are reading version 1", `href="`+path+`"`)
	compared := h.ok(path + versionsPath + "?from=1&to=2").text
	has(t, "comparison", compared, "<del>Friday</del><ins>Saturday</ins>", "<del>third</del><ins>fourth</ins>", "<dt>Headline</dt>", "<ins>still </ins>")
	for _, page := range []string{article, versions, old, compared, h.ok("/corrections").text} {
		if strings.Contains(page, "misheard") {
			t.Error("readers are told the desk's reason")
		}
	}
	for _, wrong := range []string{"?n=3", "?n=0", "?n=x", "?from=1", "?from=1&to=9", "?from=2&to=-1"} {
		if a := h.get(path + versionsPath + wrong); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", wrong, a.StatusCode)
		}
	}
	if a := h.get(path + "/elsewhere"); a.StatusCode != http.StatusNotFound {
		t.Errorf("below a story: %d", a.StatusCode)
	}

	moved, err := h.stories.Rename(t.Context(), st.ID, "waiting")
	if err != nil {
		t.Fatal(err)
	}
	if a := h.get(path + versionsPath + "?n=1"); a.StatusCode != http.StatusMovedPermanently || a.Header.Get("Location") != moved.Path()+versionsPath+"?n=1" {
		t.Errorf("%d %q", a.StatusCode, a.Header.Get("Location"))
	}
	path = moved.Path()
	if _, err := h.stories.Retract(t.Context(), st.ID, story.Note{Text: "It was another ferry."}); err != nil {
		t.Fatal(err)
	}
	gone := h.get(path)
	if gone.StatusCode != http.StatusGone {
		t.Error(gone.StatusCode)
	}
	has(t, "retracted", gone.text, "It was another ferry.", path+versionsPath)
	if strings.Contains(gone.text, "Nobody says when") || strings.Contains(gone.text, "no part for the engine") {
		t.Error("a retracted text stands in its page's head")
	}
	has(t, "a retracted text stays readable", h.ok(path+versionsPath+"?n=2").text, "on Saturday")

	if _, err := h.stories.Withdraw(t.Context(), st.ID, story.Note{Text: "A court ordered it."}); err != nil {
		t.Fatal(err)
	}
	gone = h.get(path)
	has(t, "withdrawn", gone.text, "A court ordered it.", "no longer shown")
	for what, page := range map[string]string{"article": gone.text, "versions": h.ok(path + versionsPath).text, "list": h.ok("/corrections").text, "feed": h.ok("/corrections/feed.xml").text} {
		for _, word := range []string{"islands", "Saturday, the fourth", "Ada Ferry"} {
			if strings.Contains(page, word) {
				t.Errorf("%s of a withdrawn story says %q", what, word)
			}
		}
	}
	if a := h.get(path + versionsPath + "?n=1"); a.StatusCode != http.StatusNotFound {
		t.Errorf("a withdrawn text is readable: %d", a.StatusCode)
	}
}

func TestCorrectionsArePaged(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	for i := range correctionsListed + 2 {
		h.say(st.ID, func(d *story.Draft) { d.Standfirst = strings.Repeat("x", i+1) })
		h.correct(st.ID, story.Note{Kind: story.KindTypo, Text: "Slip number " + strings.Repeat("i", i+1) + "."})
	}
	first := h.ok("/corrections").text
	_, rest, found := strings.Cut(first, `<a href="/corrections?before=`)
	number, _, _ := strings.Cut(rest, `"`)
	if !found || strings.Contains(first, "number ii.") {
		t.Fatal("the list has no second page")
	}
	has(t, "second page", h.ok("/corrections?before="+number).text, "Slip number i.", "Slip number ii.", `name="robots"`)
	if a := h.get("/corrections?before=x"); a.StatusCode != http.StatusNotFound {
		t.Error(a.StatusCode)
	}
	if strings.Count(h.ok(st.Path()).text, `class="notice"`) != notesShown {
		t.Error("a story with many notes shows them all above its text")
	}
}

// TestOverdueOnFirstRequest: a page that lies ready is not shown when something
// scheduled is due that it lacks.
func TestOverdueOnFirstRequest(t *testing.T) {
	h := newHouse(t)
	h.ferry()
	s, err := h.stories.Create(t.Context(), story.Draft{Headline: "The boat has sailed", Section: "city", Body: prose.Paragraphs("At last.")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.stories.Schedule(t.Context(), s.ID, h.clock.Now().Add(90*time.Second), story.Order{}, nil); err != nil {
		t.Fatal(err)
	}
	pages := []string{"/", "/city/", "/feed.xml", "/feed.json", "/city/feed.atom", "/sitemap-news.xml"}
	for _, path := range pages {
		if strings.Contains(h.ok(path).text, "has sailed") {
			t.Errorf("%s has it too early", path)
		}
	}
	h.clock.Advance(90 * time.Second)
	for _, path := range pages {
		has(t, path, h.ok(path).text, "The boat has sailed")
	}
	h.ok("/2026/11/the-boat-has-sailed")
}

// TestNoLoginAnywhere plants the ids and names of those who write, and looks for
// them in all that strangers can ask for.
func TestNoLoginAnywhere(t *testing.T) {
	const login, name, person = "planted-login-4711", "Planted Realname", "Planted Person"
	h := newHouse(t)
	names := byline.New(h.db, ident.NewSource(h.clock.Now, rand.Reader), nil)
	h.site.bylines = names
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	cover, err := names.Create(ctx, byline.Byline{Name: "Der Fährmann", Pseudonym: true, About: "Writes from the river."}, login)
	must(err)
	who, err := names.AddPerson(ctx, person, login)
	must(err)
	must(names.Link(ctx, cover.ID, who.ID, login))
	must(names.Join(ctx, who.ID, login, login))
	s, err := h.stories.Create(ctx, story.Draft{
		Headline: "Night on the river", Section: "city", Editor: login, Bylines: []string{cover.Name}, BylineIDs: []string{cover.ID}, Body: prose.Paragraphs("It was dark."),
	})
	must(err)
	_, _, err = h.stories.PublishAs(ctx, s.ID, story.Order{By: login})
	must(err)
	h.say(s.ID, func(d *story.Draft) { d.Editor, d.Body = login, prose.Paragraphs("It was very dark.") })
	h.correct(s.ID, story.Note{Kind: story.KindFact, Text: "Darker than we said.", Reason: name + " called", By: login})
	_, err = h.stories.AddNote(ctx, s.ID, login, name+" will call back")
	must(err)
	st, err := h.stories.ByID(ctx, s.ID)
	must(err)
	has(t, "byline", h.ok("/by/"+cover.Slug).text, "Night on the river", "Writes from the river.")
	for _, path := range []string{
		"/", "/city/", st.Path(), st.Path() + "?save=file", st.Path() + versionsPath, st.Path() + versionsPath + "?n=1", st.Path() + versionsPath + "?from=1&to=2",
		"/corrections", "/corrections/feed.xml", "/corrections/feed.json", "/feed.xml", "/feed.atom", "/feed.json", "/city/feed.xml", "/by/" + cover.Slug,
		"/by/" + cover.Slug + "/feed.xml", "/by/" + cover.Slug + "/feed.atom", "/by/" + cover.Slug + "/feed.json", "/sitemap.xml", "/sitemap/1.xml", "/sitemap-news.xml", "/robots.txt",
	} {
		a := h.get(path)
		if a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
		for _, planted := range []string{login, name, person, who.ID} {
			if strings.Contains(a.text, planted) {
				t.Errorf("%s says %q", path, planted)
			}
		}
		for key, values := range a.Header {
			if strings.Contains(strings.Join(values, " "), login) {
				t.Errorf("%s: header %s says who wrote it", path, key)
			}
		}
	}
}

func TestRelatedAndSeries(t *testing.T) {
	h := newHouse(t)
	first := h.publish(story.Draft{Headline: "The first of three", Section: "city", Series: "the-flood", Body: prose.Paragraphs("One.")})
	draft, err := h.stories.Create(t.Context(), story.Draft{Headline: "Not public yet", Body: prose.Paragraphs("No.")})
	if err != nil {
		t.Fatal(err)
	}
	second := h.publish(story.Draft{
		Headline: "The second of three", Section: "city", Series: "the-flood", Related: []string{draft.ID, first.ID}, Body: prose.Paragraphs("Two."),
	})
	page := h.ok(second.Path()).text
	has(t, "article", page, "Related stories", `<a href="`+first.Path()+`">The first of three</a>`, `<a href="/series/the-flood">The flood</a>`)
	if strings.Contains(page, "Not public yet") {
		t.Error("a draft is named below a story")
	}
	has(t, "series", h.ok("/series/the-flood").text, "<bdi>The flood</bdi>", "The first of three", "The second of three")
	has(t, "feed", h.ok("/series/the-flood/feed.xml").text, "The first of three", "The second of three")
	for _, path := range []string{"/series/none", "/series/The%20Flood", "/series/none/feed.xml", "/fa/series/the-flood"} {
		if a := h.get(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}
