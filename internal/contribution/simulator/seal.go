package simulator

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// seal keeps addresses unreadable in the file: AES-256-GCM under a key that
// lies beside it, every text bound to the object it belongs to. It protects a
// stray copy of the database, not a whole folder.
type seal struct {
	aead   cipher.AEAD
	mac    []byte
	random io.Reader
}

// openSeal reads the key file, or makes one.
func openSeal(path string, random io.Reader) (*seal, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = makeKey(path, random)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the simulator's key: %w", err)
	}
	if len(key) != 32 {
		return nil, fmt.Errorf("the simulator's key %s has %d bytes, not 32", path, len(key))
	}
	sealing, err := hkdf.Key(sha256.New, key, nil, "simulator sealing", 32)
	if err != nil {
		return nil, fmt.Errorf("deriving the simulator's keys: %w", err)
	}
	mac, err := hkdf.Key(sha256.New, key, nil, "simulator parameters", 32)
	if err != nil {
		return nil, fmt.Errorf("deriving the simulator's keys: %w", err)
	}
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return nil, fmt.Errorf("preparing the simulator's key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("preparing the simulator's key: %w", err)
	}
	return &seal{aead: aead, mac: mac, random: random}, nil
}

// makeKey writes a fresh key whole or not at all.
func makeKey(path string, random io.Reader) ([]byte, error) {
	key := make([]byte, 32)
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return nil, err
	}
	_, err = f.Write(key)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		// A link, not a rename: it refuses to replace a key that another
		// process has made meanwhile.
		err = os.Link(f.Name(), path)
	}
	return key, errors.Join(err, os.Remove(f.Name()))
}

// lock seals a text for one place; the empty text stays empty.
func (s *seal) lock(place, text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := io.ReadFull(s.random, nonce); err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	return s.aead.Seal(nonce, nonce, []byte(text), []byte(place)), nil
}

func (s *seal) unlock(place string, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return "", errors.New("a sealed text in simulator.db is cut short")
	}
	text, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(place))
	if err != nil {
		return "", fmt.Errorf("simulator.key does not open what is in simulator.db: %w", err)
	}
	return string(text), nil
}

// digest is a keyed hash, so that a short secret among the parameters cannot
// be guessed from the file.
func (s *seal) digest(data []byte) []byte {
	h := hmac.New(sha256.New, s.mac)
	h.Write(data)
	return h.Sum(nil)
}

// shared makes a source of randomness safe for concurrent use.
type shared struct {
	mu     sync.Mutex
	source io.Reader
}

func (r *shared) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return io.ReadFull(r.source, b)
}
