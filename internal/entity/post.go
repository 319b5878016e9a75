package entity

import (
	"context"
	"errors"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// SavePost adds a post to a person, or changes the one with p.ID.
func (r *Register) SavePost(ctx context.Context, by string, p Post) (Post, error) {
	var err error
	if p.Roles, err = TidyWords("post", p.Roles, maxLine); err != nil {
		return p, err
	}
	if len(p.Roles) == 0 {
		return p, fault.Invalidf("A post needs its words, such as “mayor”")
	}
	for _, d := range []*Day{&p.Since, &p.Until} {
		if *d, err = ParseDay(string(*d)); err != nil {
			return p, err
		}
	}
	if p.Since != "" && p.Until != "" && p.Until.last() < p.Since.first() {
		return p, fault.Invalidf("The post ends before it begins")
	}
	err = r.posting(ctx, by, p.Person, "post", func(ctx context.Context, tx *db.Tx) error {
		if p.Body != "" {
			body, err := Resolve(ctx, tx, p.Body)
			if err != nil {
				return err
			}
			if body.Kind == Person {
				return fault.Invalidf("A post is held in a body, not in a person")
			}
			p.Body = body.ID
		}
		if p.ID == "" {
			p.ID = r.ids.Secret()
		} else if old, err := postOf(ctx, tx, p.ID); err != nil {
			return err
		} else if old.Person != p.Person {
			return fault.Invalidf("This post is another person's")
		}
		return insertPost(ctx, tx, &p)
	})
	return p, failed("saving a post", err)
}

// DropPost takes a post away; the entry's history keeps it.
func (r *Register) DropPost(ctx context.Context, by, person, id string) error {
	return failed("dropping a post", r.posting(ctx, by, person, "drop post", func(ctx context.Context, tx *db.Tx) error {
		n, err := tx.Exec(ctx, "delete from entity_post where id = $1 and person = $2", id, person)
		if err == nil && n == 0 {
			return fault.Missingf("There is no such post")
		}
		return err
	}))
}

// posting changes a person's posts as a new version of the person.
func (r *Register) posting(ctx context.Context, by, person, act string, change func(ctx context.Context, tx *db.Tx) error) error {
	return r.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, person); err != nil {
			return err
		}
		e, err := one(ctx, tx, person)
		if err != nil {
			return err
		}
		if e.Kind != Person || e.Merged != "" {
			return fault.Invalidf("Only a person holds posts")
		}
		if err := change(ctx, tx); err != nil {
			return err
		}
		e.Version++
		e.Updated = tx.Now
		if err := updateEntity(ctx, tx, &e); err != nil {
			return err
		}
		if err := insertVersion(ctx, tx, &e, by, act, ""); err != nil {
			return err
		}
		return tx.Change(ctx, ChangeKind, person)
	})
}

func postOf(ctx context.Context, tx *db.Tx, id string) (Post, error) {
	p, err := scanPost(tx.QueryRow(ctx, postByID, id))
	if errors.Is(err, db.ErrNoRows) {
		return p, fault.Missingf("There is no such post")
	}
	return p, err
}

// Posts are the posts of a person, the latest first.
func (r *Register) Posts(ctx context.Context, person string) (out []Post, err error) {
	err = r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = PostsTx(ctx, tx, person)
		return err
	})
	return out, failed("reading posts", err)
}

// Holders are the posts that were held in a body, the latest first.
func (r *Register) Holders(ctx context.Context, body string, limit int) (out []Post, err error) {
	err = r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = posts(ctx, tx, postsOfBody, body, min(max(limit, 0), maxList))
		return err
	})
	return out, failed("reading a body's posts", err)
}

// HeldTx are the posts that a person held on a day, the latest begun first.
func HeldTx(ctx context.Context, tx *db.Tx, person string, day time.Time) ([]Post, error) {
	all, err := PostsTx(ctx, tx, person)
	if err != nil {
		return nil, err
	}
	var held []Post
	for _, p := range all {
		if p.On(day) {
			held = append(held, p)
		}
	}
	return held, nil
}

// Held are the posts that a person held on a day, the latest begun first.
func (r *Register) Held(ctx context.Context, person string, day time.Time) (out []Post, err error) {
	err = r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = HeldTx(ctx, tx, person, day)
		return err
	})
	return out, failed("reading posts", err)
}
