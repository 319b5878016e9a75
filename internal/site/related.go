package site

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/story"
)

// further are the stories that a story leads on to.
type further struct {
	Related    []link
	Series     []link // the newest others
	SeriesName string
	SeriesPath string
}

// seriesShown is how many stories of a series stand below each of them.
const seriesShown = 5

func (s *Site) further(ctx context.Context, e *edition, st *story.Story) (f further, err error) {
	if len(st.Related) > 0 {
		list, err := s.stories.Related(ctx, st.Related)
		if err != nil {
			return f, err
		}
		for i := range list {
			f.Related = append(f.Related, link{Path: escaped(list[i].Path()), Label: list[i].Headline})
		}
	}
	if st.Series == "" {
		return f, nil
	}
	list, err := s.stories.Series(ctx, e.Lang, st.Series, story.Cursor{}, seriesShown+1)
	if err != nil {
		return f, err
	}
	for i := range list {
		if list[i].ID != st.ID && len(f.Series) < seriesShown {
			f.Series = append(f.Series, link{Path: escaped(list[i].Path()), Label: list[i].Headline})
		}
	}
	f.SeriesName, f.SeriesPath = spoken(st.Series), escaped(e.URL("/series/"+st.Series))
	return f, nil
}

// spoken is an address's last part as words.
func spoken(slug string) string {
	words := strings.ReplaceAll(slug, "-", " ")
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToTitle(first)) + words[size:]
}

// series lists the stories of a series, the newest first.
func (s *Site) series(e *edition, w http.ResponseWriter, r *http.Request) error {
	slug := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, e.prefix), "/series/")
	if slug == "" || slug != ident.Slug(slug) {
		return fault.New(fault.Missing, "")
	}
	before, err := story.ParseCursor(r.URL.Query().Get("before"))
	if err != nil {
		return err
	}
	list, err := s.stories.Series(r.Context(), e.Lang, slug, before, sectionStories+1)
	if err != nil {
		return err
	}
	if len(list) == 0 && before.At.IsZero() {
		return fault.New(fault.Missing, "")
	}
	path := "/series/" + slug
	data := &bylinePage{page: e.newPage(spoken(slug), path), Heading: spoken(slug)}
	data.Feeds = e.feedLinks(path, e.T("site.title", "Page", data.Heading, "Site", e.Name))
	data.describe("website", data.Heading)
	if len(list) > sectionStories {
		list = list[:sectionStories]
		data.Older = escaped(e.URL(path)) + "?" + url.Values{"before": {list[sectionStories-1].Cursor().String()}}.Encode()
	}
	if !before.At.IsZero() {
		data.Newer, data.Hidden = escaped(e.URL(path)), true
	}
	now := s.now()
	for i := range list {
		data.Stories = append(data.Stories, e.teaser(&list[i], now))
	}
	return s.dynamic(w, r, http.StatusOK, "byline", data)
}

// seriesFeed follows a series.
func (s *Site) seriesFeed(ctx context.Context, e *edition, path string) (*feedData, error) {
	slug := strings.TrimPrefix(path, "/series/")
	list, err := s.stories.Series(ctx, e.Lang, slug, story.Cursor{}, feedStories)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.Missing, "")
	}
	data := &feedData{Title: e.T("site.title", "Page", spoken(slug), "Site", e.Name), Topics: []string{topicList(e.Lang + "/")}}
	for i := range list {
		st, err := s.stories.ByID(ctx, list[i].ID)
		if err != nil {
			return nil, err
		}
		data.Items = append(data.Items, e.feedItem(&st))
	}
	return data, nil
}
