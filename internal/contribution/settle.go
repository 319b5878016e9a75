package contribution

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ledger"
)

// Hook takes a webhook's header and its raw body. The signature is verified on
// the bytes as they came. What it says is then forgotten: each object it names
// is fetched from the provider, and what was fetched is booked.
//
// nil means "understood, do not send it again", also of an event that was
// heard before or is of no interest. Denied: forged, stale or unreadable.
// Missing: there is no such provider. Unavailable: send it again.
func (t *Till) Hook(ctx context.Context, provider string, header map[string][]string, raw []byte) error {
	p, err := t.provider(provider)
	if err != nil {
		return err
	}
	rumour, err := p.Parse(header, raw)
	if err != nil {
		return fmt.Errorf("reading a webhook of %s: %w", provider, err)
	}
	if rumour.Event == "" || len(rumour.Event) > 255 {
		return fault.Deniedf("This webhook names no event")
	}
	if err := t.d.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		seen, err := hasEvent(ctx, tx, provider, rumour.Event)
		if err == nil && seen {
			return errSeen
		}
		return err
	}); err != nil {
		return ignoring(err, errSeen)
	}
	for i, ref := range rumour.Refs {
		event := ""
		if i == len(rumour.Refs)-1 { // remembered together with what it leads to
			event = rumour.Event
		}
		if err := t.lookUpAndSettle(ctx, p, ref, event); err != nil {
			return err
		}
	}
	if len(rumour.Refs) > 0 {
		return nil
	}
	return t.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := insertEvent(ctx, tx, provider, rumour.Event)
		return err
	})
}

// errSeen ends a transaction that has nothing to do.
var errSeen = errors.New("this was done before")

func ignoring(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

func (t *Till) lookUpAndSettle(ctx context.Context, p Provider, ref, event string) error {
	fact, err := t.lookup(ctx, p, ref)
	if fault.KindOf(err) == fault.Missing {
		fact, err = Fact{State: Started}, nil // of an object that is not there nothing follows
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, "The payment processor does not answer", err)
	}
	_, err = t.settle(ctx, p.Name(), fact, event)
	return err
}

func (t *Till) lookup(ctx context.Context, p Provider, ref string) (Fact, error) {
	ctx, cancel := t.patient(ctx)
	defer cancel()
	return p.Lookup(ctx, ref)
}

// outcome is what became of a Fact.
type outcome struct {
	posted  int  // new entries in the ledger
	changed bool // the payment's state moved
	unknown bool // money came for a payment that is not in our tables
}

// settle books a Fact and then follows it up. It may be called with any Fact in
// any order and any number of times.
//
// The two steps are two transactions on purpose. That money came in is true and
// is booked even when the key to seal an address is missing; and the follow-up
// is owed until it is done, because the payment says so (todo).
func (t *Till) settle(ctx context.Context, provider string, f Fact, event string) (outcome, error) {
	out, err := t.bookFact(ctx, provider, f, event)
	if err != nil || !out.changed {
		return out, err
	}
	return out, t.follow(ctx, f.Payment, f)
}

// bookFact remembers the event that led to a Fact, moves its payment's state
// forward, posts its movements and marks the follow-up as owed, in one
// transaction.
func (t *Till) bookFact(ctx context.Context, provider string, f Fact, event string) (outcome, error) {
	var out outcome
	if f.At.IsZero() && !f.State.Taken() {
		f.At = t.opt.Now()
	}
	entries, err := entriesOf(provider, f)
	if err != nil {
		return out, err
	}
	post := t.book.PostNew
	once := func(ctx context.Context, tx *db.Tx) error {
		out = outcome{}
		if event != "" {
			if fresh, err := insertEvent(ctx, tx, provider, event); err != nil {
				return err
			} else if !fresh {
				return errSeen
			}
		}
		if f.Payment == "" || f.State == Started {
			return nil
		}
		if err := t.advance(ctx, tx, provider, f, &out); err != nil {
			return err
		}
		book := post
		if !out.changed { // some movements are likely to be in the ledger
			book = t.book.PostAll
		}
		out.posted, err = book(ctx, tx, entries)
		return err
	}
	if err = t.d.Write(ctx, once); errors.Is(err, ledger.ErrNotNew) {
		post = t.book.PostAll
		err = t.d.Write(ctx, once)
	}
	if err != nil {
		return out, ignoring(err, errSeen)
	}
	if out.unknown && out.posted > 0 {
		t.opt.Log.Error("booked money for a payment that is not in the tables", "payment", f.Payment, "amount", f.Amount.String())
	}
	return out, nil
}

// entriesOf turns a Fact into ledger entries, and refuses one that makes no sense.
func entriesOf(provider string, f Fact) ([]ledger.Entry, error) {
	if !f.State.Valid() {
		return nil, fmt.Errorf("%s reports the unknown payment state %q", provider, f.State)
	}
	if f.State.Taken() && f.At.IsZero() {
		return nil, fmt.Errorf("%s reports a payment without a time", provider)
	}
	if !f.State.Taken() {
		return nil, nil
	}
	entries := make([]ledger.Entry, 0, len(f.Movements))
	for _, m := range f.Movements {
		m.Payment, m.Pledge = f.Payment, f.Pledge
		entries = append(entries, m.entry(provider))
	}
	return entries, nil
}

func (m Movement) entry(provider string) ledger.Entry {
	return ledger.Entry{
		ID: m.entryID(provider), Kind: m.Kind, Provider: provider, Amount: m.Amount,
		Pledge: m.Pledge, Payment: m.Payment, Day: string(DayOf(m.At)), At: m.At,
	}
}

// advance moves a payment's state to what the Fact says, if that is ahead.
func (t *Till) advance(ctx context.Context, tx *db.Tx, provider string, f Fact, out *outcome) error {
	hit, err := settleStarted(ctx, tx, provider, f)
	if err != nil || hit {
		out.changed = hit
		return err
	}
	pay, err := selectPayment(ctx, tx, f.Payment)
	if fault.KindOf(err) == fault.Missing {
		out.unknown = true
		return nil
	}
	if err != nil {
		return err
	}
	if pay.Provider != provider {
		return fmt.Errorf("%s reports a payment that was made with %s", provider, pay.Provider)
	}
	before := pay.State
	if pay.State = before.Join(f.State); pay.State == before {
		return nil
	}
	if f.State.Taken() && f.Amount != pay.Amount {
		t.opt.Log.Error("the provider took another amount than was asked for", "payment", pay.ID, "asked", pay.Amount.String(), "taken", f.Amount.String())
	}
	if before == Started {
		pay.Settled, pay.Abandoned = DayOf(f.At), f.Abandoned
	}
	if before == Failed {
		// It had been given up and was paid after all. If its period was paid
		// otherwise meanwhile, this is money beside the promise.
		all, err := paymentsOf(ctx, tx, pay.Pledge)
		if err != nil {
			return err
		}
		pay.Extra = slices.ContainsFunc(all, func(o Payment) bool {
			return o.ID != pay.ID && o.Period == pay.Period && !o.Extra && o.State != Failed
		})
		pay.Settled, pay.Abandoned = DayOf(f.At), false
	}
	if f.Ref != "" {
		pay.Ref = f.Ref
	}
	pay.todo, out.changed = true, true
	return updatePayment(ctx, tx, pay)
}
