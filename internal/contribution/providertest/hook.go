package providertest

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"mimeo/internal/contribution"
	"mimeo/internal/fault"
	"mimeo/internal/ledger"
)

// refs are those of all webhooks so far.
func (b *bench) refs() []string {
	b.t.Helper()
	var refs []string
	for _, h := range b.Hooks(b.t) {
		r, err := b.Provider.Parse(h.Header, h.Raw)
		if err != nil {
			b.t.Fatalf("a genuine webhook is refused: %v", err)
		}
		if r.Event == "" {
			b.t.Fatalf("a webhook has no event id: %s", h.Raw)
		}
		refs = append(refs, r.Refs...)
	}
	slices.Sort(refs)
	return slices.Compact(refs)
}

func hooksArrive(t *testing.T, b *bench) {
	f := b.paid(500, "USD", contribution.Monthly, Good)
	refs := b.refs()
	if len(refs) == 0 {
		t.Fatal("no webhook refers to the payment")
	}
	for _, ref := range refs {
		b.wantSame(b.lookup(ref), f)
	}
	before := len(b.Hooks(t))
	b.Refund(t, b.one(f.Movements, ledger.Gross).Object, 100)
	b.Advance(0)
	if len(b.Hooks(t)) == before {
		t.Fatal("no webhook tells of a refund")
	}
	for _, ref := range b.refs() {
		if got := b.lookup(ref); got.Payment != f.Payment {
			t.Fatalf("%s leads to %+v", ref, got)
		}
	}

	// The same event again is the same rumour.
	h := b.Hooks(t)[0]
	one, err := b.Provider.Parse(h.Header, h.Raw)
	if err != nil {
		t.Fatal(err)
	}
	two, err := b.Provider.Parse(h.Header, h.Raw)
	if err != nil {
		t.Fatal(err)
	}
	b.wantSame(two, one)

	other := b.Sign(t, b.Unknown, b.Now(), Current)
	if r, err := b.Provider.Parse(other.Header, other.Raw); err != nil || len(r.Refs) != 0 {
		t.Fatalf("an event of no interest: %+v, %v", r, err)
	}
	rotated := b.Sign(t, h.Raw, b.Now(), Next)
	if _, err := b.Provider.Parse(rotated.Header, rotated.Raw); err != nil {
		t.Fatalf("the secret that comes next is refused: %v", err)
	}
}

func hooksRefused(t *testing.T, b *bench) {
	b.paid(500, "USD", contribution.Monthly, Good)
	raw := b.Hooks(t)[0].Raw
	good := b.Sign(t, raw, b.Now(), Current)
	if _, err := b.Provider.Parse(good.Header, good.Raw); err != nil {
		t.Fatalf("a genuine webhook is refused: %v", err)
	}
	refuse := func(name string, header map[string][]string, raw []byte) {
		t.Helper()
		r, err := b.Provider.Parse(header, raw)
		if fault.KindOf(err) != fault.Denied || r.Event != "" || len(r.Refs) != 0 {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	foreign := b.Sign(t, raw, b.Now(), Foreign)
	refuse("forged", foreign.Header, raw)
	refuse("unsigned", nil, raw)
	refuse("tampered", good.Header, append(bytes.Clone(raw), ' '))
	changed := bytes.Replace(raw, []byte(`"evt_`), []byte(`"evt_0`), 1)
	refuse("changed", good.Header, changed)
	refuse("empty", good.Header, nil)
	stale := b.Sign(t, raw, b.Now().Add(-301*time.Second), Current)
	refuse("stale", stale.Header, raw)
	early := b.Sign(t, raw, b.Now().Add(10*time.Minute), Current)
	refuse("from the future", early.Header, raw)
	for _, body := range []string{"", "{}", "null", "[]", `{"object":"event"}`, "\xff\xfe", `{"object":"list","id":"evt_1"}`} {
		h := b.Sign(t, []byte(body), b.Now(), Current)
		refuse("signed nonsense "+body, h.Header, h.Raw)
	}
	doubled := map[string][]string{}
	for name, values := range good.Header {
		doubled[name] = append(slices.Clone(values), values...)
	}
	refuse("two signatures", doubled, raw)

	// What was good once is stale later.
	b.Advance(10 * time.Minute)
	refuse("replayed", good.Header, raw)
}
