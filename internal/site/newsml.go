package site

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"mimeo/internal/story"
)

// The IPTC's NewsML-G2, a newsItem of the power conformance level. The text is
// an XHTML document inside it, written out as XML.
const (
	g2NS      = "http://iptc.org/std/nar/2006-10-01/"
	g2Version = "2.34"
	g2Catalog = "http://www.iptc.org/std/catalog/catalog.IPTC-G2-Standards_38.xml"
)

type newsItem struct {
	XMLName     xml.Name  `xml:"newsItem"`
	NS          string    `xml:"xmlns,attr"`
	GUID        string    `xml:"guid,attr"`
	Version     string    `xml:"version,attr"`
	Standard    string    `xml:"standard,attr"`
	StandardVer string    `xml:"standardversion,attr"`
	Conformance string    `xml:"conformance,attr"`
	Lang        string    `xml:"xml:lang,attr"`
	Dir         string    `xml:"dir,attr,omitempty"`
	Catalog     g2Href    `xml:"catalogRef"`
	Rights      g2Rights  `xml:"rightsInfo"`
	Meta        g2Meta    `xml:"itemMeta"`
	Content     g2Content `xml:"contentMeta"`
	Set         *g2Set    `xml:"contentSet"`
}

type g2Href struct {
	Href string `xml:"href,attr"`
}

type g2Code struct {
	Code string `xml:"qcode,attr"`
}

type g2Party struct {
	URI     string `xml:"uri,attr,omitempty"`
	Literal string `xml:"literal,attr,omitempty"`
	Role    string `xml:"role,attr,omitempty"`
	Name    string `xml:"name"`
}

type g2Rights struct {
	Holder g2Party `xml:"copyrightHolder"`
}

type g2Meta struct {
	Class     g2Code  `xml:"itemClass"`
	Provider  g2Party `xml:"provider"`
	Created   string  `xml:"versionCreated"`
	First     string  `xml:"firstCreated"`
	PubStatus g2Code  `xml:"pubStatus"`
	Link      g2Link  `xml:"link"`
}

type g2Link struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
	Type string `xml:"contenttype,attr"`
}

type g2Content struct {
	Created  string      `xml:"contentCreated"`
	Modified string      `xml:"contentModified"`
	Located  *g2Concept  `xml:"located"`
	Creators []g2Party   `xml:"creator"`
	Source   g2Party     `xml:"infoSource"`
	Language g2Tag       `xml:"language"`
	Keywords []string    `xml:"keyword"`
	Subjects []g2Concept `xml:"subject"`
	Slugline string      `xml:"slugline"`
	Headline string      `xml:"headline"`
	By       string      `xml:"by,omitempty"`
	About    *g2Text     `xml:"description"`
}

type g2Concept struct {
	Type    string `xml:"type,attr,omitempty"`
	Literal string `xml:"literal,attr"`
	Name    string `xml:"name"`
}

type g2Tag struct {
	Tag string `xml:"tag,attr"`
}

type g2Text struct {
	Role string `xml:"role,attr"`
	Text string `xml:",chardata"`
}

type g2Set struct {
	Inline g2Inline `xml:"inlineXML"`
}

type g2Inline struct {
	Type  string  `xml:"contenttype,attr"`
	Words int     `xml:"wordcount,attr"`
	HTML  g2XHTML `xml:"html"`
}

type g2XHTML struct {
	NS    string `xml:"xmlns,attr"`
	Lang  string `xml:"xml:lang,attr"`
	Dir   string `xml:"dir,attr"`
	Title string `xml:"head>title"`
	Body  g2Raw  `xml:"body"`
}

type g2Raw struct {
	Inner string `xml:",innerxml"`
}

// newsML writes a story as a news item. One that was taken back goes out as
// cancelled, without content.
func (e *edition) newsML(st *story.Story) ([]byte, error) {
	stamped := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	us := g2Party{URI: e.absolute(e.Home()), Name: e.Name}
	item := newsItem{
		NS: g2NS, GUID: urn(st.ID), Version: strconv.Itoa(st.Revision), Standard: "NewsML-G2", StandardVer: g2Version, Conformance: "power",
		Lang: st.Lang, Dir: e.Dir(), Catalog: g2Href{g2Catalog}, Rights: g2Rights{us},
		Meta: g2Meta{
			Class: g2Code{"ninat:text"}, Provider: us, Created: stamped(st.Updated), First: stamped(st.Published),
			PubStatus: g2Code{"stat:usable"}, Link: g2Link{"irel:isDerivedFrom", e.absolute(escaped(st.Path())), "text/html"},
		},
		Content: g2Content{
			Created: stamped(st.Published), Modified: stamped(st.Updated), Source: us, Language: g2Tag{st.Lang},
			Slugline: st.Slug, Headline: st.Headline, By: e.words.List(st.Bylines...),
		},
	}
	for _, name := range st.Bylines {
		item.Content.Creators = append(item.Content.Creators, g2Party{Literal: name, Name: name})
	}
	if st.State != story.Published {
		item.Meta.PubStatus.Code = "stat:canceled"
		return marshalXML(item)
	}
	if st.Place != "" {
		item.Content.Located = &g2Concept{"cpnat:geoArea", st.Place, st.Place}
	}
	item.Content.Keywords = st.Tags
	if sec, ok := e.section(st.Section); ok {
		item.Content.Subjects = []g2Concept{{"cpnat:abstract", sec.Slug, sec.Name}}
	}
	if st.Standfirst != "" {
		item.Content.About = &g2Text{"drol:summary", st.Standfirst}
	}
	text, err := asXML(e.html(st))
	if err != nil {
		return nil, err
	}
	item.Set = &g2Set{Inline: g2Inline{
		Type: "application/xhtml+xml", Words: st.Body.Words(),
		HTML: g2XHTML{NS: "http://www.w3.org/1999/xhtml", Lang: st.Lang, Dir: e.Dir(), Title: st.Headline, Body: g2Raw{text}},
	}}
	return marshalXML(item)
}

// asXML writes the HTML of a text again as XML: elements without content are
// closed, and every attribute has a value.
func asXML(html []byte) (string, error) {
	d := xml.NewDecoder(bytes.NewReader(html))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var b strings.Builder
	w := xml.NewEncoder(&b)
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("reading a text's HTML: %w", err)
		}
		start, ok := token.(xml.StartElement)
		if ok && slices.Contains(voids, start.Name.Local) {
			if err := w.EncodeToken(start); err != nil {
				return "", err
			}
			token = start.End()
		}
		if err := w.EncodeToken(token); err != nil {
			return "", fmt.Errorf("writing a text as XML: %w", err)
		}
	}
	err := w.Close()
	return b.String(), err
}

// voids are the elements of HTML that have no end.
var voids = []string{"br", "hr", "img", "wbr", "source"}
