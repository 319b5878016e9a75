package story

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Copy is what somebody writes in one window and has not yet saved: it is kept
// at every pause and is no revision. Nobody else reads it.
type Copy struct {
	Name   string // of the window, so that two never write over each other
	Member string
	Base   int // the revision it began from
	At     time.Time
	Draft  Draft
}

const (
	maxCopies = 20 // of one member and story; the oldest goes
	maxCopy   = 4 << 20
)

var copyForm = regexp.MustCompile(`^[a-z0-9]{1,40}$`)

const copiesOfMember = `select name, member, base, at, draft from story_copy
	where story = $1 and member = $2 order by at desc, name limit 20`

// Keep keeps a copy. It refuses neither a stale base nor what Revise would: what
// is not yet finished is not yet judged. The answer is the story's newest
// revision and who saved it, so that a writer learns of it.
func (d *Desk) Keep(ctx context.Context, id string, c Copy) (at time.Time, latest int, by string, err error) {
	c.Draft.Editor = ""
	text, err := json.Marshal(c.Draft)
	switch {
	case err != nil:
		return at, 0, "", fmt.Errorf("writing a copy: %w", err)
	case !copyForm.MatchString(c.Name) || c.Member == "":
		return at, 0, "", fault.Invalidf("This window has no name. Load the page again")
	case len(text) > maxCopy || !utf8.Valid(text):
		return at, 0, "", fault.Invalidf("The text is larger than can be kept")
	}
	err = d.write(ctx, "keeping a copy", func(ctx context.Context, tx *db.Tx) error {
		if err := tx.QueryRow(ctx, `select s.latest, coalesce(h.editor, '') from story s
			left join story_hand h on h.story = s.id and h.revision = s.latest where s.id = $1`, id).Scan(&latest, &by); err != nil {
			if errors.Is(err, db.ErrNoRows) {
				return fault.Missingf("There is no such story")
			}
			return err
		}
		at = tx.Now
		if _, err := tx.Exec(ctx, `insert into story_copy (story, name, member, base, at, draft) values ($1, $2, $3, $4, $5, $6)
			on conflict (story, member, name) do update set base = excluded.base, at = excluded.at, draft = excluded.draft`,
			id, c.Name, c.Member, c.Base, db.Micros(at), string(text)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from story_copy where story = $1 and member = $2 and name in
			(select name from story_copy where story = $1 and member = $2 order by at desc, name limit 100 offset $3)`, id, c.Member, maxCopies)
		return err
	})
	return at, latest, by, err
}

// Copies are what a member has not yet saved of a story, the last first.
func (d *Desk) Copies(ctx context.Context, id, member string) (out []Copy, err error) {
	err = d.read(ctx, "reading copies", func(ctx context.Context, tx *db.Tx) (err error) {
		rows, err := tx.Query(ctx, copiesOfMember, id, member)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var c Copy
			var at int64
			var text string
			if err := rows.Scan(&c.Name, &c.Member, &c.Base, &at, &text); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(text), &c.Draft); err != nil {
				return fmt.Errorf("reading a copy: %w", err)
			}
			c.At = db.Time(at)
			out = append(out, c)
		}
		return rows.Err()
	})
	return out, err
}

// DropCopy forgets a copy: it became a revision, or its writer threw it away.
func (d *Desk) DropCopy(ctx context.Context, id, member, name string) error {
	return d.write(ctx, "dropping a copy", func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "delete from story_copy where story = $1 and member = $2 and name = $3", id, member, name)
		return err
	})
}
