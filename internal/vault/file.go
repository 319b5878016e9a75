package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"mimeo/internal/fault"
)

// scratch marks the files that are being written. What stands before it is the
// name that the file was meant for.
const scratch = ".new-"

// makeFile puts content under a name that nobody has taken yet, durably, and
// returns it with made true; or, when the name is taken, returns what stands
// there. The name never shows half a file.
func makeFile(dir, name string, content []byte) (kept []byte, made bool, err error) {
	path := filepath.Join(dir, name)
	if kept, err := os.ReadFile(path); err == nil {
		return checked(path, kept, len(content))
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, false, away(fmt.Errorf("reading a key: %w", err))
	}
	f, err := os.CreateTemp(dir, name+scratch+"*") // mode 0600
	if err != nil {
		return nil, false, away(fmt.Errorf("making a key file: %w", err))
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, false, away(fmt.Errorf("writing a key file: %w", err))
	}
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		kept, err := os.ReadFile(path)
		if err != nil {
			return nil, false, away(fmt.Errorf("reading a key: %w", err))
		}
		return checked(path, kept, len(content))
	} else if err != nil {
		return nil, false, away(fmt.Errorf("naming a key file: %w", err))
	}
	return content, true, syncDir(dir)
}

// away turns an error of the key folder into an Unavailable fault when the
// machine is at fault and not what was asked of it.
func away(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fault.Wrap(fault.Unavailable, "The disk is full. Nothing was changed", err)
	case errors.Is(err, syscall.EIO), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE),
		errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return fault.Wrap(fault.Unavailable, "The key folder does not answer. Nothing was changed", err)
	}
	return err
}

func checked(path string, kept []byte, size int) ([]byte, bool, error) {
	if len(kept) != size {
		return nil, false, fmt.Errorf("%s has %d bytes, a key has %d", path, len(kept), size)
	}
	return kept, false, nil
}

// destroyFile overwrites a file, flushes it and takes away its name. A file
// that is gone already is no error.
func destroyFile(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("destroying a key: %w", err)
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.Write(make([]byte, info.Size()))
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("overwriting a key: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing a key: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("flushing the key folder: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("flushing the key folder: %w", err)
	}
	return nil
}

// keyFiles calls visit for every file of the courier folder that belongs to a
// day; whole is false for one that was still being written.
func (v *Vault) keyFiles(visit func(day, path string, whole bool) error) error {
	entries, err := os.ReadDir(v.courier)
	if err != nil {
		return fmt.Errorf("reading the key folder: %w", err)
	}
	for _, e := range entries {
		day, rest, found := strings.Cut(e.Name(), ".key")
		if !found || !validDay(day) {
			continue
		}
		if err := visit(day, filepath.Join(v.courier, e.Name()), rest == ""); err != nil {
			return err
		}
	}
	return nil
}
