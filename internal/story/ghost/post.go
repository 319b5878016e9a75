package ghost

import (
	"cmp"
	"slices"
	"strings"

	"mimeo/internal/story/foreign"
)

// post is a post as the versions have it; each has some of the fields.
type post struct {
	ID          foreign.Text `json:"id"`
	UUID        foreign.Text `json:"uuid"`
	Title       foreign.Text `json:"title"`
	Slug        foreign.Text `json:"slug"`
	Lexical     foreign.Text `json:"lexical"`
	Mobiledoc   foreign.Text `json:"mobiledoc"`
	HTML        foreign.Text `json:"html"`
	Plain       foreign.Text `json:"plaintext"`
	Markdown    foreign.Text `json:"markdown"`
	Feature     foreign.Text `json:"feature_image"`
	Image       foreign.Text `json:"image"`
	Page        foreign.Bool `json:"page"`
	Type        foreign.Text `json:"type"`
	Status      foreign.Text `json:"status"`
	Locale      foreign.Text `json:"locale"`
	Language    foreign.Text `json:"language"`
	Visibility  foreign.Text `json:"visibility"`
	Published   foreign.Time `json:"published_at"`
	Updated     foreign.Time `json:"updated_at"`
	Created     foreign.Time `json:"created_at"`
	Excerpt     foreign.Text `json:"custom_excerpt"`
	Description foreign.Text `json:"meta_description"`
	Canonical   foreign.Text `json:"canonical_url"`
	Author      foreign.Text `json:"author_id"`
}

func (e *Export) item(p *post) *foreign.Item {
	id := e.id(p.ID)
	key := string(p.UUID)
	if key == "" {
		key = string(p.ID) + " " + string(p.Slug)
	}
	m := e.metas[id]
	it := &foreign.Item{
		Key: "ghost " + key, Title: foreign.Line(string(p.Title)), Slug: string(p.Slug), Published: p.Published.Time, Updated: p.Updated.Time,
		Standfirst: foreign.Line(string(p.Excerpt)), Lang: string(p.Locale),
		Lead: foreign.Picture{URL: replaceURL(string(p.Feature)), Alt: m.alt, Caption: m.caption},
	}
	if it.Lang == "" {
		it.Lang = string(p.Language)
	}
	if it.Lead.URL == "" {
		it.Lead.URL = replaceURL(string(p.Image))
	}
	if it.Published.IsZero() {
		it.Published = p.Created.Time
	}
	if it.Standfirst == "" {
		if it.Standfirst = foreign.Line(string(p.Description)); it.Standfirst == "" {
			it.Standfirst = foreign.Line(m.description)
		}
	}
	e.status(p, it)
	it.Body = body(p)
	e.sort(p, it)
	e.addresses(p, it)
	return it
}

// status decides whether readers may see it.
func (e *Export) status(p *post, it *foreign.Item) {
	it.Status = foreign.Draft
	page := bool(p.Page) || p.Type == "page"
	switch {
	case p.Status == "sent":
		it.Warn("it was sent as a newsletter and never shown on the site; it is a draft here")
	case p.Status == "scheduled":
		it.Warn("it was scheduled there and is a draft here")
	case p.Status != "published":
	case page:
		it.Warn("it was a page, not a post, and is a draft here: a page has no place among the news")
	case p.Visibility != "" && p.Visibility != "public":
		it.Warn("only some could read it there (%s); it is a draft here, so that nobody's paid text is given away", foreign.Line(string(p.Visibility)))
	default:
		it.Status = foreign.Public
	}
}

// body is the text in the form that says most.
func body(p *post) foreign.Body {
	switch {
	case p.Lexical != "":
		return foreign.Body{Form: foreign.Lexical, Text: replaceURL(string(p.Lexical))}
	case p.Mobiledoc != "":
		return foreign.Body{Form: foreign.Mobiledoc, Text: replaceURL(string(p.Mobiledoc))}
	case p.HTML != "":
		return foreign.Body{Form: foreign.HTML, Text: replaceURL(string(p.HTML))}
	case p.Markdown != "":
		return foreign.Body{Form: foreign.Markdown, Text: replaceURL(string(p.Markdown))}
	default:
		return foreign.Body{Form: foreign.Plain, Text: string(p.Plain)}
	}
}

// sort finds authors, section and tags.
func (e *Export) sort(p *post, it *foreign.Item) {
	id := e.id(p.ID)
	byOrder := func(a, b link) int { return cmp.Compare(a.order, b.order) }
	links := slices.SortedStableFunc(slices.Values(e.signed[id]), byOrder)
	if len(links) == 0 && p.Author != "" {
		links = []link{e.link(p.Author, 0)}
	}
	for _, l := range links {
		if i, ok := e.author[l.to]; ok && e.authors[i] != "" {
			it.Bylines = append(it.Bylines, e.authors[i])
		} else {
			it.Warn("one of its authors is not in the export")
		}
	}
	for _, l := range slices.SortedStableFunc(slices.Values(e.tagged[id]), byOrder) {
		i, ok := e.tagAt[l.to]
		switch {
		case !ok:
		case strings.HasPrefix(e.tags[i].name, "#"):
			it.Warn("its internal tag %s was left out", e.tags[i].name)
		case it.Section == "":
			if it.Section = e.tags[i].slug; it.Section == "" {
				it.Section = e.tags[i].name
			}
		default:
			it.Tags = append(it.Tags, e.tags[i].name)
		}
	}
}

// addresses are those that Ghost gives a post, by its two usual patterns.
func (e *Export) addresses(p *post, it *foreign.Item) {
	slug := string(p.Slug)
	if slug == "" || strings.ContainsAny(slug, "/?#") {
		return
	}
	it.Addresses = append(it.Addresses, "/"+slug+"/")
	if !it.Published.IsZero() {
		it.Addresses = append(it.Addresses, it.Published.Format("/2006/01/02/")+slug+"/")
	}
	if to := string(p.Canonical); to != "" {
		it.Warn("it named %s as the place where it first appeared", foreign.Line(to))
	}
}
