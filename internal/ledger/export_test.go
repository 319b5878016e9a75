package ledger_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/ledger"
	"mimeo/internal/money"
)

// everyKind is a book in which each kind occurs, in three currencies.
func everyKind() []ledger.Entry {
	entry := func(id string, kind ledger.Kind, minor int64, c money.Currency, payment, day string) ledger.Entry {
		e := ledger.Entry{ID: "stripe:" + id + ":" + string(kind), Kind: kind, Provider: "stripe", Amount: money.Of(minor, c), Day: day}
		if payment != "" {
			e.Pledge, e.Payment = "k7f3"+payment, payment
		}
		return e
	}
	return []ledger.Entry{
		entry("ch_1", ledger.Gross, 500, money.USD, "pay1", "2026-11-22"),
		entry("ch_1", ledger.Fee, -45, money.USD, "pay1", "2026-11-22"),
		entry("ch_2", ledger.Gross, 300, money.JPY, "pay2", "2026-11-21"),
		entry("ch_3", ledger.Gross, 750, money.EUR, "pay3", "2026-11-23"),
		entry("ch_3/EUR", ledger.Exchange, -750, money.EUR, "pay3", "2026-11-23"),
		entry("ch_3/USD", ledger.Exchange, 811, money.USD, "pay3", "2026-11-23"),
		entry("re_1", ledger.Refund, -500, money.USD, "pay1", "2026-11-24"),
		entry("dp_1/out", ledger.Dispute, -811, money.USD, "pay3", "2026-11-24"),
		entry("dp_1/back", ledger.Dispute, 811, money.USD, "pay3", "2026-12-24"),
		entry("po_1", ledger.Payout, -700, money.USD, "", "2026-12-25"),
	}
}

func export(t *testing.T, d *db.DB, format ledger.Format) string {
	t.Helper()
	var out bytes.Buffer
	if err := ledger.New().Export(t.Context(), d, &out, format); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestCSV(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		post(t, d, everyKind()...)
		rows, err := csv.NewReader(strings.NewReader(export(t, d, ledger.CSV))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(rows[0], ","); got != "date,kind,currency,amount,pledge,payment,provider,id" {
			t.Errorf("head %s", got)
		}
		if len(rows) != 1+len(everyKind()) {
			t.Fatalf("%d rows", len(rows))
		}
		for i, want := range map[int]string{
			1:  "2026-11-22,gross,USD,500,k7f3pay1,pay1,stripe,stripe:ch_1:gross",
			2:  "2026-11-22,fee,USD,-45,k7f3pay1,pay1,stripe,stripe:ch_1:fee",
			3:  "2026-11-21,gross,JPY,300,k7f3pay2,pay2,stripe,stripe:ch_2:gross",
			10: "2026-12-25,payout,USD,-700,,,stripe,stripe:po_1:payout",
		} {
			if got := strings.Join(rows[i], ","); got != want {
				t.Errorf("row %d: %s, want %s", i, got, want)
			}
		}
	})
}

func TestCSVHasNoFormulas(t *testing.T) {
	d := dbtest.SQLite(t)
	e := gross("1", 500)
	e.Pledge, e.Payment = "-2", "-cmd"
	post(t, d, e)
	if got := export(t, d, ledger.CSV); !strings.Contains(got, ",500,'-2,'-cmd,") {
		t.Errorf("%s", got)
	}
}

func TestEmptyBookExports(t *testing.T) {
	d := dbtest.SQLite(t)
	if got := export(t, d, ledger.CSV); got != "date,kind,currency,amount,pledge,payment,provider,id\n" {
		t.Errorf("%q", got)
	}
	accepted(t, "hledger", export(t, d, ledger.HLedger), "-f", "FILE", "check")
	accepted(t, "bean-check", export(t, d, ledger.Beancount), "FILE")
}

func TestUnknownFormat(t *testing.T) {
	err := ledger.New().Export(t.Context(), dbtest.SQLite(t), &bytes.Buffer{}, "xlsx")
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
}

// accepted runs a bookkeeping program's own checker over a journal.
func accepted(t *testing.T, program, journal string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("SKIPPED: %s is not installed (Debian: apt-get install hledger beancount), so nothing says that it accepts our journal", program)
	}
	file := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(file, []byte(journal), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		if a == "FILE" {
			args[i] = file
		}
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s\n%s", program, err, out, journal)
	}
	return string(out)
}

func TestHledgerAccepts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		post(t, d, everyKind()...)
		journal := export(t, d, ledger.HLedger)
		accepted(t, "hledger", journal, "-f", "FILE", "check", "--strict")
		balances := accepted(t, "hledger", journal, "-f", "FILE", "balance", "-N", "-O", "csv", "assets:provider:stripe")
		if !strings.Contains(balances, "0.66 USD") || !strings.Contains(balances, "300 JPY") || strings.Contains(balances, "EUR") {
			t.Errorf("hledger finds %s", balances)
		}
	})
}

func TestBeancountAccepts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		post(t, d, everyKind()...)
		if out := accepted(t, "bean-check", export(t, d, ledger.Beancount), "FILE"); out != "" {
			t.Errorf("bean-check says %s", out)
		}
	})
}
