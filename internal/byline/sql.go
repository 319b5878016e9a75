package byline

import (
	"context"
	"errors"

	"mimeo/internal/db"
)

// maxList bounds every list.
const maxList = 500

// What readers may see. No query of these columns joins the other two tables,
// but for the desk's ofMember.
const columns = `b.id, b.name, b.slug, b.pseudonym, b.about`

const (
	byID      = `select ` + columns + ` from byline b where b.id = $1`
	bySlug    = `select ` + columns + ` from byline b where b.slug = $1`
	afterSlug = `select ` + columns + ` from byline b where b.slug > $1 order by b.slug limit $2`
	ofMember  = `select ` + columns + ` from byline_member m join byline b on b.person = m.person where m.member = $1 order by b.slug limit $2`
	personOf  = `select p.id, p.name from byline b join byline_person p on p.id = b.person where b.id = $1`
)

func bylines(ctx context.Context, tx *db.Tx, query string, args ...any) ([]Byline, error) {
	return db.Collect(ctx, tx, func(from db.Scanner) (b Byline, err error) {
		var pseudonym int64
		err = from.Scan(&b.ID, &b.Name, &b.Slug, &pseudonym, &b.About)
		b.Pseudonym = pseudonym != 0
		return b, err
	}, query, args...)
}

func insert(ctx context.Context, tx *db.Tx, b *Byline) (made bool, err error) {
	n, err := tx.Exec(ctx, `insert into byline (id, name, slug, pseudonym, about, made) values ($1, $2, $3, $4, $5, $6)
		on conflict (slug) do nothing`, b.ID, b.Name, b.Slug, db.Bit(b.Pseudonym), b.About, db.Micros(tx.Now))
	return n == 1, err
}

func update(ctx context.Context, tx *db.Tx, b *Byline) (int64, error) {
	return tx.Exec(ctx, "update byline set name = $2, slug = $3, pseudonym = $4, about = $5 where id = $1", b.ID, b.Name, b.Slug, db.Bit(b.Pseudonym), b.About)
}

func person(ctx context.Context, tx *db.Tx, id string) (p Person, found bool, err error) {
	err = tx.QueryRow(ctx, personOf, id).Scan(&p.ID, &p.Name)
	if errors.Is(err, db.ErrNoRows) {
		return p, false, nil
	}
	return p, err == nil, err
}
