package ledger

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"sort"

	"mimeo/internal/db"
	"mimeo/internal/money"
)

// Report is what Check found.
type Report struct {
	Entries int64 `json:"entries"`
	// Head is the hash of the newest row. Written down elsewhere, it proves
	// later that nothing up to it was changed.
	Head string `json:"head"`
	// Balances are the accounts' sums per currency, debits less credits. In
	// each currency they add up to nothing.
	Balances []Balance `json:"balances"`
	// Totals are the sums per kind and currency with the sign of Entry.Amount.
	Totals []Total `json:"totals"`
	// Broken is the first row that is not as it was written, nil when all are.
	Broken *Broken `json:"broken"`
}

// Balance is what an account holds in one currency.
type Balance struct {
	Account string       `json:"account"`
	Amount  money.Amount `json:"amount"`
}

// Total is the sum of a kind in one currency.
type Total struct {
	Kind   Kind         `json:"kind"`
	Amount money.Amount `json:"amount"`
}

// Broken names a row and what is wrong with it.
type Broken struct {
	Seq int64  `json:"seq"`
	ID  string `json:"id"`
	Why string `json:"why"`
}

// Check reads the whole book and proves that its chain is whole, that each row
// has the accounts its kind calls for, and that the sums come out even. An
// error means that it could not be read; a book that is not in order is told in
// Report.Broken.
func (b *Book) Check(ctx context.Context, d *db.DB) (Report, error) {
	var report Report
	if err := d.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		c := newChecker()
		if err := scan(ctx, tx, c.row); err != nil {
			return err
		}
		seq, hash, err := readHead(ctx, tx)
		if err != nil {
			return err
		}
		report = c.report(seq, hash)
		return nil
	}); err != nil {
		return Report{}, fmt.Errorf("checking the ledger: %w", err)
	}
	return report, nil
}

type account struct {
	name     string
	currency money.Currency
}

type checker struct {
	seq      int64
	hash     []byte
	broken   *Broken
	balances map[account]money.Amount
	totals   map[account]money.Amount
}

func newChecker() *checker {
	return &checker{hash: make([]byte, 32), balances: map[account]money.Amount{}, totals: map[account]money.Amount{}}
}

func (c *checker) row(r *row) error {
	why := c.examine(r)
	if why != "" && c.broken == nil {
		c.broken = &Broken{Seq: r.seq, ID: r.id, Why: why}
	}
	// From here on the book is judged by what it says, so that one broken row
	// is not followed by a thousand.
	c.seq, c.hash = r.seq, r.hash
	return nil
}

// examine returns what is wrong with a row.
func (c *checker) examine(r *row) string {
	e, err := r.entry()
	if err != nil {
		return err.Error()
	}
	debit, credit, _, err := e.transfer()
	switch {
	case r.seq != c.seq+1:
		return fmt.Sprintf("row %d is missing before it", c.seq+1)
	case err != nil:
		return err.Error()
	case debit != r.debit || credit != r.credit:
		return "its accounts are not those of its kind"
	case !bytes.Equal(r.hash, r.link(c.hash)):
		return "its hash does not follow from the row before it and its own fields"
	}
	if err := c.add(c.totals, account{string(r.kind), e.Amount.Currency}, e.Amount); err != nil {
		return err.Error()
	}
	out := money.Of(-r.amount, e.Amount.Currency)
	if err := c.add(c.balances, account{r.debit, e.Amount.Currency}, money.Of(r.amount, e.Amount.Currency)); err != nil {
		return err.Error()
	}
	if err := c.add(c.balances, account{r.credit, e.Amount.Currency}, out); err != nil {
		return err.Error()
	}
	return ""
}

func (c *checker) add(sums map[account]money.Amount, to account, a money.Amount) error {
	sum, there := sums[to]
	if !there {
		sums[to] = a
		return nil
	}
	sum, err := sum.Add(a)
	if err != nil {
		return fmt.Errorf("the sum of %s does not fit: %w", to.name, err)
	}
	sums[to] = sum
	return nil
}

func (c *checker) report(seq int64, hash []byte) Report {
	if c.broken == nil && (seq != c.seq || !bytes.Equal(hash, c.hash)) {
		c.broken = &Broken{Seq: c.seq + 1, Why: fmt.Sprintf("the book ends at row %d, but its head says %d", c.seq, seq)}
	}
	report := Report{Entries: c.seq, Head: hex.EncodeToString(c.hash), Broken: c.broken}
	if c.broken == nil {
		if lost := c.uneven(); lost != "" {
			report.Broken = &Broken{Seq: c.seq, Why: lost}
		}
	}
	for to, sum := range c.balances {
		report.Balances = append(report.Balances, Balance{to.name, sum})
	}
	for to, sum := range c.totals {
		report.Totals = append(report.Totals, Total{Kind(to.name), sum})
	}
	sort.Slice(report.Balances, func(i, j int) bool {
		a, b := report.Balances[i], report.Balances[j]
		return a.Account < b.Account || a.Account == b.Account && a.Amount.Currency < b.Amount.Currency
	})
	sort.Slice(report.Totals, func(i, j int) bool {
		a, b := report.Totals[i], report.Totals[j]
		return a.Kind < b.Kind || a.Kind == b.Kind && a.Amount.Currency < b.Amount.Currency
	})
	return report
}

// uneven names a currency whose debits and credits differ.
func (c *checker) uneven() string {
	sums := map[account]money.Amount{}
	for to, balance := range c.balances {
		if err := c.add(sums, account{"all accounts", to.currency}, balance); err != nil {
			return err.Error()
		}
	}
	for _, sum := range sums {
		if !sum.IsZero() {
			return "debits and credits differ by " + sum.String()
		}
	}
	return ""
}

// entry is the movement that a row records.
func (r *row) entry() (Entry, error) {
	c, err := money.ParseCurrency(r.currency)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{ID: r.id, Kind: r.kind, Provider: r.provider, Amount: money.Of(r.amount, c), Pledge: r.pledge, Payment: r.payment, Day: r.day}
	if r.credit == "assets:provider:"+r.provider {
		e.Amount.Minor = -r.amount
	}
	return e, e.check()
}
