package providertest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mimeo/internal/contribution"
	"mimeo/internal/fault"
	"mimeo/internal/ledger"
	"mimeo/internal/money"
)

func refunds(t *testing.T, b *bench) {
	start := b.Now()
	f := b.paid(900, "USD", contribution.Monthly, Good)
	charge := b.one(f.Movements, ledger.Gross).Object
	b.Advance(time.Hour)
	b.Refund(t, charge, 250)
	part := b.lookup(f.Ref)
	if part.State != contribution.Paid || b.one(part.Movements, ledger.Refund).Amount != money.Of(-250, "USD") {
		t.Fatalf("after a part: %+v", part)
	}
	b.Advance(time.Hour)
	b.Refund(t, charge, 650)
	whole := b.lookup(f.Ref)
	given := of(whole.Movements, ledger.Refund)
	if whole.State != contribution.Refunded || len(given) != 2 || given[0].Object == given[1].Object || !whole.At.Equal(f.At) || whole.Amount != f.Amount {
		t.Fatalf("after the rest: %+v", whole)
	}
	b.wantSame(b.lookup(given[0].Ref), whole)
	b.sameByList(start, whole)
	b.wantLines(900, -250, -650)
}

func disputes(t *testing.T, b *bench) {
	start := b.Now()
	f := b.paid(900, "GBP", contribution.Once, Good)
	charge := b.one(f.Movements, ledger.Gross).Object
	b.Advance(40 * 24 * time.Hour)
	b.Dispute(t, charge)
	lost := b.lookup(f.Ref)
	if lost.State != contribution.Disputed || b.one(lost.Movements, ledger.Dispute).Amount != money.Of(-900, "GBP") {
		t.Fatalf("after a dispute: %+v", lost)
	}
	b.Advance(40 * 24 * time.Hour)
	b.Win(t, charge)
	won := b.lookup(f.Ref)
	moved := of(won.Movements, ledger.Dispute)
	if won.State != contribution.Disputed || len(moved) != 2 || moved[0].Object == moved[1].Object {
		t.Fatalf("after winning it: %+v", won)
	}
	if sum, err := moved[0].Amount.Add(moved[1].Amount); err != nil || !sum.IsZero() {
		t.Fatalf("a dispute won leaves %v (%v)", sum, err)
	}
	b.sameByList(start, won)
	b.wantLines(900, -900, 900)
}

// sameByList compares what Lookup tells of a payment with what Movements tells.
func (b *bench) sameByList(start time.Time, f contribution.Fact) {
	b.t.Helper()
	type name struct {
		object string
		kind   ledger.Kind
	}
	type told struct {
		amount money.Amount
		at     time.Time
	}
	listed := map[name]told{}
	for _, m := range b.since(start) {
		if _, twice := listed[name{m.Object, m.Kind}]; twice {
			b.t.Fatalf("%s %s is listed twice", m.Kind, m.Object)
		}
		listed[name{m.Object, m.Kind}] = told{m.Amount, m.At}
	}
	looked := map[name]told{}
	for _, m := range f.Movements {
		looked[name{m.Object, m.Kind}] = told{m.Amount, m.At}
	}
	for n, want := range looked {
		if listed[n] != want {
			b.t.Fatalf("%s %s: Lookup tells %v, Movements %v", n.kind, n.object, want, listed[n])
		}
	}
	if len(listed) != len(looked) {
		b.t.Fatalf("Lookup tells of %d movements, Movements of %d", len(looked), len(listed))
	}
}

func movements(t *testing.T, b *bench) {
	start := b.Now()
	if got := b.since(start.Add(-time.Hour)); len(got) != 0 {
		t.Fatalf("movements before anything happened: %v", got)
	}
	first := b.paid(500, "USD", contribution.Monthly, Good)
	b.Advance(time.Hour)
	second := b.charge(b.renewal(first))
	b.Advance(time.Hour)
	later := b.Now()
	b.Advance(time.Minute)
	b.Refund(t, b.one(second.Movements, ledger.Gross).Object, 500)
	b.PayOut(t)

	all := b.since(start)
	kinds := map[string]int{}
	balance := money.Of(0, "USD")
	for i, m := range all {
		kinds[string(m.Kind)]++
		var err error
		if balance, err = balance.Add(m.Amount); err != nil {
			t.Fatal(err)
		}
		if i > 0 && m.At.Before(all[i-1].At) {
			t.Fatalf("not oldest first: %v", all)
		}
		switch m.Kind {
		case ledger.Payout:
			if m.Ref != "" || m.Payment != "" {
				t.Errorf("a payout belongs to a payment: %+v", m)
			}
		case ledger.Gross, ledger.Fee, ledger.Refund:
			if f := b.lookup(m.Ref); f.Payment != first.Payment && f.Payment != second.Payment {
				t.Errorf("%+v leads to %+v", m, f)
			}
		case ledger.Dispute, ledger.Exchange:
			t.Errorf("unexpected %+v", m)
		default:
			t.Errorf("of unknown kind: %+v", m)
		}
	}
	b.wantSame(kinds, map[string]int{"gross": 2, "fee": 2, "refund": 1, "payout": 1})
	if !balance.IsZero() {
		t.Errorf("after the payout the movements leave %v", balance)
	}
	b.wantSame(len(b.since(later)), 2)
	b.wantSame(len(b.since(b.Now().Add(time.Hour))), 0)
}

func manyMovements(t *testing.T, b *bench) {
	start := b.Now()
	saved := b.paid(500, "USD", contribution.Monthly, Good)
	const renewals = 104
	for range renewals {
		b.charge(b.renewal(saved))
		b.Advance(time.Second)
	}
	seen := map[string]bool{}
	for _, m := range of(b.since(start), ledger.Gross) {
		seen[m.Object] = true
	}
	b.wantSame(len(seen), renewals+1)
}

// agreement lets chance act and then compares the two independent accounts of
// it: what the adapter tells, and the donors' bank statements.
func agreement(t *testing.T, b *bench) {
	start := b.Now()
	saved := []contribution.Fact{
		b.paid(900, money.USD, contribution.Monthly, Good),
		b.paid(900, money.JPY, contribution.Monthly, Good),
	}
	type open struct {
		object string
		left   int64
	}
	rapid.Check(t, func(rt *rapid.T) {
		var charges []open
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"charge", "charge", "refund", "dispute"}).Draw(rt, "step") {
			case "charge":
				r := b.renewal(rapid.SampledFrom(saved).Draw(rt, "donor"))
				r.Amount.Minor = rapid.Int64Range(100, 100_000).Draw(rt, "amount")
				if rapid.Bool().Draw(rt, "answer lost") {
					b.LosingAnswers(t, func() { b.unanswered(r) })
				}
				if rapid.Bool().Draw(rt, "fails first") {
					b.Failing(t, func() { b.unanswered(r) })
				}
				f := b.charge(r)
				charges = append(charges, open{b.one(f.Movements, ledger.Gross).Object, r.Amount.Minor})
			case "refund":
				if i := len(charges) - 1; i >= 0 && charges[i].left > 0 {
					part := rapid.Int64Range(1, charges[i].left).Draw(rt, "part")
					b.Refund(t, charges[i].object, part)
					charges[i].left -= part
				}
			case "dispute":
				if i := len(charges) - 1; i >= 0 && charges[i].left > 0 {
					b.Dispute(t, charges[i].object)
					charges[i].left = 0
					if rapid.Bool().Draw(rt, "won") {
						b.Win(t, charges[i].object)
					}
				}
			}
			b.Advance(time.Duration(rapid.IntRange(0, 3*24*3600).Draw(rt, "wait")) * time.Second)
		}
		told, stated := map[string]int64{}, map[string]int64{}
		for _, m := range b.since(start) {
			switch m.Kind {
			case ledger.Gross, ledger.Refund, ledger.Dispute:
				told[string(m.Amount.Currency)] += m.Amount.Minor
			case ledger.Fee, ledger.Payout, ledger.Exchange:
			default:
				rt.Fatalf("a movement of unknown kind: %+v", m)
			}
		}
		for _, l := range b.Statements(t) {
			stated[string(l.Amount.Currency)] += l.Amount.Minor
		}
		if diff := cmp.Diff(stated, told); diff != "" {
			rt.Fatalf("the movements are not what the statements say (-statements +movements):\n%s", diff)
		}
	})
}

// unanswered charges while nothing is heard of it.
func (b *bench) unanswered(r contribution.Renewal) {
	b.t.Helper()
	_, err := b.Provider.Charge(ctx(b.t), r)
	b.wantKind(err, fault.Unavailable)
}
