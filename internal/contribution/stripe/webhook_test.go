package stripe

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"mimeo/internal/fault"
)

const hookSecret = "whsec_0123456789abcdef"

var hookTime = time.Date(2026, 12, 4, 10, 0, 0, 0, time.UTC)

func hookAdapter(t testing.TB) *Adapter {
	t.Helper()
	a, err := New(Options{Base: Live, Key: "sk_test_1", Secrets: []string{hookSecret}, Now: func() time.Time { return hookTime }})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func signature(raw []byte, at time.Time) string {
	return hex.EncodeToString(webhook.ComputeSignature(at, raw, hookSecret))
}

func TestParseReadsTheHeaderStrictly(t *testing.T) {
	t.Parallel()
	a := hookAdapter(t)
	raw := []byte(`{"id":"evt_1","object":"event","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1"}}}`)
	now, long := hookTime.Unix(), hookTime.Add(-time.Hour)
	good := signature(raw, hookTime)
	old := signature(raw, long)
	for _, c := range []struct {
		name, header string
		ok           bool
	}{
		{"plain", fmt.Sprintf("t=%d,v1=%s", now, good), true},
		{"with a foreign scheme beside", fmt.Sprintf("t=%d,v0=%s,v1=%s", now, old, good), true},
		{"while secrets change", fmt.Sprintf("t=%d,v1=%s,v1=%s", now, old, good), true},
		{"spaces", fmt.Sprintf("t=%d, v1=%s", now, good), true},
		{"an old signature under a fresh time", fmt.Sprintf("t=%d,v1=%s", now, old), false},
		{"two times, the old one signed", fmt.Sprintf("t=%d,t=%d,v1=%s", now, long.Unix(), old), false},
		{"two times, the other way round", fmt.Sprintf("t=%d,t=%d,v1=%s", long.Unix(), now, old), false},
		{"no time", "v1=" + good, false},
		{"no signature", fmt.Sprintf("t=%d", now), false},
		{"only another scheme", fmt.Sprintf("t=%d,v0=%s", now, good), false},
		{"a time with a sign", fmt.Sprintf("t=+%d,v1=%s", now, good), false},
		{"a time with zeros", fmt.Sprintf("t=0%d,v1=%s", now, good), false},
		{"half a signature", fmt.Sprintf("t=%d,v1=%s", now, good[:32]), false},
		{"an empty signature", fmt.Sprintf("t=%d,v1=", now), false},
		{"nonsense", "nonsense", false},
		{"empty", "", false},
		{"a thousand signatures", fmt.Sprintf("t=%d", now) + strings.Repeat(",v1="+old, 1000) + ",v1=" + good, false},
	} {
		r, err := a.Parse(http.Header{"Stripe-Signature": {c.header}}, raw)
		if c.ok && (err != nil || r.Event != "evt_1" || len(r.Refs) != 1 || r.Refs[0] != "pi_1") {
			t.Errorf("%s: %+v, %v", c.name, r, err)
		}
		if !c.ok && fault.KindOf(err) != fault.Denied {
			t.Errorf("%s is let through: %+v, %v", c.name, r, err)
		}
	}
}

func TestParseKnowsWhatAnEventIsAbout(t *testing.T) {
	t.Parallel()
	a := hookAdapter(t)
	for _, c := range []struct{ kind, object, want string }{
		{"checkout.session.completed", `{"id":"cs_live_1","payment_intent":"pi_1"}`, "cs_live_1"},
		{"checkout.session.expired", `{"id":"cs_live_1","payment_intent":null}`, "cs_live_1"},
		{"payment_intent.succeeded", `{"id":"pi_1"}`, "pi_1"},
		{"charge.refunded", `{"id":"ch_1","payment_intent":"pi_1"}`, "pi_1"},
		{"charge.refunded", `{"id":"ch_1","payment_intent":{"id":"pi_1","object":"payment_intent"}}`, "pi_1"},
		{"charge.dispute.created", `{"id":"dp_1","charge":"ch_1","payment_intent":null}`, "ch_1"},
		{"charge.dispute.created", `{"id":"dp_1","charge":{"id":"ch_1"}}`, "ch_1"},
		{"charge.succeeded", `{"id":"ch_1","payment_intent":"pi_1"}`, ""},
		{"payout.paid", `{"id":"po_1"}`, ""},
		{"invented.tomorrow", `{"id":"pi_1"}`, ""},
		{"payment_intent.succeeded", `{"id":"../../v1/customers"}`, ""},
		{"payment_intent.succeeded", `{"id":"cs_1"}`, ""},
		{"payment_intent.succeeded", `{}`, ""},
	} {
		raw := []byte(`{"id":"evt_1","object":"event","type":"` + c.kind + `","data":{"object":` + c.object + `}}`)
		r, err := a.Parse(http.Header{"Stripe-Signature": {fmt.Sprintf("t=%d,v1=%s", hookTime.Unix(), signature(raw, hookTime))}}, raw)
		if err != nil || strings.Join(r.Refs, " ") != c.want {
			t.Errorf("%s %s: %+v, %v, want %q", c.kind, c.object, r, err, c.want)
		}
	}
}

// FuzzParse gives Parse any header and any body. Only what was signed within
// the tolerance may pass, and then with an id and plain refs.
func FuzzParse(f *testing.F) {
	raw := `{"id":"evt_1","object":"event","type":"charge.refunded","data":{"object":{"id":"ch_1","charge":"ch_1","payment_intent":{"id":"pi_1"}}}}`
	f.Add([]byte(raw), fmt.Sprintf("t=%d,v1=00", hookTime.Unix()), true)
	f.Add([]byte(raw), "t=1,t=2,v1=zz,v0=", false)
	f.Add([]byte("{}"), "", true)
	f.Add([]byte(`{"id":"evt_","object":"event","data":{"object":null}}`), "=", true)
	a := hookAdapter(f)
	f.Fuzz(func(t *testing.T, raw []byte, header string, sign bool) {
		if sign {
			header = fmt.Sprintf("t=%d,v1=%s", hookTime.Unix(), signature(raw, hookTime))
		}
		r, err := a.Parse(http.Header{"Stripe-Signature": {header}}, raw)
		if err != nil {
			if fault.KindOf(err) != fault.Denied || r.Event != "" || r.Refs != nil {
				t.Fatalf("%+v, %v", r, err)
			}
			return
		}
		if !strings.Contains(header, signature(raw, hookTime)) && !strings.Contains(strings.ToLower(header), signature(raw, hookTime)) {
			// Another time within the tolerance may have been signed; the fuzzer
			// does not hold the secret, so it cannot have.
			t.Fatalf("an unsigned body passed: %q", header)
		}
		if !strings.HasPrefix(r.Event, "evt_") || len(r.Refs) > 1 {
			t.Fatalf("%+v", r)
		}
		for _, ref := range r.Refs {
			if !plainID(ref, "cs_") && !plainID(ref, "pi_") && !plainID(ref, "ch_") {
				t.Fatalf("a ref that is no id: %q", ref)
			}
		}
	})
}
