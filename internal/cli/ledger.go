package cli

import (
	"context"
	"fmt"

	"mimeo/internal/app"
	"mimeo/internal/fault"
	"mimeo/internal/ledger"
)

type ledgerCmd struct {
	Check  ledgerCheckCmd  `cmd:"" help:"Prove that the books balance and that no entry was touched."`
	Export ledgerExportCmd `cmd:"" help:"Write the books for another program."`
}

type ledgerCheckCmd struct{}

func (ledgerCheckCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		report, err := a.Ledger.Check(ctx, a.DB)
		if err != nil {
			return err
		}
		if s.json {
			err = s.print(struct {
				OK bool `json:"ok"`
				ledger.Report
			}{report.Broken == nil, report})
		} else {
			err = s.ledgerInWords(report)
		}
		if err == nil && report.Broken != nil {
			return fault.Conflictf("Entry %d (%s) is not as it was written: %s", report.Broken.Seq, report.Broken.ID, report.Broken.Why)
		}
		return err
	})
}

func (s *session) ledgerInWords(r ledger.Report) error {
	if r.Broken != nil {
		return nil // said as the command's failure
	}
	fmt.Fprintf(s.Out, "The ledger balances: %d entries, none touched.\n", r.Entries)
	for _, t := range r.Totals {
		fmt.Fprintf(s.Out, "  %-9s %s\n", t.Kind, t.Amount)
	}
	_, err := fmt.Fprintf(s.Out, "Head %s\n", r.Head)
	return err
}

type ledgerExportCmd struct {
	Format string `help:"csv, hledger or beancount." enum:"csv,hledger,beancount" default:"csv"`
}

func (c ledgerExportCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error { return a.Ledger.Export(ctx, a.DB, s.Out, ledger.Format(c.Format)) })
}
