package db

import (
	"context"
	"strings"
)

// Full-text search is the one thing that the two engines do in different
// words: FTS5 on SQLite, tsvector with a GIN index on PostgreSQL. Both are used
// as an inverted index and for nothing else. Which words a text has, where they
// stand and how well they fit is decided in Go, so the hits are the same.
//
// The table search_term maps a number to the set of its terms. Terms consist of
// letters, digits and the signs . : - alone, in small letters; the caller makes
// them, and no word that somebody typed gets here any other way.

// Terms is what is looked for: all of All and none of Not.
type Terms struct{ All, Not []string }

// Match writes what is looked for in the engine's words: at least one of the
// alternatives. Each has a term in All.
func (d Dialect) Match(alternatives ...Terms) string {
	and, not, or, quote := " AND ", " NOT ", " OR ", ftsQuoted
	if d == Postgres {
		and, not, or, quote = " & ", " & !", " | ", tsQuoted
	}
	var b strings.Builder
	for i, terms := range alternatives {
		if i > 0 {
			b.WriteString(or)
		}
		// FTS5's NOT binds tighter than its AND and has no form without a left side.
		b.WriteByte('(')
		b.WriteByte('(')
		for j, t := range terms.All {
			if j > 0 {
				b.WriteString(and)
			}
			b.WriteString(quote(t))
		}
		b.WriteByte(')')
		for _, t := range terms.Not {
			b.WriteString(not)
			b.WriteString(quote(t))
		}
		b.WriteByte(')')
	}
	return b.String()
}

func ftsQuoted(t string) string { return `"` + strings.ReplaceAll(t, `"`, `""`) + `"` }

func tsQuoted(t string) string {
	return `'` + strings.ReplaceAll(strings.ReplaceAll(t, `\`, `\\`), `'`, `''`) + `'`
}

// Matching selects, as the column at, the numbers below $2 and not below $3
// that match $1, the highest first, at most $4: to be used as a subquery.
func (d Dialect) Matching() string {
	if d == Postgres {
		// The index knows no order: what it finds is sorted, and a word that every
		// other text has is found in a moment by looking at the newest texts. So
		// these come first, a bounded number of them, and the index only if they
		// were not enough. Kept apart from the order, so that the planner is not
		// tempted to walk all numbers downwards for a rare word.
		return `(with near as materialized (
				select w.at from (select at, terms from search_term where at < $2 and at >= $3 order by at desc limit least(600, 10 * cast($4 as bigint))) w
				where w.terms @@ cast($1 as tsquery) order by w.at desc limit $4),
			far as (select at from search_term where (select count(*) from near) < $4 and terms @@ cast($1 as tsquery) offset 0)
			select at from near where (select count(*) from near) >= $4
			union all
			select at from (select at from far where at < $2 and at >= $3 order by at desc limit $4) f)`
	}
	return `(select rowid as at from search_term where search_term match $1 and rowid < $2 and rowid >= $3 order by rowid desc limit $4)`
}

// PutTerms maps a number, which has none yet, to its terms.
func (tx *Tx) PutTerms(ctx context.Context, at int64, terms []string) error {
	query := `insert into search_term (rowid, terms) values ($1, $2)`
	if tx.Dialect() == Postgres {
		query = `insert into search_term (at, terms) values ($1, array_to_tsvector(string_to_array($2, ' ')))`
	}
	_, err := tx.Exec(ctx, query, at, strings.Join(terms, " "))
	return err
}

// DropTerms forgets a number. terms are those that it was mapped to: with them
// SQLite takes the number out of its index at once instead of marking it.
func (tx *Tx) DropTerms(ctx context.Context, at int64, terms []string) error {
	if tx.Dialect() == Postgres {
		_, err := tx.Exec(ctx, `delete from search_term where at = $1`, at)
		return err
	}
	_, err := tx.Exec(ctx, `insert into search_term (search_term, rowid, terms) values ('delete', $1, $2)`, at, strings.Join(terms, " "))
	return err
}

// ByTerms makes the rest of a reading transaction go by indexes, row for row.
// Without it PostgreSQL would read every row for a word that most texts have,
// because it does not count what unpacking a row's terms costs, nor know how few
// of them a page shows.
func (tx *Tx) ByTerms(ctx context.Context) error {
	if tx.Dialect() != Postgres {
		return nil
	}
	_, err := tx.Exec(ctx, `select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`)
	return err
}

// Listed selects, as the column value, the strings of a list that is given as
// JSON text in a parameter such as "$1".
func (d Dialect) Listed(parameter string) string {
	if d == Postgres {
		return `json_array_elements_text(cast(` + parameter + ` as json)) as listed (value)`
	}
	return `json_each(` + parameter + `) as listed`
}
