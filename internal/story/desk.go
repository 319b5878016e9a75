package story

import (
	"context"
	"fmt"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/jobs"
)

// What the change feed is told, so that every process drops just the pages
// that are no longer right.
const (
	// ChangeStory has the Path of a story whose page changed.
	ChangeStory = "story"
	// ChangeList has "lang/section" for a section's page and feeds, and
	// "lang/" for those of the whole language and the sitemaps.
	ChangeList = "stories"
	// ChangeCorrections has "lang/" of the corrections that got longer.
	ChangeCorrections = "corrections"
	// ChangeDue has the hour, in microseconds, for which a text was scheduled.
	ChangeDue = "due"
)

// Desk is where stories are written, published and found.
type Desk struct {
	db  *db.DB
	ids *ident.Source
	opt Options
	due due

	jobs *jobs.Queue // nil without one
}

// New returns the desk of a newsroom. It is made before the first write.
func New(d *db.DB, ids *ident.Source, opt Options) *Desk {
	if opt.Zone == nil {
		opt.Zone = time.UTC
	}
	if opt.DefaultLang == "" {
		opt.DefaultLang = "en"
	}
	desk := &Desk{db: d, ids: ids, opt: opt}
	d.OnChange(desk.due.heard)
	return desk
}

// prefix is what addresses of a language begin with.
func (d *Desk) prefix(lang string) string {
	if lang == d.opt.DefaultLang {
		return ""
	}
	return "/" + lang
}

// Create begins a story as a draft, with its first revision.
func (d *Desk) Create(ctx context.Context, draft Draft) (s Story, err error) {
	draft, err = draft.tidy(d.opt.DefaultLang)
	if err != nil {
		return Story{}, err
	}
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		s, err = d.create(ctx, tx, draft)
		return err
	})
	return s, d.failed("creating a story", err)
}

// CreateIn is Create in the caller's transaction.
func (d *Desk) CreateIn(ctx context.Context, tx *db.Tx, draft Draft) (Story, error) {
	draft, err := draft.tidy(d.opt.DefaultLang)
	if err != nil {
		return Story{}, err
	}
	s, err := d.create(ctx, tx, draft)
	return s, d.failed("creating a story", err)
}

// create is Create inside a transaction, of a draft that is tidy.
func (d *Desk) create(ctx context.Context, tx *db.Tx, draft Draft) (Story, error) {
	s := Story{
		ID: d.ids.Secret(), Group: draft.Group, Lang: draft.Lang, Slug: draft.Slug, State: Drafted, Stage: Writing,
		Revision: 1, Latest: 1, Created: tx.Now, Updated: tx.Now, Touched: tx.Now, prefix: d.prefix(draft.Lang),
	}
	if s.Group == "" {
		s.Group = s.ID
	}
	s.take(draft)
	var err error
	if s.Records, err = d.records(ctx, tx, &draft); err != nil {
		return s, err
	}
	if err := insertStory(ctx, tx, &s); err != nil {
		return s, err
	}
	if err := insertRevision(ctx, tx, s.ID, 1, SavedBegin, 0, &draft, s.Records); err != nil {
		return s, err
	}
	if err := d.saved(ctx, tx, draft.Editor, &s); err != nil {
		return s, err
	}
	if draft.Editor == "" { // brought in by the thousand
		return s, nil
	}
	return s, d.record(ctx, tx, draft.Editor, "story.create", s.ID)
}

// records names the versions of the statements in a text.
func (d *Desk) records(ctx context.Context, tx *db.Tx, draft *Draft) (map[string]int, error) {
	ids := draft.Body.Statements()
	if len(ids) == 0 || d.opt.Statements == nil {
		return nil, nil
	}
	versions, err := d.opt.Statements(ctx, tx, ids)
	if err != nil {
		return nil, fmt.Errorf("reading the versions of the statements: %w", err)
	}
	if len(versions) == 0 {
		return nil, nil
	}
	return versions, nil
}

// saved tells what is built on stories of a text that was saved.
func (d *Desk) saved(ctx context.Context, tx *db.Tx, member string, s *Story) error {
	for _, tell := range d.opt.Saved {
		if err := tell(ctx, tx, member, s); err != nil {
			return err
		}
	}
	return nil
}

// take puts the words of a draft into the story.
func (s *Story) take(d Draft) {
	s.Section, s.Headline, s.Standfirst, s.Bylines, s.Dateline = d.Section, d.Headline, d.Standfirst, d.Bylines, d.Dateline
	s.Place, s.Tags, s.NoAsk, s.Body = d.Place, d.Tags, d.NoAsk, d.Body
	s.BylineIDs, s.Flags, s.Schedule, s.Series, s.Related, s.Live = d.BylineIDs, d.Flags, d.Schedule, d.Series, d.Related, d.Live
	s.Excerpt = s.Body.Excerpt(excerptLength)
}

// Rename gives a story another slug. Its old addresses lead to the new one for
// good, and no other story can take them.
func (d *Desk) Rename(ctx context.Context, id, slug string) (s Story, err error) {
	if slug == "" || slug != ident.Slug(slug) {
		return Story{}, fault.Invalidf("The address %q must be of small letters, digits and hyphens, such as %q", slug, ident.Slug(slug))
	}
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
		if s, err = d.one(ctx, tx, byID, id); err != nil || s.Slug == slug {
			return err
		}
		was := s.Summary()
		if s.Year != 0 {
			claimed, err := claim(ctx, tx, &s, slug)
			if err != nil {
				return err
			}
			if !claimed {
				if own, err := owns(ctx, tx, &s, slug); err != nil || !own {
					return orConflict(err)
				}
			}
		}
		s.Slug = slug
		if err := updateStory(ctx, tx, &s); err != nil {
			return err
		}
		return d.announce(ctx, tx, was, s.Summary())
	})
	return s, d.failed("renaming a story", err)
}

func orConflict(err error) error {
	if err != nil {
		return err
	}
	return fault.Conflictf("Another story has, or had, this address")
}

// announce tells the change feed which pages were of was and are of now: the
// story under both addresses, its lists, and its other languages, whose pages
// name it.
func (d *Desk) announce(ctx context.Context, tx *db.Tx, was, now Summary) error {
	if now.State == Drafted {
		return nil
	}
	paths := []string{now.Path()}
	if old := was.Path(); old != "" && old != now.Path() {
		paths = append(paths, old)
	}
	others, err := d.summaries(ctx, tx, translations, now.Group)
	if err != nil {
		return err
	}
	for i := range others {
		if others[i].ID != now.ID {
			paths = append(paths, others[i].Path())
		}
	}
	for _, p := range paths {
		if err := tx.Change(ctx, ChangeStory, p); err != nil {
			return err
		}
	}
	lists := []string{now.Lang + "/"}
	if now.Section != "" {
		lists = append(lists, now.Lang+"/"+now.Section)
	}
	if was.Section != now.Section && was.Section != "" && was.State == Published {
		lists = append(lists, now.Lang+"/"+was.Section)
	}
	for _, l := range lists {
		if err := tx.Change(ctx, ChangeList, l); err != nil {
			return err
		}
	}
	return nil
}

// failed says what was tried. A language that the group already has is the one
// unique index that an editor can run into.
func (d *Desk) failed(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case db.IsUnique(err):
		return fault.Wrap(fault.Conflict, "This story already has a version in that language", err)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}
