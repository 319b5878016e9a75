package ledger

import (
	"context"
	"fmt"

	"mimeo/internal/db"
)

// lockHead returns the newest row's number and hash, and keeps every other
// transaction from doing the same until this one ends.
func lockHead(ctx context.Context, tx *db.Tx) (seq int64, hash []byte, err error) {
	err = tx.QueryRow(ctx, "update ledger_head set seq = seq where one = 1 returning seq, hash").Scan(&seq, &hash)
	if err != nil {
		return 0, nil, fmt.Errorf("reading the ledger's head: %w", err)
	}
	return seq, hash, nil
}

func moveHead(ctx context.Context, tx *db.Tx, seq int64, hash []byte) error {
	if _, err := tx.Exec(ctx, "update ledger_head set seq = $1, hash = $2 where one = 1", seq, hash); err != nil {
		return fmt.Errorf("moving the ledger's head: %w", err)
	}
	return nil
}

func readHead(ctx context.Context, tx *db.Tx) (seq int64, hash []byte, err error) {
	err = tx.QueryRow(ctx, "select seq, hash from ledger_head where one = 1").Scan(&seq, &hash)
	if err != nil {
		return 0, nil, fmt.Errorf("reading the ledger's head: %w", err)
	}
	return seq, hash, nil
}

func insert(ctx context.Context, tx *db.Tx, r *row) (bool, error) {
	n, err := tx.Exec(ctx, `insert into ledger_entry
		(seq, id, day, kind, provider, debit, credit, amount, currency, pledge, payment, hash)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (id) do nothing`,
		r.seq, r.id, r.day, string(r.kind), r.provider, r.debit, r.credit, r.amount, r.currency, r.pledge, r.payment, r.hash)
	if err != nil {
		return false, fmt.Errorf("adding to the ledger: %w", err)
	}
	return n == 1, nil
}

// scan calls visit for every row in the order of the chain. The row is reused.
func scan(ctx context.Context, tx *db.Tx, visit func(r *row) error) (err error) {
	rows, err := tx.Query(ctx, `select seq, id, day, kind, provider, debit, credit, amount, currency, pledge, payment, hash
		from ledger_entry order by seq`)
	if err != nil {
		return fmt.Errorf("reading the ledger: %w", err)
	}
	defer func() {
		if end := rows.Close(); err == nil {
			err = end
		}
	}()
	var r row
	for rows.Next() {
		r.hash = nil
		if err := rows.Scan(&r.seq, &r.id, &r.day, &r.kind, &r.provider, &r.debit, &r.credit, &r.amount, &r.currency, &r.pledge, &r.payment, &r.hash); err != nil {
			return fmt.Errorf("reading the ledger: %w", err)
		}
		if err := visit(&r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading the ledger: %w", err)
	}
	return nil
}

func has(ctx context.Context, tx *db.Tx, id string) (bool, error) {
	var n int
	if err := tx.QueryRow(ctx, "select count(*) from ledger_entry where id = $1", id).Scan(&n); err != nil {
		return false, fmt.Errorf("looking into the ledger: %w", err)
	}
	return n > 0, nil
}
