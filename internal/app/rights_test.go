package app

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"mimeo/internal/config"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/desk"
	"mimeo/internal/staff"
)

var parameter = regexp.MustCompile(`\{[a-z]+(\.\.\.)?\}`)

// Every address of the desk, asked by everybody there is: whoever's role holds
// the right gets an answer of the page's own, everybody else is turned away
// before the page is asked. An address without a right fails.
func TestWhoMayOpenWhat(t *testing.T) {
	for engine, address := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLiteURL, "postgres": dbtest.PostgresURL} {
		t.Run(engine, func(t *testing.T) {
			_, pages := demoDesk(t, address(t))
			all := pages.Addresses()
			if len(all) < 25 {
				t.Fatalf("only %d addresses", len(all))
			}
			for _, a := range all {
				if !staff.Owner.May(a.Right) { // owners hold every right there is
					t.Errorf("%s asks for the right %q, which is none", a.Path, a.Right)
				}
				path := parameter.ReplaceAllString(strings.TrimSuffix(a.Path, "{$}"), strings.Repeat("a", 26))
				if strings.HasSuffix(a.Path, "/") { // what nothing else answers
					path += "nowhere"
				}
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					if method == http.MethodGet && !a.Get || method == http.MethodPost && !a.Post {
						continue
					}
					outside(t, pages, a, method, path)
					for _, role := range staff.Roles() {
						inside(t, pages, a, method, path, role)
					}
				}
			}
		})
	}
}

func demoDesk(t *testing.T, database string) (*App, *desk.Desk) {
	t.Helper()
	c := config.Config{
		Data: t.TempDir(), Listen: "127.0.0.1:0", BaseURL: "http://127.0.0.1:1", Database: database,
		Newsroom: config.Newsroom{Name: "Newsroom", Zone: "UTC", Languages: []string{"en"}, WorkingDays: []string{"mon"}, Accent: "#4b2e83"},
		Support:  config.Support{Currencies: []string{"USD"}},
	}
	a, err := Open(t.Context(), c, Options{Demo: true, serving: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	pages, err := a.desk()
	if err != nil {
		t.Fatal(err)
	}
	return a, pages
}

func ask(pages http.Handler, method, path string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://news.example"+path, strings.NewReader(""))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, r)
	return w
}

// refused is how the shell says that a role lacks a right, and no page does.
const refused = "Your role does not include this"

func outside(t *testing.T, pages *desk.Desk, a desk.Address, method, path string) {
	t.Helper()
	w := ask(pages, method, path)
	switch {
	case a.Right == staff.Public:
		if w.Code >= http.StatusInternalServerError || w.Code == http.StatusUnauthorized || strings.HasPrefix(w.Header().Get("Location"), "/desk/in") {
			t.Errorf("nobody, %s %s: %d, but it is public", method, path, w.Code)
		}
	case method == http.MethodPost:
		if w.Code != http.StatusUnauthorized {
			t.Errorf("nobody, %s %s: %d", method, path, w.Code)
		}
	default:
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/desk/in") {
			t.Errorf("nobody, %s %s: %d to %q", method, path, w.Code, w.Header().Get("Location"))
		}
	}
}

func inside(t *testing.T, pages *desk.Desk, a desk.Address, method, path string, role staff.Role) {
	t.Helper()
	w := ask(pages, method, path, signIn(t, pages, role))
	turnedAway := w.Code == http.StatusForbidden && strings.Contains(w.Body.String(), refused)
	switch {
	case w.Code >= http.StatusInternalServerError:
		t.Errorf("%s, %s %s: %d", role, method, path, w.Code)
	case role.May(a.Right) && turnedAway:
		t.Errorf("%s, %s %s is turned away, and holds the right %q", role, method, path, a.Right)
	case !role.May(a.Right) && !turnedAway:
		t.Errorf("%s, %s %s: %d, without the right %q", role, method, path, w.Code, a.Right)
	}
}

func signIn(t *testing.T, pages *desk.Desk, role staff.Role) *http.Cookie {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://news.example/demo/signin", strings.NewReader(url.Values{"role": {string(role)}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	if err := pages.Rehearse(w, r); err != nil {
		t.Fatal(err)
	}
	all := w.Result().Cookies()
	if len(all) != 1 {
		t.Fatalf("%d cookies for %s", len(all), role)
	}
	return all[0]
}

// What one asks for another answers, on the pages: nobody sees a question that
// is none of theirs, and nobody answers their own.
func TestTwoPeopleMeetAtTheDesk(t *testing.T) {
	a, pages := demoDesk(t, dbtest.SQLiteURL(t))
	who := map[staff.Role]*http.Cookie{}
	members := map[staff.Role]staff.Member{}
	for _, role := range staff.Roles() {
		who[role] = signIn(t, pages, role)
		s, ok, err := a.Staff.Session(t.Context(), who[role].Value)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		members[role] = s.Member
	}
	q, err := a.Staff.Ask(t.Context(), members[staff.Editor], staff.PublishUnproven, "story-7", "Two sources <b>saw</b> it")
	if err != nil {
		t.Fatal(err)
	}
	const words = "Two sources &lt;b&gt;saw&lt;/b&gt; it"
	for role, sees := range map[staff.Role]bool{
		staff.Owner: true, staff.Editor: true, staff.Reporter: false, staff.Fundraiser: false, staff.Treasurer: false, staff.Operator: false,
	} {
		w := ask(pages, http.MethodGet, "/desk/approvals", who[role])
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), words) != sees {
			t.Errorf("%s: %d, sees %v", role, w.Code, !sees)
		}
		waits := strings.Contains(ask(pages, http.MethodGet, "/desk/", who[role]).Body.String(), "Publishing an accusation without evidence")
		if waits != (role == staff.Owner) {
			t.Errorf("%s: it waits on the first page: %v", role, waits)
		}
	}
	answer := func(role staff.Role, do string) int {
		r := httptest.NewRequest(http.MethodPost, "http://news.example/desk/approvals/"+q.ID, strings.NewReader(url.Values{"do": {do}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(who[role])
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		return w.Code
	}
	for _, step := range []struct {
		role staff.Role
		do   string
		want int
	}{
		{staff.Editor, "approve", http.StatusForbidden},
		{staff.Treasurer, "approve", http.StatusForbidden},
		{staff.Owner, "", http.StatusUnprocessableEntity},
		{staff.Owner, "approve", http.StatusSeeOther},
		{staff.Owner, "refuse", http.StatusConflict},
	} {
		if got := answer(step.role, step.do); got != step.want {
			t.Errorf("%s answers %q: %d, want %d", step.role, step.do, got, step.want)
		}
	}
	if w := ask(pages, http.MethodGet, "/desk/approvals", who[staff.Editor]); !strings.Contains(w.Body.String(), "approved") {
		t.Error("the asker does not read of the answer")
	}
}
