package site

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"mimeo/internal/story"
)

// The IPTC's News in JSON, version 2.1. Only what the schema names is written.
const (
	ninjsVersion = "2.1"
	ninjsSchema  = "http://www.iptc.org/std/ninjs/ninjs-schema_2.1.json"
)

type ninjsItem struct {
	URI            string       `json:"uri"`
	Standard       *ninjsStd    `json:"standard,omitempty"`
	Name           string       `json:"name,omitempty"` // of an associated object alone
	Type           string       `json:"type"`
	Representation string       `json:"representationtype,omitempty"`
	Version        string       `json:"version,omitempty"`
	FirstCreated   *time.Time   `json:"firstcreated,omitempty"`
	VersionCreated *time.Time   `json:"versioncreated,omitempty"`
	PubStatus      string       `json:"pubstatus,omitempty"`
	Holder         string       `json:"copyrightholder,omitempty"`
	Usage          string       `json:"usageterms,omitempty"`
	Language       string       `json:"language,omitempty"`
	Headlines      []ninjsValue `json:"headlines,omitempty"`
	Descriptions   []ninjsValue `json:"descriptions,omitempty"`
	Bodies         []ninjsValue `json:"bodies,omitempty"`
	Title          string       `json:"title,omitempty"`
	By             string       `json:"by,omitempty"`
	Slugline       string       `json:"slugline,omitempty"`
	Located        string       `json:"located,omitempty"`
	People         []ninjsNamed `json:"people,omitempty"`
	Places         []ninjsNamed `json:"places,omitempty"`
	Subjects       []ninjsNamed `json:"subjects,omitempty"`
	Sources        []ninjsRole  `json:"infosources,omitempty"`
	Renditions     []rendition  `json:"renditions,omitempty"`
	Associations   []ninjsItem  `json:"associations,omitempty"`
	AltIDs         []altID      `json:"altids,omitempty"`
}

type ninjsStd struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Schema  string `json:"schema"`
}

type ninjsValue struct {
	Role        string `json:"role,omitempty"`
	ContentType string `json:"contenttype,omitempty"`
	Chars       int    `json:"charcount,omitempty"`
	Words       int    `json:"wordcount,omitempty"`
	Value       string `json:"value"`
}

type ninjsNamed struct {
	Name string `json:"name"`
	Rel  string `json:"rel,omitempty"`
}

type ninjsRole struct {
	Name string `json:"name"`
	Role string `json:"role,omitempty"`
	URI  string `json:"uri,omitempty"`
}

type rendition struct {
	Name        string `json:"name"`
	Href        string `json:"href"`
	ContentType string `json:"contenttype,omitempty"`
	Height      int    `json:"height,omitempty"`
	Width       int    `json:"width,omitempty"`
}

type altID struct {
	Role  string `json:"role"`
	Value string `json:"value"`
}

// ninjs writes a story as a news item.
func (e *edition) ninjs(st *story.Story) ([]byte, error) {
	first, version := st.Published.UTC(), st.Updated.UTC()
	page := e.absolute(escaped(st.Path()))
	item := ninjsItem{
		URI: urn(st.ID), Standard: &ninjsStd{"ninjs", ninjsVersion, ninjsSchema},
		Type: "text", Representation: "full", Version: strconv.Itoa(st.Revision), FirstCreated: &first, VersionCreated: &version,
		PubStatus: "usable", Holder: e.Name, Language: st.Lang, Slugline: st.Slug, Title: st.Headline, Located: st.Place,
		Headlines: []ninjsValue{{Role: "main", ContentType: "text/plain", Value: st.Headline}},
		By:        e.words.List(st.Bylines...),
		Sources:   []ninjsRole{{Name: e.Name, URI: e.absolute(e.Home())}},
		AltIDs:    []altID{{Role: "page", Value: page}},
	}
	for _, name := range st.Bylines {
		item.People = append(item.People, ninjsNamed{name, "author"})
	}
	if st.State != story.Published {
		item.PubStatus, item.Representation = "canceled", "partial"
		return json.Marshal(item)
	}
	if st.Standfirst != "" {
		item.Descriptions = []ninjsValue{{Role: "summary", ContentType: "text/plain", Value: st.Standfirst}}
	}
	plain := strings.TrimPrefix(st.Plain(), st.Standfirst+"\n")
	chars, words := utf8.RuneCountInString(plain), st.Body.Words()
	item.Bodies = []ninjsValue{
		{Role: "main", ContentType: "text/html", Chars: chars, Words: words, Value: string(e.html(st))},
		{Role: "plain", ContentType: "text/plain", Chars: chars, Words: words, Value: plain},
	}
	if st.Place != "" {
		item.Places = []ninjsNamed{{st.Place, "located"}}
	}
	if sec, ok := e.section(st.Section); ok {
		item.Subjects = append(item.Subjects, ninjsNamed{sec.Name, "section"})
	}
	for _, tag := range st.Tags {
		item.Subjects = append(item.Subjects, ninjsNamed{tag, "about"})
	}
	for i, p := range pictures(st) {
		picture := ninjsItem{
			URI: e.absolute(escaped(p.Src)), Name: "picture-" + strconv.Itoa(i+1), Type: "picture", By: p.Credit, Usage: p.Licence,
			Renditions: []rendition{{Name: "full", Href: e.absolute(escaped(p.Src)), ContentType: pictureType(p.Src), Width: p.Width, Height: p.Height}},
		}
		if caption := p.Caption.String(); caption != "" {
			picture.Descriptions = append(picture.Descriptions, ninjsValue{Role: "caption", ContentType: "text/plain", Value: caption})
		}
		if p.Alt != "" {
			picture.Descriptions = append(picture.Descriptions, ninjsValue{Role: "alt", ContentType: "text/plain", Value: p.Alt})
		}
		item.Associations = append(item.Associations, picture)
	}
	return json.Marshal(item)
}
