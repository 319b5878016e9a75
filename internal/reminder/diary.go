package reminder

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/lang"
	"mimeo/internal/limit"
	"mimeo/internal/mail"
)

const (
	kind    = "reminder"          // of the planned mail
	purpose = "reminder"          // of the signed link
	linger  = 60 * 24 * time.Hour // for which the link in a sent mail still answers
	page    = "/remind/stop?t="   // what the link opens
	monthly = len("2027-01")      // of a token's payload
	pending = 2                   // a reminder is at most two months away
)

// Options are the newsroom's settings.
type Options struct {
	// Now and Random come from outside, as everywhere. Both are required.
	Now    func() time.Time
	Random io.Reader
	// Hours say when the mail leaves.
	Hours Hours
	// Base is the site's own address without a slash at its end.
	Base string
	// Support gives the address of the contribution form in a language. The
	// mail has this one link.
	Support func(lang string) string
	// Newsroom signs the mail. A neutral one is not signed, and its subject
	// does not say what it is about.
	Newsroom string
	Neutral  bool
	// Tries in an hour for one address, for one network, and for all who
	// come over an onion service or an unnamed proxy. 0 means 5, 20 and 200.
	PerAddress, PerNetwork, PerShared int
}

// Diary is where reminders are noted. It is safe for concurrent use.
type Diary struct {
	db      *db.DB
	mail    *mail.Queue
	book    *lang.Book
	ids     *ident.Source
	signer  Signer
	now     func() time.Time
	hours   Hours
	base    string
	support func(lang string) string
	sender  string
	neutral bool
	most    struct{ address, network, shared int }
	limits  *limit.Tries
	recent  *recent
}

// New returns a diary and tells the mail queue how a reminder reads. It is
// called before the queue starts.
func New(d *db.DB, q *mail.Queue, book *lang.Book, ids *ident.Source, s Signer, o Options) (*Diary, error) {
	limits, err := limit.New(o.Random)
	if err != nil {
		return nil, err
	}
	diary := &Diary{
		db: d, mail: q, book: book, ids: ids, signer: s,
		now: o.Now, hours: o.Hours, base: o.Base, support: o.Support,
		sender: o.Newsroom, neutral: o.Neutral,
		limits: limits, recent: &recent{refs: map[[16]byte]string{}},
	}
	diary.most.address, diary.most.network, diary.most.shared = or(o.PerAddress, 5), or(o.PerNetwork, 20), or(o.PerShared, 200)
	q.Compose(kind, diary.compose)
	return diary, nil
}

func or(n, usual int) int {
	if n == 0 {
		return usual
	}
	return n
}

// Month is the month that a reminder asked for now is for.
func (d *Diary) Month() Month { return NextMonth(d.now(), d.hours.zone()) }

// Set notes one e-mail to an address in the coming month, in a language. A
// second one for the same address and month replaces the first. The reader's
// network is used for the limit and forgotten; an invalid one is a reader who
// came over the onion service.
func (d *Diary) Set(ctx context.Context, email, language string, from netip.Addr) (Reminder, error) {
	to, err := mail.Address(email)
	if err != nil {
		return Reminder{}, ErrEmail
	}
	if err := d.admit(to, from); err != nil {
		return Reminder{}, err
	}
	r, err := d.set(ctx, to, language)
	if err != nil {
		d.limits.GiveBack("network", limit.Network(from))
		d.limits.GiveBack("address", strings.ToLower(to))
	}
	return r, err
}

func (d *Diary) set(ctx context.Context, to, language string) (Reminder, error) {
	m := d.Month()
	r := d.reminder(m, d.ids.Secret())
	letter, err := d.mail.Prepare(mail.Planned{
		Kind: kind, Due: r.Due, To: to, Group: group(m), Ref: r.Ref,
		Params: params{Lang: d.book.For(language).Code, Month: m.String(), Ref: r.Ref},
	})
	if err != nil {
		return Reminder{}, fmt.Errorf("sealing a reminder: %w", err)
	}
	same := d.limits.Hash(m.String(), strings.ToLower(to))
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if earlier := d.recent.of(same); earlier != "" {
			if _, err := d.mail.Delete(ctx, tx, earlier); err != nil {
				return fmt.Errorf("replacing an earlier one: %w", err)
			}
		}
		tx.OnCommit(func() { d.recent.note(same, r.Ref) })
		return d.mail.Put(ctx, tx, letter)
	})
	if err != nil {
		return Reminder{}, fmt.Errorf("setting a reminder: %w", err)
	}
	return r, nil
}

// admit applies the limits.
func (d *Diary) admit(to string, from netip.Addr) error {
	now := d.now()
	net, most := limit.Network(from), d.most.network
	if net == "" {
		most = d.most.shared
	}
	if !d.limits.Allow("network", net, most, now) {
		return ErrNetworkLimit
	}
	if !d.limits.Allow("address", strings.ToLower(to), d.most.address, now) {
		return ErrAddressLimit
	}
	return nil
}

// Read returns what a link is about without doing anything, for the page with
// the button.
func (d *Diary) Read(token string) (Reminder, error) {
	payload, err := d.signer.Verify(purpose, token)
	if err != nil {
		return Reminder{}, fmt.Errorf("reading the link of a reminder: %w", err)
	}
	if len(payload) <= monthly {
		return Reminder{}, fault.Deniedf("This link has expired")
	}
	m, err := ParseMonth(string(payload[:monthly]))
	if err != nil {
		return Reminder{}, fault.Wrap(fault.Denied, "This link has expired", err)
	}
	return d.reminder(m, string(payload[monthly:])), nil
}

// Delete forgets a reminder and the address it was for. Deleting it twice, or
// after it was sent, is no fault.
func (d *Diary) Delete(ctx context.Context, token string) error {
	r, err := d.Read(token)
	if err != nil {
		return err
	}
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := d.mail.Delete(ctx, tx, r.Ref)
		return err
	})
	if err != nil {
		return fmt.Errorf("deleting a reminder: %w", err)
	}
	return nil
}

// Gift drops what waits for somebody who has given, in the transaction that
// books the gift.
func (d *Diary) Gift(ctx context.Context, tx *db.Tx, email string) error {
	to, err := mail.Address(email)
	if err != nil {
		return nil //nolint:nilerr // no reminder was ever set for what is no address
	}
	this := MonthOf(tx.Now, d.hours.zone())
	for n := range pending + 1 {
		m := this.Plus(n)
		due := d.hours.First(m)
		if !due.After(tx.Now) {
			continue
		}
		if err := d.mail.Suppress(ctx, tx, group(m), due, to); err != nil {
			return fmt.Errorf("dropping the reminders of somebody who gave: %w", err)
		}
	}
	return nil
}

func (d *Diary) reminder(m Month, ref string) Reminder {
	due := d.hours.First(m)
	return Reminder{
		Ref: ref, Year: m.Year, Month: m.Month, Due: due,
		Token: d.signer.Sign(purpose, []byte(m.String()+ref), due.Add(linger)),
	}
}

func group(m Month) string { return kind + "/" + m.String() }
