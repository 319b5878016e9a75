package newsletter

import (
	"context"
	"encoding/json"

	"mimeo/internal/mail"
)

// ComposeIssue is what the mail queue calls when an issue's mail is due.
func (p *Press) ComposeIssue(ctx context.Context, issue, subscriber string) (mail.Message, error) {
	params, err := json.Marshal(delivery{Issue: issue, Subscriber: subscriber})
	if err != nil {
		return mail.Message{}, err
	}
	return p.composeIssue(ctx, "", params)
}
