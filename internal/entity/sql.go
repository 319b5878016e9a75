package entity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

const columns = "id, kind, slug, doc, wikidata, merged, version, created, updated"

// The queries. Each is a constant, so that a test can read its plan.
const (
	byID = "select " + columns + " from entity where id = $1"

	bySlug = "select entity from entity_slug where kind = $1 and slug = $2"

	byWikidata = "select " + columns + " from entity where wikidata = $1 and wikidata <> '' and merged = ''"

	listed = "select " + columns + ` from entity
		where kind = $1 and merged = '' and (sort, id) > ($2, $3) order by sort, id limit $4`

	keyIs = "select entity from entity_key where form = $1 and key = $2 order by entity limit $3"

	keyBegins = "select entity from entity_key where form = $1 and key >= $2 and key < $3 order by key limit $4"

	postByID = "select id, person, body, roles, since, until from entity_post where id = $1"

	postsOfPerson = "select id, person, body, roles, since, until from entity_post where person = $1 order by since desc, id"

	postsOfBody = "select id, person, body, roles, since, until from entity_post where body = $1 order by since desc, id limit $2"

	versions = "select version, at, member, act, doc, note from entity_version where entity = $1 order by version desc limit $2"

	movesOfSource = "select id, act, source, target, at, member, reason, posts, statements, undone from entity_merge where source = $1 order by at desc limit $2"

	movesOfTarget = "select id, act, source, target, at, member, reason, posts, statements, undone from entity_merge where target = $1 order by at desc limit $2"

	moveByID = "select id, act, source, target, at, member, reason, posts, statements, undone from entity_merge where id = $1"
)

func scan(from db.Scanner) (e Entity, err error) {
	var kind, slug, doc, wikidata string
	var created, updated int64
	if err := from.Scan(&e.ID, &kind, &slug, &doc, &wikidata, &e.Merged, &e.Version, &created, &updated); err != nil {
		return e, err
	}
	if err := json.Unmarshal([]byte(doc), &e.Draft); err != nil {
		return e, fmt.Errorf("reading the entry %s: %w", e.ID, err)
	}
	e.Kind, e.Slug, e.Wikidata = Kind(kind), slug, wikidata
	e.Created, e.Updated = db.Time(created), db.Time(updated)
	return e, nil
}

func one(ctx context.Context, tx *db.Tx, id string) (Entity, error) {
	e, err := scan(tx.QueryRow(ctx, byID, id))
	if errors.Is(err, db.ErrNoRows) {
		return e, fault.Missingf("There is no such entry")
	}
	return e, err
}

// longestWay bounds how often an entry's whole may itself have become a part.
const longestWay = 32

// Resolve reads the entry that an id stands for today: itself, or the one that
// it became part of.
func Resolve(ctx context.Context, tx *db.Tx, id string) (Entity, error) {
	for range longestWay {
		e, err := one(ctx, tx, id)
		if err != nil || e.Merged == "" {
			return e, err
		}
		id = e.Merged
	}
	return Entity{}, fmt.Errorf("the entry %s leads nowhere", id)
}

func insertEntity(ctx context.Context, tx *db.Tx, e *Entity) error {
	doc, err := json.Marshal(e.Draft)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into entity (id, kind, slug, sort, doc, wikidata, merged, version, created, updated)
		values ($1, $2, $3, $4, $5, $6, '', $7, $8, $9)`,
		e.ID, string(e.Kind), e.Slug, Fold(e.Names[0].Text), string(doc), e.Wikidata, e.Version, db.Micros(e.Created), db.Micros(e.Updated))
	return err
}

func updateEntity(ctx context.Context, tx *db.Tx, e *Entity) error {
	doc, err := json.Marshal(e.Draft)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "update entity set slug = $2, sort = $3, doc = $4, wikidata = $5, merged = $6, version = $7, updated = $8 where id = $1",
		e.ID, e.Slug, Fold(e.Names[0].Text), string(doc), e.Wikidata, e.Merged, e.Version, db.Micros(e.Updated))
	return err
}

// lock keeps others from changing the entry until the transaction ends.
func lock(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, "update entity set version = version where id = $1", id)
	return err
}

// claim gives an address to an entry unless another has it.
func claim(ctx context.Context, tx *db.Tx, e *Entity, slug string) (bool, error) {
	n, err := tx.Exec(ctx, `insert into entity_slug (kind, slug, entity, since) values ($1, $2, $3, $4)
		on conflict (kind, slug) do nothing`, string(e.Kind), slug, e.ID, db.Micros(tx.Now))
	if n == 1 || err != nil {
		return n == 1, err
	}
	var owner string
	err = tx.QueryRow(ctx, bySlug, string(e.Kind), slug).Scan(&owner)
	return owner == e.ID, err
}

func putKeys(ctx context.Context, tx *db.Tx, e *Entity) error {
	if _, err := tx.Exec(ctx, "delete from entity_key where entity = $1", e.ID); err != nil {
		return err
	}
	for _, k := range e.keys() {
		if _, err := tx.Exec(ctx, "insert into entity_key (key, form, entity) values ($1, $2, $3)", k.key, string(k.form), e.ID); err != nil {
			return err
		}
	}
	return nil
}

// whole is everything of an entry at one time, as its history keeps it.
type whole struct {
	Draft
	Merged string `json:"merged,omitempty"`
	Posts  []Post `json:"posts,omitempty"`
}

func insertVersion(ctx context.Context, tx *db.Tx, e *Entity, member, act, note string) error {
	w := whole{Draft: e.Draft, Merged: e.Merged}
	if e.Kind == Person {
		var err error
		if w.Posts, err = PostsTx(ctx, tx, e.ID); err != nil {
			return err
		}
	}
	doc, err := json.Marshal(w)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "insert into entity_version (entity, version, at, member, act, doc, note) values ($1, $2, $3, $4, $5, $6, $7)",
		e.ID, e.Version, db.Micros(tx.Now), member, act, string(doc), note)
	return err
}

func insertPost(ctx context.Context, tx *db.Tx, p *Post) error {
	roles, err := json.Marshal(p.Roles)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into entity_post (id, person, body, roles, since, until, at) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (id) do update set body = excluded.body, roles = excluded.roles, since = excluded.since, until = excluded.until, at = excluded.at`,
		p.ID, p.Person, p.Body, string(roles), string(p.Since), string(p.Until), db.Micros(tx.Now))
	return err
}

func scanPost(from db.Scanner) (p Post, err error) {
	var roles, since, until string
	if err := from.Scan(&p.ID, &p.Person, &p.Body, &roles, &since, &until); err != nil {
		return p, err
	}
	p.Since, p.Until = Day(since), Day(until)
	if err := json.Unmarshal([]byte(roles), &p.Roles); err != nil {
		return p, fmt.Errorf("reading the post %s: %w", p.ID, err)
	}
	return p, nil
}

func posts(ctx context.Context, tx *db.Tx, query string, args ...any) ([]Post, error) {
	return db.Collect(ctx, tx, scanPost, query, args...)
}

// PostsTx are the posts of a person, the latest first, inside a transaction.
func PostsTx(ctx context.Context, tx *db.Tx, person string) ([]Post, error) {
	return posts(ctx, tx, postsOfPerson, person)
}

func scanMove(from db.Scanner) (m Move, err error) {
	var act, posts string
	var at, undone int64
	if err := from.Scan(&m.ID, &act, &m.Source, &m.Target, &at, &m.By, &m.Reason, &posts, &m.Statements, &undone); err != nil {
		return m, err
	}
	m.Act, m.At = Act(act), db.Time(at)
	if undone != 0 {
		m.Undone = db.Time(undone)
	}
	if err := json.Unmarshal([]byte(posts), &m.Posts); err != nil {
		return m, fmt.Errorf("reading the move %s: %w", m.ID, err)
	}
	return m, nil
}

func insertMove(ctx context.Context, tx *db.Tx, m *Move) error {
	moved, err := json.Marshal(m.Posts)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into entity_merge (id, act, source, target, at, member, reason, posts, statements, undone)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`,
		m.ID, string(m.Act), m.Source, m.Target, db.Micros(m.At), m.By, m.Reason, string(moved), m.Statements)
	return err
}
