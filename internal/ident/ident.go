// Package ident makes the names that things have: ids, and the slugs in
// addresses.
//
// There are two kinds of id. UUID is ordered by the time it was made, which
// keeps indexes compact but tells that time to whoever sees it, so it names
// internal rows only. Secret is 128 random bits and tells nothing: it names
// whatever a reader, a supporter or the ledger gets to see, and may serve as
// the key to it.
package ident

import (
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"io"
	"sync"
	"time"
)

// Source makes ids. It is safe for concurrent use.
type Source struct {
	now func() time.Time

	mu     sync.Mutex
	random io.Reader
	last   uint64 // time and sequence of the last UUID, so that the next one is later
}

// NewSource returns a source that stamps ids with now and fills them from
// random, which must be cryptographically secure outside tests.
func NewSource(now func() time.Time, random io.Reader) *Source {
	return &Source{now: now, random: random}
}

// read fills b. A machine without randomness can name nothing and keep no
// secret, so there is no error to handle.
func (s *Source) read(b []byte) {
	if _, err := io.ReadFull(s.random, b); err != nil {
		panic("ident: no randomness: " + err.Error())
	}
}

// UUID returns a UUID of version 7 (RFC 9562): milliseconds since 1970, then
// 12 bits of sequence, then 62 random bits. Ids of one source sort in the
// order in which they were made, also when the clock stands still or steps back.
func (s *Source) UUID() string {
	var id [16]byte
	s.mu.Lock()
	s.read(id[8:])
	stamp := uint64(max(s.now().UnixMilli(), 0)) << 12
	if stamp <= s.last {
		stamp = s.last + 1 // a full sequence flows over into the next millisecond
	}
	s.last = stamp
	s.mu.Unlock()

	binary.BigEndian.PutUint64(id[:8], stamp>>12<<16|0x7000|stamp&0xfff)
	id[8] = id[8]&0x3f | 0x80

	var text [36]byte
	hex.Encode(text[0:8], id[0:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:36], id[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// SecretLen is the length of what Secret returns.
const SecretLen = 26

// Secret returns 128 random bits as 26 small letters and digits.
func (s *Source) Secret() string {
	var bits [16]byte
	s.mu.Lock()
	s.read(bits[:])
	s.mu.Unlock()
	var text [SecretLen]byte
	small.Encode(text[:], bits[:])
	return string(text[:])
}

// IsSecret says whether text has the form of a Secret, so that anything else
// is refused before a database is asked.
func IsSecret(text string) bool {
	if len(text) != SecretLen {
		return false
	}
	bits, err := small.DecodeString(text)
	return err == nil && small.EncodeToString(bits) == text // the decoder skips line ends and spare bits
}

var small = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
