package site

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// versionsPath follows a story's address.
const versionsPath = "/versions"

// versionsPage lists the texts of a story that readers had.
type versionsPage struct {
	*page
	Headline, Path string
	Versions       []version
}

// version is one of them. Read and Compare are paths, "" where there is nothing
// to read.
type version struct {
	Number                   string
	Kind, When, Stamp, Until string
	Note                     []string
	Redacted                 bool
	Current                  bool
	Read, Compare            string
}

// versionPage is one text as readers had it.
type versionPage struct {
	*page
	Headline, Standfirst, Path, Versions string
	Bylines                              []string
	Which                                string // which one it is, from when to when
	Redacted                             bool
	Told                                 notice
	Body                                 template.HTML
}

// comparePage shows two texts in one.
type comparePage struct {
	*page
	Headline, Path, Versions string
	From, To                 string
	Fields                   []fieldChange
	Blocks                   []blockChange
	Same                     bool
}

type fieldChange struct {
	Name   string
	Pieces []prose.Piece
}

// blockChange is a paragraph: Words when it changed, Text otherwise.
type blockChange struct {
	Difference prose.Difference
	Text       string
	Pieces     []prose.Piece
}

func (s *Site) versions(e *edition, w http.ResponseWriter, r *http.Request) error {
	path, found := strings.CutSuffix(r.URL.Path, versionsPath)
	if !found {
		return errMissing
	}
	st, err := s.storyAt(r.Context(), e, path)
	var moved *movedError
	if errors.As(err, &moved) {
		return s.moved(w, withQuery(escaped(moved.to)+versionsPath, r))
	}
	if err != nil {
		return err
	}
	if st.State == story.Withdrawn {
		st = e.gone(st)
	}
	all, err := s.stories.Publications(r.Context(), st.ID)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	switch {
	case query.Has("from") || query.Has("to"):
		return s.compare(e, w, r, &st, all)
	case query.Has("n"):
		return s.version(e, w, r, &st, all)
	default:
		return s.versionList(e, w, r, &st, all)
	}
}

func (e *edition) versionFrame(st *story.Story, id string) *page {
	p := e.newPage(e.T(id, "Headline", st.Headline), "")
	p.Hidden = true // the story itself is what is to be found
	return p
}

func (s *Site) versionList(e *edition, w http.ResponseWriter, r *http.Request, st *story.Story, all []story.Publication) error {
	path := escaped(st.Path())
	data := &versionsPage{page: e.versionFrame(st, "correction.versions_of"), Headline: st.Headline, Path: path}
	before := 0 // the last one that has a text
	for i := range all {
		p := &all[i]
		note := e.notice(p)
		v := version{
			Number: e.words.Number(int64(p.N)), Kind: note.Kind, When: note.When, Stamp: note.Stamp, Note: note.Note,
			Redacted: !p.Redacted.IsZero(), Current: i == len(all)-1,
		}
		if readable(p) && st.State != story.Withdrawn {
			v.Read = path + versionsPath + "?n=" + strconv.Itoa(p.N)
			if before > 0 {
				v.Compare = path + versionsPath + "?from=" + strconv.Itoa(before) + "&to=" + strconv.Itoa(p.N)
			}
			before = p.N
		}
		data.Versions = append(data.Versions, v)
	}
	return s.dynamic(w, r, http.StatusOK, "versions", data)
}

// readable says whether a publication gave readers a text.
func readable(p *story.Publication) bool {
	return p.Kind != story.KindRetract && p.Kind != story.KindWithdraw
}

// which finds a publication that a reader asks for by its number.
func which(st *story.Story, all []story.Publication, number string) (*story.Publication, error) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(all) || st.State == story.Withdrawn || !readable(&all[n-1]) {
		return nil, fault.Missingf("There is no such version of this story")
	}
	return &all[n-1], nil
}

func (s *Site) version(e *edition, w http.ResponseWriter, r *http.Request, st *story.Story, all []story.Publication) error {
	p, err := which(st, all, r.URL.Query().Get("n"))
	if err != nil {
		return err
	}
	old, _, err := s.stories.Version(r.Context(), st.ID, p.N)
	if err != nil {
		return err
	}
	path := escaped(st.Path())
	data := &versionPage{
		page: e.versionFrame(&old, "correction.version_of"), Headline: old.Headline, Standfirst: old.Standfirst, Bylines: old.Bylines,
		Path: path, Versions: path + versionsPath, Redacted: !p.Redacted.IsZero(), Told: e.notice(p),
		Which: e.T("correction.from", "Number", e.words.Number(int64(p.N)), "From", e.dateTime(p.At)),
	}
	if !p.Until.IsZero() {
		data.Which = e.T("correction.from_until", "Number", e.words.Number(int64(p.N)), "From", e.dateTime(p.At), "Until", e.dateTime(p.Until))
	}
	body := s.text(&old, nil)
	data.Body = template.HTML(body) //nolint:gosec // package prose lets nothing through but its own tags
	s.texts.Put(&body)
	return s.dynamic(w, r, http.StatusOK, "version", data)
}

func (s *Site) compare(e *edition, w http.ResponseWriter, r *http.Request, st *story.Story, all []story.Publication) error {
	from, err := which(st, all, r.URL.Query().Get("from"))
	if err != nil {
		return err
	}
	to, err := which(st, all, r.URL.Query().Get("to"))
	if err != nil {
		return err
	}
	diff, err := s.differences(r.Context(), st.ID, from.N, to.N)
	if err != nil {
		return err
	}
	path := escaped(st.Path())
	data := &comparePage{
		page: e.versionFrame(st, "correction.compare_of"), Headline: st.Headline, Path: path, Versions: path + versionsPath,
		From: e.T("correction.from", "Number", e.words.Number(int64(from.N)), "From", e.dateTime(from.At)),
		To:   e.T("correction.from", "Number", e.words.Number(int64(to.N)), "From", e.dateTime(to.At)),
		Same: !diff.Changed,
	}
	for _, f := range diff.Fields {
		data.Fields = append(data.Fields, fieldChange{Name: e.T("correction.field." + f.Name), Pieces: f.Words})
	}
	for _, c := range diff.Blocks {
		b := blockChange{Difference: c.Difference, Pieces: c.Words}
		switch c.Difference {
		case prose.Same, prose.Added:
			b.Text = diff.To.Body.Blocks[c.New].Plain()
		case prose.Removed:
			b.Text = diff.From.Body.Blocks[c.Old].Plain()
		case prose.Changed:
		}
		if b.Text != "" || len(b.Pieces) > 0 {
			data.Blocks = append(data.Blocks, b)
		}
	}
	return s.dynamic(w, r, http.StatusOK, "compare", data)
}

func (s *Site) differences(ctx context.Context, id string, from, to int) (story.Differences, error) {
	a, _, err := s.stories.Version(ctx, id, from)
	if err != nil {
		return story.Differences{}, err
	}
	b, _, err := s.stories.Version(ctx, id, to)
	if err != nil {
		return story.Differences{}, err
	}
	return story.DiffVersions(a, b), nil
}
