package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mimeo/internal/db"
)

// RunDue moves the newsroom's clock to a time, by way of every job that is due
// until then: it sets the clock to the time of the next one, lets all that are
// due then finish, and goes on, so that jobs see the clock at their own time
// and run in its order. Jobs that those enqueue, and the retries of those that
// fail, are part of it. The clock never goes back. When RunDue returns without
// error the clock shows to, or what it showed before if that is later, and no
// job that was due by then is unfinished.
//
// It is for the demo, and needs a started queue.
func (q *Queue) RunDue(ctx context.Context, to time.Time, set func(time.Time)) error {
	if !q.running.Load() {
		return errors.New("moving the clock: the job queue does not run")
	}
	q.moving.Lock()
	defer q.moving.Unlock()
	forward := func(t time.Time) {
		if t.After(q.now()) {
			set(t)
		}
	}
	for {
		at, more, err := q.next(ctx, to)
		if err != nil {
			return fmt.Errorf("moving the clock: %w", err)
		}
		if !more {
			at = to
		}
		forward(at)
		worked, err := q.drain(ctx, at)
		if err != nil {
			return fmt.Errorf("moving the clock: %w", err)
		}
		if !more && !worked {
			return nil
		}
	}
}

// next is the time of the first unfinished job until to that the clock stops
// at. One snapshot must tell, lest a job that fails meanwhile be neither seen
// running nor seen waiting.
func (q *Queue) next(ctx context.Context, to time.Time) (first time.Time, found bool, err error) {
	err = q.d.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, by := range []query{q.due.firstWaiting, q.due.firstRunning} {
			at, one, err := q.at(ctx, tx, by, to)
			if err != nil {
				return err
			}
			if one && (!found || at.Before(first)) {
				first, found = at, true
			}
		}
		return nil
	})
	return first, found, err
}

// any says whether a query finds a job until then.
func (q *Queue) any(ctx context.Context, by query, until time.Time) (found bool, err error) {
	err = q.d.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, found, err = q.at(ctx, tx, by, until)
		return err
	})
	return found, err
}

// drain waits until all jobs due by at are finished, and reports whether there
// were any.
func (q *Queue) drain(ctx context.Context, at time.Time) (worked bool, err error) {
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		if due, err := q.any(ctx, q.due.unfinished, at); err != nil || !due {
			return worked, err
		}
		worked = true
		q.poke(ctx)
		select {
		case <-q.progress:
		case <-again.C: // a fetch may have failed, or another process works it
		case <-ctx.Done():
			return worked, ctx.Err()
		case <-q.halt:
			return worked, errors.New("the job queue was stopped")
		}
	}
}
