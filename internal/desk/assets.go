package desk

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed assets
var assetFiles embed.FS

// asset is a file of ours whose address changes with its content, so that a
// browser asks for it once and never again.
type asset struct {
	path, contentType string
	plain             []byte
	packed            func() []byte
}

// readAssets reads the folder assets, by name.
func readAssets() (map[string]*asset, error) {
	files, err := fs.Glob(assetFiles, "assets/*.*")
	if err != nil {
		return nil, fmt.Errorf("listing the desk's files: %w", err)
	}
	bundled, err := fs.Glob(assetFiles, "assets/dist/*.*") // what `make build` makes; nothing without it
	if err != nil {
		return nil, fmt.Errorf("listing the desk's bundles: %w", err)
	}
	all := map[string]*asset{}
	for _, file := range append(files, bundled...) {
		name := path.Base(file)
		raw, err := assetFiles.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading the desk's file %s: %w", name, err)
		}
		ext := path.Ext(name)
		sum := sha256.Sum256(raw)
		a := &asset{
			path:  "/desk/assets/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext,
			plain: raw, contentType: typeOf(ext),
		}
		a.packed = sync.OnceValue(func() []byte { return packed(raw) })
		all[name] = a
	}
	return all, nil
}

func typeOf(ext string) string {
	switch ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
		return "application/octet-stream"
	}
}

// packed is raw under gzip, nil when that is no gain.
func packed(raw []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := z.Write(raw); err != nil || z.Close() != nil || b.Len() >= len(raw) {
		return nil
	}
	return b.Bytes()
}

// assetPath is the address of a file. A name that is none shows as a broken
// link, which the tests find.
func (d *Desk) assetPath(name string) string {
	if a, ok := d.assets[name]; ok {
		return a.path
	}
	return "/desk/assets/" + name
}

// asset answers with a file. A page that a browser kept may ask for an older
// one: it gets today's, to be asked for anew.
func (d *Desk) asset(_ *visit, w http.ResponseWriter, r *http.Request) error {
	stem, rest, ok := strings.Cut(r.PathValue("name"), ".")
	if !ok {
		return errMissing
	}
	_, ext, hashed := strings.Cut(rest, ".")
	if !hashed {
		ext = rest
	}
	a, ok := d.assets[stem+"."+ext]
	if !ok {
		return errMissing
	}
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if r.URL.Path == a.path {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := a.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if tight := a.packed(); tight != nil {
			body = tight
			h.Set("Content-Encoding", "gzip")
		}
	}
	_, _ = w.Write(body) // whoever hung up cannot be told
	return nil
}
