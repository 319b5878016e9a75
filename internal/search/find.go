package search

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Find returns a page of hits. A query with nothing to look for has none.
func (x *Index) Find(ctx context.Context, q Query) (res Result, err error) {
	if q.Limit <= 0 {
		q.Limit = 20
	}
	q.Limit, q.Sample = min(q.Limit, maxHits), min(q.Sample, maxSample)
	s := search{q: q, below: math.MaxInt64, from: math.MinInt64}
	if err := s.bounds(); err != nil {
		return res, err
	}
	if s.match, s.asked, err = q.match(x.db.Dialect()); err != nil || s.match == "" {
		return res, err
	}
	err = x.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := tx.ByTerms(ctx); err != nil {
			return err
		}
		switch {
		case q.Ranked:
			return s.ranked(ctx, tx)
		default:
			return s.newest(ctx, tx)
		}
	})
	if err != nil {
		return res, fmt.Errorf("searching: %w", err)
	}
	return s.res, nil
}

// search is a query under way.
type search struct {
	q           Query
	match       string
	asked       map[string]*Asked
	below, from int64
	skip        int // of the ranked hits
	res         Result
}

// bounds reads the cursor and the dates. A cursor that Find did not write is
// an address that nothing is at.
func (s *search) bounds() error {
	if !s.q.From.IsZero() {
		s.from = place(s.q.From)
	}
	if !s.q.To.IsZero() {
		s.below = place(s.q.To)
	}
	before := s.q.Before
	if before == "" {
		return nil
	}
	nothing := fault.Missingf("There is no such page")
	if s.q.Ranked {
		n, err := strconv.Atoi(strings.TrimPrefix(before, "r"))
		if err != nil || n <= 0 || n > maxRanked || !strings.HasPrefix(before, "r") {
			return nothing
		}
		s.skip = n
		return nil
	}
	at, err := strconv.ParseInt(strings.TrimPrefix(before, "n"), 36, 64)
	if err != nil || !strings.HasPrefix(before, "n") {
		return nothing
	}
	s.below = min(s.below, at)
	return nil
}

func (s *search) looks() bool {
	for _, a := range s.asked {
		if a.looks() {
			return true
		}
	}
	return false
}

// gather collects at most want hits from below a place. looked is the last
// place that was looked at when the search ended before its end.
func (s *search) gather(ctx context.Context, tx *db.Tx, want int, facets, words bool) (hits []row, looked int64, more bool, err error) {
	below := s.below
	if !s.looks() {
		rows, err := candidates(ctx, tx, s.match, below, s.from, want+1, facets, words)
		if err != nil || len(rows) <= want {
			return rows, 0, false, err
		}
		return rows[:want], rows[want-1].place, true, nil
	}
	for _, size := range []int{batch, maxLooked - batch} {
		rows, err := candidates(ctx, tx, s.match, below, s.from, size, facets, true)
		if err != nil {
			return nil, 0, false, err
		}
		for _, r := range rows {
			if a := s.asked[r.Lang]; a == nil || !a.fits(r.words) {
				continue
			}
			if len(hits) == want {
				return hits, hits[want-1].place, true, nil
			}
			hits = append(hits, r)
		}
		if len(rows) < size {
			return hits, 0, false, nil
		}
		below = rows[len(rows)-1].place
	}
	s.res.Bounded = true
	return hits, below, true, nil
}

func (s *search) newest(ctx context.Context, tx *db.Tx) error {
	want := max(s.q.Limit, s.q.Sample)
	hits, looked, more, err := s.gather(ctx, tx, want, s.q.Sample > 0, false)
	if err != nil {
		return err
	}
	if err := s.count(hits, !more); err != nil {
		return err
	}
	if len(hits) > s.q.Limit {
		hits = hits[:s.q.Limit]
		looked, more = hits[s.q.Limit-1].place, true
		s.res.Bounded = false
	}
	for _, h := range hits {
		s.res.Hits = append(s.res.Hits, h.Hit)
	}
	if more {
		s.res.Older = "n" + strconv.FormatInt(looked, 36)
	}
	return nil
}

// ranked orders the newest hits by how well they fit.
func (s *search) ranked(ctx context.Context, tx *db.Tx) error {
	hits, _, more, err := s.gather(ctx, tx, maxRanked, s.q.Sample > 0, true)
	if err != nil {
		return err
	}
	if err := s.count(hits, !more); err != nil {
		return err
	}
	s.res.Bounded = more
	scores := make(map[int64]float64, len(hits))
	for i := range hits {
		scores[hits[i].place] = s.asked[hits[i].Lang].score(hits[i].words)
	}
	slices.SortStableFunc(hits, func(a, b row) int { return cmp.Compare(scores[b.place], scores[a.place]) })
	hits = hits[min(s.skip, len(hits)):]
	if len(hits) > s.q.Limit {
		hits = hits[:s.q.Limit]
		s.res.Older = "r" + strconv.Itoa(s.skip+s.q.Limit)
	}
	for _, h := range hits {
		s.res.Hits = append(s.res.Hits, h.Hit)
	}
	return nil
}

// score says how well a text fits: each word counts by how often it occurs, the
// second time less than the first, and far more in the title; words that stand
// together count like a phrase.
func (a *Asked) score(words string) float64 {
	title, text, _ := strings.Cut(words, " "+bar+" ")
	title += " "
	text = " " + text
	score := 0.0
	for i, p := range a.want {
		needle := " " + strings.Join(p.stems, " ")
		score += math.Log1p(float64(strings.Count(text, needle+" ")))
		if strings.Contains(title, needle+" ") {
			score += 5
		}
		if i > 0 {
			pair := " " + strings.Join(a.want[i-1].stems, " ") + needle + " "
			if strings.Contains(text, pair) || strings.Contains(title, pair) {
				score += 3
			}
		}
	}
	return score
}

// count counts the facets of the sample.
func (s *search) count(hits []row, whole bool) error {
	if s.q.Sample == 0 {
		return nil
	}
	whole = whole && len(hits) <= s.q.Sample
	hits = hits[:min(len(hits), s.q.Sample)]
	zone := s.q.Zone
	if zone == nil {
		zone = time.UTC
	}
	counts := map[Facet]int{}
	for _, h := range hits {
		var facets []Facet
		if err := json.Unmarshal([]byte(h.facets), &facets); err != nil {
			return fmt.Errorf("reading the facets of %s: %w", h.Key, err)
		}
		for _, f := range facets {
			counts[f]++
		}
		counts[Facet{Kind: "month", Value: h.At.In(zone).Format("2006-01")}]++
	}
	for f, n := range counts {
		s.res.Counts = append(s.res.Counts, Count{f, n})
	}
	slices.SortFunc(s.res.Counts, func(a, b Count) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), cmp.Compare(b.N, a.N), strings.Compare(b.Value, a.Value))
	})
	s.res.Sampled, s.res.Whole = len(hits), whole
	return nil
}
