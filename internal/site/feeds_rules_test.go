package site

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// The rules that the W3C's feed validator, the specifications of RSS 2.0, RFC
// 4287 and JSON Feed 1.1, the sitemap protocol and Google's news sitemaps give,
// written down here again and held against every feed that a page links.

type feedDoc struct {
	self, page, title string
	ids               []string
	html              []string
	wrong             []string
}

func (d *feedDoc) must(ok bool, format string, args ...any) {
	if !ok {
		d.wrong = append(d.wrong, fmt.Sprintf(format, args...))
	}
}

func absolute(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.ContainsAny(address, " \t\n")
}

func iri(id string) bool {
	return absolute(id) || regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`).MatchString(id)
}

func (d *feedDoc) finish() []string {
	d.must(d.title != "", "no title")
	d.must(absolute(d.self) && absolute(d.page), "self %q, page %q", d.self, d.page)
	for i, id := range d.ids {
		d.must(iri(id), "the id %q is no IRI", id)
		d.must(slices.Index(d.ids, id) == i, "the id %q comes twice", id)
	}
	relative := regexp.MustCompile(` (?:href|src)="([^"]*)"`)
	for _, h := range d.html {
		d.must(utf8.ValidString(h) && !strings.ContainsFunc(h, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }), "control characters in a text")
		for _, m := range relative.FindAllStringSubmatch(h, -1) {
			at := html.UnescapeString(m[1])
			d.must(absolute(at) || strings.HasPrefix(at, "#") || strings.HasPrefix(at, "mailto:"), "the address %q leads nowhere from a feed reader", at)
		}
		d.must(!regexp.MustCompile(`(?i)<(script|style|iframe|object|form|link|meta)|\son[a-z]+=`).MatchString(h), "a text has what no feed reader may run")
	}
	return d.wrong
}

func wrongRSS(text string) []string {
	var feed struct {
		Version string `xml:"version,attr"`
		Channel struct {
			Title       string `xml:"title"`
			Description string `xml:"description"`
			Language    string `xml:"language"`
			Built       string `xml:"lastBuildDate"`
			// The channel's own link and those of Atom have one local name.
			Links []struct {
				XMLName xml.Name
				Rel     string `xml:"rel,attr"`
				Href    string `xml:"href,attr"`
				Type    string `xml:"type,attr"`
				Text    string `xml:",chardata"`
			} `xml:"link"`
			Items []struct {
				Title string `xml:"title"`
				Link  string `xml:"link"`
				GUID  struct {
					Permanent string `xml:"isPermaLink,attr"`
					ID        string `xml:",chardata"`
				} `xml:"guid"`
				Published   string `xml:"pubDate"`
				Description string `xml:"description"`
				Content     string `xml:"http://purl.org/rss/1.0/modules/content/ encoded"`
			} `xml:"item"`
		} `xml:"channel"`
	}
	d := &feedDoc{}
	if err := xml.Unmarshal([]byte(text), &feed); err != nil {
		return []string{"it is not XML: " + err.Error()}
	}
	c := feed.Channel
	d.title = c.Title
	d.must(feed.Version == "2.0", "version %q", feed.Version)
	d.must(c.Description != "" && regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]+)*$`).MatchString(c.Language), "description %q, language %q", c.Description, c.Language)
	for _, l := range c.Links {
		if l.XMLName.Space == "" {
			d.page = l.Text
		}
		if l.Rel == "self" {
			d.self = l.Href
			d.must(l.Type == typeRSS, "self is of the type %q", l.Type)
		}
	}
	day := regexp.MustCompile(`^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} \+0000$`)
	d.must(day.MatchString(c.Built), "lastBuildDate %q", c.Built)
	for _, i := range c.Items {
		d.must(i.Title != "" && absolute(i.Link), "an item with the title %q at %q", i.Title, i.Link)
		d.must(i.GUID.Permanent == "false" || absolute(i.GUID.ID), "the guid %q is no address", i.GUID.ID)
		when, err := time.Parse(time.RFC1123Z, i.Published)
		d.must(day.MatchString(i.Published) && err == nil && when.Format(rfc822) == i.Published, "pubDate %q", i.Published)
		d.ids, d.html = append(d.ids, i.GUID.ID), append(d.html, i.Content)
	}
	return d.finish()
}

func wrongAtom(text string) []string {
	type person struct {
		Name string `xml:"name"`
	}
	type links []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	}
	var feed struct {
		XMLName xml.Name
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Author  person `xml:"author"`
		Links   links  `xml:"link"`
		Entries []struct {
			ID        string   `xml:"id"`
			Title     string   `xml:"title"`
			Updated   string   `xml:"updated"`
			Published string   `xml:"published"`
			Links     links    `xml:"link"`
			Authors   []person `xml:"author"`
			Content   struct {
				Type string `xml:"type,attr"`
				HTML string `xml:",chardata"`
			} `xml:"content"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal([]byte(text), &feed); err != nil {
		return []string{"it is not XML: " + err.Error()}
	}
	d := &feedDoc{title: feed.Title}
	stampOK := func(name, text string) {
		_, err := time.Parse(time.RFC3339, text)
		d.must(err == nil, "%s %q", name, text)
	}
	d.must(feed.XMLName.Space == "http://www.w3.org/2005/Atom" && feed.XMLName.Local == "feed", "the root is %v", feed.XMLName)
	d.must(iri(feed.ID), "the feed's id is %q", feed.ID)
	stampOK("updated", feed.Updated)
	for _, l := range feed.Links {
		switch l.Rel {
		case "self":
			d.self = l.Href
		case "alternate":
			d.page = l.Href
		}
	}
	for _, e := range feed.Entries {
		d.must(e.Title != "", "an entry without a title")
		d.must(e.Content.Type == "html", "content of the type %q", e.Content.Type)
		d.must(feed.Author.Name != "" || len(e.Authors) > 0, "an entry without an author")
		stampOK("updated", e.Updated)
		stampOK("published", e.Published)
		d.must(e.Updated <= feed.Updated, "the feed is older than its entry: %s, %s", feed.Updated, e.Updated)
		alternates := 0
		for _, l := range e.Links {
			if l.Rel == "alternate" {
				alternates++
				d.must(absolute(l.Href), "an entry at %q", l.Href)
			}
		}
		d.must(alternates == 1, "an entry with %d addresses", alternates)
		d.ids, d.html = append(d.ids, e.ID), append(d.html, e.Content.HTML)
	}
	return d.finish()
}

func wrongJSONFeed(text string) []string {
	var feed struct {
		Version, Title, Language string
		Page                     string `json:"home_page_url"`
		Self                     string `json:"feed_url"`
		Items                    []struct {
			ID, URL, Title string
			HTML           string `json:"content_html"`
			Published      string `json:"date_published"`
			Modified       string `json:"date_modified"`
			Tags           []string
			Authors        []struct{ Name string }
		}
	}
	if err := json.Unmarshal([]byte(text), &feed); err != nil {
		return []string{"it is not JSON: " + err.Error()}
	}
	d := &feedDoc{title: feed.Title, self: feed.Self, page: feed.Page}
	d.must(feed.Version == "https://jsonfeed.org/version/1.1", "version %q", feed.Version)
	d.must(feed.Items != nil && feed.Language != "", "no items or no language")
	for _, i := range feed.Items {
		d.must(i.HTML != "" && absolute(i.URL), "an item at %q with %d characters", i.URL, len(i.HTML))
		for _, s := range []string{i.Published, i.Modified} {
			_, err := time.Parse(time.RFC3339, s)
			d.must(err == nil, "the time %q", s)
		}
		for _, a := range i.Authors {
			d.must(a.Name != "", "an author without a name")
		}
		d.ids, d.html = append(d.ids, i.ID), append(d.html, i.HTML)
	}
	return d.finish()
}

func TestEveryLinkedFeedKeepsTheRules(t *testing.T) {
	h := newSearchHouse(t)
	st := rich(h)
	h.publish(story.Draft{Headline: "Bread", Section: "economy", Body: prose.Paragraphs("Bread.")})
	h.publish(story.Draft{Lang: "fa", Headline: "نان", Section: "city", Body: prose.Paragraphs("نان گران شد.")})
	link := regexp.MustCompile(`<link rel="alternate" type="([^"]*)" title="[^"]*" href="([^"]*)">`)
	checked := map[string]int{}
	seen := map[string]bool{}
	for _, page := range []string{"/", "/fa/", "/city/", "/economy/", "/fa/city/", "/corrections", "/fa/corrections", st.Path(), "/search?q=bread"} {
		for _, m := range link.FindAllStringSubmatch(h.ok(page).text, -1) {
			kind, path := html.UnescapeString(m[1]), html.UnescapeString(m[2])
			if seen[path] {
				continue
			}
			seen[path] = true
			a := h.ok(path)
			if got, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";"); got != kind {
				t.Errorf("%s is linked as %s and is %s", path, kind, got)
			}
			rules := map[string]func(string) []string{typeRSS: wrongRSS, typeAtom: wrongAtom, "application/feed+json": wrongJSONFeed}[kind]
			if rules == nil {
				continue // of a wire: it has a test of its own
			}
			checked[kind]++
			for _, wrong := range rules(a.text) {
				t.Errorf("%s: %s", path, wrong)
			}
		}
	}
	for kind, n := range checked {
		if n < 7 {
			t.Errorf("only %d feeds of the type %s were found", n, kind)
		}
	}
	// Faults are seen.
	text := h.ok("/feed.xml").text
	for _, broken := range []string{
		strings.Replace(text, "+0000", "GMT", 1), strings.Replace(text, "<link>https://lantern.example/", "<link>/", 2),
		strings.Replace(text, "urn:uuid:", "id:", 1), strings.Replace(text, "https://lantern.example/city/&#34;", "/city/&#34;", 1), strings.Replace(text, "<title>", "<name>", 1),
	} {
		if broken == text || len(wrongRSS(broken)) == 0 {
			t.Error("a fault of an RSS feed is not seen")
		}
	}
	if text := h.ok("/feed.atom").text; len(wrongAtom(strings.Replace(text, "<updated>2026", "<updated>26", 1))) == 0 {
		t.Error("a fault of an Atom feed is not seen")
	}
}

// wrongSitemap holds a list against the sitemap protocol's schema and, where
// it has news, against Google's rules for those.
func wrongSitemap(text string, now time.Time, newsroom string) (wrong []string) {
	var set struct {
		XMLName xml.Name
		URLs    []struct {
			Loc  string `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 loc"`
			Mod  string `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 lastmod"`
			News *struct {
				Publication struct {
					Name string `xml:"http://www.google.com/schemas/sitemap-news/0.9 name"`
					Lang string `xml:"http://www.google.com/schemas/sitemap-news/0.9 language"`
				} `xml:"http://www.google.com/schemas/sitemap-news/0.9 publication"`
				Date  string `xml:"http://www.google.com/schemas/sitemap-news/0.9 publication_date"`
				Title string `xml:"http://www.google.com/schemas/sitemap-news/0.9 title"`
			} `xml:"http://www.google.com/schemas/sitemap-news/0.9 news"`
			Other []struct{ XMLName xml.Name } `xml:",any"`
		} `xml:"url"`
	}
	must := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	if err := xml.Unmarshal([]byte(text), &set); err != nil {
		return []string{"it is not XML: " + err.Error()}
	}
	must(set.XMLName.Space == sitemapNS && set.XMLName.Local == "urlset", "the root is %v", set.XMLName)
	must(len(text) < 50<<20 && len(set.URLs) <= 50_000 && len(set.URLs) > 0, "%d addresses in %d bytes", len(set.URLs), len(text))
	seen := map[string]bool{}
	for _, u := range set.URLs {
		must(absolute(u.Loc) && len(u.Loc) < 2048 && !seen[u.Loc], "the address %q", u.Loc)
		seen[u.Loc] = true
		must(len(u.Other) == 0, "%v", u.Other)
		if u.Mod != "" {
			_, err := time.Parse(time.RFC3339, u.Mod)
			must(err == nil, "lastmod %q", u.Mod)
		}
		if n := u.News; n != nil {
			at, err := time.Parse(time.RFC3339, n.Date)
			must(err == nil && now.Sub(at) <= 48*time.Hour+newsShown && !at.After(now), "published %q", n.Date)
			must(n.Title != "" && n.Publication.Name != "" && regexp.MustCompile(`^([a-z]{2,3}|zh-cn|zh-tw)$`).MatchString(n.Publication.Lang), "%+v", n)
			must(newsroom == "" || n.Publication.Lang != "en" || n.Publication.Name == newsroom, "the publication is called %q", n.Publication.Name)
			must(len(set.URLs) <= 1000, "%d stories", len(set.URLs))
		}
	}
	return wrong
}

func TestSitemapsKeepTheRules(t *testing.T) {
	h := newHouse(t)
	h.ferry()
	h.clock.Advance(72 * time.Hour)
	h.publish(story.Draft{Headline: "A & B <i>", Section: "city", Body: prose.Paragraphs("Text.")})
	h.publish(story.Draft{Lang: "fa", Headline: "نان & آب", Section: "city", Body: prose.Paragraphs("نان.")})
	for _, path := range []string{"/sitemap.xml", "/sitemap/1.xml", "/sitemap-news.xml"} {
		for _, wrong := range wrongSitemap(h.ok(path).text, h.clock.Now(), "The Lantern") {
			t.Errorf("%s: %s", path, wrong)
		}
	}
	news := h.ok("/sitemap-news.xml").text
	hasNot(t, "three days ago", news, "ferry")
	if len(wrongSitemap(strings.Replace(news, "<news:language>en", "<news:language>English", 1), h.clock.Now(), "The Lantern")) == 0 ||
		len(wrongSitemap(strings.Replace(news, "The Lantern", "Ada Ferry", 1), h.clock.Now(), "The Lantern")) == 0 {
		t.Error("a fault is not seen")
	}
	// What is older than two days leaves the list by itself.
	h.clock.Advance(49 * time.Hour)
	hasNot(t, "two days later", h.ok("/sitemap-news.xml").text, "A &amp; B")
}
