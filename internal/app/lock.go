package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"mimeo/internal/fault"
)

// prepare makes the data folder, readable by its owner alone.
func prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.Wrap(fault.Unavailable, "The data folder "+dir+" cannot be made", err)
	}
	return nil
}

// databaseFile is where a newsroom's data lies that is not on PostgreSQL.
func databaseFile(dir string) string { return filepath.Join(dir, "mimeo.db") }

// missing says whether a data folder has no database yet, and refuses one that
// has lost it: an empty newsroom must not pass for the one whose keys are there.
func missing(dir string) (bool, error) {
	switch info, err := os.Stat(databaseFile(dir)); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil || info.Size() > 0:
		return false, nil //nolint:nilerr // opening it says more
	}
	keys := filepath.Join(dir, "keys")
	if _, err := os.Stat(filepath.Join(keys, "box.key")); err == nil {
		return true, fault.Conflictf("The database of %s is gone, only its keys are left. Restore %s, or say with --database where it is. Without %s this folder begins a new newsroom",
			dir, databaseFile(dir), keys)
	}
	return true, nil
}

// lock lets one process serve a data folder. The lock falls with the process,
// however it ends.
func lock(dir string) (release func() error, err error) {
	path := filepath.Join(dir, "serve.lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "The data folder "+dir+" cannot be written to", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		err = errors.Join(err, f.Close())
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fault.Wrap(fault.Conflict, "Another Mimeo serves "+dir+" already", err)
		}
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return f.Close, nil
}
