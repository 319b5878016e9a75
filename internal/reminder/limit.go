package reminder

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"
)

// window is how long a try counts, and what the words of a refusal promise.
const window = 10 * time.Minute

// mostTried bounds the memory of a limiter.
const mostTried = 1 << 16

// limiter counts tries per address and per network, in memory and for ten
// minutes. It keeps neither: only hashes under a salt that dies with the
// process.
type limiter struct {
	salt [32]byte

	mu    sync.Mutex
	tries map[[16]byte]tries
}

type tries struct {
	since time.Time
	n     int
}

func newLimiter(random io.Reader) (*limiter, error) {
	l := &limiter{tries: map[[16]byte]tries{}}
	if _, err := io.ReadFull(random, l.salt[:]); err != nil {
		return nil, fmt.Errorf("drawing the salt of the limits: %w", err)
	}
	return l, nil
}

// allow counts a try and reports whether it is among the first most of its
// window.
func (l *limiter) allow(kind, key string, most int, now time.Time) bool {
	h := l.hash(kind, key)
	l.mu.Lock()
	defer l.mu.Unlock()
	t, known := l.tries[h]
	if !known || now.Sub(t.since) >= window {
		l.makeRoom(now)
		t = tries{since: now}
	}
	t.n++
	l.tries[h] = t
	return t.n <= most
}

// giveBack takes a try back that came to nothing through no fault of the reader's.
func (l *limiter) giveBack(kind, key string) {
	h := l.hash(kind, key)
	l.mu.Lock()
	defer l.mu.Unlock()
	if t, known := l.tries[h]; known && t.n > 0 {
		t.n--
		l.tries[h] = t
	}
}

// makeRoom forgets what no longer counts once the memory is full, and under a
// flood everything: better that than to grow or to turn all readers away.
func (l *limiter) makeRoom(now time.Time) {
	if len(l.tries) < mostTried {
		return
	}
	for h, t := range l.tries {
		if now.Sub(t.since) >= window {
			delete(l.tries, h)
		}
	}
	if len(l.tries) > mostTried/2 {
		clear(l.tries)
	}
}

func (l *limiter) hash(kind, key string) [16]byte {
	sum := sha256.Sum256(append(append(l.salt[:len(l.salt):len(l.salt)], kind+"|"...), key...))
	return [16]byte(sum[:16])
}

// network names the network of a reader's address: what one household, office
// or provider's customer usually has. Readers who come over the onion service
// or through a proxy that does not say for whom share one, shown by "".
func network(addr netip.Addr) string {
	addr = addr.Unmap()
	if !addr.IsValid() || addr.IsLoopback() || addr.IsPrivate() || addr.IsUnspecified() {
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
