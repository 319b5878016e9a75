package site

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// coding is how the bytes of an answer are packed.
type coding int

const (
	identity coding = iota
	inGzip
	inBrotli
)

// What the first reader waits for, and what is made behind their back for the
// others. A page of 60 kB takes 0.2 ms and 3 ms.
const (
	quickBrotli, tightBrotli = 1, 9
	quickGzip, tightGzip     = 1, 6
	// 64 kB. Pages of ours are seldom longer, and with a wider window the tight
	// packer is another one, which takes 32 MB and packs them no better.
	brotliWindow = 16
)

// accepted chooses a coding from Accept-Encoding: brotli before gzip, whatever
// weights a client may give them, unless one is refused by q=0.
func accepted(h http.Header) coding {
	best := identity
	for _, v := range h["Accept-Encoding"] {
		for len(v) > 0 {
			var one string
			one, v = cutToken(v)
			name, weight, _ := strings.Cut(one, ";")
			name = strings.TrimRight(name, " \t")
			if weight != "" && refused(weight) {
				continue
			}
			switch {
			case strings.EqualFold(name, "br"):
				return inBrotli
			case strings.EqualFold(name, "gzip") || name == "*":
				best = inGzip
			}
		}
	}
	return best
}

// refused recognises a weight of nought: "q=0", "q=0.000".
func refused(weight string) bool {
	weight = strings.Trim(weight, " \t")
	if len(weight) < 3 || (weight[0] != 'q' && weight[0] != 'Q') || weight[1] != '=' {
		return false
	}
	return strings.Trim(weight[2:], "0.") == ""
}

// cutToken takes the first of the values of a list.
func cutToken(list string) (first, rest string) {
	first, rest, _ = strings.Cut(list, ",")
	return strings.Trim(first, " \t"), rest
}

// The packers are large; each is used by one goroutine at a time and kept.
var (
	brotliQuick = sync.Pool{New: func() any { return brotliWriter(quickBrotli) }}
	brotliTight = sync.Pool{New: func() any { return brotliWriter(tightBrotli) }}
	gzipQuick   = sync.Pool{New: func() any { return gzipWriter(quickGzip) }}
	gzipTight   = sync.Pool{New: func() any { return gzipWriter(tightGzip) }}
)

func brotliWriter(quality int) packer {
	return brotli.NewWriterOptions(io.Discard, brotli.WriterOptions{Quality: quality, LGWin: brotliWindow})
}

func gzipWriter(level int) packer {
	w, err := gzip.NewWriterLevel(io.Discard, level)
	if err != nil {
		panic("site: " + err.Error()) // only for a level that gzip does not have
	}
	return w
}

// packer is what both packers are.
type packer interface {
	io.WriteCloser
	Flush() error
	Reset(dst io.Writer)
}

// slice is how much of a page is packed tightly in one go, which takes up to a
// millisecond. Then the packer gives way: a whole page takes several, and
// readers who are served on the same processor must not wait for that. It costs
// half a percent of the size.
const slice = 16 << 10

// pack packs the parts of a page.
func pack(c coding, tight bool, parts ...[]byte) (*packed, error) {
	pool := &gzipQuick
	switch {
	case c == inBrotli && tight:
		pool = &brotliTight
	case c == inBrotli:
		pool = &brotliQuick
	case tight:
		pool = &gzipTight
	}
	w, ok := pool.Get().(packer)
	if !ok {
		return nil, fmt.Errorf("packing a page: no packer")
	}
	defer pool.Put(w)
	b := buffer()
	defer buffers.Put(b)
	w.Reset(b)
	for _, p := range parts {
		for tight && len(p) > slice {
			_, err := w.Write(p[:slice])
			if err := errors.Join(err, w.Flush()); err != nil {
				return nil, fmt.Errorf("packing a page: %w", err)
			}
			p = p[slice:]
			runtime.Gosched()
		}
		if _, err := w.Write(p); err != nil {
			return nil, fmt.Errorf("packing a page: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("packing a page: %w", err)
	}
	return &packed{body: bytes.Clone(b.Bytes()), length: []string{strconv.Itoa(b.Len())}, tight: tight}, nil
}
