package stripe

import (
	"context"
	"errors"
	"strings"

	api "github.com/stripe/stripe-go/v85"

	"mimeo/internal/contribution"
	"mimeo/internal/fault"
)

// Charge takes a renewal from the saved card. The answer is fetched anew after
// a refusal, so that a Fact has one source.
func (a *Adapter) Charge(ctx context.Context, r contribution.Renewal) (contribution.Fact, error) {
	i, err := a.client.V1PaymentIntents.Create(ctx, &api.PaymentIntentCreateParams{
		Params:                    api.Params{IdempotencyKey: api.String(r.Key)},
		Amount:                    api.Int64(r.Amount.Minor),
		Currency:                  api.String(strings.ToLower(string(r.Amount.Currency))),
		Customer:                  api.String(r.Customer),
		PaymentMethod:             api.String(r.Method),
		PaymentMethodTypes:        api.StringSlice([]string{"card"}),
		Confirm:                   api.Bool(true),
		OffSession:                api.Bool(true),
		Metadata:                  metadata(r.Payment, r.Pledge, viaRenewal),
		StatementDescriptorSuffix: a.suffix(r.Descriptor),
		Expand:                    api.StringSlice([]string{"latest_charge.balance_transaction"}),
	})
	var e *api.Error
	switch {
	case err == nil:
		return a.intentFact(ctx, i)
	case !errors.As(err, &e):
		return contribution.Fact{}, explain("charging a saved card", err)
	case e.Type == api.ErrorTypeCard && e.PaymentIntent != nil && e.PaymentIntent.ID != "":
		return a.Lookup(ctx, e.PaymentIntent.ID)
	case gone(e):
		// No object was made, so there is nothing to refer to: the refusal is
		// known by our payment id alone.
		return contribution.Fact{
			Payment: r.Payment, Pledge: r.Pledge, State: contribution.Failed, At: a.opt.Now().UTC(), Amount: r.Amount,
		}, nil
	default:
		return contribution.Fact{}, explain("charging a saved card", err)
	}
}

// gone says whether the saved card, or the customer it belonged to, is no more.
func gone(e *api.Error) bool {
	if e.Type != api.ErrorTypeInvalidRequest {
		return false
	}
	switch e.Param {
	case "payment_method":
		return true
	case "customer":
		return e.Code == api.ErrorCodeResourceMissing
	default:
		return e.Code == api.ErrorCodePaymentMethodUnexpectedState
	}
}

// Find looks through the customer's payments for the one that carries our id.
// Listing is exact where Stripe's search lags behind.
func (a *Adapter) Find(ctx context.Context, r contribution.Renewal) (contribution.Fact, error) {
	var found *api.PaymentIntent
	all := a.client.V1PaymentIntents.List(ctx, &api.PaymentIntentListParams{
		ListParams: api.ListParams{Limit: api.Int64(100)},
		Customer:   api.String(r.Customer),
		Expand:     api.StringSlice([]string{"data.latest_charge.balance_transaction"}),
	}).All(ctx)
	for i, err := range all {
		if err != nil {
			if explained := explainRead("looking for a charge", err); fault.KindOf(explained) != fault.Missing {
				return contribution.Fact{}, explained
			}
			// The customer is gone, which says nothing about what was charged
			// before: only Missing would, and this is not it.
			return contribution.Fact{}, fault.New(fault.Invalid, "The payment processor no longer knows this supporter")
		}
		if i.Metadata[metaPayment] != r.Payment {
			continue
		}
		// Had the key been forgotten between two tries there would be two; the
		// one that took money counts.
		if found == nil || i.Status == api.PaymentIntentStatusSucceeded {
			found = i
		}
	}
	if found == nil {
		return contribution.Fact{}, fault.New(fault.Missing, unknown)
	}
	return a.intentFact(ctx, found)
}
