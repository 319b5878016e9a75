package statement

import (
	"context"
	"fmt"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// What the change feed is told.
const (
	// ChangeStatement has the id of a statement whose page changed.
	ChangeStatement = "statement"
	// ChangeSpeaker has the id of an entry that statements name otherwise now.
	ChangeSpeaker = "speaker"
	// ChangeList is told whenever the list of what is public changed.
	ChangeList = "statements"
	// ChangeRunning has the id of a running story.
	ChangeRunning = "running"
)

// Options are what the book must know of the newsroom.
type Options struct {
	Box Box
	// Record leaves a line in the staff's trail, by ids alone. It is a function
	// because the trail is the staff's; nil leaves none.
	Record func(ctx context.Context, tx *db.Tx, member, action, object string) error
}

// Book is where statements are kept. It is safe for concurrent use.
type Book struct {
	db  *db.DB
	ids *ident.Source
	opt Options
}

// New returns the book.
func New(d *db.DB, ids *ident.Source, opt Options) *Book { return &Book{db: d, ids: ids, opt: opt} }

func (b *Book) record(ctx context.Context, tx *db.Tx, member, action, object string) error {
	if b.opt.Record == nil {
		return nil
	}
	return b.opt.Record(ctx, tx, member, action, object)
}

func failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Draft is what a member saves: both sides, and what readers will be told of
// the change. Secret nil leaves the private side as it is.
type Draft struct {
	Record
	Secret *Secret
	Note   string
}

// Create begins a statement. Its maker is the first who may see its evidence.
func (b *Book) Create(ctx context.Context, by string, d Draft) (s Statement, err error) {
	if err := d.tidy(); err != nil {
		return s, err
	}
	err = b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		s, err = b.CreateTx(ctx, tx, by, d)
		return err
	})
	return s, failed("making a statement", err)
}

// CreateTx is Create inside a transaction.
func (b *Book) CreateTx(ctx context.Context, tx *db.Tx, by string, d Draft) (s Statement, err error) {
	if err := d.tidy(); err != nil {
		return s, err
	}
	s = Statement{ID: b.ids.Secret(), Record: d.Record, Version: 1, Latest: 1, By: by, At: tx.Now, Created: tx.Now, Updated: tx.Now}
	if err := b.complete(ctx, tx, &s.Record); err != nil {
		return s, err
	}
	now := db.Micros(tx.Now)
	if _, err := tx.Exec(ctx, `insert into statement (id, latest, shown, places, said, published, changed, checked, checker, created, updated)
		values ($1, 1, 0, 0, $2, 0, 0, 0, '', $3, $3)`, s.ID, db.Micros(s.said(tx.Now)), now); err != nil {
		return s, err
	}
	sealed := []byte{}
	if d.Secret != nil {
		if sealed, err = b.seal(d.Secret); err != nil {
			return s, err
		}
	}
	if err := insertVersion(ctx, tx, &s, sealed); err != nil {
		return s, err
	}
	if _, err := tx.Exec(ctx, "insert into statement_reader (statement, member) values ($1, $2)", s.ID, by); err != nil {
		return s, err
	}
	if err := index(ctx, tx, &s, 0); err != nil {
		return s, err
	}
	return s, b.record(ctx, tx, by, "statement.create", s.ID)
}

// Save writes another version. base is the version that the member had seen;
// when a later one exists the answer is a Conflict and nothing is saved.
// Readers keep the version they have until Correct. What is equal to the
// newest version saves nothing.
func (b *Book) Save(ctx context.Context, by, id string, base int, d Draft) (s Statement, err error) {
	if err := d.tidy(); err != nil {
		return s, err
	}
	if err := entity.Line("note", &d.Note, maxText); err != nil {
		return s, err
	}
	err = b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
		old, sealed, err := newest(ctx, tx, id)
		if err != nil {
			return err
		}
		if base != old.Latest {
			return fault.Conflictf("This statement was changed by somebody else meanwhile. Look at theirs before saving yours")
		}
		if err := b.complete(ctx, tx, &d.Record); err != nil {
			return err
		}
		fresh := false
		if d.Secret != nil {
			if fresh, sealed, err = b.reseal(ctx, tx, by, id, sealed, d.Secret); err != nil {
				return err
			}
		}
		s = old
		if same(&old.Record, &d.Record) && !fresh {
			return nil
		}
		s.Record, s.Note, s.By = d.Record, d.Note, by
		s.Latest++
		s.Version, s.At, s.Updated, s.Checked = s.Latest, tx.Now, tx.Now, false
		if err := insertVersion(ctx, tx, &s, sealed); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "update statement set latest = $2, updated = $3, checked = 0, checker = '' where id = $1",
			id, s.Latest, db.Micros(tx.Now)); err != nil {
			return err
		}
		if err := index(ctx, tx, &s, 0); err != nil {
			return err
		}
		return b.record(ctx, tx, by, "statement.save", id)
	})
	return s, failed("saving a statement", err)
}

// reseal seals another private side, for a member who may know it.
func (b *Book) reseal(ctx context.Context, tx *db.Tx, by, id string, sealed []byte, secret *Secret) (fresh bool, out []byte, err error) {
	old, err := b.unseal(sealed)
	if err != nil {
		return false, nil, err
	}
	if equalSecrets(&old, secret) {
		return false, sealed, nil
	}
	if err := b.mayKnow(ctx, tx, by, id); err != nil {
		return false, nil, err
	}
	out, err = b.seal(secret)
	return true, out, err
}

// complete fills in what the register knows: the names of the entries, and,
// when nothing was said of it, the post that the speaker held that day. What
// is filled in is frozen: a later post changes nothing of it.
func (b *Book) complete(ctx context.Context, tx *db.Tx, r *Record) error {
	var err error
	r.named(func(_ Part, _ int, to *Party) {
		if err != nil || to.Entity == "" {
			return
		}
		var e entity.Entity
		if e, err = entity.Resolve(ctx, tx, to.Entity); err != nil {
			return
		}
		to.Entity = e.ID
		if len(to.Name) == 0 {
			to.Name = e.Names
		}
	})
	if err != nil || r.Who.Entity == "" || r.When.IsZero() || len(r.Role) > 0 {
		return err
	}
	held, err := entity.HeldTx(ctx, tx, r.Who.Entity, r.When.At.In(r.When.Location()))
	if err != nil || len(held) == 0 {
		return err
	}
	r.Post, r.Role = held[0].ID, held[0].Roles
	if r.Body.IsZero() && held[0].Body != "" {
		body, err := entity.Resolve(ctx, tx, held[0].Body)
		if err != nil {
			return err
		}
		r.Body = Party{Entity: body.ID, Name: body.Names}
	}
	return nil
}

// Check says that a second person looked at a version and found it right. Who
// saved the version cannot.
func (b *Book) Check(ctx context.Context, by, id string, version int) (s Statement, err error) {
	err = b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
		if s, _, err = newest(ctx, tx, id); err != nil {
			return err
		}
		switch {
		case version != s.Latest:
			return fault.Conflictf("This statement was changed meanwhile. Look at it again")
		case by == s.By:
			return fault.Deniedf("A second person checks a statement: you saved this version yourself")
		}
		if _, err := tx.Exec(ctx, "update statement set checked = $2, checker = $3 where id = $1", id, version, by); err != nil {
			return err
		}
		s.Checked = true
		return b.record(ctx, tx, by, "statement.check", id)
	})
	return s, failed("checking a statement", err)
}

// ByID returns a statement's newest version, for the desk.
func (b *Book) ByID(ctx context.Context, id string) (s Statement, err error) {
	if !ident.IsSecret(id) {
		return s, errMissing
	}
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		s, _, err = newest(ctx, tx, id)
		return err
	})
	return s, failed("reading a statement", err)
}

// Shown returns the version that readers see of a statement that stands in a
// published story.
func (b *Book) Shown(ctx context.Context, id string) (s Statement, err error) {
	if !ident.IsSecret(id) {
		return s, errMissing
	}
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		s, err = one(ctx, tx, 1, byShown, id)
		return err
	})
	return s, failed("reading a statement", err)
}

// Edition is one version with the time when readers got it.
type Edition struct {
	Statement
	Announced time.Time // zero when readers never got it
}

// maxVersions bounds a history.
const maxVersions = 500

// History returns the versions of a statement, the latest first.
func (b *Book) History(ctx context.Context, id string) (out []Edition, err error) {
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		return each(ctx, tx, versionsOf, []any{id, maxVersions}, func(rows *db.Rows) error {
			var at int64
			s, err := scan(rows, &at)
			e := Edition{Statement: s}
			if at != 0 {
				e.Announced = db.Time(at)
			}
			out = append(out, e)
			return err
		})
	})
	return out, failed("reading a statement's history", err)
}
