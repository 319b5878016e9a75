package contribution

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mimeo/internal/money"
)

// Whatever order webhooks come in, however often, and whichever are lost; with
// polls in between, and a bank that is away at times: in the end the ledger is
// what the bank moved, each payment is where the bank has it, and nobody got two
// receipts for one payment.
func TestAnyRumoursEndInOneLedger(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		round := 0
		rapid.Check(t, func(r *rapid.T) {
			round++
			s.clock.Advance(36 * time.Hour)
			var ids []string
			for range rapid.IntRange(1, 4).Draw(r, "payments") {
				c := rapid.SampledFrom(currencies).Draw(r, "currency")
				rhythm := rapid.SampledFrom(Rhythms()).Draw(r, "rhythm")
				least, _, _ := Limits(c, rhythm)
				ids = append(ids, s.begin(s.intent(money.Of(least.Minor+rapid.Int64Range(0, 5000).Draw(r, "minor"), c), rhythm)))
			}
			one := func() string { return rapid.SampledFrom(ids).Draw(r, "which") }
			step := func(err error) {
				if err != nil && !s.bank.down {
					r.Fatal(err)
				}
			}
			r.Repeat(map[string]func(*rapid.T){
				"pay":    func(*rapid.T) { s.bank.pay(one()) },
				"expire": func(*rapid.T) { s.bank.expire(one()) },
				"refund": func(r *rapid.T) { s.bank.refund(one(), rapid.Int64Range(1, 4000).Draw(r, "back")) },
				"refunds": func(*rapid.T) {
					id := one()
					s.bank.refund(id, s.bank.charges[id].amount.Minor-s.bank.charges[id].returned)
				},
				"dispute": func(r *rapid.T) { s.bank.dispute(one(), rapid.Bool().Draw(r, "won")) },
				"payout":  func(*rapid.T) { s.bank.payOut(100) },
				"away":    func(r *rapid.T) { s.bank.down = rapid.Bool().Draw(r, "down") },
				"a webhook, of any age": func(r *rapid.T) {
					if len(s.bank.rumours) == 0 {
						r.Skip("none yet")
					}
					step(s.hear(rapid.SampledFrom(s.bank.rumours).Draw(r, "rumour")))
				},
				"a poll": func(*rapid.T) { step(s.till.pursue(t.Context(), s.payment(one()), false)) },
				"time":   func(*rapid.T) { s.clock.Advance(7 * time.Hour) },
				"reconciliation": func(r *rapid.T) {
					if _, err := s.till.Reconcile(t.Context()); err != nil {
						r.Fatal(err)
					}
				},
			})
			s.bank.down = false
			for range 2 {
				report, err := s.till.Reconcile(t.Context())
				if err != nil || report.Strangers > 0 || len(report.Problems) > 0 && round == 1 {
					r.Fatalf("%+v, %v", report, err)
				}
			}
			if got, want := s.entries(), s.bank.truth(); !slices.Equal(got, want) {
				r.Fatalf("the ledger has %v, the bank moved %v", got, want)
			}
			for _, id := range ids {
				pay, ch := s.payment(id), s.bank.charges[id]
				if pay.State != ch.state && (ch.state != Started || pay.State != Failed) {
					r.Fatalf("%s here, %s at the bank", pay.State, ch.state)
				}
				if pay.State != Started && pay.todo {
					r.Fatal("the follow-up is still owed")
				}
			}
		})
		receipts := map[string]bool{}
		for _, m := range s.mails() {
			if receipts[m.Text] {
				t.Fatalf("a mail was sent twice:\n%s", m.Text)
			}
			receipts[m.Text] = true
		}
		taken := 0
		for _, ch := range s.bank.charges {
			if ch.state.Taken() {
				taken++
			}
		}
		if len(receipts) == 0 || len(receipts) > taken {
			t.Fatalf("%d mails for %d payments that came in", len(receipts), taken)
		}
	})
}
