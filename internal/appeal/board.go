package appeal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// ChangeKind is what the change feed calls a new configuration.
const ChangeKind = "appeals"

// maxDocument bounds a configuration: thousands of appeals.
const maxDocument = 8 << 20

// Board is where the configuration hangs: every version that was ever in
// force, the rules of the present one ready in memory, and the counts of what
// happened. It is safe for concurrent use.
type Board struct {
	db      *db.DB
	log     *slog.Logger
	force   atomic.Pointer[force]
	counter counter
}

// force is the version that decides now. The version may be of a document that
// could not be read; the rules then are those of the last one that could.
type force struct {
	version int64
	rules   *Rules
}

// Revision is one version of the configuration.
type Revision struct {
	Version  int64
	Previous int64 // the version it replaced, 0 for the first
	Author   string
	At       time.Time
	Document []byte
	Dropped  []Dropped // what in it cannot serve
}

// New returns a board that asks nobody until Reload has found a configuration.
func New(d *db.DB, log *slog.Logger) *Board {
	b := &Board{db: d, log: log}
	b.force.Store(&force{rules: AskNobody()})
	return b
}

// Rules returns the rules in force. It costs nothing.
func (b *Board) Rules() *Rules { return b.force.Load().rules }

// Reload takes over a version that another process saved; without one it costs
// one look at a primary key. A document that cannot be read is logged once, and
// the last good rules stay.
func (b *Board) Reload(ctx context.Context) error {
	var latest Revision
	err := b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		version, err := latestVersion(ctx, tx)
		if err != nil || version <= b.force.Load().version {
			return err
		}
		latest, err = selectConfig(ctx, tx, version)
		return err
	})
	if err != nil {
		return fmt.Errorf("looking for a newer configuration of appeals: %w", err)
	}
	if latest.Version == 0 {
		return nil
	}
	rules, dropped, err := ParseConfig(latest.Document)
	if err != nil {
		b.log.ErrorContext(ctx, "the appeals cannot be read, the last good ones stay", "version", latest.Version, "err", err)
		b.use(latest.Version, nil)
		return nil
	}
	for _, d := range dropped {
		b.log.WarnContext(ctx, "an appeal cannot serve", "version", latest.Version, "appeal", d.ID, "problem", d.Problem)
	}
	b.use(latest.Version, rules)
	return nil
}

// use puts a version in force unless a later one is; nil rules keep the
// present ones.
func (b *Board) use(version int64, rules *Rules) {
	for {
		now := b.force.Load()
		if version <= now.version {
			return
		}
		next := &force{version: version, rules: rules}
		if rules == nil {
			next.rules = now.rules
		}
		if b.force.CompareAndSwap(now, next) {
			return
		}
	}
}

// Save puts a configuration in force and keeps the one before. One that cannot
// be read is refused; malformed appeals in it are reported and do not serve.
func (b *Board) Save(ctx context.Context, document []byte, author string) (Revision, error) {
	return b.change(ctx, author, func([]byte) ([]byte, error) { return document, nil })
}

// Restore puts an earlier version in force again, as a new version.
func (b *Board) Restore(ctx context.Context, version int64, author string) (Revision, error) {
	old, err := b.Version(ctx, version)
	if err != nil {
		return Revision{}, err
	}
	return b.Save(ctx, old.Document, author)
}

// change writes the version that edit makes of the present document, which is
// nil when there is none. An edit that returns nil changes nothing.
func (b *Board) change(ctx context.Context, author string, edit func(present []byte) ([]byte, error)) (Revision, error) {
	if strings.TrimSpace(author) == "" {
		return Revision{}, fault.Invalidf("A configuration is saved by somebody: the author is missing")
	}
	var r Revision
	err := b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		present := Revision{}
		version, err := latestVersion(ctx, tx)
		if err != nil {
			return err
		}
		if version > 0 {
			if present, err = selectConfig(ctx, tx, version); err != nil {
				return err
			}
		}
		document, err := edit(present.Document)
		if err != nil {
			return err
		}
		if document == nil {
			r = present
			return nil
		}
		if len(document) > maxDocument {
			return fault.Invalidf("The configuration is larger than %d MB", maxDocument>>20)
		}
		rules, dropped, err := ParseConfig(document)
		if err != nil {
			return err
		}
		r = Revision{Version: version + 1, Previous: version, Author: author, At: tx.Now, Document: document, Dropped: dropped}
		if err := insertConfig(ctx, tx, r); err != nil {
			return err
		}
		tx.OnCommit(func() { b.use(r.Version, rules) }) // before anyone hears of the change
		return tx.Change(ctx, ChangeKind, "")
	})
	if db.IsUnique(err) {
		return Revision{}, fault.Conflictf("Somebody else saved the appeals at the same moment. Look at theirs and save again")
	}
	if err != nil {
		return Revision{}, fmt.Errorf("saving the appeals: %w", err)
	}
	return r, nil
}

// Version returns one version of the configuration.
func (b *Board) Version(ctx context.Context, version int64) (r Revision, err error) {
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		r, err = selectConfig(ctx, tx, version)
		return err
	})
	if errors.Is(err, db.ErrNoRows) {
		return Revision{}, fault.Missingf("There is no version %d of the appeals", version)
	}
	if err != nil {
		return Revision{}, fmt.Errorf("reading version %d of the appeals: %w", version, err)
	}
	if _, r.Dropped, err = ParseConfig(r.Document); err != nil {
		return r, nil // it can still be looked at
	}
	return r, nil
}

// History returns the versions before one, latest first; 0 begins at the
// present one.
func (b *Board) History(ctx context.Context, before int64, limit int) (history []Revision, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		history, err = selectHistory(ctx, tx, before, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the history of the appeals: %w", err)
	}
	return history, nil
}
