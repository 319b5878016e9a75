package db

import (
	"context"
	"errors"
)

// Scanner is one row that can be read: a *Row, or *Rows where they stand.
type Scanner interface{ Scan(dest ...any) error }

// Collect reads all rows of a query, each by scan. A query without rows gives nil.
func Collect[T any](ctx context.Context, tx *Tx, scan func(Scanner) (T, error), query string, args ...any) (all []T, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Column reads a query of one column of text.
func Column(ctx context.Context, tx *Tx, query string, args ...any) ([]string, error) {
	return Collect(ctx, tx, func(from Scanner) (text string, err error) {
		err = from.Scan(&text)
		return text, err
	}, query, args...)
}

// Bit is a truth as both engines store it.
func Bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
