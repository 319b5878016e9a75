package attack

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// post is what the outbox shows of a mail.
type post struct {
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

func (n *newsroom) outbox() (all []post) {
	n.t.Helper()
	if err := json.Unmarshal([]byte(n.get("/demo/outbox.json").body), &all); err != nil {
		n.t.Fatal(err)
	}
	return all
}

var (
	supporterLink = regexp.MustCompile(`/supporter\?t=(\S+)`)
	appealToken   = regexp.MustCompile(`name="t" value="([^"]+)"`)
)

// supporter makes a gift and returns the token of the link in its receipt.
func (n *newsroom) supporter() string {
	n.t.Helper()
	n.pay(n.gift())
	n.advance("PT1H")
	for _, p := range n.outbox() {
		if m := supporterLink.FindStringSubmatch(p.Text); m != nil {
			return m[1]
		}
	}
	n.t.Fatalf("no link in %v", n.outbox())
	return ""
}

// reminder sets one and returns the token of its links.
func (n *newsroom) reminder(email string) string {
	n.t.Helper()
	a := n.post("/remind", url.Values{"email": {email}})
	u, err := url.Parse(a.Get("Location"))
	if err != nil || u.Query().Get("r") == "" {
		n.t.Fatalf("the reminder: %d %q", a.status, a.Get("Location"))
	}
	return u.Query().Get("r")
}

// spoiled are all the ways in which a link may arrive that is not as it was
// sent: each sign changed, cut short at each place, longer, doubled, folded.
func spoiled(token string) (all []string) {
	for i := range len(token) {
		for _, other := range []string{"A", "B", "_", "-", "9"} {
			if token[i:i+1] != other {
				all = append(all, token[:i]+other+token[i+1:])
			}
		}
		all = append(all, token[:i], token[i+1:], token[:i]+"."+token[i:])
	}
	return append(all, token+"A", token+"=", token+"==", token+"%00", token+"\x00x", token+token, strings.ToUpper(token), strings.ToLower(token),
		token[:10]+"\n"+token[10:], token[:10]+" "+token[10:], strings.Repeat("A", len(token)), strings.Repeat("A", 5000), "null", "undefined", "../"+token)
}

// TestSpoiledLinks: no link opens anything but the one that was sent, for what
// it was sent for; and a refused one changes nothing.
func TestSpoiledLinks(t *testing.T) {
	t.Parallel()
	n := start(t)
	gift, reminder := n.supporter(), n.reminder("reader@example.org")
	found := appealToken.FindStringSubmatch(n.get(article).body)
	if found == nil {
		t.Fatal("the appeal carries no token")
	}
	escaped := url.QueryEscape
	refused := func(what string, a answer) {
		t.Helper()
		if a.status != http.StatusForbidden || a.Get("Location") != "" || a.Get("Set-Cookie") != "" {
			t.Errorf("%.120s: %d, leads to %q", what, a.status, a.Get("Location"))
		}
	}
	for _, bad := range append(spoiled(gift), reminder, found[1]) {
		refused("supporter "+bad, n.post("/supporter", url.Values{"t": {bad}, "do": {"stop"}}))
		if bad != "" { // without a link it says where the link is
			refused("supporter "+bad, n.get("/supporter?t="+escaped(bad)))
		}
	}
	for _, bad := range append(spoiled(reminder), gift, found[1]) {
		refused("reminder "+bad, n.post("/remind/stop", url.Values{"r": {bad}}))
		refused("reminder "+bad, n.do(http.MethodPost, "/remind/stop?t="+escaped(bad), "List-Unsubscribe=One-Click"))
		refused("reminder "+bad, n.get("/remind/stop?t="+escaped(bad)))
		refused("reminder "+bad, n.get("/remind/set?r="+escaped(bad)))
	}
	// An appeal's token that is spoiled counts for nothing and stops nobody.
	for _, bad := range spoiled(found[1])[:40] {
		if a := n.get("/support?t=" + escaped(bad)); a.status != http.StatusOK {
			t.Errorf("appeal %.80s: %d", bad, a.status)
		}
		if a := n.post("/appeal/close", url.Values{"t": {bad}, "page": {article}}); a.status != http.StatusSeeOther {
			t.Errorf("appeal %.80s: %d", bad, a.status)
		}
	}
	// After all that, everything stands.
	if a := n.get("/supporter?t=" + gift); a.status != http.StatusOK || !strings.Contains(a.words(), "Stop giving") {
		t.Errorf("the gift: %d %.200s", a.status, a.words())
	}
	if a := n.get("/remind/stop?t=" + reminder); a.status != http.StatusOK {
		t.Errorf("the reminder: %d", a.status)
	}
	n.advance("P45D") // past the day of the reminder
	sent := 0
	for _, p := range n.outbox() {
		if strings.HasPrefix(p.Subject, "Your reminder") {
			sent++
		}
	}
	if sent != 1 {
		t.Errorf("%d reminders were sent", sent)
	}
}

// TestLinksGrowOld: a link works until its day, by the newsroom's clock.
func TestLinksGrowOld(t *testing.T) {
	t.Parallel()
	n := start(t)
	reminder, gift := n.reminder("reader@example.org"), n.supporter()
	if a := n.post("/supporter", url.Values{"t": {gift}, "do": {"stop"}}); a.status != http.StatusSeeOther {
		t.Fatalf("stopping: %d", a.status)
	}
	n.advance("P2Y2D")
	for _, path := range []string{"/supporter?t=" + gift, "/remind/stop?t=" + reminder, "/remind/set?r=" + reminder} {
		if a := n.get(path); a.status != http.StatusForbidden || !strings.Contains(a.words(), "expired") {
			t.Errorf("%s: %d %.200s", path, a.status, a.words())
		}
	}
}

// TestDoneTwice: what is done cannot be done again, and says so.
func TestDoneTwice(t *testing.T) {
	t.Parallel()
	n := start(t)
	gift, reminder := n.supporter(), n.reminder("reader@example.org")
	for range 2 {
		if a := n.post("/supporter", url.Values{"t": {gift}, "do": {"stop"}}); a.status != http.StatusSeeOther || !strings.Contains(n.get(a.to()).words(), "Stopped") {
			t.Errorf("stopping: %d", a.status)
		}
		if a := n.post("/remind/stop", url.Values{"r": {reminder}}); a.status != http.StatusSeeOther || !strings.HasPrefix(a.to(), "/remind/stopped") {
			t.Errorf("deleting: %d", a.status)
		}
	}
	if a := n.post("/supporter", url.Values{"t": {gift}, "do": {"pay"}}); a.status != http.StatusConflict {
		t.Errorf("paying for a stopped gift: %d", a.status)
	}
	n.advance("P60D")
	for _, p := range n.outbox() {
		if strings.HasPrefix(p.Subject, "Your reminder") {
			t.Errorf("a deleted reminder was sent to %s", p.To)
		}
	}
	if got := n.statements(); got != 1 {
		t.Errorf("%d lines on statements after the gift was stopped", got)
	}
}

// statements counts the lines on donors' bank statements.
func (n *newsroom) statements() (lines int) {
	n.t.Helper()
	var all []struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal([]byte(n.get("/demo/bank.json").body), &all); err != nil {
		n.t.Fatal(err)
	}
	for _, l := range all {
		if l.Kind == "statement" {
			lines++
		}
	}
	return lines
}
