package site

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
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

// feedStories is how many stories a feed holds.
const feedStories = 20

// feedData is what all formats are written from.
type feedData struct {
	*edition
	Title, About string
	Page, Self   string // public addresses
	Updated      time.Time
	Items        []feedItem
}

type feedItem struct {
	ID, URL, Title, Summary, HTML, Section string
	Authors, Tags                          []string
	Published, Updated                     time.Time
}

// feeds are the links to the feeds of a section, or of the whole edition.
func (e *edition) feeds(section, title string) []feedLink {
	var all []feedLink
	for _, f := range []format{rss, atom, jsonFeed} {
		all = append(all, feedLink{f.mediaType, title, e.feedPath(f, section)})
	}
	return all
}

func (e *edition) feedPath(f format, section string) string {
	if section == "" {
		return e.URL("/" + f.name)
	}
	return e.URL("/" + section + "/" + f.name)
}

func (s *Site) feed(f format, section string) action {
	anew := func(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
		data, err := s.feedData(ctx, e, f, section)
		if err != nil {
			return nil, err
		}
		body, err := f.write(data)
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", f.name, err)
		}
		k := s.keep(body, path, topicList(e.Lang+"/"+section))
		k.contentType = []string{f.mediaType + "; charset=utf-8"}
		k.caching = cacheFeed
		return k, nil
	}
	return func(e *edition, w http.ResponseWriter, r *http.Request) error { return s.shelved(e, w, r, anew) }
}

func (s *Site) feedData(ctx context.Context, e *edition, f format, section string) (*feedData, error) {
	data := &feedData{edition: e, Title: e.Name, About: e.Tagline, Page: e.absolute(e.Home()), Self: e.absolute(e.feedPath(f, section))}
	if sec, ok := e.section(section); ok {
		data.Title = e.T("site.title", "Page", sec.Name, "Site", e.Name)
		data.Page = e.absolute(e.URL("/" + sec.Slug + "/"))
	}
	if data.About == "" {
		data.About = data.Title
	}
	stories, err := s.stories.Recent(ctx, e.Lang, section, feedStories)
	if err != nil {
		return nil, err
	}
	for i := range stories {
		item := e.feedItem(&stories[i])
		if item.Updated.After(data.Updated) {
			data.Updated = item.Updated
		}
		data.Items = append(data.Items, item)
	}
	if data.Updated.IsZero() {
		data.Updated = s.now()
	}
	return data, nil
}

// feedItem is a story in a feed. Its id outlives a renaming; its text leads
// back here by whole addresses.
func (e *edition) feedItem(st *story.Story) feedItem {
	html := st.Body.AppendHTML(nil)
	for _, attribute := range []string{"href", "src"} {
		html = bytes.ReplaceAll(html, []byte(" "+attribute+`="/`), []byte(" "+attribute+`="`+e.site.base+"/"))
	}
	item := feedItem{
		ID: "urn:uuid:" + st.ID, URL: e.absolute(escaped(st.Path())), Title: st.Headline, Summary: st.Standfirst, HTML: string(html),
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
		Items       []jsonItem `json:"items"`
	}{"https://jsonfeed.org/version/1.1", f.Title, f.About, f.Page, f.Self, f.Lang, []jsonItem{}}
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
