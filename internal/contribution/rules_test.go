package contribution

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"mimeo/internal/money"
)

var currencies = []money.Currency{money.USD, money.EUR, money.GBP, money.JPY}

var states = []PaymentState{Started, Failed, Paid, Refunded, Disputed}

func TestReportsInAnyOrderEndInOneState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		heard := rapid.SliceOfN(rapid.SampledFrom(states), 1, 8).Draw(t, "heard")
		join := func(reports []PaymentState) PaymentState {
			s := Started
			for _, r := range reports {
				s = s.Join(r)
			}
			return s
		}
		want := join(heard)
		again := append(append([]PaymentState{}, heard...), heard...)
		if got := join(rapid.Permutation(again).Draw(t, "again")); got != want {
			t.Fatalf("%v gives %s in one order and %s in another", heard, want, got)
		}
	})
}

func TestPaidIsNeverForgotten(t *testing.T) {
	for _, s := range states {
		for _, r := range states {
			if s.Taken() && !s.Join(r).Taken() {
				t.Errorf("%s and then %s is %s", s, r, s.Join(r))
			}
		}
	}
}

func TestDueDay(t *testing.T) {
	for _, c := range []struct {
		anchor Day
		rhythm Rhythm
		want   []Day
	}{
		{"2027-01-31", Monthly, []Day{"2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"}},
		{"2027-12-31", Monthly, []Day{"2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31"}},
		{"2027-01-30", Monthly, []Day{"2027-01-30", "2027-02-28", "2027-03-30"}},
		{"2027-11-15", Monthly, []Day{"2027-11-15", "2027-12-15", "2028-01-15"}},
		{"2028-02-29", Yearly, []Day{"2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"}},
	} {
		for n, want := range c.want {
			if got := DueDay(c.anchor, c.rhythm, n); got != want {
				t.Errorf("%s %s, period %d: %s, want %s", c.rhythm, c.anchor, n, got, want)
			}
		}
	}
}

func TestDueDaysNeverDrift(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		anchor := DayOf(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 4000).Draw(t, "day")))
		rhythm := rapid.SampledFrom([]Rhythm{Monthly, Yearly}).Draw(t, "rhythm")
		n := rapid.IntRange(1, 120).Draw(t, "period")
		before, due, wanted := DueDay(anchor, rhythm, n-1), DueDay(anchor, rhythm, n), anchor.Time().Day()
		if due <= before {
			t.Fatalf("%s does not come after %s", due, before)
		}
		if day := due.Time().Day(); day != wanted {
			if tomorrow := due.After(1).Time(); tomorrow.Day() != 1 || day > wanted {
				t.Fatalf("%s of an anchor on the %d.", due, wanted)
			}
		}
		months := func(d Day) int { return d.Time().Year()*12 + int(d.Time().Month()) }
		if got, want := months(due)-months(anchor), n*rhythm.months(); got != want {
			t.Fatalf("period %d of %s falls %d months after %s", n, rhythm, got, anchor)
		}
	})
}

func TestRetriesAreOnDays3And7And14(t *testing.T) {
	for _, c := range []struct{ due, refused, want Day }{
		{"2027-02-28", "2027-02-28", "2027-03-03"},
		{"2027-02-28", "2027-03-03", "2027-03-07"},
		{"2027-02-28", "2027-03-07", "2027-03-14"},
		{"2027-02-28", "2027-03-14", ""},
		{"2027-02-28", "2027-03-05", "2027-03-07"}, // the server was off on the third day
		{"2027-02-28", "2027-04-01", ""},
	} {
		if got := nextTry(c.due, c.refused); got != c.want {
			t.Errorf("due %s, refused %s: %q, want %q", c.due, c.refused, got, c.want)
		}
	}
}

// pay and friends make the payments of a history.
func pay(period int, state PaymentState, settled Day) Payment {
	return Payment{Period: period, State: state, Settled: settled, Amount: money.Of(500, money.USD)}
}

func abandoned(p Payment) Payment { p.Abandoned, p.Hosted = true, true; return p }

func TestPhases(t *testing.T) {
	paid := pay(0, Paid, "2027-01-31")
	for name, c := range map[string]struct {
		pledge   Pledge
		payments []Payment
		today    Day
		phase    Phase
		reason   Reason
		next     Day
	}{
		"just begun":                    {Pledge{Rhythm: Monthly}, []Payment{pay(0, Started, "")}, "2027-01-31", Pending, NotEnded, ""},
		"no payment yet":                {Pledge{Rhythm: Monthly}, nil, "2027-01-31", Pending, NotEnded, ""},
		"never finished":                {Pledge{Rhythm: Monthly}, []Payment{abandoned(pay(0, Failed, "2027-02-01"))}, "2027-02-02", Ended, ByExpiration, ""},
		"refused":                       {Pledge{Rhythm: Monthly}, []Payment{pay(0, Failed, "2027-02-01")}, "2027-02-02", Ended, ByRefusal, ""},
		"once":                          {Pledge{Rhythm: Once}, []Payment{paid}, "2027-01-31", Ended, AfterOne, ""},
		"once, given back":              {Pledge{Rhythm: Once}, []Payment{pay(0, Refunded, "2027-01-31")}, "2027-03-31", Ended, AfterOne, ""},
		"monthly":                       {Pledge{Rhythm: Monthly}, []Payment{paid}, "2027-01-31", Active, NotEnded, "2027-02-28"},
		"on the due day":                {Pledge{Rhythm: Monthly}, []Payment{paid}, "2027-02-28", Active, NotEnded, "2027-02-28"},
		"nobody charged":                {Pledge{Rhythm: Monthly}, []Payment{paid}, "2027-03-01", PastDue, NotEnded, "2027-02-28"},
		"two months":                    {Pledge{Rhythm: Monthly}, []Payment{paid, pay(1, Paid, "2027-02-28")}, "2027-03-01", Active, NotEnded, "2027-03-31"},
		"yearly":                        {Pledge{Rhythm: Yearly}, []Payment{paid}, "2027-06-01", Active, NotEnded, "2028-01-31"},
		"first refusal":                 {Pledge{Rhythm: Monthly}, []Payment{paid, pay(1, Failed, "2027-02-28")}, "2027-02-28", PastDue, NotEnded, "2027-03-03"},
		"third refusal":                 {Pledge{Rhythm: Monthly}, []Payment{paid, pay(1, Failed, "2027-02-28"), pay(1, Failed, "2027-03-03"), pay(1, Failed, "2027-03-07")}, "2027-03-07", PastDue, NotEnded, "2027-03-14"},
		"last refusal":                  {Pledge{Rhythm: Monthly}, []Payment{paid, pay(1, Failed, "2027-02-28"), pay(1, Failed, "2027-03-14")}, "2027-03-14", Ended, ByFailure, ""},
		"paid after two refusals":       {Pledge{Rhythm: Monthly}, []Payment{paid, pay(1, Failed, "2027-02-28"), pay(1, Failed, "2027-03-03"), pay(1, Paid, "2027-03-07")}, "2027-03-08", Active, NotEnded, "2027-03-31"},
		"another card, not finished":    {Pledge{Rhythm: Monthly}, []Payment{paid, pay(1, Failed, "2027-02-28"), abandoned(pay(1, Failed, "2027-03-02"))}, "2027-03-02", PastDue, NotEnded, "2027-03-03"},
		"paying when the last try ends": {Pledge{Rhythm: Monthly}, []Payment{paid, pay(1, Failed, "2027-03-14"), pay(1, Started, "")}, "2027-03-14", PastDue, NotEnded, ""},
		"paid two months late":          {Pledge{Rhythm: Monthly}, []Payment{paid, pay(1, Paid, "2027-04-15")}, "2027-04-15", Active, NotEnded, "2027-04-30"},
		"disputed":                      {Pledge{Rhythm: Monthly}, []Payment{paid, pay(1, Disputed, "2027-02-28")}, "2027-03-01", Ended, ByRefusal, "2027-03-31"},
		"refunded month":                {Pledge{Rhythm: Monthly}, []Payment{paid, pay(1, Refunded, "2027-02-28")}, "2027-03-01", Active, NotEnded, "2027-03-31"},
		"stopped":                       {Pledge{Rhythm: Monthly, Ended: "2027-02-01", Reason: ByDonor}, []Payment{paid}, "2027-02-01", Ended, ByDonor, "2027-02-28"},
		"stopped, and paid after all":   {Pledge{Rhythm: Monthly, Ended: "2027-02-01", Reason: ByDonor}, []Payment{paid, pay(1, Paid, "2027-02-28")}, "2027-03-01", Ended, ByDonor, "2027-03-31"},
		"given up, and paid after all":  {Pledge{Rhythm: Monthly, Ended: "2027-02-02", Reason: ByExpiration}, []Payment{paid}, "2027-02-03", Active, NotEnded, "2027-02-28"},
		"money beside the promise":      {Pledge{Rhythm: Monthly}, []Payment{paid, {Period: 1, State: Paid, Settled: "2027-02-28"}, {Period: 1, Extra: true, State: Paid, Settled: "2027-03-01"}}, "2027-03-02", Active, NotEnded, "2027-03-31"},
	} {
		t.Run(name, func(t *testing.T) {
			s := StandingOf(c.pledge.Rhythm, c.payments)
			phase, reason := PhaseOf(c.pledge, s, c.today.Time().Add(15*time.Hour))
			if phase != c.phase || reason != c.reason || s.Try != c.next {
				t.Errorf("%s %q, next %q; want %s %q, next %q", phase, reason, s.Try, c.phase, c.reason, c.next)
			}
		})
	}
}

func TestStandingDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rhythm := rapid.SampledFrom(Rhythms()).Draw(t, "rhythm")
		var history []Payment
		for range rapid.IntRange(0, 10).Draw(t, "payments") {
			day := Day("2027-01-31").After(rapid.IntRange(0, 90).Draw(t, "day"))
			history = append(history, Payment{
				Period: rapid.IntRange(0, 3).Draw(t, "period"), State: rapid.SampledFrom(states).Draw(t, "state"),
				Settled: day, Abandoned: rapid.Bool().Draw(t, "abandoned"), Extra: rapid.Bool().Draw(t, "extra"),
			})
		}
		if !onePerPeriod(history) {
			t.Skip("the schema holds at most one payment of a period that has not failed")
		}
		want := StandingOf(rhythm, history)
		if got := StandingOf(rhythm, rapid.Permutation(history).Draw(t, "order")); got != want {
			t.Fatalf("%+v\n%+v", got, want)
		}
		if want.Try != "" && want.Try < want.Due {
			t.Fatalf("charged on %s, before %s", want.Try, want.Due)
		}
		if want.Due != "" && want.Anchor != "" && want.Last != "" && rhythm == Once {
			t.Fatal("a single gift falls due again")
		}
	})
}

func onePerPeriod(history []Payment) bool {
	seen := map[int]bool{}
	for _, p := range history {
		if p.State == Failed || p.Extra {
			continue
		}
		if seen[p.Period] {
			return false
		}
		seen[p.Period] = true
	}
	return seen[0] // later periods come after a first payment
}

func TestEveryTermCanBeGiven(t *testing.T) {
	for _, c := range currencies {
		for _, r := range Rhythms() {
			least, most, ok := Limits(c, r)
			if !ok || least.Currency != c || least.Minor <= 0 || most.Minor <= least.Minor {
				t.Errorf("%s %s: %v to %v", c, r, least, most)
			}
			presets := Presets(c, r)
			if len(presets) == 0 {
				t.Errorf("%s %s has no presets", c, r)
			}
			for i, p := range presets {
				if p.Minor < least.Minor || p.Minor > most.Minor || p.Currency != c || i > 0 && p.Minor <= presets[i-1].Minor {
					t.Errorf("%s %s offers %v", c, r, p)
				}
				if year, ok := YearlyOffer(p, r); ok {
					if least, _, _ := Limits(c, Yearly); year.Minor < least.Minor {
						t.Errorf("%v a month is offered as %v a year, which is refused", p, year)
					}
				}
			}
		}
	}
	if least, _, _ := Limits(money.USD, Monthly); least != money.Of(200, money.USD) {
		t.Errorf("from %v a month", least)
	}
	if least, _, _ := Limits(money.JPY, Monthly); least != money.Of(300, money.JPY) {
		t.Errorf("from %v a month", least)
	}
	if _, _, ok := Limits("RUB", Monthly); ok {
		t.Error("an unknown currency has limits")
	}
}

func TestSmallMonthlyGiftsAreOfferedYearly(t *testing.T) {
	for _, c := range []struct {
		minor    int64
		currency money.Currency
		rhythm   Rhythm
		want     int64
	}{
		{200, money.USD, Monthly, 2400},
		{499, money.USD, Monthly, 5988},
		{500, money.USD, Monthly, 0},
		{200, money.USD, Yearly, 0},
		{200, money.USD, Once, 0},
		{300, money.GBP, Monthly, 3600},
		{300, money.JPY, Monthly, 3600},
		{700, money.JPY, Monthly, 0},
		{0, money.USD, Monthly, 0},
		{-5, money.USD, Monthly, 0},
		{5, "", Monthly, 0},
	} {
		got, ok := YearlyOffer(money.Of(c.minor, c.currency), c.rhythm)
		if got.Minor != c.want || ok != (c.want > 0) {
			t.Errorf("%d %s %s: %v, %v", c.minor, c.currency, c.rhythm, got, ok)
		}
	}
}
