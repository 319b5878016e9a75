package attack

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// together has every hand post its form at one moment.
func together(t *testing.T, hands []*hand, path string, form func(i int) url.Values) []answer {
	t.Helper()
	got := make([]answer, len(hands))
	errs := make([]error, len(hands))
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i, h := range hands {
		f := form(i)
		all.Go(func() {
			<-begin
			got[i], errs[i] = h.try(http.MethodPost, path, f.Encode(), "Cookie", h.cookie)
		})
	}
	close(begin)
	all.Wait()
	for i, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
		untraced(t, path, got[i].body)
		if got[i].status >= 500 {
			t.Fatalf("%s: %d %.300s", path, got[i].status, got[i].words())
		}
	}
	return got
}

// TestTwoEditorsAtOnce: one is first, the others are told, and no text is lost.
func TestTwoEditorsAtOnce(t *testing.T) {
	t.Parallel()
	n := start(t)
	var hands []*hand
	for _, role := range []string{"editor", "owner", "editor", "owner", "editor", "owner"} {
		hands = append(hands, n.comes(role))
	}
	h := hands[0]
	path := h.begins("At once")

	h.writes(path, "text", "The text of nobody.")
	base := h.get(path).form(t, "story")
	first := 0
	for i, a := range together(t, hands, path, func(i int) url.Values {
		return url.Values{"base": base["base"], "headline": {"At once"}, "text": {fmt.Sprintf("The text of hand %d.", i)}, "copy": {fmt.Sprint("window", i)}}
	}) {
		switch {
		case a.status == http.StatusSeeOther && strings.HasPrefix(a.to(), path+"/merge?side="):
			if page := h.get(a.to()); !strings.Contains(page.body, fmt.Sprintf("The text of hand %d.", i)) {
				t.Errorf("the text of hand %d is not beside: %d %.300s", i, page.status, page.words())
			}
		case a.status == http.StatusSeeOther:
			first++
		default:
			t.Errorf("saving: %d %.300s", a.status, a.words())
		}
	}
	if first != 1 {
		t.Errorf("%d of the texts were saved over one another", first)
	}
	for _, a := range together(t, hands, path+"/submit", func(int) url.Values { return h.get(path).form(t, path+"/submit") }) {
		if a.status != http.StatusSeeOther && a.status != http.StatusConflict {
			t.Errorf("submitting: %d %.300s", a.status, a.words())
		}
	}
	for _, a := range together(t, hands, path+"/approve", func(int) url.Values { return h.get(path).form(t, path+"/approve") }) {
		if a.status != http.StatusSeeOther && a.status != http.StatusConflict && a.status != http.StatusForbidden { // nobody approves what they saved
			t.Errorf("approving: %d %.300s", a.status, a.words())
		}
	}
	out := h.get(path+"/publish").form(t, path+"/publish")
	for _, a := range together(t, hands, path+"/publish", func(int) url.Values { return out }) {
		if a.status != http.StatusSeeOther {
			t.Errorf("publishing: %d %.300s", a.status, a.words())
		}
	}
	public := h.public(path)
	if feed := n.get("/feed.json").body; strings.Count(feed, public+`"`) < 1 || strings.Count(feed, `"title":"At once"`) != 1 {
		t.Errorf("the feed has it %d times", strings.Count(feed, `"title":"At once"`))
	}

	if a := h.writes(path, "headline", "At once, mended"); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	correct := h.get(path+"/correct").form(t, path+"/correct")
	first = 0
	for i, a := range together(t, hands, path+"/correct", func(i int) url.Values {
		return url.Values{"seen": correct["seen"], "kind": {"fact"}, "text": {fmt.Sprintf("Note of hand %d.", i)}, "reason": {"r"}}
	}) {
		switch {
		case a.status == http.StatusSeeOther:
			first++
		case a.status != http.StatusConflict || !strings.Contains(a.body, fmt.Sprintf("Note of hand %d.", i)):
			t.Errorf("correcting: %d %.300s", a.status, a.words())
		}
	}
	notes := 0
	for i := range hands {
		if strings.Contains(n.get(public).body, fmt.Sprintf("Note of hand %d.", i)) {
			notes++
		}
	}
	if first != 1 || notes != 1 {
		t.Errorf("%d corrections were made, %d notes stand on the page", first, notes)
	}

	arranged := h.get("/desk/front").form(t, "/desk/front")
	ids := arranged["story"]
	first = 0
	for _, a := range together(t, hands, "/desk/front", func(i int) url.Values {
		return url.Values{"lang": {"en"}, "version": arranged["version"], "story": ids, "at-" + ids[i%len(ids)]: {"1"}}
	}) {
		switch {
		case a.status == http.StatusSeeOther:
			first++
		case a.status != http.StatusConflict:
			t.Errorf("arranging: %d %.300s", a.status, a.words())
		}
	}
	if first != 1 {
		t.Errorf("%d arrangements over one another", first)
	}
	for _, check := range [][]string{{"story", "corrections", "--check"}, {"staff", "trail", "check"}, {"ledger", "check"}} {
		if r := n.runs(t, check...); r.code != 0 {
			t.Errorf("%v: %+v", check, r)
		}
	}
}

// TestALongMerge: two editors changed sixty paragraphs each; every one of the
// choices arrives.
func TestALongMerge(t *testing.T) {
	t.Parallel()
	n := start(t)
	h := n.comes("editor")
	path := h.begins("Sixty paragraphs")
	text := func(by string) string {
		var b strings.Builder
		for i := range 60 {
			fmt.Fprintf(&b, "Paragraph %d, as %s wrote it on a long day.\n\nBetween %d nothing changed.\n\n", i, by, i)
		}
		return b.String()
	}
	h.writes(path, "text", text("nobody"))
	mine := h.get(path).form(t, "story")
	h.writes(path, "text", text("Ann"))
	mine.Set("text", text("Bob"))
	merge := h.led(path, mine)
	page := h.get(merge)
	form := page.form(t, path+"/merge")
	for i := range 60 {
		form.Set(fmt.Sprintf("clash-%d", i), []string{"mine", "theirs", "both"}[i%3])
	}
	a := h.post(path+"/merge", form)
	if a.status != http.StatusSeeOther {
		t.Fatalf("merging sixty paragraphs: %d %.300s", a.status, a.words())
	}
	saved := h.get(path).form(t, "story").Get("text")
	if strings.Count(saved, "as Bob") != 40 || strings.Count(saved, "as Ann") != 40 {
		t.Errorf("%d paragraphs are Bob's, %d Ann's: %.200s", strings.Count(saved, "as Bob"), strings.Count(saved, "as Ann"), saved)
	}
}

// TestAFullFront: a front page that is chosen from as many stories as it shows
// can be arranged.
func TestAFullFront(t *testing.T) {
	t.Parallel()
	n := start(t)
	h := n.comes("editor")
	for i := range 45 {
		path := h.begins(fmt.Sprintf("Story number %d", i))
		h.writes(path, "text", "Words.")
		h.publishes(path)
	}
	form := h.get("/desk/front").form(t, "/desk/front")
	for i, id := range form["story"] {
		form.Set("at-"+id, fmt.Sprint(i+1))
	}
	if a := h.post("/desk/front", form); a.status != http.StatusSeeOther && a.status != http.StatusUnprocessableEntity || strings.Contains(a.words(), "more than this form takes") {
		t.Errorf("arranging %d stories: %d %.400s", len(form["story"]), a.status, a.words())
	}
}

// TestSlugsThatClash: addresses of one month, of nothing, of dots, of letters
// that look like others.
func TestSlugsThatClash(t *testing.T) {
	t.Parallel()
	n := start(t)
	h := n.comes("editor")
	seen := map[string]string{}
	for _, slug := range []string{
		"same", "same", "Same", "SAME", "ѕаme", "s\u0430me", "same-", "-same", "sa\u200bme", "ｓａｍｅ", ".", "..", "...", "%2e%2e", "%2f", "../../etc/passwd", "a/b", `a\b`, "a?b", "a#b", "a b",
		"<script>", "\x00", "index.html", "feed.xml", "con", "\u202egnp", strings.Repeat("long-", 500), "---", "ıİ", "ß", "٣", "日本", "q%00", "1", "versions", "wp-login.php",
	} {
		path := h.begins("A story with an address of its own")
		a := h.writes(path, "slug", slug, "text", "Words.")
		if a.status == http.StatusUnprocessableEntity {
			if got := a.form(t, "story").Get("slug"); got == "" && strings.TrimSpace(slug) != "" && slug != "\x00" && slug != "\u202egnp" {
				t.Errorf("slug %q is gone from the form", slug)
			}
			if h.writes(path, "text", "Words.").status != http.StatusSeeOther {
				t.Errorf("slug %q: without it the story cannot be saved either", slug)
			}
		} else if a.status != http.StatusSeeOther {
			t.Errorf("slug %q: %d %.300s", slug, a.status, a.words())
		}
		out := h.post(path+"/publish", h.get(path+"/publish").form(t, path+"/publish"))
		if out.status == http.StatusConflict || out.status == http.StatusUnprocessableEntity {
			continue // it says what is wrong
		}
		public := h.public(path)
		if public == "" || out.status != http.StatusSeeOther {
			t.Errorf("slug %q: %d, its address is %q: %.300s", slug, out.status, public, out.words())
			continue
		}
		if before, twice := seen[public]; twice {
			t.Errorf("slugs %q and %q share the address %s", before, slug, public)
		}
		seen[public] = slug
		words, err := url.PathUnescape(public[len("/2026/11/"):])
		if err != nil || strings.ContainsAny(words, "./\\%<>?#\u202e\u200b ") || n.get(public).status != http.StatusOK {
			t.Errorf("slug %q has the address %q: %d", slug, public, n.get(public).status)
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d stories came out", len(seen))
	}
}
