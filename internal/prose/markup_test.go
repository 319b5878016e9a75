package prose_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mimeo/internal/prose"
)

const exampleMarkup = `The bridge stays shut until May.

## What the council says

It was a *technical* matter, [the minutes](https://council.example/minutes) say.

> We had no choice.
>
> None at all.
> — Ada Ferry, mayor

1. Close it.
2. Look at it.

![A closed bridge](/media/5f1c.jpg)
size: 1200x800
caption: The bridge on Monday

---

@[The session on video](https://video.example/7)
`

func TestMarkupExample(t *testing.T) {
	d := parse(t, example)
	if diff := cmp.Diff(exampleMarkup, string(d.AppendMarkup(nil))); diff != "" {
		t.Error(diff)
	}
	back, warnings := prose.ParseMarkup([]byte(exampleMarkup))
	if diff := cmp.Diff(d, back); diff != "" || len(warnings) > 0 {
		t.Error(diff, warnings)
	}
}

// TestMarkupRead reads what people type, in JSON for what comes out.
func TestMarkupRead(t *testing.T) {
	for name, c := range map[string]struct{ in, out string }{
		"nothing":                    {" \n\n\t\n", ``},
		"lines of one paragraph":     {"one\r\ntwo\r\n\r\n\r\nthree", `{"type":"paragraph","text":"one\ntwo"},{"type":"paragraph","text":"three"}`},
		"a byte order mark":          {"\ufeffone", `{"type":"paragraph","text":"one"}`},
		"headings":                   {"# One\n###### Two\ntext\n#three", `{"type":"heading","level":2,"text":"One"},{"type":"heading","level":4,"text":"Two"},{"type":"paragraph","text":"text\n#three"}`},
		"marks":                      {"**a *b*** c * d *", `{"type":"paragraph","text":[{"text":"a ","bold":true},{"text":"b","bold":true,"italic":true}," c * d *"]}`},
		"marks that are none":        {"5 * 3 **x and snake_case \\*y\\* c:\\dir", `{"type":"paragraph","text":"5 * 3 **x and snake_case *y* c:\\dir"}`},
		"a link with parentheses":    {"[w](https://x.example/a_(b)) [no](javascript:x) [brackets]", `{"type":"paragraph","text":[{"text":"w","link":"https://x.example/a_(b)"}," [no](javascript:x) [brackets]"]}`},
		"statement, link, footnote":  {"[He [said](/x) so]{s:9q2k}.^[By *telephone*.] Yes", `{"type":"paragraph","text":[{"text":"He ","statement":"9q2k"},{"text":"said","link":"/x","statement":"9q2k"},{"text":" so","statement":"9q2k"},{"text":".","note":"By *telephone*."}," Yes"]}`},
		"a quote, and a dialogue":    {"> one\n> two\n>\n> three\n> — Ada\n\n> — Нет, — сказал он.", `{"type":"quote","paragraphs":["one\ntwo","three"],"cite":"Ada"},{"type":"quote","paragraphs":["— Нет, — сказал он."]}`},
		"lists":                      {"- a\n  b\n* c\ntext\n\n1. x\n\n2. y\n\n1914. The war.", `{"type":"list","items":["a\nb","c"]},{"type":"paragraph","text":"text"},{"type":"list","ordered":true,"items":["x","y","The war."]}`},
		"a year is no list":          {"1914. The war.", `{"type":"paragraph","text":"1914. The war."}`},
		"a table":                    {"| a | b\n|:--|--:|\n| c \\| d |\n|\ncaption: T", `{"type":"table","head":true,"rows":[["a","b"],["c | d",""],["",""]],"caption":"T"}`},
		"an image and what it knows": {"text\n![x](/m.jpg)\nfocus: 500 300\ncredit: A\ncredit: B", `{"type":"paragraph","text":"text"},{"type":"image","src":"/m.jpg","alt":"x","focus":[500,300],"credit":"A"},{"type":"paragraph","text":"credit: B"}`},
		"a foreign image":            {"![x](https://x.example/m.jpg)", `{"type":"paragraph","text":["!",{"text":"x","link":"https://x.example/m.jpg"}]}`},
		"an embed":                   {"@[W *w*](https://x.example)\nauthor: A\nstill: /s.jpg\nsaved: **S**\ncaptured: 2026-11-22T10:00Z\n", `{"type":"embed","url":"https://x.example","text":["W ",{"text":"w","italic":true}],"author":"A","still":"/s.jpg","saved":[{"text":"S","bold":true}]},{"type":"paragraph","text":"captured: 2026-11-22T10:00Z"}`},
		"entries":                    {"{#k3v9}\n=== 2026-11-22T12:04 key pin :: The *council*\nmeets\n\n===", `{"type":"entry","id":"k3v9","at":"2026-11-22T12:04:00Z","text":["The ",{"text":"council","italic":true}],"key":true,"pin":true},{"type":"paragraph","text":"meets"},{"type":"entry"}`},
		"an entry without a time":    {"=== noon: they meet", `{"type":"paragraph","text":"=== noon: they meet"}`},
		"names":                      {"{#a}\ntext\n\n{#a}\nmore\n\n{#b}", `{"type":"paragraph","id":"a","text":"text"},{"type":"paragraph","text":"{#a}\nmore"},{"type":"paragraph","text":"{#b}"}`},
		"line ends by a backslash":   {"## a\\\nb\n\nx\\\n\\\n- y\\", `{"type":"heading","level":2,"text":"a\nb"},{"type":"paragraph","text":"x\n\n- y\\"}`},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := prose.ParseMarkup([]byte(c.in))
			got := strings.TrimSuffix(strings.TrimPrefix(string(d.AppendJSON(nil)), `{"version":1,"blocks":[`), "]}")
			if diff := cmp.Diff(c.out, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMarkupWarnings(t *testing.T) {
	in := "one\n\nsome **bold\n[x](javascript:y)\n\n# Big\n![a](b\n\n![a](/b)\nsize: wide\n"
	want := []string{
		"3:6 the mark ** is never closed",
		"4:4 not a link: it leads to no http, https or mailto address and no path on this site",
		"6:1 a heading in a story begins with two to four #",
		"7:1 after the words in brackets an address in parentheses ends the line",
		"10:1 “size” means nothing here, or is there twice, or has another form",
	}
	var got []string
	_, warnings := prose.ParseMarkup([]byte(in))
	for _, w := range warnings {
		got = append(got, fmt.Sprintf("%d:%d %s", w.Line, w.Column, w.Message))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// wild are words full of what the markup could be taken for.
var wild = rapid.Custom(func(t *rapid.T) string {
	piece := rapid.SampledFrom([]string{
		"a", "Б", "پل", "—", "— ", "-- ", " ", "  ", "\t", "\n", "\n\n", "*", "**", "***", "\\", "[", "]", "(", ")", "^", "^[", "{s:a}", "{#a}", "|", "---", "- ", "+ ", "• ",
		"1. ", "1) ", "12. ", "2", "#", "## ", "> ", ">", "!", "![", "@[", "=== ", "===", "::", "caption: ", "size: 1x1", "](/x)", "\u00a0", "é", "😀", "_", "___", "x",
	})
	return strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), "")
})

func wildText(t *rapid.T) prose.Text {
	var out prose.Text
	for range rapid.IntRange(0, 4).Draw(t, "spans") {
		out = append(out, prose.Span{
			Text: wild.Draw(t, "words"), Bold: rapid.Bool().Draw(t, "bold"), Italic: rapid.Bool().Draw(t, "italic"),
			Link:      rapid.SampledFrom([]string{"", "", "/x", "https://a.example/(b)?c=[d]|e*f*", "mailto:a@b.example"}).Draw(t, "link"),
			Statement: rapid.SampledFrom([]string{"", "", "a", "9q2k"}).Draw(t, "statement"),
			Note:      rapid.SampledFrom([]string{"", "", "", "By *telephone*.", "a]b[c|\\", "\nx\n"}).Draw(t, "note"),
		})
	}
	return out
}

func wildDoc(t *rapid.T) prose.Doc {
	d := prose.Doc{Version: 1}
	at := time.Date(2026, 11, 22, 12, 4, 5, 0, time.UTC)
	kinds := []prose.Kind{prose.Paragraph, prose.Heading, prose.Quote, prose.List, prose.Image, prose.Rule, prose.Embed, prose.Table, prose.Entry}
	for i := range rapid.IntRange(0, 5).Draw(t, "blocks") {
		b := prose.Block{
			Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Level: rapid.IntRange(2, 4).Draw(t, "level"), Text: wildText(t),
			Ordered: rapid.Bool().Draw(t, "ordered"), Items: []prose.Text{wildText(t), wildText(t)}, Cite: wildText(t), Src: "/media/(x).jpg", Alt: wild.Draw(t, "alt"),
			Caption: wildText(t), Credit: wild.Draw(t, "credit"), Licence: wild.Draw(t, "licence"), Width: rapid.IntRange(0, 2).Draw(t, "width"), FocusY: rapid.IntRange(0, 2).Draw(t, "focus"),
			Head: rapid.Bool().Draw(t, "head"), Rows: [][]prose.Text{{wildText(t), wildText(t)}, {wildText(t)}},
			URL: "https://video.example/7", Author: wild.Draw(t, "author"), Still: rapid.SampledFrom([]string{"", "/media/s.jpg"}).Draw(t, "still"), Saved: wildText(t),
			Key: rapid.Bool().Draw(t, "key"), Pin: rapid.Bool().Draw(t, "pin"),
		}
		if rapid.Bool().Draw(t, "named") {
			b.ID = fmt.Sprintf("b%d", i)
		}
		if rapid.Bool().Draw(t, "timed") {
			b.At, b.Captured = at, at
		}
		d.Blocks = append(d.Blocks, b)
	}
	return d
}

// TestMarkupRoundTrip: every document that Parse gives is read back from its
// plain text form as it was, and without a warning.
func TestMarkupRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, err := prose.Parse(wildDoc(t).AppendJSON(nil))
		if err != nil {
			t.Fatal(err)
		}
		out := d.AppendMarkup(nil)
		back, warnings := prose.ParseMarkup(out)
		if diff := cmp.Diff(string(d.AppendJSON(nil)), string(back.AppendJSON(nil))); diff != "" || len(warnings) > 0 {
			t.Fatalf("%s\n%v\nthrough\n%s", diff, warnings, out)
		}
		if crlf, _ := prose.ParseMarkup([]byte(strings.ReplaceAll(string(out), "\n", "\r\n"))); cmp.Diff(back, crlf) != "" {
			t.Fatal("a form sends line ends as CR LF")
		}
	})
}

// unfilled are the names of fields that were left empty.
var unfilled = regexp.MustCompile(`(?m)^[a-z]+:[\s\\]*$`)

// letters counts the letters of words.
func letters(words string) map[rune]int {
	n := map[rune]int{}
	for _, r := range words {
		if unicode.IsLetter(r) {
			n[r]++
		}
	}
	return n
}

// FuzzMarkup: any text gives a document that Parse takes as it is, that goes
// through the plain text form unchanged, and that has every letter typed.
func FuzzMarkup(f *testing.F) {
	f.Add(exampleMarkup)
	f.Add("**a *b*** [x](/y \\* ^[n [m] o] {s:a}\n> q\n> -- c\n\n1) a\n3) b\n|x|y\n|-|-|\n=== key :: T\n{#a}\n- a\n  b")
	f.Add("|\\ \r|")
	f.Add("[[a](/x) b](/x) [[c](/y)](/z)")
	f.Add("[a](u[b)c](v) [x [a](u](v)) ^^[a]^[b]")
	f.Fuzz(func(t *testing.T, in string) {
		d, warnings := prose.ParseMarkup([]byte(in))
		for _, w := range warnings {
			if w.Line < 1 || w.Column < 1 {
				t.Fatalf("%v", w)
			}
		}
		read, err := prose.Parse(d.AppendJSON(nil))
		if err != nil {
			t.Skip(err) // a footnote that is too long, and the like
		}
		if diff := cmp.Diff(d, read); diff != "" {
			t.Fatalf("%s\nof %q", diff, in)
		}
		out := d.AppendMarkup(nil)
		if back, _ := prose.ParseMarkup(out); string(back.AppendJSON(nil)) != string(d.AppendJSON(nil)) {
			t.Fatalf("%q became\n%s\nthrough\n%s", in, back.AppendJSON(nil), out)
		}
		have := letters(string(out))
		for r, n := range letters(unfilled.ReplaceAllString(strings.ToValidUTF8(in, ""), "")) {
			if have[r] < n {
				t.Fatalf("%q has %d of %q, and\n%s\nhas %d", in, n, r, out, have[r])
			}
		}
	})
}

// TestMarkupIsBounded: no text costs more than in proportion to its length.
func TestMarkupIsBounded(t *testing.T) {
	for _, piece := range []string{"[](", "](", "*", "**a", "^[", "[a](b", "> ", "|", "- a\n", "![", "\\", "{#a}\n", "1. a\n\n2. b\n\n"} {
		start := time.Now()
		d, _ := prose.ParseMarkup([]byte(strings.Repeat(piece, 300_000/len(piece))))
		_ = d.AppendMarkup(nil)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q repeated takes %v", piece, took)
		}
	}
}
