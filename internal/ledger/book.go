package ledger

import (
	"context"
	"fmt"

	"mimeo/internal/db"
)

// Book is the ledger. It holds no state: everything is in the database.
type Book struct{}

// New returns the book.
func New() *Book { return &Book{} }

// Post adds one entry in the caller's transaction. posted is false when an
// entry with this ID is in the book already; that one is left as it is.
func (b *Book) Post(ctx context.Context, tx *db.Tx, e Entry) (posted bool, err error) {
	n, err := b.PostAll(ctx, tx, []Entry{e})
	return n > 0, err
}

// PostAll adds the entries that are not in the book yet, in their order, and
// returns how many those were. Transactions that post at the same time do so
// one after the other, because each row needs the hash of the one before it:
// post last, and keep the rest of the transaction short.
func (b *Book) PostAll(ctx context.Context, tx *db.Tx, entries []Entry) (posted int, err error) {
	rows := make([]row, 0, len(entries))
	for _, e := range entries {
		r, err := rowOf(e)
		if err != nil {
			return 0, fmt.Errorf("posting %s: %w", e.ID, err)
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	seq, hash, err := lockHead(ctx, tx)
	if err != nil {
		return 0, err
	}
	for i := range rows {
		r := &rows[i]
		r.seq = seq + 1
		r.hash = r.link(hash)
		added, err := insert(ctx, tx, r)
		if err != nil {
			return 0, err
		}
		if added {
			seq, hash = r.seq, r.hash
			posted++
		}
	}
	if posted == 0 {
		return 0, nil
	}
	return posted, moveHead(ctx, tx, seq, hash)
}

// Has says whether an entry with this ID is in the book.
func (b *Book) Has(ctx context.Context, tx *db.Tx, id string) (bool, error) { return has(ctx, tx, id) }

func rowOf(e Entry) (row, error) {
	if e.Day == "" && !e.At.IsZero() {
		e.Day = e.At.UTC().Format(dayForm)
	}
	if err := e.check(); err != nil {
		return row{}, err
	}
	debit, credit, amount, err := e.transfer()
	if err != nil {
		return row{}, err
	}
	return row{
		id: e.ID, day: e.Day, kind: e.Kind, provider: e.Provider, debit: debit, credit: credit,
		amount: amount, currency: string(e.Amount.Currency), pledge: e.Pledge, payment: e.Payment,
	}, nil
}
