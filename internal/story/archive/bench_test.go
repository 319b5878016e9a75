package archive_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db/dbtest"
	"mimeo/internal/ident"
	"mimeo/internal/story"
	"mimeo/internal/story/archive"
)

// many is an export of n posts of about 1.5 kB.
func many(n int) archive.File {
	const paragraph = "The harbour office said on Tuesday that it “had read it twice” before the vote, which took place in the old town hall and was <em>watched</em> by nineteen people.\n\n"
	return archive.File{Name: "many.xml", Open: func() (io.ReadCloser, error) {
		in, out := io.Pipe()
		go func() {
			_, err := io.WriteString(out, wxrHead)
			for i := 1; i <= n && err == nil; i++ {
				at := time.Date(2005, 1, 1, 0, i*13, 0, 0, time.UTC)
				_, err = fmt.Fprintf(out, `<item><title>Story %d of the harbour</title><link>https://tide.example/%s/story-%d/</link><dc:creator>aferry77</dc:creator><guid>https://tide.example/?p=%d</guid>
<wp:post_id>%d</wp:post_id><wp:post_date_gmt>%s</wp:post_date_gmt><wp:post_name>story-%d</wp:post_name><wp:status>publish</wp:status><wp:post_type>post</wp:post_type>
<category domain="category" nicename="city">City</category><category domain="post_tag" nicename="tide">tide</category><content:encoded><![CDATA[%s]]></content:encoded></item>
`, i, at.Format("2006/01/02"), i, i, i, at.Format(time.DateTime), i, strings.Repeat(paragraph, 8))
			}
			if err == nil {
				_, err = io.WriteString(out, wxrFoot)
			}
			_ = out.CloseWithError(err)
		}()
		return in, nil
	}}
}

// BenchmarkTakeIn takes in b.N stories, published.
func BenchmarkTakeIn(b *testing.B) {
	d := dbtest.Open(b, dbtest.SQLiteURL(b), time.Now)
	desk := story.New(d, ident.NewSource(time.Now, rand.Reader), story.Options{DefaultLang: "en"})
	a := archive.New(d, desk, archive.Options{Languages: []string{"en"}})
	b.ResetTimer()
	c, err := a.TakeIn(b.Context(), []archive.File{many(b.N)}, archive.Run{Format: archive.WXR, Publish: true})
	if err != nil || c.Published != b.N {
		b.Fatalf("%v %+v", err, c)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "stories/s")
}
