package story

import (
	"maps"
	"slices"
)

// Reached counts what a redaction found, by what it is.
type Reached map[string]int

// Sorted are the names of what was found at least once, in the order of the
// alphabet.
func (r Reached) Sorted() []string {
	var out []string
	for _, what := range slices.Sorted(maps.Keys(r)) {
		if r[what] > 0 {
			out = append(out, what)
		}
	}
	return out
}
