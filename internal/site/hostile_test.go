package site

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mimeo/internal/contribution"
	"mimeo/internal/db"
)

// readOnly makes the database refuse every change from now on.
func (h *house) readOnly() {
	h.t.Helper()
	if err := h.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "pragma query_only = 1")
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
}

// While nothing can be written down, nobody is told that their choice is saved
// or that their network is to blame.
func TestNothingCanBeWrittenDown(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Log = slog.New(slog.DiscardHandler) })
	gift := h.form("/support", "rhythm", "once", "amount", "20.00", "email", "dana@example.org")
	remind := url.Values{"email": {"dana@example.org"}}
	h.readOnly()
	for _, c := range []struct {
		path, says string
		form       url.Values
	}{
		{"/support", "We cannot write anything down at the moment. Nothing was changed", gift},
		{"/fa/support", "اکنون نمی‌توانیم چیزی ثبت کنیم", gift},
		{"/remind", "We cannot write anything down at the moment. Nothing was changed", remind},
		{"/fa/remind", "اکنون نمی‌توانیم چیزی ثبت کنیم", remind},
	} {
		a := h.post(c.path, c.form)
		if a.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", c.path, a.StatusCode)
		}
		has(t, c.path, a.text, c.says, `value="dana@example.org"`)
		hasNot(t, c.path, a.text, "Your choice is saved", "from your network", "disk", "database")
		if len(a.Cookies()) > 0 {
			t.Errorf("%s: the reader's note says %v", c.path, a.Cookies())
		}
	}
	if len(h.bank.facts) != 0 {
		t.Errorf("the payment company heard of %d payments that we do not know", len(h.bank.facts))
	}
}

func TestWhatIsAwaySaysWhenToComeBack(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Log = slog.New(slog.DiscardHandler) })
	payment := h.give("rhythm", "monthly", "amount", "5.00")
	token := h.vault.Sign(contribution.LinkPurpose, []byte(h.bank.facts["ref-"+payment].Pledge), begin.AddDate(1, 0, 0))
	h.readOnly()
	a := h.post("/supporter", url.Values{"t": {token}, "do": {"stop"}})
	if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("%d, Retry-After %q", a.StatusCode, a.Header.Get("Retry-After"))
	}
}

// The same figures in another currency are another sum: a form for one that is
// not offered (any more) is not taken for the first of the list.
func TestAGiftIsInTheCurrencyItWasTypedIn(t *testing.T) {
	h := newHouse(t)
	for _, currency := range []string{"CHF", "usd", "", "\u202eUSD", "US", "XXX"} {
		f := h.form("/support", "rhythm", "once", "amount", "other", "other", "500", "email", "dana@example.org")
		f.Set("currency", currency)
		a := h.post("/support", f)
		if currency == "\u202eUSD" { // what is invisible is dropped from all fields
			if a.StatusCode != http.StatusSeeOther {
				t.Errorf("%q: %d", currency, a.StatusCode)
			}
			continue
		}
		if a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", currency, a.StatusCode)
		}
		has(t, currency, a.text, "Choose a currency from the list", `value="500"`)
	}
	f := h.form("/support?currency=JPY", "rhythm", "once", "amount", "other", "other", "7.50", "email", "dana@example.org")
	has(t, "yen", h.post("/support", f).text, "Enter the amount in whole figures, like 500")
}

func TestOnlyWhatWasAskedForIsDoneWithAGift(t *testing.T) {
	h := newHouse(t)
	payment := h.give("rhythm", "monthly", "amount", "5.00")
	pledge := h.bank.facts["ref-"+payment].Pledge
	token := h.vault.Sign(contribution.LinkPurpose, []byte(pledge), begin.AddDate(1, 0, 0))
	if strings.Count(h.ok("/supporter?t="+token).text, `<input type="hidden" name="do" value="stop">`) != 1 {
		t.Error("the form to stop does not say so")
	}
	for _, do := range []string{"", "Stop", "pause", "stop\x00x"} {
		if a := h.post("/supporter", url.Values{"t": {token}, "do": {do}}); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", do, a.StatusCode)
		}
	}
	view, err := h.gifts.Pledge(context.Background(), pledge)
	if err != nil || view.Phase != contribution.Active {
		t.Errorf("the gift is %v, %v", view.Phase, err)
	}
}

// One pair of quotation marks is how some programs write a value. Anything more
// is no note of ours.
func TestQuotedNotes(t *testing.T) {
	h := newHouse(t)
	ferry := h.ferry()
	path := ferry.Path()
	for value, quiet := range map[string]bool{
		`never`: true, `"never"`: true, `"never`: false, `never"`: false, `""never""`: false, `"`: false, `""`: false, `'never'`: false, `"never" `: true,
	} {
		if got := !strings.Contains(h.ok(path, "Cookie", "ask="+value).text, `action="/appeal/close"`); got != quiet {
			t.Errorf("ask=%s: quiet is %v", value, got)
		}
	}
}
