package site

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"mimeo/internal/appeal"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

func (a answer) cookie(t *testing.T) *http.Cookie {
	t.Helper()
	all := a.Cookies()
	if len(all) != 1 {
		t.Fatalf("%d cookies: %v", len(all), a.Header.Values("Set-Cookie"))
	}
	return all[0]
}

func TestClosingTheAppeal(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	page := h.ok(st.Path()).text
	a := h.post("/appeal/close", url.Values{"page": {hidden(t, page, "page")}, "t": {hidden(t, page, "t")}})
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != st.Path()+"#appeal" {
		t.Fatalf("%d, on to %q", a.StatusCode, a.Header.Get("Location"))
	}
	c := a.cookie(t)
	if c.Name != "ask" || c.Value != "closed.2026-12-22" || c.Path != "/" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Domain != "" {
		t.Errorf("the cookie is %v", c)
	}
	if want := int(begin.AddDate(0, 0, 30).Truncate(24 * 3600e9).Sub(begin).Seconds()); c.MaxAge != want {
		t.Errorf("Max-Age is %d, want %d", c.MaxAge, want)
	}
	closed := h.ok(st.Path(), "Cookie", "ask="+c.Value)
	has(t, "closed", closed.text, `id="appeal"`, "Closed. We will not ask again for 30 days.", ">Undo</button>")
	hasNot(t, "closed", closed.text, ">Continue</a>")
	h.clock.Advance(24 * 3600e9)
	hasNot(t, "the day after", h.ok(st.Path(), "Cookie", "ask="+c.Value).text, `id="appeal"`)
	h.clock.Advance(29 * 24 * 3600e9)
	has(t, "when the quiet is over", h.ok(st.Path(), "Cookie", "ask="+c.Value).text, ">Continue</a>")
	if got := h.counts(); got[appeal.Close] != 1 || got[appeal.Impression] != 2 {
		t.Errorf("counted %v", got)
	}
}

func TestUndo(t *testing.T) {
	h := newHouse(t)
	a := h.post("/fa/appeal/close", url.Values{"page": {"/fa/2026/11/x"}, "undo": {"1"}}, "Cookie", "ask=closed.2026-12-22")
	if c := a.cookie(t); c.Value != "" || c.MaxAge >= 0 {
		t.Errorf("the cookie is %v", c)
	}
	if got := a.Header.Get("Location"); got != "/fa/2026/11/x#appeal" {
		t.Errorf("on to %q", got)
	}
}

// A form may carry any path; only ours is returned to.
func TestNobodyIsSentElsewhere(t *testing.T) {
	h := newHouse(t)
	for path, want := range map[string]string{
		"/2026/11/x": "/2026/11/x#appeal", "/fa/2026/11/%D9%82": "/fa/2026/11/%D9%82#appeal",
		"": "/", "/": "/", "//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/", "/\tevil": "/", "javascript:alert(1)": "/",
		"/x\r\nSet-Cookie: a=b": "/", "/" + strings.Repeat("a", 2000): "/", "/قایق": "/", "/a?b#c": "/", "evil": "/",
	} {
		a := h.post("/appeal/close", url.Values{"page": {path}})
		if got := a.Header.Get("Location"); got != want {
			t.Errorf("%q leads to %q", path, got)
		}
	}
}

func FuzzOwnPath(f *testing.F) {
	for _, s := range []string{"/a", "//a", `/\a`, "/a?b", "/%2f/evil", "/.", "/\x00"} {
		f.Add(s)
	}
	base, err := url.Parse("https://lantern.example/x/y")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := ownPath(s)
		if !ok {
			return
		}
		u, err := base.Parse(p)
		if err == nil && (u.Host != "lantern.example" || u.Scheme != "https") {
			t.Errorf("%q leads to %v", s, u)
		}
	})
}

// Who is asked is decided for each reader, on what their own cookie says.
func TestTheDecisionIsTheReaders(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	for cookie, asked := range map[string]bool{
		"": true, "ask=": true, "ask=monthly": false, "ask=never": false, "ask=once.2027-02-20": false, "ask=once.2026-11-22": true,
		"ask=later.2027-01": false, "ask=later.2026-11": true, "ask=closed.2026-12-01": false, "ask=closed.2026-02-30": true,
		"ask=\x7f\xff": true, "ask=closed.2026-12-22; ask=x": false, "a=b;ask=monthly": false, "task=monthly": true, `ask="monthly"`: false,
		"ask=" + strings.Repeat("9", 4000): true, ";;=;": true, "a=b; ask=later.2027-01 ; c": false, "ASK=monthly": true,
	} {
		text := h.ok(st.Path(), "Cookie", cookie).text
		if got := strings.Contains(text, ">Continue</a>"); got != asked {
			t.Errorf("Cookie %q: asked %v", cookie, got)
		}
	}
	has(t, "two fields", h.ok(st.Path(), "Cookie", "a=b", "Cookie", "ask=monthly").text, "</article>")
	hasNot(t, "two fields", h.ok(st.Path(), "Cookie", "a=b", "Cookie", "ask=monthly").text, `id="appeal"`)
	h.country.Store("RU")
	hasNot(t, "a closed country", h.ok(st.Path()).text, `id="appeal"`)
}

func TestOnlyTheAppealDiffersBetweenReaders(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	outside := func(text string) string {
		before, rest, found := strings.Cut(text, `<aside id="appeal"`)
		if !found {
			return text
		}
		_, after, _ := strings.Cut(rest, "</aside>\n")
		return before + after
	}
	plain := h.ok(st.Path(), "Cookie", "ask=monthly").text
	seen := map[string]bool{}
	for n := range uint64(64) {
		h.draw.Store(n)
		text := h.ok(st.Path()).text
		if outside(text) != plain {
			t.Fatalf("draw %d changed more than the appeal", n)
		}
		seen[text] = true
	}
	if len(seen) != 2 {
		t.Errorf("%d wordings were shown, want 2", len(seen))
	}
	all := strings.Builder{}
	for text := range seen {
		all.WriteString(text)
	}
	has(t, "both", all.String(), "A message from the harbour desk", "The harbour desk</p>", "A message from the newsroom")
}

func TestANewConfigurationIsInForceAtOnce(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	h.ok(st.Path())
	for _, c := range []struct{ config, want, not string }{
		{`{"version":1,"appeals":[{"id":"a","priority":1,"state":"live","where":{},"salt":"","variants":[{"id":"v","weight":1,"heading":"New words"}]}]}`, "New words", "harbour desk</h2>"},
		{`{"version":1,"off":true,"appeals":[]}`, "</article>", `id="appeal"`},
	} {
		if _, err := h.appeals.Save(context.Background(), []byte(c.config), "test"); err != nil {
			t.Fatal(err)
		}
		text := h.ok(st.Path()).text
		has(t, "new", text, c.want)
		hasNot(t, "new", text, c.not)
	}
}

func TestTheOnionIsAChannel(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Onion = "http://lanternxyz.onion" })
	st := h.ferry()
	if _, err := h.appeals.Save(context.Background(), []byte(`{"version":1,"appeals":[{"id":"a","priority":1,"state":"live","where":{"channels":["onion"]},"salt":"","variants":[{"id":"v","weight":1}]}]}`), "test"); err != nil {
		t.Fatal(err)
	}
	a := h.ok(st.Path())
	hasNot(t, "clear", a.text, `id="appeal"`)
	if got := a.Header.Get("Onion-Location"); got != "http://lanternxyz.onion"+st.Path() {
		t.Errorf("Onion-Location is %q", got)
	}
	r, w := browserRequest(st.Path()), &sink{header: http.Header{}}
	r.Header.Del("Accept-Encoding")
	r.Host = "lanternxyz.onion:80"
	h.handler.ServeHTTP(w, r)
	if w.n <= len(a.text) {
		t.Error("the onion's readers are not asked")
	}
	has(t, "blocked", h.ok("/blocked").text, `href="http://lanternxyz.onion/"`)
}

func TestPrefetchIsNoImpression(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	h.ok(st.Path(), "Sec-Purpose", "prefetch;prerender")
	if n := h.counts()[appeal.Impression]; n != 0 {
		t.Errorf("%d impressions", n)
	}
}

func TestRequestsThatNoLinkOfOursMakes(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	persian := h.publish(story.Draft{Headline: "خبر", Lang: "fa", Section: "city", Body: prose.Paragraphs("متن.")})
	for _, c := range []struct {
		method, path string
		status       int
		header, want string
	}{
		{"DELETE", "/", 405, "Allow", "GET, HEAD, OPTIONS"},
		{"PUT", "/support", 405, "Allow", "GET, HEAD, POST, OPTIONS"},
		{"GET", "/appeal/close", 405, "Allow", "POST, OPTIONS"},
		{"OPTIONS", "/support", 204, "Allow", "GET, HEAD, POST, OPTIONS"},
		{"BREW", st.Path(), 405, "", ""},
		{"GET", st.Path() + "/", 301, "Location", st.Path()},
		{"GET", "/city", 301, "Location", "/city/"},
		{"GET", "/fa", 301, "Location", "/fa/"},
		{"GET", "/support/?currency=EUR", 301, "Location", "/support?currency=EUR"},
		{"GET", "/fa" + st.Path(), 404, "", ""},
		{"GET", escaped(strings.TrimPrefix(persian.Path(), "/fa")), 404, "", ""},
		{"GET", "/2026/13/x", 404, "", ""},
		{"GET", "/26/11/x", 404, "", ""},
		{"GET", "/2026/1/x", 404, "", ""},
		{"GET", "/+026/11/x", 404, "", ""},
		{"GET", "/2026/11/%ff", 404, "", ""},
		{"GET", "/2026/11/%00", 404, "", ""},
		{"GET", "/2026/11/a%2fb", 404, "", ""},
		{"GET", "/2026/11/..%2f..%2fetc", 404, "", ""},
		{"GET", "/" + strings.Repeat("a/", 500), 404, "", ""},
		{"GET", "/2020/01/nothing-was-ever-here", 404, "", ""},
		{"GET", "/elsewhere/", 404, "", ""},
		{"GET", "/assets/", 404, "", ""},
		{"GET", "/assets/site.0.js", 404, "", ""},
		{"GET", "/assets/site.000000000000.css", 200, "Cache-Control", "public, no-cache"},
		{"GET", h.site.sheet.path, 200, "Cache-Control", "public, max-age=31536000, immutable"},
		{"GET", "/favicon.ico", 200, "Content-Type", "image/svg+xml"},
		{"GET", "/sitemap/0.xml", 404, "", ""},
		{"GET", "/sitemap/2.xml", 404, "", ""},
		{"GET", "/sitemap/x", 404, "", ""},
		{"GET", "/support/return/nonsense", 404, "", ""},
		{"GET", "/remind/2027-13.ics", 404, "", ""},
		{"GET", "/remind/2027-01", 404, "", ""},
		{"GET", "/remind/stop?t=forged", 403, "", ""},
		{"GET", "/remind/set?r=forged", 403, "", ""},
		{"POST", "/hooks/nobody", 404, "", ""},
	} {
		a := h.do(c.method, c.path, nil)
		if a.StatusCode != c.status || (c.header != "" && a.Header.Get(c.header) != c.want) {
			t.Errorf("%s %s: %d, %s %q; want %d %q", c.method, c.path, a.StatusCode, c.header, a.Header.Get(c.header), c.status, c.want)
		}
		if len(a.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s %s sets a cookie", c.method, c.path)
		}
		if a.StatusCode >= 400 {
			h.examine(t, c.path, a)
		}
	}
}

func TestBodiesThatAreNoForms(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/appeal/close", "/support", "/remind", "/remind/stop", "/supporter"} {
		for body, status := range map[string]int{"a=%zz": 422, "a=%ff": 422, strings.Repeat("a=b&", 100) + "c=d": 200, "a=" + strings.Repeat("x", 10<<20): 413} {
			r, _ := http.NewRequest(http.MethodPost, "https://lantern.example"+path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := &sink{header: http.Header{}}
			h.handler.ServeHTTP(w, r)
			if w.status != status && status != 200 {
				t.Errorf("POST %s with %.20q: %d, want %d", path, body, w.status, status)
			}
		}
	}
}

// Over an onion address there is no TLS, and a cookie that waits for it would
// never come back.
func TestTheNoteComesBackOverTheOnionService(t *testing.T) {
	h := newHouse(t)
	r := httptest.NewRequest(http.MethodPost, "http://lanternxyz.onion/appeal/close", strings.NewReader("page=/x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if c := w.Result().Cookies(); len(c) != 1 || c[0].Secure || !c[0].HttpOnly {
		t.Errorf("the cookie is %v", c)
	}
}

func TestEveryFailureHasAPage(t *testing.T) {
	h := newHouse(t)
	for status, says := range map[int]string{
		400: "That could not be read", 403: "This is not possible", 404: "Nothing is printed at this address", 405: "cannot be used in that way",
		409: "changed meanwhile", 410: "Nothing is printed", 413: "more than we take", 422: "could not be read", 429: "Too many tries",
		500: "The press has stopped", 502: "cannot answer now", 503: "cannot answer now",
	} {
		for _, path := range []string{"/x", "/fa/x"} {
			w := httptest.NewRecorder()
			h.site.Fail(w, httptest.NewRequest(http.MethodGet, path, nil), status, "Said by <us>")
			a := answer{w.Result(), w.Body.String()}
			h.examine(t, path, a)
			if a.StatusCode != status || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%d: %d, %v", status, a.StatusCode, a.Header)
			}
			if path == "/x" {
				has(t, "page", a.text, says, "Said by &lt;us&gt;.", `noindex`)
			} else {
				hasNot(t, "page", a.text, "Said by")
			}
		}
	}
}
