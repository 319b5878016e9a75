package db_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
)

func set(ctx context.Context, d *db.DB, name, value string) error {
	return d.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return tx.SetMeta(ctx, name, value) })
}

func value(t *testing.T, d *db.DB, name string) (v string) {
	t.Helper()
	err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		v, err = tx.Meta(ctx, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWriteIsAllOrNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		sorry := errors.New("sorry")
		called := false
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			tx.OnCommit(func() { called = true })
			if err := tx.SetMeta(ctx, "a", "1"); err != nil {
				return err
			}
			return sorry
		})
		if !errors.Is(err, sorry) || called || value(t, d, "a") != "" {
			t.Fatalf("err %v, hook ran %v, row %q", err, called, value(t, d, "a"))
		}
		if err := set(t.Context(), d, "a", "2"); err != nil || value(t, d, "a") != "2" {
			t.Fatal(err, value(t, d, "a"))
		}
	})
}

// Writers that share a commit keep their own fates: every fifth fails and
// every seventh panics, and exactly the others are there afterwards.
func TestWritersShareCommitsButNotFates(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const n = 200
		var wg sync.WaitGroup
		var mu sync.Mutex
		committed := map[string]bool{}
		for i := range n {
			wg.Go(func() {
				name := fmt.Sprintf("k%d", i)
				defer func() {
					if r := recover(); (r != nil) != (i%7 == 0) {
						t.Errorf("%s: recovered %v", name, r)
					}
				}()
				err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
					if err := tx.SetMeta(ctx, name, "x"); err != nil {
						return err
					}
					tx.OnCommit(func() { mu.Lock(); committed[name] = true; mu.Unlock() })
					if i%7 == 0 {
						panic("closure")
					}
					if i%5 == 0 {
						return errors.New("refused")
					}
					return nil
				})
				if (err != nil) != (i%5 == 0) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		wg.Wait()
		for i := range n {
			name := fmt.Sprintf("k%d", i)
			want := i%5 != 0 && i%7 != 0
			if got := value(t, d, name) == "x"; got != want || committed[name] != want {
				t.Errorf("%s: stored %v, hook %v, want %v", name, got, committed[name], want)
			}
		}
	})
}

func TestReadCannotWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error { return tx.SetMeta(ctx, "a", "1") })
		if err == nil || value(t, d, "a") != "" {
			t.Fatal("a reader wrote", err)
		}
	})
}

func TestUnique(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		insert := func() error {
			return d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, "insert into meta (name, value) values ($1, $2)", "same", "x")
				return err
			})
		}
		if err := insert(); err != nil {
			t.Fatal(err)
		}
		if err := insert(); !db.IsUnique(err) {
			t.Fatalf("got %v", err)
		}
	})
}

func TestChangesReachOtherProcesses(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLiteURL, "postgres": dbtest.PostgresURL} {
		t.Run(name, func(t *testing.T) {
			address := url(t)
			here, there := dbtest.Open(t, address, time.Now), dbtest.Open(t, address, time.Now)
			heard := make(chan string, 64)
			here.OnChange(func(kind, key string) { heard <- kind + " " + key })
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- here.Follow(ctx, 5*time.Millisecond) }()
			deadline := time.After(20 * time.Second)
			for i := 0; ; i++ { // until Follow has found its place
				change(t, there, "warm", fmt.Sprint(i))
				select {
				case <-heard:
				case <-time.After(20 * time.Millisecond):
					continue
				case <-deadline:
					t.Fatal("nothing was heard")
				}
				break
			}
			change(t, there, "story", "17")
			for {
				select {
				case got := <-heard:
					if got == "story 17" {
						stop()
						if err := <-done; err != nil {
							t.Fatal(err)
						}
						return
					}
				case <-deadline:
					t.Fatal("the change was not heard")
				}
			}
		})
	}
}

func change(t *testing.T, d *db.DB, kind, key string) {
	t.Helper()
	if err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error { return tx.Change(ctx, kind, key) }); err != nil {
		t.Fatal(err)
	}
}

func TestNewerDataIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "insert into goose_db_version (version_id, is_applied) values ($1, true)", db.Schema()+1)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Migrate(t.Context()); fault.KindOf(err) != fault.Conflict {
			t.Fatalf("got %v", err)
		}
	})
}

func TestFullDiskIsSaid(t *testing.T) {
	d := dbtest.SQLite(t)
	if err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		var pages int
		return tx.QueryRow(ctx, "pragma max_page_count = 60").Scan(&pages)
	}); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 1<<20)
	if err := set(t.Context(), d, "big", big); fault.KindOf(err) != fault.Unavailable || !strings.Contains(fault.Message(err), "disk is full") {
		t.Fatalf("got %v", err)
	}
	if err := set(t.Context(), d, "small", "x"); err != nil || value(t, d, "small") != "x" {
		t.Fatalf("after the full disk: %v", err)
	}
}

func TestNotADatabaseIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mimeo.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + path, Now: time.Now})
	if err == nil {
		err = errors.Join(d.Migrate(t.Context()), d.Close())
	}
	if fault.KindOf(err) != fault.Unavailable || !strings.Contains(fault.Message(err), "damaged") {
		t.Fatalf("got %v", err)
	}
}

// The engine would go on writing into a file that has no name any more.
func TestAFileThatWasTakenAwayIsNotWrittenTo(t *testing.T) {
	url := dbtest.SQLiteURL(t)
	path := strings.TrimPrefix(url, "sqlite:")
	d := dbtest.Open(t, url, time.Now)
	if err := set(t.Context(), d, "a", "1"); err != nil {
		t.Fatal(err)
	}
	for range 8 { // each reader has the file open
		value(t, d, "a")
	}
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := set(t.Context(), d, "b", "2"); fault.KindOf(err) != fault.Unavailable || !strings.Contains(fault.Message(err), "moved or deleted") {
			t.Errorf("got %v", err)
		}
	}
	if value(t, d, "a") != "1" {
		t.Error("it cannot be read any more")
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty file took the place of the one that is away: %v", err)
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	if err := set(t.Context(), d, "b", "3"); err != nil || value(t, d, "b") != "3" {
		t.Errorf("put back: %v", err)
	}
}

// Nor does what was begun before, and joined by whoever came meanwhile, go there.
func TestAFileThatIsTakenAwayMeanwhileIsNotWrittenTo(t *testing.T) {
	url := dbtest.SQLiteURL(t)
	path := strings.TrimPrefix(url, "sqlite:")
	d := dbtest.Open(t, url, time.Now)
	err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		if err := os.Rename(path, path+".away"); err != nil {
			return err
		}
		return tx.SetMeta(ctx, "a", "1")
	})
	if fault.KindOf(err) != fault.Unavailable || !strings.Contains(fault.Message(err), "moved or deleted") {
		t.Errorf("got %v", err)
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	if got := value(t, d, "a"); got != "" {
		t.Errorf("what was refused is there: %q", got)
	}
}

// A database that is away for a night must not fill the disk with lines about it.
func TestALostChangeFeedIsSaidOnce(t *testing.T) {
	var said lines
	path := filepath.Join(t.TempDir(), "mimeo.db")
	d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + path, Now: time.Now, Log: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- d.Follow(ctx, time.Millisecond) }() // nothing is migrated: there is no table to follow
	wait := func(what string) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); said.count(what) == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("nobody said that it %s", what)
			}
		}
	}
	wait("does not answer")
	time.Sleep(30 * time.Millisecond) // time for thirty more looks
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	wait("answers again")
	stop()
	if err := errors.Join(<-done, d.Close()); err != nil {
		t.Fatal(err)
	}
	if n := said.count("does not answer"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
}

// lines is a log that may be read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}

// Both engines end with the same tables, columns and NULL rules.
// The index of terms is the one table that is another on each engine.
func TestSchemasAreEqual(t *testing.T) {
	lite := columns(t, dbtest.SQLite(t), `select m.name, p.name, p."notnull", p.pk, lower(p.type) from sqlite_master m, pragma_table_info(m.name) p
		where m.type = 'table' and m.name not like 'sqlite_%' and m.name not like 'goose_%' and m.name not like 'search_term%'`)
	pgs := columns(t, dbtest.Postgres(t), `select c.table_name, c.column_name, case c.is_nullable when 'NO' then 1 else 0 end,
		case when exists (select 1 from information_schema.key_column_usage k join information_schema.table_constraints tc on tc.constraint_name = k.constraint_name and tc.constraint_type = 'PRIMARY KEY'
			where k.table_name = c.table_name and k.column_name = c.column_name) then 1 else 0 end, c.data_type
		from information_schema.columns c where c.table_schema = 'public' and c.table_name not like 'goose_%' and c.table_name <> 'search_term'`)
	if diff := cmp.Diff(lite, pgs); diff != "" {
		t.Fatalf("the two schemas differ (-sqlite +postgres):\n%s", diff)
	}
	if len(lite) < 5 {
		t.Fatalf("only %d columns compared", len(lite))
	}
}

func columns(t *testing.T, d *db.DB, query string) []string {
	t.Helper()
	kinds := map[string]string{"integer": "integer", "bigint": "integer", "text": "text", "blob": "bytes", "bytea": "bytes"}
	var all []string
	err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, query)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var table, column, kind string
			var notNull, key int
			if err := rows.Scan(&table, &column, &notNull, &key, &kind); err != nil {
				return err
			}
			if kinds[kind] == "" {
				return fmt.Errorf("%s.%s has the type %s, which is not of the portable subset", table, column, kind)
			}
			all = append(all, fmt.Sprintf("%s.%s %s null=%v key=%v", table, column, kinds[kind], notNull == 0 && key == 0, key > 0))
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(all)
	return all
}

func TestSQLiteVersionRule(t *testing.T) {
	for version, ok := range map[string]bool{"3.51.3": true, "3.54.1": true, "4.0.0": true, "3.51.2": false, "3.50.7": true, "3.50.6": false, "3.44.6": true, "3.44.5": false, "3.49.9": false, "?": false} {
		if err := db.CheckSQLite(version); (err == nil) != ok {
			t.Errorf("%s: %v", version, err)
		}
	}
}

// The bare writer is one row and one durable commit in plain database/sql's
// place; the shared one is 32 callers at once.
func BenchmarkWrite(b *testing.B) {
	d := dbtest.SQLite(b)
	b.Run("one", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if err := set(b.Context(), d, "k", fmt.Sprint(i)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("shared by 32", func(b *testing.B) {
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := set(b.Context(), d, "k", "x"); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// Data that any earlier schema wrote is taken over: for each number the
// migrations stop there, something is written, and the rest runs later.
func TestOlderDataIsTakenOver(t *testing.T) {
	want := columns(t, dbtest.SQLite(t), `select m.name, p.name, p."notnull", p.pk, lower(p.type) from sqlite_master m, pragma_table_info(m.name) p
		where m.type = 'table' and m.name not like 'sqlite_%' and m.name not like 'goose_%' and m.name not like 'search_term%'`)
	for version := int64(1); version < db.Schema(); version++ {
		address := "sqlite:" + filepath.Join(t.TempDir(), "mimeo.db")
		old, err := db.Open(t.Context(), db.Options{URL: address, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if err := old.MigrateTo(t.Context(), version); err != nil {
			t.Fatal(err)
		}
		if err := set(t.Context(), old, "kept", "through the upgrade"); err != nil {
			t.Fatal(err)
		}
		change(t, old, "story", "17")
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		d := dbtest.Open(t, address, time.Now)
		if err := d.Migrate(t.Context()); err != nil {
			t.Fatalf("from %d: %v", version, err)
		}
		if got := value(t, d, "kept"); got != "through the upgrade" {
			t.Errorf("from %d: kept %q", version, got)
		}
		got := columns(t, d, `select m.name, p.name, p."notnull", p.pk, lower(p.type) from sqlite_master m, pragma_table_info(m.name) p
			where m.type = 'table' and m.name not like 'sqlite_%' and m.name not like 'goose_%' and m.name not like 'search_term%'`)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("from %d (-fresh +upgraded):\n%s", version, diff)
		}
	}
}
