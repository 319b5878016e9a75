package attack

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// imported is what story import --json says.
type imported struct {
	Stories []struct {
		Title      string `json:"title"`
		Path       string `json:"path"`
		Paragraphs int    `json:"paragraphs"`
		Warnings   []struct {
			Line, Column int
			Message      string
		} `json:"warnings"`
	} `json:"stories"`
	Refused []struct{ File, Error string } `json:"refused"`
}

func (n *newsroom) imports(t *testing.T, args ...string) (imported, result) {
	t.Helper()
	r := n.runs(t, append([]string{"story", "import", "--format", "text", "--publish", "--json"}, args...)...)
	var got imported
	if err := json.Unmarshal([]byte(r.out), &got); err != nil && r.out != "" {
		t.Fatalf("%v: %.300s", err, r.out)
	}
	return got, r
}

func wide(text string, big bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(text)) {
		if big {
			b.Write([]byte{byte(u >> 8), byte(u)})
		} else {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
	}
	return b.String()
}

// TestFilesThatAreNoStories: each is refused in words that name the place, and
// nothing of it is in the newsroom.
func TestFilesThatAreNoStories(t *testing.T) {
	t.Parallel()
	n := start(t)
	dir := t.TempDir()
	const paragraph = "A paragraph of plain text that says something at some length.\n\n"
	before := n.stored()
	for name, c := range map[string]struct{ content, says string }{
		"empty": {"", "no text"}, "blank": {strings.Repeat(" \n\t\n\n", 20_000), "no text"}, "ten-megabytes": {"Title\n\n" + strings.Repeat(paragraph, (10<<20)/len(paragraph)), "larger than 1 MB: the limit is passed in line"},
		"one-line": {strings.Repeat("x", 10<<20), "larger than 1 MB"}, "a-hundred-thousand": {"Title\n\n" + strings.Repeat("p.\n\n", 100_000), "at most 5000 paragraphs"}, "a-long-title": {strings.Repeat("x", 400) + "\n\nText.\n", "too long for a headline"},
		"only-a-title": {"Just a title\n", "no text below"}, "binary": {"\x7fELF\x02\x01\x01" + strings.Repeat("\x00\xff", 5000), "Line 1"}, "a-zero-byte": {"Title\n\nA\x00B\n", "Line 3, column 2"}, "a-bell": {"Title\n\nText\x07.\n", "Line 3, column 5"},
		"not-utf8": {"Title\n\nCaf\xe9 and more.\n", "Line 3, column 4 is not valid UTF-8"}, "utf-16": {"\xff\xfe" + wide("Title\n\nText.\n", false), "UTF-16"}, "utf-16-big": {"\xfe\xff" + wide("Title\n\nText.\n", true), "UTF-16"},
		"utf-16-bare": {wide("Title\n\nText.\n", false), "control character"}, "half-a-pair": {"Title \xed\xa0\x80\n\nText.\n", "not valid UTF-8"},
		"a-title-turned-round": {"gnp.\u202eexe\n\nText.\n", "turns the direction"}, "a-title-nobody-sees": {"\u200b\u2060\n\nText.\n", "headline"},
	} {
		got, r := n.imports(t, write(t, dir, name, c.content))
		if r.code != 1 || len(got.Stories) != 0 || len(got.Refused) != 1 || !strings.Contains(got.Refused[0].Error, c.says) || len(r.err) > 600 {
			t.Errorf("%s: %d %.300s %.300s, want %q", name, r.code, r.out, r.err, c.says)
		}
	}
	for name, says := range map[string]string{dir: "is a directory", filepath.Join(dir, "nowhere"): "no such file", "/dev/null": "no text", "/dev/zero": "larger than 1 MB", "/proc/self/mem": "cannot be read"} {
		if got, r := n.imports(t, name); r.code != 1 || len(got.Refused) != 1 || !strings.Contains(got.Refused[0].Error, says) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	if got, r := n.imports(t, loop); r.code != 1 || len(got.Refused) != 1 {
		t.Errorf("a link to itself: %+v", r)
	}
	for option, says := range map[string]string{
		"--title=" + strings.Repeat("x", 301): "longer than 300", "--title= ": "headline", "--title=\u202e\u200b": "", "--title=a\u202eb": "turns the direction", "--title=a\nb": "line end", "--title=a\u2028b": "control character",
		"--byline=Ann \u202eLee": "turns the direction", "--byline=" + strings.Repeat("x", 300): "longer than 200", "--section=City Hall": "form of an address", "--section=../x": "form of an address",
	} {
		got, r := n.imports(t, option, write(t, dir, "plain", "Text.\n\nMore of it.\n"))
		if r.code != 1 || len(got.Refused) != 1 || !strings.Contains(got.Refused[0].Error, says) {
			t.Errorf("%.40q: %d %.300s %.300s, want %q", option, r.code, r.out, r.err, says)
		}
	}
	after := n.stored()
	for table := range after {
		if before[table] != after[table] {
			t.Errorf("%s changed: %.300s", table, after[table])
		}
	}
}

// TestStoriesThatAreOdd: what can be read is published as it was written, is
// harmless on every page and well-formed in every feed.
func TestStoriesThatAreOdd(t *testing.T) {
	t.Parallel()
	n := start(t)
	dir := t.TempDir()
	texts := map[string]string{
		"html":     "<script>alert(1)</script> & \"more\"\n\n<img src=x onerror=alert(1)> and <b>bold</b> ]]> --> </script> text.\n\njavascript:alert(1)\n",
		"template": "{{.Secret}} ${x} %s %n\n\n{{template \"x\"}} <!--\x20--> text.\n",
		"turned":   "A plain title\n\nThis \u202eis turned\u202c and \u2067this\u2069, and zero\u200bwidth.\n",
		"emoji":    "\U0001f469\u200d\U0001f467 at home\n\nText with \U0001f469\u200d\U0001f467 and \U0001f3f4\U000e0067\U000e0062\U000e007f.\n",
		"marks":    "Zalgo Z" + strings.Repeat("\u0301", 100) + "\n\nText" + strings.Repeat("\u0301", 3000) + " here.\n",
		"private":  "Private \ue000 and \ufffe\n\nText \U0010ffff and \ufdd0.\n",
		"signs":    "!!! ???\n\nOnly signs above.\n",
		"crlf":     "Line ends of another\r\n\r\nOne.\r\n\r\nTwo.\r\n", "cr": "Old line ends\r\rOne.\r\rTwo.\r", "mark": "\ufeffWith a mark\n\nOne.\n",
		"long":  "A long word\n\n" + strings.Repeat("x", 100_000) + "\n",
		"many":  "Many paragraphs\n\n" + strings.Repeat("p.\n\n", 4000),
		"same1": "The same title\n\nOne.\n", "same2": "The same title\n\nTwo.\n",
		"persian": "می\u200cخواهیم بدانیم\n\nمتن فارسی با «گیومه» و ۱۲۳.\n",
	}
	paths := map[string]bool{}
	for name, text := range texts {
		args := []string{"--byline", "Ann <b>Lee</b> & \"Co\"", write(t, dir, name, text)}
		if name == "persian" {
			args = append([]string{"--lang", "fa"}, args...)
		}
		got, r := n.imports(t, args...)
		if r.code != 0 || len(got.Stories) != 1 {
			t.Errorf("%s: %d %.300s %.300s", name, r.code, r.out, r.err)
			continue
		}
		s := got.Stories[0]
		if paths[s.Path] {
			t.Errorf("%s has the address of another: %s", name, s.Path)
		}
		paths[s.Path] = true
		if name == "turned" && len(s.Warnings) < 4 {
			t.Errorf("invisible characters are not reported: %v", s.Warnings)
		}
		again, r := n.imports(t, args...)
		if r.code != 0 || len(again.Stories) != 1 || again.Stories[0].Path != s.Path {
			t.Errorf("%s, once more: %d %.200s", name, r.code, r.out)
		}
		path := (&url.URL{Path: s.Path}).EscapedPath()
		until(t, name+" is published", func() bool { return n.get(path).status == http.StatusOK })
		for _, page := range []answer{n.get(path), n.get(path + "?save=file")} {
			if page.status != http.StatusOK || strings.Contains(page.body, "<script>alert") || strings.Contains(page.body, "<img src=x") || strings.Contains(page.body, "<b>") || strings.Contains(page.body, `href="javascript:`) {
				t.Errorf("%s: %d %.300s", name, page.status, page.words())
			}
			if strings.Count(page.body, "</script>") != strings.Count(page.body, `<script type="application/ld+json"`) {
				t.Errorf("%s: the text ends the page's own data", name)
			}
		}
	}
	if listed := n.runs(t, "story", "list", "--limit", "1000", "--json"); strings.Count(listed.out, `"id":`) < len(texts) {
		t.Errorf("%d stories: %.300s", strings.Count(listed.out, `"id":`), listed.err)
	}
	for _, path := range []string{"/feed.xml", "/feed.atom", "/fa/feed.xml", "/sitemap.xml", "/sitemap-news.xml", "/sitemap/1.xml"} {
		a := n.get(path)
		d := xml.NewDecoder(strings.NewReader(a.body))
		for {
			if _, err := d.Token(); err != nil {
				if !errors.Is(err, io.EOF) {
					t.Errorf("%s is not well-formed: %v", path, err)
				}
				break
			}
		}
	}
	for _, path := range []string{"/feed.json", "/fa/feed.json"} {
		if !json.Valid([]byte(n.get(path).body)) {
			t.Errorf("%s is not JSON", path)
		}
	}
	for _, path := range []string{"/", "/fa/"} {
		if a := n.get(path); a.status != http.StatusOK || strings.Contains(a.body, "<script>alert") {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

// TestTheBookLeavesTheHouse exports a book with every kind of entry that a
// donor and a bank can cause, in each form.
func TestTheBookLeavesTheHouse(t *testing.T) {
	t.Parallel()
	n := start(t)
	for i, currency := range []string{"USD", "EUR", "GBP", "JPY"} {
		n.pay(n.gift("currency", currency, "amount", "other", "other", "2000", "rhythm", []string{"monthly", "once"}[i%2]))
	}
	n.advance("P33D")
	r := n.runs(t, "ledger", "export", "--format", "csv")
	rows := strings.Split(strings.TrimSpace(r.out), "\n")
	if r.code != 0 || !strings.HasPrefix(rows[0], "date,kind,currency,amount,pledge,payment") || len(rows) < 10 {
		t.Fatalf("%d rows: %+v", len(rows), r)
	}
	for _, row := range rows[1:] {
		for i, cell := range strings.Split(row, ",") {
			if cell == "" || strings.ContainsAny(cell[:1], "=+@\t\"") || strings.HasPrefix(cell, "-") && i != 3 {
				t.Errorf("a spreadsheet takes %q for a formula: %s", cell, row)
			}
		}
	}
	for _, format := range []string{"hledger", "beancount"} {
		if r := n.runs(t, "ledger", "export", "--format", format); r.code != 0 || strings.Count(r.out, "\n") < len(rows) {
			t.Errorf("%s: %d, %.200s %s", format, r.code, r.out, r.err)
		}
	}
	// A book that somebody wrote into is not a book any more.
	n.kill()
	into(t, n.data, "drop trigger ledger_entry_no_update")
	into(t, n.data, "update ledger_entry set amount = amount + 1 where seq = (select min(seq) from ledger_entry)")
	if r := n.runs(t, "ledger", "check"); r.code != 1 || !strings.Contains(r.err, "is not as it was written") || strings.Contains(r.out, "balances") {
		t.Errorf("a changed entry: %+v", r)
	}
}
