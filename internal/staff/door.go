package staff

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/limit"
)

// Options are the newsroom's settings.
type Options struct {
	// Now and Random come from outside, as everywhere. Both are required.
	Now    func() time.Time
	Random io.Reader
	// Base is the desk's own address, "https://news.example": passkeys are
	// bound to its host.
	Base string
	// Newsroom is what a browser calls us when it asks for a passkey.
	Newsroom string
	Log      *slog.Logger
}

// Door is where staff come in. It is safe for concurrent use.
type Door struct {
	db    *db.DB
	ids   *ident.Source
	now   func() time.Time
	log   *slog.Logger
	keys  *webauthn.WebAuthn
	tries *limit.Tries
}

// New returns the door.
func New(d *db.DB, ids *ident.Source, o Options) (*Door, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	tries, err := limit.New(o.Random)
	if err != nil {
		return nil, err
	}
	keys, err := relyingParty(o.Base, o.Newsroom)
	if err != nil {
		return nil, fmt.Errorf("preparing passkeys: %w", err)
	}
	return &Door{db: d, ids: ids, now: o.Now, log: o.Log, keys: keys, tries: tries}, nil
}

// hash is how a key, a link or a code is stored: whoever reads the database
// cannot use it.
func hash(secret string) string {
	sum := sha256.Sum256([]byte("mimeo staff 1\n" + secret))
	return hex.EncodeToString(sum[:])
}

// errOut answers whoever is not let in. It does not say which part was wrong.
var errOut = fault.New(fault.Denied, "That does not open this door")

// write is one transaction of this package.
func (d *Door) write(ctx context.Context, doing string, fn func(ctx context.Context, tx *db.Tx) error) error {
	if err := d.db.Write(ctx, fn); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

func (d *Door) read(ctx context.Context, doing string, fn func(ctx context.Context, tx *db.Tx) error) error {
	if err := d.db.Read(ctx, fn); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
