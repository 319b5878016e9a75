package entity

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/ident"
)

// TestPlans reads how SQLite carries out each query: by an index, never
// through the whole register.
func TestPlans(t *testing.T) {
	d := dbtest.SQLite(t)
	for name, q := range map[string]struct {
		sql  string
		args []any
	}{
		"byID":          {byID, []any{"x"}},
		"bySlug":        {bySlug, []any{"person", "x"}},
		"byWikidata":    {byWikidata, []any{"Q1"}},
		"listed":        {listed, []any{"person", "", "", 10}},
		"keyIs":         {keyIs, []any{"name", "x", 10}},
		"keyBegins":     {keyBegins, []any{"name", "x", "y", 10}},
		"postByID":      {postByID, []any{"x"}},
		"postsOfPerson": {postsOfPerson, []any{"x"}},
		"postsOfBody":   {postsOfBody, []any{"x", 10}},
		"versions":      {versions, []any{"x", 10}},
		"movesOfSource": {movesOfSource, []any{"x", 10}},
		"movesOfTarget": {movesOfTarget, []any{"x", 10}},
		"moveByID":      {moveByID, []any{"x"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				rows, err := tx.Query(ctx, "explain query plan "+q.sql, q.args...)
				if err != nil {
					return err
				}
				defer rows.Close()
				for rows.Next() {
					var id, parent, unused int
					var step string
					if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
						return err
					}
					if strings.HasPrefix(step, "SCAN") || strings.Contains(step, "TEMP B-TREE") {
						t.Errorf("%s", step)
					}
				}
				return rows.Err()
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestMatchInALargeRegister compares a search among 200 people with one among
// 20,000, in one run.
func TestMatchInALargeRegister(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a large register")
	}
	d := dbtest.SQLite(t)
	r := New(d, ident.NewSource(time.Now, rand.Reader), Options{})
	first := []string{"Anna", "Boris", "Clara", "Dmitri", "Elena", "Farid", "Greta", "Hassan", "Irina", "Jonas"}
	syllables := []string{"ba", "ko", "ri", "ten", "sol", "var", "mi", "dra", "pel", "gu", "nov", "shi", "tak", "lor"}
	fill := func(from, to int) {
		for begin := from; begin < to; begin += 500 {
			err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				for i := begin; i < min(begin+500, to); i++ {
					n := i / len(first)
					name := first[i%len(first)] + " " + syllables[n%14] + syllables[n/14%14] + syllables[n/196%14] + syllables[n/2744%14]
					draft, err := Draft{Kind: Person, Names: Words{{"en", name}}}.tidy()
					if err != nil {
						return err
					}
					if _, err := r.create(ctx, tx, "m", draft, "create", ""); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	const asks = 60
	measure := func() time.Duration {
		start := time.Now()
		for i := range asks {
			for _, typed := range []string{"Anna", "Борис Бакори", "an", fmt.Sprintf("%s bab", first[i%10]), "فرید"} {
				if _, err := r.Match(t.Context(), Query{Name: typed}); err != nil {
					t.Fatal(err)
				}
			}
		}
		return time.Since(start) / (asks * 5)
	}
	fill(0, 200)
	measure()
	small := measure()
	fill(200, 20_000)
	measure()
	large := measure()
	t.Logf("a search among 200: %v; among 20,000: %v (%.1f times)", small, large, float64(large)/float64(small))
	if large > 8*small {
		t.Errorf("a search among 20,000 takes %v, among 200 %v", large, small)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Ada", "Юлия Семёнова", "فرهاد بهزادی", "\xff\x00", "ووووووو ووووو", "ß æ", "Ǆ ﷺ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if len([]rune(name)) > maxLine {
			t.Skip("Line refuses it")
		}
		folded := Fold(name)
		if again := Fold(folded); again != folded {
			t.Errorf("%q folds to %q and then to %q", name, folded, again)
		}
		d := Draft{Names: Words{{"en", name}}}
		if n := len(d.keys()); n > maxKeys {
			t.Errorf("%d keys", n)
		}
		if len(folded) > 0 {
			e := Entity{Draft: d}
			if s, _ := e.score(folded); s != scoreName {
				t.Errorf("%q finds itself with %d", name, s)
			}
		}
	})
}
