package site

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"mimeo/internal/fault"
	"mimeo/internal/story"
)

// correctionsPage lists what was corrected, updated or taken back, the last
// first.
type correctionsPage struct {
	*page
	List         []notice
	Newer, Older string // paths, "" for none
	Contact      part
}

// notice is what readers were told about a story.
type notice struct {
	Kind, When, Stamp string
	Note              []string // its lines
	Headline          string   // in lists; "" when it is shown no more
	Path, Versions    string
}

const correctionsListed = 30

func topicCorrections(list string) string { return "corrections:" + list }

func (s *Site) corrections(e *edition, w http.ResponseWriter, r *http.Request) error {
	anew := func(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
		data, err := s.correctionsData(ctx, e, 0)
		if err != nil {
			return nil, err
		}
		body, err := s.render("corrections", data)
		if err != nil {
			return nil, err
		}
		return s.keep(body, path, topicCorrections(e.Lang+"/"), topicList(e.Lang+"/")), nil
	}
	if r.URL.RawQuery == "" {
		return s.shelved(e, w, r, anew)
	}
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil || before < 1 {
		return fault.Missingf("There is no such page")
	}
	data, err := s.correctionsData(r.Context(), e, before)
	if err != nil {
		return err
	}
	return s.dynamic(w, r, http.StatusOK, "corrections", data)
}

func (s *Site) correctionsData(ctx context.Context, e *edition, before int64) (*correctionsPage, error) {
	const path = "/corrections"
	data := &correctionsPage{page: e.newPage(e.T("about.corrections"), path), Contact: e.writeToUs()}
	data.Contact.Heading = e.T("about.corrections.tell")
	data.Summary = e.T("about.corrections.lead")
	data.Feeds = e.feedLinks(path, e.T("site.title", "Page", e.T("about.corrections"), "Site", e.Name))
	data.describe("website", e.T("about.corrections"))
	list, err := s.stories.Corrections(ctx, e.Lang, before, correctionsListed+1)
	if err != nil {
		return nil, err
	}
	if len(list) > correctionsListed {
		list = list[:correctionsListed]
		data.Older = e.URL(path) + "?" + url.Values{"before": {strconv.FormatInt(list[correctionsListed-1].Seq, 10)}}.Encode()
	}
	if before > 0 {
		data.Newer, data.Hidden = e.URL(path), true
	}
	for i := range list {
		one := e.notice(&list[i].Publication)
		one.Headline, one.Path = list[i].Summary.Headline, escaped(list[i].Summary.Path())
		if list[i].Summary.State == story.Withdrawn {
			one.Headline = e.T("correction.withdrawn")
		}
		one.Versions = one.Path + versionsPath
		data.List = append(data.List, one)
	}
	return data, nil
}

// notice is a note as readers get it.
func (e *edition) notice(p *story.Publication) notice {
	return notice{Kind: e.T("correction.kind." + string(p.Kind)), When: e.dateTime(p.At), Stamp: stamp(p.At), Note: lines(p.Note)}
}

func lines(words string) []string {
	if words == "" {
		return nil
	}
	return strings.Split(words, "\n")
}

// correctionFeed is the list of corrections as a feed.
func (s *Site) correctionFeed(ctx context.Context, e *edition, _ string) (*feedData, error) {
	data := &feedData{
		Title: e.T("site.title", "Page", e.T("about.corrections"), "Site", e.Name), About: e.T("about.corrections.lead"),
		Topics: []string{topicCorrections(e.Lang + "/"), topicList(e.Lang + "/")},
	}
	list, err := s.stories.Corrections(ctx, e.Lang, 0, feedStories)
	if err != nil {
		return nil, err
	}
	for i := range list {
		c := &list[i]
		headline := c.Summary.Headline
		if c.Summary.State == story.Withdrawn {
			headline = e.T("correction.withdrawn")
		}
		var html strings.Builder
		for _, line := range lines(c.Note) {
			html.WriteString("<p>" + template.HTMLEscapeString(line) + "</p>")
		}
		data.Items = append(data.Items, feedItem{
			ID: "urn:mimeo:correction:" + c.Story + ":" + strconv.Itoa(c.N), URL: e.absolute(escaped(c.Summary.Path())),
			Title:   e.T("correction.feed_title", "Kind", e.T("correction.kind."+string(c.Kind)), "Headline", headline),
			Summary: strings.Join(lines(c.Note), " "), HTML: html.String(), Published: c.At.UTC(), Updated: c.At.UTC(),
		})
	}
	return data, nil
}

// amended is what stands above a story that readers had in other words.
type amended struct {
	Notes    []notice
	More     string // path of the rest, "" when these are all
	Versions string // path of the texts that readers had, "" for one alone
}

// notesShown is how many notes stand above a story.
const notesShown = 5

func (s *Site) amended(ctx context.Context, e *edition, st *story.Story) (c amended, err error) {
	notes, versions, err := s.stories.Notes(ctx, st.ID, notesShown+1)
	if err != nil {
		return c, err
	}
	if versions > 1 {
		c.Versions = escaped(st.Path()) + versionsPath
	}
	for i := range notes {
		if i == notesShown {
			c.More = c.Versions
			break
		}
		c.Notes = append(c.Notes, e.notice(&notes[i]))
	}
	return c, nil
}

// gone is a story that was taken back, without its text. Of one that was taken
// off nothing is left but that it was.
func (e *edition) gone(st story.Story) story.Story {
	st.Standfirst, st.Excerpt, st.Series, st.Related, st.Body.Blocks = "", "", "", nil, nil
	if st.State == story.Withdrawn {
		st.Headline, st.Place = e.T("correction.withdrawn"), ""
		st.Bylines, st.BylineIDs, st.Tags = nil, nil, nil
	}
	return st
}
