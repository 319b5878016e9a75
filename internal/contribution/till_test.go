package contribution

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
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
