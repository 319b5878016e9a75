package contribution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/vault"
)

// followup is what is owed after a payment's state has moved.
type followup struct {
	mail   mailKind // "" for none
	phase  Phase
	reason Reason
	keep   bool // a further payment will fall due, so the packet is needed
	due    Day  // the day to act on; "" for none
	gift   bool // it is the first payment of the pledge
	paid   int  // how many payments have come in
}

// followupOf decides what follows from a payment, given all payments of its
// pledge.
func followupOf(p Pledge, payments []Payment, pay Payment, now time.Time) followup {
	s := StandingOf(p.Rhythm, payments)
	f := followup{gift: pay.State == Paid && pay.Period == 0 && !pay.Extra, paid: s.Paid}
	f.phase, f.reason = PhaseOf(p, s, now)
	if f.phase != Ended && s.Anchor != "" {
		f.keep, f.due = true, s.Try
	}
	switch pay.State {
	case Paid:
		f.mail = mailReceipt
	case Failed:
		switch {
		case pay.Hosted || pay.Abandoned:
		case f.phase == PastDue:
			f.mail = mailCardFailed
		case f.phase == Ended && f.reason == ByFailure:
			f.mail = mailGiftEnded
		}
	case Started, Refunded, Disputed:
	default:
		panic("contribution: unknown payment state " + string(pay.State))
	}
	return f
}

// contact is the sealed packet of an active pledge: all that is kept of a person.
type contact struct {
	Email    string `json:"email"`
	Lang     string `json:"lang"`
	Customer string `json:"customer"`
	Method   string `json:"method"`
}

func packetContext(pledge string) string { return "pledge " + pledge }

func (t *Till) seal(day Day, pledge string, who contact) ([]byte, error) {
	plain, err := json.Marshal(who)
	if err != nil {
		return nil, fmt.Errorf("sealing a packet: %w", err)
	}
	sealed, err := t.vault.Seal(string(day), packetContext(pledge), plain)
	if err != nil {
		return nil, fmt.Errorf("sealing a packet: %w", err)
	}
	return sealed, nil
}

// open returns what a pledge's packet holds; nothing when there is none, or its
// key is gone.
func (t *Till) open(p kept) (contact, error) {
	var who contact
	if len(p.packet) == 0 {
		return who, nil
	}
	plain, err := t.vault.Open(string(p.packetDay), packetContext(p.ID), p.packet)
	if errors.Is(err, vault.ErrDestroyed) {
		return who, nil
	}
	if err != nil {
		return who, fmt.Errorf("opening a packet: %w", err)
	}
	if err := json.Unmarshal(plain, &who); err != nil {
		return who, fmt.Errorf("opening a packet: %w", err)
	}
	return who, nil
}

// whose finds the person behind a payment: in the Fact at hand, at the provider
// for what was paid on its page, else in the packet.
func (t *Till) whose(ctx context.Context, p kept, pay record, f Fact) (contact, error) {
	if !pay.Hosted {
		return t.open(p)
	}
	if !pay.State.Taken() { // nothing was paid on that page; an earlier card may still be known
		return t.open(p)
	}
	if f.Email == "" && pay.Ref != "" {
		provider, err := t.provider(pay.Provider)
		if err != nil {
			return contact{}, err
		}
		if f, err = t.lookup(ctx, provider, pay.Ref); err != nil {
			return contact{}, fault.Wrap(fault.Unavailable, "The payment processor does not answer", err)
		}
	}
	return contact{Email: f.Email, Lang: p.Lang, Customer: f.Customer, Method: f.Method}, nil
}

// errMoved says that what a follow-up was prepared for has changed meanwhile.
var errMoved = errors.New("the pledge has moved on")

// follow does what is owed after a payment's state has moved: the mail, the
// packet for the next due day, the end of the pledge. It is done once, whoever
// calls it and however often. f may be the Fact that moved the state, or empty.
func (t *Till) follow(ctx context.Context, payment string, f Fact) error {
	for range 8 {
		err := t.followOnce(ctx, payment, f)
		if !errors.Is(err, errMoved) {
			return ignoring(err, errSeen)
		}
	}
	return fault.Unavailablef("This gift is changing too fast")
}

func (t *Till) followOnce(ctx context.Context, payment string, f Fact) error {
	var (
		pay    record
		pledge kept
		plan   followup
	)
	if err := t.d.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		pay, pledge, plan, err = outlook(ctx, tx, payment, selectPledge)
		return err
	}); err != nil {
		return err
	}
	var who contact
	if plan.keep || plan.mail != "" {
		var err error
		if who, err = t.whose(ctx, pledge, pay, f); err != nil {
			return err
		}
	}
	var packet []byte
	var packetDay Day
	lost := plan.keep && (who.Email == "" || who.Customer == "")
	if lost {
		t.opt.Log.Error("a gift ends because what is needed to renew it cannot be read", "pledge", pledge.ID)
	} else if plan.keep {
		var err error
		packetDay = max(plan.due, DayOf(t.opt.Now()))
		if packet, err = t.seal(packetDay, pledge.ID, who); err != nil {
			return err
		}
	}
	if lost {
		plan.due = ""
	}
	sealed, err := t.prepareMail(plan.mail, pledge.Pledge, pay.Payment, plan.due, plan.paid, who.Email)
	if err != nil {
		return err
	}
	return t.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, pledge, now, err := outlook(ctx, tx, payment, lockPledge)
		if err != nil {
			return err
		}
		if lost {
			now.due = ""
		}
		if now != plan {
			return errMoved
		}
		if fresh, err := followed(ctx, tx, payment); err != nil {
			return err
		} else if !fresh {
			return errSeen
		}
		if lost {
			now.phase, now.reason = Ended, ByFailure
		}
		pledge.packet, pledge.packetDay, pledge.due = packet, packetDay, now.due
		pledge.endIf(now.phase, now.reason, DayOf(tx.Now))
		if err := updatePledge(ctx, tx, pledge); err != nil {
			return err
		}
		if err := t.planRenewal(ctx, tx, pledge.due); err != nil {
			return err
		}
		if err := t.putMail(ctx, tx, sealed); err != nil {
			return err
		}
		return t.gift(ctx, tx, pledge, now.gift, who.Email)
	})
}

// outlook reads a payment that is to be followed up, its pledge, and what is to
// be done. When nothing is, it returns errSeen.
func outlook(ctx context.Context, tx *db.Tx, payment string, read func(context.Context, *db.Tx, string) (kept, error)) (record, kept, followup, error) {
	pay, err := selectPayment(ctx, tx, payment)
	if err != nil {
		return pay, kept{}, followup{}, err
	}
	if !pay.todo || pay.State == Started {
		return pay, kept{}, followup{}, errSeen
	}
	pledge, err := read(ctx, tx, pay.Pledge)
	if err != nil {
		return pay, pledge, followup{}, err
	}
	all, err := paymentsOf(ctx, tx, pay.Pledge)
	if err != nil {
		return pay, pledge, followup{}, err
	}
	return pay, pledge, followupOf(pledge.Pledge, all, pay.Payment, tx.Now), nil
}

// endIf stores the end of a pledge, or that it goes on after all.
func (p *kept) endIf(phase Phase, reason Reason, today Day) {
	switch phase {
	case Ended:
		p.packet, p.packetDay, p.due = nil, "", ""
		if p.Ended == "" {
			p.Ended = today
		}
		p.Reason = reason
	case Pending, Active, PastDue:
		p.Ended, p.Reason = "", NotEnded
	default:
		panic("contribution: unknown phase " + string(phase))
	}
}

// gift tells the others of a first payment.
func (t *Till) gift(ctx context.Context, tx *db.Tx, pledge kept, first bool, email string) error {
	if !first {
		return nil
	}
	if t.opt.CountGift != nil && pledge.Appeal != "" {
		if err := t.opt.CountGift(ctx, tx, pledge.Pledge); err != nil {
			return fmt.Errorf("counting a gift: %w", err)
		}
	}
	if t.opt.OnGift == nil || email == "" {
		return nil
	}
	if err := t.opt.OnGift(ctx, tx, email); err != nil {
		return fmt.Errorf("telling of a gift: %w", err)
	}
	return nil
}
