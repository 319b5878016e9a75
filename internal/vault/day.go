package vault

import (
	"crypto/hpke"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"mimeo/internal/fault"
)

// ErrDestroyed says that a day is over: nothing can be sealed to it and nothing
// sealed to it can be opened, ever.
var ErrDestroyed = errors.New("the key of that day is destroyed")

// cachedDays bounds the parsed keys in memory.
const cachedDays = 32

const (
	dayFormat = time.DateOnly
	// block is what sealed lengths are rounded up to, so that the length of
	// an address is not told.
	block = 64
)

// dayKey is a day's pair. A past day's key is never cached: whether it may
// still be used is for the folder to say.
type dayKey struct {
	public  hpke.PublicKey
	private hpke.PrivateKey
}

// Seal seals plain to a UTC day ("2027-01-04") for a context, which must be
// named again to open it. Days that are over and days further ahead than
// Furthest are refused.
func (v *Vault) Seal(day, context string, plain []byte) ([]byte, error) {
	k, err := v.key(day, true)
	if err != nil {
		return nil, fmt.Errorf("sealing to %s: %w", day, err)
	}
	sealed, err := v.packets.seal(v.now(), v.random, k.public, day, context, pad(plain))
	if err != nil {
		return nil, fmt.Errorf("sealing to %s: %w", day, err)
	}
	return sealed, nil
}

// Open opens what Seal sealed to the same day and context.
func (v *Vault) Open(day, context string, sealed []byte) ([]byte, error) {
	k, err := v.key(day, false)
	if err != nil {
		return nil, fmt.Errorf("opening what was sealed to %s: %w", day, err)
	}
	padded, err := v.packets.open(k, day, context, sealed)
	if err != nil {
		return nil, fmt.Errorf("opening what was sealed to %s: %w", day, err)
	}
	return unpad(padded)
}

// pad appends one set bit and zeros up to a whole block.
func pad(plain []byte) []byte {
	padded := make([]byte, (len(plain)/block+1)*block)
	copy(padded, plain)
	padded[len(plain)] = 0x80
	return padded
}

func unpad(padded []byte) ([]byte, error) {
	for i := len(padded) - 1; i >= 0; i-- {
		switch padded[i] {
		case 0:
		case 0x80:
			return padded[:i], nil
		default:
			return nil, errors.New("the sealed text has no end")
		}
	}
	return nil, errors.New("the sealed text has no end")
}

func (v *Vault) today() string { return v.now().UTC().Format(dayFormat) }

func validDay(day string) bool {
	t, err := time.Parse(dayFormat, day)
	return err == nil && t.Format(dayFormat) == day
}

// key finds the pair of a day, and makes it when it may.
func (v *Vault) key(day string, mayMake bool) (*dayKey, error) {
	today := v.today()
	v.mu.RLock()
	k, turned := v.days[day], v.turned == today
	v.mu.RUnlock()
	if !turned {
		v.turn(today)
	}
	if k != nil && day >= today {
		return k, nil
	}
	if !validDay(day) {
		return nil, fmt.Errorf("%q is not a day", day)
	}
	if day < today && mayMake {
		return nil, ErrDestroyed
	}
	if limit := v.now().UTC().AddDate(0, 0, Furthest).Format(dayFormat); day > limit {
		return nil, fault.Invalidf("That date is too far ahead")
	}
	if mayMake {
		return v.make(day)
	}
	return v.read(day, today)
}

// turn takes the keys of past days out of memory when a new day begins; which
// of them still exist is for whoever runs Keep.
func (v *Vault) turn(today string) {
	v.mu.Lock()
	v.turned = today
	for day := range v.days {
		if day < today {
			delete(v.days, day)
		}
	}
	v.mu.Unlock()
	v.packets.forget()
}

// read loads a pair that must be there.
func (v *Vault) read(day, today string) (*dayKey, error) {
	seed, err := os.ReadFile(filepath.Join(v.courier, day+".key"))
	if errors.Is(err, fs.ErrNotExist) {
		if day < today {
			return nil, ErrDestroyed
		}
		return nil, fault.Wrap(fault.Unavailable, "The key of that day is not on this machine", err)
	}
	if err != nil {
		return nil, away(fmt.Errorf("reading a key: %w", err))
	}
	k, err := parseDay(seed)
	if err != nil {
		return nil, err
	}
	if day >= today {
		v.remember(day, k)
	}
	return k, nil
}

// make loads a pair, and makes it when it is not there yet.
func (v *Vault) make(day string) (*dayKey, error) {
	seed := make([]byte, 32)
	if _, err := io.ReadFull(v.random, seed); err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	seed, made, err := makeFile(v.courier, day+".key", seed)
	if err != nil {
		return nil, err
	}
	k, err := parseDay(seed)
	if err != nil {
		return nil, err
	}
	v.remember(day, k)
	if made {
		v.mu.Lock()
		v.unrecorded[day] = k.public.Bytes()
		v.mu.Unlock()
	}
	return k, nil
}

func parseDay(seed []byte) (*dayKey, error) {
	private, err := kem().NewPrivateKey(seed)
	if err != nil {
		return nil, fmt.Errorf("reading a key: %w", err)
	}
	return &dayKey{public: private.PublicKey(), private: private}, nil
}

func (v *Vault) remember(day string, k *dayKey) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for other := range v.days {
		if len(v.days) < cachedDays {
			break
		}
		delete(v.days, other)
	}
	v.days[day] = k
}
