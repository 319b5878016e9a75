// Package contribution is how readers pay for the newsroom: the form, the
// promise, each movement of money, and the end of the promise.
//
// A pledge is the promise: this much, this often. A payment is one movement of
// money for it. A supporter fills in one form; Till.Begin writes pledge and
// payment with a key of our own and commits before the provider hears of them;
// the supporter pays on the provider's page; and whatever then comes (a return,
// a webhook, a poll, nothing at all) only makes us fetch the payment's state
// from the provider again. That fetched Fact is booked in one transaction:
// the payment's state, the ledger, the receipt, the next due day. The provider
// saves the way to pay and we renew ourselves, each period once, on an anchor
// day; what we need for that (address, language, the provider's ids) is one
// packet sealed to the day it is needed on, and gone when the pledge ends.
//
// This file holds the rules. They are pure functions of dates, payments and
// now; the Till asks them what is so, and never decides by itself. Stored are
// tables pledge, payment, payment_event and payment_bookmark. Never stored are an
// address in clear, a card, a network address, or the time of day of a payment.
package contribution

import (
	"time"

	"mimeo/internal/money"
)

// Rhythm is how often a supporter gives. The zero Rhythm is invalid.
type Rhythm string

// The rhythms.
const (
	Once    Rhythm = "once"
	Monthly Rhythm = "monthly"
	Yearly  Rhythm = "yearly"
)

// Rhythms returns every rhythm, in the order of forms.
func Rhythms() []Rhythm { return []Rhythm{Monthly, Yearly, Once} }

// months is the length of a period, 0 when there is only one.
func (r Rhythm) months() int {
	switch r {
	case Once:
		return 0
	case Monthly:
		return 1
	case Yearly:
		return 12
	default:
		panic("contribution: unknown rhythm " + string(r))
	}
}

// Valid says whether r is one of the rhythms.
func (r Rhythm) Valid() bool { return r == Once || r == Monthly || r == Yearly }

// PaymentState is where a payment stands.
type PaymentState string

// The states, in the order in which a payment can pass through them.
const (
	Started  PaymentState = "started"  // nothing taken yet, or not known
	Failed   PaymentState = "failed"   // nothing was taken and nothing will be
	Paid     PaymentState = "paid"     // taken
	Refunded PaymentState = "refunded" // taken and wholly given back
	Disputed PaymentState = "disputed" // the donor's bank asked for it back, however that ended
)

// Valid says whether s is one of the states.
func (s PaymentState) Valid() bool {
	switch s {
	case Started, Failed, Paid, Refunded, Disputed:
		return true
	default:
		return false
	}
}

// order is how far along a state is.
func (s PaymentState) order() int {
	switch s {
	case Started:
		return 0
	case Failed:
		return 1
	case Paid:
		return 2
	case Refunded:
		return 3
	case Disputed:
		return 4
	default:
		panic("contribution: unknown payment state " + string(s))
	}
}

// Join is the state after hearing both of s and of t. It only ever moves
// forward, whichever is heard first and however often, so that reports in any
// order end in one state.
func (s PaymentState) Join(t PaymentState) PaymentState {
	if t.order() > s.order() {
		return t
	}
	return s
}

// Taken says whether money was taken, whatever became of it later.
func (s PaymentState) Taken() bool {
	switch s {
	case Started, Failed:
		return false
	case Paid, Refunded, Disputed:
		return true
	default:
		panic("contribution: unknown payment state " + string(s))
	}
}

// Payment is one movement of money, from the moment we meant it.
type Payment struct {
	ID       string // random; the donor's return page is named by it
	Pledge   string
	Provider string
	Key      string // our idempotency key, told to the provider
	Ref      string // what Provider.Lookup takes; "" until the provider has answered
	// Period is which payment of the pledge this is for: 0 the first, n what
	// falls due n periods after it. There is at most one per period that has
	// not failed; the schema holds that.
	Period int
	// Extra marks money that came in beside the payment of its period: true,
	// booked, and for a human to give back.
	Extra bool
	// Hosted says that the donor pays on the provider's page; otherwise we
	// charge the saved way to pay.
	Hosted bool
	Amount money.Amount
	State  PaymentState
	// Abandoned says of a failed payment that the donor never finished, so no
	// card was refused.
	Abandoned bool
	Begun     Day // when the row was written
	Settled   Day // when the money was taken or refused, by the provider's clock
}

// Phase is where a pledge stands.
type Phase string

// The phases.
const (
	Pending Phase = "pending"  // the first payment is under way
	Active  Phase = "active"   // nothing is owed
	PastDue Phase = "past_due" // a payment fell due and has not come in
	Ended   Phase = "ended"    // nothing will be charged any more
)

// Reason says why a pledge ended.
type Reason string

// The reasons.
const (
	NotEnded     Reason = ""
	ByDonor      Reason = "stopped" // the supporter stopped it
	ByFailure    Reason = "failed"  // a renewal failed to the last try
	ByRefusal    Reason = "refused" // the first payment was refused, or a payment was disputed
	AfterOne     Reason = "once"    // it was one gift, and it came
	ByExpiration Reason = "expired" // the first payment was never finished
)

// final says whether the reason stands whatever payments are heard of later.
func (r Reason) final() bool {
	switch r {
	case ByDonor, ByFailure:
		return true
	case NotEnded, ByRefusal, AfterOne, ByExpiration:
		return false
	default:
		panic("contribution: unknown reason " + string(r))
	}
}

// Pledge is a promise as it was made, and its end if a decision ended it.
type Pledge struct {
	ID       string // random; names the supporter's page, together with a signature
	Provider string
	Amount   money.Amount
	Rhythm   Rhythm
	Lang     string
	Begun    Day
	Ended    Day // "" while it goes on
	Reason   Reason
	Appeal   string // which words asked for it, "" when none did
	Variant  string
}

// Standing is what the payments of a pledge amount to.
type Standing struct {
	Anchor   Day  // when the first payment was taken; "" before
	Paid     int  // how many payments were taken
	Last     Day  // when the last one was taken
	Period   int  // the period that is to be paid next
	Due      Day  // the day it falls due; "" when nothing is to come
	Open     bool // an attempt at it is under way
	Failures int  // cards refused for it
	Try      Day  // the day to charge on; "" when no try is left
	Disputed bool
	// Refused and Dropped say of a pledge without a first payment how its last
	// attempt ended.
	Refused, Dropped bool
}

// StandingOf adds up the payments of one pledge, in whatever order they are given.
func StandingOf(rhythm Rhythm, payments []Payment) Standing {
	var s Standing
	newest, paidOn := -1, Day("")
	for _, p := range payments {
		if !p.State.Taken() {
			continue
		}
		s.Paid++
		s.Last = max(s.Last, p.Settled)
		s.Disputed = s.Disputed || p.State == Disputed
		if p.Extra {
			continue
		}
		if p.Period == 0 {
			s.Anchor = p.Settled
		}
		if p.Period > newest {
			newest, paidOn = p.Period, p.Settled
		}
	}
	if newest >= 0 {
		if rhythm == Once {
			return s
		}
		s.Period = nextPeriod(s.Anchor, rhythm, newest, paidOn)
		s.Due = DueDay(s.Anchor, rhythm, s.Period)
		s.Try = s.Due
	}
	refused, dropped := s.addAttempts(payments)
	if newest < 0 {
		s.Refused, s.Dropped = s.Failures > 0, dropped && s.Failures == 0
	} else if refused != "" {
		s.Try = nextTry(s.Due, refused)
	}
	return s
}

// addAttempts counts the attempts at the period to be paid next. It returns the
// day of the last refusal, and whether the donor let one expire.
func (s *Standing) addAttempts(payments []Payment) (refused Day, dropped bool) {
	for _, p := range payments {
		if p.Period != s.Period || p.Extra {
			continue
		}
		switch p.State {
		case Started:
			s.Open = true
		case Failed:
			if p.Abandoned {
				dropped = true
				continue
			}
			s.Failures++
			refused = max(refused, p.Settled)
		case Paid, Refunded, Disputed:
		default:
			panic("contribution: unknown payment state " + string(p.State))
		}
	}
	return refused, dropped
}

// PhaseOf is where a pledge stands now, and why, if it has ended.
func PhaseOf(p Pledge, s Standing, now time.Time) (Phase, Reason) {
	switch {
	case p.Reason.final():
		return Ended, p.Reason
	case s.Disputed:
		return Ended, ByRefusal
	case s.Paid == 0 && s.Open:
		return Pending, NotEnded
	case s.Paid == 0 && s.Refused:
		return Ended, ByRefusal
	case s.Paid == 0 && s.Dropped:
		return Ended, ByExpiration
	case s.Paid == 0:
		return Pending, NotEnded
	case p.Rhythm == Once:
		return Ended, AfterOne
	case s.Try == "" && !s.Open:
		return Ended, ByFailure
	case s.Failures > 0 || DayOf(now) > s.Due:
		return PastDue, NotEnded
	default:
		return Active, NotEnded
	}
}
