package statement

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"mimeo/internal/db"
	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
)

// Anchored is told in the transaction that saves a story's text. It remembers
// on which words each statement stands there; where the words changed after a
// second person had checked them, the check falls.
func (b *Book) Anchored(ctx context.Context, tx *db.Tx, member, story string, body *prose.Doc) error {
	old := map[string]string{}
	if err := each(ctx, tx, anchorsOf, []any{story}, func(rows *db.Rows) error {
		var id, words string
		err := rows.Scan(&id, &words)
		old[id] = words
		return err
	}); err != nil {
		return err
	}
	for n, id := range body.Statements() {
		words := marked(body, id)
		was, there := old[id]
		delete(old, id)
		if there && was == words {
			if _, err := tx.Exec(ctx, "update statement_anchor set n = $3 where story = $1 and statement = $2 and n <> $3", story, id, n); err != nil {
				return err
			}
			continue
		}
		known, err := exists(ctx, tx, id)
		if err != nil {
			return err
		}
		if !known { // a mark that somebody made up is words like any others
			continue
		}
		if _, err := tx.Exec(ctx, `insert into statement_anchor (story, statement, n, words) values ($1, $2, $3, $4)
			on conflict (story, statement) do update set n = excluded.n, words = excluded.words`, story, id, n, words); err != nil {
			return err
		}
		if !there {
			continue
		}
		fell, err := tx.Exec(ctx, "update statement set checked = 0, checker = '' where id = $1 and checked <> 0", id)
		if err != nil {
			return err
		}
		if fell > 0 {
			if err := b.record(ctx, tx, member, "statement.uncheck", id); err != nil {
				return err
			}
		}
	}
	for id := range old {
		if _, err := tx.Exec(ctx, "delete from statement_anchor where story = $1 and statement = $2", story, id); err != nil {
			return err
		}
	}
	return nil
}

// marked is the hash of the words that carry a statement. How they are cut by
// other marks does not matter, nor does white space.
func marked(body *prose.Doc, id string) string {
	words := strings.Fields(strings.Join(body.Statement(id), " "))
	sum := sha256.Sum256([]byte(strings.Join(words, " ")))
	return hex.EncodeToString(sum[:])
}

func exists(ctx context.Context, tx *db.Tx, id string) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, "select 1 from statement where id = $1", id).Scan(&n)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Placed is told in the transaction that shows readers a text of a story, or
// takes it away (public false). A statement that readers meet for the first
// time is shown in its newest version; one that they know stays as they know
// it until Correct.
func (b *Book) Placed(ctx context.Context, tx *db.Tx, story, lang string, body *prose.Doc, public bool) error {
	old, err := db.Column(ctx, tx, placesOf, story)
	if err != nil {
		return err
	}
	var ids []string
	if public {
		for _, id := range body.Statements() {
			known, err := exists(ctx, tx, id)
			if err != nil {
				return err
			}
			if known {
				ids = append(ids, id)
			}
		}
	}
	if len(old) == 0 && len(ids) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, "delete from statement_place where story = $1", story); err != nil {
		return err
	}
	for n, id := range ids {
		if _, err := tx.Exec(ctx, "insert into statement_place (story, statement, n, lang) values ($1, $2, $3, $4)", story, id, n, lang); err != nil {
			return err
		}
	}
	for _, id := range ids {
		if !slices.Contains(old, id) {
			if err := b.settle(ctx, tx, id, +1); err != nil {
				return err
			}
		}
	}
	for _, id := range old {
		if !slices.Contains(ids, id) {
			if err := b.settle(ctx, tx, id, -1); err != nil {
				return err
			}
		}
	}
	return b.runningTouched(ctx, tx, story)
}

// settle counts a place more or less, and shows or hides the statement where
// that is the first or the last.
func (b *Book) settle(ctx context.Context, tx *db.Tx, id string, by int) error {
	if _, err := tx.Exec(ctx, "update statement set places = places + $2 where id = $1", id, by); err != nil {
		return err
	}
	s, _, err := newest(ctx, tx, id)
	if err != nil {
		return err
	}
	var places int
	if err := tx.QueryRow(ctx, "select places from statement where id = $1", id).Scan(&places); err != nil {
		return err
	}
	switch {
	case by > 0 && places == 1 && s.Shown == 0:
		return b.reveal(ctx, tx, &s)
	case by > 0 && places == 1:
		if s, err = one(ctx, tx, 0, byVersion, id, s.Shown); err != nil {
			return err
		}
		return b.list(ctx, tx, &s, true)
	case by < 0 && places == 0:
		if s, err = one(ctx, tx, 1, byVersion, id, s.Shown); err != nil {
			return err
		}
		return b.list(ctx, tx, &s, false)
	default:
		return tx.Change(ctx, ChangeStatement, id)
	}
}

// reveal shows readers the newest version.
func (b *Book) reveal(ctx context.Context, tx *db.Tx, s *Statement) error {
	now := db.Micros(tx.Now)
	if _, err := tx.Exec(ctx, `update statement set shown = latest, changed = $2, said = $3,
			published = case when published = 0 then $2 else published end where id = $1`, s.ID, now, db.Micros(s.said(s.Created))); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "update statement_version set announced = $3 where statement = $1 and version = $2", s.ID, s.Latest, now); err != nil {
		return err
	}
	s.Shown, s.Public = s.Latest, true
	return b.list(ctx, tx, s, true)
}

// list puts what readers see of a statement into the lists, or takes it out.
func (b *Book) list(ctx context.Context, tx *db.Tx, s *Statement, in bool) error {
	was, err := quoted(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	if in {
		err = index(ctx, tx, s, 1)
	} else {
		_, err = tx.Exec(ctx, "delete from statement_entity where statement = $1 and shown = 1", s.ID)
	}
	if err != nil {
		return err
	}
	now, err := quoted(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	for _, id := range was {
		if err := speak(ctx, tx, id, -1); err != nil {
			return err
		}
	}
	for _, id := range now {
		if err := speak(ctx, tx, id, +1); err != nil {
			return err
		}
	}
	if err := tx.Change(ctx, ChangeStatement, s.ID); err != nil {
		return err
	}
	return tx.Change(ctx, ChangeList, "")
}

// quoted are the entries of a statement's shown version.
func quoted(ctx context.Context, tx *db.Tx, id string) (out []string, err error) {
	err = each(ctx, tx, entitiesOf, []any{id, 1}, func(rows *db.Rows) error {
		var p, e string
		var n int
		err := rows.Scan(&p, &n, &e)
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
		return err
	})
	return out, err
}

// speak counts a statement more or less for an entry that it names, and tells
// the pages that list it.
func speak(ctx context.Context, tx *db.Tx, id string, by int) error {
	e, err := entity.Resolve(ctx, tx, id)
	if err != nil {
		return err
	}
	last := int64(0)
	for _, p := range []Part{PartWho, PartBody, PartAbout, PartAddressee, PartTopic, PartPlace} {
		var said int64
		err := tx.QueryRow(ctx, lastSaid, id, string(p)).Scan(&said)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		last = max(last, said)
	}
	if _, err := tx.Exec(ctx, `insert into statement_speaker (entity, kind, statements, last) values ($1, $2, $3, $4)
		on conflict (entity) do update set statements = statement_speaker.statements + $3, last = excluded.last`,
		id, string(e.Kind), by, last); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "delete from statement_speaker where entity = $1 and statements <= 0", id); err != nil {
		return err
	}
	return tx.Change(ctx, ChangeSpeaker, id)
}

// Correct shows readers the newest version in every story that the statement
// stands in, and tells them what changed.
func (b *Book) Correct(ctx context.Context, by, id, note string) (s Statement, err error) {
	if err := entity.Line("note", &note, maxText); err != nil {
		return s, err
	}
	if note == "" {
		return s, fault.Invalidf("Say what changed: readers are told")
	}
	err = b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
		if s, _, err = newest(ctx, tx, id); err != nil {
			return err
		}
		switch {
		case !s.Public:
			return fault.Conflictf("Readers do not see this statement yet: it comes with its story")
		case s.Shown == s.Latest:
			return fault.Conflictf("Readers have this version already")
		}
		if objections, err := b.object(ctx, tx, &s); err != nil || len(objections) > 0 {
			if err == nil {
				err = fault.Conflictf("This statement is an accusation, and nobody has said what evidence there is for it")
			}
			return err
		}
		if _, err := tx.Exec(ctx, "update statement_version set note = $3 where statement = $1 and version = $2", id, s.Latest, note); err != nil {
			return err
		}
		s.Note = note
		if err := b.reveal(ctx, tx, &s); err != nil {
			return err
		}
		return b.record(ctx, tx, by, "statement.correct", id)
	})
	return s, failed("correcting a statement", err)
}

// Stories are the ids of the published stories in which a statement stands.
func (b *Book) Stories(ctx context.Context, id string) (out []string, err error) {
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = db.Column(ctx, tx, placedIn, id)
		return err
	})
	return out, failed("finding a statement's stories", err)
}

// Drafts are the ids of the stories whose newest text carries a statement.
func (b *Book) Drafts(ctx context.Context, id string) (out []string, err error) {
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = db.Column(ctx, tx, storiesOf, id)
		return err
	})
	return out, failed("finding a statement's stories", err)
}
