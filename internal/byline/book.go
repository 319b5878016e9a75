package byline

import (
	"context"
	"fmt"
	"strconv"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// Book is where bylines are kept.
type Book struct {
	db     *db.DB
	ids    *ident.Source
	record func(ctx context.Context, tx *db.Tx, actor, action, object string) error
}

// New returns the newsroom's bylines. record writes an act into its trail; nil
// keeps none.
func New(d *db.DB, ids *ident.Source, record func(ctx context.Context, tx *db.Tx, actor, action, object string) error) *Book {
	if record == nil {
		record = func(context.Context, *db.Tx, string, string, string) error { return nil }
	}
	return &Book{db: d, ids: ids, record: record}
}

// Create adds a byline. When its address is taken, a number is added.
func (b *Book) Create(ctx context.Context, one Byline, by string) (Byline, error) {
	one, err := one.tidy()
	if err != nil {
		return one, err
	}
	one.ID = b.ids.Secret()
	err = b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		slug := one.Slug
		for n := 2; ; n++ {
			made, err := insert(ctx, tx, &one)
			if err != nil {
				return err
			}
			if made {
				return b.record(ctx, tx, by, "byline.create", one.ID)
			}
			if n > 20 {
				one.Slug = slug + "-" + b.ids.Secret()[:8]
				continue
			}
			one.Slug = slug + "-" + strconv.Itoa(n)
		}
	})
	return one, failed("adding a byline", err)
}

// Revise changes what readers see of a byline. What is printed above stories is
// theirs and stays.
func (b *Book) Revise(ctx context.Context, one Byline, by string) (Byline, error) {
	one, err := one.tidy()
	if err != nil {
		return one, err
	}
	err = b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := update(ctx, tx, &one)
		switch {
		case db.IsUnique(err):
			return fault.Conflictf("Another byline has this address")
		case err != nil:
			return err
		case n == 0:
			return errMissing
		}
		return b.record(ctx, tx, by, "byline.revise", one.ID)
	})
	return one, failed("changing a byline", err)
}

// ByID returns a byline.
func (b *Book) ByID(ctx context.Context, id string) (Byline, error) { return b.one(ctx, byID, id) }

// BySlug returns the byline of a page.
func (b *Book) BySlug(ctx context.Context, slug string) (Byline, error) {
	return b.one(ctx, bySlug, slug)
}

func (b *Book) one(ctx context.Context, query, key string) (out Byline, err error) {
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := bylines(ctx, tx, query, key)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errMissing
		}
		out = list[0]
		return nil
	})
	return out, failed("reading a byline", err)
}

// List returns bylines in the order of their addresses, after one.
func (b *Book) List(ctx context.Context, after string, limit int) (out []Byline, err error) {
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = bylines(ctx, tx, afterSlug, after, min(max(limit, 0), maxList))
		return err
	})
	return out, failed("listing bylines", err)
}

// AddPerson writes down somebody who may stand behind bylines.
func (b *Book) AddPerson(ctx context.Context, name, by string) (p Person, err error) {
	if p.Name, err = words("name", name, maxName); err != nil {
		return p, err
	}
	p.ID = b.ids.Secret()
	err = b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "insert into byline_person (id, name) values ($1, $2)", p.ID, p.Name); err != nil {
			return err
		}
		return b.record(ctx, tx, by, "byline.person", p.ID)
	})
	return p, failed("adding a person", err)
}

// Link says who stands behind a byline; an empty person is nobody that is
// written down.
func (b *Book) Link(ctx context.Context, id, person, by string) error {
	err := b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		var to any
		if person != "" {
			to = person
			if found, err := db.Column(ctx, tx, "select id from byline_person where id = $1", person); err != nil || len(found) == 0 {
				return orMissing(err)
			}
		}
		n, err := tx.Exec(ctx, "update byline set person = $2 where id = $1", id, to)
		if err != nil || n == 0 {
			return orMissing(err)
		}
		return b.record(ctx, tx, by, "byline.link", id)
	})
	return failed("linking a byline", err)
}

// Join says that a member of the staff is a person; Part, that they are not.
func (b *Book) Join(ctx context.Context, person, member, by string) error {
	err := b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if found, err := db.Column(ctx, tx, "select id from byline_person where id = $1", person); err != nil || len(found) == 0 {
			return orMissing(err)
		}
		if _, err := tx.Exec(ctx, "insert into byline_member (person, member) values ($1, $2) on conflict (person, member) do nothing", person, member); err != nil {
			return err
		}
		return b.record(ctx, tx, by, "byline.join", person)
	})
	return failed("joining a person and a login", err)
}

// Part ends what Join began.
func (b *Book) Part(ctx context.Context, person, member, by string) error {
	err := b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "delete from byline_member where person = $1 and member = $2", person, member); err != nil {
			return err
		}
		return b.record(ctx, tx, by, "byline.part", person)
	})
	return failed("parting a person and a login", err)
}

// PersonOf says who stands behind a byline, for the desk; found is false when
// nobody is written down.
func (b *Book) PersonOf(ctx context.Context, id string) (p Person, found bool, err error) {
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, found, err = person(ctx, tx, id)
		return err
	})
	return p, found, failed("reading a person", err)
}

// BylinesOf are the names under which a member of the staff writes.
func (b *Book) BylinesOf(ctx context.Context, member string) (out []Byline, err error) {
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = bylines(ctx, tx, ofMember, member, maxList)
		return err
	})
	return out, failed("listing bylines", err)
}

// Hide gives names and lines about writers in which replace changes something
// that other text, and says in how many bylines. In a dry run it only counts.
func (b *Book) Hide(ctx context.Context, tx *db.Tx, replace func(string) string, dry bool) (n int, err error) {
	for after := ""; ; {
		list, err := bylines(ctx, tx, afterSlug, after, maxList)
		if err != nil || len(list) == 0 {
			return n, err
		}
		for _, one := range list {
			after = one.Slug
			was := one
			one.Name, one.About = replace(one.Name), replace(one.About)
			if one == was {
				continue
			}
			n++
			if dry {
				continue
			}
			if one.Name != was.Name { // the address was made of the name
				one.Slug = "writer-" + one.ID[:8]
			}
			if _, err := update(ctx, tx, &one); err != nil {
				return n, err
			}
		}
	}
}

func orMissing(err error) error {
	if err != nil {
		return err
	}
	return errMissing
}

var errMissing = fault.New(fault.Missing, "There is no such byline")

func failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
