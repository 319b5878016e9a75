package site

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"

	"mimeo/internal/story"
)

// format is a kind of feed.
type format struct {
	name      string // of the file: "feed.xml"
	mediaType string
	write     func(f *feedData) ([]byte, error)
}

// The feeds, each with whole stories: a feed reader is also a way to read what
// is blocked.
var (
	rss      = format{"feed.xml", typeRSS, writeRSS}
	atom     = format{"feed.atom", typeAtom, writeAtom}
	jsonFeed = format{"feed.json", "application/feed+json", writeJSONFeed}
)

const (
	typeRSS  = "application/rss+xml"
	typeAtom = "application/atom+xml"
)

var formats = []format{rss, atom, jsonFeed}

// feedStories is how many stories a feed holds.
const feedStories = 20

// feedData is what all formats are written from.
type feedData struct {
	*edition
	Title, About string
	Page         string // public address of the page that the feed follows
	Self         string // that of the feed itself
	Hub          string // where a reader may ask to be told of news, "" for nowhere
	Updated      time.Time
	Items        []feedItem
	Topics       []string // what the feed shows: it is made anew when one changes
}

// feedItem is one thing in a feed. ID is a whole address or a urn:, the same
// for as long as the thing exists. HTML links by whole addresses.
type feedItem struct {
	ID, URL, Title, Summary, HTML, Section string
	Authors, Tags                          []string
	Published, Updated                     time.Time
}

// feedMaker gathers what the feeds of a page hold. path is the page's own,
// unescaped and without the language: "/people/ada". It sets Title, Items and
// Topics, the newest item first; of the rest what is empty is filled in.
type feedMaker func(ctx context.Context, e *edition, path string) (*feedData, error)

// feedPages are the three feeds of the page at a path, such as "/people/{slug}".
func (s *Site) feedPages(path string, of feedMaker) []route {
	all := make([]route, 0, len(formats))
	for _, f := range formats {
		all = append(all, route{strings.TrimSuffix(path, "/") + "/" + f.name, s.feed(f, of), nil})
	}
	return all
}

// feedLinks are the links to the feeds of the page at a path.
func (e *edition) feedLinks(path, title string) []feedLink {
	all := make([]feedLink, 0, len(formats))
	for _, f := range formats {
		all = append(all, feedLink{f.mediaType, title, e.feedPath(f, path)})
	}
	return all
}

func (e *edition) feedPath(f format, path string) string {
	return e.URL(escaped(strings.TrimSuffix(path, "/")) + "/" + f.name)
}

// feeds are the links to the feeds of a section, or of the whole edition.
func (e *edition) feeds(section, title string) []feedLink {
	return e.feedLinks("/"+section, title)
}

func (s *Site) feed(f format, of feedMaker) action {
	anew := func(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
		page := strings.TrimSuffix(strings.TrimPrefix(path, e.prefix), f.name)
		if page != "/" {
			page = strings.TrimSuffix(page, "/")
		}
		data, err := of(ctx, e, page)
		if err != nil {
			return nil, err
		}
		s.complete(data, e, f, page)
		body, err := f.write(data)
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", f.name, err)
		}
		k := s.keep(body, escaped(path), data.Topics...)
		k.contentType = []string{f.mediaType + "; charset=utf-8"}
		k.caching = cacheFeed
		if data.Hub != "" {
			k.link = []string{"<" + data.Hub + `>; rel="hub", <` + data.Self + `>; rel="self"`}
		}
		return k, nil
	}
	return func(e *edition, w http.ResponseWriter, r *http.Request) error { return s.shelved(e, w, r, anew) }
}

// complete fills in what follows from where the feed stands.
func (s *Site) complete(data *feedData, e *edition, f format, page string) {
	data.edition = e
	if data.Title == "" {
		data.Title = e.Name
	}
	if data.About == "" {
		data.About = data.Title
	}
	if data.Page == "" {
		data.Page = e.absolute(e.URL(escaped(page)))
	}
	data.Self, data.Hub = e.absolute(e.feedPath(f, page)), s.hub
	for i := range data.Items {
		if data.Items[i].Updated.After(data.Updated) {
			data.Updated = data.Items[i].Updated
		}
	}
	if data.Updated.IsZero() {
		data.Updated = s.now()
	}
}

// storyFeed follows a section, or with "" the whole edition.
func (s *Site) storyFeed(section string) feedMaker {
	return func(ctx context.Context, e *edition, _ string) (*feedData, error) {
		data := &feedData{About: e.Tagline, Topics: []string{topicList(e.Lang + "/" + section)}}
		if sec, ok := e.section(section); ok {
			data.Title = e.T("site.title", "Page", sec.Name, "Site", e.Name)
			data.Page = e.absolute(e.URL("/" + sec.Slug + "/"))
		}
		stories, err := s.stories.Recent(ctx, e.Lang, section, feedStories)
		if err != nil {
			return nil, err
		}
		for i := range stories {
			data.Items = append(data.Items, e.feedItem(&stories[i]))
		}
		return data, nil
	}
}

// feedItem is a story in a feed. Its id outlives a renaming; its text leads
// back here by whole addresses.
func (e *edition) feedItem(st *story.Story) feedItem {
	item := feedItem{
		ID: urn(st.ID), URL: e.absolute(escaped(st.Path())), Title: st.Headline, Summary: st.Standfirst, HTML: string(e.html(st)),
		Authors: st.Bylines, Tags: st.Tags, Published: st.Published.UTC(), Updated: st.Updated.UTC(),
	}
	if item.Summary == "" {
		item.Summary = st.Excerpt
	}
	if sec, ok := e.section(st.Section); ok {
		item.Section = sec.Name
	}
	return item
}

func (i feedItem) categories() []string {
	if i.Section == "" {
		return i.Tags
	}
	return append([]string{i.Section}, i.Tags...)
}

func marshalXML(v any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(v); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

type jsonAuthor struct {
	Name string `json:"name"`
}

type jsonHub struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

type jsonItem struct {
	ID        string       `json:"id"`
	URL       string       `json:"url"`
	Title     string       `json:"title"`
	Summary   string       `json:"summary,omitempty"`
	HTML      string       `json:"content_html"`
	Published time.Time    `json:"date_published"`
	Modified  time.Time    `json:"date_modified"`
	Authors   []jsonAuthor `json:"authors,omitempty"`
	Tags      []string     `json:"tags,omitempty"`
	Language  string       `json:"language"`
}

// writeJSONFeed writes JSON Feed 1.1.
func writeJSONFeed(f *feedData) ([]byte, error) {
	feed := struct {
		Version     string     `json:"version"`
		Title       string     `json:"title"`
		Description string     `json:"description,omitempty"`
		Home        string     `json:"home_page_url"`
		Self        string     `json:"feed_url"`
		Language    string     `json:"language"`
		Hubs        []jsonHub  `json:"hubs,omitempty"`
		Items       []jsonItem `json:"items"`
	}{"https://jsonfeed.org/version/1.1", f.Title, f.About, f.Page, f.Self, f.Lang, nil, []jsonItem{}}
	if f.Hub != "" {
		feed.Hubs = []jsonHub{{"WebSub", f.Hub}}
	}
	for _, i := range f.Items {
		item := jsonItem{
			ID: i.ID, URL: i.URL, Title: i.Title, Summary: i.Summary, HTML: i.HTML,
			Published: i.Published, Modified: i.Updated, Tags: i.categories(), Language: f.Lang,
		}
		for _, a := range i.Authors {
			item.Authors = append(item.Authors, jsonAuthor{a})
		}
		feed.Items = append(feed.Items, item)
	}
	return json.Marshal(feed)
}
