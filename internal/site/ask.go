package site

import (
	"html/template"
	"net/http"
	"strings"
	"time"

	"mimeo/internal/appeal"
	"mimeo/internal/web"
)

// askCookie reads the reader's own note by hand: the values of all Cookie
// fields are looked through without taking them apart.
func askCookie(r *http.Request) string {
	const name = appeal.AskCookie + "="
	for _, field := range r.Header["Cookie"] {
		for len(field) > 0 {
			var one string
			one, field, _ = strings.Cut(field, ";")
			one = strings.Trim(one, " \t")
			if strings.HasPrefix(one, name) {
				return unquoted(one[len(name):])
			}
		}
	}
	return ""
}

// unquoted takes one pair of quotation marks from around a value: some programs
// put them there.
func unquoted(value string) string {
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		return value[1 : n-1]
	}
	return value
}

// setAsk gives the reader their note: a choice and a date, no identifier. An
// empty value takes it away. Over the onion service there is no TLS to wait for.
func (s *Site) setAsk(w http.ResponseWriter, r *http.Request, value string) {
	age := int(appeal.MaxAge(value, s.now()) / time.Second)
	if age <= 0 {
		value, age = "", -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: appeal.AskCookie, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: s.https && channel(r) == clearNet, SameSite: http.SameSiteLaxMode,
	})
}

// decide answers for one reader. closed says that they have closed an appeal
// today: the line that says so stays for that day, with its Undo.
func (s *Site) decide(r *http.Request, rules *appeal.Rules, a *asking, now time.Time) (d appeal.Decision, closed bool) {
	facts := a.facts
	facts.Now = now
	facts.Ask = askCookie(r)
	facts.Draw = s.draw()
	facts.Channel = channel(r)
	facts.Country = s.country(r)
	d = rules.Decide(&facts)
	return d, d.Reason == appeal.ByClosed && facts.Ask == s.closedToday(now)
}

// closedToday is the value that × sets today, made once a day.
func (s *Site) closedToday(now time.Time) string {
	day := now.Unix() / (24 * 60 * 60)
	if c := s.closed.Load(); c != nil && c.day == day {
		return c.value
	}
	c := &closedValue{day: day, value: appeal.Closed(now)}
	s.closed.Store(c)
	return c.value
}

type closedValue struct {
	day   int64
	value string
}

// The ways on which a reader comes, as the appeals name them.
const (
	clearNet = "clear"
	onion    = "onion"
)

// channel is the way on which this one came.
func channel(r *http.Request) string {
	host := r.Host
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	if strings.HasSuffix(host, ".onion") {
		return onion
	}
	return clearNet
}

// seen counts, per day and wording, that an appeal was sent or held back.
func (s *Site) seen(now time.Time, d appeal.Decision) {
	if d.Variant == nil {
		s.appeals.Count(now, d.Appeal.ID, "", appeal.HeldOut)
		return
	}
	s.appeals.Count(now, d.Appeal.ID, d.Variant.ID, appeal.Impression)
}

// appealData is the box after a story.
type appealData struct {
	*edition
	appeal.Words
	Page, Token string

	ClosePath, RemindPath, SupportPath, MoneyPath, TracesPath string
}

// appealFor renders the box for a decision, or nothing.
func (s *Site) appealFor(a *asking, d appeal.Decision, closed bool) ([]byte, error) {
	e := a.edition
	data := appealData{
		edition: e, Page: a.page,
		ClosePath: e.URL("/appeal/close"), RemindPath: e.URL("/remind"),
		MoneyPath: e.URL("/about/money"), TracesPath: e.URL("/about/traces"),
	}
	if closed {
		return s.render("closed", data)
	}
	if d.Variant == nil {
		return nil, nil
	}
	data.Token = s.tokens.Mint(d.Appeal.ID, d.Variant.ID, a.hour)
	data.SupportPath = e.URL("/support") + "?t=" + template.URLQueryEscaper(data.Token)
	data.Words = e.fill(d.Variant.Words)
	return s.render("appeal", data)
}

// fill puts our own words where an appeal is silent.
func (e *edition) fill(w appeal.Words) appeal.Words {
	or := func(text *string, id string) {
		if *text == "" {
			*text = e.T(id)
		}
	}
	or(&w.Heading, "site.appeal.heading")
	or(&w.Button, "site.appeal.button")
	or(&w.Remind, "site.appeal.remind")
	if len(w.Body) == 0 {
		w.Body = []string{e.T("site.appeal.body")}
	}
	return w
}

// closeAppeal closes the appeal for 30 days, or takes that back, and returns
// to where it stood.
func (s *Site) closeAppeal(e *edition, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	now := s.now()
	if form.Of("undo") == "" {
		s.setAsk(w, r, appeal.Closed(now))
		s.count(form.Of("t"), appeal.Close, now)
	} else {
		s.setAsk(w, r, "")
	}
	to := e.Home()
	if page, ok := ownPath(form.Of("page")); ok {
		to = page + "#appeal"
	}
	return s.see(w, to)
}

// count counts an event for the wording that a token names. A token that is
// forged or old counts for nothing, and the reader need not hear of it.
func (s *Site) count(token string, event appeal.Event, now time.Time) {
	if origin, err := s.tokens.Read(token); err == nil {
		s.appeals.Count(now, origin.Appeal, origin.Variant, event)
	}
}

// ownPath accepts the path of a page of ours to return to, and nothing that a
// browser could take for another site.
func ownPath(path string) (string, bool) {
	if len(path) < 2 || len(path) > 1024 || path[0] != '/' || path[1] == '/' || path[1] == '\\' {
		return "", false
	}
	for i := range len(path) {
		if c := path[i]; c <= ' ' || c >= 0x7f || c == '\\' || c == '#' || c == '?' || c == '"' || c == '<' || c == '>' {
			return "", false
		}
	}
	return path, true
}
