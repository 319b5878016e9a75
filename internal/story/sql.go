package story

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
)

// columns are what a list needs of a story.
const columns = `s.id, s.family, s.lang, s.section, s.slug, s.headline, s.standfirst, s.excerpt, s.bylines, s.dateline, s.place, s.tags,
	s.no_ask, s.state, s.revision, s.latest, s.year, s.month, s.created, s.updated, s.published,
	s.stage, s.touched, s.corrected, s.withdrawn, s.held, s.due, s.series, s.live`

// The queries. Each is a constant, so that a test can read its plan.
const (
	byID = `select ` + columns + `, r.body, r.meta from story s
		join story_revision r on r.story = s.id and r.revision = s.revision where s.id = $1`

	byAddress = `select ` + columns + `, r.body, r.meta from story_address a
		join story s on s.id = a.story
		join story_revision r on r.story = s.id and r.revision = s.revision
		where a.lang = $1 and a.year = $2 and a.month = $3 and a.slug = $4`

	front = `select ` + columns + ` from story s
		where s.lang = $1 and s.state = 'published' and (s.published, s.slug) < ($2, $3)
		order by s.published desc, s.slug desc limit $4`

	section = `select ` + columns + ` from story s
		where s.lang = $1 and s.state = 'published' and s.section = $5 and (s.published, s.slug) < ($2, $3)
		order by s.published desc, s.slug desc limit $4`

	recent = `select ` + columns + `, r.body, r.meta from story s
		join story_revision r on r.story = s.id and r.revision = s.revision
		where s.lang = $1 and s.state = 'published'
		order by s.published desc, s.slug desc limit $2`

	recentSection = `select ` + columns + `, r.body, r.meta from story s
		join story_revision r on r.story = s.id and r.revision = s.revision
		where s.lang = $1 and s.state = 'published' and s.section = $3
		order by s.published desc, s.slug desc limit $2`

	// sections steps from one section to the next on the index instead of
	// reading all stories for their distinct sections.
	sections = `with recursive step (section) as (
			select min(section) from story where lang = $1 and state = 'published' and section > ''
			union all
			select (select min(s.section) from story s where s.lang = $1 and s.state = 'published' and s.section > step.section)
			from step where step.section is not null
		) select section from step where section is not null`

	byState = `select ` + columns + ` from story s
		where s.state = $1 and (s.updated, s.id) < ($2, $3)
		order by s.updated desc, s.id desc limit $4`

	byWithdrawal = `select ` + columns + ` from story s
		where s.state = 'retracted' and s.withdrawn = $1 and (s.updated, s.id) < ($2, $3)
		order by s.updated desc, s.id desc limit $4`

	atWork = `select ` + columns + ` from story s
		where (s.touched, s.id) < ($1, $2) order by s.touched desc, s.id desc limit $3`

	atStage = `select ` + columns + ` from story s
		where s.stage = $4 and (s.touched, s.id) < ($1, $2) order by s.touched desc, s.id desc limit $3`

	inSeries = `select ` + columns + ` from story s
		where s.lang = $1 and s.series = $5 and s.series <> '' and s.state = 'published' and (s.published, s.slug) < ($2, $3)
		order by s.published desc, s.slug desc limit $4`

	summaryByID = `select ` + columns + ` from story s where s.id = $1`

	translations = `select ` + columns + ` from story s
		where s.family = $1 and s.state = 'published' order by s.lang`

	sitemap = `select ` + columns + ` from story s
		where s.number > $1 and s.number <= $2 and s.state = 'published' order by s.number`

	sitemapNews = `select ` + columns + ` from story s
		where s.state = 'published' and s.published >= $1 order by s.published desc limit 1000`

	highest = `select last from story_counter where name = 'number'`

	revisionByNumber = `select at, section, headline, standfirst, bylines, dateline, place, tags, no_ask, body, meta
		from story_revision where story = $1 and revision = $2`

	importBySource = `select story, appeal from story_import where source = $1`
)

// scan reads the columns, and the body when there is one.
func (d *Desk) scan(from db.Scanner, withBody bool) (s Story, err error) {
	var bylines, tags, dateline, state, stage, body, more string
	var noAsk, created, updated, published, touched, fixed, withdrawn, held, due, live int64
	dest := []any{
		&s.ID, &s.Group, &s.Lang, &s.Section, &s.Slug, &s.Headline, &s.Standfirst, &s.Excerpt, &bylines, &dateline, &s.Place, &tags,
		&noAsk, &state, &s.Revision, &s.Latest, &s.Year, &s.Month, &created, &updated, &published,
		&stage, &touched, &fixed, &withdrawn, &held, &due, &s.Series, &live,
	}
	if withBody {
		dest = append(dest, &body, &more)
	}
	if err := from.Scan(dest...); err != nil {
		return s, err
	}
	s.State, s.NoAsk, s.prefix = State(state), noAsk != 0, d.prefix(s.Lang)
	if withdrawn != 0 {
		s.State = Withdrawn
	}
	s.Stage, s.Live = Stage(stage), live != 0
	s.Created, s.Updated, s.Published, s.Touched = db.Time(created), db.Time(updated), moment(published), moment(touched)
	s.Corrected, s.Held, s.Due = moment(fixed), moment(held), moment(due)
	if s.Dateline, err = ParseDay(dateline); err == nil {
		s.Bylines, s.Tags, err = unlist(bylines, tags)
	}
	if err == nil && withBody {
		if s.Body, err = prose.Parse([]byte(body)); err == nil {
			err = s.takeMeta(more)
		}
	}
	if err != nil {
		return s, fmt.Errorf("reading story %s: %w", s.ID, err)
	}
	return s, nil
}

// stories runs a query of full stories, summaries one of columns alone.
func (d *Desk) stories(ctx context.Context, tx *db.Tx, query string, args ...any) (out []Story, err error) {
	err = d.each(ctx, tx, query, true, func(s *Story) { out = append(out, *s) }, args...)
	return out, err
}

func (d *Desk) summaries(ctx context.Context, tx *db.Tx, query string, args ...any) (out []Summary, err error) {
	err = d.each(ctx, tx, query, false, func(s *Story) { out = append(out, s.Summary()) }, args...)
	return out, err
}

func (d *Desk) each(ctx context.Context, tx *db.Tx, query string, withBody bool, visit func(*Story), args ...any) (err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		s, err := d.scan(rows, withBody)
		if err != nil {
			return err
		}
		visit(&s)
	}
	return rows.Err()
}

// one runs a query for one full story.
func (d *Desk) one(ctx context.Context, tx *db.Tx, query string, args ...any) (Story, error) {
	s, err := d.scan(tx.QueryRow(ctx, query, args...), true)
	if errors.Is(err, db.ErrNoRows) {
		return Story{}, fault.Missingf("There is no such story")
	}
	return s, err
}

// lock keeps others from changing the story until the transaction ends.
func lock(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, "update story set place = place where id = $1", id)
	return err
}

func insertStory(ctx context.Context, tx *db.Tx, s *Story) error {
	_, err := tx.Exec(ctx, `insert into story (id, family, lang, section, slug, headline, standfirst, excerpt, bylines, dateline, place, tags,
			no_ask, state, revision, latest, year, month, created, updated, published, touched, series, live)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, 0, $17, $18, 0, $18, $19, $20)`,
		s.ID, s.Group, s.Lang, s.Section, s.Slug, s.Headline, s.Standfirst, s.Excerpt, list(s.Bylines), day(s.Dateline), s.Place, list(s.Tags),
		db.Bit(s.NoAsk), string(s.State), s.Revision, s.Latest, db.Micros(s.Created), db.Micros(s.Updated), s.Series, db.Bit(s.Live))
	return err
}

// updateStory writes everything of a story that may change.
func updateStory(ctx context.Context, tx *db.Tx, s *Story) error {
	state, withdrawn := s.State, false
	if state == Withdrawn { // of the lists' indexes it is one of those that were taken back
		state, withdrawn = Retracted, true
	}
	s.Touched = tx.Now
	_, err := tx.Exec(ctx, `update story set section = $2, slug = $3, headline = $4, standfirst = $5, excerpt = $6, bylines = $7, dateline = $8,
			place = $9, tags = $10, no_ask = $11, state = $12, revision = $13, latest = $14, year = $15, month = $16, updated = $17, published = $18,
			stage = $19, touched = $20, corrected = $21, withdrawn = $22, held = $23, due = $24, series = $25, live = $26
		where id = $1`,
		s.ID, s.Section, s.Slug, s.Headline, s.Standfirst, s.Excerpt, list(s.Bylines), day(s.Dateline),
		s.Place, list(s.Tags), db.Bit(s.NoAsk), string(state), s.Revision, s.Latest, s.Year, int(s.Month), db.Micros(s.Updated), micros(s.Published),
		string(s.Stage), db.Micros(tx.Now), micros(s.Corrected), db.Bit(withdrawn), micros(s.Held), micros(s.Due), s.Series, db.Bit(s.Live))
	return err
}

// insertRevision keeps a text. base is the revision that it was made from.
func insertRevision(ctx context.Context, tx *db.Tx, id string, n int, kind Saved, base int, d *Draft, records map[string]int) error {
	more, err := metaOf(d, records)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into story_revision (story, revision, at, section, headline, standfirst, bylines, dateline, place, tags, no_ask, body,
			meta, kind, base)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		id, n, db.Micros(tx.Now), d.Section, d.Headline, d.Standfirst, list(d.Bylines), day(d.Dateline), d.Place, list(d.Tags), db.Bit(d.NoAsk),
		string(d.Body.AppendJSON(nil)), more, string(kind), base)
	if err != nil || d.Editor == "" {
		return err
	}
	_, err = tx.Exec(ctx, "insert into story_hand (story, revision, editor) values ($1, $2, $3)", id, n, d.Editor)
	return err
}

// selectRevision reads one text of a story over s and says when it was saved.
func selectRevision(ctx context.Context, tx *db.Tx, s *Story, n int) (at time.Time, err error) {
	var bylines, tags, dateline, body, more string
	var us, noAsk int64
	row := tx.QueryRow(ctx, revisionByNumber, s.ID, n)
	err = row.Scan(&us, &s.Section, &s.Headline, &s.Standfirst, &bylines, &dateline, &s.Place, &tags, &noAsk, &body, &more)
	if errors.Is(err, db.ErrNoRows) {
		return at, fault.Missingf("There is no revision %d of this story", n)
	}
	if err != nil {
		return at, err
	}
	s.Revision, s.NoAsk = n, noAsk != 0
	if s.Dateline, err = ParseDay(dateline); err != nil {
		return at, err
	}
	if s.Bylines, s.Tags, err = unlist(bylines, tags); err != nil {
		return at, err
	}
	if s.Body, err = prose.Parse([]byte(body)); err != nil {
		return at, err
	}
	s.Excerpt = s.Body.Excerpt(excerptLength)
	return db.Time(us), s.takeMeta(more)
}

// claim gives an address to a story unless another has it.
func claim(ctx context.Context, tx *db.Tx, s *Story, slug string) (bool, error) {
	n, err := tx.Exec(ctx, `insert into story_address (lang, year, month, slug, story, since) values ($1, $2, $3, $4, $5, $6)
		on conflict (lang, year, month, slug) do nothing`, s.Lang, s.Year, int(s.Month), slug, s.ID, db.Micros(tx.Now))
	return n == 1, err
}

// owns says whether an address is, or once was, the story's.
func owns(ctx context.Context, tx *db.Tx, s *Story, slug string) (bool, error) {
	var owner string
	err := tx.QueryRow(ctx, "select story from story_address where lang = $1 and year = $2 and month = $3 and slug = $4",
		s.Lang, s.Year, int(s.Month), slug).Scan(&owner)
	return owner == s.ID, err
}

// number gives a story its place in the order of publication. The row of the
// counter makes publishers wait for each other, for the length of one short
// transaction.
func number(ctx context.Context, tx *db.Tx, id string) error {
	var n int64
	if err := tx.QueryRow(ctx, "update story_counter set last = last + 1 where name = 'number' returning last").Scan(&n); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "update story set number = $2 where id = $1", id, n)
	return err
}

func insertImport(ctx context.Context, tx *db.Tx, source, id, appeal string) error {
	_, err := tx.Exec(ctx, "insert into story_import (source, story, appeal, at) values ($1, $2, $3, $4)", source, id, appeal, db.Micros(tx.Now))
	return err
}

// list writes a list as JSON text.
func list(lines []string) string {
	if len(lines) == 0 {
		return "[]"
	}
	out, err := json.Marshal(lines)
	if err != nil { // strings cannot fail to be encoded
		return "[]"
	}
	return string(out)
}

func unlist(bylines, tags string) (b, t []string, err error) {
	for _, l := range []struct {
		text string
		out  *[]string
	}{{bylines, &b}, {tags, &t}} {
		if l.text == "[]" {
			continue
		}
		if err := json.Unmarshal([]byte(l.text), l.out); err != nil {
			return nil, nil, fmt.Errorf("reading the list %q: %w", l.text, err)
		}
	}
	return b, t, nil
}
