package attack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// The demo's webhook secret: whoever reaches a demo may do anything there.
const hookSecret = "whsec_" + "mimeodemonewsroom"

func signature(body string, at int64, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at, body)
	return fmt.Sprintf("t=%d,v1=%s", at, hex.EncodeToString(mac.Sum(nil)))
}

func (n *newsroom) hook(body, line string) answer {
	n.t.Helper()
	return n.do(http.MethodPost, "/hooks/stripe", body, "Content-Type", "application/json", "Stripe-Signature", line)
}

// now is the newsroom's clock.
func (n *newsroom) now() int64 {
	n.t.Helper()
	var at struct {
		Now time.Time `json:"now"`
	}
	a := n.post("/demo/clock", url.Values{"advance": {"PT0S"}})
	if err := json.Unmarshal([]byte(a.body), &at); err != nil {
		n.t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return at.Now.Unix()
}

func event(id, kind, object string) string {
	return fmt.Sprintf(`{"id":%q,"object":"event","type":%q,"data":{"object":{"id":%q}}}`, id, kind, object)
}

func good(a answer) bool { return a.status == http.StatusOK || a.status == http.StatusNoContent }

// paidInSilence is a gift that was paid while every webhook is lost: the
// newsroom does not know of it yet. It returns the processor's name for it and
// the page that waits.
func (n *newsroom) paidInSilence() (checkout, back string) {
	n.t.Helper()
	n.faults(`{"webhooks":{"drop":1}}`)
	a := n.post("/support", n.gift())
	back = n.post(a.to(), goodCard()).to()
	if !strings.Contains(n.get(back).words(), "We are waiting for the bank") {
		n.t.Fatalf("%s: %.200s", back, n.get(back).words())
	}
	return a.to()[strings.LastIndex(a.to(), "/")+1:], back
}

func (n *newsroom) faults(plan string) {
	n.t.Helper()
	if a := n.do(http.MethodPost, "/demo/faults", plan, "Content-Type", "application/json"); a.status != http.StatusOK {
		n.t.Fatalf("faults: %d %s", a.status, a.body)
	}
}

func TestForgedMessages(t *testing.T) {
	t.Parallel()
	n := start(t)
	checkout, back := n.paidInSilence()
	now := n.now()
	body := event("evt_1", "checkout.session.completed", checkout)
	line := signature(body, now, hookSecret)
	mac := line[strings.Index(line, "v1=")+3:]
	for what, a := range map[string]answer{
		"another secret":        n.hook(body, signature(body, now, "whsec_guess")),
		"no secret":             n.hook(body, signature(body, now, "")),
		"no signature":          n.do(http.MethodPost, "/hooks/stripe", body, "Content-Type", "application/json"),
		"an empty one":          n.hook(body, ""),
		"a time alone":          n.hook(body, fmt.Sprintf("t=%d", now)),
		"no time":               n.hook(body, "v1="+mac),
		"an empty mac":          n.hook(body, fmt.Sprintf("t=%d,v1=", now)),
		"half a mac":            n.hook(body, line[:len(line)-32]),
		"an older scheme":       n.hook(body, strings.Replace(line, "v1=", "v0=", 1)),
		"a changed body":        n.hook(body+" ", line),
		"another event":         n.hook(strings.Replace(body, "evt_1", "evt_2", 1), line),
		"another time":          n.hook(body, strings.Replace(line, "t=", "t=1", 1)),
		"two times":             n.hook(body, line+fmt.Sprintf(",t=%d", now)),
		"a time with a sign":    n.hook(body, strings.Replace(line, "t=", "t=+", 1)),
		"a time with decimals":  n.hook(body, fmt.Sprintf("t=%d.0,v1=%s", now, mac)),
		"five minutes old":      n.hook(body, signature(body, now-310, hookSecret)),
		"five minutes ahead":    n.hook(body, signature(body, now+320, hookSecret)),
		"of another age":        n.hook(body, signature(body, 0, hookSecret)),
		"before all time":       n.hook(body, signature(body, -now, hookSecret)),
		"after all time":        n.hook(body, signature(body, 1<<62, hookSecret)),
		"by the machine's time": n.hook(body, signature(body, time.Now().Add(time.Hour).Unix(), hookSecret)),
	} {
		if a.status != http.StatusForbidden {
			t.Errorf("%s: %d %.100s", what, a.status, a.body)
		}
		if strings.Contains(a.body, "secret") || strings.Contains(a.body, "signature") {
			t.Errorf("%s: the forger is told what is wrong", what)
		}
	}
	if !strings.Contains(n.get(back).words(), "We are waiting for the bank") {
		t.Error("a forged message was believed")
	}
	// As old as may be, by the newsroom's clock.
	for at, want := range map[int64]bool{now - 290: true, now + 290: true} {
		b := event(fmt.Sprintf("evt_at%d", at), "ping", "x")
		if got := good(n.hook(b, signature(b, at, hookSecret))); got != want {
			t.Errorf("%d seconds from now: %v", at-now, got)
		}
	}
}

// TestOddMessages are signed as they should be, and are nonsense.
func TestOddMessages(t *testing.T) {
	t.Parallel()
	n := start(t)
	_, back := n.paidInSilence()
	now := n.now()
	for body, want := range map[string]int{
		"": 403, "{}": 403, "[]": 403, "null": 403, `"x"`: 403, "{": 403, "\x00\xff": 403, "\ufeff{}": 403, strings.Repeat("[", 50000): 403,
		strings.Repeat(`{"a":`, 10000): 403, `{"id":"","object":"event","type":"x"}`: 403, `{"id":"evt_a","object":"charge","type":"x"}`: 403,
		`{"id":"evt_a\n","object":"event","type":"x"}`: 403, `{"id":"evt_` + strings.Repeat("a", 300) + `","object":"event","type":"x"}`: 403,
		`{"id":5,"object":"event","type":"x"}`: 403, `{"id":"evt_b","object":"event","type":5}`: 403, `{"id":"evt_c","object":"event","type":"x","data":[]}`: 403,
		event("evt_d", "x", "y") + event("evt_e", "x", "y"): 403, `{"id":"evt_big","object":"event","type":"x","pad":"` + strings.Repeat("a", 100_000) + `"}`: 413,
		`{"id":"evt_huge","object":"event","type":"x","pad":"` + strings.Repeat("a", 10<<20) + `"}`: 413,
		event("evt_f", "x", "y"):                                                                                      200,
		event("evt_g", "checkout.session.completed", "cs_nobody"):                                                     200,
		event("evt_h", "checkout.session.completed", "cs_../../payments"):                                             200,
		event("evt_i", "payment_intent.succeeded", "pi_nobody"):                                                       200,
		event("evt_j", "payment_intent.succeeded", "cs_wrongkind"):                                                    200,
		`{"id":"evt_k","object":"event","type":"x","data":null}`:                                                      200,
		`{"id":"evt_l","object":"event","type":"charge.refunded","data":{"object":{"payment_intent":{"id":"pi_x"}}}}`: 200,
		`{"id":"evt_m","object":"event","type":"charge.refunded","data":{"object":{"payment_intent":[1]}}}`:           200,
	} {
		a := n.hook(body, signature(body, now, hookSecret))
		if a.status != want && !(want == 200 && good(a)) {
			t.Errorf("%.80s: %d, want %d", body, a.status, want)
		}
	}
	for path, want := range map[string]int{"/hooks/nobody": 404, "/hooks/Stripe": 404, "/hooks/simulator": 404, "/hooks/": 404, "/hooks/%00": 404, "/fa/hooks/stripe": 405} {
		body := event("evt_n", "x", "y")
		if a := n.do(http.MethodPost, path, body, "Stripe-Signature", signature(body, now, hookSecret)); a.status != want {
			t.Errorf("%s: %d, want %d", path, a.status, want)
		}
	}
	if !strings.Contains(n.get(back).words(), "We are waiting for the bank") {
		t.Error("nonsense was believed")
	}
}

// TestRepeatedMessages: the same message many times at once, late, and behind
// its successors, is booked once.
func TestRepeatedMessages(t *testing.T) {
	t.Parallel()
	n := start(t)
	checkout, back := n.paidInSilence()
	now := n.now()
	send := func(id, kind, object string) {
		body := event(id, kind, object)
		if a := n.hook(body, signature(body, now, hookSecret)); !good(a) {
			t.Errorf("%s %s: %d %.100s", id, kind, a.status, a.body)
		}
	}
	send("evt_early", "checkout.session.expired", checkout) // says what is not so: the state is asked for
	if !strings.Contains(n.get(back).words(), "has arrived") {
		t.Errorf("the fetched state is not the fact: %.200s", n.get(back).words())
	}
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() { send("evt_same", "checkout.session.completed", checkout) })
		all.Go(func() { send(fmt.Sprintf("evt_%d", i), "checkout.session.completed", checkout) })
	}
	all.Wait()
	send("evt_same", "checkout.session.completed", checkout)
	send("evt_late", "checkout.session.expired", checkout)
	send("evt_failed", "checkout.session.async_payment_failed", checkout)
	n.faults(`{}`)
	n.advance("PT2H")
	if page := n.get(back).words(); !strings.Contains(page, "has arrived") {
		t.Errorf("the page says %.200s", page)
	}
	export := run(t, "", "ledger", "export", "--format", "csv", "--data", n.data)
	if gross := strings.Count(export.out, ",gross,"); gross != 1 || n.statements() != 1 {
		t.Errorf("%d booked, %d on statements: %s", gross, n.statements(), export.out)
	}
	if box := n.outbox(); len(box) != 1 {
		t.Errorf("%d receipts", len(box))
	}
}
