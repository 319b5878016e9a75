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

// moveHeadFrom moves the head if it is where it is thought to be, and keeps
// every other transaction from moving it until this one ends.
func moveHeadFrom(ctx context.Context, tx *db.Tx, from, to *head) (bool, error) {
	n, err := tx.Exec(ctx, "update ledger_head set seq = $1, hash = $2 where one = 1 and seq = $3 and hash = $4", to.seq, to.hash, from.seq, from.hash)
	if err != nil {
		return false, fmt.Errorf("moving the ledger's head: %w", err)
	}
	return n == 1, nil
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

const insertOne = `insert into ledger_entry
	(seq, id, day, kind, provider, debit, credit, amount, currency, pledge, payment, hash)
	values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

// A payment and its fee are two rows, so two are what is mostly added.
const insertTwo = insertOne + `, ($13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)`

// insert adds rows and returns how many of them had a new id.
func insert(ctx context.Context, tx *db.Tx, rows ...row) (added int, err error) {
	for len(rows) > 0 {
		query, few := insertOne, rows[:1]
		if len(rows) > 1 {
			query, few = insertTwo, rows[:2]
		}
		args := make([]any, 0, 24)
		for i := range few {
			r := &few[i]
			args = append(args, r.seq, r.id, r.day, string(r.kind), r.provider, r.debit, r.credit, r.amount, r.currency, r.pledge, r.payment, r.hash)
		}
		n, err := tx.Exec(ctx, query+" on conflict (id) do nothing", args...)
		if err != nil {
			return 0, fmt.Errorf("adding to the ledger: %w", err)
		}
		added += int(n)
		rows = rows[len(few):]
	}
	return added, nil
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
