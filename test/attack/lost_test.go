package attack

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db/dbtest"
)

func parseTime(text string) (int64, error) {
	text, _, _ = strings.Cut(text, `"`)
	at, err := time.Parse(time.RFC3339, text)
	return at.Unix(), err
}

// TestALostServer takes PostgreSQL away while donors pay, and gives it back.
func TestALostServer(t *testing.T) {
	t.Parallel()
	server := dbtest.NewServer(t)
	n := start(t, "--database", server.URL())
	n.get(article)
	paid := n.pay(n.gift())
	until(t, "the first gift is known", func() bool { return strings.Contains(n.get(paid).words(), "has arrived") })
	form := n.gift("email", "later@example.org")
	open := n.post("/support", n.gift("email", "open@example.org")).to()
	n.get(article) // what was told of the demo's own stories may have dropped it meanwhile

	server.Lose(t)
	for range 3 {
		for what, a := range map[string]answer{
			"a gift":                    n.post("/support", form),
			"a reminder":                n.post("/remind", url.Values{"email": {"later@example.org"}}),
			"a reminder, Persian":       n.post("/fa/remind", url.Values{"email": {"later@example.org"}}),
			"readiness":                 n.get("/readyz"),
			"a page that was not ready": n.get("/2026/11/harbour-museum-letters"),
			"the way back":              n.get(paid),
			"the clock":                 n.post("/demo/clock", url.Values{"advance": {"P1D"}}),
		} {
			away(t, what, a)
		}
	}
	for _, path := range []string{article, "/support", "/about/data", "/healthz", "/robots.txt"} { // what lies ready is read
		if a := n.get(path); a.status != http.StatusOK {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if a := n.get("/nowhere"); a.status != http.StatusServiceUnavailable { // it might be an address of the old newspaper's
		t.Errorf("/nowhere: %d", a.status)
	}
	back := n.post(open, goodCard()).to() // the bank is elsewhere and takes the money
	away(t, "the way back from the bank", n.get(back))
	if r := run(t, "", "ledger", "check", "--data", n.data, "--database", server.URL()); r.code != 1 || !strings.Contains(r.err, "The database does not answer") {
		t.Errorf("a command meanwhile: %+v", r)
	}
	if lines := strings.Count(n.log.String(), "\n"); lines > 300 {
		t.Errorf("%d lines of log", lines)
	}

	server.Return(t)
	until(t, "it is ready again", func() bool { return n.get("/readyz").status == http.StatusOK })
	n.pay(form)
	if a := n.post("/remind", url.Values{"email": {"later@example.org"}}); a.status != http.StatusSeeOther {
		t.Errorf("the reminder: %d", a.status)
	}
	n.advance("PT3H") // the processor tells again what nobody heard
	if page := n.get(back).words(); !strings.Contains(page, "has arrived") {
		t.Errorf("the gift that was paid meanwhile: %.200s", page)
	}
	r := run(t, "", "ledger", "export", "--format", "csv", "--data", n.data, "--database", server.URL())
	if gross := strings.Count(r.out, ",gross,"); gross != 3 || n.statements() != 3 || len(n.outbox()) != 3 {
		t.Errorf("%d booked, %d on statements, %d receipts: %s", gross, n.statements(), len(n.outbox()), r.err)
	}
	// What another process publishes is heard of again.
	story := filepath.Join(t.TempDir(), "story.txt")
	if err := os.WriteFile(story, []byte("After the outage\n\nThe first paragraph of it.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := run(t, "", "story", "import", "--publish", "--data", n.data, "--database", server.URL(), story); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	until(t, "the story is on the front page", func() bool { return strings.Contains(n.get("/").body, "After the outage") })
}

// TestAFileThatIsTakenAway deletes the database under a newsroom that has it
// open: what would be lost with the file is refused, and nobody begins anew.
func TestAFileThatIsTakenAway(t *testing.T) {
	t.Parallel()
	n := start(t)
	n.get("/")
	form := n.gift()
	path := filepath.Join(n.data, "mimeo.db")
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	away(t, "a gift", n.post("/support", form))
	away(t, "a reminder", n.post("/remind", url.Values{"email": {"later@example.org"}}))
	away(t, "readiness", n.get("/readyz"))
	if a := n.get("/"); a.status != http.StatusOK {
		t.Errorf("/: %d", a.status)
	}
	for _, args := range [][]string{{"ledger", "check"}, {"ledger", "export"}, {"story", "list"}, {"contribution", "reconcile"}} {
		if r := run(t, "", append(args, "--data", n.data)...); r.code != 1 || r.out != "" || !strings.Contains(r.err, "is gone, only its keys are left") {
			t.Errorf("%v: %+v", args, r)
		}
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	n.pay(form)
	n.advance("PT1H")
	if got := booked(t, n); got != 1 {
		t.Errorf("%d booked", got)
	}
}
