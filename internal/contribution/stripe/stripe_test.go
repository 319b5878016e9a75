package stripe_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"mimeo/internal/contribution/providertest"
	"mimeo/internal/contribution/simulator"
	"mimeo/internal/contribution/stripe"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/money"
)

const (
	key     = "sk_test_of_our_own"
	secret  = "whsec_in_use_at_present"
	next    = "whsec_that_comes_next"
	foreign = "whsec_of_somebody_else"
)

// rig is the adapter against the simulator over real HTTP.
type rig struct {
	*simulator.Processor
	adapter *stripe.Adapter
	base    string
	clock   *dbtest.Clock
	log     bytes.Buffer

	mu    sync.Mutex
	hooks []providertest.Hook
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{clock: dbtest.NewClock(time.Date(2026, 12, 4, 10, 30, 0, 0, time.UTC))}
	var handler http.Handler
	mux := http.NewServeMux()
	mux.HandleFunc("/simulator/", func(w http.ResponseWriter, q *http.Request) { handler.ServeHTTP(w, q) })
	mux.HandleFunc("POST /hooks/stripe", func(_ http.ResponseWriter, q *http.Request) {
		raw, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.hooks = append(r.hooks, providertest.Hook{Header: q.Header, Raw: raw})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	r.base = server.URL + "/simulator"

	p, err := simulator.Open(t.Context(), simulator.Options{
		Dir: t.TempDir(), Prefix: "/simulator", Key: key, Secret: secret, Post: simulator.PostTo(server.Client(), server.URL+"/hooks/stripe"),
		Now: r.clock.Now, Random: rand.Reader, Log: slog.New(slog.NewTextHandler(&r.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	r.Processor, handler = p, p

	r.adapter, err = stripe.New(stripe.Options{Base: r.base, Key: key, Secrets: []string{secret, next}, Now: r.clock.Now, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) deliver(t testing.TB) {
	t.Helper()
	if _, err := r.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// post sends a form as a browser would and follows nothing.
func (r *rig) post(t testing.TB, address string, form url.Values) *http.Response {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("Sec-Fetch-Site", "same-origin")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return answer
}

func (r *rig) board(t testing.TB, path string, form url.Values) {
	t.Helper()
	if a := r.post(t, r.base+path, form); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s answers %s", path, a.Status)
	}
}

// call speaks to the API beside the adapter.
func (r *rig) call(t testing.TB, method, path string) string {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, r.base+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+key)
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%s %s answers %s %s %v", method, path, a.Status, text, err)
	}
	return string(text)
}

func (r *rig) faulty(t testing.TB, f simulator.APIFaults, do func()) {
	t.Helper()
	if err := r.SetFaults(simulator.Faults{API: f}); err != nil {
		t.Fatal(err)
	}
	do()
	if err := r.SetFaults(simulator.Faults{}); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) harness() providertest.Harness {
	numbers := map[providertest.Card]string{providertest.Good: "4242 4242 4242 4242", providertest.Refusing: "4000000000000002", providertest.RefusingLater: "4000000000000341"}
	return providertest.Harness{
		Provider: r.adapter,
		Now:      r.clock.Now,
		Advance: func(d time.Duration) {
			r.clock.Advance(d)
			if _, err := r.Deliver(context.Background()); err != nil {
				panic(err)
			}
		},
		Pay: func(t testing.TB, page string, card providertest.Card) bool {
			t.Helper()
			a := r.post(t, page, url.Values{"number": {numbers[card]}, "exp": {"12/34"}, "cvc": {"123"}})
			r.deliver(t)
			return a.StatusCode == http.StatusSeeOther
		},
		Refund: func(t testing.TB, object string, minor int64) {
			t.Helper()
			form := url.Values{"charge": {object}, "amount": {strconv.FormatInt(minor, 10)}}
			q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.base+"/v1/refunds", strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			q.Header.Set("Authorization", "Bearer "+key)
			a, err := http.DefaultClient.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Body.Close()
			if a.StatusCode != http.StatusOK {
				t.Fatalf("the refund is answered with %s", a.Status)
			}
			r.deliver(t)
		},
		Dispute: func(t testing.TB, object string) {
			t.Helper()
			r.board(t, "/payments/"+object+"/dispute", nil)
			r.deliver(t)
		},
		Win: func(t testing.TB, object string) {
			t.Helper()
			list := r.call(t, http.MethodGet, "/v1/disputes?charge="+object)
			_, rest, _ := strings.Cut(list, `"id":"dp_`)
			id, _, _ := strings.Cut(rest, `"`)
			r.board(t, "/disputes/dp_"+id+"/ruling", url.Values{"won": {"yes"}})
			r.deliver(t)
		},
		PayOut: func(t testing.TB) {
			t.Helper()
			r.board(t, "/payouts", nil)
			r.deliver(t)
		},
		Forget: func(t testing.TB, _, method string) {
			t.Helper()
			r.call(t, http.MethodPost, "/v1/payment_methods/"+method+"/detach")
		},
		LosingAnswers: func(t testing.TB, do func()) {
			t.Helper()
			r.faulty(t, simulator.APIFaults{TimeoutAfterSuccess: 1}, do)
		},
		Failing: func(t testing.TB, do func()) { t.Helper(); r.faulty(t, simulator.APIFaults{ErrorRate: 1}, do) },
		Hooks: func(t testing.TB) []providertest.Hook {
			t.Helper()
			r.deliver(t)
			r.mu.Lock()
			defer r.mu.Unlock()
			return append([]providertest.Hook(nil), r.hooks...)
		},
		Sign: func(_ testing.TB, raw []byte, at time.Time, which providertest.Secret) providertest.Hook {
			with := map[providertest.Secret]string{providertest.Current: secret, providertest.Next: next, providertest.Foreign: foreign}[which]
			return providertest.Hook{Header: http.Header{"Stripe-Signature": {simulator.Sign(raw, with, at)}}, Raw: raw}
		},
		Unknown: []byte(`{"id":"evt_1","object":"event","type":"customer.subscription.trial_will_end","data":{"object":{"id":"sub_1","object":"subscription"}}}`),
		Statements: func(t testing.TB) (out []providertest.Line) {
			t.Helper()
			lines, err := r.Bank(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range lines {
				if l.Kind == simulator.Statement {
					out = append(out, providertest.Line{Amount: money.Of(l.Amount, money.Currency(l.Currency))})
				}
			}
			return out
		},
	}
}

func TestProvider(t *testing.T) {
	t.Parallel()
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		t.Helper()
		r := newRig(t)
		t.Cleanup(func() {
			if strings.Contains(r.log.String(), "planted") || strings.Contains(r.log.String(), "4242") {
				t.Errorf("the log holds what a donor typed:\n%s", r.log.String())
			}
		})
		return r.harness()
	})
}
