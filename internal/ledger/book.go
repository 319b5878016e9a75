package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"mimeo/internal/db"
)

// Book is the ledger. All of it is in the database; what a Book remembers of
// where it ends is a guess that saves a statement.
type Book struct{ end atomic.Pointer[head] }

// head is the newest row.
type head struct {
	seq  int64
	hash []byte
}

// New returns the book.
func New() *Book { return &Book{} }

// ErrNotNew is what PostNew answers when an entry is in the book already.
var ErrNotNew = errors.New("the ledger has this entry already")

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
	rows, err := rowsOf(entries)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	seq, hash, err := lockHead(ctx, tx)
	if err != nil {
		return 0, err
	}
	end := head{seq, hash}
	for i := range rows {
		next := rows[i : i+1].follow(end)
		n, err := insert(ctx, tx, rows[i])
		if err != nil {
			return 0, err
		}
		if n > 0 {
			end = next
			posted++
		}
	}
	b.end.Store(&end)
	if posted == 0 {
		return 0, nil
	}
	return posted, moveHead(ctx, tx, end.seq, end.hash)
}

// PostNew is PostAll for entries that ought to be new, in half the statements.
// When one is not new after all it returns ErrNotNew: the transaction must then
// be rolled back by returning that error, and may be run again with PostAll.
func (b *Book) PostNew(ctx context.Context, tx *db.Tx, entries []Entry) (posted int, err error) {
	rows, err := rowsOf(entries)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	from := b.end.Load()
	if from == nil {
		return b.PostAll(ctx, tx, entries)
	}
	end := rows.follow(*from)
	if moved, err := moveHeadFrom(ctx, tx, from, &end); err != nil {
		return 0, err
	} else if !moved { // another process posted, or the last transaction came to nothing
		return b.PostAll(ctx, tx, entries)
	}
	n, err := insert(ctx, tx, rows...)
	if err != nil {
		return 0, err
	}
	if n != len(rows) {
		return 0, ErrNotNew
	}
	b.end.Store(&end)
	return n, nil
}

// chain is rows that are about to be added.
type chain []row

// follow numbers and hashes the rows as those after the given one, and returns
// the last.
func (c chain) follow(end head) head {
	for i := range c {
		c[i].seq = end.seq + 1
		c[i].hash = c[i].link(end.hash)
		end = head{c[i].seq, c[i].hash}
	}
	return end
}

func rowsOf(entries []Entry) (chain, error) {
	rows := make(chain, 0, len(entries))
	for _, e := range entries {
		r, err := rowOf(e)
		if err != nil {
			return nil, fmt.Errorf("posting %s: %w", e.ID, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
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
