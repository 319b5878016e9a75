package stripe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	api "github.com/stripe/stripe-go/v85"

	"mimeo/internal/contribution"
	"mimeo/internal/fault"
	"mimeo/internal/money"
)

// Lookup fetches a payment by any of its objects. A payment made on Stripe's
// page is known by its session, a renewal by its payment intent.
func (a *Adapter) Lookup(ctx context.Context, ref string) (contribution.Fact, error) {
	kind, _, _ := strings.Cut(ref, "_")
	if strings.Trim(ref, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		kind = ""
	}
	switch kind {
	case "cs":
		s, err := a.client.V1CheckoutSessions.Retrieve(ctx, ref, &api.CheckoutSessionRetrieveParams{
			Expand: api.StringSlice([]string{"payment_intent.latest_charge.balance_transaction"}),
		})
		if err != nil {
			return contribution.Fact{}, explainRead("fetching a checkout", err)
		}
		return a.sessionFact(ctx, s)
	case "pi":
		return a.lookupIntent(ctx, ref)
	case "ch", "py":
		c, err := a.client.V1Charges.Retrieve(ctx, ref, nil)
		if err != nil {
			return contribution.Fact{}, explainRead("fetching a charge", err)
		}
		return a.lookupIntent(ctx, idOf(c.PaymentIntent))
	case "re", "pyr":
		r, err := a.client.V1Refunds.Retrieve(ctx, ref, nil)
		if err != nil {
			return contribution.Fact{}, explainRead("fetching a refund", err)
		}
		return a.lookupIntent(ctx, idOf(r.PaymentIntent))
	case "dp", "du":
		d, err := a.client.V1Disputes.Retrieve(ctx, ref, nil)
		if err != nil {
			return contribution.Fact{}, explainRead("fetching a dispute", err)
		}
		return a.lookupIntent(ctx, idOf(d.PaymentIntent))
	default:
		return contribution.Fact{}, fault.New(fault.Missing, unknown)
	}
}

func idOf(i *api.PaymentIntent) string {
	if i == nil {
		return ""
	}
	return i.ID
}

func (a *Adapter) lookupIntent(ctx context.Context, id string) (contribution.Fact, error) {
	if id == "" {
		return contribution.Fact{}, fault.New(fault.Missing, unknown)
	}
	i, err := a.client.V1PaymentIntents.Retrieve(ctx, id, &api.PaymentIntentRetrieveParams{
		Expand: api.StringSlice([]string{"latest_charge.balance_transaction"}),
	})
	if err != nil {
		return contribution.Fact{}, explainRead("fetching a payment", err)
	}
	if i.Metadata[metaVia] == viaRenewal {
		return a.intentFact(ctx, i)
	}
	sessions := a.client.V1CheckoutSessions.List(ctx, &api.CheckoutSessionListParams{
		ListParams:    api.ListParams{Limit: api.Int64(1)},
		PaymentIntent: api.String(id),
		Expand:        api.StringSlice([]string{"data.payment_intent.latest_charge.balance_transaction"}),
	})
	if err := sessions.Err(); err != nil {
		return contribution.Fact{}, explainRead("fetching the checkout of a payment", err)
	}
	if found := sessions.Data(); len(found) > 0 {
		return a.sessionFact(ctx, found[0])
	}
	return a.intentFact(ctx, i)
}

// sessionFact is the state of a payment made on Stripe's page. Declined cards
// leave the page open, so they are no refusal of the payment.
func (a *Adapter) sessionFact(ctx context.Context, s *api.CheckoutSession) (contribution.Fact, error) {
	amount, err := amountOf(s.AmountTotal, s.Currency)
	if err != nil {
		return contribution.Fact{}, err
	}
	f := contribution.Fact{Ref: s.ID, Payment: s.Metadata[metaPayment], Pledge: s.Metadata[metaPledge], State: contribution.Started, Amount: amount}
	i := s.PaymentIntent
	switch s.Status {
	case api.CheckoutSessionStatusOpen:
		return f, nil
	case api.CheckoutSessionStatusExpired:
		f.State, f.At = contribution.Failed, at(s.ExpiresAt)
		f.Abandoned = i == nil || i.LatestCharge == nil
		return f, nil
	case api.CheckoutSessionStatusComplete:
	default:
		return contribution.Fact{}, fmt.Errorf("a checkout is in the unknown state %q", s.Status)
	}
	if i == nil {
		return contribution.Fact{}, errors.New("a completed checkout has no payment")
	}
	if err := a.outcome(ctx, i, &f); err != nil {
		return contribution.Fact{}, err
	}
	if f.State.Taken() {
		f.Email = s.CustomerEmail
		if d := s.CustomerDetails; d != nil && d.Email != "" {
			f.Email = d.Email
		}
	}
	return f, nil
}

// intentFact is the state of a payment that no page belongs to: a renewal, or
// something made in Stripe's dashboard.
func (a *Adapter) intentFact(ctx context.Context, i *api.PaymentIntent) (contribution.Fact, error) {
	amount, err := amountOf(i.Amount, i.Currency)
	if err != nil {
		return contribution.Fact{}, err
	}
	f := contribution.Fact{Ref: i.ID, Payment: i.Metadata[metaPayment], Pledge: i.Metadata[metaPledge], State: contribution.Started, Amount: amount}
	return f, a.outcome(ctx, i, &f)
}

// outcome fills in what became of a payment intent that a donor is done with.
func (a *Adapter) outcome(ctx context.Context, i *api.PaymentIntent, f *contribution.Fact) error {
	switch i.Status {
	case api.PaymentIntentStatusSucceeded:
		return a.taken(ctx, i, f)
	case api.PaymentIntentStatusProcessing:
		f.Processing = true
		return nil
	case api.PaymentIntentStatusRequiresAction, api.PaymentIntentStatusRequiresCapture, api.PaymentIntentStatusRequiresConfirmation:
		return nil
	case api.PaymentIntentStatusRequiresPaymentMethod:
		// Ours are confirmed as they are made and never again: a refusal is
		// final. What the dashboard made may still be paid.
		if i.Metadata[metaVia] == "" {
			return nil
		}
	case api.PaymentIntentStatusCanceled:
	default:
		return fmt.Errorf("a payment is in the unknown state %q", i.Status)
	}
	f.State, f.At = contribution.Failed, at(i.Created)
	if c := i.LatestCharge; c != nil && c.Created != 0 {
		f.At = at(c.Created)
	}
	return nil
}

// taken fills in a payment whose money came, and what came after.
func (a *Adapter) taken(ctx context.Context, i *api.PaymentIntent, f *contribution.Fact) error {
	c := i.LatestCharge
	if c == nil || c.Created == 0 {
		return errors.New("a payment was taken and has no charge")
	}
	amount, err := amountOf(c.Amount, c.Currency)
	if err != nil {
		return err
	}
	f.State, f.At, f.Amount = contribution.Paid, at(c.Created), amount
	if i.Customer != nil {
		f.Customer = i.Customer.ID
	}
	if i.PaymentMethod != nil && i.SetupFutureUsage == api.PaymentIntentSetupFutureUsageOffSession {
		f.Method = i.PaymentMethod.ID
	}
	owner := owner{ref: i.ID, payment: f.Payment, pledge: f.Pledge}
	if f.Movements, err = chargeMovements(c, c.BalanceTransaction, owner); err != nil {
		return err
	}
	// A refund that failed leaves no trace on the charge; Movements tells of it.
	if c.AmountRefunded > 0 || c.Refunded {
		if err := a.addRefunds(ctx, i.ID, owner, f); err != nil {
			return err
		}
	}
	if c.Disputed {
		if err := a.addDisputes(ctx, i.ID, owner, f); err != nil {
			return err
		}
	}
	switch {
	case c.Disputed:
		f.State = contribution.Disputed
	case c.Refunded:
		f.State = contribution.Refunded
	}
	return nil
}

func (a *Adapter) addRefunds(ctx context.Context, intent string, o owner, f *contribution.Fact) error {
	all := a.client.V1Refunds.List(ctx, &api.RefundListParams{
		ListParams:    api.ListParams{Limit: api.Int64(100)},
		PaymentIntent: api.String(intent),
		Expand:        api.StringSlice([]string{"data.balance_transaction", "data.failure_balance_transaction"}),
	}).All(ctx)
	for r, err := range all {
		if err != nil {
			return explainRead("fetching the refunds of a payment", err)
		}
		for _, t := range []*api.BalanceTransaction{r.BalanceTransaction, r.FailureBalanceTransaction} {
			if t == nil || t.Created == 0 {
				continue
			}
			moved, err := refundMovements(r, t, o)
			if err != nil {
				return err
			}
			f.Movements = append(f.Movements, moved...)
		}
	}
	return nil
}

func (a *Adapter) addDisputes(ctx context.Context, intent string, o owner, f *contribution.Fact) error {
	all := a.client.V1Disputes.List(ctx, &api.DisputeListParams{
		ListParams:    api.ListParams{Limit: api.Int64(100)},
		PaymentIntent: api.String(intent),
	}).All(ctx)
	for d, err := range all {
		if err != nil {
			return explainRead("fetching the disputes of a payment", err)
		}
		for _, t := range d.BalanceTransactions {
			moved, err := disputeMovements(d, t, o)
			if err != nil {
				return err
			}
			f.Movements = append(f.Movements, moved...)
		}
	}
	return nil
}

// amountOf is a sum in Stripe's form as ours. A currency that we cannot count
// in is an error: money is not to be booked by guess.
func amountOf(minor int64, currency api.Currency) (money.Amount, error) {
	c, err := money.ParseCurrency(strings.ToUpper(string(currency)))
	if err != nil {
		return money.Amount{}, fmt.Errorf("stripe reports an amount in %q: %w", currency, err)
	}
	return money.Of(minor, c), nil
}

func at(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
