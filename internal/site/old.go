package site

import (
	"errors"
	"net/http"
	"strings"

	"mimeo/internal/fault"
)

// old answers for an address under which nothing is: a story that came from
// another system may have been there, and then the reader is led to where it
// is now. err is what the address gave, and stays the answer otherwise.
func (s *Site) old(w http.ResponseWriter, r *http.Request, err error) error {
	if s.archive == nil || fault.KindOf(err) != fault.Missing || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return err
	}
	to, missed := s.archive.Moved(r.Context(), r.URL.RequestURI())
	if missed != nil {
		if fault.KindOf(missed) == fault.Missing {
			return err
		}
		return errors.Join(missed, err)
	}
	return s.moved(w, escaped(to))
}

// numbered answers for the front page with a number in its query, such as
// /?p=12: the oldest kind of address that a blog gives its posts.
func (s *Site) numbered(next action) action {
	return func(e *edition, w http.ResponseWriter, r *http.Request) error {
		if q := r.URL.RawQuery; s.archive == nil || !strings.HasPrefix(q, "p=") && !strings.HasPrefix(q, "page_id=") {
			return next(e, w, r)
		}
		if err := s.old(w, r, errMissing); !errors.Is(err, errMissing) {
			return err
		}
		return next(e, w, r)
	}
}

// formerly answers by a page, or by where a story is that was there.
func (s *Site) formerly(page action) action {
	return func(e *edition, w http.ResponseWriter, r *http.Request) error {
		if err := page(e, w, r); err != nil {
			return s.old(w, r, err)
		}
		return nil
	}
}
