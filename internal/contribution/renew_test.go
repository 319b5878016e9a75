package contribution

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/money"
)

func TestMonthsOnTheAnchorDay(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		s.start()
		_, pledge := s.give(money.Of(500, money.USD), Monthly)
		if v := s.view(pledge); v.Phase != Active || v.Due != "2027-02-28" || !v.Kept.Packet || v.Kept.Until != "2027-02-28" {
			t.Fatalf("%+v", v)
		}
		s.until("2027-05-30")
		want := []string{"Your receipt 2027-01-31", "Your receipt 2027-02-28", "Your receipt 2027-03-31", "Your receipt 2027-04-30"}
		if got := s.kinds(); !slices.Equal(got, want) {
			t.Errorf("mails %v, want %v", got, want)
		}
		if v := s.view(pledge); v.Phase != Active || v.Due != "2027-05-31" || v.Paid != 4 || v.Last != "2027-04-30" || v.Kept.Until != "2027-05-31" {
			t.Errorf("%+v", v)
		}
		s.trueBook()
		if len(s.gifts) != 1 || len(s.counts) != 1 {
			t.Errorf("told of %v, counted %v", s.gifts, s.counts)
		}
	})
}

func TestYenOnceAYear(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		s.start()
		in := s.intent(money.Of(3600, money.JPY), Yearly)
		in.Lang = "fa"
		id := s.begin(in)
		s.bank.pay(id)
		s.until("2028-02-01")
		s.trueBook()
		if got := s.kinds(); !slices.Equal(got, []string{"رسید شما 2027-01-31", "رسید شما 2028-01-31"}) {
			t.Errorf("mails %v", got)
		}
		m := s.mails()[0]
		if !strings.Contains(m.HTML, `lang="fa" dir="rtl"`) || !strings.Contains(m.Text, "https://news.example/fa/supporter?t=") || !strings.Contains(m.Text, "۳٬۶۰۰") {
			t.Errorf("%s", m.Text)
		}
	})
}

func TestACardThatIsRefused(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		s.start()
		_, pledge := s.give(money.Of(500, money.USD), Monthly)
		s.bank.refuseCard(pledge, true)
		s.until("2027-03-01")
		if v := s.view(pledge); v.Phase != PastDue || v.Try != "2027-03-03" || v.Failures != 1 {
			t.Errorf("%+v", v)
		}
		s.until("2027-03-20")
		want := []string{
			"Your receipt 2027-01-31", "Your card was not accepted 2027-02-28", "Your card was not accepted 2027-03-03", "Your card was not accepted 2027-03-07", "Your gift has ended 2027-03-14",
		}
		if got := s.kinds(); !slices.Equal(got, want) {
			t.Errorf("mails %v, want %v", got, want)
		}
		if v := s.view(pledge); v.Phase != Ended || v.Reason != ByFailure || v.Kept.Packet {
			t.Errorf("%+v", v)
		}
		s.trueBook()
		s.bank.refuseCard(pledge, false)
		s.until("2027-06-20")
		if got := s.kinds(); len(got) != len(want) {
			t.Errorf("mails after the end: %v", got)
		}
		s.trueBook()
	})
}

func TestAnotherCard(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		s.start()
		_, pledge := s.give(money.Of(500, money.USD), Monthly)
		if _, err := s.till.Again(t.Context(), pledge); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a page for a gift that owes nothing: %v", err)
		}
		s.bank.refuseCard(pledge, true)
		s.until("2027-03-02")
		opened, err := s.till.Again(t.Context(), pledge)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := s.till.Again(t.Context(), pledge); err != nil || again != opened {
			t.Errorf("%+v, %v; want %+v", again, err, opened)
		}
		// the third day comes while the page is open: the old card is left alone
		before := s.bank.calls
		s.until("2027-03-03")
		if s.bank.calls != before {
			t.Error("the old card was charged while the donor was paying with another")
		}
		s.bank.pay(opened.Payment)
		s.until("2027-03-31")
		if v := s.view(pledge); v.Phase != Active || v.Paid != 3 || v.Due != "2027-04-30" {
			t.Errorf("%+v", v)
		}
		s.trueBook()
		if want := []string{"Your receipt 2027-01-31", "Your card was not accepted 2027-02-28", "Your receipt 2027-03-03", "Your receipt 2027-03-31"}; !slices.Equal(s.kinds(), want) {
			t.Errorf("mails %v", s.kinds())
		}
	})
}

func TestAnotherCardNotUsed(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		s.start()
		_, pledge := s.give(money.Of(500, money.USD), Monthly)
		s.bank.refuseCard(pledge, true)
		s.until("2027-03-02")
		if _, err := s.till.Again(t.Context(), pledge); err != nil {
			t.Fatal(err)
		}
		s.bank.refuseCard(pledge, false)
		s.until("2027-03-08") // the page expired on the 3rd, the 7th is the next try
		if v := s.view(pledge); v.Phase != Active || v.Paid != 2 {
			t.Errorf("%+v", v)
		}
		s.trueBook()
	})
}

func TestStop(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		s.start()
		_, pledge := s.give(money.Of(500, money.USD), Monthly)
		s.until("2027-03-05")
		stopped, err := s.till.Stop(t.Context(), pledge)
		if err != nil || stopped.Paid != 2 || stopped.Last != "2027-02-28" || stopped.InFlight || stopped.Already {
			t.Fatalf("%+v, %v", stopped, err)
		}
		if again, err := s.till.Stop(t.Context(), pledge); err != nil || !again.Already {
			t.Errorf("%+v, %v", again, err)
		}
		if v := s.view(pledge); v.Phase != Ended || v.Reason != ByDonor || v.Kept.Packet {
			t.Errorf("%+v", v)
		}
		calls := s.bank.calls
		s.until("2027-09-05")
		if s.bank.calls != calls {
			t.Error("charged after a stop")
		}
		want := []string{"Your receipt 2027-01-31", "Your receipt 2027-02-28", "Your gift has stopped 2027-03-05"}
		if got := s.kinds(); !slices.Equal(got, want) {
			t.Errorf("mails %v, want %v", got, want)
		}
		s.trueBook()
	})
}

// Whoever stops at the moment of the renewal either comes first, and is not
// charged, or is told that a payment was on its way.
func TestStopRacesRenewal(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		for range 40 {
			_, pledge := s.give(money.Of(500, money.USD), Monthly)
			s.clock.Set(s.view(pledge).Due.Time())
			before := s.bank.calls
			var stopped Stopped
			var wait sync.WaitGroup
			wait.Go(func() {
				if err := s.till.renewDue(t.Context()); err != nil {
					t.Error(err)
				}
			})
			wait.Go(func() {
				var err error
				if stopped, err = s.till.Stop(t.Context(), pledge); err != nil {
					t.Error(err)
				}
			})
			wait.Wait()
			charged := s.bank.calls - before
			if charged > 1 || charged == 1 && !stopped.InFlight && stopped.Paid != 2 {
				t.Fatalf("%d charges after %+v", charged, stopped)
			}
			if err := s.till.renewDue(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s.bank.calls-before != charged || s.view(pledge).Kept.Packet {
				t.Fatal("charged after the stop")
			}
		}
		s.reconcile()
		s.trueBook()
	})
}

// The crash comes after the row, or after the charge; the same key is used on
// the same day, and on a later one the bank is asked first.
func TestRenewalWhoseAnswerIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		fail, mend func(b *bank)
		wait       time.Duration
	}{
		"before the bank heard, at once": {func(b *bank) { b.down = true }, func(b *bank) { b.down = false }, time.Minute},
		"after it was charged, at once":  {func(b *bank) { b.loseAnswer = true }, func(b *bank) { b.loseAnswer = false }, time.Minute},
		"before the bank heard, 2 days":  {func(b *bank) { b.down = true }, func(b *bank) { b.down = false; b.keys = map[string]string{} }, 48 * time.Hour},
		"after it was charged, 2 days":   {func(b *bank) { b.loseAnswer = true }, func(b *bank) { b.loseAnswer = false; b.keys = map[string]string{} }, 48 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *stand) {
				_, pledge := s.give(money.Of(500, money.USD), Monthly)
				s.clock.Set(s.view(pledge).Due.Time())
				s.bank.set(c.fail)
				if err := s.till.renewDue(t.Context()); err == nil {
					t.Fatal("an unknown outcome is no error")
				}
				if v := s.view(pledge); !v.InFlight || v.Paid != 1 {
					t.Fatalf("%+v", v)
				}
				s.bank.set(c.mend)
				s.clock.Advance(c.wait)
				if err := s.till.Carry(t.Context()); err != nil {
					t.Fatal(err)
				}
				for range 3 {
					if err := s.till.renewDue(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if v := s.view(pledge); v.Phase != Active || v.Paid != 2 || s.bank.calls != 1 {
					t.Errorf("%d charges, %+v", s.bank.calls, v)
				}
				s.trueBook()
			})
		})
	}
}

// Between the lost answer and the repetition the operator changes what bank
// statements read: the key does not fit any more, and the donor is charged once.
func TestRepetitionInOtherWords(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		_, pledge := s.give(money.Of(500, money.USD), Monthly)
		s.clock.Set(s.view(pledge).Due.Time())
		s.bank.set(func(b *bank) { b.loseAnswer = true })
		if err := s.till.renewDue(t.Context()); err == nil {
			t.Fatal("no error")
		}
		s.bank.set(func(b *bank) { b.loseAnswer = false })
		s.till.opt.Descriptor = "NORTH RIDGE"
		if err := s.till.renewDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v := s.view(pledge); v.Paid != 2 || s.bank.calls != 1 {
			t.Errorf("%d charges, %+v", s.bank.calls, v)
		}
		s.trueBook()
	})
}

// A process dies in the middle of the call to the bank: its context ends.
func TestCrashInMidRenewal(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		_, pledge := s.give(money.Of(500, money.USD), Monthly)
		s.clock.Set(s.view(pledge).Due.Time())
		ctx, die := context.WithCancel(t.Context())
		s.bank.set(func(b *bank) { b.onCharge = func(Renewal) { die() }; b.loseAnswer = true })
		if err := s.till.renewDue(ctx); err == nil {
			t.Fatal("no error")
		}
		s.bank.set(func(b *bank) { b.onCharge = nil; b.loseAnswer = false })
		if r := s.reconcile(); r.Booked != 2 || r.Settled != 1 || len(r.Problems) > 0 {
			t.Errorf("%+v", r)
		}
		if err := s.till.renewDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v := s.view(pledge); v.Paid != 2 || s.bank.calls != 1 {
			t.Errorf("%d charges, %+v", s.bank.calls, v)
		}
		s.trueBook()
	})
}

// A stop that meets a renewal of unknown outcome: the bank is not asked for
// money again, and what it took is booked.
func TestStopDuringAnUnknownRenewal(t *testing.T) {
	for _, charged := range []bool{false, true} {
		t.Run(fmt.Sprint("charged ", charged), func(t *testing.T) {
			each(t, func(t *testing.T, s *stand) {
				_, pledge := s.give(money.Of(500, money.USD), Monthly)
				s.clock.Set(s.view(pledge).Due.Time())
				s.bank.set(func(b *bank) { b.down, b.loseAnswer = !charged, charged })
				if err := s.till.renewDue(t.Context()); err == nil {
					t.Fatal("no error")
				}
				stopped, err := s.till.Stop(t.Context(), pledge)
				if err != nil || !stopped.InFlight {
					t.Fatalf("%+v, %v", stopped, err)
				}
				s.bank.set(func(b *bank) { b.down, b.loseAnswer = false, false })
				for range 5 {
					if err := s.till.renewDue(t.Context()); err != nil {
						t.Fatal(err)
					}
					s.reconcile()
					s.clock.Advance(24 * time.Hour)
				}
				want := 0
				if charged {
					want = 1
				}
				v := s.view(pledge)
				if s.bank.calls != want || v.InFlight || v.Phase != Ended || v.Reason != ByDonor || v.Paid != 1+want {
					t.Errorf("%d charges, %+v", s.bank.calls, v)
				}
				s.trueBook()
			})
		})
	}
}

// The server is off for a week around the due day, and the keys of the days
// that passed are destroyed: what is owed is carried over and charged once.
func TestServerWasOff(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		_, pledge := s.give(money.Of(500, money.USD), Monthly)
		_, other := s.give(money.Of(700, money.USD), Monthly)
		s.clock.Set(Day("2027-03-06").Time().Add(9 * time.Hour))
		if err := s.till.Carry(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.vault.Keep(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.bank.refuseCard(other, true)
		s.start()
		s.until("2027-03-06")
		if v := s.view(pledge); v.Phase != Active || v.Paid != 2 || v.Due != "2027-03-31" {
			t.Errorf("%+v", v)
		}
		if v := s.view(other); v.Phase != PastDue || v.Try != "2027-03-07" {
			t.Errorf("%+v", v)
		}
		s.trueBook()
	})
}

// Without the carrying over the packet is lost: the gift ends, nobody is
// charged, nothing hangs.
func TestLostPacketEndsTheGift(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		_, pledge := s.give(money.Of(500, money.USD), Monthly)
		s.clock.Set(Day("2027-03-06").Time())
		if err := s.vault.Keep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.till.renewDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v := s.view(pledge); v.Phase != Ended || v.Reason != ByFailure || v.Kept.Packet || s.bank.calls != 0 {
			t.Errorf("%d charges, %+v", s.bank.calls, v)
		}
	})
}

func TestManyRenewalsInOneBatch(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		const gifts = 2*batch + 17
		for range gifts {
			id := s.begin(s.intent(money.Of(500, money.USD), Monthly))
			s.bank.pay(id)
		}
		s.hearAll()
		s.clock.Set(Day("2027-02-28").Time())
		if err := s.till.renewDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.bank.calls != gifts {
			t.Errorf("%d charges for %d gifts", s.bank.calls, gifts)
		}
		s.trueBook()
	})
}
