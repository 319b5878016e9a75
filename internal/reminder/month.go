package reminder

import (
	"fmt"
	"slices"
	"time"

	"mimeo/internal/fault"
)

// turn is the day of the month from which "next month" would be too soon.
const turn = 20

// Month is a month of a year. Arithmetic on it never meets a day, so no month
// is skipped at the end of a longer one.
type Month struct {
	Year  int
	Month time.Month
}

// NextMonth is the month that a reminder asked for at a moment is for, as the
// newsroom's calendar reads then: before the 20th the next month, from the
// 20th the one after.
func NextMonth(now time.Time, zone *time.Location) Month {
	m := MonthOf(now, zone)
	if now.In(zone).Day() < turn {
		return m.Plus(1)
	}
	return m.Plus(2)
}

// MonthOf is the month of a moment.
func MonthOf(at time.Time, zone *time.Location) Month {
	year, month, _ := at.In(zone).Date()
	return Month{year, month}
}

// ParseMonth reads "2027-01", and nothing that looks only similar.
func ParseMonth(text string) (Month, error) {
	at, err := time.Parse("2006-01", text)
	if err != nil || at.Format("2006-01") != text || at.Year() == 0 {
		return Month{}, fault.Missingf("There is no month like that")
	}
	return Month{at.Year(), at.Month()}, nil
}

// String writes the month as ParseMonth reads it.
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m.Year, int(m.Month)) }

// Plus is the month n months later.
func (m Month) Plus(n int) Month {
	since := m.Year*12 + int(m.Month) - 1 + n
	year, month := since/12, since%12
	if month < 0 {
		year, month = year-1, month+12
	}
	return Month{year, time.Month(month + 1)}
}

// Hours are the newsroom's working hours, as far as a reminder cares. Its zero
// value is Monday to Friday from nine, UTC.
type Hours struct {
	Zone *time.Location
	Days []time.Weekday
	Hour int // of the morning; 0 means 9
}

func (h Hours) zone() *time.Location {
	if h.Zone == nil {
		return time.UTC
	}
	return h.Zone
}

// First is when the newsroom begins to work in a month: on its first working
// day.
func (h Hours) First(m Month) time.Time {
	days, hour := h.Days, h.Hour
	if len(days) == 0 {
		days = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	}
	if hour == 0 {
		hour = 9
	}
	at := time.Date(m.Year, m.Month, 1, hour, 0, 0, 0, h.zone())
	for !slices.Contains(days, at.Weekday()) {
		at = time.Date(at.Year(), at.Month(), at.Day()+1, hour, 0, 0, 0, h.zone())
	}
	return at
}
