package prose_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"pgregory.net/rapid"

	"mimeo/internal/prose"
)

func render(d prose.Doc) string { return string(d.AppendHTML(nil)) }

func TestHTML(t *testing.T) {
	for name, c := range map[string]struct{ json, html string }{
		"example": {example, `<p>The bridge stays shut until May.</p>
<h2>What the council says</h2>
<p>It was a <em>technical</em> matter, <a href="https://council.example/minutes">the minutes</a> say.</p>
<figure><blockquote><p>We had no choice.</p><p>None at all.</p></blockquote><figcaption>Ada Ferry, mayor</figcaption></figure>
<ol><li>Close it.</li><li>Look at it.</li></ol>
<figure><img src="/media/5f1c.jpg" alt="A closed bridge" width="1200" height="800" loading="lazy"><figcaption>The bridge on Monday</figcaption></figure>
<hr>
<p><a href="https://video.example/7" rel="nofollow noopener">The session on video</a></p>
`},
		"typography stays": {
			`{"version":1,"blocks":[{"type":"paragraph","text":"“It’s «over»,” she said\u00a0– twice\u2026"}]}`,
			"<p>“It’s «over»,” she said\u00a0– twice…</p>\n",
		},
		"markup is words": {
			`{"version":1,"blocks":[{"type":"paragraph","text":"<b onclick=\"x\">&amp;</b>"},{"type":"image","src":"/a\"b","alt":"\"><script>"}]}`,
			"<p>&lt;b onclick=&#34;x&#34;&gt;&amp;amp;&lt;/b&gt;</p>\n<figure><img src=\"/a&#34;b\" alt=\"&#34;&gt;&lt;script&gt;\" loading=\"lazy\"></figure>\n",
		},
		"one link over marks, line break": {
			`{"version":1,"blocks":[{"type":"paragraph","text":[{"text":"a","link":"/x"},{"text":"b\nc","link":"/x","bold":true,"italic":true},{"text":"d","bold":true}]}]}`,
			"<p><a href=\"/x\">a<strong><em>b<br>c</em></strong></a><strong>d</strong></p>\n",
		},
		"the first image is not lazy; a quote without a source": {
			`{"version":1,"blocks":[{"type":"image","src":"/a.jpg","alt":""},{"type":"quote","paragraphs":["x"]},{"type":"embed","url":"https://a.example/?a&b"}]}`,
			"<figure><img src=\"/a.jpg\" alt=\"\"></figure>\n<blockquote><p>x</p></blockquote>\n<p><a href=\"https://a.example/?a&amp;b\" rel=\"nofollow noopener\">https://a.example/?a&amp;b</a></p>\n",
		},
		"a block against the direction of the text": {
			`{"version":1,"blocks":[{"type":"paragraph","text":"Reuters می‌گوید پل تا ماه مه بسته است"},{"type":"quote","paragraphs":["The bridge"],"cite":"M."}]}`,
			"<p>Reuters می‌گوید پل تا ماه مه بسته است</p>\n<figure dir=\"ltr\"><blockquote><p>The bridge</p></blockquote><figcaption>M.</figcaption></figure>\n",
		},
		"and the other way": {
			`{"version":1,"blocks":[{"type":"paragraph","text":"The sign at the bridge reads, in full:"},{"type":"paragraph","text":"پل بسته است"}]}`,
			"<p>The sign at the bridge reads, in full:</p>\n<p dir=\"rtl\">پل بسته است</p>\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := render(parse(t, c.json)); got != c.html {
				t.Errorf("got\n%s\nwant\n%s", got, c.html)
			}
		})
	}
}

func TestHTMLOfWhatParseWouldRefuse(t *testing.T) {
	bad := []string{
		"javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "\tjavascript:x", "data:text/html,x", "vbscript:x",
		"//evil.example/", "/\\evil.example", "/\t/evil.example", "\\\\evil.example", "https:evil.example", "https:///x", "http:", "mailto:", "x", "?q", "#f", "file:///etc/passwd",
		"https://a.example/\u202egnp.exe", "\u0001javascript:x", "/\ufffe/evil.example", "/\u0085/evil.example", "/\ufdd0/evil.example", "/\xff/evil.example",
	}
	for _, link := range bad {
		d := prose.Doc{Version: 1, Blocks: []prose.Block{
			{Kind: prose.Paragraph, Text: prose.Text{{Text: "words", Link: link}}},
			{Kind: prose.Embed, URL: link},
			{Kind: prose.Image, Src: link},
			{Kind: "script", Text: prose.Plain("alert(1)")},
		}}
		if got := render(d); got != "<p>words</p>\n" {
			t.Errorf("%q gives %q", link, got)
		}
	}
	d := prose.Doc{Blocks: []prose.Block{{Kind: prose.Heading, Level: 9, Text: prose.Plain("a\x00\x1b\x7f\u0085\ufffe\xffb")}}}
	if got := render(d); got != "<h4>ab</h4>\n" {
		t.Errorf("got %q", got)
	}
}

// allowed is every tag that may come out, with its attributes.
var allowed = map[string][]string{
	"p": {"dir"}, "h2": {"dir"}, "h3": {"dir"}, "h4": {"dir"}, "section": {"dir", "id"}, "small": {}, "time": {"datetime"},
	"table": {"dir"}, "caption": {}, "thead": {}, "tbody": {}, "tr": {}, "th": {"scope"}, "td": {}, "sup": {},
	"blockquote": {"dir"}, "ul": {"dir"}, "ol": {"dir"}, "li": {"id"}, "figure": {"dir"}, "figcaption": {},
	"img": {"src", "alt", "width", "height", "loading", "srcset", "sizes"}, "hr": {}, "br": {}, "strong": {}, "em": {}, "a": {"href", "rel", "id", "aria-label"},
}

// checkHTML parses out as a browser would and returns its words.
func checkHTML(t interface{ Fatalf(string, ...any) }, out string) string {
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(out), body)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var words strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			words.WriteString(n.Data)
			return
		}
		attributes, ok := allowed[n.Data]
		if !ok || n.Type != html.ElementNode {
			t.Fatalf("%q (node type %d) in %q", n.Data, n.Type, out)
		}
		for _, a := range n.Attr {
			if !slices.Contains(attributes, a.Key) {
				t.Fatalf("<%s %s> in %q", n.Data, a.Key, out)
			}
			if a.Key == "href" || a.Key == "src" {
				checkAddress(t, a.Key, a.Val)
			}
		}
		if n.DataAtom == atom.Br || n.DataAtom == atom.Img {
			words.WriteByte(' ')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	for _, n := range nodes {
		walk(n)
	}
	return words.String()
}

func checkAddress(t interface{ Fatalf(string, ...any) }, key, address string) {
	base := &url.URL{Scheme: "https", Host: "news.example", Path: "/a/b"}
	lower := strings.ToLower(address)
	switch {
	case key == "href" && strings.HasPrefix(address, "#"):
	case strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") && !strings.ContainsAny(address, "\\\n\r\t "):
	case key == "href" && (strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "mailto:")):
		return
	default:
		t.Fatalf("%s=%q", key, address)
	}
	if u, err := base.Parse(address); err == nil && u.Host != "news.example" {
		t.Fatalf("%s=%q leads to %q", key, address, u.Host)
	}
}

// visible is what is left of words when white space and what HTML forbids are
// taken away.
func visible(words string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef {
			return -1
		}
		return r
	}, words)
}

// TestHTMLIsItsWords: a browser shows the words of the document, all of them,
// in their order, and nothing else.
func TestHTMLIsItsWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := document(t)
		for i, b := range d.Blocks {
			if b.Kind == prose.Embed { // a link without words shows its address
				d.Blocks[i].Text = append(prose.Plain("x"), b.Text...)
			}
			d.Blocks[i].Author, d.Blocks[i].Captured, d.Blocks[i].At = "", time.Time{}, time.Time{}
			d.Blocks[i].Credit, d.Blocks[i].Licence = "", ""
		}
		d.Texts(func(_ int, t *prose.Text) {
			for i := range *t {
				(*t)[i].Note = ""
			}
		})
		out := render(d)
		if got, want := visible(checkHTML(t, out)), visible(d.Text()); got != want {
			t.Fatalf("%q\nshows %q\nwants %q", out, got, want)
		}
	})
}

// FuzzHTML: whatever Parse lets through, and whatever stands in a Doc that was
// never parsed, the HTML has no tag, attribute or address but the allowed.
func FuzzHTML(f *testing.F) {
	f.Add(example, "words", "https://a.example")
	f.Add(`{"version":1,"blocks":[]}`, "</p><script>alert(1)</script><!-- ", "javascript:alert(1)")
	f.Add("", "\"' onload=x >", "/\" onclick=\"x")
	f.Fuzz(func(t *testing.T, in, words, link string) {
		if d, err := prose.Parse([]byte(in)); err == nil {
			checkHTML(t, render(d))
		}
		var d prose.Doc
		for _, k := range []prose.Kind{prose.Paragraph, prose.Heading, prose.Quote, prose.List, prose.Image, prose.Embed, prose.Table, prose.Entry, prose.Kind(words)} {
			text := prose.Text{{Text: words, Link: link, Statement: words, Note: words}, {Text: words, Link: link, Bold: true, Italic: true, Statement: words}}
			d.Blocks = append(d.Blocks, prose.Block{
				Kind: k, ID: words, Text: text, Items: []prose.Text{text}, Cite: text, Caption: text, Src: link, Alt: words, URL: link, Width: 1, Height: 1,
				Rows: [][]prose.Text{{text}}, Head: true, Credit: words, Licence: words, Author: words, Still: link, Saved: text,
			})
		}
		checkHTML(t, render(d))
		checkHTML(t, string(d.AppendArticle(nil, prose.HTML{
			Statement: func(id string) (int, string) { return len(id), id + words },
			Note:      func(int) (string, string) { return words, link },
			Picture:   func(src string, _, _ int) string { return src + " 480w" },
			Sizes:     words,
			Time:      func(time.Time) string { return words },
			Captured:  func(at string) string { return at + words },
		})))
		_, _, _ = d.Check(), d.Words(), d.Excerpt(20)
	})
}

// article is a text of about 1,000 words.
func article() prose.Doc {
	d := prose.Doc{Version: 1}
	sentence := "The council voted “unanimously” on Tuesday to keep the bridge shut, and did not say when it would open again. "
	for range 25 {
		d.Blocks = append(d.Blocks, prose.Block{Kind: prose.Paragraph, Text: prose.Text{
			{Text: sentence + sentence},
			{Text: "The minutes", Link: "https://council.example/minutes"},
			{Text: " give no reason."},
		}})
	}
	return d
}

func BenchmarkParse(b *testing.B) {
	in := article().AppendJSON(nil)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := prose.Parse(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHTML(b *testing.B) {
	d := article()
	out := d.AppendHTML(nil)
	b.SetBytes(int64(len(out)))
	b.ReportAllocs()
	for b.Loop() {
		out = d.AppendHTML(out[:0])
	}
}
