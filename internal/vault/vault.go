// Package vault keeps what identifies a person unreadable on the disk, and
// forgets keys on their day.
//
// Three kinds of secret live in one folder, readable by its owner alone:
//
//	courier/2027-01-04.key   the private half of one UTC day's key pair
//	token.key                what signed links are signed with
//	box.key                  what is wrapped for as long as it is needed
//
// A day's pair seals what is needed on that day and no other: a mail that waits
// for its month is on disk only sealed to the day it is due (Seal, Open). When
// the day is over the file is overwritten and removed, and from then on nobody
// can read what was sealed to it, not we, not whoever takes the machine, not
// whoever holds an old copy of the database. So a seizure tells the mails that
// still wait and nothing of the past. The public halves stand in the table
// vault_day_key, with the time of the private half's destruction.
//
// The file is the key and the row is its record. A file is written, flushed
// and only then given its name, in one step, so that of several processes that
// make the same day's key at once one wins and the others adopt its key; the
// row follows. A key is destroyed in the other order: the file goes first, then
// the row is marked. A crash between the two is mended by the next Open or
// Keep. Sealing needs no row and no transaction, so it may happen inside one.
//
// All processes of a newsroom share the folder. A process that is given the
// wrong one is refused at the start, because it would seal what the others
// cannot open.
//
// Overwriting is an order to the file system, not to the flash cells below it:
// keep the folder on an encrypted disk, and out of long-lived backups.
//
// What is on disk: keys, days, times of making and destroying. What never is:
// anything that was sealed, in clear.
package vault

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Ahead is for how many days beyond today Open and Keep see to keys. Keys of
// later days are made when something is first sealed to them.
const Ahead = 7

// Furthest is how many days ahead something may be sealed.
const Furthest = 400

// Options are the vault's settings. Dir and Now are required.
type Options struct {
	Dir    string           // the key folder; made when absent
	Now    func() time.Time // decides which days are over
	Random io.Reader        // makes keys and nonces, also concurrently; crypto/rand when nil
	Log    *slog.Logger
}

// Vault seals and opens. It is safe for concurrent use, and several processes
// may have the same folder open.
type Vault struct {
	db      *db.DB
	dir     string
	courier string
	now     func() time.Time
	random  io.Reader
	log     *slog.Logger

	tokens  signers
	boxes   boxes
	packets packets

	mu         sync.RWMutex
	days       map[string]*dayKey // at most cachedDays, none of them past
	turned     string             // the day on which past ones were last dropped
	unrecorded map[string][]byte  // public halves whose row is still to be written
}

// Open opens the vault, makes its folder and secrets when they are absent, and
// sees to the keys of today and the days ahead.
func Open(ctx context.Context, d *db.DB, o Options) (*Vault, error) {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	v := &Vault{
		db: d, dir: o.Dir, courier: filepath.Join(o.Dir, "courier"),
		now: o.Now, random: o.Random, log: o.Log,
		days: map[string]*dayKey{}, unrecorded: map[string][]byte{},
	}
	for _, dir := range []string{v.dir, v.courier} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("making the key folder: %w", err)
		}
		if err := os.Chmod(dir, 0o700); err != nil {
			return nil, fmt.Errorf("closing the key folder to others: %w", err)
		}
	}
	token, err := v.secret("token.key")
	if err != nil {
		return nil, err
	}
	box, err := v.secret("box.key")
	if err != nil {
		return nil, err
	}
	v.tokens = signers{master: token, by: map[string]*signer{}}
	v.boxes = boxes{master: box, by: map[string]cipher.AEAD{}}
	v.packets = packets{sending: map[string]*sending{}}
	if err := v.belong(ctx); err != nil {
		return nil, err
	}
	if err := v.adopt(); err != nil {
		return nil, err
	}
	if err := v.ahead(ctx); err != nil {
		return nil, err
	}
	return v, nil
}

// secret reads a secret of 32 bytes, or makes it.
func (v *Vault) secret(name string) ([]byte, error) {
	key := make([]byte, 32)
	if _, err := io.ReadFull(v.random, key); err != nil {
		return nil, fmt.Errorf("making %s: %w", name, err)
	}
	key, _, err := makeFile(v.dir, name, key)
	return key, err
}

// meta is the name under which the database remembers its key folder.
const meta = "vault"

// belong refuses a folder that is not the database's own. The mark is derived
// from a secret and tells nothing of it.
func (v *Vault) belong(ctx context.Context) error {
	mark, err := hkdf.Key(sha256.New, v.boxes.master, v.tokens.master, "mimeo|which folder", 16)
	if err != nil {
		return fmt.Errorf("marking the key folder: %w", err)
	}
	own := hex.EncodeToString(mark)
	have := ""
	if err := v.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		have, err = tx.Meta(ctx, meta)
		return err
	}); err != nil {
		return fmt.Errorf("looking up the key folder's mark: %w", err)
	}
	if have == "" {
		if err := v.db.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			if have, err = tx.Meta(ctx, meta); err != nil || have != "" {
				return err
			}
			have = own
			return tx.SetMeta(ctx, meta, own)
		}); err != nil {
			return fmt.Errorf("marking the key folder: %w", err)
		}
	}
	if have != own {
		return fault.Conflictf("The key folder %s does not belong to this database. Give all processes the folder that it was used with; if that folder is lost, so is what was sealed with it", v.dir)
	}
	return nil
}

// Forget makes the database take the next key folder that it is opened with for
// its own. What was sealed under the lost one stays unreadable for good.
func Forget(ctx context.Context, d *db.DB) error {
	if err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return tx.SetMeta(ctx, meta, "") }); err != nil {
		return fmt.Errorf("forgetting the lost key folder: %w", err)
	}
	return nil
}
