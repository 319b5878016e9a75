package contribution

import (
	"context"
	"fmt"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/money"
)

// Status is a payment as its donor's return page shows it. It names nobody.
type Status struct {
	Payment  string
	State    PaymentState
	Provider string
	Amount   money.Amount
	Rhythm   Rhythm
	Lang     string
	// Abandoned says of Failed that the page expired; otherwise the bank refused.
	Abandoned bool
	// Next is the day of the next payment; "" when there is none or it is not
	// known yet.
	Next Day
}

// Waiting says that the page should be looked at again.
func (s Status) Waiting() bool { return s.State == Started }

// Status reads where a payment stands. It asks nobody and changes nothing.
func (t *Till) Status(ctx context.Context, payment string) (Status, error) {
	if !ident.IsSecret(payment) {
		return Status{}, fault.Missingf("There is no such payment")
	}
	var s Status
	err := t.d.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		pay, err := selectPayment(ctx, tx, payment)
		if err != nil {
			return err
		}
		pledge, err := selectPledge(ctx, tx, pay.Pledge)
		if err != nil {
			return err
		}
		all, err := paymentsOf(ctx, tx, pay.Pledge)
		if err != nil {
			return err
		}
		s = Status{
			Payment: pay.ID, State: pay.State, Provider: pay.Provider, Amount: pay.Amount, Rhythm: pledge.Rhythm,
			Lang: pledge.Lang, Abandoned: pay.Abandoned,
		}
		standing := StandingOf(pledge.Rhythm, all)
		if phase, _ := PhaseOf(pledge.Pledge, standing, tx.Now); phase == Active || phase == PastDue {
			s.Next = standing.Due
		}
		return nil
	})
	return s, err
}

// View is a pledge as its supporter's page shows it.
type View struct {
	Pledge
	Phase  Phase
	Reason Reason
	Standing
	// InFlight says that a renewal is on its way to the bank at this moment.
	InFlight bool
	Kept     Kept
}

// Kept is what we store about a supporter, as it really is in the database.
type Kept struct {
	// Packet says that address, language and the provider's ids are stored,
	// sealed to the key of Until's day and unreadable after it.
	Packet bool
	Until  Day
	// Payments is how many rows the ledger's pseudonymous part has: a random
	// id, an amount, a day each.
	Payments int
	// Provider is who else keeps a record, by its own rules.
	Provider string
}

// Pledge reads a pledge. The caller has verified that it may be shown: its id
// came out of a signed link.
func (t *Till) Pledge(ctx context.Context, id string) (View, error) {
	if !ident.IsSecret(id) {
		return View{}, fault.Missingf("There is no such gift")
	}
	var v View
	err := t.d.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		pledge, err := selectPledge(ctx, tx, id)
		if err != nil {
			return err
		}
		all, err := paymentsOf(ctx, tx, id)
		if err != nil {
			return err
		}
		v = View{Pledge: pledge.Pledge, Standing: StandingOf(pledge.Rhythm, all)}
		v.Phase, v.Reason = PhaseOf(pledge.Pledge, v.Standing, tx.Now)
		v.InFlight = inFlight(all)
		v.Kept = Kept{Packet: len(pledge.packet) > 0, Until: pledge.packetDay, Payments: len(all), Provider: pledge.Provider}
		return nil
	})
	return v, err
}

func inFlight(all []Payment) bool {
	for _, p := range all {
		if p.State == Started && !p.Hosted {
			return true
		}
	}
	return false
}

// Stopped is what a supporter is told who stopped a gift.
type Stopped struct {
	Paid int // how many payments came
	Last Day // when the last one did; "" when none did
	// InFlight says that a renewal had been handed to the bank before: it may
	// still appear on the statement, and is the last.
	InFlight bool
	// Already says that the gift had ended before.
	Already bool
}

// Stop ends a pledge for good. When it returns without an error, nothing will be
// charged for the pledge that was not on its way before, and the sealed packet
// is gone. Stopping twice is stopping once.
func (t *Till) Stop(ctx context.Context, id string) (Stopped, error) {
	if !ident.IsSecret(id) {
		return Stopped{}, fault.Missingf("There is no such gift")
	}
	var pledge kept
	if err := t.d.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		pledge, err = selectPledge(ctx, tx, id)
		return err
	}); err != nil {
		return Stopped{}, err
	}
	who, err := t.open(pledge)
	if err != nil { // a mail less; the stop matters more
		t.opt.Log.Warn("stopping a gift without a mail, because its packet cannot be opened", "pledge", id, "err", err)
	}
	var s Stopped
	err = t.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := lockPledge(ctx, tx, id)
		if err != nil {
			return err
		}
		all, err := paymentsOf(ctx, tx, id)
		if err != nil {
			return err
		}
		standing := StandingOf(now.Rhythm, all)
		s = Stopped{Paid: standing.Paid, Last: standing.Last, InFlight: inFlight(all)}
		if phase, _ := PhaseOf(now.Pledge, standing, tx.Now); phase == Ended {
			s.Already = true
			return nil
		}
		now.endIf(Ended, ByDonor, DayOf(tx.Now))
		if err := updatePledge(ctx, tx, now); err != nil {
			return err
		}
		last := Payment{ID: id, Settled: standing.Last, Amount: now.Amount}
		sealed, err := t.prepareMail(mailGiftStopped, now.Pledge, last, "", standing.Paid, who.Email)
		if err != nil {
			return err
		}
		return t.putMail(ctx, tx, sealed)
	})
	return s, err
}

// Again opens a payment page on which a supporter whose payment is past due can
// pay it with another card; the gift then goes on with that card. A page that is
// open already is the one returned.
func (t *Till) Again(ctx context.Context, id string) (Opened, error) {
	if !ident.IsSecret(id) {
		return Opened{}, fault.Missingf("There is no such gift")
	}
	var pledge kept
	var pay record
	if err := t.d.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if pledge, err = lockPledge(ctx, tx, id); err != nil {
			return err
		}
		pay, err = t.claimAgain(ctx, tx, pledge)
		return err
	}); err != nil {
		return Opened{}, err
	}
	p, err := t.provider(pledge.Provider)
	if err != nil {
		return Opened{}, err
	}
	who, err := t.open(pledge)
	if err != nil {
		return Opened{}, err
	}
	opened, err := t.present(ctx, p, pay, who.Email, pledge.Lang)
	if fault.KindOf(err) == fault.Conflict {
		return opened, fault.Wrap(fault.Unavailable, "The payment page cannot be reached. Try again in a day", err)
	}
	return opened, err
}

func (t *Till) claimAgain(ctx context.Context, tx *db.Tx, pledge kept) (record, error) {
	rows, err := payments(ctx, tx, "select "+paymentColumns+" from payment where pledge = $1", pledge.ID)
	if err != nil {
		return record{}, err
	}
	all := make([]Payment, 0, len(rows))
	for _, r := range rows {
		all = append(all, r.Payment)
	}
	s := StandingOf(pledge.Rhythm, all)
	if phase, _ := PhaseOf(pledge.Pledge, s, tx.Now); phase != PastDue {
		return record{}, fault.Conflictf("No payment of this gift is waiting")
	}
	for _, r := range rows {
		if r.State != Started || r.Period != s.Period {
			continue
		}
		if !r.Hosted {
			return record{}, fault.Conflictf("This payment is on its way to the bank. Look again in a day")
		}
		return r, nil
	}
	pay, err := t.insertHosted(ctx, tx, pledge.Pledge, s.Period, "")
	if err != nil {
		return record{}, fmt.Errorf("beginning a payment again: %w", err)
	}
	return pay, nil
}
