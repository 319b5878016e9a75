package simulator

import (
	"context"
	"fmt"
	"net/http"

	"mimeo/internal/db"
	"mimeo/internal/money"
)

const maxCharge = 99_999_999

// smallest is Stripe's least charge in a currency, in minor units.
func smallest(currency string) int64 {
	switch currency {
	case "gbp":
		return 30
	default: // 0.50 of a dollar or euro, 50 yen
		return 50
	}
}

// feeOf is what the processor keeps of a charge: 2.9 % and 30 minor units, and
// where a currency has none, 3.6 %; halves round up.
func feeOf(amount int64, currency string) int64 {
	if money.Currency(upper(currency)).Exponent() == 0 {
		return (amount*36 + 500) / 1000
	}
	return (amount*29+500)/1000 + 30
}

// disputeFee is what a dispute costs, whoever wins it.
func disputeFee(currency string) int64 {
	if money.Currency(upper(currency)).Exponent() == 0 {
		return 1500
	}
	return 15_00
}

func checkAmount(q *params, key string, amount int64, currency string) {
	bad := &problem{Status: 400, Type: typeInvalid, Param: q.name(key)}
	switch {
	case q.root.bad != nil || currency == "":
		return
	case amount < smallest(currency):
		bad.Code, bad.Message = "amount_too_small", fmt.Sprintf("Amount must be at least %s.", money.Of(smallest(currency), money.Currency(upper(currency))))
	case amount > maxCharge:
		bad.Code, bad.Message = "amount_too_large", "Amount must be no more than 99999999."
	default:
		return
	}
	q.root.bad = bad
}

// createIntent charges a saved card while its owner is away, the one kind of
// payment intent that the adapter makes itself.
func (p *Processor) createIntent(ctx context.Context, tx *db.Tx, _ *http.Request, q *params) (reply, error) {
	i := &intent{
		Created: tx.Now.Unix(), Status: "requires_payment_method", Amount: q.number("amount"), Currency: currency(q),
		Customer: q.need("customer", 100), Description: q.text("description", 1000), Metadata: q.dict("metadata"), Suffix: suffix(q),
	}
	chosen := q.need("payment_method", 100)
	if !q.flag("confirm") || !q.flag("off_session") {
		q.fail("confirm", "The simulator takes payment intents only with confirm=true and off_session=true.")
	}
	for _, kind := range q.texts("payment_method_types", 40) {
		if kind != "card" {
			q.fail("payment_method_types", "The simulator knows cards only.")
		}
	}
	checkAmount(q, "amount", i.Amount, i.Currency)
	if bad := q.end(); bad != nil {
		return reply{}, bad
	}
	c, err := get[*customer](ctx, tx, i.Customer)
	if err != nil {
		return reply{}, about("customer", err)
	}
	if c.Deleted {
		return reply{}, about("customer", missing(kindCustomer, i.Customer))
	}
	m, err := get[*method](ctx, tx, chosen)
	if err != nil {
		return reply{}, about("payment_method", err)
	}
	if m.Customer != i.Customer {
		return reply{}, invalid("payment_method", "The payment method does not belong to the customer.")
	}
	if i.ID, err = p.id("pi_"); err != nil {
		return reply{}, err
	}
	ch, err := p.attempt(ctx, tx, i, m, false)
	if err != nil {
		return reply{}, err
	}
	if err := p.announce(ctx, tx, i, ch); err != nil {
		return reply{}, err
	}
	body := renderIntent(i)
	if ch.Failure == nil {
		return reply{200, body}, nil
	}
	answer := ch.Failure.problem().doc()
	if detail, ok := answer["error"].(doc); ok {
		detail["charge"], detail["payment_intent"] = ch.ID, body
	}
	return reply{402, answer}, nil
}

func (p *Processor) newMethod(ctx context.Context, tx *db.Tx, c card) (*method, error) {
	id, err := p.id("pm_")
	if err != nil {
		return nil, err
	}
	m := &method{ID: id, Created: tx.Now.Unix(), Card: c}
	return m, put(ctx, tx, m)
}

// attempt asks the card's bank for the money. The bank hears of it before it
// answers, declined or not, and that stays in its book.
func (p *Processor) attempt(ctx context.Context, tx *db.Tx, i *intent, m *method, present bool) (*charge, error) {
	id, err := p.id("ch_")
	if err != nil {
		return nil, err
	}
	ch := &charge{
		ID: id, Created: tx.Now.Unix(), Intent: i.ID, Customer: i.Customer, Method: m.ID, Amount: i.Amount, Currency: i.Currency,
		Card: m.Card, Descriptor: p.descriptor(i.Suffix), Metadata: i.Metadata,
	}
	i.Charge = id
	if err := p.note(ctx, tx, ch, Authorisation, ch.Amount); err != nil {
		return nil, err
	}
	ch.Failure, err = judge(m.Card.Conduct, present)
	if err != nil {
		return nil, err
	}
	if ch.Failure != nil {
		ch.Failure.Charge = id
		i.Failure, i.Status, i.Method = ch.Failure, "requires_payment_method", ""
		err = p.note(ctx, tx, ch, Decline, ch.Amount)
	} else {
		ch.Paid = true
		i.Failure, i.Status, i.Method = nil, "succeeded", m.ID
		err = p.settle(ctx, tx, ch)
	}
	if err != nil {
		return nil, err
	}
	if err := put(ctx, tx, ch); err != nil {
		return nil, err
	}
	return ch, put(ctx, tx, i)
}

// judge is the bank's answer.
func judge(c conduct, present bool) (*failure, error) {
	declined := &failure{Code: "card_declined", Decline: "generic_decline", Message: "Your card was declined."}
	switch c {
	case accepts, contested:
		return nil, nil //nolint:nilnil // no failure: the bank agrees
	case declines:
		return declined, nil
	case noFunds:
		return &failure{Code: "card_declined", Decline: "insufficient_funds", Message: "Your card has insufficient funds."}, nil
	case onceOnly:
		if present {
			return nil, nil //nolint:nilnil // no failure: the bank agrees
		}
		return declined, nil
	default:
		return nil, fmt.Errorf("a card of unknown conduct %q", c)
	}
}

// settle moves the money of an accepted charge.
func (p *Processor) settle(ctx context.Context, tx *db.Tx, ch *charge) error {
	m, err := p.move(ctx, tx, movement{Source: ch.ID, Type: "charge", Category: "charge", Amount: ch.Amount, Fee: feeOf(ch.Amount, ch.Currency), Currency: ch.Currency})
	if err != nil {
		return err
	}
	ch.Movement = m.ID
	if err := p.note(ctx, tx, ch, Charge, ch.Amount); err != nil {
		return err
	}
	return p.note(ctx, tx, ch, Statement, ch.Amount)
}

// move books a movement on the newsroom's balance.
func (p *Processor) move(ctx context.Context, tx *db.Tx, m movement) (*movement, error) {
	id, err := p.id("txn_")
	if err != nil {
		return nil, err
	}
	m.ID, m.Created = id, tx.Now.Unix()
	return &m, put(ctx, tx, &m)
}

// announce tells the newsroom how an attempt went. A contested card's holder
// goes to their bank at once.
func (p *Processor) announce(ctx context.Context, tx *db.Tx, i *intent, ch *charge) error {
	kinds := [2]string{"charge.succeeded", "payment_intent.succeeded"}
	if ch.Failure != nil {
		kinds = [2]string{"charge.failed", "payment_intent.payment_failed"}
	}
	if err := p.tell(ctx, tx, kinds[0], ch); err != nil {
		return err
	}
	if err := p.tell(ctx, tx, kinds[1], i); err != nil {
		return err
	}
	if ch.Failure == nil && ch.Card.Conduct == contested {
		_, err := p.contest(ctx, tx, ch)
		return err
	}
	return nil
}

// createRefund gives back a charge or a part of it.
func (p *Processor) createRefund(ctx context.Context, tx *db.Tx, _ *http.Request, q *params) (reply, error) {
	id, of := q.text("charge", 100), q.text("payment_intent", 100)
	amount := q.number("amount")
	reason := q.choice("reason", "duplicate", "fraudulent", "requested_by_customer")
	metadata := q.dict("metadata")
	if id == "" && of == "" {
		q.fail("charge", "One of charge or payment_intent must be given.")
	}
	if q.has("amount") && amount < 1 {
		q.fail("amount", "Invalid positive integer.")
	}
	if bad := q.end(); bad != nil {
		return reply{}, bad
	}
	if id == "" {
		i, err := get[*intent](ctx, tx, of)
		if err != nil {
			return reply{}, err
		}
		id = i.Charge
	}
	ch, err := get[*charge](ctx, tx, id)
	if err != nil {
		return reply{}, err
	}
	r, err := p.giveBack(ctx, tx, ch, amount, reason, metadata)
	if err != nil {
		return reply{}, err
	}
	body, err := p.render(r)
	return reply{200, body}, err
}

// giveBack refunds amount, or with 0 all that is left.
func (p *Processor) giveBack(ctx context.Context, tx *db.Tx, ch *charge, amount int64, reason string, metadata map[string]string) (*refund, error) {
	left := ch.Amount - ch.Refunded
	if amount == 0 {
		amount = left
	}
	switch {
	case !ch.Paid:
		return nil, invalid("charge", "This charge was not paid.")
	case ch.Disputed:
		return nil, &problem{Status: 400, Type: typeInvalid, Code: "charge_disputed", Message: "Charge " + ch.ID + " has been charged back; cannot issue a refund."}
	case left == 0:
		return nil, &problem{Status: 400, Type: typeInvalid, Code: "charge_already_refunded", Message: "Charge " + ch.ID + " has already been refunded."}
	case amount > left:
		return nil, invalid("amount", "Refund amount is greater than unrefunded amount on charge.")
	}
	id, err := p.id("re_")
	if err != nil {
		return nil, err
	}
	m, err := p.move(ctx, tx, movement{Source: id, Type: "refund", Category: "refund", Amount: -amount, Currency: ch.Currency})
	if err != nil {
		return nil, err
	}
	r := &refund{
		ID: id, Created: tx.Now.Unix(), Charge: ch.ID, Intent: ch.Intent, Movement: m.ID, Amount: amount, Currency: ch.Currency,
		Reason: reason, Metadata: metadata,
	}
	ch.Refunded += amount
	for _, o := range []stored{r, ch} {
		if err := put(ctx, tx, o); err != nil {
			return nil, err
		}
	}
	if err := p.note(ctx, tx, ch, Refund, amount); err != nil {
		return nil, err
	}
	if err := p.note(ctx, tx, ch, Statement, -amount); err != nil {
		return nil, err
	}
	if err := p.tell(ctx, tx, "charge.refunded", ch); err != nil {
		return nil, err
	}
	return r, p.tell(ctx, tx, "refund.created", r)
}

// contest takes what is left of a charge back for its card's holder.
func (p *Processor) contest(ctx context.Context, tx *db.Tx, ch *charge) (*dispute, error) {
	left := ch.Amount - ch.Refunded
	switch {
	case !ch.Paid || left == 0:
		return nil, invalid("charge", "There is nothing left to dispute.")
	case ch.Disputed:
		return nil, invalid("charge", "This charge is disputed already.")
	}
	id, err := p.id("dp_")
	if err != nil {
		return nil, err
	}
	m, err := p.move(ctx, tx, movement{Source: id, Type: "adjustment", Category: "dispute", Amount: -left, Fee: disputeFee(ch.Currency), Currency: ch.Currency})
	if err != nil {
		return nil, err
	}
	d := &dispute{ID: id, Created: tx.Now.Unix(), Status: "needs_response", Charge: ch.ID, Intent: ch.Intent, Movements: []string{m.ID}, Amount: left, Currency: ch.Currency}
	ch.Disputed = true
	for _, o := range []stored{d, ch} {
		if err := put(ctx, tx, o); err != nil {
			return nil, err
		}
	}
	if err := p.note(ctx, tx, ch, Dispute, left); err != nil {
		return nil, err
	}
	if err := p.note(ctx, tx, ch, Statement, -left); err != nil {
		return nil, err
	}
	if err := p.tell(ctx, tx, "charge.dispute.created", d); err != nil {
		return nil, err
	}
	return d, p.tell(ctx, tx, "charge.dispute.funds_withdrawn", d)
}

// rule ends a dispute. Won, its amount comes back; its fee does not.
func (p *Processor) rule(ctx context.Context, tx *db.Tx, d *dispute, won bool) error {
	if d.Status != "needs_response" {
		return invalid("dispute", "This dispute is over already.")
	}
	ch, err := get[*charge](ctx, tx, d.Charge)
	if err != nil {
		return err
	}
	d.Status = "lost"
	if won {
		d.Status = "won"
		m, err := p.move(ctx, tx, movement{Source: d.ID, Type: "adjustment", Category: "dispute_reversal", Amount: d.Amount, Currency: d.Currency})
		if err != nil {
			return err
		}
		d.Movements = append(d.Movements, m.ID)
		if err := p.note(ctx, tx, ch, Dispute, d.Amount); err != nil {
			return err
		}
		if err := p.note(ctx, tx, ch, Statement, d.Amount); err != nil {
			return err
		}
	}
	if err := put(ctx, tx, d); err != nil {
		return err
	}
	if err := p.tell(ctx, tx, "charge.dispute.closed", d); err != nil || !won {
		return err
	}
	return p.tell(ctx, tx, "charge.dispute.funds_reinstated", d)
}

// payOut sends every balance above nothing to the newsroom's bank account.
func (p *Processor) payOut(ctx context.Context, tx *db.Tx) (made int, err error) {
	sums, err := balances(ctx, tx)
	if err != nil {
		return 0, err
	}
	for _, currency := range sortedKeys(sums) {
		amount := sums[currency]
		if amount <= 0 {
			continue
		}
		id, err := p.id("po_")
		if err != nil {
			return 0, err
		}
		m, err := p.move(ctx, tx, movement{Source: id, Type: "payout", Category: "payout", Amount: -amount, Currency: currency})
		if err != nil {
			return 0, err
		}
		o := &payout{ID: id, Created: tx.Now.Unix(), Movement: m.ID, Amount: amount, Currency: currency}
		if err := put(ctx, tx, o); err != nil {
			return 0, err
		}
		if err := p.tell(ctx, tx, "payout.paid", o); err != nil {
			return 0, err
		}
		made++
	}
	return made, nil
}
