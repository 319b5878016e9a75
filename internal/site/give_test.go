package site

import (
	"context"
	"html"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"mimeo/internal/appeal"
	"mimeo/internal/contribution"
	"mimeo/internal/ident"
	"mimeo/internal/ledger"
	"mimeo/internal/limit"
)

// form is a filled-in form to give, with the page's own hidden fields.
func (h *house) form(path string, more ...string) url.Values {
	h.t.Helper()
	page := h.ok(path).text
	f := url.Values{"key": {hidden(h.t, page, "key")}, "currency": {hidden(h.t, page, "currency")}}
	for i := 0; i < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

func TestWhatIsWrongWithAGiftIsSaidInTheWordsOfTheTable(t *testing.T) {
	h := newHouse(t)
	const email, figures = "Enter an e-mail address in the form name@example.org", "Enter the amount in figures, like 5 or 7.50"
	for _, c := range []struct {
		form  []string
		says  string
		field string
	}{
		{[]string{"rhythm", "monthly", "email", "a@example.org"}, "Choose an amount, or enter another amount", "amount-1"},
		{[]string{"rhythm", "monthly", "amount", "other", "email", "a@example.org"}, "Choose an amount, or enter another amount", "amount-1"},
		{[]string{"rhythm", "monthly", "amount", "other", "other", "1", "email", "a@example.org"}, "Enter an amount of $2 or more a month", "other"},
		{[]string{"rhythm", "monthly", "amount", "other", "other", "five", "email", "a@example.org"}, figures, "other"},
		{[]string{"rhythm", "monthly", "amount", "other", "other", "-5", "email", "a@example.org"}, figures, "other"},
		{[]string{"rhythm", "monthly", "amount", "5.00"}, email, "email"},
		{[]string{"rhythm", "monthly", "amount", "5.00", "email", "a(at)example.org"}, email, "email"},
		{[]string{"amount", "5.00", "email", "a@example.org"}, "Choose how often you want to give", "rhythm-1"},
	} {
		f := h.form("/support", c.form...)
		a := h.post("/support", f)
		if a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", c.form, a.StatusCode)
			continue
		}
		h.examine(t, "/support", a)
		has(t, c.says, a.text, "<title>Error: ", "There is a problem", `<a href="#`+c.field+`">`+c.says+`</a>`, `id="`+c.field+`"`, `aria-describedby="`)
		if strings.Count(a.text, c.says) != 2 {
			t.Errorf("%q is said %d times, want once above and once beside the field", c.says, strings.Count(a.text, c.says))
		}
		for i := 0; i < len(c.form); i += 2 {
			value := html.EscapeString(c.form[i+1])
			if c.form[i] == "email" || c.form[i] == "other" {
				has(t, "what was typed", a.text, `value="`+value+`"`)
			} else {
				has(t, "what was chosen", a.text, `value="`+value+`" checked`)
			}
		}
		if c.field == "email" || c.field == "other" {
			has(t, c.field, a.text, `aria-invalid="true"`, `id="`+c.field+`-error"`)
		}
	}
	if len(h.bank.facts) != 0 {
		t.Error("the payment company heard of a form with a problem")
	}
}

func TestWhatWasTypedIsShownAsText(t *testing.T) {
	h := newHouse(t)
	a := h.post("/support", h.form("/support", "other", `"><script>alert(1)</script>`, "email", `x" onfocus="y`, "amount", "other"))
	hasNot(t, "page", a.text, "<script>alert", `" onfocus="`)
}

func TestGivingLeadsToThePaymentPageAndBack(t *testing.T) {
	h := newHouse(t)
	st := h.ferry()
	token := hidden(t, h.ok(st.Path()).text, "t")
	f := h.form("/support?t="+token, "rhythm", "monthly", "amount", "5.00", "email", "dana@example.org", "t", token)
	a := h.post("/support", f)
	to := a.Header.Get("Location")
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "https://pay.example/") {
		t.Fatalf("%d, on to %q\n%s", a.StatusCode, to, a.text)
	}
	if len(a.Cookies()) > 0 {
		t.Error("a cookie before anything was given")
	}
	has(t, "policy", h.get("/support").Header.Get("Content-Security-Policy"), "form-action 'self' https://pay.example")
	payment := strings.TrimPrefix(to, "https://pay.example/")
	if twice := h.post("/support", f).Header.Get("Location"); twice != to {
		t.Errorf("the same form again leads to %q", twice)
	}
	if len(h.bank.facts) != 1 {
		t.Errorf("%d payments were begun", len(h.bank.facts))
	}

	wait := h.ok("/support/return/" + payment)
	has(t, "waiting", wait.text, "We are waiting for the bank")
	if wait.Header.Get("Refresh") == "" || len(wait.Cookies()) > 0 {
		t.Errorf("waiting: %v", wait.Header)
	}
	h.pay(payment)
	paid := h.ok("/support/return/" + payment)
	h.examine(t, "paid", paid)
	has(t, "paid", paid.text, "<h1>Thank you</h1>", "Your gift of $5 every month is set up", "The next payment is on 22 December 2026", "We will not ask you again.")
	if c := paid.cookie(t); c.Value != "monthly" || c.MaxAge < 300*24*3600 {
		t.Errorf("the cookie is %v", c)
	}
	if paid.Header.Get("Refresh") != "" {
		t.Error("a page that has nothing to wait for refreshes")
	}
	if head := h.do(http.MethodHead, "/support/return/"+payment, nil); len(head.Cookies()) > 0 {
		t.Error("HEAD sets a cookie")
	}
	again := h.post("/support", f)
	has(t, "a paid form again", again.Header.Get("Location"), "/support/return/"+payment)
	has(t, "a paid form again", h.ok(again.Header.Get("Location")).text, "This gift is already set up. We did not charge you twice.")
	if got := h.counts(); got[appeal.Continue] != 1 {
		t.Errorf("counted %v", got)
	}
	view, err := h.gifts.Pledge(context.Background(), h.bank.facts["ref-"+payment].Pledge)
	if err != nil || view.Appeal != "ferry" || view.Variant == "" {
		t.Errorf("the gift does not know what brought it: %v %v", view.Pledge, err)
	}
}

// pay has the payment company take the money and say so.
func (h *house) pay(payment string) {
	h.t.Helper()
	ref := "ref-" + payment
	f := h.bank.facts[ref]
	f.State, f.At, f.Customer, f.Method = contribution.Paid, h.clock.Now(), "customer", "method"
	f.Movements = []contribution.Movement{{Object: "charge-" + payment, Kind: ledger.Gross, Amount: f.Amount, Ref: ref, Payment: payment, Pledge: f.Pledge, At: f.At}}
	h.bank.facts[ref] = f
	r, err := http.NewRequest(http.MethodPost, "https://lantern.example/hooks/card", strings.NewReader(ref))
	if err != nil {
		h.t.Fatal(err)
	}
	w := &sink{header: http.Header{}}
	h.handler.ServeHTTP(w, r)
	if w.status != http.StatusNoContent {
		h.t.Fatalf("the hook answers %d", w.status)
	}
}

// give walks a gift to the end and returns the payment.
func (h *house) give(more ...string) string {
	h.t.Helper()
	a := h.post("/support", h.form("/support", append([]string{"email", "dana@example.org"}, more...)...))
	payment, found := strings.CutPrefix(a.Header.Get("Location"), "https://pay.example/")
	if !found {
		h.t.Fatalf("%d, %q", a.StatusCode, a.text)
	}
	h.pay(payment)
	return payment
}

func TestAGiftGivenOnce(t *testing.T) {
	h := newHouse(t)
	payment := h.give("rhythm", "once", "amount", "other", "other", "۷٫۵۰", "currency", "EUR")
	paid := h.ok("/support/return/" + payment)
	has(t, "paid", paid.text, "Your gift of €7.50 has arrived.", "We will not ask you again for 90 days.")
	if c := paid.cookie(t); c.Value != "once.2027-02-20" {
		t.Errorf("the cookie is %v", c)
	}
	// Who gives every month keeps that note.
	if a := h.ok("/support/return/"+payment, "Cookie", "ask=monthly"); len(a.Cookies()) > 0 {
		t.Errorf("a lasting note was replaced: %v", a.Cookies())
	}
	has(t, "in Persian", h.ok("/fa/support/return/"+payment).text, "۷٫۵۰ یورو")
}

func TestASmallGiftBilledYearly(t *testing.T) {
	h := newHouse(t)
	has(t, "the form", h.ok("/support").text, `name="yearly" value="1">`, "$2 a month is $24 a year", "less than $5 a month")
	has(t, "in yen", h.ok("/support?currency=JPY").text, "¥300 a month is ¥3,600 a year")
	for _, c := range []struct{ rhythm, amount, want string }{
		{"monthly", "2.00", "Your gift of $24 every year"}, {"monthly", "10.00", "Your gift of $10 every month"}, {"once", "2.00", "Your gift of $2 has arrived"},
	} {
		payment := h.give("rhythm", c.rhythm, "amount", c.amount, "yearly", "1")
		has(t, c.amount, h.ok("/support/return/"+payment).text, c.want)
	}
}

func TestThePaymentCompanyDoesNotAnswer(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Log = slog.New(slog.DiscardHandler) })
	h.bank.down.Store(true)
	f := h.form("/support", "rhythm", "once", "amount", "20.00", "email", "dana@example.org")
	a := h.post("/support", f)
	if a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%d", a.StatusCode)
	}
	has(t, "page", a.text, "The payment page cannot be reached from your network. Your choice is saved: try again, or pay another way", `value="dana@example.org"`, `value="20.00" checked`)
	if hidden(t, a.text, "key") != f.Get("key") {
		t.Error("the form that comes back is another gift")
	}
	h.bank.down.Store(false)
	if a := h.post("/support", f); a.StatusCode != http.StatusSeeOther {
		t.Errorf("again: %d", a.StatusCode)
	}
}

func TestNobodyGivesFromAClosedCountry(t *testing.T) {
	h := newHouse(t)
	f := h.form("/support", "rhythm", "once", "amount", "20.00", "email", "dana@example.org")
	h.country.Store("RU")
	has(t, "form", h.ok("/support").text, "You cannot give from here")
	if a := h.post("/support", f); a.StatusCode != http.StatusForbidden {
		t.Errorf("%d", a.StatusCode)
	}
	if len(h.bank.facts) > 0 {
		t.Error("the payment company heard of it")
	}
}

func TestAFormWithoutItsKeyIsGivenANewOne(t *testing.T) {
	h := newHouse(t)
	a := h.post("/support", url.Values{"rhythm": {"once"}, "amount": {"20.00"}, "email": {"a@example.org"}, "key": {"forged"}})
	if a.StatusCode != http.StatusUnprocessableEntity || !ident.IsSecret(hidden(t, a.text, "key")) {
		t.Errorf("%d", a.StatusCode)
	}
	f := url.Values{"rhythm": {"once"}, "amount": {"20.00"}, "email": {"a@example.org"}, "key": {hidden(t, a.text, "key")}}
	if a := h.post("/support", f); a.StatusCode != http.StatusSeeOther {
		t.Errorf("again: %d", a.StatusCode)
	}
}

func TestPaymentsThatFailed(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		abandoned bool
		says      string
	}{{false, "Your bank did not accept the card"}, {true, "The payment page was left"}} {
		a := h.post("/support", h.form("/support", "rhythm", "once", "amount", "20.00", "email", "dana@example.org"))
		payment := strings.TrimPrefix(a.Header.Get("Location"), "https://pay.example/")
		f := h.bank.facts["ref-"+payment]
		f.State, f.Abandoned, f.At = contribution.Failed, c.abandoned, h.clock.Now()
		h.bank.facts["ref-"+payment] = f
		if err := h.gifts.Hook(context.Background(), "card", nil, []byte("ref-"+payment)); err != nil {
			t.Fatal(err)
		}
		got := h.ok("/support/return/" + payment)
		h.examine(t, "failed", got)
		has(t, "failed", got.text, c.says, "Nothing was charged", `href="/support"`)
		if len(got.Cookies()) > 0 || got.Header.Get("Refresh") != "" {
			t.Errorf("failed: %v", got.Header)
		}
	}
}

func TestASupporterSeesAndStopsTheGift(t *testing.T) {
	h := newHouse(t)
	payment := h.give("rhythm", "monthly", "amount", "5.00")
	pledge := h.bank.facts["ref-"+payment].Pledge
	token := h.vault.Sign(contribution.LinkPurpose, []byte(pledge), begin.AddDate(2, 0, 0))
	link := "/supporter?t=" + token

	page := h.ok(link)
	h.examine(t, "/supporter", page)
	has(t, "page", page.text, "Your gift", "$5 a month", "The next payment is on 22 December 2026.", ">Stop giving</button>", "What we keep about this gift")
	hasNot(t, "page", page.text, "dana@example.org", "Pay with another card")
	h.ok(link) // looking stops nothing
	has(t, "page", h.ok(link).text, ">Stop giving</button>")

	a := h.post("/supporter", url.Values{"t": {token}, "do": {"stop"}})
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != link {
		t.Fatalf("%d, on to %q", a.StatusCode, a.Header.Get("Location"))
	}
	stopped := h.ok(link)
	has(t, "stopped", stopped.text, "<h1>Stopped.</h1>", "The last payment was on 22 November 2026.", "Nothing more will be charged")
	if a := h.post("/supporter", url.Values{"t": {token}, "do": {"stop"}}); a.StatusCode != http.StatusSeeOther {
		t.Errorf("stopping twice: %d", a.StatusCode)
	}
	view, err := h.gifts.Pledge(context.Background(), pledge)
	if err != nil || view.Phase != contribution.Ended || view.Kept.Packet {
		t.Errorf("the gift is %v, %v", view, err)
	}
}

func TestLinksToGiftsThatAreNotTheirs(t *testing.T) {
	h := newHouse(t)
	payment := h.give("rhythm", "monthly", "amount", "5.00")
	pledge := h.bank.facts["ref-"+payment].Pledge
	for name, token := range map[string]string{
		"none of ours": "forged", "another purpose": h.vault.Sign("appeal", []byte(pledge), begin.AddDate(1, 0, 0)),
		"too old": h.vault.Sign(contribution.LinkPurpose, []byte(pledge), begin.Add(-time.Second)),
	} {
		got := h.get("/supporter?t=" + token)
		if got.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", name, got.StatusCode)
		}
		has(t, name, got.text, "This link has expired")
		if got := h.post("/supporter", url.Values{"t": {token}, "do": {"stop"}}); got.StatusCode != http.StatusForbidden {
			t.Errorf("%s, stopping: %d", name, got.StatusCode)
		}
	}
	token := h.vault.Sign(contribution.LinkPurpose, []byte("aaaaaaaaaaaaaaaaaaaaaaaaaa"), begin.AddDate(1, 0, 0))
	if got := h.get("/supporter?t=" + token); got.StatusCode != http.StatusNotFound {
		t.Errorf("a gift that is not there: %d", got.StatusCode)
	}
}

func TestTooManyGiftsFromOneNetwork(t *testing.T) {
	from := netip.MustParseAddr("203.0.113.7")
	h := newHouse(t, func(o *Options) { o.Address = func(*http.Request) netip.Addr { return from } })
	send := func() int {
		return h.post("/support", h.form("/support", "rhythm", "once", "amount", "20.00", "email", "dana@example.org")).StatusCode
	}
	for range triesAlone {
		if got := send(); got != http.StatusSeeOther {
			t.Fatalf("%d", got)
		}
	}
	a := h.post("/support", h.form("/support", "rhythm", "once", "amount", "20.00", "email", "dana@example.org"))
	if a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one too many: %d", a.StatusCode)
	}
	has(t, "page", a.text, "Too many tries from this network. Wait 10 minutes", `value="dana@example.org"`)
	from = netip.MustParseAddr("203.0.113.200")
	if got := send(); got != http.StatusTooManyRequests {
		t.Errorf("another address of the same network: %d", got)
	}
	from = netip.MustParseAddr("198.51.100.1")
	if got := send(); got != http.StatusSeeOther {
		t.Errorf("another network: %d", got)
	}
	from = netip.Addr{}
	for range 2 * triesAlone {
		if got := send(); got != http.StatusSeeOther {
			t.Fatalf("readers of the onion service share a bound of their own: %d", got)
		}
	}
	from = netip.MustParseAddr("203.0.113.7")
	h.clock.Advance(limit.Window)
	if got := send(); got != http.StatusSeeOther {
		t.Errorf("ten minutes later: %d", got)
	}
}
