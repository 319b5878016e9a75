// Package db is the ground everything durable stands on: SQLite in the data
// folder, or PostgreSQL when one machine is not enough, behind one Tx.
//
// The callers write one SQL text for both engines ($1 parameters, the portable
// subset of docs/adr/0002-two-databases.md) and never ask which one runs; the
// few differences are methods of Dialect. Times are stored as integer
// microseconds, ids as text, documents as JSON text. Every transaction has one
// timestamp, taken from the clock that Open was given.
//
// On SQLite there is one writer. Writes that arrive while it is busy run in the
// same transaction, each in a savepoint of its own, and share one durable
// commit: thirty-two payers at once cost about as many fsyncs as two.
package db

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"mimeo/internal/fault"
)

// ErrNoRows is returned by Row.Scan when the query selected nothing.
var ErrNoRows = sql.ErrNoRows

// Rows and Row are the results of queries.
type (
	Rows = sql.Rows
	Row  = sql.Row
)

// NullString and NullInt64 scan columns that may be NULL.
type (
	NullString = sql.NullString
	NullInt64  = sql.NullInt64
)

// Options say where the data lies and which clock stamps it.
type Options struct {
	// URL is "sqlite:PATH" or "postgres://…".
	URL string
	// Now is the newsroom's clock.
	Now func() time.Time
	// Log receives what an operator should know; nil keeps silent.
	Log *slog.Logger
	// Readers is how many SQLite readers are kept open; 0 means 4.
	Readers int
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	dialect Dialect
	now     func() time.Time
	log     *slog.Logger

	write   *sql.DB
	group   *group       // SQLite only
	readers chan *reader // SQLite only
	path    string       // SQLite only
	pool    *pgxpool.Pool

	watch    sync.RWMutex
	watchers []func(kind, key string)
}

// Open opens the database without touching its schema; call Migrate next.
// A SQLite library or server that is known to lose writes is refused.
func Open(ctx context.Context, opt Options) (*DB, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Readers == 0 {
		opt.Readers = 4
	}
	d := &DB{now: opt.Now, log: opt.Log}
	switch scheme, rest, _ := strings.Cut(opt.URL, ":"); scheme {
	case "sqlite":
		if err := d.openSQLite(ctx, rest, opt.Readers); err != nil {
			return nil, err
		}
	case "postgres", "postgresql":
		if err := d.openPostgres(ctx, opt.URL); err != nil {
			return nil, err
		}
	default:
		return nil, fault.Invalidf("The database address starts with neither sqlite: nor postgres:")
	}
	return d, nil
}

// Close ends all connections. Transactions under way finish first.
func (d *DB) Close() error {
	var errs []error
	if d.group != nil {
		errs = append(errs, d.group.close())
	}
	if d.readers != nil {
		for range cap(d.readers) {
			errs = append(errs, (<-d.readers).close())
		}
	}
	if d.write != nil {
		errs = append(errs, d.write.Close())
	}
	if d.pool != nil {
		d.pool.Close()
	}
	return errors.Join(errs...)
}

// Dialect tells the engines apart where SQL alone cannot.
func (d *DB) Dialect() Dialect { return d.dialect }

// Write runs fn in one read-write transaction and returns once it is durable.
// When fn returns an error nothing of it remains. fn runs exactly once, on a
// context that is not cancelled midway, and does nothing outside the database;
// effects that follow a commit go to Tx.OnCommit or into a job.
func (d *DB) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.group != nil {
		return d.group.do(context.WithoutCancel(ctx), fn)
	}
	return d.writePostgres(ctx, fn)
}

// Read runs fn on one consistent snapshot that cannot be written to.
func (d *DB) Read(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if d.readers != nil {
		return d.readSQLite(ctx, fn)
	}
	return d.readPostgres(ctx, fn)
}

// Tx is one transaction.
type Tx struct {
	// Now is the timestamp of everything this transaction writes: UTC,
	// microsecond precision.
	Now time.Time

	db       *DB
	q        queries
	sql      *sql.Tx
	conn     *sql.Conn // PostgreSQL only, for the pgx view of the transaction
	onCommit []func()
}

// queries is what a Tx runs statements on: a connection that keeps prepared
// statements (SQLite) or a transaction (PostgreSQL).
type queries interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Exec runs a statement and returns how many rows it touched.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := tx.q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Query runs a statement that returns rows. The caller closes them and looks
// at Rows.Err.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	return tx.q.QueryContext(ctx, query, args...)
}

// QueryRow runs a statement that returns at most one row.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *Row {
	return tx.q.QueryRowContext(ctx, query, args...)
}

// OnCommit runs f after the commit that made this transaction durable, in the
// order of the calls, and never when it was rolled back.
func (tx *Tx) OnCommit(f func()) { tx.onCommit = append(tx.onCommit, f) }

// Dialect is that of the transaction's database.
func (tx *Tx) Dialect() Dialect { return tx.db.dialect }

func (d *DB) begin(q queries, t *sql.Tx) *Tx {
	return &Tx{Now: d.now().UTC().Truncate(time.Microsecond), db: d, q: q, sql: t}
}

func (tx *Tx) committed() {
	for _, f := range tx.onCommit {
		f()
	}
}

// Micros is how a time is stored.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// Time is the time that Micros stored, in UTC.
func Time(us int64) time.Time { return time.UnixMicro(us).UTC() }
