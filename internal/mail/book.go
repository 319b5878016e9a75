package mail

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// book writes down what became of the letters of a run. Outcomes that come in
// while one transaction is on its way to the disk share the next.
type book struct {
	run    *run
	cancel context.CancelCauseFunc
	in     chan entry
	closed chan struct{}
	err    error // set before closed
}

type entry struct {
	outcome
	written chan struct{}
}

// mostEntries bounds a transaction.
const mostEntries = 256

// keep opens a book. When something cannot be written it cancels the run.
func (r *run) keep(ctx context.Context, cancel context.CancelCauseFunc) *book {
	b := &book{run: r, cancel: cancel, in: make(chan entry, mostEntries), closed: make(chan struct{})}
	go b.write(ctx)
	return b
}

// enter writes an outcome down. It waits until that is durable, but for mail
// that is replaced: nothing has left that could leave twice.
func (b *book) enter(o outcome) {
	if o.fate == 0 {
		return
	}
	e := entry{outcome: o}
	if o.fate != replaced {
		e.written = make(chan struct{})
	}
	select {
	case b.in <- e:
	case <-b.closed:
		return
	}
	if e.written == nil {
		return
	}
	select {
	case <-e.written:
	case <-b.closed:
	}
}

// close waits for the last outcome.
func (b *book) close() error {
	close(b.in)
	<-b.closed
	return b.err
}

func (b *book) write(ctx context.Context) {
	defer close(b.closed)
	for e := range b.in {
		entries := append(make([]entry, 0, mostEntries), e)
	gather:
		for len(entries) < mostEntries {
			select {
			case e, open := <-b.in:
				if !open {
					break gather
				}
				entries = append(entries, e)
			default:
				break gather
			}
		}
		if b.err = b.flush(ctx, entries); b.err != nil {
			b.cancel(b.err)
			return
		}
		for _, e := range entries {
			if e.written != nil {
				close(e.written)
			}
		}
	}
}

// flush writes entries in one transaction. While the database does not answer
// it holds on to them, because the letters have left; nothing else leaves
// meanwhile.
func (b *book) flush(ctx context.Context, entries []entry) error {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := b.run.db.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *db.Tx) error { return b.run.record(ctx, tx, entries) })
		if fault.KindOf(err) != fault.Unavailable {
			return err
		}
		b.run.log.Error("what became of mail cannot be written down; no more is sent until it can", "letters", len(entries), "err", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

// record is the transaction of flush.
func (r *run) record(ctx context.Context, tx *db.Tx, entries []entry) error {
	if held, err := holds(ctx, tx, r.bucket, r.holder); err != nil {
		return err
	} else if !held {
		return errNotHeld
	}
	kinds := map[string]counts{}
	for _, e := range entries {
		c := kinds[e.kind]
		if err := r.settle(ctx, tx, e.outcome, &c); err != nil {
			return err
		}
		kinds[e.kind] = c
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) { // in one order for all runs, lest they block each other
		if c := kinds[kind]; c != (counts{}) {
			if err := count(ctx, tx, dayOf(tx.Now), kind, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle gives a row the state that its letter's fate asks for.
func (r *run) settle(ctx context.Context, tx *db.Tx, o outcome, c *counts) error {
	switch o.fate {
	case deferred:
		return postponeMail(ctx, tx, o.row)
	case replaced: // what keeps it back stays
		c.dropped++
		return deleteMail(ctx, tx, o.seq)
	case dropped:
		c.dropped++
	case sent:
		c.sent++
	case rejected:
		c.rejected++
	case failed:
		c.failed++
	default:
		return fmt.Errorf("a letter's fate is %d", o.fate)
	}
	if o.group != "" {
		return settleMail(ctx, tx, o.seq)
	}
	return deleteMail(ctx, tx, o.seq)
}
