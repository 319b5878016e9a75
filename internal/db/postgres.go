package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

func (d *DB) openPostgres(ctx context.Context, address string) error {
	d.dialect = Postgres
	conf, err := pgxpool.ParseConfig(address)
	if err != nil {
		return errors.New("the database address cannot be read; it looks like postgres://user@host/name")
	}
	conf.MaxConns = max(conf.MaxConns, 8)
	conf.ConnConfig.ConnectTimeout = 5 * time.Second
	if d.pool, err = pgxpool.NewWithConfig(ctx, conf); err != nil {
		return broken(fmt.Errorf("connecting to PostgreSQL: %w", err))
	}
	if err := d.pool.Ping(ctx); err != nil {
		d.pool.Close()
		return broken(fmt.Errorf("connecting to PostgreSQL: %w", err))
	}
	d.write = stdlib.OpenDBFromPool(d.pool)
	return nil
}

func (d *DB) writePostgres(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (err error) {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return broken(fmt.Errorf("connecting: %w", err))
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	ctx = context.WithoutCancel(ctx)
	t, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return broken(fmt.Errorf("beginning to write: %w", err))
	}
	defer func() {
		if t != nil {
			_ = t.Rollback() //nolint:errcheck // reached on an error or a panic, which is the one to report
		}
	}()
	tx := d.begin(t, t)
	tx.conn = conn
	if err := fn(ctx, tx); err != nil {
		return broken(err)
	}
	err = t.Commit()
	t = nil
	if err != nil {
		return broken(fmt.Errorf("committing: %w", err))
	}
	tx.committed()
	return nil
}

func (d *DB) readPostgres(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	t, err := d.write.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return broken(fmt.Errorf("beginning to read: %w", err))
	}
	defer func() { _ = t.Rollback() }() //nolint:errcheck // nothing was written
	return broken(fn(ctx, d.begin(t, t)))
}

// River looks at the transaction through its own drivers. These are for
// package jobs alone.

// SQLTx is the transaction as database/sql has it.
func (tx *Tx) SQLTx() *sql.Tx { return tx.sql }

// PgxPool is the PostgreSQL pool, nil on SQLite.
func (d *DB) PgxPool() *pgxpool.Pool { return d.pool }

// PgxTx is the same transaction as pgx has it; PostgreSQL only.
func (tx *Tx) PgxTx() (pgx.Tx, error) {
	var under *pgx.Conn
	err := tx.conn.Raw(func(c any) error {
		std, ok := c.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the connection is a %T", c)
		}
		under = std.Conn()
		return nil
	})
	return pgxView{under}, err
}

// pgxView shows a transaction that database/sql began to code that wants a
// pgx.Tx. It cannot end the transaction: that is its owner's part.
type pgxView struct{ conn *pgx.Conn }

var errNotOwner = errors.New("this view of a transaction cannot end it")

func (v pgxView) Begin(ctx context.Context) (pgx.Tx, error) {
	if _, err := v.conn.Exec(ctx, "savepoint pgx_view"); err != nil {
		return nil, err
	}
	return pgxSavepoint{v}, nil
}
func (pgxView) Commit(context.Context) error   { return errNotOwner }
func (pgxView) Rollback(context.Context) error { return errNotOwner }
func (v pgxView) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return v.conn.CopyFrom(ctx, table, columns, rows)
}

func (v pgxView) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return v.conn.SendBatch(ctx, b)
}
func (pgxView) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }
func (v pgxView) Prepare(ctx context.Context, name, query string) (*pgconn.StatementDescription, error) {
	return v.conn.Prepare(ctx, name, query)
}

func (v pgxView) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	return v.conn.Exec(ctx, query, args...)
}

func (v pgxView) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	return v.conn.Query(ctx, query, args...)
}

func (v pgxView) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	return v.conn.QueryRow(ctx, query, args...)
}
func (v pgxView) Conn() *pgx.Conn { return v.conn }

// pgxSavepoint is the nested transaction that pgxView.Begin starts.
type pgxSavepoint struct{ pgxView }

func (s pgxSavepoint) Commit(ctx context.Context) error {
	_, err := s.conn.Exec(ctx, "release savepoint pgx_view")
	return err
}

func (s pgxSavepoint) Rollback(ctx context.Context) error {
	_, err := s.conn.Exec(ctx, "rollback to savepoint pgx_view")
	return err
}
