package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"

	"mimeo/internal/app"
	"mimeo/internal/statement"
)

type statementListCmd struct {
	All   bool `help:"Also those that no published story carries, in their newest version."`
	Limit int  `help:"How many." default:"50"`
}

// listedStatement is a statement as scripts see it in a list.
type listedStatement struct {
	ID       string                  `json:"id"`
	Who      string                  `json:"who,omitempty"`
	Words    string                  `json:"words"`
	Lang     string                  `json:"lang"`
	Evidence statement.EvidenceState `json:"evidence"`
	Public   bool                    `json:"public"`
	Checked  bool                    `json:"checked"`
	Version  int                     `json:"version"`
}

func (c statementListCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		list := a.Statements.Recent
		if c.All {
			list = a.Statements.Work
		}
		found, err := list(ctx, statement.Cursor{}, c.Limit)
		if err != nil {
			return err
		}
		out := make([]listedStatement, 0, len(found))
		for i := range found {
			f := &found[i]
			out = append(out, listedStatement{f.ID, f.Who.Name.Text(f.Words.Lang), f.Words.Text, f.Words.Lang, f.State, f.Public, f.Checked, f.Version})
		}
		if s.json {
			return s.print(map[string]any{"statements": out})
		}
		if len(out) == 0 {
			return s.lines("There are none.\n")
		}
		for _, l := range out {
			who := l.Who
			if who == "" {
				who = "(unnamed)"
			}
			if _, err := fmt.Fprintf(s.Out, "%s  %-14s  %s: %s\n", l.ID, l.Evidence, who, l.Words); err != nil {
				return err
			}
		}
		return nil
	})
}

type statementShowCmd struct {
	ID string `arg:"" help:"The statement."`
}

func (c statementShowCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		found, err := a.Statements.ByID(ctx, c.ID)
		if err != nil {
			return err
		}
		stories, err := a.Statements.Stories(ctx, c.ID)
		if err != nil {
			return err
		}
		return s.print(struct {
			ID string `json:"id"`
			statement.Record
			Version int      `json:"version"`
			Shown   int      `json:"shown"`
			Public  bool     `json:"public"`
			Checked bool     `json:"checked"`
			Stories []string `json:"stories,omitempty"`
		}{found.ID, found.Record, found.Version, found.Shown, found.Public, found.Checked, stories})
	})
}

type statementExportCmd struct {
	Format string `help:"json (JSON Lines) or csv." enum:"json,csv" default:"json"`
	All    bool   `help:"Also what is not public, in its newest version; json only. Never what is private."`
}

func (c statementExportCmd) Run(ctx context.Context, s *session) error {
	if c.All && c.Format == "csv" {
		return misused("--all goes with --format json")
	}
	return s.with(ctx, func(a *app.App) error {
		if c.Format == "csv" {
			return a.Statements.WriteCSV(ctx, s.Out)
		}
		return a.Statements.WriteJSON(ctx, s.Out, statement.Exported(c.All))
	})
}

type statementRejectedCmd struct{}

func (statementRejectedCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		w := bufio.NewWriter(s.Out)
		lines := json.NewEncoder(w)
		lines.SetEscapeHTML(false)
		if err := a.Statements.Rejections(ctx, func(r statement.Rejection) error { return lines.Encode(r) }); err != nil {
			return err
		}
		return w.Flush()
	})
}
