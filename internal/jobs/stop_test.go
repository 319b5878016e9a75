package jobs_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/jobs"
)

// goroutines are those of this package and of River.
func goroutines() (ours []string) {
	buf := make([]byte, 1<<20)
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "riverqueue") || strings.Contains(g, "mimeo/internal/jobs.") {
			ours = append(ours, g)
		}
	}
	return ours
}

func TestStopWaitsAndLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		enqueue(t, d, queue(t, d, time.Now), letter{"a"}, jobs.When{})
		q := queue(t, d, time.Now)
		started, finished := make(chan struct{}), atomic.Bool{}
		jobs.Handle(q, func(context.Context, jobs.Job[letter]) error {
			close(started)
			time.Sleep(100 * time.Millisecond)
			finished.Store(true)
			return nil
		})
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-started
		if len(goroutines()) == 0 {
			t.Fatal("this test sees no goroutines, and would see none that leak")
		}
		stop(t, q)
		if !finished.Load() || left(t, d) != 0 {
			t.Errorf("stopped before the job was finished: %v, %d left", finished.Load(), left(t, d))
		}
		until(t, "no goroutine is left", func() bool { return len(goroutines()) == 0 })
		stop(t, q) // again
		enqueue(t, d, q, letter{"b"}, jobs.When{})
	})
}

func TestStopWithoutPatienceGivesTheJobBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d, time.Now)
		started := make(chan struct{})
		jobs.Handle(q, func(ctx context.Context, j jobs.Job[letter]) error {
			close(started)
			<-ctx.Done()
			return ctx.Err()
		})
		start(t, q)
		enqueue(t, d, q, letter{"a"}, jobs.When{})
		<-started
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		ran := atomic.Int32{}
		again := queue(t, d, time.Now)
		jobs.Handle(again, func(context.Context, jobs.Job[letter]) error { ran.Add(1); return nil })
		start(t, again)
		until(t, "it ran in the next process", func() bool { return ran.Load() == 1 && left(t, d) == 0 })
	})
}

func TestTheStartsContextEndsNothing(t *testing.T) {
	d := dbtest.SQLite(t)
	q := queue(t, d, time.Now)
	var ran atomic.Int32
	jobs.Handle(q, func(ctx context.Context, _ jobs.Job[letter]) error { ran.Add(1); return ctx.Err() })
	ctx, cancel := context.WithCancel(t.Context())
	if err := q.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, q) })
	cancel()
	enqueue(t, d, q, letter{"a"}, jobs.When{})
	until(t, "it ran", func() bool { return ran.Load() == 1 && left(t, d) == 0 })
}

func TestTheLogHoldsNoArguments(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		var out bytes.Buffer
		var mu sync.Mutex
		log := slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) { mu.Lock(); defer mu.Unlock(); return out.Write(p) }), &slog.HandlerOptions{Level: slog.LevelDebug}))
		q := queue(t, d, c.Now, func(o *jobs.Options) { o.Log = log })
		jobs.Handle(q, func(_ context.Context, j jobs.Job[letter]) error {
			if j.Attempt == 2 {
				panic("550 <" + j.Args.Name + "@example.org> unknown")
			}
			return fmt.Errorf("550 <%s@example.org> unknown", j.Args.Name)
		})
		start(t, q)
		enqueue(t, d, q, letter{"zerlina"}, jobs.When{})
		if err := q.RunDue(t.Context(), newYear.Add(48*time.Hour), c.Set); err != nil {
			t.Fatal(err)
		}
		stop(t, q)
		mu.Lock()
		defer mu.Unlock()
		if strings.Contains(out.String(), "zerlina") {
			t.Errorf("the log holds an argument:\n%s", &out)
		}
		if !strings.Contains(out.String(), "a job is dead") {
			t.Errorf("the log lacks the death:\n%s", &out)
		}
	})
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
