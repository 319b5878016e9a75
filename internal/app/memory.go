package app

import (
	"math"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A newsroom shares a small machine with others, so its heap is kept small; but
// not so small that collecting it costs more than the pages do. What lives is
// some 3 MB, and the collector's own rule would run it for every thousand
// requests.
const (
	heapGrowth = 400      // in percent: the heap may grow to five times what lives
	heapBound  = 32 << 20 // in bytes, with stacks; it gives way when more than half of it lives
)

const adjustEvery = 2 * time.Second

// keepMemory sets how much memory the process may take, unless the operator has
// done so by GOGC or GOMEMLIMIT. The function it returns adjusts the bound to
// what lives, and is to be called now and then: a bound below what is needed
// would have the collector run all the time.
func keepMemory() (adjust func()) {
	const usual = 100
	if debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return func() {}
	}
	if before := debug.SetGCPercent(heapGrowth); before != usual {
		debug.SetGCPercent(before)
		return func() {}
	}
	debug.SetMemoryLimit(heapBound)
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	return func() {
		metrics.Read(live)
		needed := int64(0)
		for _, m := range live {
			if m.Value.Kind() == metrics.KindUint64 {
				needed += int64(min(m.Value.Uint64(), math.MaxInt64/4)) //nolint:gosec // bounded
			}
		}
		debug.SetMemoryLimit(max(heapBound, 2*needed))
	}
}
