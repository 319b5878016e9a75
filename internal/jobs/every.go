package jobs

import (
	"context"
	"fmt"
	"time"

	"mimeo/internal/db"
)

// schedule is a job that plans its own next run.
type schedule struct {
	kind string
	args Args
	next func(after time.Time) time.Time
}

// Every registers a job that runs again and again; call it before Start, once a
// kind. next gives the first time after the given one. The next run is planned
// in the transaction that completes a run (or lets it die), so that exactly one
// is planned at any time. When several times were missed, because the server
// was off, it runs once. Start honours a changed schedule.
//
// Nothing may depend on the runs being on time. RunDue stops the clock at each
// run of a schedule that is an hour apart or more; the others it runs whenever
// it stops, as after a pause.
func Every[A Args](q *Queue, args A, next func(after time.Time) time.Time, work func(ctx context.Context, job Job[A]) error, opts ...HandleOption) {
	s := &schedule{kind: args.Kind(), args: args, next: next}
	handle(q, work, s, opts)
	q.schedules = append(q.schedules, s)
}

// after is the next run; one that does not lie in the future would never let
// go, and is put off by a minute.
func (s *schedule) after(t time.Time) time.Time {
	n := s.next(t)
	if !n.After(t) {
		n = t.Add(time.Minute)
	}
	return ceil(n)
}

// frequent says that the runs are less than an hour apart.
func (s *schedule) frequent(now time.Time) bool {
	n := s.after(now)
	return s.after(n).Sub(n) < time.Hour
}

// honour gives the time to which a run planned for the future moves under this
// schedule. A schedule by the calendar (each day at three) knows whether the
// planned time is one of its own. One that counts from the last run (every ten
// minutes) does not, and may only bring the run forward: else a server that is
// often restarted would never come to run it.
func (s *schedule) honour(planned, now time.Time) time.Time {
	due := s.after(now)
	calendar := s.after(due.Add(-time.Millisecond)).Equal(due)
	ours := s.after(planned.Add(-time.Millisecond)).Equal(planned)
	if due.Before(planned) || calendar && !ours {
		return due
	}
	return planned
}

// repeat plans the next run of a schedule in the transaction that ends this one.
func (r *run) repeat(ctx context.Context, tx *db.Tx) error {
	if r.schedule == nil {
		return nil
	}
	return r.q.plan(ctx, tx, r.schedule)
}

// plan enqueues a schedule's next run unless one is unfinished.
func (q *Queue) plan(ctx context.Context, tx *db.Tx, s *schedule) error {
	return q.insert(ctx, tx, s.args, s.after(tx.Now), func([]byte) []byte { return key("every", s.kind) })
}

// ensure makes every schedule have its one run planned.
func (q *Queue) ensure(ctx context.Context, tx *db.Tx) error {
	for _, s := range q.schedules {
		if err := q.plan(ctx, tx, s); err != nil {
			return err
		}
		planned, found, err := q.untried(ctx, tx, s.kind)
		if err != nil {
			return fmt.Errorf("looking for the next %s: %w", s.kind, err)
		}
		if !found || !planned.After(tx.Now) {
			continue
		}
		if at := s.honour(planned, tx.Now); !at.Equal(planned) {
			if err := q.move(ctx, tx, s.kind, at); err != nil {
				return fmt.Errorf("moving the next %s: %w", s.kind, err)
			}
		}
	}
	return nil
}
