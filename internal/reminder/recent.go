package reminder

import (
	"sync"

	"mimeo/internal/limit"
)

// recent remembers, under salted hashes and only in memory, which reminders
// this process has set, so that a second one for the same address and month
// takes the first address off the disk at once. What another process set stays
// sealed until its day and is dropped then, because only the newest leaves.
type recent struct {
	mu   sync.Mutex
	refs map[[16]byte]string
}

// of returns the reference noted last, or "".
func (r *recent) of(hash [16]byte) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refs[hash]
}

// note remembers a reference in place of the one before.
func (r *recent) note(hash [16]byte, ref string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.refs) >= limit.Most {
		clear(r.refs)
	}
	r.refs[hash] = ref
}
