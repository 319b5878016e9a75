package site

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/entity"
	"mimeo/internal/ident"
	"mimeo/internal/prose"
	"mimeo/internal/statement"
	"mimeo/internal/story"
)

// planted stands in every private field of the tests' statements.
const planted = "Quillfeather"

// records joins a register and a book of statements to a house.
func records(h *house) (*entity.Register, *statement.Book) {
	h.t.Helper()
	ids := ident.NewSource(h.clock.Now, rand.Reader)
	book := statement.New(h.db, ids, statement.Options{Box: h.vault})
	reg := entity.New(h.db, ids, entity.Options{Moved: book.Moved, Back: book.Back})
	h.stories.Wire(func(o *story.Options) {
		o.Statements = book.Versions
		o.Published = append(o.Published, func(ctx context.Context, tx *db.Tx, s *story.Story) error {
			return book.Placed(ctx, tx, s.ID, s.Lang, &s.Body, s.State == story.Published)
		})
	})
	h.site.entities, h.site.statements = reg, book
	return reg, book
}

func english(text string) entity.Words { return entity.Words{{Lang: "en", Text: text}} }

func person(h *house, reg *entity.Register, name, role string) entity.Entity {
	h.t.Helper()
	e, err := reg.Create(h.t.Context(), "member-1", entity.Draft{Kind: entity.Person, Names: english(name)})
	if err != nil {
		h.t.Fatal(err)
	}
	if role != "" {
		if _, err := reg.SavePost(h.t.Context(), "member-1", entity.Post{Person: e.ID, Roles: english(role), Since: "2020", Until: "2026-11-22"}); err != nil {
			h.t.Fatal(err)
		}
	}
	return e
}

func remark(h *house, book *statement.Book, who entity.Entity, words string, change func(*statement.Draft)) statement.Statement {
	h.t.Helper()
	d := statement.Draft{Record: statement.Record{
		Who: statement.Source{Party: statement.Party{Entity: who.ID}}, Kind: statement.Direct, Exact: true, Words: entity.Word{Lang: "en", Text: words},
		When:   statement.When{At: begin.Add(-20 * time.Hour), Zone: "Europe/Berlin", Precision: statement.ToMinute},
		Medium: statement.Call, Status: statement.OnRecord, State: statement.NonePresented,
	}}
	if change != nil {
		change(&d)
	}
	s, err := book.Create(h.t.Context(), "member-1", d)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// TestTwentyStatements holds the page of a thousand words with twenty
// statements to the budget, and looks at what machines are told.
func TestTwentyStatements(t *testing.T) {
	h := newHouse(t)
	reg, book := records(h)
	words := strings.Fields("the council said that it had read the report and would answer each point in writing before the end of May while others waited for boats bread letters trains files teachers and a court that opened late")
	body := prose.Doc{Version: prose.Version}
	for i := range 20 {
		who := person(h, reg, fmt.Sprintf("%s %s", []string{"Ada", "Ben", "Clara", "Dora", "Emil"}[i%5], []string{"Ferry", "Moss", "Brandt", "Korda"}[i/5]), fmt.Sprintf("head of the office for %s", words[i]))
		said := fmt.Sprintf("we counted %d boats that week and none of them was ours", 31+i)
		s := remark(h, book, who, said, func(d *statement.Draft) {
			d.Exact = i%2 == 0
			d.State = []statement.EvidenceState{statement.Presented, statement.NonePresented, statement.NotNeeded}[i%3]
			if d.State == statement.Presented {
				d.Evidence = []statement.Evidence{{ID: "a", Kind: statement.EvidenceLink, Public: true, Label: fmt.Sprintf("The harbour's list, page %d", i), Link: fmt.Sprintf("https://harbour.example/list/%d", i)}}
			}
		})
		var b strings.Builder
		for j := range 38 {
			b.WriteString(words[(i*31+j*j*7+j*i)%len(words)] + " ")
		}
		body.Blocks = append(body.Blocks, prose.Block{Kind: prose.Paragraph, Text: prose.Text{{Text: b.String() + "“"}, {Text: said, Statement: s.ID}, {Text: ".”"}}})
	}
	start := time.Now()
	st := h.publish(story.Draft{Headline: "A thousand words and twenty voices", Section: "city", Bylines: []string{"Ada Ferry"}, Body: body})
	published := time.Since(start)
	start = time.Now()
	text := h.ok(st.Path()).text
	first := time.Since(start)
	for _, coding := range []string{"br", "gzip"} {
		a := h.ok(st.Path(), "Accept-Encoding", coding)
		t.Logf("with 20 statements, %s: %d bytes (%d words); published in %v, first render %v", coding, len(a.text), st.Body.Words(), published, first)
		if len(a.text) > 14<<10 {
			t.Errorf("the page is %d bytes with %s", len(a.text), coding)
		}
	}
	if n := strings.Count(text, `<sup><a href="#s`); n != 20 {
		t.Errorf("%d marks in the text", n)
	}
	var graph newsArticle
	said := regexp.MustCompile(`<script type="application/ld\+json">(.*)</script>`).FindStringSubmatch(text)
	if err := json.Unmarshal([]byte(said[1]), &graph); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, q := range graph.Parts {
		kinds[q.Type]++
		if q.Text == "" || q.Creator == nil || q.Creator.Name == "" || q.Creator.Title == "" || !strings.HasPrefix(q.ID, h.site.base+"/statements/") {
			t.Errorf("machines are told %+v", q)
		}
		if (q.Type == "Claim") != (len(q.Appears) == 1) {
			t.Errorf("a %s appears in %v", q.Type, q.Appears)
		}
	}
	if kinds["Quotation"] != 10 || kinds["Claim"] != 10 || strings.Contains(text, "ClaimReview") {
		t.Errorf("machines are told of %v", kinds)
	}
}

// TestRoleThenOnThePage has somebody change posts: the page of the person shows
// beside each sentence who they were when they said it.
func TestRoleThenOnThePage(t *testing.T) {
	h := newHouse(t)
	reg, book := records(h)
	who := person(h, reg, "Leonie Achterberg", "judge")
	old := remark(h, book, who, "No reasons were given.", nil)
	h.publish(story.Draft{Headline: "The ruling", Body: markedBody(old.ID, "No reasons were given.")})
	h.clock.Advance(72 * time.Hour)
	if _, err := reg.SavePost(t.Context(), "member-1", entity.Post{Person: who.ID, Roles: english("minister of justice"), Since: "2026-11-23"}); err != nil {
		t.Fatal(err)
	}
	fresh := remark(h, book, who, "I resign nothing.", func(d *statement.Draft) { d.When.At = h.clock.Now() })
	h.publish(story.Draft{Headline: "The minister", Body: markedBody(fresh.ID, "I resign nothing.")})
	text := h.ok("/people/leonie-achterberg").text
	now, then := strings.Index(text, "I resign nothing."), strings.Index(text, "No reasons were given.")
	if now < 0 || then < now {
		t.Fatalf("the newest first: %d, %d", now, then)
	}
	has(t, "now", text[now:then], "<bdi>minister of justice</bdi>")
	has(t, "then", text[then:], "<bdi>judge</bdi>")
	hasNot(t, "then", text[then:], "minister of justice")
}

func markedBody(id, words string) prose.Doc {
	return prose.Doc{Version: prose.Version, Blocks: []prose.Block{{Kind: prose.Paragraph, Text: prose.Text{{Text: words, Statement: id}, {Text: " they said."}}}}}
}

// TestACorrectionReachesEveryStory changes a statement that two stories carry.
func TestACorrectionReachesEveryStory(t *testing.T) {
	h := newHouse(t)
	reg, book := records(h)
	who := person(h, reg, "Pavel Novak", "lawyer")
	s := remark(h, book, who, "We will study it.", nil)
	var paths []string
	for _, headline := range []string{"One", "Two"} {
		st := h.publish(story.Draft{Headline: headline, Body: markedBody(s.ID, "We will study it.")})
		paths = append(paths, st.Path())
		has(t, st.Path(), h.ok(st.Path()).text, "No evidence presented")
	}
	paths = append(paths, "/people/pavel-novak", "/statements/"+s.ID, "/statements/")
	for _, p := range paths {
		h.ok(p)
	}
	d := statement.Draft{Record: s.Record}
	d.Where = english("in the third corridor")
	d.Words.Text = "We will read it."
	if _, err := book.Save(t.Context(), "member-2", s.ID, 1, d); err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		hasNot(t, p, h.ok(p).text, "third corridor")
	}
	h.clock.Advance(time.Hour)
	if _, err := book.Correct(t.Context(), "member-2", s.ID, "He said read, not study."); err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		has(t, p, h.ok(p).text, "third corridor")
	}
	has(t, "the record", h.ok("/statements/"+s.ID).text, "He said read, not study.", "<del", "We will study it.", "First published")
}

// TestPrivateWordsAreOnNoPage plants private words and looks for them, and for
// the ids of members, on every page, feed, table and card.
func TestPrivateWordsAreOnNoPage(t *testing.T) {
	h := newHouse(t)
	reg, book := records(h)
	who := person(h, reg, "Nadia Rehm", "")
	s := remark(h, book, who, "One page is enough.", func(d *statement.Draft) {
		d.State = statement.Presented
		d.Evidence = []statement.Evidence{{ID: "x", Kind: statement.EvidenceFile, Label: planted, Link: "https://" + planted + ".example", SHA256: planted}}
		d.About = []statement.Party{{Name: english("=HYPERLINK(1)")}}
		d.Secret = &statement.Secret{Note: statement.Hide("Met " + planted), Evidence: []statement.SecretEvidence{{ID: "x", Label: statement.Hide(planted)}}}
	})
	hidden := remark(h, book, who, "The log is real.", func(d *statement.Draft) {
		d.Who = statement.Source{Unnamed: true, Why: english("They would lose their post")}
		d.Secret = &statement.Secret{Name: statement.Hide("Agathe " + planted)}
	})
	body := markedBody(s.ID, "One page is enough.")
	body.Blocks = append(body.Blocks, markedBody(hidden.ID, "The log is real.").Blocks...)
	st := h.publish(story.Draft{Headline: "The files", Body: body})
	run, err := book.SaveRunning(t.Context(), "member-1", "", 0, statement.RunningDraft{Titles: english("The files run on"), Stories: []string{st.ID}})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		st.Path(), st.Path() + "?save=file", "/feed.xml", "/feed.atom", "/feed.json", "/statements/", "/statements.json", "/statements.csv", "/statements/" + s.ID, "/statements/" + hidden.ID,
		"/statements/" + s.ID + "/card", "/statements/" + hidden.ID + "/card", "/people/", "/people/nadia-rehm", "/people/nadia-rehm/feed.xml", "/people/nadia-rehm/feed.json",
		run.Path(), run.Path() + "/feed.xml", "/running/", "/fa/statements/" + s.ID, "/fa/statements/", "/fa/people/nadia-rehm",
	} {
		text := h.ok(path).text
		hasNot(t, path, text, planted, "member-1", "Agathe")
		if strings.Contains(path, hidden.ID) {
			has(t, path, text, "The log is real.")
		}
	}
	saved := h.ok(st.Path() + "?save=file").text
	has(t, "the saved file", saved, h.site.base+"/statements/"+s.ID)
	hasNot(t, "the saved file", saved, ` href="/`)
	has(t, "the table", h.ok("/statements.csv").text, "'=HYPERLINK(1)")
	missing(h, "/statements/"+s.ID+"/evidence/x")
	missing(h, "/statements/nothing")
	missing(h, "/people/nobody")
	missing(h, "/people/%00")
	if _, err := h.stories.Retract(t.Context(), st.ID, story.Note{Text: "It was wrong.", Reason: "wrong", By: "member-1"}); err != nil {
		t.Fatal(err)
	}
	missing(h, "/statements/"+s.ID)
	hasNot(t, "the list", h.ok("/statements/").text, "One page is enough.")
}

// TestRenamedAndMergedPeopleLeadOn follows the old addresses of a person.
func TestRenamedAndMergedPeopleLeadOn(t *testing.T) {
	h := newHouse(t)
	reg, _ := records(h)
	a, b := person(h, reg, "Ada Ferry", ""), person(h, reg, "A. Ferry", "")
	h.ok("/people/a-ferry")
	if _, err := reg.Merge(t.Context(), "member-1", b.ID, a.ID, "one woman"); err != nil {
		t.Fatal(err)
	}
	if got := h.get("/people/a-ferry"); got.StatusCode != 301 || got.Header.Get("Location") != "/people/ada-ferry" {
		t.Errorf("a merged person's address answers %d %q", got.StatusCode, got.Header.Get("Location"))
	}
	if got := h.get("/fa/people/a-ferry"); got.Header.Get("Location") != "/fa/people/ada-ferry" {
		t.Errorf("in Persian it leads to %q", got.Header.Get("Location"))
	}
}

func missing(h *house, path string) {
	h.t.Helper()
	if a := h.get(path); a.StatusCode != 404 {
		h.t.Errorf("%s answers %d", path, a.StatusCode)
	}
}
