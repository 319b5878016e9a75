package contribution

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/jobs"
	"mimeo/internal/lang"
	"mimeo/internal/ledger"
	"mimeo/internal/mail"
	"mimeo/internal/vault"
)

// LinkPurpose is the purpose for which the links in mails to supporters are
// signed (vault.Sign); their payload is the id of a pledge.
const LinkPurpose = "supporter"

// Options are what a Till needs to know of its newsroom.
type Options struct {
	Now       func() time.Time
	Log       *slog.Logger
	Providers []Provider
	// Descriptor is what donors' bank statements read.
	Descriptor string
	// Newsroom is the newsroom's name in a language.
	Newsroom func(lang string) string
	// URL is the absolute address of a public page, such as "/support", in a
	// language.
	URL   func(lang, path string) string
	Words *lang.Book
	// OnGift is told, in the transaction that sends the first receipt, that an
	// address has given: it needs no reminder. nil when nobody wants to know.
	OnGift func(ctx context.Context, tx *db.Tx, email string) error
	// CountGift is told of each pledge that words of ours brought, once, in the
	// transaction that books its first payment. nil when nobody counts.
	CountGift func(ctx context.Context, tx *db.Tx, p Pledge) error
	// Patience is how long a provider may take to answer; 0 means 20 seconds.
	Patience time.Duration
}

// Till takes contributions. It is safe for concurrent use, and several
// processes may have one on the same database.
type Till struct {
	d     *db.DB
	jobs  *jobs.Queue
	mail  *mail.Queue
	vault *vault.Vault
	book  *ledger.Book
	ids   *ident.Source
	opt   Options

	providers map[string]Provider

	mu       sync.Mutex
	renewals map[Day]bool // future days whose batch of renewals is enqueued for certain
}

// New returns a till, and registers its jobs and mails with the queues, which
// must not be running yet.
func New(d *db.DB, q *jobs.Queue, m *mail.Queue, v *vault.Vault, book *ledger.Book, ids *ident.Source, o Options) (*Till, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Patience == 0 {
		o.Patience = 20 * time.Second
	}
	t := &Till{
		d: d, jobs: q, mail: m, vault: v, book: book, ids: ids, opt: o,
		providers: map[string]Provider{}, renewals: map[Day]bool{},
	}
	for _, p := range o.Providers {
		if _, twice := t.providers[p.Name()]; twice {
			return nil, fmt.Errorf("two payment providers are called %s", p.Name())
		}
		t.providers[p.Name()] = p
	}
	t.registerJobs()
	t.registerMails()
	return t, nil
}

// Ways are the names of the providers, in the order in which they were given.
func (t *Till) Ways() []string {
	var names []string
	for _, p := range t.opt.Providers {
		names = append(names, p.Name())
	}
	return names
}

// Descriptor is what donors' bank statements read.
func (t *Till) Descriptor() string { return t.opt.Descriptor }

func (t *Till) provider(name string) (Provider, error) {
	p, ok := t.providers[name]
	if !ok {
		return nil, fault.Missingf("There is no such way to pay")
	}
	return p, nil
}

// patient bounds a call to a provider.
func (t *Till) patient(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, t.opt.Patience)
}

// Opened is a payment that waits for the donor.
type Opened struct {
	Payment string
	URL     string // where to send the donor
}

// ErrAlready is what Begin answers to a form whose gift has come in. The Opened
// beside it names the payment.
var ErrAlready = fault.New(fault.Conflict, "This gift is already set up. We did not charge you twice")

// Begin opens a payment page for a form that CheckForm passed. The pledge and
// the payment are written, and durable, before the provider hears of them.
//
// When the provider does not answer, the error is Unavailable and everything is
// kept: the same form sent again continues with the same payment and key. The
// same form sent twice gives the same page; sent after its gift came in, it
// gives ErrAlready. The address goes to the provider and is not stored here.
func (t *Till) Begin(ctx context.Context, in Intent) (Opened, error) {
	p, err := t.provider(in.Provider)
	if err != nil {
		return Opened{}, err
	}
	least, most, ok := Limits(in.Amount.Currency, in.Rhythm)
	if !ok || in.Amount.Minor < least.Minor || in.Amount.Minor > most.Minor {
		return Opened{}, fault.Invalidf("This amount cannot be given in this rhythm")
	}
	for {
		pay, err := t.intend(ctx, in)
		if err != nil {
			return Opened{Payment: pay.ID}, err
		}
		opened, err := t.present(ctx, p, pay, in.Email, in.Lang)
		switch {
		case fault.KindOf(err) != fault.Conflict:
			return opened, err
		case pay.Ref == "":
			return opened, fault.Wrap(fault.Unavailable, unreachable, err)
		}
		// The donor came back from a page that is still open and sent the
		// form again with another address: that page cannot be had with this
		// address, so a new payment is made. The old one expires unused.
		if err := t.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return letGo(ctx, tx, pay.ID) }); err != nil {
			return Opened{}, err
		}
	}
}

// intend returns the open payment of a form, which it writes if there is none.
func (t *Till) intend(ctx context.Context, in Intent) (record, error) {
	pay, err := t.intendOnce(ctx, in)
	if fault.KindOf(err) == fault.Conflict && pay.ID == "" { // the other half of a double click was faster
		pay, err = t.intendOnce(ctx, in)
	}
	return pay, err
}

func (t *Till) intendOnce(ctx context.Context, in Intent) (found record, err error) {
	err = t.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if in.Form != "" {
			old, err := paymentsOfForm(ctx, tx, in.Form)
			if err != nil {
				return err
			}
			for _, o := range old {
				if o.State.Taken() {
					found = o
					return ErrAlready
				}
				if o.Amount == in.Amount && o.rhythm == in.Rhythm && o.Provider == in.Provider {
					found = o
				}
			}
			if found.ID != "" {
				return nil
			}
		}
		pledge := Pledge{
			ID: t.ids.Secret(), Provider: in.Provider, Amount: in.Amount, Rhythm: in.Rhythm, Lang: in.Lang,
			Begun: DayOf(tx.Now), Appeal: in.Appeal, Variant: in.Variant,
		}
		if err := insertPledge(ctx, tx, pledge); err != nil {
			return err
		}
		pay, err := t.insertHosted(ctx, tx, pledge, 0, in.Form)
		if err != nil {
			return err
		}
		found = pay
		return nil
	})
	if err != nil && found.State == Started {
		found = record{} // it was rolled back
	}
	return found, err
}

// insertHosted writes a payment that the donor is to make on the provider's
// page, and the job that watches it.
func (t *Till) insertHosted(ctx context.Context, tx *db.Tx, pledge Pledge, period int, form string) (record, error) {
	pay := record{rhythm: pledge.Rhythm, todo: true, Payment: Payment{
		ID: t.ids.Secret(), Pledge: pledge.ID, Provider: pledge.Provider, Key: t.ids.Secret(), Period: period, Hosted: true,
		Amount: pledge.Amount, State: Started, Begun: DayOf(tx.Now),
	}}
	if err := insertPayment(ctx, tx, pay.Payment, pledge.Rhythm, form); err != nil {
		return record{}, err
	}
	if err := t.jobs.Enqueue(ctx, tx, pollArgs{Payment: pay.ID}, jobs.When{At: tx.Now.Add(pollAfter(0))}); err != nil {
		return record{}, fmt.Errorf("planning to ask for a payment's outcome: %w", err)
	}
	return pay, nil
}

// present makes the provider's page for a payment, or finds the one it made.
func (t *Till) present(ctx context.Context, p Provider, pay record, email, language string) (Opened, error) {
	back := t.opt.URL(language, "/support/return/"+pay.ID)
	c := Checkout{
		Key: pay.Key, Payment: pay.ID, Pledge: pay.Pledge, Amount: pay.Amount, Rhythm: pay.rhythm,
		Email: email, Lang: language, Return: back, Cancel: t.opt.URL(language, "/support"), Descriptor: t.opt.Descriptor,
	}
	begun, err := t.begin(ctx, p, c)
	if fault.KindOf(err) == fault.Conflict && pay.Ref == "" {
		// An earlier call with other words (another address, another host)
		// was lost. Nobody has seen the page it made, so it may be left behind.
		c.Key = t.ids.Secret()
		if err := t.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return rekey(ctx, tx, pay.ID, c.Key) }); err != nil {
			return Opened{Payment: pay.ID}, err
		}
		begun, err = t.begin(ctx, p, c)
	}
	if err != nil {
		return Opened{Payment: pay.ID}, refusal(err)
	}
	if err := t.d.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return setRef(ctx, tx, pay.ID, begun.Ref) }); err != nil {
		return Opened{Payment: pay.ID}, err
	}
	if begun.URL == "" { // the donor is done there
		begun.URL = back
	}
	return Opened{Payment: pay.ID, URL: begun.URL}, nil
}

func (t *Till) begin(ctx context.Context, p Provider, c Checkout) (Begun, error) {
	ctx, cancel := t.patient(ctx)
	defer cancel()
	return p.Begin(ctx, c)
}

const unreachable = "The payment page cannot be reached. Your choice is saved: try again, or pay another way"

// refusal puts a provider's error into words for the donor.
func refusal(err error) error {
	switch fault.KindOf(err) {
	case fault.Invalid:
		return fault.Wrap(fault.Invalid, "The payment page did not accept these details. Check the e-mail address and the amount", err)
	case fault.Conflict:
		return err
	case fault.Unexpected, fault.Denied, fault.Missing, fault.Unavailable:
		return fault.Wrap(fault.Unavailable, unreachable, err)
	default:
		return err
	}
}
