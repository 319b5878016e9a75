// Package web is what every page of ours stands on and no page itself: handlers
// that return errors, one place that turns an error into an answer, limits,
// protection against forged requests, security headers, and forms decoded into
// clean text.
//
// Nothing here writes an address, a user agent or a form's content anywhere.
package web

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"mimeo/internal/fault"
)

// Handler answers a request or says why it could not. A handler that returns
// an error has written nothing yet.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Failure writes the page of an error. status is what it has to be; message is
// in the reader's words and "" when the reader must not see the cause.
type Failure func(w http.ResponseWriter, r *http.Request, status int, message string)

// Serve makes an http.Handler of h. Errors become pages by fail, and what only
// the operator may read goes to log, without a word of the request's content.
func Serve(h Handler, fail Failure, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			caught := recover()
			if caught == nil {
				return
			}
			if err, ok := caught.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(caught)
			}
			log.Error("a page broke", "pattern", r.Pattern, "panic", caught)
			fail(w, r, http.StatusInternalServerError, "")
		}()
		if !utf8.ValidString(r.URL.Path) { // it names nothing, and no database takes it
			fail(w, r, http.StatusNotFound, "")
			return
		}
		err := h(w, r)
		if err == nil {
			return
		}
		status := Status(err)
		if status >= http.StatusInternalServerError && !errors.Is(err, r.Context().Err()) {
			log.Error("a page failed", "pattern", r.Pattern, "kind", fault.KindOf(err), "err", err)
		}
		fail(w, r, status, fault.Message(err))
	})
}

// Status is the HTTP status of an error's kind.
func Status(err error) int {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return http.StatusRequestEntityTooLarge
	}
	switch fault.KindOf(err) {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Denied:
		return http.StatusForbidden
	case fault.Missing:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Unexpected:
		return http.StatusInternalServerError
	default:
		return http.StatusInternalServerError
	}
}

// Policy is the Content-Security-Policy of our pages: nothing runs, nothing
// loads from elsewhere, nothing frames us. formTargets are the origins that a
// form may lead to besides our own: the payment provider's.
func Policy(formTargets ...string) string {
	form := strings.Join(append([]string{"form-action 'self'"}, formTargets...), " ")
	return "default-src 'none'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " + form +
		"; base-uri 'none'; frame-ancestors 'none'"
}

// Headers are the header fields that every answer carries, each value a slice
// made once: assigning it to a header map allocates nothing.
type Headers struct{ names, values []string }

// NewHeaders returns the common header fields with the given policy.
func NewHeaders(policy string, https bool) *Headers {
	h := &Headers{}
	add := func(name, value string) {
		h.names = append(h.names, name)
		h.values = append(h.values, value)
	}
	add("Content-Security-Policy", policy)
	add("Cross-Origin-Opener-Policy", "same-origin")
	add("Cross-Origin-Resource-Policy", "same-origin")
	add("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()")
	add("Referrer-Policy", "same-origin")
	add("X-Content-Type-Options", "nosniff")
	if https {
		add("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	return h
}

// Apply sets the fields.
func (h *Headers) Apply(to http.Header) {
	for i, name := range h.names {
		to[name] = h.values[i : i+1 : i+1]
	}
}

// Protect wraps the whole public surface: requests that another site's page
// sent are refused (RFC 9110 safe methods excepted), paths are taken as they
// are and odd ones refused, bodies are limited.
func Protect(next http.Handler, fail Failure) http.Handler {
	return ProtectBodies(next, fail, func(*http.Request) int64 { return MaxBody })
}

// ProtectBodies is Protect where some addresses take larger bodies; most says
// how large.
func ProtectBodies(next http.Handler, fail Failure, most func(*http.Request) int64) http.Handler {
	guard := http.NewCrossOriginProtection()
	guarded := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := most(r)
		r.Body = &bounded{ReadCloser: r.Body, limit: limit, left: limit}
		next.ServeHTTP(w, r)
	}))
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, http.StatusForbidden, "This form was sent from another site. Open the page here and send it again")
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if crooked(r.URL.Path) {
			fail(w, r, http.StatusNotFound, "")
			return
		}
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// mostUnread is how much of a body that is too large is read and dropped. A
// sender who is cut off in the middle of it sees a broken connection and never
// our answer.
const mostUnread = 16 << 20

// bounded is a body that ends in an http.MaxBytesError once it is larger than
// what was left for it.
type bounded struct {
	io.ReadCloser
	limit, left int64
	err         error
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) <= b.left {
		b.left -= int64(n)
		return n, err
	}
	n, b.left = int(b.left), 0
	b.err = &http.MaxBytesError{Limit: b.limit}
	_, _ = io.CopyN(io.Discard, b.ReadCloser, mostUnread) //nolint:errcheck // whether it ends or not, it is refused
	return n, b.err
}

// crooked finds paths that no link of ours has: dot segments, empty segments,
// backslashes, control bytes, endless ones.
func crooked(path string) bool {
	if len(path) > 2048 || path == "" || path[0] != '/' {
		return true
	}
	for i := range len(path) {
		if c := path[i]; c < 0x20 || c == 0x7f || c == '\\' {
			return true
		}
	}
	return strings.Contains(path, "//") || strings.Contains(path, "/./") || strings.Contains(path, "/../") ||
		strings.HasSuffix(path, "/.") || strings.HasSuffix(path, "/..")
}

// Behind takes the reader's network address from X-Forwarded-For when the peer
// is one of our own proxies, reading from the right until an address that is
// not. Any other peer speaks for itself.
func Behind(proxies []netip.Prefix, next http.Handler) http.Handler {
	if len(proxies) == 0 {
		return next
	}
	ours := func(a netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer := Peer(r)
		if peer.IsValid() && ours(peer) {
			hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
			for _, hop := range slices.Backward(hops) {
				a, err := netip.ParseAddr(strings.TrimSpace(hop))
				if err != nil {
					break
				}
				r.RemoteAddr = netip.AddrPortFrom(a, 0).String()
				if !ours(a) {
					break
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// Peer is the network address a request came from, invalid when it has none.
// It is used and forgotten, never stored and never logged.
func Peer(r *http.Request) netip.Addr {
	p, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return p.Addr().Unmap()
}
