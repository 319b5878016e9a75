package contribution

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/ledger"
	"mimeo/internal/money"
)

// bank is the outside world in memory: a provider with the donors' cards behind
// it. What it has really moved is in movements; everything else it says can be
// late, lost or repeated.
type bank struct {
	name string
	now  func() time.Time

	mu        sync.Mutex
	serial    int
	charges   map[string]*charge // by our payment id
	refs      map[string]*charge
	keys      map[string]string // idempotency key → what it was used for
	movements []Movement
	rumours   []Rumour
	refusing  map[string]bool // customers whose card is refused

	down       bool          // nothing is done and nothing answered
	loseAnswer bool          // it is done, and the answer is lost
	calls      int           // charges that reached the bank
	onCharge   func(Renewal) // runs as a charge reaches the bank
}

type charge struct {
	ref       string
	payment   string
	pledge    string
	customer  string
	email     string
	amount    money.Amount
	saved     bool
	state     PaymentState
	abandoned bool
	at        time.Time
	returned  int64
	movements []Movement
}

func newBank(name string, now func() time.Time) *bank {
	return &bank{name: name, now: now, charges: map[string]*charge{}, refs: map[string]*charge{}, keys: map[string]string{}, refusing: map[string]bool{}}
}

var errDown = fault.Unavailablef("the bank does not answer")

func (b *bank) Name() string { return b.name }

// use notes what a key is used for.
func (b *bank) use(key, what string) error {
	if old, ok := b.keys[key]; ok && old != what {
		return fault.Conflictf("the key was used for something else")
	}
	b.keys[key] = what
	return nil
}

func (b *bank) Begin(_ context.Context, c Checkout) (Begun, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return Begun{}, errDown
	}
	if err := b.use(c.Key, fmt.Sprint(c)); err != nil {
		return Begun{}, err
	}
	ch := b.charges[c.Payment]
	if ch == nil {
		b.serial++
		ch = &charge{
			ref: fmt.Sprintf("cs_%d", b.serial), payment: c.Payment, pledge: c.Pledge, email: c.Email,
			customer: fmt.Sprintf("cus_%d", b.serial), amount: c.Amount, saved: c.Rhythm != Once, state: Started,
		}
		b.charges[c.Payment], b.refs[ch.ref] = ch, ch
	}
	if b.loseAnswer {
		return Begun{}, errDown
	}
	return Begun{Ref: ch.ref, URL: "https://bank.example/" + ch.ref}, nil
}

func (b *bank) Lookup(_ context.Context, ref string) (Fact, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return Fact{}, errDown
	}
	ch, ok := b.refs[ref]
	if !ok {
		return Fact{}, fault.Missingf("no such object")
	}
	return ch.fact(), nil
}

func (ch *charge) fact() Fact {
	f := Fact{
		Ref: ch.ref, Payment: ch.payment, Pledge: ch.pledge, State: ch.state, Abandoned: ch.abandoned, At: ch.at, Amount: ch.amount,
		Movements: slices.Clone(ch.movements),
	}
	if strings.HasPrefix(ch.ref, "cs_") && ch.state.Taken() {
		f.Email = ch.email
		if ch.saved {
			f.Customer, f.Method = ch.customer, "pm_"+ch.customer
		}
	}
	return f
}

func (b *bank) Charge(_ context.Context, r Renewal) (Fact, error) {
	b.mu.Lock()
	if b.down {
		b.mu.Unlock()
		return Fact{}, errDown
	}
	if b.onCharge != nil {
		hook := b.onCharge
		b.mu.Unlock()
		hook(r)
		b.mu.Lock()
	}
	defer b.mu.Unlock()
	if err := b.use(r.Key, fmt.Sprint(r)); err != nil {
		return Fact{}, err
	}
	ch := b.charges[r.Payment]
	if ch == nil {
		b.calls++
		b.serial++
		ch = &charge{
			ref: fmt.Sprintf("pi_%d", b.serial), payment: r.Payment, pledge: r.Pledge, customer: r.Customer, amount: r.Amount, state: Started,
		}
		b.charges[r.Payment], b.refs[ch.ref] = ch, ch
		b.take(ch, !b.refusing[r.Customer])
	}
	if b.loseAnswer {
		return Fact{}, errDown
	}
	return ch.fact(), nil
}

func (b *bank) Find(_ context.Context, r Renewal) (Fact, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return Fact{}, errDown
	}
	ch := b.charges[r.Payment]
	if ch == nil {
		return Fact{}, fault.Missingf("no such charge")
	}
	return ch.fact(), nil
}

// take moves a donor's money, or refuses to.
func (b *bank) take(ch *charge, accept bool) {
	ch.at = b.now()
	if !accept {
		ch.state = Failed
		b.tell(ch.ref)
		return
	}
	ch.state = Paid
	b.move(ch, ch.ref, ledger.Gross, ch.amount.Minor)
	b.move(ch, ch.ref, ledger.Fee, -(ch.amount.Minor/20 + 1))
	b.tell(ch.ref)
}

func (b *bank) move(ch *charge, object string, kind ledger.Kind, minor int64) {
	m := Movement{Object: object, Kind: kind, Amount: money.Of(minor, ch.amount.Currency), Ref: ch.ref, Payment: ch.payment, Pledge: ch.pledge, At: b.now()}
	ch.movements = append(ch.movements, m)
	b.movements = append(b.movements, m)
}

// tell makes a webhook, which may or may not arrive.
func (b *bank) tell(ref string) {
	b.rumours = append(b.rumours, Rumour{Event: fmt.Sprintf("evt_%s_%d", b.name, len(b.rumours)), Refs: []string{ref}})
}

// pay is the donor on the bank's page.
func (b *bank) pay(payment string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ch := b.charges[payment]; ch != nil && ch.state == Started {
		b.take(ch, true)
	}
}

// expire is the end of the bank's page.
func (b *bank) expire(payment string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ch := b.charges[payment]; ch != nil && ch.state == Started {
		ch.state, ch.abandoned, ch.at = Failed, true, b.now()
		b.tell(ch.ref)
	}
}

// refuseCard makes the bank refuse a pledge's saved card, or accept it again.
func (b *bank) refuseCard(pledge string, refuse bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, ch := range b.charges {
		if ch.pledge == pledge && strings.HasPrefix(ch.ref, "cs_") {
			b.refusing[ch.customer] = refuse
		}
	}
}

func (b *bank) refund(payment string, minor int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ch := b.charges[payment]
	if ch == nil || ch.state != Paid || minor <= 0 || ch.returned+minor > ch.amount.Minor {
		return
	}
	ch.returned += minor
	b.move(ch, fmt.Sprintf("re_%s_%d", ch.ref, ch.returned), ledger.Refund, -minor)
	if ch.returned == ch.amount.Minor {
		ch.state = Refunded
	}
	b.tell(ch.ref)
}

func (b *bank) dispute(payment string, won bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ch := b.charges[payment]
	if ch == nil || ch.state != Paid {
		return
	}
	ch.state = Disputed
	b.move(ch, "dp_"+ch.ref+"/out", ledger.Dispute, -ch.amount.Minor)
	b.tell(ch.ref)
	if won {
		b.move(ch, "dp_"+ch.ref+"/back", ledger.Dispute, ch.amount.Minor)
		b.tell(ch.ref)
	}
}

func (b *bank) payOut(minor int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.serial++
	b.movements = append(b.movements, Movement{Object: fmt.Sprintf("po_%d", b.serial), Kind: ledger.Payout, Amount: money.Of(-minor, money.USD), At: b.now()})
}

func (b *bank) Parse(header map[string][]string, raw []byte) (Rumour, error) {
	if got := header["Signature"]; len(got) != 1 || got[0] != "genuine" {
		return Rumour{}, fault.Deniedf("this webhook is forged")
	}
	var r Rumour
	if err := json.Unmarshal(raw, &r); err != nil {
		return Rumour{}, fault.Wrap(fault.Denied, "this webhook cannot be read", err)
	}
	return r, nil
}

func (b *bank) Movements(_ context.Context, since time.Time) ([]Movement, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return nil, errDown
	}
	var all []Movement
	for _, m := range b.movements {
		if !m.At.Before(since) {
			all = append(all, m)
		}
	}
	return all, nil
}

// set changes a fault, or anything else, under the lock.
func (b *bank) set(change func(b *bank)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(b)
}

// truth is every movement as the ledger should have it.
func (b *bank) truth() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []string
	for _, m := range b.movements {
		all = append(all, line(m.entry(b.name)))
	}
	slices.Sort(all)
	return all
}

func line(e ledger.Entry) string {
	return fmt.Sprintf("%s %s %d %s %s %s", e.Day, e.Kind, e.Amount.Minor, e.Amount.Currency, e.Pledge, e.Payment)
}
