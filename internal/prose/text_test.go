package prose_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"mimeo/internal/prose"
)

func TestText(t *testing.T) {
	want := "The bridge stays shut until May.\n\nWhat the council says\n\nIt was a technical matter, the minutes say.\n\n" +
		"We had no choice.\nNone at all.\nAda Ferry, mayor\n\nClose it.\nLook at it.\n\nThe bridge on Monday\n\nThe session on video"
	d := parse(t, example)
	if got := d.Text(); got != want {
		t.Errorf("got %q", got)
	}
	if got := d.Words(); got != len(strings.Fields(want)) {
		t.Errorf("%d words", got)
	}
	if got := prose.Paragraphs("– It’s 5 p.m. –", "پل بسته است").Words(); got != 6 {
		t.Errorf("%d words", got)
	}
}

func TestExcerpt(t *testing.T) {
	for _, c := range []struct {
		doc  prose.Doc
		n    int
		want string
	}{
		{parse(t, example), 200, "The bridge stays shut until May. It was a technical matter, the minutes say."},
		{parse(t, example), 32, "The bridge stays shut until…"},
		{parse(t, example), 12, "The bridge…"},
		{prose.Paragraphs("One,", "two"), 7, "One…"},
		{prose.Paragraphs("One,", "two"), 8, "One, two"},
		{prose.Paragraphs("پل بسته است"), 8, "پل بسته…"},
		{prose.Paragraphs("ne\u0301e\u0301s"), 4, "ne\u0301…"},
		{prose.Paragraphs("Bridge"), 1, "…"},
		{prose.Doc{}, 10, ""},
	} {
		if got := c.doc.Excerpt(c.n); got != c.want {
			t.Errorf("%d of %q: %q, want %q", c.n, c.doc.Text(), got, c.want)
		}
	}
}

func TestExcerptFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, n := document(t), rapid.IntRange(1, 60).Draw(t, "n")
		got := d.Excerpt(n)
		if utf8.RuneCountInString(got) > n {
			t.Fatalf("%q has more than %d characters", got, n)
		}
	})
}
