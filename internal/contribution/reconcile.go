package contribution

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ledger"
)

const (
	// overlap is how far before the bookmark movements are read again: longer
	// than any movement takes to appear in a provider's list.
	overlap = 7
	// patience is after how many days a payment of which the provider knows
	// nothing is given up.
	giveUpAfter = 3
	// eventsKept is for how many days webhooks are remembered; providers repeat
	// them for three.
	eventsKept = 60
)

// Report is what a reconciliation found.
type Report struct {
	Settled   int `json:"settled"`   // payments whose outcome was found out
	Open      int `json:"open"`      // payments that are still open
	Movements int `json:"movements"` // movements that the providers listed
	Booked    int `json:"booked"`    // of them, those that the ledger did not have
	// Strangers are booked movements of payments that are not in our tables:
	// after a backup was restored, or made by hand at the provider.
	Strangers int `json:"strangers"`
	// Problems are what could not be done now, without names.
	Problems []string `json:"problems"`
}

// String is the report for a terminal.
func (r Report) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "The outcome of %d payments was found out, %d are still open.\nThe providers list %d movements, %d of them were not in the ledger.\n",
		r.Settled, r.Open, r.Movements, r.Booked)
	if r.Strangers > 0 {
		fmt.Fprintf(&text, "%d of these belong to no payment that is known here: look at them.\n", r.Strangers)
	}
	for _, p := range r.Problems {
		text.WriteString("Not done: " + p + "\n")
	}
	return text.String()
}

// problem adds what could not be done to the report.
func problem(r *Report, format string, args ...any) {
	const most = 50
	if len(r.Problems) < most {
		r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
	}
}

// Reconcile compares what we hold with what the providers hold and mends the
// difference: open payments and renewals of unknown outcome are looked up, and
// every movement since the last time is booked that is not in the ledger yet
// (refunds, disputes, fees, payouts, and whatever no webhook told of). It
// charges nobody for anything new. It can be run at any time and beside itself.
// The error tells that the database failed; what a provider could not answer is
// in Report.Problems, and is tried again the next time.
func (t *Till) Reconcile(ctx context.Context) (Report, error) {
	r := Report{Problems: []string{}}
	// Movements first: a renewal that the provider took is then known to be
	// paid before anybody thinks of giving it up.
	for _, p := range t.opt.Providers {
		if err := t.readMovements(ctx, p, &r); err != nil {
			return r, err
		}
	}
	after := ""
	for {
		var page []record
		if err := t.d.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			page, err = unfinished(ctx, tx, after, batch)
			return err
		}); err != nil {
			return r, err
		}
		for _, pay := range page {
			after = pay.ID
			stale := DayOf(t.opt.Now()) >= pay.Begun.After(giveUpAfter)
			if err := t.pursue(ctx, pay, stale); err != nil {
				if ctx.Err() != nil {
					return r, ctx.Err()
				}
				r.Open++
				problem(&r, "payment %s: %v", pay.ID, err)
				continue
			}
			settled, err := t.isSettled(ctx, pay.ID)
			if err != nil {
				return r, err
			}
			if settled {
				r.Settled++
			} else {
				r.Open++
			}
		}
		if len(page) < batch {
			return r, nil
		}
	}
}

func (t *Till) isSettled(ctx context.Context, id string) (settled bool, err error) {
	err = t.d.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		pay, err := selectPayment(ctx, tx, id)
		settled = !pay.todo
		return err
	})
	return settled, err
}

// pursue finds out what became of a payment. giveUp says that a donor has had
// long enough.
func (t *Till) pursue(ctx context.Context, pay record, giveUp bool) error {
	if pay.State != Started {
		return t.follow(ctx, pay.ID, Fact{})
	}
	p, err := t.provider(pay.Provider)
	if err != nil {
		return err
	}
	fact := Fact{State: Started}
	switch {
	case pay.Ref != "":
		fact, err = t.lookup(ctx, p, pay.Ref)
		if fault.KindOf(err) == fault.Missing {
			fact, err = Fact{State: Started}, nil
		}
		if err != nil {
			return fault.Wrap(fault.Unavailable, "The payment processor does not answer", err)
		}
	case !pay.Hosted:
		if fact, err = t.find(ctx, p, pay); err != nil {
			return err
		}
	}
	if fact.State == Started && !fact.Processing && giveUp {
		fact = Fact{Payment: pay.ID, Pledge: pay.Pledge, Ref: pay.Ref, State: Failed, Abandoned: true, At: t.opt.Now(), Amount: pay.Amount}
	}
	if fact.State == Started {
		return nil
	}
	fact.Payment = pay.ID
	_, err = t.settle(ctx, p.Name(), fact, "")
	return err
}

// find asks what became of a renewal whose answer was lost. When its pledge was
// stopped the provider's ids are gone, and only the movements can tell.
func (t *Till) find(ctx context.Context, p Provider, pay record) (Fact, error) {
	var pledge kept
	if err := t.d.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		pledge, err = selectPledge(ctx, tx, pay.Pledge)
		return err
	}); err != nil {
		return Fact{}, err
	}
	who, err := t.open(pledge)
	if err != nil {
		return Fact{}, err
	}
	if who.Customer == "" {
		return Fact{State: Started}, nil
	}
	ctx, cancel := t.patient(ctx)
	defer cancel()
	fact, err := p.Find(ctx, Renewal{
		Key: pay.Key, Payment: pay.ID, Pledge: pay.Pledge, Amount: pay.Amount,
		Customer: who.Customer, Method: who.Method, Descriptor: t.opt.Descriptor,
	})
	switch fault.KindOf(err) {
	case fault.Missing: // never charged: the next batch of renewals charges it
		return Fact{State: Started, Processing: pledge.Ended == ""}, nil
	case fault.Unexpected, fault.Invalid, fault.Denied, fault.Conflict, fault.Unavailable:
		if err != nil {
			return Fact{}, fault.Wrap(fault.Unavailable, "The payment processor does not answer", err)
		}
	}
	return fact, nil
}

// readMovements books what a provider lists since the bookmark, and looks up
// the payments of which it tells something new.
func (t *Till) readMovements(ctx context.Context, p Provider, r *Report) error {
	var mark Day
	if err := t.d.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		mark, err = bookmark(ctx, tx, p.Name())
		return err
	}); err != nil {
		return err
	}
	var since time.Time
	if mark != "" {
		since = mark.After(-overlap).Time()
	}
	movements, err := p.Movements(ctx, since)
	if err != nil {
		problem(r, "the movements at %s: %v", p.Name(), err)
		return ctx.Err()
	}
	complete := true
	for _, m := range movements {
		r.Movements++
		mark = max(mark, DayOf(m.At))
		err := t.bookMovement(ctx, p, m, r)
		if err != nil {
			problem(r, "a movement at %s: %v", p.Name(), err)
			complete = false
		}
	}
	if !complete || mark == "" {
		return ctx.Err()
	}
	return t.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return setBookmark(ctx, tx, p.Name(), mark) })
}

// bookMovement books one movement if the ledger lacks it, after settling the
// payment that it belongs to.
func (t *Till) bookMovement(ctx context.Context, p Provider, m Movement, r *Report) error {
	entry := m.entry(p.Name())
	var pay record
	if err := t.d.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		there, err := t.book.Has(ctx, tx, entry.ID)
		if err != nil {
			return err
		}
		if there {
			return errSeen
		}
		if m.Payment != "" {
			pay, err = selectPayment(ctx, tx, m.Payment)
		}
		return err
	}); errors.Is(err, errSeen) {
		return nil
	} else if err != nil && fault.KindOf(err) != fault.Missing {
		return err
	}
	if pay.ID != "" && m.Ref != "" && movesPayment(m.Kind) {
		fact, err := t.lookup(ctx, p, m.Ref)
		if err != nil {
			return fault.Wrap(fault.Unavailable, "The payment processor does not answer", err)
		}
		out, err := t.settle(ctx, p.Name(), fact, "")
		r.Booked += out.posted
		if out.changed {
			r.Settled++
		}
		if err != nil {
			return err
		}
	}
	if pay.ID != "" {
		entry.Pledge = pay.Pledge
	}
	posted := false
	if err := t.d.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		posted, err = t.book.Post(ctx, tx, entry)
		return err
	}); err != nil || !posted {
		return err
	}
	r.Booked++
	if pay.ID == "" && (m.Payment != "" || m.Kind == ledger.Gross) {
		r.Strangers++
	}
	return nil
}

// movesPayment says whether a movement of this kind may change a payment's state.
func movesPayment(k ledger.Kind) bool {
	switch k {
	case ledger.Gross, ledger.Refund, ledger.Dispute:
		return true
	case ledger.Fee, ledger.Payout, ledger.Exchange:
		return false
	default:
		return false
	}
}
