package attack

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// planter gives out words that stand nowhere else, and remembers where each
// was put.
type planter struct {
	where map[string]string
}

func (p *planter) word(where string) string {
	w := fmt.Sprintf("plantz%03dqk", len(p.where))
	p.where[w] = where
	return w
}

// header is what a careless server might write down of a visitor.
func (p *planter) header() []string {
	return []string{
		"User-Agent", p.word("User-Agent"), "Referer", "http://" + p.word("Referer") + ".example/", "X-Forwarded-For", p.word("X-Forwarded-For"),
		"Forwarded", "for=" + p.word("Forwarded"), "X-Real-Ip", p.word("X-Real-Ip"), "From", p.word("From") + "@example.org", "Accept-Language", p.word("Accept-Language"),
		"Cookie", "ask=" + p.word("ask") + "; other=" + p.word("another cookie"), "X-Request-Id", p.word("X-Request-Id"), "Authorization", "Basic " + p.word("Authorization"),
	}
}

// TestNothingIsNoted plants words of a person in every field and header, in
// right and in wrong ones, and reads every byte that is left behind. Everything
// is logged that can be.
func TestNothingIsNoted(t *testing.T) {
	t.Parallel()
	n := start(t, "--log-level", "debug")
	p := &planter{where: map[string]string{}}
	mail := func(where string) string { return p.word(where) + "@example.org" }

	for _, rhythm := range []string{"monthly", "once", "yearly"} {
		f := n.gift("rhythm", rhythm, "amount", "20.00", "email", mail("a giver"), "page", "/"+p.word("page"), "t", p.word("token"), p.word("a field's name"), p.word("an unknown field"))
		a := n.post("/support?"+p.word("query"), f, p.header()...)
		card := goodCard()
		card.Set("name", p.word("card holder"))
		card.Set("postal", p.word("postal code"))
		back := n.post(a.to()+"?"+p.word("query to the bank"), card, p.header()...).to()
		n.get(back+"?"+p.word("query of the way back"), p.header()...)
	}
	refused := n.post("/support", n.gift("email", mail("a giver whose card is refused")), p.header()...).to()
	n.post(refused, url.Values{"number": {"4000000000000002"}, "exp": {"12/34"}, "cvc": {"123"}, "name": {p.word("refused holder")}}, p.header()...)
	n.post(refused, url.Values{"number": {"4242" + p.word("card number")}, "exp": {p.word("expiry")}, "cvc": {p.word("cvc")}}, p.header()...)
	n.post("/support", n.gift("email", mail("a giver who never pays")), p.header()...)
	for _, path := range []string{"/support", "/fa/support", "/remind", "/fa/remind"} {
		for name, value := range map[string]string{
			"email": p.word("wrong address"), "rhythm": p.word("wrong rhythm"), "other": p.word("wrong amount"), "currency": p.word("wrong currency"), "way": p.word("wrong way"), "key": p.word("wrong key"),
		} {
			n.post(path, n.gift("amount", "other", name, value), p.header()...)
		}
		n.do(http.MethodPost, path, "email="+p.word("not UTF-8")+"%ff", p.header()...)
		n.do(http.MethodPost, path, "email="+p.word("broken")+"%zz", p.header()...)
		n.do(http.MethodPost, path, "email="+p.word("long")+strings.Repeat("x", 9000), p.header()...)
		n.do(http.MethodPost, path, "email="+p.word("huge")+strings.Repeat("x", 1<<20), p.header()...)
		n.do(http.MethodPost, path, `{"email":"`+p.word("JSON")+`"}`, append([]string{"Content-Type", "application/json"}, p.header()...)...)
	}
	for _, path := range []string{"/remind", "/fa/remind"} {
		a := n.post(path, url.Values{"email": {mail("a reader to be reminded")}, "page": {"/" + p.word("page")}, "t": {p.word("token")}}, p.header()...)
		n.get(a.to(), p.header()...)
	}
	limited := mail("a reader at the limit")
	for range 8 {
		n.post("/remind", url.Values{"email": {limited}}, p.header()...)
	}
	n.post("/remind/stop", url.Values{"r": {n.reminder(mail("a reader who thinks better of it"))}, "page": {"/" + p.word("page")}}, p.header()...)
	for path, form := range map[string]url.Values{
		"/remind/stop": {"r": {p.word("forged link")}}, "/supporter": {"t": {p.word("forged link")}, "do": {p.word("do")}}, "/appeal/close": {"t": {p.word("token")}, "page": {"/" + p.word("page")}},
		"/hooks/stripe": {"x": {p.word("forged message")}}, "/hooks/" + p.word("processor"): {}, "/demo/clock": {"to": {p.word("time")}}, "/" + p.word("path of a form"): {},
	} {
		n.post(path, form, append(p.header(), "Stripe-Signature", "t=1,v1="+p.word("signature"))...)
	}
	for _, path := range []string{
		"/" + p.word("path"), "/2026/11/" + p.word("story"), "/support?email=" + mail("email in the query"), "/city/?before=" + p.word("before"), "/support/return/" + p.word("payment"),
		"/remind/set?r=" + p.word("link"), "/supporter?t=" + p.word("link"), "/remind/" + p.word("month") + ".ics", "/" + p.word("not UTF-8") + "%ff", "/simulator/checkout/" + p.word("checkout"),
	} {
		n.get(path, p.header()...)
		n.do(http.MethodHead, path, "", p.header()...)
	}
	n.raw("GET / HTTP/1.1\r\nHost: " + p.word("broken host") + "/x\r\n\r\n")
	n.raw(p.word("method") + " /" + p.word("path") + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	n.raw("GET /" + p.word("old protocol") + "\r\n\r\n")
	// Now the processor fails as well: what goes wrong is logged.
	n.faults(`{"webhooks":{"duplicate":0.5,"drop":0.3},"api":{"error_rate":0.6},"seed":7}`)
	for range 6 {
		if a := n.post("/support", n.gift("email", mail("a giver while the processor fails")), p.header()...); a.status == http.StatusSeeOther {
			n.post(a.to(), goodCard(), p.header()...)
		}
	}
	n.faults(`{}`)

	n.search(t, "while it runs", p)
	n.advance("P40D") // reminders and renewals go out, keys are destroyed
	if sent := len(n.outbox()); sent < 7 {
		t.Errorf("only %d mails went out: too little happened to prove anything", sent)
	}
	n.search(t, "forty days on", p)
	n.kill()
	n.search(t, "after its death", p)
}

// spellings are the forms in which a planted word could lie on a disk: as it is,
// in capitals, in UTF-16, in hexadecimal, in Base64 at each of three places.
func spellings() map[string][]byte {
	const begins = "plantz"
	wide := []byte{}
	for _, c := range []byte(begins) {
		wide = append(wide, c, 0)
	}
	all := map[string][]byte{
		"as it is": []byte(begins), "capitals": []byte(strings.ToUpper(begins)), "UTF-16": wide,
		"hexadecimal": []byte(hex.EncodeToString([]byte(begins))), "HEXADECIMAL": []byte(strings.ToUpper(hex.EncodeToString([]byte(begins)))),
	}
	for shift := range 3 { // the first and last signs of Base64 depend on the neighbours
		coded := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), begins...))
		all[fmt.Sprintf("Base64 at %d", shift)] = []byte(coded[[]int{0, 2, 3}[shift] : len(coded)-1])
	}
	return all
}

func TestSpellings(t *testing.T) {
	t.Parallel()
	for shift := range 5 {
		text := strings.Repeat("x", shift) + "plantz123qk@example.org"
		for _, written := range []string{text, strings.ToUpper(text), hex.EncodeToString([]byte(text)), base64.StdEncoding.EncodeToString([]byte(text)), base64.URLEncoding.EncodeToString([]byte(text))} {
			found := false
			for _, needle := range spellings() {
				found = found || bytes.Contains([]byte(written), needle)
			}
			if !found {
				t.Errorf("%s would be overlooked", written)
			}
		}
	}
}

// search reads every byte of the folder and of the log in search of what was
// planted, in the spellings in which it could lie there.
func (n *newsroom) search(t *testing.T, when string, p *planter) {
	t.Helper()
	files := map[string][]byte{"the log": []byte(n.log.String())}
	err := filepath.WalkDir(n.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil // a file that was being written
		}
		files[filepath.Base(path)] = raw
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for name, raw := range files {
		total += len(raw)
		for how, needle := range spellings() {
			at := bytes.Index(raw, needle)
			if at < 0 {
				continue
			}
			near := raw[max(0, at-100):min(len(raw), at+30)]
			t.Errorf("%s, %s: a planted word (%s) is in …%q…", when, name, how, near)
			for word, where := range p.where {
				if bytes.Contains(near, []byte(word)) {
					t.Errorf("it is the %s", where)
				}
			}
		}
	}
	if len(p.where) < 300 || total < 1<<20 || !strings.Contains(n.log.String(), "level=WARN") {
		t.Errorf("%s: %d words were looked for in %d bytes, and the log is %.100s", when, len(p.where), total, n.log)
	}
}
