package prose

import (
	"bytes"
	"slices"
	"strings"
)

// Difference says what became of a block or of some words.
type Difference string

// What can become of a block or of some words.
const (
	Same    Difference = "same"
	Added   Difference = "added"
	Removed Difference = "removed"
	Changed Difference = "changed" // blocks only
)

// Change is one block of the older text, the newer one, or both. The changes of
// a pair of documents name every block of both, in reading order.
type Change struct {
	Difference Difference
	Old, New   int // numbers of the blocks, -1 for none
	// Words are those of a changed block. When all of them are the same, only
	// marks, notes, links, or what a picture or an embed says of itself differ.
	Words []Piece
}

// Piece is a run of words in a changed block.
type Piece struct {
	Difference Difference
	Text       string
}

// Diff compares two documents, by block and within a block by word. Its cost
// is bounded: what shares too little is given as removed and added whole.
func Diff(a, b Doc) []Change {
	c := comparison{numbers: map[string]int32{}}
	c.read(&c.old, a)
	c.read(&c.new, b)
	var out []Change
	i, j := 0, 0
	for _, m := range append(match(c.old.sums, c.new.sums), pair{len(a.Blocks), len(b.Blocks)}) {
		out = c.between(out, i, m.a, j, m.b)
		if m.a < len(a.Blocks) {
			out = append(out, Change{Difference: Same, Old: m.a, New: m.b})
		}
		i, j = m.a+1, m.b+1
	}
	return out
}

// comparison numbers whatever it meets, so that to compare is to compare
// numbers.
type comparison struct {
	numbers  map[string]int32
	old, new side
}

type side struct {
	doc   Doc
	sums  []int32   // of each whole block, its id left out
	words [][]int32 // of each block, read when first asked for
	bags  [][]int32
}

func (c *comparison) number(key string) int32 {
	n, ok := c.numbers[key]
	if !ok {
		n = int32(len(c.numbers)) //nolint:gosec // a document has at most MaxSize bytes
		c.numbers[key] = n
	}
	return n
}

func (c *comparison) read(s *side, d Doc) {
	s.doc = d
	s.sums = make([]int32, len(d.Blocks))
	s.words = make([][]int32, len(d.Blocks))
	s.bags = make([][]int32, len(d.Blocks))
	var buf []byte
	for i := range d.Blocks {
		buf = d.Blocks[i].sum(buf[:0])
		s.sums[i] = c.number(string(buf))
	}
}

// sum is a block as far as readers meet it: without its id, unless that is in
// its address.
func (b *Block) sum(dst []byte) []byte {
	bare := *b
	if bare.Kind != Entry {
		bare.ID = ""
	}
	return bare.appendJSON(append(dst, 0))
}

func (c *comparison) wordsOf(s *side, i int) []int32 {
	if s.words[i] == nil {
		tokens := tokens(s.doc.Blocks[i].Plain())
		s.words[i] = make([]int32, len(tokens))
		for j, t := range tokens {
			s.words[i][j] = c.number(t)
		}
		s.bags[i] = slices.Clone(s.words[i])
		slices.Sort(s.bags[i])
	}
	return s.words[i]
}

// alike says how much two blocks share, from 0 to 1000; 0 when they are not to
// be shown as one that changed.
func (c *comparison) alike(i, j int) int {
	a, b := &c.old.doc.Blocks[i], &c.new.doc.Blocks[j]
	if a.ID != "" && a.ID == b.ID {
		return 1000
	}
	if a.Kind != b.Kind {
		return 0
	}
	switch a.Kind {
	case Rule:
		return 0
	case Image:
		if a.Src == b.Src {
			return 1000
		}
		return 0
	case Embed:
		if a.URL == b.URL {
			return 1000
		}
		return 0
	case Paragraph, Heading, Quote, List, Table, Entry:
	default:
		return 0
	}
	c.wordsOf(&c.old, i)
	c.wordsOf(&c.new, j)
	x, y := c.old.bags[i], c.new.bags[j]
	common := 0
	for k, l := 0, 0; k < len(x) && l < len(y); {
		switch {
		case x[k] == y[l]:
			common++
			k++
			l++
		case x[k] < y[l]:
			k++
		default:
			l++
		}
	}
	share := 2000 * common / max(len(x)+len(y), 1)
	if share < 500 {
		return 0
	}
	return share
}

// most is how many pairs of blocks are weighed against each other.
const most = 20_000

// between pairs the blocks of a gap between equal ones, such that the pairs
// share as much as they can.
func (c *comparison) between(out []Change, i, endI, j, endJ int) []Change {
	n, m := endI-i, endJ-j
	if n*m > most { // only the names of blocks, and their places, can help here
		for i < endI && j < endJ {
			out = c.changed(out, i, j)
			i++
			j++
		}
		return rest(out, i, endI, j, endJ)
	}
	gain := make([]int, (n+1)*(m+1))
	share := make([]int, n*m)
	for x := n - 1; x >= 0; x-- {
		for y := m - 1; y >= 0; y-- {
			s := c.alike(i+x, j+y)
			share[x*m+y] = s
			best := max(gain[(x+1)*(m+1)+y], gain[x*(m+1)+y+1])
			if s > 0 {
				best = max(best, s+gain[(x+1)*(m+1)+y+1])
			}
			gain[x*(m+1)+y] = best
		}
	}
	x, y := 0, 0
	for x < n && y < m {
		here := gain[x*(m+1)+y]
		switch s := share[x*m+y]; {
		case s > 0 && here == s+gain[(x+1)*(m+1)+y+1]:
			out = c.changed(out, i+x, j+y)
			x++
			y++
		case here == gain[(x+1)*(m+1)+y]:
			out = append(out, Change{Difference: Removed, Old: i + x, New: -1})
			x++
		default:
			out = append(out, Change{Difference: Added, Old: -1, New: j + y})
			y++
		}
	}
	return rest(out, i+x, endI, j+y, endJ)
}

func rest(out []Change, i, endI, j, endJ int) []Change {
	for ; i < endI; i++ {
		out = append(out, Change{Difference: Removed, Old: i, New: -1})
	}
	for ; j < endJ; j++ {
		out = append(out, Change{Difference: Added, Old: -1, New: j})
	}
	return out
}

func (c *comparison) changed(out []Change, i, j int) []Change {
	x, y := &c.old.doc.Blocks[i], &c.new.doc.Blocks[j]
	pieces := pieces(x.Plain(), y.Plain(), c.wordsOf(&c.old, i), c.wordsOf(&c.new, j))
	return append(out, Change{Difference: Changed, Old: i, New: j, Words: pieces})
}

// DiffText compares two lines, such as headlines, by word.
func DiffText(a, b string) []Piece {
	c := comparison{numbers: map[string]int32{}}
	number := func(text string) []int32 {
		var out []int32
		for _, t := range tokens(text) {
			out = append(out, c.number(t))
		}
		return out
	}
	return pieces(a, b, number(a), number(b))
}

// pieces gives the words of two texts that were cut into numbered tokens.
func pieces(a, b string, x, y []int32) []Piece {
	ta, tb := tokens(a), tokens(b)
	var out []Piece
	add := func(d Difference, words []string) {
		for _, w := range words {
			if n := len(out); n > 0 && out[n-1].Difference == d {
				out[n-1].Text += w
				continue
			}
			out = append(out, Piece{Difference: d, Text: w})
		}
	}
	i, j := 0, 0
	for _, m := range append(match(x, y), pair{len(x), len(y)}) {
		add(Removed, ta[i:m.a])
		add(Added, tb[j:m.b])
		if m.a < len(x) {
			add(Same, ta[m.a:m.a+1])
		}
		i, j = m.a+1, m.b+1
	}
	return readable(out)
}

// readable joins changes that only white space parts: who reads them wants the
// phrase that was there and the phrase that is, not every other word.
func readable(in []Piece) []Piece {
	var out []Piece
	for i := 0; i < len(in); {
		if in[i].Difference == Same {
			out = append(out, in[i])
			i++
			continue
		}
		var was, is strings.Builder
		for ; i < len(in); i++ {
			p := in[i]
			gap := p.Difference == Same && i+1 < len(in) && strings.TrimSpace(p.Text) == ""
			if p.Difference == Same && !gap {
				break
			}
			if p.Difference != Added {
				was.WriteString(p.Text)
			}
			if p.Difference != Removed {
				is.WriteString(p.Text)
			}
		}
		if was.Len() > 0 {
			out = append(out, Piece{Difference: Removed, Text: was.String()})
		}
		if is.Len() > 0 {
			out = append(out, Piece{Difference: Added, Text: is.String()})
		}
	}
	return out
}

// Equal says whether two documents are the same to a reader and to the desk.
func (d Doc) Equal(o Doc) bool { return bytes.Equal(d.AppendJSON(nil), o.AppendJSON(nil)) }
