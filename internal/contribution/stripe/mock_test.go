package stripe_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mimeo/internal/contribution"
	"mimeo/internal/contribution/stripe"
	"mimeo/internal/money"
)

// stripe-mock is Stripe's own server of fixtures: it keeps no state, but it
// refuses parameters that Stripe's description of its API does not have, and it
// answers in the shapes that the description gives. So it checks both ends of
// what we made ourselves: the adapter's requests and the simulator's answers.
func startMock(t *testing.T) string {
	t.Helper()
	binary, err := exec.LookPath("stripe-mock")
	if err != nil {
		binary = filepath.Join("..", "..", "..", "bin", "stripe-mock")
	}
	if _, err := os.Stat(binary); err != nil {
		if os.Getenv("MIMEO_STRIPE_MOCK") == "" {
			t.Skip("SKIPPED: the shapes were not checked against stripe-mock. Put it in bin/ (go build -modfile=tools/go.mod -o bin/stripe-mock github.com/stripe/stripe-mock), or set MIMEO_STRIPE_MOCK=1 to have it built")
		}
		binary = filepath.Join(t.TempDir(), "stripe-mock")
		build := exec.CommandContext(t.Context(), "go", "build", "-modfile", filepath.Join("..", "..", "..", "tools", "go.mod"), "-o", binary, "github.com/stripe/stripe-mock")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("building stripe-mock: %v\n%s", err, out)
		}
	}
	mock := exec.Command(binary, "-http-addr", "127.0.0.1:", "-https-addr", "127.0.0.1:")
	out, err := mock.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := mock.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mock.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = mock.Wait()
	})
	address := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if _, at, found := strings.Cut(lines.Text(), "Listening for HTTP at address: "); found {
				address <- strings.TrimSpace(at)
			}
		}
		close(address)
	}()
	select {
	case at, ok := <-address:
		if ok {
			return "http://" + at
		}
	case <-time.After(time.Minute):
	}
	t.Fatal("stripe-mock does not say where it listens")
	return ""
}

// witness notes what each call was answered with.
type witness struct {
	mu    sync.Mutex
	calls []string
	bad   []string
}

func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	call := r.Method + " " + r.URL.Path
	w.calls = append(w.calls, call)
	if answer.StatusCode != http.StatusOK {
		text, err := io.ReadAll(answer.Body)
		w.bad = append(w.bad, fmt.Sprintf("%s?%s: %s %s %v", call, r.URL.RawQuery, answer.Status, text, err))
		answer.Body = io.NopCloser(strings.NewReader(string(text)))
	}
	return answer, nil
}

func TestRequestsHaveStripesShape(t *testing.T) {
	t.Parallel()
	w := &witness{}
	a, err := stripe.New(stripe.Options{Base: startMock(t), Key: "sk_test_123", Secrets: []string{secret}, Transport: w, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	// Fixtures make no sense as states, so only the requests count here.
	for _, rhythm := range contribution.Rhythms() {
		_, _ = a.Begin(ctx, contribution.Checkout{
			Key: "k" + string(rhythm), Payment: "p", Pledge: "q", Amount: money.Of(500, "USD"), Rhythm: rhythm, Email: "donor@example.org", Lang: "de",
			Return: "https://newsroom.example/r", Cancel: "https://newsroom.example/c", Descriptor: "TNR MEDIA",
		})
	}
	r := contribution.Renewal{Key: "k", Payment: "p", Pledge: "q", Amount: money.Of(500, "JPY"), Customer: "cus_1", Method: "pm_1", Descriptor: "TNR MEDIA"}
	_, _ = a.Charge(ctx, r)
	_, _ = a.Find(ctx, r)
	for _, ref := range []string{"cs_test_1", "pi_1", "ch_1", "re_1", "dp_1"} {
		_, _ = a.Lookup(ctx, ref)
	}
	_, _ = a.Movements(ctx, time.Now().Add(-time.Hour))
	// What Lookup asks only of a payment in such a state.
	if err := stripe.AskAfterwards(ctx, a, "pi_1"); err != nil {
		t.Error(err)
	}
	for _, bad := range w.bad {
		t.Error(bad)
	}
	for _, want := range []string{
		"POST /v1/checkout/sessions", "GET /v1/checkout/sessions", "POST /v1/payment_intents", "GET /v1/payment_intents", "GET /v1/refunds", "GET /v1/disputes",
		"GET /v1/balance_transactions", "GET /v1/payment_intents/pi_1", "GET /v1/charges/ch_1",
	} {
		if !strings.Contains(strings.Join(w.calls, "\n")+"\n", want+"\n") {
			t.Errorf("%s was not asked", want)
		}
	}
}

// TestAnswersHaveStripesShape holds the simulator to stripe-mock: it answers no
// field that Stripe does not have, and none of another type.
func TestAnswersHaveStripesShape(t *testing.T) {
	t.Parallel()
	mock := startMock(t)
	rig := newRig(t)
	h := rig.harness()
	begun, err := rig.adapter.Begin(t.Context(), contribution.Checkout{
		Key: "k", Payment: "p", Pledge: "q", Amount: money.Of(500, "USD"), Rhythm: contribution.Monthly, Email: "donor@example.org", Lang: "en",
		Return: "https://newsroom.example/r", Cancel: "https://newsroom.example/c", Descriptor: "TNR MEDIA",
	})
	if err != nil {
		t.Fatal(err)
	}
	open := object(t, rig.base, key, "/v1/checkout/sessions/"+begun.Ref)
	if !h.Pay(t, begun.URL, "good") {
		t.Fatal("the card was not accepted")
	}
	f, err := rig.adapter.Lookup(t.Context(), begun.Ref)
	if err != nil {
		t.Fatal(err)
	}
	session := object(t, rig.base, key, "/v1/checkout/sessions/"+begun.Ref)
	charge := f.Movements[0].Object
	h.Refund(t, charge, 100)
	h.Dispute(t, charge)
	paid := object(t, rig.base, key, "/v1/payment_intents/"+f.Movements[0].Ref)
	last := func(path string) any {
		list, _ := object(t, rig.base, key, path)["data"].([]any)
		if len(list) == 0 {
			t.Fatalf("%s lists nothing", path)
		}
		return list[0]
	}
	for name, pair := range map[string][2]any{
		"an open checkout":      {open, object(t, mock, "sk_test_123", "/v1/checkout/sessions/cs_1")},
		"a paid checkout":       {session, object(t, mock, "sk_test_123", "/v1/checkout/sessions/cs_1")},
		"a payment intent":      {paid, object(t, mock, "sk_test_123", "/v1/payment_intents/pi_1")},
		"a charge":              {object(t, rig.base, key, "/v1/charges/"+charge), object(t, mock, "sk_test_123", "/v1/charges/ch_1")},
		"a customer":            {object(t, rig.base, key, "/v1/customers/"+f.Customer), object(t, mock, "sk_test_123", "/v1/customers/cus_1")},
		"a payment method":      {object(t, rig.base, key, "/v1/payment_methods/"+f.Method), object(t, mock, "sk_test_123", "/v1/payment_methods/pm_1")},
		"a refund":              {last("/v1/refunds"), object(t, mock, "sk_test_123", "/v1/refunds/re_1")},
		"a dispute":             {last("/v1/disputes"), object(t, mock, "sk_test_123", "/v1/disputes/dp_1")},
		"a balance transaction": {last("/v1/balance_transactions"), object(t, mock, "sk_test_123", "/v1/balance_transactions/txn_1")},
		"a list":                {object(t, rig.base, key, "/v1/balance_transactions"), object(t, mock, "sk_test_123", "/v1/balance_transactions")},
	} {
		compareShape(t, name, pair[0], pair[1])
	}
}

func object(t *testing.T, base, key, path string) map[string]any {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(a.Body).Decode(&out); err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %s, %v", path, a.Status, err)
	}
	return out
}

// compareShape wants every field of got in want, with the same type where both
// have a value.
func compareShape(t *testing.T, at string, got, want any) {
	t.Helper()
	if got == nil || want == nil {
		return
	}
	switch got := got.(type) {
	case map[string]any:
		want, ok := want.(map[string]any)
		if !ok {
			t.Errorf("%s is an object here and %T at Stripe", at, want)
			return
		}
		if strings.HasSuffix(at, ".metadata") || len(want) == 0 {
			return
		}
		for name, value := range got {
			theirs, ok := want[name]
			if !ok && value != nil {
				t.Errorf("%s has no field %s at Stripe", at, name)
			}
			compareShape(t, at+"."+name, value, theirs)
		}
	case []any:
		want, ok := want.([]any)
		if !ok {
			t.Errorf("%s is a list here and %T at Stripe", at, want)
			return
		}
		if len(got) > 0 && len(want) > 0 {
			compareShape(t, at+"[0]", got[0], want[0])
		}
	default:
		if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) {
			t.Errorf("%s is %T here and %T at Stripe", at, got, want)
		}
	}
}
