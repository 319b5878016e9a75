package site

import (
	"slices"
	"sync"
)

// shelf holds the pages that lie ready, within a bound of memory. Looking a
// page up takes a read lock and allocates nothing. When room is needed, pages
// that nobody asked for since the last time are dropped.
type shelf struct {
	mu    sync.RWMutex
	pages map[string]*kept
	order []*kept // in no particular order; hand goes round in it
	hand  int
	size  int64
	limit int64

	// epoch counts the changes of stories. A page that was begun before a
	// change and finished after it may show what is no longer so, and is not
	// kept.
	epoch uint64
}

// overhead is what a page costs beside its bytes: structs, map entry, strings.
const overhead = 1024

func newShelf(limit int64) *shelf {
	return &shelf{pages: map[string]*kept{}, limit: limit}
}

func (s *shelf) find(path string) *kept {
	s.mu.RLock()
	k := s.pages[path]
	s.mu.RUnlock()
	if k != nil && !k.used.Load() {
		k.used.Store(true)
	}
	return k
}

func (s *shelf) now() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.epoch
}

// put keeps a page that was begun at an epoch, in place of an older one.
func (s *shelf) put(k *kept, begun uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k.size = k.weight()
	if s.epoch != begun {
		return
	}
	if old := s.pages[k.path]; old != nil {
		s.remove(slices.Index(s.order, old))
	}
	s.pages[k.path] = k
	s.order = append(s.order, k)
	s.size += k.size
	s.makeRoom(k)
}

// grew counts bytes that were added to a page after it was put on the shelf.
func (s *shelf) grew(k *kept, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pages[k.path] == k {
		k.size += int64(n)
		s.size += int64(n)
		s.makeRoom(k)
	}
}

// makeRoom drops pages until the shelf is within its bound. The page that
// needs the room goes last: a single one larger than the bound is served and
// not kept.
func (s *shelf) makeRoom(except *kept) {
	for passed := 0; s.size > s.limit && len(s.order) > 1; {
		if s.hand >= len(s.order) {
			s.hand = 0
		}
		k := s.order[s.hand]
		if k == except || (k.used.Swap(false) && passed < 2*len(s.order)) {
			s.hand++
			passed++
			continue
		}
		s.remove(s.hand)
	}
	if s.size > s.limit {
		s.remove(slices.Index(s.order, except))
	}
}

func (s *shelf) remove(i int) {
	if i < 0 {
		return
	}
	k := s.order[i]
	last := len(s.order) - 1
	s.order[i] = s.order[last]
	s.order[last] = nil
	s.order = s.order[:last]
	delete(s.pages, k.path)
	s.size -= k.size
}

// drop takes down every page that shows a topic.
func (s *shelf) drop(topic string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	for i := len(s.order) - 1; i >= 0; i-- {
		if slices.Contains(s.order[i].topics, topic) || s.order[i].covers.has(topic) {
			s.remove(i)
		}
	}
}
