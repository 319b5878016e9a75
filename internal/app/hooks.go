package app

import (
	"io"
	"net/http"

	"mimeo/internal/fault"
)

// hook takes a processor's message to the till. Its answer is for a machine:
// 200 "understood", 4xx "never send this again", 5xx "send it again".
func (a *App) hook(w http.ResponseWriter, r *http.Request) error {
	raw, err := io.ReadAll(r.Body) // bounded by web.Protect
	if err != nil {
		return fault.Wrap(fault.Invalid, "The message did not arrive whole", err)
	}
	if err := a.Contributions.Hook(r.Context(), r.PathValue("provider"), r.Header, raw); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	_, err = io.WriteString(w, "understood\n")
	return err
}
