package media

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// Options are what a store needs.
type Options struct {
	Dir    string // made when it is not there
	IDs    *ident.Source
	Limits Limits // zero fields are the defaults
	Log    *slog.Logger
	// Patience is how long one picture may take, a minute when it is zero.
	Patience time.Duration
	// Record is told of every deed in its transaction. Nil records nothing.
	Record func(ctx context.Context, tx *db.Tx, by string, deed Deed, picture string) error
}

// Deed is what was done with a picture.
type Deed string

// The deeds.
const (
	Added  Deed = "add"
	Edited Deed = "edit"
	Hidden Deed = "hide"
)

// Store is the newsroom's pictures. It is safe for concurrent use.
type Store struct {
	Options
	db   *db.DB
	root *os.Root
	// seats are for those whose files are in memory, the bench is for the one
	// whose picture is decoded: it is the size of many files.
	seats, bench chan struct{}
	hook         func(step string) // of tests: called between the steps of Add
}

const seats = 3

// New opens the folder of a store.
func New(d *db.DB, o Options) (*Store, error) {
	o.Limits.Bytes = cmp.Or(o.Limits.Bytes, defaults.Bytes)
	o.Limits.Pixels = cmp.Or(o.Limits.Pixels, defaults.Pixels)
	o.Limits.Memory = cmp.Or(o.Limits.Memory, defaults.Memory)
	o.Patience = cmp.Or(o.Patience, time.Minute)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of pictures: %w", err)
	}
	root, err := os.OpenRoot(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder of pictures: %w", err)
	}
	return &Store{Options: o, db: d, root: root, seats: make(chan struct{}, seats), bench: make(chan struct{}, 1)}, nil
}

// Close lets go of the folder.
func (s *Store) Close() error { return s.root.Close() }

// take waits for a place.
func take(ctx context.Context, places chan struct{}) (free func(), err error) {
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Add makes a picture of what r holds. by is who adds it, for the trail alone.
// The same picture a second time is the first one, whatever is said about it
// now; fresh tells which it is. An error with a ReasonOf is the sender's.
func (s *Store) Add(ctx context.Context, r io.Reader, by string, m Meta) (p Picture, fresh bool, err error) {
	if m, err = m.clean(); err != nil {
		return Picture{}, false, err
	}
	made, err := s.make(ctx, r)
	if err != nil {
		return Picture{}, false, err
	}
	sum := sha256.Sum256(made.files[len(made.files)-1].data)
	hash := hex.EncodeToString(sum[:])
	var found bool
	err = s.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		p, found, err = one(ctx, tx, sqlByHash, hash)
		return err
	})
	if err != nil || found {
		return p, false, err
	}
	p = Picture{Meta: m, ID: s.IDs.UUID(), Name: s.IDs.Secret(), Ext: made.ext, Width: made.width, Height: made.height}
	for _, f := range made.files {
		p.Bytes += int64(len(f.data))
	}
	return s.keep(ctx, p, made, by, hash)
}

// make reads a file and makes pictures of it. Nothing is stored.
func (s *Store) make(ctx context.Context, r io.Reader) (rendered, error) {
	free, err := take(ctx, s.seats)
	if err != nil {
		return rendered{}, err
	}
	defer free()
	data, err := receive(r, s.Limits.Bytes)
	if err != nil {
		return rendered{}, err
	}
	f, held, err := look(data, s.Limits)
	if err != nil {
		return rendered{}, err
	}
	alone, err := take(ctx, s.bench)
	if err != nil {
		return rendered{}, err
	}
	defer alone()
	ctx, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	var img image.Image
	if img, err = decode(ctx, f, data); err != nil {
		return rendered{}, err
	}
	return render(ctx, img, held, f.name == "jpeg")
}

// keep writes the files between two transactions: the first says that they
// come, the second that they are there. Whatever stops it in the middle, Sweep
// finds the row and removes what there is.
func (s *Store) keep(ctx context.Context, p Picture, made rendered, by, hash string) (Picture, bool, error) {
	err := s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return insert(ctx, tx, &p, hash) })
	if err != nil {
		return Picture{}, false, err
	}
	s.step("noted")
	if err = s.write(p, made.files); err == nil {
		s.step("written")
		err = s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			p.Changed = tx.Now
			if _, err := tx.Exec(ctx, sqlShow, p.ID, db.Micros(tx.Now)); err != nil {
				return fmt.Errorf("showing a picture: %w", err)
			}
			return s.record(ctx, tx, by, Added, p.ID)
		})
	}
	if err == nil {
		return p, true, nil
	}
	// Our own files go; the row stays for Sweep when they do not.
	again := context.WithoutCancel(ctx)
	if s.remove(p) == nil {
		if fail := s.forget(again, p.ID, sqlForget); fail != nil {
			s.Log.Warn("the row of a picture that was not kept stays", "err", fail)
		}
	}
	if !db.IsUnique(err) {
		return Picture{}, false, err
	}
	var found bool // the same one, sent at the same time
	err = s.db.Read(again, func(ctx context.Context, tx *db.Tx) (err error) {
		p, found, err = one(ctx, tx, sqlByHash, hash)
		return err
	})
	if err == nil && !found {
		err = fault.Conflictf("This picture was removed just now. Send it again")
	}
	return p, false, err
}

func (s *Store) step(name string) {
	if s.hook != nil {
		s.hook(name)
	}
}

func (s *Store) record(ctx context.Context, tx *db.Tx, by string, deed Deed, id string) error {
	if s.Record == nil {
		return nil
	}
	return s.Record(ctx, tx, by, deed, id)
}

func (s *Store) forget(ctx context.Context, id, query string) error {
	return s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, query, id)
		return err
	})
}

// clean refuses words that are too long and puts a point into the picture.
func (m Meta) clean() (Meta, error) {
	for _, f := range []struct {
		text *string
		most int
	}{{&m.Alt, MaxAlt}, {&m.Caption, MaxCaption}, {&m.Credit, MaxCredit}, {&m.Licence, MaxCredit}, {&m.Lang, 16}} {
		*f.text = strings.TrimSpace(*f.text)
		if len(*f.text) > f.most {
			return m, fault.Invalidf("One of the texts about the picture is longer than %d bytes", f.most)
		}
		if !utf8.ValidString(*f.text) || strings.ContainsRune(*f.text, 0) {
			return m, fault.Invalidf("What is said about the picture holds something that is not text")
		}
	}
	if m.FocusX == 0 && m.FocusY == 0 {
		m.FocusX, m.FocusY = middle, middle
	}
	m.FocusX, m.FocusY = min(max(m.FocusX, 0), 1000), min(max(m.FocusY, 0), 1000)
	return m, nil
}

// Edit changes what is said about a picture.
func (s *Store) Edit(ctx context.Context, id, by string, m Meta) error {
	m, err := m.clean()
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := tx.Exec(ctx, sqlEdit, id, m.Alt, m.Caption, m.Credit, m.Licence, m.Lang, m.FocusX, m.FocusY, db.Micros(tx.Now))
		if err != nil {
			return fmt.Errorf("changing what is said about a picture: %w", err)
		}
		if n == 0 {
			return errMissing
		}
		return s.record(ctx, tx, by, Edited, id)
	})
}

var errMissing = fault.New(fault.Missing, "There is no such picture")

// ByID finds a picture.
func (s *Store) ByID(ctx context.Context, id string) (Picture, error) {
	return s.find(ctx, sqlByID, id)
}

// ByName finds a picture by the name in its addresses.
func (s *Store) ByName(ctx context.Context, name string) (Picture, error) {
	return s.find(ctx, sqlByName, name)
}

func (s *Store) find(ctx context.Context, query, key string) (p Picture, err error) {
	found := false
	err = s.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		p, found, err = one(ctx, tx, query, key)
		return err
	})
	if err == nil && !found {
		err = errMissing
	}
	return p, err
}

// List gives pictures, newest first, that are older than the one named, ""
// for the newest. more tells that there are others.
func (s *Store) List(ctx context.Context, before string, limit int) (all []Picture, more bool, err error) {
	if before == "" {
		before = "~" // after every id
	}
	err = s.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = many(ctx, tx, sqlNewest, before, limit+1)
		return err
	})
	if len(all) > limit {
		return all[:limit], true, err
	}
	return all, false, err
}

// Walk calls f with every picture, in the order in which they came, for an
// export or an account.
func (s *Store) Walk(ctx context.Context, f func(Picture) error) error {
	const page = 200
	for after := ""; ; {
		var all []Picture
		err := s.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			all, err = many(ctx, tx, sqlAfter, after, page)
			return err
		})
		if err != nil {
			return err
		}
		for _, p := range all {
			if err := f(p); err != nil {
				return err
			}
			after = p.ID
		}
		if len(all) < page {
			return nil
		}
	}
}

// Uses replaces what a holder (a story) uses: its texts' addresses of
// pictures, others are passed over. It is called in the transaction that saves
// the text.
func Uses(ctx context.Context, tx *db.Tx, holder string, addresses []string) error {
	if _, err := tx.Exec(ctx, sqlUnuse, holder); err != nil {
		return fmt.Errorf("forgetting which pictures are used: %w", err)
	}
	for _, a := range addresses {
		if name := NameOf(a); name != "" {
			if _, err := tx.Exec(ctx, sqlUse, name, holder); err != nil {
				return fmt.Errorf("noting that a picture is used: %w", err)
			}
		}
	}
	return nil
}

// Holders are who uses a picture, at most limit of them.
func (s *Store) Holders(ctx context.Context, name string, limit int) (all []string, err error) {
	err = s.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = holders(ctx, tx, name, limit)
		return err
	})
	return all, err
}

func holders(ctx context.Context, tx *db.Tx, name string, limit int) ([]string, error) {
	all, err := db.Column(ctx, tx, sqlHolders, name, limit)
	if err != nil {
		return nil, fmt.Errorf("asking where a picture is used: %w", err)
	}
	return all, nil
}

// Data is the content of the widest file of a picture.
func (s *Store) Data(p *Picture) ([]byte, error) {
	f, err := s.root.Open(shelf(fileName(p.Name, p.Width, p.Ext)))
	if err != nil {
		return nil, fmt.Errorf("opening a picture: %w", err)
	}
	var b bytes.Buffer
	_, err = io.Copy(&b, f)
	return b.Bytes(), joinClose(err, f)
}
