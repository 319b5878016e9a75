package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the machine may have no time zones of its own

	"mimeo/internal/appeal"
	"mimeo/internal/config"
	"mimeo/internal/contribution"
	"mimeo/internal/contribution/simulator"
	"mimeo/internal/contribution/stripe"
	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/mail"
	"mimeo/internal/money"
	"mimeo/internal/newsletter"
	"mimeo/internal/reminder"
	"mimeo/internal/site"
	"mimeo/internal/web"
)

// errWrongKind is the answer to serving a demo's data as a newsroom's or the
// other way round.
func errWrongKind(demo bool) error {
	if demo {
		return fault.Conflictf("This data folder is a real newsroom's. Name another one for the demo with --data")
	}
	return fault.Conflictf("This data folder is a demo's. Serve it with --demo, or name another one with --data")
}

// nowhere stands in for a mail server that was not named. Mail waits, and is
// given up after days, as with a server that does not answer.
type nowhere struct{}

// Send implements mail.Post.
func (nowhere) Send(context.Context, mail.Message) error {
	return fault.Unavailablef("No mail server is named: set mail.server")
}

// post is how mail leaves: by SMTP, or into memory in the demo.
func (a *App) post() (mail.Post, error) {
	m := a.config.Mail
	if m.Server == "" && !a.isDemo {
		if a.serving {
			a.log.Warn("no mail leaves: mail.server is not set")
		}
		return nowhere{}, nil
	}
	if a.isDemo {
		box, err := mail.NewOutbox(m.From, a.clock.Now)
		a.outbox = box
		return box, err
	}
	opt := mail.SMTPOptions{From: m.From, Now: a.clock.Now, Log: a.log}
	for _, s := range []struct{ server, user, password string }{{m.Server, m.User, m.Password}, {m.Second, m.SecondUser, m.SecondPass}} {
		if s.server == "" {
			continue
		}
		host, port, err := net.SplitHostPort(s.server)
		if err != nil {
			return nil, fmt.Errorf("mail server %s: %w", s.server, err)
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			return nil, fmt.Errorf("mail server %s: %w", s.server, err)
		}
		opt.Servers = append(opt.Servers, mail.Server{Host: host, Port: n, Security: mail.Security(m.TLS), Username: s.user, Password: s.password})
	}
	if m.DKIMKey != "" {
		key, err := os.ReadFile(m.DKIMKey)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, "mail.dkim-key: the file cannot be read", err)
		}
		opt.DKIM = &mail.DKIM{Domain: m.DKIMDomain, Selector: m.DKIMSelect, Key: key}
	}
	return mail.NewSMTP(opt)
}

// name is the newsroom's name in a language.
func (a *App) name(language string) string {
	if n := a.config.Newsroom.Names[language]; n != "" {
		return n
	}
	return a.config.Newsroom.Name
}

// Language refuses one that the newsroom has no pages in; "" is its first.
func (a *App) Language(code string) error {
	all := a.config.Newsroom.Languages
	if code == "" || slices.Contains(all, code) {
		return nil
	}
	return fault.Invalidf("The newsroom has no pages in %q. Its languages are: %s", code, strings.Join(all, ", "))
}

// url is the absolute address of a public page in a language.
func (a *App) url(language, path string) string {
	if language != "" && language != a.config.Newsroom.Languages[0] {
		path = "/" + language + path
	}
	return a.config.BaseURL + path
}

// The simulator's account. It holds no secret: whoever reaches a demo may do
// anything there.
const (
	demoKey    = "sk_test_" + "mimeodemonewsroom"
	demoSecret = "whsec_" + "mimeodemonewsroom"
	demoPrefix = "/simulator"
)

// takeMoney puts the till together with its provider: Stripe, or the
// simulated processor behind the same adapter.
func (a *App) takeMoney(ctx context.Context) error {
	var providers []contribution.Provider
	opt := stripe.Options{
		Base: a.config.Stripe.API, Key: a.config.Stripe.Key, Secrets: a.config.Stripe.Webhooks, Now: a.clock.Now,
		Statement: a.config.Support.Descriptor,
		Words: func(language string, r contribution.Rhythm) string {
			return a.Languages.For(language).T("checkout."+string(r), "Newsroom", a.name(language))
		},
	}
	if a.isDemo {
		bank, err := simulator.Open(ctx, simulator.Options{
			Dir: a.config.Data, Prefix: demoPrefix, Public: a.config.BaseURL + demoPrefix,
			Key: demoKey, Secret: demoSecret,
			Post: simulator.PostTo(&http.Client{Timeout: 30 * time.Second}, a.config.BaseURL+"/hooks/stripe"),
			Now:  a.clock.Now, Random: rand.Reader, Log: a.log,
		})
		if err != nil {
			return err
		}
		a.bank = bank
		a.closes = append(a.closes, bank.Close)
		opt.Statement = "" // the simulated account has no text of its own
		opt.Base, opt.Key, opt.Secrets = a.config.BaseURL+demoPrefix, demoKey, []string{demoSecret}
		if !a.serving { // beside a server, or without one: the books are the same file
			opt.Base, opt.Transport = "http://127.0.0.1"+demoPrefix, direct{bank}
		}
	}
	if opt.Key != "" {
		adapter, err := stripe.New(opt)
		if err != nil {
			return err
		}
		providers = append(providers, adapter)
	}
	till, err := contribution.New(a.DB, a.Jobs, a.mails, a.Vault, a.Ledger, a.ids, contribution.Options{
		Now: a.clock.Now, Log: a.log, Providers: providers, Descriptor: a.config.Support.Descriptor,
		Newsroom: a.name, URL: a.url, Words: a.Languages,
		OnGift: func(ctx context.Context, tx *db.Tx, email string) error { return a.Reminders.Gift(ctx, tx, email) },
		CountGift: func(ctx context.Context, tx *db.Tx, p contribution.Pledge) error {
			return a.Appeals.Gift(ctx, tx, appeal.Gift{At: tx.Now, Appeal: p.Appeal, Variant: p.Variant, Rhythm: string(p.Rhythm), Amount: p.Amount})
		},
	})
	a.Contributions = till
	return err
}

// remind puts the diary of reminders together.
func (a *App) remind() (err error) {
	week, err := a.config.Newsroom.Week()
	if err != nil {
		return fmt.Errorf("newsroom.working-days: %w", err)
	}
	a.Reminders, err = reminder.New(a.DB, a.mails, a.Languages, a.ids, a.Vault, reminder.Options{
		Now: a.clock.Now, Random: rand.Reader, Hours: reminder.Hours{Zone: a.zone, Days: week},
		Base: a.config.BaseURL, Support: func(language string) string { return a.url(language, "/support") },
		Newsroom: a.config.Newsroom.Name, Neutral: a.config.Support.Neutral,
	})
	return err
}

// press puts the newsletters together.
func (a *App) press() (err error) {
	a.Newsletters, err = newsletter.New(a.DB, a.Jobs, a.mails, a.Stories, a.Vault, a.Languages, a.ids, newsletter.Options{
		Now: a.clock.Now, Random: rand.Reader, URL: a.url, Newsroom: a.name, Record: a.record,
	})
	return err
}

// keep is the day's round of the vault: what is still needed is carried over
// to a later day's key, then the keys of past days are destroyed.
func (a *App) keep(ctx context.Context) error {
	if err := a.Contributions.Carry(ctx); err != nil {
		return err
	}
	if err := a.mails.Reseal(ctx); err != nil {
		return err
	}
	return errors.Join(a.Vault.Keep(ctx), a.Media.Sweep(ctx))
}

// direct carries the adapter's calls to the simulator in the same process.
type direct struct{ bank *simulator.Processor }

// RoundTrip answers a request by the processor's own handler.
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	return roundTrip(d.bank, r)
}

// demoConfig fills in who the demo's newsroom is, wherever the operator has
// not said otherwise.
func demoConfig(c config.Config) config.Config {
	n := &c.Newsroom
	if n.Name == "Newsroom" || n.Name == "" {
		n.Name = "The Lantern"
		n.Names = map[string]string{"fa": "فانوس"}
		n.Taglines = map[string]string{"en": "News from Port Selin and the country around it", "fa": "خبر از پورت سلین و پیرامون آن"}
		n.Languages = []string{"en", "fa"}
		n.Zone = "Europe/Berlin"
		n.Sections = map[string]string{
			"city.en": "City", "country.en": "Country", "economy.en": "Economy", "culture.en": "Culture",
			"city.fa": "شهر", "country.fa": "کشور", "economy.fa": "اقتصاد", "culture.fa": "فرهنگ",
		}
		n.Order = []string{"city", "country", "economy", "culture"}
		n.Contact = "mailto:security@lantern.example"
	}
	if c.Support.Descriptor == "READER SUPPORT" || c.Support.Descriptor == "" {
		c.Support.Descriptor = "LANTERN MEDIA"
	}
	if c.Mail.From == "newsroom@localhost" || c.Mail.From == "" {
		c.Mail.From = "The Lantern <news@lantern.example>"
	}
	c.Stripe = config.Stripe{API: "https://api.stripe.com"}
	return c
}

// sectionTitles are the configured sections in their order, each with its
// title by language.
func sectionTitles(n config.Newsroom) (order []string, titles map[string]map[string]string) {
	titles = map[string]map[string]string{}
	for key, title := range n.Sections {
		slug, language, _ := strings.Cut(key, ".")
		if titles[slug] == nil {
			titles[slug] = map[string]string{}
		}
		titles[slug][language] = title
	}
	return n.Order, titles
}

// site puts the public pages together.
func (a *App) site(ctx context.Context) (*site.Site, error) {
	n := a.config.Newsroom
	order, titles := sectionTitles(n)
	var editions []site.Edition
	for _, language := range n.Languages {
		e := site.Edition{Lang: language, Name: a.name(language), Tagline: n.Taglines[language]}
		for _, slug := range order {
			if title := titles[slug][language]; title != "" {
				e.Sections = append(e.Sections, site.Section{Slug: slug, Name: title})
			}
		}
		editions = append(editions, e)
	}
	var currencies []money.Currency
	for _, code := range a.config.Support.Currencies {
		c, err := money.ParseCurrency(code)
		if err != nil {
			return nil, fmt.Errorf("support.currencies: %w", err)
		}
		currencies = append(currencies, c)
	}
	opt := site.Options{
		Base: a.config.BaseURL, Hub: a.config.Hub, Editions: editions, Zone: a.zone, Accent: n.Accent, Contact: n.Contact,
		Currencies: currencies,
		Stories:    a.Stories, Bylines: a.Bylines, Search: a.Search, Appeals: a.Appeals, Gifts: a.Contributions, Reminders: a.Reminders, Newsletters: a.Newsletters, Fronts: a.Fronts, Pictures: a.Media, Archive: a.Archive,
		Words: a.Languages, Signer: a.Vault, IDs: a.ids, Entities: a.Entities, Statements: a.Statements,
		Address: web.Peer, Now: a.clock.Now, Draw: mathrand.Uint64, Log: a.log,
	}
	if !a.isDemo {
		opt.PayOrigins = []string{"https://checkout.stripe.com"}
	}
	if a.config.Countries != "" {
		countries, err := appeal.OpenCountries(a.config.Countries)
		if err != nil {
			return nil, err
		}
		a.closes = append(a.closes, countries.Close)
		opt.Country = countries.Lookup
	}
	return site.New(ctx, opt)
}
