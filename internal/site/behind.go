package site

import (
	"context"
	"sync"
)

// errands is the one goroutine that works behind the readers' backs: renewing
// pages that are due and packing pages tightly. It ends with the site.
type errands struct {
	queue chan errand
	stop  context.CancelFunc
	done  sync.WaitGroup
}

type errand func(ctx context.Context)

// waiting is how many errands may wait. More are left out: the next reader
// asks for them again.
const waiting = 256

func newErrands(ctx context.Context) *errands {
	ctx, stop := context.WithCancel(ctx)
	e := &errands{queue: make(chan errand, waiting), stop: stop}
	e.done.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case run := <-e.queue:
				run(ctx)
			}
		}
	})
	return e
}

// behind has something done later, or tells at once that there is no room.
func (s *Site) behind(run errand, full func()) {
	select {
	case s.errands.queue <- run:
	default:
		full()
	}
}

// Close stops what the site does behind the readers' backs and waits for it.
func (s *Site) Close() error {
	s.Dismiss()
	s.errands.stop()
	s.errands.done.Wait()
	return nil
}
