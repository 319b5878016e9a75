package contribution

import "time"

// Day is a UTC day written 2006-01-02, so days compare as text. "" is no day.
// It is all that is kept in clear of when money moved.
type Day string

const dayForm = "2006-01-02"

// DayOf is the UTC day of a moment.
func DayOf(t time.Time) Day { return Day(t.UTC().Format(dayForm)) }

// Time is the beginning of d. Of no day, or something that is none, it is the
// zero time.
func (d Day) Time() time.Time {
	t, err := time.Parse(dayForm, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Valid says whether d is a day.
func (d Day) Valid() bool {
	_, err := time.Parse(dayForm, string(d))
	return err == nil
}

// After is the day n days later.
func (d Day) After(n int) Day { return DayOf(d.Time().AddDate(0, 0, n)) }

// DueDay is the day on which period n falls due: n periods after the anchor, on
// the anchor's day of the month, or on the month's last day where it has no such
// day. It is always counted from the anchor, so a 31st that became a 28th in
// February is the 31st again in March.
func DueDay(anchor Day, rhythm Rhythm, n int) Day {
	a := anchor.Time()
	first := time.Date(a.Year(), a.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, n*rhythm.months(), 0)
	last := first.AddDate(0, 1, -1).Day()
	return DayOf(first.AddDate(0, 0, min(a.Day(), last)-1))
}

// nextPeriod is the period to be paid after the one given, which was paid on a
// day. Periods that were over by then are skipped: nobody is charged twice in a
// row because we were late.
func nextPeriod(anchor Day, rhythm Rhythm, period int, paid Day) int {
	next := period + 1
	for DueDay(anchor, rhythm, next) <= paid {
		next++
	}
	return next
}

// nextTry is the day on which a payment due on one day and last refused on
// another is tried again: 3, 7 and 14 days after it fell due. "" means that it
// was the last try.
func nextTry(due, refused Day) Day {
	for _, wait := range [...]int{3, 7, 14} {
		if try := due.After(wait); try > refused {
			return try
		}
	}
	return ""
}
