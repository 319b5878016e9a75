package chaos

import (
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
)

// fromEnv is a number from the environment, or its default.
func fromEnv(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q is not a number", name, v)
	}
	return n
}

func TestLedgerEqualsTheBanks(t *testing.T) {
	rounds := fromEnv(t, "MIMEO_CHAOS_ROUNDS", 20)
	seed := fromEnv(t, "MIMEO_CHAOS_SEED", rand.Uint64())
	t.Run("sqlite", func(t *testing.T) {
		killAndCompare(t, newNewsroom(t, ""), rounds, seed)
	})
	t.Run("postgres", func(t *testing.T) {
		url := dbtest.PostgresURL(t)
		killAndCompare(t, newNewsroom(t, url), max(1, rounds/2), seed, postgresFolder(t, url))
	})
}

// killAndCompare kills the newsroom in every round, at a moment that
// nobody chose, while webhooks are lost, doubled, late and out of order and
// the processor's answers get lost after the work was done. In the end the
// ledger has each movement of the donors' statements once, to the cent.
func killAndCompare(t *testing.T, n *newsroom, rounds, seed uint64, more ...string) {
	t.Logf("MIMEO_CHAOS_ROUNDS=%d MIMEO_CHAOS_SEED=%d", rounds, seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var reached, broken, reminders atomic.Int64
	for round := range rounds {
		n.start()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		plan := fmt.Sprintf(`{"webhooks":{"duplicate":0.3,"drop":0.3,"delay":0.3,"shuffle":true},"api":{"timeout_after_success":0.15,"error_rate":0.1},"seed":%d}`, random.Uint32())
		if err := n.faults(ctx, plan); err != nil {
			t.Fatal(err)
		}
		moment := time.Duration(random.IntN(300)) * time.Millisecond
		var donors sync.WaitGroup
		for i := range 4 {
			g := gift{
				Email:   fmt.Sprintf("%s-%06x-%d-%d@example.org", plantedName, random.IntN(1<<24), round, i),
				Monthly: random.IntN(2) == 0,
				Ten:     random.IntN(2) == 0,
				Card:    "4242424242424242",
			}
			switch random.IntN(12) {
			case 0:
				g.Card = "4000000000000002" // is declined
			case 1:
				g.Card = "4000000000000341" // pays once, every renewal fails
			case 2:
				g.Card = "4000000000000259" // pays, and its holder disputes it
			}
			origin := n.origin
			donors.Go(func() {
				if err := g.give(ctx, origin); err != nil {
					broken.Add(1)
				} else {
					reached.Add(1)
				}
			})
		}
		waiting := fmt.Sprintf("%s-%06x-%d-later@example.org", plantedName, random.IntN(1<<24), round)
		origin := n.origin
		donors.Go(func() {
			if err := remind(ctx, origin, waiting); err == nil {
				reminders.Add(1)
			}
		})
		if round%4 == 3 {
			// Renewals fall due while the newsroom dies.
			donors.Go(func() { _ = n.advance(ctx, "P10D") }) // it is killed in the middle of it
		}
		select {
		case <-time.After(moment):
		case <-ctx.Done():
		}
		n.kill()
		donors.Wait()
		cancel()
	}
	t.Logf("%d gifts came to their end, %d were cut off or refused; %d reminders were set", reached.Load(), broken.Load(), reminders.Load())
	if reached.Load() == 0 || reminders.Load() == 0 {
		t.Error("no gift or no reminder came through at all: the kills come too early to prove anything")
	}

	planted := []string{plantedName, plantedAgent, plantedNetwork}
	folders := append([]string{n.data, filepath.Dir(n.log.Name())}, more...)
	report(t, "found in the folder of a killed newsroom", scan(t, planted, folders...))

	n.start()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := n.faults(ctx, `{}`); err != nil {
		t.Fatal(err)
	}
	n.mustRun("contribution", "reconcile")
	n.mustRun("ledger", "check")
	balanced(t, n)

	// Two months on the monthly gifts have been renewed twice, and nothing is left open.
	if err := n.advance(ctx, "P2M"); err != nil {
		t.Fatal(err)
	}
	n.mustRun("contribution", "reconcile")
	n.mustRun("ledger", "check")
	lines, entries := balanced(t, n)
	back := 0
	for _, l := range n.statements() {
		if l.Amount < 0 {
			back++
		}
	}
	t.Logf("%d lines on statements, %d of them money that went back; %d movements in the ledger", lines, back, entries)
	n.mustRun("contribution", "reconcile")
	if _, again := balanced(t, n); again != entries {
		t.Errorf("reconciling once more added %d movements", again-entries)
	}

	headline, err := n.leadStory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	n.kill()
	report(t, "found in the folder at the end", scan(t, planted, folders...))
	if len(scan(t, []string{headline}, folders...)) == 0 {
		t.Errorf("the scan does not even find the lead story's headline %q: it proves nothing", headline)
	}
}

// postgresFolder is where the database server keeps its files.
func postgresFolder(t *testing.T, url string) (folder string) {
	t.Helper()
	err := dbtest.Open(t, url, time.Now).Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, `select current_setting('data_directory')`).Scan(&folder)
	})
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// balanced holds the ledger against the statements.
func balanced(t *testing.T, n *newsroom) (lines, entries int) {
	t.Helper()
	statements := n.statements()
	if len(statements) == 0 {
		t.Fatal("the donors' banks have no line: nothing was paid, nothing is proved")
	}
	booked := ledgerLines(t, n.mustRun("ledger", "export", "--format", "csv"))
	for _, f := range differences(statements, booked) {
		t.Error(f)
	}
	return len(statements), len(booked)
}

func report(t *testing.T, what string, hits []string) {
	t.Helper()
	if len(hits) > 0 {
		t.Errorf("%s, %d times: %s", what, len(hits), strings.Join(hits[:min(len(hits), 10)], "\n"))
	}
}

// ledgerLines are the movements between donors and us: what a statement shows.
func ledgerLines(t *testing.T, export string) []line {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(export)).ReadAll()
	if err != nil {
		t.Fatalf("the export is not CSV: %v: %.300s", err, export)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	for _, name := range []string{"date", "kind", "currency", "amount", "pledge", "payment"} {
		if _, there := column[name]; !there {
			t.Fatalf("the export has no column %s: %v", name, rows[0])
		}
	}
	var lines []line
	for _, row := range rows[1:] {
		amount, err := strconv.ParseInt(row[column["amount"]], 10, 64)
		if err != nil {
			t.Fatalf("amount in %v: %v", row, err)
		}
		switch kind := row[column["kind"]]; kind {
		case "gross", "refund", "dispute":
			lines = append(lines, line{Kind: "statement", Amount: amount, Currency: row[column["currency"]]})
		case "fee", "payout", "exchange":
		default:
			t.Errorf("unknown kind %q in the export", kind)
		}
	}
	return lines
}

// differences wants the same movements on both sides, each as often.
func differences(statements, ledger []line) (faults []string) {
	count := map[line]int{}
	sums := map[string][2]int64{}
	for _, l := range statements {
		count[l]++
		s := sums[l.Currency]
		sums[l.Currency] = [2]int64{s[0] + l.Amount, s[1]}
	}
	for _, l := range ledger {
		count[l]--
		s := sums[l.Currency]
		sums[l.Currency] = [2]int64{s[0], s[1] + l.Amount}
	}
	for currency, s := range sums {
		if s[0] != s[1] {
			faults = append(faults, fmt.Sprintf("%s: the statements say %d, the ledger %d", currency, s[0], s[1]))
		}
	}
	for l, n := range count {
		if n > 0 {
			faults = append(faults, fmt.Sprintf("%d movements of %d %s are on statements and not in the ledger", n, l.Amount, l.Currency))
		} else if n < 0 {
			faults = append(faults, fmt.Sprintf("%d movements of %d %s are in the ledger and on no statement", -n, l.Amount, l.Currency))
		}
	}
	return faults
}

func TestDifferences(t *testing.T) {
	five, ten, back := line{"statement", 500, "USD"}, line{"statement", 1000, "USD"}, line{"statement", -500, "USD"}
	for _, c := range []struct {
		what               string
		statements, ledger []line
		want               int
	}{
		{"the same in another order", []line{five, ten, back}, []line{back, five, ten}, 0},
		{"one was not booked", []line{five, ten}, []line{five}, 2},
		{"one was booked twice", []line{five}, []line{five, five}, 2},
		{"the sum is right and the movements are not", []line{ten}, []line{five, five}, 2},
		{"another currency", []line{five}, []line{{"statement", 500, "EUR"}}, 4},
	} {
		if got := differences(c.statements, c.ledger); len(got) != c.want {
			t.Errorf("%s: %q, want %d", c.what, got, c.want)
		}
	}
}
