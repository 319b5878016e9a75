package attack

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// brief is hostile and fits into a name.
const brief = `"><xss onload=alert(1)><script>alert(1)</script>`

// fill puts a hostile text into every field of a form that takes words.
func fill(f url.Values, keep ...string) url.Values {
	for name := range f {
		f.Set(name, "=cmd|'/c calc'!A1 "+name+" "+brief+"\u202e\x00")
	}
	for i := 0; i < len(keep); i += 2 {
		if f.Del(keep[i]); keep[i+1] != "" {
			f.Set(keep[i], keep[i+1])
		}
	}
	return f
}

// TestHostileWordsInRecords types markup and formulas into people, statements,
// running stories, the front page and newsletters, and looks wherever they go.
func TestHostileWordsInRecords(t *testing.T) {
	t.Parallel()
	n := start(t)
	h := n.comes("owner")

	entity := fill(h.get("/desk/entities/new").form(t, "/desk/entities/new"), "base", "0", "kind", "person", "slug", "", "wikidata", "")
	safe(t, "an entity", h.post("/desk/entities/new", fill(url.Values{"kind": {"x"}, "slug": {"x"}, "wikidata": {"x"}, "name_en": {"x"}})))
	person := h.led("/desk/entities/new", entity)
	h.post(person+"/posts", fill(url.Values{"role_en": {""}, "body": {""}}, "since", "2020-01-01", "until", ""))
	for _, f := range []url.Values{{"since": {"never"}}, {"post": {"\x00"}, "drop": {"1"}}, {"body": {strings.Repeat("b", 100000)}}, {}} {
		safe(t, "a post", h.post(person+"/posts", f))
	}
	for _, f := range []url.Values{{"into": {hostile}}, {"undo": {"\x00"}}, {"split": {"1"}, "name": {hostile}, "post": {"x"}, "statement": {"\x00"}}, {"into": {strings.TrimPrefix(person, "/desk/entities/")}}} {
		safe(t, "a merge", h.post(person+"/merge", f))
	}

	path := h.begins("With a statement")
	h.writes(path, "text", "He said the bridge is closed, and nothing else.\n")
	form := h.get(path+"/statements/new?words=the+bridge+is+closed").form(t, path+"/statements/new")
	safe(t, "a statement of noise", h.post(path+"/statements/new", fill(url.Values{"marked": {""}, "who": {""}, "words": {""}, "lang": {""}, "kind": {""}, "date": {""}, "zone": {""}, "medium": {""}, "state": {""}, "status": {""}, "base": {""}})))
	statement := url.Values{}
	for name, v := range form {
		statement[name] = v
	}
	for _, name := range []string{"who", "role", "body", "words", "words_fa", "cue", "place", "where", "to", "about", "topics", "answer", "note", "private_note", "e0_label"} {
		statement.Set(name, "=HYPERLINK(1) "+brief)
	}
	statement.Set("e0_kind", "link")
	statement.Set("e0_public", "1")
	for _, link := range []string{"javascript:alert(1)", "data:text/html,x", "//evil.example", " \x01javascript:alert(1)"} {
		statement.Set("e0_url", link)
		if a := h.post(path+"/statements/new", statement); a.status != http.StatusUnprocessableEntity {
			t.Errorf("evidence at %q: %d leads to %q", link, a.status, a.to())
		} else {
			safe(t, link, a)
			if got := a.form(t, path+"/statements/new").Get("who"); !strings.Contains(got, "<script>") {
				t.Errorf("who spoke came back as %q", got)
			}
		}
	}
	statement.Set("e0_url", "https://example.org/?a=\"><script>")
	made := h.post(path+"/statements/new", statement)
	if made.status == http.StatusUnprocessableEntity && strings.Contains(made.body, `name="which"`) {
		statement.Set("which", "new")
		made = h.post(path+"/statements/new", statement)
	}
	if made.status != http.StatusSeeOther {
		t.Fatalf("the statement: %d %.600s", made.status, made.words())
	}
	at := made.to()
	for act, f := range map[string]url.Values{
		"check": {"version": {"x"}}, "correct": {"note": {hostile}}, "ask": {"version": {"1"}, "reason": {hostile}}, "leave": {"version": {"99"}},
		"links": {"other": {hostile}, "kind": {"x"}}, "readers": {"member": {"nobody", "demo-owner"}},
	} {
		safe(t, act, h.post(at+"/"+act, f))
	}
	for _, f := range []url.Values{{}, {"base": {"x"}}, fill(h.get(at).form(t, at), "base", "1")} {
		safe(t, "saving a statement", h.post(at, f))
	}
	h.publishes(path)

	run := fill(h.get("/desk/running/new").form(t, "/desk/running/new"), "base", "0", "slug", "a-running-story", "stories", strings.TrimPrefix(path, "/desk/stories/"))
	h.led("/desk/running/new", run)
	safe(t, "running", h.post("/desk/running/new", fill(run)))

	breaking := url.Values{"lang": {"en"}, "breaking": {strings.TrimPrefix(path, "/desk/stories/")}, "words": {brief + "\u202e"}, "hours": {"5"}}
	h.led("/desk/front/breaking", breaking)
	for _, f := range []url.Values{{}, {"breaking": {"\x00"}, "hours": {"1"}}, {"breaking": {"x"}, "hours": {"99999999999999999999"}}, {"breaking": {"x"}, "hours": {"1"}, "words": {strings.Repeat("w", 8000)}}} {
		if a := h.post("/desk/front/breaking", f); a.status < 400 || a.status >= 500 {
			t.Errorf("breaking %.50v: %d", f, a.status)
		}
	}
	version := h.get("/desk/front").form(t, "/desk/front").Get("version")
	for _, f := range []url.Values{{"version": {"-1"}}, {"version": {version}, "story": {"\x00", hostile}, "at-\x00": {"1"}, "at-" + hostile: {"1"}}, {"version": {version}, "story": {"x"}, "at-x": {"NaN"}}, {"version": {version}, "story": {"x"}, "at-x": {"Inf"}}, {"version": {version}, "story": {"x", "x"}, "at-x": {"1e300"}}} {
		if a := h.post("/desk/front", f); a.status >= 500 {
			t.Errorf("arranging %.50v: %d", f, a.status)
		}
	}

	letter := h.led("/desk/newsletters", url.Values{"lang": {"en"}, "name": {"Letter " + brief}, "about": {brief}, "open": {"1"}})
	issue := h.led(letter+"/issues", url.Values{})
	f := h.get(issue).form(t, issue)
	f.Set("subject", "Subject "+brief+"\r\nBcc: evil@example.org")
	f.Set("intro", "Intro "+hostile)
	f.Set("at-"+strings.TrimPrefix(path, "/desk/stories/"), "1")
	h.led(issue, f)
	h.led(issue+"/try", url.Values{"email": {"ann@example.org"}})
	for _, email := range []string{"x", "ann@example.org\nBcc: bob@example.org", hostile, ""} {
		if a := h.post(issue+"/try", url.Values{"email": {email}}); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a letter to %q: %d", email, a.status)
		}
	}
	n.advance("PT1H")
	if box := n.get("/demo/outbox.json").body; !strings.Contains(box, "Subject") || strings.Contains(box, `\nBcc:`) || strings.Contains(box, "to\":\"evil") {
		t.Errorf("the outbox: %.600s", box)
	}

	for _, page := range append([]string{person, at, path + "/statements", letter, issue, "/desk/entities", "/desk/statements", "/desk/running", "/desk/newsletters", "/desk/front", "/desk/trail", "/desk/"}, "/people/", "/statements/", "/running/", "/running/a-running-story", "/running/a-running-story/feed.xml", "/running/a-running-story/feed.json", "/newsletters", "/", "/fa/", "/demo/", "/statements.json") {
		a := h.get(page)
		safe(t, page, a)
		for _, m := range leads.FindAllStringSubmatch(a.body, -1) {
			if to := strings.ReplaceAll(m[1], "&amp;", "&"); strings.HasPrefix(to, "/statements/") || strings.HasPrefix(to, "/people/") || strings.HasPrefix(to, "/bodies/") || strings.HasPrefix(to, "/places/") {
				safe(t, to, n.get(to))
			}
		}
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(n.get("/statements.csv").body, "\ufeff"))).ReadAll()
	found := false
	for _, row := range rows {
		for _, cell := range row {
			found = found || strings.Contains(cell, "HYPERLINK")
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a table program would calculate %.60q", cell)
			}
		}
	}
	if err != nil || !found {
		t.Errorf("statements.csv: %v, holds the statement: %v", err, found)
	}
}
