package site

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"mimeo/internal/byline"
	"mimeo/internal/fault"
	"mimeo/internal/story"
)

// bylinePage is a name above stories, and those stories. It knows no more of
// its bearer than the byline says.
type bylinePage struct {
	*page
	Heading      string
	About        string
	Stories      []teaser
	Newer, Older string // paths, "" for none
}

func (s *Site) bylineAt(ctx context.Context, path string) (byline.Byline, error) {
	slug, found := strings.CutPrefix(path, "/by/")
	if !found || s.bylines == nil {
		return byline.Byline{}, fault.New(fault.Missing, "")
	}
	return s.bylines.BySlug(ctx, slug)
}

func (s *Site) byline(e *edition, w http.ResponseWriter, r *http.Request) error {
	one, err := s.bylineAt(r.Context(), strings.TrimPrefix(r.URL.Path, e.prefix))
	if err != nil {
		return err
	}
	before, err := story.ParseCursor(r.URL.Query().Get("before"))
	if err != nil {
		return err
	}
	path := "/by/" + one.Slug
	data := &bylinePage{page: e.newPage(one.Name, path), Heading: one.Name, About: one.About}
	data.Feeds = e.feedLinks(path, e.T("site.title", "Page", one.Name, "Site", e.Name))
	data.describe("website", one.Name)
	list, err := s.stories.ByByline(r.Context(), e.Lang, one.ID, before, sectionStories+1)
	if err != nil {
		return err
	}
	if len(list) > sectionStories {
		last := list[sectionStories-1]
		list = list[:sectionStories]
		data.Older = e.URL(path) + "?" + url.Values{"before": {story.Cursor{At: last.Published, Key: last.ID}.String()}}.Encode()
	}
	if !before.At.IsZero() {
		data.Newer, data.Hidden = e.URL(path), true
	}
	now := s.now()
	for i := range list {
		data.Stories = append(data.Stories, e.teaser(&list[i], now))
	}
	return s.dynamic(w, r, http.StatusOK, "byline", data)
}

// bylineFeed are the stories under a byline, with their texts.
func (s *Site) bylineFeed(ctx context.Context, e *edition, path string) (*feedData, error) {
	one, err := s.bylineAt(ctx, path)
	if err != nil {
		return nil, err
	}
	data := &feedData{Title: e.T("site.title", "Page", one.Name, "Site", e.Name), About: one.About, Topics: []string{topicList(e.Lang + "/")}}
	list, err := s.stories.ByByline(ctx, e.Lang, one.ID, story.Cursor{}, feedStories)
	if err != nil {
		return nil, err
	}
	for i := range list {
		st, err := s.stories.ByID(ctx, list[i].ID)
		if err != nil {
			return nil, err
		}
		data.Items = append(data.Items, e.feedItem(&st))
	}
	return data, nil
}
