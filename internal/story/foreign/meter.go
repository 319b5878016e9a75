package foreign

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"mimeo/internal/fault"
)

// MaxValue is the size of the largest single value that a JSON reader holds.
const MaxValue = 32 << 20

// JSON reads a large JSON text value by value, in bounded memory.
type JSON struct {
	*json.Decoder
	meter *meter
}

// NewJSON begins to read. A byte order mark at the beginning is passed over.
func NewJSON(r io.Reader) *JSON {
	m := &meter{in: r, left: MaxValue, first: true}
	return &JSON{json.NewDecoder(m), m}
}

// Value reads the next value into v. One that is larger than MaxValue ends the
// reading.
func (j *JSON) Value(v any) error {
	j.meter.left = MaxValue
	return j.Decode(v)
}

// Next reads a token that is no value of interest.
func (j *JSON) Next() (json.Token, error) {
	j.meter.left = MaxValue
	return j.Token()
}

// Fault says in words for a person why a text could not be read further.
func (j *JSON) Fault(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case fault.KindOf(err) != fault.Unexpected:
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fault.Invalidf("Byte %d: the file ends in the middle", j.InputOffset())
	case errors.As(err, &syntax):
		return fault.Invalidf("Byte %d: this is not JSON: %v", j.InputOffset(), err)
	case errors.As(err, &kind):
		return fault.Invalidf("Byte %d: a %s stands where something else belongs (%s)", j.InputOffset(), kind.Value, kind.Field)
	default:
		return err
	}
}

// meter refuses to hand over more than left bytes at a stretch.
type meter struct {
	in    io.Reader
	left  int
	first bool
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, fault.Invalidf("One value of the file is larger than %d MB. It could be an attack: the rest is not read", MaxValue>>20)
	}
	n, err := m.in.Read(p[:min(len(p), 64<<10)])
	m.left -= n
	if m.first && n >= 3 {
		m.first = false
		if string(p[:3]) == "\xef\xbb\xbf" {
			n = copy(p, p[3:n])
		}
	}
	return n, err
}

// Time is a time as any system writes it: RFC 3339, with a space, or a number
// of milliseconds or seconds.
type Time struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler. What cannot be read is zero.
func (t *Time) UnmarshalJSON(raw []byte) error {
	var words string
	if json.Unmarshal(raw, &words) == nil {
		t.Time = ParseTime(words)
		return nil
	}
	var n float64
	if json.Unmarshal(raw, &n) == nil && n > 0 && n < 4e12 {
		if n > 1e11 {
			n /= 1000
		}
		t.Time = time.Unix(int64(n), 0).UTC()
	}
	return nil
}

// ParseTime reads a time; zero is none.
func ParseTime(words string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05", time.DateTime, "20060102T150405Z0700", "20060102T150405-0700", time.DateOnly} {
		if at, err := time.Parse(layout, words); err == nil && at.Year() > 0 && at.Year() <= 9999 {
			return at.UTC()
		}
	}
	return time.Time{}
}

// Text is a JSON string, or "" where something else stands.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(raw []byte) error {
	var words string
	if json.Unmarshal(raw, &words) == nil {
		*t = Text(words)
		return nil
	}
	if len(raw) > 0 && (raw[0] >= '0' && raw[0] <= '9' || raw[0] == '-') {
		*t = Text(raw) // an id that is a number
	}
	return nil
}

// Bool is true, or 1, as older databases write it.
type Bool bool

// UnmarshalJSON implements json.Unmarshaler.
func (b *Bool) UnmarshalJSON(raw []byte) error {
	*b = string(raw) == "true" || string(raw) == "1" || string(raw) == `"1"` || string(raw) == `"true"`
	return nil
}

// Where is the place of a value in a JSON file.
func (j *JSON) Where(what string, n int) string {
	return fmt.Sprintf("byte %d, %s %d", j.InputOffset(), what, n)
}
