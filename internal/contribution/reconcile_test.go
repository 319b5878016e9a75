package contribution

import (
	"context"
	"strings"
	"testing"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/ledger"
	"mimeo/internal/money"
)

func TestDisputeEndsTheGift(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		s.start()
		id, pledge := s.give(money.Of(500, money.USD), Monthly)
		s.bank.dispute(id, false)
		s.until("2027-06-01")
		if v := s.view(pledge); v.Phase != Ended || v.Reason != ByRefusal || v.Kept.Packet || s.bank.calls != 0 {
			t.Errorf("%d charges, %+v", s.bank.calls, v)
		}
		if got := s.kinds(); len(got) != 1 {
			t.Errorf("mails %v", got)
		}
		s.trueBook()
	})
}

func TestReconcileFindsEverything(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		var ids []string
		for range 5 {
			id := s.begin(s.intent(money.Of(2000, money.USD), Monthly))
			s.bank.pay(id)
			ids = append(ids, id)
		}
		s.bank.refund(ids[0], 2000)
		s.bank.refund(ids[1], 500)
		s.bank.dispute(ids[2], true)
		s.bank.payOut(3000)
		unpaid := s.begin(s.intent(money.Of(2000, money.USD), Monthly))
		r := s.reconcile()
		if r.Booked == 0 || r.Strangers != 0 || len(r.Problems) > 0 {
			t.Errorf("%+v", r)
		}
		s.trueBook()
		for i, want := range []PaymentState{Refunded, Paid, Disputed, Paid, Paid} {
			if got := s.payment(ids[i]); got.State != want || got.todo {
				t.Errorf("payment %d: %+v, want %s", i, got, want)
			}
		}
		if got := s.payment(unpaid); got.State != Started {
			t.Errorf("%+v", got)
		}
		if again := s.reconcile(); again.Booked != 0 || again.Open != 1 {
			t.Errorf("%+v", again)
		}
		s.bank.set(func(b *bank) { b.down = true })
		if r := s.reconcile(); len(r.Problems) != 2 || !strings.Contains(r.String(), "Not done") {
			t.Errorf("%+v", r)
		}
	})
}

// The newsroom comes back from an old backup and knows nothing of some
// payments: their money is booked all the same, and the report says so.
func TestAmnesia(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		id, pledge := s.give(money.Of(500, money.USD), Monthly)
		s.trueBook()
		fresh := dbtest.Open(t, dbtest.SQLiteURL(t), s.clock.Now)
		restored := newStandAt(t, fresh, s.clock, s.bank)
		restored.hearAll()
		if r := restored.reconcile(); r.Movements != 2 || len(r.Problems) > 0 {
			t.Errorf("%+v", r)
		}
		restored.trueBook()
		if _, err := restored.till.Status(t.Context(), id); fault.KindOf(err) != fault.Missing {
			t.Errorf("%v", err)
		}
		if _, err := restored.till.Pledge(t.Context(), pledge); fault.KindOf(err) != fault.Missing {
			t.Errorf("%v", err)
		}
	})
}

// A payment given up as failed turns out to be paid after its period was paid
// otherwise: both are booked, and the promise counts one.
func TestMoneyBesideThePromise(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		_, pledge := s.give(money.Of(500, money.USD), Monthly)
		s.bank.refuseCard(pledge, true)
		s.clock.Set(Day("2027-02-28").Time())
		if err := s.till.renewDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		lost, err := s.till.Again(t.Context(), pledge)
		if err != nil {
			t.Fatal(err)
		}
		s.bank.expire(lost.Payment)
		s.hearAll()
		s.bank.refuseCard(pledge, false)
		s.clock.Set(Day("2027-03-03").Time())
		if err := s.till.renewDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.bank.set(func(b *bank) { b.take(b.charges[lost.Payment], true) })
		s.hearAll()
		s.trueBook()
		if got := s.payment(lost.Payment); got.State != Paid || !got.Extra {
			t.Errorf("%+v", got)
		}
		if v := s.view(pledge); v.Phase != Active || v.Paid != 3 || v.Due != "2027-03-31" {
			t.Errorf("%+v", v)
		}
	})
}

// A movement that is in the ledger before its payment is heard of, as after a
// reconciliation that was cut off, is not booked a second time.
func TestMovementsBeforeTheirPayment(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		id := s.begin(s.intent(money.Of(500, money.USD), Monthly))
		s.bank.pay(id)
		if err := s.d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := s.till.book.Post(ctx, tx, s.bank.movements[1].entry(s.bank.name))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		s.hearAll()
		s.trueBook()
		if got := s.payment(id); got.State != Paid || got.todo {
			t.Errorf("%+v", got)
		}
	})
}

func TestTheBankTookAnotherAmount(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		id := s.begin(s.intent(money.Of(500, money.USD), Once))
		s.bank.set(func(b *bank) { b.charges[id].amount.Minor = 600 })
		s.bank.pay(id)
		s.hearAll()
		s.trueBook()
		if got := s.payment(id); got.State != Paid || !strings.Contains(s.log.String(), "another amount") {
			t.Errorf("%+v, %s", got, s.log)
		}
	})
}

func TestMovementsKeepTheirIdentity(t *testing.T) {
	m := Movement{Object: "ch_1", Kind: ledger.Gross}
	if got := m.entryID("stripe"); got != "stripe:ch_1:gross" {
		t.Errorf("%s", got)
	}
}
