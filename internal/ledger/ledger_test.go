package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/ledger"
	"mimeo/internal/money"
)

var kinds = []ledger.Kind{ledger.Gross, ledger.Fee, ledger.Refund, ledger.Dispute, ledger.Payout, ledger.Exchange}

func gross(id string, minor int64) ledger.Entry {
	return ledger.Entry{
		ID: "test:" + id + ":gross", Kind: ledger.Gross, Provider: "test", Amount: money.Of(minor, money.USD),
		Pledge: "pledge" + id, Payment: "payment" + id, At: time.Date(2026, 11, 22, 23, 59, 0, 0, time.UTC),
	}
}

func post(t testing.TB, d *db.DB, entries ...ledger.Entry) int {
	t.Helper()
	posted := 0
	err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		posted, err = ledger.New().PostAll(ctx, tx, entries)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return posted
}

func check(t testing.TB, d *db.DB) ledger.Report {
	t.Helper()
	report, err := ledger.New().Check(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestPostingTwiceIsPostingOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if report := check(t, d); report.Entries != 0 || report.Broken != nil {
			t.Fatalf("an empty book: %+v", report)
		}
		fee := ledger.Entry{ID: "test:1:fee", Kind: ledger.Fee, Provider: "test", Amount: money.Of(-45, money.USD), Pledge: "pledge1", Payment: "payment1", Day: "2026-11-22"}
		if n := post(t, d, gross("1", 500), fee); n != 2 {
			t.Errorf("posted %d of 2", n)
		}
		if n := post(t, d, fee, gross("1", 500)); n != 0 {
			t.Errorf("posted %d again", n)
		}
		if n := post(t, d, gross("1", 900), gross("2", 700)); n != 1 {
			t.Errorf("posted %d, want the new one alone", n)
		}
		report := check(t, d)
		if report.Entries != 3 || report.Broken != nil {
			t.Fatalf("%+v", report)
		}
		want := map[string]int64{"assets:provider:test": 1155, "expenses:fees": 45, "income:contributions": -1200}
		for _, b := range report.Balances {
			if b.Amount != money.Of(want[b.Account], money.USD) {
				t.Errorf("%s holds %s, want %d", b.Account, b.Amount, want[b.Account])
			}
			delete(want, b.Account)
		}
		if len(want) > 0 {
			t.Errorf("no balance of %v", want)
		}
	})
}

func TestRefusedEntriesLeaveNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for name, spoil := range map[string]func(e *ledger.Entry){
			"no id":              func(e *ledger.Entry) { e.ID = "" },
			"line end in the id": func(e *ledger.Entry) { e.ID = "a\nb" },
			"a formula":          func(e *ledger.Entry) { e.Payment = "=1+1" },
			"long id":            func(e *ledger.Entry) { e.ID = strings.Repeat("a", 256) },
			"no provider":        func(e *ledger.Entry) { e.Provider = "" },
			"two providers":      func(e *ledger.Entry) { e.Provider = "a:b" },
			"no kind":            func(e *ledger.Entry) { e.Kind = "" },
			"unknown kind":       func(e *ledger.Entry) { e.Kind = "gift" },
			"nothing":            func(e *ledger.Entry) { e.Amount.Minor = 0 },
			"negative gross":     func(e *ledger.Entry) { e.Amount.Minor = -1 },
			"no currency":        func(e *ledger.Entry) { e.Amount.Currency = "" },
			"no day":             func(e *ledger.Entry) { e.At = time.Time{} },
			"wrong day":          func(e *ledger.Entry) { e.Day = "2026-02-30" },
			"least integer":      func(e *ledger.Entry) { e.Kind, e.Amount.Minor = ledger.Refund, -1<<63 },
		} {
			bad := gross("1", 500)
			spoil(&bad)
			err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				_, err := ledger.New().PostAll(ctx, tx, []ledger.Entry{gross("2", 500), bad})
				return err
			})
			if err == nil {
				t.Errorf("%s: accepted", name)
			} else if name != "least integer" && fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if report := check(t, d); report.Entries != 0 || report.Broken != nil {
			t.Errorf("%+v", report)
		}
	})
}

func TestNobodyRewritesTheBook(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		post(t, d, gross("1", 500), gross("2", 700))
		for _, statement := range []string{
			"update ledger_entry set amount = 1 where seq = 1",
			"update ledger_entry set hash = hash",
			"delete from ledger_entry where seq = 2",
			"delete from ledger_entry",
			"update ledger_head set seq = 1",
			"delete from ledger_head",
		} {
			err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, statement)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", statement, err)
			}
		}
		if report := check(t, d); report.Entries != 2 || report.Broken != nil {
			t.Errorf("%+v", report)
		}
	})
}

// tampered runs a statement as somebody with the database in their hands would:
// after taking the triggers away.
func tampered(t *testing.T, d *db.DB, statement string) {
	t.Helper()
	drops := []string{"drop trigger ledger_entry_no_update", "drop trigger ledger_entry_no_delete", "drop trigger ledger_head_forward"}
	if d.Dialect() == db.Postgres {
		drops = []string{
			"drop trigger ledger_entry_no_update on ledger_entry", "drop trigger ledger_entry_no_delete on ledger_entry",
			"drop trigger ledger_head_forward on ledger_head",
		}
	}
	err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		for _, s := range append(drops, statement) {
			if _, err := tx.Exec(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCheckNamesTheFirstBrokenRow(t *testing.T) {
	for _, c := range []struct {
		statement string
		seq       int64
	}{
		{"update ledger_entry set amount = amount + 1 where seq = 3", 3},
		{"update ledger_entry set payment = 'another' where seq = 2", 2},
		{"update ledger_entry set day = '2026-11-23' where seq = 5", 5},
		{"update ledger_entry set currency = 'EUR' where seq = 4", 4},
		{"update ledger_entry set currency = 'XXX' where seq = 4", 4},
		{"update ledger_entry set debit = credit, credit = debit where seq = 2", 2},
		{"update ledger_entry set debit = 'assets:pocket' where seq = 1", 1},
		{"update ledger_entry set kind = 'payout' where seq = 1", 1},
		{"update ledger_entry set hash = ledger_head.hash from ledger_head where ledger_entry.seq = 2", 2},
		{"delete from ledger_entry where seq = 3", 4},
		{"delete from ledger_entry where seq = 1", 2},
		{"delete from ledger_entry where seq = 5", 5},
		{"delete from ledger_entry", 1},
		{"update ledger_entry set seq = 9 where seq = 5", 9},
		{"update ledger_head set seq = 4", 6},
	} {
		t.Run(c.statement, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				for i := range 5 {
					post(t, d, gross(fmt.Sprint(i), 500+int64(i)))
				}
				tampered(t, d, c.statement)
				report := check(t, d)
				if report.Broken == nil || report.Broken.Seq != c.seq || report.Broken.Why == "" {
					t.Errorf("found %+v, want row %d", report.Broken, c.seq)
				}
			})
		})
	}
}

// The chain can be recomputed by whoever rewrites it all; the head that was
// written down elsewhere then differs.
func TestHeadDependsOnEveryField(t *testing.T) {
	heads := map[string]string{}
	for name, change := range map[string]func(e *ledger.Entry){
		"as is":    func(*ledger.Entry) {},
		"id":       func(e *ledger.Entry) { e.ID += "x" },
		"provider": func(e *ledger.Entry) { e.Provider = "other" },
		"amount":   func(e *ledger.Entry) { e.Amount.Minor++ },
		"currency": func(e *ledger.Entry) { e.Amount.Currency = money.GBP },
		"pledge":   func(e *ledger.Entry) { e.Pledge += "x" },
		"payment":  func(e *ledger.Entry) { e.Payment += "x" },
		"day":      func(e *ledger.Entry) { e.Day = "2026-11-23" },
		"kind":     func(e *ledger.Entry) { e.Kind = ledger.Dispute },
		"moved":    func(e *ledger.Entry) { e.Pledge, e.Payment = e.Pledge+e.Payment, "" },
	} {
		d := dbtest.SQLite(t)
		e := gross("1", 500)
		change(&e)
		post(t, d, e, gross("2", 700))
		head := check(t, d).Head
		if other, there := heads[head]; there {
			t.Errorf("%q and %q give one head", name, other)
		}
		heads[head] = name
	}
}

// A Book's memory of where the ledger ends is only a guess: another process may
// have posted, and its own transaction may have come to nothing.
func TestGuessingTheEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		mine, theirs := ledger.New(), ledger.New()
		write := func(b *ledger.Book, fail bool, entries ...ledger.Entry) error {
			return d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				if _, err := b.PostNew(ctx, tx, entries); err != nil {
					return err
				}
				if fail {
					return errRollback
				}
				return nil
			})
		}
		for i, step := range []struct {
			book    *ledger.Book
			fail    bool
			entries []ledger.Entry
			want    error
		}{
			{mine, false, []ledger.Entry{gross("1", 1)}, nil},
			{mine, false, []ledger.Entry{gross("2", 2), gross("3", 3)}, nil},
			{theirs, false, []ledger.Entry{gross("4", 4), gross("5", 5), gross("6", 6)}, nil},
			{mine, false, []ledger.Entry{gross("7", 7)}, nil},
			{mine, true, []ledger.Entry{gross("8", 8)}, errRollback},
			{mine, false, []ledger.Entry{gross("9", 9)}, nil},
			{mine, false, []ledger.Entry{gross("10", 10), gross("2", 2)}, ledger.ErrNotNew},
			{mine, false, []ledger.Entry{gross("11", 11)}, nil},
			{theirs, false, nil, nil},
			{theirs, false, []ledger.Entry{gross("12", 12)}, nil},
		} {
			if err := write(step.book, step.fail, step.entries...); !errors.Is(err, step.want) {
				t.Fatalf("step %d: %v", i, err)
			}
			if report := check(t, d); report.Broken != nil {
				t.Fatalf("step %d: %+v", i, report.Broken)
			}
		}
		if report := check(t, d); report.Entries != 10 {
			t.Errorf("%d entries", report.Entries)
		}
	})
}

func TestManyWritersMakeOneChain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const writers, each = 8, 25
		books := []*ledger.Book{ledger.New(), ledger.New()}
		var wait sync.WaitGroup
		for w := range writers {
			wait.Go(func() {
				for i := range each {
					err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
						shared := gross(fmt.Sprint("shared", i), 100)
						own := gross(fmt.Sprint("w", w, "-", i), 1)
						book := books[w%2]
						_, err := book.PostNew(ctx, tx, []ledger.Entry{own})
						if err != nil {
							return err
						}
						_, err = book.Post(ctx, tx, shared)
						if err == nil && i%5 == 4 {
							return errRollback
						}
						return err
					})
					if err != nil && !errors.Is(err, errRollback) {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		report := check(t, d)
		if want := int64(writers*each/5*4 + each/5*4); report.Entries != want || report.Broken != nil {
			t.Errorf("%d entries, want %d; %+v", report.Entries, want, report.Broken)
		}
	})
}

var errRollback = errors.New("rolled back on purpose")

func TestSumsAreThoseOfTheEntries(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		round := 0
		rapid.Check(t, func(r *rapid.T) {
			round++
			before := map[string]*big.Int{}
			for _, total := range check(t, d).Totals {
				before[string(total.Kind)+string(total.Amount.Currency)] = big.NewInt(total.Amount.Minor)
			}
			var entries []ledger.Entry
			for i := range rapid.IntRange(1, 12).Draw(r, "entries") {
				kind := rapid.SampledFrom(kinds).Draw(r, "kind")
				c := rapid.SampledFrom([]money.Currency{money.USD, money.EUR, money.GBP, money.JPY}).Draw(r, "currency")
				minor := rapid.Int64Range(1, 1<<40).Draw(r, "minor")
				if kind != ledger.Gross && rapid.Bool().Draw(r, "negative") {
					minor = -minor
				}
				entries = append(entries, ledger.Entry{ID: fmt.Sprintf("test:%d-%d:%s", round, i, kind), Kind: kind, Provider: "test", Amount: money.Of(minor, c), Day: "2026-11-22"})
				key := string(kind) + string(c)
				if before[key] == nil {
					before[key] = new(big.Int)
				}
				before[key].Add(before[key], big.NewInt(minor))
			}
			shuffled := append(append([]ledger.Entry{}, entries...), rapid.Permutation(entries).Draw(r, "again")...)
			if n := post(t, d, shuffled...); n != len(entries) {
				r.Fatalf("posted %d of %d", n, len(entries))
			}
			report := check(t, d)
			if report.Broken != nil {
				r.Fatalf("%+v", report.Broken)
			}
			for _, total := range report.Totals {
				if before[string(total.Kind)+string(total.Amount.Currency)].Cmp(big.NewInt(total.Amount.Minor)) != 0 {
					r.Fatalf("%v, want %v", total, before)
				}
			}
		})
	})
}
