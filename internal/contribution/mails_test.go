package contribution

import (
	"errors"
	"os"
	"strings"
	"testing"

	"mimeo/internal/db/dbtest"
	"mimeo/internal/money"
)

// Nothing that names the donor is in the tables or the log.
func TestNoAddressIsStored(t *testing.T) {
	clock := dbtest.NewClock(lastOfJanuary)
	url := dbtest.SQLiteURL(t)
	s := newStand(t, dbtest.Open(t, url, clock.Now), clock)
	s.start()
	_, pledge := s.give(money.Of(500, money.USD), Monthly)
	s.give(money.Of(500, money.USD), Once)
	s.bank.refuseCard(pledge, true)
	s.until("2027-03-05")
	if _, err := s.till.Again(t.Context(), pledge); err != nil {
		t.Fatal(err)
	}
	if _, err := s.till.Stop(t.Context(), pledge); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(url, "sqlite:")
	for _, file := range []string{path, path + "-wal"} {
		data, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, planted := range []string{"planted@example.org", "planted", "cus_1", "pm_cus"} {
			if strings.Contains(string(data), planted) {
				t.Errorf("%s holds %q", file, planted)
			}
		}
	}
	if s.log.Len() > 0 && strings.Contains(s.log.String(), "planted") {
		t.Errorf("the log names the donor: %s", s.log)
	}
}

func TestMailsAreKindAndComplete(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		_, pledge := s.give(money.Of(500, money.USD), Monthly)
		if len(s.mails()) != 1 {
			t.Fatal(s.kinds())
		}
		m := s.mails()[0]
		if m.To != "planted@example.org" || m.Subject != "Your receipt" {
			t.Errorf("%+v", m)
		}
		for _, want := range []string{"$5", "31 January 2027", "TNR MEDIA", "$5 a month", "28 February 2027", "The North Ridge", "https://news.example/supporter?t="} {
			if !strings.Contains(m.Text, want) || !strings.Contains(m.HTML, want) {
				t.Errorf("the receipt lacks %q:\n%s\n%s", want, m.Text, m.HTML)
			}
		}
		if strings.Contains(m.Text, "{{") || strings.Contains(m.Text, "contribution.") || strings.Contains(m.Text, pledge) {
			t.Errorf("%s", m.Text)
		}
		_, token, _ := strings.Cut(m.Text, "supporter?t=")
		token, _, _ = strings.Cut(token, "\n")
		if id, err := s.vault.Verify(LinkPurpose, token); err != nil || string(id) != pledge {
			t.Errorf("the link opens %q, %v", id, err)
		}
	})
}

func TestEveryMailInEveryLanguage(t *testing.T) {
	s := newStand(t, dbtest.SQLite(t), dbtest.NewClock(lastOfJanuary))
	for _, code := range []string{"en", "fa"} {
		for _, kind := range []mailKind{mailReceipt, mailCardFailed, mailGiftEnded, mailGiftStopped} {
			for _, rhythm := range Rhythms() {
				for _, paid := range []int{0, 1, 14} {
					l := letter{Lang: code, Minor: 500, Currency: money.USD, Rhythm: rhythm, Pledge: "p", Payment: "abcdefghij", Day: "2027-01-31", Paid: paid}
					for _, l.Next = range []Day{"", "2027-02-28"} {
						m, err := s.till.compose(kind, "a@example.org", l)
						if err != nil {
							t.Fatal(err)
						}
						if m.Subject == "" || strings.Contains(m.Subject+m.Text+m.HTML, "contribution.") || strings.Contains(m.Text, "<no value>") {
							t.Errorf("%s %s %s: %s\n%s", code, kind, rhythm, m.Subject, m.Text)
						}
					}
				}
			}
		}
	}
}
