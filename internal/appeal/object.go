package appeal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// object is a JSON object that remembers the order of its members and keeps
// those it does not know, so that a document can be changed in one place and
// stay as its author wrote it elsewhere. Names are compared exactly; of two
// members with one name the later counts.
type object []member

type member struct {
	name  string
	value json.RawMessage
}

// mostMembers bounds the work on hostile input; no object of ours has thirty.
const mostMembers = 1000

func parseObject(raw []byte) (object, error) {
	if !utf8.Valid(raw) {
		return nil, errors.New("it is not valid UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	start, err := d.Token()
	if err != nil {
		return nil, place(raw, d, err)
	}
	if start != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	var o object
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, place(raw, d, err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, place(raw, d, err)
		}
		if o = o.with(fmt.Sprint(name), value); len(o) > mostMembers {
			return nil, fmt.Errorf("an object has more than %d members", mostMembers)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, place(raw, d, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, place(raw, d, errors.New("something follows the end of the object"))
	}
	return o, nil
}

// place adds line and column to an error of the decoder.
func place(raw []byte, d *json.Decoder, err error) error {
	at := d.InputOffset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = max(at, syntax.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		at, err = int64(len(raw)), errors.New("it ends too early")
	}
	before := raw[:min(at, int64(len(raw)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}

// with returns o with a member set, in its old place if it had one.
func (o object) with(name string, value json.RawMessage) object {
	for i := range o {
		if o[i].name == name {
			o[i].value = value
			return o
		}
	}
	return append(o, member{name, value})
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, plain(m.name)...), ':'), m.value...)
	}
	return append(out, '}'), nil
}

// plain is a value as JSON, with < and & as themselves. It is for values that
// can always be written: texts, numbers, objects that were read.
func plain(v any) json.RawMessage {
	var out bytes.Buffer
	encode := json.NewEncoder(&out)
	encode.SetEscapeHTML(false)
	if err := encode.Encode(v); err != nil {
		panic("appeal: a value that JSON cannot hold: " + err.Error())
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// reader reads an object's members by name and type and keeps the first
// problem. A member that is absent or null reads as the zero value.
type reader struct {
	members object
	problem error
}

func (r *reader) fail(format string, args ...any) {
	if r.problem == nil {
		r.problem = fmt.Errorf(format, args...)
	}
}

// raw returns a member's text, nil when it is absent or null.
func (r *reader) raw(name string) json.RawMessage {
	for _, m := range r.members {
		if m.name == name && string(m.value) != "null" {
			return m.value
		}
	}
	return nil
}

func (r *reader) has(name string) bool { return r.raw(name) != nil }

func read[T any](r *reader, name, what string) T {
	var v T
	if raw := r.raw(name); raw != nil {
		if err := json.Unmarshal(raw, &v); err != nil {
			r.fail("%q is not %s", name, what)
			var zero T
			return zero
		}
	}
	return v
}

func (r *reader) text(name string) string { return read[string](r, name, "a text") }
func (r *reader) flag(name string) bool   { return read[bool](r, name, "true or false") }
func (r *reader) whole(name string) int64 { return read[int64](r, name, "a whole number") }
func (r *reader) list(name string) []json.RawMessage {
	return read[[]json.RawMessage](r, name, "a list")
}

// object reads a member that is an object itself.
func (r *reader) object(name string) object {
	raw := r.raw(name)
	if raw == nil {
		return nil
	}
	o, err := parseObject(raw)
	if err != nil {
		r.fail("%q is not an object", name)
	}
	return o
}

// texts reads a list of texts; null is none of them.
func (r *reader) texts(name string) []string {
	var out []string
	for _, p := range read[[]*string](r, name, "a list of texts") {
		if p == nil {
			r.fail("%q is not a list of texts", name)
			return nil
		}
		out = append(out, *p)
	}
	return out
}

// paragraphs reads a list of texts or a single one.
func (r *reader) paragraphs(name string) []string {
	if raw := r.raw(name); raw != nil && raw[0] == '"' {
		return []string{r.text(name)}
	}
	return r.texts(name)
}

// draw reads a number of the full unsigned range.
func (r *reader) draw(name string) uint64 {
	raw := r.raw(name)
	if raw == nil {
		return 0
	}
	n, err := strconv.ParseUint(string(raw), 10, 64)
	if err != nil {
		r.fail("%q is not a whole number from 0 to %d", name, uint64(math.MaxUint64))
	}
	return n
}

// moment reads an RFC 3339 time, or a plain date as its midnight in UTC.
func (r *reader) moment(name string) *time.Time {
	text := r.text(name)
	if text == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339, strings.ToUpper(text))
	if err != nil {
		if t, err = time.Parse(time.DateOnly, text); err != nil {
			r.fail("%q is neither a time like 2026-12-01T09:00:00Z nor a date like 2026-12-01", name)
			return nil
		}
	}
	t = t.UTC()
	return &t
}
