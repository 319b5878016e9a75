package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"mimeo/internal/db"
)

// Every job lies in River's default queue at its default priority. Unfinished
// jobs have one of two states: running, or available from scheduled_at on.
// River knows two more for jobs whose time has not come, and a scheduler that
// moves them on; fetching compares scheduled_at anyhow, so that the two are
// never used. The other state is discarded: the dead.

// add inserts a job, unless an unfinished one has the same key; nil is no key.
func (q *Queue) add(ctx context.Context, tx *db.Tx, kind string, args []byte, at time.Time, key []byte) error {
	var states any
	if key != nil {
		states = q.dialect.unfinished
	}
	_, err := tx.Exec(ctx, "insert into river_job (kind, args, max_attempts, created_at, scheduled_at, unique_key, unique_states) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
		kind, string(args), attempts, q.dialect.stamp(floor(tx.Now)), q.dialect.stamp(at), key, states)
	return err
}

// fetch takes up to n due jobs.
func (q *Queue) fetch(ctx context.Context, tx *db.Tx, n int) (jobs []*rivertype.JobRow, err error) {
	now := floor(tx.Now)
	rows, err := tx.Query(ctx, q.due.fetch.text, append([]any{q.dialect.stamp(now), q.dialect.list(q.node), n}, q.due.fetch.kinds...)...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		j := &rivertype.JobRow{AttemptedAt: &now, Metadata: []byte("{}"), Priority: 1, Queue: river.QueueDefault, State: rivertype.JobStateRunning}
		if err := rows.Scan(&j.ID, &j.Kind, &j.EncodedArgs, &j.Attempt, &j.MaxAttempts, &j.CreatedAt, &j.ScheduledAt); err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, rows.Err()
}

// finish deletes a job that this attempt still owns.
func finish(ctx context.Context, tx *db.Tx, id int64, attempt int) (int64, error) {
	return tx.Exec(ctx, "delete from river_job where id = $1 and state = 'running' and attempt = $2", id, attempt)
}

// delay ends a failed attempt that still owns the job; another follows.
func (q *Queue) delay(ctx context.Context, tx *db.Tx, id int64, attempt int, at time.Time, why string) (int64, error) {
	return tx.Exec(ctx, "update river_job set state = 'available', scheduled_at = $1, metadata = $2 where id = $3 and state = 'running' and attempt = $4",
		q.dialect.stamp(at), note(why), id, attempt)
}

// die ends the last attempt.
func (q *Queue) die(ctx context.Context, tx *db.Tx, id int64, attempt int, why string) (int64, error) {
	return tx.Exec(ctx, "update river_job set state = 'discarded', finalized_at = $1, metadata = $2 where id = $3 and state = 'running' and attempt = $4",
		q.dialect.stamp(floor(tx.Now)), note(why), id, attempt)
}

// note keeps the last error's text beside the job.
func note(why string) string {
	b, err := json.Marshal(map[string]string{"error": strings.ToValidUTF8(strings.ReplaceAll(why, "\x00", ""), "")})
	if err != nil {
		return "{}"
	}
	return string(b)
}

// giveBack ends an attempt that does not count. The number of the attempt
// stays used, since it is how a run knows that the job is its own; the limit
// moves instead.
func giveBack(ctx context.Context, tx *db.Tx, id int64, attempt int) (int64, error) {
	return tx.Exec(ctx, "update river_job set state = 'available', max_attempts = max_attempts + 1 where id = $1 and state = 'running' and attempt = $2", id, attempt)
}

// mostDeaths is how many processes may die over one job before it is held to be
// the murderer.
const mostDeaths = 1000

// recover gives back a job whose process died.
func (q *Queue) recover(ctx context.Context, tx *db.Tx, a try) (err error) {
	if a.number < mostDeaths {
		_, err = giveBack(ctx, tx, a.id, a.number)
	} else {
		_, err = q.die(ctx, tx, a.id, a.number, "Its process died each time")
	}
	if err != nil {
		return fmt.Errorf("giving back job %d: %w", a.id, err)
	}
	return nil
}

// running are the attempts under way, by the database's account.
func running(ctx context.Context, tx *db.Tx) (all []try, err error) {
	rows, err := tx.Query(ctx, "select id, attempt from river_job where state = 'running'")
	if err != nil {
		return nil, fmt.Errorf("listing the running jobs: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var a try
		if err := rows.Scan(&a.id, &a.number); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, rows.Err()
}

// dueQueries look for unfinished jobs up to a time, by index. Jobs of kinds
// that this process does not handle are another's affair.
type dueQueries struct {
	waiting    query // a job to be fetched
	unfinished query // a job to be fetched or that runs
	// The first of those that RunDue stops the clock at.
	firstWaiting, firstRunning query
	// fetch has two parameters more: the node and the number of jobs.
	fetch query
}

// query is a text whose first parameter is a time and whose last are kinds.
type query struct {
	text  string
	kinds []any
}

func newDueQueries(d dialect, kinds, stops []string) dueQueries {
	build := func(columns, states string, kinds []string, first int, end string) query {
		q := query{}
		marks := make([]string, len(kinds))
		for i, k := range kinds {
			marks[i], q.kinds = "$"+strconv.Itoa(i+first), append(q.kinds, k)
		}
		q.text = "select " + columns + " from river_job where state in (" + states + ") and queue = 'default' and priority = 1 and scheduled_at <= $1" +
			" and kind in (" + strings.Join(marks, ", ") + ")" + end
		return q
	}
	const at = "scheduled_at"
	queries := dueQueries{
		waiting:      build(at, "'available'", kinds, 2, " limit 1"),
		unfinished:   build(at, "'available', 'running'", kinds, 2, " limit 1"),
		firstWaiting: build(at, "'available'", stops, 2, " order by scheduled_at limit 1"),
		firstRunning: build(at, "'running'", stops, 2, " order by scheduled_at limit 1"),
		fetch:        build("id", "'available'", kinds, 4, " order by scheduled_at, id limit $3"+d.skipLocked),
	}
	queries.fetch.text = "with due as materialized (" + queries.fetch.text + ")" +
		" update river_job set state = 'running', attempt = attempt + 1, attempted_at = $1, attempted_by = $2 where id in (select id from due)" +
		" returning id, kind, args, attempt, max_attempts, created_at, scheduled_at"
	return queries
}

// at runs a query up to a time and gives the time of the job it found.
func (q *Queue) at(ctx context.Context, tx *db.Tx, by query, until time.Time) (at time.Time, found bool, err error) {
	if len(by.kinds) == 0 {
		return time.Time{}, false, nil
	}
	err = tx.QueryRow(ctx, by.text, append([]any{q.dialect.stamp(floor(until))}, by.kinds...)...).Scan(&at)
	if errors.Is(err, db.ErrNoRows) {
		return time.Time{}, false, nil
	}
	return at.UTC(), err == nil, err
}

// untried is the time of a kind's job that has not been tried yet.
func (q *Queue) untried(ctx context.Context, tx *db.Tx, kind string) (at time.Time, found bool, err error) {
	err = tx.QueryRow(ctx, "select scheduled_at from river_job where kind = $1 and state = 'available' and attempt = 0 order by id limit 1", kind).Scan(&at)
	if errors.Is(err, db.ErrNoRows) {
		return time.Time{}, false, nil
	}
	return at.UTC(), err == nil, err
}

// move gives a kind's untried job another time.
func (q *Queue) move(ctx context.Context, tx *db.Tx, kind string, at time.Time) error {
	_, err := tx.Exec(ctx, "update river_job set scheduled_at = $1 where kind = $2 and state = 'available' and attempt = 0", q.dialect.stamp(at), kind)
	return err
}

func (q *Queue) listDead(ctx context.Context, tx *db.Tx) (dead []Dead, err error) {
	rows, err := tx.Query(ctx, "select id, kind, coalesce(metadata ->> 'error', ''), attempt, finalized_at from river_job where state = 'discarded' order by finalized_at desc, id desc limit 1000")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d Dead
		if err := rows.Scan(&d.ID, &d.Kind, &d.Error, &d.Attempts, &d.At); err != nil {
			return nil, err
		}
		d.At = d.At.UTC()
		dead = append(dead, d)
	}
	return dead, rows.Err()
}

// revive makes a dead job due with a full set of attempts.
func (q *Queue) revive(ctx context.Context, tx *db.Tx, id int64) (int64, error) {
	return tx.Exec(ctx, "update river_job set state = 'available', finalized_at = null, scheduled_at = $1, max_attempts = attempt + $2 where id = $3 and state = 'discarded'",
		q.dialect.stamp(floor(tx.Now)), attempts, id)
}

// bury deletes jobs that died before a time.
func (q *Queue) bury(ctx context.Context, tx *db.Tx, before time.Time) (int64, error) {
	return tx.Exec(ctx, "delete from river_job where id in (select id from river_job where state = 'discarded' and finalized_at < $1 order by finalized_at, id limit 500)", q.dialect.stamp(before))
}
