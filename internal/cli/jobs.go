package cli

import (
	"context"
	"fmt"
	"time"

	"mimeo/internal/app"
)

type jobsCmd struct {
	List  jobsListCmd  `cmd:"" help:"Jobs that failed for good, and why."`
	Retry jobsRetryCmd `cmd:"" help:"Try one of them again."`
}

type jobsListCmd struct{}

func (jobsListCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		dead, err := a.Jobs.Dead(ctx)
		if err != nil {
			return err
		}
		if s.json {
			out := []map[string]any{}
			for _, d := range dead {
				out = append(out, map[string]any{"id": d.ID, "kind": d.Kind, "error": d.Error, "attempts": d.Attempts, "at": d.At})
			}
			return s.print(map[string]any{"dead": out})
		}
		if len(dead) == 0 {
			return s.lines("No job has given up.\n")
		}
		for _, d := range dead {
			fmt.Fprintf(s.Out, "%d  %s  %s  after %d tries: %s\n", d.ID, d.Kind, d.At.Format(time.RFC3339), d.Attempts, d.Error)
		}
		return nil
	})
}

type jobsRetryCmd struct {
	ID int64 `arg:"" help:"Its number in the list."`
}

func (c jobsRetryCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		if err := a.Jobs.Retry(ctx, c.ID); err != nil {
			return err
		}
		return s.said("Job %d runs again.\n", c.ID)
	})
}
