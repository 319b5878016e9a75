// Command import measures how fast an old newspaper comes in. It writes a
// WordPress export of its own making, runs the mimeo command on it and prints
// stories a second and the most memory that the process had, twice: into an
// empty newsroom, and again, when everything is there already.
//
// MIMEO_BIN is the binary, MIMEO_IMPORT_STORIES how many stories (100,000).
package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const usual = 100_000

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "import:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	n := usual
	if asked := os.Getenv("MIMEO_IMPORT_STORIES"); asked != "" {
		if n, err = strconv.Atoi(asked); err != nil {
			return fmt.Errorf("MIMEO_IMPORT_STORIES: %w", err)
		}
	}
	dir, err := os.MkdirTemp("", "mimeo-import-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "export.xml")
	size, err := write(file, n)
	if err != nil {
		return err
	}
	fmt.Printf("%d stories in %d MB\n", n, size>>20)
	for _, what := range []string{"into an empty newsroom", "again"} {
		cmd := exec.Command(os.Getenv("MIMEO_BIN"), "story", "import", "--format", "wxr", "--publish", "--data", filepath.Join(dir, "data"), file) //nolint:gosec // our own binary
		cmd.Stderr = os.Stderr
		begun := time.Now()
		out, err := cmd.Output()
		took := time.Since(begun)
		if err != nil {
			return fmt.Errorf("importing: %w: %.300s", err, out)
		}
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if !ok {
			return fmt.Errorf("no account of the process")
		}
		cpu := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		fmt.Printf("%-22s %6.0f stories/s  %7.1f s, %7.1f s of processor  %4d MB at most\n", what, float64(n)/took.Seconds(), took.Seconds(), cpu.Seconds(), usage.Maxrss>>10)
	}
	return nil
}

// write makes an export of n posts, with the pictures, authors, comments and
// shortcodes that exports have.
func write(name string, n int) (size int64, err error) {
	f, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	g := &generator{w: w, r: rand.New(rand.NewPCG(1, 2))}
	g.channel()
	for i := range n {
		g.post(i + 1)
	}
	fmt.Fprint(w, "</channel>\n</rss>\n")
	if err := w.Flush(); err != nil {
		return 0, err
	}
	if size, err = f.Seek(0, io.SeekEnd); err != nil {
		return 0, err
	}
	return size, f.Close()
}

type generator struct {
	w *bufio.Writer
	r *rand.Rand
}

var (
	given    = strings.Fields("Ada Boris Clara Dmitri Elsa Farid Greta Hanna Ivan Jonas Kira Lena Marat Nora Omid Petra")
	families = strings.Fields("Ferry Stone Marsh Winter Adler Brook Heath Lindqvist Orlov Quay Reza Sommer Teller Vance")
	places   = strings.Fields("harbour council court market bridge school station hospital ferry museum library square")
	verbs    = strings.Fields("says denies expects closes opens mends counts repairs sells leaves doubts confirms")
)

const authors = 60

func pick(r *rand.Rand, words []string) string { return words[r.IntN(len(words))] }

func author(i int) string { return given[i%len(given)] + " " + families[i/len(given)%len(families)] }

func (g *generator) channel() {
	fmt.Fprint(g.w, `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="https://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="https://wordpress.org/export/1.2/">
<channel>
<title>The Old Tide</title><link>https://old.example</link><language>en</language><wp:wxr_version>1.2</wp:wxr_version>
<wp:base_site_url>https://old.example</wp:base_site_url><wp:base_blog_url>https://old.example</wp:base_blog_url>
`)
	for i := range authors {
		fmt.Fprintf(g.w, "<wp:author><wp:author_login>user%d</wp:author_login><wp:author_display_name><![CDATA[%s]]></wp:author_display_name></wp:author>\n", i, author(i))
	}
}

func (g *generator) sentence() string {
	// People are named by a power law, as in a newspaper.
	who := author(int(float64(authors) * g.r.Float64() * g.r.Float64() * g.r.Float64()))
	return fmt.Sprintf("The %s %s that %d people came to the %s on the %dth, %s told reporters. ",
		pick(g.r, places), pick(g.r, verbs), g.r.IntN(9000), pick(g.r, places), g.r.IntN(20)+4, who)
}

func (g *generator) post(id int) {
	at := time.Date(2005, 1, 1, 6, 0, 0, 0, time.UTC).Add(time.Duration(id) * 11 * time.Minute)
	status := "publish"
	if id%50 == 0 {
		status = "draft"
	}
	title := fmt.Sprintf("The %s %s the %s, number %d", pick(g.r, places), pick(g.r, verbs), pick(g.r, places), id)
	fmt.Fprintf(g.w, `<item>
<title><![CDATA[%s]]></title><link>https://old.example/%s/post-%d/</link><pubDate>%s</pubDate><dc:creator>user%d</dc:creator>
<guid isPermaLink="false">https://old.example/?p=%d</guid><wp:post_id>%d</wp:post_id><wp:post_date_gmt>%s</wp:post_date_gmt>
<wp:post_name>post-%d</wp:post_name><wp:status>%s</wp:status><wp:post_type>post</wp:post_type>
<category domain="category" nicename="%s"><![CDATA[%s]]></category><category domain="post_tag" nicename="tide"><![CDATA[tide]]></category>
<content:encoded><![CDATA[`, title, at.Format("2006/01/02"), id, at.Format(time.RFC1123Z), id%authors, id, id, at.Format(time.DateTime), id, status, pick(g.r, places), pick(g.r, places))
	for p := range 3 + g.r.IntN(6) {
		for range 1 + g.r.IntN(3) {
			fmt.Fprint(g.w, g.sentence())
		}
		if p == 1 {
			fmt.Fprintf(g.w, `“It was <strong>expected</strong>,” says <a href="https://old.example/?p=%d">an earlier report</a>.`, g.r.IntN(id)+1)
		}
		fmt.Fprint(g.w, "\n\n")
	}
	fmt.Fprint(g.w, "]]></content:encoded>\n<excerpt:encoded><![CDATA[]]></excerpt:encoded>\n")
	if id%5 == 0 {
		fmt.Fprintf(g.w, "<wp:comment><wp:comment_author>%s</wp:comment_author><wp:comment_author_email>x@reader.example</wp:comment_author_email><wp:comment_content><![CDATA[%s]]></wp:comment_content><wp:comment_approved>1</wp:comment_approved></wp:comment>\n", author(g.r.IntN(authors)), g.sentence())
	}
	fmt.Fprint(g.w, "</item>\n")
	if id%10 == 0 {
		fmt.Fprintf(g.w, "<item><title>p</title><wp:post_id>%d</wp:post_id><wp:post_type>attachment</wp:post_type><wp:post_parent>%d</wp:post_parent><wp:attachment_url>https://old.example/wp-content/uploads/p%d.jpg</wp:attachment_url></item>\n", 10_000_000+id, id, id)
	}
}
