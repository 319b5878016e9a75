// Package stripe is the adapter to Stripe, a processor of card payments, by its
// own Go library. The same adapter runs against the simulator, from which only
// the base address differs.
//
// The donor pays on Stripe's hosted page (Checkout in payment mode); no card
// number ever reaches us. For a monthly or yearly gift the page saves the card,
// and we charge it ourselves when a payment falls due, the donor being away
// (docs/adr/0004-own-renewals.md). Whatever happened is fetched from Stripe and
// never taken from a webhook, which only says where to look.
//
// Every write carries a key of ours, so that a repetition is recognised on the
// other side; the library's own retries, which would invent keys of their own,
// are off. Our ids travel as metadata on every object made here.
//
// Nothing is stored. An error says what was tried, Stripe's code and its
// request id; Stripe's sentences are left out, because they repeat what a donor
// typed.
package stripe

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	api "github.com/stripe/stripe-go/v85"

	"mimeo/internal/contribution"
)

// Live is the address of the real API.
const Live = api.APIURL

// APIVersion is the version of Stripe's API that the adapter speaks. Webhook
// endpoints are to be made with it.
const APIVersion = api.APIVersion

// Options say which account is used and how.
type Options struct {
	// Name is what the provider is called in addresses and in the ledger;
	// empty means "stripe".
	Name string
	// Base is the API's address: Live, or where the simulator is mounted.
	Base string
	// Key is the secret or restricted API key.
	Key string
	// Secrets sign webhooks. Several are accepted while one replaces another.
	Secrets []string
	// Statement is what the account's statement lines read without a suffix,
	// as set in Stripe's dashboard. A Descriptor equal to it needs no suffix.
	Statement string
	// Words names what is paid for on Stripe's page; nil uses English.
	Words func(lang string, rhythm contribution.Rhythm) string
	// Transport carries the calls; nil uses one of its own.
	Transport http.RoundTripper
	// Timeout bounds each call; 0 means 20 seconds.
	Timeout time.Duration
	// Now is the newsroom's clock, by which a webhook is stale.
	Now func() time.Time
}

// Adapter is Stripe as a contribution.Provider.
type Adapter struct {
	opt    Options
	client *api.Client
}

var _ contribution.Provider = (*Adapter)(nil)

// New prepares the adapter. It calls nobody.
func New(opt Options) (*Adapter, error) {
	if opt.Name == "" {
		opt.Name = "stripe"
	}
	if !regexp.MustCompile(`^[a-z0-9]{1,20}$`).MatchString(opt.Name) {
		return nil, fmt.Errorf("a provider's name is small letters and digits, not %q", opt.Name)
	}
	if opt.Timeout == 0 {
		opt.Timeout = 20 * time.Second
	}
	if opt.Words == nil {
		opt.Words = english
	}
	if opt.Key == "" || len(opt.Secrets) == 0 {
		return nil, errors.New("stripe needs an API key and the secret of its webhooks")
	}
	for _, secret := range opt.Secrets {
		// An empty secret would let anybody sign.
		if len(secret) < 16 {
			return nil, errors.New("a webhook secret of stripe is shorter than 16 characters")
		}
	}
	base, err := url.Parse(opt.Base)
	if err != nil || base.Host == "" || base.RawQuery != "" || base.User != nil {
		return nil, fmt.Errorf("%q is not an address of stripe's API", opt.Base)
	}
	if base.Scheme != "https" && (base.Scheme != "http" || !loopback(base.Hostname())) {
		return nil, errors.New("stripe's API key would travel in clear: its address must begin with https, or be this machine's own")
	}
	backend := api.GetBackendWithConfig(api.APIBackend, &api.BackendConfig{
		URL:               api.String(base.Scheme + "://" + base.Host),
		HTTPClient:        newClient(opt, strings.TrimSuffix(base.Path, "/")),
		LeveledLogger:     &api.LeveledLogger{Level: api.LevelNull},
		MaxNetworkRetries: api.Int64(0),
		EnableTelemetry:   api.Bool(false),
	})
	return &Adapter{opt: opt, client: api.NewClient(opt.Key, api.WithBackends(&api.Backends{API: backend, Connect: backend, Uploads: backend, MeterEvents: backend}))}, nil
}

// Name is the provider's name.
func (a *Adapter) Name() string { return a.opt.Name }

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func english(_ string, rhythm contribution.Rhythm) string {
	switch rhythm {
	case contribution.Monthly:
		return "Monthly contribution"
	case contribution.Yearly:
		return "Yearly contribution"
	case contribution.Once:
		return "Contribution"
	default:
		return "Contribution"
	}
}

// The metadata on every object made here.
const (
	metaPayment = "payment"
	metaPledge  = "pledge"
	metaVia     = "via"

	viaCheckout = "checkout"
	viaRenewal  = "renewal"
)

func metadata(payment, pledge, via string) map[string]string {
	return map[string]string{metaPayment: payment, metaPledge: pledge, metaVia: via}
}

// suffix is what must follow the account's own words for a statement to read
// descriptor.
func (a *Adapter) suffix(descriptor string) *string {
	own := a.opt.Statement
	if descriptor == "" || strings.EqualFold(descriptor, own) {
		return nil
	}
	if own != "" && len(descriptor) > len(own)+2 && strings.EqualFold(descriptor[:len(own)+2], own+"* ") {
		descriptor = descriptor[len(own)+2:]
	}
	return api.String(descriptor)
}
