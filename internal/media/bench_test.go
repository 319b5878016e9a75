package media

import (
	"bytes"
	"context"
	"runtime"
	"testing"
	"time"

	"mimeo/internal/db/dbtest"
)

// BenchmarkAdd is what a photograph of 12 megapixels costs; the metric peak is
// the most memory in use at once, over what the process had before.
func BenchmarkAdd(b *testing.B) {
	file := jpegBytes(b, scene(4000, 3000))
	s := newStore(b, dbtest.SQLite(b))
	b.SetBytes(int64(len(file)))
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapInuse)
			}
		}
	}()
	for b.Loop() {
		if _, err := s.make(context.Background(), bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
	close(stop)
	<-done
	b.ReportMetric(float64(peak-min(peak, before.HeapInuse))/(1<<20), "peak-MB")
}
