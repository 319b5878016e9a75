package contribution

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/ledger"
	"mimeo/internal/money"
)

func each(t *testing.T, test func(t *testing.T, s *stand)) {
	t.Helper()
	dbtest.EachClock(t, lastOfJanuary, func(t *testing.T, d *db.DB, c *dbtest.Clock) { test(t, newStand(t, d, c)) })
}

func TestOneGift(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		id := s.begin(s.intent(money.Of(750, money.EUR), Once))
		status, err := s.till.Status(t.Context(), id)
		if err != nil || !status.Waiting() || status.Amount != money.Of(750, money.EUR) {
			t.Fatalf("%+v, %v", status, err)
		}
		if len(s.entries()) > 0 || len(s.kinds()) > 0 {
			t.Error("something was booked or mailed before anything was paid")
		}
		s.bank.pay(id)
		s.hearAll()
		s.hearAll()
		status, err = s.till.Status(t.Context(), id)
		if err != nil || status.State != Paid || status.Next != "" {
			t.Errorf("%+v, %v", status, err)
		}
		s.trueBook()
		if got := s.kinds(); !slices.Equal(got, []string{"Your receipt 2027-01-31"}) {
			t.Errorf("mails %v", got)
		}
		v := s.view(s.payment(id).Pledge)
		if v.Phase != Ended || v.Reason != AfterOne || v.Kept.Packet || v.Kept.Payments != 1 {
			t.Errorf("%+v", v)
		}
		if !slices.Equal(s.gifts, []string{"planted@example.org"}) || !slices.Equal(s.counts, []string{"winter/b"}) {
			t.Errorf("told of %v, counted %v", s.gifts, s.counts)
		}
	})
}

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

func TestWithoutAnyWebhook(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		s.start()
		id := s.begin(s.intent(money.Of(500, money.USD), Monthly))
		s.bank.pay(id)
		if err := s.jobs.RunDue(t.Context(), s.clock.Now().Add(11*time.Second), s.clock.Set); err != nil {
			t.Fatal(err)
		}
		if got := s.payment(id); got.State != Paid || got.todo {
			t.Fatalf("%+v", got)
		}
		s.trueBook()
	})
}

func TestAnUnfinishedPageExpires(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		s.start()
		id := s.begin(s.intent(money.Of(500, money.USD), Monthly))
		s.until("2027-02-01")
		if got := s.payment(id); got.State != Started {
			t.Fatalf("given up after a day: %+v", got)
		}
		s.until("2027-02-02")
		if got := s.payment(id); got.State != Failed || !got.Abandoned || got.todo {
			t.Fatalf("%+v", got)
		}
		if v := s.view(s.payment(id).Pledge); v.Phase != Ended || v.Reason != ByExpiration {
			t.Errorf("%+v", v)
		}
		if got := s.kinds(); len(got) != 0 {
			t.Errorf("mails %v", got)
		}
		// and the donor pays after all, on a page that should be dead
		s.bank.pay(id)
		s.hearAll()
		s.trueBook()
		if v := s.view(s.payment(id).Pledge); v.Phase != Active || v.Kept.Until != "2027-03-02" {
			t.Errorf("%+v", v)
		}
	})
}

func TestTheSameFormTwiceIsOneGift(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		in := s.intent(money.Of(500, money.USD), Monthly)
		var mu sync.Mutex
		seen := map[Opened]int{}
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				opened, err := s.till.Begin(t.Context(), in)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				seen[opened]++
			})
		}
		wait.Wait()
		if len(seen) != 1 || len(s.bank.charges) != 1 {
			t.Fatalf("%v, and %d pages at the bank", seen, len(s.bank.charges))
		}
		for opened := range seen {
			s.bank.pay(opened.Payment)
			s.hearAll()
			again, err := s.till.Begin(t.Context(), in)
			if !errors.Is(err, ErrAlready) || again.Payment != opened.Payment || again.URL != "" {
				t.Errorf("%+v, %v", again, err)
			}
		}
		changed := in
		changed.Amount = money.Of(1000, money.USD)
		if _, err := s.till.Begin(t.Context(), changed); !errors.Is(err, ErrAlready) {
			t.Errorf("another amount after the gift came in: %v", err)
		}
		s.trueBook()
	})
}

func TestTheBankIsAway(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		in := s.intent(money.Of(500, money.USD), Monthly)
		s.bank.set(func(b *bank) { b.down = true })
		first, err := s.till.Begin(t.Context(), in)
		if fault.KindOf(err) != fault.Unavailable || first.Payment == "" {
			t.Fatalf("%+v, %v", first, err)
		}
		if got := s.payment(first.Payment); got.State != Started || got.Key == "" {
			t.Errorf("the choice is not kept: %+v", got)
		}
		s.bank.set(func(b *bank) { b.down, b.loseAnswer = false, true })
		if _, err := s.till.Begin(t.Context(), in); fault.KindOf(err) != fault.Unavailable {
			t.Fatal(err)
		}
		s.bank.set(func(b *bank) { b.loseAnswer = false })
		second, err := s.till.Begin(t.Context(), in)
		if err != nil || second.Payment != first.Payment || len(s.bank.charges) != 1 {
			t.Fatalf("%+v, %v, %d pages", second, err, len(s.bank.charges))
		}
	})
}

func TestAnotherAddressOnTheSameForm(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		in := s.intent(money.Of(500, money.USD), Monthly)
		s.bank.set(func(b *bank) { b.loseAnswer = true })
		if _, err := s.till.Begin(t.Context(), in); err == nil {
			t.Fatal("no error")
		}
		s.bank.set(func(b *bank) { b.loseAnswer = false })
		in.Email = "corrected@example.org"
		first, err := s.till.Begin(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		in.Email = "again@example.org"
		second, err := s.till.Begin(t.Context(), in)
		if err != nil || second.Payment == first.Payment {
			t.Fatalf("a page that is open was changed: %+v, %v", second, err)
		}
		s.bank.pay(second.Payment)
		s.hearAll()
		if got := s.payment(second.Payment); got.State != Paid {
			t.Errorf("%+v", got)
		}
	})
}

func TestBeginRefuses(t *testing.T) {
	d := dbtest.SQLite(t)
	s := newStand(t, d, dbtest.NewClock(time.Now()))
	for name, c := range map[string]struct {
		change func(in *Intent)
		kind   fault.Kind
	}{
		"too little":       {func(in *Intent) { in.Amount.Minor = 1 }, fault.Invalid},
		"negative":         {func(in *Intent) { in.Amount.Minor = -500 }, fault.Invalid},
		"too much":         {func(in *Intent) { in.Amount.Minor = 1 << 60 }, fault.Invalid},
		"no currency":      {func(in *Intent) { in.Amount.Currency = "" }, fault.Invalid},
		"no rhythm":        {func(in *Intent) { in.Rhythm = "" }, fault.Invalid},
		"unknown provider": {func(in *Intent) { in.Provider = "cash" }, fault.Missing},
	} {
		in := s.intent(money.Of(500, money.USD), Monthly)
		c.change(&in)
		if _, err := s.till.Begin(t.Context(), in); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, id := range []string{"", "x", strings.Repeat("a", 26), "'; drop table pledge; --", strings.Repeat("a", 1_000_000)} {
		if _, err := s.till.Status(t.Context(), id); fault.KindOf(err) != fault.Missing {
			t.Errorf("status of %.30q: %v", id, err)
		}
		if _, err := s.till.Pledge(t.Context(), id); fault.KindOf(err) != fault.Missing {
			t.Errorf("pledge %.30q: %v", id, err)
		}
		if _, err := s.till.Stop(t.Context(), id); fault.KindOf(err) != fault.Missing {
			t.Errorf("stopping %.30q: %v", id, err)
		}
		if _, err := s.till.Again(t.Context(), id); fault.KindOf(err) != fault.Missing {
			t.Errorf("again %.30q: %v", id, err)
		}
	}
}

func TestHooksAreRumours(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		id := s.begin(s.intent(money.Of(500, money.USD), Once))
		ref := s.payment(id).Ref
		raw := []byte(fmt.Sprintf(`{"Event":"evt_x","Refs":[%q]}`, ref))
		genuine := map[string][]string{"Signature": {"genuine"}}
		for name, c := range map[string]struct {
			provider string
			header   map[string][]string
			raw      string
			kind     fault.Kind
		}{
			"forged":           {"bank", map[string][]string{"Signature": {"mine"}}, string(raw), fault.Denied},
			"unsigned":         {"bank", nil, string(raw), fault.Denied},
			"unreadable":       {"bank", genuine, "\xff{", fault.Denied},
			"without an event": {"bank", genuine, "{}", fault.Denied},
			"unknown provider": {"cash", genuine, string(raw), fault.Missing},
		} {
			if err := s.till.Hook(t.Context(), c.provider, c.header, []byte(c.raw)); fault.KindOf(err) != c.kind {
				t.Errorf("%s: %v", name, err)
			}
		}
		// a genuine webhook that claims a payment which was not made
		if err := s.hear(Rumour{Event: "evt_lie", Refs: []string{ref}}); err != nil {
			t.Error(err)
		}
		if err := s.hear(Rumour{Event: "evt_void", Refs: []string{"cs_none"}}); err != nil {
			t.Error(err)
		}
		if err := s.hear(Rumour{Event: "evt_nothing"}); err != nil {
			t.Error(err)
		}
		if got := s.payment(id); got.State != Started || len(s.entries()) > 0 {
			t.Fatalf("%+v", got)
		}
		s.bank.pay(id)
		s.bank.set(func(b *bank) { b.down = true })
		if err := s.hear(s.bank.rumours[0]); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%v", err)
		}
		s.bank.set(func(b *bank) { b.down = false })
		if err := s.hear(s.bank.rumours[0]); err != nil {
			t.Error(err)
		}
		s.trueBook()
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

// Nothing that names the donor is in the tables or the log.
func TestNoAddressIsStored(t *testing.T) {
	clock := dbtest.NewClock(lastOfJanuary)
	url := dbtest.SQLiteURL(t)
	s := newStand(t, dbtest.Open(t, url, clock.Now), clock)
	s.start()
	_, pledge := s.give(money.Of(500, money.USD), Monthly)
	s.give(money.Of(500, money.USD), Once)
	s.bank.refuseCard(pledge, true)
	s.until("2027-03-05")
	if _, err := s.till.Again(t.Context(), pledge); err != nil {
		t.Fatal(err)
	}
	if _, err := s.till.Stop(t.Context(), pledge); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(url, "sqlite:")
	for _, file := range []string{path, path + "-wal"} {
		data, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, planted := range []string{"planted@example.org", "planted", "cus_1", "pm_cus"} {
			if strings.Contains(string(data), planted) {
				t.Errorf("%s holds %q", file, planted)
			}
		}
	}
	if s.log.Len() > 0 && strings.Contains(s.log.String(), "planted") {
		t.Errorf("the log names the donor: %s", s.log)
	}
}

func TestMailsAreKindAndComplete(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		_, pledge := s.give(money.Of(500, money.USD), Monthly)
		if len(s.mails()) != 1 {
			t.Fatal(s.kinds())
		}
		m := s.mails()[0]
		if m.To != "planted@example.org" || m.Subject != "Your receipt" {
			t.Errorf("%+v", m)
		}
		for _, want := range []string{"$5", "31 January 2027", "TNR MEDIA", "$5 a month", "28 February 2027", "The North Ridge", "https://news.example/supporter?t="} {
			if !strings.Contains(m.Text, want) || !strings.Contains(m.HTML, want) {
				t.Errorf("the receipt lacks %q:\n%s\n%s", want, m.Text, m.HTML)
			}
		}
		if strings.Contains(m.Text, "{{") || strings.Contains(m.Text, "contribution.") || strings.Contains(m.Text, pledge) {
			t.Errorf("%s", m.Text)
		}
		_, token, _ := strings.Cut(m.Text, "supporter?t=")
		token, _, _ = strings.Cut(token, "\n")
		if id, err := s.vault.Verify(LinkPurpose, token); err != nil || string(id) != pledge {
			t.Errorf("the link opens %q, %v", id, err)
		}
	})
}

func TestEveryMailInEveryLanguage(t *testing.T) {
	s := newStand(t, dbtest.SQLite(t), dbtest.NewClock(lastOfJanuary))
	for _, code := range []string{"en", "fa"} {
		for _, kind := range []mailKind{mailReceipt, mailCardFailed, mailGiftEnded, mailGiftStopped} {
			for _, rhythm := range Rhythms() {
				for _, paid := range []int{0, 1, 14} {
					l := letter{Lang: code, Minor: 500, Currency: money.USD, Rhythm: rhythm, Pledge: "p", Payment: "abcdefghij", Day: "2027-01-31", Paid: paid}
					for _, l.Next = range []Day{"", "2027-02-28"} {
						m, err := s.till.compose(kind, "a@example.org", l)
						if err != nil {
							t.Fatal(err)
						}
						if m.Subject == "" || strings.Contains(m.Subject+m.Text+m.HTML, "contribution.") || strings.Contains(m.Text, "<no value>") {
							t.Errorf("%s %s %s: %s\n%s", code, kind, rhythm, m.Subject, m.Text)
						}
					}
				}
			}
		}
	}
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
