package attribution

import (
	"fmt"
	"strconv"
	"time"
)

// dateAt reads an expression of time at the token: a weekday, "yesterday",
// "last week", "Dec. 3, 2016", "2016". It returns the token behind it.
func (r *reader) dateAt(i, hi int) (end int, ok bool) {
	if i >= hi || !r.tokens[i].plain() {
		return i, false
	}
	t := &r.tokens[i]
	w := t.word
	switch {
	case w.relative:
		end = i + 1
	case w.day > 0 && (t.capital || !r.lang.capitalDays()):
		end = i + 1
		if end < hi && (r.tokens[end].word.unit == 'p' || r.tokens[end].word.relative) { // Wednesday morning
			end++
		}
		if k := end; k+1 < hi && r.tokens[k].mark == markComma { // Wednesday, Dec. 4
			if e, ok := r.monthDay(k+1, hi); ok {
				end = e
			}
		}
	case t.is(classLast|classThis|classNext) && i+1 < hi && (r.tokens[i+1].is(classUnit) || r.tokens[i+1].word.day > 0 || r.tokens[i+1].word.month > 0):
		end = i + 2
	default:
		if end, ok = r.monthDay(i, hi); !ok {
			if year(r.text[t.from:t.to]) > 0 {
				return i + 1, true
			}
			return i, false
		}
	}
	if end < hi && r.tokens[end].is(classGenitive) && r.tokens[end].glued { // Monday's decision
		return i, false
	}
	return end, true
}

// monthDay reads "Dec. 3, 2016", "3 December 2016" and what is left when parts
// of it are missing; a month is always there.
func (r *reader) monthDay(i, hi int) (end int, ok bool) {
	k := i
	if r.tokens[k].digit && r.number(k) > 0 {
		k++
		if k < hi && r.tokens[k].mark == markStop { // 4. Dezember
			k++
		}
		if k >= hi || r.tokens[k].word.month == 0 {
			return i, false
		}
	}
	if r.tokens[k].word.month == 0 || !r.tokens[k].capital && r.lang.capitalDays() {
		return i, false
	}
	before := k > i
	k++
	if k < hi && r.tokens[k].mark == markStop && r.tokens[k].glued && k+1 < hi && r.tokens[k+1].digit {
		k++
	}
	if !before && k < hi && r.number(k) > 0 {
		k++
	}
	switch {
	case k < hi && year(r.textOf(k)) > 0:
		k++
	case k+1 < hi && r.tokens[k].mark == markComma && year(r.textOf(k+1)) > 0:
		k += 2
	}
	if k == i+1 && !before && k < hi && r.tokens[k].capital && !r.tokens[i].is(classAbbr) { // May said; April Smith
		return i, false
	}
	return k, true
}

// number is the day of a month that the token names, or 0.
func (r *reader) number(i int) int {
	s := r.textOf(i)
	for len(s) > 2 && (s[len(s)-1] < '0' || s[len(s)-1] > '9') { // 3rd
		s = s[:len(s)-1]
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 31 {
		return 0
	}
	return n
}

func year(s string) int {
	if len(s) != 4 {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1800 || n > 2100 {
		return 0
	}
	return n
}

// capitalDays tells that the language writes its weekdays with a capital.
func (l *language) capitalDays() bool { return l.capitals }

// when resolves the tokens of an expression of time. A weekday is the last one
// not after the dateline.
func (r *reader) when(i, end int) *When {
	w := &When{Text: r.slice(i, end)}
	base := r.options.Dateline
	known := !base.IsZero()
	days := func(n int) string { return base.AddDate(0, 0, n).Format(time.DateOnly) }
	yearN, monthN, dayN := 0, 0, 0
	for k := i; k < end; k++ {
		x := r.tokens[k].word
		switch {
		case x.month > 0:
			monthN = x.month
		case r.number(k) > 0 && len(r.textOf(k)) < 5:
			dayN = r.number(k)
		case year(r.textOf(k)) > 0:
			yearN = year(r.textOf(k))
		}
	}
	t := &r.tokens[i]
	turn := 0
	switch {
	case t.is(classLast):
		turn = -1
	case t.is(classNext):
		turn = 1
	}
	switch {
	case monthN > 0:
		w.Date = r.monthDate(yearN, monthN, dayN)
	case yearN > 0:
		w.Date = strconv.Itoa(yearN)
	case !known:
	case t.word.relative:
		w.Date = days(t.word.offset)
	case t.is(classLast|classThis|classNext) && end-i > 1:
		x := r.tokens[i+1].word
		switch x.unit {
		case 'd':
			w.Date = days(turn)
		case 'w':
			y, n := base.AddDate(0, 0, 7*turn).ISOWeek()
			w.Date = fmt.Sprintf("%04d-W%02d", y, n)
		case 'm':
			w.Date = time.Date(base.Year(), base.Month()+time.Month(turn), 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
		case 'y':
			w.Date = strconv.Itoa(base.Year() + turn)
		case 'p': // this morning, last night
			w.Date = days(turn)
		default:
			if x.day > 0 {
				w.Date = days(r.weekday(x.day, turn))
			}
		}
	case t.word.day > 0:
		w.Date = days(r.weekday(t.word.day, 0))
	}
	return w
}

// weekday is how many days from the dateline a weekday lies.
func (r *reader) weekday(day, turn int) int {
	today := (int(r.options.Dateline.Weekday())+6)%7 + 1
	back := (today - day + 7) % 7
	switch {
	case turn > 0:
		return 7 - back
	case turn < 0 && back == 0:
		return -7
	default:
		return -back
	}
}

// monthDate writes a date as exactly as it is known; without a year it is the
// last such day not after the dateline.
func (r *reader) monthDate(y, m, d int) string {
	base := r.options.Dateline
	if y == 0 {
		if base.IsZero() {
			return ""
		}
		y = base.Year()
		if time.Date(y, time.Month(m), max(d, 1), 0, 0, 0, 0, time.UTC).After(base) {
			y--
		}
	}
	if d == 0 {
		return fmt.Sprintf("%04d-%02d", y, m)
	}
	if t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC); t.Day() != d {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", y, m, d)
}
