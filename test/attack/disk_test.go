package attack

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// away wants an answer that says that nothing can be done now, and nothing else.
func away(t *testing.T, what string, a answer) {
	t.Helper()
	if a.status != http.StatusServiceUnavailable || a.Get("Set-Cookie") != "" || a.Get("Location") != "" {
		t.Errorf("%s: %d, leads to %q, sets %q: %.300s", what, a.status, a.Get("Location"), a.Get("Set-Cookie"), a.words())
	}
	if text := a.words(); strings.Contains(text, "Your choice is saved") || strings.Contains(text, "from your network") {
		t.Errorf("%s: %.300s", what, text)
	}
}

// besieged is what every test of a newsroom that cannot write does: it asks for
// everything, then mends the disk by mend, and sees that all is taken up.
func besieged(t *testing.T, n *newsroom, breakIt, mend func()) {
	t.Helper()
	first := n.supporter() // all is well at first
	n.get("/fa/")
	open := n.post("/support", n.gift("email", "open@example.org")).to() // a payment page that is open when the disk fills
	form := n.gift("email", "later@example.org")
	entries := booked(t, n)

	breakIt()
	for range 3 {
		away(t, "a gift", n.post("/support", form))
		away(t, "a gift in Persian", n.post("/fa/support", form))
		away(t, "a reminder", n.post("/remind", url.Values{"email": {"later@example.org"}}))
		away(t, "stopping", n.post("/supporter", url.Values{"t": {first}, "do": {"stop"}}))
		away(t, "readiness", n.get("/readyz"))
		away(t, "the clock", n.post("/demo/clock", url.Values{"advance": {"P1D"}}))
		body := event("evt_full", "ping", "x")
		now := n.clock(t)
		away(t, "a message", n.hook(body, signature(body, now, hookSecret)))
	}
	for _, a := range n.atOnce(16, "/support", form) { // they would share one commit
		away(t, "many gifts at once", a)
	}
	if a := n.post("/support", form); !strings.Contains(a.body, `value="later@example.org"`) || a.hidden("key") != form.Get("key") {
		t.Errorf("what was typed is lost: %.200s", a.words())
	}
	if a := n.post(open, goodCard()); a.status != http.StatusServiceUnavailable { // the bank stands on the same disk
		t.Errorf("the card: %d %.200s", a.status, a.words())
	}
	for _, path := range []string{"/", article, "/2026/11/harbour-museum-letters", "/fa/", "/city/", "/feed.xml", "/support", "/about/data", "/supporter?t=" + first, "/healthz", "/demo/"} {
		if a := n.get(path); a.status != http.StatusOK {
			t.Errorf("%s cannot be read: %d", path, a.status)
		}
	}
	if a := n.post("/appeal/close", url.Values{"page": {article}}); a.status != http.StatusSeeOther || !strings.HasPrefix(a.Get("Set-Cookie"), "ask=closed.") {
		t.Errorf("×: %d", a.status)
	}
	if lines := strings.Count(n.log.String(), "\n"); lines > 400 {
		t.Errorf("%d lines of log: they fill the disk further", lines)
	}

	mend()
	until(t, "it is ready again", func() bool { return n.get("/readyz").status == http.StatusOK })
	back := n.pay(form)
	if a := n.post(open, goodCard()); a.status != http.StatusSeeOther {
		t.Errorf("the open page: %d %.200s", a.status, a.words())
	}
	if a := n.post("/remind", url.Values{"email": {"later@example.org"}}); a.status != http.StatusSeeOther {
		t.Errorf("the reminder: %d", a.status)
	}
	n.advance("PT3H")
	if page := n.get(back).words(); !strings.Contains(page, "has arrived") {
		t.Errorf("%.200s", page)
	}
	if got := booked(t, n); got != entries+2 || n.statements() != entries+2 {
		t.Errorf("%d booked and %d on statements, want %d", got, n.statements(), entries+2)
	}
	if check := n.runs(t, "ledger", "check"); check.code != 0 {
		t.Errorf("ledger check: %+v", check)
	}
	if page := n.get("/supporter?t=" + first).words(); !strings.Contains(page, "Stop giving") {
		t.Errorf("the first gift: %.200s", page)
	}
	if receipts := len(n.outbox()); receipts != 3 {
		t.Errorf("%d receipts for 3 gifts", receipts)
	}
}

func booked(t *testing.T, n *newsroom) int {
	t.Helper()
	r := n.runs(t, "ledger", "export", "--format", "csv")
	if r.code != 0 {
		t.Fatalf("ledger export: %+v", r)
	}
	return strings.Count(r.out, ",gross,")
}

// clock is the newsroom's time without moving it: what the demo's page shows.
func (n *newsroom) clock(t *testing.T) int64 {
	t.Helper()
	_, rest, found := strings.Cut(n.get("/demo/").body, `datetime="`)
	at, err := parseTime(rest)
	if !found || err != nil {
		t.Fatalf("the demo's page shows no time: %v", err)
	}
	return at
}

// TestAWriteThatFails limits how far the newsroom's files may grow to nothing,
// which needs no rights: every write fails from then on.
func TestAWriteThatFails(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("prlimit"); err != nil {
		t.Skip("prlimit (Debian's util-linux) is not here: writes cannot be made to fail")
	}
	n := start(t)
	limit := func(bytes string) {
		t.Helper()
		if out, err := exec.Command("prlimit", "--pid", strconv.Itoa(n.cmd.Process.Pid), "--fsize="+bytes+":").CombinedOutput(); err != nil {
			t.Fatalf("prlimit: %v: %s", err, out)
		}
	}
	besieged(t, n, func() { limit("1") }, func() { limit("unlimited") })
}

// TestAFullDisk fills a small disk of the newsroom's own.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("unshare", "-m", "true").CombinedOutput(); err != nil {
		t.Skipf("no small disk can be made here (unshare: %v %s): TestAWriteThatFails stands for this one", err, out)
	}
	// A newsroom that was stopped properly has an empty log of writes. In one that
	// has just been filled there is room for many more.
	whole := filepath.Join(t.TempDir(), "data")
	n := startOn(t, whole)
	n.end(t)
	<-n.exited
	disk := t.TempDir()
	data := filepath.Join(disk, "data")
	cmd := command("serve", "--demo", "--data", data, "--listen", "127.0.0.1:0", "--at", "2026-11-22T10:00:00Z")
	cmd.Args = append([]string{"unshare", "-m", "sh", "-ec", `mount -t tmpfs -o size=32m none "$0"; cp -a "$1" "$0/data"; shift; exec "$@"`, disk, whole, cmd.Path}, cmd.Args[1:]...)
	var err error
	if cmd.Path, err = exec.LookPath("unshare"); err != nil {
		t.Fatal(err)
	}
	n, err = launch(t, data, cmd)
	if err != nil {
		t.Skipf("no small disk can be mounted here (%v): TestAWriteThatFails stands for this one", err)
	}
	t.Cleanup(func() {
		n.kill()
		untraced(t, "the log", n.log.String())
		if t.Failed() {
			t.Log(n.log.String())
		}
	})
	// The disk can be reached through the process that has it mounted.
	inside := fmt.Sprintf("/proc/%d/root%s", n.cmd.Process.Pid, disk)
	enter, err := exec.LookPath("nsenter")
	if err != nil {
		t.Fatal(err)
	}
	n.beside = []string{enter, fmt.Sprintf("--mount=/proc/%d/ns/mnt", n.cmd.Process.Pid), "--"}
	filler := filepath.Join(inside, "filler")
	fill := func() {
		f, err := os.OpenFile(filler, os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{1 << 20, 4096, 1} {
			for piece := make([]byte, size); ; {
				if _, err := f.Write(piece); err != nil {
					break
				}
			}
		}
		_ = f.Close() // it is full: that is the point
	}
	besieged(t, n, fill, func() {
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
	})
}
