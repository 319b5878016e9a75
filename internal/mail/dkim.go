package mail

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/emersion/go-msgauth/dkim"
)

// DKIM is what letters are signed with, so that a receiver can see that they
// come from the domain and were not changed on their way.
type DKIM struct {
	Domain   string
	Selector string
	Key      []byte // PEM: PKCS #8 with Ed25519 or RSA, or PKCS #1
}

// signed are the fields that a signature covers. Those named twice cannot be
// added a second time by anybody on the way.
var signed = []string{
	"From", "From", "To", "To", "Subject", "Subject", "Date", "Date", "Message-ID", "Reply-To", "Reply-To",
	"MIME-Version", "Content-Type", "Content-Type", "Content-Transfer-Encoding", "Content-Language", "Auto-Submitted",
	"List-Unsubscribe", "List-Unsubscribe-Post",
}

func (d *DKIM) options() (*dkim.SignOptions, error) {
	key, err := privateKey(d.Key)
	if err != nil {
		return nil, fmt.Errorf("the DKIM key: %w", err)
	}
	if d.Domain == "" || d.Selector == "" {
		return nil, errors.New("DKIM needs a domain and a selector")
	}
	return &dkim.SignOptions{
		Domain: d.Domain, Selector: d.Selector, Signer: key,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed,
		BodyCanonicalization:   dkim.CanonicalizationRelaxed,
		HeaderKeys:             signed,
	}, nil
}

// minimalRSA is the shortest RSA key that receivers still honour.
const minimalRSA = 2048

func privateKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it is not in PEM form")
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("it is a %q, not a private key", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	switch key := key.(type) {
	case ed25519.PrivateKey:
		return key, nil
	case *rsa.PrivateKey:
		if key.N.BitLen() < minimalRSA {
			return nil, fmt.Errorf("an RSA key needs %d bits, this one has %d", minimalRSA, key.N.BitLen())
		}
		return key, nil
	default:
		return nil, fmt.Errorf("a %T cannot sign mail", key)
	}
}
