package site

import (
	"context"
	"time"
)

// onTime lets scheduled texts out whose hour has come, before a page is shown
// that was made earlier: it drops the pages that they change. When nothing is
// due, as for nearly every request, it costs a look at one number.
func (s *Site) onTime(ctx context.Context, now time.Time) {
	if !s.stories.Overdue(now) {
		return
	}
	if err := s.stories.CatchUp(context.WithoutCancel(ctx), now); err != nil {
		s.log.WarnContext(ctx, "a scheduled story could not be published", "err", err)
	}
}
