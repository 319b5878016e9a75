package site

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"mimeo/internal/jobs"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// The hub is named in the feeds and told of those that changed; one that fails
// at first is told again, and nobody waits for it.
func TestHub(t *testing.T) {
	told := make(chan url.Values, 20)
	fail := true
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fail {
			fail = false
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		told <- r.PostForm
		w.WriteHeader(http.StatusNoContent)
	}))
	defer hub.Close()
	h := newHouse(t, func(o *Options) { o.Hub = hub.URL + "/hub" })
	queue, err := jobs.New(h.db, jobs.Options{Now: h.clock.Now, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	herald, err := NewHerald(queue, hub.URL+"/hub", "https://lantern.example", func(lang string) string {
		if lang == "en" {
			return ""
		}
		return "/" + lang
	})
	if err != nil {
		t.Fatal(err)
	}
	h.stories.Wire(func(o *story.Options) { o.Published = append(o.Published, herald.Published) })
	if err := queue.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.publish(story.Draft{Headline: "Ferries", Section: "city", Body: prose.Paragraphs("Text.")})
	h.publish(story.Draft{Lang: "fa", Headline: "نان", Body: prose.Paragraphs("متن.")})
	var all []string
	for len(all) < 9 {
		h.clock.Advance(time.Minute)
		if err := queue.RunDue(t.Context(), h.clock.Now(), h.clock.Set); err != nil {
			t.Fatal(err)
		}
		for len(told) > 0 {
			form := <-told
			if form.Get("hub.mode") != "publish" {
				t.Errorf("told %v", form)
			}
			all = append(all, form["hub.url"]...)
		}
		if h.clock.Now().Sub(begin) > time.Hour {
			break
		}
	}
	for _, feed := range []string{"/feed.xml", "/feed.atom", "/feed.json", "/city/feed.xml", "/fa/feed.json"} {
		if !slices.Contains(all, "https://lantern.example"+feed) {
			t.Errorf("the hub was not told of %s: %q", feed, all)
		}
	}
	if err := queue.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	has(t, "RSS", h.ok("/feed.xml").text, `<atom:link rel="hub" href="`+hub.URL+`/hub">`)
	has(t, "Atom", h.ok("/feed.atom").text, `<link rel="hub" href="`+hub.URL+`/hub">`)
	has(t, "JSON Feed", h.ok("/city/feed.json").text, `"hubs":[{"type":"WebSub","url":"`+hub.URL+`/hub"}]`)
	if got := h.ok("/feed.xml").Header.Get("Link"); got != `<`+hub.URL+`/hub>; rel="hub", <https://lantern.example/feed.xml>; rel="self"` {
		t.Errorf("Link: %s", got)
	}
	for _, wrong := range []string{"", "ftp://hub.example", "hub", "https://user:word@hub.example/"} {
		if _, err := NewHerald(queue, wrong, "https://lantern.example", nil); err == nil {
			t.Errorf("%q is a hub", wrong)
		}
	}
}

func TestNoHubUnlessNamed(t *testing.T) {
	h := newHouse(t)
	h.publish(story.Draft{Headline: "Ferries", Section: "city", Body: prose.Paragraphs("Text.")})
	for _, path := range []string{"/feed.xml", "/feed.atom", "/feed.json"} {
		a := h.ok(path)
		hasNot(t, path, a.text, "hub")
		if a.Header.Get("Link") != "" {
			t.Error(a.Header.Get("Link"))
		}
	}
}

func TestLiveBlogsAndCorrectionsAreDescribed(t *testing.T) {
	h := newHouse(t)
	body := prose.Doc{Blocks: []prose.Block{
		{Kind: prose.Entry, ID: "k2", At: begin.Add(-time.Hour), Text: prose.Text{{Text: "The council meets"}}, Key: true},
		{Kind: prose.Paragraph, Text: prose.Text{{Text: "It is late."}}},
		{Kind: prose.Entry, ID: "k1", At: begin.Add(-2 * time.Hour)},
		{Kind: prose.Paragraph, Text: prose.Text{{Text: "Doors open."}}},
	}}
	live := h.publish(story.Draft{Headline: "Live", Section: "city", Live: true, Body: body})
	has(t, "live", h.ok(live.Path()).text, `"@type":"LiveBlogPosting"`, `"coverageStartTime":"2026-11-22T08:00:00Z"`,
		`"headline":"The council meets"`, `"headline":"Doors open."`, live.Path()+`#e-k2"`, `"articleBody":"It is late."`)

	st := rich(h)
	has(t, "pictures", h.ok(st.Path()).text, `"image":["https://lantern.example/media/5f1c.jpg"]`, `"@type":"NewsArticle"`)
	hasNot(t, "an article", h.ok(st.Path()).text, "coverageStartTime")
	h.clock.Advance(time.Hour)
	draft := st.Draft()
	draft.Body.Blocks = append(draft.Body.Blocks, prose.Block{Kind: prose.Paragraph, Text: prose.Text{{Text: "More."}}})
	if _, err := h.stories.Revise(t.Context(), st.ID, st.Latest, draft); err != nil {
		t.Fatal(err)
	}
	if _, err := h.stories.Correct(t.Context(), st.ID, story.Note{Kind: story.KindFact, Text: "The year was wrong.", Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	has(t, "corrected", h.ok(st.Path()).text, `"correction":[{"@type":"CorrectionComment","text":"The year was wrong.","datePublished":"2026-11-22T11:00:00Z"}]`)
}
