package cli

import (
	"context"
	"fmt"

	"mimeo/internal/app"
	"mimeo/internal/fault"
)

type searchCmd struct {
	Rebuild searchRebuildCmd `cmd:"" help:"Make the search index anew, beside a running server. One that was interrupted goes on."`
	Check   searchCheckCmd   `cmd:"" help:"Compare the search index with the stories, and change nothing."`
}

type searchRebuildCmd struct {
	Fresh bool `help:"Begin at the beginning, even if an earlier run was interrupted."`
}

func (c searchRebuildCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		const every = 1_000
		said := 0
		done, err := a.Search.Rebuild(ctx, c.Fresh, func(done int) {
			if done/every != said/every {
				fmt.Fprintf(s.Err, "%d texts looked at\n", done)
			}
			said = done
		})
		if err != nil {
			return err
		}
		if s.json {
			return s.print(map[string]any{"looked_at": done})
		}
		return s.lines(fmt.Sprintf("The index is made anew; %d texts were looked at.\n", done))
	})
}

type searchCheckCmd struct{}

func (searchCheckCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		rep, err := a.Search.Check(ctx)
		if err != nil {
			return err
		}
		wrong := len(rep.Missing) + len(rep.Stale) + len(rep.Orphans)
		if s.json {
			err = s.print(map[string]any{
				"checked": rep.Checked, "missing": len(rep.Missing), "stale": len(rep.Stale), "orphans": len(rep.Orphans),
				"due": rep.Due, "unfinished": rep.Unmended,
			})
		} else {
			err = s.lines(fmt.Sprintf("%d texts checked: %d missing, %d as they were before, %d that should not be found, %d waiting.\n",
				rep.Checked, len(rep.Missing), len(rep.Stale), len(rep.Orphans), rep.Due))
		}
		if err != nil {
			return err
		}
		if wrong > rep.Due {
			return fault.Conflictf("The search index is not what it should be. Run: mimeo search rebuild --fresh")
		}
		return nil
	})
}
