package prose

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// pair says that element a of one list is element b of another.
type pair struct{ a, b int }

// Bounds of the search for what two lists share. Beyond them it is anchored by
// what occurs once in both, and where nothing does, given up.
const (
	short = 400 // elements of both lists that are compared as they are
	edits = 250 // differences that are looked for in them
)

// match finds what two lists have in common, in order.
func match(a, b []int32) []pair {
	m := matcher{a: a, b: b}
	m.between(0, len(a), 0, len(b))
	return m.found
}

type matcher struct {
	a, b  []int32
	found []pair
}

func (m *matcher) between(a0, a1, b0, b1 int) {
	for a0 < a1 && b0 < b1 && m.a[a0] == m.b[b0] {
		m.found = append(m.found, pair{a0, b0})
		a0++
		b0++
	}
	tail := 0
	for a0 < a1 && b0 < b1 && m.a[a1-1] == m.b[b1-1] {
		a1--
		b1--
		tail++
	}
	if a0 < a1 && b0 < b1 {
		if a1-a0+b1-b0 > short {
			m.anchored(a0, a1, b0, b1)
		} else {
			m.found = append(m.found, shortest(m.a[a0:a1], m.b[b0:b1], a0, b0)...)
		}
	}
	for i := range tail {
		m.found = append(m.found, pair{a1 + i, b1 + i})
	}
}

// anchored matches the longest rising run of what occurs exactly once on both
// sides, and then what lies between.
func (m *matcher) anchored(a0, a1, b0, b1 int) {
	type place struct{ a, b, times int }
	once := make(map[int32]place, a1-a0)
	for i := a0; i < a1; i++ {
		p := once[m.a[i]]
		once[m.a[i]] = place{a: i, b: -1, times: p.times + 1}
	}
	for j := b0; j < b1; j++ {
		if p, ok := once[m.b[j]]; ok {
			if p.b >= 0 {
				p.times++
			}
			p.b = j
			once[m.b[j]] = p
		}
	}
	var anchors []pair
	for i := a0; i < a1; i++ {
		if p := once[m.a[i]]; p.times == 1 && p.b >= 0 {
			anchors = append(anchors, pair{i, p.b})
		}
	}
	anchors = rising(anchors)
	if len(anchors) == 0 {
		m.found = append(m.found, shortest(m.a[a0:a1], m.b[b0:b1], a0, b0)...)
		return
	}
	for _, p := range anchors {
		m.between(a0, p.a, b0, p.b)
		m.found = append(m.found, p)
		a0, b0 = p.a+1, p.b+1
	}
	m.between(a0, a1, b0, b1)
}

// rising is the longest run of pairs, given in the order of a, that also rise
// in b.
func rising(pairs []pair) []pair {
	var ends []int // the pair that ends the best run of each length
	before := make([]int, len(pairs))
	for i, p := range pairs {
		at, _ := slices.BinarySearchFunc(ends, p.b, func(k, b int) int { return pairs[k].b - b })
		before[i] = -1
		if at > 0 {
			before[i] = ends[at-1]
		}
		if at == len(ends) {
			ends = append(ends, i)
		} else {
			ends[at] = i
		}
	}
	if len(ends) == 0 {
		return nil
	}
	out := make([]pair, len(ends))
	for i, k := len(ends)-1, ends[len(ends)-1]; i >= 0; i-- {
		out[i] = pairs[k]
		k = before[k]
	}
	return out
}

// shortest finds the least edits between two lists as E. Myers describes
// (Algorithmica 1, 1986), and nothing when they are more than edits.
func shortest(a, b []int32, offA, offB int) []pair {
	n, m := len(a), len(b)
	limit := min(n+m, edits)
	v := make([]int, 2*limit+2)
	var trace [][]int
	for d := 0; d <= limit; d++ {
		for k := -d; k <= d; k += 2 {
			x := 0
			switch {
			case d == 0:
			case k == -d || (k != d && v[limit+k-1] < v[limit+k+1]):
				x = v[limit+k+1]
			default:
				x = v[limit+k-1] + 1
			}
			y := x - k
			for x < n && y < m && a[x] == b[y] {
				x++
				y++
			}
			v[limit+k] = x
			if x >= n && y >= m {
				trace = append(trace, slices.Clone(v[limit-d:limit+d+1]))
				return walk(trace, n, m, offA, offB)
			}
		}
		trace = append(trace, slices.Clone(v[limit-d:limit+d+1]))
	}
	return nil
}

// walk goes back over the furthest points of each number of edits.
func walk(trace [][]int, x, y, offA, offB int) []pair {
	var out []pair
	for d := len(trace) - 1; d > 0; d-- {
		k, v := x-y, trace[d-1]
		at := func(k int) int { // of the step before, -1 where it never was
			if i := k + d - 1; i >= 0 && i < len(v) {
				return v[i]
			}
			return -1
		}
		prev := k - 1
		if k == -d || (k != d && at(k-1) < at(k+1)) {
			prev = k + 1
		}
		px := at(prev)
		py := px - prev
		for x > px && y > py {
			x--
			y--
			out = append(out, pair{x + offA, y + offB})
		}
		x, y = px, py
	}
	for x > 0 && y > 0 {
		x--
		y--
		out = append(out, pair{x + offA, y + offB})
	}
	slices.Reverse(out)
	return out
}

// tokens cuts a text into words, white space and signs.
func tokens(text string) []string {
	out := make([]string, 0, len(text)/3+1)
	for text != "" {
		n := 0
		kind := 0
		for n < len(text) {
			r, size := utf8.DecodeRuneInString(text[n:])
			k := 3
			switch {
			case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == 0x200c || r == 0x200d:
				k = 1
			case unicode.IsSpace(r):
				k = 2
			}
			if n > 0 && (k != kind || k == 3) {
				break
			}
			kind = k
			n += size
		}
		out = append(out, text[:n])
		text = text[n:]
	}
	return out
}

// Plain is all the words of a block, footnotes and the words about a picture
// included.
func (b *Block) Plain() string {
	var out []byte
	next := func(words string) {
		if words == "" {
			return
		}
		if len(out) > 0 {
			out = append(out, '\n')
		}
		out = append(out, words...)
	}
	if b.Kind == Image {
		next(b.Alt)
	}
	b.texts(func(t *Text) { next(t.String()) })
	b.texts(func(t *Text) {
		for i := range *t {
			next((*t)[i].Note)
		}
	})
	if b.Kind == Image {
		next(b.Credit)
	}
	return string(out)
}
