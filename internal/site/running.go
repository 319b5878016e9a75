package site

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/statement"
	"mimeo/internal/story"
)

// runningPage is a story that goes on: its timeline, and its stories.
type runningPage struct {
	*page
	Heading, About string
	Line           []event
	Stories        []teaser
}

// event is one thing in a timeline: what was said, an entry of a live blog, or
// that a story came out.
type event struct {
	at        time.Time
	Day       string // "" when it is that of the event before
	When      string // the time of day, "" when it is not known
	Stamp     string
	Said      *saying
	Title     string // of an entry or a story
	Path      string
	IsStory   bool
	precisely bool
}

func (s *Site) running(e *edition, w http.ResponseWriter, r *http.Request) error {
	if s.statements == nil {
		return errMissing
	}
	err := s.shelved(e, w, r, makeRunning)
	var moved *movedError
	if errors.As(err, &moved) {
		return s.moved(w, withQuery(e.URL(escaped(moved.to)), r))
	}
	return err
}

func (s *Site) runningAt(ctx context.Context, slug string) (statement.Running, error) {
	if slug == "" || len(slug) > 400 || strings.ContainsAny(slug, "\x00/") {
		return statement.Running{}, errMissing
	}
	run, to, err := s.statements.RunningBySlug(ctx, slug)
	if err == nil && to != "" {
		err = &movedError{to}
	}
	return run, err
}

func makeRunning(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
	run, err := s.runningAt(ctx, strings.TrimPrefix(path, e.prefix+"/running/"))
	if err != nil {
		return nil, err
	}
	title := run.Titles.Text(e.Lang)
	data := &runningPage{page: e.newPage(title, run.Path()), Heading: title, About: run.Descriptions.Text(e.Lang)}
	data.Summary = data.About
	data.Feeds = e.feedLinks(run.Path(), e.T("site.title", "Page", title, "Site", e.Name))
	data.describe("website", title)
	stories, topics, err := s.runningStories(ctx, e, &run)
	if err != nil {
		return nil, err
	}
	if data.Line, err = s.timeline(ctx, e, stories, &topics); err != nil {
		return nil, err
	}
	now := s.now()
	for i := range stories {
		sum := stories[i].Summary()
		data.Stories = append(data.Stories, e.teaser(&sum, now))
	}
	body, err := s.render("running", data)
	if err != nil {
		return nil, err
	}
	return s.keep(body, escaped(path), topics...), nil
}

// runningStories are the published stories of a running one in the page's
// language, or, where a story has no version in it, in its own; the newest
// first.
func (s *Site) runningStories(ctx context.Context, e *edition, run *statement.Running) (out []story.Story, topics []string, err error) {
	topics = []string{topicRunning(run.ID)}
	taken := map[string]int{} // group → place in out
	for _, id := range run.Stories {
		st, err := s.stories.ByID(ctx, id)
		if fault.KindOf(err) == fault.Missing {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if p := st.Path(); p != "" {
			topics = append(topics, topicStory(p))
		}
		if st.State != story.Published {
			continue
		}
		if at, there := taken[st.Group]; there {
			if st.Lang == e.Lang {
				out[at] = st
			}
			continue
		}
		taken[st.Group] = len(out)
		out = append(out, st)
	}
	slices.SortStableFunc(out, func(a, b story.Story) int { return b.Published.Compare(a.Published) })
	return out, topics, nil
}

// timeline orders what was said in stories, the key entries of live blogs and
// the stories themselves, the newest first.
func (s *Site) timeline(ctx context.Context, e *edition, stories []story.Story, topics *[]string) ([]event, error) {
	var line []event
	seen := map[string]bool{}
	for i := range stories {
		st := &stories[i]
		path := escaped(st.Path())
		line = append(line, event{at: st.Published, precisely: true, Title: st.Headline, Path: path, IsStory: true})
		for _, entry := range st.Body.Entries() {
			if entry.Key || entry.Pin {
				line = append(line, event{at: entry.At, precisely: true, Title: entry.Title, Path: path + "#e-" + entry.ID})
			}
		}
		records, err := s.statements.Marked(ctx, &st.Body, true)
		if err != nil {
			return nil, err
		}
		views, err := s.sayings(ctx, e, records)
		if err != nil {
			return nil, err
		}
		for n := range records {
			r := &records[n]
			*topics = append(*topics, topicStatement(r.ID))
			if seen[r.ID] {
				continue
			}
			seen[r.ID] = true
			at := r.When.At
			if r.When.IsZero() {
				at = st.Published
			}
			line = append(line, event{at: at, precisely: r.When.Precision == statement.ToMinute, Said: &views[n]})
		}
	}
	slices.SortStableFunc(line, func(a, b event) int { return cmp.Compare(b.at.UnixMicro(), a.at.UnixMicro()) })
	day := ""
	for i := range line {
		ev := &line[i]
		ev.Stamp = stamp(ev.at)
		if ev.precisely {
			ev.When = e.words.Clock(ev.at, s.zone)
		}
		if d := e.date(ev.at); d != day {
			day, ev.Day = d, d
		}
	}
	return line, nil
}

// runningFeed makes the feeds of a running story: its stories, whole.
func (s *Site) runningFeed(ctx context.Context, e *edition, path string) (*feedData, error) {
	if s.statements == nil {
		return nil, errMissing
	}
	run, err := s.runningAt(ctx, strings.TrimPrefix(path, "/running/"))
	if err != nil {
		var moved *movedError
		if errors.As(err, &moved) {
			return nil, errMissing
		}
		return nil, err
	}
	stories, topics, err := s.runningStories(ctx, e, &run)
	if err != nil {
		return nil, err
	}
	data := &feedData{Title: e.T("site.title", "Page", run.Titles.Text(e.Lang), "Site", e.Name), About: run.Descriptions.Text(e.Lang), Topics: topics}
	for i := range stories {
		if i < feedStories {
			data.Items = append(data.Items, e.feedItem(&stories[i]))
		}
	}
	return data, nil
}

type runningListPage struct {
	*page
	Heading      string
	Entries      []registered
	Newer, Older string
}

// runningList lists the running stories, the last changed first.
func (s *Site) runningList(e *edition, w http.ResponseWriter, r *http.Request) error {
	if s.statements == nil {
		return errMissing
	}
	return s.shelved(e, w, r, func(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
		heading := e.T("statement.running")
		data := &runningListPage{page: e.newPage(heading, "/running/"), Heading: heading}
		data.describe("website", heading)
		list, err := s.statements.RunningList(ctx, statement.Cursor{}, 100)
		if err != nil {
			return nil, err
		}
		for i := range list {
			data.Entries = append(data.Entries, registered{Name: list[i].Titles.Text(e.Lang), Path: e.URL(escaped(list[i].Path())), About: list[i].Descriptions.Text(e.Lang)})
		}
		body, err := s.render("runnings", data)
		if err != nil {
			return nil, err
		}
		return s.keep(body, path, topicRunning("")), nil
	})
}
