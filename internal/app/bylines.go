package app

import (
	"context"

	"mimeo/internal/byline"
	"mimeo/internal/db"
	"mimeo/internal/story"
)

// credits keeps the names above stories, and tells the newsletters what was
// corrected in those that they carried.
func (a *App) credits() {
	a.Bylines = byline.New(a.DB, a.ids, a.record)
	a.Stories.Wire(func(o *story.Options) {
		o.Hidden = append(o.Hidden, story.Hider{What: "bylines", Hide: func(ctx context.Context, tx *db.Tx, r *story.Redaction) (int, error) {
			return a.Bylines.Hide(ctx, tx, r.Text, r.DryRun)
		}})
		o.Hidden = append(o.Hidden, story.Hider{What: "old addresses", Hide: func(ctx context.Context, tx *db.Tx, r *story.Redaction) (int, error) {
			return a.Archive.Hide(ctx, tx, r)
		}})
		o.Hidden = append(o.Hidden, story.Hider{What: "newsletters", Hide: func(ctx context.Context, tx *db.Tx, r *story.Redaction) (int, error) {
			return a.Newsletters.Hide(ctx, tx, r.Text, r.DryRun)
		}})
		o.Approval = a.config.Desk.TwoPeople
		// The newsletters are made after the stories and before any of them is corrected.
		o.Corrected = append(o.Corrected, func(ctx context.Context, tx *db.Tx, s *story.Story, _ story.Publication) error {
			return a.Newsletters.Corrected(ctx, tx, s.ID)
		})
	})
}
