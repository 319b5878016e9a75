package site

import (
	"context"
	_ "embed"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/web"
)

// A live story's page is the whole of it: who reloads sees what is new. One
// small script of ours spares readers that; nothing needs it. It keeps one
// request open on which the newsroom says that there is something new, and then
// fetches the page.

//go:embed live.js
var liveScript string

const (
	listeners  = 2_000           // at a time; who comes later reloads
	liveFor    = 9 * time.Minute // of one request; the browser opens another
	livePulse  = 25 * time.Second
	liveRetry  = "retry: 15000\n\n"
	liveNew    = "event: new\ndata:\n\n"
	livePolicy = "; script-src 'self'"
)

// audience are the readers who wait for something new, by the path of the
// story they read.
type audience struct {
	mu    sync.Mutex
	all   map[string]map[chan struct{}]bool
	count int
	ended chan struct{}
	once  sync.Once
}

func newAudience() *audience {
	return &audience{all: map[string]map[chan struct{}]bool{}, ended: make(chan struct{})}
}

// join lets a reader wait; leave ends it. ok is false when there is no room.
func (a *audience) join(path string) (news chan struct{}, leave func(), ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.count >= listeners {
		return nil, nil, false
	}
	news = make(chan struct{}, 1)
	if a.all[path] == nil {
		a.all[path] = map[chan struct{}]bool{}
	}
	a.all[path][news] = true
	a.count++
	return news, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.all[path], news)
		if len(a.all[path]) == 0 {
			delete(a.all, path)
		}
		a.count--
	}, true
}

// tell says to the readers of a story that it has changed.
func (a *audience) tell(path string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for news := range a.all[path] {
		select {
		case news <- struct{}{}:
		default: // they have not yet heard of the last one
		}
	}
}

// end sends everybody home.
func (a *audience) end() { a.once.Do(func() { close(a.ended) }) }

// Dismiss ends the requests that wait for news, so that a server that stops
// need not wait for them.
func (s *Site) Dismiss() { s.audience.end() }

// live is the request that waits for news of a story.
func (s *Site) live(e *edition, w http.ResponseWriter, r *http.Request) error {
	st, err := s.storyAt(r.Context(), e, e.prefix+strings.TrimPrefix(r.URL.Path, e.prefix+"/live"))
	if err != nil {
		return err
	}
	if !st.Live {
		return errMissing
	}
	news, leave, ok := s.audience.join(st.Path())
	if !ok {
		return fault.Unavailablef("Too many readers wait for news here. Reload the page instead")
	}
	defer leave()
	h := w.Header()
	s.headers.Apply(h)
	h["Cache-Control"] = cacheNever
	h["Content-Type"] = []string{"text/event-stream; charset=utf-8"}
	h["X-Accel-Buffering"] = []string{"no"}
	control := http.NewResponseController(w)
	if err := control.SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	w.WriteHeader(http.StatusOK)
	say := func(words string) bool {
		if _, err := w.Write([]byte(words)); err != nil {
			return false
		}
		return control.Flush() == nil
	}
	if !say(liveRetry) {
		return nil
	}
	s.follow(r.Context(), news, say)
	return nil
}

// follow says what happens until the reader is gone or the time is up.
func (s *Site) follow(ctx context.Context, news <-chan struct{}, say func(string) bool) {
	pulse := time.NewTicker(livePulse)
	defer pulse.Stop()
	end := time.NewTimer(liveFor)
	defer end.Stop()
	for {
		words := ":\n\n"
		select {
		case <-ctx.Done():
			return
		case <-s.audience.ended:
			return
		case <-end.C:
			return
		case <-news:
			words = liveNew
		case <-pulse.C:
		}
		if !say(words) {
			return
		}
	}
}

// liveAt is where news of the story at a path is waited for.
func (e *edition) liveAt(path string) string {
	return e.prefix + "/live" + escaped(strings.TrimPrefix(path, e.prefix))
}

// newScript is the file that a live page may bring.
func newScript() (asset, error) {
	return newAsset("live", "js", "text/javascript; charset=utf-8", liveScript)
}

// liveHeaders are those of pages that bring it.
func liveHeaders(https bool) *web.Headers { return web.NewHeaders(web.Policy()+livePolicy, https) }

// keyEvents are links to the entries of a live story that an editor marked.
func keyEvents(body prose.Doc) (all []link) {
	for _, e := range body.Entries() {
		if e.Key && e.ID != "" && e.Title != "" {
			all = append(all, link{Path: "#e-" + e.ID, Label: e.Title})
		}
	}
	return all
}
