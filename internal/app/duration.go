package app

import (
	"strings"
	"time"

	"mimeo/internal/fault"
)

// span is an ISO 8601 duration: calendar parts and clock parts apart, because
// a month has no fixed length.
type span struct {
	years, months, days int
	clock               time.Duration
}

// after is t moved on by s. A day that the month does not have becomes its last.
func (s span) after(t time.Time) time.Time {
	t = t.UTC()
	first := time.Date(t.Year()+s.years, t.Month()+time.Month(s.months), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1+s.days).Add(s.clock)
}

// maxSpan bounds each part: two hundred years are enough for a demo.
const maxSpan = 200 * 366 * 24 * 3600

// parseSpan reads P1Y2M3W4DT5H6M7S, each part once and in this order.
func parseSpan(text string) (span, error) {
	bad := fault.Invalidf("Write the time as an ISO 8601 duration, like P1M, P3D or PT12H")
	rest, ok := strings.CutPrefix(text, "P")
	if !ok || rest == "" {
		return span{}, bad
	}
	date, hours, timed := strings.Cut(rest, "T")
	if timed && hours == "" {
		return span{}, bad
	}
	var s span
	take := func(in *string, unit byte) (int, bool) {
		n, i := 0, 0
		for i < len(*in) && (*in)[i] >= '0' && (*in)[i] <= '9' && n <= maxSpan {
			n = n*10 + int((*in)[i]-'0')
			i++
		}
		if i == 0 || i >= len(*in) || (*in)[i] != unit || n > maxSpan {
			return 0, false
		}
		*in = (*in)[i+1:]
		return n, true
	}
	for _, part := range []struct {
		unit byte
		add  func(n int)
	}{
		{'Y', func(n int) { s.years = n }},
		{'M', func(n int) { s.months = n }},
		{'W', func(n int) { s.days += 7 * n }},
		{'D', func(n int) { s.days += n }},
	} {
		if n, ok := take(&date, part.unit); ok {
			part.add(n)
		}
	}
	for _, part := range []struct {
		unit byte
		size time.Duration
	}{{'H', time.Hour}, {'M', time.Minute}, {'S', time.Second}} {
		if n, ok := take(&hours, part.unit); ok {
			s.clock += time.Duration(n) * part.size
		}
	}
	if date != "" || hours != "" || s.years > 200 || s.months > 2400 || s.days > 73000 || s.clock < 0 {
		return span{}, bad
	}
	return s, nil
}
