package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"mimeo/internal/app"
	"mimeo/internal/appeal"
	"mimeo/internal/fault"
)

type appealCmd struct {
	Decide  appealDecideCmd `cmd:"" help:"Decide for readers given as JSON Lines on standard input."`
	Show    appealShowCmd   `cmd:"" help:"Print the configuration in force."`
	Save    appealSaveCmd   `cmd:"" help:"Put a configuration file in force. The one before is kept."`
	Live    appealLiveCmd   `cmd:"" help:"Show an appeal to readers."`
	Draft   appealDraftCmd  `cmd:"" help:"Take an appeal back to draft."`
	Archive appealArchCmd   `cmd:"" help:"Put an appeal away."`
	Report  appealReportCmd `cmd:"" help:"What each wording was shown, answered with and given."`
}

// rules reads a configuration file and says what it drops.
func (s *session) rules(path string) (*appeal.Rules, []byte, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fault.Wrap(fault.Missing, "The file "+path+" cannot be read", err)
	}
	rules, dropped, err := appeal.ParseConfig(raw)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range dropped {
		fmt.Fprintf(s.Err, "mimeo: left out: %s\n", d)
	}
	return rules, raw, nil
}

type appealDecideCmd struct {
	Config string `name:"config" required:"" help:"Configuration of the appeals." type:"path"`
}

func (c appealDecideCmd) Run(ctx context.Context, s *session) error {
	rules, _, err := s.rules(c.Config)
	if err != nil {
		return err
	}
	return appeal.DecideLines(s.In, s.Out, s.Err, rules)
}

type appealShowCmd struct{}

func (appealShowCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		history, err := a.Appeals.History(ctx, 0, 1)
		if err != nil {
			return err
		}
		if len(history) == 0 {
			return fault.Missingf("No appeals have been set up")
		}
		r, err := a.Appeals.Version(ctx, history[0].Version)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(s.Out, string(r.Document))
		return err
	})
}

type appealSaveCmd struct {
	File   string `arg:"" help:"The configuration." type:"path"`
	Author string `help:"Who changes it, for the history." default:"command line"`
}

func (c appealSaveCmd) Run(ctx context.Context, s *session) error {
	_, raw, err := s.rules(c.File)
	if err != nil {
		return err
	}
	return s.with(ctx, func(a *app.App) error {
		r, err := a.Appeals.Save(ctx, raw, c.Author)
		if err != nil {
			return err
		}
		return s.said("In force as version %d.\n", r.Version)
	})
}

type appealLiveCmd struct {
	ID string `arg:"" help:"The appeal."`
}

func (c appealLiveCmd) Run(ctx context.Context, s *session) error {
	return s.appealState(ctx, c.ID, appeal.Live)
}

type appealDraftCmd struct {
	ID string `arg:"" help:"The appeal."`
}

func (c appealDraftCmd) Run(ctx context.Context, s *session) error {
	return s.appealState(ctx, c.ID, appeal.Draft)
}

type appealArchCmd struct {
	ID string `arg:"" help:"The appeal."`
}

func (c appealArchCmd) Run(ctx context.Context, s *session) error {
	return s.appealState(ctx, c.ID, appeal.Archived)
}

func (s *session) appealState(ctx context.Context, id string, state appeal.State) error {
	return s.with(ctx, func(a *app.App) error {
		r, err := a.Appeals.SetState(ctx, id, state, "command line")
		if err != nil {
			return err
		}
		return s.said("%s is %s, version %d.\n", id, state, r.Version)
	})
}

// said prints a sentence for a person; under --json there is nothing to add.
func (s *session) said(format string, args ...any) error {
	if s.json {
		return s.print(map[string]bool{"done": true})
	}
	_, err := fmt.Fprintf(s.Out, format, args...)
	return err
}

// lines writes text that ends with a line break.
func (s *session) lines(text string) error {
	_, err := io.WriteString(s.Out, text)
	return err
}

type appealReportCmd struct {
	Days int `help:"How many days back." default:"30"`
}

func (c appealReportCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		now := a.Now()
		counts, gifts, err := a.Appeals.Report(ctx, now.AddDate(0, 0, -c.Days), now.AddDate(0, 0, 1))
		if err != nil {
			return err
		}
		if s.json {
			events, given := []map[string]any{}, []map[string]any{}
			for _, n := range counts {
				events = append(events, map[string]any{"day": n.Day.Format(time.DateOnly), "appeal": n.Appeal, "variant": n.Variant, "event": n.Event, "n": n.N})
			}
			for _, g := range gifts {
				given = append(given, map[string]any{"day": g.Day.Format(time.DateOnly), "appeal": g.Appeal, "variant": g.Variant, "rhythm": g.Rhythm, "n": g.N, "amount": g.Sum.Minor, "currency": g.Sum.Currency})
			}
			return s.print(map[string]any{"counts": events, "gifts": given})
		}
		if len(counts)+len(gifts) == 0 {
			return s.lines("Nobody has been asked in these days.\n")
		}
		for _, n := range counts {
			fmt.Fprintf(s.Out, "%s  %s/%s  %-10s %d\n", n.Day.Format(time.DateOnly), n.Appeal, n.Variant, n.Event, n.N)
		}
		for _, g := range gifts {
			fmt.Fprintf(s.Out, "%s  %s/%s  %-10s %d gifts, %s\n", g.Day.Format(time.DateOnly), g.Appeal, g.Variant, g.Rhythm, g.N, g.Sum)
		}
		return nil
	})
}
