package contribution

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/money"
)

// BenchmarkBook compares booking a contribution (event, payment, two ledger
// entries, hash chain, in one durable transaction) with the barest durable
// write there is on the same disk: one row, one commit, one writer. The two take
// turns in one run, and medians are compared. "of-bare" is the rate of bookings
// over the rate of bare commits; "whole-of-bare" is that of booking and then
// doing all that follows (the sealed packet, the receipt, the next due day), for
// which there is a second transaction.
func BenchmarkBook(b *testing.B) {
	s, facts := ready(b, b.N)
	_, whole := readyOn(b, s, b.N)
	bare := plainFile(b)
	times := map[string][]time.Duration{}
	timed := func(what string, do func()) {
		start := time.Now()
		do()
		times[what] = append(times[what], time.Since(start))
	}
	b.ResetTimer()
	for i := range b.N {
		timed("bare", func() { insertBare(b, bare, i) })
		timed("booked", func() { book(b, s, facts[i], i) })
		timed("whole", func() {
			if _, err := s.till.settle(b.Context(), s.bank.name, whole[i], fmt.Sprint("whole", i)); err != nil {
				b.Fatal(err)
			}
		})
	}
	median := func(what string) float64 {
		slices.Sort(times[what])
		return float64(times[what][b.N/2].Microseconds())
	}
	b.ReportMetric(median("bare")/median("booked"), "of-bare")
	b.ReportMetric(median("bare")/median("whole"), "whole-of-bare")
	for what := range times {
		b.ReportMetric(median(what), what+"-us")
	}
}

// BenchmarkBookTogether is thirty-two payers at once against one alone, in
// turns of as many bookings each. "of-single" is the ratio of the rates.
func BenchmarkBookTogether(b *testing.B) {
	const payers, turn = 32, 320
	rounds := (b.N + turn - 1) / turn
	s, facts := ready(b, 2*rounds*turn)
	var alone, together time.Duration
	b.ResetTimer()
	for r := range rounds {
		first, second := facts[2*r*turn:(2*r+1)*turn], facts[(2*r+1)*turn:(2*r+2)*turn]
		start := time.Now()
		for i, f := range first {
			book(b, s, f, 2*r*turn+i)
		}
		alone += time.Since(start)

		start = time.Now()
		var wait sync.WaitGroup
		for p := range payers {
			wait.Go(func() {
				for i := p; i < turn; i += payers {
					book(b, s, second[i], (2*r+1)*turn+i)
				}
			})
		}
		wait.Wait()
		together += time.Since(start)
	}
	n := float64(rounds * turn)
	b.ReportMetric(alone.Seconds()/together.Seconds(), "of-single")
	b.ReportMetric(n/alone.Seconds(), "single/s")
	b.ReportMetric(n/together.Seconds(), "together/s")
}

func book(b *testing.B, s *stand, f Fact, i int) {
	out, err := s.till.bookFact(b.Context(), s.bank.name, f, fmt.Sprint("evt", i))
	if err != nil || out.posted != 2 || !out.changed {
		b.Errorf("%+v, %v", out, err)
	}
}

// ready is a stand with n monthly gifts that the donors have paid and that the
// newsroom has not heard of.
func ready(b *testing.B, n int) (*stand, []Fact) {
	b.Helper()
	clock := dbtest.NewClock(lastOfJanuary)
	return readyOn(b, newStand(b, dbtest.Open(b, dbtest.SQLiteURL(b), clock.Now), clock), n)
}

func readyOn(b *testing.B, s *stand, n int) (*stand, []Fact) {
	b.Helper()
	var ids []string
	for len(ids) < n {
		if err := s.d.Write(b.Context(), func(ctx context.Context, tx *db.Tx) error {
			for range min(500, n-len(ids)) {
				p := Pledge{ID: s.ids.Secret(), Provider: s.bank.name, Amount: money.Of(500, money.USD), Rhythm: Monthly, Lang: "en", Begun: DayOf(tx.Now)}
				if err := insertPledge(ctx, tx, p); err != nil {
					return err
				}
				pay := Payment{ID: s.ids.Secret(), Pledge: p.ID, Provider: s.bank.name, Key: s.ids.Secret(), Hosted: true, Amount: p.Amount, Begun: p.Begun}
				if err := insertPayment(ctx, tx, pay, Monthly, s.ids.Secret()); err != nil {
					return err
				}
				if _, err := s.bank.Begin(ctx, Checkout{Key: pay.Key, Payment: pay.ID, Pledge: p.ID, Amount: p.Amount, Rhythm: Monthly, Email: "donor@example.org"}); err != nil {
					return err
				}
				ids = append(ids, pay.ID)
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	var facts []Fact
	for _, id := range ids {
		s.bank.pay(id)
		facts = append(facts, s.bank.charges[id].fact())
	}
	return s, facts
}

// plainFile is a SQLite file with the settings of the newsroom's and one table.
func plainFile(b *testing.B) *db.DB {
	b.Helper()
	d, err := db.OpenPlain(b.Context(), filepath.Join(b.TempDir(), "bare.db"), "create table if not exists bare (id integer primary key, what text not null) strict", time.Now)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := d.Close(); err != nil {
			b.Error(err)
		}
	})
	return d
}

func insertBare(b *testing.B, d *db.DB, i int) {
	if err := d.Write(b.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "insert into bare (id, what) values ($1, 'a contribution')", i)
		return err
	}); err != nil {
		b.Fatal(err)
	}
}
