// Package providertest holds the one suite that every payment adapter passes.
// An adapter's test builds a Harness, which is the adapter and the processor it
// talks to, with hands for the people around them: a donor at the hosted page,
// their bank, and whoever sits at the processor's dashboard.
//
// The suite asks no adapter how it works. It does what the Till does, lets
// answers get lost on the way, and compares what the adapter tells with what
// stands on the donors' bank statements.
package providertest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mimeo/internal/contribution"
	"mimeo/internal/fault"
	"mimeo/internal/ledger"
	"mimeo/internal/money"
)

// Card is a donor's card, by how its bank behaves.
type Card string

// The cards that a harness must have.
const (
	Good          Card = "good"
	Refusing      Card = "refusing"       // declined whenever it is charged
	RefusingLater Card = "refusing later" // accepted from its owner, declined on a renewal
)

// Line is one settled movement on a donor's bank statement: positive when they
// paid, negative when money came back.
type Line struct{ Amount money.Amount }

// Hook is a webhook as it arrived.
type Hook struct {
	Header map[string][]string
	Raw    []byte
}

// Harness is one adapter and a processor of its own, freshly made.
type Harness struct {
	Provider contribution.Provider
	// Now is the clock of both sides and Advance moves it. What falls due at
	// the processor meanwhile has happened when it returns.
	Now     func() time.Time
	Advance func(d time.Duration)
	// Pay is the donor on the page at url. It reports whether the card was
	// accepted.
	Pay func(t testing.TB, url string, card Card) (accepted bool)
	// Refund, Dispute and Win act on the charge that a Gross movement's Object
	// names; PayOut sends the whole balance to the newsroom's bank.
	Refund  func(t testing.TB, object string, minor int64)
	Dispute func(t testing.TB, object string)
	Win     func(t testing.TB, object string)
	PayOut  func(t testing.TB)
	// Forget makes the processor lose the saved way to pay.
	Forget func(t testing.TB, customer, method string)
	// LosingAnswers runs do while every call is carried out and its answer is
	// lost; Failing runs it while every call fails before anything is done.
	LosingAnswers func(t testing.TB, do func())
	Failing       func(t testing.TB, do func())
	// Hooks returns what the processor has sent so far.
	Hooks func(t testing.TB) []Hook
	// Sign makes a webhook of a body as the processor would at a time, with the
	// secret in use, the one that replaces it, or one it never had.
	Sign func(t testing.TB, raw []byte, at time.Time, secret Secret) Hook
	// Unknown is the body of a genuine event that is of no interest.
	Unknown []byte
	// Statements are the donors' bank statements.
	Statements func(t testing.TB) []Line
}

// Secret says with which secret a webhook is signed.
type Secret int

// The secrets.
const (
	Current Secret = iota
	Next
	Foreign
)

// Run runs the suite, each test on a harness of its own.
func Run(t *testing.T, fresh func(t *testing.T) Harness) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, h *bench)
	}{
		{"a page is begun once per key", beginOnce},
		{"a page begun and not answered", beginLost},
		{"a single gift", payOnce},
		{"a declined card leaves the page open", declineOnPage},
		{"an unfinished page expires", expire},
		{"a renewal", renew},
		{"a renewal's answer is lost", renewLost},
		{"a renewal fails before it is done", renewFailing},
		{"a renewal's key is forgotten", renewForgotten},
		{"a renewal is refused", renewRefused},
		{"the saved card is gone", renewGone},
		{"the same renewal from many sides at once", renewTogether},
		{"a currency without minor units", yen},
		{"refunds in parts", refunds},
		{"a dispute, won", disputes},
		{"all movements", movements},
		{"movements beyond one page", manyMovements},
		{"webhooks that arrive", hooksArrive},
		{"webhooks that are refused", hooksRefused},
		{"things that do not exist", nothingThere},
		{"a caller who gives up", givesUp},
		{"errors hold no address", silentErrors},
		{"the statements agree with the movements", agreement},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := fresh(t)
			c.test(t, &bench{Harness: h, t: t})
		})
	}
}

// bench is a harness within one test.
type bench struct {
	Harness
	t testing.TB
	n int
}

const donor = "planted.donor@example.org"

// checkout describes a page for a payment that no other test uses.
func (b *bench) checkout(minor int64, currency money.Currency, rhythm contribution.Rhythm) contribution.Checkout {
	b.n++
	id := fmt.Sprintf("pay%04d", b.n)
	return contribution.Checkout{
		Key: "key-" + id, Payment: id, Pledge: "pledge-" + id, Amount: money.Of(minor, currency), Rhythm: rhythm, Email: donor, Lang: "en",
		Return: "http://newsroom.example/support/return/" + id, Cancel: "http://newsroom.example/support", Descriptor: "TNR MEDIA",
	}
}

// paid begins a payment, lets the donor pay it and returns the fact.
func (b *bench) paid(minor int64, currency money.Currency, rhythm contribution.Rhythm, card Card) contribution.Fact {
	b.t.Helper()
	begun := b.begin(b.checkout(minor, currency, rhythm))
	if !b.Pay(b.t, begun.URL, card) {
		b.t.Fatal("the card was not accepted")
	}
	f := b.lookup(begun.Ref)
	if f.State != contribution.Paid {
		b.t.Fatalf("the payment is %s after the donor paid", f.State)
	}
	return f
}

// renewal describes a charge of the card that a fact saved.
func (b *bench) renewal(saved contribution.Fact) contribution.Renewal {
	b.n++
	id := fmt.Sprintf("pay%04d", b.n)
	return contribution.Renewal{
		Key: "key-" + id, Payment: id, Pledge: saved.Pledge, Amount: saved.Amount, Customer: saved.Customer, Method: saved.Method, Descriptor: "TNR MEDIA",
	}
}

func (b *bench) begin(c contribution.Checkout) contribution.Begun {
	b.t.Helper()
	begun, err := b.Provider.Begin(ctx(b.t), c)
	if err != nil {
		b.t.Fatalf("Begin: %v", err)
	}
	return begun
}

func (b *bench) lookup(ref string) contribution.Fact {
	b.t.Helper()
	f, err := b.Provider.Lookup(ctx(b.t), ref)
	if err != nil {
		b.t.Fatalf("Lookup(%s): %v", ref, err)
	}
	return f
}

func (b *bench) charge(r contribution.Renewal) contribution.Fact {
	b.t.Helper()
	f, err := b.Provider.Charge(ctx(b.t), r)
	if err != nil {
		b.t.Fatalf("Charge: %v", err)
	}
	return f
}

// since lists the movements since a moment.
func (b *bench) since(moment time.Time) []contribution.Movement {
	b.t.Helper()
	all, err := b.Provider.Movements(ctx(b.t), moment)
	if err != nil {
		b.t.Fatalf("Movements: %v", err)
	}
	return all
}

func (b *bench) wantKind(err error, want fault.Kind) {
	b.t.Helper()
	if fault.KindOf(err) != want {
		b.t.Fatalf("the error is %v (%v), want %v", fault.KindOf(err), err, want)
	}
}

func (b *bench) wantSame(got, want any) {
	b.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Fatalf("not the same (-want +got):\n%s", diff)
	}
}

// wantLines compares the statements with amounts in minor units.
func (b *bench) wantLines(want ...int64) {
	b.t.Helper()
	got := []int64{}
	for _, l := range b.Statements(b.t) {
		got = append(got, l.Amount.Minor)
	}
	b.wantSame(got, append([]int64{}, want...))
}

// of returns the movements of a kind.
func of(all []contribution.Movement, kind ledger.Kind) []contribution.Movement {
	var out []contribution.Movement
	for _, m := range all {
		if m.Kind == kind {
			out = append(out, m)
		}
	}
	return out
}

// one returns the only movement of a kind.
func (b *bench) one(all []contribution.Movement, kind ledger.Kind) contribution.Movement {
	b.t.Helper()
	found := of(all, kind)
	if len(found) != 1 {
		b.t.Fatalf("%d movements are %s, want 1: %v", len(found), kind, all)
	}
	return found[0]
}

func ctx(t testing.TB) context.Context { return t.Context() }
