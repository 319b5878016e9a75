package reminder_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"mimeo/internal/fault"
	"mimeo/internal/reminder"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func TestNextMonth(t *testing.T) {
	for _, c := range []struct{ now, zone, want string }{
		{"2026-11-19T12:00:00Z", "UTC", "2026-12"},
		{"2026-11-20T00:00:00Z", "UTC", "2027-01"},
		{"2026-11-22T12:00:00Z", "UTC", "2027-01"},
		{"2026-11-30T12:00:00Z", "UTC", "2027-01"},
		{"2026-12-19T23:59:59Z", "UTC", "2027-01"},
		{"2026-12-20T00:00:00Z", "UTC", "2027-02"},
		{"2026-12-29T12:00:00Z", "UTC", "2027-02"},
		{"2026-12-31T23:59:59Z", "UTC", "2027-02"},
		{"2027-01-31T12:00:00Z", "UTC", "2027-03"}, // a day overflow would say April for 31 July and skip February here
		{"2027-07-31T12:00:00Z", "UTC", "2027-09"},
		{"2028-01-30T12:00:00Z", "UTC", "2028-03"},
		{"2028-02-29T12:00:00Z", "UTC", "2028-04"},
		{"2026-11-19T21:30:00Z", "Europe/Riga", "2026-12"},
		{"2026-11-19T22:30:00Z", "Europe/Riga", "2027-01"}, // already the 20th in the newsroom
		{"2026-11-20T02:00:00Z", "America/New_York", "2026-12"},
		{"2026-11-19T20:29:59Z", "Asia/Tehran", "2026-12"},
		{"2026-11-19T20:30:00Z", "Asia/Tehran", "2027-01"},
		{"2026-12-31T22:00:00Z", "Europe/Riga", "2027-02"}, // the 1st of January there
	} {
		if got := reminder.NextMonth(at(t, c.now), zone(t, c.zone)).String(); got != c.want {
			t.Errorf("asked at %s in %s it is for %s, want %s", c.now, c.zone, got, c.want)
		}
	}
}

// On any day of any year the reminder is one or two calendar months away,
// never none and never three, and its mail leaves in that month, later than
// now, on a working day.
func TestNextMonthOnEveryDay(t *testing.T) {
	zones := []*time.Location{time.UTC, zone(t, "Asia/Tehran"), zone(t, "America/St_Johns"), zone(t, "Pacific/Kiritimati"), zone(t, "Europe/Berlin")}
	weeks := [][]time.Weekday{nil, {time.Saturday, time.Sunday, time.Monday, time.Tuesday, time.Wednesday}, {time.Friday}}
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SampledFrom(zones).Draw(t, "zone")
		now := time.Unix(rapid.Int64Range(1_500_000_000, 4_000_000_000).Draw(t, "now"), 0)
		local := now.In(z)
		m := reminder.NextMonth(now, z)
		months := m.Year*12 + int(m.Month) - local.Year()*12 - int(local.Month())
		want := 1
		if local.Day() >= 20 {
			want = 2
		}
		if months != want {
			t.Fatalf("asked on %s it is for %s", local.Format(time.DateOnly), m)
		}
		week := rapid.SampledFrom(weeks).Draw(t, "week")
		due := reminder.Hours{Zone: z, Days: week}.First(m)
		if !due.After(now) || reminder.MonthOf(due, z) != m || due.In(z).Hour() != 9 || due.In(z).Day() > 7 {
			t.Fatalf("due at %s", due)
		}
		if week == nil && (due.Weekday() == time.Saturday || due.Weekday() == time.Sunday) {
			t.Fatalf("due on a %s", due.Weekday())
		}
		if again, err := reminder.ParseMonth(m.String()); err != nil || again != m {
			t.Fatalf("%s is read as %v, %v", m, again, err)
		}
	})
}

func TestFirstWorkingHour(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for _, c := range []struct {
		month string
		hours reminder.Hours
		want  string
	}{
		{"2027-01", reminder.Hours{}, "2027-01-01T09:00:00Z"},
		{"2027-01", reminder.Hours{Zone: berlin}, "2027-01-01T09:00:00+01:00"},
		{"2026-08", reminder.Hours{Zone: berlin}, "2026-08-03T09:00:00+02:00"},
		{"2026-11", reminder.Hours{Zone: berlin, Hour: 8}, "2026-11-02T08:00:00+01:00"},
		{"2027-01", reminder.Hours{Zone: zone(t, "Asia/Tehran"), Days: []time.Weekday{time.Saturday, time.Sunday}}, "2027-01-02T09:00:00+03:30"},
	} {
		m, err := reminder.ParseMonth(c.month)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.hours.First(m).Format(time.RFC3339); got != c.want {
			t.Errorf("%s begins at %s, want %s", c.month, got, c.want)
		}
	}
}

func TestMonthArithmetic(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-12", 1, "2027-01"}, {"2026-11", 2, "2027-01"}, {"2027-01", -1, "2026-12"}, {"2027-01", -13, "2025-12"}, {"2027-06", 0, "2027-06"}, {"2027-01", 24, "2029-01"},
	} {
		m, err := reminder.ParseMonth(c.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Plus(c.n).String(); got != c.want {
			t.Errorf("%s and %d months is %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

func FuzzParseMonth(f *testing.F) {
	for _, seed := range []string{"2027-01", "2027-13", "2027-1", "0000-01", "+027-01", "2027-01-01", "۲۰۲۷-۰۱", "2027-00", " 2027-01"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := reminder.ParseMonth(text)
		if err != nil {
			if fault.KindOf(err) != fault.Missing {
				t.Error(err)
			}
			return
		}
		if m.String() != text || m.Month < 1 || m.Month > 12 || m.Year < 1 {
			t.Errorf("%q is read as %+v", text, m)
		}
	})
}
