package ledger

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/money"
)

// Format is a form in which the book leaves the house.
type Format string

// The formats.
const (
	CSV       Format = "csv"       // for spreadsheets: one row an entry, amounts in minor units with their sign
	HLedger   Format = "hledger"   // a journal for hledger (and ledger-cli)
	Beancount Format = "beancount" // a journal for beancount
)

// Export writes the whole book, oldest row first. It does not check it.
func (b *Book) Export(ctx context.Context, d *db.DB, w io.Writer, format Format) error {
	out := bufio.NewWriter(w)
	var err error
	switch format {
	case CSV:
		err = exportCSV(ctx, d, out)
	case HLedger:
		err = exportJournal(ctx, d, out, hledgerForm{})
	case Beancount:
		err = exportJournal(ctx, d, out, beancountForm{})
	default:
		return fault.Invalidf("The ledger can be exported as csv, hledger or beancount, not as %q", string(format))
	}
	if err != nil {
		return fmt.Errorf("exporting the ledger: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("exporting the ledger: %w", err)
	}
	return nil
}

func exportCSV(ctx context.Context, d *db.DB, out io.Writer) error {
	w := csv.NewWriter(out)
	if err := w.Write([]string{"date", "kind", "currency", "amount", "pledge", "payment", "provider", "id"}); err != nil {
		return err
	}
	if err := each(ctx, d, func(e Entry) error {
		return w.Write([]string{
			e.Day, guarded(string(e.Kind)), string(e.Amount.Currency), strconv.FormatInt(e.Amount.Minor, 10),
			guarded(e.Pledge), guarded(e.Payment), guarded(e.Provider), guarded(e.ID),
		})
	}); err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

// guarded keeps a spreadsheet from taking a text for a formula.
func guarded(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(text[0])) {
		return "'" + text
	}
	return text
}

func each(ctx context.Context, d *db.DB, visit func(e Entry) error) error {
	return d.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		return scan(ctx, tx, func(r *row) error {
			e, err := r.entry()
			if err != nil {
				return fmt.Errorf("row %d: %w", r.seq, err)
			}
			return visit(e)
		})
	})
}

// journalForm is how a program wants its journal written.
type journalForm interface {
	begin(w io.Writer, accounts []string, currencies []money.Currency, firstDay string) error
	entry(w io.Writer, e Entry, debit, credit string) error
}

func exportJournal(ctx context.Context, d *db.DB, w io.Writer, form journalForm) error {
	return d.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		var accounts []string
		var currencies []money.Currency
		firstDay := ""
		note := func(r *row) error {
			for _, name := range [...]string{r.debit, r.credit} {
				if at, there := slices.BinarySearch(accounts, name); !there {
					accounts = slices.Insert(accounts, at, name)
				}
			}
			c := money.Currency(r.currency)
			if at, there := slices.BinarySearch(currencies, c); !there {
				currencies = slices.Insert(currencies, at, c)
			}
			if firstDay == "" || r.day < firstDay {
				firstDay = r.day
			}
			return nil
		}
		if err := scan(ctx, tx, note); err != nil {
			return err
		}
		if err := form.begin(w, accounts, currencies, firstDay); err != nil {
			return err
		}
		return scan(ctx, tx, func(r *row) error {
			e, err := r.entry()
			if err != nil {
				return fmt.Errorf("row %d: %w", r.seq, err)
			}
			return form.entry(w, e, r.debit, r.credit)
		})
	})
}

// payee is a name for the books that tells pledges apart and nobody's name.
func payee(e Entry) string {
	if e.Pledge == "" {
		return "Provider " + e.Provider
	}
	return "Supporter " + strings.ToUpper(e.Pledge[:min(4, len(e.Pledge))])
}

type hledgerForm struct{}

func (hledgerForm) begin(w io.Writer, accounts []string, currencies []money.Currency, _ string) error {
	for _, c := range currencies {
		point := "1000."
		if c.Exponent() > 0 {
			point += strings.Repeat("0", c.Exponent())
		}
		if _, err := fmt.Fprintf(w, "commodity %s %s\n", point, c); err != nil {
			return err
		}
	}
	for _, name := range accounts {
		if _, err := fmt.Fprintf(w, "account %s\n", name); err != nil {
			return err
		}
	}
	return nil
}

func (hledgerForm) entry(w io.Writer, e Entry, debit, credit string) error {
	if _, err := fmt.Fprintf(w, "\n%s * (%s) %s | %s\n", e.Day, e.ID, payee(e), e.Kind); err != nil {
		return err
	}
	if e.Payment != "" {
		if _, err := fmt.Fprintf(w, "    ; pledge:%s, payment:%s\n", e.Pledge, e.Payment); err != nil {
			return err
		}
	}
	amount := strings.TrimPrefix(e.Amount.Decimal(), "-")
	_, err := fmt.Fprintf(w, "    %s  %s %s\n    %s  -%s %s\n", debit, amount, e.Amount.Currency, credit, amount, e.Amount.Currency)
	return err
}

type beancountForm struct{}

func (f beancountForm) begin(w io.Writer, accounts []string, _ []money.Currency, firstDay string) error {
	if _, err := fmt.Fprint(w, "option \"title\" \"Contributions\"\n"); err != nil {
		return err
	}
	for _, name := range accounts {
		if _, err := fmt.Fprintf(w, "%s open %s\n", firstDay, f.account(name)); err != nil {
			return err
		}
	}
	return nil
}

// account writes each part of a name with a capital, as beancount wants it.
func (beancountForm) account(name string) string {
	parts := strings.Split(name, ":")
	for i, p := range parts {
		parts[i] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, ":")
}

func (f beancountForm) entry(w io.Writer, e Entry, debit, credit string) error {
	if _, err := fmt.Fprintf(w, "\n%s * %q %q\n  id: %q\n", e.Day, payee(e), string(e.Kind), e.ID); err != nil {
		return err
	}
	if e.Payment != "" {
		if _, err := fmt.Fprintf(w, "  pledge: %q\n  payment: %q\n", e.Pledge, e.Payment); err != nil {
			return err
		}
	}
	amount := strings.TrimPrefix(e.Amount.Decimal(), "-")
	_, err := fmt.Fprintf(w, "  %s  %s %s\n  %s  -%s %s\n",
		f.account(debit), amount, e.Amount.Currency, f.account(credit), amount, e.Amount.Currency)
	return err
}
