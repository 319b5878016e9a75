package site

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mimeo/internal/prose"
	"mimeo/internal/story"
)

func liveBody(titles ...string) prose.Doc {
	d := prose.Doc{Version: prose.Version}
	for i, title := range titles {
		d.Blocks = append(d.Blocks,
			prose.Block{Kind: prose.Entry, ID: "e" + string(rune('a'+i)), At: begin.Add(time.Duration(i) * time.Minute), Text: prose.Plain(title), Key: i == 0},
			prose.Block{Kind: prose.Paragraph, Text: prose.Plain("What is known of it.")})
	}
	return d
}

// A live story's page is whole without the script, lets that one script of ours
// run, and lists its key events; no other page lets any run.
func TestLivePage(t *testing.T) {
	h := newHouse(t)
	st := h.publish(story.Draft{Headline: "The count, as it happens", Live: true, Body: liveBody("Polls close", "First figures")})
	a := h.ok(st.Path())
	has(t, "live page", a.text, `data-live="/live`+st.Path()+`"`, `<a href="#e-ea">Polls close</a>`, "First figures", `<script type="module" src="/assets/live.`)
	if policy := a.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "; script-src 'self'") {
		t.Errorf("the policy of a live page: %s", policy)
	}
	if policy := h.ok("/").Header.Get("Content-Security-Policy"); strings.Contains(policy, "script-src") {
		t.Errorf("the policy of the front page: %s", policy)
	}
	_, src, _ := strings.Cut(a.text, `src="/assets/live.`)
	name, _, _ := strings.Cut(src, `"`)
	if script := h.ok("/assets/live." + name); !strings.Contains(script.text, "EventSource") {
		t.Errorf("the script: %.80s", script.text)
	}
	plain := h.ferry()
	if got := h.get("/live" + plain.Path()).StatusCode; got != http.StatusNotFound {
		t.Errorf("a story that is not live: %d", got)
	}
}

// Whoever waits is told of a change at once, and is sent home when the server stops.
func TestLiveNews(t *testing.T) {
	h := newHouse(t)
	st := h.publish(story.Draft{Headline: "The count", Live: true, Body: liveBody("Polls close")})
	server := httptest.NewServer(h.handler)
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/live"+st.Path(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := answer.Body.Close(); err != nil {
			t.Error(err)
		}
	}()
	lines := bufio.NewScanner(answer.Body)
	next := func() string {
		for lines.Scan() {
			if lines.Text() != "" {
				return lines.Text()
			}
		}
		return "the end"
	}
	if got := next(); !strings.HasPrefix(got, "retry:") {
		t.Fatalf("at first: %q", got)
	}
	h.site.Touched(story.ChangeStory, "/2024/01/another")
	h.site.Touched(story.ChangeStory, st.Path())
	if got := next(); got != "event: new" {
		t.Errorf("after a change: %q", got)
	}
	h.site.Dismiss()
	if got := next(); got != "data:" {
		t.Errorf("the event's data: %q", got)
	}
	if got := next(); got != "the end" {
		t.Errorf("when the server stops: %q", got)
	}
	if h.site.audience.count != 0 {
		t.Errorf("%d readers still wait", h.site.audience.count)
	}
}
