package site

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/prose"
	"mimeo/internal/search"
	"mimeo/internal/story"
)

// newSearchHouse is a newsroom whose stories can be found.
func newSearchHouse(t *testing.T) *house {
	h := newHouse(t)
	h.site.finder = search.New(h.db, search.Options{})
	return h
}

// indexed indexes a story as the assembly does.
func (h *house) indexed(st story.Story) story.Story {
	h.t.Helper()
	d := search.Document{
		Scope: search.Readers, Key: st.ID, Lang: st.Lang, Title: st.Headline, Text: st.Plain(), At: st.Published, Stamp: fmt.Sprint(st.Revision),
	}
	if st.Section != "" {
		d.Facets = append(d.Facets, search.Facet{Kind: "section", Value: st.Section})
	}
	for _, b := range st.Bylines {
		d.Facets = append(d.Facets, search.Facet{Kind: "person", Value: b})
	}
	err := h.db.Write(h.t.Context(), func(ctx context.Context, tx *db.Tx) error { return h.site.finder.Put(ctx, tx, d) })
	if err != nil {
		h.t.Fatal(err)
	}
	return st
}

func TestSearchPage(t *testing.T) {
	h := newSearchHouse(t)
	ferry := h.indexed(h.publish(story.Draft{
		Headline: "Ferries <stop> at noon", Section: "city", Bylines: []string{"Ada Ferry"},
		Body: prose.Paragraphs("Nobody knows why.", `The harbour's <script>alert("ferry")</script> ferries & boats were stopped.`),
	}))
	h.clock.Advance(48 * time.Hour)
	h.indexed(h.publish(story.Draft{Headline: "Bread is dear", Section: "economy", Bylines: []string{"Ben Baker"}, Body: prose.Paragraphs("Bread by the harbour.")}))
	h.indexed(h.publish(story.Draft{Lang: "fa", Headline: "کتاب‌های تازه", Section: "city", Body: prose.Paragraphs("کتاب‌های نویسندگان.")}))
	q := func(v ...string) string {
		all := url.Values{}
		for i := 0; i < len(v); i += 2 {
			all.Set(v[i], v[i+1])
		}
		return "/search?" + all.Encode()
	}

	a := h.ok(q("q", "ferry"))
	has(t, "hit", a.text, `<mark>Ferries</mark> &lt;stop&gt; at noon`, escaped(ferry.Path()), "1 story found", `&lt;script&gt;`, `<mark>ferries</mark> &amp; boats`, `name="robots" content="noindex"`, `value="ferry"`)
	hasNot(t, "hit", a.text, "<script>alert", "Bread")
	if got := a.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("what somebody searched is kept: %q", got)
	}
	has(t, "two hits", h.ok(q("q", "harbour")).text, "2 stories found", "by=Ada&#43;Ferry", "section=economy", "Best match first")
	has(t, "section", h.ok(q("q", "harbour", "section", "city")).text, "1 story found", "Ferries", " selected>City")
	has(t, "person", h.ok(q("q", "harbour", "by", "Ben Baker")).text, "1 story found", "Bread is dear", ">Ben Baker</bdi>")
	has(t, "dates", h.ok(q("q", "harbour", "from", "2026-11-24")).text, "1 story found", "Bread is dear")
	has(t, "Persian digits", h.ok(q("q", "harbour", "to", "۲۰۲۶/۱۱/۲۳")).text, "1 story found", "Ferries")
	has(t, "a wrong day", h.ok(q("q", "harbour", "to", "yesterday")).text, "Enter a day such as", `aria-invalid="true"`, `value="yesterday"`, `value="harbour"`)
	has(t, "typing error", h.ok(q("q", "harbuor")).text, "Nothing was found for “harbuor”", "Did you mean", `/search?q=harbour"`, "How to search")
	has(t, "nothing asked", h.ok("/search").text, "How to search", `type="search"`)
	has(t, "too short", h.ok(q("q", "a -bread")).text, "at least one word", `value="a -bread"`)
	has(t, "Persian", h.ok("/fa"+q("q", "كتاب")).text, "<mark>کتاب", "یافت شد", `dir="rtl"`, `href="/search?q=`)
	has(t, "another language's word", h.ok("/fa"+q("q", "ferry")).text, "چیزی یافت نشد")
	long := h.ok(q("q", strings.Repeat("harbour ferries ", 40)))
	has(t, "long", long.text, "only its beginning was looked for")
	for _, hostile := range []string{`"><script>alert(1)</script>`, "\x00\xff'--", "%", strings.Repeat("(", 5_000), "a* OR 1=1", "\u202e\u2066"} {
		a := h.ok(q("q", hostile))
		hasNot(t, hostile, a.text, "<script>alert")
	}
	if a := h.get(q("q", "harbour", "before", "?")); a.StatusCode != http.StatusNotFound {
		t.Errorf("a page that is none: %d", a.StatusCode)
	}
	has(t, "every page", h.ok("/").text, `href="/search"`)

	// What was taken back is not shown, whatever the index still says.
	if _, err := h.stories.Retract(t.Context(), ferry.ID, story.Note{Text: "It was wrong.", Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	hasNot(t, "retracted", h.ok(q("q", "ferry")).text, "boats were stopped")
}

func TestSearchGoesOn(t *testing.T) {
	h := newSearchHouse(t)
	for i := range searchHits + 5 {
		h.clock.Advance(time.Hour)
		h.indexed(h.publish(story.Draft{Headline: fmt.Sprintf("Harbour %d", i), Body: prose.Paragraphs("Text.")}))
	}
	first := h.ok("/search?q=harbour").text
	has(t, "first page", first, "</mark> 24<", "</mark> 5<", "Older stories")
	hasNot(t, "first page", first, "</mark> 4<")
	_, rest, _ := strings.Cut(first, `<p class="more"><a href="/search?before=`)
	rest, _, _ = strings.Cut(rest, `"`)
	second := h.ok("/search?before=" + strings.ReplaceAll(rest, "&amp;", "&")).text
	has(t, "second page", second, "</mark> 4<", "</mark> 0<")
	hasNot(t, "second page", second, "</mark> 5<", "Older stories")
	has(t, "best first", h.ok("/search?q=harbour&sort=best").text, "Newest first")
}
