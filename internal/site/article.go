package site

import (
	"bytes"
	"context"
	"errors"
	"html/template"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"mimeo/internal/appeal"
	"mimeo/internal/fault"
	"mimeo/internal/story"
)

// articlePage is a story. Its order is that of the source, the screen reader
// and the printed page: headline, facts, text, appeal, the way on.
type articlePage struct {
	*page
	Headline, Standfirst, Place string
	Bylines                     []string
	Dateline                    string // the day the text speaks from, "" when it is that of its publication
	Published, PublishedStamp   string
	Updated, UpdatedStamp       string // "" when the text is as first published
	Retracted                   string
	Corrected                   amended // what readers were told since
	Further                     further
	Told                        told
	Live, Script                string // where news is waited for, and by which file; "" for a story that is not live
	Keys                        []link // to the key events of a live story
	Body                        template.HTML
	Appeal                      template.HTML
	SectionPath, SectionName    string
}

// saveQuery asks for a story as one file.
const saveQuery = "save=file"

// The marks stand in the rendered page where the text and the appeal go; what
// is long is then copied once instead of through the template. They cannot
// come out of a story: a headline has no zero byte.
const (
	textMark   = "<!--\x00text-->"
	appealMark = "<!--\x00appeal-->"
)

// corrected is how much later than its publication another text counts as an update.
const corrected = time.Minute

// movedError says that the story has another address now.
type movedError struct{ to string }

func (m *movedError) Error() string { return "the story has another address" }

func (s *Site) article(e *edition, w http.ResponseWriter, r *http.Request) error {
	var err error
	if r.URL.RawQuery == saveQuery {
		err = s.articleFile(e, w, r)
	} else {
		err = s.shelved(e, w, r, makeArticle)
	}
	if err == nil {
		return nil
	}
	var moved *movedError
	if errors.As(err, &moved) {
		return s.moved(w, escaped(moved.to))
	}
	return err
}

func makeArticle(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
	st, err := s.storyAt(ctx, e, path)
	if err != nil {
		return nil, err
	}
	if st.State != story.Published { // nor what is made of its text: statements, a summary for search engines
		st = e.gone(st)
	}
	data, err := s.articleData(ctx, e, &st)
	if err != nil {
		return nil, err
	}
	if st.State != story.Published {
		data.Hidden, data.SaveAs, data.Body, data.Standfirst = true, "", "", ""
		data.Retracted = e.T("site.article.retracted")
		if st.State == story.Withdrawn {
			data.Retracted = e.T("correction.withdrawn_what")
		}
		body, err := s.render("article", data)
		if err != nil {
			return nil, err
		}
		k := s.keep(body, path, topicStory(st.Path()))
		k.status = http.StatusGone
		return k, nil
	}
	data.Body, data.Appeal = textMark, appealMark
	if st.Live {
		data.Live, data.Script = e.liveAt(st.Path()), s.script.path
		data.Keys = keyEvents(st.Body)
	}
	frame, err := s.render("article", data)
	if err != nil {
		return nil, err
	}
	k := s.keep(nil, escaped(path), append([]string{topicStory(st.Path())}, data.Told.topics...)...)
	before, rest, _ := bytes.Cut(frame, []byte(textMark))
	between, after, _ := bytes.Cut(rest, []byte(appealMark))
	text := s.text(&st, data.Told.mark(e))
	k.head, k.tail = slices.Concat(before, text, between), after
	if st.Live {
		k.headers = s.liveHead
	}
	s.texts.Put(&text)
	k.caching, k.vary = cacheReader, varyReader
	// The token in the appeal names the hour.
	hour := s.now().UTC().Truncate(time.Hour)
	k.asking = &asking{
		edition: e, page: escaped(st.Path()), hour: hour,
		facts: appeal.Facts{Language: st.Lang, Section: st.Section, Tags: st.Tags, NoAsk: st.NoAsk},
	}
	const stale = 2 * time.Hour
	k.due, k.dead = hour.Add(time.Hour), hour.Add(time.Hour+stale)
	return k, nil
}

// storyAt finds the story of a path like /2024/12/slug. A slug of before its
// renaming gives a movedError.
func (s *Site) storyAt(ctx context.Context, e *edition, path string) (story.Story, error) {
	nothing := fault.New(fault.Missing, "")
	parts := strings.Split(strings.TrimPrefix(path, e.prefix), "/")
	if len(parts) != 4 || len(parts[1]) != 4 || len(parts[2]) != 2 || !utf8.ValidString(parts[3]) || strings.ContainsRune(parts[3], 0) {
		return story.Story{}, nothing
	}
	year, err := strconv.Atoi(parts[1])
	if err != nil || year < 1 {
		return story.Story{}, nothing
	}
	month, err := strconv.Atoi(parts[2])
	if err != nil || month < 1 || month > 12 {
		return story.Story{}, nothing
	}
	st, to, err := s.stories.ByPath(ctx, e.Lang, year, time.Month(month), parts[3])
	if err != nil {
		return story.Story{}, err
	}
	if to != "" {
		return story.Story{}, &movedError{to}
	}
	return st, nil
}

func (s *Site) articleData(ctx context.Context, e *edition, st *story.Story) (*articlePage, error) {
	others, err := s.stories.Translations(ctx, st.Group)
	if err != nil {
		return nil, err
	}
	data := &articlePage{
		page: e.articleFrame(st, others), Headline: st.Headline, Standfirst: st.Standfirst, Place: st.Place, Bylines: st.Bylines,
		Published: e.dateTime(st.Published), PublishedStamp: stamp(st.Published),
	}
	if !st.Dateline.IsZero() && st.Dateline.Format(time.DateOnly) != st.Published.In(s.zone).Format(time.DateOnly) {
		data.Dateline = e.words.Date(st.Dateline, time.UTC)
	}
	if st.Updated.Sub(st.Published) >= corrected {
		data.UpdatedStamp = stamp(st.Updated)
		data.Updated = e.dateTime(st.Updated)
		if e.sameDay(st.Updated, st.Published) {
			data.Updated = e.words.Clock(st.Updated, s.zone)
		}
	}
	if sec, ok := e.section(st.Section); ok {
		data.Section, data.SectionName, data.SectionPath = sec.Slug, sec.Name, e.URL("/"+sec.Slug+"/")
	}
	data.SaveAs = escaped(st.Path()) + "?" + saveQuery
	data.describe("article", st.Headline)
	data.Graph.More = []property{
		{"article:published_time", stamp(st.Published)},
		{"article:modified_time", stamp(st.Updated)},
	}
	if data.SectionName != "" {
		data.Graph.More = append(data.Graph.More, property{"article:section", data.SectionName})
	}
	if data.Told, err = s.told(ctx, e, st); err != nil {
		return nil, err
	}
	if data.Corrected, err = s.amended(ctx, e, st); err != nil {
		return nil, err
	}
	if data.Further, err = s.further(ctx, e, st); err != nil {
		return nil, err
	}
	article := data.schema(st)
	article.liven(st)
	article.amend(data.Corrected.Notes)
	article.picture(e, st)
	if len(data.Told.records) > 0 {
		if article.Parts, err = s.quotations(ctx, e, &data.Told, data.Canonical); err != nil {
			return nil, err
		}
	}
	data.Graph.Data, err = asScript(article)
	return data, err
}

// text renders a story's text into a buffer that may be given back.
func (s *Site) text(st *story.Story, mark func(id string) (int, string)) []byte {
	buffer, ok := s.texts.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
	}
	o := s.dress(st)
	o.Statement = mark
	return st.Body.AppendArticle((*buffer)[:0], o)
}

// articleFrame is the page around a story: its other languages are those it
// has a version in, and the front pages of the others.
func (e *edition) articleFrame(st *story.Story, versions []story.Summary) *page {
	p := e.newPage(st.Headline, "")
	p.Canonical = e.absolute(escaped(st.Path()))
	p.Feeds = append(e.feeds("", e.Name), e.wireLinks(st)...)
	p.Summary = st.Standfirst
	if p.Summary == "" {
		p.Summary = st.Excerpt
	}
	if len(versions) < 2 {
		return p
	}
	for i := range versions {
		to := escaped(versions[i].Path())
		p.Alternates = append(p.Alternates, alternate{versions[i].Lang, e.absolute(to)})
		for o := range p.Others {
			if p.Others[o].Lang == versions[i].Lang {
				p.Others[o].Path = to
			}
		}
	}
	return p
}

func (p *articlePage) schema(st *story.Story) newsArticle {
	n := newsArticle{
		Context: "https://schema.org", Type: "NewsArticle", Headline: st.Headline, Description: p.Summary,
		Published: st.Published.UTC(), Modified: st.Updated.UTC(), Language: st.Lang, Section: p.SectionName, Keywords: st.Tags,
		Free: true, Page: p.Canonical,
		Publisher: namedPlace{named{"NewsMediaOrganization", p.Name}, p.absolute(p.Home())},
	}
	if st.Place != "" {
		n.Location = &named{"Place", st.Place}
	}
	for _, name := range st.Bylines {
		n.Authors = append(n.Authors, named{"Person", name})
	}
	return n
}

// savedPage is a story as one file, which needs no network.
type savedPage struct {
	*articlePage
	Style template.CSS
	Saved string
}

// articleFile answers with the story as one file to keep or to pass on by hand.
func (s *Site) articleFile(e *edition, w http.ResponseWriter, r *http.Request) error {
	st, err := s.storyAt(r.Context(), e, r.URL.Path)
	if err != nil {
		return err
	}
	if st.State != story.Published {
		return fault.New(fault.Missing, "")
	}
	data, err := s.articleData(r.Context(), e, &st)
	if err != nil {
		return err
	}
	data.Body = template.HTML(s.inline(r, s.text(&st, data.Told.mark(e)))) //nolint:gosec // prose renders an allow-list
	body, err := s.render("saved", savedPage{
		articlePage: data, Style: template.CSS(s.sheet.text), //nolint:gosec // our own sheet
		Saved: e.T("site.saved", "Site", e.Name, "Date", e.date(s.now())),
	})
	if err != nil {
		return err
	}
	// A file that was passed on by hand has no site around it.
	body = bytes.ReplaceAll(body, []byte(` href="/`), []byte(` href="`+s.base+`/`))
	h := w.Header()
	s.headers.Apply(h)
	h["Cache-Control"] = cacheAnyone
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": st.Slug + ".html"}))
	h.Set("X-Robots-Tag", "noindex")
	return s.body(w, r, http.StatusOK, typeHTML, body)
}
