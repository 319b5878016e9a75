package story

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// What the change feed is told, so that every process drops just the pages
// that are no longer right.
const (
	// ChangeStory has the Path of a story whose page changed.
	ChangeStory = "story"
	// ChangeList has "lang/section" for a section's page and feeds, and
	// "lang/" for those of the whole language and the sitemaps.
	ChangeList = "stories"
)

// Options are what a desk must know of the newsroom.
type Options struct {
	Zone        *time.Location // says which month a publication falls into
	DefaultLang string         // its stories have addresses without a language
}

// Desk is where stories are written, published and found.
type Desk struct {
	db  *db.DB
	ids *ident.Source
	opt Options
}

// New returns the desk of a newsroom.
func New(d *db.DB, ids *ident.Source, opt Options) *Desk {
	if opt.Zone == nil {
		opt.Zone = time.UTC
	}
	if opt.DefaultLang == "" {
		opt.DefaultLang = "en"
	}
	return &Desk{db: d, ids: ids, opt: opt}
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

// create is Create inside a transaction, of a draft that is tidy.
func (d *Desk) create(ctx context.Context, tx *db.Tx, draft Draft) (Story, error) {
	s := Story{
		ID: d.ids.Secret(), Group: draft.Group, Lang: draft.Lang, Slug: draft.Slug, State: Drafted,
		Revision: 1, Latest: 1, Created: tx.Now, Updated: tx.Now, prefix: d.prefix(draft.Lang),
	}
	if s.Group == "" {
		s.Group = s.ID
	}
	s.take(draft)
	if err := insertStory(ctx, tx, &s); err != nil {
		return s, err
	}
	return s, insertRevision(ctx, tx, s.ID, 1, &draft)
}

// take puts the words of a draft into the story.
func (s *Story) take(d Draft) {
	s.Section, s.Headline, s.Standfirst, s.Bylines, s.Dateline = d.Section, d.Headline, d.Standfirst, d.Bylines, d.Dateline
	s.Place, s.Tags, s.NoAsk, s.Body = d.Place, d.Tags, d.NoAsk, d.Body
	s.Excerpt = s.Body.Excerpt(excerptLength)
}

// Revise saves another text of a story. base is the newest revision that the
// editor had seen; when a later one exists the answer is a Conflict and nothing
// is saved, so that nobody overwrites a colleague unawares.
//
// The answer holds the new text. Readers of a published story keep seeing the
// one they have until Publish. Language and group are those of the creation,
// and a published story's address is changed by Rename alone.
func (d *Desk) Revise(ctx context.Context, id string, base int, draft Draft) (s Story, err error) {
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
		if s, err = d.one(ctx, tx, byID, id); err != nil {
			return err
		}
		if draft.Slug == "" {
			draft.Slug = s.Slug
		}
		if draft, err = draft.tidy(s.Lang); err != nil {
			return err
		}
		switch {
		case base != s.Latest:
			return fault.Conflictf("This story was saved by somebody else meanwhile (revision %d). Look at theirs before saving yours", s.Latest)
		case draft.Lang != s.Lang || (draft.Group != "" && draft.Group != s.Group):
			return fault.Invalidf("A story keeps its language and its group")
		case draft.Slug != s.Slug && s.Year != 0:
			return fault.Invalidf("The address of a published story is changed by renaming it")
		}
		live := s
		s.Latest++
		if err := insertRevision(ctx, tx, s.ID, s.Latest, &draft); err != nil {
			return err
		}
		s.take(draft)
		s.Slug, s.Revision = draft.Slug, s.Latest
		if s.State == Drafted {
			s.Updated = tx.Now
			return updateStory(ctx, tx, &s)
		}
		live.Latest = s.Latest
		return updateStory(ctx, tx, &live)
	})
	if err != nil {
		return Story{}, d.failed("revising a story", err)
	}
	return s, nil
}

// Publish shows readers the newest revision. The first time it gives the story
// its address; if another story of that month has the slug, a number is added.
// Publishing what is already public changes nothing.
func (d *Desk) Publish(ctx context.Context, id string) (Story, error) {
	return d.PublishAt(ctx, id, time.Time{})
}

// PublishAt is Publish for a story that came out at an earlier time, such as
// one from an archive: at decides its address and its place in the lists. A
// story that has been published before keeps its time.
func (d *Desk) PublishAt(ctx context.Context, id string, at time.Time) (s Story, err error) {
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		s, err = d.publish(ctx, tx, id, at)
		return err
	})
	return s, d.failed("publishing a story", err)
}

func (d *Desk) publish(ctx context.Context, tx *db.Tx, id string, at time.Time) (s Story, err error) {
	if err := lock(ctx, tx, id); err != nil {
		return s, err
	}
	if s, err = d.one(ctx, tx, byID, id); err != nil {
		return s, err
	}
	if s.State == Published && s.Revision == s.Latest {
		return s, nil
	}
	was := s.Summary()
	if s.Revision != s.Latest {
		if _, err := selectRevision(ctx, tx, &s, s.Latest); err != nil {
			return s, err
		}
	}
	if len(s.Body.Blocks) == 0 {
		return s, fault.Invalidf("There is no text to publish yet")
	}
	s.State, s.Updated = Published, tx.Now
	if s.Published.IsZero() {
		if err := d.appear(ctx, tx, &s, at); err != nil {
			return s, err
		}
	}
	if err := updateStory(ctx, tx, &s); err != nil {
		return s, err
	}
	return s, d.announce(ctx, tx, was, s.Summary())
}

// appear gives a story that was never public its time, address and number.
func (d *Desk) appear(ctx context.Context, tx *db.Tx, s *Story, at time.Time) error {
	switch {
	case at.IsZero():
		at = tx.Now
	case at.After(tx.Now):
		return fault.Invalidf("A story cannot have been published in the future")
	case at.Year() < 1:
		return fault.Invalidf("A story cannot have been published before the year 1")
	}
	s.Published = at.UTC().Truncate(time.Microsecond)
	s.Updated = s.Published
	local := at.In(d.opt.Zone)
	s.Year, s.Month = local.Year(), local.Month()
	slug, err := d.free(ctx, tx, s)
	if err != nil {
		return err
	}
	s.Slug = slug
	return number(ctx, tx, s.ID)
}

// free claims the story's slug in its month, or the first free one like it.
func (d *Desk) free(ctx context.Context, tx *db.Tx, s *Story) (string, error) {
	const tries = 20
	slug := s.Slug
	for n := 2; ; n++ {
		claimed, err := claim(ctx, tx, s, slug)
		if claimed || err != nil {
			return slug, err
		}
		if n <= tries {
			slug = s.Slug + "-" + strconv.Itoa(n)
			continue
		}
		slug = s.Slug + "-" + d.ids.Secret()[:8] // a month of stories with one headline
	}
}

// Retract takes a story back: it leaves every list, and its address says so.
func (d *Desk) Retract(ctx context.Context, id string) (s Story, err error) {
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
		if s, err = d.one(ctx, tx, byID, id); err != nil {
			return err
		}
		switch s.State {
		case Retracted:
			return nil
		case Drafted:
			return fault.Conflictf("This story was never published")
		case Published:
		default:
			return fmt.Errorf("story %s has the unknown state %q", s.ID, s.State)
		}
		was := s.Summary()
		s.State, s.Updated = Retracted, tx.Now
		if err := updateStory(ctx, tx, &s); err != nil {
			return err
		}
		return d.announce(ctx, tx, was, s.Summary())
	})
	return s, d.failed("retracting a story", err)
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
