package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"mimeo/internal/db"
)

const (
	docByKey = `select at, lang, stamp, facets, words from search_doc where scope = $1 and key = $2`

	insertDocument = `insert into search_doc (at, scope, key, lang, title, shown, stamp, facets, words)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (at) do nothing`

	deleteDoc = `delete from search_doc where at = $1`

	insertDue = `insert into search_due (scope, key) values ($1, $2) on conflict (scope, key) do nothing`

	deleteDue = `delete from search_due where scope = $1 and key = $2`

	firstDue = `select scope, key from search_due order by scope, key limit $1`

	docsAfter = `select at, scope, key from search_doc where at > $1 order by at limit $2`

	wordsFrom = `select word, n from search_word where lang = $1 and word >= $2 and word < $3 order by word limit $4`

	forgetWord = `delete from search_word where lang = $1 and word = $2`

	// langsThere steps from one language to the next on the key of the words.
	langsThere = `with recursive step (lang) as (
			select min(lang) from search_word
			union all
			select (select min(w.lang) from search_word w where w.lang > step.lang) from step where step.lang is not null
		) select lang from step where lang is not null`

	forgetWords = `delete from search_word`
)

// enough is up to where the texts with a word are counted. Beyond it a word is
// simply common, and no publication has to wait for another to count it.
const enough = 100

// countsOf looks every word of a list up by itself, so that no planner reads
// the whole vocabulary instead.
func countsOf(d db.Dialect) string {
	return `select value, (select w.n from search_word w where w.lang = $2 and w.word = value) from ` + d.Listed("$1")
}

func countQuery(d db.Dialect, count bool) string {
	query := `insert into search_word (lang, word, n) select $1, value, 1 from ` + d.Listed("$2") + ` where true on conflict (lang, word) `
	if count {
		return query + fmt.Sprintf(`do update set n = search_word.n + 1 where search_word.n < %d`, enough)
	}
	return query + `do nothing`
}

// countWords counts the words of a text. They come sorted, so that two
// publications never wait for each other in a ring.
func countWords(ctx context.Context, tx *db.Tx, lang string, written []string, count bool) error {
	list, err := json.Marshal(written)
	if err == nil && len(written) > 0 {
		_, err = tx.Exec(ctx, countQuery(tx.Dialect(), count), lang, string(list))
	}
	return err
}

func selectDoc(ctx context.Context, tx *db.Tx, scope Scope, key string) (s stored, known bool, err error) {
	err = tx.QueryRow(ctx, docByKey, string(scope), key).Scan(&s.place, &s.lang, &s.stamp, &s.facets, &s.words)
	if errors.Is(err, db.ErrNoRows) {
		return s, false, nil
	}
	return s, err == nil, err
}

func settle(ctx context.Context, tx *db.Tx, ref Ref) error {
	_, err := tx.Exec(ctx, deleteDue, string(ref.Scope), ref.Key)
	return err
}

func selectDue(ctx context.Context, tx *db.Tx, limit int) (refs []Ref, err error) {
	rows, err := tx.Query(ctx, firstDue, limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var scope, key string
		if err := rows.Scan(&scope, &key); err != nil {
			return nil, err
		}
		refs = append(refs, Ref{Scope(scope), key})
	}
	return refs, rows.Err()
}

// row is a candidate as it is read.
type row struct {
	Hit
	facets, words string
}

// candidates reads what matches below one place and not below another, the
// newest first. The facets and the words of a text are read only when wanted:
// the words are most of the row.
func candidates(ctx context.Context, tx *db.Tx, match string, below, from int64, limit int, facets, words bool) (out []row, err error) {
	columns := `d.at, d.key, d.lang, d.title, d.shown, `
	for _, c := range []struct {
		want bool
		name string
	}{{facets, "d.facets, "}, {words, "d.words"}} {
		switch {
		case c.want:
			columns += c.name
		case c.name == "d.words":
			columns += `''`
		default:
			columns += `'', `
		}
	}
	rows, err := tx.Query(ctx, `select `+columns+` from `+tx.Dialect().Matching()+` h join search_doc d on d.at = h.at order by d.at desc`,
		match, below, from, limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r row
		var shown int64
		if err := rows.Scan(&r.place, &r.Key, &r.Lang, &r.Title, &shown, &r.facets, &r.words); err != nil {
			return nil, err
		}
		r.At = db.Time(shown)
		out = append(out, r)
	}
	return out, rows.Err()
}

// selectAfter reads which documents are in the index after a place, and the
// last place that it read.
func selectAfter(ctx context.Context, tx *db.Tx, after string, limit int) (refs []Ref, last string, err error) {
	at := int64(math.MinInt64)
	if after != "" {
		if at, err = strconv.ParseInt(after, 36, 64); err != nil {
			return nil, "", fmt.Errorf("reading the place %q: %w", after, err)
		}
	}
	rows, err := tx.Query(ctx, docsAfter, at, limit)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var scope, key string
		if err := rows.Scan(&at, &scope, &key); err != nil {
			return nil, "", err
		}
		refs = append(refs, Ref{Scope(scope), key})
	}
	return refs, strconv.FormatInt(at, 36), rows.Err()
}

func selectLangs(ctx context.Context, tx *db.Tx) (langs []string, err error) {
	rows, err := tx.Query(ctx, langsThere)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var lang string
		if err := rows.Scan(&lang); err != nil {
			return nil, err
		}
		langs = append(langs, lang)
	}
	return langs, rows.Err()
}
