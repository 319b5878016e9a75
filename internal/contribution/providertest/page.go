package providertest

import (
	"strings"
	"testing"
	"time"

	"mimeo/internal/contribution"
	"mimeo/internal/fault"
	"mimeo/internal/ledger"
	"mimeo/internal/money"
)

func beginOnce(t *testing.T, b *bench) {
	c := b.checkout(500, "USD", contribution.Once)
	first := b.begin(c)
	if first.Ref == "" || !strings.HasPrefix(first.URL, "http") {
		t.Fatalf("Begin gives %+v", first)
	}
	b.Advance(time.Hour)
	b.wantSame(b.begin(c), first)

	other := c
	other.Amount = money.Of(900, "USD")
	_, err := b.Provider.Begin(ctx(t), other)
	b.wantKind(err, fault.Conflict)

	c.Key += "-again"
	if again := b.begin(c); again.Ref == first.Ref {
		t.Fatal("another key begins the same page")
	}
	b.wantLines()
}

func beginLost(t *testing.T, b *bench) {
	c := b.checkout(500, "EUR", contribution.Monthly)
	b.LosingAnswers(t, func() {
		_, err := b.Provider.Begin(ctx(t), c)
		b.wantKind(err, fault.Unavailable)
	})
	b.Failing(t, func() {
		_, err := b.Provider.Begin(ctx(t), c)
		b.wantKind(err, fault.Unavailable)
	})
	begun := b.begin(c)
	if !b.Pay(t, begun.URL, Good) {
		t.Fatal("the card was not accepted")
	}
	if f := b.lookup(begun.Ref); f.State != contribution.Paid {
		t.Fatalf("the payment is %s", f.State)
	}
	b.wantLines(500)
}

func payOnce(t *testing.T, b *bench) {
	c := b.checkout(500, "USD", contribution.Once)
	begun := b.begin(c)
	before := b.lookup(begun.Ref)
	if before.State != contribution.Started || before.Payment != c.Payment || before.Pledge != c.Pledge || before.Processing || len(before.Movements) != 0 {
		t.Fatalf("before paying: %+v", before)
	}
	b.wantSame(before.Amount, c.Amount)

	b.Advance(time.Minute)
	when := b.Now()
	if !b.Pay(t, begun.URL, Good) {
		t.Fatal("the card was not accepted")
	}
	f := b.lookup(begun.Ref)
	if f.State != contribution.Paid || f.Payment != c.Payment || f.Pledge != c.Pledge || f.Email != donor || f.Processing || f.Abandoned {
		t.Fatalf("after paying: %+v", f)
	}
	b.wantSame(f.Amount, c.Amount)
	if f.At.Sub(when).Abs() > time.Minute || f.At.Location() != time.UTC {
		t.Fatalf("paid at %v, the donor paid at %v", f.At, when)
	}
	gross, fee := b.one(f.Movements, ledger.Gross), b.one(f.Movements, ledger.Fee)
	if gross.Amount != c.Amount || fee.Amount.Minor >= 0 || fee.Amount.Currency != "USD" || gross.Object != fee.Object || !gross.At.Equal(f.At) {
		t.Fatalf("movements: %+v", f.Movements)
	}

	b.Advance(48 * time.Hour)
	b.wantSame(b.lookup(begun.Ref), f)
	b.wantSame(b.lookup(f.Ref), f)
	b.wantSame(b.lookup(gross.Ref), f)
	// The back button and a second click.
	b.Pay(t, begun.URL, Good)
	b.wantSame(b.lookup(begun.Ref), f)
	b.wantLines(500)
}

func declineOnPage(t *testing.T, b *bench) {
	begun := b.begin(b.checkout(700, "GBP", contribution.Monthly))
	if b.Pay(t, begun.URL, Refusing) {
		t.Fatal("the refusing card was accepted")
	}
	if f := b.lookup(begun.Ref); f.State != contribution.Started {
		t.Fatalf("after a declined card the payment is %s", f.State)
	}
	// Whatever the webhooks refer to says the same.
	for _, ref := range b.refs() {
		if f := b.lookup(ref); f.State != contribution.Started {
			t.Fatalf("by %s the payment is %s", ref, f.State)
		}
	}
	b.wantLines()
	if !b.Pay(t, begun.URL, Good) {
		t.Fatal("no second card was taken")
	}
	if f := b.lookup(begun.Ref); f.State != contribution.Paid {
		t.Fatalf("the payment is %s", f.State)
	}
	b.wantLines(700)
}

func expire(t *testing.T, b *bench) {
	untouched := b.begin(b.checkout(500, "USD", contribution.Monthly))
	tried := b.begin(b.checkout(600, "USD", contribution.Monthly))
	b.Pay(t, tried.URL, Refusing)
	b.Advance(72 * time.Hour)
	f := b.lookup(untouched.Ref)
	if f.State != contribution.Failed || !f.Abandoned || f.At.IsZero() || f.At.After(b.Now()) {
		t.Fatalf("a page left alone: %+v", f)
	}
	g := b.lookup(tried.Ref)
	if g.State != contribution.Failed || g.Abandoned {
		t.Fatalf("a page left after a refusal: %+v", g)
	}
	if b.Pay(t, untouched.URL, Good) {
		t.Fatal("an expired page takes money")
	}
	b.Advance(time.Hour)
	b.wantSame(b.lookup(untouched.Ref), f)
	b.wantSame(b.lookup(tried.Ref), g)
	b.wantLines()
}

func yen(t *testing.T, b *bench) {
	f := b.paid(500, "JPY", contribution.Monthly, Good)
	b.wantSame(f.Amount, money.Of(500, "JPY"))
	gross, fee := b.one(f.Movements, ledger.Gross), b.one(f.Movements, ledger.Fee)
	if gross.Amount != f.Amount || fee.Amount.Currency != "JPY" || fee.Amount.Minor >= 0 || fee.Amount.Minor < -250 {
		t.Fatalf("movements: %+v", f.Movements)
	}
	r := b.charge(b.renewal(f))
	b.wantSame(r.Amount, money.Of(500, "JPY"))
	b.wantLines(500, 500)
}

func nothingThere(t *testing.T, b *bench) {
	f := b.paid(500, "USD", contribution.Monthly, Good)
	for _, ref := range []string{"", "x", "../../etc/passwd", "cs_test_?a=b", f.Ref + "x", "\x00", strings.Repeat("a", 5000)} {
		_, err := b.Provider.Lookup(ctx(t), ref)
		if kind := fault.KindOf(err); kind != fault.Missing && kind != fault.Invalid {
			t.Errorf("Lookup(%.40q): %v (%v), want missing", ref, kind, err)
		}
	}
	r := b.renewal(f)
	_, err := b.Provider.Find(ctx(t), r)
	b.wantKind(err, fault.Missing)
}
