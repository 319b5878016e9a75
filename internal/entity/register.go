package entity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// ChangeKind is what the change feed is told, with the entry's id.
const ChangeKind = "entity"

// Options are what the register must know of the newsroom.
type Options struct {
	// Moved carries over, inside the transaction, what a higher noun has under
	// an entry, and says how many statements it moved. Statements sit above the
	// register, so they join it here. nil: there are none.
	Moved func(ctx context.Context, tx *db.Tx, m Move, only []string) (int, error)
	// Back undoes Moved.
	Back func(ctx context.Context, tx *db.Tx, m Move) (int, error)
}

// Register is the newsroom's register. It is safe for concurrent use.
type Register struct {
	db  *db.DB
	ids *ident.Source
	opt Options
}

// New returns the register.
func New(d *db.DB, ids *ident.Source, opt Options) *Register {
	return &Register{db: d, ids: ids, opt: opt}
}

// Join sets what carries statements over when entries are merged or split. It
// is called once, before the first use.
func (r *Register) Join(opt Options) { r.opt = opt }

// Create adds an entry. by is the member who does it.
func (r *Register) Create(ctx context.Context, by string, d Draft) (e Entity, err error) {
	if d, err = d.tidy(); err != nil {
		return e, err
	}
	err = r.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, err = r.create(ctx, tx, by, d, "create", "")
		return err
	})
	return e, failed("making an entry", err)
}

func (r *Register) create(ctx context.Context, tx *db.Tx, by string, d Draft, act, note string) (Entity, error) {
	e := Entity{Draft: d, ID: r.ids.Secret(), Version: 1, Created: tx.Now, Updated: tx.Now}
	if err := insertEntity(ctx, tx, &e); err != nil {
		return e, err
	}
	if err := r.address(ctx, tx, &e, d.Slug); err != nil {
		return e, err
	}
	if err := updateEntity(ctx, tx, &e); err != nil {
		return e, err
	}
	if err := putKeys(ctx, tx, &e); err != nil {
		return e, err
	}
	return e, insertVersion(ctx, tx, &e, by, act, note)
}

// address claims a slug, or the first free one like it.
func (r *Register) address(ctx context.Context, tx *db.Tx, e *Entity, slug string) error {
	const tries = 20
	for n, try := 2, slug; ; n++ {
		claimed, err := claim(ctx, tx, e, try)
		if err != nil {
			return err
		}
		if claimed {
			e.Slug = try
			return nil
		}
		if try = slug + "-" + strconv.Itoa(n); n > tries {
			try = slug + "-" + r.ids.Secret()[:8]
		}
	}
}

// Revise changes an entry. base is the version that the editor had seen; when
// a later one exists the answer is a Conflict and nothing is saved. Another
// slug is another address, to which the old one leads.
func (r *Register) Revise(ctx context.Context, by, id string, base int, d Draft) (e Entity, err error) {
	err = r.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
		if e, err = one(ctx, tx, id); err != nil {
			return err
		}
		if d.Slug == "" {
			d.Slug = e.Slug
		}
		if d, err = d.tidy(); err != nil {
			return err
		}
		switch {
		case base != e.Version:
			return fault.Conflictf("This entry was changed by somebody else meanwhile. Look at theirs before saving yours")
		case d.Kind != e.Kind:
			return fault.Invalidf("An entry keeps its kind. Make another one and merge this into it")
		case e.Merged != "":
			return fault.Conflictf("This entry is part of another one now. Undo the merge before changing it")
		}
		old := e.Slug
		e.Draft, e.Updated = d, tx.Now
		e.Version++
		if d.Slug != old {
			claimed, err := claim(ctx, tx, &e, d.Slug)
			if err != nil {
				return err
			}
			if !claimed {
				return fault.Conflictf("Another entry has, or had, this address")
			}
		}
		if err := updateEntity(ctx, tx, &e); err != nil {
			return err
		}
		if err := putKeys(ctx, tx, &e); err != nil {
			return err
		}
		if err := insertVersion(ctx, tx, &e, by, "revise", ""); err != nil {
			return err
		}
		return tx.Change(ctx, ChangeKind, id)
	})
	return e, failed("changing an entry", err)
}

// ByID returns an entry as it is, also one that is part of another now.
func (r *Register) ByID(ctx context.Context, id string) (e Entity, err error) {
	err = r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, err = one(ctx, tx, id)
		return err
	})
	return e, failed("reading an entry", err)
}

// ByWikidata returns the entry with a Wikidata id.
func (r *Register) ByWikidata(ctx context.Context, q string) (e Entity, err error) {
	err = r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, err = scan(tx.QueryRow(ctx, byWikidata, q))
		if errors.Is(err, db.ErrNoRows) {
			return fault.Missingf("No entry has the Wikidata id %s", q)
		}
		return err
	})
	return e, failed("finding an entry", err)
}

// BySlug finds the entry at an address. movedTo is its present Path when it
// was renamed or merged since, and "" otherwise.
func (r *Register) BySlug(ctx context.Context, kind Kind, slug string) (e Entity, movedTo string, err error) {
	err = r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		var id string
		err := tx.QueryRow(ctx, bySlug, string(kind), slug).Scan(&id)
		if errors.Is(err, db.ErrNoRows) {
			return fault.Missingf("There is no such entry")
		}
		if err != nil {
			return err
		}
		e, err = Resolve(ctx, tx, id)
		return err
	})
	if err == nil && (e.Slug != slug || e.Kind != kind) {
		movedTo = e.Path()
	}
	return e, movedTo, failed("finding an entry", err)
}

// Cursor is a place in the list of a kind. The zero Cursor is its beginning.
type Cursor struct{ Sort, ID string }

// Cursor is the entry's place in the list of its kind.
func (e *Entity) Cursor() Cursor { return Cursor{Fold(e.Names[0].Text), e.ID} }

// maxList bounds every list.
const maxList = 500

// List returns the entries of a kind after a cursor, by name.
func (r *Register) List(ctx context.Context, kind Kind, after Cursor, limit int) (out []Entity, err error) {
	err = r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = db.Collect(ctx, tx, scan, listed, string(kind), after.Sort, after.ID, min(max(limit, 0), maxList))
		return err
	})
	return out, failed("listing entries", err)
}

// Version is one state that an entry had.
type Version struct {
	Number int
	At     time.Time
	By     string // a member's id; for the desk only
	Act    string
	Note   string
	Draft
	Posts []Post
}

// History returns the states that an entry had, the latest first.
func (r *Register) History(ctx context.Context, id string) (out []Version, err error) {
	err = r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		rows, err := tx.Query(ctx, versions, id, maxList)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var v Version
			var at int64
			var doc string
			var w whole
			if err := rows.Scan(&v.Number, &at, &v.By, &v.Act, &doc, &v.Note); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(doc), &w); err != nil {
				return err
			}
			v.At, v.Draft, v.Posts = db.Time(at), w.Draft, w.Posts
			out = append(out, v)
		}
		return rows.Err()
	})
	return out, failed("reading an entry's history", err)
}

// failed says what was tried. A Wikidata id that is taken is the one unique
// index that an editor can run into.
func failed(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case db.IsUnique(err):
		return fault.Wrap(fault.Conflict, "Another entry has this Wikidata id. Perhaps the two are one: merge them", err)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

// Now returns the entry that an id stands for today: itself, or the one that it
// became part of.
func (r *Register) Now(ctx context.Context, id string) (e Entity, err error) {
	err = r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, err = Resolve(ctx, tx, id)
		return err
	})
	return e, failed("reading an entry", err)
}
