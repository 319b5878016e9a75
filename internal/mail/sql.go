package mail

import (
	"context"
	"errors"

	"mimeo/internal/db"
)

// state is what a row of planned_mail stands for.
type state string

const (
	planned   state = "planned"   // it is to leave
	done      state = "done"      // it left or was given up; until its batch is over it keeps older ones back
	withdrawn state = "withdrawn" // a mark that keeps older ones back
)

// row is a row of planned_mail. Rows are numbered in the order in which they
// were planned.
type row struct {
	seq      int64
	bucket   int64 // the minute for which it was planned
	due      int64 // its next attempt
	state    state
	kind     string
	group    string
	day      string // to whose key it is sealed
	attempts int    // failed so far
	sealed   []byte
}

const columns = "seq, bucket, due_at, state, kind, group_name, day, attempts, sealed"

func (r *row) fields() []any {
	return []any{&r.seq, &r.bucket, &r.due, &r.state, &r.kind, &r.group, &r.day, &r.attempts, &r.sealed}
}

func insertMail(ctx context.Context, tx *db.Tx, r row, ref string) error {
	_, err := tx.Exec(ctx, `insert into planned_mail (bucket, due_at, state, kind, group_name, ref, day, attempts, sealed)
		values ($1, $2, $3, $4, $5, $6, $7, 0, $8)`, r.bucket, r.due, string(r.state), r.kind, r.group, ref, r.day, r.sealed)
	return err
}

// withdrawMail turns a mail that waits into a mark.
func withdrawMail(ctx context.Context, tx *db.Tx, seq int64, day string, sealed []byte) error {
	_, err := tx.Exec(ctx, "update planned_mail set state = 'withdrawn', ref = '', day = $1, sealed = $2 where seq = $3 and state = 'planned'", day, sealed, seq)
	return err
}

// postponeMail writes a mail's next attempt; without a new packet it keeps the
// one that it has.
func postponeMail(ctx context.Context, tx *db.Tx, r row) (err error) {
	if r.sealed == nil {
		_, err = tx.Exec(ctx, "update planned_mail set due_at = $1, attempts = $2 where seq = $3 and state = 'planned'", r.due, r.attempts, r.seq)
	} else {
		_, err = tx.Exec(ctx, "update planned_mail set due_at = $1, attempts = $2, day = $3, sealed = $4 where seq = $5 and state = 'planned'", r.due, r.attempts, r.day, r.sealed, r.seq)
	}
	return err
}

// settleMail ends a mail of a group: until its batch is over the row stays and
// keeps older ones back.
func settleMail(ctx context.Context, tx *db.Tx, seq int64) (int64, error) {
	return tx.Exec(ctx, "update planned_mail set state = 'done', ref = '' where seq = $1 and state = 'planned'", seq)
}

func deleteMail(ctx context.Context, tx *db.Tx, seq int64) (int64, error) {
	return tx.Exec(ctx, "delete from planned_mail where seq = $1 and state = 'planned'", seq)
}

func mailByRef(ctx context.Context, tx *db.Tx, ref string) (r row, err error) {
	err = tx.QueryRow(ctx, "select "+columns+" from planned_mail where ref = $1 and ref <> '' and state = 'planned'", ref).Scan(r.fields()...)
	return r, err
}

// anyPlanned reports whether mail of a group waits that was planned before the
// given row.
func anyPlanned(ctx context.Context, tx *db.Tx, bucket int64, group string, before int64) (bool, error) {
	var one int
	err := tx.QueryRow(ctx, "select 1 from planned_mail where bucket = $1 and group_name = $2 and state = 'planned' and seq < $3 limit 1", bucket, group, before).Scan(&one)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// newest gives the highest number of a minute, 0 when it has no row.
func newest(ctx context.Context, tx *db.Tx, bucket int64) (seq int64, err error) {
	err = tx.QueryRow(ctx, "select coalesce(max(seq), 0) from planned_mail where bucket = $1", bucket).Scan(&seq)
	return seq, err
}

// nextDue gives the earliest attempt that a minute still has before it.
func nextDue(ctx context.Context, tx *db.Tx, bucket int64) (due int64, more bool, err error) {
	err = tx.QueryRow(ctx, "select coalesce(min(due_at), -1) from planned_mail where bucket = $1 and state = 'planned'", bucket).Scan(&due)
	return due, due >= 0, err
}

// page reads rows of a minute with numbers below one, highest first.
func page(ctx context.Context, tx *db.Tx, bucket, below int64, size int) ([]row, error) {
	return mails(ctx, tx, size, "select "+columns+" from planned_mail where bucket = $1 and seq < $2 order by seq desc limit $3", bucket, below, size)
}

// stale reads rows that are sealed to a day before the given one, past a
// position in the order of minute and number.
func stale(ctx context.Context, tx *db.Tx, midnight int64, day string, after row, size int) ([]row, error) {
	return mails(ctx, tx, size, "select "+columns+` from planned_mail
		where (bucket, seq) > ($1, $2) and bucket < $3 and day < $4 order by bucket, seq limit $5`, after.bucket, after.seq, midnight, day, size)
}

func mails(ctx context.Context, tx *db.Tx, size int, query string, args ...any) (rows []row, err error) {
	found, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	rows = make([]row, 0, size)
	for found.Next() {
		var r row
		if err := found.Scan(r.fields()...); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, found.Err()
}

// reseal moves a row to another day's key, unless somebody did so meanwhile.
func reseal(ctx context.Context, tx *db.Tx, r row, from string) error {
	_, err := tx.Exec(ctx, "update planned_mail set day = $1, sealed = $2 where seq = $3 and day = $4", r.day, r.sealed, r.seq, from)
	return err
}

// clearMarks deletes up to size rows of a minute that keep others back, with
// numbers up to one.
func clearMarks(ctx context.Context, tx *db.Tx, bucket, upTo int64, size int) (int64, error) {
	return tx.Exec(ctx, `delete from planned_mail where seq in
		(select seq from planned_mail where bucket = $1 and state <> 'planned' and seq <= $2 order by seq limit $3)`, bucket, upTo, size)
}

// overdue lists minutes with mail that should have left before a time.
func overdue(ctx context.Context, tx *db.Tx, before int64) (buckets []int64, err error) {
	rows, err := tx.Query(ctx, "select distinct bucket from planned_mail where bucket <= $1 and due_at <= $1 and state = 'planned' order by bucket limit 500", before)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var b int64
		if err := rows.Scan(&b); err != nil {
			return nil, err
		}
		buckets = append(buckets, b)
	}
	return buckets, rows.Err()
}

// takeOver makes holder the run that owns a minute.
func takeOver(ctx context.Context, tx *db.Tx, bucket int64, holder string) error {
	_, err := tx.Exec(ctx, "insert into mail_run (bucket, holder) values ($1, $2) on conflict (bucket) do update set holder = excluded.holder", bucket, holder)
	return err
}

// holds reports whether a run still owns its minute.
func holds(ctx context.Context, tx *db.Tx, bucket int64, holder string) (bool, error) {
	var one int
	err := tx.QueryRow(ctx, "select 1 from mail_run where bucket = $1 and holder = $2", bucket, holder).Scan(&one)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// endRun gives a minute up, if it is still the run's.
func endRun(ctx context.Context, tx *db.Tx, bucket int64, holder string) (bool, error) {
	n, err := tx.Exec(ctx, "delete from mail_run where bucket = $1 and holder = $2", bucket, holder)
	return n == 1, err
}

// count adds to a day's numbers of a kind.
func count(ctx context.Context, tx *db.Tx, day, kind string, c counts) error {
	_, err := tx.Exec(ctx, `insert into mail_tally (day, kind, sent, dropped, rejected, failed) values ($1, $2, $3, $4, $5, $6)
		on conflict (day, kind) do update set sent = mail_tally.sent + excluded.sent, dropped = mail_tally.dropped + excluded.dropped,
		rejected = mail_tally.rejected + excluded.rejected, failed = mail_tally.failed + excluded.failed`,
		day, kind, c.sent, c.dropped, c.rejected, c.failed)
	return err
}
