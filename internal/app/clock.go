package app

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// clock is the newsroom's clock. In a real newsroom it is the machine's; in
// the demo it runs ahead of it by an amount that is kept in the data folder
// and only ever grows, so that time never goes back.
type clock struct {
	real  func() time.Time
	ahead atomic.Int64 // nanoseconds
}

// The demo's clock runs between earliest and farthest ahead of the machine's:
// beyond that the keys of days and the calendars of others make no sense.
const (
	earliest = 1990 // the year
	farthest = 20 * 366 * 24 * time.Hour
)

const clockAhead = "demo_clock_ahead"

func newClock(machine func() time.Time) *clock { return &clock{real: machine} }

// Now is the newsroom's time.
func (c *clock) Now() time.Time { return c.real().Add(time.Duration(c.ahead.Load())) }

// load takes up the clock of an earlier run. at, when not zero, is where a
// clock begins that was never set.
func (c *clock) load(ctx context.Context, d *db.DB, at time.Time) error {
	return d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		kept, err := tx.Meta(ctx, clockAhead)
		if err != nil {
			return fmt.Errorf("reading the demo's clock: %w", err)
		}
		if kept != "" {
			ahead, err := time.ParseDuration(kept)
			if err != nil {
				return fmt.Errorf("reading the demo's clock: %w", err)
			}
			c.ahead.Store(int64(ahead))
			return nil
		}
		if at.After(c.real().Add(farthest)) || !at.IsZero() && at.Year() < earliest {
			return fault.Invalidf("The demo's clock begins between %d and twenty years from now", earliest)
		}
		if !at.IsZero() {
			c.ahead.Store(int64(at.Sub(c.real())))
		}
		return tx.SetMeta(ctx, clockAhead, time.Duration(c.ahead.Load()).String())
	})
}

// set moves the clock on to t and keeps it. A time that has passed is refused.
func (c *clock) set(ctx context.Context, d *db.DB, t time.Time) error {
	ahead := t.Sub(c.real())
	if ahead < time.Duration(c.ahead.Load()) {
		return fault.Invalidf("The demo's clock stands at %s and never goes back", c.Now().UTC().Format(time.RFC3339))
	}
	// Written down first: a clock that moved and was not kept would go back at
	// the next start.
	if err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return tx.SetMeta(ctx, clockAhead, ahead.String())
	}); err != nil {
		return fmt.Errorf("moving the demo's clock: %w", err)
	}
	c.ahead.Store(int64(ahead))
	return nil
}
