package simulator

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func errorOf(t *testing.T, answer map[string]any) (kind, code, param string) {
	t.Helper()
	e, ok := answer["error"].(map[string]any)
	if !ok {
		t.Fatalf("no error: %v", answer)
	}
	kind, _ = e["type"].(string)
	code, _ = e["code"].(string)
	param, _ = e["param"].(string)
	return kind, code, param
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, customer, method := h.paid("4242424242424242")
	renewal := "amount=500&currency=usd&customer=" + customer + "&payment_method=" + method + "&confirm=true&off_session=true&expand[]=latest_charge.balance_transaction"

	first := h.api(200, "POST", "/v1/payment_intents", renewal, "one")
	reordered := "confirm=true&off_session=true&expand[0]=latest_charge.balance_transaction&payment_method=" + method + "&customer=" + customer + "&currency=usd&amount=500"
	again := h.api(200, "POST", "/v1/payment_intents", reordered, "one")
	if first["id"] != again["id"] {
		t.Errorf("the same key made %v and %v", first["id"], again["id"])
	}
	answer, _ := h.request("POST", "/v1/payment_intents", renewal, map[string]string{"Authorization": "Bearer " + testKey, "Idempotency-Key": "one"})
	if answer.Header.Get("Idempotent-Replayed") != "true" {
		t.Error("a replay does not say so")
	}
	kind, _, _ := errorOf(t, h.api(400, "POST", "/v1/payment_intents", strings.Replace(renewal, "500", "600", 1), "one"))
	if kind != typeIdempotency {
		t.Errorf("other parameters: %s", kind)
	}
	if kind, _, _ := errorOf(t, h.api(400, "POST", "/v1/checkout/sessions", sessionForm, "one")); kind != typeIdempotency {
		t.Errorf("another call: %s", kind)
	}

	// What was refused before anything was done is not kept.
	if _, code, _ := errorOf(t, h.api(400, "POST", "/v1/payment_intents", strings.Replace(renewal, "500", "1", 1), "two")); code != "amount_too_small" {
		t.Errorf("too small: %s", code)
	}
	h.api(200, "POST", "/v1/payment_intents", renewal, "two")

	// A decline is.
	_, customer, method = h.paid("4000000000000341")
	declined := "amount=700&currency=usd&customer=" + customer + "&payment_method=" + method + "&confirm=true&off_session=true"
	one, two := h.api(402, "POST", "/v1/payment_intents", declined, "three"), h.api(402, "POST", "/v1/payment_intents", declined, "three")
	if a, b := mustJSON(t, one), mustJSON(t, two); a != b || !strings.Contains(a, `"code":"card_declined"`) {
		t.Errorf("declined with\n%s\nthen\n%s", a, b)
	}

	// After a day the key is forgotten and would be carried out again.
	h.clock.Advance(24 * time.Hour)
	if later := h.api(200, "POST", "/v1/payment_intents", renewal[:len("amount=500&currency=usd")]+"&customer="+customerOf(first)+"&payment_method="+methodOf(first)+"&confirm=true&off_session=true", "one"); later["id"] == first["id"] {
		t.Error("a key lives for ever")
	}
}

func customerOf(i map[string]any) string { s, _ := i["customer"].(string); return s }
func methodOf(i map[string]any) string   { s, _ := i["payment_method"].(string); return s }

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	charge, customer, method := h.paid("4242424242424242")
	intent := "currency=usd&customer=" + customer + "&payment_method=" + method + "&confirm=true&off_session=true"
	for _, c := range []struct {
		want               int
		method, path, form string
		code, param        string
	}{
		{400, "POST", "/v1/checkout/sessions", sessionForm + "&nonsense=1", "parameter_unknown", "nonsense"},
		{400, "POST", "/v1/checkout/sessions", strings.Replace(sessionForm, "=usd", "=xxx", 1), "", "line_items[0][price_data][currency]"},
		{400, "POST", "/v1/checkout/sessions", strings.Replace(sessionForm, "=500", "=-500", 1), "", "line_items[0][quantity]"},
		{400, "POST", "/v1/checkout/sessions", strings.Replace(sessionForm, "=500", "=5.00", 1), "", "line_items[0][price_data][unit_amount]"},
		{400, "POST", "/v1/checkout/sessions", strings.Replace(sessionForm, "=500", "=49", 1), "amount_too_small", "line_items"},
		{400, "POST", "/v1/checkout/sessions", strings.Replace(sessionForm, "=500", "=100000000", 1), "", "line_items[0][quantity]"},
		{400, "POST", "/v1/checkout/sessions", strings.Replace(sessionForm, "locale=en", "locale=fa", 1), "", "locale"},
		{400, "POST", "/v1/checkout/sessions", strings.Replace(sessionForm, "TNR%20MEDIA", "TNR*MEDIA", 1), "", "payment_intent_data[statement_descriptor_suffix]"},
		{400, "POST", "/v1/checkout/sessions", strings.Replace(sessionForm, "TNR%20MEDIA", "%D0%A2%D0%9D%D0%A0", 1), "", "payment_intent_data[statement_descriptor_suffix]"},
		{400, "POST", "/v1/checkout/sessions", strings.Replace(sessionForm, "http%3A%2F%2Fnewsroom.example%2Fdone", "javascript:alert(1)//", 1), "", "success_url"},
		{400, "POST", "/v1/checkout/sessions", "", "parameter_missing", "mode"},
		{400, "POST", "/v1/payment_intents", "amount=500&" + strings.Replace(intent, customer, "cus_x", 1), "resource_missing", "customer"},
		{400, "POST", "/v1/payment_intents", "amount=500&" + strings.Replace(intent, method, "pm_x", 1), "resource_missing", "payment_method"},
		{400, "POST", "/v1/refunds", "charge=" + charge + "&amount=501", "", "amount"},
		{400, "POST", "/v1/refunds", "charge=" + charge + "&amount=0", "", "amount"},
		{400, "POST", "/v1/refunds", "charge=" + charge + "&amount=-5", "", "amount"},
		{400, "POST", "/v1/refunds", "", "", "charge"},
		{404, "GET", "/v1/checkout/sessions/cs_test_none", "", "resource_missing", "id"},
		{404, "GET", "/v1/charges/" + customer, "", "resource_missing", "id"},
		{400, "GET", "/v1/charges/" + charge, "expand[]=receipt_email", "", "expand"},
		{400, "GET", "/v1/charges/" + charge, "expand[]=payment_intent.latest_charge.payment_intent.latest_charge.customer", "", "expand"},
		{400, "GET", "/v1/balance_transactions", "limit=101", "", "limit"},
		{404, "GET", "/v1/balance_transactions", "starting_after=txn_none", "resource_missing", "id"},
		{404, "GET", "/v1/nonsense", "", "", ""},
		{404, "DELETE", "/v1/charges/" + charge, "", "", ""},
	} {
		want := c.want
		if c.code == "resource_missing" && c.method == "POST" {
			want = 404
		}
		kind, code, param := errorOf(t, h.api(want, c.method, c.path, c.form, ""))
		if kind != typeInvalid || code != c.code || param != c.param {
			t.Errorf("%s %s %.60s: %s %s %s, want %s %s", c.method, c.path, c.form, kind, code, param, c.code, c.param)
		}
	}
	for _, header := range []map[string]string{nil, {"Authorization": "Bearer sk_test_other"}, {"Authorization": "Basic " + testKey}} {
		if a, _ := h.request("GET", "/v1/charges/"+charge, "", header); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%v is let in: %s", header, a.Status)
		}
	}
}

func TestListsInPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, customer, method := h.paid("4242424242424242")
	for range 6 {
		h.clock.Advance(time.Second)
		h.api(200, "POST", "/v1/payment_intents", "amount=500&currency=usd&customer="+customer+"&payment_method="+method+"&confirm=true&off_session=true", "")
	}
	var ids []string
	after := ""
	for {
		page := h.api(200, "GET", "/v1/balance_transactions", "limit=3"+after, "")
		data, _ := page["data"].([]any)
		for _, d := range data {
			m, _ := d.(map[string]any)
			id, _ := m["id"].(string)
			ids = append(ids, id)
		}
		if page["has_more"] != true {
			break
		}
		after = "&starting_after=" + ids[len(ids)-1]
	}
	if len(ids) != 7 {
		t.Errorf("%d movements in pages, want 7", len(ids))
	}
	newest := h.clock.Now().Unix()
	count := func(form string) int {
		data, _ := h.api(200, "GET", "/v1/balance_transactions", form, "")["data"].([]any)
		return len(data)
	}
	for form, want := range map[string]int{
		"created[gte]=" + itoa(newest): 1, "created[gt]=" + itoa(newest): 0, "created[lt]=" + itoa(newest): 6, "created[lte]=" + itoa(newest-1): 6,
		"created=" + itoa(newest): 1, "created[gte]=" + itoa(newest-2): 3, "type=refund": 0, "currency=eur": 0, "currency=usd": 7,
	} {
		if got := count(form); got != want {
			t.Errorf("%s lists %d, want %d", form, got, want)
		}
	}
}

func itoa(n int64) string {
	text, _ := json.Marshal(n)
	return string(text)
}

// TestNothingInClear looks for a planted address and card in every byte that
// was written.
func TestNothingInClear(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.api(200, "POST", "/v1/checkout/sessions", sessionForm, "with a key")
	h.paid("4242424242424242")
	h.deliver()
	h.request("GET", "/", "", nil)
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		t.Fatal(err)
	}
	scanned := 0
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(h.dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		scanned += len(raw)
		for _, planted := range []string{"planted", "donor@", "example.org", "4242424242424242", "4242 4242"} {
			if strings.Contains(string(raw), planted) {
				t.Errorf("%s holds %q", e.Name(), planted)
			}
		}
	}
	if scanned < 10_000 {
		t.Errorf("only %d bytes were looked at", scanned)
	}
	if strings.Contains(h.log.String(), "planted") {
		t.Error("the log holds the address")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !strings.Contains(h.heard[len(h.heard)-1].Raw, "planted.donor@example.org") {
		t.Error("the address does not come back to the newsroom")
	}
}

// TestSurvivesAKill opens what a killed process would leave: its files as they
// are, never closed.
func TestSurvivesAKill(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, customer, method := h.paid("4242424242424242")
	form := "amount=500&currency=usd&customer=" + customer + "&payment_method=" + method + "&confirm=true&off_session=true"
	first := h.api(200, "POST", "/v1/payment_intents", form, "kept")
	book := h.lines()

	left := t.TempDir()
	if err := os.CopyFS(left, os.DirFS(h.dir)); err != nil {
		t.Fatal(err)
	}
	again := openHouse(t, left, h.clock)
	if got := again.api(200, "POST", "/v1/payment_intents", form, "kept"); got["id"] != first["id"] {
		t.Errorf("the key is forgotten: %v, then %v", first["id"], got["id"])
	}
	again.wantLines(book...)
	again.deliver()
	if got := again.types(); len(got) != 5 {
		t.Errorf("webhooks after the kill: %v", got)
	}
	c := again.api(200, "GET", "/v1/customers/"+customer, "", "")
	if c["email"] != "planted.donor@example.org" {
		t.Errorf("customer: %v", c)
	}
}

func TestAForeignKeyIsNoticedAtTheStart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.paid("4242424242424242")
	left := t.TempDir()
	if err := os.CopyFS(left, os.DirFS(h.dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(left, "simulator.key"), make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), h.opt.with(left))
	if err == nil || !strings.Contains(err.Error(), "simulator.key") {
		t.Errorf("opened with a foreign key: %v", err)
	}
}

func (o Options) with(dir string) Options {
	o.Dir = dir
	return o
}

func TestDeletedCustomersAndDetachedCards(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, customer, method := h.paid("4242424242424242")
	form := "amount=500&currency=usd&customer=" + customer + "&payment_method=" + method + "&confirm=true&off_session=true"
	h.api(200, "POST", "/v1/payment_methods/"+method+"/detach", "", "")
	h.api(400, "POST", "/v1/payment_methods/"+method+"/detach", "", "")
	if _, _, param := errorOf(t, h.api(400, "POST", "/v1/payment_intents", form, "")); param != "payment_method" {
		t.Errorf("a detached card: %s", param)
	}
	_, customer, method = h.paid("4242424242424242")
	form = "amount=500&currency=usd&customer=" + customer + "&payment_method=" + method + "&confirm=true&off_session=true"
	if d := h.api(200, "DELETE", "/v1/customers/"+customer, "", ""); d["deleted"] != true {
		t.Errorf("deleted: %v", d)
	}
	if _, _, param := errorOf(t, h.api(404, "POST", "/v1/payment_intents", form, "")); param != "customer" {
		t.Errorf("a deleted customer: %s", param)
	}
	if c := h.api(200, "GET", "/v1/customers/"+customer, "", ""); c["email"] != nil {
		t.Errorf("a deleted customer: %v", c)
	}
}
