package stripe

import (
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"mimeo/internal/contribution"
	"mimeo/internal/fault"
)

// tolerance is how old a webhook may be, and how far ahead of our clock.
const tolerance = 300 * time.Second

// maxHook bounds a webhook; Stripe's stay below a few tens of kilobytes.
const maxHook = 1 << 20

// Parse verifies a webhook and returns which payment it is about. Everything
// wrong with one is Denied in the same words: a forger learns nothing.
func (a *Adapter) Parse(header map[string][]string, raw []byte) (contribution.Rumour, error) {
	denied := fault.New(fault.Denied, "This is not a message of the payment processor")
	if len(raw) > maxHook {
		return contribution.Rumour{}, denied
	}
	lines := http.Header(header).Values("Stripe-Signature")
	if len(lines) != 1 || !a.signed(lines[0], raw) {
		return contribution.Rumour{}, denied
	}
	var e event
	if err := json.Unmarshal(raw, &e); err != nil || e.Object != "event" || !plainID(e.ID, "evt_") {
		return contribution.Rumour{}, denied
	}
	r := contribution.Rumour{Event: e.ID}
	if ref := e.ref(); ref != "" {
		r.Refs = []string{ref}
	}
	return r, nil
}

// signed checks the signature over the raw bytes. It is read here and not by
// the library, whose clock is the machine's; a time given twice is refused,
// because only one of the two is signed.
func (a *Adapter) signed(line string, raw []byte) bool {
	var stamp string
	var given [][]byte
	for part := range strings.SplitSeq(line, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return false
		}
		switch name {
		case "t":
			if stamp != "" {
				return false
			}
			stamp = value
		case "v1":
			if mac, err := hex.DecodeString(value); err == nil && len(given) < 8 {
				given = append(given, mac)
			}
		}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != stamp {
		return false
	}
	sent := time.Unix(seconds, 0)
	if age := a.opt.Now().Sub(sent); age > tolerance || age < -tolerance {
		return false
	}
	for _, secret := range a.opt.Secrets {
		want := webhook.ComputeSignature(sent, raw, secret)
		for _, mac := range given {
			if hmac.Equal(want, mac) {
				return true
			}
		}
	}
	return false
}

// event is what is read of a webhook.
type event struct {
	ID     string `json:"id"`
	Object string `json:"object"`
	Type   string `json:"type"`
	Data   struct {
		Object struct {
			ID     string          `json:"id"`
			Charge json.RawMessage `json:"charge"`
			Intent json.RawMessage `json:"payment_intent"`
		} `json:"object"`
	} `json:"data"`
}

// ref names the payment that an event is about, "" when it is about none or is
// of no interest: what happens to a charge is told by its payment as well,
// except for what comes after it.
func (e event) ref() string {
	o := e.Data.Object
	switch e.Type {
	case "checkout.session.completed", "checkout.session.expired", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed":
		if plainID(o.ID, "cs_") {
			return o.ID
		}
	case "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled", "payment_intent.processing":
		if plainID(o.ID, "pi_") {
			return o.ID
		}
	case "charge.refunded", "charge.updated", "refund.created", "refund.updated", "refund.failed",
		"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated":
		if id := reference(o.Intent); plainID(id, "pi_") {
			return id
		}
		if id := reference(o.Charge); plainID(id, "ch_") {
			return id
		}
	}
	return ""
}

// reference reads an id that may have been expanded into its object.
func reference(raw json.RawMessage) string {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		return id
	}
	var object struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &object) == nil {
		return object.ID
	}
	return ""
}

func plainID(id, prefix string) bool {
	return strings.HasPrefix(id, prefix) && len(id) <= 255 &&
		strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}
