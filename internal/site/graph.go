package site

import (
	"encoding/json"
	"fmt"
	"html/template"
	"time"
)

// graph is what the page tells machines about itself: OpenGraph and, for a
// story, schema.org.
type graph struct {
	Site, Type, Title, Summary, URL, Locale string
	More                                    []property
	Data                                    template.JS // JSON; html/template knows it by this type
}

type property struct{ Name, Value string }

// describe gives the page a graph made of what it already says.
func (p *page) describe(kind, title string) {
	p.Graph = &graph{
		Site: p.Name, Type: kind, Title: title, Summary: p.Summary, URL: p.Canonical, Locale: p.Lang,
	}
}

// newsArticle is schema.org's NewsArticle.
type newsArticle struct {
	Context     string      `json:"@context"`
	Type        string      `json:"@type"`
	Headline    string      `json:"headline"`
	Description string      `json:"description,omitempty"`
	Published   time.Time   `json:"datePublished"`
	Modified    time.Time   `json:"dateModified"`
	Language    string      `json:"inLanguage"`
	Section     string      `json:"articleSection,omitempty"`
	Keywords    []string    `json:"keywords,omitempty"`
	Free        bool        `json:"isAccessibleForFree"`
	Page        string      `json:"mainEntityOfPage"`
	Location    *named      `json:"locationCreated,omitempty"`
	Authors     []named     `json:"author,omitempty"`
	Publisher   namedPlace  `json:"publisher"`
	Parts       []quotation `json:"hasPart,omitempty"`

	Images        []string            `json:"image,omitempty"`
	Corrections   []correctionComment `json:"correction,omitempty"`
	CoverageStart *time.Time          `json:"coverageStartTime,omitempty"` // of a live blog
	Updates       []liveUpdate        `json:"liveBlogUpdate,omitempty"`
}

type named struct {
	Type string `json:"@type"`
	Name string `json:"name"`
}

type namedPlace struct {
	named
	URL string `json:"url"`
}

// asScript is a value as the content of a data block. encoding/json escapes
// what could end the block.
func asScript(v any) (template.JS, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("describing a page for machines: %w", err)
	}
	return template.JS(text), nil //nolint:gosec // JSON, escaped by its encoder
}
