package vault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Keep is the vault's daily round: it destroys the keys of all days before
// today and sees to those of the days ahead. Run it after mail has sealed anew
// what is still undelivered. Repeating it does no harm.
func (v *Vault) Keep(ctx context.Context) error {
	if err := v.DestroyBefore(ctx, v.today()); err != nil {
		return err
	}
	return v.ahead(ctx)
}

// DestroyBefore destroys the private halves of all days before the given one,
// which is today or earlier: the files are overwritten, flushed and removed,
// then the rows are marked. What was sealed to those days is unreadable from
// then on.
func (v *Vault) DestroyBefore(ctx context.Context, day string) error {
	if !validDay(day) {
		return fmt.Errorf("destroying keys: %q is not a day", day)
	}
	if day > v.today() {
		return fault.Invalidf("Keys of %s and later are still needed", v.today())
	}
	var gone []string
	err := v.keyFiles(func(of, path string, whole bool) error {
		if of >= day {
			return nil
		}
		if whole {
			gone = append(gone, of)
		}
		return destroyFile(path)
	})
	if err != nil {
		return err
	}
	if len(gone) > 0 {
		if err := syncDir(v.courier); err != nil {
			return err
		}
	}
	v.turn(v.today())
	v.mu.Lock()
	maps.DeleteFunc(v.unrecorded, func(of string, _ []byte) bool { return of < day })
	v.mu.Unlock()
	if err := v.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, of := range gone { // a day whose row was never written has one now
			if err := insertDay(ctx, tx, of, nil); err != nil {
				return err
			}
		}
		return markDestroyed(ctx, tx, day)
	}); err != nil {
		return fmt.Errorf("marking destroyed keys: %w", err)
	}
	if len(gone) > 0 {
		v.log.Info("keys of past days destroyed", "days", len(gone), "before", day)
	}
	return nil
}

// ahead makes the keys of today and the days ahead and writes the rows that
// are missing.
func (v *Vault) ahead(ctx context.Context) error {
	first := v.now().UTC()
	for i := range Ahead + 1 {
		if _, err := v.key(first.AddDate(0, 0, i).Format(dayFormat), true); err != nil {
			return fmt.Errorf("making the keys of the days ahead: %w", err)
		}
	}
	return v.record(ctx)
}

// adopt notes the keys whose row may be missing: those that a process made and
// did not live to record.
func (v *Vault) adopt() error {
	today := v.today()
	return v.keyFiles(func(day, path string, whole bool) error {
		if !whole || day < today {
			return nil
		}
		seed, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("reading a key: %w", err)
		}
		k, err := parseDay(seed)
		if err != nil {
			return err
		}
		v.unrecorded[day] = k.public.Bytes()
		return nil
	})
}

// record writes the rows of keys that this process made or found.
func (v *Vault) record(ctx context.Context) error {
	v.mu.RLock()
	fresh := maps.Clone(v.unrecorded)
	v.mu.RUnlock()
	if len(fresh) == 0 {
		return nil
	}
	if err := v.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		// In one order for all, so that processes that record at once wait for
		// each other and do not block each other.
		for _, day := range slices.Sorted(maps.Keys(fresh)) {
			if err := insertDay(ctx, tx, day, fresh[day]); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return fmt.Errorf("recording keys: %w", err)
	}
	v.mu.Lock()
	for day := range fresh {
		delete(v.unrecorded, day)
	}
	v.mu.Unlock()
	return nil
}

// Day is what the vault tells of one day's key. Its private half is never told.
type Day struct {
	Day       string
	Made      time.Time
	Destroyed time.Time // zero while the private half exists
}

// Days lists the keys of a span of days, both ends included.
func (v *Vault) Days(ctx context.Context, from, to string) (days []Day, err error) {
	err = v.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, "select day, made_at, destroyed_at from vault_day_key where day between $1 and $2 order by day", from, to)
		if err != nil {
			return err
		}
		for rows.Next() {
			var d Day
			var made, destroyed int64
			if err := rows.Scan(&d.Day, &made, &destroyed); err != nil {
				return errors.Join(err, rows.Close())
			}
			d.Made = db.Time(made)
			if destroyed != 0 {
				d.Destroyed = db.Time(destroyed)
			}
			days = append(days, d)
		}
		return errors.Join(rows.Err(), rows.Close())
	})
	if err != nil {
		return nil, fmt.Errorf("listing keys: %w", err)
	}
	return days, nil
}
