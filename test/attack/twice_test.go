package attack

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// atOnce sends the same form many times at the same moment.
func (n *newsroom) atOnce(times int, path string, form url.Values) []answer {
	n.t.Helper()
	got := make([]answer, times)
	errs := make([]error, times)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range times {
		all.Go(func() {
			<-begin
			got[i], errs[i] = n.try(http.MethodPost, path, form.Encode())
		})
	}
	close(begin)
	all.Wait()
	for _, err := range errs {
		if err != nil {
			n.t.Fatal(err)
		}
	}
	return got
}

// TestTheSameFormAtOnce: however often and however fast a form is sent, it is
// one gift, one payment and one receipt.
func TestTheSameFormAtOnce(t *testing.T) {
	t.Parallel()
	n := start(t)
	gift := n.gift()
	pages := map[string]int{}
	for _, a := range n.atOnce(24, "/support", gift) {
		if a.status != http.StatusSeeOther {
			t.Fatalf("%d %.200s", a.status, a.words())
		}
		pages[a.to()]++
	}
	if len(pages) != 1 {
		t.Fatalf("one form opened the pages %v", pages)
	}
	for page := range pages {
		for _, a := range n.atOnce(24, page, goodCard()) {
			if a.status != http.StatusSeeOther || !strings.HasPrefix(a.to(), "/support/return/") {
				t.Errorf("the card: %d, leads to %q", a.status, a.to())
			}
		}
	}
	for _, a := range n.atOnce(8, "/support", gift) { // sent once more after it was paid
		if a.status != http.StatusSeeOther {
			t.Errorf("afterwards: %d", a.status)
			continue
		}
		until(t, "the payment is known", func() bool {
			return strings.Contains(n.get(n.post("/support", gift).to()).words(), "We did not charge you twice")
		})
	}
	n.advance("PT2H")
	gross := strings.Count(run(t, "", "ledger", "export", "--format", "csv", "--data", n.data).out, ",gross,")
	if gross != 1 || n.statements() != 1 || len(n.outbox()) != 1 {
		t.Errorf("%d booked, %d on statements, %d receipts", gross, n.statements(), len(n.outbox()))
	}
	n.advance("P32D") // and so is its renewal
	if n.statements() != 2 {
		t.Errorf("%d on statements after a month", n.statements())
	}
}

// TestManyAtOnce: what many people do at one moment is done for each.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	n := start(t)
	const people = 24
	forms := make([]url.Values, people)
	for i := range forms {
		forms[i] = n.gift("rhythm", []string{"monthly", "once", "yearly"}[i%3], "amount", "20.00", "email", fmt.Sprintf("p%d@example.org", i))
	}
	var all sync.WaitGroup
	for i, f := range forms {
		all.Go(func() {
			a, err := n.try(http.MethodPost, "/support", f.Encode())
			if err != nil || a.status != http.StatusSeeOther {
				t.Errorf("%d: %d %v", i, a.status, err)
				return
			}
			if a, err = n.try(http.MethodPost, a.to(), goodCard().Encode()); err != nil || a.status != http.StatusSeeOther {
				t.Errorf("%d, the card: %d %v", i, a.status, err)
			}
		})
		all.Go(func() {
			if a, err := n.try(http.MethodPost, "/remind", url.Values{"email": {fmt.Sprintf("q%d@example.org", i)}}.Encode()); err != nil || a.status != http.StatusSeeOther {
				t.Errorf("%d, the reminder: %d %v", i, a.status, err)
			}
		})
	}
	all.Wait()
	n.advance("PT2H")
	gross := strings.Count(run(t, "", "ledger", "export", "--format", "csv", "--data", n.data).out, ",gross,")
	if gross != people || n.statements() != people || len(n.outbox()) != people {
		t.Errorf("%d booked, %d on statements, %d receipts, want %d of each", gross, n.statements(), len(n.outbox()), people)
	}
	if check := run(t, "", "ledger", "check", "--data", n.data); check.code != 0 {
		t.Errorf("ledger check: %+v", check)
	}
}

// TestStoppingWhileItIsDue: whichever is first, the donor is charged at most
// for what was on its way, and never after.
func TestStoppingWhileItIsDue(t *testing.T) {
	t.Parallel()
	n := start(t)
	gift := n.supporter()
	var both sync.WaitGroup
	both.Go(func() {
		if _, err := n.try(http.MethodPost, "/demo/clock", "advance=P31D"); err != nil {
			t.Error(err)
		}
	})
	both.Go(func() {
		for _, a := range n.atOnce(8, "/supporter", url.Values{"t": {gift}, "do": {"stop"}}) {
			if a.status != http.StatusSeeOther {
				t.Errorf("stopping: %d", a.status)
			}
		}
	})
	both.Wait()
	before := n.statements()
	n.advance("P70D")
	if n.statements() != before || before > 2 {
		t.Errorf("%d lines on statements, then %d", before, n.statements())
	}
	if check := run(t, "", "ledger", "check", "--data", n.data); check.code != 0 {
		t.Errorf("ledger check: %+v", check)
	}
}
