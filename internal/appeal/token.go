package appeal

import (
	"encoding/binary"
	"fmt"
	"time"

	"mimeo/internal/fault"
)

// Signer signs what a page carries; the vault does. The interface stands here
// because a record may not know which machinery keeps the key.
type Signer interface {
	Sign(purpose string, payload []byte, expires time.Time) string
	Verify(purpose, token string) ([]byte, error)
}

// How long a token may come back, and how long a gift counts as brought by it.
const (
	tokenLife  = 48 * time.Hour
	conversion = 24 * time.Hour
)

const tokenPurpose = "appeal"

// Tokens makes and reads the token that carries "these words were shown" from
// a page to the contribution. It holds an appeal, a variant and the hour, so
// every reader of that hour who saw these words carries the very same one: it
// tells nobody from anybody, and the page can be kept rendered.
type Tokens struct{ signer Signer }

// NewTokens returns tokens signed by s.
func NewTokens(s Signer) Tokens { return Tokens{signer: s} }

// Origin is what a token says.
type Origin struct {
	Appeal, Variant string
	Hour            time.Time // the hour in which the page was sent, UTC
}

// Mint returns the token of a variant for the hour of a moment.
func (t Tokens) Mint(appeal, variant string, at time.Time) string {
	hour := at.UTC().Truncate(time.Hour)
	payload := binary.AppendVarint(make([]byte, 0, 64), hour.Unix()/3600)
	payload = binary.AppendUvarint(payload, uint64(len(appeal)))
	payload = append(append(payload, appeal...), variant...)
	return t.signer.Sign(tokenPurpose, payload, hour.Add(tokenLife))
}

// Read returns what a token says. One that is forged or older than two days is
// a fault of the kind Denied.
func (t Tokens) Read(token string) (Origin, error) {
	payload, err := t.signer.Verify(tokenPurpose, token)
	if err != nil {
		return Origin{}, fmt.Errorf("reading the token of an appeal: %w", err)
	}
	hour, n := binary.Varint(payload)
	if n <= 0 {
		return Origin{}, fault.Deniedf("This link has expired")
	}
	payload = payload[n:]
	length, n := binary.Uvarint(payload)
	if n <= 0 || length > uint64(len(payload)-n) {
		return Origin{}, fault.Deniedf("This link has expired")
	}
	payload = payload[n:]
	return Origin{
		Appeal:  string(payload[:length]),
		Variant: string(payload[length:]),
		Hour:    time.Unix(hour*3600, 0).UTC(),
	}, nil
}

// Brought reports whether a gift at a moment counts as brought by the words:
// within 24 hours of the page.
func (o Origin) Brought(at time.Time) bool { return at.Before(o.Hour.Add(conversion + time.Hour)) }
