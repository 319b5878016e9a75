package prose_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mimeo/internal/prose"
)

func shown(changes []prose.Change) string {
	var out strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&out, "%s %d %d", c.Difference, c.Old, c.New)
		for _, p := range c.Words {
			fmt.Fprintf(&out, " %s[%s]", p.Difference[:1], p.Text)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func TestDiff(t *testing.T) {
	a := prose.Paragraphs("It began on Monday.", "The mayor spoke for an hour.", "Nobody answered.", "It ended at nine.")
	b := prose.Paragraphs("It began on Monday.", "The mayor spoke for two hours.", "Then the rain came.", "It ended at nine.")
	want := `same 0 0
changed 1 1 s[The mayor spoke for ] r[an hour] a[two hours] s[.]
removed 2 -1
added -1 2
same 3 3
`
	if diff := cmp.Diff(want, shown(prose.Diff(a, b))); diff != "" {
		t.Error(diff)
	}
	if got := prose.DiffText("Bridge shut", "Bridge open"); !slices.Equal(got, []prose.Piece{{"same", "Bridge "}, {"removed", "shut"}, {"added", "open"}}) {
		t.Errorf("%v", got)
	}
	bold := prose.Paragraphs("Nobody answered.")
	bold.Blocks[0].Text[0].Bold = true
	if got := shown(prose.Diff(prose.Paragraphs("Nobody answered."), bold)); got != "changed 0 0 s[Nobody answered.]\n" {
		t.Errorf("a mark shows as %s", got)
	}
}

// TestDiffTellsBoth: the changes name every block of both texts once and in
// order, and the pieces of a block give the words of both.
func TestDiffTellsBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := document(t)
		b := a.Clone()
		for range rapid.IntRange(0, 4).Draw(t, "edits") {
			n := len(b.Blocks)
			switch at := rapid.IntRange(0, n).Draw(t, "at"); rapid.IntRange(0, 2).Draw(t, "edit") {
			case 0:
				b.Blocks = slices.Insert(b.Blocks, at, prose.Block{Kind: prose.Paragraph, Text: some(t)})
			case 1:
				if at < n {
					b.Blocks = slices.Delete(b.Blocks, at, at+1)
				}
			default:
				if at < n && b.Blocks[at].Text != nil {
					b.Blocks[at].Text = append(b.Blocks[at].Text, some(t)...)
				}
			}
		}
		i, j := 0, 0
		for _, c := range prose.Diff(a, b) {
			if c.Old >= 0 {
				if c.Old != i {
					t.Fatalf("old block %d where %d is due", c.Old, i)
				}
				i++
			}
			if c.New >= 0 {
				if c.New != j {
					t.Fatalf("new block %d where %d is due", c.New, j)
				}
				j++
			}
			if c.Difference == prose.Changed {
				var was, is strings.Builder
				for _, p := range c.Words {
					if p.Difference != prose.Added {
						was.WriteString(p.Text)
					}
					if p.Difference != prose.Removed {
						is.WriteString(p.Text)
					}
				}
				for _, side := range []struct {
					text string
					b    prose.Block
				}{{was.String(), a.Blocks[c.Old]}, {is.String(), b.Blocks[c.New]}} {
					if side.b.Kind == prose.Paragraph && !strings.HasPrefix(side.text, side.b.Text.String()) {
						t.Fatalf("%q is not %q", side.text, side.b.Text.String())
					}
				}
			}
		}
		if i != len(a.Blocks) || j != len(b.Blocks) {
			t.Fatalf("%d of %d and %d of %d blocks", i, len(a.Blocks), j, len(b.Blocks))
		}
	})
}

func TestMerge(t *testing.T) {
	base := prose.Paragraphs("It began on Monday.", "The mayor spoke for an hour.", "Nobody answered.", "It ended at nine.")
	mine := prose.Paragraphs("It began on Monday night.", "The mayor spoke for an hour.", "I was there.", "Nobody answered.", "It ended at nine.")
	theirs := prose.Paragraphs("It began on Monday.", "The mayor spoke for two hours.", "It was late.", "It ended at nine.")
	got, clashes := prose.Merge(base, mine, theirs)
	want := prose.Paragraphs("It began on Monday night.", "The mayor spoke for two hours.", "I was there.", "It was late.", "It ended at nine.")
	if diff := cmp.Diff(want.Text(), got.Text()); diff != "" || len(clashes) > 0 {
		t.Error(diff, clashes)
	}
	theirs.Blocks[0].Text = prose.Plain("It began on Tuesday.")
	got, clashes = prose.Merge(base, mine, theirs)
	if len(clashes) != 1 || clashes[0].At != 0 || clashes[0].Theirs.Text.String() != "It began on Tuesday." || !strings.HasPrefix(got.Text(), "It began on Monday night.") {
		t.Errorf("%v\n%s", clashes, got.Text())
	}
}

// TestMergeLosesNothing: every paragraph that one side wrote anew is in the
// merged text or in a clash.
func TestMergeLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SampledFrom([]string{"a b c d", "a b c e", "f g h i", "k l", "m n o p q", "x"})
		draw := func(name string) prose.Doc {
			return prose.Paragraphs(rapid.SliceOfN(line, 0, 6).Draw(t, name)...)
		}
		base, mine, theirs := draw("base"), draw("mine"), draw("theirs")
		got, clashes := prose.Merge(base, mine, theirs)
		has := func(words string, d prose.Doc) bool {
			return slices.ContainsFunc(d.Blocks, func(b prose.Block) bool { return b.Text.String() == words })
		}
		for _, side := range []prose.Doc{mine, theirs} {
			for _, b := range side.Blocks {
				words := b.Text.String()
				if has(words, base) || has(words, got) {
					continue
				}
				if !slices.ContainsFunc(clashes, func(c prose.Clash) bool {
					return c.Mine != nil && c.Mine.Text.String() == words || c.Theirs != nil && c.Theirs.Text.String() == words
				}) {
					t.Fatalf("%q is lost", words)
				}
			}
		}
		if same, c := prose.Merge(base, mine, base); !same.Equal(mine) || c != nil {
			t.Fatalf("nobody else changed anything, and it gives %q %v", same.Text(), c)
		}
		if same, c := prose.Merge(base, base, theirs); !same.Equal(theirs) || c != nil {
			t.Fatalf("I changed nothing, and it gives %q %v", same.Text(), c)
		}
	})
}

// long is a text of n words in paragraphs of a length.
func long(r *rand.Rand, n, each int) prose.Doc {
	var paragraphs []string
	for n > 0 {
		var p strings.Builder
		for range min(n, each) {
			fmt.Fprintf(&p, "w%d ", r.IntN(3000))
		}
		paragraphs = append(paragraphs, p.String())
		n -= each
	}
	return prose.Paragraphs(paragraphs...)
}

// BenchmarkDiff compares revisions of 10,000 words that were edited throughout,
// that share nothing, and that are one paragraph each.
func BenchmarkDiff(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	text := long(r, 10_000, 60)
	edited := text.Clone()
	for i := range edited.Blocks {
		words := strings.Fields(edited.Blocks[i].Text.String())
		for range 5 {
			words[r.IntN(len(words))] = "changed"
		}
		edited.Blocks[i].Text = prose.Plain(strings.Join(words, " "))
	}
	one := func(d prose.Doc) prose.Doc { return prose.Paragraphs(strings.ReplaceAll(d.Text(), "\n\n", " ")) }
	for _, c := range []struct {
		name string
		a, b prose.Doc
	}{
		{"edited", text, edited},
		{"nothing in common", text, long(r, 10_000, 60)},
		{"one paragraph edited", one(text), one(edited)},
		{"one paragraph anew", one(text), one(long(r, 10_000, 60))},
		{"lines", long(r, 10_000, 5), long(r, 10_000, 5)},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				prose.Diff(c.a, c.b)
			}
		})
	}
}
