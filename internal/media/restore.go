package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// Restore keeps a picture that an export of a newsroom holds under the address
// that it had there, since texts name it. file is the last part of the address
// of its widest file. It is decoded and written anew like any other: an export
// comes from outside too. One that is there already stays.
func (s *Store) Restore(ctx context.Context, r io.Reader, file string, m Meta) error {
	name, width, ext, ok := parseFile(file)
	if !ok || !ident.IsSecret(name) {
		return fault.Invalidf("%q is not the name of a picture", file)
	}
	m, err := m.clean()
	if err != nil {
		return err
	}
	_, err = s.ByName(ctx, name)
	if err == nil || fault.KindOf(err) != fault.Missing {
		return err
	}
	made, err := s.make(ctx, r)
	if err != nil {
		return err
	}
	if made.ext != ext || made.width != width {
		return fault.Invalidf("The picture is not what its name %q says", file)
	}
	sum := sha256.Sum256(made.files[len(made.files)-1].data)
	p := Picture{Meta: m, ID: s.IDs.UUID(), Name: name, Ext: ext, Width: width, Height: made.height}
	for _, f := range made.files {
		p.Bytes += int64(len(f.data))
	}
	kept, fresh, err := s.keep(ctx, p, made, "", hex.EncodeToString(sum[:]))
	if err == nil && !fresh && kept.Name != name {
		return errors.Join(fault.Invalidf("The newsroom has this very picture under another name"), err)
	}
	return err
}
