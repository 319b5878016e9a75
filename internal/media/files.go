package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// shelf is where a file lies in the folder: by its first letters, so that no
// folder holds all of them.
func shelf(file string) string { return path.Join(file[:2], file) }

func joinClose(err error, c io.Closer) error { return errors.Join(err, c.Close()) }

// write puts the files of a picture on the disk: each whole under its name, or
// not at all.
func (s *Store) write(p Picture, files []file) error {
	dir := p.Name[:2]
	if err := s.root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return full(fmt.Errorf("making a folder for pictures: %w", err))
	}
	for _, f := range files {
		name := shelf(fileName(p.Name, f.width, p.Ext))
		if err := s.writeOne(name+part, f.data); err != nil {
			return full(fmt.Errorf("writing a picture: %w", err))
		}
		s.step("part")
		if err := s.root.Rename(name+part, name); err != nil {
			return full(fmt.Errorf("naming a picture: %w", err))
		}
	}
	if err := errors.Join(s.sync(dir), s.sync(".")); err != nil {
		return full(err)
	}
	return nil
}

// part ends the name of a file that is being written. Nothing serves it.
const part = ".part"

func (s *Store) writeOne(name string, data []byte) error {
	f, err := s.root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return joinClose(err, f)
	}
	return joinClose(f.Sync(), f)
}

// sync makes the names in a folder durable.
func (s *Store) sync(dir string) error {
	d, err := s.root.Open(dir)
	if err != nil {
		return fmt.Errorf("opening the folder of pictures: %w", err)
	}
	if err := joinClose(d.Sync(), d); err != nil {
		return fmt.Errorf("making a picture durable: %w", err)
	}
	return nil
}

func full(err error) error {
	return fault.Wrap(fault.Unavailable, "The picture could not be written. The disk may be full", err)
}

// remove takes the files of a picture off the disk, the unfinished ones too.
func (s *Store) remove(p Picture) error {
	var errs []error
	for _, w := range steps(p.Width) {
		name := shelf(fileName(p.Name, w, p.Ext))
		for _, n := range []string{name, name + part} {
			if err := s.root.Remove(n); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, fmt.Errorf("removing a picture: %w", err))
			}
		}
	}
	return errors.Join(errs...)
}

// Open opens a file for a reader, by the last part of its address. A picture
// that was hidden gives ErrHidden, so that its place can be filled.
func (s *Store) Open(ctx context.Context, file string) (*os.File, error) {
	name, _, _, ok := parseFile(file)
	if !ok {
		return nil, errMissing
	}
	f, err := s.root.Open(shelf(file))
	if err == nil {
		return f, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("opening a picture: %w", err)
	}
	is := state("")
	err = s.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, sqlState, name).Scan(&is)
	})
	switch {
	case errors.Is(err, db.ErrNoRows):
		return nil, errMissing
	case err != nil:
		return nil, fmt.Errorf("asking for a picture: %w", err)
	case is == going || is == gone:
		return nil, ErrHidden
	}
	return nil, errMissing
}

// ErrHidden says that a picture was here and is not shown any more.
var ErrHidden = fault.New(fault.Missing, "This picture is no longer shown")

// Hide takes a picture away, everywhere and for good: what was said about it
// goes with the transaction, its files after the commit. found is false when it
// is not shown, which is no error. The change "picture" tells the pages.
func (s *Store) Hide(ctx context.Context, tx *db.Tx, by, name string) (found bool, err error) {
	p, found, err := one(ctx, tx, sqlByName, name)
	if err != nil || !found {
		return false, err
	}
	if _, err := tx.Exec(ctx, sqlHide, name, db.Micros(tx.Now)); err != nil {
		return false, fmt.Errorf("hiding a picture: %w", err)
	}
	if err := tx.Change(ctx, "picture", name); err != nil {
		return false, err
	}
	if err := s.record(ctx, tx, by, Hidden, p.ID); err != nil {
		return false, err
	}
	tx.OnCommit(func() {
		// What stays now is found by Sweep.
		if err := s.remove(p); err != nil {
			s.Log.Warn("files of a hidden picture could not be removed yet", "err", err)
		}
	})
	return true, nil
}

// Shows reports whether a picture is shown.
func (s *Store) Shows(ctx context.Context, tx *db.Tx, name string) (bool, error) {
	_, found, err := one(ctx, tx, sqlByName, name)
	return found, err
}

// Delete is Hide as a deed of its own.
func (s *Store) Delete(ctx context.Context, id, by string) error {
	return s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, found, err := one(ctx, tx, sqlByID, id)
		if err == nil && found {
			found, err = s.Hide(ctx, tx, by, p.Name)
		}
		if err == nil && !found {
			err = errMissing
		}
		return err
	})
}

// patience is for how long a picture whose files are being written is left
// alone: whoever writes it may be another process.
const patience = time.Hour

// Sweep removes what interrupted work left behind. It runs at the start and
// from time to time; what it costs depends on what is left alone.
func (s *Store) Sweep(ctx context.Context) error {
	const batch = 100
	for {
		var all []left
		err := s.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			all, err = leftOver(ctx, tx, db.Micros(tx.Now.Add(-patience)), batch)
			return err
		})
		if err != nil {
			return err
		}
		for _, l := range all {
			if err := s.remove(l.Picture); err != nil {
				return err
			}
			query := sqlGone
			if l.state == coming {
				query = sqlForget
			}
			if err := s.forget(ctx, l.ID, query); err != nil {
				return fmt.Errorf("forgetting a picture: %w", err)
			}
		}
		if len(all) < batch {
			return nil
		}
	}
}

// Rewrite passes what is said about every picture through text, as when a name
// is hidden, and says how many it changed, or would change. It goes through
// all of them.
func (s *Store) Rewrite(ctx context.Context, tx *db.Tx, text func(string) string, dryRun bool) (changed int, err error) {
	const page = 200
	for after := ""; ; {
		all, err := many(ctx, tx, sqlAfter, after, page)
		if err != nil {
			return changed, err
		}
		for _, p := range all {
			after = p.ID
			m := p.Meta
			m.Alt, m.Caption, m.Credit, m.Licence = text(m.Alt), text(m.Caption), text(m.Credit), text(m.Licence)
			if m == p.Meta {
				continue
			}
			changed++
			if dryRun {
				continue
			}
			_, err := tx.Exec(ctx, sqlEdit, p.ID, m.Alt, m.Caption, m.Credit, m.Licence, m.Lang, m.FocusX, m.FocusY, db.Micros(tx.Now))
			if err != nil {
				return changed, fmt.Errorf("changing what is said about a picture: %w", err)
			}
		}
		if len(all) < page {
			return changed, nil
		}
	}
}
