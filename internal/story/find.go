package story

import (
	"context"
	"fmt"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// maxList bounds every list.
const maxList = 1_000

// ByID returns a story: what readers see of it, or the newest draft.
func (d *Desk) ByID(ctx context.Context, id string) (s Story, err error) {
	err = d.read(ctx, "reading a story", func(ctx context.Context, tx *db.Tx) error {
		s, err = d.one(ctx, tx, byID, id)
		return err
	})
	return s, err
}

// Revision returns one text of a story as it was saved, and when.
func (d *Desk) Revision(ctx context.Context, id string, n int) (s Story, at time.Time, err error) {
	err = d.read(ctx, "reading a revision", func(ctx context.Context, tx *db.Tx) error {
		if s, err = d.one(ctx, tx, byID, id); err == nil {
			at, err = selectRevision(ctx, tx, &s, n)
		}
		return err
	})
	return s, at, err
}

// ByPath finds the story at an address. movedTo is its present Path when it
// was renamed since, and "" otherwise. The state of the answer is Published or
// Retracted: a draft has no address.
func (d *Desk) ByPath(ctx context.Context, lang string, year int, month time.Month, slug string) (s Story, movedTo string, err error) {
	err = d.read(ctx, "finding a story", func(ctx context.Context, tx *db.Tx) error {
		s, err = d.one(ctx, tx, byAddress, lang, year, int(month), slug)
		return err
	})
	if err == nil && s.Slug != slug {
		movedTo = s.Path()
	}
	return s, movedTo, err
}

// Front returns the newest published stories of a language.
func (d *Desk) Front(ctx context.Context, lang string, limit int) ([]Summary, error) {
	return d.page(ctx, front, lang, Cursor{}, limit)
}

// Section returns the stories of a section after a cursor, the newest first;
// "" is the whole language.
func (d *Desk) Section(ctx context.Context, lang, name string, after Cursor, limit int) ([]Summary, error) {
	if name == "" {
		return d.page(ctx, front, lang, after, limit)
	}
	return d.page(ctx, section, lang, after, limit, name)
}

// List returns the stories of one state after a cursor, the last changed
// first. For the next page the cursor is {Updated, ID} of the last one.
func (d *Desk) List(ctx context.Context, state State, after Cursor, limit int) ([]Summary, error) {
	switch state {
	case Drafted, Published:
		return d.page(ctx, byState, string(state), after, limit)
	case Retracted:
		return d.page(ctx, byWithdrawal, 0, after, limit)
	case Withdrawn:
		return d.page(ctx, byWithdrawal, 1, after, limit)
	default:
		return nil, fault.Invalidf("A story is draft, published, retracted or withdrawn, not %q", state)
	}
}

// AtWork returns all stories, or those whose newest text is at a stage, the
// last touched first. For the next page the cursor is {Touched, ID} of the last
// one.
func (d *Desk) AtWork(ctx context.Context, stage Stage, after Cursor, limit int) (out []Summary, err error) {
	at, key := after.before()
	query, args := atWork, []any{at, key, bound(limit)}
	switch stage {
	case "":
	case Writing, Submitted, Approved:
		query, args = atStage, append(args, string(stage))
	default:
		return nil, fault.Invalidf("A text is draft, review or approved, not %q", stage)
	}
	err = d.read(ctx, "listing stories", func(ctx context.Context, tx *db.Tx) error {
		out, err = d.summaries(ctx, tx, query, args...)
		return err
	})
	return out, err
}

// Series returns the published stories of a series after a cursor, the newest
// first.
func (d *Desk) Series(ctx context.Context, lang, series string, after Cursor, limit int) ([]Summary, error) {
	return d.page(ctx, inSeries, lang, after, limit, series)
}

// Related returns the published stories among ids, in their order.
func (d *Desk) Related(ctx context.Context, ids []string) (out []Summary, err error) {
	err = d.read(ctx, "finding related stories", func(ctx context.Context, tx *db.Tx) error {
		for _, id := range ids[:min(len(ids), maxLines)] {
			found, err := d.summaries(ctx, tx, summaryByID, id)
			if err != nil {
				return err
			}
			if len(found) == 1 && found[0].State == Published {
				out = append(out, found[0])
			}
		}
		return nil
	})
	return out, err
}

// Summaries returns the stories among ids that there are, whatever became of
// them.
func (d *Desk) Summaries(ctx context.Context, ids []string) (out map[string]Summary, err error) {
	out = make(map[string]Summary, len(ids))
	err = d.read(ctx, "finding stories", func(ctx context.Context, tx *db.Tx) error {
		for _, id := range ids[:min(len(ids), maxList)] {
			if _, known := out[id]; known {
				continue
			}
			found, err := d.summaries(ctx, tx, summaryByID, id)
			if err != nil {
				return err
			}
			for _, s := range found {
				out[id] = s
			}
		}
		return nil
	})
	return out, err
}

// page runs one of the queries that go on after a cursor.
func (d *Desk) page(ctx context.Context, query string, which any, after Cursor, limit int, more ...any) (out []Summary, err error) {
	at, key := after.before()
	args := append([]any{which, at, key, bound(limit)}, more...)
	err = d.read(ctx, "listing stories", func(ctx context.Context, tx *db.Tx) error {
		out, err = d.summaries(ctx, tx, query, args...)
		return err
	})
	return out, err
}

// Recent returns the newest stories with their texts, for feeds; section "" is
// the whole language.
func (d *Desk) Recent(ctx context.Context, lang, section string, n int) (out []Story, err error) {
	query, args := recent, []any{lang, bound(n)}
	if section != "" {
		query, args = recentSection, append(args, section)
	}
	err = d.read(ctx, "listing recent stories", func(ctx context.Context, tx *db.Tx) error {
		out, err = d.stories(ctx, tx, query, args...)
		return err
	})
	return out, err
}

// Sections returns the sections in which a language has published stories, in
// the order of their slugs.
func (d *Desk) Sections(ctx context.Context, lang string) (out []string, err error) {
	err = d.read(ctx, "listing sections", func(ctx context.Context, tx *db.Tx) (err error) {
		rows, err := tx.Query(ctx, sections, lang)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			out = append(out, name)
		}
		return rows.Err()
	})
	return out, err
}

// Translations returns the published versions of a story, by language; the
// story that has the group is among them.
func (d *Desk) Translations(ctx context.Context, group string) (out []Summary, err error) {
	err = d.read(ctx, "listing translations", func(ctx context.Context, tx *db.Tx) error {
		out, err = d.summaries(ctx, tx, translations, group)
		return err
	})
	return out, err
}

// Sitemap returns the published stories whose numbers are above after, up to
// after+limit. Stories are numbered from 1 in the order of their first
// publication and keep their number, so the same numbers are always the same
// page of a sitemap and only the last page grows. A number whose story was
// retracted is left out.
func (d *Desk) Sitemap(ctx context.Context, after int64, limit int) (out []Summary, err error) {
	err = d.read(ctx, "listing a sitemap", func(ctx context.Context, tx *db.Tx) error {
		out, err = d.summaries(ctx, tx, sitemap, after, after+int64(max(limit, 0)))
		return err
	})
	return out, err
}

// Highest returns the number of the story that was published last, 0 when
// there is none: how far sitemaps go.
func (d *Desk) Highest(ctx context.Context) (n int64, err error) {
	err = d.read(ctx, "counting stories", func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, highest).Scan(&n)
	})
	return n, err
}

// SitemapNews returns what was published since a time, the newest first, at
// most the 1,000 that a news sitemap may list. Callers ask for two days.
func (d *Desk) SitemapNews(ctx context.Context, since time.Time) (out []Summary, err error) {
	err = d.read(ctx, "listing a news sitemap", func(ctx context.Context, tx *db.Tx) error {
		out, err = d.summaries(ctx, tx, sitemapNews, db.Micros(since))
		return err
	})
	return out, err
}

// read runs a query on what is public now. What is due goes out first; when that
// cannot be written, readers get what there is.
func (d *Desk) read(ctx context.Context, doing string, fn func(ctx context.Context, tx *db.Tx) error) error {
	var overdue time.Time
	look := func(ctx context.Context, tx *db.Tx) error {
		if d.Overdue(tx.Now) && overdue.IsZero() {
			overdue = tx.Now
			return nil
		}
		return fn(ctx, tx)
	}
	err := d.db.Read(ctx, look)
	if err == nil && !overdue.IsZero() {
		if late := d.CatchUp(ctx, overdue); late != nil && ctx.Err() != nil {
			return fmt.Errorf("%s: %w", doing, late)
		}
		err = d.db.Read(ctx, look)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

func bound(limit int) int { return min(max(limit, 0), maxList) }
