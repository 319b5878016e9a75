package contribution

import (
	"context"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/jobs"
)

// pollArgs asks for the outcome of a payment that a donor was sent to make.
type pollArgs struct {
	Payment string `json:"payment"`
	Step    int    `json:"step"`
}

// Kind names the job.
func (pollArgs) Kind() string { return "contribution.poll" }

// renewArgs is the batch of one day.
type renewArgs struct {
	Day Day `json:"day"`
}

// Kind names the job.
func (renewArgs) Kind() string { return "contribution.renew" }

// dailyArgs is the daily round.
type dailyArgs struct{}

// Kind names the job.
func (dailyArgs) Kind() string { return "contribution.daily" }

// pollSteps are the moments after the form at which we ask by ourselves. A
// provider's page is dead after a day, so whoever has not paid by the last one
// will not.
func pollSteps() []time.Duration {
	return []time.Duration{
		10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 12 * time.Hour, 26 * time.Hour,
	}
}

// pollAfter is the pause before a step.
func pollAfter(step int) time.Duration {
	steps := pollSteps()
	switch {
	case step == 0:
		return steps[0]
	case step < len(steps):
		return steps[step] - steps[step-1]
	default: // the bank is still working on it
		return 24 * time.Hour
	}
}

func (t *Till) registerJobs() {
	jobs.Handle(t.jobs, t.poll)
	jobs.Handle(t.jobs, func(ctx context.Context, _ jobs.Job[renewArgs]) error { return t.renewDue(ctx) }, jobs.Timeout(6*time.Hour))
	jobs.Every(t.jobs, dailyArgs{}, nextRound, t.daily, jobs.Timeout(6*time.Hour))
}

// nextRound is three in the morning, UTC.
func nextRound(after time.Time) time.Time {
	round := DayOf(after).Time().Add(3 * time.Hour)
	if !round.After(after) {
		round = round.AddDate(0, 0, 1)
	}
	return round
}

func (t *Till) poll(ctx context.Context, job jobs.Job[pollArgs]) error {
	var pay record
	if err := t.d.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		pay, err = selectPayment(ctx, tx, job.Args.Payment)
		return err
	}); err != nil {
		if fault.KindOf(err) == fault.Missing { // a row was lost, and an operator should see it
			return jobs.Permanent(err)
		}
		return err
	}
	if !pay.todo {
		return nil
	}
	last := job.Args.Step >= len(pollSteps())-1
	if err := t.pursue(ctx, pay, last); err != nil && (last || fault.KindOf(err) != fault.Unavailable) {
		return err
	}
	return t.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := selectPayment(ctx, tx, pay.ID)
		if err != nil {
			return err
		}
		if now.todo {
			next := pollArgs{Payment: pay.ID, Step: job.Args.Step + 1}
			if err := t.jobs.Enqueue(ctx, tx, next, jobs.When{At: tx.Now.Add(pollAfter(next.Step))}); err != nil {
				return err
			}
		}
		return job.Done(ctx, tx)
	})
}

// daily does what the other jobs should have done, in case one of them is dead:
// nothing is owed for longer than a day.
func (t *Till) daily(ctx context.Context, _ jobs.Job[dailyArgs]) error {
	if err := t.Carry(ctx); err != nil {
		return err
	}
	report, err := t.Reconcile(ctx)
	if err != nil {
		return err
	}
	if report.Booked > 0 || len(report.Problems) > 0 || report.Strangers > 0 {
		t.opt.Log.Info("reconciled", "open", report.Open, "settled", report.Settled, "booked", report.Booked,
			"strangers", report.Strangers, "problems", len(report.Problems))
	}
	if err := t.renewDue(ctx); err != nil {
		return err
	}
	return t.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return forgetEvents(ctx, tx, DayOf(tx.Now).After(-eventsKept))
	})
}
