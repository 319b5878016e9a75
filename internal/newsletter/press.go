package newsletter

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/jobs"
	"mimeo/internal/lang"
	"mimeo/internal/limit"
	"mimeo/internal/mail"
	"mimeo/internal/story"
)

// Kinds of mail, purposes of links and contexts of what is sealed.
const (
	confirmKind = "newsletter.confirm"
	issueKind   = "newsletter.issue"
	testKind    = "newsletter.test"
	confirmLink = "newsletter.confirm"
	leaveLink   = "newsletter.leave"
	markPurpose = "newsletter.mark"
	addressBox  = "newsletter.address"
	confirmBox  = "newsletter.confirm"
	confirmDays = 3
	leaveDays   = 400
	perAddress  = 3
	perNetwork  = 20
	perShared   = 200
	dayForm     = "2006-01-02"
	confirmPage = "/newsletters/confirm?t="
	leavePage   = "/newsletters/leave?t="
)

// Box signs links and seals addresses; the vault does.
type Box interface {
	Sign(purpose string, payload []byte, expires time.Time) string
	Verify(purpose, token string) ([]byte, error)
	Wrap(context string, plain []byte) ([]byte, error)
	Unwrap(context string, wrapped []byte) ([]byte, error)
}

// Options are the newsroom's settings.
type Options struct {
	Now      func() time.Time
	Random   io.Reader // for the salt of the limits
	URL      func(lang, path string) string
	Newsroom func(lang string) string // its name, which signs every mail
	// Record notes in the newsroom's trail who did what, in the transaction
	// that does it; nil notes nothing.
	Record func(ctx context.Context, tx *db.Tx, actor, action, object string) error
}

// Press makes newsletters and sends them. It is safe for concurrent use.
type Press struct {
	db      *db.DB
	jobs    *jobs.Queue
	mail    *mail.Queue
	stories *story.Desk
	box     Box
	book    *lang.Book
	ids     *ident.Source
	opt     Options
	tries   *limit.Tries
}

// New returns a press and registers its mails and its job; it comes before the
// jobs start.
func New(d *db.DB, q *jobs.Queue, m *mail.Queue, stories *story.Desk, box Box, book *lang.Book, ids *ident.Source, o Options) (*Press, error) {
	if o.Record == nil {
		o.Record = func(context.Context, *db.Tx, string, string, string) error { return nil }
	}
	tries, err := limit.New(o.Random)
	if err != nil {
		return nil, err
	}
	p := &Press{db: d, jobs: q, mail: m, stories: stories, box: box, book: book, ids: ids, opt: o, tries: tries}
	m.Compose(confirmKind, p.composeConfirm)
	m.Compose(issueKind, p.composeIssue)
	m.Compose(testKind, p.composeTest)
	jobs.Handle(q, p.send)
	return p, nil
}

// Found begins a newsletter.
func (p *Press) Found(ctx context.Context, by string, n Newsletter) (Newsletter, error) {
	if err := n.tidy(); err != nil {
		return n, err
	}
	n.ID, n.Lang = p.ids.Secret(), p.book.For(n.Lang).Code
	err := p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "insert into newsletter (id, lang, slug, name, about, open, created) values ($1, $2, $3, $4, $5, $6, $7)",
			n.ID, n.Lang, n.Slug, n.Name, n.About, db.Bit(n.Open), db.Micros(tx.Now)); err != nil {
			return err
		}
		return p.opt.Record(ctx, tx, by, "newsletter.found", n.ID)
	})
	return n, failed("founding a newsletter", err)
}

// Change saves a newsletter's name, description, and whether it takes
// subscribers. Language and address stay.
func (p *Press) Change(ctx context.Context, by string, n Newsletter) error {
	if err := n.tidy(); err != nil {
		return err
	}
	err := p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		changed, err := tx.Exec(ctx, "update newsletter set name = $2, about = $3, open = $4 where id = $1", n.ID, n.Name, n.About, db.Bit(n.Open))
		switch {
		case err != nil:
			return err
		case changed == 0:
			return ErrClosed
		}
		return p.opt.Record(ctx, tx, by, "newsletter.change", n.ID)
	})
	return failed("changing a newsletter", err)
}

func failed(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case db.IsUnique(err):
		return fault.Wrap(fault.Conflict, "Another newsletter in this language has this address", err)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

// List returns every newsletter with the number of its subscribers.
func (p *Press) List(ctx context.Context) (all []Newsletter, err error) {
	err = p.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		all, err = listNewsletters(ctx, tx)
		return err
	})
	return all, err
}

// Open returns the newsletters of a language that take subscribers.
func (p *Press) Open(ctx context.Context, language string) (all []Newsletter, err error) {
	err = p.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		all, err = openNewsletters(ctx, tx, language)
		return err
	})
	return all, err
}

// ByID returns a newsletter.
func (p *Press) ByID(ctx context.Context, id string) (n Newsletter, err error) {
	err = p.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err = selectNewsletter(ctx, tx, id)
		return err
	})
	return n, err
}

// asked is what a confirmation mail's link carries, sealed.
type asked struct {
	Newsletter string `json:"newsletter"`
	Email      string `json:"email"`
}

// Subscribe asks an address, by mail, whether it wants a newsletter. Nothing is
// stored but that one mail until it has left. The answer is the same for an
// address that is subscribed already. The network is used for the limit and
// forgotten; an invalid one is a reader of the onion service.
func (p *Press) Subscribe(ctx context.Context, newsletter, email string, from netip.Addr) error {
	to, err := mail.Address(email)
	if err != nil {
		return ErrEmail
	}
	network, most, now := limit.Network(from), perNetwork, p.opt.Now()
	if network == "" {
		most = perShared
	}
	if !p.tries.Allow("network", network, most, now) || !p.tries.Allow("address", strings.ToLower(to), perAddress, now) {
		return ErrLimit
	}
	n, err := p.ByID(ctx, newsletter)
	if err != nil {
		return err
	}
	if !n.Open {
		return ErrClosed
	}
	letter, err := p.mail.Prepare(mail.Planned{Kind: confirmKind, Due: now, To: to, Params: asked{Newsletter: n.ID}})
	if err != nil {
		return fmt.Errorf("sealing a question: %w", err)
	}
	err = p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return p.mail.Put(ctx, tx, letter) })
	if err != nil {
		p.tries.GiveBack("network", network)
		p.tries.GiveBack("address", strings.ToLower(to))
		return fmt.Errorf("asking for a newsletter: %w", err)
	}
	return nil
}

// Asked returns which newsletter a confirmation link is about, without doing
// anything, for the page with the button.
func (p *Press) Asked(ctx context.Context, token string) (Newsletter, error) {
	a, err := p.open(token)
	if err != nil {
		return Newsletter{}, err
	}
	return p.ByID(ctx, a.Newsletter)
}

func (p *Press) open(token string) (a asked, err error) {
	sealed, err := p.box.Verify(confirmLink, token)
	if err != nil {
		return a, err
	}
	plain, err := p.box.Unwrap(confirmBox, sealed)
	if err != nil {
		return a, fault.Wrap(fault.Denied, "This link has expired", err)
	}
	if err := json.Unmarshal(plain, &a); err != nil {
		return a, fmt.Errorf("reading a confirmation link: %w", err)
	}
	return a, nil
}

// Confirm makes the address behind a link a subscriber. Doing so twice is no fault.
func (p *Press) Confirm(ctx context.Context, token string) (n Newsletter, err error) {
	a, err := p.open(token)
	if err != nil {
		return n, err
	}
	sealed, err := p.box.Wrap(addressBox, []byte(a.Email))
	if err != nil {
		return n, fmt.Errorf("sealing a subscriber's address: %w", err)
	}
	err = p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if n, err = selectNewsletter(ctx, tx, a.Newsletter); err != nil {
			return err
		}
		return insertSubscriber(ctx, tx, p.ids.Secret(), n.ID, p.mark(n.ID, a.Email), sealed, tx.Now.Format(dayForm))
	})
	if err != nil {
		return n, fmt.Errorf("confirming a subscription: %w", err)
	}
	return n, nil
}

// mark is a keyed hash of an address: the same for the same address, and worth
// nothing without the vault's key.
func (p *Press) mark(newsletter, email string) []byte {
	sum := sha256.Sum256([]byte(p.box.Sign(markPurpose, []byte(newsletter+"|"+strings.ToLower(email)), time.Unix(0, 0))))
	return sum[:16]
}

// Subscription returns which newsletter a link to leave is about; an empty name
// when the subscription is gone already. It changes nothing.
func (p *Press) Subscription(ctx context.Context, token string) (n Newsletter, err error) {
	id, err := p.box.Verify(leaveLink, token)
	if err != nil {
		return n, err
	}
	err = p.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		newsletter, err := subscribed(ctx, tx, string(id))
		if err != nil || newsletter == "" {
			return err
		}
		n, err = selectNewsletter(ctx, tx, newsletter)
		return err
	})
	return n, err
}

// Leave ends a subscription; the address is gone with its row. Doing so twice
// is no fault.
func (p *Press) Leave(ctx context.Context, token string) error {
	id, err := p.box.Verify(leaveLink, token)
	if err != nil {
		return err
	}
	err = p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "delete from newsletter_subscriber where id = $1", string(id))
		return err
	})
	if err != nil {
		return fmt.Errorf("ending a subscription: %w", err)
	}
	return nil
}
