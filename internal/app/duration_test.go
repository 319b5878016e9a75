package app

import (
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	from := time.Date(2027, 1, 31, 10, 30, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"P1M":          "2027-02-28T10:30:00Z",
		"P13M":         "2028-02-29T10:30:00Z",
		"P1Y":          "2028-01-31T10:30:00Z",
		"P1W2D":        "2027-02-09T10:30:00Z",
		"PT36H":        "2027-02-01T22:30:00Z",
		"P1DT1H1M1S":   "2027-02-01T11:31:01Z",
		"P1M1D":        "2027-03-01T10:30:00Z",
		"PT0S":         "2027-01-31T10:30:00Z",
		"P":            "",
		"P1":           "",
		"PT":           "",
		"P1H":          "",
		"1M":           "",
		"P-1M":         "",
		"P1D1M":        "",
		"P999999999D":  "",
		"P1.5D":        "",
		"PT9999999999": "",
	} {
		s, err := parseSpan(text)
		if (err != nil) != (want == "") {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if err == nil && s.after(from).Format(time.RFC3339) != want {
			t.Errorf("%s: %s, want %s", text, s.after(from).Format(time.RFC3339), want)
		}
	}
}

func FuzzSpan(f *testing.F) {
	f.Add("P1Y2M3W4DT5H6M7S")
	f.Fuzz(func(t *testing.T, text string) {
		from := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
		if s, err := parseSpan(text); err == nil && s.after(from).Before(from) {
			t.Fatalf("%q goes back", text)
		}
	})
}
