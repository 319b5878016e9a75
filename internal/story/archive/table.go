package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Kind is what a column holds, and so how it is written in an export.
type Kind int

// The kinds of column.
const (
	Words  Kind = iota // a string
	Whole              // a number
	Moment             // microseconds; written as a time, and 0 as null
	Object             // JSON, written as it is
	Hidden             // who did it at the desk: never written, and empty when it comes back
	Sealed             // bytes that open with this newsroom's keys alone: likewise
)

// Column is a column of a table.
type Column struct {
	Name string
	Kind Kind
}

// Table is a table whose rows go along with an export.
type Table struct {
	Name    string
	Order   string // the columns of its key
	Columns []Column
}

// Of makes a table: columns are named with a sign for their kind, such as
// "slug" (words), "#n" (a number), "@at" (a moment), "{doc" (JSON), "-member"
// (hidden) and "!sealed".
func Of(name, order, columns string) Table {
	t := Table{Name: name, Order: order}
	for c := range strings.FieldsSeq(columns) {
		kind := Words
		if i := strings.IndexByte("#@{-!", c[0]); i >= 0 {
			kind = Kind(i + 1)
			c = c[1:]
		}
		t.Columns = append(t.Columns, Column{c, kind})
	}
	return t
}

func (t *Table) selects(where string) string {
	var names []string
	for _, c := range t.Columns {
		if c.Kind != Hidden && c.Kind != Sealed {
			names = append(names, c.Name)
		}
	}
	q := "select " + strings.Join(names, ", ") + " from " + t.Name
	if where != "" {
		q += " where " + where
	}
	return q + " order by " + t.Order
}

// rows hands over the rows of a query as JSON objects, one at a time.
func (t *Table) rows(ctx context.Context, tx *db.Tx, where string, visit func(row []byte) error, args ...any) (err error) {
	rows, err := tx.Query(ctx, t.selects(where), args...)
	if err != nil {
		return fmt.Errorf("reading %s: %w", t.Name, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	n := 0
	for _, c := range t.Columns {
		if c.Kind != Hidden && c.Kind != Sealed {
			n++
		}
	}
	values, into := make([]any, n), make([]any, n)
	for i := range values {
		into[i] = &values[i]
	}
	var out []byte
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("reading %s: %w", t.Name, err)
		}
		if out, err = t.write(out[:0], values); err != nil {
			return fmt.Errorf("reading %s: %w", t.Name, err)
		}
		if err := visit(out); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (t *Table) write(out []byte, values []any) ([]byte, error) {
	out = append(out, '{')
	n := 0
	for _, c := range t.Columns {
		if c.Kind == Hidden || c.Kind == Sealed {
			continue
		}
		if n > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), c.Name...), `":`...)
		v := values[n]
		n++
		var err error
		if out, err = c.append(out, v); err != nil {
			return out, fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	return append(out, '}'), nil
}

func (c *Column) append(out []byte, v any) ([]byte, error) {
	if b, ok := v.([]byte); ok {
		v = string(b)
	}
	if v == nil {
		return append(out, "null"...), nil
	}
	switch c.Kind {
	case Moment:
		us, ok := v.(int64)
		if !ok {
			return out, fmt.Errorf("%v is no time", v)
		}
		if us == 0 {
			return append(out, "null"...), nil
		}
		return append(append(append(out, '"'), db.Time(us).Format(time.RFC3339Nano)...), '"'), nil
	case Object:
		text, ok := v.(string)
		if !ok || !json.Valid([]byte(text)) {
			return out, errors.New("it is not JSON")
		}
		return append(out, text...), nil
	case Words, Whole:
		raw, err := json.Marshal(v)
		return append(out, raw...), err
	case Hidden, Sealed:
		return out, nil
	default:
		return out, fmt.Errorf("a column of the unknown kind %d", c.Kind)
	}
}

// restore writes a row that rows gave. One that is there already stays.
func (t *Table) restore(ctx context.Context, tx *db.Tx, row []byte) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(row, &given); err != nil {
		return fault.Wrap(fault.Invalid, "A row of "+t.Name+" is not an object", err)
	}
	names, places := make([]string, len(t.Columns)), make([]string, len(t.Columns))
	args := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		names[i], places[i] = c.Name, fmt.Sprintf("$%d", i+1)
		var err error
		if args[i], err = c.read(given[c.Name]); err != nil {
			return fault.Invalidf("A row of %s: %s %v", t.Name, c.Name, err)
		}
	}
	_, err := tx.Exec(ctx, "insert into "+t.Name+" ("+strings.Join(names, ", ")+") values ("+strings.Join(places, ", ")+") on conflict do nothing", args...)
	if err != nil {
		return fmt.Errorf("writing %s: %w", t.Name, err)
	}
	return nil
}

func (c *Column) read(raw json.RawMessage) (any, error) {
	null := len(raw) == 0 || string(raw) == "null"
	switch c.Kind {
	case Hidden:
		return "", nil
	case Sealed:
		return []byte{}, nil
	case Moment:
		var at time.Time
		if null {
			return int64(0), nil
		}
		if err := json.Unmarshal(raw, &at); err != nil {
			return nil, errors.New("is no time")
		}
		return db.Micros(at), nil
	case Object:
		if null {
			return nil, errors.New("is missing")
		}
		return string(raw), nil
	case Words:
		var s *string
		if err := json.Unmarshal(orNull(raw), &s); err != nil {
			return nil, errors.New("is no text")
		}
		if s == nil {
			return nil, nil //nolint:nilnil // NULL
		}
		return *s, nil
	case Whole:
		var n *int64
		if err := json.Unmarshal(orNull(raw), &n); err != nil {
			return nil, errors.New("is no number")
		}
		if n == nil {
			return nil, nil //nolint:nilnil // NULL
		}
		return *n, nil
	default:
		return nil, fmt.Errorf("is of the unknown kind %d", c.Kind)
	}
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}
