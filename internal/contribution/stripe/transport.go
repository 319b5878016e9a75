package stripe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	api "github.com/stripe/stripe-go/v85"

	"mimeo/internal/fault"
)

// maxAnswer bounds what is read of an answer. A full page of a list is far
// below it.
const maxAnswer = 8 << 20

// newClient makes the client that every call goes through. It follows no
// redirect, which would carry the key elsewhere.
func newClient(opt Options, prefix string) *http.Client {
	under := opt.Transport
	if under == nil {
		under = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: opt.Timeout / 2}).DialContext,
			TLSHandshakeTimeout:   opt.Timeout / 2,
			ResponseHeaderTimeout: opt.Timeout,
			ForceAttemptHTTP2:     true,
			MaxIdleConnsPerHost:   32,
			IdleConnTimeout:       opt.Timeout,
		}
	}
	return &http.Client{
		Transport:     &transport{under: under, prefix: prefix},
		Timeout:       opt.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// transport puts the base address's path before each call's, which the library
// does not know how to do, and tells the other side nothing about this machine.
type transport struct {
	under  http.RoundTripper
	prefix string
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Path = t.prefix + r.URL.Path
	r.URL.RawPath = ""
	r.Header.Set("User-Agent", "Mimeo")
	r.Header.Del("X-Stripe-Client-User-Agent")
	answer, err := t.under.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = &bounded{answer.Body, maxAnswer}
	return answer, nil
}

// bounded is a body that ends in an error when it does not end by itself.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("the answer is too long")
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	return n, err
}

// What a donor or an editor may read of a failed call.
const (
	unanswered = "The payment processor does not answer. Try again in a few minutes"
	refused    = "The payment processor refused this payment. Nothing was charged"
	reused     = "This payment was begun with other details. Begin again"
	unknown    = "The payment processor knows of no such payment"
)

// explain turns the library's error into a fault of the right kind. The cause
// holds codes and ids, never Stripe's sentence nor our parameters.
func explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	var e *api.Error
	if !errors.As(err, &e) {
		return fault.Wrap(fault.Unavailable, unanswered, fmt.Errorf("%s: %w", doing, plain(err)))
	}
	cause := fmt.Errorf("%s: stripe answered %d, %s %s, parameter %q, request %s", doing, e.HTTPStatusCode, e.Type, e.Code, e.Param, e.RequestID)
	switch {
	case e.HTTPStatusCode >= 500, e.HTTPStatusCode == http.StatusConflict, e.HTTPStatusCode == http.StatusTooManyRequests:
		return fault.Wrap(fault.Unavailable, unanswered, cause)
	case e.HTTPStatusCode == http.StatusUnauthorized, e.HTTPStatusCode == http.StatusForbidden:
		// Our key is wrong or may too little: not the donor's fault, and mended
		// without them.
		return fault.Wrap(fault.Unavailable, unanswered, cause)
	case e.Type == api.ErrorTypeIdempotency:
		return fault.Wrap(fault.Conflict, reused, cause)
	case e.HTTPStatusCode == http.StatusNotFound, e.Code == api.ErrorCodeResourceMissing:
		return fault.Wrap(fault.Missing, unknown, cause)
	case e.HTTPStatusCode >= 400 && e.HTTPStatusCode < 500:
		return fault.Wrap(fault.Invalid, refused, cause)
	default:
		return fault.Wrap(fault.Unavailable, unanswered, cause)
	}
}

// explainRead is explain for a call that only looks: a question that Stripe does
// not understand is our mistake and says nothing about a payment.
func explainRead(doing string, err error) error {
	explained := explain(doing, err)
	if fault.KindOf(explained) == fault.Invalid {
		return fmt.Errorf("a mistake of ours: %w", errors.Unwrap(explained))
	}
	return explained
}

// plain keeps of an error from below what is safe to log. The library quotes
// answers it cannot read, and net/http quotes addresses with their queries.
func plain(err error) error {
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err
	}
	var network *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.As(err, &network):
		return network
	case errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	case errors.Is(err, io.EOF):
		return io.EOF
	default:
		return fmt.Errorf("no readable answer (%T)", err)
	}
}
