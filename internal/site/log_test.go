package site

import (
	"context"
	"log/slog"
	"testing"
)

// testLog fails the test when something is logged that an operator would have
// to look at.
func testLog(t testing.TB) *slog.Logger { return slog.New(&loud{t: t}) }

type loud struct{ t testing.TB }

func (l *loud) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (l *loud) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
	l.t.Error("logged: " + text)
	return nil
}
func (l *loud) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *loud) WithGroup(string) slog.Handler      { return l }
