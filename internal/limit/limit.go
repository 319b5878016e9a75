// Package limit counts tries, so that nobody guesses codes, floods a mailbox
// or tries out stolen cards on our forms. What is counted (a network, an
// address, a code) is held as a hash under a salt that dies with the process,
// for ten minutes and in memory only: there is nothing to seize.
package limit

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"
)

// Window is how long a try counts, and what the words of a refusal promise.
const Window = 10 * time.Minute

// Most bounds the memory of a Tries: how many keys are remembered at a time.
const Most = 1 << 16

// Tries counts tries by kind and key. It is safe for concurrent use.
type Tries struct {
	salt [32]byte

	mu   sync.Mutex
	made map[[16]byte]count
}

type count struct {
	since time.Time
	n     int
}

// New returns a counter that has seen nothing. random gives its salt.
func New(random io.Reader) (*Tries, error) {
	t := &Tries{made: map[[16]byte]count{}}
	if _, err := io.ReadFull(random, t.salt[:]); err != nil {
		return nil, fmt.Errorf("drawing the salt of the limits: %w", err)
	}
	return t, nil
}

// Allow counts a try and reports whether it is among the first most of its
// window.
func (t *Tries) Allow(kind, key string, most int, now time.Time) bool {
	h := t.Hash(kind, key)
	t.mu.Lock()
	defer t.mu.Unlock()
	c, known := t.made[h]
	if !known || now.Sub(c.since) >= Window {
		t.makeRoom(now)
		c = count{since: now}
	}
	c.n++
	t.made[h] = c
	return c.n <= most
}

// GiveBack takes a try back that came to nothing through no fault of whoever
// made it.
func (t *Tries) GiveBack(kind, key string) {
	h := t.Hash(kind, key)
	t.mu.Lock()
	defer t.mu.Unlock()
	if c, known := t.made[h]; known && c.n > 0 {
		c.n--
		t.made[h] = c
	}
}

// makeRoom forgets what no longer counts once the memory is full, and under a
// flood everything: better that than to grow or to turn everybody away.
func (t *Tries) makeRoom(now time.Time) {
	if len(t.made) < Most {
		return
	}
	for h, c := range t.made {
		if now.Sub(c.since) >= Window {
			delete(t.made, h)
		}
	}
	if len(t.made) > Most/2 {
		clear(t.made)
	}
}

// Hash names a key in memory without holding it.
func (t *Tries) Hash(kind, key string) [16]byte {
	sum := sha256.Sum256(append(append(t.salt[:len(t.salt):len(t.salt)], kind+"|"...), key...))
	return [16]byte(sum[:16])
}

// Network names the network of an address: what one household, office or
// provider's customer usually has. Whoever comes over the onion service or
// through a proxy that does not say for whom shares one, shown by "".
func Network(addr netip.Addr) string {
	addr = addr.Unmap()
	if !addr.IsValid() || addr.IsLoopback() || addr.IsPrivate() || addr.IsUnspecified() || addr.IsLinkLocalUnicast() {
		return ""
	}
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return ""
	}
	return prefix.String()
}
