package site

import (
	"encoding/xml"
	"time"
)

// The namespaces of elements that RSS borrows. encoding/xml would repeat them
// at every element, so they are written as the plain names feed readers know.
type rssFeed struct {
	XMLName xml.Name   `xml:"rss"`
	Version string     `xml:"version,attr"`
	Atom    string     `xml:"xmlns:atom,attr"`
	Content string     `xml:"xmlns:content,attr"`
	DC      string     `xml:"xmlns:dc,attr"`
	Channel rssChannel `xml:"channel"`
}

type rssChannel struct {
	Title       string     `xml:"title"`
	Link        string     `xml:"link"`
	Description string     `xml:"description"`
	Language    string     `xml:"language"`
	Built       string     `xml:"lastBuildDate"`
	Links       []atomLink `xml:"atom:link"`
	Items       []rssItem  `xml:"item"`
}

type rssItem struct {
	Title       string   `xml:"title"`
	Link        string   `xml:"link"`
	GUID        rssGUID  `xml:"guid"`
	Published   string   `xml:"pubDate"`
	Creators    []string `xml:"dc:creator"`
	Categories  []string `xml:"category"`
	Description string   `xml:"description"`
	Content     string   `xml:"content:encoded"`
}

type rssGUID struct {
	Permanent bool   `xml:"isPermaLink,attr"`
	ID        string `xml:",chardata"`
}

// rfc822 is the date that feed readers expect: as RFC 1123, in UTC.
const rfc822 = "Mon, 02 Jan 2006 15:04:05 +0000"

// writeRSS writes RSS 2.0.
func writeRSS(f *feedData) ([]byte, error) {
	feed := rssFeed{
		Version: "2.0", Atom: "http://www.w3.org/2005/Atom",
		Content: "http://purl.org/rss/1.0/modules/content/", DC: "http://purl.org/dc/elements/1.1/",
		Channel: rssChannel{
			Title: f.Title, Link: f.Page, Description: f.About, Language: f.Lang, Built: f.Updated.UTC().Format(rfc822),
			Links: append([]atomLink{{Rel: "self", Type: typeRSS, Href: f.Self}}, f.hubLink()...),
		},
	}
	for _, i := range f.Items {
		feed.Channel.Items = append(feed.Channel.Items, rssItem{
			Title: i.Title, Link: i.URL, GUID: rssGUID{ID: i.ID}, Published: i.Published.Format(rfc822),
			Creators: i.Authors, Categories: i.categories(), Description: i.Summary, Content: i.HTML,
		})
	}
	return marshalXML(feed)
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

func (f *feedData) hubLink() []atomLink {
	if f.Hub == "" {
		return nil
	}
	return []atomLink{{Rel: "hub", Href: f.Hub}}
}

type atomFeed struct {
	XMLName  xml.Name    `xml:"feed"`
	NS       string      `xml:"xmlns,attr"`
	Lang     string      `xml:"xml:lang,attr"`
	ID       string      `xml:"id"`
	Title    string      `xml:"title"`
	Subtitle string      `xml:"subtitle,omitempty"`
	Updated  string      `xml:"updated"`
	Links    []atomLink  `xml:"link"`
	Author   atomAuthor  `xml:"author"`
	Entries  []atomEntry `xml:"entry"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomEntry struct {
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Link       atomLink       `xml:"link"`
	Published  string         `xml:"published"`
	Updated    string         `xml:"updated"`
	Authors    []atomAuthor   `xml:"author"`
	Categories []atomCategory `xml:"category"`
	Summary    string         `xml:"summary,omitempty"`
	Content    atomContent    `xml:"content"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	HTML string `xml:",chardata"`
}

// writeAtom writes RFC 4287.
func writeAtom(f *feedData) ([]byte, error) {
	feed := atomFeed{
		NS: "http://www.w3.org/2005/Atom", Lang: f.Lang, ID: f.Self, Title: f.Title, Subtitle: f.About,
		Updated: f.Updated.UTC().Format(time.RFC3339), Author: atomAuthor{f.Name},
		Links: append([]atomLink{{"self", typeAtom, f.Self}, {"alternate", "text/html", f.Page}}, f.hubLink()...),
	}
	for _, i := range f.Items {
		entry := atomEntry{
			ID: i.ID, Title: i.Title, Link: atomLink{"alternate", "text/html", i.URL},
			Published: i.Published.Format(time.RFC3339), Updated: i.Updated.Format(time.RFC3339),
			Summary: i.Summary, Content: atomContent{"html", i.HTML},
		}
		for _, a := range i.Authors {
			entry.Authors = append(entry.Authors, atomAuthor{a})
		}
		for _, c := range i.categories() {
			entry.Categories = append(entry.Categories, atomCategory{c})
		}
		feed.Entries = append(feed.Entries, entry)
	}
	return marshalXML(feed)
}
