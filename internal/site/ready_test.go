package site

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"mimeo/internal/story"
)

func TestReadyLeavesTheRestToTheRoutes(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	path := st.Path()
	passed := false
	ready := h.site.Ready(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		passed = true
		w.WriteHeader(http.StatusTeapot)
	}))
	ask := func(method, to string) int {
		passed = false
		rec := httptest.NewRecorder()
		ready.ServeHTTP(rec, httptest.NewRequest(method, to, nil))
		return rec.Code
	}
	if ask(http.MethodGet, path); !passed {
		t.Error("a page that nobody asked for before lay ready")
	}
	h.ok(path)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		if code := ask(method, path); passed || code != http.StatusOK {
			t.Errorf("%s: %d, passed on: %v", method, code, passed)
		}
	}
	for _, c := range [][2]string{
		{http.MethodPost, path},
		{http.MethodOptions, path},
		{http.MethodGet, path + "?" + saveQuery},
		{http.MethodGet, path + "/"},
		{http.MethodGet, "/about/data"},
	} {
		if ask(c[0], c[1]); !passed {
			t.Errorf("%s %s was answered from the shelf", c[0], c[1])
		}
	}
	h.clock.Advance(48 * time.Hour)
	if ask(http.MethodGet, path); !passed {
		t.Error("a dead page was shown")
	}
	h.ok(path)
	h.site.Touched(story.ChangeStory, path)
	if ask(http.MethodGet, path); !passed {
		t.Error("a page was shown whose story has changed")
	}
}

// Nobody waits for a page to be decided upon or packed again because an hour
// has passed.
func TestARenewedPageHasTheViewsThatReadersAskedFor(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	path := st.Path()
	for n := range uint64(50) { // both wordings
		h.draw.Store(n << 56)
		h.ok(path, "Accept-Encoding", "br")
	}
	h.ok(path, "Accept-Encoding", "gzip", "Cookie", "ask=monthly")
	before := h.site.shelf.find(path)
	h.clock.Advance(time.Hour)
	h.ok(path)
	h.settle()
	after := h.site.shelf.find(path)
	if after == nil || after == before {
		t.Fatal("the page was not renewed")
	}
	old, renewed := *before.views.Load(), after.views.Load()
	if renewed == nil || len(*renewed) != len(old) || len(old) < 3 {
		t.Fatalf("%d views before, after: %v", len(old), renewed)
	}
	for _, o := range old {
		v := after.find(o.rules, o.words, o.closed)
		if v == nil {
			t.Fatal("a view is missing")
		}
		for _, c := range []coding{inBrotli, inGzip} {
			p := v.packed(c).Load()
			if (o.packed(c).Load() != nil) != (p != nil) || (p != nil && !p.tight) {
				t.Errorf("coding %d was not kept ready", c)
			}
		}
		if v.words != nil && string(v.middle) == string(o.middle) {
			t.Error("the token of the past hour is still there")
		}
	}
	if after.size != after.weight() || h.site.shelf.size < after.size {
		t.Errorf("the shelf counts %d bytes, the page has %d", after.size, after.weight())
	}
}

// A page that was overtaken by a change while it was renewed is renewed again,
// not shown until it dies.
func TestARenewalOvertakenByAChangeIsTriedAgain(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	path := st.Path()
	h.ok(path)
	k := h.site.shelf.find(path)
	anew := k.anew
	k.anew = func(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
		s.Touched(story.ChangeList, "en/economy") // another story, meanwhile
		return anew(ctx, s, e, path)
	}
	h.clock.Advance(time.Hour)
	h.ok(path)
	h.settle()
	if h.site.shelf.find(path) != k {
		t.Fatal("a page that was overtaken by a change was kept")
	}
	k.anew = anew
	h.ok(path)
	h.settle()
	if h.site.shelf.find(path) == k {
		t.Error("the page was never renewed")
	}
}
