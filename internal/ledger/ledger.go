// Package ledger is the newsroom's book: what came in, what it cost, what went
// back, for a bookkeeper, an auditor and a newsroom that must one day prove it.
//
// One Entry is one movement of money at a payment provider. It is stored as one
// transfer between two accounts, so debits and credits cannot differ. Rows are
// only ever added: triggers on both engines refuse to change or delete one, a
// correction is a further entry, and the hash of each row covers that of the row
// before it, so that Check finds the first one that was touched. An entry's ID
// names the movement, not the message that told of it: posting the same movement
// again changes nothing.
//
// A row knows an amount, a day (UTC, never a time), and the random ids of a
// pledge and a payment. It never knows a person.
package ledger

import (
	"fmt"
	"strings"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/money"
)

// Kind says what a movement was.
type Kind string

// The kinds, with the sign that Amount has.
const (
	Gross    Kind = "gross"    // + what a donor paid
	Fee      Kind = "fee"      // − what the provider kept; + when it gave some back
	Refund   Kind = "refund"   // − what went back to a donor; + when that failed
	Dispute  Kind = "dispute"  // − what a donor's bank took back; + when it was won
	Payout   Kind = "payout"   // − what the provider sent to our bank; + when it came back
	Exchange Kind = "exchange" // − in one currency and + in another, two entries
)

// counter is the account on the other side of the provider's.
func (k Kind) counter() (string, error) {
	switch k {
	case Gross:
		return "income:contributions", nil
	case Fee:
		return "expenses:fees", nil
	case Refund:
		return "income:refunds", nil
	case Dispute:
		return "expenses:disputes", nil
	case Payout:
		return "assets:bank", nil
	case Exchange:
		return "equity:exchange", nil
	default:
		return "", fault.Invalidf("There is no ledger entry of the kind %q", string(k))
	}
}

// Entry is one movement of money.
type Entry struct {
	// ID names the movement for ever: provider, its object and the kind.
	ID string
	// Kind is what happened.
	Kind Kind
	// Provider is where the money is, or was: "stripe".
	Provider string
	// Amount is what the movement did to our balance at the provider, so its
	// sign is that of the kind. It is never zero.
	Amount money.Amount
	// Pledge and Payment are our random ids; both are empty for a payout.
	Pledge, Payment string
	// Day is the UTC day of the movement, as 2006-01-02. Only it is stored;
	// when it is empty, it is taken from At.
	Day string
	// At is when the provider says it happened.
	At time.Time
}

// dayForm is how a day is written.
const dayForm = "2006-01-02"

// transfer is an Entry as a row has it: a positive amount that leaves the
// account credit and arrives at the account debit.
func (e Entry) transfer() (debit, credit string, amount int64, err error) {
	counter, err := e.Kind.counter()
	if err != nil {
		return "", "", 0, err
	}
	here := "assets:provider:" + e.Provider
	if e.Amount.Minor > 0 {
		return here, counter, e.Amount.Minor, nil
	}
	back, err := e.Amount.Neg()
	return counter, here, back.Minor, err
}

// check refuses an entry that could not be read back unambiguously: everything
// in it takes part in the hash and in exports.
func (e Entry) check() error {
	if _, err := e.Kind.counter(); err != nil {
		return err
	}
	if !e.Amount.Currency.Valid() || e.Amount.IsZero() {
		return fault.Invalidf("A ledger entry needs an amount in a known currency")
	}
	if e.Kind == Gross && e.Amount.Minor < 0 {
		return fault.Invalidf("What a donor paid cannot be negative")
	}
	if _, err := time.Parse(dayForm, e.Day); err != nil {
		return fault.Wrap(fault.Invalid, "A ledger entry needs a day", err)
	}
	if e.ID == "" {
		return fault.Invalidf("A ledger entry needs an id")
	}
	if e.Provider == "" || strings.ContainsFunc(e.Provider, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		return fault.Invalidf("A ledger entry needs a provider, in small letters and digits")
	}
	for _, value := range [...]string{e.ID, e.Provider, e.Pledge, e.Payment} {
		if len(value) > 255 || strings.ContainsFunc(value, func(r rune) bool { return !plain(r) }) {
			return fault.Invalidf("A ledger entry has ids of letters, digits and . _ : / - only")
		}
	}
	return nil
}

func plain(r rune) bool {
	switch r {
	case '.', '_', ':', '/', '-':
		return true
	default:
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}
}

// String is the entry for logs and error messages.
func (e Entry) String() string { return fmt.Sprintf("%s %s %s", e.Day, e.Amount, e.ID) }
