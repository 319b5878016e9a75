package app

import (
	"errors"
	"fmt"
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
