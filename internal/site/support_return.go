package site

import (
	"net/http"

	"mimeo/internal/appeal"
	"mimeo/internal/contribution"
	"mimeo/internal/fault"
)

// noticePage says one thing and where to go from there.
type noticePage struct {
	*page
	Heading, Standfirst string
	Paragraphs          []string
	Links               []link
}

// lookAgain is how many seconds the page of a payment that is under way waits
// before it looks again.
const lookAgain = "5"

// supportReturn is where the payment page sends people back to. It only looks:
// loading it again charges nobody.
func (s *Site) supportReturn(e *edition, w http.ResponseWriter, r *http.Request) error {
	status, err := s.gifts.Status(r.Context(), r.PathValue("payment"))
	if err != nil {
		return err
	}
	data := &noticePage{}
	say := func(id string, paragraphs ...string) {
		data.page = e.newPage(e.T(id), "")
		data.Heading, data.Paragraphs = e.T(id), paragraphs
	}
	support := link{Path: e.URL("/support"), Label: e.T("site.return.again")}
	switch status.State {
	case contribution.Started:
		say("site.return.wait")
		data.Standfirst = e.T("site.return.wait.what")
		data.Links = []link{{Path: escaped(r.URL.Path), Label: e.T("site.return.look")}}
		w.Header().Set("Refresh", lookAgain)
	case contribution.Paid, contribution.Disputed:
		say("site.return.paid", e.paidWords(status)...)
		data.Standfirst = e.T("site.return.paid."+string(status.Rhythm), "Amount", e.money(status.Amount))
		if r.URL.Query().Has("again") {
			data.Paragraphs = append([]string{e.T("contribution.error.already") + "."}, data.Paragraphs...)
		}
		data.Links = []link{{Path: e.Home(), Label: e.T("site.home")}}
		if r.Method == http.MethodGet {
			s.gave(w, r, status.Rhythm)
		}
	case contribution.Failed:
		id := "site.return.failed"
		if status.Abandoned {
			id = "site.return.expired"
		}
		say(id)
		data.Standfirst = e.T(id + ".what")
		data.Links = []link{support, {Path: e.URL("/about/help"), Label: e.T("about.help")}}
	case contribution.Refunded:
		say("site.return.refunded")
		data.Standfirst = e.T("site.return.refunded.what")
	default:
		return fault.New(fault.Unexpected, "a payment in the state "+string(status.State))
	}
	data.Hidden = true
	return s.dynamic(w, r, http.StatusOK, "notice", data)
}

func (e *edition) paidWords(status contribution.Status) []string {
	words := []string{e.T("site.return.paid.next")}
	if status.Rhythm == contribution.Once {
		return []string{e.T("site.return.paid.receipt"), e.T("site.return.paid.quiet.once")}
	}
	if status.Next != "" {
		words = append(words, e.T("site.supporter.next", "Day", e.day(status.Next)))
	}
	return append(words, e.T("site.return.paid.quiet.monthly"))
}

// gave notes on the reader's side that there is no need to ask. What lasts
// longer is not replaced: who gives every month and once more still gives
// every month.
func (s *Site) gave(w http.ResponseWriter, r *http.Request, rhythm contribution.Rhythm) {
	now := s.now()
	switch appeal.ParseAsk(askCookie(r), now).Kind {
	case appeal.AskMonthly, appeal.AskNever:
		return
	case appeal.AskNone, appeal.AskOnce, appeal.AskClosed, appeal.AskLater:
	}
	if rhythm == contribution.Once {
		s.setAsk(w, r, appeal.Once(now))
		return
	}
	s.setAsk(w, r, appeal.Monthly)
}
