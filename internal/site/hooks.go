package site

import (
	"io"
	"net/http"

	"mimeo/internal/fault"
	"mimeo/internal/web"
)

// hook takes a payment company's message. It is a rumour: the till verifies it
// on its raw bytes and asks the company itself what is so. An error makes the
// company send it again.
func (s *Site) hook(_ *edition, w http.ResponseWriter, r *http.Request) error {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, web.MaxBody))
	if err != nil {
		return fault.Wrap(fault.Invalid, "The message did not arrive whole", err)
	}
	if err := s.gifts.Hook(r.Context(), r.PathValue("provider"), r.Header, raw); err != nil {
		return err
	}
	s.headers.Apply(w.Header())
	w.WriteHeader(http.StatusNoContent)
	return nil
}
