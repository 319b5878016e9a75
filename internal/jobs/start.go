package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mimeo/internal/db"
)

// Start begins to run jobs and returns; they run until Stop, whatever becomes
// of ctx. On SQLite the caller makes sure that no other process has started:
// what runs by the database's account is then left over from one that was
// killed, and is due again at once. On PostgreSQL any number of processes may
// run, and the jobs of a killed one are due again within seconds.
func (q *Queue) Start(ctx context.Context) error {
	if q.broken != nil {
		return fmt.Errorf("starting the job queue: %w", q.broken)
	}
	if q.running.Load() {
		return errors.New("starting the job queue: it already runs")
	}
	q.prepare()
	if q.d.Dialect() == db.Postgres {
		q.census = &census{pool: q.d.PgxPool(), log: q.log}
		var err error
		if q.node, err = q.census.join(ctx); err != nil {
			return fmt.Errorf("starting the job queue: %w", err)
		}
	}
	err := q.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if q.census == nil { // what still runs is what a killed process left
			left, err := running(ctx, tx)
			if err != nil {
				return err
			}
			for _, a := range left {
				if err := q.recover(ctx, tx, a); err != nil {
					return err
				}
			}
		}
		return q.ensure(ctx, tx)
	})
	if err == nil && len(q.kinds) > 0 {
		err = q.client.Start(context.WithoutCancel(ctx))
	}
	if err != nil {
		if q.census != nil {
			q.census.leave(ctx)
		}
		return fmt.Errorf("starting the job queue: %w", err)
	}
	q.running.Store(true)
	loop, stop := context.WithCancel(context.WithoutCancel(ctx))
	q.stopLoop = stop
	q.loops.Go(func() { q.keepHouse(loop) })
	return nil
}

// prepare writes the queries for the kinds that were registered.
func (q *Queue) prepare() {
	frequent := map[string]bool{}
	for _, s := range q.schedules {
		frequent[s.kind] = s.frequent(q.now())
	}
	var kinds, stops []string
	for k := range q.kinds {
		kinds = append(kinds, k)
		if !frequent[k] {
			stops = append(stops, k)
		}
	}
	slices.Sort(kinds)
	slices.Sort(stops)
	q.due = newDueQueries(q.dialect, kinds, stops)
}

// keepHouse looks after the dead, processes and jobs, in real time.
func (q *Queue) keepHouse(ctx context.Context) {
	q.sweep(ctx)
	hourly := time.NewTicker(time.Hour)
	defer hourly.Stop()
	var looks <-chan time.Time
	if q.census != nil {
		ticker := time.NewTicker(q.poll)
		defer ticker.Stop()
		looks = ticker.C
	}
	unwell := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-hourly.C:
			q.sweep(ctx)
		case <-looks:
			err := q.adopt(ctx)
			if err != nil && !unwell && ctx.Err() == nil {
				q.log.Warn("the other processes cannot be seen", "err", err)
			}
			unwell = err != nil
		}
	}
}

// Stop fetches no more jobs and waits for those that run. When ctx ends first,
// their contexts end, and those that give up on it are due again as if they
// had not run. Stop may be called without Start and more than once; a stopped
// queue is not started again.
func (q *Queue) Stop(ctx context.Context) error {
	if !q.running.Swap(false) {
		return nil
	}
	var err error
	if len(q.kinds) > 0 {
		if err = q.client.Stop(ctx); err != nil {
			q.halting.Store(true)
			close(q.halt)
			patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			err = q.client.StopAndCancel(patience)
		}
	}
	q.stopLoop()
	q.loops.Wait()
	if q.census != nil {
		q.census.leave(ctx)
	}
	if err != nil {
		return fmt.Errorf("stopping the job queue: some jobs did not end: %w", err)
	}
	return nil
}
