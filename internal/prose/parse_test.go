package prose_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mimeo/internal/fault"
	"mimeo/internal/prose"
)

// example is the document of the package comment.
const example = `{"version":1,"blocks":[
 {"type":"paragraph","text":"The bridge stays shut until May."},
 {"type":"heading","level":2,"text":"What the council says"},
 {"type":"paragraph","text":["It was a ",{"text":"technical","italic":true}," matter, ",
   {"text":"the minutes","link":"https://council.example/minutes"}," say."]},
 {"type":"quote","paragraphs":["We had no choice.","None at all."],"cite":"Ada Ferry, mayor"},
 {"type":"list","ordered":true,"items":["Close it.","Look at it."]},
 {"type":"image","src":"/media/5f1c.jpg","alt":"A closed bridge","width":1200,"height":800,"caption":"The bridge on Monday"},
 {"type":"rule"},
 {"type":"embed","url":"https://video.example/7","text":"The session on video"}
]}`

func parse(t *testing.T, in string) prose.Doc {
	t.Helper()
	d, err := prose.Parse([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParseExample(t *testing.T) {
	d, warnings, err := prose.ParseReport([]byte(example))
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	want := prose.Doc{Version: 1, Blocks: []prose.Block{
		{Kind: prose.Paragraph, Text: prose.Plain("The bridge stays shut until May.")},
		{Kind: prose.Heading, Level: 2, Text: prose.Plain("What the council says")},
		{Kind: prose.Paragraph, Text: prose.Text{
			{Text: "It was a "},
			{Text: "technical", Italic: true},
			{Text: " matter, "},
			{Text: "the minutes", Link: "https://council.example/minutes"},
			{Text: " say."},
		}},
		{Kind: prose.Quote, Items: []prose.Text{prose.Plain("We had no choice."), prose.Plain("None at all.")}, Cite: prose.Plain("Ada Ferry, mayor")},
		{Kind: prose.List, Ordered: true, Items: []prose.Text{prose.Plain("Close it."), prose.Plain("Look at it.")}},
		{Kind: prose.Image, Src: "/media/5f1c.jpg", Alt: "A closed bridge", Width: 1200, Height: 800, Caption: prose.Plain("The bridge on Monday")},
		{Kind: prose.Rule},
		{Kind: prose.Embed, URL: "https://video.example/7", Text: prose.Plain("The session on video")},
	}}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
	var compact map[string]any // the canonical form is the example without its white space
	if err := json.Unmarshal(d.AppendJSON(nil), &compact); err != nil {
		t.Fatal(err)
	}
	var source map[string]any
	if err := json.Unmarshal([]byte(example), &source); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(source, compact); diff != "" {
		t.Error(diff)
	}
}

func TestParseLeavesOutTheUnknown(t *testing.T) {
	in := `{"version":3,"mood":"grim",
"blocks":[
 {"type":"paragraph","text":"Kept.","weight":[1,{"a":null}]},
 {"cells":[[1,2],[true,"</p>"]],"type":"chart"},
 {"text":["Also ",{"text":"kept","link":"javascript:alert(1)","glow":1.5e3}],"type":"paragraph"},
 {"type":"embed","url":"data:text/html,x"},
 {"type":"paragraph","text":["",{"text":""}]}
]}`
	d, warnings, err := prose.ParseReport([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(prose.Paragraphs("Kept.", "Also kept"), d); diff != "" {
		t.Error(diff)
	}
	want := []prose.Warning{
		{Line: 1, Column: 21, Message: "left out: unknown field “mood”"},
		{Line: 3, Column: 46, Message: "left out: unknown field “weight”"},
		{Line: 4, Column: 2, Message: "left out: unknown block type “chart”"},
		{Line: 5, Column: 41, Message: "left out: a link that is not an http, https or mailto address"},
		{Line: 5, Column: 70, Message: "left out: unknown field “glow”"},
		{Line: 6, Column: 2, Message: "left out: an embed that is not an http, https or mailto address"},
		{Line: 1, Column: 1, Message: "written by a later version of Mimeo; what is not known here is left out"},
	}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Error(diff)
	}
}

func TestParseRefuses(t *testing.T) {
	p := func(block string) string { return `{"version":1,"blocks":[` + block + `]}` }
	many := func(n int, block string) string { return strings.TrimSuffix(strings.Repeat(block+",", n), ",") }
	for name, in := range map[string]struct{ json, says string }{
		"nothing":            {"", "line 1, column 1"},
		"another value":      {"[]", `'{' is expected`},
		"no version":         {`{"blocks":[]}`, "no version"},
		"version zero":       {`{"version":0,"blocks":[]}`, "1 or more"},
		"a second document":  {p("") + "{}", "follows after its end"},
		"two lists":          {`{"version":1,"blocks":[],"blocks":[]}`, "two lists"},
		"no end":             {`{"version":1,"blocks":[{"type":"rule"}`, "']' is expected"},
		"untyped block":      {p(`{"text":"x"}`), "Block 1 of the text cannot be read (line 1, column 24): it has no type"},
		"text is a number":   {p(`{"type":"rule"},{"type":"paragraph","text":7}`), "Block 2"},
		"level 1":            {p(`{"type":"heading","level":1,"text":"x"}`), "2, 3 or 4"},
		"no level":           {p(`{"type":"heading","text":"x"}`), "needs a level"},
		"level in words":     {p(`{"type":"heading","level":2.0,"text":"x"}`), "whole number"},
		"foreign image":      {p(`{"type":"image","src":"https://a.example/x.png","alt":""}`), "path on this site"},
		"image by //":        {p(`{"type":"image","src":"//a.example/x.png","alt":""}`), "path on this site"},
		"huge image":         {p(`{"type":"image","src":"/a.png","alt":"","width":100001}`), "between 0 and"},
		"negative image":     {p(`{"type":"image","src":"/a.png","alt":"","width":-1}`), "between 0 and"},
		"raw control":        {p("{\"type\":\"paragraph\",\"text\":\"a\x01\"}"), "control character"},
		"escaped control":    {p(`{"type":"paragraph","text":"a\u0000"}`), "U+0000"},
		"half a surrogate":   {p(`{"type":"paragraph","text":"\ud83d"}`), "half a character"},
		"wrong surrogate":    {p(`{"type":"paragraph","text":"\ud83d\u0041"}`), "half a character"},
		"unknown escape":     {p(`{"type":"paragraph","text":"\x41"}`), "unknown escape"},
		"short escape":       {`{"version":1,"blocks":[{"type":"paragraph","text":"\u00`, "cut short"},
		"no hexadecimal":     {p(`{"type":"paragraph","text":"\u+123"}`), "hexadecimal"},
		"trailing comma":     {p(`{"type":"rule"},`), "'{' is expected"},
		"leading zero":       {`{"version":10,"x":01,"blocks":[]}`, "'}' is expected"},
		"not UTF-8":          {"{\"version\":1,\n\"blocks\":[\xff]}", "not valid UTF-8 in line 2, column 11"},
		"too deep":           {p(`{"type":"later","x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`), "too deeply"},
		"deep beyond reason": {strings.Repeat(`{"a":`, 200_000), "too deeply"},
		"too many blocks":    {p(many(prose.MaxBlocks+1, `{"type":"rule"}`)), "more than 5000 blocks"},
		"too many pieces":    {p(`{"type":"list","items":[` + many(prose.MaxSpans+1, `"a"`) + `]}`), "more than 50000"},
		"too large":          {p(`{"type":"paragraph","text":"` + strings.Repeat("a", prose.MaxSize) + `"}`), "larger than 2 MB"},
		"true for ordered":   {p(`{"type":"list","ordered":"yes","items":["a"]}`), "true or false"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := prose.Parse([]byte(in.json))
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(fmt.Sprint(err), in.says) {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(prose.Doc{}, d); diff != "" {
				t.Error("a refused text left something behind", diff)
			}
		})
	}
}

// words generates texts of the kinds that have broken formats before.
var words = rapid.OneOf(
	rapid.String().Filter(func(s string) bool { return !strings.ContainsFunc(s, forbidden) }),
	rapid.SampledFrom([]string{
		"“She said «no».”", "سلام دنیا", "a\nb\tc", `\u0041"\/`, "<script>", "&amp;", "😀👩‍👧", "\u2028", "e\u0301", " ", "\u0085\u009f", "\ufffe\U0001ffff\ufdd0",
	}),
)

func forbidden(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }

func text(t *rapid.T) prose.Text {
	link := rapid.SampledFrom([]string{"", "", "https://a.example/?q=1&r=%20", "mailto:desk@a.example", "/2024/12/x", "http://[::1]/"})
	var out prose.Text
	for range rapid.IntRange(1, 4).Draw(t, "spans") {
		s := prose.Span{Text: words.Draw(t, "words"), Bold: rapid.Bool().Draw(t, "bold"), Italic: rapid.Bool().Draw(t, "italic"), Link: link.Draw(t, "link")}
		if rapid.IntRange(0, 3).Draw(t, "marked") == 0 {
			s.Statement = rapid.SampledFrom([]string{"", "s1", "q9"}).Draw(t, "statement")
			s.Note = words.Draw(t, "note")
		}
		out = append(out, s)
	}
	return out
}

// some is a text that is not empty.
func some(t *rapid.T) prose.Text { return append(prose.Plain("x"), text(t)...) }

func document(t *rapid.T) prose.Doc {
	d := prose.Doc{Version: 1}
	for range rapid.IntRange(0, 6).Draw(t, "blocks") {
		b := prose.Block{Kind: rapid.SampledFrom([]prose.Kind{
			prose.Paragraph, prose.Heading, prose.Quote, prose.List, prose.Image, prose.Rule, prose.Embed, prose.Table, prose.Entry,
		}).Draw(t, "kind")}
		if rapid.Bool().Draw(t, "named") {
			b.ID = fmt.Sprint("b", len(d.Blocks))
		}
		at := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "at"), 0).UTC()
		switch b.Kind {
		case prose.Heading:
			b.Level, b.Text = rapid.IntRange(2, 4).Draw(t, "level"), text(t)
		case prose.Quote:
			b.Items, b.Cite = []prose.Text{some(t), some(t)}, some(t)
		case prose.List:
			b.Ordered, b.Items = rapid.Bool().Draw(t, "ordered"), []prose.Text{some(t), some(t)}
		case prose.Image:
			b.Src, b.Alt, b.Caption = "/media/x.jpg", words.Draw(t, "alt"), text(t)
			b.Credit, b.Licence = words.Draw(t, "credit"), words.Draw(t, "licence")
			b.FocusX, b.FocusY = rapid.IntRange(0, 1000).Draw(t, "x"), rapid.IntRange(0, 1000).Draw(t, "y")
			b.Width, b.Height = rapid.IntRange(0, 5000).Draw(t, "width"), rapid.IntRange(0, 5000).Draw(t, "height")
		case prose.Embed:
			b.URL, b.Text, b.Saved = "https://video.example/7", text(t), text(t)
			b.Author, b.Still, b.Captured = words.Draw(t, "author"), rapid.SampledFrom([]string{"", "/media/s.png"}).Draw(t, "still"), at
		case prose.Table:
			b.Head, b.Caption = rapid.Bool().Draw(t, "head"), text(t)
			for range rapid.IntRange(1, 3).Draw(t, "rows") {
				b.Rows = append(b.Rows, []prose.Text{text(t), text(t)})
			}
		case prose.Entry:
			b.At, b.Text, b.Key, b.Pin = at, text(t), rapid.Bool().Draw(t, "key"), rapid.Bool().Draw(t, "pin")
		case prose.Paragraph:
			b.Text = text(t)
		case prose.Rule:
		}
		d.Blocks = append(d.Blocks, b)
	}
	return d
}

// TestRoundTrip: whatever is written is read back with the same words, and the
// canonical form is a fixed point.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := document(t)
		first, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		read, warnings, err := prose.ParseReport(first)
		if err != nil || len(warnings) > 0 {
			t.Fatalf("%v %v\n%s", err, warnings, first)
		}
		if read.Text() != d.Text() || read.Words() != d.Words() {
			t.Fatalf("words changed:\n%q\n%q", d.Text(), read.Text())
		}
		var again prose.Doc
		if err := json.Unmarshal(read.AppendJSON(nil), &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(read, again); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestWritingMendsBrokenUTF8(t *testing.T) {
	d := prose.Paragraphs("a\xffb")
	if got := parse(t, string(d.AppendJSON(nil))).Text(); got != "a\uFFFDb" {
		t.Errorf("got %q", got)
	}
}

// FuzzParse: what is read agrees with encoding/json on what JSON is, and
// survives being written.
func FuzzParse(f *testing.F) {
	f.Add(example)
	f.Add(`{"version":1,"blocks":[{"type":"table","rows":[["a"],["b","c"],[]]},{"type":"entry","id":"a1","at":"2026-11-22T12:00:00+03:30"}]}`)
	f.Add(`{"version":1,"blocks":[{"type":"paragraph","id":"a1","text":[{"note":"x"},{"text":"a","statement":"s1"},{"text":"b","statement":"s1","note":"y"}]}]}`)
	f.Add(`{"version":2,"blocks":[{"type":"later","x":[1.5e-3,null,{"a":"\ud83d\ude00"}]}]}`)
	f.Add(`{"version":1,"blocks":[{"text":[{"link":"JavaScript:x","text":"\u0041\/"}],"type":"paragraph"}]}`)
	f.Fuzz(func(t *testing.T, in string) {
		d, _, err := prose.ParseReport([]byte(in))
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("%v is no fault.Invalid", err)
			}
			return
		}
		if !json.Valid([]byte(in)) {
			t.Fatalf("read what is not JSON: %q", in)
		}
		out := d.AppendJSON(nil)
		again, warnings, err := prose.ParseReport(out)
		if err != nil || len(warnings) > 0 {
			t.Fatalf("%v %v: %q", err, warnings, out)
		}
		if diff := cmp.Diff(d, again); diff != "" {
			t.Fatal(diff)
		}
	})
}
