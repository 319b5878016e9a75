package site

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mimeo/internal/fault"
	"mimeo/internal/search"
	"mimeo/internal/story"
)

// How the page of search shows what was found.
const (
	searchHits   = 20
	searchSample = 200 // hits whose sections, persons and months are counted
	searchFacets = 8   // of each kind
	searchBusy   = 4   // searches at a time; more wait, so that no flood of them keeps readers from the stories
	searchWait   = 3 * time.Second
)

type searchPage struct {
	*page
	Asked    string
	Box      searchBox
	Hits     []hit
	Said     string // what came of it, in one sentence
	Help     bool   // how to ask
	Notes    []string
	Better   link   // "Did you mean …", its Label is the query
	Narrowed []link // what the hits are narrowed to; the link takes it off
	Facets   []facetList
	Sorts    []link // the other order
	Older    string
	OlderAs  string // the words of that link
}

// searchBox is what the form holds.
type searchBox struct {
	Section, By, Sort string
	From, To          string
	Sections          []Section
	Open              bool // the narrower choices are in use
}

// hit is a story that was found.
type hit struct {
	Path, Kicker, Byline, Stamp, When string
	Headline, Snippet                 []search.Piece
}

// facetList is one way to narrow the hits.
type facetList struct {
	Heading string
	Links   []facetLink
}

type facetLink struct {
	Path, Label, Count string
}

// searching is a search as its address has it.
type searching struct {
	text, section, by, month, from, to, sort, before string
}

func readSearching(v url.Values) searching {
	one := func(name string) string {
		const most = 400
		text := strings.TrimSpace(strings.ToValidUTF8(v.Get(name), "�"))
		if len(text) > most*utf8.UTFMax {
			text = strings.ToValidUTF8(text[:most*utf8.UTFMax], "")
		}
		return strings.ReplaceAll(text, "\x00", " ")
	}
	return searching{one("q"), one("section"), one("by"), one("month"), one("from"), one("to"), one("sort"), one("before")}
}

// values are the address again, without what is not said.
func (s searching) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{
		"q": s.text, "section": s.section, "by": s.by, "month": s.month, "from": s.from, "to": s.to, "sort": s.sort, "before": s.before,
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}

func (e *edition) searchPath(s searching) string {
	if all := s.values(); len(all) > 0 {
		return e.URL("/search") + "?" + all.Encode()
	}
	return e.URL("/search")
}

func (s *Site) search(e *edition, w http.ResponseWriter, r *http.Request) error {
	asked := readSearching(r.URL.Query())
	data := &searchPage{page: e.newPage(e.T("search.title"), "/search"), Asked: asked.text}
	data.Hidden, data.Canonical, data.Alternates = true, "", nil
	for i, o := range s.others(e) {
		data.Others[i].Path = o.searchPath(searching{text: asked.text})
	}
	if asked.text != "" {
		data.Title = e.T("site.title", "Page", e.T("search.title.for", "Query", asked.text), "Site", e.Name)
	}
	data.Box = searchBox{
		Section: asked.section, By: asked.by, Sort: asked.sort, From: asked.from, To: asked.to, Sections: e.Sections,
		Open: asked.section != "" || asked.from != "" || asked.to != "" || asked.sort != "",
	}
	q, ok := s.searchQuery(data, asked)
	meant := search.Ask(e.Lang, asked.text)
	switch {
	case !ok: // said already
	case asked.text == "" && len(q.Facets) == 0:
		data.Help = true
	case asked.text != "" && meant.Short:
		data.Said, data.Help = e.T("search.short"), true
	default:
		if err := s.searched(r.Context(), data, asked, q, &meant); err != nil {
			return err
		}
	}
	return s.dynamic(w, r, http.StatusOK, "search", data)
}

func (s *Site) others(e *edition) (all []*edition) {
	for _, o := range s.editions {
		if o != e {
			all = append(all, o)
		}
	}
	return all
}

// searchQuery reads the form. What cannot be read is said beside its field.
func (s *Site) searchQuery(data *searchPage, asked searching) (search.Query, bool) {
	e := data.edition
	q := search.Query{
		Scope: search.Readers, Langs: []string{e.Lang}, Text: asked.text, Before: asked.before,
		Limit: searchHits, Ranked: asked.sort == "best", Zone: s.zone,
	}
	if asked.before == "" {
		q.Sample = searchSample
	}
	if asked.section != "" {
		q.Facets = append(q.Facets, search.Facet{Kind: "section", Value: asked.section})
	}
	if asked.by != "" {
		q.Facets = append(q.Facets, search.Facet{Kind: "person", Value: asked.by})
	}
	for _, f := range []struct {
		field, text string
		at          *time.Time
		days        int
	}{{"from", asked.from, &q.From, 0}, {"to", asked.to, &q.To, 1}} {
		if f.text == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, plainDigits(f.text), s.zone)
		if err != nil {
			data.wrong(f.field, e.T("search.date"))
			data.Box.Open = true
			continue
		}
		*f.at = day.AddDate(0, 0, f.days)
	}
	if month, err := time.ParseInLocation("2006-01", asked.month, s.zone); err == nil {
		if q.From.Before(month) {
			q.From = month
		}
		if end := month.AddDate(0, 1, 0); q.To.IsZero() || q.To.After(end) {
			q.To = end
		}
	}
	return q, len(data.Problems) == 0
}

// plainDigits reads a date typed in the digits of the reader's script.
func plainDigits(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return '0' + r - '٠'
		case r >= '۰' && r <= '۹':
			return '0' + r - '۰'
		case r == '/' || r == '.':
			return '-'
		}
		return r
	}, text)
}

// searched fills in what was found.
func (s *Site) searched(ctx context.Context, data *searchPage, asked searching, q search.Query, meant *search.Asked) error {
	e := data.edition
	waiting, cancel := context.WithTimeout(ctx, searchWait)
	defer cancel()
	select {
	case s.seekers <- struct{}{}:
		defer func() { <-s.seekers }()
	case <-waiting.Done():
		return fault.Unavailablef("%s", e.T("search.busy"))
	}
	res, err := s.finder.Find(ctx, q)
	if err != nil {
		return err
	}
	if err := s.showHits(ctx, data, res.Hits, meant); err != nil {
		return err
	}
	if meant.Cut {
		data.Notes = append(data.Notes, e.T("search.cut"))
	}
	data.Narrowed = e.narrowed(asked, res.Counts)
	switch {
	case len(data.Hits) == 0 && asked.before != "":
		data.Said = e.T("search.nomore")
	case len(data.Hits) == 0:
		data.Said, data.Help = e.T("search.none", "Query", asked.text), true
		better, err := s.finder.Suggest(ctx, q)
		if err != nil {
			return err
		}
		if better != "" {
			data.Better = link{Label: better, Path: e.searchPath(searching{text: better})}
		}
	case asked.before == "" && res.Whole:
		data.Said = e.T("search.found", "Count", res.Sampled)
	case asked.before == "":
		data.Said = e.T("search.many", "Count", res.Sampled)
	}
	if asked.before == "" && len(data.Hits) > 1 {
		data.Facets = e.facets(asked, res.Counts)
		sorted := asked
		sorted.sort = "best"
		label := e.T("search.best")
		if q.Ranked {
			sorted.sort, label = "", e.T("search.newest")
		}
		data.Sorts = []link{{Label: label, Path: e.searchPath(sorted)}}
	}
	if res.Older != "" {
		next := asked
		next.before = res.Older
		data.Older, data.OlderAs = e.searchPath(next), e.T("site.section.older")
		if q.Ranked {
			data.OlderAs = e.T("search.more")
		}
		if res.Bounded && !q.Ranked {
			data.Notes = append(data.Notes, e.T("search.bounded"))
			data.OlderAs = e.T("search.further")
		}
	}
	if q.Ranked && res.Bounded {
		data.Notes = append(data.Notes, e.T("search.ranked"))
	}
	return nil
}

// showHits reads the stories that were found. One that was taken back since
// is not shown.
func (s *Site) showHits(ctx context.Context, data *searchPage, hits []search.Hit, meant *search.Asked) error {
	e, now := data.edition, s.now()
	for _, found := range hits {
		st, err := s.stories.ByID(ctx, found.Key)
		if fault.KindOf(err) == fault.Missing || err == nil && st.State != story.Published {
			continue
		}
		if err != nil {
			return err
		}
		h := hit{
			Path: escaped(st.Path()), Byline: e.words.List(st.Bylines...), Stamp: stamp(st.Published), When: e.when(st.Published, now),
			Headline: meant.Marked(e.Lang, st.Headline), Snippet: meant.Snippet(e.Lang, st.Plain()),
		}
		if sec, ok := e.section(st.Section); ok {
			h.Kicker = sec.Name
		}
		data.Hits = append(data.Hits, h)
	}
	return nil
}

// narrowed are the choices in force, each with the way to take it off.
func (e *edition) narrowed(asked searching, counts []search.Count) (all []link) {
	add := func(label string, less searching) {
		less.before = ""
		all = append(all, link{Label: label, Path: e.searchPath(less)})
	}
	if asked.section != "" {
		less := asked
		less.section = ""
		sec, ok := e.section(asked.section)
		if !ok {
			sec.Name = asked.section
		}
		add(sec.Name, less)
	}
	if asked.by != "" {
		less := asked
		less.by = ""
		label := asked.by
		for _, c := range counts {
			if c.Kind == "person" && c.Value == asked.by && c.Label != "" {
				label = c.Label
			}
		}
		add(label, less)
	}
	if month, err := time.ParseInLocation("2006-01", asked.month, e.site.zone); err == nil {
		less := asked
		less.month = ""
		add(e.words.Month(month.Year(), month.Month()), less)
	}
	return all
}

// facets are the sections, persons and months that the newest hits have.
func (e *edition) facets(asked searching, counts []search.Count) (all []facetList) {
	for _, kind := range []struct {
		name, heading, now string
		with               func(more *searching, value string)
	}{
		{"section", "search.section", asked.section, func(s *searching, v string) { s.section = v }},
		{"person", "search.person", asked.by, func(s *searching, v string) { s.by = v }},
		{"month", "search.month", asked.month, func(s *searching, v string) { s.month = v }},
	} {
		if kind.now != "" {
			continue
		}
		list := facetList{Heading: e.T(kind.heading)}
		for _, c := range counts {
			if c.Kind != kind.name || len(list.Links) == searchFacets {
				continue
			}
			more := asked
			kind.with(&more, c.Value)
			l := facetLink{Path: e.searchPath(more), Label: cmp.Or(c.Label, c.Value), Count: e.words.Number(int64(c.N))}
			switch kind.name {
			case "section":
				sec, ok := e.section(c.Value)
				if !ok {
					continue
				}
				l.Label = sec.Name
			case "month":
				month, err := time.Parse("2006-01", c.Value)
				if err != nil {
					continue
				}
				l.Label = e.words.Month(month.Year(), month.Month())
			}
			list.Links = append(list.Links, l)
		}
		if kind.name == "month" { // by time, not by number
			slices.SortStableFunc(list.Links, func(a, b facetLink) int { return strings.Compare(b.Path, a.Path) })
		}
		if len(list.Links) > 1 {
			all = append(all, list)
		}
	}
	return all
}
