package archive_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/story"
	"mimeo/internal/story/archive"
)

const wxrHead = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="https://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="https://wordpress.org/export/1.2/">
<channel><title>The Adler Tide</title><link>https://tide.example</link><language>en-US</language>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>https://tide.example</wp:base_site_url><wp:base_blog_url>https://tide.example</wp:base_blog_url>
<wp:author><wp:author_id>1</wp:author_id><wp:author_login>aferry77</wp:author_login><wp:author_email>a@tide.example</wp:author_email><wp:author_display_name><![CDATA[Ada Ferry]]></wp:author_display_name></wp:author>
<wp:author><wp:author_login>bstone</wp:author_login><wp:author_display_name><![CDATA[bstone]]></wp:author_display_name><wp:author_first_name>Boris</wp:author_first_name><wp:author_last_name>Stone</wp:author_last_name></wp:author>
<wp:category><wp:term_id>3</wp:term_id><wp:category_nicename>city</wp:category_nicename><wp:cat_name><![CDATA[City]]></wp:cat_name></wp:category>
<wp:category><wp:term_id>4</wp:term_id><wp:category_nicename>world</wp:category_nicename><wp:cat_name><![CDATA[World]]></wp:cat_name></wp:category>
`

const wxrFoot = "</channel></rss>\n"

// item writes a post of an export. Fields are "name=value"; a value in ! is
// written as CDATA.
func item(id int, content string, fields ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<item><wp:post_id>%d</wp:post_id><guid>https://tide.example/?p=%d</guid>\n", id, id)
	set := map[string]bool{}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		set[name] = true
		if strings.HasPrefix(name, "<") {
			b.WriteString(f)
			continue
		}
		fmt.Fprintf(&b, "<%s><![CDATA[%s]]></%s>\n", name, value, name)
	}
	for name, usual := range map[string]string{
		"title": fmt.Sprintf("Story %d", id), "dc:creator": "aferry77", "wp:post_name": fmt.Sprintf("story-%d", id), "wp:status": "publish", "wp:post_type": "post",
		"wp:post_date_gmt": "2014-05-01 09:30:00", "link": fmt.Sprintf("https://tide.example/2014/05/01/story-%d/", id),
	} {
		if !set[name] {
			fmt.Fprintf(&b, "<%s>%s</%s>\n", name, usual, name)
		}
	}
	fmt.Fprintf(&b, "<content:encoded><![CDATA[%s]]></content:encoded></item>\n", content)
	return b.String()
}

func meta(key, value string) string {
	return "<wp:postmeta><wp:meta_key>" + key + "</wp:meta_key><wp:meta_value><![CDATA[" + value + "]]></wp:meta_value></wp:postmeta>"
}

func picture(id, parent int, name, alt string) string {
	return item(id, "", "wp:post_type=attachment", "wp:status=inherit", fmt.Sprintf("wp:post_parent=%d", parent),
		"wp:attachment_url=https://tide.example/wp-content/uploads/2014/"+name, meta("_wp_attachment_image_alt", alt))
}

func kinds(d prose.Doc) (out []string) {
	for i := range d.Blocks {
		out = append(out, string(d.Blocks[i].Kind))
	}
	return out
}

func TestTakeInWordPress(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := open(t, d)
		posts := text("posts.xml", wxrHead+
			item(1, "First line.\nSecond line.\n\nAnother <em>paragraph</em>, see <a href=\"https://tide.example/?p=2\">this</a>.\n\n[caption id=\"x\" width=\"300\"]<img src=\"https://tide.example/wp-content/uploads/2014/quay.jpg\" alt=\"A quay\" /> The quay at noon[/caption]\n\n[gallery ids=\"51,99\"]\n\n[youtube https://video.example/w?v=7]\n\n[weather city=\"Adler\"]\n\n[sic] stays.",
				`<category domain="author" nicename="cap-carla-reed"><![CDATA[carla-reed]]></category>`, `<category domain="author" nicename="cap-aferry77"><![CDATA[aferry77]]></category>`,
				`<category domain="category" nicename="world"><![CDATA[World]]></category>`, `<category domain="category" nicename="city"><![CDATA[City]]></category>`, `<category domain="post_tag" nicename="tide"><![CDATA[Tide &amp; time]]></category>`,
				meta("_yoast_wpseo_primary_category", "3"), meta("_yoast_wpseo_metadesc", "What the tide did."), meta("_yoast_wpseo_title", "%%title%% %%sep%%"), meta("_yoast_wpseo_canonical", "https://tide.example/special/the-tide/"),
				meta("_wp_old_slug", "story-one"), meta("_thumbnail_id", "52"), "wp:is_sticky=1", "wp:post_modified_gmt=2015-01-02 03:04:05",
				"<wp:comment><wp:comment_author>Reader</wp:comment_author><wp:comment_author_email>r@mail.example</wp:comment_author_email><wp:comment_author_IP>192.0.2.7</wp:comment_author_IP><wp:comment_content><![CDATA[Well said.]]></wp:comment_content><wp:comment_approved>1</wp:comment_approved></wp:comment>")+
			item(2, "<!-- wp:paragraph -->\n<p>A block.</p>\n<!-- /wp:paragraph -->\n<!-- wp:core-embed/youtube {\"url\":\"https://video.example/9\"} -->\n<figure><div>\nhttps://video.example/9\n</div><figcaption>On video</figcaption></figure>\n<!-- /wp:core-embed/youtube -->\n<!-- wp:latest-posts /-->\n<!-- wp:quote -->\n<blockquote><p>No boat.</p><cite>The mayor</cite></blockquote>\n<!-- /wp:quote -->\n<!-- wp:table -->\n<figure><table><thead><tr><th>Year</th><th>Boats</th></tr></thead><tbody><tr><td>2014</td><td>2</td></tr></tbody></table></figure>\n<!-- /wp:table -->", "wp:post_name=", "title=No <b>slug</b> here")+
			item(3, "Secret.", "wp:post_password=tide")+item(4, "Later.", "wp:status=future", "wp:post_date_gmt=2030-01-01 00:00:00")+item(5, "Mine.", "wp:status=private")+
			item(6, "Gone.", "wp:status=trash")+item(7, "About us.", "wp:post_type=page")+item(8, "Waiting.", "wp:status=pending")+item(9, "Half.", "wp:status=draft")+
			item(10, "x", "wp:post_type=nav_menu_item")+item(11, "", "title=Nothing in it")+item(12, "By nobody we know.", "dc:creator=ghostlogin")+wxrFoot)
		pictures := text("pictures.xml", wxrHead+picture(50, 1, "quay.jpg", "Quay")+picture(51, 1, "boats.jpg", "Boats")+picture(52, 1, "lead.jpg", "The tide")+
			item(60, "", "wp:post_type=guest-author", "wp:post_name=cap-carla-reed", meta("cap-display_name", "Carla Reed"), meta("cap-user_login", "carla-reed"))+wxrFoot)
		folder := archive.Folder{FS: fstest.MapFS{"uploads/2014/quay.jpg": {Data: []byte("quay")}, "uploads/2014/lead.jpg": {Data: []byte("lead")}}}
		run := archive.Run{Format: archive.WXR, Publish: true, Pictures: []archive.Folder{folder}}

		dry := run
		dry.DryRun = true
		would := n.take(dry, posts, pictures)
		if len(n.stories(story.Drafted))+len(n.stories(story.Published)) != 0 || len(n.kept) != 0 {
			t.Fatal("a dry run wrote something")
		}
		got := n.take(run, posts, pictures)
		if would.counts.New != got.counts.New || would.counts.Published != got.counts.Published {
			t.Errorf("a dry run says %s, the run %s", asJSON(would.counts), asJSON(got.counts))
		}
		if r := got.refused(); len(r) > 0 {
			t.Errorf("refused: %q", r)
		}
		public, drafts := n.stories(story.Published), n.stories(story.Drafted)
		one := public["Story 1"]
		if asJSON(one.Bylines) != `["Carla Reed","Ada Ferry"]` || one.Section != "city" || asJSON(one.Tags) != `["Tide \u0026 time","World"]` && asJSON(one.Tags) != `["World","Tide \u0026 time"]` {
			t.Errorf("bylines %q, section %q, tags %q", one.Bylines, one.Section, one.Tags)
		}
		if one.Standfirst != "What the tide did." || !one.Published.Equal(time.Date(2014, 5, 1, 9, 30, 0, 0, time.UTC)) || !one.Updated.Equal(time.Date(2015, 1, 2, 3, 4, 5, 0, time.UTC)) || one.Path() != "/2014/05/story-1" {
			t.Errorf("%q %v %v %s", one.Standfirst, one.Published, one.Updated, one.Path())
		}
		if k := asJSON(kinds(one.Body)); k != `["image","paragraph","paragraph","image","paragraph","embed","paragraph","paragraph"]` {
			t.Errorf("blocks %s of %s", k, one.Body.AppendJSON(nil))
		}
		if b := one.Body.Blocks; b[1].Text.String() != "First line.\nSecond line." || b[3].Caption.String() != "The quay at noon" || b[3].Alt != "A quay" || b[6].Text.String() != `[weather city="Adler"]` || b[7].Text.String() != "[sic] stays." {
			t.Errorf("%s", one.Body.AppendJSON(nil))
		}
		if !strings.Contains(string(one.Body.AppendJSON(nil)), `"link":"/?p=2"`) {
			t.Errorf("a link to the old site is not a path: %s", one.Body.AppendJSON(nil))
		}
		two := public["No slug here"]
		if k := asJSON(kinds(two.Body)); k != `["paragraph","embed","quote","table"]` || two.Slug != "no-slug-here" {
			t.Errorf("%q %s", two.Slug, two.Body.AppendJSON(nil))
		}
		for _, title := range []string{"Story 3", "Story 4", "Story 5", "Story 7", "Story 8", "Story 9", "Nothing in it"} {
			if _, ok := drafts[title]; !ok {
				t.Errorf("%q is no draft", title)
			}
		}
		if s := public["Story 12"]; len(s.Bylines) != 0 || !got.warned("known by a login alone") {
			t.Errorf("a login was printed: %q", s.Bylines)
		}
		for _, part := range []string{"behind a password", "scheduled", "private", "picture 99 of a gallery", "boats.jpg did not come along", "shortcode [weather", "1 comments", "latest-posts", "top of the front page"} {
			if !got.warned(part) {
				t.Errorf("nobody is told of %q", part)
			}
		}
		if got.counts.Pictures != 2 || got.counts.Missing != 1 || got.counts.Comments != 1 || got.counts.Passed["nav_menu_item"] != 1 {
			t.Errorf("%s", asJSON(got.counts))
		}
		for _, line := range got.lines {
			for _, c := range line.Comments {
				if strings.Contains(asJSON(c), "mail.example") || strings.Contains(asJSON(c), "192.0.2") {
					t.Errorf("a reader's address is in the report: %s", asJSON(c))
				}
			}
		}
		for _, old := range []string{
			"/2014/05/01/story-1/", "/2014/05/01/story-1", "/?p=1", "/special/the-tide", "/2014/05/01/story-one/", "https://tide.example/?p=1&preview=true",
		} {
			if to, err := n.archive.Moved(t.Context(), old); err != nil || to != "/2014/05/story-1" {
				t.Errorf("%s leads to %q, %v", old, to, err)
			}
		}
		for _, nowhere := range []string{"/", "", "/?p=3", "/?p=9999", "/2014/05/01/story-999", "/?p=1'", "\x00", "/%zz", "/" + strings.Repeat("x", 5000)} {
			if to, err := n.archive.Moved(t.Context(), nowhere); fault.KindOf(err) != fault.Missing {
				t.Errorf("%q leads to %q, %v", nowhere, to, err)
			}
		}

		again := n.take(run, pictures, posts) // in another order
		if again.counts.New != 0 || again.counts.Changed != 0 || again.counts.Already != got.counts.New {
			t.Errorf("the second time: %s", asJSON(again.counts))
		}
	})
}

func TestAChangedItemIsAnotherRevision(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := open(t, d)
		export := func(first, second string) archive.File {
			return text("export.xml", wxrHead+item(1, first)+item(2, second)+wxrFoot)
		}
		run := archive.Run{Format: archive.WXR}
		n.take(run, export("One.", "Two."))
		n.take(run, export("One.", "Two."))
		s := n.stories(story.Drafted)["Story 1"]
		if s.Latest != 1 {
			t.Fatalf("%d revisions", s.Latest)
		}
		got := n.take(run, export("One, mended.", "Two."))
		if got.counts.Changed != 1 || got.counts.Already != 1 {
			t.Errorf("%s", asJSON(got.counts))
		}
		if s = n.stories(story.Drafted)["Story 1"]; s.Latest != 2 || s.Body.Text() != "One, mended." {
			t.Errorf("revision %d: %q", s.Latest, s.Body.Text())
		}
		// Published, what changes there waits here.
		run.Publish = true
		if got = n.take(run, export("One, mended.", "Two.")); got.counts.Shown != 2 || got.counts.Published != 2 {
			t.Errorf("%s", asJSON(got.counts))
		}
		got = n.take(run, export("One, mended twice.", "Two."))
		s = n.stories(story.Published)["Story 1"]
		if got.counts.Changed != 1 || s.Body.Text() != "One, mended." || s.Latest != 3 || !got.warned("until you publish it") {
			t.Errorf("%s: revision %d of %d: %q", asJSON(got.counts), s.Revision, s.Latest, s.Body.Text())
		}
		// Worked on here and changed there: both are kept.
		two := n.stories(story.Published)["Story 2"]
		draft := two.Draft()
		draft.Body = prose.Paragraphs("Two, by our editor.")
		if _, err := n.desk.Revise(t.Context(), two.ID, two.Latest, draft); err != nil {
			t.Fatal(err)
		}
		got = n.take(run, export("One, mended twice.", "Two, from there."))
		sides, err := n.desk.Sides(t.Context(), two.ID)
		if err != nil || len(sides) != 1 || sides[0].Draft.Body.Text() != "Two, from there." || !got.warned("kept beside") {
			t.Errorf("%v %+v", err, sides)
		}
	})
}

func TestPicturesMayComeLater(t *testing.T) {
	n := open(t, dbtest.SQLite(t))
	export := text("export.xml", wxrHead+item(1, `Words. <img src="/wp-content/uploads/2014/quay.jpg" alt="Quay">`)+wxrFoot)
	run := archive.Run{Format: archive.WXR}
	if got := n.take(run, export); got.counts.Missing != 1 {
		t.Errorf("%s", asJSON(got.counts))
	}
	if got := n.take(run, export); got.counts.Already != 1 || got.counts.Changed != 0 {
		t.Errorf("without the picture again: %s", asJSON(got.counts))
	}
	run.Pictures = []archive.Folder{{FS: fstest.MapFS{"quay.jpg": {Data: []byte("quay")}}}}
	if got := n.take(run, export); got.counts.Changed != 1 || got.counts.Pictures != 1 {
		t.Errorf("with it: %s", asJSON(got.counts))
	}
	if got := n.take(run, export); got.counts.Already != 1 || got.counts.Pictures != 0 {
		t.Errorf("and once more: %s", asJSON(got.counts))
	}
}
