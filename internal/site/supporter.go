package site

import (
	"net/http"
	"net/url"
	"time"

	"mimeo/internal/contribution"
	"mimeo/internal/fault"
	"mimeo/internal/web"
)

// supporterPage is a gift as its supporter sees it. The link to it is signed
// and good for this one gift; there is no account.
type supporterPage struct {
	*page
	Token           string
	What            string
	Lines           []string
	Kept            []string
	CanStop, CanPay bool
}

func (e *edition) day(d contribution.Day) string { return e.words.Date(d.Time(), time.UTC) }

// gift reads which gift a link is for.
func (s *Site) gift(r *http.Request, token string) (contribution.View, error) {
	id, err := s.signer.Verify(contribution.LinkPurpose, token)
	if err != nil {
		return contribution.View{}, err
	}
	return s.gifts.Pledge(r.Context(), string(id))
}

func (s *Site) supporter(e *edition, w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("t")
	if token == "" {
		return s.supporterNoLink(e, w, r, http.StatusOK, "site.supporter.link")
	}
	view, err := s.gift(r, token)
	if fault.KindOf(err) == fault.Denied {
		return s.supporterNoLink(e, w, r, http.StatusForbidden, "site.supporter.expired")
	}
	if err != nil {
		return err
	}
	if view.Reason == contribution.ByDonor {
		return s.dynamic(w, r, http.StatusOK, "notice", s.stoppedData(e, view))
	}
	return s.answer(w, r, http.StatusOK, s.giving, "supporter", s.supporterData(e, token, view))
}

func (s *Site) supporterData(e *edition, token string, v contribution.View) *supporterPage {
	data := &supporterPage{page: e.newPage(e.T("site.supporter"), ""), Token: token}
	data.Hidden = true
	data.What = e.T("contribution.gift."+string(v.Rhythm), "Amount", e.money(v.Amount)) + "."
	say := func(id string, args ...any) { data.Lines = append(data.Lines, e.T(id, args...)) }
	if v.Anchor != "" {
		say("site.supporter.since", "Day", e.day(v.Anchor))
	}
	switch v.Phase {
	case contribution.Pending:
		say("site.supporter.pending")
		data.CanStop = true
	case contribution.Active:
		say("site.supporter.next", "Day", e.day(v.Due))
		data.CanStop = true
	case contribution.PastDue:
		say("site.supporter.due", "Day", e.day(v.Due))
		data.CanStop, data.CanPay = true, !v.InFlight
	case contribution.Ended:
		if v.Last != "" {
			say("site.supporter.last", "Day", e.day(v.Last))
		}
		if v.Rhythm != contribution.Once {
			say("site.supporter.ended")
		}
	default:
		say("site.supporter.pending")
	}
	if v.InFlight {
		say("site.supporter.flight")
	}
	data.Kept = e.keptWords(v)
	return data
}

// keptWords is what is stored about this one supporter, as it really is.
func (e *edition) keptWords(v contribution.View) []string {
	words := []string{e.T("contribution.kept.packet_none")}
	if v.Kept.Packet {
		words[0] = e.T("contribution.kept.packet", "Date", e.day(v.Kept.Until))
	}
	return append(words, e.T("contribution.kept.ledger"), e.T("contribution.kept.provider", "Provider", v.Kept.Provider))
}

// supporterAct stops a gift, or opens a payment page for one that is past due.
func (s *Site) supporterAct(e *edition, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	view, err := s.gift(r, form.Of("t"))
	if fault.KindOf(err) == fault.Denied {
		return s.supporterNoLink(e, w, r, http.StatusForbidden, "site.supporter.expired")
	}
	if err != nil {
		return err
	}
	switch form.Of("do") {
	case "stop":
		_, err = s.gifts.Stop(r.Context(), view.ID)
	case "pay":
		opened, err := s.gifts.Again(r.Context(), view.ID)
		if err != nil {
			return err
		}
		return s.see(w, opened.URL)
	default:
		err = fault.Invalidf("Choose what is to be done with this gift")
	}
	if err != nil {
		return err
	}
	return s.see(w, e.URL("/supporter")+"?"+url.Values{"t": {form.Of("t")}}.Encode())
}

// stoppedData is the second and last page of stopping.
func (s *Site) stoppedData(e *edition, v contribution.View) *noticePage {
	data := &noticePage{page: e.newPage(e.T("site.supporter.stopped"), ""), Heading: e.T("site.supporter.stopped")}
	data.Hidden = true
	if v.Last != "" {
		data.Standfirst = e.T("site.supporter.last", "Day", e.day(v.Last)) + " " +
			e.T("contribution.thanks."+string(v.Rhythm), "Count", v.Paid)
	}
	data.Paragraphs = []string{e.T("site.supporter.stopped.what")}
	if v.InFlight {
		data.Paragraphs = []string{e.T("site.supporter.flight")}
	}
	data.Links = []link{{Path: e.Home(), Label: e.T("site.home")}}
	return data
}

func (s *Site) supporterNoLink(e *edition, w http.ResponseWriter, r *http.Request, status int, id string) error {
	data := noticePage{
		page: e.newPage(e.T(id), ""), Heading: e.T(id), Standfirst: e.T("site.supporter.link.what"),
		Paragraphs: []string{e.T("site.supporter.link.lost")},
		Links:      []link{{Path: e.URL("/about/help"), Label: e.T("about.help")}},
	}
	data.Hidden = true
	return s.dynamic(w, r, status, "notice", data)
}
