package statement

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/prose"
)

// Cursor is a place in a list that is ordered by time, the newest first. The
// zero Cursor is the list's beginning.
type Cursor struct {
	At  time.Time
	Key string
}

// String writes a cursor for an address; "" is the beginning.
func (c Cursor) String() string {
	if c.At.IsZero() {
		return ""
	}
	return strconv.FormatInt(db.Micros(c.At), 36) + "." + c.Key
}

// ParseCursor reads what String wrote.
func ParseCursor(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	at, key, found := strings.Cut(text, ".")
	us, err := strconv.ParseInt(at, 36, 64)
	if !found || err != nil || !ident.IsSecret(key) {
		return Cursor{}, fault.Missingf("There is no such page")
	}
	return Cursor{At: db.Time(us), Key: key}, nil
}

func (c Cursor) before() (int64, string) {
	if c.At.IsZero() {
		return 1<<63 - 1, ""
	}
	return db.Micros(c.At), c.Key
}

// Heard is the statement's place in the list of an entry.
func (s *Statement) Heard() Cursor { return Cursor{s.said(s.Created), s.ID} }

// Printed is the statement's place in the list of what is public.
func (s *Statement) Printed() Cursor { return Cursor{s.Published, s.ID} }

// Worked is the statement's place in the desk's list.
func (s *Statement) Worked() Cursor { return Cursor{s.Updated, s.ID} }

// maxList bounds every list.
const maxList = 500

func bound(limit int) int { return min(max(limit, 0), maxList) }

func (b *Book) read(ctx context.Context, doing string, fn func(ctx context.Context, tx *db.Tx) error) error {
	return failed(doing, b.db.Read(ctx, fn))
}

// Recent returns what readers see, the latest published first.
func (b *Book) Recent(ctx context.Context, after Cursor, limit int) (out []Statement, err error) {
	at, key := after.before()
	err = b.read(ctx, "listing statements", func(ctx context.Context, tx *db.Tx) error {
		out, err = many(ctx, tx, 1, newestPublic, at, key, bound(limit))
		return err
	})
	return out, err
}

// Work returns the newest versions of all statements, the last changed first.
func (b *Book) Work(ctx context.Context, after Cursor, limit int) (out []Statement, err error) {
	at, key := after.before()
	err = b.read(ctx, "listing statements", func(ctx context.Context, tx *db.Tx) error {
		out, err = many(ctx, tx, 0, lastUpdated, at, key, bound(limit))
		return err
	})
	return out, err
}

// Of returns what readers see that names an entry in some part, the latest
// said first.
func (b *Book) Of(ctx context.Context, id string, p Part, after Cursor, limit int) (out []Statement, err error) {
	at, key := after.before()
	err = b.read(ctx, "listing an entry's statements", func(ctx context.Context, tx *db.Tx) error {
		out, err = many(ctx, tx, 1, ofEntity, id, string(p), at, key, bound(limit))
		return err
	})
	return out, err
}

// Earlier returns what the speaker of a statement said before it on the same
// topics, the latest first.
func (b *Book) Earlier(ctx context.Context, s *Statement, limit int) (out []Statement, err error) {
	if s.Who.Entity == "" {
		return nil, nil
	}
	err = b.read(ctx, "listing earlier words", func(ctx context.Context, tx *db.Tx) error {
		seen := map[string]bool{}
		for _, t := range s.Topics {
			if t.Entity == "" {
				continue
			}
			some, err := many(ctx, tx, 1, earlier, s.Who.Entity, t.Entity, db.Micros(s.said(s.Created)), s.ID, bound(limit))
			if err != nil {
				return err
			}
			for _, one := range some {
				if !seen[one.ID] && len(out) < limit {
					seen[one.ID] = true
					out = append(out, one)
				}
			}
		}
		return nil
	})
	return out, err
}

// Marked returns the statements of a text in the order of the text: what
// readers see of them, or, for the desk, their newest versions.
func (b *Book) Marked(ctx context.Context, body *prose.Doc, public bool) (out []Statement, err error) {
	ids := body.Statements()
	if len(ids) == 0 {
		return nil, nil
	}
	err = b.read(ctx, "reading a story's statements", func(ctx context.Context, tx *db.Tx) error {
		for _, id := range ids {
			var s Statement
			var err error
			if public {
				s, err = one(ctx, tx, 1, byShown, id)
			} else {
				s, _, err = newest(ctx, tx, id)
			}
			if fault.KindOf(err) == fault.Missing {
				continue
			}
			if err != nil {
				return err
			}
			out = append(out, s)
		}
		return nil
	})
	return out, err
}

// Speaker is an entry that statements name.
type Speaker struct {
	entity.Entity
	Statements int
	Last       time.Time
}

// Cursor is the speaker's place in the list of its kind.
func (s *Speaker) Cursor() Cursor { return Cursor{s.Last, s.ID} }

// Speakers returns the entries of a kind that public statements name, those
// heard of last first.
func (b *Book) Speakers(ctx context.Context, kind entity.Kind, after Cursor, limit int) (out []Speaker, err error) {
	at, key := after.before()
	err = b.read(ctx, "listing speakers", func(ctx context.Context, tx *db.Tx) error {
		type row struct {
			id   string
			n    int
			last int64
		}
		var all []row
		if err := each(ctx, tx, speakers, []any{string(kind), at, key, bound(limit)}, func(rows *db.Rows) error {
			var r row
			var k string
			err := rows.Scan(&r.id, &k, &r.n, &r.last)
			all = append(all, r)
			return err
		}); err != nil {
			return err
		}
		for _, r := range all {
			e, err := entity.Resolve(ctx, tx, r.id)
			if err != nil {
				return err
			}
			out = append(out, Speaker{e, r.n, db.Time(r.last)})
		}
		return nil
	})
	return out, err
}

// Voices are the entries whose words readers meet in a story, each once.
func (b *Book) Voices(ctx context.Context, tx *db.Tx, story string) (out []entity.Entity, err error) {
	var ids []string
	err = each(ctx, tx, voicesIn, []any{story}, func(rows *db.Rows) error {
		var id string
		err := rows.Scan(&id)
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		return err
	})
	for _, id := range ids {
		if err != nil {
			break
		}
		var e entity.Entity
		if e, err = entity.Resolve(ctx, tx, id); err == nil {
			out = append(out, e)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading who speaks in story %s: %w", story, err)
	}
	return out, nil
}

// Entries reads the entries that statements name, each once, by the ids that
// the statements have for them.
func (b *Book) Entries(ctx context.Context, all ...*Statement) (map[string]entity.Entity, error) {
	out := map[string]entity.Entity{}
	err := b.read(ctx, "reading entries", func(ctx context.Context, tx *db.Tx) error {
		var err error
		for _, s := range all {
			s.named(func(_ Part, _ int, to *Party) {
				if _, there := out[to.Entity]; there || to.Entity == "" || err != nil {
					return
				}
				var e entity.Entity
				if e, err = entity.Resolve(ctx, tx, to.Entity); fault.KindOf(err) == fault.Missing {
					err = nil
					return
				}
				out[to.Entity] = e
			})
		}
		return err
	})
	return out, err
}

// Together merges two lists that are ordered by what was said last, without
// doubles.
func Together(a, b []Statement, limit int) []Statement {
	var out []Statement
	seen := map[string]bool{}
	take := func(s Statement) {
		if !seen[s.ID] && len(out) < limit {
			seen[s.ID] = true
			out = append(out, s)
		}
	}
	for len(a) > 0 || len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && !later(&b[0], &a[0]) {
			take(a[0])
			a = a[1:]
		} else {
			take(b[0])
			b = b[1:]
		}
	}
	return out
}

func later(a, b *Statement) bool {
	x, y := a.Heard(), b.Heard()
	if c := x.At.Compare(y.At); c != 0 {
		return c > 0
	}
	return x.Key > y.Key
}

// Versions are the newest versions of statements, of those that there are.
func (b *Book) Versions(ctx context.Context, tx *db.Tx, ids []string) (map[string]int, error) {
	out := map[string]int{}
	for _, id := range ids {
		err := each(ctx, tx, "select latest from statement where id = $1", []any{id}, func(rows *db.Rows) error {
			var n int
			err := rows.Scan(&n)
			out[id] = n
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
