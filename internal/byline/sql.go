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

func bylines(ctx context.Context, tx *db.Tx, query string, args ...any) (out []Byline, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var b Byline
		var pseudonym int64
		if err := rows.Scan(&b.ID, &b.Name, &b.Slug, &pseudonym, &b.About); err != nil {
			return nil, err
		}
		b.Pseudonym = pseudonym != 0
		out = append(out, b)
	}
	return out, rows.Err()
}

func insert(ctx context.Context, tx *db.Tx, b *Byline) (made bool, err error) {
	n, err := tx.Exec(ctx, `insert into byline (id, name, slug, pseudonym, about, made) values ($1, $2, $3, $4, $5, $6)
		on conflict (slug) do nothing`, b.ID, b.Name, b.Slug, bit(b.Pseudonym), b.About, db.Micros(tx.Now))
	return n == 1, err
}

func update(ctx context.Context, tx *db.Tx, b *Byline) (int64, error) {
	return tx.Exec(ctx, "update byline set name = $2, slug = $3, pseudonym = $4, about = $5 where id = $1", b.ID, b.Name, b.Slug, bit(b.Pseudonym), b.About)
}

func person(ctx context.Context, tx *db.Tx, id string) (p Person, found bool, err error) {
	err = tx.QueryRow(ctx, personOf, id).Scan(&p.ID, &p.Name)
	if errors.Is(err, db.ErrNoRows) {
		return p, false, nil
	}
	return p, err == nil, err
}

func column(ctx context.Context, tx *db.Tx, query string, args ...any) (out []string, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
