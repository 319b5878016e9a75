package staff_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/staff"
)

func record(t testing.TB, room *staff.Door, d *db.DB, acts ...staff.Act) {
	t.Helper()
	for _, a := range acts {
		if err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error { return room.Record(ctx, tx, a) }); err != nil {
			t.Fatal(err)
		}
	}
}

func check(t testing.TB, room *staff.Door) staff.Report {
	t.Helper()
	r, err := room.Check(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNobodyRewritesTheTrail(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		room := door(t, d, dbtest.NewClock(start).Now)
		record(t, room, d, staff.Act{Actor: "a", Action: "story.publish", Object: "1"}, staff.Act{Action: "night.round"})
		for _, statement := range []string{
			"update staff_act set actor = 'b'", "delete from staff_act", "update staff_trail set seq = 0", "delete from staff_trail",
		} {
			err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, statement)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", statement, err)
			}
		}
		for name, a := range map[string]staff.Act{
			"no action": {Actor: "a"}, "a sentence": {Action: "story.publish", Object: "the mayor lied"},
			"a name": {Actor: "Анна", Action: "x"}, "long": {Action: "x", Object: strings.Repeat("a", 129)},
		} {
			err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return room.Record(ctx, tx, a) })
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if r := check(t, room); r.Lines != 2 || r.Broken != 0 {
			t.Errorf("%+v", r)
		}
	})
}

// tampered changes the trail as somebody with the database in their hands
// would: after taking the triggers away.
func tampered(t *testing.T, d *db.DB, statement string) {
	t.Helper()
	drops := []string{"staff_act_no_update", "staff_act_no_delete", "staff_trail_forward"}
	on := []string{"staff_act", "staff_act", "staff_trail"}
	if err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		for i, s := range drops {
			drop := "drop trigger " + s
			if d.Dialect() == db.Postgres {
				drop += " on " + on[i]
			}
			if _, err := tx.Exec(ctx, drop); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, statement)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestCheckNamesTheFirstTouchedLine(t *testing.T) {
	for _, c := range []struct {
		statement string
		line      int64
	}{
		{"update staff_act set actor = 'someone-else' where seq = 3", 3},
		{"update staff_act set action = 'story.open' where seq = 2", 2},
		{"update staff_act set object = '' where seq = 5", 5},
		{"update staff_act set at = at + 1 where seq = 1", 1},
		{"delete from staff_act where seq = 3", 4},
		{"delete from staff_act where seq = 1", 2},
		{"delete from staff_act where seq = 5", 5},
		{"delete from staff_act", 1},
		{"update staff_act set seq = 9 where seq = 5", 9},
		{"update staff_trail set seq = 4", 6},
	} {
		t.Run(c.statement, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				room := door(t, d, dbtest.NewClock(start).Now)
				for i := range 5 {
					record(t, room, d, staff.Act{Actor: "a", Action: "story.publish", Object: fmt.Sprint(i)})
				}
				tampered(t, d, c.statement)
				if r := check(t, room); r.Broken != c.line || r.Why == "" {
					t.Errorf("found %+v, want line %d", r, c.line)
				}
			})
		})
	}
}

func TestManyRecordersMakeOneChain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		room := door(t, d, dbtest.NewClock(start).Now)
		var wait sync.WaitGroup
		for w := range 8 {
			wait.Go(func() {
				for i := range 10 {
					record(t, room, d, staff.Act{Actor: fmt.Sprint(w), Action: "story.save", Object: fmt.Sprint(i)})
				}
			})
		}
		wait.Wait()
		if r := check(t, room); r.Lines != 80 || r.Broken != 0 {
			t.Errorf("%+v", r)
		}
		lines, err := room.Trail(t.Context(), 0, 30)
		if err != nil || len(lines) != 30 || lines[0].Seq != 80 {
			t.Fatalf("%d lines, %v", len(lines), err)
		}
		if more, err := room.Trail(t.Context(), lines[29].Seq, 100); err != nil || len(more) != 50 || more[0].Seq != 50 {
			t.Errorf("%d further lines, %v", len(more), err)
		}
	})
}

// The head depends on every field, so a chain that was recomputed whole shows
// itself by a head that was written down elsewhere.
func TestTheHeadDependsOnEveryField(t *testing.T) {
	heads := map[string]staff.Act{}
	for _, a := range []staff.Act{
		{Actor: "a", Action: "b", Object: "c"},
		{Actor: "ab", Action: "b", Object: "c"},
		{Actor: "a", Action: "bb", Object: "c"},
		{Actor: "a", Action: "b", Object: "cc"},
		{Actor: "", Action: "ab", Object: "c"},
		{Actor: "a", Action: "bc", Object: ""},
	} {
		head := headOf(t, a)
		if other, there := heads[head]; there {
			t.Errorf("%+v and %+v give one head", a, other)
		}
		heads[head] = a
	}
}

func headOf(t *testing.T, a staff.Act) string {
	t.Helper()
	clock := dbtest.NewClock(start)
	d := dbtest.Open(t, dbtest.SQLiteURL(t), clock.Now)
	room := door(t, d, clock.Now)
	record(t, room, d, a, staff.Act{Action: "end"})
	return check(t, room).Head
}
