package site

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"mimeo/internal/appeal"
	"mimeo/internal/web"
)

// kept is a page that lies ready. Its text is rendered once; the appeal, the
// only part that differs between readers, stands between head and tail.
//
// A kept page is never changed after it was put on the shelf, but for its
// views, which are added as they are first asked for.
type kept struct {
	path    string
	edition *edition
	anew    maker    // makes it again
	topics  []string // what it shows; a change of one drops it
	covers  covers   // the same for what it shows a thousand of

	status      int
	contentType []string
	caching     []string
	vary        []string
	headers     *web.Headers // nil: those of every page
	onion       []string     // value of Onion-Location, nil without an onion service
	link        []string     // value of Link, nil for none

	head, tail []byte
	asking     *asking // nil on pages that never ask

	due  time.Time // from then on it is renewed behind the reader's back
	dead time.Time // from then on it is not shown any more

	used     atomic.Bool // since the shelf last looked for room
	renewing atomic.Bool
	size     int64      // in bytes; the shelf's lock guards it
	mu       sync.Mutex // held while a view is added
	views    atomic.Pointer[[]*view]
}

// asking is what a page must remember to decide for each reader.
type asking struct {
	facts   appeal.Facts
	edition *edition
	page    string // escaped path, for the appeal's forms
	hour    time.Time
}

// view is the page with one appeal, or with none.
type view struct {
	rules   *appeal.Rules   // of which appeal is one
	appeal  *appeal.Appeal  // of which words is one
	words   *appeal.Variant // nil: no appeal
	closed  bool            // the line after ×
	middle  []byte
	etag    []string
	length  []string
	brotli  atomic.Pointer[packed]
	gzip    atomic.Pointer[packed]
	packing sync.Mutex // one reader packs, the others wait for it
}

// packed is a view in a content coding.
type packed struct {
	body   []byte
	length []string
	tight  bool // packed as small as we ever pack
	asked  atomic.Int32
}

// find looks for the view with these words, of these rules.
func (k *kept) find(rules *appeal.Rules, words *appeal.Variant, closed bool) *view {
	views := k.views.Load()
	if views == nil {
		return nil
	}
	for _, v := range *views {
		if v.words == words && v.closed == closed && (words == nil || v.rules == rules) {
			return v
		}
	}
	return nil
}

// add puts a view beside the others and drops those of rules that are gone.
// When another reader was quicker, theirs is returned.
func (k *kept) add(v *view) *view {
	k.mu.Lock()
	defer k.mu.Unlock()
	if there := k.find(v.rules, v.words, v.closed); there != nil {
		return there
	}
	views := []*view{v}
	if old := k.views.Load(); old != nil {
		for _, o := range *old {
			if o.words == nil || o.rules == v.rules || v.words == nil {
				views = append(views, o)
			}
		}
	}
	k.views.Store(&views)
	return v
}

func newView(k *kept, rules *appeal.Rules, one *appeal.Appeal, words *appeal.Variant, closed bool, middle []byte) *view {
	h := sha256.New()
	h.Write(k.head)
	h.Write(middle)
	h.Write(k.tail)
	sum := h.Sum(nil)
	return &view{
		rules: rules, appeal: one, words: words, closed: closed, middle: middle,
		etag:   []string{`W/"` + hex.EncodeToString(sum[:9]) + `"`},
		length: []string{strconv.Itoa(len(k.head) + len(middle) + len(k.tail))},
	}
}

// packed is where a view lies in a coding, nil until it was asked for.
func (v *view) packed(c coding) *atomic.Pointer[packed] {
	if c == inBrotli {
		return &v.brotli
	}
	return &v.gzip
}

// weight is what a page costs in bytes, with the views it has.
func (k *kept) weight() int64 {
	all := len(k.head) + len(k.tail) + overhead
	if views := k.views.Load(); views != nil {
		for _, v := range *views {
			all += len(v.middle) + overhead/2
			for _, p := range []*packed{v.brotli.Load(), v.gzip.Load()} {
				if p != nil {
					all += len(p.body)
				}
			}
		}
	}
	return int64(all)
}

// Header values that never change. Assigning one allocates nothing.
var (
	typeHTML    = []string{"text/html; charset=utf-8"}
	codeBrotli  = []string{"br"}
	codeGzip    = []string{"gzip"}
	varyCoding  = []string{"Accept-Encoding"}
	varyReader  = []string{"Accept-Encoding, Cookie"}
	cacheReader = []string{"private, no-cache"} // what this reader gets is nobody else's
	cacheAnyone = []string{"public, no-cache"}  // the same for all, to be asked for anew
	cacheFeed   = []string{"public, max-age=300"}
	cacheNever  = []string{"no-store"}
	cacheEver   = []string{"public, max-age=31536000, immutable"}
)

// hasTag says whether the reader's copy is this one, by the weak comparison
// that RFC 9110 wants for If-None-Match.
func hasTag(r *http.Request, etag string) bool {
	values := r.Header["If-None-Match"]
	if len(values) == 0 {
		return false
	}
	const weak = len("W/")
	bare := etag[weak:]
	for _, v := range values {
		for len(v) > 0 {
			var one string
			one, v = cutToken(v)
			if one == "*" || one == etag || one == bare {
				return true
			}
		}
	}
	return false
}
