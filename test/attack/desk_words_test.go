package attack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// hostile is what a stranger would have somebody else's browser run.
const hostile = `"'></textarea></title></script></style>]]><!--><xss onmouseover=alert(1)>{{.}}</xss><script>alert(1)</script><img src=x onerror=alert(1)><iframe src=javascript:alert(1)></iframe>`

// TestHostileWordsInAStory types markup into every field of a story, publishes
// it, and looks wherever it goes.
func TestHostileWordsInAStory(t *testing.T) {
	t.Parallel()
	n := start(t)
	h := n.comes("editor")
	path := h.begins("Begun " + hostile)
	typed := map[string]string{
		"headline": "Headline " + hostile + "\u202e", "standfirst": "Standfirst " + hostile + "\u2066", "bylines": "Ann " + hostile + "\nBob \x00Bell",
		"tags": "tag " + strings.ReplaceAll(hostile, ",", "") + ", =HYPERLINK(1)", "place": "Place " + hostile, "section": "city",
		"text": "First " + hostile + "\n\n## Head " + hostile + "\n\n[link](javascript:alert(1)) [data](data:text/html,<script>alert(1)</script>) [rel](//evil.example/) ^[note " + hostile + "]\n\n" +
			"| a " + hostile + " | b |\n|---|---|\n| c | " + strings.ReplaceAll(hostile, "|", "") + " |\ncaption: " + hostile + "\n\n> quote " + hostile + "\n> — cite " + hostile + "\n\n" +
			"![alt " + hostile + "](javascript:alert(1))\n\n@[" + hostile + "](javascript:alert(1))\nsaved: " + hostile + "\n\n=== 2026-11-22T09:04:00Z key :: " + hostile + "\n\nEntry words.\n",
	}
	if a := h.writes(path, "bylines", "Bob \u2067Bell"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.words(), "invisible character") {
		t.Errorf("a byline that turns its surroundings: %d", a.status)
	}
	var pairs []string
	for name, value := range typed {
		pairs = append(pairs, name, value)
	}
	if a := h.writes(path, pairs...); a.status != http.StatusSeeOther {
		t.Fatalf("saving: %d %.500s", a.status, a.words())
	}
	back := h.get(path)
	safe(t, "the form", back)
	for name := range typed {
		got := back.form(t, "story").Get(name)
		if name != "section" && !strings.Contains(got, "<script>alert(1)</script>") {
			t.Errorf("%s came back as %.300q", name, got)
		}
		if name != "text" && strings.ContainsAny(got, "\x00\u202e\u2066\u2067") {
			t.Errorf("%s carries invisible marks: %.300q", name, got)
		}
	}
	for _, step := range []string{"notes", "tasks"} {
		h.led(path+"/"+step, url.Values{"words": {step + hostile}})
	}
	h.led(path+"/hold", url.Values{"reason": {hostile}})
	h.led(path+"/release", url.Values{"reason": {hostile}})
	public := h.publishes(path)
	if a := h.writes(path, "headline", "Second "+hostile, "series", "a-series"); a.status != http.StatusSeeOther {
		t.Fatalf("%d %.300s", a.status, a.words())
	}
	correct := h.get(path+"/correct").form(t, path+"/correct")
	correct.Set("kind", "fact")
	correct.Set("text", "Note \u202e")
	if a := h.post(path+"/correct", correct); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.words(), "invisible character") {
		t.Errorf("a note that turns its surroundings: %d", a.status)
	}
	correct.Set("text", "Note "+hostile)
	correct.Set("reason", hostile)
	h.led(path+"/correct", correct)
	h.writes(path, "headline", "Third "+hostile)
	for _, at := range []string{"", "/preview", "/history", "/diff?a=1&b=3", "/diff?a=3&b=1", "/correct", "/publish", "/merge", "/statements", "/statements/new?words=" + url.QueryEscape(hostile)} {
		safe(t, "the desk's "+at, h.get(path+at))
	}
	for _, at := range []string{"/desk/", "/desk/stories", "/desk/front", "/desk/search?q=" + url.QueryEscape("headline "+hostile), "/desk/trail", "/desk/approvals", "/desk/newsletters"} {
		safe(t, at, h.get(at))
	}
	for _, at := range append(slices.Clone(everywhere), public, public+"?format=ninjs", public+".json", public+"/history", public+"/v1", public+"/1", public+"/diff") {
		safe(t, at, n.get(at))
	}
	for _, kind := range []string{"application/vnd.iptc.ninjs+json", "application/json", "application/vnd.iptc.g2.newsitem+xml", "application/xml", "text/csv"} {
		a := n.get(public, "Accept", kind)
		safe(t, kind, a)
	}
	for _, m := range leads.FindAllStringSubmatch(n.get(public).body+n.get("/corrections").body, -1) {
		if at := strings.ReplaceAll(m[1], "&amp;", "&"); strings.HasPrefix(at, "/") && !strings.HasPrefix(at, "//") {
			safe(t, at, n.get(at))
		}
	}
	if front := n.get("/").body; !strings.Contains(front, "Second &#34;") {
		t.Error("the story is not on the front page: nothing was proved")
	}
}

// everywhere is where a story of the city is seen.
var everywhere = []string{
	"/", "/city/", "/feed.xml", "/feed.atom", "/feed.json", "/city/feed.xml", "/city/feed.atom", "/city/feed.json", "/corrections", "/corrections/feed.xml",
	"/corrections/feed.atom", "/corrections/feed.json", "/sitemap.xml", "/sitemap-news.xml", "/sitemap/1.xml", "/series/a-series", "/series/a-series/feed.xml",
	"/search?q=" + "headline", "/search?q=second", "/search?q=%22%3E%3Cxss%20onload%3Dalert(1)%3E", "/statements/", "/statements.json", "/statements.csv", "/people/", "/running/",
}

// TestStoryFormsThatAreNone sends what no editor's window sends, to the form and
// to the address that keeps what is typed: a clear word, and the text as it was.
func TestStoryFormsThatAreNone(t *testing.T) {
	t.Parallel()
	n := start(t)
	h := n.comes("reporter")
	path := h.begins("A story that stays")
	if a := h.writes(path, "text", "The words that stay.\n"); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	before := h.get(path).form(t, "story")
	block := func(b string) string { return `{"version":1,"blocks":[` + b + `]}` }
	nest := strings.Repeat(`{"kind":"list","items":[[`, 3000)
	for what, doc := range map[string]string{
		"nothing": "", "no JSON": "x", "cut off": `{"version":1,"blocks":[{"kind":"paragraph","text":[{"te`, "a number": "1", "null": "null", "a list": "[]", "text": `"x"`,
		"two documents": block("") + block(""), "version 2": `{"version":2,"blocks":[]}`, "version as text": `{"version":"1","blocks":[]}`, "blocks as text": `{"version":1,"blocks":"x"}`,
		"an unknown kind": block(`{"kind":"script","text":[{"text":"x"}]}`), "no kind": block(`{}`), "a kind of number": block(`{"kind":1}`), "null blocks": block("null,null"),
		"an unknown field": block(`{"kind":"paragraph","text":[{"text":"x"}],"onclick":"x"}`), "a script for a link": block(`{"kind":"paragraph","text":[{"text":"x","link":"javascript:alert(1)"}]}`),
		"a picture from elsewhere": block(`{"kind":"image","src":"https://evil.example/x.png","alt":""}`), "a picture of data": block(`{"kind":"image","src":"data:text/html,x"}`),
		"nesting": nest, "nested lists": strings.Repeat("[", 100000), "nested objects": strings.Repeat(`{"a":`, 100000), "half a rune": block(`{"kind":"paragraph","text":[{"text":"\ud800"}]}`),
		"a zero byte": block(`{"kind":"paragraph","text":[{"text":"a\u0000b"}]}`), "a huge number": block(`{"kind":"heading","level":1e400,"text":[{"text":"x"}]}`), "a level below": block(`{"kind":"heading","level":-5,"text":[{"text":"x"}]}`),
		"a table of nothing": block(`{"kind":"table","rows":[]}`), "a table of empty rows": block(`{"kind":"table","rows":[[],[]]}`), "65 cells": block(`{"kind":"table","rows":[[` + strings.TrimSuffix(strings.Repeat(`[{"text":"c"}],`, 65), ",") + `]]}`),
		"a moment that is none": block(`{"kind":"entry","id":"a","at":"never","text":[{"text":"x"}]}`), "the same id twice": block(`{"kind":"entry","id":"a","at":"2026-11-22T10:00:00Z"},{"kind":"entry","id":"a","at":"2026-11-22T10:00:00Z"}`),
		"an id with a quote": block(`{"kind":"entry","id":"a\" onclick=\"x","at":"2026-11-22T10:00:00Z"}`), "a statement that is a tag": block(`{"kind":"paragraph","text":[{"text":"x","statement":"<script>"}]}`),
		"a focus outside": block(`{"kind":"image","src":"/media/x-640.jpg","alt":"x","focus":[-1,99999]}`), "3 MB": block(`{"kind":"paragraph","text":[{"text":"` + strings.Repeat("w", 3<<20) + `"}]}`),
	} {
		for _, to := range []string{"", "/keep"} {
			f := url.Values{"base": before["base"], "copy": {"window"}, "headline": {"Another headline"}, "doc": {doc}}
			a := h.post(path+to, f, "Accept", "application/json")
			if a.status != http.StatusUnprocessableEntity && a.status != http.StatusRequestEntityTooLarge && a.status != http.StatusOK && a.status != http.StatusSeeOther {
				t.Errorf("%s to %q: %d %.200s", what, to, a.status, a.words())
			}
			if a.status == http.StatusSeeOther { // it was a text: put back what was there
				safe(t, what, h.get(path+"/preview"))
				if a := h.writes(path, "headline", before.Get("headline"), "text", before.Get("text")); a.status != http.StatusSeeOther {
					t.Fatalf("after %s: %d %.300s", what, a.status, a.words())
				}
				before = h.get(path).form(t, "story")
			}
			if to == "/keep" && a.status == http.StatusOK {
				safe(t, "kept: "+what, h.get(path))
				h.led(path+"/throw", url.Values{"copy": {"window"}})
			}
		}
	}
	for what, f := range map[string]url.Values{
		"nothing": {}, "no text": {"headline": {"x"}}, "no headline": {"headline": {""}, "text": {"x"}, "base": before["base"]}, "a headline of marks": {"headline": {"\u200b\u202e"}, "text": {"x"}, "base": before["base"]},
		"no number for a base": {"base": {"x"}, "headline": {"x"}, "text": {"x"}}, "a huge base": {"base": {"99999999999999999999"}, "headline": {"x"}, "text": {"x"}}, "a base below": {"base": {"-1"}, "headline": {"x"}, "text": {"x"}},
		"a day that is none": {"base": before["base"], "headline": {"x"}, "text": {"x"}, "dateline": {"2026-02-30"}, "embargo": {"yesterday"}}, "the year 99999": {"base": before["base"], "headline": {"x"}, "text": {"x"}, "embargo": {"99999-01-01T00:00"}},
		"a copy's name": {"base": before["base"], "headline": {"x"}, "text": {"x"}, "copy": {strings.Repeat("c", 5000)}}, "a section that is none": {"base": before["base"], "headline": {"x"}, "text": {"x"}, "section": {"../<script>"}},
		"a thousand bylines": {"base": before["base"], "headline": {"x"}, "text": {"x"}, "bylines": {strings.Repeat("Ann\n", 1000)}}, "long tags": {"base": before["base"], "headline": {"x"}, "text": {"x"}, "tags": {strings.Repeat("t", 5000)}},
		"a headline of a megabyte": {"base": before["base"], "headline": {strings.Repeat("h", 1<<20)}, "text": {"x"}},
	} {
		for _, to := range []string{"", "/keep"} {
			a := h.post(path+to, f)
			if a.status >= 500 || a.status == http.StatusOK && to == "" {
				t.Errorf("%s to %q: %d %.200s", what, to, a.status, a.words())
			}
		}
	}
	if a := h.post(path+"/keep", url.Values{"text": {strings.Repeat("x", 13<<20)}}); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("13 MB: %d", a.status)
	}
	before.Set("base", h.get(path).form(t, "story").Get("base"))
	if a := h.post(path, before); a.status != http.StatusSeeOther || strings.Contains(a.to(), "merge") {
		t.Errorf("after all of it the text that was there: %d leads to %q: %.300s", a.status, a.to(), a.words())
	}
}

// TestLargeTexts: words of a megabyte, a thousand footnotes, a table of ten
// thousand cells and markup nested as deep as it goes are texts too.
func TestLargeTexts(t *testing.T) {
	t.Parallel()
	n := start(t)
	h := n.comes("editor")
	path := h.begins("Large")
	for what, text := range map[string]string{
		"a word of a megabyte": strings.Repeat("w", 1<<20), "quotes in quotes": strings.Repeat("> ", 20000) + "x", "lists in lists": strings.Repeat("- ", 20000) + "x",
		"stars": strings.Repeat("*", 200000), "brackets": strings.Repeat("[", 200000), "notes in notes": strings.Repeat("^[", 100000), "backslashes": strings.Repeat(`\`, 200000),
		"footnotes": strings.Repeat("x^[a note] ", 1000), "a long table": "| a | b |\n|---|---|\n" + strings.Repeat("| c | d |\n", 5000), "a wide table": strings.Repeat("| c ", 5000) + "|\n",
		"pipes": strings.Repeat("|", 100000), "joined marks": "a" + strings.Repeat("\u0301", 100000), "tags": strings.Repeat("<b><i>", 30000), "entries": strings.Repeat("=== 2026-11-22T12:04:00Z :: x\n\n", 2000),
		"empty lines": strings.Repeat("\n", 200000), "cards": strings.Repeat("@[x](https://example.org/)\n\n", 2000), "pairs": strings.Repeat("*a **b ", 30000), "links": strings.Repeat("[a](", 50000),
	} {
		a := h.writes(path, "text", text)
		if a.status != http.StatusSeeOther && a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %.300s", what, a.status, a.words())
		}
		if a.status == http.StatusSeeOther {
			safe(t, what, h.get(path+"/preview"))
		} else if form := a.form(t, "story").Get("text"); len(form) < len(text)/2 {
			t.Errorf("%s: %d bytes of %d came back with %q", what, len(form), len(text), a.words()[:min(300, len(a.words()))])
		}
	}
	latest := h.get(path).form(t, "story").Get("base")
	safe(t, "the diff", h.get(fmt.Sprintf("%s/diff?a=2&b=%s", path, latest)))
	var said struct {
		Latest int `json:"latest"`
	}
	keep := h.post(path+"/keep", url.Values{"base": {latest}, "copy": {"w"}, "headline": {"x"}, "text": {"kept"}})
	if err := json.Unmarshal([]byte(keep.body), &said); err != nil || fmt.Sprint(said.Latest) != latest {
		t.Errorf("keeping: %d %s", keep.status, keep.body)
	}
}
