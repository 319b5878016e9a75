package simulator

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"mimeo/internal/fault"
)

func TestSignVector(t *testing.T) {
	t.Parallel()
	// echo -n '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_vector
	const want = "t=1700000000,v1=c6014fd4b390b4bc9c887a309c78277b7c4c562fbe61a9e713bfc5da054789da"
	if got := Sign([]byte(`{"id":"evt_1"}`), "whsec_vector", time.Unix(1_700_000_000, 0)); got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
}

func TestWebhooksTellTheStory(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, page := h.session(sessionForm)
	h.pay(page, "4000000000000002")
	h.pay(page, "4242424242424242")
	h.deliver()
	if got, want := h.types(), []string{
		"charge.failed", "payment_intent.payment_failed", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed",
	}; !slices.Equal(got, want) {
		t.Errorf("heard %v, want %v", got, want)
	}
	if n := h.deliver(); n != 0 {
		t.Errorf("%d are delivered again", n)
	}
}

func TestAWebhookIsTriedForThreeDays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	start := h.clock.Now()
	h.paid("4242424242424242")
	h.answer = http.StatusInternalServerError
	attempts := 0
	for {
		at, waiting, err := h.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !waiting {
			break
		}
		if at.After(h.clock.Now()) {
			h.clock.Set(at)
		}
		if h.deliver() == 0 {
			t.Fatal("what is due is not delivered")
		}
		if attempts++; attempts > 100 {
			t.Fatal("no end")
		}
	}
	took := h.clock.Now().Sub(start)
	if took < 48*time.Hour || took > 72*time.Hour {
		t.Errorf("given up after %v", took)
	}
	var stamps []string
	h.mu.Lock()
	first := h.heard[0].ID
	for _, e := range h.heard {
		if e.ID == first {
			stamps = append(stamps, e.At.Sub(start).String()+" "+strings.Split(e.Header.Get("Stripe-Signature"), ",")[0])
		}
	}
	h.mu.Unlock()
	if len(stamps) < 8 || !strings.HasPrefix(stamps[1], "1m0s ") || !strings.HasPrefix(stamps[2], "6m0s ") || stamps[0] == stamps[1] {
		t.Errorf("tried at %v", stamps)
	}
}

func TestAWebhookArrivesAtLast(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.answer = http.StatusServiceUnavailable
	h.paid("4242424242424242")
	h.deliver()
	h.answer = http.StatusOK
	h.types()
	h.clock.Advance(time.Minute)
	h.deliver()
	if got := h.types(); len(got) != 3 {
		t.Errorf("heard %v", got)
	}
	h.clock.Advance(time.Hour)
	h.deliver()
	if got := h.types(); len(got) != 0 {
		t.Errorf("heard again: %v", got)
	}
}

func TestRunDeliversByItselfAndStops(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { h.Run(ctx); close(ended) }()
	h.paid("4242424242424242")
	h.wait(func() bool { return len(h.heard) == 3 })
	// A clock that jumps is noticed without anybody calling.
	h.session(sessionForm)
	h.clock.Advance(25 * time.Hour)
	h.wait(func() bool { return len(h.heard) == 4 })
	stop()
	<-ended
}

// TestACommandBesideTheServer pays through another process's view of the file.
func TestACommandBesideTheServer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	beside := openHouse(t, h.dir, h.clock)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { h.Run(ctx); close(ended) }()
	beside.paid("4242424242424242")
	h.wait(func() bool { return len(h.heard) == 3 })
	stop()
	<-ended
	if got := beside.types(); len(got) != 0 {
		t.Errorf("the command delivered %v", got)
	}
}

// wait polls until the newsroom has heard enough.
func (h *house) wait(enough func() bool) {
	h.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(20 * time.Second); ; {
		h.mu.Lock()
		done := enough()
		h.mu.Unlock()
		if done {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			h.t.Fatal("the webhooks do not come")
		}
	}
}

// story makes n payments under faults, lets three days pass, and returns which
// webhooks arrived when, in their order.
func story(t *testing.T, f Faults, n int) (order []string, late []time.Duration) {
	t.Helper()
	h := newHouse(t)
	if err := h.SetFaults(f); err != nil {
		t.Fatal(err)
	}
	start := h.clock.Now()
	for range n {
		h.paid("4242424242424242")
	}
	for {
		at, waiting, err := h.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !waiting {
			break
		}
		if at.After(h.clock.Now()) {
			h.clock.Set(at)
		}
		h.deliver()
	}
	names := map[string]string{}
	for _, e := range h.heard {
		if names[e.ID] == "" {
			names[e.ID] = e.Type
		}
		order = append(order, names[e.ID])
		late = append(late, e.At.Sub(start))
	}
	return order, late
}

func TestWebhookFaults(t *testing.T) {
	t.Parallel()
	plain, _ := story(t, Faults{}, 4)
	if len(plain) != 12 {
		t.Fatalf("without faults: %v", plain)
	}
	if got, _ := story(t, Faults{Webhooks: WebhookFaults{Drop: 1}}, 2); len(got) != 0 {
		t.Errorf("all dropped: %v", got)
	}
	if got, _ := story(t, Faults{Webhooks: WebhookFaults{Duplicate: 1}}, 2); len(got) != 12 {
		t.Errorf("all twice: %v", got)
	}
	_, late := story(t, Faults{Webhooks: WebhookFaults{Delay: 1}, Seed: 3}, 4)
	for _, by := range late {
		if by < soonest || by > latest {
			t.Errorf("late by %v", by)
		}
	}
	if got, _ := story(t, Faults{Webhooks: WebhookFaults{Shuffle: true}, Seed: 5}, 4); len(got) != 12 || slices.Equal(got, plain) {
		t.Errorf("shuffled: %v", got)
	}
	some := Faults{Webhooks: WebhookFaults{Duplicate: .3, Drop: .3, Delay: .3, Shuffle: true}, Seed: 7}
	one, oneLate := story(t, some, 6)
	two, twoLate := story(t, some, 6)
	if !slices.Equal(one, two) || !slices.Equal(oneLate, twoLate) {
		t.Errorf("the same seed tells\n%v %v\nand\n%v %v", one, oneLate, two, twoLate)
	}
	some.Seed = 8
	if three, threeLate := story(t, some, 6); slices.Equal(one, three) && slices.Equal(oneLate, threeLate) {
		t.Error("another seed tells the same")
	}
}

func TestAPIFaults(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, customer, method := h.paid("4242424242424242")
	form := "amount=500&currency=usd&customer=" + customer + "&payment_method=" + method + "&confirm=true&off_session=true"
	before := h.lines()

	if err := h.SetFaults(Faults{API: APIFaults{ErrorRate: 1}}); err != nil {
		t.Fatal(err)
	}
	h.api(500, "POST", "/v1/payment_intents", form, "one")
	h.api(500, "GET", "/v1/balance_transactions", "", "")
	h.wantLines(before...)
	// The donor's page is another machine.
	if a, _ := h.request("GET", "/", "", nil); a.StatusCode != http.StatusOK {
		t.Errorf("the board answers %s", a.Status)
	}

	if err := h.SetFaults(Faults{API: APIFaults{TimeoutAfterSuccess: 1}}); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.base+"/v1/payment_intents", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testKey)
	r.Header.Set("Idempotency-Key", "one")
	if a, err := http.DefaultClient.Do(r); err == nil {
		_, err = a.Body.Read(make([]byte, 1))
		_ = a.Body.Close()
		if err == nil {
			t.Error("an answer came through")
		}
	}
	if got := h.lines(); len(got) != len(before)+3 {
		t.Errorf("the work was not done: %v", got)
	}
	h.api(400, "POST", "/v1/payment_intents", "", "") // a refusal is heard

	if err := h.SetFaults(Faults{}); err != nil {
		t.Fatal(err)
	}
	h.api(200, "POST", "/v1/payment_intents", form, "one")
	if got := h.lines(); len(got) != len(before)+3 {
		t.Errorf("charged again: %v", got)
	}

	// Half of the calls, by seed.
	outcomes := func(seed int64) (out []bool) {
		if err := h.SetFaults(Faults{API: APIFaults{ErrorRate: .5}, Seed: seed}); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			a, _ := h.request("GET", "/v1/balance_transactions", "", map[string]string{"Authorization": "Bearer " + testKey})
			out = append(out, a.StatusCode == http.StatusOK)
		}
		return out
	}
	one := outcomes(1)
	if !slices.Contains(one, true) || !slices.Contains(one, false) || !slices.Equal(one, outcomes(1)) || slices.Equal(one, outcomes(2)) {
		t.Errorf("half of the calls: %v", one)
	}
}

func TestParseFaults(t *testing.T) {
	t.Parallel()
	f, err := ParseFaults([]byte(`{"webhooks":{"duplicate":0.3,"drop":0.1,"delay":1,"shuffle":true},"api":{"timeout_after_success":0.05,"error_rate":0},"seed":42}`))
	if want := (Faults{WebhookFaults{.3, .1, 1, true}, APIFaults{.05, 0}, 42}); err != nil || f != want {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err := ParseFaults([]byte(`{}`)); err != nil || f != (Faults{}) {
		t.Errorf("no faults: %+v, %v", f, err)
	}
	for _, raw := range []string{
		"", "null x", "[]", `{"webhooks":{"drop":1.1}}`, `{"webhooks":{"drop":-0.1}}`, `{"api":{"error_rate":2}}`, `{"webhook":{}}`, `{"webhooks":{"shuffle":1}}`,
		`{"seed":1.5}`, `{"seed":"x"}`, `{} {}`, `{"webhooks":{"drop":1e400}}`, `{"api":{"timeout_after_success":"NaN"}}`,
	} {
		if f, err := ParseFaults([]byte(raw)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q gives %+v, %v", raw, f, err)
		}
	}
}

func FuzzParseFaults(f *testing.F) {
	f.Add([]byte(`{"webhooks":{"duplicate":0.3,"drop":0.1,"delay":1,"shuffle":true},"api":{"timeout_after_success":0.05,"error_rate":0},"seed":42}`))
	f.Add([]byte(`{"seed":-1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		parsed, err := ParseFaults(raw)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		again, err := json.Marshal(parsed)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := ParseFaults(again); err != nil || second != parsed {
			t.Fatalf("%s reads as %+v, then %+v, %v", raw, parsed, second, err)
		}
	})
}

func TestBankIsTheContractsShape(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.paid("4000006430000009")
	lines, err := h.Bank(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(lines)
	if err != nil {
		t.Fatal(err)
	}
	const line = `{"kind":"KIND","card_country":"RU","amount":500,"currency":"USD","at":"2026-12-04T10:30:00Z","descriptor":"TNR MEDIA","merchant":"MIMEOSIM0000001"}`
	want := "[" + strings.Replace(line, "KIND", "authorisation", 1) + "," + strings.Replace(line, "KIND", "charge", 1) + "," + strings.Replace(line, "KIND", "statement", 1) + "]"
	if string(text) != want {
		t.Errorf("bank.json is\n%s\nwant\n%s", text, want)
	}
	if text, err := json.Marshal(mustBank(t, newHouse(t))); err != nil || string(text) != "[]" {
		t.Errorf("an empty bank.json is %s, %v", text, err)
	}
}

func mustBank(t *testing.T, h *house) []Line {
	t.Helper()
	lines, err := h.Bank(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
