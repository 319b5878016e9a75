package contribution

import (
	"context"
	"time"

	"mimeo/internal/ledger"
	"mimeo/internal/money"
)

// Provider is a payment processor. Each adapter passes the suite in
// contribution/providertest.
//
// Errors are faults whose kind tells the Till what it may do next. Unavailable:
// no answer, or one that leaves the outcome unknown; the same call with the same
// key may be repeated. Conflict: the key was used with other parameters.
// Missing: there surely is no such object. Denied: see Parse. Invalid: the
// provider understood and refuses for good; nothing was taken. Anything else is
// treated as Unavailable. An error's message never carries an address.
//
// All methods may be called concurrently, obey their context, and are repeatable:
// the same key twice is one object, one charge, and the same answer.
type Provider interface {
	// Name is the provider's name in addresses (/hooks/NAME), in the ledger and
	// in the tables: small letters and digits, the same for ever.
	Name() string

	// Begin prepares the page on which the donor pays. Nothing is charged. For
	// a Rhythm other than Once the provider must keep the way to pay for our
	// later charges, and the page must say so.
	Begin(ctx context.Context, c Checkout) (Begun, error)

	// Lookup fetches the present state of a payment. ref is a Begun.Ref, a
	// Fact.Ref or a Rumour's or Movement's ref: whichever object of the provider
	// it names, the answer is about the whole payment, with all movements known
	// so far.
	Lookup(ctx context.Context, ref string) (Fact, error)

	// Charge takes a renewal from the saved way to pay, without the donor. A
	// refusal is a Fact that is Failed, not an error, and final: the object
	// refused will never take money. A saved way that no longer exists is a
	// refusal too.
	Charge(ctx context.Context, r Renewal) (Fact, error)

	// Find looks for what an earlier Charge with this Renewal's Payment did,
	// when its answer was lost and the provider may have forgotten the key. It
	// compares our payment id, not the key, and charges nothing. The error is
	// Missing only when the provider surely has no such charge.
	Find(ctx context.Context, r Renewal) (Fact, error)

	// Parse verifies a webhook on its raw bytes and returns what it is about.
	// It does not believe it: the Till looks up every ref. Forged, stale or
	// unreadable: Denied. An event of no interest has no refs. It does no I/O.
	Parse(header map[string][]string, raw []byte) (Rumour, error)

	// Movements lists every movement of money at the provider since a moment,
	// by the provider's clock, oldest first: those of payments and those that
	// no webhook told of (fees charged later, disputes, payouts).
	Movements(ctx context.Context, since time.Time) ([]Movement, error)
}

// Checkout is what a provider is told of a payment that the donor makes on its
// page.
type Checkout struct {
	Key     string // idempotency key
	Payment string // our ids, for the provider to keep as metadata on every
	Pledge  string // object that it makes for this payment
	Amount  money.Amount
	Rhythm  Rhythm
	Email   string // goes to the provider and comes back in the Fact; we do not keep it
	Lang    string // language of the provider's page: "en", "fa"
	Return  string // where the donor goes after paying
	Cancel  string // where the donor goes instead
	// Descriptor is what the bank statement reads: Latin letters, 5 to 22.
	Descriptor string
}

// Begun is a page to pay on.
type Begun struct {
	Ref string
	URL string
}

// Renewal is a charge without the donor.
type Renewal struct {
	Key        string
	Payment    string // as in Checkout
	Pledge     string
	Amount     money.Amount
	Customer   string // as in the Fact of the payment that saved them
	Method     string
	Descriptor string
}

// Fact is the state of one payment as the provider has it now.
type Fact struct {
	// Ref names the payment from now on. It may differ from the ref that was
	// looked up, but each Lookup of either answers the same.
	Ref string
	// Payment and Pledge are our ids as the provider kept them; "" when the
	// object is not one of ours.
	Payment, Pledge string
	// State is Started while money may still be taken, Failed when it never
	// will be, Refunded only when nothing is left of what was Paid.
	State PaymentState
	// Processing says of Started that the donor is done and the bank is not.
	Processing bool
	// Abandoned says of Failed that the donor let the page expire, so no bank
	// refused anything.
	Abandoned bool
	// At is when the money was taken or refused, by the provider's clock; of a
	// payment Started it has no meaning. It never changes once given.
	At time.Time
	// Amount is what was taken or is to be.
	Amount money.Amount
	// Email, Customer and Method are set whenever the money was taken on the
	// provider's page: the donor's address and, for renewals, the provider's ids.
	Email, Customer, Method string
	// Movements are all movements of this payment known so far.
	Movements []Movement
}

// Movement is one movement of money at the provider. Whoever tells of it
// (Lookup, Charge, Movements) gives the same Object, Kind, Amount and At.
type Movement struct {
	// Object names the movement among those of its kind at this provider: the
	// id of the charge for Gross and Fee, of the refund, of the payout; for a
	// Dispute one for the withdrawal and another for the return; for an
	// Exchange the charge and the currency, as "ch_1/EUR" and "ch_1/USD".
	// Letters, digits and . _ : / - only.
	Object string
	Kind   ledger.Kind
	// Amount is what it did to our balance at the provider: Gross is positive
	// and in the currency of the charge, the others have the sign of their
	// ledger.Kind. When the account is kept in another currency, two Exchange
	// movements change the gross into it, and Fee is in it.
	Amount money.Amount
	// Ref is what Lookup takes to see the payment that it belongs to, and
	// Payment and Pledge are our ids; all are "" for a payout and for what has
	// no payment.
	Ref, Payment, Pledge string
	// At is when it happened: of a Gross or Fee the making of the charge.
	At time.Time
}

// entryID names the movement in the ledger.
func (m Movement) entryID(provider string) string {
	return provider + ":" + m.Object + ":" + string(m.Kind)
}

// Rumour is a verified webhook: something has happened to these objects.
type Rumour struct {
	Event string   // the provider's id of the event, by which repetitions are known
	Refs  []string // what to Lookup
}
