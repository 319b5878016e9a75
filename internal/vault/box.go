package vault

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"
)

const wrappedV1 = 1

// boxes holds one cipher for each context. Contexts are constants of the code.
type boxes struct {
	master []byte
	mu     sync.RWMutex
	by     map[string]cipher.AEAD
}

func (b *boxes) aead(context string) (cipher.AEAD, error) {
	b.mu.RLock()
	a := b.by[context]
	b.mu.RUnlock()
	if a != nil {
		return a, nil
	}
	key, err := hkdf.Key(sha256.New, b.master, nil, "mimeo|box|"+context, chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("deriving a box key: %w", err)
	}
	if a, err = chacha20poly1305.NewX(key); err != nil {
		return nil, fmt.Errorf("opening the box: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.by[context] = a
	return a, nil
}

// Wrap seals what must stay readable until it is changed or deleted, and so
// cannot be sealed to a day. Whoever has the folder can open it: it protects
// copies of the database, not the machine. The context must be named again.
func (v *Vault) Wrap(context string, plain []byte) ([]byte, error) {
	a, err := v.boxes.aead(context)
	if err != nil {
		return nil, err
	}
	head := 1 + a.NonceSize()
	wrapped := make([]byte, head, head+len(plain)+a.Overhead())
	wrapped[0] = wrappedV1
	if _, err := io.ReadFull(v.random, wrapped[1:]); err != nil {
		return nil, fmt.Errorf("wrapping: %w", err)
	}
	return a.Seal(wrapped, wrapped[1:head], plain, []byte(context)), nil
}

// Unwrap opens what Wrap wrapped for the same context.
func (v *Vault) Unwrap(context string, wrapped []byte) ([]byte, error) {
	a, err := v.boxes.aead(context)
	if err != nil {
		return nil, err
	}
	head := 1 + a.NonceSize()
	if len(wrapped) < head+a.Overhead() || wrapped[0] != wrappedV1 {
		return nil, errors.New("unwrapping: it is in no known form")
	}
	plain, err := a.Open(nil, wrapped[1:head], wrapped[head:], []byte(context))
	if err != nil {
		return nil, fmt.Errorf("unwrapping: %w", err)
	}
	return plain, nil
}
