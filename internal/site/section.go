package site

import (
	"context"
	"net/http"
	"net/url"

	"mimeo/internal/fault"
	"mimeo/internal/story"
)

// sectionStories is how many stories one page of a section lists.
const sectionStories = 20

type sectionPage struct {
	*page
	Heading      string
	Stories      []teaser
	Newer, Older string // paths, "" for none
}

func (s *Site) section(slug string) action {
	anew := func(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
		data, err := s.sectionData(ctx, e, slug, story.Cursor{})
		if err != nil {
			return nil, err
		}
		body, err := s.render("section", data)
		if err != nil {
			return nil, err
		}
		return s.keep(body, path, topicList(e.Lang+"/"+slug)), nil
	}
	return func(e *edition, w http.ResponseWriter, r *http.Request) error {
		if r.URL.RawQuery == "" {
			return s.shelved(e, w, r, anew)
		}
		cursor, err := story.ParseCursor(r.URL.Query().Get("before"))
		if err != nil {
			return err
		}
		data, err := s.sectionData(r.Context(), e, slug, cursor)
		if err != nil {
			return err
		}
		return s.dynamic(w, r, http.StatusOK, "section", data)
	}
}

func (s *Site) sectionData(ctx context.Context, e *edition, slug string, before story.Cursor) (*sectionPage, error) {
	sec, ok := e.section(slug)
	if !ok {
		return nil, fault.New(fault.Missing, "")
	}
	path := "/" + slug + "/"
	data := &sectionPage{page: e.newPage(sec.Name, path), Heading: sec.Name}
	data.Section = slug
	data.Feeds = e.feeds(slug, e.T("site.title", "Page", sec.Name, "Site", e.Name))
	data.describe("website", sec.Name)
	list, err := s.stories.Section(ctx, e.Lang, slug, before, sectionStories+1)
	if err != nil {
		return nil, err
	}
	if len(list) > sectionStories {
		list = list[:sectionStories]
		data.Older = e.URL(path) + "?" + url.Values{"before": {list[sectionStories-1].Cursor().String()}}.Encode()
	}
	now := s.now()
	for i := range list {
		t := e.teaser(&list[i], now)
		t.Kicker = ""
		data.Stories = append(data.Stories, t)
	}
	if !before.At.IsZero() {
		data.Newer = e.URL(path)
		data.Hidden = true
	}
	return data, nil
}
