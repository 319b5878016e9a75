package site

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"mimeo/internal/appeal"
	"mimeo/internal/story"
)

func unpack(t *testing.T, a answer) string {
	t.Helper()
	var r io.Reader = strings.NewReader(a.text)
	switch a.Header.Get("Content-Encoding") {
	case "br":
		r = brotli.NewReader(r)
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		r = z
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryCodingHoldsTheSamePage(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	for _, path := range []string{st.Path(), "/", "/feed.xml", "/support", h.site.sheet.path} {
		plain := h.ok(path)
		if plain.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: unasked coding", path)
		}
		for coding, want := range map[string]string{"br": "br", "gzip": "gzip", "gzip, deflate, br": "br", "br;q=0, gzip;q=0.5": "gzip", "zstd": "", "*": "gzip", "identity": ""} {
			for range 4 { // quickly packed, then tightly
				a := h.ok(path, "Accept-Encoding", coding)
				h.settle()
				if got := a.Header.Get("Content-Encoding"); got != want {
					t.Errorf("%s, %q: %q", path, coding, got)
				}
				if !strings.Contains(a.Header.Get("Vary"), "Accept-Encoding") {
					t.Errorf("%s: Vary is %q", path, a.Header.Get("Vary"))
				}
				if path != "/support" && unpack(t, a) != plain.text { // each form has a key of its own
					t.Errorf("%s, %q: another page", path, coding)
				}
			}
		}
	}
}

func TestHeadIsGetWithoutBodyAndCountsNothing(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	for _, path := range []string{st.Path(), "/", "/feed.xml", "/support", "/robots.txt", h.site.sheet.path, "/about/money", "/sitemap.xml"} {
		for _, coding := range []string{"br", "identity"} {
			head := h.do(http.MethodHead, path, nil, "Accept-Encoding", coding)
			get := h.ok(path, "Accept-Encoding", coding)
			if head.StatusCode != http.StatusOK || head.text != "" {
				t.Errorf("HEAD %s: %d, %d bytes", path, head.StatusCode, len(head.text))
			}
			for _, name := range []string{"Content-Type", "Content-Encoding", "Etag", "Cache-Control"} {
				if head.Header.Get(name) != get.Header.Get(name) {
					t.Errorf("%s: %s is %q for HEAD and %q for GET", path, name, head.Header.Get(name), get.Header.Get(name))
				}
			}
		}
	}
	if n := h.counts()[appeal.Impression]; n != 2 {
		t.Errorf("%d impressions, want 2", n)
	}
}

// counts adds up what was counted, by event.
func (h *house) counts() map[appeal.Event]int64 {
	h.t.Helper()
	if err := h.appeals.Flush(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	all, _, err := h.appeals.Report(context.Background(), begin.AddDate(0, 0, -1), begin.AddDate(1, 0, 0))
	if err != nil {
		h.t.Fatal(err)
	}
	sum := map[appeal.Event]int64{}
	for _, c := range all {
		sum[c.Event] += c.N
	}
	return sum
}

func TestUnchangedPagesAreNotSentAgain(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	a := h.ok(st.Path())
	tag := a.Header.Get("Etag")
	if !strings.HasPrefix(tag, `W/"`) {
		t.Fatalf("Etag is %q", tag)
	}
	for value, want := range map[string]int{
		tag: 304, strings.TrimPrefix(tag, "W/"): 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200, "": 200, "W/": 200, tag[:len(tag)-2] + `"`: 200,
	} {
		if got := h.get(st.Path(), "If-None-Match", value); got.StatusCode != want || (want == 304 && got.text != "") {
			t.Errorf("If-None-Match %s: %d", value, got.StatusCode)
		}
	}
	closed := h.ok(st.Path(), "Cookie", "ask=monthly")
	if closed.Header.Get("Etag") == tag {
		t.Error("the page with and without the appeal have one tag")
	}
	if got := h.get(st.Path(), "If-None-Match", tag, "Cookie", "ask=monthly"); got.StatusCode != 200 {
		t.Errorf("another view was called unchanged")
	}
}

func TestPagesWithADecisionAreNobodyElses(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	a := h.ok(st.Path())
	if a.Header.Get("Cache-Control") != "private, no-cache" || a.Header.Get("Vary") != "Accept-Encoding, Cookie" {
		t.Errorf("%q, %q", a.Header.Get("Cache-Control"), a.Header.Get("Vary"))
	}
	if a := h.ok("/support"); a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the form: %q", a.Header.Get("Cache-Control"))
	}
}

func TestADuePageIsRenewedBehindTheReaders(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	first := h.ok(st.Path())
	token := hidden(t, first.text, "t")
	h.clock.Advance(61 * time.Minute)
	stale := h.ok(st.Path())
	if hidden(t, stale.text, "t") != token {
		t.Error("a reader waited for a page that was only due")
	}
	h.settle()
	if hidden(t, h.ok(st.Path()).text, "t") == token {
		t.Error("the page was not renewed")
	}
	h.clock.Advance(48 * time.Hour)
	fresh := h.ok(st.Path())
	origin, err := h.site.tokens.Read(hidden(t, fresh.text, "t"))
	if err != nil || !origin.Hour.Equal(h.clock.Now().Truncate(time.Hour)) {
		t.Errorf("a dead page was shown: %v %v", origin, err)
	}
}

// A page that was begun before a change and finished after it must not stay.
func TestAPageOvertakenByAChangeIsNotKept(t *testing.T) {
	s := newShelf(1 << 20)
	epoch := s.now()
	s.drop("anything")
	s.put(&kept{path: "/old"}, epoch)
	if s.find("/old") != nil {
		t.Error("it was kept")
	}
	s.put(&kept{path: "/new"}, s.now())
	if s.find("/new") == nil {
		t.Error("one begun after the change was not kept")
	}
}

func TestShelfStaysWithinItsBound(t *testing.T) {
	const each = 10_000
	s := newShelf(20 * (each + overhead))
	for i := range 1000 {
		k := &kept{path: "/" + strings.Repeat("x", i%97) + string(rune('a'+i%26)), head: make([]byte, each)}
		s.put(k, s.now())
		s.find("/favourite")
		if i == 0 {
			s.put(&kept{path: "/favourite", head: make([]byte, each)}, s.now())
		}
		s.grew(k, i%3*500)
		var sum int64
		for _, k := range s.pages {
			sum += k.size
		}
		if sum != s.size || s.size > s.limit || len(s.pages) != len(s.order) {
			t.Fatalf("after %d pages: %d bytes counted, %d held, bound %d, %d pages, %d in order", i, s.size, sum, s.limit, len(s.pages), len(s.order))
		}
	}
	if s.find("/favourite") == nil {
		t.Error("the page that was asked for most was dropped")
	}
	s.put(&kept{path: "/huge", head: make([]byte, 30*each)}, s.now())
	if s.find("/huge") != nil || s.size > s.limit {
		t.Error("a page larger than the shelf was kept")
	}
}

func TestManyReadersAtOnce(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Memory = 30_000 })
	var paths []string
	for range 10 {
		st := h.ferry()
		paths = append(paths, st.Path())
	}
	paths = append(paths, "/", "/city/", "/feed.json", "/nothing")
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 60 {
				path := paths[(i*7+n)%len(paths)]
				r := httptest.NewRequest(http.MethodGet, "https://lantern.example"+path, nil)
				r.Header.Set("Accept-Encoding", []string{"br", "gzip", "identity"}[i%3])
				w := httptest.NewRecorder()
				h.draw.Add(1)
				h.handler.ServeHTTP(w, r)
				if want := map[bool]int{true: 404, false: 200}[path == "/nothing"]; w.Code != want {
					t.Errorf("%s: %d", path, w.Code)
				}
				if i%20 == 0 {
					h.site.Touched(story.ChangeList, "en/")
					h.site.Touched(story.ChangeStory, path)
				}
			}
		})
	}
	all.Wait()
}

// What a page that lies ready costs beside what net/http's mux allocates.
func TestAReadyPageAllocatesNothing(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	r := browserRequest(st.Path())
	w := &sink{header: http.Header{}}
	e := h.site.editions[0]
	serve := func() {
		w.reset()
		if err := h.site.article(e, w, r); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		serve()
		h.settle()
	}
	if n := testing.AllocsPerRun(200, serve); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPackedTightlyIsSmaller(t *testing.T) {
	h := newHouse(t)
	st := h.longStory()
	first := h.ok(st.Path(), "Accept-Encoding", "br")
	h.ok(st.Path(), "Accept-Encoding", "br")
	h.settle()
	later := h.ok(st.Path(), "Accept-Encoding", "br")
	if len(later.text) >= len(first.text) || !bytes.Equal([]byte(unpack(t, first)), []byte(unpack(t, later))) {
		t.Errorf("%d bytes at first, %d later", len(first.text), len(later.text))
	}
}
