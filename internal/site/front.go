package site

import (
	"context"
	"net/http"
	"time"

	"mimeo/internal/story"
)

// How many stories the front page shows: one that leads, two beside it, a row
// below, and then the newest of each section that were not shown yet.
const (
	frontSeconds = 2
	frontRow     = 3
	deskStories  = 3
)

// topicStory is shown by the page at a path, topicList by what lists the
// stories of "lang/section" or, with "lang/", of a whole language.
func topicStory(path string) string { return "story:" + path }
func topicList(list string) string  { return "list:" + list }

type frontPage struct {
	*page
	Tagline, Today, TodayLong string
	Breaking                  *link
	Lead                      *teaser
	Seconds, Row              []teaser
	Desks                     []desk

	until time.Time // for which the breaking news stands
}

// desk is a section on the front page.
type desk struct {
	Slug, Name, Path string
	Stories          []teaser
}

// teaser is a story in a list.
type teaser struct {
	Path, Kicker, Headline, Standfirst, Byline string
	Opening                                    string // of the story that leads
	Stamp, When                                string
}

func (s *Site) front(e *edition, w http.ResponseWriter, r *http.Request) error {
	return s.shelved(e, w, r, makeFront)
}

func makeFront(ctx context.Context, s *Site, e *edition, _ string) (*kept, error) {
	now := s.now()
	data, err := s.frontData(ctx, e, now)
	if err != nil {
		return nil, err
	}
	body, err := s.render("front", data)
	if err != nil {
		return nil, err
	}
	k := s.keep(body, e.Home(), topicList(e.Lang+"/"))
	// The masthead bears the date.
	y, m, d := now.In(s.zone).Date()
	k.dead = time.Date(y, m, d+1, 0, 0, 0, 0, s.zone)
	if data.Breaking != nil && data.until.Before(k.dead) {
		k.dead = data.until
	}
	return k, nil
}

func (s *Site) frontData(ctx context.Context, e *edition, now time.Time) (*frontPage, error) {
	data := &frontPage{
		page: e.newPage("", "/"), Tagline: e.Tagline,
		Today: now.In(s.zone).Format(time.DateOnly), TodayLong: e.words.LongDate(now, s.zone),
	}
	data.Summary = e.Tagline
	data.Feeds = e.feeds("", e.Name)
	data.describe("website", e.Name)
	news, breaking, err := s.fronts.Head(ctx, e.Lang, 1+frontSeconds+frontRow, now)
	if err != nil {
		return nil, err
	}
	if breaking != nil {
		data.Breaking, data.until = &link{Path: escaped(breaking.Path), Label: breaking.Words}, breaking.Until
	}
	shown := map[string]bool{}
	for i := range news {
		shown[news[i].ID] = true
		t := e.teaser(&news[i], now)
		switch {
		case i == 0:
			if t.Opening, err = s.opening(ctx, t.Standfirst, news[0].ID); err != nil {
				return nil, err
			}
			data.Lead = &t
		case i <= frontSeconds:
			data.Seconds = append(data.Seconds, t)
		default:
			t.Standfirst = ""
			data.Row = append(data.Row, t)
		}
	}
	for _, sec := range e.Sections {
		list, err := s.stories.Section(ctx, e.Lang, sec.Slug, story.Cursor{}, deskStories+len(shown))
		if err != nil {
			return nil, err
		}
		d := desk{Slug: sec.Slug, Name: sec.Name, Path: e.URL("/" + sec.Slug + "/")}
		for i := range list {
			if !shown[list[i].ID] && len(d.Stories) < deskStories {
				t := e.teaser(&list[i], now)
				t.Kicker = ""
				d.Stories = append(d.Stories, t)
			}
		}
		if len(d.Stories) > 0 {
			data.Desks = append(data.Desks, d)
		}
	}
	return data, nil
}

// openingLength is how much of the story that leads stands on the front page,
// in characters.
const openingLength = 600

// opening is the beginning of a story, unless its standfirst is made of that.
func (s *Site) opening(ctx context.Context, standfirst, id string) (string, error) {
	st, err := s.stories.ByID(ctx, id)
	if err != nil || standfirst != st.Standfirst {
		return "", err
	}
	return st.Body.Excerpt(openingLength), nil
}

// teaser is a story as lists show it. A story without a standfirst is shown
// with its beginning.
func (e *edition) teaser(s *story.Summary, now time.Time) teaser {
	t := teaser{
		Path: escaped(s.Path()), Headline: s.Headline, Standfirst: s.Standfirst,
		Byline: e.words.List(s.Bylines...), Stamp: stamp(s.Published), When: e.when(s.Published, now),
	}
	if t.Standfirst == "" {
		t.Standfirst = s.Excerpt
	}
	if sec, ok := e.section(s.Section); ok {
		t.Kicker = sec.Name
	}
	return t
}

// stamp is a moment as HTML and feeds write it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// keep begins a kept page that is the same for everyone.
func (s *Site) keep(body []byte, path string, topics ...string) *kept {
	const fresh, shown = 10 * time.Minute, 24 * time.Hour
	now := s.now()
	k := &kept{
		topics: topics, status: http.StatusOK, contentType: typeHTML,
		caching: cacheAnyone, vary: varyCoding, head: body, due: now.Add(fresh), dead: now.Add(shown),
	}
	if s.onion != "" && path != "" {
		k.onion = []string{s.onion + path}
	}
	return k
}
