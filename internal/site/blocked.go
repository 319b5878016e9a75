package site

import "net/http"

// blocked lists the ways that are left when this site is blocked. It is short,
// so that it comes through where little does: under 5 kB as it is sent.
func (s *Site) blocked(e *edition, w http.ResponseWriter, r *http.Request) error {
	return s.explained(e, w, r, func(e *edition) *aboutPage {
		onion := part{Heading: e.T("about.blocked.onion"), Paragraphs: []string{e.T("about.blocked.onion.none")}}
		if s.onion != "" {
			onion.Paragraphs = []string{e.T("about.blocked.onion.what")}
			onion.Links = []link{{Path: s.onion + e.Home(), Label: s.onion}}
		}
		feed := e.part("about.blocked.feed")
		feed.Links = []link{{Path: e.URL("/feed.xml"), Label: e.absolute(e.URL("/feed.xml"))}}
		data := e.about("about.blocked", "/blocked", s.mirrorPart(e, e.T("about.blocked.mirrors.none", "Base", s.base)), onion, feed,
			e.part("about.blocked.friend"), e.part("about.blocked.old"), part{Paragraphs: []string{e.T("about.blocked.warning")}})
		data.Graph = nil
		return data
	})
}

func (s *Site) mirrorList(e *edition, w http.ResponseWriter, r *http.Request) error {
	return s.explained(e, w, r, func(e *edition) *aboutPage {
		list := s.mirrorPart(e, e.T("about.mirrors.none"))
		list.Heading = ""
		return e.about("about.mirrors", "/mirrors", list, part{Paragraphs: []string{e.T("about.mirrors.what")}})
	})
}

// mirrorPart lists the mirrors, each with the day since which it works.
func (s *Site) mirrorPart(e *edition, none string) part {
	p := part{Heading: e.T("about.blocked.mirrors")}
	if len(s.mirrors) == 0 {
		p.Paragraphs = []string{none}
	}
	for _, m := range s.mirrors {
		p.Links = append(p.Links, link{Path: m.URL, Label: m.URL, Note: e.T("about.blocked.mirrors.since", "Date", e.date(m.Since))})
	}
	return p
}
