package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/jobs"
)

// sweep is the job that looks for mail which no job is going to send.
//
// There should be none. But a mail may be planned for a minute whose job ends
// in the same moment and does not see it yet (PostgreSQL alone), or by a
// transaction that takes longer than the minutes in between; and a batch that
// failed for a day and a half is dead. So each young batch is followed by one
// sweep, and Sweep is called when the server starts and now and then.
type sweep struct{}

// Kind implements jobs.Args.
func (sweep) Kind() string { return "mail.sweep" }

// late is how long after its time mail counts as forgotten.
const late = time.Minute

func (m *Queue) workSweep(ctx context.Context, job jobs.Job[sweep]) error {
	return m.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := m.sweep(ctx, tx); err != nil {
			return err
		}
		return job.Done(ctx, tx)
	})
}

// Sweep makes sure that all mail whose time has come has a job. Call it when
// the server starts and once an hour; it costs a look at an index.
func (m *Queue) Sweep(ctx context.Context) error {
	if err := m.db.Write(ctx, m.sweep); err != nil {
		return fmt.Errorf("looking for forgotten mail: %w", err)
	}
	return nil
}

func (m *Queue) sweep(ctx context.Context, tx *db.Tx) error {
	buckets, err := overdue(ctx, tx, db.Micros(tx.Now.Add(-late)))
	if err != nil {
		return err
	}
	for _, bucket := range buckets {
		if err := m.jobs.Enqueue(ctx, tx, batch{Bucket: bucket}, jobs.When{Unique: true}); err != nil {
			return err
		}
	}
	return nil
}

// sweepAfter follows a batch with a sweep while somebody may still be planning
// mail for its minute.
func (m *Queue) sweepAfter(ctx context.Context, tx *db.Tx, bucket time.Time) error {
	if tx.Now.Sub(bucket) > safely+late {
		return nil
	}
	return m.jobs.Enqueue(ctx, tx, sweep{}, jobs.When{At: tx.Now.Add(safely), Unique: true})
}

// Reseal moves mail that should have left before today, and has not, to today's
// key. Run it each day before the keys of past days are destroyed, and an hour
// or more after midnight UTC, when no transaction of the old day is open any
// more. What cannot be opened is left as it is and will be given up in its time.
func (m *Queue) Reseal(ctx context.Context) error {
	midnight := m.now().UTC().Truncate(24 * time.Hour)
	today := dayOf(midnight)
	moved, lost := 0, 0
	for last := (row{bucket: math.MinInt64}); ; {
		var rows []row
		if err := m.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			rows, err = stale(ctx, tx, db.Micros(midnight), today, last, pageSize)
			return err
		}); err != nil {
			return fmt.Errorf("reading late mail: %w", err)
		}
		if len(rows) == 0 {
			break
		}
		last = rows[len(rows)-1]
		fresh := make([]row, 0, len(rows))
		for _, l := range m.openAll(rows, math.MaxInt64) {
			if l.err != nil {
				lost++
				continue
			}
			plain, err := json.Marshal(l.packet)
			if err != nil {
				return fmt.Errorf("sealing late mail: %w", err)
			}
			if l.sealed, err = m.sealer.Seal(today, sealContext(l.kind), plain); err != nil {
				return fmt.Errorf("sealing late mail: %w", err)
			}
			fresh = append(fresh, l.row)
		}
		if err := m.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			for _, r := range fresh {
				from := r.day
				r.day = today
				if err := reseal(ctx, tx, r, from); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return fmt.Errorf("writing late mail: %w", err)
		}
		moved += len(fresh)
	}
	if moved+lost > 0 {
		m.log.Warn("mail is late and was sealed for another day", "mails", moved, "unreadable", lost)
	}
	return nil
}
