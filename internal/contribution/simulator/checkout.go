package simulator

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/money"
)

// sessionLife is how long a donor may take to pay.
const sessionLife = 24 * time.Hour

// createSession opens a checkout for one payment.
func (p *Processor) createSession(ctx context.Context, tx *db.Tx, r *http.Request, q *params) (reply, error) {
	s, email := readSession(q)
	if bad := q.end(); bad != nil {
		return reply{}, bad
	}
	id, err := p.id("cs_test_")
	if err != nil {
		return reply{}, err
	}
	s.ID, s.Status = id, "open"
	s.Created, s.Expires = tx.Now.Unix(), tx.Now.Add(sessionLife).Unix()
	s.Address = p.public(r) + "/checkout/" + id
	if s.Email, err = p.seal.lock(id, email); err != nil {
		return reply{}, err
	}
	if err := put(ctx, tx, s); err != nil {
		return reply{}, err
	}
	if err := p.schedule(ctx, tx, duty{kind: dueExpiry, ref: id, at: tx.Now.Add(sessionLife)}); err != nil {
		return reply{}, err
	}
	body, err := p.render(s)
	return reply{200, body}, err
}

// locales are the languages of Stripe's page.
const locales = "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW"

// readSession reads the parameters that the adapter may send, as Stripe would.
func readSession(q *params) (s *session, email string) {
	s = &session{}
	if q.choice("mode", "payment") == "" {
		q.need("mode", 20)
	}
	email = q.text("customer_email", 800)
	if email != "" && !strings.Contains(email, "@") {
		q.fail("customer_email", "Invalid email address.")
	}
	s.NewCustomer = q.choice("customer_creation", "always", "if_required") == "always"
	s.Reference = q.text("client_reference_id", 200)
	s.Locale = q.choice("locale", strings.Fields(locales)...)
	s.Success = address(q, "success_url", true)
	s.Cancel = address(q, "cancel_url", false)
	s.Metadata = q.dict("metadata")
	q.choice("submit_type", "auto", "book", "donate", "pay", "subscribe")
	for _, kind := range q.texts("payment_method_types", 40) {
		if kind != "card" {
			q.fail("payment_method_types", "The simulator knows cards only.")
		}
	}
	q.sub("adaptive_pricing").flag("enabled")
	data := q.sub("payment_intent_data")
	s.Reuse = data.choice("setup_future_usage", "off_session", "on_session")
	s.Suffix = suffix(data)
	s.Description = data.text("description", 1000)
	s.IntentData = data.dict("metadata")

	items := q.list("line_items")
	if len(items) == 0 && q.root.bad == nil {
		q.need("line_items", 1)
	}
	for _, item := range items {
		price := item.sub("price_data")
		currency := currency(price)
		unit, quantity := price.number("unit_amount"), int64(1)
		if item.has("quantity") {
			quantity = item.number("quantity")
		}
		product := price.sub("product_data")
		s.Name = product.need("name", 250)
		product.text("description", 500)
		if unit < 0 || unit > maxCharge || quantity < 1 || quantity > 999 {
			item.fail("quantity", "Invalid quantity or amount.")
			return s, email
		}
		if s.Currency != "" && s.Currency != currency {
			item.fail("price_data", "All line items must have the same currency.")
		}
		s.Currency = currency
		s.Amount += unit * quantity
	}
	checkAmount(q, "line_items", s.Amount, s.Currency)
	return s, email
}

// currency reads one that the simulator can count in.
func currency(q *params) string {
	code := q.need("currency", 10)
	if code == "" {
		return ""
	}
	c, err := money.ParseCurrency(strings.ToUpper(code))
	if err != nil {
		q.fail("currency", "Invalid currency: "+clean(code)+".")
		return ""
	}
	return strings.ToLower(string(c))
}

// address reads a URL to which the donor is sent back.
func address(q *params, key string, needed bool) string {
	text := q.text(key, 5000)
	if text == "" {
		if needed {
			q.need(key, 5000)
		}
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		q.fail(key, "Not a valid URL.")
		return ""
	}
	return text
}

// suffix reads what follows the account's prefix on a statement.
func suffix(q *params) string {
	const key = "statement_descriptor_suffix"
	text := q.text(key, 22)
	letters := false
	for _, r := range text {
		if r < ' ' || r > '~' || strings.ContainsRune(`<>\'"*`, r) {
			q.fail(key, "Statement descriptors hold Latin characters only, without < > \\ ' \" *.")
			return ""
		}
		letters = letters || (r|0x20 >= 'a' && r|0x20 <= 'z')
	}
	if text != "" && !letters {
		q.fail(key, "Statement descriptors hold at least one letter.")
		return ""
	}
	return text
}

// descriptor is the line that the donor's bank prints, at most 22 characters.
func (p *Processor) descriptor(suffix string) string {
	line := p.opt.Descriptor
	switch {
	case line == "" && suffix == "":
		line = "SIMULATED PAYMENT"
	case line == "":
		line = suffix
	case suffix != "":
		line += "* " + suffix
	}
	if len(line) > 22 {
		line = line[:22]
	}
	return strings.ToUpper(strings.TrimSpace(line))
}

func (p *Processor) expireSession(ctx context.Context, tx *db.Tx, r *http.Request, q *params) (reply, error) {
	if bad := q.end(); bad != nil {
		return reply{}, bad
	}
	s, err := get[*session](ctx, tx, r.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	if s.Status != "open" {
		return reply{}, invalid("session", "Only Checkout Sessions with a status in [\"open\"] can be expired.")
	}
	if err := p.expire(ctx, tx, s); err != nil {
		return reply{}, err
	}
	body, err := p.render(s)
	return reply{200, body}, err
}

// expire ends an open checkout and the payment that was tried in it.
func (p *Processor) expire(ctx context.Context, tx *db.Tx, s *session) error {
	s.Status = "expired"
	if err := put(ctx, tx, s); err != nil {
		return err
	}
	if err := dropDuties(ctx, tx, dueExpiry, s.ID); err != nil {
		return err
	}
	if s.Intent != "" {
		i, err := get[*intent](ctx, tx, s.Intent)
		if err != nil {
			return err
		}
		i.Status = "canceled"
		if err := put(ctx, tx, i); err != nil {
			return err
		}
		if err := p.tell(ctx, tx, "payment_intent.canceled", i); err != nil {
			return err
		}
	}
	return p.tell(ctx, tx, "checkout.session.expired", s)
}

// checkout is an attempt to pay an open session with a card. It reports the
// failure the donor reads, or nil when the session is complete. A session that
// is already complete stays so: a second click pays nothing.
func (p *Processor) checkout(ctx context.Context, tx *db.Tx, s *session, c card, email string) (*failure, error) {
	if s.Status != "open" {
		return nil, nil //nolint:nilnil // nothing failed, and nothing is left to do
	}
	if len(s.Email) == 0 {
		sealed, err := p.seal.lock(s.ID, email)
		if err != nil {
			return nil, err
		}
		s.Email = sealed
	}
	i, err := p.sessionIntent(ctx, tx, s)
	if err != nil {
		return nil, err
	}
	m, err := p.newMethod(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	ch, err := p.attempt(ctx, tx, i, m, true)
	if err != nil {
		return nil, err
	}
	if ch.Failure != nil {
		if err := put(ctx, tx, s); err != nil {
			return nil, err
		}
		return ch.Failure, p.announce(ctx, tx, i, ch)
	}
	if s.NewCustomer || s.Reuse != "" {
		if err := p.saveCustomer(ctx, tx, s, i, ch, m); err != nil {
			return nil, err
		}
	}
	s.Status = "complete"
	if err := put(ctx, tx, s); err != nil {
		return nil, err
	}
	if err := dropDuties(ctx, tx, dueExpiry, s.ID); err != nil {
		return nil, err
	}
	if err := p.announce(ctx, tx, i, ch); err != nil {
		return nil, err
	}
	return nil, p.tell(ctx, tx, "checkout.session.completed", s)
}

// sessionIntent returns the payment behind a session, made at the first
// attempt as Stripe makes it.
func (p *Processor) sessionIntent(ctx context.Context, tx *db.Tx, s *session) (*intent, error) {
	if s.Intent != "" {
		return get[*intent](ctx, tx, s.Intent)
	}
	id, err := p.id("pi_")
	if err != nil {
		return nil, err
	}
	s.Intent = id
	return &intent{
		ID: id, Created: tx.Now.Unix(), Status: "requires_payment_method", Amount: s.Amount, Currency: s.Currency, Session: s.ID,
		Reuse: s.Reuse, Suffix: s.Suffix, Description: s.Description, Metadata: s.IntentData,
	}, nil
}

// saveCustomer makes the donor a customer; their card stays with them when the
// session asked for that.
func (p *Processor) saveCustomer(ctx context.Context, tx *db.Tx, s *session, i *intent, ch *charge, m *method) error {
	id, err := p.id("cus_")
	if err != nil {
		return err
	}
	email, err := p.seal.unlock(s.ID, s.Email)
	if err != nil {
		return err
	}
	c := &customer{ID: id, Created: tx.Now.Unix()}
	if c.Email, err = p.seal.lock(id, email); err != nil {
		return err
	}
	s.Customer, i.Customer, ch.Customer = id, id, id
	if s.Reuse != "" {
		m.Customer = id
	}
	for _, o := range []stored{c, i, ch, m} {
		if err := put(ctx, tx, o); err != nil {
			return err
		}
	}
	return nil
}
