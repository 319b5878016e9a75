package attack

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestStoppingBesideAReaderOfALiveStory: whoever waits for news of a live story
// is sent home by a newsroom that stops, which does not wait for them.
func TestStoppingBesideAReaderOfALiveStory(t *testing.T) {
	t.Parallel()
	n := start(t)
	editor := n.comes("editor")
	path := editor.begins("The count")
	editor.writes(path, "text", "It begins.", "live", "1")
	public := editor.publishes(path)
	if page := n.get(public).body; !strings.Contains(page, `data-live="/live`+public+`"`) {
		t.Fatalf("%s is not live: %.300s", public, page)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.origin+"/live"+public, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := http.DefaultClient.Do(request)
	if err != nil || waiting.StatusCode != http.StatusOK {
		t.Fatalf("waiting for news: %v %v", waiting, err)
	}
	defer func() { _ = waiting.Body.Close() }() // the server has closed its end
	asked := time.Now()
	n.end(t)
	<-n.exited
	if took := time.Since(asked); took > 8*time.Second { // the grace that it gives to others is ten
		t.Errorf("the newsroom waited %v for somebody who waited for it", took)
	}
}
