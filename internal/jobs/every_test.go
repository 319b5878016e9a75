package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/jobs"
)

type chore struct{}

func (chore) Kind() string { return "chore" }

// daily is each day at an hour, UTC.
func daily(hour int) func(time.Time) time.Time {
	return func(after time.Time) time.Time {
		t := time.Date(after.Year(), after.Month(), after.Day(), hour, 0, 0, 0, time.UTC)
		if !t.After(after) {
			t = t.AddDate(0, 0, 1)
		}
		return t
	}
}

func each(d time.Duration) func(time.Time) time.Time {
	return func(after time.Time) time.Time { return after.Add(d) }
}

// chores are the runs that are planned.
func chores(t *testing.T, d *db.DB) (at []time.Time) {
	t.Helper()
	err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, "select scheduled_at from river_job where kind = 'chore' and state in ('available', 'running') order by id")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var one time.Time
			if err := rows.Scan(&one); err != nil {
				return err
			}
			at = append(at, one.UTC())
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestEveryRunPlansTheNext(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		q := queue(t, d, c.Now)
		var got journal
		jobs.Every(q, chore{}, daily(3), func(ctx context.Context, j jobs.Job[chore]) error {
			got.add("%s %d", c.Now().Format("02 15:04"), j.Attempt)
			switch c.Now().Day() {
			case 2: // completes itself
				return d.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return j.Done(ctx, tx) })
			case 3:
				if j.Attempt == 1 {
					return errors.New("once more")
				}
			case 4:
				return jobs.Permanent(errors.New("this one dies, the schedule lives"))
			}
			return nil
		})
		start(t, q)
		if err := q.RunDue(t.Context(), newYear.AddDate(0, 0, 5), c.Set); err != nil {
			t.Fatal(err)
		}
		want := "02 03:00 1\n03 03:00 1\n03 03:00 2\n04 03:00 1\n05 03:00 1\n06 03:00 1"
		if got.String() != want {
			t.Errorf("ran\n%s\nwant\n%s", &got, want)
		}
		if at := chores(t, d); len(at) != 1 || !at[0].Equal(time.Date(2027, 1, 7, 3, 0, 0, 0, time.UTC)) {
			t.Errorf("planned %v", at)
		}
	})
}

func TestMissedRunsAreMadeUpByOne(t *testing.T) {
	dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		var got journal
		for _, days := range []int{0, 30} {
			c.Set(newYear.AddDate(0, 0, days))
			q := queue(t, d, c.Now)
			jobs.Every(q, chore{}, daily(3), func(context.Context, jobs.Job[chore]) error {
				got.add("%s", c.Now().Format("02 15:04"))
				return nil
			})
			start(t, q)
			time.Sleep(30 * time.Millisecond)
			if days == 30 {
				until(t, "it ran", func() bool { return got.len() > 0 })
				until(t, "the next is planned", func() bool {
					at := chores(t, d)
					return len(at) == 1 && at[0].Equal(time.Date(2027, 2, 1, 3, 0, 0, 0, time.UTC))
				})
			}
			stop(t, q)
		}
		if got.String() != "31 09:00" {
			t.Errorf("ran\n%s", &got)
		}
	})
}

func TestAChangedScheduleIsHonoured(t *testing.T) {
	hours := func(h float64) time.Time { return newYear.Add(time.Duration(h * float64(time.Hour))) }
	for name, s := range map[string]struct {
		before, after func(time.Time) time.Time
		wait          time.Duration // between the two starts
		want          time.Time
	}{
		"same":                     {daily(15), daily(15), time.Hour, hours(6)},
		"earlier in the day":       {daily(15), daily(12), time.Hour, hours(3)},
		"later in the day":         {daily(15), daily(20), time.Hour, hours(11)},
		"from interval to day":     {each(10 * time.Minute), daily(15), time.Minute, hours(6)},
		"same interval":            {each(10 * time.Minute), each(10 * time.Minute), 9 * time.Minute, hours(1.0 / 6)},
		"shorter interval":         {each(time.Hour), each(10 * time.Minute), 6 * time.Minute, hours(16.0 / 60)},
		"longer interval":          {each(10 * time.Minute), each(time.Hour), 6 * time.Minute, hours(1.0 / 6)},
		"missed before the change": {daily(10), daily(20), 2 * time.Hour, hours(1)},
		"stands still":             {daily(15), each(0), 0, hours(1.0 / 60)},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.EachClock(t, newYear, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
				first := queue(t, d, c.Now)
				jobs.Every(first, chore{}, s.before, func(context.Context, jobs.Job[chore]) error { return nil })
				start(t, first)
				stop(t, first)
				c.Advance(s.wait)
				// A second node has the same schedule; still one run is planned.
				// Poll is an hour, so that none of them runs what it finds due.
				for range 2 {
					q := queue(t, d, c.Now, func(o *jobs.Options) { o.Poll = time.Hour; o.Workers = 1 })
					jobs.Every(q, chore{}, s.after, func(ctx context.Context, _ jobs.Job[chore]) error { <-ctx.Done(); return ctx.Err() })
					if err := q.Start(t.Context()); err != nil {
						t.Fatal(err)
					}
					at := chores(t, d)
					ctx, cancel := context.WithCancel(t.Context())
					cancel()
					if err := q.Stop(ctx); err != nil {
						t.Fatal(err)
					}
					if len(at) != 1 || !at[0].Equal(s.want) {
						t.Errorf("planned %v, want %v", at, s.want)
					}
				}
			})
		})
	}
}
