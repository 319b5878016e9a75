package statement

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// MaxFile bounds a file of evidence, in bytes.
const MaxFile = 8 << 20

// File is a stored copy: by its id an item of evidence names it.
type File struct {
	ID     string
	Size   int
	SHA256 string
}

// AddFile stores a copy for a statement, sealed. Until an item of evidence
// names it, nobody gets it; whether readers do is decided by the item.
func (b *Book) AddFile(ctx context.Context, by, id string, from io.Reader) (f File, err error) {
	raw, err := io.ReadAll(io.LimitReader(from, MaxFile+1))
	switch {
	case err != nil:
		return f, fault.Wrap(fault.Invalid, "The file did not arrive whole", err)
	case len(raw) > MaxFile:
		return f, fault.Invalidf("A file of evidence has at most %d MB", MaxFile>>20)
	case len(raw) == 0:
		return f, fault.Invalidf("The file is empty")
	}
	sum := sha256.Sum256(raw)
	f = File{ID: b.ids.Secret(), Size: len(raw), SHA256: hex.EncodeToString(sum[:])}
	sealed, err := b.opt.Box.Wrap(fileContext, raw)
	if err != nil {
		return f, failed("sealing a file", err)
	}
	err = b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
		if err := b.mayKnow(ctx, tx, by, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "insert into statement_file (id, statement, sealed, size, at) values ($1, $2, $3, $4, $5)",
			f.ID, id, sealed, f.Size, db.Micros(tx.Now)); err != nil {
			return err
		}
		return b.record(ctx, tx, by, "statement.file", id)
	})
	return f, failed("storing a file", err)
}

// SecretFile opens a stored copy for a member who may see the evidence.
func (b *Book) SecretFile(ctx context.Context, member, id, file string) (raw []byte, err error) {
	err = b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := b.mayKnow(ctx, tx, member, id); err != nil {
			return err
		}
		if raw, err = b.file(ctx, tx, id, file); err != nil {
			return err
		}
		return b.record(ctx, tx, member, "statement.open", id)
	})
	return raw, failed("opening a file", err)
}

// PublicFile opens the copy of an item of evidence that readers may see.
func (b *Book) PublicFile(ctx context.Context, id, item string) (raw []byte, e Evidence, err error) {
	s, err := b.Shown(ctx, id)
	if err != nil {
		return nil, e, err
	}
	for _, e = range s.Evidence {
		if e.ID == item && e.Public && e.Copy != "" {
			err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
				raw, err = b.file(ctx, tx, id, e.Copy)
				return err
			})
			return raw, e, failed("opening a file", err)
		}
	}
	return nil, Evidence{}, fault.Missingf("There is no such evidence")
}

func (b *Book) file(ctx context.Context, tx *db.Tx, id, file string) ([]byte, error) {
	var sealed []byte
	err := tx.QueryRow(ctx, "select sealed from statement_file where id = $1 and statement = $2", file, id).Scan(&sealed)
	if errors.Is(err, db.ErrNoRows) {
		return nil, fault.Missingf("There is no such file")
	}
	if err != nil {
		return nil, err
	}
	return b.opt.Box.Unwrap(fileContext, sealed)
}
