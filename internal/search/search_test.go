package search_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/search"
)

var day = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// shelf is an index with its documents: what a caller keeps elsewhere.
type shelf struct {
	t    *testing.T
	db   *db.DB
	x    *search.Index
	docs map[search.Ref]search.Document
}

func newShelf(t *testing.T, d *db.DB) *shelf {
	s := &shelf{t: t, db: d, docs: map[search.Ref]search.Document{}}
	s.x = search.New(d, search.Options{
		Load: func(_ context.Context, _ *db.Tx, ref search.Ref) (search.Document, bool, error) {
			doc, ok := s.docs[ref]
			return doc, ok, nil
		},
		Walk: func(_ context.Context, after string, limit int) (refs []search.Ref, next string, err error) {
			for ref := range s.docs {
				if string(ref.Scope)+ref.Key > after {
					refs = append(refs, ref)
				}
			}
			slices.SortFunc(refs, func(a, b search.Ref) int { return strings.Compare(string(a.Scope)+a.Key, string(b.Scope)+b.Key) })
			if len(refs) > limit {
				refs = refs[:limit]
				next = string(refs[limit-1].Scope) + refs[limit-1].Key
			}
			return refs, next, nil
		},
	})
	return s
}

func (s *shelf) write(fn func(ctx context.Context, tx *db.Tx) error) {
	s.t.Helper()
	if err := s.db.Write(s.t.Context(), fn); err != nil {
		s.t.Fatal(err)
	}
}

// put indexes a document. What is empty is filled in; each one appears an hour
// after the one before.
func (s *shelf) put(d search.Document) {
	s.t.Helper()
	if d.Scope == "" {
		d.Scope = search.Readers
	}
	if d.Lang == "" {
		d.Lang = "en"
	}
	if d.Key == "" {
		d.Key = fmt.Sprintf("k%03d", len(s.docs))
	}
	if d.At.IsZero() {
		d.At = day.Add(time.Duration(len(s.docs)) * time.Hour)
	}
	if d.Stamp == "" {
		d.Stamp = d.Title + d.Text
	}
	s.docs[search.Ref{Scope: d.Scope, Key: d.Key}] = d
	s.write(func(ctx context.Context, tx *db.Tx) error { return s.x.Put(ctx, tx, d) })
}

// find gives the titles of the hits of readers.
func (s *shelf) find(lang, text string) []string {
	s.t.Helper()
	return s.titles(search.Query{Langs: []string{lang}, Text: text})
}

func (s *shelf) ask(q search.Query) search.Result {
	s.t.Helper()
	if q.Scope == "" {
		q.Scope = search.Readers
	}
	res, err := s.x.Find(s.t.Context(), q)
	if err != nil {
		s.t.Fatalf("%q: %v", q.Text, err)
	}
	return res
}

func (s *shelf) titles(q search.Query) (out []string) {
	s.t.Helper()
	for _, h := range s.ask(q).Hits {
		out = append(out, h.Title)
	}
	return out
}

func (s *shelf) wants(lang, text string, titles ...string) {
	s.t.Helper()
	if got := s.find(lang, text); !slices.Equal(got, titles) {
		s.t.Errorf("%q finds %q, not %q", text, got, titles)
	}
}

func TestFind(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.put(search.Document{Title: "Ferries stop", Text: "The harbour’s ferries were stopped on Monday. Nobody said why."})
		s.put(search.Document{Title: "Bread prices rise", Text: "Bread is dear. The ministry of bread said nothing about prices."})
		s.put(search.Document{Title: "Café Müller closes", Text: "The café by the harbour closes after 2024 days: rent and bread."})

		s.wants("en", "ferry", "Ferries stop")
		s.wants("en", "HARBOUR", "Café Müller closes", "Ferries stop")
		s.wants("en", "harbour ferry", "Ferries stop")
		s.wants("en", "harbour -ferry", "Café Müller closes")
		s.wants("en", "bread -harbour -rent", "Bread prices rise")
		s.wants("en", `"bread prices"`, "Bread prices rise")
		s.wants("en", `“ministry of bread”`, "Bread prices rise")
		s.wants("en", `"prices bread"`)
		s.wants("en", `bread -"ministry of bread"`, "Café Müller closes")
		s.wants("en", `"bread prices`, "Bread prices rise")
		s.wants("en", "cafe muller", "Café Müller closes")
		s.wants("en", "٢٠٢٤", "Café Müller closes")
		s.wants("en", "ministry harbour")
		s.wants("en", "")
		s.wants("en", "-bread")
		s.wants("en", "a")
		s.wants("fa", "ferry")
		// A phrase does not reach from the title into the text.
		s.wants("en", `"stop the harbour"`)
		// An operator of either database is a word like any other.
		for _, typed := range []string{`ferr*`, `title:ferries`, `ferries OR bread`, `NEAR(ferries harbour)`, `ferries & !harbour`, `^ferries`, `{title}: ferries`, `"`, `'; drop table story; --`, "ferries\x00harbour", `"" - "-"`, `\`, `ferries:*`, `<->`} {
			s.find("en", typed)
		}
		s.wants("en", "ferries*", "Ferries stop")
		s.wants("en", "ferries AND harbour")
		s.wants("en", "ferries\x00harbour", "Ferries stop")
	})
}

func TestLanguages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		for _, c := range []struct{ lang, text, queries string }{
			{"ru", "Журналиста задержали у редакции; ещё двое ждут. Суд, Минюст и Facebook промолчали.", "журналист журналисты журналистом редакция редакцию еще ЕЩЁ суды facebook"},
			{"de", "Die Häuser der Straße gehören Frau Müller aus Köln.", "haus häuser strasse Straßen mueller Muller koeln koln"},
			{"en", "The ministers’ resignations, he said, don’t surprise anyone in Reykjavík.", "minister resignation resign dont don't reykjavik surprised"},
			{"fa", "کتاب‌های نویسندگان ایرانی در ۱۴۰۳ منتشر نمی‌شود. علی رفت. خانه‌ای", "كتاب کتابها کتاب‌ها کتابهای نویسنده نويسندگان 1403 ١٤٠٣ علي خانه منتشر"},
			{"ar", "قال الوزراءُ إنّ المدارس الجديدة ستُفتح غدًا في القاهرة عام ٢٠٢٤.", "المدارس مدارس وزراء الوزراء القاهره القاهرة 2024 الجديده ان"},
			{"uk", "Журналістів затримали біля редакції газети у Києві.", "журналіст журналісти редакція газета газетою"},
			{"be", "Журналістаў затрымалі каля рэдакцыі ў Менску.", "журналіст журналісты рэдакцыя"},
			{"fr", "L’homme s’est généralement excusé à l’Élysée.", "homme elysée généralement"},
			{"tr", "İstanbul’da IĞDIR’dan gelenler.", "istanbul İSTANBUL"},
			{"zh", "北京的记者被拘留。", "记者 北京 拘留"},
		} {
			s.put(search.Document{Lang: c.lang, Title: c.lang, Text: c.text})
			for _, q := range strings.Fields(c.queries) {
				if got := s.find(c.lang, q); !slices.Equal(got, []string{c.lang}) {
					t.Errorf("%s: %q finds %q", c.lang, q, got)
				}
			}
		}
		s.wants("zh", "者记")
	})
}

// What is published last comes first, however it was put in; every hit is on
// one page, and on one only.
func TestPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		const n = 53
		for i := range n {
			at := day.Add(time.Duration(i*37%n) * 24 * time.Hour)
			s.put(search.Document{Title: at.Format(time.DateOnly), Text: "common words", At: at})
		}
		for _, text := range []string{"common", `"common words"`} {
			var all []string
			q := search.Query{Langs: []string{"en"}, Text: text, Limit: 10}
			for pages := 0; ; pages++ {
				res := s.ask(q)
				for _, h := range res.Hits {
					all = append(all, h.Title)
				}
				if q.Before = res.Older; q.Before == "" {
					break
				}
				if pages > n {
					t.Fatal("the pages do not end")
				}
			}
			if len(all) != n || !slices.IsSortedFunc(all, func(a, b string) int { return strings.Compare(b, a) }) {
				t.Errorf("%s: %d hits: %q", text, len(all), all)
			}
		}
		in := s.titles(search.Query{Langs: []string{"en"}, Text: "common", From: day.AddDate(0, 0, 10), To: day.AddDate(0, 0, 13)})
		if want := []string{"2026-12-04", "2026-12-03", "2026-12-02"}; !slices.Equal(in, want) {
			t.Errorf("in three days: %q", in)
		}
		for _, before := range []string{"?", "r0", "9999999999999999999999", "r9"} {
			if _, err := s.x.Find(t.Context(), search.Query{Scope: search.Readers, Langs: []string{"en"}, Text: "common", Before: before}); err == nil {
				t.Errorf("%q is a page", before)
			}
		}
	})
}

// Thousands of an archive that knows only days keep their day.
func TestManyOfOneSecond(t *testing.T) {
	d := dbtest.SQLite(t)
	s := newShelf(t, d)
	const n = 6_000
	s.write(func(ctx context.Context, tx *db.Tx) error {
		for i := range n {
			if err := s.x.Put(ctx, tx, search.Document{Scope: search.Readers, Key: fmt.Sprint(i), Lang: "en", Title: "t", Text: "same", At: day}); err != nil {
				return err
			}
		}
		return nil
	})
	if got := len(s.titles(search.Query{Langs: []string{"en"}, Text: "same", From: day, To: day.Add(time.Minute), Limit: 100})); got != 100 {
		t.Errorf("%d hits within the minute", got)
	}
}

func TestScopesAndChanges(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		facet := []search.Facet{{Kind: "section", Value: "city"}}
		s.put(search.Document{Key: "one", Title: "Public", Text: "harbour news", Facets: facet})
		s.put(search.Document{Key: "one", Scope: search.Desk, Title: "Working copy", Text: "harbour secret", Facets: facet})
		s.put(search.Document{Key: "two", Scope: search.Desk, Title: "Draft", Text: "harbour secret", Facets: facet})
		s.wants("en", "harbour", "Public")
		for _, q := range []search.Query{
			{Text: "secret"},
			{Text: `"harbour secret"`},
			{Text: "harbour", Facets: facet},
			{Facets: facet},
			{Text: "den.secret"},
			{Text: "-harbour"},
			{Text: "harbour", Ranked: true},
			{Text: "secret", Ranked: true},
		} {
			q.Langs = []string{"en"}
			for _, title := range s.titles(q) {
				if title != "Public" {
					t.Errorf("%q shows readers %q", q.Text, title)
				}
			}
			res, err := s.x.Suggest(t.Context(), search.Query{Scope: search.Readers, Langs: []string{"en"}, Text: "secert"})
			if err != nil || res != "" {
				t.Errorf("readers are told of a word of drafts: %q %v", res, err)
			}
		}
		if got := s.titles(search.Query{Scope: search.Desk, Langs: []string{"en", "fa"}, Text: "secret"}); len(got) != 2 {
			t.Errorf("the desk finds %q", got)
		}
		if got := s.titles(search.Query{Langs: []string{"en"}, Facets: facet}); !slices.Equal(got, []string{"Public"}) {
			t.Errorf("the facet alone finds %q", got)
		}

		s.put(search.Document{Key: "one", Title: "Renamed", Text: "pier news", At: day})
		s.wants("en", "harbour")
		s.wants("en", "pier", "Renamed")
		if got := s.titles(search.Query{Langs: []string{"en"}, Facets: facet}); len(got) != 0 {
			t.Errorf("the section that was left finds %q", got)
		}
		s.write(func(ctx context.Context, tx *db.Tx) error {
			return s.x.Remove(ctx, tx, search.Ref{Scope: search.Readers, Key: "one"})
		})
		s.wants("en", "pier")
		if got := s.titles(search.Query{Scope: search.Desk, Langs: []string{"en"}, Text: "secret"}); len(got) != 2 {
			t.Errorf("afterwards the desk finds %q", got)
		}
	})
}

func TestFacetsAreCounted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		for i := range 9 {
			section := []string{"city", "world", "city"}[i%3]
			s.put(search.Document{Title: "t", Text: "news", Facets: []search.Facet{{Kind: "section", Value: section}, {Kind: "person", Value: "ada", Label: "Ada Ferry"}}})
		}
		res := s.ask(search.Query{Langs: []string{"en"}, Text: "news", Limit: 2, Sample: 100})
		var got []string
		for _, c := range res.Counts {
			got = append(got, fmt.Sprintf("%s %s %d", c.Kind, cmpOr(c.Label, c.Value), c.N))
		}
		want := []string{"month 2026-11 9", "person Ada Ferry 9", "section city 6", "section world 3"}
		if !slices.Equal(got, want) || len(res.Hits) != 2 || res.Older == "" || !res.Whole || res.Sampled != 9 {
			t.Errorf("%q, %d hits, older %q, sampled %d, whole %v", got, len(res.Hits), res.Older, res.Sampled, res.Whole)
		}
		res = s.ask(search.Query{Langs: []string{"en"}, Text: "news", Sample: 4, Limit: 1})
		if res.Whole || res.Sampled != 4 {
			t.Errorf("sampled %d, whole %v", res.Sampled, res.Whole)
		}
	})
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func TestRanked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.put(search.Document{Title: "Harbour strike", Text: "harbour strike; a strike again, one strike more"})
		s.put(search.Document{Title: "Strike in passing", Text: "somewhere in a harbour"})
		s.put(search.Document{Title: "Weather", Text: "harbour fog, no strike"})
		if got := s.titles(search.Query{Langs: []string{"en"}, Text: "harbour strike", Ranked: true}); !slices.Equal(got, []string{"Harbour strike", "Strike in passing", "Weather"}) {
			t.Errorf("ranked: %q", got)
		}
		one := s.ask(search.Query{Langs: []string{"en"}, Text: "harbour strike", Ranked: true, Limit: 2})
		two := s.ask(search.Query{Langs: []string{"en"}, Text: "harbour strike", Ranked: true, Limit: 2, Before: one.Older})
		if len(one.Hits) != 2 || len(two.Hits) != 1 || two.Hits[0].Title != "Weather" || two.Older != "" {
			t.Errorf("pages of the ranked: %v, %v", one, two)
		}
	})
}

func TestSuggest(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.put(search.Document{Title: "Harbour", Text: "The harbour ministry negotiates. Reykjavík waits."})
		s.put(search.Document{Lang: "ru", Title: "Журналисты", Text: "Журналисты ждут решения суда в редакции."})
		s.put(search.Document{Lang: "fa", Title: "روزنامه‌نگار", Text: "روزنامه نگار بازداشت شد."})
		s.put(search.Document{Key: "gone", Title: "Confidential", Text: "confidential informant"})
		s.write(func(ctx context.Context, tx *db.Tx) error {
			return s.x.Remove(ctx, tx, search.Ref{Scope: search.Readers, Key: "gone"})
		})
		for _, c := range []struct{ lang, typed, want string }{
			{"en", "harbuor", "harbour"},
			{"en", "harbor  minjstry", "harbour ministry"},
			{"en", "negotaites harbour", "negotiates harbour"},
			{"en", "negoiatse", "negotiates"},
			{"en", "harbour", ""},
			{"en", "zzzzzz harbuor", ""},
			{"en", "confidnetial", ""},
			{"en", "", ""},
			{"ru", "журнолисты", "журналисты"},
			{"fa", "بازداست", "بازداشت"},
		} {
			got, err := s.x.Suggest(t.Context(), search.Query{Scope: search.Readers, Langs: []string{c.lang}, Text: c.typed})
			if err != nil || got != c.want {
				t.Errorf("%q: %q, not %q (%v)", c.typed, got, c.want, err)
			}
		}
	})
}
