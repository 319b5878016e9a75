package appeal

import (
	"fmt"
	"time"
)

// AskCookie is the name of the one cookie a reader may carry. It is set only
// when they act and holds a choice and a date, nothing that tells one reader
// from another.
const AskCookie = "ask"

// Values of the cookie that have no date.
const (
	Monthly = "monthly" // supports us each month
	Never   = "never"   // does not want to be asked again
)

// How long a reader is left alone, and how long a browser may be told to keep
// a choice without a date (browsers keep nothing longer than 400 days).
const (
	closedDays  = 30
	onceDays    = 90
	longestDays = 400
)

// AskKind is what the reader chose.
type AskKind int

// The choices. AskNone is also what a value that cannot be read, or whose
// quiet is over, counts as.
const (
	AskNone AskKind = iota
	AskNever
	AskMonthly
	AskOnce
	AskClosed
	AskLater
)

// Ask is a reader's choice while it still holds. Until is the UTC midnight at
// which the quiet is over; it is zero for the choices without a date.
type Ask struct {
	Kind  AskKind
	Until time.Time
}

// ParseAsk reads the cookie's value at a moment. Only the exact forms count:
//
//	closed.2026-12-22   later.2027-01   once.2027-02-20   monthly   never
//
// Everything else, impossible dates included, is as if there were no cookie.
func ParseAsk(value string, now time.Time) Ask {
	switch value {
	case Never:
		return Ask{Kind: AskNever}
	case Monthly:
		return Ask{Kind: AskMonthly}
	}
	ask, ok := datedAsk(value)
	if !ok || !now.Before(ask.Until) {
		return Ask{}
	}
	return ask
}

func datedAsk(value string) (Ask, bool) {
	const closed, once, later = "closed.", "once.", "later."
	var kind AskKind
	var date string
	switch {
	case len(value) == len(closed)+10 && value[:len(closed)] == closed:
		kind, date = AskClosed, value[len(closed):]
	case len(value) == len(once)+10 && value[:len(once)] == once:
		kind, date = AskOnce, value[len(once):]
	case len(value) == len(later)+7 && value[:len(later)] == later:
		kind, date = AskLater, value[len(later):]
	default:
		return Ask{}, false
	}
	year, ok := digits(date[:4])
	month, okMonth := digits(date[5:7])
	day, okDay := 1, true
	if len(date) == 10 {
		day, okDay = digits(date[8:10])
		okDay = okDay && date[7] == '-'
	}
	if !ok || !okMonth || !okDay || date[4] != '-' || month < 1 || month > 12 || day < 1 {
		return Ask{}, false
	}
	until := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if until.Day() != day { // the 30th of February became a day of March
		return Ask{}, false
	}
	return Ask{Kind: kind, Until: until}, true
}

func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// reason is why a reader with this choice is not asked, "" when they may be.
func (a Ask) reason() Reason {
	switch a.Kind {
	case AskNone:
		return ""
	case AskNever:
		return ByNever
	case AskMonthly:
		return Supporter
	case AskOnce:
		return Gave
	case AskClosed:
		return ByClosed
	case AskLater:
		return ReminderSet
	default:
		return ByNever
	}
}

// Closed is the value set by ×: quiet for 30 days.
func Closed(now time.Time) string {
	return "closed." + now.UTC().AddDate(0, 0, closedDays).Format(time.DateOnly)
}

// Once is the value set by a one-off gift: quiet for 90 days.
func Once(now time.Time) string {
	return "once." + now.UTC().AddDate(0, 0, onceDays).Format(time.DateOnly)
}

// Later is the value set by a reminder: quiet until its month begins.
func Later(year int, month time.Month) string {
	return fmt.Sprintf("later.%04d-%02d", year, int(month))
}

// MaxAge says how long a browser needs to keep a value: until its day, and at
// most 400 days. It is 0 for a value that says nothing (any more).
func MaxAge(value string, now time.Time) time.Duration {
	const longest = longestDays * 24 * time.Hour
	ask := ParseAsk(value, now)
	switch {
	case ask.Kind == AskNone:
		return 0
	case ask.Until.IsZero():
		return longest
	default:
		return min(ask.Until.Sub(now), longest)
	}
}
