package story

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Cursor is a place in a list that is ordered by time, the newest first. The
// zero Cursor is the list's beginning. It holds nothing but what the list
// shows, so it may stand in an address.
type Cursor struct {
	At  time.Time
	Key string // parts what has the same time
}

// Cursor is the place of the summary in the lists of what is published: the
// next page begins after it.
func (s *Summary) Cursor() Cursor { return Cursor{At: s.Published, Key: s.Slug} }

// String writes a cursor for an address; "" is the beginning.
func (c Cursor) String() string {
	if c.At.IsZero() {
		return ""
	}
	return strconv.FormatInt(db.Micros(c.At), 36) + "." + c.Key
}

// ParseCursor reads what String wrote. A key that no database would take is of
// no list.
func ParseCursor(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	at, key, found := strings.Cut(text, ".")
	us, err := strconv.ParseInt(at, 36, 64)
	if !found || err != nil || us <= 0 || len(key) > 4*maxLine || !utf8.ValidString(key) || strings.ContainsFunc(key, unicode.IsControl) {
		return Cursor{}, fault.Missingf("There is no such page")
	}
	return Cursor{At: db.Time(us), Key: key}, nil
}

// before are the parameters of a query that goes on after the cursor.
func (c Cursor) before() (at int64, key string) {
	if c.At.IsZero() {
		return 1<<63 - 1, ""
	}
	return db.Micros(c.At), c.Key
}
