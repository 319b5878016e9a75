package story

import (
	"context"
	"strconv"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Order says who publishes, and what they saw when they pressed the button.
type Order struct {
	By       string    // a member's id, "" for the command
	Seen     int       // the newest revision that they saw; 0 does not ask
	At       time.Time // when it came out, for an archive; zero is now
	Override Override  // against objections that allow it
}

// Publish shows readers the newest revision. The first time it gives the story
// its address; if another story of that month has the slug, a number is added.
// Publishing what is already public changes nothing, and other words than those
// that are public need Correct. A text whose Schedule lies ahead is put on the
// schedule.
func (d *Desk) Publish(ctx context.Context, id string) (Story, error) {
	s, _, err := d.PublishAs(ctx, id, Order{})
	return s, err
}

// PublishAt is Publish for a story that came out at an earlier time, such as
// one from an archive: at decides its address and its place in the lists. A
// story that has been published before keeps its time.
func (d *Desk) PublishAt(ctx context.Context, id string, at time.Time) (Story, error) {
	s, _, err := d.PublishAs(ctx, id, Order{At: at})
	return s, err
}

// PublishAs is Publish by somebody. fresh is false when it was public, or on the
// schedule, just so before: of two who press the button at once one publishes,
// and the other can be told that it was done.
func (d *Desk) PublishAs(ctx context.Context, id string, o Order) (s Story, fresh bool, err error) {
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		s, fresh, err = d.publish(ctx, tx, id, publishing{Order: o})
		return err
	})
	return s, fresh, d.failed("publishing a story", err)
}

// PublishIn is PublishAs in the caller's transaction.
func (d *Desk) PublishIn(ctx context.Context, tx *db.Tx, id string, o Order) (Story, error) {
	s, _, err := d.publish(ctx, tx, id, publishing{Order: o})
	return s, d.failed("publishing a story", err)
}

// publishing is an order with what only the desk itself may ask for.
type publishing struct {
	Order
	revision int   // 0 is the newest
	note     *Note // nil when no published words change
	addition bool  // to a live blog: what was there stands as it was
	onTime   bool  // its hour came; approval was asked for when it was scheduled
}

func (d *Desk) publish(ctx context.Context, tx *db.Tx, id string, o publishing) (s Story, fresh bool, err error) {
	if s, err = d.locked(ctx, tx, id); err != nil {
		return s, false, err
	}
	target := o.revision
	if target == 0 {
		target = s.Latest
	}
	if s.State == Published && s.Revision == target {
		if o.note != nil {
			return s, false, fault.Conflictf("There is no other text to correct this story with. Save it first")
		}
		return s, false, nil
	}
	if o.Seen != 0 && o.Seen != target {
		return s, false, fault.Conflictf("Somebody saved this story meanwhile (revision %d). Look at that text before publishing it", target)
	}
	public := s
	if s.Revision != target {
		if _, err := selectRevision(ctx, tx, &s, target); err != nil {
			return s, false, err
		}
	}
	if s.Schedule.After(tx.Now) && o.At.IsZero() && !o.onTime {
		if !s.Due.IsZero() && s.Due.Equal(s.Schedule) {
			return s, false, nil
		}
		if err := d.may(ctx, tx, &s, o); err != nil {
			return s, false, err
		}
		return s, true, d.putOnSchedule(ctx, tx, &s, s.Schedule, o)
	}
	if err := d.may(ctx, tx, &s, o); err != nil {
		return s, false, err
	}
	p := Publication{Revision: target, Kind: KindPublish, At: tx.Now, Digest: s.digest()}
	quiet := false
	if public.Year != 0 {
		if err := baseline(ctx, tx, &public); err != nil {
			return s, false, err
		}
		if quiet, err = d.again(&p, &public, o); err != nil {
			return s, false, err
		}
	}
	was := public.Summary()
	s.State, s.Stage, s.Due = Published, Writing, time.Time{}
	if target != s.Latest {
		s.Stage = public.Stage
	}
	if !quiet {
		s.Updated = tx.Now
	}
	if s.Published.IsZero() {
		if err := d.appear(ctx, tx, &s, o.At); err != nil {
			return s, false, err
		}
		p.At = s.Published
	}
	if p.Kind.Corrects() {
		s.Corrected = tx.Now
	}
	if err := d.goesOut(ctx, tx, &s, &p, quiet, o); err != nil {
		return s, false, err
	}
	return s, true, d.announce(ctx, tx, was, s.Summary())
}

// may says why a text must not go out.
func (d *Desk) may(ctx context.Context, tx *db.Tx, s *Story, o publishing) error {
	archived := !o.At.IsZero() && !o.onTime
	switch {
	case len(s.Body.Blocks) == 0:
		return fault.Invalidf("There is no text to publish yet")
	case !s.Held.IsZero():
		return fault.Conflictf("This story is on legal hold. Nobody publishes it until the hold is released")
	case s.Flags.Embargo.After(tx.Now) && !(s.Schedule.After(tx.Now) && !s.Schedule.Before(s.Flags.Embargo)):
		return fault.Conflictf("This story is under embargo until %s", s.Flags.Embargo.In(d.opt.Zone).Format("2006-01-02 15:04 MST"))
	case (d.opt.Approval || s.Flags.TwoPerson) && s.Stage != Approved && !archived && !o.onTime && !o.addition:
		return fault.Conflictf("This text has to be approved by somebody else before it is published")
	case archived:
		return nil
	}
	all := ownObjections(s)
	for _, gate := range d.opt.Gates {
		objections, err := gate(ctx, tx, s)
		if err != nil {
			return err
		}
		all = append(all, objections...)
	}
	if len(all) == 0 {
		return nil
	}
	for _, one := range all {
		if !one.Overridable {
			return &BlockedError{Objections: all}
		}
	}
	switch v := o.Override; {
	case v.Reason == "" && v.Second == "":
		return &BlockedError{Objections: all}
	case v.Reason == "":
		return fault.Invalidf("Say why the text goes out all the same")
	case v.Second == "" || v.Second == o.By:
		return fault.Deniedf("Somebody else has to agree that the text goes out all the same")
	}
	if err := d.work(ctx, tx, s, WorkOverride, o.By, o.Override.Reason); err != nil {
		return err
	}
	return d.record(ctx, tx, o.Override.Second, "story.override", s.ID)
}

// again is about a story that readers had before: what changes for them must be
// said. quiet is true when nothing does.
func (d *Desk) again(p *Publication, public *Story, o publishing) (quiet bool, err error) {
	same := public.digest() == p.Digest
	switch {
	case o.note != nil:
		p.Kind, p.Note, p.Reason, p.Listed = o.note.Kind, o.note.Text, o.note.Reason, true
		if same && public.State == Published {
			return false, fault.Conflictf("The words of this text are those that readers have. There is nothing to note")
		}
	case public.State != Published:
		p.Kind = KindReturn
		if !same {
			return false, fault.Conflictf("Readers had other words of this story. Say in a note what changed")
		}
	case same:
		return true, nil
	case o.addition:
		p.Kind = KindEntry
	default:
		return false, fault.Conflictf("Published words change with a note only: say whether this corrects or updates them, and what changed")
	}
	return false, nil
}

// goesOut writes a publication with all that depends on it.
func (d *Desk) goesOut(ctx context.Context, tx *db.Tx, s *Story, p *Publication, quiet bool, o publishing) error {
	if err := updateStory(ctx, tx, s); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "delete from story_due where story = $1 and revision <= $2", s.ID, s.Revision); err != nil {
		return err
	}
	if err := d.nameBylines(ctx, tx, s); err != nil {
		return err
	}
	if quiet { // readers have this very text already: it is the same publication
		if err := continuePublication(ctx, tx, s.ID, s.Revision); err != nil {
			return err
		}
	} else if err := d.enter(ctx, tx, s, p); err != nil {
		return err
	}
	for _, tell := range d.opt.Published {
		if err := tell(ctx, tx, s); err != nil {
			return err
		}
	}
	if o.By == "" && !o.At.IsZero() { // brought in by the thousand
		return nil
	}
	return d.record(ctx, tx, o.By, "story."+string(p.Kind), s.ID)
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
