package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/jobs"
)

func TestAFailingJobIsTriedAgainWithGrowingPauses(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		var got journal
		jobs.Handle(q, func(_ context.Context, j jobs.Job[letter]) error {
			got.add("%d at %s", j.Attempt, c.Now().Sub(newYear))
			switch {
			case j.Attempt == 2:
				panic("a slip")
			case j.Attempt < 5:
				return errors.New("not yet")
			}
			return nil
		})
		start(t, q)
		enqueue(t, d, q, letter{"a"}, jobs.When{})
		if err := q.RunDue(t.Context(), newYear.Add(time.Hour), c.Set); err != nil {
			t.Fatal(err)
		}
		want := "1 at 0s\n2 at 1s\n3 at 3s\n4 at 7s\n5 at 15s"
		if got.String() != want || left(t, d) != 0 {
			t.Errorf("ran\n%s\nwant\n%s\n%d left", &got, want, left(t, d))
		}
	})
}

func TestTheLastAttemptIsTheTwentieth(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		var last jobs.Job[letter]
		jobs.Handle(q, func(_ context.Context, j jobs.Job[letter]) error {
			last = j
			return fmt.Errorf("attempt %d refused", j.Attempt)
		})
		start(t, q)
		enqueue(t, d, q, letter{"a"}, jobs.When{})
		if err := q.RunDue(t.Context(), newYear.Add(33*time.Hour), c.Set); err != nil {
			t.Fatal(err)
		}
		if dead, err := q.Dead(t.Context()); err != nil || len(dead) != 0 {
			t.Fatalf("dead before its time: %v, %v", dead, err)
		}
		if err := q.RunDue(t.Context(), newYear.Add(100*time.Hour), c.Set); err != nil {
			t.Fatal(err)
		}
		dead, err := q.Dead(t.Context())
		if err != nil || len(dead) != 1 {
			t.Fatalf("%d dead, %v", len(dead), err)
		}
		// 1 s + 2 s + … + 2^14 s, then six hours four times.
		at := newYear.Add((1<<15-1)*time.Second + 4*6*time.Hour)
		want := jobs.Dead{ID: last.ID, Kind: "letter", Error: "attempt 20 refused", Attempts: 20, At: at}
		if dead[0] != want || !last.At.Equal(at) {
			t.Errorf("dead %+v, want %+v", dead[0], want)
		}
		// Revived, it has as many attempts again.
		if err := q.Retry(t.Context(), last.ID); err != nil {
			t.Fatal(err)
		}
		if err := q.RunDue(t.Context(), c.Now().Add(time.Hour), c.Set); err != nil {
			t.Fatal(err)
		}
		if dead, err = q.Dead(t.Context()); err != nil || len(dead) != 0 || last.Attempt != 21 {
			t.Errorf("after its revival: dead %v, %v, attempt %d", dead, err, last.Attempt)
		}
	})
}

func TestPermanentErrorsKillAtOnceAndRetryRevives(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		var got journal
		jobs.Handle(q, func(_ context.Context, j jobs.Job[letter]) error {
			got.add("%s %d", j.Args.Name, j.Attempt)
			if j.Attempt == 1 {
				return jobs.Permanent(fmt.Errorf("no such provider: %w", errors.New("gone")))
			}
			return nil
		})
		start(t, q)
		enqueue(t, d, q, letter{"a"}, jobs.When{Unique: true})
		var dead []jobs.Dead
		until(t, "it is dead", func() bool { dead, _ = q.Dead(t.Context()); return len(dead) == 1 })
		if dead[0].Error != "no such provider: gone" || dead[0].Attempts != 1 || !dead[0].At.Equal(newYear) {
			t.Errorf("dead %+v", dead[0])
		}
		// A dead one is no hindrance to a new one, which then is one to its revival.
		enqueue(t, d, q, letter{"a"}, jobs.When{Unique: true, At: newYear.Add(time.Hour)})
		if err := q.Retry(t.Context(), dead[0].ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("revived beside its twin: %v", err)
		}
		if err := q.RunDue(t.Context(), newYear.Add(time.Hour), c.Set); err != nil {
			t.Fatal(err)
		}
		if dead, _ = q.Dead(t.Context()); len(dead) != 2 || !dead[0].At.After(dead[1].At) {
			t.Fatalf("dead %+v", dead)
		}
		if err := q.Retry(t.Context(), dead[1].ID); err != nil {
			t.Fatal(err)
		}
		until(t, "the first is finished", func() bool { return left(t, d) == 1 })
		if got.String() != "a 1\na 1\na 2" {
			t.Errorf("ran\n%s", &got)
		}
		if err := q.Retry(t.Context(), dead[1].ID); fault.KindOf(err) != fault.Missing {
			t.Errorf("revived what is not dead: %v", err)
		}
	})
}

func TestTheLongDeadAreDeleted(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		jobs.Handle(q, func(context.Context, jobs.Job[letter]) error { return jobs.Permanent(errors.New("no")) })
		start(t, q)
		enqueue(t, d, q, letter{"a"}, jobs.When{})
		until(t, "it is dead", func() bool { dead, _ := q.Dead(t.Context()); return len(dead) == 1 })
		stop(t, q)
		for _, days := range []int{89, 91} {
			c.Set(newYear.AddDate(0, 0, days))
			again := queue(t, d, c.Now)
			start(t, again)
			if days < 90 {
				time.Sleep(50 * time.Millisecond)
				if left(t, d) != 1 {
					t.Errorf("gone after %d days", days)
				}
			} else {
				until(t, "the dead one is gone", func() bool { return left(t, d) == 0 })
			}
			stop(t, again)
		}
	})
}

func TestArgumentsThatCannotBeReadDie(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		jobs.Handle(q, func(context.Context, jobs.Job[letter]) error { t.Error("it ran"); return nil })
		start(t, q)
		enqueue(t, d, queue(t, d, c.Now), otherLetter{Name: 7}, jobs.When{})
		attempt := func() (n int) {
			_ = d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				return tx.QueryRow(ctx, "select attempt from river_job where state = 'available'").Scan(&n)
			})
			return n
		}
		until(t, "it was tried", func() bool { return attempt() == 1 })
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "update river_job set max_attempts = 3")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := q.RunDue(t.Context(), newYear.Add(time.Hour), c.Set); err != nil {
			t.Fatal(err)
		}
		dead, err := q.Dead(t.Context())
		if err != nil || len(dead) != 1 || dead[0].Attempts != 3 || !strings.Contains(dead[0].Error, "cannot unmarshal") {
			t.Errorf("dead %+v, %v", dead, err)
		}
	})
}

// otherLetter is what a newer program might write as a letter.
type otherLetter struct {
	Name int `json:"name"`
}

func (otherLetter) Kind() string { return "letter" }

func TestATimeoutEndsTheContext(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := queue(t, d, time.Now)
		var got journal
		jobs.Handle(q, func(ctx context.Context, j jobs.Job[letter]) error {
			if j.Attempt > 1 {
				return nil
			}
			<-ctx.Done()
			got.add("%v", ctx.Err())
			return ctx.Err()
		}, jobs.Timeout(30*time.Millisecond))
		start(t, q)
		enqueue(t, d, q, letter{"a"}, jobs.When{})
		until(t, "it was tried again", func() bool { return left(t, d) == 0 })
		if got.String() != context.DeadlineExceeded.Error() {
			t.Errorf("ended by %s", &got)
		}
	})
}

func TestAJobThatKillsItsProcessDiesInTheEnd(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		enqueue(t, d, q, letter{"a"}, jobs.When{})
		enqueue(t, d, q, other{1}, jobs.When{})
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			var engines string // the last name is that of a node that is no more
			if tx.Dialect() == db.Postgres {
				engines = "'{node-0}'"
			} else {
				engines = `'["node"]'`
			}
			_, err := tx.Exec(ctx, "update river_job set state = 'running', max_attempts = 1020, attempted_by = "+engines+", attempt = case when kind = 'letter' then 1000 else 999 end")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var got journal
		jobs.Handle(q, func(context.Context, jobs.Job[letter]) error { t.Error("it ran"); return nil })
		jobs.Handle(q, func(_ context.Context, j jobs.Job[other]) error { got.add("%d", j.Attempt); return nil })
		start(t, q)
		until(t, "the one is dead and the other done", func() bool {
			dead, _ := q.Dead(t.Context())
			return len(dead) == 1 && dead[0].Kind == "letter" && left(t, d) == 1
		})
		if got.String() != "1000" {
			t.Errorf("the other ran\n%s", &got)
		}
	})
}
