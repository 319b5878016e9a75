package story

import (
	"context"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/jobs"
)

// dueArgs is the job of a scheduled text's hour.
type dueArgs struct{}

// Kind names the job.
func (dueArgs) Kind() string { return "story.due" }

// hideArgs is the job that carries out a redaction.
type hideArgs struct {
	Order string `json:"order"`
}

// Kind names the job.
func (hideArgs) Kind() string { return "story.hide" }

// Work registers the desk's jobs: to publish on time what nobody came to read,
// and to carry redactions out. It is called before the queue starts.
func (d *Desk) Work(q *jobs.Queue) {
	d.jobs = q
	jobs.Handle(q, func(ctx context.Context, _ jobs.Job[dueArgs]) error {
		_, err := d.PublishDue(ctx)
		return err
	})
	jobs.Handle(q, func(ctx context.Context, j jobs.Job[hideArgs]) error {
		for {
			r, err := d.ContinueHide(ctx, j.Args.Order)
			if err != nil || !r.Finished.IsZero() {
				return err
			}
		}
	}, jobs.Timeout(6*time.Hour))
}

// later enqueues a job, unless the desk works without a queue.
func (d *Desk) later(ctx context.Context, tx *db.Tx, args jobs.Args, at time.Time) error {
	if d.jobs == nil {
		return nil
	}
	return d.jobs.Enqueue(ctx, tx, args, jobs.When{At: at})
}
