package vault

import (
	"crypto/cipher"
	"crypto/hpke"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

// A sealed packet is
//
//	version (1 byte) | encapsulated key (1120) | nonce (12) | ciphertext and tag
//
// The encapsulated key is that of HPKE (RFC 9180), base mode, with the KEM
// MLKEM768-X25519, HKDF-SHA256 and no cipher of its own (export only), info
// "mimeo|" + context + "|" + day. The ciphertext is ChaCha20-Poly1305 under the
// 32 bytes that this HPKE context exports for "packet", over the plain text
// padded to whole blocks, without additional data.
//
// The KEM costs fifty times as much as the cipher. So packets of one context
// and day that one process seals within a few seconds share the encapsulated
// key, which is how a rush of gifts is sealed at the price of one; a packet that
// comes alone pays in full. Nothing is shared for longer, lest memory hold a
// key to much of the past.
const (
	packetV1   = 1
	encSize    = 1120
	packetHead = 1 + encSize + chacha20poly1305.NonceSize
	shareFor   = 10 * time.Second
	shareAmong = 1000
	mostShared = 64
)

func kem() hpke.KEM   { return hpke.MLKEM768X25519() }
func kdf() hpke.KDF   { return hpke.HKDFSHA256() }
func aead() hpke.AEAD { return hpke.ExportOnly() }

// info binds a packet to what it is and to its day. A day has a fixed length,
// so no two pairs give the same.
func info(context, day string) []byte { return []byte("mimeo|" + context + "|" + day) }

// packets holds the keys that are in use just now.
type packets struct {
	mu      sync.Mutex
	sending map[string]*sending // by info
	// opened are the keys of the packets opened last, for those that share one.
	opened [8]opened
	oldest int
}

// sending is a key that packets to be sealed share.
type sending struct {
	enc  []byte
	aead cipher.AEAD
	made time.Time
	left int
}

// opened is a key that was found inside packets.
type opened struct {
	info string
	enc  [encSize]byte
	aead cipher.AEAD
}

func (p *packets) seal(now time.Time, random io.Reader, to hpke.PublicKey, day, context string, plain []byte) ([]byte, error) {
	s, err := p.share(now, to, day, context)
	if err != nil {
		return nil, err
	}
	packet := make([]byte, packetHead, packetHead+len(plain)+chacha20poly1305.Overhead)
	packet[0] = packetV1
	copy(packet[1:], s.enc)
	nonce := packet[1+encSize:]
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, err
	}
	return s.aead.Seal(packet, nonce, plain, nil), nil
}

// share gives the key for the next packet of a context and day.
func (p *packets) share(now time.Time, to hpke.PublicKey, day, context string) (*sending, error) {
	in := info(context, day)
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.sending[string(in)]; s != nil && s.left > 0 && !now.Before(s.made) && now.Sub(s.made) < shareFor {
		s.left--
		return s, nil
	}
	for other, s := range p.sending {
		if len(p.sending) >= mostShared || now.Sub(s.made) >= shareFor {
			delete(p.sending, other)
		}
	}
	enc, sender, err := hpke.NewSender(to, kdf(), aead(), in)
	if err != nil {
		return nil, err
	}
	a, err := exported(sender.Export)
	if err != nil {
		return nil, err
	}
	s := &sending{enc: enc, aead: a, made: now, left: shareAmong - 1}
	p.sending[string(in)] = s
	return s, nil
}

func exported(export func(context string, length int) ([]byte, error)) (cipher.AEAD, error) {
	key, err := export("packet", chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("deriving a packet's key: %w", err)
	}
	return chacha20poly1305.New(key)
}

func (p *packets) open(k *dayKey, day, context string, packet []byte) ([]byte, error) {
	if len(packet) < packetHead+chacha20poly1305.Overhead || packet[0] != packetV1 {
		return nil, errors.New("it is in no known form")
	}
	enc, nonce, text := packet[1:1+encSize], packet[1+encSize:packetHead], packet[packetHead:]
	in := info(context, day)
	a := p.seen(in, enc)
	if a == nil {
		recipient, err := hpke.NewRecipient(enc, k.private, kdf(), aead(), in)
		if err != nil {
			return nil, err
		}
		if a, err = exported(recipient.Export); err != nil {
			return nil, err
		}
	}
	plain, err := a.Open(nil, nonce, text, nil)
	if err != nil {
		return nil, err
	}
	p.note(in, enc, a)
	return plain, nil
}

func (p *packets) seen(in, enc []byte) cipher.AEAD {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.opened {
		if o := &p.opened[i]; o.aead != nil && string(o.enc[:]) == string(enc) && o.info == string(in) {
			return o.aead
		}
	}
	return nil
}

func (p *packets) note(in, enc []byte, a cipher.AEAD) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.opened {
		if p.opened[i].aead == a {
			return
		}
	}
	o := &p.opened[p.oldest]
	p.oldest = (p.oldest + 1) % len(p.opened)
	o.info, o.aead = string(in), a
	copy(o.enc[:], enc)
}

// forget drops all keys: those of a day that was destroyed must go, and the
// others are made anew.
func (p *packets) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.sending)
	p.opened = [len(p.opened)]opened{}
}
