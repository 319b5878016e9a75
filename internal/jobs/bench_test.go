package jobs_test

import (
	"context"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/jobs"
)

// used is the CPU time of this process so far.
func used(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func bench(b *testing.B, run func(b *testing.B, d *db.DB, q *jobs.Queue, done <-chan struct{})) {
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			d := open(b)
			q, err := jobs.New(d, jobs.Options{Now: time.Now})
			if err != nil {
				b.Fatal(err)
			}
			if err := q.Migrate(b.Context()); err != nil {
				b.Fatal(err)
			}
			done := make(chan struct{}, 100_000)
			jobs.Handle(q, func(ctx context.Context, j jobs.Job[other]) error {
				err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return j.Done(ctx, tx) })
				done <- struct{}{}
				return err
			})
			if err := q.Start(b.Context()); err != nil {
				b.Fatal(err)
			}
			run(b, d, q, done)
			if err := q.Stop(context.Background()); err != nil {
				b.Error(err)
			}
		})
	}
}

// BenchmarkLatency is the way from the enqueuing transaction's begin to the
// job's end, one at a time.
func BenchmarkLatency(b *testing.B) {
	bench(b, func(b *testing.B, d *db.DB, q *jobs.Queue, done <-chan struct{}) {
		before := used(b)
		n := 0
		for b.Loop() {
			err := d.Write(b.Context(), func(ctx context.Context, tx *db.Tx) error { return q.Enqueue(ctx, tx, other{n}, jobs.When{}) })
			if err != nil {
				b.Fatal(err)
			}
			<-done
			n++
		}
		b.ReportMetric(float64((used(b)-before).Microseconds())/float64(n), "cpu-µs/job")
	})
}

// BenchmarkThroughput has 32 callers enqueue a job each, again and again.
func BenchmarkThroughput(b *testing.B) {
	bench(b, func(b *testing.B, d *db.DB, q *jobs.Queue, done <-chan struct{}) {
		before := used(b)
		n := 0
		for b.Loop() {
			var callers sync.WaitGroup
			for i := range 32 {
				callers.Go(func() {
					err := d.Write(b.Context(), func(ctx context.Context, tx *db.Tx) error { return q.Enqueue(ctx, tx, other{i}, jobs.When{}) })
					if err != nil {
						b.Error(err)
					}
				})
			}
			callers.Wait()
			for range 32 {
				<-done
			}
			n += 32
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "jobs/s")
		b.ReportMetric(float64((used(b)-before).Microseconds())/float64(n), "cpu-µs/job")
	})
}

// BenchmarkEnqueue is what a job costs the transaction that enqueues it: a
// thousand of them in one.
func BenchmarkEnqueue(b *testing.B) {
	bench(b, func(b *testing.B, d *db.DB, q *jobs.Queue, _ <-chan struct{}) {
		later := jobs.When{At: time.Now().Add(time.Hour)}
		for b.Loop() {
			err := d.Write(b.Context(), func(ctx context.Context, tx *db.Tx) error {
				for i := range 1000 {
					if err := q.Enqueue(ctx, tx, other{i}, later); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/job")
	})
}

// BenchmarkIdle is what a queue costs that has nothing to do.
func BenchmarkIdle(b *testing.B) {
	bench(b, func(b *testing.B, _ *db.DB, _ *jobs.Queue, _ <-chan struct{}) {
		runtime.GC()
		before := used(b)
		n := 0
		for b.Loop() {
			time.Sleep(5 * time.Second)
			n++
		}
		b.ReportMetric(float64((used(b)-before).Microseconds())/float64(5000*n), "cpu-ms/s")
	})
}
