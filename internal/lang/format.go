package lang

import (
	"strconv"
	"strings"
	"time"

	"mimeo/internal/money"
)

// Date writes a day: "22 November 2026".
func (l *Lang) Date(t time.Time, zone *time.Location) string {
	t = t.In(zone)
	month := l.T("lang.monthof." + strconv.Itoa(int(t.Month())))
	return l.T("lang.date", "Day", l.plain(t.Day()), "Month", month, "Year", l.plain(t.Year()))
}

// LongDate writes a day with its name: "Sunday, 22 November 2026".
func (l *Lang) LongDate(t time.Time, zone *time.Location) string {
	weekday := l.T("lang.weekday." + strconv.Itoa(int(t.In(zone).Weekday())))
	return l.T("lang.longdate", "Weekday", weekday, "Date", l.Date(t, zone))
}

// Clock writes the time of day: "12:05".
func (l *Lang) Clock(t time.Time, zone *time.Location) string {
	return l.Digits(t.In(zone).Format("15:04"))
}

// DateTime writes a moment with its zone: "22 November 2026, 10:00 UTC".
func (l *Lang) DateTime(t time.Time, zone *time.Location) string {
	return l.T("lang.datetime", "Date", l.Date(t, zone), "Time", l.Clock(t, zone), "Zone", l.Zone(t, zone))
}

// Zone names the zone of a moment: "UTC", "CET", "UTC+03:30".
func (l *Lang) Zone(t time.Time, zone *time.Location) string {
	name, offset := t.In(zone).Zone()
	if name != "" && name[0] != '+' && name[0] != '-' {
		return name
	}
	sign := "+"
	if offset < 0 {
		sign, offset = "-", -offset
	}
	minutes := offset / 60
	return "UTC" + sign + l.Digits(pad(minutes/60)+":"+pad(minutes%60))
}

func pad(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// MonthName writes a month without its year and without a day: "January".
func (l *Lang) MonthName(m time.Month) string {
	return l.T("lang.month." + strconv.Itoa(int(m)))
}

// Month writes a month of a year: "January 2027".
func (l *Lang) Month(year int, m time.Month) string {
	return l.T("lang.monthyear", "Month", l.MonthName(m), "Year", l.plain(year))
}

// Number writes an integer with the language's digits and grouping.
func (l *Lang) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "\u2212", digits[1:]
	}
	return sign + l.Digits(grouped(digits, l.T("lang.group")))
}

// Money writes a sum as people of the language do: "$5", "$7.50", "¥500".
// Hundredths are left out when there are none.
func (l *Lang) Money(a money.Amount) string {
	unit := int64(1)
	for range a.Currency.Exponent() {
		unit *= 10
	}
	minor, sign := a.Minor, ""
	if minor < 0 {
		sign = "\u2212"
	}
	whole, rest := minor/unit, minor%unit
	text := grouped(strings.TrimPrefix(strconv.FormatInt(whole, 10), "-"), l.T("lang.group"))
	if rest != 0 {
		if rest < 0 {
			rest = -rest
		}
		fraction := strconv.FormatInt(unit+rest, 10)[1:]
		text += l.T("lang.decimal") + fraction
	}
	id := "lang.money." + string(a.Currency)
	if _, known := l.ids[id]; !known {
		id = "lang.money.any"
	}
	return sign + l.T(id, "Amount", l.Digits(text), "Currency", string(a.Currency))
}

// List joins names: "A", "A and B", "A, B and C".
func (l *Lang) List(names ...string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0]
	default:
		last := len(names) - 1
		return l.T("lang.pair", "A", strings.Join(names[:last], l.T("lang.comma")), "B", names[last])
	}
}

// Digits writes the ASCII digits of a text in the language's own.
func (l *Lang) Digits(text string) string {
	if l.digit[0] == "0" {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; '0' <= c && c <= '9' {
			b.WriteString(l.digit[c-'0'])
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func (l *Lang) plain(n int) string { return l.Digits(strconv.Itoa(n)) }

// grouped parts a row of digits into threes, from the end.
func grouped(digits, mark string) string {
	if len(digits) <= 3 {
		return digits
	}
	head := len(digits) % 3
	parts := make([]string, 0, len(digits)/3+1)
	if head > 0 {
		parts = append(parts, digits[:head])
	}
	for i := head; i < len(digits); i += 3 {
		parts = append(parts, digits[i:i+3])
	}
	return strings.Join(parts, mark)
}
