// Package storytest fills a newsroom with stories for benchmarks.
package storytest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/prose"
)

// Sections are the sections of the seeded stories, in turns.
var Sections = [...]string{"city", "country", "culture", "economy", "science", "sport", "weather", "world"}

// batch is how many stories one transaction seeds.
const batch = 5_000

// Seed adds n published English stories of about 1.5 kB each, the last one
// published now and each of the others a minute before the next. Story i has
// the headline "Seeded story i" and the slug "seeded-story-i" in the month,
// UTC, of its publication. The rows are made inside the database, so 100,000
// take seconds. A second call adds further ones.
func Seed(ctx context.Context, d *db.DB, n int) error {
	var body prose.Doc
	for range 8 {
		body.Blocks = append(body.Blocks, prose.Block{Kind: prose.Paragraph, Text: prose.Plain(
			"This is story number #, and the council said on Tuesday that it “had read it twice” before the vote, which took place in the old town hall and was watched by nineteen people from the gallery.")})
	}
	text := string(body.AppendJSON(nil))
	var last int64
	err := d.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, "select last from story_counter where name = 'number'").Scan(&last)
	})
	if err != nil {
		return fmt.Errorf("seeding stories: %w", err)
	}
	end := last + int64(n)
	for from := last + 1; from <= end; from += batch {
		if err := seed(ctx, d, from, min(from+batch-1, end), end, text); err != nil {
			return fmt.Errorf("seeding stories: %w", err)
		}
	}
	return nil
}

// seed makes the stories from..to, one statement for each month among them.
func seed(ctx context.Context, d *db.DB, from, to, end int64, text string) error {
	return d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		at := func(i int64) time.Time { return tx.Now.Add(-time.Duration(end-i) * time.Minute) }
		for first := from; first <= to; {
			year, month, _ := at(first).Date()
			past := first + 1
			for past <= to && at(past).Month() == month {
				past++
			}
			if err := seedMonth(ctx, tx, first, past-1, at(first), year, int(month), text); err != nil {
				return err
			}
			first = past
		}
		_, err := tx.Exec(ctx, "update story_counter set last = $1 where name = 'number'", to)
		return err
	})
}

const numbers = `with recursive n (i) as (select cast($1 as bigint) union all select i + 1 from n where i < $2) `

func seedMonth(ctx context.Context, tx *db.Tx, first, last int64, at time.Time, year, month int, text string) error {
	var section strings.Builder
	section.WriteString("case i % 8")
	for i, s := range Sections {
		fmt.Fprintf(&section, " when %d then '%s'", i, s)
	}
	section.WriteString(" end")
	const id = "'seeded-' || cast(i as text)"
	const headline = "'Seeded story ' || cast(i as text)"
	const slug = "'seeded-story-' || cast(i as text)"
	const body = "replace(cast($3 as text), '#', cast(i as text))"
	minute := time.Minute.Microseconds()
	published := fmt.Sprintf("%d + (i - $1) * %d", db.Micros(at), minute)
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{
			numbers + `insert into story (id, family, lang, section, slug, headline, standfirst, excerpt, bylines, dateline, place, tags,
				no_ask, state, revision, latest, year, month, number, created, updated, published)
			select ` + id + `, ` + id + `, 'en', ` + section.String() + `, ` + slug + `, ` + headline + `, '', 'A story that was made to fill the archive.', '["Ada Ferry"]', '', '', '["seed"]',
				0, 'published', 1, 1, cast($3 as bigint), cast($4 as bigint), i, ` + published + `, ` + published + `, ` + published + ` from n`,
			[]any{first, last, year, month},
		},
		{
			numbers + `insert into story_revision (story, revision, at, section, headline, standfirst, bylines, dateline, place, tags, no_ask, body)
			select ` + id + `, 1, ` + published + `, ` + section.String() + `, ` + headline + `, '', '["Ada Ferry"]', '', '', '["seed"]', 0, ` + body + ` from n`,
			[]any{first, last, text},
		},
		{
			numbers + `insert into story_address (lang, year, month, slug, story, since)
			select 'en', cast($3 as bigint), cast($4 as bigint), ` + slug + `, ` + id + `, ` + published + ` from n`,
			[]any{first, last, year, month},
		},
	} {
		if _, err := tx.Exec(ctx, q.sql, q.args...); err != nil {
			return err
		}
	}
	return nil
}
