package providertest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"mimeo/internal/contribution"
	"mimeo/internal/fault"
	"mimeo/internal/ledger"
	"mimeo/internal/money"
)

func renew(t *testing.T, b *bench) {
	saved := b.paid(500, "USD", contribution.Monthly, Good)
	if saved.Customer == "" || saved.Method == "" || saved.Email != donor {
		t.Fatalf("nothing to renew with: %+v", saved)
	}
	b.Advance(31 * 24 * time.Hour)
	r := b.renewal(saved)
	f := b.charge(r)
	if f.State != contribution.Paid || f.Ref == "" || f.Payment != r.Payment || f.Pledge != r.Pledge || f.Amount != r.Amount || f.At.Sub(b.Now()).Abs() > time.Minute {
		t.Fatalf("the renewal: %+v", f)
	}
	b.one(f.Movements, ledger.Gross)
	b.one(f.Movements, ledger.Fee)
	b.wantSame(b.lookup(f.Ref), f)
	found, err := b.Provider.Find(ctx(t), r)
	if err != nil {
		t.Fatal(err)
	}
	b.wantSame(found, f)

	b.wantSame(b.charge(r), f)
	b.wantLines(500, 500)

	other := r
	other.Amount = money.Of(900, "USD")
	_, err = b.Provider.Charge(ctx(t), other)
	b.wantKind(err, fault.Conflict)
	b.wantLines(500, 500)

	if again := b.charge(b.renewal(saved)); again.Ref == f.Ref {
		t.Fatal("the next renewal is the one before")
	}
	b.wantLines(500, 500, 500)
}

func renewLost(t *testing.T, b *bench) {
	saved := b.paid(500, "EUR", contribution.Monthly, Good)
	r := b.renewal(saved)
	b.LosingAnswers(t, func() {
		for range 3 {
			_, err := b.Provider.Charge(ctx(t), r)
			b.wantKind(err, fault.Unavailable)
		}
	})
	b.Advance(22 * time.Hour)
	f := b.charge(r)
	if f.State != contribution.Paid {
		t.Fatalf("the renewal is %s", f.State)
	}
	b.wantLines(500, 500)
}

func renewFailing(t *testing.T, b *bench) {
	saved := b.paid(500, "EUR", contribution.Monthly, Good)
	r := b.renewal(saved)
	b.Failing(t, func() {
		_, err := b.Provider.Charge(ctx(t), r)
		b.wantKind(err, fault.Unavailable)
		_, err = b.Provider.Find(ctx(t), r)
		b.wantKind(err, fault.Unavailable)
		_, err = b.Provider.Lookup(ctx(t), saved.Ref)
		b.wantKind(err, fault.Unavailable)
		_, err = b.Provider.Movements(ctx(t), b.Now().Add(-time.Hour))
		b.wantKind(err, fault.Unavailable)
	})
	b.wantLines(500)
	_, err := b.Provider.Find(ctx(t), r)
	b.wantKind(err, fault.Missing)
	b.charge(r)
	b.wantLines(500, 500)
}

// renewForgotten is what the Till does when it comes back after days: the key
// may no longer protect it, so it asks before it would charge.
func renewForgotten(t *testing.T, b *bench) {
	saved := b.paid(500, "USD", contribution.Monthly, Good)
	r := b.renewal(saved)
	b.LosingAnswers(t, func() {
		_, err := b.Provider.Charge(ctx(t), r)
		b.wantKind(err, fault.Unavailable)
	})
	b.charge(b.renewal(saved)) // another one, which is not to be mistaken for it
	b.Advance(5 * 24 * time.Hour)
	f, err := b.Provider.Find(ctx(t), r)
	if err != nil {
		t.Fatal(err)
	}
	if f.State != contribution.Paid || f.Payment != r.Payment {
		t.Fatalf("found %+v", f)
	}
	b.wantLines(500, 500, 500)
}

func renewRefused(t *testing.T, b *bench) {
	saved := b.paid(500, "USD", contribution.Yearly, RefusingLater)
	b.Advance(365 * 24 * time.Hour)
	r := b.renewal(saved)
	f := b.charge(r)
	if f.State != contribution.Failed || f.Abandoned || f.Payment != r.Payment || f.At.IsZero() || len(f.Movements) != 0 {
		t.Fatalf("a refused renewal: %+v", f)
	}
	b.wantSame(b.charge(r), f)
	if f.Ref != "" {
		b.wantSame(b.lookup(f.Ref), f)
	}
	found, err := b.Provider.Find(ctx(t), r)
	if err != nil {
		t.Fatal(err)
	}
	b.wantSame(found, f)
	b.wantLines(500)
}

func renewGone(t *testing.T, b *bench) {
	saved := b.paid(500, "USD", contribution.Monthly, Good)
	b.Forget(t, saved.Customer, saved.Method)
	r := b.renewal(saved)
	f := b.charge(r)
	if f.State != contribution.Failed || f.Payment != r.Payment || f.Pledge != r.Pledge || f.At.IsZero() {
		t.Fatalf("a renewal without a card: %+v", f)
	}
	b.wantLines(500)
}

func renewTogether(t *testing.T, b *bench) {
	saved := b.paid(500, "USD", contribution.Monthly, Good)
	r := b.renewal(saved)
	facts := make([]contribution.Fact, 8)
	errs := make([]error, len(facts))
	var all sync.WaitGroup
	for i := range facts {
		all.Go(func() { facts[i], errs[i] = b.Provider.Charge(ctx(t), r) })
	}
	all.Wait()
	for i := range facts {
		// A processor may ask a second caller to wait for the first.
		if errs[i] != nil {
			b.wantKind(errs[i], fault.Unavailable)
			facts[i] = b.charge(r)
		}
		b.wantSame(facts[i], facts[0])
	}
	b.wantLines(500, 500)
}

func givesUp(t *testing.T, b *bench) {
	gone, cancel := context.WithCancel(ctx(t))
	cancel()
	_, err := b.Provider.Begin(gone, b.checkout(500, "USD", contribution.Once))
	b.wantKind(err, fault.Unavailable)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the error hides why: %v", err)
	}
}

func silentErrors(t *testing.T, b *bench) {
	saved := b.paid(500, "USD", contribution.Monthly, Good)
	var errs []error
	keep := func(err error) {
		if err == nil {
			t.Error("no error")
			return
		}
		errs = append(errs, err)
	}
	c := b.checkout(500, "USD", contribution.Once)
	c.Email = "planted-name-without-host"
	_, err := b.Provider.Begin(ctx(t), c)
	keep(err)
	c = b.checkout(1, "USD", contribution.Once)
	_, err = b.Provider.Begin(ctx(t), c)
	keep(err)
	b.wantKind(err, fault.Invalid)
	for _, faulty := range []func(testing.TB, func()){b.Failing, b.LosingAnswers} {
		faulty(t, func() {
			_, err := b.Provider.Begin(ctx(t), b.checkout(500, "USD", contribution.Once))
			keep(err)
			_, err = b.Provider.Charge(ctx(t), b.renewal(saved))
			keep(err)
		})
	}
	for _, err := range errs {
		for _, planted := range []string{"planted", saved.Customer, saved.Method} {
			if strings.Contains(err.Error(), planted) || strings.Contains(fault.Message(err), planted) {
				t.Errorf("the error holds %q: %v", planted, err)
			}
		}
	}
}
