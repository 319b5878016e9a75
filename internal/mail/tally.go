package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"mimeo/internal/db"
)

// Tally counts what became of the mail of one kind on one UTC day. It is all
// that remains of it.
type Tally struct {
	Day  string
	Kind string
	// Planned is what still waits of the mail planned for that day.
	Planned  int64
	Sent     int64
	Dropped  int64 // replaced by a newer one, withdrawn, or no longer needed
	Rejected int64 // never taken for that address: a bounce
	Failed   int64 // given up after the last attempt
}

type counts struct{ sent, dropped, rejected, failed int64 }

// Tally lists the numbers of a span of days, both ends included, in the order
// of day and kind.
func (m *Queue) Tally(ctx context.Context, from, to time.Time) ([]Tally, error) {
	type key struct{ day, kind string }
	by := map[key]Tally{}
	err := m.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		gone, err := tallied(ctx, tx, dayOf(from), dayOf(to))
		if err != nil {
			return err
		}
		for _, t := range gone {
			by[key{t.Day, t.Kind}] = t
		}
		first, last := from.UTC().Truncate(24*time.Hour), to.UTC().Truncate(24*time.Hour)
		waiting, err := stillWaiting(ctx, tx, db.Micros(first), db.Micros(last.Add(24*time.Hour)))
		if err != nil {
			return err
		}
		for _, w := range waiting {
			t := by[key{w.Day, w.Kind}]
			t.Day, t.Kind, t.Planned = w.Day, w.Kind, w.Planned
			by[key{w.Day, w.Kind}] = t
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("counting mail: %w", err)
	}
	return slices.SortedFunc(maps.Values(by), func(a, b Tally) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Kind, b.Kind))
	}), nil
}

func tallied(ctx context.Context, tx *db.Tx, from, to string) (tally []Tally, err error) {
	rows, err := tx.Query(ctx, "select day, kind, sent, dropped, rejected, failed from mail_tally where day between $1 and $2", from, to)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var t Tally
		if err := rows.Scan(&t.Day, &t.Kind, &t.Sent, &t.Dropped, &t.Rejected, &t.Failed); err != nil {
			return nil, err
		}
		tally = append(tally, t)
	}
	return tally, rows.Err()
}

// stillWaiting counts by the day for which mail was planned; a day has
// 86,400,000,000 microseconds.
func stillWaiting(ctx context.Context, tx *db.Tx, from, before int64) (tally []Tally, err error) {
	rows, err := tx.Query(ctx, `select bucket / 86400000000, kind, count(*) from planned_mail
		where bucket >= $1 and bucket < $2 and state = 'planned' group by bucket / 86400000000, kind`, from, before)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var t Tally
		var day int64
		if err := rows.Scan(&day, &t.Kind, &t.Planned); err != nil {
			return nil, err
		}
		t.Day = dayOf(time.Unix(day*24*60*60, 0))
		tally = append(tally, t)
	}
	return tally, rows.Err()
}
