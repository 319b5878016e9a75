package attack

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
)

const exportHead = `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><wp:base_blog_url>https://old.example</wp:base_blog_url>
<wp:author><wp:author_login>aferry77</wp:author_login><wp:author_display_name>Ada Ferry</wp:author_display_name></wp:author>
`

func exportPost(id int, title, content string) string {
	return fmt.Sprintf("<item><title><![CDATA[%s]]></title><link>https://old.example/2014/05/01/story-%d/</link><dc:creator>aferry77</dc:creator><wp:post_id>%d</wp:post_id><wp:post_date_gmt>2014-05-%02d 09:30:00</wp:post_date_gmt><wp:post_name>story-%d</wp:post_name><wp:status>publish</wp:status><wp:post_type>post</wp:post_type><content:encoded><![CDATA[%s]]></content:encoded></item>\n",
		title, id, id, id%28+1, id, content)
}

// TestAnImportSurvivesItsKills kills the import of an archive again and again
// and starts it anew. At the end every story is there once, whole.
func TestAnImportSurvivesItsKills(t *testing.T) {
	t.Parallel()
	const stories = 4000
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	var b strings.Builder
	b.WriteString(exportHead)
	for i := 1; i <= stories; i++ {
		b.WriteString(exportPost(i, fmt.Sprintf("Story %d", i), strings.Repeat("A sentence of the old newspaper. ", 20)))
	}
	file := write(t, dir, "export.xml", b.String()+"</channel></rss>")
	args := []string{"story", "import", "--format", "wxr", "--publish", "--json", "--data", data, file}
	kills := 0
	for round := 0; ; round++ {
		var out bytes.Buffer
		cmd := command(args...)
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("round %d: %v: %.300s", round, err, out.String())
			}
		case <-time.After(time.Duration(150+round*37%200) * time.Millisecond):
			if round < 40 {
				if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Fatal(err)
				}
				if err := <-ended; err == nil {
					break // it had come to its end
				}
				kills++
				continue
			}
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
		}
		break
	}
	t.Logf("killed %d times", kills)
	if kills == 0 {
		t.Error("it was never killed: this test shows nothing")
	}
	d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + filepath.Join(data, "mimeo.db"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	err = d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		for query, want := range map[string]int{
			"select count(*) from story where state = 'published'": stories, "select count(*) from story_revision": stories,
			"select count(distinct headline) from story": stories, "select count(*) from story_address": stories, "select count(*) from story_publication": stories,
			"select count(*) from import_item": stories, "select count(distinct number) from story": stories, "select last from story_counter where name = 'number'": stories,
			"select count(*) from import_address": 2 * stories,
		} {
			var n int
			if err := tx.QueryRow(ctx, query).Scan(&n); err != nil {
				return err
			}
			if n != want {
				t.Errorf("%s: %d, want %d", query, n, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestHostileArchives: what comes from another system is read as text, never
// runs on a page, and does not reach beyond its file.
func TestHostileArchives(t *testing.T) {
	t.Parallel()
	n := start(t)
	dir := t.TempDir()
	script := "<script>alert(1)</script>"
	bodies := []string{
		script + "<p onclick=alert(1)>Text</p><img src=x onerror=alert(1)><svg onload=alert(1)><a href=\"javascript:alert(1)\">a</a><a href=\" jAvAsCrIpT&#58;alert(1)\">b</a><iframe src=\"data:text/html,x\"></iframe>",
		"<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\"><noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">Words.",
		"[caption]" + script + "[/caption][embed]javascript:alert(1)[/embed][youtube \"><script>alert(1)</script>] Words.",
		"<!-- wp:embed {\"url\":\"javascript:alert(1)\"} --><p>Words.</p><!--><script>alert(1)</script>-->",
		"{{.Secret}} {{template \"x\"}} \u202eturned\u202c words \x00\x07 and </article></body>",
		strings.Repeat("<div>", 100_000) + "deep" + strings.Repeat("<ul><li>", 50_000) + " words",
		strings.Repeat("<b>", 100_000) + "bold words" + strings.Repeat("[gallery ids=\"", 1000),
	}
	var b strings.Builder
	b.WriteString(exportHead)
	for i, body := range bodies {
		b.WriteString(exportPost(i+1, "Hostile "+script+fmt.Sprint(i), strings.ReplaceAll(body, "]]>", "")))
	}
	r := n.runs(t, "story", "import", "--format", "wxr", "--publish", "--json", write(t, dir, "hostile.xml", b.String()+"</channel></rss>"))
	var got imported
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || r.code != 0 || len(got.Stories) != len(bodies) {
		t.Fatalf("%v %d %.500s %.300s", err, r.code, r.out, r.err)
	}
	for _, s := range got.Stories {
		if s.Path == "" {
			t.Errorf("%s is not public", s.Title)
			continue
		}
		page := n.get(s.Path)
		for _, bad := range []string{"<script>alert", "onerror=alert", "onclick=alert", "javascript:alert(1)\"", "<svg", "<iframe", "srcdoc"} {
			if page.status != http.StatusOK || strings.Contains(strings.ReplaceAll(page.body, "&lt;", ""), bad) && strings.Contains(page.body, bad) {
				t.Errorf("%s: %d holds %q", s.Title, page.status, bad)
			}
		}
	}
	// Old addresses lead to the new ones, and to nowhere else.
	for old, want := range map[string]string{"/2014/05/01/story-1": "/2014/05/story-1", "/?p=2": "/2014/05/story-2", "/2014/05/01/story-3?utm=x": "/2014/05/story-3"} {
		if a := n.get(old); a.status != http.StatusMovedPermanently || a.to() != want {
			t.Errorf("%s: %d to %q", old, a.status, a.to())
		}
	}
	for _, nowhere := range []string{"/2014/05/01/story-1/x", "/2014/05/01/", "//evil.example/2014/05/01/story-1", "/%00", "/2014/05/01/story-1%0d%0aX:%20y"} {
		if a := n.get(nowhere); a.status == http.StatusOK || a.status >= 500 || strings.Contains(a.to(), "evil") {
			t.Errorf("%s: %d to %q", nowhere, a.status, a.to())
		}
	}
	if a := n.get("/?p=99999"); a.status != http.StatusOK {
		t.Errorf("a number that nobody had: %d", a.status)
	}
}

// TestHostileZips: names that lead outside, and files that swell.
func TestHostileZips(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	packed := func(name string, files map[string]string) string {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		for n, content := range files {
			w, err := z.Create(n)
			if err == nil {
				_, err = w.Write([]byte(content))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return write(t, dir, name, out.String())
	}
	table := "post_id,post_date,is_published,audience,title\n"
	good := table + "1.fine,2021-05-04T14:00:31.105Z,true,everyone,Fine\n"
	for name, c := range map[string]struct {
		format string
		files  map[string]string
		says   string
	}{
		"slip":   {"substack", map[string]string{"posts.csv": good, "../../evil.html": "x"}, "leads outside"},
		"rooted": {"substack", map[string]string{"posts.csv": good, "/etc/evil.html": "x"}, "leads outside"},
		"back":   {"substack", map[string]string{"posts.csv": good, `posts\..\evil.html`: "x"}, "leads outside"},
		"field":  {"substack", map[string]string{"posts.csv": table + "1.x,2021-05-04T14:00:31Z,true,everyone,\"" + strings.Repeat("x", 3<<20)}, "larger than 1 MB"},
		"swells": {"substack", map[string]string{"posts.csv": good, "posts/1.fine.html": strings.Repeat(" ", 40<<20)}, "larger than 8 MB"},
		"bomb":   {"wxr", map[string]string{"export.xml": exportHead + strings.Repeat(" ", 300<<20)}, "when unpacked"},
		"empty":  {"ghost", map[string]string{"readme.txt": "x"}, "no .json file"},
		"deep":   {"ghost", map[string]string{"x.json": strings.Repeat("[", 1<<20)}, ""},
		"large":  {"ghost", map[string]string{"x.json": `{"data":{"posts":[{"title":"` + strings.Repeat("x", 40<<20) + `"}]}}`}, "larger than 32 MB"},
	} {
		file := packed(name+".zip", c.files)
		r := run(t, "", "story", "import", "--format", c.format, "--publish", "--data", data, file)
		if r.code != 1 || !strings.Contains(r.err, c.says) || len(r.err) > 800 || strings.Contains(r.err, "panic") {
			t.Errorf("%s: %d %.300s %.300s, want %q", name, r.code, r.out, r.err, c.says)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "..", "evil.html")); err == nil {
		t.Error("a file was written outside")
	}
	if r := run(t, "", "story", "list", "--data", data, "--json"); strings.Contains(r.out, `"title"`) {
		t.Errorf("something was brought in: %.300s", r.out)
	}
	// A zip file that is cut off, and one of noise.
	whole, err := os.ReadFile(packed("whole.zip", map[string]string{"posts.csv": good, "posts/1.fine.html": "<p>Fine.</p>"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{4, len(whole) / 2, len(whole) - 5} {
		if r := run(t, "", "story", "import", "--format", "substack", "--data", data, write(t, dir, "cut.zip", string(whole[:cut]))); r.code != 1 || strings.Contains(r.err, "panic") {
			t.Errorf("cut at %d: %+v", cut, r)
		}
	}
	if r := run(t, "", "story", "import", "--format", "substack", "--publish", "--data", data, filepath.Join(dir, "whole.zip")); r.code != 0 || !strings.Contains(r.out, "1 brought in, 1 of them public") {
		t.Errorf("%+v", r)
	}
}

// TestTheNewsroomMovesHouse exports the demo's newsroom, makes it again in
// another folder, and compares what readers see.
func TestTheNewsroomMovesHouse(t *testing.T) {
	t.Parallel()
	n := start(t)
	out := filepath.Join(t.TempDir(), "out.zip")
	if r := n.runs(t, "story", "export", "--to", out); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	data := filepath.Join(t.TempDir(), "again")
	r := run(t, "", "story", "import", "--format", "mimeo", "--data", data, "--json", out)
	if r.code != 0 {
		t.Fatalf("%d %.1000s %.1000s", r.code, r.out, r.err)
	}
	moved := startOn(t, data)
	pages := 0
	for _, list := range []string{"/sitemap/1.xml"} {
		for _, part := range strings.Split(n.get(list).body, "<loc>")[1:] {
			at, _, _ := strings.Cut(part, "</loc>")
			path := address.ReplaceAllString(at, "")
			was, is := n.get(path+"?save=file"), moved.get(path+"?save=file")
			if was.status == http.StatusOK {
				pages++
			}
			if a, b := seen(was.body), seen(is.body); was.status != is.status || a != b {
				t.Errorf("%s: %d and %d, differing from %.200q", path, was.status, is.status, difference(a, b))
			}
			for _, file := range strings.Split(was.body, `src="/media/`)[1:] {
				name, _, _ := strings.Cut(file, `"`)
				if a := moved.get("/media/" + name); a.status != http.StatusOK {
					t.Errorf("the picture %s: %d", name, a.status)
				}
			}
		}
	}
	if pages < 8 {
		t.Errorf("only %d pages were compared", pages)
	}
	for _, feed := range []string{"/feed.json", "/corrections", "/people/"} {
		was, is := n.get(feed), moved.get(feed)
		if was.status != is.status || feed == "/feed.json" && address.ReplaceAllString(was.body, "") != address.ReplaceAllString(is.body, "") {
			t.Errorf("%s: %d and %d, differing from %.200q", feed, was.status, is.status, difference(address.ReplaceAllString(was.body, ""), address.ReplaceAllString(is.body, "")))
		}
	}
}

// drawn is a picture within a page. Restored ones were written anew, as every
// picture is that comes from outside.
var drawn = regexp.MustCompile(`data:image/[a-z]+;base64,[A-Za-z0-9+/=]+`)

// seen is a page without what may differ between two houses.
func seen(body string) string { return drawn.ReplaceAllString(address.ReplaceAllString(body, ""), "") }

// difference is the second text from where it is not the first.
func difference(a, b string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return b[max(i-40, 0):]
		}
	}
	return b[min(len(a), len(b)):]
}
