package reminder

import (
	"encoding/binary"
	"testing"

	"mimeo/internal/limit"
)

func TestRecentStaysBounded(t *testing.T) {
	r := recent{refs: map[[16]byte]string{}}
	for i := range 3 * limit.Most {
		var hash [16]byte
		binary.BigEndian.PutUint64(hash[:], uint64(i))
		r.note(hash, "ref")
		if len(r.refs) > limit.Most {
			t.Fatalf("%d references are remembered", len(r.refs))
		}
	}
}
