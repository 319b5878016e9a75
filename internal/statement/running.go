package statement

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// RunningDraft is what an editor decides about a running story.
type RunningDraft struct {
	Slug         string       `json:"slug,omitempty"` // "" is made of the first title
	Titles       entity.Words `json:"titles"`
	Descriptions entity.Words `json:"descriptions,omitempty"`
	Stories      []string     `json:"stories,omitempty"` // their ids
}

// Running is a story that goes on: many stories under one address, with a
// timeline made of what was said in them and of the entries of live blogs.
type Running struct {
	RunningDraft
	ID      string
	Version int
	Created time.Time
	Updated time.Time
}

// Path is its address below an edition's prefix.
func (r *Running) Path() string { return "/running/" + r.Slug }

// MaxRunning bounds how many stories one running story has.
const MaxRunning = 400

const runningColumns = "id, slug, doc, version, created, updated"

const (
	runningByID   = "select " + runningColumns + " from running where id = $1"
	runningBySlug = "select running from running_slug where slug = $1"
	runningList   = "select " + runningColumns + " from running where (updated, id) < ($1, $2) order by updated desc, id desc limit $3"
	runningOf     = "select running from running_story where story = $1 order by running limit 20"
)

func (d *RunningDraft) tidy() error {
	var err error
	if d.Titles, err = entity.TidyWords("title", d.Titles, maxLine); err != nil {
		return err
	}
	if d.Descriptions, err = entity.TidyWords("description", d.Descriptions, maxText); err != nil {
		return err
	}
	if len(d.Titles) == 0 {
		return fault.Invalidf("A running story needs a title")
	}
	switch slug := ident.Slug(d.Slug); {
	case d.Slug == "":
		if d.Slug = ident.Slug(d.Titles[0].Text); d.Slug == "" {
			d.Slug = "running"
		}
	case d.Slug != slug:
		return fault.Invalidf("The address %q must be of small letters, digits and hyphens, such as %q", d.Slug, slug)
	}
	seen := map[string]bool{}
	var stories []string
	for _, id := range d.Stories {
		if !seen[id] && ident.IsSecret(id) {
			seen[id] = true
			stories = append(stories, id)
		}
	}
	if len(stories) > MaxRunning {
		return fault.Invalidf("A running story has at most %d stories. Begin another one", MaxRunning)
	}
	d.Stories = stories
	return nil
}

// SaveRunning makes a running story, or changes the one with an id; base is the
// version that the member had seen.
func (b *Book) SaveRunning(ctx context.Context, by, id string, base int, d RunningDraft) (r Running, err error) {
	if id != "" && d.Slug == "" {
		old, err := b.Running(ctx, id)
		if err != nil {
			return r, err
		}
		d.Slug = old.Slug
	}
	if err := d.tidy(); err != nil {
		return r, err
	}
	err = b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		r = Running{RunningDraft: d, ID: id, Version: 1, Created: tx.Now, Updated: tx.Now}
		if id == "" {
			r.ID = b.ids.Secret()
			if _, err := tx.Exec(ctx, "insert into running (id, slug, doc, version, created, updated) values ($1, '', '{}', 1, $2, $2)", r.ID, db.Micros(tx.Now)); err != nil {
				return err
			}
		} else {
			if _, err := tx.Exec(ctx, "update running set version = version where id = $1", id); err != nil {
				return err
			}
			old, err := running(ctx, tx, id)
			if err != nil {
				return err
			}
			if old.Version != base {
				return fault.Conflictf("This running story was changed by somebody else meanwhile. Look at theirs before saving yours")
			}
			r.Created, r.Version = old.Created, old.Version+1
		}
		if err := b.runningAddress(ctx, tx, &r, id == ""); err != nil {
			return err
		}
		return b.putRunning(ctx, tx, by, &r)
	})
	return r, failed("saving a running story", err)
}

// runningAddress claims the slug; a new one takes the first free one like it.
func (b *Book) runningAddress(ctx context.Context, tx *db.Tx, r *Running, fresh bool) error {
	const tries = 20
	for n, try := 2, r.Slug; ; n++ {
		claimed, err := tx.Exec(ctx, "insert into running_slug (slug, running, since) values ($1, $2, $3) on conflict (slug) do nothing", try, r.ID, db.Micros(tx.Now))
		if err != nil {
			return err
		}
		var owner string
		if claimed == 0 {
			if err := tx.QueryRow(ctx, runningBySlug, try).Scan(&owner); err != nil {
				return err
			}
		}
		if claimed == 1 || owner == r.ID {
			r.Slug = try
			return nil
		}
		if !fresh {
			return fault.Conflictf("Another running story has, or had, this address")
		}
		if try = r.Slug + "-" + strconv.Itoa(n); n > tries {
			try = r.Slug + "-" + b.ids.Secret()[:8]
		}
	}
}

func (b *Book) putRunning(ctx context.Context, tx *db.Tx, by string, r *Running) error {
	doc, err := json.Marshal(r.RunningDraft)
	if err != nil {
		return err
	}
	now := db.Micros(tx.Now)
	if _, err := tx.Exec(ctx, "update running set slug = $2, doc = $3, version = $4, updated = $5 where id = $1", r.ID, r.Slug, string(doc), r.Version, now); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "insert into running_version (running, version, at, member, doc) values ($1, $2, $3, $4, $5)", r.ID, r.Version, now, by, string(doc)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "delete from running_story where running = $1", r.ID); err != nil {
		return err
	}
	for n, story := range r.Stories {
		if _, err := tx.Exec(ctx, "insert into running_story (running, story, added) values ($1, $2, $3)", r.ID, story, n); err != nil {
			return err
		}
	}
	if err := tx.Change(ctx, ChangeRunning, r.ID); err != nil {
		return err
	}
	return b.record(ctx, tx, by, "running.save", r.ID)
}

func running(ctx context.Context, tx *db.Tx, id string) (Running, error) {
	r, err := scanRunning(tx.QueryRow(ctx, runningByID, id))
	if errors.Is(err, db.ErrNoRows) {
		return r, fault.Missingf("There is no such running story")
	}
	return r, err
}

func scanRunning(from db.Scanner) (r Running, err error) {
	var doc, slug string
	var created, updated int64
	if err := from.Scan(&r.ID, &slug, &doc, &r.Version, &created, &updated); err != nil {
		return r, err
	}
	err = json.Unmarshal([]byte(doc), &r.RunningDraft)
	r.Slug, r.Created, r.Updated = slug, db.Time(created), db.Time(updated)
	return r, err
}

// Running returns a running story.
func (b *Book) Running(ctx context.Context, id string) (r Running, err error) {
	err = b.read(ctx, "reading a running story", func(ctx context.Context, tx *db.Tx) error {
		r, err = running(ctx, tx, id)
		return err
	})
	return r, err
}

// RunningBySlug finds the running story at an address. movedTo is its present
// Path when it was renamed since.
func (b *Book) RunningBySlug(ctx context.Context, slug string) (r Running, movedTo string, err error) {
	err = b.read(ctx, "finding a running story", func(ctx context.Context, tx *db.Tx) error {
		var id string
		err := tx.QueryRow(ctx, runningBySlug, slug).Scan(&id)
		if errors.Is(err, db.ErrNoRows) {
			return fault.Missingf("There is no such running story")
		}
		if err != nil {
			return err
		}
		r, err = running(ctx, tx, id)
		return err
	})
	if err == nil && r.Slug != slug {
		movedTo = r.Path()
	}
	return r, movedTo, err
}

// RunningOf returns the running stories that a story belongs to.
func (b *Book) RunningOf(ctx context.Context, story string) (out []Running, err error) {
	err = b.read(ctx, "reading a story's running stories", func(ctx context.Context, tx *db.Tx) error {
		ids, err := db.Column(ctx, tx, runningOf, story)
		if err != nil {
			return err
		}
		for _, id := range ids {
			r, err := running(ctx, tx, id)
			if err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

// RunningList returns the running stories, the last changed first.
func (b *Book) RunningList(ctx context.Context, after Cursor, limit int) (out []Running, err error) {
	at, key := after.before()
	err = b.read(ctx, "listing running stories", func(ctx context.Context, tx *db.Tx) error {
		return each(ctx, tx, runningList, []any{at, key, bound(limit)}, func(rows *db.Rows) error {
			r, err := scanRunning(rows)
			out = append(out, r)
			return err
		})
	})
	return out, err
}

// runningTouched tells the pages of the running stories that a story is in.
func (b *Book) runningTouched(ctx context.Context, tx *db.Tx, story string) error {
	ids, err := db.Column(ctx, tx, runningOf, story)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := tx.Change(ctx, ChangeRunning, id); err != nil {
			return err
		}
	}
	return nil
}
