package front_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/front"
	"mimeo/internal/ident"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

var begin = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

type house struct {
	t      *testing.T
	clock  *dbtest.Clock
	desk   *story.Desk
	layout *front.Layout
}

func each(t *testing.T, fn func(h *house)) {
	t.Helper()
	dbtest.EachClock(t, begin, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		desk := story.New(d, ident.NewSource(c.Now, rand.Reader), story.Options{Zone: time.UTC, DefaultLang: "en"})
		fn(&house{t: t, clock: c, desk: desk, layout: front.New(d, desk, nil)})
	})
}

func (h *house) story(lang, headline string) string {
	h.t.Helper()
	h.clock.Advance(time.Minute)
	s, err := h.desk.Create(h.t.Context(), story.Draft{Lang: lang, Headline: headline, Body: prose.Paragraphs("Text.")})
	if err == nil {
		_, err = h.desk.Publish(h.t.Context(), s.ID)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return s.ID
}

// head is the headlines at the head of the page.
func (h *house) head(n int) (all []string, line string) {
	h.t.Helper()
	head, breaking, err := h.layout.Head(h.t.Context(), "en", n, h.clock.Now())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, s := range head {
		all = append(all, s.Headline)
	}
	if breaking != nil {
		line = breaking.Words
	}
	return all, line
}

func TestArranged(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		one, two, three := h.story("en", "One"), h.story("en", "Two"), h.story("en", "Three")
		foreign := h.story("fa", "Foreign")
		if got, _ := h.head(3); !slices.Equal(got, []string{"Three", "Two", "One"}) {
			h.t.Errorf("before anything is arranged: %v", got)
		}
		a, err := h.layout.Arrange(ctx, "ada", "en", 0, []string{one, foreign, "gone", three, one})
		if err != nil || a.Version != 1 {
			h.t.Fatal(a, err)
		}
		if got, _ := h.head(3); !slices.Equal(got, []string{"One", "Three", "Two"}) {
			h.t.Errorf("arranged: %v", got)
		}
		if _, err := h.layout.Arrange(ctx, "ada", "en", 0, []string{two}); fault.KindOf(err) != fault.Conflict {
			h.t.Errorf("a stale arrangement: %v", err)
		}
		if _, err := h.layout.Arrange(ctx, "ada", "en", 1, strings.Split("abcdefghijklmnop", "")); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("too many: %v", err)
		}
		if _, err := h.desk.Retract(ctx, one, story.Note{Text: "It was wrong."}); err != nil {
			h.t.Fatal(err)
		}
		if got, _ := h.head(3); !slices.Equal(got, []string{"Three", "Two"}) {
			h.t.Errorf("one was taken back: %v", got)
		}
	})
}

func TestBreaking(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		one, foreign := h.story("en", "One"), h.story("fa", "Foreign")
		until := h.clock.Now().Add(time.Hour)
		if _, err := h.layout.Break(ctx, "ada", "en", front.Breaking{Story: foreign, Until: until}); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("another language's story: %v", err)
		}
		if _, err := h.layout.Break(ctx, "ada", "en", front.Breaking{Story: one, Until: until}); err != nil {
			h.t.Fatal(err)
		}
		if _, line := h.head(1); line != "One" {
			h.t.Errorf("the line: %q", line)
		}
		if _, err := h.layout.Break(ctx, "ada", "en", front.Breaking{Story: one, Words: " The bridge is open ", Until: until}); err != nil {
			h.t.Fatal(err)
		}
		if _, line := h.head(1); line != "The bridge is open" {
			h.t.Errorf("the line: %q", line)
		}
		h.clock.Advance(time.Hour)
		if _, line := h.head(1); line != "" {
			h.t.Errorf("when its time is over the line still says %q", line)
		}
		if _, err := h.layout.Break(ctx, "ada", "en", front.Breaking{}); err != nil {
			h.t.Fatal(err)
		}
	})
}

// Of editors who arrange one page at once, one is heard and the others are told.
func TestAtOnce(t *testing.T) {
	each(t, func(h *house) {
		one := h.story("en", "One")
		var all sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			all.Go(func() { _, errs[i] = h.layout.Arrange(h.t.Context(), "ada", "en", 0, []string{one, fmt.Sprint(i)}) })
		}
		all.Wait()
		heard := 0
		for _, err := range errs {
			if err == nil {
				heard++
			} else if fault.KindOf(err) != fault.Conflict {
				h.t.Error(err)
			}
		}
		if heard != 1 {
			h.t.Errorf("%d arrangements were saved", heard)
		}
	})
}
