package attack

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// follow goes where addresses lead, and wants an end of it.
func (n *newsroom) follow(path string) answer {
	n.t.Helper()
	for range 5 {
		a := n.get(path)
		if a.status < 300 || a.status >= 400 {
			return a
		}
		path = a.to()
	}
	n.t.Errorf("%s leads round and round", path)
	return answer{}
}

// TestRenamesInCircles gives things one another's addresses, and back again.
func TestRenamesInCircles(t *testing.T) {
	t.Parallel()
	n := start(t)
	h := n.comes("owner")
	entity := func(name, slug string) (path string) {
		return h.led("/desk/entities/new", url.Values{"kind": {"person"}, "name_en": {name}, "slug": {slug}, "base": {"0"}})
	}
	rename := func(path, slug string) int {
		f := h.get(path).form(t, path)
		f.Set("slug", slug)
		return h.post(path, f).status
	}
	one, two := entity("Ann One", "ann-one"), entity("Bob Two", "bob-two")
	story := h.begins("They spoke")
	h.writes(story, "text", "Ann said this is so. Bob said that is so.\n")
	for _, s := range [][2]string{{"Ann One", "this is so"}, {"Bob Two", "that is so"}} {
		f := h.get(story+"/statements/new?words="+url.QueryEscape(s[1])).form(t, story+"/statements/new")
		f.Set("who", s[0])
		if a := h.post(story+"/statements/new", f); a.status != http.StatusSeeOther {
			t.Fatalf("%d %.300s", a.status, a.words())
		}
	}
	h.publishes(story)
	for i, slug := range []string{"ann-two", "ann-one", "ann-two", "ann-one", "bob-two", "ann-one"} {
		status := rename(one, slug)
		if status >= 500 || slug == "bob-two" && status == http.StatusSeeOther {
			t.Errorf("renaming %d: %d", i, status)
		}
		for _, slug := range []string{"ann-one", "ann-two"} {
			if a := n.follow("/people/" + slug); a.status >= 500 || i == 1 && slug == "ann-one" && !strings.Contains(a.words(), "Ann One") {
				t.Errorf("after renaming %d, /people/%s: %d %.200s", i, slug, a.status, a.words())
			}
		}
	}
	id := func(path string) string { return strings.TrimPrefix(path, "/desk/entities/") }
	for _, m := range [][2]string{{one, two}, {two, one}, {one, one}, {one, two}} {
		safe(t, "merging", h.post(m[0]+"/merge", url.Values{"into": {id(m[1])}, "reason": {"the same"}}))
		for _, path := range []string{one, two} {
			safe(t, path, h.get(path))
		}
		for _, slug := range []string{"ann-one", "ann-two", "bob-two"} {
			if a := n.follow("/people/" + slug); a.status >= 500 {
				t.Errorf("/people/%s: %d", slug, a.status)
			}
		}
	}

	path := h.begins("An address that moves")
	h.writes(path, "text", "Words.", "slug", "first")
	public := h.publishes(path)
	for i, slug := range []string{"second", "first", "third", "first"} {
		h.writes(path, "slug", slug, "text", fmt.Sprint("Words, ", i))
		f := h.get(path+"/correct").form(t, path+"/correct")
		f.Set("kind", "fact")
		f.Set("text", "A note.")
		corrected := h.post(path+"/correct", f)
		if a := n.follow(public); a.status != http.StatusOK || corrected.status == http.StatusSeeOther != strings.Contains(a.body, fmt.Sprint("Words, ", i)) {
			t.Errorf("after %q: %s is %d %.200s", slug, public, a.status, a.words())
		}
	}
	for i := range 3 {
		slug := []string{"run-a", "run-b", "run-a"}[i]
		f := url.Values{"base": {"0"}, "slug": {slug}, "title_en": {"Running"}}
		safe(t, "running", h.post("/desk/running/new", f))
	}
}

// TestTheClockGoesBack: a day that is lived twice changes no order of what was
// done, loses nothing and lets everybody work.
func TestTheClockGoesBack(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	n := startOn(t, data)
	h := n.comes("editor")
	path := h.begins("Written on the 22nd")
	h.writes(path, "text", "Words.")
	public := h.publishes(path)
	n.get("/")
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-n.exited

	back, err := launch(t, data, command("serve", "--demo", "--data", data, "--listen", "127.0.0.1:0", "--at", "2026-11-20T10:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(back.kill)
	n = back
	h = n.comes("editor")
	for _, at := range []string{public, "/", "/feed.json", "/feed.xml", "/sitemap-news.xml", "/corrections"} {
		safe(t, at, n.get(at))
		if a := n.get(at); a.status != http.StatusOK {
			t.Errorf("%s: %d", at, a.status)
		}
	}
	if a := h.writes(path, "text", "Words, mended."); a.status != http.StatusSeeOther {
		t.Errorf("saving: %d %.300s", a.status, a.words())
	}
	f := h.get(path+"/correct").form(t, path+"/correct")
	f.Set("kind", "fact")
	f.Set("text", "A note of the day before.")
	if a := h.post(path+"/correct", f); a.status != http.StatusSeeOther {
		t.Errorf("correcting: %d %.300s", a.status, a.words())
	}
	if page := n.get(public).body; !strings.Contains(page, "Words, mended.") || !strings.Contains(page, "A note of the day before.") {
		t.Error("readers do not have the correction")
	}
	again := h.begins("Written on the 20th")
	h.writes(again, "text", "More words.")
	h.publishes(again)
	for _, at := range []string{"", "/history", "/diff?a=1&b=3", "/correct"} {
		safe(t, at, h.get(path+at))
	}
	if list := h.get("/desk/stories").body; !strings.Contains(list, "Written on the 20th") || !strings.Contains(list, "Written on the 22nd") {
		t.Error("a story is gone from the list")
	}
	for _, check := range [][]string{{"ledger", "check"}, {"staff", "trail", "check"}, {"story", "corrections", "--check"}} {
		if r := n.runs(t, check...); r.code != 0 {
			t.Errorf("%v: %+v", check, r)
		}
	}
	untraced(t, "the log", n.log.String())
}
