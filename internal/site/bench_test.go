package site

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// measure runs one request after another and reports the processor's time for
// each, which is steadier than the clock on a busy machine.
func measure(b *testing.B, run func()) {
	b.Helper()
	b.ReportAllocs()
	before := processorTime(b)
	n := 0
	for b.Loop() {
		run()
		n++
	}
	b.ReportMetric(float64(processorTime(b)-before)/float64(n), "cpu-ns/op")
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// sink is a ResponseWriter that keeps nothing.
type sink struct {
	header http.Header
	status int
	n      int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { s.n += len(p); return len(p), nil }
func (s *sink) reset()                      { clear(s.header); s.status, s.n = 0, 0 }

// longStory is a story whose page is of about 60 kB.
func (h *house) longStory() story.Story {
	words := strings.Fields("the council said on Monday that it had read the report and would answer each of its points in writing " +
		"before the end of the month while the harbour master denied that any reading was held back according to a log seen by us")
	var paragraphs []string
	for i := range 130 {
		var b strings.Builder
		for j := range 75 {
			fmt.Fprintf(&b, "%s ", words[(i*i*7+j*(i+3)+j*j)%len(words)])
			if j%11 == i%11 {
				fmt.Fprintf(&b, "%d ", i*j*37%1009)
			}
		}
		paragraphs = append(paragraphs, strings.TrimSpace(b.String())+".")
	}
	return h.publish(story.Draft{Headline: "A long story of the harbour", Section: "city", Bylines: []string{"Ada Ferry"}, Body: prose.Paragraphs(paragraphs...)})
}

func browserRequest(path string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "https://lantern.example"+path, nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	r.Header.Set("Cookie", "other=1; ask=closed.2020-01-01")
	return r
}

// BenchmarkArticleReady is one request for a page that lies ready, with the
// decision made for its reader: everything but net/http's own part.
func BenchmarkArticleReady(b *testing.B) {
	h := newHouse(b)
	st := h.longStory()
	r, w := browserRequest(st.Path()), &sink{header: http.Header{}}
	for range 10 { // packed tightly by then, or soon
		h.handler.ServeHTTP(w, r)
	}
	h.settle()
	measure(b, func() {
		w.reset()
		h.draw.Add(1)
		h.handler.ServeHTTP(w, r)
	})
	b.ReportMetric(float64(w.n), "bytes")
}

// BenchmarkArticleBare is the same bytes from a handler that does nothing else.
func BenchmarkArticleBare(b *testing.B) {
	h := newHouse(b)
	st := h.longStory()
	r, w := browserRequest(st.Path()), &sink{header: http.Header{}}
	h.handler.ServeHTTP(w, r)
	body := make([]byte, w.n)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{year}/{month}/{slug}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Encoding", "br")
		w.Write(body)
	})
	measure(b, func() {
		w.reset()
		mux.ServeHTTP(w, r)
	})
}

// BenchmarkArticleFirst is the first request for a page: found, rendered,
// decided upon and packed.
func BenchmarkArticleFirst(b *testing.B) {
	h := newHouse(b)
	st := h.longStory()
	r, w := browserRequest(st.Path()), &sink{header: http.Header{}}
	measure(b, func() {
		w.reset()
		h.site.Touched(story.ChangeStory, st.Path())
		h.handler.ServeHTTP(w, r)
	})
	b.ReportMetric(float64(w.n), "bytes")
}

// BenchmarkFrontFirst is the first request for a front page.
func BenchmarkFrontFirst(b *testing.B) {
	h := newHouse(b)
	for i := range 30 {
		h.publish(story.Draft{Headline: fmt.Sprintf("Story number %d of the harbour", i), Section: []string{"city", "economy"}[i%2], Body: prose.Paragraphs("One paragraph.")})
	}
	r, w := browserRequest("/"), &sink{header: http.Header{}}
	measure(b, func() {
		w.reset()
		h.site.Touched(story.ChangeList, "en/")
		h.handler.ServeHTTP(w, r)
	})
}

// settle waits until what was to be done behind the readers' backs is done.
func (h *house) settle() {
	h.t.Helper()
	done := make(chan struct{})
	h.site.behind(func(context.Context) { close(done) }, func() { h.t.Error("too many errands wait") })
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		h.t.Fatal("what is done behind the readers' backs does not end")
	}
}
