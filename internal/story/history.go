package story

import (
	"context"
	"errors"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
)

// Revised is one revision in a story's history.
type Revised struct {
	Revision int
	At       time.Time
	Kind     Saved
	Base     int    // the revision it was made from
	Editor   string // a member's id, "" when nobody is known; for the desk alone
	Headline string
	Size     int       // bytes of its text
	Redacted time.Time // when something was hidden in it
}

const revisionsBefore = `select r.revision, r.at, r.kind, r.base, coalesce(h.editor, ''), r.headline, length(r.body), r.redacted
	from story_revision r left join story_hand h on h.story = r.story and h.revision = r.revision
	where r.story = $1 and r.revision < $2 order by r.revision desc limit $3`

// History are the revisions of a story before one, the newest first; before 0
// begins with the newest. None is ever dropped.
func (d *Desk) History(ctx context.Context, id string, before, limit int) (out []Revised, err error) {
	if before <= 0 {
		before = 1<<31 - 1
	}
	err = d.read(ctx, "listing the revisions of a story", func(ctx context.Context, tx *db.Tx) (err error) {
		rows, err := tx.Query(ctx, revisionsBefore, id, before, bound(limit))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var r Revised
			var at, redacted int64
			var kind string
			if err := rows.Scan(&r.Revision, &at, &kind, &r.Base, &r.Editor, &r.Headline, &r.Size, &redacted); err != nil {
				return err
			}
			r.At, r.Kind, r.Redacted = db.Time(at), Saved(kind), moment(redacted)
			out = append(out, r)
		}
		return rows.Err()
	})
	return out, err
}

// Differences are what parts two texts of a story.
type Differences struct {
	From, To Story
	Fields   []Field        // that differ
	Blocks   []prose.Change // of the bodies
	Changed  bool
}

// Field is a field that differs, by its name in Draft.
type Field struct {
	Name  string
	Words []prose.Piece
}

// DiffRevisions compares two revisions, whatever happened between them.
func (d *Desk) DiffRevisions(ctx context.Context, id string, from, to int) (diff Differences, err error) {
	err = d.read(ctx, "comparing revisions", func(ctx context.Context, tx *db.Tx) error {
		s, err := d.one(ctx, tx, byID, id)
		if err != nil {
			return err
		}
		if from < 1 || to < 1 {
			return fault.Missingf("There is no such revision of this story")
		}
		diff.From, diff.To = s, s
		if _, err := selectRevision(ctx, tx, &diff.From, from); err != nil {
			return err
		}
		_, err = selectRevision(ctx, tx, &diff.To, to)
		return err
	})
	if err != nil {
		return diff, err
	}
	diff.compare(true)
	return diff, nil
}

// DiffVersions compares two publications as readers had them: their words alone.
func DiffVersions(from, to Story) Differences {
	diff := Differences{From: from, To: to}
	diff.From.Body, diff.To.Body = from.Body.Bare(), to.Body.Bare()
	diff.compare(false)
	return diff
}

func (d *Differences) compare(whole bool) {
	a, b := d.From.Draft(), d.To.Draft()
	type field struct{ name, from, to string }
	fields := []field{
		{"headline", a.Headline, b.Headline},
		{"standfirst", a.Standfirst, b.Standfirst},
		{"bylines", strings.Join(a.Bylines, ", "), strings.Join(b.Bylines, ", ")},
		{"dateline", day(a.Dateline), day(b.Dateline)},
		{"place", a.Place, b.Place},
	}
	if whole {
		fields = append(fields, []field{
			{"slug", a.Slug, b.Slug},
			{"section", a.Section, b.Section},
			{"tags", strings.Join(a.Tags, ", "), strings.Join(b.Tags, ", ")},
			{"series", a.Series, b.Series},
			{"related", strings.Join(a.Related, ", "), strings.Join(b.Related, ", ")},
			{"byline_ids", strings.Join(a.BylineIDs, ", "), strings.Join(b.BylineIDs, ", ")},
			{"schedule", hour(a.Schedule), hour(b.Schedule)},
			{"embargo", hour(a.Flags.Embargo), hour(b.Flags.Embargo)},
			{"two_person", yes(a.Flags.TwoPerson), yes(b.Flags.TwoPerson)},
			{"no_ask", yes(a.NoAsk), yes(b.NoAsk)},
			{"live", yes(a.Live), yes(b.Live)},
		}...)
	}
	for _, f := range fields {
		if f.from != f.to {
			d.Fields = append(d.Fields, Field{Name: f.name, Words: prose.DiffText(f.from, f.to)})
		}
	}
	d.Blocks = prose.Diff(a.Body, b.Body)
	d.Changed = len(d.Fields) > 0
	for _, c := range d.Blocks {
		d.Changed = d.Changed || c.Difference != prose.Same
	}
}

func hour(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}
