package jobs_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/jobs"
)

func TestRunDueRunsAllInTheOrderOfTheirTimes(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		var got journal
		jobs.Handle(q, func(ctx context.Context, j jobs.Job[letter]) error {
			got.add("%s %s", j.Args.Name, c.Now().Format("02 15:04:05"))
			switch j.Args.Name {
			case "chain": // what it enqueues lies between this and the next
				return d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
					if err := q.Enqueue(ctx, tx, letter{"at once"}, jobs.When{}); err != nil {
						return err
					}
					if err := q.Enqueue(ctx, tx, letter{"link"}, jobs.When{At: c.Now().Add(time.Hour)}); err != nil {
						return err
					}
					return j.Done(ctx, tx)
				})
			case "weak":
				if j.Attempt < 3 {
					return errors.New("not yet")
				}
			}
			return nil
		})
		start(t, q)
		day := func(n int) jobs.When { return jobs.When{At: newYear.AddDate(0, 0, n)} }
		enqueue(t, d, q, letter{"last"}, day(20))
		enqueue(t, d, q, letter{"beyond"}, jobs.When{At: newYear.AddDate(0, 0, 20).Add(time.Second)})
		enqueue(t, d, q, letter{"weak"}, day(5))
		enqueue(t, d, q, letter{"chain"}, day(3))
		enqueue(t, d, q, letter{"first"}, day(1))
		var backwards atomic.Bool
		set := func(to time.Time) {
			if !to.After(c.Now()) {
				backwards.Store(true)
			}
			c.Set(to)
		}
		if err := q.RunDue(t.Context(), newYear.AddDate(0, 0, 20), set); err != nil {
			t.Fatal(err)
		}
		want := "first 02 09:00:00\nchain 04 09:00:00\nat once 04 09:00:00\nlink 04 10:00:00\n" +
			"weak 06 09:00:00\nweak 06 09:00:01\nweak 06 09:00:03\nlast 21 09:00:00"
		if got.String() != want {
			t.Errorf("ran\n%s\nwant\n%s", &got, want)
		}
		if !c.Now().Equal(newYear.AddDate(0, 0, 20)) || left(t, d) != 1 || backwards.Load() {
			t.Errorf("the clock shows %v, %d jobs left, went back %v", c.Now(), left(t, d), backwards.Load())
		}
		// A time that lies behind moves nothing.
		if err := q.RunDue(t.Context(), newYear, set); err != nil {
			t.Fatal(err)
		}
		if !c.Now().Equal(newYear.AddDate(0, 0, 20)) {
			t.Errorf("the clock went back to %v", c.Now())
		}
	})
}

func TestRunDueWaitsForWhatAlreadyRuns(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		var ran, finished atomic.Int32
		jobs.Handle(q, func(context.Context, jobs.Job[letter]) error {
			ran.Add(1)
			time.Sleep(100 * time.Millisecond)
			if !c.Now().Equal(newYear) {
				t.Errorf("the clock moved on to %v under a running job", c.Now())
			}
			finished.Add(1)
			return nil
		})
		start(t, q)
		enqueue(t, d, q, letter{"a"}, jobs.When{})
		until(t, "it runs", func() bool { return ran.Load() == 1 })
		if err := q.RunDue(t.Context(), newYear.Add(time.Hour), c.Set); err != nil {
			t.Fatal(err)
		}
		if finished.Load() != 1 || left(t, d) != 0 {
			t.Errorf("%d finished, %d left", finished.Load(), left(t, d))
		}
	})
}

func TestRunDueStopsAtDaysButNotAtMinutes(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		var minutes, days atomic.Int32
		jobs.Every(q, chore{}, each(time.Minute), func(context.Context, jobs.Job[chore]) error {
			time.Sleep(5 * time.Millisecond)
			minutes.Add(1)
			return nil
		})
		jobs.Every(q, other{}, daily(3), func(context.Context, jobs.Job[other]) error { days.Add(1); return nil })
		start(t, q)
		began := time.Now()
		if err := q.RunDue(t.Context(), newYear.AddDate(0, 0, 31), c.Set); err != nil {
			t.Fatal(err)
		}
		if days.Load() != 31 || minutes.Load() != 32 { // each day, and at the end
			t.Errorf("%d days, %d minutes", days.Load(), minutes.Load())
		}
		t.Logf("31 stops in %v", time.Since(began))
		if at := chores(t, d); len(at) != 1 || !at[0].Equal(c.Now().Add(time.Minute)) {
			t.Errorf("planned %v at %v", at, c.Now())
		}
	})
}

func TestRunDueIsQuick(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now, func(o *jobs.Options) { o.Poll = time.Hour }) // polling is no help
		var ran atomic.Int32
		jobs.Handle(q, func(context.Context, jobs.Job[other]) error { ran.Add(1); return nil })
		start(t, q)
		for i := range 40 {
			enqueue(t, d, q, other{i}, jobs.When{At: newYear.Add(time.Duration(i+1) * 17 * time.Hour)})
		}
		began := time.Now()
		if err := q.RunDue(t.Context(), newYear.AddDate(0, 1, 0), c.Set); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d stops in %v", ran.Load(), time.Since(began))
		if ran.Load() != 40 {
			t.Errorf("%d ran", ran.Load())
		}
	})
}

func TestRunDueNeedsARunningQueueAndHeedsItsContext(t *testing.T) {
	d := dbtest.SQLite(t)
	q := queue(t, d, time.Now)
	jobs.Handle(q, func(ctx context.Context, _ jobs.Job[letter]) error { <-ctx.Done(); return ctx.Err() })
	if err := q.RunDue(t.Context(), newYear, func(time.Time) {}); err == nil {
		t.Error("moved the clock without running anything")
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	enqueue(t, d, q, letter{"a"}, jobs.When{})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := q.RunDue(ctx, time.Now().Add(time.Hour), func(time.Time) {}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := q.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func TestOthersWorkOnWhileTheClockMoves(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		var planned, hooks atomic.Int32
		jobs.Handle(q, func(context.Context, jobs.Job[other]) error { planned.Add(1); return nil })
		jobs.Handle(q, func(context.Context, jobs.Job[letter]) error { hooks.Add(1); return nil })
		start(t, q)
		for i := range 30 {
			enqueue(t, d, q, other{i}, jobs.When{At: newYear.AddDate(0, 0, i+1)})
		}
		ctx, end := context.WithCancel(t.Context())
		sent := make(chan int32)
		go func() {
			n := int32(0)
			for ; ctx.Err() == nil; n++ {
				err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return q.Enqueue(ctx, tx, letter{"hook"}, jobs.When{}) })
				if err != nil {
					t.Error(err)
				}
				time.Sleep(3 * time.Millisecond)
			}
			sent <- n
		}()
		err := q.RunDue(t.Context(), newYear.AddDate(0, 0, 31), c.Set)
		if planned.Load() != 30 || err != nil {
			t.Errorf("%d planned jobs ran, %v", planned.Load(), err)
		}
		end()
		n := <-sent
		until(t, "every hook was worked", func() bool { return hooks.Load() == n && left(t, d) == 0 })
	})
}
