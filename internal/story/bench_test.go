package story_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"

	"mimeo/internal/db/dbtest"
	"mimeo/internal/ident"
	"mimeo/internal/story"
	"mimeo/internal/story/storytest"
)

// archive is a desk with n published stories.
func archive(b *testing.B, n int) *story.Desk {
	b.Helper()
	base := dbtest.Open(b, dbtest.SQLiteURL(b), time.Now)
	if err := storytest.Seed(b.Context(), base, n); err != nil {
		b.Fatal(err)
	}
	return story.New(base, ident.NewSource(time.Now, rand.Reader), story.Options{DefaultLang: "en"})
}

var archives = []int{1_000, 100_000}

// BenchmarkPublish publishes into a small archive and a large one: the second
// may take no more than 1.5 times as long.
func BenchmarkPublish(b *testing.B) {
	for _, n := range archives {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := archive(b, n)
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				s, err := d.Create(b.Context(), draft(fmt.Sprintf("Measured %d", i)))
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				began := time.Now()
				if _, err := d.Publish(b.Context(), s.ID); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			report(b, took)
		})
	}
}

// BenchmarkDesk asks for what an editor's day begins with: the list of stories,
// and one of them with its history, its checks and what readers were told.
func BenchmarkDesk(b *testing.B) {
	for _, n := range archives {
		d := archive(b, n)
		s, err := d.Create(b.Context(), draft("Much edited"))
		for i := range 200 {
			if err != nil {
				b.Fatal(err)
			}
			next := s.Draft()
			next.Headline = fmt.Sprintf("Much edited, %d times", i)
			s, err = d.Revise(b.Context(), s.ID, s.Latest, next)
		}
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint("list ", n), func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if _, err := d.AtWork(b.Context(), "", story.Cursor{}, 50); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			report(b, took)
		})
		b.Run(fmt.Sprint("open ", n), func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				_, err := d.ByID(b.Context(), s.ID)
				if err == nil {
					_, err = d.History(b.Context(), s.ID, 0, 20)
				}
				if err == nil {
					_, err = d.Checklist(b.Context(), s.ID)
				}
				if err == nil {
					_, err = d.Publications(b.Context(), s.ID)
				}
				if err == nil {
					_, err = d.Attend(b.Context(), s.ID, "session", "ann", true, false)
				}
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			report(b, took)
		})
	}
}

func report(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
