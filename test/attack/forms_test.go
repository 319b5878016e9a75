package attack

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// forms are the addresses that take a form in the page's own words.
var forms = []string{"/support", "/fa/support", "/remind", "/fa/remind", "/remind/stop", "/supporter", "/fa/supporter", "/appeal/close"}

const (
	noAmount  = "Choose an amount, or enter another amount"
	tooSmall  = "Enter an amount of $2 or more a month"
	tooLarge  = "Enter an amount of $2,000 or less a month"
	figures   = "Enter the amount in figures, like 5 or 7.50"
	separated = "Enter the amount without a thousands separator, like 1000 or 7.50"
	wrongMail = "Enter an e-mail address in the form name@example.org"
)

// wrong are the messages in the box above the form.
func (a answer) wrong() string {
	_, box, _ := strings.Cut(a.body, "There is a problem</h2>")
	box, _, _ = strings.Cut(box, "</div>")
	return strings.Join(strings.Fields(tag.ReplaceAllString(box, " ")), " ")
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	n := start(t)
	for typed, want := range map[string]string{
		"": noAmount, "   ": noAmount, "\u200b\u202e": noAmount, "0": tooSmall, "0.00": tooSmall, "1.99": tooSmall, "0,01": tooSmall, "٠": tooSmall,
		"-5": figures, "−5": figures, "–5": figures, "5-": figures, "(5)": figures, "+5": figures, "-0": figures, "--5": figures,
		"NaN": figures, "nan": figures, "Inf": figures, "-Inf": figures, "Infinity": figures, "∞": figures, "null": figures, "undefined": figures,
		"1e3": figures, "1E3": figures, "1e-2": figures, "1e309": figures, "5e": figures, "0x10": figures, "0b1": figures, "5d": figures, "1_000": figures,
		"1,000": separated, "1.000": separated, "5.005": separated, "5.00.0": figures, "5,0,0": figures, "..": figures, "٫": figures, "½": figures, "²": figures, "Ⅴ": figures, "五": figures,
		"2001": tooLarge, "5 000": tooLarge, "99999999999": tooLarge, "9223372036854775807": figures, "18446744073709551616": figures, strings.Repeat("9", 400): figures,
		"€7": figures, "7 €": figures, "<b>5": figures, "5;drop table payment": figures, "5' or '1'='1": figures, "five": figures, "%35": figures, "{{5}}": figures,
		"2": "", "7.50": "", "7,5": "", "٢": "", "۷٫۵": "", "７": "", "७": "", "$7": "", "7 USD": "", " 7\u00a0": "", "\u202e7": "", "7\x00": "", "00005": "", "1,000.00": "",
	} {
		f := n.gift("amount", "other", "other", typed)
		a := n.post("/support", f)
		if want == "" {
			if a.status != http.StatusSeeOther || !strings.HasPrefix(a.to(), "/simulator/checkout/") {
				t.Errorf("%q: %d %s", typed, a.status, a.wrong())
			}
			continue
		}
		if a.status != http.StatusUnprocessableEntity || a.wrong() != want {
			t.Errorf("%.40q: %d %q, want %q", typed, a.status, a.wrong(), want)
		}
		if !strings.Contains(a.body, "<title>Error: ") || a.hidden("key") != f.Get("key") || !strings.Contains(a.body, `value="reader@example.org"`) {
			t.Errorf("%.40q: what was typed beside it is lost", typed)
		}
	}
	for typed, want := range map[string]string{"7.50": "Enter the amount in whole figures, like 500", "-500": "Enter the amount in whole figures, like 500", "299": "Enter an amount of ¥300 or more a month"} {
		if a := n.post("/support", n.gift("currency", "JPY", "amount", "other", "other", typed)); a.wrong() != want {
			t.Errorf("yen, %q: %d %q", typed, a.status, a.wrong())
		}
	}
}

var addresses = map[string]bool{
	"": false, " ": false, "x": false, "a@b": false, "@example.org": false, "a@": false, "a@@example.org": false, "a@b@example.org": false, "a b@example.org": false,
	"a@exa mple.org": false, "a@example..org": false, ".a@example.org": false, "a.@example.org": false, "a..b@example.org": false, "a@-example.org": false,
	"a@example-.org": false, "a@example.org.": false, "a@example.1": false, "a@127.0.0.1": false, "a@[127.0.0.1]": false, "\"a b\"@example.org": false,
	"Ann <a@example.org>": false, "<a@example.org>": false, "a@example.org, b@example.org": false, "a@example.org;b@example.org": false, "mailto:a@example.org": false,
	"a@example.org\nBcc: b@example.org": false, "a\r\nSubject: x@example.org": false, "a@example.org%0a": false, "аnn@example.org": false, "ann@exa\u200dmple.org": false,
	"<script>@example.org": false, "a@xn--.org": false, strings.Repeat("a", 65) + "@example.org": false, "a@" + strings.Repeat("b", 250) + ".org": false,
	"a@example.org": true, "a+b@example.org": true, "o'neil@example.org": true, "A@EXAMPLE.ORG": true, "a@exämple.org": true, "a@пример.рф": true,
	" a@example.org ": true, "\u202ea@example.org": true, "a\u200b@example.org": true, "a@example.org\x00": true, "\ufeffa@example.org\r\n": true,
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	n := start(t)
	for typed, good := range addresses {
		for path, form := range map[string]url.Values{"/support": n.gift("email", typed), "/remind": {"email": {typed}}} {
			a := n.post(path, form)
			if good && a.status != http.StatusSeeOther && a.status != http.StatusTooManyRequests {
				t.Errorf("%s, %q: %d %s", path, typed, a.status, a.wrong())
			}
			if path == "/remind" && typed == "аnn@example.org" {
				continue // mail goes to letters of every script; payment companies take fewer
			}
			if !good && (a.status != http.StatusUnprocessableEntity || a.wrong() != wrongMail) {
				t.Errorf("%s, %.60q: %d %q", path, typed, a.status, a.wrong())
			}
			if strings.Contains(a.body, "<script>") || strings.ContainsAny(a.body, "\u202e\u200b\ufeff\x00") {
				t.Errorf("%s, %.60q comes back as it was", path, typed)
			}
		}
	}
	// Whoever is written to is who was typed, in one line and alone.
	n.pay(n.gift("email", "\u202eMixed.Case+x\u200b@exämple.org\r\n"))
	n.advance("PT1H")
	if box := n.get("/demo/outbox.json").body; !strings.Contains(box, `"to":"Mixed.Case+x@xn--exmple-cua.org"`) {
		t.Errorf("the outbox is %.400s", box)
	}
}

// TestBodies sends what is no form to everything that takes one.
func TestBodies(t *testing.T) {
	t.Parallel()
	n := start(t)
	const form = "application/x-www-form-urlencoded"
	noise := make([]byte, 5000)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	for _, c := range []struct {
		what, kind, body string
		status           []int
	}{
		{"nothing", "", "", []int{422}},
		{"ten megabytes in one field", form, "email=" + strings.Repeat("x", 10<<20), []int{413}},
		{"ten megabytes of fields", form, strings.Repeat("email=x&", 10<<17), []int{413}},
		{"ten megabytes of noise", form, strings.Repeat(string(noise), 2100), []int{413}},
		{"noise", form, string(noise), []int{422}},
		{"a long field", form, "email=" + strings.Repeat("x", 9000), []int{422}},
		{"many fields", form, strings.Repeat("a=1&", 10000), []int{422}},
		{"many names", form, func() (s string) {
			for i := range 100 {
				s += "a" + strings.Repeat("b", i) + "=1&"
			}
			return s
		}(), []int{422}},
		{"another encoding", form, "email=%ff%fe", []int{422}},
		{"half a rune", form, "email=%e2%82", []int{422}},
		{"a broken escape", form, "email=%zz", []int{422}},
		{"a name that is no text", form, "%ff=x", []int{422}},
		{"JSON", "application/json", `{"email":"reader@example.org"}`, []int{422}},
		{"a file", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"email\"; filename=\"f\"\r\n\r\nx\r\n--x--\r\n", []int{422}},
		{"text", "text/plain", "email=reader@example.org", []int{422}},
		{"a list of kinds", form + ", text/plain", "email=x", []int{422}},
	} {
		for _, path := range forms {
			if c.what == "nothing" && path == "/appeal/forget" {
				continue
			}
			a := n.do(http.MethodPost, path, c.body, "Content-Type", c.kind)
			if !slices.Contains(c.status, a.status) {
				t.Errorf("%s to %s: %d", c.what, path, a.status)
			}
			if a.Get("Set-Cookie") != "" || a.Get("Location") != "" {
				t.Errorf("%s to %s was acted upon: %v", c.what, path, a.Header)
			}
			if !strings.Contains(a.body, "</html>") || strings.Contains(a.body, "xxxxx") {
				t.Errorf("%s to %s: %.200s", c.what, path, a.words())
			}
		}
	}
	// A field twice is its first; unknown fields are nobody's business.
	f := n.gift("surprise", strings.Repeat("y", 1000))
	f["email"] = []string{"first@example.org", "second@example.org"}
	n.pay(f)
	n.advance("PT1H")
	if box := n.get("/demo/outbox.json").body; !strings.Contains(box, "first@") || strings.Contains(box, "second@") {
		t.Errorf("the outbox is %.300s", box)
	}
}

// TestOtherSites: a page of another site cannot use a reader's browser here.
func TestOtherSites(t *testing.T) {
	t.Parallel()
	n := start(t)
	gift := n.gift()
	for _, c := range []struct {
		header []string
		own    bool
	}{
		{[]string{"Sec-Fetch-Site", "cross-site"}, false},
		{[]string{"Sec-Fetch-Site", "same-site"}, false},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", n.origin}, false},
		{[]string{"Origin", "http://evil.example"}, false},
		{[]string{"Origin", "null"}, false},
		{[]string{"Origin", n.origin + ".evil.example"}, false},
		{[]string{"Origin", "http://127.0.0.1:1"}, false},
		{[]string{"Origin", "https://evil.example", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, false},
		{[]string{"Sec-Fetch-Site", "same-origin"}, true},
		{[]string{"Sec-Fetch-Site", "none"}, true},
		{[]string{"Origin", n.origin}, true},
		{nil, true}, // no browser of today sends neither
	} {
		for path, form := range map[string]url.Values{
			"/support": gift, "/remind": {"email": {"r@example.org"}}, "/appeal/close": {}, "/appeal/forget": {}, "/supporter": {"t": {"x"}, "do": {"stop"}},
			"/remind/stop": {"r": {"x"}}, "/demo/clock": {"advance": {"PT1S"}}, "/demo/faults": {}, "/simulator/checkout/x": goodCard(),
		} {
			a := n.post(path, form, c.header...)
			refused := a.status == http.StatusForbidden && strings.Contains(a.body, "sent from another site")
			if refused == c.own {
				t.Errorf("%v to %s: %d %.80s", c.header, path, a.status, a.words())
			}
			if refused && (a.Get("Set-Cookie") != "" || a.Get("Location") != "") {
				t.Errorf("%v to %s was acted upon", c.header, path)
			}
		}
	}
}

// TestNotes sends every kind of garbage as the reader's note. Only the exact
// forms count, until the day they name; all else is a reader without one.
func TestNotes(t *testing.T) {
	t.Parallel()
	n := shared(t) // where it is 22 November 2026
	asks := func(note string) bool {
		a := n.get(article, "Cookie", note)
		if a.status != http.StatusOK || a.Get("Set-Cookie") != "" {
			t.Errorf("Cookie %.60q: %d, sets %q", note, a.status, a.Get("Set-Cookie"))
		}
		return strings.Contains(a.body, `action="/appeal/close"`) && !strings.Contains(a.body, "We will not ask again")
	}
	if !asks("") || !asks("other=1") {
		t.Fatal("a reader without a note is not asked")
	}
	for _, quiet := range []string{
		"never", "monthly", "closed.2026-12-22", "closed.2026-11-23", "later.2026-12", "later.2027-01", "once.2027-02-20", "once.2026-11-23", `"never"`, "closed.2028-02-29",
	} {
		for _, field := range []string{"ask=" + quiet, "a=b; ask=" + quiet, "ask=" + quiet + "; a=b", "a=b;ask=" + quiet + ";;", "ask=" + quiet + " ", "ask=" + quiet + "; ask=x", "; ask=" + quiet} {
			if asks(field) {
				t.Errorf("Cookie %q: asked", field)
			}
		}
	}
	for _, noise := range []string{
		"", "x", "0", "true", "Never", "NEVER", "never.", "never never", "neve", "never%20", "%6eever", "never,x", "'never'", `"never`, `never"`, `""never""`, `\"never\"`, //nolint:dupword // noise
		"monthly.2027-01", "monthly ly", "yearly", "supporter", "gave", "closed", "closed.", "closed.2026-11-22", "closed.2026-11-21", "closed.0001-01-01", "closed.2026-02-30",
		"closed.2027-02-29", "closed.2027-13-01", "closed.2027-00-10", "closed.2027-01-00", "closed.2027-01-32", "closed.2027-1-1", "closed.27-01-01", "closed.2027-01-1x",
		"closed.+027-01-01", "closed.-027-01-01", "closed.2027-01", "closed.2027/01/01", "closed.2027-01-01T00:00:00Z", "closed.20270101", "closed.2026-12-22.", "closed..2026-12-22",
		"closed:2026-12-22", "Closed.2026-12-22", "later.2026-11", "later.2026-10", "later.2027-00", "later.2027-13", "later.2027-1", "later.2027-01-01", "later.12027-01", "later.",
		"once.2026-11-22", "once.2026-11-01", "once.2027-02-30", "once.2027-02", "once.", "off", "country_closed", "{\"ask\":\"never\"}", "never\u00a0", "never\u200b", "\u202enever",
		"۲۰۲۷", "closed.۲۰۲۷-۰۱-۰۱", "closed.２０２７-01-01", "../../etc/passwd", "<script>alert(1)</script>", "' or 1=1 --", strings.Repeat("n", 8000), "closed." + strings.Repeat("9", 8000),
		strings.Repeat("never.", 1300), "=never", "=", "%", "%zz", "\xff\xfe", "caf\xe9",
	} {
		if !asks("ask=" + noise) {
			t.Errorf("ask=%.60q: not asked", noise)
		}
	}
	for _, other := range []string{"ASK=never", "xask=never", "ask =never", "ask", ";ask;", "__Host-ask=never", "ask=x; ask=never", strings.Repeat("a=b; ", 1500), "$Version=1; x=never"} {
		if !asks(other) {
			t.Errorf("Cookie %.60q: not asked", other)
		}
	}
}

// TestNotesThatWeGive wants the exact values, with nothing in them that tells
// one reader from another.
func TestNotesThatWeGive(t *testing.T) {
	t.Parallel()
	n := start(t)
	want := func(what string, a answer, value string) {
		t.Helper()
		given := a.Values("Set-Cookie")
		if len(given) != 1 || !strings.HasPrefix(given[0], "ask="+value+"; Path=/; Max-Age=") || !strings.Contains(given[0], "; HttpOnly; SameSite=Lax") {
			t.Errorf("%s: %q, want ask=%s", what, given, value)
		}
	}
	want("×", n.post("/appeal/close", url.Values{"page": {article}}), "closed.2026-12-22")
	want("a reminder", n.post("/remind", url.Values{"email": {"r@example.org"}}), "later.2027-01")
	for rhythm, value := range map[string]string{"monthly": "monthly", "yearly": "monthly", "once": "once.2027-02-20"} {
		back := n.pay(n.gift("rhythm", rhythm, "amount", "20.00"))
		until(t, "the payment is known", func() bool { return n.get(back).Get("Refresh") == "" })
		want(rhythm, n.get(back), value)
	}
	if a := n.post("/appeal/close", url.Values{"undo": {"1"}}); !strings.HasPrefix(a.Get("Set-Cookie"), "ask=; ") {
		t.Errorf("Undo: %q", a.Get("Set-Cookie"))
	}
}
