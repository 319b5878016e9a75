package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"mimeo/internal/app"
	"mimeo/internal/config"
	"mimeo/internal/fault"
)

type serveCmd struct {
	Demo bool   `help:"The whole product on loopback with nothing else installed: a seeded newsroom, a simulated payment processor, an outbox in place of mail, a clock that can be moved."`
	At   string `help:"Demo only: the time (RFC 3339) at which its clock begins."`
}

func (c serveCmd) Run(ctx context.Context, s *session) error {
	opt := app.Options{Log: s.log, Demo: c.Demo, Out: s.Out}
	if c.At != "" {
		if !c.Demo {
			return misused("--at moves the demo's clock; a real newsroom has the machine's")
		}
		at, err := time.Parse(time.RFC3339, c.At)
		if err != nil {
			return misused("--at takes a time like 2026-11-22T10:00:00Z")
		}
		opt.At = at
	}
	if !c.Demo {
		if err := s.refuse(s.config.Check()); err != nil {
			return err
		}
	}
	// The first signal stops in order, the second one at once. Whoever read what
	// we say may leave without ending us.
	ctx, release := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer release()
	context.AfterFunc(ctx, release)
	signal.Ignore(syscall.SIGPIPE)
	return app.Serve(ctx, s.config, opt)
}

func (s *session) refuse(problems []config.Problem) error {
	for _, p := range problems {
		s.log.Error("an option is wrong", "option", p.Option, "why", p.Message)
	}
	if len(problems) > 0 {
		return fault.Invalidf("Not started: mimeo config check explains what is wrong with the options")
	}
	return nil
}
