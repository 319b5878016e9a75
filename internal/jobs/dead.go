package jobs

import (
	"context"
	"fmt"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Dead is a job that failed for good.
type Dead struct {
	ID       int64
	Kind     string
	Error    string // the last one, without anything that looks like an address
	Attempts int
	At       time.Time
}

// keepDead is how long a dead job stays on the list.
const keepDead = 90 * 24 * time.Hour

// Dead lists the jobs that failed for good, the latest first, at most 1,000.
func (q *Queue) Dead(ctx context.Context) (dead []Dead, err error) {
	err = q.d.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		dead, err = q.listDead(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the dead jobs: %w", err)
	}
	return dead, nil
}

// Retry makes a dead job due at once, with a full set of attempts.
func (q *Queue) Retry(ctx context.Context, id int64) error {
	err := q.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := q.revive(ctx, tx, id)
		if db.IsUnique(err) {
			return fault.Conflictf("Job %d has an unfinished twin", id)
		} else if err == nil && n == 0 {
			return fault.Missingf("There is no dead job %d", id)
		}
		tx.OnCommit(func() { q.poke(ctx) })
		return err
	})
	if err != nil {
		return fmt.Errorf("retrying job %d: %w", id, err)
	}
	return nil
}

// sweep deletes the long dead.
func (q *Queue) sweep(ctx context.Context) {
	for n := int64(1); n > 0 && ctx.Err() == nil; {
		err := q.d.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			n, err = q.bury(ctx, tx, tx.Now.Add(-keepDead))
			return err
		})
		if err != nil {
			q.log.Warn("old dead jobs could not be deleted", "err", err)
			return
		}
	}
}
