package appeal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/money"
)

func latestVersion(ctx context.Context, tx *db.Tx) (version int64, err error) {
	err = tx.QueryRow(ctx, `select coalesce(max(version), 0) from appeal_config`).Scan(&version)
	return version, err
}

func insertConfig(ctx context.Context, tx *db.Tx, r Revision) error {
	_, err := tx.Exec(ctx, `insert into appeal_config (version, previous, author, at, document) values ($1, $2, $3, $4, $5)`,
		r.Version, r.Previous, r.Author, db.Micros(r.At), string(r.Document))
	return err
}

func selectConfig(ctx context.Context, tx *db.Tx, version int64) (Revision, error) {
	row := tx.QueryRow(ctx, `select version, previous, author, at, document from appeal_config where version = $1`, version)
	return scanRevision(row)
}

func selectHistory(ctx context.Context, tx *db.Tx, before int64, limit int) (history []Revision, err error) {
	rows, err := tx.Query(ctx, `select version, previous, author, at, document from appeal_config
		where version < $1 order by version desc limit $2`, before, limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		r, err := scanRevision(rows)
		if err != nil {
			return nil, err
		}
		history = append(history, r)
	}
	return history, rows.Err()
}

func scanRevision(row interface{ Scan(...any) error }) (Revision, error) {
	var r Revision
	var at int64
	var document string
	if err := row.Scan(&r.Version, &r.Previous, &r.Author, &at, &document); err != nil {
		return Revision{}, err
	}
	r.At, r.Document = db.Time(at), []byte(document)
	return r, nil
}

func addCount(ctx context.Context, tx *db.Tx, day, appeal, variant string, e Event, n int64) error {
	_, err := tx.Exec(ctx, `insert into appeal_count (day, appeal, variant, event, n) values ($1, $2, $3, $4, $5)
		on conflict (day, appeal, variant, event) do update set n = appeal_count.n + excluded.n`, day, appeal, variant, string(e), n)
	return err
}

func addGift(ctx context.Context, tx *db.Tx, day string, g Gift) error {
	_, err := tx.Exec(ctx, `insert into appeal_gift (day, appeal, variant, rhythm, currency, n, amount) values ($1, $2, $3, $4, $5, 1, $6)
		on conflict (day, appeal, variant, rhythm, currency) do update
		set n = appeal_gift.n + excluded.n, amount = appeal_gift.amount + excluded.amount`,
		day, g.Appeal, g.Variant, g.Rhythm, string(g.Amount.Currency), g.Amount.Minor)
	return err
}

func selectCounts(ctx context.Context, tx *db.Tx, from, to string) (counts []Count, err error) {
	rows, err := tx.Query(ctx, `select day, appeal, variant, event, n from appeal_count
		where day >= $1 and day < $2 order by day, appeal, variant, event`, from, to)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c Count
		var day, event string
		if err := rows.Scan(&day, &c.Appeal, &c.Variant, &event, &c.N); err != nil {
			return nil, err
		}
		if c.Day, err = time.Parse(time.DateOnly, day); err != nil {
			return nil, fmt.Errorf("reading the day of a count: %w", err)
		}
		c.Event = Event(event)
		counts = append(counts, c)
	}
	return counts, rows.Err()
}

func selectGifts(ctx context.Context, tx *db.Tx, from, to string) (gifts []GiftCount, err error) {
	rows, err := tx.Query(ctx, `select day, appeal, variant, rhythm, currency, n, amount from appeal_gift
		where day >= $1 and day < $2 order by day, appeal, variant, rhythm, currency`, from, to)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var g GiftCount
		var day, currency string
		var minor int64
		if err := rows.Scan(&day, &g.Appeal, &g.Variant, &g.Rhythm, &currency, &g.N, &minor); err != nil {
			return nil, err
		}
		if g.Day, err = time.Parse(time.DateOnly, day); err != nil {
			return nil, fmt.Errorf("reading the day of a gift: %w", err)
		}
		g.Sum = money.Of(minor, money.Currency(currency))
		gifts = append(gifts, g)
	}
	return gifts, rows.Err()
}
