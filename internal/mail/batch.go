package mail

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/jobs"
)

// How a batch leaves.
//
// All mail planned for one minute is one batch, and one job sends it: the job
// is unique, so one process at a time has it. It reads the rows newest first, a
// page at a time, opens a page on all processors, decides in the order of the
// rows who gets what, and hands the letters to senders, each of which writes
// down what became of a letter before it takes the next (book.go). What is in
// memory at a time is a few pages, and 16 bytes for each address of a group.
//
// Exactly once, in effect. A letter's row is ended in a transaction of its own
// (shared with the other senders' of that moment) right after the server's
// answer. A process that is killed leaves the job; it runs again, and what was
// not written down is sent again under the same Message-ID. So the window in
// which a letter may be sent twice is one round to the disk, for as many
// letters as leave meanwhile and at most three for each connection. A process
// that merely lost its job to another finds, at the next such transaction, that
// it does not hold the minute any more, and stops.
//
// The newest of an address in a group stays the only one through all that:
// whoever has left or was given up stays as a row in the state done, sealed as
// before, until the whole minute was gone through, and keeps older ones back in
// the next run as it did in this one. Then all such rows are deleted. Ungrouped
// mail is deleted at once.
//
// A letter that could not be handed over waits for its next attempt, sealed to
// the day of that attempt, and still keeps older ones back.

// batch are the arguments of the job that sends the mail of a minute.
type batch struct {
	Bucket int64 `json:"bucket"`
}

// Kind implements jobs.Args.
func (batch) Kind() string { return "mail.batch" }

const (
	// longestBatch is how long a run may take; what is left then is the next
	// run's.
	longestBatch = 12 * time.Hour
	pageSize     = 500
)

// pauses are how long a letter waits after each failed attempt. After the last
// attempt it is given up.
var pauses = [...]time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 48 * time.Hour}

// work sends the mail of a minute.
func (m *Queue) work(ctx context.Context, job jobs.Job[batch]) error {
	r := &run{Queue: m, bucket: job.Args.Bucket, holder: strconv.FormatInt(job.ID, 10) + "/" + strconv.Itoa(job.Attempt)}
	if err := m.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return takeOver(ctx, tx, r.bucket, r.holder) }); err != nil {
		return fmt.Errorf("beginning a batch of mail: %w", err)
	}
	defer m.closeIdle()
	for {
		if err := r.pass(ctx); err != nil {
			return fmt.Errorf("sending a batch of mail: %w", err)
		}
		if over, err := r.end(ctx, job); err != nil {
			return fmt.Errorf("ending a batch of mail: %w", err)
		} else if over {
			return nil
		}
	}
}

// closeIdle lets go of connections that the batch no longer needs.
func (m *Queue) closeIdle() {
	if p, ok := m.post.(interface{ CloseIdle() }); ok {
		p.CloseIdle()
	}
}

// run is one run of a minute's job.
type run struct {
	*Queue
	bucket int64
	holder string
}

// errNotHeld says that another run has taken the minute over.
var errNotHeld = errors.New("another process sends this batch now")

// end completes the job, unless mail became due meanwhile. In the same
// transaction it sees to the attempts that are still to come.
func (r *run) end(ctx context.Context, job jobs.Job[batch]) (over bool, err error) {
	err = r.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		next, more, err := nextDue(ctx, tx, r.bucket)
		if err != nil {
			return err
		}
		if over = !more || next > db.Micros(tx.Now); !over {
			return nil
		}
		if held, err := endRun(ctx, tx, r.bucket, r.holder); err != nil {
			return err
		} else if !held {
			return errNotHeld
		}
		if err := job.Done(ctx, tx); err != nil {
			return err
		}
		if more {
			err = r.jobs.Enqueue(ctx, tx, batch{Bucket: r.bucket}, jobs.When{At: db.Time(next), Unique: true})
		} else { // marks that came in while the last mail left
			_, err = clearMarks(ctx, tx, r.bucket, math.MaxInt64, math.MaxInt32)
		}
		if err != nil {
			return err
		}
		return r.sweepAfter(ctx, tx, db.Time(r.bucket))
	})
	return over, err
}

// pass goes through the rows of the minute once and sends what is due.
func (r *run) pass(ctx context.Context) error {
	var first int64
	due := false
	if err := r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if first, err = newest(ctx, tx, r.bucket); err != nil {
			return err
		}
		next, more, err := nextDue(ctx, tx, r.bucket)
		due = more && next <= db.Micros(tx.Now)
		return err
	}); err != nil {
		return err
	}
	if !due { // a run that was killed may have left rows behind
		return r.forget(ctx, first)
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	sending, stop := linger(ctx)
	defer stop()
	book := r.keep(ctx, cancel)
	letters := make(chan letter)
	var senders sync.WaitGroup
	for range r.senders {
		senders.Go(func() {
			for l := range letters {
				if ctx.Err() == nil {
					book.enter(r.deliver(sending, l))
				}
			}
		})
	}
	err := r.choose(ctx, first, book, letters)
	close(letters)
	senders.Wait()
	if bookErr := book.close(); err == nil {
		err = bookErr
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	return r.forget(ctx, first)
}

// grace is how long letters under way may take to arrive when the process is
// told to stop: cut off, they might arrive twice.
const grace = time.Second

// linger gives a context that ends a while after its parent.
func linger(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	ended := context.AfterFunc(parent, func() {
		select {
		case <-time.After(grace):
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() { ended(); cancel() }
}

// letter is a mail on its way to a sender.
type letter struct {
	row
	packet packet
	err    error // why its packet cannot be opened
}

// choose reads the minute newest first and hands over what is due.
func (r *run) choose(ctx context.Context, from int64, book *book, letters chan<- letter) error {
	pages := make(chan []letter, 1)
	var readErr error
	reading, stop := context.WithCancel(ctx)
	go func() {
		defer close(pages)
		readErr = r.read(reading, from, pages)
	}()
	defer func() {
		stop()
		for range pages { // until the reader has ended
		}
	}()
	seen := map[[fingerprintSize]byte]struct{}{}
	for page := range pages {
		now := db.Micros(r.now())
		for _, l := range page {
			send := l.state == planned && l.due <= now
			if l.group != "" && l.err == nil {
				f := fingerprint(l.group, l.packet.To)
				if l.packet.To == "" {
					copy(f[:], l.packet.Fingerprint)
				}
				if _, again := seen[f]; again && l.state == planned {
					book.enter(outcome{row: l.row, fate: replaced})
					continue
				}
				seen[f] = struct{}{}
			}
			if !send {
				continue
			}
			select {
			case letters <- l:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	return readErr
}

// read brings the pages of a minute, opened.
func (r *run) read(ctx context.Context, from int64, pages chan<- []letter) error {
	for below := from + 1; ; {
		var rows []row
		if err := r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			rows, err = page(ctx, tx, r.bucket, below, pageSize)
			return err
		}); err != nil {
			return fmt.Errorf("reading planned mail: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		below = rows[len(rows)-1].seq
		select {
		case pages <- r.openAll(rows, db.Micros(r.now())):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// openAll opens a page on all processors. Mail that is due later and in no group
// is neither to be sent nor to be compared, and stays closed.
func (m *Queue) openAll(rows []row, now int64) []letter {
	letters := make([]letter, len(rows))
	var wg sync.WaitGroup
	for worker := range m.openers {
		wg.Go(func() {
			for i := worker; i < len(rows); i += m.openers {
				letters[i].row = rows[i]
				if rows[i].group == "" && rows[i].due > now {
					continue
				}
				letters[i].packet, letters[i].err = m.open(rows[i])
				letters[i].sealed = nil
			}
		})
	}
	wg.Wait()
	return letters
}

// forget deletes the rows that kept older ones back: those are all gone now.
func (r *run) forget(ctx context.Context, upTo int64) error {
	for n := int64(pageSize); n == pageSize; {
		if err := r.db.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			if held, err := holds(ctx, tx, r.bucket, r.holder); err != nil {
				return err
			} else if !held {
				return errNotHeld
			}
			n, err = clearMarks(ctx, tx, r.bucket, upTo, pageSize)
			return err
		}); err != nil {
			return fmt.Errorf("clearing up after a batch of mail: %w", err)
		}
	}
	return nil
}
