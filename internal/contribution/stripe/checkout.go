package stripe

import (
	"context"
	"errors"
	"slices"
	"strings"

	api "github.com/stripe/stripe-go/v85"

	"mimeo/internal/contribution"
)

// locales are the languages of Stripe's page.
func locales() []string {
	return strings.Fields("bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW")
}

// Begin opens a Checkout session. Its parameters depend on c alone, not on the
// clock, so that a repetition with the same key is the same request.
func (a *Adapter) Begin(ctx context.Context, c contribution.Checkout) (contribution.Begun, error) {
	locale := "auto"
	if slices.Contains(locales(), c.Lang) {
		locale = c.Lang
	}
	params := &api.CheckoutSessionCreateParams{
		Params:             api.Params{IdempotencyKey: api.String(c.Key)},
		Mode:               api.String(string(api.CheckoutSessionModePayment)),
		PaymentMethodTypes: api.StringSlice([]string{"card"}),
		CustomerEmail:      api.String(c.Email),
		ClientReferenceID:  api.String(c.Payment),
		Metadata:           metadata(c.Payment, c.Pledge, viaCheckout),
		Locale:             api.String(locale),
		SuccessURL:         api.String(c.Return),
		CancelURL:          api.String(c.Cancel),
		// The donor chose a currency; the page must not offer another.
		AdaptivePricing: &api.CheckoutSessionCreateAdaptivePricingParams{Enabled: api.Bool(false)},
		LineItems: []*api.CheckoutSessionCreateLineItemParams{{
			Quantity: api.Int64(1),
			PriceData: &api.CheckoutSessionCreateLineItemPriceDataParams{
				Currency:    api.String(strings.ToLower(string(c.Amount.Currency))),
				UnitAmount:  api.Int64(c.Amount.Minor),
				ProductData: &api.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: api.String(a.opt.Words(c.Lang, c.Rhythm))},
			},
		}},
		PaymentIntentData: &api.CheckoutSessionCreatePaymentIntentDataParams{
			Metadata:                  metadata(c.Payment, c.Pledge, viaCheckout),
			StatementDescriptorSuffix: a.suffix(c.Descriptor),
		},
	}
	// A single gift leaves no customer and no saved card behind at Stripe.
	if c.Rhythm != contribution.Once {
		params.CustomerCreation = api.String(string(api.CheckoutSessionCustomerCreationAlways))
		params.PaymentIntentData.SetupFutureUsage = api.String(string(api.PaymentIntentSetupFutureUsageOffSession))
	}
	s, err := a.client.V1CheckoutSessions.Create(ctx, params)
	if err != nil {
		return contribution.Begun{}, explain("opening a checkout", err)
	}
	if s.ID == "" || s.URL == "" {
		return contribution.Begun{}, explain("opening a checkout", errors.New("an answer without an address"))
	}
	return contribution.Begun{Ref: s.ID, URL: s.URL}, nil
}
