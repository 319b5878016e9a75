package statement_test

import (
	"strings"
	"testing"

	"mimeo/internal/prose"
	"mimeo/internal/statement"
)

func TestMarkIn(t *testing.T) {
	body := prose.Doc{Version: prose.Version, Blocks: []prose.Block{{Kind: prose.Paragraph, Text: prose.Text{
		{Text: "One "}, {Text: "two", Bold: true}, {Text: " three.", Note: "a note"}, {Text: " One two three."},
	}}}}
	if !statement.MarkIn(&body, "a", "One two three.") || !statement.MarkIn(&body, "b", "One two three.") {
		t.Fatal("words over several spans, or their second place, were not found")
	}
	if statement.MarkIn(&body, "c", "two") || statement.MarkIn(&body, "c", "nowhere") || statement.MarkIn(&body, "c", " ") {
		t.Error("words that carry a statement already, or stand nowhere, were marked")
	}
	if got := strings.Join(body.Statement("a"), "|"); got != "One two three." {
		t.Errorf("a carries %q", got)
	}
	if got := body.Notes(); len(got) != 1 || got[0] != "a note" {
		t.Errorf("the footnotes are %q", got)
	}
}

func FuzzMarkIn(f *testing.F) {
	f.Add("One ", "two", " three.", "e tw")
	f.Add("«گفت", " او»", "", "گفت او")
	f.Add("\xff", "\x00", "a", "\xff")
	f.Fuzz(func(t *testing.T, a, b, c, words string) {
		body := prose.Doc{Version: prose.Version, Blocks: []prose.Block{{Kind: prose.Paragraph, Text: prose.Text{
			{Text: a}, {Text: b, Bold: true, Note: "n"}, {Text: c, Statement: "old"},
		}}}}
		before := a + b + c
		marked := statement.MarkIn(&body, "new", words)
		if got := body.Blocks[0].Text.String(); got != before {
			t.Fatalf("%q became %q", before, got)
		}
		if got := strings.Join(body.Statement("new"), ""); marked != (got != "") || marked && got != strings.TrimSpace(words) {
			t.Errorf("marked %q in %q: %v %q", words, before, marked, got)
		}
	})
}

func FuzzParseCursor(f *testing.F) {
	f.Add("")
	f.Add("k2x.abcdefghijklmnopqrstuvwxyz")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := statement.ParseCursor(text)
		if err == nil && text != "" && c.At.IsZero() {
			t.Errorf("%q is the beginning", text)
		}
	})
}
