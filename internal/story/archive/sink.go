package archive

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"time"

	"mimeo/internal/fault"
)

// Sink is where an export goes: a folder or a zip file. Files are written one
// after the other; creating one ends the one before.
type Sink interface {
	Create(name string) (io.Writer, error)
	Close() error
}

// ToFolder writes an export into a folder, which is made, and must be empty:
// an export never mixes with an older one.
func ToFolder(dir string) (Sink, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(fault.Invalid, "The folder cannot be made", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "The folder cannot be opened", err)
	}
	all, err := os.ReadDir(dir)
	if err == nil && len(all) > 0 {
		err = fault.Conflictf("The folder %s is not empty. Name a new one", dir)
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &folder{root: root}, nil
}

type folder struct {
	root *os.Root
	file *os.File
	out  *bufio.Writer
}

// Create implements Sink.
func (f *folder) Create(name string) (io.Writer, error) {
	if err := f.end(); err != nil {
		return nil, err
	}
	if err := f.root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return nil, fault.Wrap(fault.Unavailable, "The export cannot be written", err)
	}
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "The export cannot be written", err)
	}
	f.file, f.out = file, bufio.NewWriterSize(file, 64<<10)
	return f.out, nil
}

func (f *folder) end() error {
	if f.file == nil {
		return nil
	}
	err := errors.Join(f.out.Flush(), f.file.Sync(), f.file.Close())
	f.file = nil
	return fault.Wrap(fault.Unavailable, "The export cannot be written", err)
}

// Close implements Sink.
func (f *folder) Close() error { return errors.Join(f.end(), f.root.Close()) }

// ToZip writes an export as a zip file. It closes w when w can be closed.
func ToZip(w io.Writer, now time.Time) Sink {
	return &zipped{to: w, zip: zip.NewWriter(w), now: now}
}

type zipped struct {
	to  io.Writer
	zip *zip.Writer
	now time.Time
}

// Create implements Sink.
func (z *zipped) Create(name string) (io.Writer, error) {
	method := zip.Deflate
	switch path.Ext(name) {
	case ".jpg", ".png":
		method = zip.Store
	}
	w, err := z.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: z.now})
	if err != nil {
		return nil, fmt.Errorf("writing the export: %w", err)
	}
	return w, nil
}

// Close implements Sink.
func (z *zipped) Close() error {
	err := z.zip.Close()
	if c, ok := z.to.(io.Closer); ok {
		err = errors.Join(err, c.Close())
	}
	return err
}
