package foreign_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"mimeo/internal/prose"
	"mimeo/internal/story/foreign"
)

var options = foreign.Options{
	Site: "https://tide.example",
	Picture: func(p foreign.Picture) (prose.Block, bool) {
		return prose.Block{Kind: prose.Image, Src: "/media/x.jpg", Width: 3, Height: 2}, !strings.Contains(p.URL, "missing")
	},
	Attachment: func(id int64) (foreign.Picture, bool) {
		return foreign.Picture{URL: fmt.Sprintf("/p%d.jpg", id), Alt: "A"}, id < 10
	},
}

// plain writes a document as an editor would read it.
func plain(d prose.Doc) string { return strings.TrimSpace(string(d.AppendMarkup(nil))) }

func TestConvert(t *testing.T) {
	for name, c := range map[string]struct {
		form       foreign.Form
		text, want string
		warning    string
	}{
		"paragraphs":         {foreign.HTML, "<p>One.</p>\n<p>Two, <b>bold</b> and <i>slanted</i>.<br>A line.</p>", "One.\n\nTwo, **bold** and *slanted*.\nA line.", ""},
		"spaces":             {foreign.HTML, "<p>  a \n b<b> c </b>d</p>", "a b **c** d", ""},
		"divisions":          {foreign.HTML, "<div><div>One.</div>Two.<section>Three.</section></div>", "One.\n\nTwo.\n\nThree.", ""},
		"headings":           {foreign.HTML, "<h1>A</h1><h3>B</h3><h6>C</h6>", "## A\n\n### B\n\n#### C", ""},
		"classic":            {foreign.Classic, "One,\r\ntwo.\r\n\r\nThree.\n\n\n\nFour.", "One,\ntwo.\n\nThree.\n\nFour.", ""},
		"a list":             {foreign.HTML, "<ol><li>One<ul><li>Inner</li></ul></li><li><p>Two</p></li></ol>", "1. One\n2. Inner\n3. Two", "a list inside a list"},
		"a quotation":        {foreign.HTML, "<blockquote><p>We had no choice.</p><p>None.</p><cite>Ada Ferry</cite></blockquote>", "> We had no choice.\n>\n> None.\n> — Ada Ferry", ""},
		"a figure":           {foreign.HTML, "<figure><img src='/a.jpg' alt='A &amp; b'><figcaption>Below <em>it</em></figcaption></figure>", "![A & b](/media/x.jpg)\nsize: 3x2\ncaption: Below *it*", ""},
		"a lazy picture":     {foreign.HTML, `<img src="data:image/gif;base64,x" data-src="/a.jpg"><noscript><img src="/a.jpg"></noscript>`, "![](/media/x.jpg)\nsize: 3x2", ""},
		"a missing picture":  {foreign.HTML, `<p>a</p><img src="https://x.example/missing.jpg" alt="A quay">`, "a\n\n[A quay](https://x.example/missing.jpg)", "did not come along"},
		"a table":            {foreign.HTML, "<table><tr><th>Y</th><th>N</th></tr><tr><td>1</td><td>2<br>3</td></tr></table>", "| Y | N |\n|---|---|\n| 1 | 2\\n3 |", ""},
		"links":              {foreign.HTML, `<p><a href="https://www.tide.example/2014/x/?a=1">a</a> <a href="//x.example/y z">b</a> <a href="javascript:x">c</a> <a href="#n">d</a> <a href="mailto:a@b.example">e</a></p>`, "[a](/2014/x/?a=1) [b](https://x.example/y%20z) c d [e](mailto:a@b.example)", "cannot be followed"},
		"scripts and styles": {foreign.HTML, "<p>a<script>evil()</script><style>b{}</style></p><form>Name <input><select><option>x</option></select></form>", "a\n\nName", "a script was left out"},
		"a recording":        {foreign.HTML, `<iframe src="https://v.example/1" title="The session">no frames</iframe><video><source src="/a.mp4"></video>`, "@[The session](https://v.example/1)", ""},
		"never closed":       {foreign.HTML, "<p>a</p><svg><p>words</p><b>more", "a\n\nwords\n\n**more**", "a drawing"},
		"preformatted":       {foreign.HTML, "<pre>a  b\n  c</pre>", "a  b\n\u00a0c", ""},
		"an address alone":   {foreign.Classic, "Words.\n\nhttps://v.example/7\n\nMore.", "Words.\n\n@[](https://v.example/7)\n\nMore.", ""},
		"a gallery":          {foreign.Classic, `[gallery ids="1,2,77"]`, "![A](/media/x.jpg)\nsize: 3x2\n\n![A](/media/x.jpg)\nsize: 3x2", "picture 77"},
		"an unknown code":    {foreign.Classic, `Text [chart id=3 kind="pie"] and [1], [sic].`, `Text \[chart id=3 kind="pie"\] and \[1\], \[sic\].`, "kept as text"},
		"a subscription":     {foreign.HTML, `<p>a</p><div class="subscription-widget-wrap"><div>Subscribe</div></div><p>b</p>`, "a\n\nb", "invitation"},
		"control characters": {foreign.HTML, "<p>a\x00b\x07c</p>", "abc", "control characters"},
		"lexical":            {foreign.Lexical, `{"root":{"children":[{"type":"heading","tag":"h2","children":[{"type":"text","text":"H","format":0}]},{"type":"paragraph","children":[{"type":"extended-text","text":"bold","format":1},{"type":"text","text":" and ","format":0},{"type":"link","url":"https://x.example","children":[{"type":"text","text":"link","format":2}]}]},{"type":"list","listType":"number","children":[{"type":"listitem","children":[{"type":"text","text":"One"}]}]},{"type":"image","src":"__/a.jpg","alt":"A","caption":"<b>C</b>"},{"type":"callout","calloutText":"<p>Call</p>"},{"type":"bookmark","url":"https://y.example","metadata":{"title":"Y"}},{"type":"horizontalrule"},{"type":"mystery","html":"<p>Kept</p>"}]}}`, "## H\n\n**bold** and *[link](https://x.example)*\n\n1. One\n\n![A](/media/x.jpg)\nsize: 3x2\ncaption: **C**\n\nCall\n\n@[Y](https://y.example)\n\n---\n\nKept", "mystery"},
		"mobiledoc":          {foreign.Mobiledoc, `{"version":"0.3.1","markups":[["strong"],["a",["href","https://x.example"]]],"atoms":[["soft-return","",{}]],"cards":[["image",{"src":"/a.jpg","alt":"A"}],["html",{"html":"<p>Card</p>"}],["markdown",{"markdown":"# M\n\n![P](/a.jpg)\n\nWords *here*."}]],"sections":[[1,"p",[[0,[],0,"One "],[0,[0],1,"bold"],[1,[],0,0],[0,[1],1,"link"]]],[10,0],[10,1],[3,"ul",[[[0,[],0,"item"]]]],[1,"blockquote",[[0,[],0,"said"]]],[10,2],[10,9]]}`, "One **bold**\n[link](https://x.example)\n\n![A](/media/x.jpg)\nsize: 3x2\n\nCard\n\n- item\n\n> said\n\n## M\n\n![P](/media/x.jpg)\nsize: 3x2\n\nWords *here*.", "named and not there"},
		"no lexical":         {foreign.Lexical, `{"root":`, "", "not readable"},
		"plain":              {foreign.Plain, "One\ntwo\n\nThree <b>", "One two\n\nThree <b>", ""},
	} {
		t.Run(name, func(t *testing.T) {
			doc, warnings := foreign.Convert(foreign.Body{Form: c.form, Text: c.text}, foreign.Picture{}, options)
			if got := plain(doc); got != c.want && name != "preformatted" && name != "a table" {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if name == "a table" && (len(doc.Blocks) != 1 || !doc.Blocks[0].Head || len(doc.Blocks[0].Rows) != 2 || doc.Blocks[0].Rows[1][1].String() != "2\n3") {
				t.Errorf("%s", doc.AppendJSON(nil))
			}
			if name == "preformatted" && doc.Blocks[0].Text.String() != "a  b\n  c" {
				t.Errorf("%q", doc.Blocks[0].Text.String())
			}
			if !strings.Contains(strings.Join(warnings, "\n"), c.warning) || c.warning == "" && len(warnings) > 0 {
				t.Errorf("warnings %q, want %q", warnings, c.warning)
			}
		})
	}
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"Fish &amp; chips": "Fish & chips", "A <b>bold</b> title": "A bold title", "a\x00b\u202ec\r\nd": "abc d", " x  y ": "x y", "<script>x</script>": "", "a < b": "a < b", "\ufeffa": "a",
	} {
		if got := foreign.Line(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if s, cut := foreign.Cut(strings.Repeat("word ", 100), 20); !cut || utf8.RuneCountInString(s) > 20 || !strings.HasSuffix(s, "word…") {
		t.Errorf("%q", s)
	}
	for name, want := range map[string]bool{"admin": false, "Ada Ferry": true, "a@b.example": false, "Нора": true, "adaferry77": false} {
		if foreign.Printed(name) != want {
			t.Errorf("%q", name)
		}
	}
}

// TestHostileTextsTakeTheirTime: each is as long as a text may be and of one
// kind of trouble, and is done with in seconds.
func TestHostileTextsTakeTheirTime(t *testing.T) {
	const size = 256 << 10
	for name, piece := range map[string]string{
		"open divisions": "<div>", "open marks": "<b><a href=x>", "lists": "<ul><li>", "quotations": "<blockquote>", "tables": "<table><tr><td>", "brackets": "[", "codes": "[caption]", "galleries": "[gallery ids=\"",
		"comments": "<!-- wp:embed {} -->", "attributes": "<p a=b c=d e=f>", "entities": "&amp;", "figures": "<figure><figcaption>", "pictures": "<img src=/a.jpg>", "drops": "<svg><math>", "ends": "</p></ul></blockquote></table>",
		"embeds": "[embed]", "half codes": "[a b=\"", "line ends": "\n\n", "less": "<", "a word": "x",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			doc, warnings := foreign.Convert(foreign.Body{Form: foreign.Classic, Text: strings.Repeat(piece, size/len(piece)) + " the last words"}, foreign.Picture{}, options)
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			if len(warnings) > 60 {
				t.Errorf("%d warnings", len(warnings))
			}
			if name == "open divisions" && !strings.Contains(doc.Text(), "the last words") {
				t.Error("the words are lost")
			}
		})
	}
	deep := strings.Repeat(`{"type":"quote","children":[`, 1000) + strings.Repeat("]}", 1000)
	if _, warnings := foreign.Convert(foreign.Body{Form: foreign.Lexical, Text: `{"root":{"children":[` + deep + `]}}`}, foreign.Picture{}, options); !strings.Contains(fmt.Sprint(warnings), "nested") {
		t.Errorf("%q", warnings)
	}
}

func FuzzConvert(f *testing.F) {
	for _, form := range []foreign.Form{foreign.HTML, foreign.Classic, foreign.Lexical, foreign.Mobiledoc, foreign.Markdown, foreign.Plain} {
		f.Add(string(form), "<p>One <b>two</b></p><ul><li>x</ul>[gallery ids=1]<img src=/a.jpg>")
		f.Add(string(form), `{"root":{"children":[{"type":"paragraph","children":[{"type":"text","text":"x","format":1}]}]}}`)
		f.Add(string(form), `{"markups":[["a",["href","x"]]],"cards":[["image",{"src":"/a"}]],"sections":[[1,"p",[[0,[0],1,"x"]]],[10,0],[3,"ul",[[[0,[],0,"y"]]]]]}`)
		f.Add(string(form), "<figure><table><tr><td>a<blockquote>b<cite>c</figure><svg><q>")
	}
	f.Fuzz(func(t *testing.T, form, text string) {
		doc, _ := foreign.Convert(foreign.Body{Form: foreign.Form(form), Text: text}, foreign.Picture{URL: "/lead.jpg", Alt: text}, options)
		raw := doc.AppendJSON(nil)
		if !json.Valid(raw) {
			t.Fatalf("not JSON: %q", raw)
		}
		if len(doc.Blocks) < prose.MaxBlocks && len(raw) < prose.MaxSize/2 {
			if _, warnings, err := prose.ParseReport(raw); err != nil || len(warnings) > 0 {
				t.Fatalf("%v %v: %s", err, warnings, raw)
			}
		}
		html := strings.ToLower(string(doc.AppendHTML(nil)))
		for _, bad := range []string{"<script", "<svg", "<iframe", "href=\"javascript", "<style", "onerror=\""} {
			if strings.Contains(html, bad) {
				t.Fatalf("%s comes out of %q", bad, text)
			}
		}
		if line := foreign.Line(text); strings.ContainsAny(line, "\n\x00\u202e") || !utf8.ValidString(line) {
			t.Fatalf("%q", line)
		}
	})
}
