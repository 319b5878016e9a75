package stripe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	api "github.com/stripe/stripe-go/v85"

	"mimeo/internal/contribution"
	"mimeo/internal/ledger"
)

// owner is the payment that movements belong to.
type owner struct{ ref, payment, pledge string }

func (o owner) movement(object string, kind ledger.Kind, when int64) contribution.Movement {
	return contribution.Movement{Object: object, Kind: kind, Ref: o.ref, Payment: o.payment, Pledge: o.pledge, At: at(when)}
}

// moves is one change of our balance in up to four movements: the thing itself
// in its own currency; where the account is kept in another, the exchange into
// it; and the fee.
func moves(object string, kind ledger.Kind, when, minor int64, currency api.Currency, t *api.BalanceTransaction, o owner) ([]contribution.Movement, error) {
	main := o.movement(object, kind, when)
	var err error
	if main.Amount, err = amountOf(minor, currency); err != nil {
		return nil, err
	}
	out := []contribution.Movement{main}
	if t == nil || t.Created == 0 {
		// Not settled yet: the rest follows when it is.
		return out, nil
	}
	if t.Currency != currency {
		from := o.movement(object+"/"+strings.ToUpper(string(currency)), ledger.Exchange, when)
		if from.Amount, err = main.Amount.Neg(); err != nil {
			return nil, err
		}
		into := o.movement(object+"/"+strings.ToUpper(string(t.Currency)), ledger.Exchange, when)
		if into.Amount, err = amountOf(t.Amount, t.Currency); err != nil {
			return nil, err
		}
		out = append(out, from, into)
	}
	if t.Fee != 0 {
		fee := o.movement(object, ledger.Fee, when)
		if fee.Amount, err = amountOf(-t.Fee, t.Currency); err != nil {
			return nil, err
		}
		out = append(out, fee)
	}
	return out, nil
}

func chargeMovements(c *api.Charge, t *api.BalanceTransaction, o owner) ([]contribution.Movement, error) {
	return moves(c.ID, ledger.Gross, c.Created, c.Amount, c.Currency, t, o)
}

// refundMovements tells of a refund, or of its failure when t gives the money
// back to us.
func refundMovements(r *api.Refund, t *api.BalanceTransaction, o owner) ([]contribution.Movement, error) {
	if t.Amount > 0 {
		return moves(r.ID+"/"+t.ID, ledger.Refund, t.Created, r.Amount, r.Currency, t, o)
	}
	return moves(r.ID, ledger.Refund, r.Created, -r.Amount, r.Currency, t, o)
}

// disputeMovements tells of a withdrawal, or of its return: the sign is that of
// the movement on our balance.
func disputeMovements(d *api.Dispute, t *api.BalanceTransaction, o owner) ([]contribution.Movement, error) {
	object := d.ID + "/" + t.ID
	if t.Currency == d.Currency {
		return moves(object, ledger.Dispute, t.Created, t.Amount, d.Currency, t, o)
	}
	minor := d.Amount
	if t.Amount < 0 {
		minor = -minor
	}
	return moves(object, ledger.Dispute, t.Created, minor, d.Currency, t, o)
}

// Movements lists the account's balance transactions since a moment.
func (a *Adapter) Movements(ctx context.Context, since time.Time) ([]contribution.Movement, error) {
	all := a.client.V1BalanceTransactions.List(ctx, &api.BalanceTransactionListParams{
		ListParams:   api.ListParams{Limit: api.Int64(100)},
		CreatedRange: &api.RangeQueryParams{GreaterThanOrEqual: since.Unix()},
		Expand:       api.StringSlice([]string{"data.source"}),
	}).All(ctx)
	var each [][]contribution.Movement
	for t, err := range all {
		if err != nil {
			return nil, explainRead("listing movements", err)
		}
		moved, err := movementsOf(t)
		if err != nil {
			return nil, fmt.Errorf("listing movements: %s: %w", t.ID, err)
		}
		each = append(each, moved)
	}
	// Stripe lists the newest first.
	slices.Reverse(each)
	return slices.Concat(each...), nil
}

func movementsOf(t *api.BalanceTransaction) ([]contribution.Movement, error) {
	source := t.Source
	if source == nil {
		source = &api.BalanceTransactionSource{}
	}
	switch string(t.Type) {
	case "charge", "payment":
		if c := source.Charge; c != nil {
			return chargeMovements(c, t, owner{idOf(c.PaymentIntent), c.Metadata[metaPayment], c.Metadata[metaPledge]})
		}
	case "refund", "payment_refund", "refund_failure":
		if r := source.Refund; r != nil {
			return refundMovements(r, t, owner{ref: idOf(r.PaymentIntent)})
		}
	case "adjustment":
		if d := source.Dispute; d != nil {
			return disputeMovements(d, t, owner{ref: idOf(d.PaymentIntent)})
		}
	case "payout":
		return moves(source.ID, ledger.Payout, t.Created, t.Amount, t.Currency, t, owner{})
	case "payout_failure", "payout_cancel", "topup", "topup_reversal":
		return moves(source.ID+"/"+t.ID, ledger.Payout, t.Created, t.Amount, t.Currency, t, owner{})
	}
	// Whatever else Stripe did to the balance, a monthly charge or a correction,
	// is its doing, and is booked as what it kept or gave back.
	return moves(t.ID, ledger.Fee, t.Created, t.Net, t.Currency, &api.BalanceTransaction{Created: t.Created, Currency: t.Currency}, owner{})
}
