package simulator

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestThePaymentPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id, page := h.session(strings.Replace(sessionForm, "=Monthly", "=%3Cscript%3Ealert(1)%3C/script%3E", 1))
	a, text := h.request("GET", page, "", nil)
	if a.StatusCode != http.StatusOK {
		t.Fatalf("the page answers %s", a.Status)
	}
	for _, want := range []string{
		`name="number"`, `name="exp"`, `name="cvc"`, `method="post"`, "No real money moves", "TNR MEDIA", "5.00 USD", "planted.donor@example.org",
		`href="http://newsroom.example/support"`, "4000 0064 3000 0009", "4242 4242 4242 4242", `<meta name="viewport" content="width=device-width`, "&lt;script&gt;",
		"The card is kept", `lang="en"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script", "style=", "onclick", "https://"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if csp := a.Header.Get("Content-Security-Policy"); csp != "default-src 'none'; style-src 'self'; form-action 'self' http://newsroom.example http://newsroom.example; base-uri 'none'; frame-ancestors 'none'" {
		t.Errorf("CSP: %s", csp)
	}
	if a.Header.Get("Cache-Control") != "no-store" || len(a.Cookies()) != 0 {
		t.Errorf("headers: %v", a.Header)
	}
	if a, text := h.request("HEAD", page, "", nil); a.StatusCode != http.StatusOK || text != "" {
		t.Errorf("HEAD answers %s %q", a.Status, text)
	}
	if a, text := h.request("GET", "/simulator.css", "", nil); a.StatusCode != http.StatusOK || !strings.Contains(text, "prefers-color-scheme: dark") || a.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("the style answers %s", a.Status)
	}
	h.wantLines()

	// Looking, however often, pays nothing. Paying goes back where it came from.
	a, _ = h.pay(page, "4000 0027 6000 0016")
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "http://newsroom.example/done?s="+id {
		t.Fatalf("paying answers %s to %s", a.Status, a.Header.Get("Location"))
	}
	h.wantLines("authorisation 500 USD DE", "charge 500 USD DE", "statement 500 USD DE")
	if a, _ := h.pay(page, "4242424242424242"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("a second click answers %s", a.Status)
	}
	if a, text := h.request("GET", page, "", nil); a.StatusCode != http.StatusOK || !strings.Contains(text, "not be charged twice") || strings.Contains(text, "<input") {
		t.Errorf("the page afterwards: %s", a.Status)
	}
	h.wantLines("authorisation 500 USD DE", "charge 500 USD DE", "statement 500 USD DE")
}

// TestManyTabsPayOnce lets eight tabs send the form at once.
func TestManyTabsPayOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 5 {
		_, page := h.session(sessionForm)
		before := len(h.lines())
		var tabs sync.WaitGroup
		for range 8 {
			tabs.Go(func() {
				if a, _ := h.pay(page, "4242424242424242"); a.StatusCode != http.StatusSeeOther {
					t.Errorf("a tab is answered %s", a.Status)
				}
			})
		}
		tabs.Wait()
		if got := h.lines()[before:]; len(got) != 3 {
			t.Fatalf("eight tabs: %v", got)
		}
	}
}

func TestAWrongCardIsKeptAndExplained(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, page := h.session(sessionForm)
	post := func(number, exp, cvc string) (*http.Response, string) {
		return h.request("POST", page, url.Values{"number": {number}, "exp": {exp}, "cvc": {cvc}}.Encode(), nil)
	}
	a, text := post(`4111 1111 1111 1111`, `"><script>`, "12")
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a wrong card answers %s", a.Status)
	}
	for _, want := range []string{
		"<title>Error: ", "There is a problem", `href="#number"`, `href="#exp"`, `href="#cvc"`, `value="4111 1111 1111 1111"`, `value="12"`,
		"not one of the test cards", `aria-invalid="true"`, "&#34;&gt;&lt;script&gt;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	described := regexp.MustCompile(`aria-describedby="([^"]+)"`).FindAllStringSubmatch(text, -1)
	if len(described) != 3 {
		t.Errorf("%d fields are described", len(described))
	}
	for _, ids := range described {
		for _, id := range strings.Fields(ids[1]) {
			if !strings.Contains(text, `id="`+id+`"`) {
				t.Errorf("a field is described by %s, which is not there", id)
			}
		}
	}
	h.wantLines()

	a, text = post("4000000000000002", "12/34", "123")
	if a.StatusCode != http.StatusPaymentRequired || !strings.Contains(text, "Your card was declined. Nothing was charged") || !strings.Contains(text, `value="4000000000000002"`) {
		t.Errorf("a declined card answers %s", a.Status)
	}
	h.wantLines("authorisation 500 USD US", "decline 500 USD US")
	if a, _ := post("4000 0064 3000 0009", "12/34", "123"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("the second card answers %s", a.Status)
	}
	h.wantLines("authorisation 500 USD US", "decline 500 USD US", "authorisation 500 USD RU", "charge 500 USD RU", "statement 500 USD RU")
}

func TestThePageAsksForAnAddressOnlyWhenNoneCame(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id, page := h.session(strings.Replace(sessionForm, "&customer_email=planted.donor%40example.org", "", 1))
	if _, text := h.request("GET", page, "", nil); !strings.Contains(text, `name="email"`) {
		t.Error("no field for the address")
	}
	form := url.Values{"number": {"4242424242424242"}, "exp": {"12/34"}, "cvc": {"123"}, "email": {"nobody"}}
	if a, text := h.request("POST", page, form.Encode(), nil); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, `href="#email"`) {
		t.Errorf("a wrong address answers %s", a.Status)
	}
	form.Set("email", "typed.donor@example.org")
	if a, _ := h.request("POST", page, form.Encode(), nil); a.StatusCode != http.StatusSeeOther {
		t.Errorf("an address answers %s", a.Status)
	}
	s := h.api(200, "GET", "/v1/checkout/sessions/"+id, "", "")
	if details, _ := s["customer_details"].(map[string]any); details["email"] != "typed.donor@example.org" {
		t.Errorf("session: %v", s)
	}
}

func TestBadRequestsToPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, page := h.session(sessionForm)
	good := url.Values{"number": {"4242424242424242"}, "exp": {"12/34"}, "cvc": {"123"}}.Encode()
	for _, c := range []struct {
		name, method, path, body string
		header                   map[string]string
		want                     int
	}{
		{"from another site", "POST", page, good, map[string]string{"Sec-Fetch-Site": "cross-site"}, http.StatusForbidden},
		{"from another origin", "POST", page, good, map[string]string{"Origin": "http://evil.example"}, http.StatusForbidden},
		{"ten megabytes", "POST", page, "number=" + strings.Repeat("4", 10<<20), nil, http.StatusBadRequest},
		{"not UTF-8", "POST", page, "number=%ff%fe", nil, http.StatusBadRequest},
		{"a broken escape", "POST", page, "number=%zz", nil, http.StatusBadRequest},
		{"empty", "POST", page, "", nil, http.StatusUnprocessableEntity},
		{"another method", "DELETE", page, "", nil, http.StatusMethodNotAllowed},
		{"no such page", "GET", "/checkout/cs_test_none", "", nil, http.StatusNotFound},
		{"a path trick", "GET", "/checkout/..%2f..%2fetc%2fpasswd", "", nil, http.StatusNotFound},
		{"paying at no page", "POST", "/checkout/cs_test_none", good, nil, http.StatusNotFound},
		{"nothing there", "GET", "/nothing", "", nil, http.StatusNotFound},
	} {
		if a, text := h.request(c.method, c.path, c.body, c.header); a.StatusCode != c.want || strings.Contains(text, "goroutine") {
			t.Errorf("%s: %s, want %d", c.name, a.Status, c.want)
		}
	}
	h.wantLines()
}

func TestAnExpiredPageTakesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id, page := h.session(sessionForm)
	at, waiting, err := h.Next(t.Context())
	if err != nil || !waiting || !at.Equal(h.clock.Now().Add(24*time.Hour)) {
		t.Fatalf("next is due %v %v %v", at, waiting, err)
	}
	h.clock.Set(at)
	h.deliver()
	if a, text := h.pay(page, "4242424242424242"); a.StatusCode != http.StatusGone || !strings.Contains(text, "has expired") {
		t.Errorf("an expired page answers %s", a.Status)
	}
	if s := h.api(200, "GET", "/v1/checkout/sessions/"+id, "", ""); s["status"] != "expired" || s["url"] != nil {
		t.Errorf("session: %v", s)
	}
	h.wantLines()
	h.deliver()
	if got := h.types(); len(got) != 1 || got[0] != "checkout.session.expired" {
		t.Errorf("webhooks: %v", got)
	}
	if _, waiting, _ := h.Next(t.Context()); waiting {
		t.Error("something is still due")
	}
}

func TestTheBoard(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if a, text := h.request("GET", "/", "", nil); a.StatusCode != http.StatusOK || !strings.Contains(text, "No payment has been tried yet") {
		t.Errorf("an empty board: %s", a.Status)
	}
	charge, _, _ := h.paid("4242424242424242")
	do := func(path, form string, want int) string {
		t.Helper()
		a, text := h.request("POST", path, form, nil)
		if a.StatusCode != want {
			t.Errorf("%s %s answers %s, want %d", path, form, a.Status, want)
		}
		return text
	}
	do("/payments/"+charge+"/refund", "amount=2%2C50", http.StatusSeeOther)
	if text := do("/payments/"+charge+"/refund", "amount=99", http.StatusUnprocessableEntity); !strings.Contains(text, "There is a problem") || !strings.Contains(text, "greater than unrefunded") {
		t.Error("too much is not explained")
	}
	do("/payments/"+charge+"/refund", "amount=many", http.StatusUnprocessableEntity)
	do("/payments/"+charge+"/refund", "amount=0", http.StatusUnprocessableEntity)
	do("/payments/ch_none/refund", "", http.StatusUnprocessableEntity)
	do("/payments/"+charge+"/refund", "", http.StatusSeeOther)
	do("/payments/"+charge+"/dispute", "", http.StatusUnprocessableEntity)

	contested, _, _ := h.paid("4242424242424242")
	do("/payments/"+contested+"/dispute", "", http.StatusSeeOther)
	do("/payments/"+contested+"/refund", "", http.StatusUnprocessableEntity)
	_, text := h.request("GET", "/", "", nil)
	found := regexp.MustCompile(`/disputes/(dp_\w+)/ruling`).FindStringSubmatch(text)
	if found == nil {
		t.Fatal("the board offers no ruling")
	}
	do("/disputes/"+found[1]+"/ruling", "", http.StatusBadRequest)
	do("/disputes/"+found[1]+"/ruling", "won=yes", http.StatusSeeOther)
	do("/disputes/"+found[1]+"/ruling", "won=no", http.StatusUnprocessableEntity)
	h.paid("4000000000000259") // disputed at once
	h.paid("4242424242424242")
	h.paid("4242424242424242")
	h.paid("4242424242424242")
	h.paid("4242424242424242")
	h.paid("4242424242424242")
	h.paid("4242424242424242")
	do("/payouts", "", http.StatusSeeOther)
	do("/payouts", "", http.StatusUnprocessableEntity)

	sum := int64(0)
	lines, err := h.Bank(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if l.Kind == Statement {
			sum += l.Amount
		}
	}
	if sum != 7*500 {
		t.Errorf("the statements sum to %d", sum)
	}
	_, text = h.request("GET", "/", "", nil)
	for _, want := range []string{"0.00 USD", "5.00 USD refunded", "disputed", "visa ending in 4242, issued in US"} {
		if !strings.Contains(text, want) {
			t.Errorf("the board lacks %q", want)
		}
	}
}
