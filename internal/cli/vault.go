package cli

import (
	"context"
	"fmt"
	"time"

	"mimeo/internal/app"
	"mimeo/internal/fault"
)

type vaultCmd struct {
	Status vaultStatusCmd `cmd:"" help:"The keys of past and coming days."`
	Forget vaultForgetCmd `cmd:"" help:"Begin anew after the key folder was lost. What was sealed with it stays unreadable for good."`
}

type vaultStatusCmd struct {
	Days int `help:"How many days back and ahead." default:"7"`
}

func (c vaultStatusCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		now := a.Now()
		days, err := a.Vault.Days(ctx, now.AddDate(0, 0, -c.Days).Format(time.DateOnly), now.AddDate(0, 0, c.Days).Format(time.DateOnly))
		if err != nil {
			return err
		}
		out := []map[string]any{}
		for _, d := range days {
			state, gone := "is here", any(nil)
			if !d.Destroyed.IsZero() {
				gone = d.Destroyed
				state = "was destroyed " + d.Destroyed.Format(time.DateOnly)
			}
			out = append(out, map[string]any{"day": d.Day, "made": d.Made, "destroyed": gone})
			if !s.json {
				fmt.Fprintf(s.Out, "%s  the private half %s\n", d.Day, state)
			}
		}
		if s.json {
			return s.print(map[string]any{"days": out})
		}
		return nil
	})
}

type vaultForgetCmd struct {
	Really bool `help:"Needed: planned mails and renewals of active gifts are lost."`
}

func (c vaultForgetCmd) Run(ctx context.Context, s *session) error {
	if !c.Really {
		return fault.Invalidf("Planned mails and the renewals of active gifts would be lost. If the key folder is gone for good, say --really")
	}
	if err := app.ForgetKeys(ctx, s.config, s.log); err != nil {
		return err
	}
	return s.said("The next start makes new keys.\n")
}
