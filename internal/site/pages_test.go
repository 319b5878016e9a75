package site

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"mimeo/internal/front"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// unsaid finds message ids and template holes that reached a reader.
var unsaid = regexp.MustCompile(`\b(site|about|lang|contribution|reminder|newsletter|front)\.[a-z_]+(\.[a-z_]+)*\b|<no value>|%!|ZgotmplZ`)

// wellFormed checks that what is opened is closed, in order.
func wellFormed(t *testing.T, what, text string) {
	t.Helper()
	void := map[string]bool{"meta": true, "link": true, "input": true, "br": true, "hr": true, "img": true}
	var open []string
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("%s: not closed: %v", what, open)
			}
			return
		case html.StartTagToken:
			if name, _ := z.TagName(); !void[string(name)] {
				open = append(open, string(name))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				t.Fatalf("%s: </%s> closes %v", what, name, open)
			}
			open = open[:len(open)-1]
		case html.TextToken, html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
		}
	}
}

// examine checks what is true of every page of ours.
func (h *house) examine(t *testing.T, path string, a answer) {
	t.Helper()
	if ct := a.Header.Get("Content-Type"); ct != "text/html; charset=utf-8" {
		t.Errorf("%s: Content-Type is %q", path, ct)
	}
	if found := unsaid.FindString(strings.ReplaceAll(a.text, "lantern.example", "")); found != "" {
		t.Errorf("%s says %q", path, found)
	}
	wellFormed(t, path, a.text)
	has(t, path, a.text, "<!DOCTYPE html>", `<a class="skip" href="#main">`, `id="main"`, "<h1")
	if n := strings.Count(a.text, "<h1"); n != 1 {
		t.Errorf("%s has %d h1", path, n)
	}
	lang, dir := "en", "ltr"
	if strings.HasPrefix(path, "/fa/") {
		lang, dir = "fa", "rtl"
	}
	has(t, path, a.text, `<html lang="`+lang+`" dir="`+dir+`">`)
	scripts := strings.ReplaceAll(a.text, `<script type="application/ld+json">`, "")
	hasNot(t, path, scripts, "<script", "<style", " style=", "javascript:", "onclick")
	for name, want := range map[string]string{
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %s is %q", path, name, got)
		}
	}
	if a.Header.Get("Permissions-Policy") == "" || a.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s lacks a policy: %v", path, a.Header)
	}
	has(t, path, a.Header.Get("Content-Security-Policy"), "default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'")
	hasNot(t, path, a.Header.Get("Content-Security-Policy"), "unsafe", "script-src", "*")
}

func TestEveryPageInEveryLanguage(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	fa := h.publish(story.Draft{Lang: "fa", Group: st.Group, Headline: "جزیره‌ها چشم به راه قایق", Section: "city", Body: prose.Paragraphs("قایق جزیره‌های بیرونی روز جمعه راه نیفتاد.")})
	for range 25 {
		h.publish(story.Draft{Headline: "Bread again", Section: "economy", Body: prose.Paragraphs("Bread costs more.")})
	}
	pages := []string{
		"/", "/city/", "/economy/", "/remind", "/support", "/support?currency=JPY", "/supporter", "/blocked", "/mirrors", "/corrections",
		"/about/data", "/about/money", "/about/traces", "/about/help",
	}
	for _, prefix := range []string{"", "/fa"} {
		for _, p := range pages {
			a := h.ok(prefix + p)
			h.examine(t, prefix+p, a)
			if c := a.Header.Values("Set-Cookie"); len(c) > 0 {
				t.Errorf("GET %s sets a cookie: %v", p, c)
			}
			if p != "/" && p != "/supporter" && p != "/remind" {
				has(t, p, a.text, `<link rel="canonical" href="https://lantern.example`+prefix+strings.SplitN(p, "?", 2)[0]+`">`,
					`hreflang="fa" href="https://lantern.example/fa`)
			}
		}
	}
	h.examine(t, st.Path(), h.ok(st.Path()))
	h.examine(t, "/fa/", h.ok(escaped(fa.Path())))
	h.examine(t, "404", h.get("/nothing/here"))
	h.examine(t, "/fa/404", h.get("/fa/nothing"))
}

func TestArticleHasTheOrderOfTheDesign(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	text := h.ok(st.Path()).text
	last := 0
	for _, part := range []string{
		`class="skip"`, `class="name" href="/">The Lantern<`, `href="/blocked">If blocked<`, `lang="fa" dir="rtl" hreflang="fa">فارسی<`, `href="/support">Support<`,
		"<main", "<article", "<h1", "The islands wait for their boat</h1>", "Nobody says when", "By <b", "Ada Ferry", "Tomas Reyl", "PORT SELIN",
		"Published <time", "22 November 2026, 10:00 UTC", "The ferry to the outer islands", "</article>",
		`id="appeal"`, "<h2", `aria-label="Close this message"`, "A message", ">Continue</a>", ">Remind me later</button>", "Where the money goes", "Giving without leaving traces",
		"More: City", "<footer", "Corrections", "What we store about you", "Save this page as one file",
	} {
		at := strings.Index(text[last:], part)
		if at < 0 && part == "A message" { // the heading comes before its ×
			continue
		}
		if at < 0 {
			t.Fatalf("%q does not come after what was before it in\n%s", part, text)
		}
		last += at
	}
}

func TestArticleTellsMachinesWhatItIs(t *testing.T) {
	h := newHouse(t)
	st := h.publish(story.Draft{
		Headline: `</script><script>alert("x")</script> & more`, Section: "city", Bylines: []string{"A"}, Tags: []string{"harbour"},
		Body: prose.Paragraphs("Text."),
	})
	text := h.ok(st.Path()).text
	_, rest, _ := strings.Cut(text, `<script type="application/ld+json">`)
	data, _, found := strings.Cut(rest, "</script>")
	if !found {
		t.Fatal("no data block")
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(data), &got); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	for name, want := range map[string]any{
		"@type": "NewsArticle", "headline": st.Headline, "datePublished": "2026-11-22T10:00:00Z", "inLanguage": "en",
		"mainEntityOfPage": "https://lantern.example" + st.Path(), "isAccessibleForFree": true, "articleSection": "City",
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	has(t, "article", text, `property="og:type" content="article"`, `property="article:published_time" content="2026-11-22T10:00:00Z"`)
	hasNot(t, "article", text, "<script>alert")
}

func TestTranslationsLeadToEachOther(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	hasNot(t, "before", h.ok(st.Path()).text, `rel="alternate" hreflang`)
	fa := h.publish(story.Draft{Lang: "fa", Group: st.Group, Headline: "قایق", Body: prose.Paragraphs("قایق.")})
	has(t, "en", h.ok(st.Path()).text, `hreflang="fa" href="https://lantern.example`+escaped(fa.Path())+`"`, `<a href="`+escaped(fa.Path())+`" lang="fa"`)
	has(t, "fa", h.ok(escaped(fa.Path())).text, `<a href="`+st.Path()+`" lang="en"`, `hreflang="en"`)
}

func TestChangedStoriesAreChangedAtOnce(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	ctx := context.Background()
	has(t, "front", h.ok("/").text, st.Headline)
	has(t, "section", h.ok("/city/").text, st.Headline)
	has(t, "feed", h.ok("/feed.xml").text, st.Headline)
	h.ok(st.Path())

	d := st.Draft()
	d.Headline, d.Slug = "The boat sails again", st.Slug
	h.clock.Advance(2 * 3600e9)
	if _, err := h.stories.Revise(ctx, st.ID, st.Revision, d); err != nil {
		t.Fatal(err)
	}
	has(t, "a revision that is not published", h.ok(st.Path()).text, st.Headline)
	if _, err := h.stories.Correct(ctx, st.ID, story.Note{Kind: story.KindFact, Text: "The headline was wrong."}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{st.Path(), "/", "/city/", "/feed.xml", "/feed.atom", "/feed.json", "/city/feed.xml", "/sitemap-news.xml"} {
		has(t, path, h.ok(path).text, "The boat sails again")
	}
	has(t, "article", h.ok(st.Path()).text, "Updated <time", ">12:00</time>")

	moved, err := h.stories.Rename(ctx, st.ID, "boat-sails")
	if err != nil {
		t.Fatal(err)
	}
	a := h.get(st.Path())
	if a.StatusCode != http.StatusMovedPermanently || a.Header.Get("Location") != moved.Path() {
		t.Errorf("the old address: %d %q", a.StatusCode, a.Header.Get("Location"))
	}
	has(t, "front", h.ok("/").text, moved.Path())

	if _, err := h.stories.Retract(ctx, st.ID, story.Note{Text: "We could not stand by this report."}); err != nil {
		t.Fatal(err)
	}
	a = h.get(moved.Path())
	if a.StatusCode != http.StatusGone {
		t.Errorf("a retracted story: %d", a.StatusCode)
	}
	h.examine(t, moved.Path(), a)
	has(t, "retracted", a.text, "withdrawn", `name="robots" content="noindex"`)
	hasNot(t, "retracted", a.text, "The ferry to the outer islands", `id="appeal"`, "Save this page")
	hasNot(t, "front", h.ok("/").text, "The boat sails again")
}

func TestSectionGoesOn(t *testing.T) {
	h := newHouse(t)
	for i := range sectionStories + 5 {
		h.clock.Advance(60e9)
		h.publish(story.Draft{Headline: "Number " + strings.Repeat("i", i+1), Section: "economy", Body: prose.Paragraphs("Text.")})
	}
	text := h.ok("/economy/").text
	if n := strings.Count(text, "<article"); n != sectionStories {
		t.Fatalf("%d stories on the first page", n)
	}
	_, rest, found := strings.Cut(text, `href="/economy/?before=`)
	if !found {
		t.Fatal("no way to older stories")
	}
	cursor, _, _ := strings.Cut(rest, `"`)
	older := h.ok("/economy/?before=" + cursor)
	if n := strings.Count(older.text, "<article"); n != 5 {
		t.Errorf("%d stories on the second page", n)
	}
	has(t, "second page", older.text, `href="/economy/"`, "noindex")
	h.examine(t, "/economy/?before", older)
	for _, bad := range []string{"x", "zzzzzzzzzzzzzzzzzzzzzz.a", "-1.a", url.QueryEscape("\x00")} {
		if a := h.get("/economy/?before=" + bad); a.StatusCode != http.StatusNotFound {
			t.Errorf("before=%q: %d", bad, a.StatusCode)
		}
	}
}

func TestOneFileNeedsNothing(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	a := h.ok(st.Path() + "?save=file")
	if got := a.Header.Get("Content-Disposition"); got != "attachment; filename="+st.Slug+".html" {
		t.Errorf("Content-Disposition is %q", got)
	}
	wellFormed(t, "file", a.text)
	has(t, "file", a.text, "<style>", "--accent:", "The ferry to the outer islands", "Saved from The Lantern on 22 November 2026", `href="https://lantern.example`+st.Path()+`"`)
	hasNot(t, "file", a.text, `rel="stylesheet"`, `id="appeal"`, "<script", `src="/`, `href="/`)
}

func TestNoAskStoryAsksNobody(t *testing.T) {
	h := newHouse(t)
	st := h.publish(story.Draft{Headline: "A death", Section: "city", NoAsk: true, Body: prose.Paragraphs("Text.")})
	hasNot(t, "article", h.ok(st.Path()).text, `id="appeal"`)
}

// Breaking news stands above the front page until its time is over, also on a
// page that lay ready, and what an editor arranged comes first.
func TestFrontArranged(t *testing.T) {
	h := newHouse(t)
	first := h.publish(story.Draft{Headline: "The older one", Section: "city", Body: prose.Paragraphs("Text.")})
	h.clock.Advance(time.Minute)
	h.publish(story.Draft{Headline: "The newer one", Section: "city", Body: prose.Paragraphs("Text.")})
	if _, err := h.fronts.Arrange(t.Context(), "ada", "en", 0, []string{first.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.fronts.Break(t.Context(), "ada", "en", front.Breaking{Story: first.ID, Words: "It <happened>", Until: h.clock.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		text := h.ok("/").text
		has(t, "front page", text, `<p class="breaking"><b>Breaking</b> <a href="`+first.Path()+`">It &lt;happened&gt;</a></p>`)
		if older, newer := strings.Index(text, "The older one</a></h2>"), strings.Index(text, "The newer one</a></h2>"); older < 0 || older > newer {
			t.Errorf("the arranged story stands at %d, the newest at %d", older, newer)
		}
	}
	h.clock.Advance(time.Hour)
	if text := h.ok("/").text; strings.Contains(text, "happened") {
		t.Error("an hour later the news is still breaking")
	}
}
