// Package config is everything an operator can set: one struct, filled from a
// file, the environment and flags under the same names.
//
// The option mail.server of the file (server in the table [mail]) is the
// variable MIMEO_MAIL_SERVER and the flag --mail-server. A flag beats the
// environment, which beats the file, which beats the default. Every zero value
// is a good one: an empty file gives a newsroom on loopback with an outbox in
// place of mail. The struct is handed on by value, piece by piece; nothing
// reads it from anywhere else.
package config

import (
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Config is the effective configuration. The tags name each option, say what
// it does and mark what must not be printed.
type Config struct {
	Data      string `name:"data" help:"Folder that holds everything this newsroom keeps." default:"mimeo-data" type:"path"`
	Listen    string `name:"listen" help:"Address and port for readers." default:"127.0.0.1:8080"`
	Database  string `name:"database" help:"postgres:// address; empty for the SQLite file in the data folder." secret:"true"`
	BaseURL   string `name:"base-url" help:"Public address, such as https://news.example; empty for the address listened on."`
	Countries string `name:"countries" help:"MMDB file that tells the country of a network address; empty leaves every country unknown." type:"path"`
	Proxies   string `name:"proxies" help:"Networks of the proxies in front, such as 10.0.0.0/8; only they may name a reader's address."`
	Hub       string `name:"hub" help:"WebSub hub that tells feed readers of news, such as https://hub.example/; empty for none. It learns who follows the newsroom."`
	LogLevel  string `name:"log-level" help:"How much is said on standard error: debug, info, warn, error." default:"info"`

	Newsroom Newsroom `embed:"" prefix:"newsroom-"`
	Desk     Desk     `embed:"" prefix:"desk-"`
	Support  Support  `embed:"" prefix:"support-"`
	Mail     Mail     `embed:"" prefix:"mail-"`
	Stripe   Stripe   `embed:"" prefix:"stripe-"`
}

// Newsroom is who publishes here.
type Newsroom struct {
	Name        string            `name:"name" help:"The newsroom's name." default:"Newsroom"`
	Names       map[string]string `name:"names" help:"Its name in further languages: fa=…;ru=…"`
	Taglines    map[string]string `name:"taglines" help:"One line under the name, by language."`
	Languages   []string          `name:"languages" help:"Languages published in; the first is at the front door." default:"en"`
	Zone        string            `name:"zone" help:"Time zone of the newsroom." default:"UTC"`
	WorkingDays []string          `name:"working-days" help:"Days on which mails to readers leave." default:"mon,tue,wed,thu,fri"`
	Sections    map[string]string `name:"sections" help:"Sections in their order, slug.language=title: city.en=City;city.fa=شهر"`
	Order       []string          `name:"section-order" help:"Slugs of the sections, first to last."`
	Accent      string            `name:"accent" help:"The one accent colour, as #rrggbb." default:"#4b2e83"`
	Contact     string            `name:"contact" help:"Address for security reports and questions, mailto: or https:."`
}

// Desk is where the staff work.
type Desk struct {
	Listen    string `name:"listen" help:"Address and port for staff alone, such as 127.0.0.1:8081; empty has the desk under /desk/ of the readers' address."`
	TwoPeople bool   `name:"two-people" help:"No story goes out before somebody else has approved it."`
	BaseURL   string `name:"base-url" help:"Address at which staff open the desk, such as https://desk.example; passkeys are bound to its host. Empty for base-url, or for the desk's own address and port."`
}

// Support is how readers give.
type Support struct {
	Currencies []string `name:"currencies" help:"Currencies offered, the first is chosen beforehand." default:"USD,EUR,GBP,JPY"`
	Descriptor string   `name:"descriptor" help:"What the donor's bank statement reads: 5 to 22 Latin letters." default:"READER SUPPORT"`
	Neutral    bool     `name:"neutral-mail" help:"Subjects of mails to supporters name neither the newsroom nor a gift."`
}

// Mail is how mail leaves.
type Mail struct {
	From       string `name:"from" help:"Sender of all mail." default:"newsroom@localhost"`
	Server     string `name:"server" help:"SMTP server, host:port; without one mail waits and is given up after days."`
	User       string `name:"user" help:"Name at the server."`
	Password   string `name:"password" help:"Password at the server." secret:"true"`
	TLS        string `name:"tls" help:"none (loopback only), starttls or tls." default:"starttls"`
	Second     string `name:"second-server" help:"Server used when the first does not take a mail."`
	SecondUser string `name:"second-user" help:"Name at the second server."`
	SecondPass string `name:"second-password" help:"Password at the second server." secret:"true"`
	DKIMDomain string `name:"dkim-domain" help:"Domain that signs."`
	DKIMSelect string `name:"dkim-selector" help:"Selector of the key in DNS."`
	DKIMKey    string `name:"dkim-key" help:"PEM file of the signing key." type:"path"`
}

// Stripe is the card processor's account.
type Stripe struct {
	Key      string   `name:"key" help:"Secret or restricted API key." secret:"true"`
	Webhooks []string `name:"webhook-secrets" help:"Signing secrets of the webhook endpoint, the newest first." secret:"true"`
	API      string   `name:"api" help:"Address of the API." default:"https://api.stripe.com"`
}

// Option is one leaf of Config.
type Option struct {
	Name   string // file name: mail.server
	Flag   string // mail-server
	Env    string // MIMEO_MAIL_SERVER
	Help   string
	Value  string
	Secret bool
}

// Options lists every option with its effective value, in the struct's order.
func (c *Config) Options() []Option {
	var all []Option
	walk(reflect.ValueOf(c).Elem(), "", func(table string, f reflect.StructField, v reflect.Value) {
		flag := table + f.Tag.Get("name")
		name := flag
		if table != "" {
			name = strings.TrimSuffix(table, "-") + "." + f.Tag.Get("name")
		}
		all = append(all, Option{
			Name: name, Flag: flag, Env: "MIMEO_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_")),
			Help: f.Tag.Get("help"), Value: text(v), Secret: f.Tag.Get("secret") == "true",
		})
	})
	return all
}

func walk(v reflect.Value, table string, leaf func(table string, f reflect.StructField, v reflect.Value)) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if _, nested := f.Tag.Lookup("embed"); nested {
			walk(v.Field(i), f.Tag.Get("prefix"), leaf)
			continue
		}
		leaf(table, f, v.Field(i))
	}
}

func text(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case []string:
		return strings.Join(x, ",")
	case map[string]string:
		parts := make([]string, 0, len(x))
		for k, s := range x {
			parts = append(parts, k+"="+s)
		}
		slices.Sort(parts)
		return strings.Join(parts, ";")
	default:
		return fmt.Sprint(x)
	}
}

// Problem is a fault of one option, in the operator's words.
type Problem struct {
	Option  string `json:"option"`
	Line    int    `json:"line,omitempty"` // of the file, 0 when the value came from elsewhere
	Message string `json:"message"`
}

func (p Problem) String() string {
	if p.Line > 0 {
		return fmt.Sprintf("line %d: %s: %s", p.Line, p.Option, p.Message)
	}
	return p.Option + ": " + p.Message
}

var (
	colour     = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	descriptor = regexp.MustCompile(`^[A-Za-z0-9 .&*-]{5,22}$`)
	language   = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	slug       = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	weekdays   = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

// Check explains each fault of the effective values.
func (c *Config) Check() []Problem {
	var all []Problem
	bad := func(option, format string, args ...any) {
		all = append(all, Problem{Option: option, Message: fmt.Sprintf(format, args...)})
	}
	if c.Data == "" {
		bad("data", "name a folder")
	}
	if _, err := netip.ParseAddrPort(c.Listen); err != nil && !strings.HasPrefix(c.Listen, "localhost:") && !strings.HasPrefix(c.Listen, ":") {
		bad("listen", "%q is not an address and port, like 127.0.0.1:8080", c.Listen)
	}
	if c.Database != "" && !strings.HasPrefix(c.Database, "postgres://") && !strings.HasPrefix(c.Database, "postgresql://") && !strings.HasPrefix(c.Database, "sqlite:") {
		bad("database", "starts with neither postgres:// nor sqlite:")
	}
	if c.BaseURL != "" {
		if u, err := url.Parse(c.BaseURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			bad("base-url", "%q is not a public address, like https://news.example", c.BaseURL)
		}
	}
	if c.Countries != "" {
		if _, err := os.Stat(c.Countries); err != nil {
			bad("countries", "the file cannot be read")
		}
	}
	if _, err := c.ProxyNetworks(); err != nil {
		bad("proxies", "%v", err)
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel) {
		bad("log-level", "%q is none of debug, info, warn, error", c.LogLevel)
	}
	c.Newsroom.check(bad)
	c.Desk.check(bad)
	c.Support.check(bad)
	c.Mail.check(bad)
	if u, err := url.Parse(c.Stripe.API); err != nil || u.Host == "" || (u.Scheme != "https" && !loopback(u.Host)) {
		bad("stripe.api", "%q is not an https address", c.Stripe.API)
	}
	if c.Stripe.Key != "" && len(c.Stripe.Webhooks) == 0 {
		bad("stripe.webhook-secrets", "a key without a webhook secret: the processor's messages could not be told from forged ones")
	}
	return all
}

type reporter func(option, format string, args ...any)

func (n *Newsroom) check(bad reporter) {
	if strings.TrimSpace(n.Name) == "" {
		bad("newsroom.name", "name the newsroom")
	}
	if len(n.Languages) == 0 {
		bad("newsroom.languages", "name at least one language, like en")
	}
	for _, l := range n.Languages {
		if !language.MatchString(l) {
			bad("newsroom.languages", "%q is not a language code, like en or fa", l)
		}
	}
	if _, err := time.LoadLocation(n.Zone); err != nil {
		bad("newsroom.zone", "%q is not a time zone, like Europe/Berlin", n.Zone)
	}
	if _, err := n.Week(); err != nil {
		bad("newsroom.working-days", "%v", err)
	}
	for key := range n.Sections {
		s, l, ok := strings.Cut(key, ".")
		if !ok || !slug.MatchString(s) || !language.MatchString(l) {
			bad("newsroom.sections", "%q is not slug.language, like city.en", key)
		}
	}
	for _, s := range n.Order {
		if !slug.MatchString(s) {
			bad("newsroom.section-order", "%q is not a slug of small letters", s)
		}
	}
	if !colour.MatchString(n.Accent) {
		bad("newsroom.accent", "%q is not a colour, like #4b2e83", n.Accent)
	}
	if n.Contact != "" && !strings.HasPrefix(n.Contact, "mailto:") && !strings.HasPrefix(n.Contact, "https:") {
		bad("newsroom.contact", "starts with neither mailto: nor https:")
	}
}

func (d *Desk) check(bad reporter) {
	if d.Listen != "" {
		if _, err := netip.ParseAddrPort(d.Listen); err != nil && !strings.HasPrefix(d.Listen, "localhost:") && !strings.HasPrefix(d.Listen, ":") {
			bad("desk.listen", "%q is not an address and port, like 127.0.0.1:8081", d.Listen)
		}
	}
	if d.BaseURL != "" {
		if u, err := url.Parse(d.BaseURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			bad("desk.base-url", "%q is not an address, like https://desk.example", d.BaseURL)
		}
	}
}

func (s *Support) check(bad reporter) {
	if len(s.Currencies) == 0 {
		bad("support.currencies", "name at least one currency, like USD")
	}
	if !descriptor.MatchString(s.Descriptor) || !strings.ContainsFunc(s.Descriptor, func(r rune) bool { return r >= 'A' && r <= 'z' }) {
		bad("support.descriptor", "%q is not 5 to 22 Latin letters, digits and spaces", s.Descriptor)
	}
}

func (m *Mail) check(bad reporter) {
	if _, err := mail.ParseAddress(m.From); err != nil {
		bad("mail.from", "%q is not an address, like newsroom@example.org", m.From)
	}
	if !slices.Contains([]string{"none", "starttls", "tls"}, m.TLS) {
		bad("mail.tls", "%q is none of none, starttls, tls", m.TLS)
	}
	for option, server := range map[string]string{"mail.server": m.Server, "mail.second-server": m.Second} {
		if server == "" {
			continue
		}
		host, _, ok := strings.Cut(server, ":")
		if !ok {
			bad(option, "%q lacks its port, like mail.example.org:587", server)
		} else if m.TLS == "none" && !loopback(host) {
			bad(option, "mail would travel unencrypted to %s; set mail.tls to starttls or tls", host)
		}
	}
	if (m.DKIMDomain == "") != (m.DKIMKey == "") || (m.DKIMDomain == "") != (m.DKIMSelect == "") {
		bad("mail.dkim-domain", "domain, selector and key belong together: set all three or none")
	}
}

func loopback(host string) bool {
	name, _, _ := strings.Cut(host, ":")
	if name == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil && a.IsLoopback()
}

// ProxyNetworks are the networks of Proxies.
func (c *Config) ProxyNetworks() ([]netip.Prefix, error) {
	var all []netip.Prefix
	for part := range strings.FieldsFuncSeq(c.Proxies, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("%q is not a network, like 10.0.0.0/8", part)
		}
		all = append(all, p)
	}
	return all, nil
}

// Week is WorkingDays as the calendar has them.
func (n *Newsroom) Week() ([]time.Weekday, error) {
	var days []time.Weekday
	for _, name := range n.WorkingDays {
		i := slices.Index(weekdays, strings.ToLower(strings.TrimSpace(name)))
		if i < 0 {
			return nil, fmt.Errorf("%q is none of %s", name, strings.Join(weekdays, ", "))
		}
		days = append(days, time.Weekday(i))
	}
	if len(days) == 0 {
		return nil, fmt.Errorf("name at least one day, like mon")
	}
	return days, nil
}

// Show prints the options as a file, secrets masked.
func Show(options []Option) string {
	var b strings.Builder
	table := ""
	for _, o := range options {
		name := o.Name
		if t, rest, ok := strings.Cut(o.Name, "."); ok {
			if t != table {
				table = t
				fmt.Fprintf(&b, "\n[%s]\n", t)
			}
			name = rest
		}
		value := o.Value
		if o.Secret && value != "" {
			value = "********"
		}
		fmt.Fprintf(&b, "%s = %q\n", name, value)
	}
	return b.String()
}
