package simulator

import (
	"context"
	"fmt"
	"strings"

	"mimeo/internal/db"
)

// doc is an object in the shape of Stripe's API.
type doc map[string]any

// render gives an object its API shape. Other objects appear in it by id.
func (p *Processor) render(o stored) (doc, error) {
	switch o := o.(type) {
	case *session:
		return p.renderSession(o)
	case *intent:
		return renderIntent(o), nil
	case *charge:
		return renderCharge(o), nil
	case *customer:
		email, err := p.seal.unlock(o.ID, o.Email)
		if err != nil {
			return nil, err
		}
		if o.Deleted {
			return doc{"id": o.ID, "object": "customer", "deleted": true}, nil
		}
		return doc{"id": o.ID, "object": "customer", "created": o.Created, "email": orNull(email), "livemode": false, "metadata": doc{}}, nil
	case *method:
		return doc{
			"id": o.ID, "object": "payment_method", "created": o.Created, "customer": orNull(o.Customer), "livemode": false, "type": "card",
			"card": doc{"brand": o.Card.Brand, "country": o.Card.Country, "last4": o.Card.Last4, "funding": "credit"}, "metadata": doc{},
		}, nil
	case *refund:
		return doc{
			"id": o.ID, "object": "refund", "amount": o.Amount, "balance_transaction": o.Movement, "charge": o.Charge, "created": o.Created,
			"currency": o.Currency, "metadata": texts(o.Metadata), "payment_intent": o.Intent, "reason": orNull(o.Reason), "status": "succeeded",
			"failure_balance_transaction": nil,
		}, nil
	case *dispute:
		return doc{
			"id": o.ID, "object": "dispute", "amount": o.Amount, "balance_transactions": o.Movements, "charge": o.Charge, "created": o.Created,
			"currency": o.Currency, "is_charge_refundable": false, "livemode": false, "metadata": doc{}, "payment_intent": o.Intent,
			"reason": "fraudulent", "status": o.Status,
		}, nil
	case *payout:
		return doc{
			"id": o.ID, "object": "payout", "amount": o.Amount, "arrival_date": o.Created, "automatic": false, "balance_transaction": o.Movement,
			"created": o.Created, "currency": o.Currency, "livemode": false, "metadata": doc{}, "method": "standard", "status": "paid", "type": "bank_account",
		}, nil
	case *movement:
		return renderMovement(o), nil
	default:
		return nil, fmt.Errorf("no API shape for %T", o)
	}
}

func (p *Processor) renderSession(s *session) (doc, error) {
	email, err := p.seal.unlock(s.ID, s.Email)
	if err != nil {
		return nil, err
	}
	status, paid := s.Status, "unpaid"
	if s.Status == "complete" {
		paid = "paid"
	}
	d := doc{
		"id": s.ID, "object": "checkout.session", "amount_subtotal": s.Amount, "amount_total": s.Amount, "cancel_url": orNull(s.Cancel),
		"client_reference_id": orNull(s.Reference), "created": s.Created, "currency": s.Currency, "customer": orNull(s.Customer),
		"customer_email": orNull(email), "customer_details": nil, "expires_at": s.Expires, "livemode": false, "locale": orNull(s.Locale),
		"metadata": texts(s.Metadata), "mode": "payment", "payment_intent": orNull(s.Intent), "payment_method_types": []string{"card"},
		"payment_status": paid, "status": status, "success_url": s.Success, "ui_mode": "hosted_page", "url": orNull(s.Address),
		"customer_creation": "if_required",
	}
	if s.NewCustomer {
		d["customer_creation"] = "always"
	}
	if status != "open" {
		d["url"] = nil
	}
	if status == "complete" {
		d["customer_details"] = doc{"email": orNull(email), "name": nil, "phone": nil, "address": nil, "tax_exempt": "none", "tax_ids": []any{}}
	}
	return d, nil
}

func renderIntent(i *intent) doc {
	received := int64(0)
	if i.Status == "succeeded" {
		received = i.Amount
	}
	d := doc{
		"id": i.ID, "object": "payment_intent", "amount": i.Amount, "amount_capturable": 0, "amount_received": received, "capture_method": "automatic",
		"confirmation_method": "automatic", "created": i.Created, "currency": i.Currency, "customer": orNull(i.Customer), "description": orNull(i.Description),
		"last_payment_error": nil, "latest_charge": orNull(i.Charge), "livemode": false, "metadata": texts(i.Metadata), "next_action": nil,
		"payment_method": orNull(i.Method), "payment_method_types": []string{"card"}, "receipt_email": nil, "setup_future_usage": orNull(i.Reuse),
		"statement_descriptor": nil, "statement_descriptor_suffix": orNull(i.Suffix), "status": i.Status,
	}
	if i.Failure != nil {
		d["last_payment_error"] = i.Failure.problem().doc()["error"]
	}
	return d
}

func renderCharge(c *charge) doc {
	d := doc{
		"id": c.ID, "object": "charge", "amount": c.Amount, "amount_captured": 0, "amount_refunded": c.Refunded,
		"balance_transaction": orNull(c.Movement), "billing_details": doc{}, "calculated_statement_descriptor": c.Descriptor, "captured": c.Paid,
		"created": c.Created, "currency": c.Currency, "customer": orNull(c.Customer), "disputed": c.Disputed, "failure_code": nil, "failure_message": nil,
		"livemode": false, "metadata": texts(c.Metadata),
		"outcome": doc{"network_status": "approved_by_network", "type": "authorized"},
		"paid":    c.Paid, "payment_intent": c.Intent, "payment_method": c.Method,
		"payment_method_details": doc{"type": "card", "card": doc{"brand": c.Card.Brand, "country": c.Card.Country, "last4": c.Card.Last4, "funding": "credit"}},
		"receipt_email":          nil, "refunded": c.Paid && c.Refunded == c.Amount, "status": "succeeded",
	}
	if c.Paid {
		d["amount_captured"] = c.Amount
	} else {
		d["status"] = "failed"
	}
	if c.Failure != nil {
		d["failure_code"], d["failure_message"] = c.Failure.Code, c.Failure.Message
		d["outcome"] = doc{"network_status": "declined_by_network", "type": "issuer_declined", "reason": c.Failure.Decline}
	}
	return d
}

func renderMovement(m *movement) doc {
	details := []any{}
	if m.Fee != 0 {
		details = append(details, doc{"amount": m.Fee, "currency": m.Currency, "type": "stripe_fee", "description": "Simulated processing fee"})
	}
	return doc{
		"id": m.ID, "object": "balance_transaction", "amount": m.Amount, "available_on": m.Created, "balance_type": "payments", "created": m.Created,
		"currency": m.Currency, "description": nil, "exchange_rate": nil, "fee": m.Fee, "fee_details": details, "net": m.Amount - m.Fee,
		"reporting_category": m.Category, "source": m.Source, "status": "available", "type": m.Type,
	}
}

// problem is a failure as the API words it.
func (f *failure) problem() *problem {
	return &problem{Status: 402, Type: typeCard, Code: f.Code, Decline: f.Decline, Message: f.Message}
}

// expandable says which fields of an API object may be expanded.
func expandable(object, field string) bool {
	switch object {
	case "checkout.session":
		return field == "payment_intent" || field == "customer"
	case "payment_intent":
		return field == "latest_charge" || field == "customer" || field == "payment_method"
	case "charge":
		return field == "balance_transaction" || field == "customer" || field == "payment_intent"
	case "refund":
		return field == "balance_transaction" || field == "failure_balance_transaction" || field == "charge" || field == "payment_intent"
	case "dispute":
		return field == "charge" || field == "payment_intent"
	case "balance_transaction":
		return field == "source"
	case "payout":
		return field == "balance_transaction"
	default:
		return false
	}
}

// expand replaces ids by the objects that the request's expand[] names.
func (p *Processor) expand(ctx context.Context, tx *db.Tx, d doc, paths []string) error {
	for _, path := range paths {
		parts := strings.Split(path, ".")
		if len(parts) > 4 {
			return invalid("expand", "You cannot expand more than 4 levels of a property.")
		}
		if err := p.expandPath(ctx, tx, d, parts, path); err != nil {
			return err
		}
	}
	return nil
}

func (p *Processor) expandPath(ctx context.Context, tx *db.Tx, d doc, parts []string, path string) error {
	object, ok := d["object"].(string)
	if !ok {
		return fmt.Errorf("expanding %s in something that is no object", clean(path))
	}
	field := parts[0]
	if object == "list" && field == "data" {
		items, ok := d["data"].([]doc)
		if !ok || len(parts) == 1 {
			return nil
		}
		for _, item := range items {
			if err := p.expandPath(ctx, tx, item, parts[1:], path); err != nil {
				return err
			}
		}
		return nil
	}
	if !expandable(object, field) {
		return invalid("expand", fmt.Sprintf("This property cannot be expanded (%s).", clean(path)))
	}
	switch value := d[field].(type) {
	case nil:
		return nil
	case string:
		o, err := load(ctx, tx, value)
		if err != nil {
			return err
		}
		if o == nil {
			return nil
		}
		whole, err := p.whole(ctx, tx, o)
		if err != nil {
			return err
		}
		d[field] = whole
	}
	inner, ok := d[field].(doc)
	if !ok || len(parts) == 1 {
		return nil
	}
	return p.expandPath(ctx, tx, inner, parts[1:], path)
}

// whole renders an object and what Stripe always includes in it: a dispute
// carries its movements, a failed intent the card that failed.
func (p *Processor) whole(ctx context.Context, tx *db.Tx, o stored) (doc, error) {
	d, err := p.render(o)
	if err != nil {
		return nil, err
	}
	if o, ok := o.(*dispute); ok {
		movements := []doc{}
		for _, id := range o.Movements {
			m, err := get[*movement](ctx, tx, id)
			if err != nil {
				return nil, err
			}
			movements = append(movements, renderMovement(m))
		}
		d["balance_transactions"] = movements
	}
	return d, nil
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// texts is metadata, never null.
func texts(m map[string]string) doc {
	d := doc{}
	for k, v := range m {
		d[k] = v
	}
	return d
}
