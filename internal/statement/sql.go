package statement

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

const columns = `s.id, s.latest, s.shown, s.places, s.published, s.changed, s.checked, s.created, s.updated,
	v.version, v.at, v.member, v.doc, v.note`

// The queries. Each is a constant, so that a test can read its plan.
const (
	byLatest = "select " + columns + `, v.sealed from statement s
		join statement_version v on v.statement = s.id and v.version = s.latest where s.id = $1`

	byVersion = "select " + columns + ` from statement s
		join statement_version v on v.statement = s.id and v.version = $2 where s.id = $1`

	byShown = "select " + columns + ` from statement s
		join statement_version v on v.statement = s.id and v.version = s.shown where s.id = $1 and s.places > 0`

	newestPublic = "select " + columns + ` from statement s
		join statement_version v on v.statement = s.id and v.version = s.shown
		where s.places > 0 and (s.published, s.id) < ($1, $2) order by s.published desc, s.id desc limit $3`

	lastUpdated = "select " + columns + ` from statement s
		join statement_version v on v.statement = s.id and v.version = s.latest
		where (s.updated, s.id) < ($1, $2) order by s.updated desc, s.id desc limit $3`

	ofEntity = "select " + columns + ` from statement_entity e
		join statement s on s.id = e.statement
		join statement_version v on v.statement = s.id and v.version = s.shown
		where e.entity = $1 and e.shown = 1 and e.part = $2 and (e.said, e.statement) < ($3, $4)
		order by e.said desc, e.statement desc limit $5`

	// earlier reads no further back than a prolific speaker's last 500.
	earlier = "select " + columns + ` from (
			select statement, said from statement_entity
			where entity = $1 and shown = 1 and part = 'who' and (said, statement) < ($3, $4)
			order by said desc, statement desc limit 500) w
		join statement_entity t on t.statement = w.statement and t.shown = 1 and t.part = 'topic' and t.entity = $2
		join statement s on s.id = w.statement
		join statement_version v on v.statement = s.id and v.version = s.shown
		limit $5`

	versionsOf = "select " + columns + `, v.announced from statement s
		join statement_version v on v.statement = s.id where s.id = $1 order by v.version desc limit $2`

	entitiesOf = "select part, n, entity from statement_entity where statement = $1 and shown = $2 order by part, n"

	readersOf = "select member from statement_reader where statement = $1 order by member"

	anchorsOf = "select statement, words from statement_anchor where story = $1"

	storiesOf = "select story from statement_anchor where statement = $1 order by story limit 100"

	placesOf = "select statement from statement_place where story = $1"

	placedIn = "select story from statement_place where statement = $1 order by story limit 100"

	voicesIn = `select e.entity from statement_place p
		join statement_entity e on e.statement = p.statement and e.shown = 1 and e.part = 'who'
		where p.story = $1 order by p.story, p.statement`

	linksFrom = "select source, target, kind, at from statement_link where source = $1 order by target, kind"

	linksTo = "select source, target, kind, at from statement_link where target = $1 order by source, kind"

	speakers = `select entity, kind, statements, last from statement_speaker
		where kind = $1 and (last, entity) < ($2, $3) order by last desc, entity desc limit $4`

	lastSaid = `select said from statement_entity where entity = $1 and shown = 1 and part = $2
		order by said desc, statement desc limit 1`

	movable = "select statement, shown, part, n from statement_entity where entity = $1"

	movedBy = "select statement, shown, part, n from statement_moved where move = $1"

	rejections = `select id, story, at, lang, excerpt, suggestion, reason from statement_rejected
		where (at, id) > ($1, $2) order by at, id limit $3`

	rejectedOf = "select mark from statement_rejected where story = $1"
)

func scan(from db.Scanner, more ...any) (s Statement, err error) {
	var places, published, changed, checked, created, updated, at int64
	var doc string
	dest := append([]any{
		&s.ID, &s.Latest, &s.Shown, &places, &published, &changed, &checked, &created, &updated,
		&s.Version, &at, &s.By, &doc, &s.Note,
	}, more...)
	if err := from.Scan(dest...); err != nil {
		return s, err
	}
	s.Public, s.Checked = places > 0, checked != 0 && checked == int64(s.Version)
	s.At, s.Created, s.Updated = db.Time(at), db.Time(created), db.Time(updated)
	if published != 0 {
		s.Published = db.Time(published)
	}
	if changed != 0 {
		s.Changed = db.Time(changed)
	}
	return s, s.decode(doc)
}

// newest reads a statement's newest version, and what is sealed of it.
func newest(ctx context.Context, tx *db.Tx, id string) (s Statement, sealed []byte, err error) {
	s, err = scan(tx.QueryRow(ctx, byLatest, id), &sealed)
	if errors.Is(err, db.ErrNoRows) {
		return s, nil, errMissing
	}
	if err == nil {
		err = overlay(ctx, tx, &s, 0)
	}
	return s, sealed, err
}

var errMissing = fault.New(fault.Missing, "There is no such statement")

func one(ctx context.Context, tx *db.Tx, shown int, query string, args ...any) (Statement, error) {
	s, err := scan(tx.QueryRow(ctx, query, args...))
	if errors.Is(err, db.ErrNoRows) {
		return s, errMissing
	}
	if err == nil {
		err = overlay(ctx, tx, &s, shown)
	}
	return s, err
}

func many(ctx context.Context, tx *db.Tx, shown int, query string, args ...any) (out []Statement, err error) {
	if err := each(ctx, tx, query, args, func(rows *db.Rows) error {
		s, err := scan(rows)
		out = append(out, s)
		return err
	}); err != nil {
		return nil, err
	}
	for i := range out {
		if err := overlay(ctx, tx, &out[i], shown); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// each runs visit for each row.
func each(ctx context.Context, tx *db.Tx, query string, args []any, visit func(*db.Rows) error) (err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := visit(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func readers(ctx context.Context, tx *db.Tx, id string) ([]string, error) {
	return db.Column(ctx, tx, readersOf, id)
}

// lock keeps others from changing the statement until the transaction ends.
func lock(ctx context.Context, tx *db.Tx, id string) error {
	n, err := tx.Exec(ctx, "update statement set latest = latest where id = $1", id)
	if err == nil && n == 0 {
		return errMissing
	}
	return err
}

func insertVersion(ctx context.Context, tx *db.Tx, s *Statement, sealed []byte) error {
	if sealed == nil { // an empty one is read back as nil
		sealed = []byte{}
	}
	doc, err := json.Marshal(s.Record)
	if err != nil {
		return fmt.Errorf("writing a statement: %w", err)
	}
	_, err = tx.Exec(ctx, `insert into statement_version (statement, version, at, member, doc, sealed, note, announced)
		values ($1, $2, $3, $4, $5, $6, $7, 0)`, s.ID, s.Version, db.Micros(tx.Now), s.By, string(doc), sealed, s.Note)
	return err
}

// Part is in which way a statement names an entry.
type Part string

// The parts.
const (
	PartWho       Part = "who"
	PartBody      Part = "body"
	PartAddressee Part = "addressee"
	PartAbout     Part = "about"
	PartTopic     Part = "topic"
	PartPlace     Part = "place"
)

// named visits every party of a record, with its part and number.
func (r *Record) named(visit func(p Part, n int, to *Party)) {
	visit(PartWho, 0, &r.Who.Party)
	visit(PartBody, 0, &r.Body)
	visit(PartPlace, 0, &r.Place)
	for i := range r.Addressees {
		visit(PartAddressee, i, &r.Addressees[i])
	}
	for i := range r.About {
		visit(PartAbout, i, &r.About[i])
	}
	for i := range r.Topics {
		visit(PartTopic, i, &r.Topics[i])
	}
}

// index writes whom a version names; shown is 1 for the one that readers see.
func index(ctx context.Context, tx *db.Tx, s *Statement, shown int) error {
	if _, err := tx.Exec(ctx, "delete from statement_entity where statement = $1 and shown = $2", s.ID, shown); err != nil {
		return err
	}
	said := db.Micros(s.said(s.Created))
	var err error
	s.named(func(p Part, n int, to *Party) {
		if to.Entity == "" || err != nil {
			return
		}
		_, err = tx.Exec(ctx, "insert into statement_entity (statement, shown, part, n, entity, said) values ($1, $2, $3, $4, $5, $6)",
			s.ID, shown, string(p), n, to.Entity, said)
	})
	return err
}

// overlay puts the entries that a statement names today in place of those that
// it named when it was written: a merge or a split moves the index alone.
func overlay(ctx context.Context, tx *db.Tx, s *Statement, shown int) error {
	type place struct {
		part Part
		n    int
	}
	now := map[place]string{}
	if err := each(ctx, tx, entitiesOf, []any{s.ID, shown}, func(rows *db.Rows) error {
		var p, id string
		var n int
		err := rows.Scan(&p, &n, &id)
		now[place{Part(p), n}] = id
		return err
	}); err != nil {
		return err
	}
	s.named(func(p Part, n int, to *Party) {
		if id := now[place{p, n}]; id != "" {
			to.Entity = id
		}
	})
	return nil
}
