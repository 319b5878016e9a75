package site

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mimeo/internal/statement"
)

// listedStatements is how many statements one page lists, and a feed holds.
const listedStatements = 20

type statementsPage struct {
	*page
	Heading      string
	Said         []saying
	Newer, Older string
}

// statementList is the list of all that was published, the newest first, and
// says how statements are recorded.
func (s *Site) statementList(e *edition, w http.ResponseWriter, r *http.Request) error {
	if s.statements == nil {
		return errMissing
	}
	if r.URL.RawQuery == "" {
		return s.shelved(e, w, r, func(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
			data, err := s.statementsData(ctx, e, statement.Cursor{})
			if err != nil {
				return nil, err
			}
			body, err := s.render("statements", data)
			if err != nil {
				return nil, err
			}
			return s.keep(body, path, topicStatements), nil
		})
	}
	before, err := statement.ParseCursor(r.URL.Query().Get("before"))
	if err != nil {
		return err
	}
	data, err := s.statementsData(r.Context(), e, before)
	if err != nil {
		return err
	}
	return s.dynamic(w, r, http.StatusOK, "statements", data)
}

func (s *Site) statementsData(ctx context.Context, e *edition, before statement.Cursor) (*statementsPage, error) {
	const path = "/statements/"
	heading := e.T("statement.list")
	data := &statementsPage{page: e.newPage(heading, path), Heading: heading}
	data.Summary = e.T("statement.list.lead")
	data.Feeds = []feedLink{{jsonFeed.mediaType, e.T("site.title", "Page", heading, "Site", e.Name), e.URL("/statements.json")}}
	data.describe("website", heading)
	list, err := s.statements.Recent(ctx, before, listedStatements+1)
	if err != nil {
		return nil, err
	}
	if len(list) > listedStatements {
		list = list[:listedStatements]
		data.Older = older(e, path, list[listedStatements-1].Printed())
	}
	if !before.At.IsZero() {
		data.Newer, data.Hidden = e.URL(path), true
	}
	data.Said, err = s.sayings(ctx, e, list)
	return data, err
}

func older(e *edition, path string, after statement.Cursor) string {
	return e.URL(escaped(path)) + "?" + url.Values{"before": {after.String()}}.Encode()
}

// statementsJSON is a JSON Feed 1.1 of statements, each with its record.
func (s *Site) statementsJSON(e *edition, w http.ResponseWriter, r *http.Request) error {
	if s.statements == nil {
		return errMissing
	}
	return s.shelved(e, w, r, func(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
		list, err := s.statements.Recent(ctx, statement.Cursor{}, feedStatements)
		if err != nil {
			return nil, err
		}
		body, err := s.statementFeed(ctx, e, list, e.T("statement.list"), e.URL("/statements/"), path)
		if err != nil {
			return nil, err
		}
		k := s.keep(body, path, topicStatements)
		k.contentType = []string{jsonFeed.mediaType + "; charset=utf-8"}
		k.caching = cacheFeed
		return k, nil
	})
}

const feedStatements = 100

// recorded is the record beside an item of the feed: JSON Feed lets names that
// begin with a low line stand for a publisher's own.
type recorded struct {
	About      string                  `json:"about"`
	Who        string                  `json:"who,omitempty"`
	Role       string                  `json:"role,omitempty"`
	Body       string                  `json:"body,omitempty"`
	Unnamed    string                  `json:"unnamed,omitempty"`
	Kind       statement.Kind          `json:"kind"`
	Exact      bool                    `json:"exact"`
	Words      string                  `json:"words"`
	Language   string                  `json:"language"`
	When       string                  `json:"when,omitempty"`
	Zone       string                  `json:"zone,omitempty"`
	Place      string                  `json:"place,omitempty"`
	Medium     statement.Medium        `json:"medium,omitempty"`
	Status     statement.Status        `json:"status"`
	Evidence   statement.EvidenceState `json:"evidence"`
	Accusation bool                    `json:"accusation,omitempty"`
	Names      []string                `json:"about_whom,omitempty"`
	Version    int                     `json:"version"`
}

type statementItem struct {
	jsonItem
	Record recorded `json:"_statement"`
}

func (s *Site) statementFeed(ctx context.Context, e *edition, list []statement.Statement, title, page, self string) ([]byte, error) {
	views, err := s.sayings(ctx, e, list)
	if err != nil {
		return nil, err
	}
	feed := struct {
		Version     string          `json:"version"`
		Title       string          `json:"title"`
		Description string          `json:"description,omitempty"`
		Home        string          `json:"home_page_url"`
		Self        string          `json:"feed_url"`
		Language    string          `json:"language"`
		Items       []statementItem `json:"items"`
	}{"https://jsonfeed.org/version/1.1", e.T("site.title", "Page", title, "Site", e.Name), e.T("statement.lead"), e.absolute(page), e.absolute(self), e.Lang, []statementItem{}}
	for i := range list {
		st, v := &list[i], &views[i]
		item := e.statementItem(st, v)
		rec := recorded{
			About: e.absolute(e.URL("/statements/")), Who: v.Name, Role: v.Role, Body: v.Body, Kind: st.Kind, Exact: st.Exact, Words: st.Words.Text,
			Language: st.Words.Lang, When: st.When.ISO(), Zone: st.When.Zone, Place: st.Place.Name.Text(e.Lang), Medium: st.Medium, Status: st.Status,
			Evidence: st.State, Accusation: st.Accuses(), Version: st.Version,
		}
		if v.Unnamed {
			rec.Who, rec.Unnamed = "", v.Why
		}
		for _, a := range v.About {
			rec.Names = append(rec.Names, a.Name)
		}
		j := jsonItem{
			ID: item.ID, URL: item.URL, Title: item.Title, HTML: item.HTML, Published: item.Published, Modified: item.Updated,
			Tags: item.Tags, Language: e.Lang,
		}
		feed.Items = append(feed.Items, statementItem{j, rec})
	}
	return json.Marshal(feed)
}

// statementItem is a statement in a feed.
func (e *edition) statementItem(st *statement.Statement, v *saying) feedItem {
	var b strings.Builder
	b.WriteString("<blockquote")
	if v.WordsLang != "" {
		b.WriteString(` lang="` + html.EscapeString(v.WordsLang) + `" dir="` + v.WordsDir + `"`)
	}
	words := html.EscapeString(v.Words)
	if v.Exact {
		words = "<q>" + words + "</q>"
	}
	b.WriteString("><p>" + words + "</p></blockquote><p>" + html.EscapeString(strings.Join(nonEmpty(v.Name, v.Role, v.Body), e.T("lang.comma"))) + "</p><p>" +
		html.EscapeString(strings.Join(nonEmpty(v.Status, v.How, v.When), e.T("lang.comma"))) + ". " + html.EscapeString(v.Evidence) + ".</p>")
	item := feedItem{
		ID: e.absolute("/statements/" + st.ID), URL: e.absolute(v.Path), Title: shortened(v.Name+": "+v.Words, titleLength), Summary: shortened(v.Words, summaryLength),
		HTML: b.String(), Authors: []string{e.Name}, Published: st.Published.UTC(), Updated: st.Published.UTC(),
	}
	if st.Changed.After(item.Updated) {
		item.Updated = st.Changed.UTC()
	}
	for _, t := range v.Topics {
		item.Tags = append(item.Tags, t.Name)
	}
	return item
}

func nonEmpty(all ...string) []string {
	var out []string
	for _, one := range all {
		if one != "" {
			out = append(out, one)
		}
	}
	return out
}

// tableLines bounds the table that a reader's spreadsheet opens.
const tableLines = 500

// statementsCSV is the newest statements as a table. A cell that a spreadsheet
// would take for a formula is guarded.
func (s *Site) statementsCSV(e *edition, w http.ResponseWriter, r *http.Request) error {
	if s.statements == nil {
		return errMissing
	}
	return s.shelved(e, w, r, func(ctx context.Context, s *Site, _ *edition, path string) (*kept, error) {
		list, err := s.statements.Recent(ctx, statement.Cursor{}, tableLines)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		b.WriteString("\ufeff") // without it spreadsheets take it for another encoding
		table := csv.NewWriter(&b)
		if err := table.Write(statement.Head()); err != nil {
			return nil, err
		}
		for i := range list {
			if err := table.Write(list[i].Row()); err != nil {
				return nil, err
			}
		}
		table.Flush()
		if err := table.Error(); err != nil {
			return nil, err
		}
		k := s.keep(b.Bytes(), path, topicStatements)
		k.contentType = []string{"text/csv; charset=utf-8; header=present"}
		k.caching = cacheFeed
		k.due = k.due.Add(time.Hour)
		return k, nil
	})
}
