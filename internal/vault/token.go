package vault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"strings"
	"sync"
	"time"

	"mimeo/internal/fault"
)

// What Verify answers when it refuses. Both are Denied faults.
var (
	ErrExpired = fault.New(fault.Denied, "This link has expired")
	ErrForged  = fault.New(fault.Denied, "This link is incomplete or was changed on its way")
)

// A token is version, expiry (Unix seconds, big endian), payload and the first
// 16 bytes of HMAC-SHA256 over all before, in base64url without padding. The
// payload can be read by whoever has the link: it holds ids, never an address.
const (
	tokenV1   = 1
	tokenHead = 1 + 8
	tokenTag  = 16
	tokenMost = 2048 // characters; longer ones are not looked at
)

// signers holds one signer for each purpose, so that a token made for one
// purpose is void for every other. Purposes are constants of the code.
type signers struct {
	master []byte
	mu     sync.RWMutex
	by     map[string]*signer
}

// signer is one purpose's key and the keyed hashes that are not in use.
type signer struct {
	key  []byte
	idle sync.Pool
}

func (s *signers) purpose(name string) *signer {
	s.mu.RLock()
	one := s.by[name]
	s.mu.RUnlock()
	if one != nil {
		return one
	}
	key, err := hkdf.Key(sha256.New, s.master, nil, "mimeo|token|"+name, sha256.Size)
	if err != nil {
		panic("vault: deriving a token key: " + err.Error()) // only for lengths that SHA-256 cannot give
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by[name] == nil {
		s.by[name] = &signer{key: key}
	}
	return s.by[name]
}

// tag appends the tag of message to dst.
func (s *signers) tag(purpose string, dst, message []byte) []byte {
	one := s.purpose(purpose)
	h, idle := one.idle.Get().(hash.Hash)
	if !idle {
		h = hmac.New(sha256.New, one.key)
	}
	h.Reset()
	h.Write(message)
	var sum [sha256.Size]byte
	dst = append(dst, h.Sum(sum[:0])[:tokenTag]...)
	one.idle.Put(h)
	return dst
}

// Sign returns a token that carries payload until expires. Tokens of one
// purpose are void for another. They fit into a URL as they are.
func (v *Vault) Sign(purpose string, payload []byte, expires time.Time) string {
	raw := make([]byte, tokenHead, tokenHead+len(payload)+tokenTag)
	raw[0] = tokenV1
	binary.BigEndian.PutUint64(raw[1:], uint64(expires.Unix()))
	raw = append(raw, payload...)
	raw = v.tokens.tag(purpose, raw, raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Verify returns the payload of a token that Sign made for the same purpose and
// that has not expired; ErrExpired or ErrForged otherwise.
func (v *Vault) Verify(purpose, token string) ([]byte, error) {
	// The decoder skips line ends; a token has exactly one spelling.
	if len(token) > tokenMost || strings.ContainsAny(token, "\r\n") {
		return nil, ErrForged
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < tokenHead+tokenTag || raw[0] != tokenV1 {
		return nil, ErrForged
	}
	signed := raw[:len(raw)-tokenTag]
	var sum [tokenTag]byte
	if !hmac.Equal(v.tokens.tag(purpose, sum[:0], signed), raw[len(signed):]) {
		return nil, ErrForged
	}
	if v.now().Unix() >= int64(binary.BigEndian.Uint64(signed[1:])) {
		return nil, ErrExpired
	}
	return signed[tokenHead:len(signed):len(signed)], nil
}
