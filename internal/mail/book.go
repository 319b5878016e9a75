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
		held := false
		err := b.run.db.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *db.Tx) (err error) {
			held, err = b.run.record(ctx, tx, entries)
			return err
		})
		if err == nil && !held {
			return errNotHeld
		}
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

// record is the transaction of flush. It tells whether the run still holds its
// minute; what has left is written down in any case, because it has left.
func (r *run) record(ctx context.Context, tx *db.Tx, entries []entry) (held bool, err error) {
	kinds := map[string]counts{}
	for _, e := range entries {
		c := kinds[e.kind]
		if err := r.settle(ctx, tx, e.outcome, &c); err != nil {
			return false, err
		}
		kinds[e.kind] = c
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) { // in one order for all runs, lest they block each other
		if c := kinds[kind]; c != (counts{}) {
			if err := count(ctx, tx, dayOf(tx.Now), kind, c); err != nil {
				return false, err
			}
		}
	}
	return holds(ctx, tx, r.bucket, r.holder)
}

// settle gives a row the state that its letter's fate asks for, and counts it
// unless that was done already.
func (r *run) settle(ctx context.Context, tx *db.Tx, o outcome, c *counts) error {
	if o.fate == deferred {
		return postponeMail(ctx, tx, o.row)
	}
	end := deleteMail
	if o.group != "" && o.fate != replaced { // it keeps older ones back
		end = settleMail
	}
	if n, err := end(ctx, tx, o.seq); err != nil || n == 0 {
		return err
	}
	switch o.fate {
	case sent:
		c.sent++
	case replaced, dropped:
		c.dropped++
	case rejected:
		c.rejected++
	case failed:
		c.failed++
	case deferred:
	default:
		return fmt.Errorf("a letter's fate is %d", o.fate)
	}
	return nil
}
