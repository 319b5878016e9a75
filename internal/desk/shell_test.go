package desk

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db/dbtest"
	"mimeo/internal/ident"
	"mimeo/internal/lang"
	"mimeo/internal/staff"
)

func FuzzOnward(f *testing.F) {
	for _, next := range []string{
		"/desk/me", "/desk/stories?state=draft#x", "https://evil.example/", "//evil.example/desk/", "/desk//evil.example", "/\\evil", "/desk/\\..\\",
		"/desk/%5c%5cevil", "javascript:alert(1)", "/desk/\r\nSet-Cookie: a=b", "", "/desk/../", "/desk/in?next=/desk/in", "\t/desk/", "http:/desk/",
	} {
		f.Add(next)
	}
	f.Fuzz(func(t *testing.T, next string) {
		to := onward(next)
		if !strings.HasPrefix(to, "/desk/") || strings.ContainsAny(to, "\\\r\n") {
			t.Fatalf("%q leads to %q", next, to)
		}
		base, err := url.Parse("https://news.example/desk/in")
		if err != nil {
			t.Fatal(err)
		}
		at, err := base.Parse(to)
		if err != nil || at.Host != "news.example" || at.Scheme != "https" || !strings.HasPrefix(at.Path, "/desk/") {
			t.Fatalf("%q leads to %v, %v", next, at, err)
		}
		if onward(to) != to {
			t.Fatalf("%q is not stable: %q, %q", next, to, onward(to))
		}
	})
}

func FuzzFlash(f *testing.F) {
	f.Add("eyJpIjoiZGVzay5kb25lIn0")
	f.Add("eyJpIjoiZGVzay50aXRsZSIsImEiOlsiUGFnZSJdfQ")
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequest(http.MethodGet, "/desk/", nil)
		r.Header.Set("Cookie", flashName+"="+value)
		words, err := lang.Load()
		if err != nil {
			t.Fatal(err)
		}
		v := &visit{Words: words.For("en"), said: readFlash(r)}
		_ = v.Said()
	})
}

func shell(t testing.TB, base string) *Desk {
	t.Helper()
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	now := dbtest.NewClock(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)).Now
	door, err := staff.New(dbtest.Open(t, dbtest.SQLiteURL(t), now), ident.NewSource(now, rand.Reader),
		staff.Options{Now: now, Random: rand.Reader, Base: base, Newsroom: "The Lantern"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(Options{Base: base, Site: base, Newsroom: "The Lantern", Names: map[string]string{"fa": "فانوس"}, Now: now, Words: words, Door: door, Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func request(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://news.example"+path, strings.NewReader(""))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestTheKeyIsForTheBrowserAlone(t *testing.T) {
	for base, want := range map[string]string{
		"https://news.example":  "__Host-desk=k; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Lax",
		"http://localhost:8080": "desk=k; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax",
	} {
		w := httptest.NewRecorder()
		shell(t, base).admit(w, "k")
		if got := w.Header().Get("Set-Cookie"); got != want {
			t.Errorf("%s: %q", base, got)
		}
	}
}

func TestEveryAnswerIsClosedTight(t *testing.T) {
	d := shell(t, "https://news.example")
	for _, path := range []string{"/desk/", "/desk/in", "/desk/nowhere", "/desk/staff"} {
		h := request(d, http.MethodGet, path).Header()
		if h.Get("Content-Security-Policy") != policy || h.Get("Cache-Control") != "no-store" || h.Get("X-Robots-Tag") != "noindex" ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: %v", path, h)
		}
	}
	for _, loose := range []string{"unsafe", "*", "http:", "https:"} {
		if strings.Contains(policy, loose) {
			t.Errorf("the policy has %q", loose)
		}
	}
}

func TestFilesAreKeptForEverUnderTheirOwnNameAlone(t *testing.T) {
	d := shell(t, "https://news.example")
	path := d.assetPath("desk.css")
	w := request(d, http.MethodGet, path, "Accept-Encoding", "gzip")
	if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("%s: %d %v", path, w.Code, w.Header())
	}
	old := request(d, http.MethodGet, "/desk/assets/desk.000000000000.css")
	if old.Code != http.StatusOK || old.Header().Get("Cache-Control") != "no-cache" || !strings.Contains(old.Body.String(), ":root") {
		t.Errorf("an older name: %d %v", old.Code, old.Header())
	}
	for _, name := range []string{"nothing.css", "desk", "..css", "desk.css.map"} {
		if w := request(d, http.MethodGet, "/desk/assets/"+name); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

func TestTheDeskSpeaksTheBrowsersLanguage(t *testing.T) {
	d := shell(t, "https://news.example")
	for header, want := range map[string]string{
		"": `lang="en" dir="ltr"`, "fa-IR,fa;q=0.9": `lang="fa" dir="rtl"`, "xx, ru;q=0.5": `lang="ru" dir="ltr"`, "ar": `lang="ar" dir="rtl"`,
		"nonsense;;q=": `lang="en"`, "tlh": `lang="en"`,
	} {
		if body := request(d, http.MethodGet, "/desk/in", "Accept-Language", header).Body.String(); !strings.Contains(body, want) {
			t.Errorf("%q: no %s", header, want)
		}
	}
	if body := request(d, http.MethodGet, "/desk/in", "Accept-Language", "fa").Body.String(); !strings.Contains(body, "فانوس") {
		t.Error("the newsroom's name is not in the language")
	}
	w := request(d, http.MethodPost, "/desk/me/session/end", "Accept", "application/json", "Accept-Language", "ru")
	if w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), `"error":"Вы вышли`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := request(d, http.MethodDelete, "/desk/me"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD, POST, OPTIONS" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// An error of a form must not lose what was sent, and the page before has it:
// so a POST is answered on the spot and never led elsewhere.
func TestWhatIsSentWithoutASessionIsAnsweredOnTheSpot(t *testing.T) {
	d := shell(t, "https://news.example")
	w := request(d, http.MethodPost, "/desk/me")
	if w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "come in again in a new tab") || !strings.Contains(w.Body.String(), `target="_blank"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = request(d, http.MethodGet, "/desk/trail?before=7")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/desk/in?next=%2Fdesk%2Ftrail%3Fbefore%3D7" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
