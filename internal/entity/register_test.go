package entity_test

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

func register(d *db.DB) *entity.Register {
	return entity.New(d, ident.NewSource(time.Now, rand.Reader), entity.Options{})
}

func make1(t *testing.T, r *entity.Register, kind entity.Kind, name string, more ...string) entity.Entity {
	t.Helper()
	e, err := r.Create(t.Context(), "m1", entity.Draft{Kind: kind, Names: entity.Words{{Lang: "en", Text: name}}, Aliases: more})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func want(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if fault.KindOf(err) != kind {
		t.Errorf("got %v, want a fault of the kind %s", err, kind)
	}
}

// TestMatchAcrossScripts types names in the scripts of our readers and wants
// the one person that each of them means to come first.
func TestMatchAcrossScripts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := register(d)
		for _, name := range []string{
			"Alexei Gorelov", "Yulia Semyonova", "Tarek Al-Mansour", "Rejep Tayfun Erdem", "Farhad Behzadi", "Mariana Zaretskaya",
			"Marina Zotova", "Leonie Achterberg", "Pavel Novak", "Nadia Rehm", "Nadja Rehbein", "Vladislav Kovalchuk", "Vladimir Kovalenko",
			"Fyodor Alyokhin", "Mohammed Khatami", "Shirin Qasemi",
		} {
			make1(t, r, entity.Person, name)
		}
		for typed, meant := range map[string]string{
			"Алексей Горелов":   "Alexei Gorelov",
			"Aleksey Gorelov":   "Alexei Gorelov",
			"горелов":           "Alexei Gorelov",
			"Юлия Семёнова":     "Yulia Semyonova",
			"Юлия Семенова":     "Yulia Semyonova",
			"Семеновой":         "Yulia Semyonova",
			"Тарек аль-Мансур":  "Tarek Al-Mansour",
			"طارق المنصور":      "Tarek Al-Mansour",
			"فرهاد بهزادی":      "Farhad Behzadi",
			"فرهاد بهزادي":      "Farhad Behzadi", // Arabic yeh
			"Фархад Бехзади":    "Farhad Behzadi",
			"Марьяна Зарецкая":  "Mariana Zaretskaya",
			"Заре":              "",
			"Zaret":             "Mariana Zaretskaya",
			"لئونی آختربرگ":     "Leonie Achterberg",
			"Léonie Achterberg": "Leonie Achterberg",
			"پاول نوواک":        "Pavel Novak",
			"نادیا رم":          "",
			"Фёдор Алёхин":      "Fyodor Alyokhin",
			"Федор Алехин":      "Fyodor Alyokhin",
			"محمد خاتمی":        "Mohammed Khatami",
			"Мохаммад Хатами":   "Mohammed Khatami",
			"شیرین قاسمی":       "Shirin Qasemi",
			"Shireen Ghasemi":   "Shirin Qasemi",
			"erdem":             "Rejep Tayfun Erdem",
			"zotova marina":     "Marina Zotova",
		} {
			found, err := r.Match(t.Context(), entity.Query{Name: typed, Kind: entity.Person})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if len(found) > 0 {
				got = found[0].Name("en")
			}
			if meant != "" && got != meant {
				t.Errorf("%q found %q, want %q (of %d)", typed, got, meant, len(found))
			}
		}
		for _, typed := range []string{"", "  ", "‌", "x", "Nobody Inparticular", "Qwrtp"} {
			found, err := r.Match(t.Context(), entity.Query{Name: typed})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				if f.Score >= entity.Sure {
					t.Errorf("%q is surely %q?", typed, f.Name("en"))
				}
			}
		}
		found, err := r.Match(t.Context(), entity.Query{Name: "Pavel Novak", Kind: entity.Body})
		if err != nil || len(found) > 0 {
			t.Errorf("a person was found among the bodies: %v, %v", found, err)
		}
	})
}

func TestAliasesAndLanguages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := register(d)
		e, err := r.Create(t.Context(), "m1", entity.Draft{
			Kind: entity.Body, Names: entity.Words{{"en", "Ministry of Justice"}, {"fa", "وزارت دادگستری"}},
			Aliases: []string{"MoJ", "justice ministry"}, Wikidata: "q123",
		})
		if err != nil {
			t.Fatal(err)
		}
		if e.Wikidata != "Q123" || e.Slug != "ministry-of-justice" || e.Name("fa-IR") != "وزارت دادگستری" || e.Name("ru") != "Ministry of Justice" {
			t.Errorf("made %+v", e)
		}
		for _, typed := range []string{"moj", "Justice Ministry", "وزارت دادگستري", "ministry of j"} {
			found, err := r.Match(t.Context(), entity.Query{Name: typed})
			if err != nil || len(found) == 0 || found[0].ID != e.ID {
				t.Errorf("%q found %v, %v", typed, found, err)
			}
		}
		if _, err := r.Create(t.Context(), "m1", entity.Draft{Kind: entity.Body, Names: entity.Words{{"en", "Other"}}, Wikidata: "Q123"}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a Wikidata id was taken twice: %v", err)
		}
		for _, bad := range []entity.Draft{
			{},
			{Kind: "beast", Names: entity.Words{{"en", "A"}}},
			{Kind: entity.Person},
			{Kind: entity.Person, Names: entity.Words{{"english!", "A"}}},
			{Kind: entity.Person, Names: entity.Words{{"en", "A"}, {"en", "B"}}},
			{Kind: entity.Person, Names: entity.Words{{"en", "A\nB"}}},
			{Kind: entity.Person, Names: entity.Words{{"en", "A\u202eB"}}},
			{Kind: entity.Person, Names: entity.Words{{"en", "A"}}, Wikidata: "42"},
			{Kind: entity.Person, Names: entity.Words{{"en", "A"}}, Slug: "Not A Slug"},
		} {
			_, err := r.Create(t.Context(), "m1", bad)
			want(t, err, fault.Invalid)
		}
	})
}

func TestAddressesLeadOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := register(d)
		a := make1(t, r, entity.Person, "Ada Ferry")
		b := make1(t, r, entity.Person, "Ada Ferry")
		if a.Slug != "ada-ferry" || b.Slug != "ada-ferry-2" {
			t.Fatalf("two of one name got the addresses %s and %s", a.Slug, b.Slug)
		}
		draft := a.Draft
		draft.Slug = "ada-ferry-mayor"
		a2, err := r.Revise(t.Context(), "m1", a.ID, a.Version, draft)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Revise(t.Context(), "m2", a.ID, a.Version, draft)
		want(t, err, fault.Conflict)
		e, to, err := r.BySlug(t.Context(), entity.Person, "ada-ferry")
		if err != nil || e.ID != a.ID || to != "/people/ada-ferry-mayor" {
			t.Errorf("the old address gives %s %q %v", e.ID, to, err)
		}
		draft.Slug = "ada-ferry-2"
		_, err = r.Revise(t.Context(), "m1", a.ID, a2.Version, draft)
		want(t, err, fault.Conflict)
		draft.Slug = "ada-ferry" // its own old one
		if _, err = r.Revise(t.Context(), "m1", a.ID, a2.Version, draft); err != nil {
			t.Error(err)
		}
		_, _, err = r.BySlug(t.Context(), entity.Body, "ada-ferry")
		want(t, err, fault.Missing)
		history, err := r.History(t.Context(), a.ID)
		if err != nil || len(history) != 3 || history[2].Slug != "ada-ferry" || history[1].Slug != "ada-ferry-mayor" {
			t.Errorf("the history is %+v, %v", history, err)
		}
	})
}

func TestPostsAreAskedOfADay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := register(d)
		p, court := make1(t, r, entity.Person, "Leonie Achterberg"), make1(t, r, entity.Body, "Administrative Court")
		for _, one := range []entity.Post{
			{Person: p.ID, Body: court.ID, Roles: entity.Words{{"en", "judge"}}, Since: "2018-03", Until: "2024"},
			{Person: p.ID, Roles: entity.Words{{"en", "minister of justice"}}, Since: "2025-01-15"},
			{Person: p.ID, Roles: entity.Words{{"en", "lawyer"}}, Until: "2018-02"},
		} {
			if _, err := r.SavePost(t.Context(), "m1", one); err != nil {
				t.Fatal(err)
			}
		}
		for day, role := range map[string]string{
			"2010-01-01": "lawyer", "2018-02-28": "lawyer", "2018-03-01": "judge", "2024-12-31": "judge", "2025-01-14": "",
			"2025-01-15": "minister of justice", "2031-01-01": "minister of justice",
		} {
			at, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			held, err := r.Held(t.Context(), p.ID, at)
			got := ""
			if len(held) == 1 {
				got = held[0].Roles.Text("en")
			}
			if err != nil || got != role || len(held) > 1 {
				t.Errorf("on %s they were %q (%d posts), want %q; %v", day, got, len(held), role, err)
			}
		}
		for _, bad := range []entity.Post{
			{Person: p.ID},
			{Person: p.ID, Roles: entity.Words{{"en", "judge"}}, Since: "2024-13"},
			{Person: p.ID, Roles: entity.Words{{"en", "judge"}}, Since: "2024-02-30"},
			{Person: p.ID, Roles: entity.Words{{"en", "judge"}}, Since: "2024", Until: "2023"},
			{Person: court.ID, Roles: entity.Words{{"en", "judge"}}},
			{Person: p.ID, Body: p.ID, Roles: entity.Words{{"en", "judge"}}},
		} {
			_, err := r.SavePost(t.Context(), "m1", bad)
			want(t, err, fault.Invalid)
		}
		held, err := r.Holders(t.Context(), court.ID, 10)
		if err != nil || len(held) != 1 || held[0].Person != p.ID {
			t.Errorf("the court's posts are %v, %v", held, err)
		}
	})
}

func TestMergeAndBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := register(d)
		a, b := make1(t, r, entity.Person, "Pavel Novak"), make1(t, r, entity.Person, "Павел Новак")
		post, err := r.SavePost(t.Context(), "m1", entity.Post{Person: b.ID, Roles: entity.Words{{"ru", "адвокат"}}})
		if err != nil {
			t.Fatal(err)
		}
		m, err := r.Merge(t.Context(), "m1", b.ID, a.ID, "one man")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(m.Posts, []string{post.ID}) {
			t.Errorf("the posts %v moved", m.Posts)
		}
		e, to, err := r.BySlug(t.Context(), entity.Person, b.Slug)
		if err != nil || e.ID != a.ID || to != a.Path() {
			t.Errorf("the part's address gives %s %q %v", e.ID, to, err)
		}
		found, err := r.Match(t.Context(), entity.Query{Name: "Павел Новак"})
		if err != nil || len(found) != 1 || found[0].ID != a.ID || found[0].Score < entity.Sure {
			t.Errorf("the part's name finds %+v, %v", found, err)
		}
		if held, err := r.Posts(t.Context(), a.ID); err != nil || len(held) != 1 {
			t.Errorf("posts after the merge: %v, %v", held, err)
		}
		_, err = r.Merge(t.Context(), "m1", b.ID, a.ID, "")
		want(t, err, fault.Conflict)
		_, err = r.Merge(t.Context(), "m1", a.ID, a.ID, "")
		want(t, err, fault.Invalid)
		if _, err := r.Undo(t.Context(), "m2", m.ID); err != nil {
			t.Fatal(err)
		}
		_, err = r.Undo(t.Context(), "m2", m.ID)
		want(t, err, fault.Conflict)
		if e, to, err := r.BySlug(t.Context(), entity.Person, b.Slug); err != nil || e.ID != b.ID || to != "" {
			t.Errorf("after the undoing: %s %q %v", e.ID, to, err)
		}
		if held, err := r.Posts(t.Context(), b.ID); err != nil || len(held) != 1 {
			t.Errorf("posts after the undoing: %v, %v", held, err)
		}
		moves, err := r.Moves(t.Context(), a.ID)
		if err != nil || len(moves) != 1 || moves[0].Undone.IsZero() || moves[0].Reason != "one man" {
			t.Errorf("the account is %+v, %v", moves, err)
		}
	})
}

func TestSplitAndBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := register(d)
		a := make1(t, r, entity.Person, "Nadia Rehm")
		p1, err := r.SavePost(t.Context(), "m1", entity.Post{Person: a.ID, Roles: entity.Words{{"en", "teacher"}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = r.SavePost(t.Context(), "m1", entity.Post{Person: a.ID, Roles: entity.Words{{"en", "singer"}}}); err != nil {
			t.Fatal(err)
		}
		e, m, err := r.Split(t.Context(), "m1", a.ID, entity.Draft{Names: entity.Words{{"en", "Nadia Rehm (teacher)"}}}, []string{p1.ID}, nil, "two women")
		if err != nil {
			t.Fatal(err)
		}
		if held, err := r.Posts(t.Context(), e.ID); err != nil || len(held) != 1 || held[0].ID != p1.ID {
			t.Errorf("the new one's posts: %v, %v", held, err)
		}
		if _, err := r.Undo(t.Context(), "m1", m.ID); err != nil {
			t.Fatal(err)
		}
		if held, err := r.Posts(t.Context(), a.ID); err != nil || len(held) != 2 {
			t.Errorf("the old one's posts: %v, %v", held, err)
		}
		if _, to, err := r.BySlug(t.Context(), entity.Person, e.Slug); err != nil || to != a.Path() {
			t.Errorf("the parted address leads to %q, %v", to, err)
		}
	})
}

func TestListGoesOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := register(d)
		for _, name := range []string{"C", "a", "Ä", "b", "Б"} {
			make1(t, r, entity.Topic, name)
		}
		var all []string
		for after := (entity.Cursor{}); ; {
			some, err := r.List(t.Context(), entity.Topic, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range some {
				all = append(all, e.Name("en"))
				after = e.Cursor()
			}
			if len(some) < 2 {
				break
			}
		}
		slices.Sort(all[:2]) // A with and without dots fold to the same
		if !slices.Equal(all, []string{"a", "Ä", "b", "C", "Б"}) {
			t.Errorf("the list is %q", all)
		}
	})
}
