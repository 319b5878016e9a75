package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"

	"mimeo/internal/fault"
)

// How many KiB of pages a connection keeps. Readers are several, and what they
// read again is in the system's memory anyhow.
const (
	writerCache = "cache_size(-4096)"
	readerCache = "cache_size(-1024)"
)

// dsn gives every connection its settings, so that none can be without them.
// Deleted rows are overwritten: what is not needed is not kept. A file that is
// not there (any more) is never made by the way.
func dsn(path string, extra ...string) string {
	v := url.Values{"_pragma": append([]string{
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)",
		"foreign_keys(1)", "secure_delete(1)", "trusted_schema(0)",
	}, extra...)}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: v.Encode() + "&_txlock=immediate&mode=rw"}).String()
}

// create makes the file when it is absent, for its owner alone.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, "The database file "+path+" cannot be opened", err)
	}
	return nil
}

func (d *DB) openSQLite(ctx context.Context, path string, readers int) (err error) {
	d.dialect, d.path = SQLite, path
	if err := create(path); err != nil {
		return err
	}
	if d.write, err = sql.Open("sqlite", dsn(path, writerCache)); err != nil {
		return fmt.Errorf("opening %s: %w", path, err)
	}
	d.write.SetMaxOpenConns(1)
	var version string
	if err := d.write.QueryRowContext(ctx, "select sqlite_version()").Scan(&version); err != nil {
		return errors.Join(broken(fmt.Errorf("opening %s: %w", path, err)), d.write.Close())
	}
	if err := checkSQLite(version); err != nil {
		return errors.Join(err, d.write.Close())
	}
	d.group = newGroup(d)
	d.readers = make(chan *reader, readers)
	for range readers {
		d.readers <- &reader{path: path}
	}
	return nil
}

// prepared is one connection with its statements, each parsed once: parsing
// costs more than running for the small statements that most are.
type prepared struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func (p *prepared) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := p.stmts[query]; ok {
		return s, nil
	}
	s, err := p.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	p.stmts[query] = s
	return s, nil
}

func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := p.stmt(ctx, query) //nolint:sqlclosecheck // kept with its connection, closed with it
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.stmt(ctx, query) //nolint:sqlclosecheck // kept with its connection, closed with it
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (p *prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := p.stmt(ctx, query) //nolint:sqlclosecheck // kept with its connection, closed with it
	if err != nil {              // the connection reports the same error inside the row
		return p.conn.QueryRowContext(ctx, query, args...)
	}
	return s.QueryRowContext(ctx, args...)
}

func (p *prepared) close() error {
	if p.conn == nil {
		return nil
	}
	var errs []error
	for _, s := range p.stmts {
		errs = append(errs, s.Close())
	}
	errs = append(errs, p.conn.Close())
	p.conn, p.stmts = nil, nil
	return errors.Join(errs...)
}

// reader is a read-only connection, opened when it is first needed.
type reader struct {
	path string
	pool *sql.DB
	prepared
}

func (r *reader) open(ctx context.Context) (err error) {
	if r.conn != nil {
		return nil
	}
	if r.pool == nil {
		if r.pool, err = sql.Open("sqlite", dsn(r.path, "query_only(1)", readerCache)); err != nil {
			return err
		}
		r.pool.SetMaxOpenConns(1)
	}
	if r.conn, err = r.pool.Conn(ctx); err != nil {
		return err
	}
	r.stmts = map[string]*sql.Stmt{}
	return nil
}

func (r *reader) close() error {
	err := r.prepared.close()
	if r.pool != nil {
		err = errors.Join(err, r.pool.Close())
		r.pool = nil
	}
	return err
}

func (d *DB) readSQLite(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (err error) {
	var r *reader
	select {
	case r = <-d.readers:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { d.readers <- r }()
	if err := r.open(ctx); err != nil {
		return broken(fmt.Errorf("opening a reader: %w", err))
	}
	// A deferred transaction takes its snapshot at the first read. It is
	// begun by statement, because the driver's own is immediate by the DSN.
	if _, err := r.ExecContext(ctx, "begin deferred"); err != nil {
		return broken(errors.Join(fmt.Errorf("beginning to read: %w", err), r.close()))
	}
	defer func() {
		if _, end := r.ExecContext(context.WithoutCancel(ctx), "rollback"); end != nil {
			err = errors.Join(err, r.close())
		}
	}()
	return broken(fn(ctx, d.begin(&r.prepared, nil)))
}

// group is the one writer. The first caller who finds it idle leads: it runs
// its own closure and those that queue up meanwhile, then commits for all.
type group struct {
	db *DB

	mu      sync.Mutex // guards queue, leading, closed
	idle    sync.Cond  // on mu: leading became false
	queue   []*request
	leading bool
	closed  bool

	lead sync.Mutex // held by the leader; guards conn and file
	conn prepared
	file os.FileInfo // which file conn has open
}

type request struct {
	fn   func(tx *Tx) error // with its caller's context
	tx   *Tx
	done chan struct{}
	err  error
	// panicked carries a closure's panic back to its own caller.
	panicked any
}

func newGroup(d *DB) *group {
	g := &group{db: d}
	g.idle.L = &g.mu
	return g
}

// maxGroup bounds how long the first of a group waits for its commit.
const maxGroup = 256

func (g *group) do(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	r := &request{fn: func(tx *Tx) error { return fn(ctx, tx) }}
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return errors.New("the database is closed")
	}
	if g.leading {
		r.done = make(chan struct{})
		g.queue = append(g.queue, r)
		g.mu.Unlock()
		<-r.done
		return r.result()
	}
	g.leading = true
	g.mu.Unlock()

	g.run(ctx, r)
	// Whoever queued up during the commit is served by a leader of their own,
	// so that no caller works for strangers without end.
	if next := g.nextOrIdle(); next != nil {
		go func() {
			for ; next != nil; next = g.nextOrIdle() {
				g.run(ctx, next)
				close(next.done)
			}
		}()
	}
	return r.result()
}

// next is whoever waits longest, nil when nobody does.
func (g *group) next() *request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pop()
}

// nextOrIdle is next, and leaves the writer idle when nobody waits.
func (g *group) nextOrIdle() *request {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.pop()
	if r == nil {
		g.leading = false
		g.idle.Broadcast()
	}
	return r
}

func (g *group) pop() *request {
	if len(g.queue) == 0 {
		return nil
	}
	r := g.queue[0]
	g.queue = g.queue[1:]
	return r
}

func (r *request) result() error {
	if r.panicked != nil {
		panic(r.panicked)
	}
	if r.err == nil {
		r.tx.committed()
	}
	return broken(r.err)
}

// run executes first and whoever is waiting in one transaction, and releases
// the others when it is durable. It does not close first.done.
func (g *group) run(ctx context.Context, first *request) {
	g.lead.Lock()
	defer g.lead.Unlock()
	joined := make([]*request, 0, 8)
	fail := func(err error) {
		for _, r := range joined {
			if r.err == nil {
				r.err = err
			}
		}
	}
	t, err := g.begin(ctx)
	if err != nil {
		first.err = err
		return
	}
	for r, n := first, 0; r != nil && n < maxGroup; r, n = g.next(), n+1 {
		joined = append(joined, r)
		if !g.one(ctx, r, t, n > 0) && n == 0 {
			break // the first ran without a savepoint: nothing may follow it
		} else if r.err != nil && errors.Is(r.err, errGone) {
			fail(r.err)
			break
		}
	}
	if joined[0].err != nil || joined[0].panicked != nil {
		_ = t.Rollback() //nolint:errcheck // the closure's own error is the one to report
		fail(joined[0].err)
	} else if err := g.commit(t); err != nil {
		_ = t.Rollback() //nolint:errcheck // the commit's error is the one to report
		fail(fmt.Errorf("committing: %w", err))
	}
	for _, r := range joined[1:] {
		close(r.done)
	}
}

// errGone says that the engine threw the whole transaction away.
var errGone = errors.New("the transaction was lost")

// one runs a closure, in a savepoint when others ran before it, and reports
// whether it succeeded.
func (g *group) one(ctx context.Context, r *request, t *sql.Tx, nested bool) bool {
	if nested {
		if _, err := g.conn.ExecContext(ctx, "savepoint one"); err != nil {
			r.err = fmt.Errorf("%w: %w", errGone, err)
			return false
		}
	}
	r.tx = g.db.begin(&g.conn, t)
	func() {
		defer func() { r.panicked = recover() }()
		r.err = r.fn(r.tx)
	}()
	if !nested {
		return r.err == nil && r.panicked == nil
	}
	end := "release one"
	if r.err != nil || r.panicked != nil {
		if _, err := g.conn.ExecContext(ctx, "rollback to one"); err != nil {
			r.err = fmt.Errorf("%w: %w", errGone, errors.Join(r.err, err))
			return false
		}
	}
	if _, err := g.conn.ExecContext(ctx, end); err != nil {
		r.err = fmt.Errorf("%w: %w", errGone, errors.Join(r.err, err))
	}
	return r.err == nil && r.panicked == nil
}

func (g *group) begin(ctx context.Context) (*sql.Tx, error) {
	if g.conn.conn == nil {
		conn, err := g.db.write.Conn(ctx)
		if err != nil {
			return nil, fmt.Errorf("opening the writer: %w", err)
		}
		g.conn = prepared{conn: conn, stmts: map[string]*sql.Stmt{}}
		if g.file, err = os.Stat(g.db.path); err != nil {
			return nil, errors.Join(fmt.Errorf("opening the writer: %w", err), g.conn.close())
		}
	}
	if err := g.inPlace(); err != nil {
		return nil, err
	}
	t, err := g.conn.conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("beginning to write: %w", err), g.conn.close())
	}
	return t, nil
}

// commit looks once more where the file is: the transaction may have been open
// for a while.
func (g *group) commit(t *sql.Tx) error {
	if err := g.inPlace(); err != nil {
		return err
	}
	return t.Commit()
}

// inPlace refuses to write into a file that was moved, deleted or replaced: the
// engine still has it open, and what went there would be gone at the next start.
func (g *group) inPlace() error {
	now, err := os.Stat(g.db.path)
	if err == nil && os.SameFile(now, g.file) {
		return nil
	}
	return errors.Join(fault.Unavailablef("The database file was moved or deleted. Nothing was changed"), err)
}

func (g *group) close() error {
	g.mu.Lock()
	g.closed = true
	for g.leading {
		g.idle.Wait()
	}
	g.mu.Unlock()
	g.lead.Lock()
	defer g.lead.Unlock()
	return g.conn.close()
}
