package contribution

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/ident"
	"mimeo/internal/jobs"
	"mimeo/internal/lang"
	"mimeo/internal/ledger"
	"mimeo/internal/mail"
	"mimeo/internal/money"
	"mimeo/internal/vault"
)

// lastOfJanuary is when the tests begin: the day that drifts most easily.
var lastOfJanuary = time.Date(2027, 1, 31, 15, 0, 0, 0, time.UTC)

// stand is a newsroom's till, its database and a bank of its own.
type stand struct {
	t      testing.TB
	d      *db.DB
	clock  *dbtest.Clock
	jobs   *jobs.Queue
	vault  *vault.Vault
	ids    *ident.Source
	bank   *bank
	till   *Till
	outbox *mail.Outbox
	mail   *mail.Queue
	log    *bytes.Buffer
	gifts  []string // addresses of first gifts
	counts []string // appeals of first gifts
	mu     sync.Mutex

	started bool
}

func newStand(t testing.TB, d *db.DB, clock *dbtest.Clock) *stand {
	t.Helper()
	return newStandAt(t, d, clock, newBank("bank", clock.Now))
}

// newStandAt is a newsroom with an account at a bank that exists.
func newStandAt(t testing.TB, d *db.DB, clock *dbtest.Clock, b *bank) *stand {
	t.Helper()
	q, err := jobs.New(d, jobs.Options{Now: clock.Now, Poll: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), d, vault.Options{Dir: filepath.Join(t.TempDir(), "keys"), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{
		t: t, d: d, clock: clock, jobs: q, vault: v, ids: ident.NewSource(clock.Now, rand.Reader), bank: b,
		log: &bytes.Buffer{},
	}
	if s.outbox, err = mail.NewOutbox("The North Ridge <post@news.example>", clock.Now); err != nil {
		t.Fatal(err)
	}
	s.mail = mail.NewQueue(d, q, v, s.outbox, mail.Options{Now: clock.Now})
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	s.till, err = New(d, q, s.mail, v, ledger.New(), s.ids, Options{
		Now: s.clock.Now, Log: slog.New(slog.NewTextHandler(&locked{s: s}, nil)), Providers: []Provider{b}, Descriptor: "TNR MEDIA",
		Newsroom: func(string) string { return "The North Ridge" },
		URL: func(lang, path string) string {
			if lang != "en" {
				path = "/" + lang + path
			}
			return "https://news.example" + path
		},
		Words: words,
		OnGift: func(_ context.Context, _ *db.Tx, email string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.gifts = append(s.gifts, email)
			return nil
		},
		CountGift: func(_ context.Context, _ *db.Tx, p Pledge) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.counts = append(s.counts, p.Appeal+"/"+p.Variant)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type locked struct{ s *stand }

func (l *locked) Write(b []byte) (int, error) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	return l.s.log.Write(b)
}

// start lets the jobs run.
func (s *stand) start() {
	s.t.Helper()
	s.started = true
	if err := s.jobs.Start(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := s.jobs.Stop(ctx); err != nil {
			s.t.Error(err)
		}
	})
}

// until moves the clock to the given day's noon, by way of every job.
func (s *stand) until(day Day) {
	s.t.Helper()
	if err := s.jobs.RunDue(s.t.Context(), day.Time().Add(12*time.Hour), s.clock.Set); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) intent(amount money.Amount, rhythm Rhythm) Intent {
	return Intent{
		Form: s.ids.Secret(), Amount: amount, Rhythm: rhythm, Email: "planted@example.org", Lang: "en", Provider: s.bank.name,
		Appeal: "winter", Variant: "b",
	}
}

// begin opens a payment page.
func (s *stand) begin(in Intent) string {
	s.t.Helper()
	opened, err := s.till.Begin(s.t.Context(), in)
	if err != nil {
		s.t.Fatal(err)
	}
	return opened.Payment
}

// give is a gift that came in, heard of by webhook. It returns the pledge.
func (s *stand) give(amount money.Amount, rhythm Rhythm) (payment, pledge string) {
	s.t.Helper()
	payment = s.begin(s.intent(amount, rhythm))
	s.bank.pay(payment)
	s.hearAll()
	return payment, s.payment(payment).Pledge
}

// hear delivers one webhook.
func (s *stand) hear(r Rumour) error {
	raw, err := json.Marshal(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.till.Hook(s.t.Context(), s.bank.name, map[string][]string{"Signature": {"genuine"}}, raw)
}

// hearAll delivers every webhook that there ever was.
func (s *stand) hearAll() {
	s.t.Helper()
	for _, r := range slices.Clone(s.bank.rumours) {
		if err := s.hear(r); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *stand) payment(id string) record {
	s.t.Helper()
	var pay record
	if err := s.d.Read(s.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		pay, err = selectPayment(ctx, tx, id)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return pay
}

func (s *stand) view(pledge string) View {
	s.t.Helper()
	v, err := s.till.Pledge(s.t.Context(), pledge)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// entries are the ledger's lines, in the form of bank.truth.
func (s *stand) entries() []string {
	s.t.Helper()
	var out bytes.Buffer
	if err := ledger.New().Export(s.t.Context(), s.d, &out, ledger.CSV); err != nil {
		s.t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	var all []string
	for _, r := range rows[1:] {
		if r[6] == s.bank.name {
			all = append(all, strings.Join([]string{r[0], r[1], r[3], r[2], r[4], r[5]}, " "))
		}
	}
	slices.Sort(all)
	return all
}

// trueBook fails the test unless the ledger is what the bank really moved.
func (s *stand) trueBook() {
	s.t.Helper()
	got, want := s.entries(), s.bank.truth()
	if !slices.Equal(got, want) {
		s.t.Errorf("the ledger has\n%s\nthe bank moved\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	report, err := ledger.New().Check(s.t.Context(), s.d)
	if err != nil || report.Broken != nil {
		s.t.Errorf("the ledger is broken: %+v, %v", report.Broken, err)
	}
}

func (s *stand) reconcile() Report {
	s.t.Helper()
	r, err := s.till.Reconcile(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// mails are the letters sent so far, the oldest first, once those that are due
// have left.
func (s *stand) mails() []mail.Sent {
	s.t.Helper()
	if !s.started {
		s.start()
	}
	if err := s.jobs.RunDue(s.t.Context(), s.clock.Now(), s.clock.Set); err != nil {
		s.t.Fatal(err)
	}
	return s.outbox.Messages()
}

// kinds are the mails sent so far, as "Your receipt 2027-01-31".
func (s *stand) kinds() []string {
	s.t.Helper()
	var all []string
	for _, m := range s.mails() {
		all = append(all, m.Subject+" "+string(DayOf(m.At)))
	}
	return all
}
