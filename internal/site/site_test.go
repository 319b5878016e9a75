package site

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mimeo/internal/appeal"
	"mimeo/internal/contribution"
	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/front"
	"mimeo/internal/ident"
	"mimeo/internal/jobs"
	"mimeo/internal/lang"
	"mimeo/internal/ledger"
	"mimeo/internal/mail"
	"mimeo/internal/money"
	"mimeo/internal/newsletter"
	"mimeo/internal/prose"
	"mimeo/internal/reminder"
	"mimeo/internal/story"
	"mimeo/internal/vault"
	"mimeo/internal/web"
)

// begin is when the tests' clock starts: a Sunday after the 20th.
var begin = time.Date(2026, time.November, 22, 10, 0, 0, 0, time.UTC)

// house is a newsroom with everything its pages stand on, in English and in
// Persian, and a stub of the one thing that is outside: the payment company.
type house struct {
	t       testing.TB
	clock   *dbtest.Clock
	db      *db.DB
	stories *story.Desk
	appeals *appeal.Board
	gifts   *contribution.Till
	fronts  *front.Layout
	vault   *vault.Vault
	jobs    *jobs.Queue
	bank    *bank
	site    *Site
	handler http.Handler
	draw    atomic.Uint64
	country atomic.Value
}

// appeals are two: one for a section, with two wordings, and one for the rest.
const testAppeals = `{"version":1,"unknown_country":"ask","closed":["RU"],"appeals":[
 {"id":"ferry","priority":1,"state":"live","where":{"sections":["city"]},"salt":"s","variants":[
  {"id":"plain","weight":1,"heading":"A message from the harbour desk","body":["Two of us sat on that boat.","Readers paid for the tickets."],"signature":"The harbour desk"},
  {"id":"short","weight":1,"body":["Readers paid for the tickets."]}]},
 {"id":"rest","priority":9,"state":"live","where":{},"salt":"t","variants":[{"id":"only","weight":1}]}]}`

func newHouse(t testing.TB, change ...func(*Options)) *house {
	t.Helper()
	h := &house{t: t, clock: dbtest.NewClock(begin)}
	h.country.Store("DE")
	h.db = dbtest.Open(t, dbtest.SQLiteURL(t), h.clock.Now)
	h.build(change...)
	return h
}

func (h *house) build(change ...func(*Options)) {
	t, now := h.t, h.clock.Now
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	words, err := lang.Load()
	must(err)
	ids := ident.NewSource(now, rand.Reader)
	h.vault, err = vault.Open(ctx, h.db, vault.Options{Dir: t.TempDir(), Now: now})
	must(err)
	h.jobs, err = jobs.New(h.db, jobs.Options{Now: now})
	must(err)
	must(h.jobs.Migrate(ctx))
	outbox, err := mail.NewOutbox("newsroom@lantern.example", now)
	must(err)
	mails := mail.NewQueue(h.db, h.jobs, h.vault, outbox, mail.Options{Now: now})
	h.stories = story.New(h.db, ids, story.Options{DefaultLang: "en"})
	h.fronts = front.New(h.db, h.stories, nil)
	h.appeals = appeal.New(h.db, testLog(t))
	_, err = h.appeals.Save(ctx, []byte(testAppeals), "test")
	must(err)
	diary, err := reminder.New(h.db, mails, words, ids, h.vault, reminder.Options{
		Now: now, Random: rand.Reader, Base: "https://lantern.example", Newsroom: "The Lantern",
		Support: func(string) string { return "https://lantern.example/support" },
	})
	must(err)
	press, err := newsletter.New(h.db, h.jobs, mails, h.stories, h.vault, words, ids, newsletter.Options{
		Now: now, Random: rand.Reader, Newsroom: func(string) string { return "The Lantern" },
		URL: func(_, path string) string { return "https://lantern.example" + path },
	})
	must(err)
	h.bank = &bank{facts: map[string]contribution.Fact{}}
	h.gifts, err = contribution.New(h.db, h.jobs, mails, h.vault, ledger.New(), ids, contribution.Options{
		Now: now, Providers: []contribution.Provider{h.bank}, Descriptor: "LANTERN READERS",
		Newsroom: func(string) string { return "The Lantern" }, Words: words,
		URL: func(_, path string) string { return "https://lantern.example" + path },
	})
	must(err)
	o := Options{
		Base: "https://lantern.example", Editions: testEditions(), Contact: "mailto:desk@lantern.example",
		Currencies: []money.Currency{money.USD, money.EUR, money.GBP, money.JPY}, PayOrigins: []string{"https://pay.example"},
		Stories: h.stories, Appeals: h.appeals, Gifts: h.gifts, Reminders: diary, Newsletters: press, Fronts: h.fronts, Words: words, Signer: h.vault, IDs: ids,
		Country: func(netip.Addr) string { c, _ := h.country.Load().(string); return c },
		Now:     now, Draw: h.draw.Load, Log: testLog(t),
	}
	for _, c := range change {
		c(&o)
	}
	h.site, err = New(ctx, o)
	must(err)
	t.Cleanup(func() {
		if err := h.site.Close(); err != nil {
			t.Error(err)
		}
	})
	h.db.OnChange(h.site.Touched)
	mux := http.NewServeMux()
	h.site.Routes(mux)
	h.handler = web.Protect(h.site.Ready(mux), h.site.Fail)
}

func testEditions() []Edition {
	return []Edition{
		{Lang: "en", Name: "The Lantern", Tagline: "Port Selin, by those who live there", Sections: []Section{{"city", "City"}, {"economy", "Economy"}}},
		{Lang: "fa", Name: "فانوس", Tagline: "بندر سلین، از زبان ساکنانش", Sections: []Section{{"city", "شهر"}, {"economy", "اقتصاد"}}},
	}
}

// publish writes a story and publishes it.
func (h *house) publish(d story.Draft) story.Story {
	h.t.Helper()
	s, err := h.stories.Create(context.Background(), d)
	if err == nil {
		s, err = h.stories.Publish(context.Background(), s.ID)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// ferry is a story of the section that has its own appeal.
func (h *house) ferry() story.Story {
	h.t.Helper()
	return h.publish(story.Draft{
		Headline: "The islands wait for their boat", Standfirst: "Nobody says when it will sail again.", Section: "city", Place: "PORT SELIN",
		Bylines: []string{"Ada Ferry", "Tomas Reyl"}, Tags: []string{"harbour"},
		Body: prose.Paragraphs(
			"The ferry to the outer islands did not sail on Friday, the third day in a row.",
			"“We have no part for the engine,” a spokeswoman of the harbour said.",
		),
	})
}

// answer is what came back, decoded.
type answer struct {
	*http.Response
	text string
}

func (h *house) do(method, path string, form url.Values, header ...string) answer {
	h.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "https://lantern.example"+path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.handler.ServeHTTP(rec, r)
	res := rec.Result()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer{res, string(text)}
}

func (h *house) get(path string, header ...string) answer {
	h.t.Helper()
	return h.do(http.MethodGet, path, nil, header...)
}

func (h *house) post(path string, form url.Values, header ...string) answer {
	h.t.Helper()
	return h.do(http.MethodPost, path, form, header...)
}

// ok is get of a page that must be there.
func (h *house) ok(path string, header ...string) answer {
	h.t.Helper()
	a := h.get(path, header...)
	if a.StatusCode != http.StatusOK {
		h.t.Fatalf("GET %s: %d\n%s", path, a.StatusCode, a.text)
	}
	return a
}

// hidden reads a hidden field of a page.
func hidden(t testing.TB, text, name string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, `name="`+name+`" value="`)
	if !found {
		t.Fatalf("no field %q on the page", name)
	}
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

func has(t testing.TB, what, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s: %q is missing in\n%s", what, p, text)
		}
	}
}

func hasNot(t testing.TB, what, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if strings.Contains(text, p) {
			t.Errorf("%s: %q should not be in\n%s", what, p, text)
		}
	}
}

// bank stands in for the payment company: the world outside.
type bank struct {
	down  atomic.Bool
	facts map[string]contribution.Fact
}

func (b *bank) Name() string { return "card" }

func (b *bank) Begin(_ context.Context, c contribution.Checkout) (contribution.Begun, error) {
	if b.down.Load() {
		return contribution.Begun{}, fault.Unavailablef("no answer")
	}
	b.facts["ref-"+c.Payment] = contribution.Fact{
		Ref: "ref-" + c.Payment, Payment: c.Payment, Pledge: c.Pledge, State: contribution.Started, Amount: c.Amount, Email: c.Email,
	}
	return contribution.Begun{Ref: "ref-" + c.Payment, URL: "https://pay.example/" + c.Payment}, nil
}

func (b *bank) Lookup(_ context.Context, ref string) (contribution.Fact, error) {
	f, ok := b.facts[ref]
	if !ok {
		return contribution.Fact{}, fault.Missingf("no such object")
	}
	return f, nil
}

func (b *bank) Charge(context.Context, contribution.Renewal) (contribution.Fact, error) {
	return contribution.Fact{}, fault.Unavailablef("no renewals here")
}

func (b *bank) Find(context.Context, contribution.Renewal) (contribution.Fact, error) {
	return contribution.Fact{}, fault.Missingf("no renewals here")
}

// Parse takes the body as the ref that something has happened to.
func (b *bank) Parse(_ map[string][]string, raw []byte) (contribution.Rumour, error) {
	return contribution.Rumour{Event: "event-" + string(raw), Refs: []string{string(raw)}}, nil
}

func (b *bank) Movements(context.Context, time.Time) ([]contribution.Movement, error) {
	return nil, nil
}
