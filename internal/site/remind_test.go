package site

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mimeo/internal/appeal"
)

func TestSettingAReminder(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	article := h.ok(st.Path()).text
	form := "/remind?" + url.Values{"page": {st.Path()}, "t": {hidden(t, article, "t")}}.Encode()
	page := h.ok(form)
	h.examine(t, "/remind", page)
	has(t, "form", page.text, "Remind me in January", "one e-mail in January 2027", `href="/remind/2027-01.ics"`, `href="`+st.Path()+`"`)

	for _, wrong := range []string{"", "not an address", "a@b", "a@example.org, b@example.org"} {
		a := h.post("/remind", url.Values{"email": {wrong}, "page": {st.Path()}})
		if a.StatusCode != http.StatusUnprocessableEntity || len(a.Cookies()) > 0 {
			t.Errorf("%q: %d", wrong, a.StatusCode)
		}
		h.examine(t, "/remind", a)
		has(t, wrong, a.text, "<title>Error: ", `<a href="#email">Enter an e-mail address in the form name@example.org</a>`, `value="`+wrong+`"`, `aria-invalid="true"`)
	}

	a := h.post("/remind", url.Values{"email": {"kim@example.org"}, "page": {st.Path()}, "t": {hidden(t, page.text, "t")}})
	if a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d\n%s", a.StatusCode, a.text)
	}
	if c := a.cookie(t); c.Value != "later.2027-01" || !c.HttpOnly || c.MaxAge != int(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).Sub(begin).Seconds()) {
		t.Errorf("the cookie is %v", c)
	}
	hasNot(t, "the address", a.Header.Get("Location"), "kim")
	done := h.ok(a.Header.Get("Location"))
	h.examine(t, "/remind/set", done)
	has(t, "done", done.text, "<h1>Thank you, your reminder is set.</h1>", "January 2027", ">Delete it now</button>", st.Path())
	if got := h.counts(); got[appeal.Remind] != 1 {
		t.Errorf("counted %v", got)
	}

	token := hidden(t, done.text, "r")
	has(t, "the mail's link", h.ok("/remind/stop?t="+token).text, "Delete your reminder?", ">Delete it now</button>")
	deleted := h.post("/remind/stop", url.Values{"r": {token}, "page": {st.Path()}}, "Cookie", "ask=later.2027-01")
	if c := deleted.cookie(t); deleted.StatusCode != http.StatusSeeOther || c.MaxAge >= 0 {
		t.Errorf("%d %v", deleted.StatusCode, c)
	}
	stopped := h.ok(deleted.Header.Get("Location"))
	h.examine(t, "/remind/stopped", stopped)
	has(t, "stopped", stopped.text, "<h1>Deleted.</h1>", st.Path())
	// A mail program's one click sends the token in the address.
	if a := h.post("/remind/stop?t="+token, url.Values{"List-Unsubscribe": {"One-Click"}}); a.StatusCode >= 400 {
		t.Errorf("one click: %d", a.StatusCode)
	}
	if a := h.post("/remind/stop", url.Values{"r": {"forged"}}); a.StatusCode != http.StatusForbidden {
		t.Errorf("a forged token: %d", a.StatusCode)
	}
}

func TestTheMonthIsNamedAsItIs(t *testing.T) {
	h := newHouse(t)
	h.clock.Set(time.Date(2026, 12, 19, 12, 0, 0, 0, time.UTC))
	has(t, "before the 20th", h.ok("/remind").text, "<h1>Remind me next month</h1>", "January 2027")
	h.clock.Set(time.Date(2026, 12, 20, 12, 0, 0, 0, time.UTC))
	has(t, "from the 20th", h.ok("/remind").text, "<h1>Remind me in February</h1>", "February 2027")
	has(t, "in Persian", h.ok("/fa/remind").text, "فوریه ۲۰۲۷")
}

func TestTooManyReminders(t *testing.T) {
	h := newHouse(t)
	var last answer
	for range 30 {
		last = h.post("/remind", url.Values{"email": {"kim@example.org"}})
	}
	if last.StatusCode != http.StatusTooManyRequests {
		t.Errorf("%d", last.StatusCode)
	}
	has(t, "page", last.text, "Wait 10 minutes, or use the calendar file", "/remind/2027-01.ics")
}

func TestTheCalendarFile(t *testing.T) {
	h := newHouse(t)
	a := h.ok("/remind/2027-01.ics")
	if a.Header.Get("Content-Type") != "text/calendar; charset=utf-8" || !strings.HasPrefix(a.text, "BEGIN:VCALENDAR\r\n") || len(a.Cookies()) > 0 {
		t.Errorf("%v %q", a.Header, a.text)
	}
}

func TestTheReadersNoteIsShownAndForgotten(t *testing.T) {
	h := newHouse(t)
	for cookie, says := range map[string]string{
		"": "no such note now", "ask=closed.2026-12-22": "before 22 December 2026", "ask=later.2027-01": "before 1 January 2027",
		"ask=once.2027-02-20": "gave once", "ask=monthly": "give regularly", "ask=never": "do not want to be asked", "ask=<b>": "cannot read",
	} {
		a := h.ok("/about/data", "Cookie", cookie)
		h.examine(t, "/about/data", a)
		has(t, cookie, a.text, says)
		if got := strings.Contains(a.text, "Delete the note"); got != (cookie != "") {
			t.Errorf("%q: the button is there: %v", cookie, got)
		}
	}
	a := h.post("/appeal/forget", url.Values{})
	if c := a.cookie(t); a.StatusCode != http.StatusSeeOther || c.MaxAge >= 0 || c.Value != "" {
		t.Errorf("%d %v", a.StatusCode, c)
	}
}
