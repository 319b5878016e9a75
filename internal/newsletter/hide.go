package newsletter

import (
	"context"
	"slices"

	"mimeo/internal/db"
)

// Hide puts the answer of text in the place of every subject, introduction and
// item of every issue, in the transaction that hides a name everywhere, and
// says in how many issues it found something. A dry run changes nothing. What
// was mailed is out of anybody's reach.
func (p *Press) Hide(ctx context.Context, tx *db.Tx, text func(string) string, dryRun bool) (reached int, err error) {
	issues, err := db.Collect(ctx, tx, scanIssue, "select "+issueColumns+" from newsletter_issue order by id")
	if err != nil {
		return 0, err
	}
	for i := range issues {
		was, now := &issues[i], issues[i]
		now.Items = slices.Clone(was.Items)
		now.Subject, now.Intro = text(was.Subject), text(was.Intro)
		for j := range now.Items {
			item := &now.Items[j]
			item.Headline, item.Text, item.URL = text(item.Headline), text(item.Text), text(item.URL)
		}
		if now.Subject == was.Subject && now.Intro == was.Intro && slices.Equal(now.Items, was.Items) {
			continue
		}
		reached++
		if dryRun {
			continue
		}
		now.Version++
		if err := updateIssue(ctx, tx, &now); err != nil {
			return reached, err
		}
	}
	return reached, nil
}
