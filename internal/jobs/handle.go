package jobs

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Job is one run of a job.
type Job[A Args] struct {
	ID int64
	// Attempt counts the runs, from 1.
	Attempt int
	Args    A
	// At is when this run was due.
	At time.Time

	run *run
}

// Done completes the job in the caller's transaction, so that its effect and
// its completion become durable together. It fails, and the transaction must
// then be rolled back by returning that error, when the job is no longer this
// run's. A handler that returns nil without Done has its job completed in a
// transaction of its own. A Job made by hand, in a test, has nothing to complete.
func (j Job[A]) Done(ctx context.Context, tx *db.Tx) error {
	if j.run == nil {
		return nil
	}
	return j.run.complete(ctx, tx)
}

// HandleOption changes how the jobs of one kind are run.
type HandleOption func(*handling)

type handling struct{ timeout time.Duration }

// Timeout bounds a run; its context ends then. Without it a run has ten minutes.
func Timeout(d time.Duration) HandleOption { return func(h *handling) { h.timeout = d } }

// Handle registers what to do with jobs of A's kind; call it before Start. An
// error makes the job run again after a pause of 1 s, 2 s, 4 s … up to 6 h; the
// twentieth, or one marked Permanent, makes it dead. A panic is an error. The
// context ends when the time is up or when Stop loses patience.
func Handle[A Args](q *Queue, work func(ctx context.Context, job Job[A]) error, opts ...HandleOption) {
	handle(q, work, nil, opts)
}

func handle[A Args](q *Queue, work func(ctx context.Context, job Job[A]) error, s *schedule, opts []HandleOption) {
	h := handling{timeout: 10 * time.Minute}
	for _, o := range opts {
		o(&h)
	}
	var zero A
	q.register(zero.Kind(), func() error {
		return river.AddWorkerSafely(q.workers, &worker[A]{q: q, work: work, schedule: s, timeout: h.timeout})
	})
}

// worker is a handler as River calls it.
type worker[A Args] struct {
	river.WorkerDefaults[A]
	q        *Queue
	work     func(ctx context.Context, job Job[A]) error
	schedule *schedule
	timeout  time.Duration
}

func (w *worker[A]) Timeout(*river.Job[A]) time.Duration { return w.timeout }

// Work runs the handler and writes the outcome; River is told that all went
// well in any case, and its own record of it is ignored (see hands).
func (w *worker[A]) Work(ctx context.Context, job *river.Job[A]) error {
	r := &run{q: w.q, row: job.JobRow, schedule: w.schedule}
	r.do(ctx, func(ctx context.Context) error {
		return w.work(ctx, Job[A]{ID: job.ID, Attempt: job.Attempt, Args: job.Args, At: job.ScheduledAt.UTC(), run: r})
	})
	return nil
}

// run is one attempt at one job by this process.
type run struct {
	q        *Queue
	row      *rivertype.JobRow
	schedule *schedule // nil for jobs that are not repeated
	done     atomic.Bool
}

func (r *run) do(ctx context.Context, work func(ctx context.Context) error) {
	err := r.guarded(ctx, work)
	switch {
	case r.done.Load():
		if err != nil {
			r.q.log.Warn("a job failed after it was done", "kind", r.row.Kind, "job", r.row.ID, "err", scrub(err.Error()))
		}
	case err == nil:
		if cause := r.settle(ctx, false, r.complete); cause != nil {
			r.failed(ctx, cause)
		}
	case r.q.halting.Load() && ctx.Err() != nil:
		//nolint:errcheck // it insists
		_ = r.settle(ctx, true, r.release)
	default:
		r.failed(ctx, err)
	}
	select {
	case r.q.progress <- struct{}{}:
	default:
	}
}

func (r *run) failed(ctx context.Context, cause error) {
	//nolint:errcheck // it insists
	_ = r.settle(ctx, true, func(ctx context.Context, tx *db.Tx) error { return r.fail(ctx, tx, cause) })
}

// guarded turns a panic into an error. Its value may hold anything, so that
// only the stack is logged.
func (r *run) guarded(ctx context.Context, work func(ctx context.Context) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
			r.q.log.Error("a job panicked", "kind", r.row.Kind, "job", r.row.ID, "stack", string(debug.Stack()))
		}
	}()
	return work(ctx)
}

// settle writes an outcome. While the database does not answer it holds on to
// it, until Stop loses patience: the job then counts as interrupted. Any other
// error is returned, or tried again like those when it insists.
func (r *run) settle(ctx context.Context, insist bool, write func(ctx context.Context, tx *db.Tx) error) error {
	ctx = context.WithoutCancel(ctx)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := r.q.d.Write(ctx, write)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errTaken):
			r.q.log.Warn("a job was taken over while it ran; its outcome was dropped", "kind", r.row.Kind, "job", r.row.ID)
			return nil
		case fault.KindOf(err) != fault.Unavailable && !insist:
			return err
		}
		r.q.log.Error("a job's outcome could not be written", "kind", r.row.Kind, "job", r.row.ID, "again", wait, "err", err)
		select {
		case <-time.After(wait):
		case <-r.q.halt:
			return nil
		}
	}
}

func (r *run) complete(ctx context.Context, tx *db.Tx) error {
	if n, err := finish(ctx, tx, r.row.ID, r.row.Attempt); err != nil {
		return fmt.Errorf("completing %s: %w", r.row.Kind, err)
	} else if n == 0 {
		return errTaken
	}
	if err := r.repeat(ctx, tx); err != nil {
		return err
	}
	tx.OnCommit(func() { r.done.Store(true) })
	return nil
}

// release gives the job back as if this attempt had not been.
func (r *run) release(ctx context.Context, tx *db.Tx) error {
	n, err := giveBack(ctx, tx, r.row.ID, r.row.Attempt)
	if err == nil && n == 0 {
		return errTaken
	}
	return err
}

// fail plans the next attempt, or lets the job die.
func (r *run) fail(ctx context.Context, tx *db.Tx, cause error) error {
	var final *permanent
	dead := errors.As(cause, &final) || r.row.Attempt >= r.row.MaxAttempts
	why := scrub(cause.Error())
	at := ceil(tx.Now.Add(pause(r.row.Attempt)))
	var n int64
	var err error
	if dead {
		n, err = r.q.die(ctx, tx, r.row.ID, r.row.Attempt, why)
	} else {
		n, err = r.q.delay(ctx, tx, r.row.ID, r.row.Attempt, at, why)
	}
	switch {
	case err != nil:
		return fmt.Errorf("failing %s: %w", r.row.Kind, err)
	case n == 0:
		return errTaken
	case !dead:
		tx.OnCommit(func() {
			r.q.log.Warn("a job failed and will be tried again", "kind", r.row.Kind, "job", r.row.ID, "attempt", r.row.Attempt, "at", at, "err", why)
		})
		return nil
	}
	tx.OnCommit(func() {
		r.q.log.Error("a job is dead", "kind", r.row.Kind, "job", r.row.ID, "attempt", r.row.Attempt, "err", why)
	})
	return r.repeat(ctx, tx)
}

// pause is how long to wait after the nth attempt.
func pause(attempt int) time.Duration {
	const longest = 6 * time.Hour
	if attempt > 15 {
		return longest
	}
	return min(time.Second<<max(attempt-1, 0), longest)
}

// address matches every word that holds an at sign, plain or as in a URL, with
// what is quoted before it: an error text is a row on disk and a line in a log,
// and must hold no address.
var address = regexp.MustCompile(`(?i)("[^"]*")?\S*(@|%40|＠)\S*`)

func scrub(text string) string {
	const most = 2000
	text = address.ReplaceAllString(text, "(address)")
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return text
}
