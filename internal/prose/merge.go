package prose

import "bytes"

// Clash is a block that both sides changed in their own way, or that one
// changed and the other took out. A side that took it out has none.
type Clash struct {
	At           int // the block of the merged document that stands there
	Base         Block
	Mine, Theirs *Block
}

// Merge joins what two people made of one text, block by block. What only one
// of them touched is taken over; what both added in one place is kept, mine
// first. Where they clash the document has my block, or theirs when I took
// mine out, so that no words are lost unseen.
func Merge(base, mine, theirs Doc) (Doc, []Clash) {
	m, t := fates(base, mine), fates(base, theirs)
	out := Doc{Version: Version}
	var clashes []Clash
	for i := range len(base.Blocks) + 1 {
		out.Blocks = append(out.Blocks, m.added[i]...)
		if !sameBlocks(m.added[i], t.added[i]) {
			out.Blocks = append(out.Blocks, t.added[i]...)
		}
		if i == len(base.Blocks) {
			break
		}
		b := &base.Blocks[i]
		x, y := m.became[i], t.became[i]
		xSame, ySame := sameBlock(b, x), sameBlock(b, y)
		switch {
		case xSame && y != nil:
			out.Blocks = append(out.Blocks, *y)
		case ySame && x != nil:
			out.Blocks = append(out.Blocks, *x)
		case xSame || ySame || (x == nil && y == nil): // taken out by one or both
		case sameBlock(x, y):
			out.Blocks = append(out.Blocks, *x)
		default:
			clashes = append(clashes, Clash{At: len(out.Blocks), Base: *b, Mine: x, Theirs: y})
			if x == nil {
				x = y
			}
			out.Blocks = append(out.Blocks, *x)
		}
	}
	dropTwinIDs(out.Blocks)
	return out, clashes
}

// fate is what one side did: to each block of the base, and in the gap before
// each and after the last.
type fate struct {
	became []*Block // nil: taken out
	added  [][]Block
}

func fates(base, side Doc) fate {
	f := fate{became: make([]*Block, len(base.Blocks)), added: make([][]Block, len(base.Blocks)+1)}
	at := 0
	for _, c := range Diff(base, side) {
		switch c.Difference {
		case Same, Changed:
			f.became[c.Old] = &side.Blocks[c.New]
			at = c.Old + 1
		case Added:
			f.added[at] = append(f.added[at], side.Blocks[c.New])
		case Removed:
			at = c.Old + 1
		default:
		}
	}
	return f
}

func sameBlock(a, b *Block) bool {
	if a == nil || b == nil {
		return a == b
	}
	return bytes.Equal(a.appendJSON(nil), b.appendJSON(nil))
}

func sameBlocks(a, b []Block) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !sameBlock(&a[i], &b[i]) {
			return false
		}
	}
	return true
}

// dropTwinIDs takes the id from a block that has one of another before it.
func dropTwinIDs(blocks []Block) {
	seen := map[string]bool{}
	for i := range blocks {
		if id := blocks[i].ID; id != "" && seen[id] {
			blocks[i].ID = ""
		} else if id != "" {
			seen[id] = true
		}
	}
}
