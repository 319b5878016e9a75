package statement_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/prose"
	"mimeo/internal/statement"
	"mimeo/internal/vault"
)

// room is a newsroom with a register, a book and the trail that it leaves.
type room struct {
	db    *db.DB
	reg   *entity.Register
	book  *statement.Book
	clock *dbtest.Clock
	trail []string
}

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func each(t *testing.T, fn func(t *testing.T, r *room)) {
	t.Helper()
	dbtest.EachClock(t, start, func(t *testing.T, d *db.DB, c *dbtest.Clock) { fn(t, newRoom(t, d, c)) })
}

func newRoom(t *testing.T, d *db.DB, c *dbtest.Clock) *room {
	t.Helper()
	v, err := vault.Open(t.Context(), d, vault.Options{Dir: t.TempDir(), Now: c.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	r := &room{db: d, clock: c}
	ids := ident.NewSource(c.Now, rand.Reader)
	r.reg = entity.New(d, ids, entity.Options{})
	r.book = statement.New(d, ids, statement.Options{Box: v, Record: func(_ context.Context, _ *db.Tx, member, action, object string) error {
		r.trail = append(r.trail, member+" "+action)
		return nil
	}})
	r.reg.Join(entity.Options{Moved: r.book.Moved, Back: r.book.Back})
	return r
}

func en(text string) entity.Words { return entity.Words{{Lang: "en", Text: text}} }

func (r *room) person(t *testing.T, name string) entity.Entity {
	t.Helper()
	return r.entry(t, entity.Person, name)
}

func (r *room) entry(t *testing.T, kind entity.Kind, name string) entity.Entity {
	t.Helper()
	e, err := r.reg.Create(t.Context(), "m1", entity.Draft{Kind: kind, Names: en(name)})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func says(who entity.Entity, words string) statement.Draft {
	return statement.Draft{Record: statement.Record{
		Who: statement.Source{Party: statement.Party{Entity: who.ID}}, Kind: statement.Direct, Exact: true,
		Words: entity.Word{Lang: "en", Text: words},
		When:  statement.When{At: start.Add(-24 * time.Hour), Zone: "Europe/Berlin", Precision: statement.ToMinute},
	}}
}

func (r *room) make1(t *testing.T, d statement.Draft) statement.Statement {
	t.Helper()
	s, err := r.book.Create(t.Context(), "m1", d)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// text is a story's text in which the words carry statements.
func text(marks ...string) prose.Doc {
	d := prose.Doc{Version: prose.Version}
	for i := 0; i+1 < len(marks); i += 2 {
		d.Blocks = append(d.Blocks, prose.Block{Kind: prose.Paragraph, Text: prose.Text{
			{Text: "Before it, "}, {Text: marks[i+1], Statement: marks[i]}, {Text: ", they said."},
		}})
	}
	return d
}

func (r *room) write(t *testing.T, fn func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := r.db.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func (r *room) save(t *testing.T, story string, body prose.Doc) {
	t.Helper()
	r.write(t, func(ctx context.Context, tx *db.Tx) error { return r.book.Anchored(ctx, tx, "m1", story, &body) })
}

func (r *room) publish(t *testing.T, story string, body prose.Doc, public bool) {
	t.Helper()
	r.write(t, func(ctx context.Context, tx *db.Tx) error {
		return r.book.Placed(ctx, tx, story, "en", &body, public)
	})
}

func want(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if fault.KindOf(err) != kind {
		t.Errorf("got %v, want a fault of the kind %s", err, kind)
	}
}
