package appeal

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/money"
)

// Event is something that happens with an appeal and is counted.
type Event string

// The events. A gift is counted by Board.Gift, with its amount.
const (
	Impression Event = "impression" // an appeal was sent with a page
	HeldOut    Event = "holdout"    // it fitted and was not sent, to compare with
	Close      Event = "close"      // ×
	Undo       Event = "undo"       // of a closing
	Continue   Event = "continue"   // on to the contribution form
	Remind     Event = "remind"     // a reminder was set
	Given      Event = "gift"
)

// mostCounts bounds the memory between two flushes. Appeals and variants come
// from the configuration or a signed token, so that it is never reached.
const mostCounts = 50_000

// Count is how often an event happened with a wording on a day.
type Count struct {
	Day             time.Time // a UTC midnight
	Appeal, Variant string
	Event           Event
	N               int64
}

// Gift is a first successful payment that carried the token of a wording.
type Gift struct {
	At              time.Time
	Appeal, Variant string
	Rhythm          string // what was promised: monthly, yearly, once
	Amount          money.Amount
}

// GiftCount is what a wording brought on a day, per rhythm and currency.
type GiftCount struct {
	Day             time.Time
	Appeal, Variant string
	Rhythm          string
	N               int64
	Sum             money.Amount
}

type countKey struct {
	day             int64 // since 1970
	appeal, variant string
	event           Event
}

// counter collects counts between two flushes.
type counter struct {
	mu     sync.RWMutex // held for writing while a key is new or all are taken
	counts map[countKey]*atomic.Int64
	lost   int64
}

func (c *counter) add(k countKey, n int64) {
	c.mu.RLock()
	count, known := c.counts[k]
	if known {
		count.Add(n)
	}
	c.mu.RUnlock()
	if known {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if count, known = c.counts[k]; !known {
		if len(c.counts) >= mostCounts {
			c.lost += n
			return
		}
		if c.counts == nil {
			c.counts = map[countKey]*atomic.Int64{}
		}
		count = new(atomic.Int64)
		c.counts[k] = count
	}
	count.Add(n)
}

func (c *counter) take() (counts map[countKey]*atomic.Int64, lost int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts, lost = c.counts, c.lost
	c.counts, c.lost = nil, 0
	return counts, lost
}

// Count remembers that an event happened, in memory until the next Flush. It
// is cheap enough for every page view.
func (b *Board) Count(at time.Time, appeal, variant string, e Event) {
	b.counter.add(countKey{daysSince1970(at), appeal, variant, e}, 1)
}

// Flush writes what was counted since the last one. What cannot be written is
// kept for the next; only a killed process loses what it had not flushed.
func (b *Board) Flush(ctx context.Context) error {
	counts, lost := b.counter.take()
	if lost > 0 {
		b.log.WarnContext(ctx, "more kinds of events than can be counted", "lost", lost)
	}
	if len(counts) == 0 {
		return nil
	}
	// In one order, so that two nodes that flush do not wait for each other in a ring.
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b countKey) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.appeal, b.appeal), cmp.Compare(a.variant, b.variant), cmp.Compare(a.event, b.event))
	})
	err := b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, k := range keys {
			if err := addCount(ctx, tx, k.date(), k.appeal, k.variant, k.event, counts[k].Load()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for _, k := range keys {
			b.counter.add(k, counts[k].Load())
		}
		return fmt.Errorf("writing the counts of appeals: %w", err)
	}
	return nil
}

// Gift counts a gift in the transaction that books it.
func (b *Board) Gift(ctx context.Context, tx *db.Tx, g Gift) error {
	day := g.At.UTC().Format(time.DateOnly)
	if err := addCount(ctx, tx, day, g.Appeal, g.Variant, Given, 1); err != nil {
		return fmt.Errorf("counting a gift: %w", err)
	}
	if err := addGift(ctx, tx, day, g); err != nil {
		return fmt.Errorf("adding up a gift: %w", err)
	}
	return nil
}

// Report returns the counts of the UTC days from one moment to before another,
// as far as they were flushed.
func (b *Board) Report(ctx context.Context, from, to time.Time) (counts []Count, gifts []GiftCount, err error) {
	first, end := from.UTC().Format(time.DateOnly), to.UTC().Format(time.DateOnly)
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if counts, err = selectCounts(ctx, tx, first, end); err != nil {
			return err
		}
		gifts, err = selectGifts(ctx, tx, first, end)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reading the counts of appeals: %w", err)
	}
	return counts, gifts, nil
}

func daysSince1970(t time.Time) int64 {
	const day = 24 * 60 * 60
	s := t.Unix()
	if s < 0 {
		s -= day - 1
	}
	return s / day
}

func (k countKey) date() string {
	return time.Unix(k.day*24*60*60, 0).UTC().Format(time.DateOnly)
}
