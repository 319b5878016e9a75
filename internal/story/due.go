package story

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// due is the hour of the next scheduled text, as far as this process has heard.
// Zero means that it has not looked yet.
type due struct {
	next    atomic.Int64
	working sync.Mutex // held while what is due goes out
}

// heard listens to the change feed: a text was put on the schedule, here or by
// another process.
func (q *due) heard(kind, key string) {
	if kind != ChangeDue {
		return
	}
	if at, err := strconv.ParseInt(key, 10, 64); err == nil {
		q.lower(at)
	}
}

func (q *due) lower(at int64) {
	for {
		next := q.next.Load()
		if next <= at || q.next.CompareAndSwap(next, at) {
			return
		}
	}
}

// Overdue says whether a scheduled text may be due: whoever shows readers
// something that was made before calls PublishDue first. It costs nothing.
func (d *Desk) Overdue(now time.Time) bool { return d.due.next.Load() <= db.Micros(now) }

// CatchUp calls PublishDue when a text is overdue. When that cannot be written,
// on a full disk say, it is not tried again for each reader who comes.
func (d *Desk) CatchUp(ctx context.Context, now time.Time) error {
	const pause = 5 * time.Second
	if !d.Overdue(now) {
		return nil
	}
	_, err := d.PublishDue(ctx)
	if err != nil {
		d.due.next.Store(db.Micros(now.Add(pause)))
	}
	return err
}

const (
	nextDue = `select min(at) from story_due where failed = ''`
	areDue  = `select story, at from story_due where failed = '' and at <= $1 order by at limit 100`
	stuck   = `select story, at, failed from story_due where failed > '' order by failed, at limit $1`
	dueOf   = `select revision, at, act, failed from story_due where story = $1`
)

// dueAct is who put a text on the schedule, and what readers are told with it.
type dueAct struct {
	By       string   `json:"by,omitempty"`
	Note     *Note    `json:"note,omitempty"`
	Override Override `json:"override,omitzero"`
}

// Plan is a text that waits for its hour.
type Plan struct {
	Revision int
	At       time.Time
	By       string
	Note     *Note  // nil for a first publication
	Failed   string // why it could not go out, in words; "" while it waits
	override Override
}

// Schedule puts the newest text on the schedule. Its hour becomes part of the
// text: when it differs from what the newest revision says, this is another
// revision. note is needed for a story that readers have already. An hour that
// has come publishes at once.
func (d *Desk) Schedule(ctx context.Context, id string, at time.Time, o Order, note *Note) (s Story, err error) {
	if note != nil {
		if err := note.tidy(); err != nil {
			return s, err
		}
		if !note.Kind.Corrects() {
			return s, fault.Invalidf("A correction is of the kind typo, fact or update, not %q", note.Kind)
		}
	}
	if at.IsZero() {
		return s, fault.Invalidf("Say when the story is to be published")
	}
	at = at.UTC().Truncate(time.Microsecond)
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if s, err = d.locked(ctx, tx, id); err != nil {
			return err
		}
		if s.Year != 0 && note == nil {
			return fault.Conflictf("Published words change with a note only: say what this text corrects or updates")
		}
		newest := s
		if _, err := selectRevision(ctx, tx, &newest, s.Latest); err != nil {
			return err
		}
		if !newest.Schedule.Equal(at) {
			draft := newest.Draft()
			draft.Schedule, draft.Editor = at, o.By
			if draft, err = d.tidyFor(&s, draft); err != nil {
				return err
			}
			stage := s.Stage // to say when is not to write another text: what was approved stays so
			if s, err = d.save(ctx, tx, s, SavedPlan, s.Latest, draft); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "update story set stage = $2 where id = $1", s.ID, string(stage)); err != nil {
				return err
			}
			if o.Seen != 0 {
				o.Seen++
			}
		}
		s, _, err = d.publish(ctx, tx, id, publishing{Order: o, note: note})
		return err
	})
	return s, d.failed("scheduling a story", err)
}

func (d *Desk) putOnSchedule(ctx context.Context, tx *db.Tx, s *Story, at time.Time, o publishing) error {
	act, err := json.Marshal(dueAct{By: o.By, Note: o.note, Override: o.Override})
	if err != nil {
		return fmt.Errorf("writing a schedule: %w", err)
	}
	if _, err := tx.Exec(ctx, `insert into story_due (story, revision, at, act) values ($1, $2, $3, $4)
		on conflict (story) do update set revision = excluded.revision, at = excluded.at, act = excluded.act, failed = ''`,
		s.ID, s.Revision, db.Micros(at), string(act)); err != nil {
		return err
	}
	s.Due = at
	if _, err := tx.Exec(ctx, "update story set due = $2, touched = $3 where id = $1", s.ID, db.Micros(at), db.Micros(tx.Now)); err != nil {
		return err
	}
	if err := d.later(ctx, tx, dueArgs{}, at); err != nil {
		return err
	}
	if err := tx.Change(ctx, ChangeDue, strconv.FormatInt(db.Micros(at), 10)); err != nil {
		return err
	}
	return d.record(ctx, tx, o.By, "story.schedule", s.ID)
}

// Unschedule takes a text off the schedule.
func (d *Desk) Unschedule(ctx context.Context, id, by string) error {
	return d.write(ctx, "taking a story off the schedule", func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, "delete from story_due where story = $1", id)
		if err != nil || n == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, "update story set due = 0, touched = $2 where id = $1", id, db.Micros(tx.Now)); err != nil {
			return err
		}
		return d.record(ctx, tx, by, "story.unschedule", id)
	})
}

// Plan is the text of a story that waits for its hour; found is false when none
// does.
func (d *Desk) Plan(ctx context.Context, id string) (p Plan, found bool, err error) {
	err = d.read(ctx, "reading the schedule", func(ctx context.Context, tx *db.Tx) error {
		p, found, err = selectPlan(ctx, tx, id)
		return err
	})
	return p, found, err
}

// Stuck is a text whose hour came and that could not go out.
type Stuck struct {
	Story  string
	At     time.Time // its hour
	Failed string    // why, in words
}

// Stuck are the texts that were due and could not go out.
func (d *Desk) Stuck(ctx context.Context, limit int) (out []Stuck, err error) {
	err = d.read(ctx, "reading what could not go out", func(ctx context.Context, tx *db.Tx) (err error) {
		rows, err := tx.Query(ctx, stuck, bound(limit))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var s Stuck
			var at int64
			if err := rows.Scan(&s.Story, &at, &s.Failed); err != nil {
				return err
			}
			s.At = db.Time(at)
			out = append(out, s)
		}
		return rows.Err()
	})
	return out, err
}

func selectPlan(ctx context.Context, tx *db.Tx, id string) (p Plan, found bool, err error) {
	var at int64
	var text string
	err = tx.QueryRow(ctx, dueOf, id).Scan(&p.Revision, &at, &text, &p.Failed)
	if errors.Is(err, db.ErrNoRows) {
		return p, false, nil
	}
	if err != nil {
		return p, false, err
	}
	var act dueAct
	if err := json.Unmarshal([]byte(text), &act); err != nil {
		return p, false, fmt.Errorf("reading a schedule: %w", err)
	}
	p.At, p.By, p.Note, p.override = db.Time(at), act.By, act.Note, act.Override
	return p, true, nil
}

// PublishDue shows readers every text whose hour has come, and says how many.
// A job calls it on time; reads call it when they come first. A text that may
// not go out (it is held, or a gate objects) leaves the schedule and says why.
func (d *Desk) PublishDue(ctx context.Context) (n int, err error) {
	d.due.working.Lock()
	defer d.due.working.Unlock()
	type one struct {
		story string
		at    int64
	}
	var list []one
	err = d.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		rows, err := tx.Query(ctx, areDue, db.Micros(tx.Now))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var o one
			if err := rows.Scan(&o.story, &o.at); err != nil {
				return err
			}
			list = append(list, o)
		}
		return rows.Err()
	})
	for _, o := range list {
		if err != nil {
			break
		}
		var out bool
		if out, err = d.publishPlanned(ctx, o.story); out {
			n++
		}
	}
	if err != nil {
		return n, fmt.Errorf("publishing what is due: %w", err)
	}
	d.due.next.Store(math.MaxInt64) // whatever is scheduled from here on lowers it again
	err = d.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		var at db.NullInt64
		if err := tx.QueryRow(ctx, nextDue).Scan(&at); err != nil {
			return err
		}
		if at.Valid {
			d.due.lower(at.Int64)
		}
		return nil
	})
	if err != nil {
		d.due.next.Store(0)
		return n, fmt.Errorf("reading the schedule: %w", err)
	}
	return n, nil
}

// publishPlanned is one of them, in a transaction of its own.
func (d *Desk) publishPlanned(ctx context.Context, id string) (out bool, err error) {
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
		plan, found, err := selectPlan(ctx, tx, id)
		if err != nil || !found || plan.Failed != "" || plan.At.After(tx.Now) {
			return err // another process was quicker, or it was put off
		}
		_, out, err = d.publish(ctx, tx, id, publishing{
			Order: Order{By: plan.By, At: plan.At, Override: plan.override}, revision: plan.Revision, note: plan.Note, onTime: true,
		})
		return err
	})
	switch {
	case err == nil:
		return out, nil
	case fault.KindOf(err) != fault.Conflict && fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.Denied:
		return false, err
	}
	why := fault.Message(err)
	return false, d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "update story_due set failed = $2 where story = $1", id, why); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "update story set due = 0, touched = $2 where id = $1", id, db.Micros(tx.Now))
		return err
	})
}
