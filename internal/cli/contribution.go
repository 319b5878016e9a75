package cli

import (
	"context"
	"fmt"

	"mimeo/internal/app"
)

type contributionCmd struct {
	Reconcile reconcileCmd `cmd:"" help:"Fetch what the processor knows and book what is missing."`
}

type reconcileCmd struct{}

func (reconcileCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		report, err := a.Contributions.Reconcile(ctx)
		if err != nil {
			return err
		}
		if s.json {
			return s.print(report)
		}
		_, err = fmt.Fprint(s.Out, report)
		return err
	})
}
