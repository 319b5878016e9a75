package search_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/search"
)

// corpus makes stories of an invented language whose words are as unevenly
// frequent as those of any: the word of rank r occurs like 1/r.
type corpus struct {
	random *rand.Rand
	zipf   *rand.Zipf
	words  []string
}

func newCorpus() *corpus {
	const vocabulary = 80_000
	c := &corpus{random: rand.New(rand.NewPCG(1, 2))}
	c.zipf = rand.NewZipf(c.random, 1.07, 3, vocabulary-1)
	syllables := []string{"ba", "ko", "lin", "tor", "me", "sha", "ru", "vel", "ni", "dor", "ka", "pem", "zu", "gra", "ho", "fin", "stel", "wa", "yo", "qui"}
	seen := map[string]bool{}
	for len(c.words) < vocabulary {
		var b strings.Builder
		for range 1 + min(4, len(c.words)/40+c.random.IntN(3)) {
			b.WriteString(syllables[c.random.IntN(len(syllables))])
		}
		if w := b.String(); !seen[w] {
			seen[w] = true
			c.words = append(c.words, w)
		} else if len(c.words) < 40 {
			w += string(rune('a' + len(c.words)%26))
			if !seen[w] {
				seen[w] = true
				c.words = append(c.words, w)
			}
		}
	}
	return c
}

func (c *corpus) text(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(c.words[c.zipf.Uint64()])
	}
	return b.String()
}

// rank is a word whose rank is as likely to be between 10 and 100 as between
// 1,000 and 10,000.
func (c *corpus) rank() string {
	return c.words[int(math.Exp(c.random.Float64()*math.Log(float64(len(c.words)-1))))]
}

func (c *corpus) story(i int) search.Document {
	return search.Document{
		Scope: search.Readers, Key: fmt.Sprintf("story-%06d", i), Lang: "en", Stamp: "1",
		Title: c.text(8), Text: c.text(150 + c.random.IntN(400)),
		Facets: []search.Facet{
			{Kind: "section", Value: fmt.Sprintf("section-%d", c.random.IntN(8))},
			{Kind: "person", Value: fmt.Sprintf("person-%d", int(math.Exp(c.random.Float64()*math.Log(2_000))))},
		},
		At: day.Add(-time.Duration(i) * 53 * time.Minute), // ten years
	}
}

// kinds are the queries that a reader can type. Those with a bare twin are
// measured against the engine's own index.
func (c *corpus) kinds(n int) []kind {
	list := func(pick func() string, n int) string {
		var out []string
		for range n {
			out = append(out, pick())
		}
		return strings.Join(out, " ")
	}
	common := func() string { return c.words[c.random.IntN(20)] }
	prefix := func(r string, s string) string { return r + strings.ReplaceAll(s, " ", " "+r) }
	all := []struct {
		name string
		bare bool
		next func() search.Query
	}{
		{"one word", true, func() search.Query { return search.Query{Text: c.rank()} }},
		{"the most common word", true, func() search.Query { return search.Query{Text: c.words[0]} }},
		{"two words", true, func() search.Query { return search.Query{Text: list(c.rank, 2)} }},
		{"three words", true, func() search.Query { return search.Query{Text: list(c.rank, 3)} }},
		{"ten words", true, func() search.Query { return search.Query{Text: list(c.rank, 10)} }},
		{"ten common words", true, func() search.Query { return search.Query{Text: list(common, 10)} }},
		{"twelve words of rank 20 to 200", true, func() search.Query {
			return search.Query{Text: list(func() string { return c.words[20+c.random.IntN(180)] }, 12)}
		}},
		{"phrase", false, func() search.Query { return search.Query{Text: `"` + list(c.rank, 2) + `"`} }},
		{"phrase of common words", false, func() search.Query { return search.Query{Text: `"` + list(common, 2) + `"`} }},
		{"phrase of eight common words", false, func() search.Query { return search.Query{Text: `"` + list(common, 8) + `"`} }},
		{"common word without six others", false, func() search.Query {
			return search.Query{Text: common() + " " + prefix("-", list(common, 6))}
		}},
		{"prefixes", false, func() search.Query {
			return search.Query{Text: strings.TrimSpace(strings.Repeat(c.words[c.random.IntN(20)][:1]+"* ", 100))}
		}},
		{"common word, ranked", false, func() search.Query { return search.Query{Text: common(), Ranked: true} }},
		{"two words, ranked", false, func() search.Query { return search.Query{Text: list(c.rank, 2), Ranked: true} }},
		{"phrase of common words, ranked", false, func() search.Query { return search.Query{Text: `"` + list(common, 2) + `"`, Ranked: true} }},
		{"common word in a section", false, func() search.Query {
			return search.Query{Text: common(), Facets: []search.Facet{{Kind: "section", Value: "section-3"}}}
		}},
		{"word by a person in a year", false, func() search.Query {
			return search.Query{
				Text: c.words[c.random.IntN(200)], Facets: []search.Facet{{Kind: "person", Value: fmt.Sprintf("person-%d", c.random.IntN(200))}},
				From: day.AddDate(-4, 0, 0), To: day.AddDate(-3, 0, 0),
			}
		}},
		{"common word with counted facets", false, func() search.Query { return search.Query{Text: common(), Sample: 200} }},
		{"an unknown word and its mending", false, func() search.Query {
			w := c.words[2_000+c.random.IntN(20_000)]
			return search.Query{Text: w[:len(w)-2] + "x" + w[len(w)-1:]}
		}},
	}
	var kinds []kind
	for _, one := range all {
		k := kind{name: one.name, bare: one.bare}
		for range n {
			q := one.next()
			q.Scope, q.Langs = search.Readers, []string{"en"}
			k.queries = append(k.queries, q)
		}
		kinds = append(kinds, k)
	}
	return kinds
}

type kind struct {
	name    string
	bare    bool
	queries []search.Query
}

// took is how long each of many runs took.
type took []time.Duration

func (t took) at(share float64) time.Duration {
	slices.Sort(t)
	return t[min(len(t)-1, int(share*float64(len(t))))]
}

func (t took) sum() (all time.Duration) {
	for _, d := range t {
		all += d
	}
	return all
}

// BenchmarkArchive searches 100,000 stories (MIMEO_STORIES says another number)
// in every way that a reader can, on both engines, and on SQLite puts the bare
// FTS5 table of the same driver, with the same words, beside it.
func BenchmarkArchive(b *testing.B) {
	stories := 100_000
	if n, err := strconv.Atoi(os.Getenv("MIMEO_STORIES")); err == nil {
		stories = n
	}
	for _, engine := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		b.Run(engine.name, func(b *testing.B) {
			measureArchive(b, engine.open(b), stories, engine.name == "sqlite")
			for b.Loop() { // measured above, once
			}
		})
	}
}

func measureArchive(b *testing.B, d *db.DB, stories int, bare bool) {
	x := search.New(d, search.Options{})
	c := newCorpus()
	write := func(fn func(ctx context.Context, tx *db.Tx) error) {
		if err := d.Write(b.Context(), fn); err != nil {
			b.Fatal(err)
		}
	}
	var ours, theirs time.Duration
	if bare {
		write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `create virtual table bare using fts5 (title, body)`)
			return err
		})
	}
	const many = 200
	for i := 0; i < stories; i += many {
		docs := make([]search.Document, 0, many)
		for j := range many {
			docs = append(docs, c.story(i+j))
		}
		begun := time.Now()
		write(func(ctx context.Context, tx *db.Tx) error {
			for _, doc := range docs {
				if err := x.Put(ctx, tx, doc); err != nil {
					return err
				}
			}
			return nil
		})
		ours += time.Since(begun)
		if !bare {
			continue
		}
		begun = time.Now()
		write(func(ctx context.Context, tx *db.Tx) error {
			for j, doc := range docs {
				if err := putBare(ctx, tx, stories-i-j, doc); err != nil {
					return err
				}
			}
			return nil
		})
		theirs += time.Since(begun)
	}
	b.Logf("indexed %d stories: %v each, bare FTS5 with stemming %v each", stories, ours/time.Duration(stories), theirs/time.Duration(stories))
	if !bare {
		write(func(ctx context.Context, tx *db.Tx) error { _, err := tx.Exec(ctx, "analyze"); return err })
	}
	var single took
	for i := range 50 {
		doc := c.story(stories + i)
		begun := time.Now()
		write(func(ctx context.Context, tx *db.Tx) error { return x.Put(ctx, tx, doc) })
		single = append(single, time.Since(begun))
		if bare {
			write(func(ctx context.Context, tx *db.Tx) error { return putBare(ctx, tx, -i, doc) })
		}
	}
	b.Logf("one more story in its own transaction: p50 %v, p99 %v", single.at(.5), single.at(.99))

	var all took
	for _, k := range c.kinds(150) {
		var own, raw, sumOwn, sumRaw took
		for _, q := range k.queries {
			begun := time.Now()
			res, err := x.Find(b.Context(), q)
			if err != nil {
				b.Fatalf("%q: %v", q.Text, err)
			}
			if len(res.Hits) == 0 && len(q.Facets) == 0 {
				if _, err := x.Suggest(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
			own = append(own, time.Since(begun))
			if k.bare && bare {
				begun = time.Now()
				n := bareHits(b, d, q.Text)
				raw = append(raw, time.Since(begun))
				if n != len(res.Hits) {
					b.Errorf("%q has %d hits, in the bare table %d", q.Text, len(res.Hits), n)
				}
				if n > 0 {
					sumOwn, sumRaw = append(sumOwn, own[len(own)-1]), append(sumRaw, raw[len(raw)-1])
				}
			}
		}
		all = append(all, own...)
		line := fmt.Sprintf("%-34s p50 %8v  p99 %8v  most %8v", k.name, own.at(.5), own.at(.99), own.at(1))
		if len(raw) > 0 {
			line += fmt.Sprintf("   bare p50 %8v  p99 %8v   sum of those with hits: %.2f of bare", raw.at(.5), raw.at(.99), float64(sumOwn.sum())/float64(max(1, sumRaw.sum())))
		}
		b.Log(line)
	}
	b.Logf("all: p99 %v, most %v", all.at(.99), all.at(1))
	b.ReportMetric(float64(all.at(.99).Microseconds())/1000, "p99-ms")
}

func putBare(ctx context.Context, tx *db.Tx, row int, doc search.Document) error {
	_, err := tx.Exec(ctx, `insert into bare (rowid, title, body) values ($1, $2, $3)`, row, search.Stems("en", doc.Title), search.Stems("en", doc.Text))
	return err
}

// bareHits asks the bare table for what a page shows.
func bareHits(b *testing.B, d *db.DB, text string) (n int) {
	var words []string
	for _, w := range strings.Fields(search.Stems("en", text)) {
		words = append(words, `"`+w+`"`)
	}
	err := d.Read(b.Context(), func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, `select rowid, title from bare where bare match $1 order by rowid desc limit 21`, strings.Join(words, " AND "))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id int64
			var title string
			if err := rows.Scan(&id, &title); err != nil {
				return err
			}
			n++
		}
		return rows.Err()
	})
	if err != nil {
		b.Fatal(err)
	}
	return min(n, 20)
}
