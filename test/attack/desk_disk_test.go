package attack

import (
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"mimeo/internal/db/dbtest"
)

// withoutADatabase tries everything that a desk writes while nothing can be
// written, mends what is broken, and sends once more what the pages kept.
func withoutADatabase(t *testing.T, n *newsroom, breakIt, mend func()) {
	t.Helper()
	h := n.comes("editor")
	path := h.begins("Before the outage")
	h.writes(path, "text", "The words before it.\n")
	out := h.begins("To be published")
	h.writes(out, "text", "Words to publish.\n")
	story, publish := h.get(path).form(t, "story"), h.get(out+"/publish").form(t, out+"/publish")
	picture := pngOf(t, 40, 30)
	n.get("/")

	breakIt()
	typed := "Typed \"while\" nothing <answers>.\n\nAnd a second paragraph."
	story.Set("text", typed)
	var kept answer
	for range 2 {
		for to, form := range map[string]url.Values{path: story, out + "/publish": publish, path + "/notes": {"words": {typed}}, "/desk/entities/new": {"kind": {"person"}, "name_en": {typed[:30]}}, "/desk/stories/new": {"headline": {"Typed in vain"}, "lang": {"en"}}} {
			a := h.post(to, form)
			away(t, to, a)
			for _, values := range form {
				if got := a.form(t, to); !got.Has("words") && !got.Has("text") && !got.Has("seen") && !got.Has("headline") && !got.Has("name_en") {
					t.Errorf("%s: %q is lost: %.300s", to, values, a.words())
				}
			}
			if to == path {
				kept = a
			}
		}
		a := h.post(path+"/keep", story, "Accept", "application/json")
		if a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, `"error":"`) {
			t.Errorf("keeping: %d %s", a.status, a.body)
		}
		if a := h.brings("x.png", "image/png", picture, "alt", "x"); a.status != http.StatusServiceUnavailable {
			t.Errorf("a picture: %d %.300s", a.status, a.words())
		}
	}
	if n.get("/").status != http.StatusOK {
		t.Error("the front page cannot be read")
	}

	mend()
	until(t, "it is ready again", func() bool { return n.get("/readyz").status == http.StatusOK })
	if to := h.led(path, kept.form(t, path)); to != path {
		t.Errorf("what the page kept leads to %q", to)
	}
	if got := h.get(path).form(t, "story").Get("text"); strings.TrimSpace(got) != strings.ReplaceAll(typed, "<answers>", `\<answers>`) && strings.TrimSpace(got) != typed {
		t.Errorf("saved afterwards: %q", got)
	}
	if base := h.get(path).form(t, "story").Get("base"); base != "3" {
		t.Errorf("the story has revision %s", base)
	}
	if h.public(out) != "" {
		t.Error("a story was published by halves")
	}
	public := h.publishes(out)
	if a := n.get(public); a.status != http.StatusOK || strings.Count(n.get("/feed.json").body, "To be published") < 1 {
		t.Errorf("published afterwards: %d", a.status)
	}
	if a := h.brings("x.png", "image/png", picture, "alt", "x"); a.status != http.StatusSeeOther {
		t.Errorf("the picture: %d %.300s", a.status, a.words())
	}
	if list := h.get("/desk/stories").body; strings.Contains(list, "Typed in vain") {
		t.Error("a story came of what was refused")
	}
}

// TestTheDeskOnAFullDisk lets the files of the newsroom grow no further.
func TestTheDeskOnAFullDisk(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("prlimit"); err != nil {
		t.Skip("prlimit (Debian's util-linux) is not here: writes cannot be made to fail")
	}
	n := start(t)
	limit := func(bytes string) {
		t.Helper()
		if out, err := exec.Command("prlimit", "--pid", strconv.Itoa(n.cmd.Process.Pid), "--fsize="+bytes+":").CombinedOutput(); err != nil {
			t.Fatalf("prlimit: %v: %s", err, out)
		}
	}
	withoutADatabase(t, n, func() { limit("1") }, func() { limit("unlimited") })
	n.comes("editor").get("/desk/search?q=words") // which indexes what is being written
	for _, check := range [][]string{{"story", "corrections", "--check"}, {"staff", "trail", "check"}, {"search", "check"}} {
		if r := n.runs(t, check...); r.code != 0 {
			t.Errorf("%v: %+v", check, r)
		}
	}
	half, err := filepath.Glob(filepath.Join(n.data, "*", "*tmp*"))
	if err != nil || len(half) > 0 {
		t.Errorf("left lying: %v %v", half, err)
	}
}

// TestTheDeskWithoutItsServer takes PostgreSQL away while editors write.
func TestTheDeskWithoutItsServer(t *testing.T) {
	t.Parallel()
	server := dbtest.NewServer(t)
	n := start(t, "--database", server.URL())
	withoutADatabase(t, n, func() { server.Lose(t) }, func() { server.Return(t) })
	h := n.comes("owner")
	for _, to := range []string{
		"/desk/stories/%00", "/desk/stories/%ff", "/desk/statements/%00", "/desk/entities/%00", "/desk/running/%00", "/desk/pictures/%00", "/desk/newsletters/%00", "/desk/issues/%00", "/desk/staff/%00", "/desk/staff/%ff", "/desk/welcome/%00", "/desk/entities?q=%00", "/desk/entities?after=%00",
		"/desk/statements?after=%00", "/desk/pictures?before=%00", "/desk/trail?after=%00", "/desk/search?q=%00", "/desk/front?lang=%00", "/by/%00", "/series/%00", "/people/%00", "/people/%ff", "/statements/%00", "/statements/%ff/card", "/running/%ff", "/2026/11/%00", "/2026/11/%ff", "/search?q=%00", "/search?q=%ff", "/media/%00", "/media/%ff", "/desk/pictures/%ff", "/desk/entities?q=%ff", "/desk/search?q=%ff", "/desk/front?lang=%ff", "/desk/trail?after=%ff", "/demo/%ff", "/%ff", "/fa/%ff", "/by/%ff", "/series/%ff", "/hooks/%ff", "/2026/11/%ff/feed.xml", "/people/%ff/feed.xml",
	} {
		safe(t, to, h.get(to))
	}
	path := h.begins("Zero \x00 bytes")
	safe(t, "zero bytes", h.writes(path, "text", "a\x00b", "bylines", "x\x00", "place", "\x00", "tags", "\x00,\x00", "slug", "\x00"))
	safe(t, "zero bytes in a document", h.post(path, url.Values{"base": {"1"}, "headline": {"x"}, "doc": {`{"version":1,"blocks":[{"kind":"paragraph","text":[{"text":"a\u0000b"}]}]}`}}))
	for _, to := range []string{"/desk/front", "/desk/front/breaking", "/desk/newsletters/flags", path + "/throw", path + "/tasks", "/desk/statements/x/links", "/desk/staff/invite/back", "/desk/me/session/end"} {
		safe(t, to, h.post(to, url.Values{"version": {"0"}, "story": {"\x00"}, "at-\x00": {"1"}, "breaking": {"\x00"}, "hours": {"1"}, "issue": {"\x00"}, "copy": {"\x00"}, "task": {"\x00"}, "other": {"\x00"}, "id": {"\x00"}, "session": {"\x00"}}))
	}
}
