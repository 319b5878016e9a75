package web_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"mimeo/internal/fault"
	"mimeo/internal/web"
)

func plainFailure(w http.ResponseWriter, _ *http.Request, status int, message string) {
	http.Error(w, message, status)
}

func TestErrorsBecomeAnswersWithoutTheirCause(t *testing.T) {
	secret := errors.New("secret cause")
	for _, c := range []struct {
		err    error
		status int
		says   string
	}{
		{fault.Invalidf("Enter a thing"), 422, "Enter a thing"},
		{fault.Missingf("Gone"), 404, "Gone"},
		{fault.Wrap(fault.Unavailable, "Later", secret), 503, "Later"},
		{fault.Wrap(fault.Denied, "Expired", secret), 403, "Expired"},
		{fault.Conflictf("Twice"), 409, "Twice"},
		{secret, 500, ""},
		{&http.MaxBytesError{Limit: 1}, 413, ""},
	} {
		rec := httptest.NewRecorder()
		h := web.Serve(func(http.ResponseWriter, *http.Request) error { return c.err }, plainFailure, slog.New(slog.DiscardHandler))
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
		if rec.Code != c.status || strings.TrimSpace(rec.Body.String()) != c.says {
			t.Errorf("%v: %d %q", c.err, rec.Code, rec.Body.String())
		}
	}
	rec := httptest.NewRecorder()
	web.Serve(func(http.ResponseWriter, *http.Request) error { panic("boom") }, plainFailure, slog.New(slog.DiscardHandler)).
		ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	if rec.Code != 500 || strings.Contains(rec.Body.String(), "boom") {
		t.Errorf("a panic gave %d %q", rec.Code, rec.Body.String())
	}
}

func TestProtectRefusesForgedAndCrookedRequests(t *testing.T) {
	h := web.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := web.Form(r); err != nil && r.Method == http.MethodPost {
			plainFailure(w, r, web.Status(err), fault.Message(err))
		}
	}), plainFailure)
	request := func(method, path, body string, header ...string) int {
		r := httptest.NewRequest(method, "http://news.example/", strings.NewReader(body))
		r.URL.Path = path
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec.Code
	}
	for _, c := range []struct {
		want, got int
		name      string
	}{
		{200, request("POST", "/remind", "a=b"), "no browser"},
		{200, request("POST", "/remind", "a=b", "Sec-Fetch-Site", "same-origin"), "our form"},
		{403, request("POST", "/remind", "a=b", "Sec-Fetch-Site", "cross-site"), "another site's form"},
		{403, request("POST", "/remind", "a=b", "Origin", "http://evil.example"), "another origin"},
		{200, request("POST", "/remind", "a=b", "Origin", "http://news.example"), "our origin"},
		{404, request("GET", "/a/../b", ""), "dot segments"},
		{404, request("GET", "//evil.example", ""), "empty segment"},
		{404, request("GET", "/a\\b", ""), "backslash"},
		{404, request("GET", "/a\x00b", ""), "zero byte"},
		{413, request("POST", "/remind", "a="+strings.Repeat("x", 10<<20)), "ten megabytes"},
		{422, request("POST", "/remind", "a=%ff%fe"), "not UTF-8"},
		{422, request("POST", "/remind", "a=%zz"), "not urlencoded"},
		{422, request("POST", "/remind", strings.Repeat("a=1&", 60)), "too many"},
		{422, request("POST", "/remind", "{}", "Content-Type", "application/json"), "JSON"},
		{200, request("POST", "/remind", "a=b", "Content-Type", "Application/X-WWW-Form-URLEncoded; charset=utf-8"), "a type in other letters"},
		{422, request("POST", "/remind", pad(web.MaxBody)), "as long as may be, in one field"},
		{413, request("POST", "/remind", pad(web.MaxBody+1)), "a byte too long"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.name, c.got, c.want)
		}
	}
}

// pad is a form of n bytes.
func pad(n int) string { return "a=" + strings.Repeat("x", n-len("a=")) }

// A sender who is cut off in the middle of sending never reads the answer.
func TestTooLargeABodyIsReadToItsEnd(t *testing.T) {
	body := strings.NewReader(pad(10 << 20))
	h := web.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range 2 { // a reader that tries again learns no more
			if _, err := io.ReadAll(r.Body); web.Status(err) != http.StatusRequestEntityTooLarge {
				t.Errorf("reading gave %v", err)
			}
		}
	}), plainFailure)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "http://news.example/", body))
	if body.Len() > 0 {
		t.Errorf("%d bytes were left unread", body.Len())
	}
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		" a\tb\r\nc ":            "a b  c",
		"e\u0301":                "\u00e9",
		"gnp.\u202egro":          "gnp.gro",
		"a\u200bb\ufeff":         "ab",
		"می\u200cخواهم":          "می\u200cخواهم",
		"x\x00y":                 "xy",
		"plain@example.org":      "plain@example.org",
		strings.Repeat(" ", 100): "",
	} {
		if got := web.Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzForm(f *testing.F) {
	for _, s := range []string{"a=b", "a=%ff", "amount=%D9%A2", "a=\u202e", "&&&=", "a=b;c=d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		v, err := web.Form(r)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("an error of the kind %v", fault.KindOf(err))
			}
			return
		}
		q, err := url.ParseQuery(body)
		if err != nil {
			t.Fatal(err)
		}
		for name := range q {
			s := v.Of(name)
			if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
				t.Fatalf("field %q is %q", name, s)
			}
		}
	})
}

func TestBehindBelievesOnlyOurProxies(t *testing.T) {
	for _, c := range []struct{ peer, forwarded, want string }{
		{"10.0.0.5:1", "203.0.113.9", "203.0.113.9"},
		{"10.0.0.5:1", "198.51.100.1, 203.0.113.9, 10.0.0.7", "203.0.113.9"},
		{"10.0.0.5:1", "203.0.113.9, nonsense", "10.0.0.5"},
		{"10.0.0.5:1", "", "10.0.0.5"},
		{"192.0.2.1:1", "203.0.113.9", "192.0.2.1"},
		{"[2001:db8::1]:1", "203.0.113.9", "2001:db8::1"},
	} {
		var got string
		h := web.Behind([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = web.Peer(r).String() }))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		r.Header.Set("X-Forwarded-For", c.forwarded)
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}
