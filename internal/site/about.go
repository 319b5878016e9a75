package site

import (
	"context"
	"net/http"
	"strings"
	"time"

	"mimeo/internal/appeal"
)

// aboutPage explains something in parts.
type aboutPage struct {
	*page
	Heading, Standfirst string
	Parts               []part
}

type part struct {
	Heading    string
	Paragraphs []string
	Facts      []field
	Links      []link
	Button     *button
}

type field struct{ Name, Value string }

// button is a form of one act.
type button struct{ Path, Label string }

// part is made of a heading and of the paragraph under it.
func (e *edition) part(id string) part {
	return part{Heading: e.T(id), Paragraphs: []string{e.T(id + ".what")}}
}

func (e *edition) about(id, path string, parts ...part) *aboutPage {
	data := &aboutPage{page: e.newPage(e.T(id), path), Heading: e.T(id), Standfirst: e.T(id + ".lead"), Parts: parts}
	data.Summary = data.Standfirst
	data.describe("website", data.Heading)
	return data
}

// explained answers with a page that changes only with the newsroom's settings.
func (s *Site) explained(e *edition, w http.ResponseWriter, r *http.Request, words func(e *edition) *aboutPage) error {
	return s.shelved(e, w, r, func(_ context.Context, s *Site, e *edition, path string) (*kept, error) {
		body, err := s.render("about", words(e))
		if err != nil {
			return nil, err
		}
		return s.keep(body, path), nil
	})
}

func (s *Site) aboutMoney(e *edition, w http.ResponseWriter, r *http.Request) error {
	return s.explained(e, w, r, func(e *edition) *aboutPage {
		return e.about("about.money", "/about/money", e.part("about.money.share"), e.part("about.money.book"), e.part("about.money.work"))
	})
}

func (s *Site) aboutTraces(e *edition, w http.ResponseWriter, r *http.Request) error {
	return s.explained(e, w, r, func(e *edition) *aboutPage {
		card := part{Heading: e.T("about.traces.card")}
		for _, who := range []string{"us", "company", "bank"} {
			card.Facts = append(card.Facts, field{e.T("about.traces.who." + who), e.T("about.traces.card." + who)})
		}
		return e.about("about.traces", "/about/traces", card,
			e.part("about.traces.bank"), e.part("about.traces.network"), e.part("about.traces.else"))
	})
}

func (s *Site) aboutHelp(e *edition, w http.ResponseWriter, r *http.Request) error {
	return s.explained(e, w, r, func(e *edition) *aboutPage {
		return e.about("about.help", "/about/help", e.part("about.help.page"), e.part("about.help.card"), e.part("about.help.stop"), e.writeToUs())
	})
}

// writeToUs names the newsroom's address for questions, if it has one.
func (e *edition) writeToUs() part {
	p := part{Heading: e.T("about.help.write"), Paragraphs: []string{e.T("about.help.write.none")}}
	if contact := e.site.contact; contact != "" {
		p.Paragraphs = []string{e.T("about.help.write.what")}
		p.Links = []link{{Path: contact, Label: strings.TrimPrefix(contact, "mailto:")}}
	}
	return p
}

// aboutData says what is stored about a reader, beginning with the note that
// this very reader's browser carries.
func (s *Site) aboutData(e *edition, w http.ResponseWriter, r *http.Request) error {
	ask := part{Heading: e.T("about.data.ask"), Paragraphs: []string{e.T("about.data.ask.what"), e.askWords(askCookie(r))}}
	if len(r.Header["Cookie"]) > 0 && askCookie(r) != "" {
		ask.Button = &button{Path: e.URL("/appeal/forget"), Label: e.T("about.data.ask.forget")}
	}
	data := e.about("about.data", "/about/data", e.part("about.data.read"), ask,
		e.part("about.data.remind"), e.part("about.data.give"), e.part("about.data.delete"))
	return s.dynamic(w, r, http.StatusOK, "about", data)
}

// askWords says what a reader's note means.
func (e *edition) askWords(value string) string {
	if value == "" {
		return e.T("about.data.ask.none")
	}
	ask := appeal.ParseAsk(value, e.site.now())
	until := e.words.Date(ask.Until, time.UTC)
	switch ask.Kind {
	case appeal.AskClosed:
		return e.T("about.data.ask.closed", "Date", until)
	case appeal.AskLater:
		return e.T("about.data.ask.later", "Date", until)
	case appeal.AskOnce:
		return e.T("about.data.ask.once", "Date", until)
	case appeal.AskMonthly:
		return e.T("about.data.ask.monthly")
	case appeal.AskNever:
		return e.T("about.data.ask.never")
	case appeal.AskNone:
		return e.T("about.data.ask.unread")
	default:
		return e.T("about.data.ask.unread")
	}
}

// forgetAsk deletes the reader's note.
func (s *Site) forgetAsk(e *edition, w http.ResponseWriter, r *http.Request) error {
	s.setAsk(w, r, "")
	return s.see(w, e.URL("/about/data"))
}
