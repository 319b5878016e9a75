package site

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"mimeo/internal/prose"
	"mimeo/internal/story"
)

func TestFeedsHoldWholeStories(t *testing.T) {
	h := newHouse(t)
	body := prose.Paragraphs("The first paragraph, with <angles> & “quotes”.", "The last paragraph.")
	body.Blocks[1].Text = append(body.Blocks[1].Text, prose.Span{Text: " More here", Link: "/city/"})
	st := h.publish(story.Draft{Headline: "A & B ]]> <i>", Standfirst: "In short.", Section: "city", Bylines: []string{"Ada Ferry"}, Tags: []string{"harbour"}, Body: body})
	h.clock.Advance(time.Hour)
	h.publish(story.Draft{Headline: "Bread", Section: "economy", Body: prose.Paragraphs("Bread.")})
	h.publish(story.Draft{Lang: "fa", Headline: "نان", Section: "city", Body: prose.Paragraphs("نان گران شد.")})

	for path, items := range map[string]int{
		"/feed.xml": 2, "/feed.atom": 2, "/feed.json": 2, "/city/feed.xml": 1, "/city/feed.atom": 1, "/city/feed.json": 1,
		"/fa/feed.xml": 1, "/fa/feed.atom": 1, "/fa/feed.json": 1, "/fa/economy/feed.json": 0,
	} {
		a := h.ok(path)
		feed, err := gofeed.NewParser().ParseString(a.text)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if len(feed.Items) != items || feed.Title == "" {
			t.Errorf("%s: %d items, title %q", path, len(feed.Items), feed.Title)
		}
		if a.Header.Get("Cache-Control") != "public, max-age=300" {
			t.Errorf("%s: Cache-Control %q", path, a.Header.Get("Cache-Control"))
		}
		if strings.HasPrefix(path, "/fa") {
			continue
		}
		item := feed.Items[len(feed.Items)-1]
		if item.Title != st.Headline || item.Link != "https://lantern.example"+st.Path() || item.GUID != urn(st.ID) ||
			item.PublishedParsed == nil || !item.PublishedParsed.Equal(st.Published) || len(item.Authors) != 1 || item.Authors[0].Name != "Ada Ferry" {
			t.Errorf("%s: %+v", path, item)
		}
		has(t, path, item.Content, "with &lt;angles&gt; &amp; “quotes”", "The last paragraph.", `href="https://lantern.example/city/"`)
	}
	for path, want := range map[string]string{"/feed.xml": "application/rss+xml", "/feed.atom": "application/atom+xml", "/feed.json": "application/feed+json"} {
		if got := h.ok(path).Header.Get("Content-Type"); got != want+"; charset=utf-8" {
			t.Errorf("%s: %q", path, got)
		}
	}
	var feed map[string]any
	if err := json.Unmarshal([]byte(h.ok("/feed.json").text), &feed); err != nil || feed["version"] != "https://jsonfeed.org/version/1.1" {
		t.Errorf("%v %v", err, feed["version"])
	}
	has(t, "front page", h.ok("/").text, `type="application/rss&#43;xml" title="The Lantern" href="/feed.xml"`)
}

func TestSitemaps(t *testing.T) {
	h := newHouse(t)
	old := h.ferry()
	h.clock.Advance(72 * time.Hour)
	fresh := h.publish(story.Draft{Lang: "fa", Headline: "نان & آب", Section: "city", Body: prose.Paragraphs("نان.")})
	type set struct {
		URLs []struct {
			Loc  string `xml:"loc"`
			Mod  string `xml:"lastmod"`
			News struct {
				Name, Lang string
				Date       string `xml:"publication_date"`
				Title      string `xml:"title"`
			} `xml:"news"`
		} `xml:"url"`
	}
	read := func(path string) (s set) {
		if err := xml.Unmarshal([]byte(h.ok(path).text), &s); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return s
	}
	all := read("/sitemap.xml")
	if n := len(all.URLs); n != 2*3+2 {
		t.Errorf("%d addresses", n)
	}
	has(t, "sitemap", h.ok("/sitemap.xml").text, "https://lantern.example"+old.Path(), "https://lantern.example"+escaped(fresh.Path()))
	news := read("/sitemap-news.xml")
	if len(news.URLs) != 1 || news.URLs[0].News.Title != "نان & آب" || news.URLs[0].News.Date != stamp(fresh.Published) {
		t.Errorf("news: %+v", news)
	}
	if one := read("/sitemap/1.xml"); len(one.URLs) != len(all.URLs) {
		t.Errorf("the first list has %d addresses", len(one.URLs))
	}
}

func TestManyStoriesHaveASitemapIndex(t *testing.T) {
	if testing.Short() {
		t.Skip("publishes a thousand stories")
	}
	h := newHouse(t)
	for i := range sitemapStories + 1 {
		h.publish(story.Draft{Headline: fmt.Sprintf("Story %d", i), Body: prose.Paragraphs("Text.")})
	}
	has(t, "index", h.ok("/sitemap.xml").text, "<sitemapindex", "https://lantern.example/sitemap/1.xml", "https://lantern.example/sitemap/2.xml")
	hasNot(t, "index", h.ok("/sitemap.xml").text, "/sitemap/3.xml", "story-7<")
	has(t, "second list", h.ok("/sitemap/2.xml").text, "/2026/11/story-1000<")
	hasNot(t, "second list", h.ok("/sitemap/2.xml").text, "/2026/11/story-7<")

	// A full list stays as it is when something is published, and changes with
	// one of its stories.
	h.ok("/sitemap/1.xml")
	full := h.site.shelf.find("/sitemap/1.xml")
	h.publish(story.Draft{Headline: "One more", Body: prose.Paragraphs("Text.")})
	if full == nil || h.site.shelf.find("/sitemap/1.xml") != full {
		t.Error("a publication makes every list anew")
	}
	if h.site.shelf.find("/sitemap/2.xml") != nil {
		t.Error("the last list lacks what was published")
	}
	list, err := h.stories.Sitemap(t.Context(), 6, 1)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if _, err := h.stories.Rename(t.Context(), list[0].ID, "renamed"); err != nil {
		t.Fatal(err)
	}
	has(t, "renamed", h.ok("/sitemap/1.xml").text, "/2026/11/renamed<")
	hasNot(t, "renamed", h.ok("/sitemap/1.xml").text, list[0].Path()+"<")
}

func TestFilesForMachines(t *testing.T) {
	h := newHouse(t)
	robots := h.ok("/robots.txt")
	has(t, "robots", robots.text, "User-agent: *\n", "Disallow: /appeal/\n", "Disallow: /fa/supporter\n", "Sitemap: https://lantern.example/sitemap.xml\n")
	security := h.ok("/.well-known/security.txt").text
	has(t, "security", security, "Contact: mailto:desk@lantern.example\n", "Expires: 2027-11-01T00:00:00Z\n", "Preferred-Languages: en, fa\n")
	h.clock.Set(time.Date(2031, 2, 3, 0, 0, 0, 0, time.UTC))
	has(t, "security, years on", h.ok("/.well-known/security.txt").text, "Expires: 2032-02-01T00:00:00Z\n")
}
