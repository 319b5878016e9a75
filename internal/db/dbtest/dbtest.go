// Package dbtest gives tests fresh, migrated databases of both engines.
//
// SQLite databases are copies of one file migrated once. PostgreSQL is started
// from Debian's binaries, once for a test process, on a free loopback port as
// an unprivileged user, and dies with the process; each test gets a database
// made from a migrated template.
package dbtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mimeo/internal/db"
)

// Clock is a clock that tests move by hand. It is safe for concurrent use.
type Clock struct{ at atomic.Int64 }

// NewClock returns a clock that stands at start.
func NewClock(start time.Time) *Clock {
	c := &Clock{}
	c.Set(start)
	return c
}

// Now is the clock's time, in UTC.
func (c *Clock) Now() time.Time { return time.UnixMicro(c.at.Load()).UTC() }

// Set moves the clock to t.
func (c *Clock) Set(t time.Time) { c.at.Store(t.UnixMicro()) }

// Advance moves the clock on by d.
func (c *Clock) Advance(d time.Duration) { c.at.Add(d.Microseconds()) }

// Each runs fn on a fresh database of either engine, as the subtests "sqlite"
// and "postgres".
func Each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, Postgres(t)) })
}

// EachClock is Each with a clock of the test's own.
func EachClock(t *testing.T, start time.Time, fn func(t *testing.T, d *db.DB, c *Clock)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		c := NewClock(start)
		fn(t, Open(t, SQLiteURL(t), c.Now), c)
	})
	t.Run("postgres", func(t *testing.T) {
		c := NewClock(start)
		fn(t, Open(t, PostgresURL(t), c.Now), c)
	})
}

// SQLite is a fresh migrated database in a file of the test's own.
func SQLite(t testing.TB) *db.DB {
	t.Helper()
	return Open(t, SQLiteURL(t), time.Now)
}

// Postgres is a fresh migrated database on the process's server.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	return Open(t, PostgresURL(t), time.Now)
}

// Open opens a database address for the length of a test.
func Open(t testing.TB, url string, now func() time.Time) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), db.Options{URL: url, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("closing the database: %v", err)
		}
	})
	return d
}

var lite struct {
	once sync.Once
	file []byte
	err  error
}

// SQLiteURL is the address of a fresh migrated SQLite file.
func SQLiteURL(t testing.TB) string {
	t.Helper()
	lite.once.Do(func() { lite.file, lite.err = migratedFile() })
	if lite.err != nil {
		t.Fatal(lite.err)
	}
	path := filepath.Join(t.TempDir(), "mimeo.db")
	if err := os.WriteFile(path, lite.file, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

func migratedFile() ([]byte, error) {
	dir, err := os.MkdirTemp("", "mimeo-sqlite-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "template.db")
	d, err := db.Open(context.Background(), db.Options{URL: "sqlite:" + path, Now: time.Now})
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(context.Background()); err != nil {
		return nil, fmt.Errorf("migrating the template: %w", err)
	}
	if err := d.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
