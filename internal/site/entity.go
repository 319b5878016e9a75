package site

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"mimeo/internal/entity"
	"mimeo/internal/statement"
)

// entityPage is a person, a body, a place or a topic with what was said.
type entityPage struct {
	*page
	Kind         entity.Kind
	Heading      string
	Also         string // other names, in one line
	About        string
	Wikidata     string
	Posts        []postLine
	SaidHeading  string
	Said         []saying
	Told         []saying // about them
	Newer, Older string
	Register     string // path of the list of the kind
}

// postLine is a post in a timeline: of a person the body, of a body the person.
type postLine struct {
	Role, Other, OtherPath, Span string
	Since                        string // for machines
}

// told is how many statements about an entry its page shows beside its own.
const toldOf = 5

func (s *Site) entry(kind entity.Kind) action {
	return func(e *edition, w http.ResponseWriter, r *http.Request) error {
		if s.entities == nil {
			return errMissing
		}
		var err error
		if r.URL.RawQuery == "" {
			err = s.shelved(e, w, r, makeEntity)
		} else {
			var before statement.Cursor
			if before, err = statement.ParseCursor(r.URL.Query().Get("before")); err != nil {
				return err
			}
			var data *entityPage
			if data, _, err = s.entityData(r.Context(), e, kind, r.PathValue("slug"), before); err == nil {
				return s.dynamic(w, r, http.StatusOK, "entity", data)
			}
		}
		var moved *movedError
		if errors.As(err, &moved) {
			return s.moved(w, withQuery(e.URL(escaped(moved.to)), r))
		}
		return err
	}
}

// entryOf parts the path of an entry's page.
func (e *edition) entryOf(path string) (entity.Kind, string) {
	first, slug, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, e.prefix), "/"), "/")
	return entity.KindOf(first), slug
}

func makeEntity(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
	kind, slug := e.entryOf(path)
	data, topics, err := s.entityData(ctx, e, kind, slug, statement.Cursor{})
	if err != nil {
		return nil, err
	}
	body, err := s.render("entity", data)
	if err != nil {
		return nil, err
	}
	return s.keep(body, escaped(path), topics...), nil
}

func (s *Site) entryAt(ctx context.Context, kind entity.Kind, slug string) (entity.Entity, error) {
	if kind == "" || len(slug) > 400 || strings.ContainsRune(slug, 0) {
		return entity.Entity{}, errMissing
	}
	entry, to, err := s.entities.BySlug(ctx, kind, slug)
	if err == nil && to != "" {
		err = &movedError{to}
	}
	return entry, err
}

// said is what an entry's page lists: what a person said, what was said in a
// body's name, at a place, on a topic.
func said(kind entity.Kind) (p statement.Part, heading string) {
	switch kind {
	case entity.Body:
		return statement.PartBody, "entity.said.body"
	case entity.Place:
		return statement.PartPlace, "entity.said.place"
	case entity.Topic:
		return statement.PartTopic, "entity.said.topic"
	case entity.Person:
		return statement.PartWho, "entity.said"
	default:
		return statement.PartWho, "entity.said"
	}
}

func (s *Site) entityData(ctx context.Context, e *edition, kind entity.Kind, slug string, before statement.Cursor) (*entityPage, []string, error) {
	entry, err := s.entryAt(ctx, kind, slug)
	if err != nil {
		return nil, nil, err
	}
	path := entry.Path()
	data := &entityPage{
		page: e.newPage(entry.Name(e.Lang), path), Kind: kind, Heading: entry.Name(e.Lang), About: entry.Descriptions.Text(e.Lang),
		Wikidata: entry.Wikidata, Register: e.URL("/" + kind.Path() + "/"),
	}
	var also []string
	for _, n := range entry.Names {
		if n.Text != data.Heading {
			also = append(also, n.Text)
		}
	}
	if len(also) > 0 {
		data.Also = e.T("entity.aka", "Names", strings.Join(also, e.T("lang.comma")))
	}
	data.Summary = data.About
	data.Feeds = e.feedLinks(path, e.T("site.title", "Page", data.Heading, "Site", e.Name))
	data.describe("profile", data.Heading)
	part, heading := said(kind)
	data.SaidHeading = e.T(heading)
	list, err := s.heard(ctx, entry, part, before)
	if err != nil {
		return nil, nil, err
	}
	topics := []string{topicSpeaker(entry.ID)}
	if len(list) > listedStatements {
		list = list[:listedStatements]
		data.Older = older(e, path, list[listedStatements-1].Heard())
	}
	if !before.At.IsZero() {
		data.Newer, data.Hidden = e.URL(escaped(path)), true
	} else if kind == entity.Person || kind == entity.Body {
		about, err := s.statements.Of(ctx, entry.ID, statement.PartAbout, statement.Cursor{}, toldOf)
		if err != nil {
			return nil, nil, err
		}
		list, data.Told = append(list, about...), make([]saying, len(about))
		for i := range about {
			topics = append(topics, topicStatement(about[i].ID))
		}
	}
	for i := range list {
		topics = append(topics, topicStatement(list[i].ID))
	}
	views, err := s.sayings(ctx, e, list)
	if err != nil {
		return nil, nil, err
	}
	own := len(views) - len(data.Told)
	data.Said, data.Told = views[:own], views[own:]
	if data.Posts, err = s.posts(ctx, e, &entry); err != nil {
		return nil, nil, err
	}
	data.Graph.Data, err = asScript(e.entitySchema(&entry, data))
	return data, topics, err
}

// heard is what an entry's page lists. A body may also be the speaker itself.
func (s *Site) heard(ctx context.Context, entry entity.Entity, part statement.Part, before statement.Cursor) ([]statement.Statement, error) {
	list, err := s.statements.Of(ctx, entry.ID, part, before, listedStatements+1)
	if err != nil || entry.Kind != entity.Body {
		return list, err
	}
	own, err := s.statements.Of(ctx, entry.ID, statement.PartWho, before, listedStatements+1)
	if err != nil {
		return nil, err
	}
	return statement.Together(list, own, listedStatements+1), nil
}

// posts is the timeline of a person's posts, or of those held in a body.
func (s *Site) posts(ctx context.Context, e *edition, entry *entity.Entity) (out []postLine, err error) {
	var all []entity.Post
	switch entry.Kind {
	case entity.Person:
		all, err = s.entities.Posts(ctx, entry.ID)
	case entity.Body:
		all, err = s.entities.Holders(ctx, entry.ID, 50)
	case entity.Place, entity.Topic:
		return nil, nil
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		line := postLine{Role: p.Roles.Text(e.Lang), Span: e.span(p.Since, p.Until), Since: string(p.Since)}
		other := p.Body
		if entry.Kind == entity.Body {
			other = p.Person
		}
		if other != "" {
			o, err := s.entities.Now(ctx, other)
			if err != nil {
				return nil, err
			}
			line.Other, line.OtherPath = o.Name(e.Lang), e.URL(escaped(o.Path()))
		}
		out = append(out, line)
	}
	return out, nil
}

// span writes from when to when a post was held, as far as it is known.
func (e *edition) span(since, until entity.Day) string {
	switch {
	case since != "" && until != "":
		return e.T("entity.between", "Since", e.ofDay(since), "Until", e.ofDay(until))
	case since != "":
		return e.T("entity.since", "Since", e.ofDay(since))
	case until != "":
		return e.T("entity.until", "Until", e.ofDay(until))
	default:
		return ""
	}
}

func (e *edition) ofDay(d entity.Day) string {
	w := statement.When{At: d.Start()}
	switch len(d) {
	case len("2006"):
		w.Precision = statement.ToYear
	case len("2006-01"):
		w.Precision = statement.ToMonth
	default:
		w.Precision = statement.ToDay
	}
	return e.moment(w)
}

type entitySchema struct {
	Context     string   `json:"@context"`
	Type        string   `json:"@type"`
	Name        string   `json:"name"`
	Alternate   []string `json:"alternateName,omitempty"`
	Description string   `json:"description,omitempty"`
	URL         string   `json:"url"`
	Same        string   `json:"sameAs,omitempty"`
}

func (e *edition) entitySchema(entry *entity.Entity, data *entityPage) entitySchema {
	out := entitySchema{Context: schemaOrg, Type: "Thing", Name: data.Heading, Description: data.About, URL: data.Canonical}
	switch entry.Kind {
	case entity.Person:
		out.Type = "Person"
	case entity.Body:
		out.Type = "Organization"
	case entity.Place:
		out.Type = "Place"
	case entity.Topic:
	default:
	}
	for _, n := range entry.Names {
		if n.Text != data.Heading {
			out.Alternate = append(out.Alternate, n.Text)
		}
	}
	if entry.Wikidata != "" {
		out.Same = "https://www.wikidata.org/wiki/" + entry.Wikidata
	}
	return out
}

// entityFeed makes the feeds of an entry's page.
func (s *Site) entityFeed(ctx context.Context, e *edition, path string) (*feedData, error) {
	if s.entities == nil {
		return nil, errMissing
	}
	first, slug, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	kind := entity.KindOf(first)
	entry, err := s.entryAt(ctx, kind, slug)
	if err != nil {
		var moved *movedError
		if errors.As(err, &moved) {
			return nil, errMissing
		}
		return nil, err
	}
	part, _ := said(kind)
	list, err := s.heard(ctx, entry, part, statement.Cursor{})
	if err != nil {
		return nil, err
	}
	views, err := s.sayings(ctx, e, list)
	if err != nil {
		return nil, err
	}
	data := &feedData{
		Title: e.T("site.title", "Page", entry.Name(e.Lang), "Site", e.Name), About: entry.Descriptions.Text(e.Lang),
		Topics: []string{topicSpeaker(entry.ID)},
	}
	for i := range list {
		data.Items = append(data.Items, e.statementItem(&list[i], &views[i]))
		data.Topics = append(data.Topics, topicStatement(list[i].ID))
	}
	return data, nil
}

// registerPage lists those of a kind whom we quoted last.
type registerPage struct {
	*page
	Heading      string
	Entries      []registered
	Newer, Older string
}

type registered struct{ Name, Path, About, Count string }

func (s *Site) register(kind entity.Kind) action {
	return func(e *edition, w http.ResponseWriter, r *http.Request) error {
		if s.entities == nil {
			return errMissing
		}
		if r.URL.RawQuery == "" {
			return s.shelved(e, w, r, makeRegister)
		}
		before, err := statement.ParseCursor(r.URL.Query().Get("before"))
		if err != nil {
			return err
		}
		data, err := s.registerData(r.Context(), e, kind, before)
		if err != nil {
			return err
		}
		return s.dynamic(w, r, http.StatusOK, "register", data)
	}
}

func makeRegister(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
	kind, _ := e.entryOf(path)
	data, err := s.registerData(ctx, e, kind, statement.Cursor{})
	if err != nil {
		return nil, err
	}
	body, err := s.render("register", data)
	if err != nil {
		return nil, err
	}
	return s.keep(body, path, topicStatements), nil
}

func (s *Site) registerData(ctx context.Context, e *edition, kind entity.Kind, before statement.Cursor) (*registerPage, error) {
	const length = 60
	path := "/" + kind.Path() + "/"
	heading := e.T("entity." + kind.Path())
	data := &registerPage{page: e.newPage(heading, path), Heading: heading}
	data.Summary = e.T("entity.list.lead")
	data.describe("website", heading)
	list, err := s.statements.Speakers(ctx, kind, before, length+1)
	if err != nil {
		return nil, err
	}
	if len(list) > length {
		list = list[:length]
		data.Older = older(e, path, list[length-1].Cursor())
	}
	if !before.At.IsZero() {
		data.Newer, data.Hidden = e.URL(path), true
	}
	for i := range list {
		one := &list[i]
		data.Entries = append(data.Entries, registered{
			one.Name(e.Lang), e.URL(escaped(one.Path())), one.Descriptions.Text(e.Lang), e.T("statement.count", "Count", one.Statements),
		})
	}
	return data, nil
}

// Registers are the lists of people, bodies, places and topics.
func (p *page) Registers() []reference {
	var out []reference
	for _, k := range entity.Kinds() {
		out = append(out, reference{p.T("entity." + k.Path()), p.URL("/" + k.Path() + "/")})
	}
	return out
}
