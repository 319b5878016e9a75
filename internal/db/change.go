package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Change records that something readers see has changed: kind and key say
// what ("story" and its id, "appeals" and ""). Listeners of this process hear
// of it when the transaction commits, other processes within a moment through
// Follow. Old rows are of no use and are swept by PruneChanges.
func (tx *Tx) Change(ctx context.Context, kind, key string) error {
	if _, err := tx.Exec(ctx, "insert into change (kind, key, at) values ($1, $2, $3)", kind, key, Micros(tx.Now)); err != nil {
		return fmt.Errorf("recording a change: %w", err)
	}
	tx.OnCommit(func() {
		tx.db.watch.RLock()
		defer tx.db.watch.RUnlock()
		for _, f := range tx.db.watchers {
			f(kind, key)
		}
	})
	return nil
}

// OnChange registers a listener for the changes of every process that Follow
// sees. It is called before the first write, and must be quick.
func (d *DB) OnChange(f func(kind, key string)) {
	d.watch.Lock()
	defer d.watch.Unlock()
	d.watchers = append(d.watchers, f)
}

// Follow tells the listeners of changes that other processes made, until ctx
// ends. Changes of this process come a second time; dropping a page twice does
// no harm. tick is how often it looks.
func (d *DB) Follow(ctx context.Context, tick time.Duration) error {
	look := d.look()
	defer func() {
		if err := look.close(); err != nil {
			d.log.Warn("closing the change feed", "err", err)
		}
	}()
	t := time.NewTicker(tick)
	defer t.Stop()
	for well := true; ; {
		err := look.once(ctx)
		if err != nil && ctx.Err() != nil {
			return nil // it was told to end
		}
		switch { // once, however long it lasts
		case err != nil && well:
			d.log.Warn("the change feed does not answer", "err", err)
		case err == nil && !well:
			d.log.Info("the change feed answers again")
		}
		well = err == nil
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// overlap is how far back Follow reads again: on PostgreSQL a lower number may
// commit after a higher one.
const overlap = 64

// look remembers how far Follow has read.
type look struct {
	db      *DB
	own     *sql.DB // SQLite: a connection whose data_version can be compared
	version int64
	last    int64
	seen    map[int64]bool
}

func (d *DB) look() *look { return &look{db: d, last: -1, seen: map[int64]bool{}} }

func (l *look) close() error {
	if l.own == nil {
		return nil
	}
	return l.own.Close()
}

// stirred reports whether anything at all was committed since the look that
// saw version: on SQLite one pragma, so that an idle newsroom costs nothing.
func (l *look) stirred(ctx context.Context) (version int64, changed bool, err error) {
	if l.db.dialect != SQLite {
		return 0, true, nil
	}
	if l.own == nil {
		own, err := sql.Open("sqlite", dsn(l.db.path, "query_only(1)"))
		if err != nil {
			return 0, false, err
		}
		own.SetMaxOpenConns(1)
		l.own = own
	}
	err = l.own.QueryRowContext(ctx, "pragma data_version").Scan(&version)
	return version, version != l.version, err
}

func (l *look) once(ctx context.Context) error {
	version, stirred, err := l.stirred(ctx)
	if err != nil || !stirred {
		return err
	}
	type row struct {
		seq       int64
		kind, key string
	}
	var fresh []row
	err = l.db.Read(ctx, func(ctx context.Context, tx *Tx) (err error) {
		if l.last < 0 { // what happened before we began is already in the pages
			return tx.QueryRow(ctx, "select coalesce(max(seq), 0) from change").Scan(&l.last)
		}
		rows, err := tx.Query(ctx, "select seq, kind, key from change where seq > $1 order by seq", l.last-overlap)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var r row
			if err := rows.Scan(&r.seq, &r.kind, &r.key); err != nil {
				return err
			}
			if !l.seen[r.seq] && (r.seq > l.last || l.db.dialect == Postgres) {
				fresh = append(fresh, r)
			}
		}
		return rows.Err()
	})
	if err != nil {
		return err // what stirred is not read yet: the next look tries again
	}
	l.version = version
	for _, r := range fresh {
		l.seen[r.seq] = true
		l.last = max(l.last, r.seq)
		l.db.watch.RLock()
		for _, f := range l.db.watchers {
			f(r.kind, r.key)
		}
		l.db.watch.RUnlock()
	}
	for seq := range l.seen {
		if seq <= l.last-overlap {
			delete(l.seen, seq)
		}
	}
	return nil
}

// PruneChanges forgets what every process has long since heard.
func (tx *Tx) PruneChanges(ctx context.Context) error {
	_, err := tx.Exec(ctx, "delete from change where at < $1", Micros(tx.Now.Add(-time.Hour)))
	return err
}

// Meta is a small value that belongs to the whole data folder, "" when unset.
func (tx *Tx) Meta(ctx context.Context, name string) (value string, err error) {
	err = tx.QueryRow(ctx, "select value from meta where name = $1", name).Scan(&value)
	if errors.Is(err, ErrNoRows) {
		return "", nil
	}
	return value, err
}

// SetMeta sets it.
func (tx *Tx) SetMeta(ctx context.Context, name, value string) error {
	_, err := tx.Exec(ctx, "insert into meta (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value", name, value)
	return err
}
