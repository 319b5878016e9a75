package search_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/search"
)

func TestLaterAndCatchUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		const n = 120
		var refs []search.Ref
		for i := range n {
			ref := search.Ref{Scope: search.Readers, Key: fmt.Sprint(i)}
			s.docs[ref] = search.Document{Scope: ref.Scope, Key: ref.Key, Lang: "en", Title: "t", Text: "archive", At: day, Stamp: "1"}
			refs = append(refs, ref)
		}
		later := func() {
			s.write(func(ctx context.Context, tx *db.Tx) error { return s.x.Later(ctx, tx, refs...) })
		}
		later()
		later() // noting it twice is noting it once
		if got := s.find("en", "archive"); len(got) != 0 {
			t.Errorf("found before it was indexed: %d", len(got))
		}
		if done, err := s.x.CatchUp(t.Context()); err != nil || done != n {
			t.Fatalf("caught up with %d: %v", done, err)
		}
		if got := s.titles(search.Query{Langs: []string{"en"}, Text: "archive", Limit: 100}); len(got) != 100 {
			t.Errorf("%d found", len(got))
		}
		delete(s.docs, refs[0])
		later()
		if _, err := s.x.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		rep, err := s.x.Check(t.Context())
		if err != nil || rep.Checked != n-1 || len(rep.Missing)+len(rep.Stale)+len(rep.Orphans)+rep.Due != 0 {
			t.Errorf("%+v %v", rep, err)
		}
	})
}

// A rebuild that stops half-way goes on there, mends whatever was wrong, and
// readers find all the while.
func TestRebuild(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		for i := range 250 {
			s.put(search.Document{Title: fmt.Sprintf("Story %d", i), Text: "harbour news"})
		}
		if stale, err := s.x.Stale(t.Context()); err != nil || !stale {
			t.Errorf("an index that was never made whole is whole: %v", err)
		}
		// One changed, one vanished, one came, all of them behind the index's back.
		ref := func(key string) search.Ref { return search.Ref{Scope: search.Readers, Key: key} }
		changed := s.docs[ref("k010")]
		changed.Text, changed.Stamp = "pier news", "2"
		s.docs[ref("k010")] = changed
		delete(s.docs, ref("k020"))
		s.docs[ref("z")] = search.Document{Scope: search.Readers, Key: "z", Lang: "en", Title: "New", Text: "lighthouse", At: day, Stamp: "1"}
		rep, err := s.x.Check(t.Context())
		if err != nil || !slices.Equal(rep.Stale, []search.Ref{ref("k010")}) || !slices.Equal(rep.Orphans, []search.Ref{ref("k020")}) || !slices.Equal(rep.Missing, []search.Ref{ref("z")}) || !rep.Unmended {
			t.Errorf("%+v %v", rep, err)
		}

		ctx, cancel := context.WithCancel(t.Context())
		first, err := s.x.Rebuild(ctx, false, func(int) { cancel() })
		if !errors.Is(err, context.Canceled) || first == 0 || first == 250 {
			t.Fatalf("stopped after %d: %v", first, err)
		}
		if len(s.find("en", "harbour")) == 0 {
			t.Error("nothing is found during a rebuild")
		}
		second, err := s.x.Rebuild(t.Context(), false, func(int) {})
		if err != nil || first+second != 250 {
			t.Fatalf("%d and then %d: %v", first, second, err)
		}
		if rep, err = s.x.Check(t.Context()); err != nil || len(rep.Missing)+len(rep.Stale)+len(rep.Orphans) != 0 || rep.Unmended || rep.Checked != 250 {
			t.Errorf("afterwards: %+v %v", rep, err)
		}
		s.wants("en", "pier", "Story 10")
		s.wants("en", "lighthouse", "New")
		if better, err := s.x.Suggest(t.Context(), search.Query{Scope: search.Readers, Langs: []string{"en"}, Text: "lighthuose"}); err != nil || better != "lighthouse" {
			t.Errorf("suggests %q %v", better, err)
		}
	})
}

func TestHide(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newShelf(t, d)
		s.put(search.Document{Key: "one", Title: "Arrested", Text: "Marta Quilp was arrested. Quilp waits."})
		s.put(search.Document{Key: "two", Title: "Other", Text: "Marta sings; Quilp is a place."})
		s.put(search.Document{Key: "one", Scope: search.Desk, Title: "Arrested", Text: "Marta Quilp and more."})
		hide := func(dry bool) (n int) {
			s.write(func(ctx context.Context, tx *db.Tx) (err error) {
				n, err = s.x.Hide(ctx, tx, []string{"Marta Quilp"}, dry)
				return err
			})
			return n
		}
		if n := hide(true); n != 2 {
			t.Errorf("a dry run reaches %d", n)
		}
		s.wants("en", `"marta quilp"`, "Arrested")
		for ref, doc := range s.docs { // the owner of the texts has hidden it there
			doc.Text = strings.ReplaceAll(doc.Text, "Marta Quilp", "[…]")
			doc.Text, doc.Stamp = strings.ReplaceAll(doc.Text, "Quilp waits", "[…] waits"), "2"
			s.docs[ref] = doc
		}
		if n := hide(false); n != 2 {
			t.Errorf("it reaches %d", n)
		}
		s.wants("en", `"marta quilp"`)
		s.wants("en", "quilp", "Other")
		s.wants("en", "waits", "Arrested")
	})
}

// Whatever stands in a text is found by it: any of its words, any run of its
// words as a phrase, and both engines give the same hits in the same order.
func TestBothEnginesFindWhatIsThere(t *testing.T) {
	shelves := []*shelf{newShelf(t, dbtest.SQLite(t)), newShelf(t, dbtest.Postgres(t))}
	langs := []string{"en", "ru", "de", "fa", "ar", "fr", "uk", "zh"}
	letters := map[string][]rune{
		"en": []rune("abcdegilnorst'’-"), "ru": []rune("аеёийнорстыья"), "de": []rune("abeinrstuüöäß"), "fa": []rune("ابتیيکكهانم\u200cش۱۲"),
		"ar": []rune("ابتةىيكلمنهوأإآء\u064e\u0640٣"), "fr": []rune("abeéèçlns'’"), "uk": []rune("абвеєиіїйнрст'"), "zh": []rune("的是北京a1"),
	}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		lang := rapid.SampledFrom(langs).Draw(rt, "lang")
		word := rapid.StringOfN(rapid.SampledFrom(letters[lang]), 1, 9, -1)
		words := rapid.SliceOfN(word, 1, 12).Draw(rt, "words")
		var spoken []string
		for _, w := range words {
			if w = strings.TrimLeft(w, "-"); search.Stems(lang, w) != "" { // a hyphen before a word shuts it out
				spoken = append(spoken, w)
			}
		}
		if len(spoken) == 0 {
			return
		}
		n++
		key := fmt.Sprintf("%06d", n)
		for _, s := range shelves {
			s.put(search.Document{Key: key, Lang: lang, Title: key, Text: strings.Join(words, " ")})
		}
		i := rapid.IntRange(0, len(spoken)-1).Draw(rt, "from")
		j := min(len(spoken), i+rapid.IntRange(1, 3).Draw(rt, "words"))
		text := strings.Join(spoken[i:j], " ")
		if rapid.Bool().Draw(rt, "phrase") {
			text = `"` + text + `"`
		}
		q := search.Query{Scope: search.Readers, Langs: []string{lang}, Text: text, Limit: 100}
		if search.Ask(lang, text).Short {
			return
		}
		hits := shelves[0].titles(q)
		if !slices.Contains(hits, key) && len(hits) < 100 {
			rt.Fatalf("%s: %q does not find %q among %d", lang, text, words, len(hits))
		}
		if other := shelves[1].titles(q); !slices.Equal(hits, other) {
			rt.Fatalf("%s: %q finds %q and %q", lang, text, hits, other)
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{``, `bread`, `"bread prices" -flour`, `"unbalanced`, `-`, `-"`, `««»»`, "a\x00b", "\xff\xfe", `NEAR(a b)`, `نیم‌فاصله`, `ё`, `İıẞﬁ`, `北京`, "'", `a:b*^(){}[]"\`, strings.Repeat(`"a b" `, 60)} {
		f.Add(seed)
	}
	d := dbtest.SQLite(f)
	x := search.New(d, search.Options{})
	err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		if err := x.Put(ctx, tx, search.Document{Scope: search.Readers, Key: "1", Lang: "en", Title: "Public bread", Text: "bread prices and flour", At: day}); err != nil {
			return err
		}
		return x.Put(ctx, tx, search.Document{Scope: search.Desk, Key: "2", Lang: "en", Title: "Draft", Text: "bread prices and flour", At: day})
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, lang := range []string{"en", "fa", "ru", "zh", "tr"} {
			q := search.Query{Scope: search.Readers, Langs: []string{lang}, Text: text}
			res, err := x.Find(t.Context(), q)
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			for _, h := range res.Hits {
				if h.Key != "1" {
					t.Fatalf("%q finds a draft", text)
				}
			}
			if _, err := x.Suggest(t.Context(), q); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			a := search.Ask(lang, text)
			var b strings.Builder
			for _, p := range a.Snippet(lang, text) {
				b.WriteString(p.Text)
			}
			if !utf8.ValidString(b.String()) {
				t.Fatalf("the snippet of %q is not valid", text)
			}
		}
	})
}

// A stem holds nothing that either engine reads as anything but a word, and
// folding twice changes no more.
func FuzzStems(f *testing.F) {
	for _, seed := range []string{"Harbour’s", "نمی‌شود", "ЁЛКА", "ﬁnﬁ", "١٢٣", "Straße", "a\u0301", "𝟙𝟚", "ǆ", "ᾳ", "\u0345x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, lang := range []string{"en", "ru", "de", "fa", "ar", "tr", "fr", "xx"} {
			for _, stem := range strings.Fields(search.Stems(lang, text)) {
				for _, r := range stem {
					if r < utf8.RuneSelf && (r < 'a' || r > 'z') && (r < '0' || r > '9') || unicode.IsUpper(r) && unicode.ToLower(r) != r || unicode.IsSpace(r) || unicode.IsControl(r) {
						t.Fatalf("%s: the stem %q of %q holds %q", lang, stem, text, r)
					}
				}
				if utf8.RuneCountInString(stem) > 80 {
					t.Fatalf("a stem of %d", utf8.RuneCountInString(stem))
				}
			}
		}
	})
}

// A name that was hidden, and the words of a text that was taken out, stand
// nowhere in the file any more.
func TestTheFileForgets(t *testing.T) {
	url := dbtest.SQLiteURL(t)
	file := strings.TrimPrefix(url, "sqlite:")
	holds := func() bool {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(bytes.ToLower(text), []byte("quilpzorn"))
	}
	open := func(do func(s *shelf)) {
		d, err := db.Open(t.Context(), db.Options{URL: url, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		s := newShelf(t, d)
		do(s)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	open(func(s *shelf) {
		for i := range 60 {
			s.put(search.Document{Key: fmt.Sprint(i), Title: "Other", Text: "Quiet quills and quilts, quite quickly."})
		}
		s.put(search.Document{Key: "one", Title: "Marta Quilpzorn", Text: "Quilpzorn was arrested."})
	})
	if !holds() {
		t.Fatal("the test looks in the wrong place")
	}
	open(func(s *shelf) {
		s.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := s.x.Hide(ctx, tx, []string{"Marta Quilpzorn"}, false) // Load knows it no more
			return err
		})
		s.wants("en", "quilpzorn")
	})
	if holds() {
		t.Error("the name still stands in the file")
	}
}
