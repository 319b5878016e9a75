package archive

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"mimeo/internal/fault"
)

// Folder is a place where pictures are found by the end of their address: a
// folder of the disk or a zip file.
type Folder struct {
	FS fs.FS
}

// Limits of a zip file and of one file in it.
const (
	maxEntries = 300_000
	maxPicture = 64 << 20
)

// Zip opens a zip file as a folder. One whose names lead outside, or that has
// more entries than any newspaper, is refused whole.
func Zip(r io.ReaderAt, size int64) (*zip.Reader, error) {
	z, err := zip.NewReader(r, size)
	if errors.Is(err, zip.ErrInsecurePath) {
		return nil, fault.Invalidf("The zip file holds a name that leads outside of it. It could be an attack and is not read")
	}
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "This is not a zip file that can be read", err)
	}
	if len(z.File) > maxEntries {
		return nil, fault.Invalidf("The zip file holds %d entries, and %d are the most", len(z.File), maxEntries)
	}
	for _, f := range z.File {
		if name := f.Name; strings.HasPrefix(name, "/") || strings.Contains(name, `\`) || strings.Contains(name, ":") ||
			name == ".." || strings.HasPrefix(name, "../") || strings.Contains(name, "/../") || strings.HasSuffix(name, "/..") {
			return nil, fault.Invalidf("The zip file holds a name that leads outside of it. It could be an attack and is not read")
		}
	}
	return z, nil
}

// find opens the file that an address names: the longest end of its path that
// exists in a folder.
func find(folders []Folder, address string) (f fs.File, name string, err error) {
	u, err := url.Parse(strings.TrimPrefix(address, "__GHOST_URL__"))
	if err != nil {
		return nil, "", fs.ErrNotExist
	}
	clean := path.Clean("/" + u.Path)
	for _, folder := range folders {
		for rest := clean; rest != "" && rest != "/"; {
			rest = rest[1:]
			if fs.ValidPath(rest) {
				f, err := folder.FS.Open(rest)
				if err == nil {
					info, err := f.Stat()
					if err == nil && info.Mode().IsRegular() {
						if info.Size() > maxPicture {
							return nil, "", errors.Join(fmt.Errorf("it is larger than %d MB", maxPicture>>20), f.Close())
						}
						return f, rest, nil
					}
					_ = f.Close() // it was read from by nobody
				}
			}
			i := strings.IndexByte(rest, '/')
			if i < 0 {
				break
			}
			rest = rest[i:]
		}
	}
	return nil, "", fs.ErrNotExist
}
