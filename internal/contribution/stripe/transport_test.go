package stripe

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mimeo/internal/contribution"
	"mimeo/internal/fault"
	"mimeo/internal/ledger"
	"mimeo/internal/money"
)

// canned is an adapter against a server that answers what the test says: the
// states of the outside world that no simulator should have to know.
func canned(t *testing.T, answer http.HandlerFunc) *Adapter {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A server notices that its caller has gone only once it has read all.
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	a, err := New(Options{
		Base: server.URL + "/far/away/", Key: "sk_test_1", Secrets: []string{"whsec_0123456789abcdef"}, Timeout: 500 * time.Millisecond,
		Now: func() time.Time { return time.Date(2026, 12, 4, 0, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var renewal = contribution.Renewal{Key: "k", Payment: "p", Pledge: "q", Amount: money.Of(500, "USD"), Customer: "cus_1", Method: "pm_1"}

func TestErrorsHaveTheKindThatSaysWhatToDo(t *testing.T) {
	t.Parallel()
	stripes := func(status int, kind, code string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"error":{"type":"` + kind + `","code":"` + code + `","message":"about planted@example.org"}}`))
		}
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   fault.Kind
	}{
		{"too many calls", stripes(429, "invalid_request_error", "rate_limit"), fault.Unavailable},
		{"two calls with one key at once", stripes(409, "idempotency_error", "idempotency_key_in_use"), fault.Unavailable},
		{"our key is wrong", stripes(401, "invalid_request_error", ""), fault.Unavailable},
		{"our key may too little", stripes(403, "invalid_request_error", ""), fault.Unavailable},
		{"an error of theirs", stripes(500, "api_error", ""), fault.Unavailable},
		{"key with other parameters", stripes(400, "idempotency_error", ""), fault.Conflict},
		{"not understood", stripes(400, "invalid_request_error", "amount_too_small"), fault.Invalid},
		{"no such thing", stripes(404, "invalid_request_error", "resource_missing"), fault.Missing},
		{"a proxy's page", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte("<html>planted@example.org</html>"))
		}, fault.Unavailable},
		{"a success that is no JSON", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("planted@example.org")) }, fault.Unavailable},
		{"a success that is empty", func(http.ResponseWriter, *http.Request) {}, fault.Unavailable},
		{"a redirect", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://planted.example.org/")
			w.WriteHeader(http.StatusFound)
		}, fault.Unavailable},
		{"an endless answer", func(w http.ResponseWriter, _ *http.Request) {
			for range 20 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}, fault.Unavailable},
		{"silence", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, fault.Unavailable},
		{"a broken line", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, fault.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := canned(t, c.answer)
			f, err := a.Charge(t.Context(), renewal)
			if fault.KindOf(err) != c.want {
				t.Errorf("Charge: %v (%v), want %v", fault.KindOf(err), err, c.want)
			}
			if f.State != "" {
				t.Errorf("an error comes with a fact: %+v", f)
			}
			if err != nil && (strings.Contains(err.Error(), "planted") || strings.Contains(err.Error(), "cus_1")) {
				t.Errorf("the error repeats what it should not: %v", err)
			}
		})
	}
}

func TestOneCallPerCall(t *testing.T) {
	t.Parallel()
	var calls []string
	a := canned(t, func(w http.ResponseWriter, r *http.Request) {
		calls = append(calls, r.Method+" "+r.URL.Path+" "+r.Header.Get("Idempotency-Key"))
		for name := range r.Header {
			if strings.Contains(strings.ToLower(name), "stripe-client") {
				t.Errorf("Stripe is told %s: %s", name, r.Header.Get(name))
			}
		}
		w.WriteHeader(http.StatusInternalServerError)
	})
	if _, err := a.Charge(t.Context(), renewal); err == nil {
		t.Fatal("no error")
	}
	if len(calls) != 1 || calls[0] != "POST /far/away/v1/payment_intents k" {
		t.Fatalf("calls: %q", calls)
	}
}

func TestACallerMayGiveUp(t *testing.T) {
	t.Parallel()
	a := canned(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := a.Lookup(ctx, "pi_1")
	if !errors.Is(err, context.DeadlineExceeded) || fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("%v", err)
	}
}

func TestNewRefusesWhatWouldLeakOrLetIn(t *testing.T) {
	t.Parallel()
	good := Options{Base: Live, Key: "sk", Secrets: []string{"whsec_0123456789abcdef"}, Now: time.Now}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Options){
		"the key in clear":  func(o *Options) { o.Base = "http://api.stripe.com" },
		"no address":        func(o *Options) { o.Base = "" },
		"half an address":   func(o *Options) { o.Base = "https://" },
		"another scheme":    func(o *Options) { o.Base = "ftp://api.stripe.com" },
		"no key":            func(o *Options) { o.Key = "" },
		"no secret":         func(o *Options) { o.Secrets = nil },
		"an empty secret":   func(o *Options) { o.Secrets = []string{"whsec_0123456789abcdef", ""} },
		"a name with paths": func(o *Options) { o.Name = "a/b" },
	} {
		o := good
		spoil(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s is let through", name)
		}
	}
	for _, base := range []string{"http://127.0.0.1:8080/simulator", "http://localhost:1/simulator/", "http://[::1]:8080", "https://example.org/x"} {
		o := good
		o.Base = base
		if _, err := New(o); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestSuffixMakesTheLineThatWasPromised(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ own, promised, want string }{
		{"", "TNR MEDIA", "TNR MEDIA"},
		{"TNR MEDIA", "TNR MEDIA", ""},
		{"TNR Media", "TNR MEDIA", ""},
		{"TNR", "TNR* GIFT", "GIFT"},
		{"TNR", "OTHER", "OTHER"},
		{"TNR", "", ""},
		{"TNR", "TNR* ", "TNR* "},
	} {
		a := &Adapter{opt: Options{Statement: c.own}}
		got := ""
		if s := a.suffix(c.promised); s != nil {
			got = *s
		}
		if got != c.want {
			t.Errorf("an account of %q promising %q sends %q, want %q", c.own, c.promised, got, c.want)
		}
	}
}

// TestAnAccountInAnotherCurrency has a euro gift settle on a dollar account.
func TestAnAccountInAnotherCurrency(t *testing.T) {
	t.Parallel()
	const charge = `{"id":"ch_1","object":"charge","amount":1000,"currency":"eur","created":1700000000,"payment_intent":"pi_1","metadata":{"payment":"p","pledge":"q"}%s}`
	const txn = `{"id":"txn_1","object":"balance_transaction","amount":1080,"fee":61,"net":1019,"currency":"usd","created":1700000001,"type":"charge","source":%s}`
	a := canned(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/far/away/v1/balance_transactions":
			_, _ = w.Write([]byte(`{"object":"list","has_more":false,"data":[` + strings.Replace(txn, "%s", strings.Replace(charge, "%s", "", 1), 1) + `]}`))
		case "/far/away/v1/payment_intents/pi_1":
			settled := `,"balance_transaction":` + strings.Replace(txn, "%s", `"ch_1"`, 1)
			_, _ = w.Write([]byte(`{"id":"pi_1","object":"payment_intent","status":"succeeded","amount":1000,"currency":"eur","created":1,"metadata":{"via":"renewal","payment":"p"},"latest_charge":` +
				strings.Replace(charge, "%s", settled, 1) + `}`))
		default:
			t.Errorf("asked for %s", r.URL)
		}
	})
	f, err := a.Lookup(t.Context(), "pi_1")
	if err != nil {
		t.Fatal(err)
	}
	listed, err := a.Movements(t.Context(), time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	type told struct {
		object string
		kind   ledger.Kind
		amount string
	}
	want := []told{
		{"ch_1", ledger.Gross, "10.00 EUR"},
		{"ch_1/EUR", ledger.Exchange, "-10.00 EUR"},
		{"ch_1/USD", ledger.Exchange, "10.80 USD"},
		{"ch_1", ledger.Fee, "-0.61 USD"},
	}
	for name, got := range map[string][]contribution.Movement{"Lookup": f.Movements, "Movements": listed} {
		if len(got) != len(want) {
			t.Fatalf("%s: %+v", name, got)
		}
		for i, m := range got {
			if (told{m.Object, m.Kind, m.Amount.String()}) != want[i] || m.Ref != "pi_1" || m.At.Unix() != 1_700_000_000 {
				t.Errorf("%s: %+v, want %v", name, m, want[i])
			}
		}
	}
}

// TestWhatElseStripeDoes reads the rarer movements.
func TestWhatElseStripeDoes(t *testing.T) {
	t.Parallel()
	txns := []string{ // the newest first, as Stripe lists them
		`{"id":"txn_6","object":"balance_transaction","amount":-900,"fee":0,"net":-900,"currency":"usd","created":6,"type":"stripe_fee","source":null}`,
		`{"id":"txn_5","object":"balance_transaction","amount":400,"fee":0,"net":400,"currency":"usd","created":5,"type":"payout_failure","source":{"id":"po_1","object":"payout"}}`,
		`{"id":"txn_4","object":"balance_transaction","amount":-400,"fee":0,"net":-400,"currency":"usd","created":4,"type":"payout","source":{"id":"po_1","object":"payout"}}`,
		`{"id":"txn_3","object":"balance_transaction","amount":300,"fee":0,"net":300,"currency":"usd","created":3,"type":"refund_failure","source":{"id":"re_1","object":"refund","amount":300,"currency":"usd","created":2,"payment_intent":"pi_1"}}`,
		`{"id":"txn_2","object":"balance_transaction","amount":-300,"fee":0,"net":-300,"currency":"usd","created":2,"type":"refund","source":{"id":"re_1","object":"refund","amount":300,"currency":"usd","created":2,"payment_intent":"pi_1"}}`,
		`{"id":"txn_1","object":"balance_transaction","amount":-7,"fee":1,"net":-8,"currency":"usd","created":1,"type":"something_new","source":"xyz_1"}`,
	}
	a := canned(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"object":"list","has_more":false,"data":[` + strings.Join(txns, ",") + `]}`))
	})
	got, err := a.Movements(t.Context(), time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range got {
		lines = append(lines, m.Object+" "+string(m.Kind)+" "+m.Amount.Decimal()+" "+m.Ref)
	}
	want := []string{
		"txn_1 fee -0.08 ", "re_1 refund -3.00 pi_1", "re_1/txn_3 refund 3.00 pi_1", "po_1 payout -4.00 ", "po_1/txn_5 payout 4.00 ", "txn_6 fee -9.00 ",
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

func TestACurrencyWeCannotCountIsAnError(t *testing.T) {
	t.Parallel()
	a := canned(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"id":"pi_1","object":"payment_intent","status":"succeeded","amount":1000,"currency":"xts","created":1,"metadata":{"via":"renewal"}}`))
	})
	if f, err := a.Lookup(t.Context(), "pi_1"); err == nil {
		t.Fatalf("%+v", f)
	}
}
