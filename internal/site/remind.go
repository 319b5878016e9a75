package site

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"mimeo/internal/appeal"
	"mimeo/internal/fault"
	"mimeo/internal/reminder"
	"mimeo/internal/web"
)

type remindPage struct {
	*page
	Heading, Month, MonthName string
	Page, Token               string // where the reader came from, and which appeal brought them
	Email, EmailHint          string
	CalendarPath              string
	Reminder                  string // the signed name of a reminder that is set
}

// remindForm asks for an address, and offers the way without one.
func (s *Site) remindForm(e *edition, w http.ResponseWriter, r *http.Request) error {
	query, err := web.Query(r)
	if err != nil {
		return err
	}
	return s.dynamic(w, r, http.StatusOK, "remind", s.remindData(e, query))
}

func (s *Site) remindData(e *edition, in web.Values) *remindPage {
	m := s.reminders.Month()
	month := e.words.MonthName(m.Month)
	data := &remindPage{
		page: e.newPage(e.T("site.remind.later", "Month", month), "/remind"), Heading: e.T("site.remind.later", "Month", month),
		Month: e.words.Month(m.Year, m.Month), MonthName: month, EmailHint: e.T("site.remind.hint"),
		CalendarPath: e.URL("/remind/" + m.String() + ".ics"), Token: in.Of("t"), Email: in.Of("email"),
	}
	if reminder.MonthOf(s.now(), s.zone).Plus(1) == m {
		data.Heading = e.T("site.remind.next")
	}
	data.Page, _ = ownPath(in.Of("page"))
	data.Canonical, data.Hidden = "", true
	return data
}

// remindSet notes the reminder and asks no more until its month.
func (s *Site) remindSet(e *edition, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	set, err := s.reminders.Set(r.Context(), form.Of("email"), e.Lang, s.address(r))
	if err != nil {
		return s.remindAgain(e, w, r, form, err)
	}
	s.count(form.Of("t"), appeal.Remind, s.now())
	s.setAsk(w, r, appeal.Later(set.Year, set.Month))
	q := url.Values{"r": {set.Token}}
	if page, ok := ownPath(form.Of("page")); ok {
		q.Set("page", page)
	}
	return s.see(w, e.URL("/remind/set")+"?"+q.Encode())
}

// remindAgain shows the form with what is wrong and with what was typed.
func (s *Site) remindAgain(e *edition, w http.ResponseWriter, r *http.Request, form web.Values, wrong error) error {
	data := s.remindData(e, form)
	status := http.StatusUnprocessableEntity
	switch {
	case errors.Is(wrong, reminder.ErrEmail):
		data.wrong("email", e.T("contribution.error.email"))
	case errors.Is(wrong, reminder.ErrAddressLimit), errors.Is(wrong, reminder.ErrNetworkLimit):
		status = http.StatusTooManyRequests
		data.wrong("email", e.T("site.remind.many"))
	case fault.KindOf(wrong) == fault.Unavailable:
		s.log.ErrorContext(r.Context(), "a reminder could not be set", "err", wrong)
		status = http.StatusServiceUnavailable
		data.wrong("", e.T("site.away"))
	default:
		return wrong
	}
	return s.dynamic(w, r, status, "remind", data)
}

// remindDone says that the reminder is set, and can delete it again.
func (s *Site) remindDone(e *edition, w http.ResponseWriter, r *http.Request) error {
	query, err := web.Query(r)
	if err != nil {
		return err
	}
	set, err := s.reminders.Read(query.Of("r"))
	if err != nil {
		return err
	}
	data := &remindPage{
		page: e.newPage(e.T("site.remind.done"), "/remind"), Reminder: query.Of("r"),
		Month: e.words.Month(set.Year, set.Month), MonthName: e.words.MonthName(set.Month),
		CalendarPath: e.URL("/remind/" + reminder.Month{Year: set.Year, Month: set.Month}.String() + ".ics"),
	}
	data.Page, _ = ownPath(query.Of("page"))
	data.Canonical, data.Hidden = "", true
	return s.dynamic(w, r, http.StatusOK, "reminded", data)
}

// remindStop is where the link in a reminder leads: a page with one button.
// Opening it changes nothing.
func (s *Site) remindStop(e *edition, w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("t")
	if _, err := s.reminders.Read(token); err != nil {
		return err
	}
	data := &remindPage{page: e.newPage(e.T("site.remind.stop"), ""), Reminder: token}
	data.Hidden = true
	return s.dynamic(w, r, http.StatusOK, "remind-stop", data)
}

// remindDelete deletes a reminder: pressed on a page, or by a mail program in
// one click (RFC 8058), which sends the token in the address.
func (s *Site) remindDelete(e *edition, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	token := form.Of("r")
	if token == "" {
		token = r.URL.Query().Get("t")
	}
	if err := s.reminders.Delete(r.Context(), token); err != nil {
		return err
	}
	if appeal.ParseAsk(askCookie(r), s.now()).Kind == appeal.AskLater {
		s.setAsk(w, r, "")
	}
	to := e.URL("/remind/stopped")
	if page, ok := ownPath(form.Of("page")); ok {
		to += "?" + url.Values{"page": {page}}.Encode()
	}
	return s.see(w, to)
}

// remindStopped says that a reminder is deleted.
func (s *Site) remindStopped(e *edition, w http.ResponseWriter, r *http.Request) error {
	data := &remindPage{page: e.newPage(e.T("site.remind.stopped"), "")}
	data.Page, _ = ownPath(r.URL.Query().Get("page"))
	data.Hidden = true
	return s.dynamic(w, r, http.StatusOK, "remind-stopped", data)
}

// remindCalendar gives the reminder as a file, and stores nothing.
func (s *Site) remindCalendar(e *edition, w http.ResponseWriter, r *http.Request) error {
	name, found := strings.CutSuffix(r.PathValue("month"), ".ics")
	if !found {
		return fault.New(fault.Missing, "")
	}
	m, err := reminder.ParseMonth(name)
	if err != nil {
		return err
	}
	h := w.Header()
	s.headers.Apply(h)
	h["Cache-Control"] = cacheAnyone
	h["Content-Disposition"] = []string{`attachment; filename="` + m.String() + `.ics"`}
	return s.body(w, r, http.StatusOK, []string{"text/calendar; charset=utf-8"}, s.reminders.Calendar(m, e.words))
}
