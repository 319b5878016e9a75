package stripe

import (
	"context"

	"mimeo/internal/contribution"
)

// AskAfterwards makes the calls that follow only on a refund or a dispute.
func AskAfterwards(ctx context.Context, a *Adapter, intent string) error {
	var f contribution.Fact
	if err := a.addRefunds(ctx, intent, owner{}, &f); err != nil {
		return err
	}
	return a.addDisputes(ctx, intent, owner{}, &f)
}
