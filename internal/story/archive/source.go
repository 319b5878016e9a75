package archive

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"mimeo/internal/fault"
	"mimeo/internal/story/foreign"
	"mimeo/internal/story/ghost"
	"mimeo/internal/story/ninjs"
	"mimeo/internal/story/substack"
	"mimeo/internal/story/wxr"
)

// source is one format's way through the files of an export. There are as many
// as formats.
type source interface {
	// survey reads a file for what the items of all the files refer to.
	survey(ctx context.Context, f *opened) error
	// items hands over the stories of a file; report tells of places that are
	// wrong. An error of visit ends it.
	items(ctx context.Context, f *opened, report func(place, message string), visit func(*foreign.Item) error) error
	// about is what is known after the survey, and in passed what was counted.
	about() about
}

// about is what an export says of itself.
type about struct {
	site       string
	lang       string
	total      int
	attachment func(id int64) (foreign.Picture, bool)
	passed     map[string]int
}

// opened is an open file; zip is nil when it is none.
type opened struct {
	io.Reader
	zip *zip.Reader
}

// open begins to read an export. The answer's second value ends it.
func (a *Archive) open(ctx context.Context, format Format) (source, func() error, error) {
	none := func() error { return nil }
	switch format {
	case WXR:
		spill, err := os.CreateTemp(a.opt.Temp, "mimeo-import-")
		if err != nil {
			return nil, none, fault.Wrap(fault.Unavailable, "There is no room for a temporary file", err)
		}
		_ = os.Remove(spill.Name()) // it is gone when it is closed, or else by hand
		return &wordpress{wxr.New(spill)}, spill.Close, nil
	case Ghost:
		return &ghostly{ghost.New()}, none, nil
	case Substack:
		return &letters{}, none, nil
	case NINJS:
		now, err := a.now(ctx)
		return &wire{ninjs.Wire{Now: now, Passed: map[string]int{}}}, none, err
	case Mimeo:
		return nil, none, fault.Invalidf("An export of Mimeo is taken in as a whole, by Restore")
	default:
		return nil, none, fault.Invalidf("The format %q is not known", format)
	}
}

type wordpress struct{ export *wxr.Export }

func (w *wordpress) survey(ctx context.Context, f *opened) error { return w.export.Survey(ctx, f) }

func (w *wordpress) items(ctx context.Context, f *opened, report func(place, message string), visit func(*foreign.Item) error) error {
	return w.export.Items(ctx, f, report, visit)
}

func (w *wordpress) about() about {
	return about{site: w.export.Site, lang: w.export.Lang, total: w.export.Posts(), attachment: w.export.Attachment, passed: w.export.Passed}
}

type ghostly struct{ export *ghost.Export }

func (g *ghostly) survey(ctx context.Context, f *opened) error { return g.export.Survey(ctx, f) }

func (g *ghostly) items(ctx context.Context, f *opened, report func(place, message string), visit func(*foreign.Item) error) error {
	return g.export.Items(ctx, f, report, visit)
}

func (g *ghostly) about() about { return about{total: g.export.Posts(), passed: g.export.Passed} }

type letters struct{ total int }

func (l *letters) survey(_ context.Context, f *opened) error {
	if f.zip == nil {
		return fault.Invalidf("This is not the zip file that Substack gives")
	}
	l.total += substack.Posts(f.zip)
	return nil
}

func (l *letters) items(ctx context.Context, f *opened, report func(place, message string), visit func(*foreign.Item) error) error {
	return substack.Items(ctx, f.zip, report, visit)
}

func (l *letters) about() about { return about{total: l.total} }

type wire struct{ ninjs.Wire }

func (w *wire) survey(context.Context, *opened) error { return nil }

func (w *wire) items(ctx context.Context, f *opened, report func(place, message string), visit func(*foreign.Item) error) error {
	return w.Items(ctx, f, report, visit)
}

func (w *wire) about() about { return about{passed: w.Passed} }

// A zip file that was given in place of a file stands for the files in it that
// have the format's ending.
var endings = map[Format]string{WXR: ".xml", Ghost: ".json", NINJS: ".json"}

// Bounds of what is unpacked: text does not shrink to less than this.
const (
	maxRatio  = 250
	freeRatio = 64 << 20 // bytes, below which the ratio does not matter
)

// unpacked opens the zip files among the files. Their pictures are found while
// the run lasts; end closes them.
func unpacked(files []File, format Format, refused func(File, error) error) (all []File, folders []Folder, end func() error, err error) {
	var closes []func() error
	end = func() error {
		var errs []error
		for _, c := range closes {
			errs = append(errs, c())
		}
		return errors.Join(errs...)
	}
	for _, f := range files {
		z, closed, err := f.zip()
		if closed != nil {
			closes = append(closes, closed)
		}
		if err != nil {
			if err := refused(f, err); err != nil {
				return nil, nil, end, err
			}
			continue
		}
		if z == nil {
			all = append(all, f)
			continue
		}
		folders = append(folders, Folder{z})
		if format == Substack {
			f.packed = z
			all = append(all, f)
			continue
		}
		n := len(all)
		for _, entry := range z.File {
			if !strings.HasSuffix(entry.Name, endings[format]) || strings.Contains(entry.Name, "__MACOSX") {
				continue
			}
			name := f.Name + ": " + foreign.Line(entry.Name)
			if entry.UncompressedSize64 > freeRatio && entry.UncompressedSize64/maxRatio > entry.CompressedSize64 {
				if err := refused(File{Name: name}, fault.Invalidf("It would be %d times its size when unpacked. It could be an attack and is not read", maxRatio)); err != nil {
					return nil, nil, end, err
				}
				continue
			}
			all = append(all, File{Name: name, Open: func() (io.ReadCloser, error) { return entry.Open() }})
		}
		if len(all) == n {
			if err := refused(f, fault.Invalidf("There is no %s file in the zip file", endings[format])); err != nil {
				return nil, nil, end, err
			}
		}
	}
	return all, folders, end, nil
}

// zip opens the file as a zip file; nil when it is none.
func (f *File) zip() (z *zip.Reader, closed func() error, err error) {
	in, err := f.Open()
	if err != nil {
		return nil, nil, nil //nolint:nilerr // whoever reads it says so
	}
	at, ok := in.(io.ReaderAt)
	stat, able := in.(interface{ Stat() (fs.FileInfo, error) })
	var mark [4]byte
	if ok && able {
		if _, err := at.ReadAt(mark[:], 0); err == nil && string(mark[:]) == "PK\x03\x04" {
			info, err := stat.Stat()
			if err != nil {
				return nil, in.Close, fmt.Errorf("asking for the size of %s: %w", f.Name, err)
			}
			z, err := Zip(at, info.Size())
			return z, in.Close, err
		}
	}
	return nil, in.Close, nil
}

// each opens every file in turn. A file that cannot be read is reported and
// the others go on.
func each(files []File, refused func(File, error) error, visit func(File, *opened) error) error {
	for _, f := range files {
		err := func() (err error) {
			if f.packed != nil {
				return visit(f, &opened{zip: f.packed})
			}
			h, err := f.Open()
			if err != nil {
				return fault.Wrap(fault.Invalid, "This file cannot be opened: "+reason(err), err)
			}
			defer func() {
				if end := h.Close(); err == nil && end != nil {
					err = fault.Wrap(fault.Invalid, "This file cannot be read to its end: "+reason(end), end)
				}
			}()
			return visit(f, &opened{Reader: h})
		}()
		if err == nil {
			continue
		}
		var at *fs.PathError
		if errors.As(err, &at) && fault.KindOf(err) != fault.Invalid { // a folder, say
			err = fault.Wrap(fault.Invalid, "This file cannot be read: "+reason(err), err)
		}
		if fault.KindOf(err) != fault.Invalid {
			return fmt.Errorf("reading %s: %w", f.Name, err)
		}
		if err := refused(f, err); err != nil {
			return err
		}
	}
	return nil
}

// reason is what went wrong with a file, without its name.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}
