package appeal_test

import (
	"regexp"
	"testing"
	"time"

	"mimeo/internal/appeal"
)

func utc(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestParseAsk(t *testing.T) {
	for _, c := range []struct {
		value, now string
		want       appeal.AskKind
	}{
		{"never", "2026-11-22T12:00:00Z", appeal.AskNever},
		{"monthly", "2026-11-22T12:00:00Z", appeal.AskMonthly},
		{"closed.2026-12-22", "2026-12-21T23:59:59Z", appeal.AskClosed},
		{"closed.2026-12-22", "2026-12-22T00:00:00Z", appeal.AskNone},
		{"once.2027-02-20", "2027-02-19T23:59:59Z", appeal.AskOnce},
		{"once.2027-02-20", "2027-02-20T00:00:00Z", appeal.AskNone},
		{"later.2027-01", "2026-12-31T23:59:59Z", appeal.AskLater},
		{"later.2027-01", "2027-01-01T00:00:00Z", appeal.AskNone},
		{"closed.2026-12-22", "2026-12-22T01:00:00+02:00", appeal.AskClosed},
		{"closed.9999-12-31", "2026-11-22T12:00:00Z", appeal.AskClosed},
		{"closed.2028-02-29", "2026-11-22T12:00:00Z", appeal.AskClosed},
		{"closed.2027-02-29", "2026-11-22T12:00:00Z", appeal.AskNone},
		{"closed.2027-02-30", "2026-11-22T12:00:00Z", appeal.AskNone},
		{"closed.2027-04-31", "2026-11-22T12:00:00Z", appeal.AskNone},
		{"closed.2027-00-10", "2026-11-22T12:00:00Z", appeal.AskNone},
		{"closed.2027-01-00", "2026-11-22T12:00:00Z", appeal.AskNone},
		{"later.2027-00", "2026-11-22T12:00:00Z", appeal.AskNone},
		{"later.2027-13", "2026-11-22T12:00:00Z", appeal.AskNone},
	} {
		if got := appeal.ParseAsk(c.value, utc(t, c.now)).Kind; got != c.want {
			t.Errorf("%q at %s is %d, want %d", c.value, c.now, got, c.want)
		}
	}
	for _, value := range []string{
		"", " ", "never ", "NEVER", "Monthly", "monthly.2027-01", "never.", "closed", "closed.", "closed.2027-1-1", "closed.27-01-01",
		"closed.2027/01/01", "closed.2027-01-01T00:00:00Z", "closed.2027-01", "later.2027-01-01", "once.2027-01", "later.", "later.2027-1",
		"closed.+027-01-01", "closed.-027-01-01", "closed. 027-01-01", "closed.２０２７-01-01", "closed.2027-01-01\n", "later.2027-01,never", "always",
	} {
		if got := appeal.ParseAsk(value, utc(t, "2026-11-22T12:00:00Z")); got != (appeal.Ask{}) {
			t.Errorf("%q counts as %+v", value, got)
		}
	}
}

func TestAskValues(t *testing.T) {
	now := utc(t, "2026-11-22T12:00:00Z")
	for _, c := range []struct {
		value, want string
		kind        appeal.AskKind
		age         time.Duration
	}{
		{appeal.Closed(now), "closed.2026-12-22", appeal.AskClosed, 29*24*time.Hour + 12*time.Hour},
		{appeal.Once(now), "once.2027-02-20", appeal.AskOnce, 89*24*time.Hour + 12*time.Hour},
		{appeal.Later(2027, time.January), "later.2027-01", appeal.AskLater, 39*24*time.Hour + 12*time.Hour},
		{appeal.Monthly, "monthly", appeal.AskMonthly, 400 * 24 * time.Hour},
		{appeal.Never, "never", appeal.AskNever, 400 * 24 * time.Hour},
		{"closed.9999-12-31", "closed.9999-12-31", appeal.AskClosed, 400 * 24 * time.Hour},
		{"closed.2026-11-22", "closed.2026-11-22", appeal.AskNone, 0},
		{"nonsense", "nonsense", appeal.AskNone, 0},
	} {
		if c.value != c.want {
			t.Errorf("got %q, want %q", c.value, c.want)
		}
		if got := appeal.ParseAsk(c.value, now).Kind; got != c.kind {
			t.Errorf("%q is read as %d", c.value, got)
		}
		if got := appeal.MaxAge(c.value, now); got != c.age {
			t.Errorf("%q is kept for %v, want %v", c.value, got, c.age)
		}
	}
	// 30 days are counted on the UTC calendar, whatever zone the clock speaks.
	if got := appeal.Closed(utc(t, "2026-11-23T01:00:00+03:00")); got != "closed.2026-12-22" {
		t.Errorf("got %q", got)
	}
}

func FuzzParseAsk(f *testing.F) {
	for _, seed := range []string{"closed.2026-12-22", "later.2027-01", "once.2027-02-29", "monthly", "never", "later.0000-00"} {
		f.Add(seed)
	}
	dated := regexp.MustCompile(`^(?:(?:closed|once)\.([0-9]{4}-[0-9]{2}-[0-9]{2})|later\.([0-9]{4}-[0-9]{2}))$`)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		got := appeal.ParseAsk(value, now)
		want := time.Time{}
		if m := dated.FindStringSubmatch(value); m != nil {
			date := m[1]
			if date == "" {
				date = m[2] + "-01"
			}
			if day, err := time.Parse(time.DateOnly, date); err == nil && now.Before(day) {
				want = day
			}
		}
		if !got.Until.Equal(want) {
			t.Errorf("%q is quiet until %v, want %v", value, got.Until, want)
		}
		if (got.Kind == appeal.AskNone) != (want.IsZero() && value != "never" && value != "monthly") {
			t.Errorf("%q is read as %+v", value, got)
		}
	})
}
