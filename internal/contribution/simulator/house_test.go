package simulator

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"mimeo/internal/db/dbtest"
)

// house is a processor over real HTTP, with a newsroom that hears webhooks.
type house struct {
	*Processor
	t     testing.TB
	base  string
	dir   string
	clock *dbtest.Clock
	log   bytes.Buffer

	mu     sync.Mutex
	heard  []heard
	answer int // how the newsroom answers webhooks
}

type heard struct {
	ID, Type string
	At       time.Time
	Header   http.Header
	Raw      string
}

const (
	testKey    = "sk_test_house"
	testSecret = "whsec_of_the_house"
)

func newHouse(t testing.TB) *house {
	t.Helper()
	return openHouse(t, t.TempDir(), dbtest.NewClock(time.Date(2026, 12, 4, 10, 30, 0, 0, time.UTC)))
}

func openHouse(t testing.TB, dir string, clock *dbtest.Clock) *house {
	t.Helper()
	h := &house{t: t, dir: dir, clock: clock, answer: http.StatusOK}
	p, err := Open(t.Context(), Options{
		Dir: dir, Prefix: "/simulator", Key: testKey, Secret: testSecret, Now: clock.Now, Random: rand.Reader,
		Log: slog.New(slog.NewTextHandler(&h.log, nil)),
		Post: func(_ context.Context, header http.Header, body []byte) (int, error) {
			var e struct{ ID, Type string }
			if err := json.Unmarshal(body, &e); err != nil {
				t.Errorf("a webhook is no JSON: %v", err)
			}
			h.mu.Lock()
			defer h.mu.Unlock()
			h.heard = append(h.heard, heard{e.ID, e.Type, clock.Now(), header, string(body)})
			return h.answer, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Processor = p
	server := httptest.NewServer(p)
	t.Cleanup(func() {
		server.Close()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	h.base = server.URL + "/simulator"
	return h
}

// request sends one request and follows no redirect.
func (h *house) request(method, path, body string, header map[string]string) (*http.Response, string) {
	h.t.Helper()
	address := path
	if !strings.HasPrefix(path, "http") {
		address = h.base + path
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		h.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer, string(text)
}

// api calls the API and wants a status.
func (h *house) api(want int, method, path, form, key string) map[string]any {
	h.t.Helper()
	header := map[string]string{"Authorization": "Bearer " + testKey}
	if key != "" {
		header["Idempotency-Key"] = key
	}
	if method == http.MethodGet && form != "" {
		path, form = path+"?"+form, ""
	}
	answer, text := h.request(method, path, form, header)
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil || answer.StatusCode != want {
		h.t.Fatalf("%s %s answers %s %s, want %d", method, path, answer.Status, text, want)
	}
	return out
}

const sessionForm = "mode=payment&customer_creation=always&customer_email=planted.donor%40example.org&payment_intent_data[setup_future_usage]=off_session" +
	"&payment_intent_data[statement_descriptor_suffix]=TNR%20MEDIA&payment_intent_data[metadata][payment]=p1&metadata[payment]=p1&client_reference_id=p1" +
	"&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=500&line_items[0][price_data][product_data][name]=Monthly&line_items[0][quantity]=1" +
	"&success_url=http%3A%2F%2Fnewsroom.example%2Fdone%3Fs%3D%7BCHECKOUT_SESSION_ID%7D&cancel_url=http%3A%2F%2Fnewsroom.example%2Fsupport&locale=en"

// session opens a checkout and returns its id and page.
func (h *house) session(form string) (id, page string) {
	h.t.Helper()
	s := h.api(200, "POST", "/v1/checkout/sessions", form, "")
	id, _ = s["id"].(string)
	page, _ = s["url"].(string)
	if !strings.HasPrefix(id, "cs_test_") || !strings.HasPrefix(page, h.base+"/checkout/") {
		h.t.Fatalf("session: %v", s)
	}
	return id, page
}

// pay is the donor at the page.
func (h *house) pay(page, number string) (*http.Response, string) {
	h.t.Helper()
	return h.request("POST", page, url.Values{"number": {number}, "exp": {"12/34"}, "cvc": {"123"}}.Encode(), map[string]string{"Sec-Fetch-Site": "same-origin"})
}

// paid makes a paid checkout and returns its charge, customer and method.
func (h *house) paid(number string) (charge, customer, method string) {
	h.t.Helper()
	id, page := h.session(sessionForm)
	if a, text := h.pay(page, number); a.StatusCode != http.StatusSeeOther {
		h.t.Fatalf("paying answers %s\n%s", a.Status, text)
	}
	s := h.api(200, "GET", "/v1/checkout/sessions/"+id, "expand[]=payment_intent", "")
	i, ok := s["payment_intent"].(map[string]any)
	if !ok {
		h.t.Fatalf("session: %v", s)
	}
	charge, _ = i["latest_charge"].(string)
	customer, _ = i["customer"].(string)
	method, _ = i["payment_method"].(string)
	return charge, customer, method
}

func (h *house) deliver() int {
	h.t.Helper()
	n, err := h.Deliver(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// types are those of the webhooks heard since the last call.
func (h *house) types() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := []string{}
	for _, e := range h.heard {
		out = append(out, e.Type)
	}
	h.heard = nil
	return out
}

// lines are the bank's book as "kind amount currency country".
func (h *house) lines() []string {
	h.t.Helper()
	lines, err := h.Bank(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	out := []string{}
	for _, l := range lines {
		text, err := json.Marshal(l.Amount)
		if err != nil {
			h.t.Fatal(err)
		}
		out = append(out, strings.Join([]string{string(l.Kind), string(text), l.Currency, l.CardCountry}, " "))
	}
	return out
}

func (h *house) wantLines(want ...string) {
	h.t.Helper()
	if got := h.lines(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		h.t.Errorf("the bank's book:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
