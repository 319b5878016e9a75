package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/jobs"
)

var newYear = time.Date(2027, 1, 1, 9, 0, 0, 0, time.UTC)

type letter struct {
	Name string `json:"name"`
}

func (letter) Kind() string { return "letter" }

type other struct {
	N int `json:"n"`
}

func (other) Kind() string { return "other" }

// queue is a migrated queue that looks for jobs every 20 ms.
func queue(t *testing.T, d *db.DB, now func() time.Time, opts ...func(*jobs.Options)) *jobs.Queue {
	t.Helper()
	o := jobs.Options{Now: now, Poll: 20 * time.Millisecond}
	for _, f := range opts {
		f(&o)
	}
	q, err := jobs.New(d, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return q
}

func start(t *testing.T, q *jobs.Queue) {
	t.Helper()
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, q) })
}

func stop(t *testing.T, q *jobs.Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := q.Stop(ctx); err != nil {
		t.Errorf("stopping: %v", err)
	}
}

func enqueue(t *testing.T, d *db.DB, q *jobs.Queue, args jobs.Args, when jobs.When) {
	t.Helper()
	err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return q.Enqueue(ctx, tx, args, when) })
	if err != nil {
		t.Fatal(err)
	}
}

// until waits for something to become true.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// left counts the jobs in the database.
func left(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, "select count(*) from river_job").Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// journal is what handlers did, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines, "\n")
}

func (j *journal) len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.lines)
}

func TestAJobExistsIfItsTransactionWasCommitted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d, time.Now, func(o *jobs.Options) { o.Poll = time.Hour })
		var got journal
		jobs.Handle(q, func(_ context.Context, j jobs.Job[letter]) error {
			got.add("%s attempt %d", j.Args.Name, j.Attempt)
			return nil
		})
		start(t, q)
		boom := errors.New("boom")
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			if err := q.Enqueue(ctx, tx, letter{"never"}, jobs.When{}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatalf("got %v", err)
		}
		enqueue(t, d, q, letter{"yes"}, jobs.When{})
		// Poll is an hour: the commit itself wakes the workers.
		until(t, "the job ran", func() bool { return got.len() == 1 && left(t, d) == 0 })
		if got.String() != "yes attempt 1" {
			t.Errorf("ran %q", got.String())
		}
	})
}

func TestManyJobsRunOnceEach(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d, time.Now)
		var ran [300]atomic.Int32
		jobs.Handle(q, func(_ context.Context, j jobs.Job[other]) error {
			ran[j.Args.N].Add(1)
			return nil
		})
		start(t, q)
		var payers sync.WaitGroup
		for p := range 10 {
			payers.Go(func() {
				for i := range 30 {
					err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
						return q.Enqueue(ctx, tx, other{p*30 + i}, jobs.When{})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		payers.Wait()
		until(t, "all ran", func() bool { return left(t, d) == 0 })
		for i := range ran {
			if n := ran[i].Load(); n != 1 {
				t.Errorf("job %d ran %d times", i, n)
			}
		}
	})
}

func TestUniqueJobsAreSkippedWhileOneIsUnfinished(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		hold := make(chan struct{})
		var ran atomic.Int32
		jobs.Handle(q, func(_ context.Context, j jobs.Job[letter]) error {
			if ran.Add(1) == 1 {
				<-hold
			}
			return nil
		})
		unique := jobs.When{Unique: true}
		later := jobs.When{Unique: true, At: newYear.Add(time.Hour)}
		enqueue(t, d, q, letter{"a"}, later)
		enqueue(t, d, q, letter{"a"}, unique) // one waits: skipped
		enqueue(t, d, q, letter{"b"}, later)  // other arguments
		if n := left(t, d); n != 2 {
			t.Fatalf("%d jobs, want 2", n)
		}
		start(t, q)
		c.Advance(time.Hour)
		until(t, "both ran", func() bool { return ran.Load() == 2 })
		until(t, "one is finished", func() bool { return left(t, d) == 1 })
		enqueue(t, d, q, letter{"a"}, unique)
		enqueue(t, d, q, letter{"b"}, unique) // exactly one of the two still runs
		until(t, "the other ran", func() bool { return ran.Load() == 3 })
		close(hold)
		until(t, "all are finished", func() bool { return left(t, d) == 0 })
		enqueue(t, d, q, letter{"a"}, unique)
		until(t, "a finished one is no hindrance", func() bool { return ran.Load() == 4 })
	})
}

func TestNoJobRunsBeforeItsTime(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		var early, ran atomic.Int32
		at := newYear.Add(10*time.Second + 400*time.Microsecond)
		jobs.Handle(q, func(_ context.Context, j jobs.Job[letter]) error {
			if c.Now().Before(at) || j.At.Before(at) {
				early.Add(1)
			}
			ran.Add(1)
			return nil
		})
		start(t, q)
		enqueue(t, d, q, letter{"a"}, jobs.When{At: at})
		for range 100 {
			c.Advance(100 * time.Millisecond)
			time.Sleep(time.Millisecond)
		}
		// It is 400 µs early, which is less than the engines can tell.
		time.Sleep(60 * time.Millisecond)
		if ran.Load() != 0 {
			t.Fatalf("ran before its time")
		}
		c.Advance(time.Millisecond)
		until(t, "it ran", func() bool { return ran.Load() == 1 })
		if early.Load() != 0 {
			t.Error("ran before its time")
		}
	})
}

func TestAMovedClockDoesNotDisturbARunningJob(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		hold := make(chan struct{})
		var ran atomic.Int32
		jobs.Handle(q, func(ctx context.Context, j jobs.Job[letter]) error {
			ran.Add(1)
			<-hold
			return ctx.Err()
		})
		start(t, q)
		enqueue(t, d, q, letter{"a"}, jobs.When{})
		until(t, "it runs", func() bool { return ran.Load() == 1 })
		c.Advance(400 * 24 * time.Hour)
		time.Sleep(150 * time.Millisecond)
		close(hold)
		until(t, "it is finished", func() bool { return left(t, d) == 0 })
		if ran.Load() != 1 {
			t.Errorf("ran %d times", ran.Load())
		}
	})
}

func TestDoneIsPartOfTheCallersTransaction(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		jobs.Handle(q, func(ctx context.Context, j jobs.Job[letter]) error {
			err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				if _, err := tx.Exec(ctx, "insert into meta (name, value) values ($1, $2)", "effect", fmt.Sprint(j.Attempt)); err != nil {
					return err
				}
				if err := j.Done(ctx, tx); err != nil {
					return err
				}
				if j.Attempt < 3 {
					return errors.New("the transaction fails after Done")
				}
				return nil
			})
			if err == nil {
				return errors.New("too late to fail")
			}
			return err
		})
		start(t, q)
		enqueue(t, d, q, letter{"a"}, jobs.When{})
		if err := q.RunDue(t.Context(), newYear.Add(time.Minute), c.Set); err != nil {
			t.Fatal(err)
		}
		var value string
		err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return tx.QueryRow(ctx, "select value from meta where name = 'effect'").Scan(&value)
		})
		if err != nil || value != "3" || left(t, d) != 0 {
			t.Errorf("effect %q, %v, %d jobs left", value, err, left(t, d))
		}
	})
}

func TestARunThatLostItsJobCannotComplete(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		var got journal
		first, second := make(chan struct{}), make(chan struct{})
		jobs.Handle(q, func(ctx context.Context, j jobs.Job[letter]) error {
			if j.Attempt == 1 {
				<-first
			} else {
				close(first) // both run now
				<-second
			}
			err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				if _, err := tx.Exec(ctx, "insert into meta (name, value) values ($1, '')", fmt.Sprintf("effect of %d", j.Attempt)); err != nil {
					return err
				}
				return j.Done(ctx, tx)
			})
			got.add("%d %v", j.Attempt, fault.KindOf(err) == fault.Conflict)
			return err
		})
		start(t, q)
		enqueue(t, d, q, letter{"a"}, jobs.When{})
		running := func() (n int) {
			_ = d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				return tx.QueryRow(ctx, "select count(*) from river_job where state = 'running'").Scan(&n)
			})
			return n
		}
		until(t, "it runs", func() bool { return running() == 1 })
		// Another process believes that this one is dead.
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "update river_job set state = 'available'")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		until(t, "the first run ended", func() bool { return got.len() == 1 })
		close(second)
		until(t, "the second run is done", func() bool { return left(t, d) == 0 && got.len() == 2 })
		if got.String() != "1 true\n2 false" {
			t.Errorf("got\n%s", &got)
		}
		var n int
		_ = d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return tx.QueryRow(ctx, "select count(*) from meta where name like 'effect%'").Scan(&n)
		})
		if n != 1 || left(t, d) != 0 {
			t.Errorf("%d effects, %d jobs", n, left(t, d))
		}
	})
}

func TestKindsWithoutAHandler(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		// A process that only enqueues registers nothing.
		cli := queue(t, d, time.Now)
		enqueue(t, d, cli, other{1}, jobs.When{})
		enqueue(t, d, cli, letter{"a"}, jobs.When{})
		q := queue(t, d, time.Now)
		jobs.Handle(q, func(context.Context, jobs.Job[letter]) error { return nil })
		start(t, q)
		until(t, "the known one ran", func() bool { return left(t, d) == 1 })
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return q.Enqueue(ctx, tx, other{2}, jobs.When{}) })
		if err == nil || left(t, d) != 1 {
			t.Errorf("a serving process took a job that nothing handles: %v", err)
		}
		stop(t, q)
		newer := queue(t, d, time.Now)
		jobs.Handle(newer, func(context.Context, jobs.Job[other]) error { return nil })
		start(t, newer)
		until(t, "a newer program ran the other", func() bool { return left(t, d) == 0 })
	})
}

func TestRegistrationsAreChecked(t *testing.T) {
	d := dbtest.SQLite(t)
	for name, register := range map[string]func(q *jobs.Queue){
		"twice": func(q *jobs.Queue) {
			jobs.Handle(q, func(context.Context, jobs.Job[letter]) error { return nil })
			jobs.Handle(q, func(context.Context, jobs.Job[letter]) error { return nil })
		},
		"odd kind": func(q *jobs.Queue) {
			jobs.Handle(q, func(context.Context, jobs.Job[oddKind]) error { return nil })
		},
	} {
		q := queue(t, d, time.Now)
		register(q)
		if err := q.Start(t.Context()); err == nil {
			stop(t, q)
			t.Errorf("%s: started", name)
		}
	}
	q := queue(t, d, time.Now)
	start(t, q) // nothing registered: nothing to do
	if err := q.Start(t.Context()); err == nil {
		t.Error("started twice")
	}
}

type oddKind struct{}

func (oddKind) Kind() string { return "Ω" }

func TestTablesOfANewerProgramAreRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d, time.Now)
		if err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "insert into river_migration (line, version) values ('main', 900)")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := q.Migrate(t.Context()); fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.Message(err), "newer Mimeo") {
			t.Errorf("got %v", err)
		}
	})
}

func TestMigrateMayRunAtOnceAndAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var nodes sync.WaitGroup
		for range 4 {
			nodes.Go(func() {
				q, err := jobs.New(d, jobs.Options{Now: time.Now})
				if err == nil {
					err = q.Migrate(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		queue(t, d, time.Now)
		enqueue(t, d, queue(t, d, time.Now), letter{"a"}, jobs.When{})
		if left(t, d) != 1 {
			t.Error("no table after migrating")
		}
	})
}
