package site

import (
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

// Tries of the form to give that lead to a payment page, in ten minutes: from
// one network, and from all readers together whose network is not known (an
// onion service, a proxy that does not say for whom). Stolen cards are tried
// out by the thousand on forms that set no bound.
const (
	tryWindow   = 10 * time.Minute
	triesAlone  = 20
	triesShared = 3_000
	mostTries   = 1 << 16 // networks remembered at a time
)

// tries counts tries by network, in memory, for ten minutes. A network is kept
// as a hash under a salt that dies with the process.
type tries struct {
	salt []byte

	mu    sync.Mutex
	since map[[16]byte]try
}

type try struct {
	began time.Time
	n     int
}

// allow counts a try and says whether it is within the bound.
func (t *tries) allow(from netip.Addr, now time.Time) bool {
	network, most := networkOf(from), triesAlone
	if network == "" {
		most = triesShared
	}
	sum := sha256.Sum256(append(append([]byte{}, t.salt...), network...))
	key := [16]byte(sum[:16])
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.since[key]
	if now.Sub(one.began) >= tryWindow {
		t.makeRoom(now)
		one = try{began: now}
	}
	one.n++
	t.since[key] = one
	return one.n <= most
}

// makeRoom forgets what is over, and under a flood everything: better that
// than to grow or to turn everybody away.
func (t *tries) makeRoom(now time.Time) {
	if len(t.since) < mostTries {
		return
	}
	for key, one := range t.since {
		if now.Sub(one.began) >= tryWindow {
			delete(t.since, key)
		}
	}
	if len(t.since) > mostTries/2 {
		clear(t.since)
	}
}

// networkOf is what one household or office usually has, "" when the address
// says nothing about where the reader is.
func networkOf(addr netip.Addr) string {
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
