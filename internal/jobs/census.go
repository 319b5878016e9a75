package jobs

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"mimeo/internal/db"
)

// On PostgreSQL several processes share the queue, and any may be killed. Each
// holds an advisory lock on a connection of its own, and the server drops that
// lock the moment the process is gone. A running job whose process holds no
// lock for three looks in a row, so that a connection lost for a moment does
// no harm, goes back to the queue. Should its process live after all, it finds
// that the job is no longer its own (see Job.Done).

// lockClass is the first half of Mimeo's advisory lock keys.
const lockClass int32 = 0x6d696d65

const looksBeforeDeath = 3

type census struct {
	pool   *pgxpool.Pool
	log    *slog.Logger
	key    int32
	conn   *pgxpool.Conn // holds the lock; nil while there is none
	absent map[try]int
}

// try is one run of one job by anybody.
type try struct {
	id     int64
	number int
}

// join draws a name for this process and holds its lock.
func (c *census) join(ctx context.Context) (name string, err error) {
	for held := false; !held; {
		if c.conn == nil {
			if c.conn, err = c.pool.Acquire(ctx); err != nil {
				return "", err
			}
		}
		err := c.conn.QueryRow(ctx, "select key, pg_try_advisory_lock($1, key) from (select floor(random() * 2147483647)::integer as key) as drawn", lockClass).Scan(&c.key, &held)
		if err != nil {
			c.leave(ctx)
			return "", err
		}
	}
	return "node-" + strconv.Itoa(int(c.key)), nil
}

// leave closes the connection and with it gives up the lock.
func (c *census) leave(ctx context.Context) {
	if c.conn == nil {
		return
	}
	if err := c.conn.Conn().Close(context.WithoutCancel(ctx)); err != nil {
		c.log.Warn("closing the connection that marks this process as alive", "err", err)
	}
	c.conn.Release()
	c.conn = nil
}

// orphans are the running jobs whose process has been missing for long enough.
func (c *census) orphans(ctx context.Context) (dead []try, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	defer func() {
		if err != nil {
			c.leave(ctx)
			c.absent = nil // nothing is known of the others now
		}
	}()
	if c.conn == nil {
		if c.conn, err = c.pool.Acquire(ctx); err != nil {
			return nil, err
		}
		// When a half-dead connection still holds the lock, that says the same.
		if _, err := c.conn.Exec(ctx, "select pg_try_advisory_lock($1, $2)", lockClass, c.key); err != nil {
			return nil, err
		}
	}
	rows, err := c.conn.Query(ctx, `select id, attempt from river_job where state = 'running' and attempted_by[array_upper(attempted_by, 1)] not in (
		select 'node-' || objid from pg_locks where locktype = 'advisory' and classid = $1 and objsubid = 2 and granted
		and database = (select oid from pg_database where datname = current_database()))`, lockClass)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	absent := map[try]int{}
	for rows.Next() {
		var a try
		if err := rows.Scan(&a.id, &a.number); err != nil {
			return nil, err
		}
		if absent[a] = c.absent[a] + 1; absent[a] >= looksBeforeDeath {
			dead = append(dead, a)
		}
	}
	c.absent = absent
	return dead, rows.Err()
}

// adopt gives the jobs of dead processes back to the queue.
func (q *Queue) adopt(ctx context.Context) error {
	orphans, err := q.census.orphans(ctx)
	if err != nil || len(orphans) == 0 {
		return err
	}
	err = q.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, o := range orphans {
			if err := q.recover(ctx, tx, o); err != nil {
				return err
			}
		}
		tx.OnCommit(func() { q.poke(ctx) })
		return q.ensure(ctx, tx)
	})
	if err == nil {
		q.log.Warn("a process died; its jobs run again", "jobs", len(orphans))
	}
	return err
}
