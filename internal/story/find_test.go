package story_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/story"
	"mimeo/internal/story/storytest"
)

func TestLists(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, _ *db.DB) {
		ctx, list := t.Context(), must[[]story.Summary](t)
		// Three at the same moment in each of two sections, and one elsewhere.
		for hour := range 3 {
			for _, section := range []string{"city", "world"} {
				for i := range 3 {
					dr := draft(fmt.Sprintf("%s %d%d", section, hour, i))
					dr.Section = section
					published(t, d, dr)
				}
			}
			c.Advance(time.Hour)
		}
		fa := draft("باران")
		fa.Lang, fa.Section = "fa", "weather"
		rain := published(t, d, fa)
		none := draft("No section")
		none.Section = ""
		published(t, d, none)
		must[story.Story](t)(d.Create(ctx, draft("Never published")))

		front := list(d.Front(ctx, "en", 4))
		if diff := cmp.Diff([]string{"No section", "world 22", "world 21", "world 20"}, headlines(front)); diff != "" {
			t.Error(diff)
		}
		if front[1].Path() != "/2024/12/world-22" || front[1].Excerpt != "A first paragraph. And a second." {
			t.Errorf("%+v", front[1])
		}
		if got := headlines(list(d.Front(ctx, "fa", 4))); !slices.Equal(got, []string{"باران"}) {
			t.Error(got)
		}
		if got := list(d.Front(ctx, "de", 4)); len(got) != 0 {
			t.Error(got)
		}

		for section, want := range map[string][]string{
			"city": {"city 22", "city 21", "city 20", "city 12", "city 11", "city 10", "city 02", "city 01", "city 00"},
			"":     nil,
		} {
			for size := 1; size <= 11; size++ {
				var all []string
				for after := (story.Cursor{}); ; {
					page := list(d.Section(ctx, "en", section, after, size))
					all = append(all, headlines(page)...)
					if len(page) < size {
						break
					}
					after = must[story.Cursor](t)(story.ParseCursor(page[size-1].Cursor().String()))
				}
				if want == nil {
					want = headlines(list(d.Front(ctx, "en", 100)))
				}
				if diff := cmp.Diff(want, all); diff != "" {
					t.Errorf("%q in pages of %d: %s", section, size, diff)
				}
			}
		}
		if got := list(d.Section(ctx, "en", "nowhere", story.Cursor{}, 5)); len(got) != 0 {
			t.Error(headlines(got))
		}

		if got := must[[]string](t)(d.Sections(ctx, "en")); !slices.Equal(got, []string{"city", "world"}) {
			t.Error(got)
		}
		if got := must[[]string](t)(d.Sections(ctx, "de")); len(got) != 0 {
			t.Error(got)
		}

		feed := must[[]story.Story](t)(d.Recent(ctx, "en", "world", 2))
		if len(feed) != 2 || feed[0].Headline != "world 22" || feed[0].Body.Text() != "A first paragraph.\n\nAnd a second." {
			t.Errorf("%+v", feed)
		}
		if got := must[[]story.Story](t)(d.Recent(ctx, "en", "", 1)); len(got) != 1 || got[0].Headline != "No section" {
			t.Errorf("%+v", got)
		}

		en := draft("Rain")
		en.Group = rain.Group
		waiting := must[story.Story](t)(d.Create(ctx, en))
		if got := headlines(list(d.Translations(ctx, rain.Group))); !slices.Equal(got, []string{"باران"}) {
			t.Error(got)
		}
		must[story.Story](t)(d.Publish(ctx, waiting.ID))
		if got := headlines(list(d.Translations(ctx, rain.Group))); !slices.Equal(got, []string{"Rain", "باران"}) {
			t.Error(got)
		}

		drafts := list(d.List(ctx, story.Drafted, story.Cursor{}, 10))
		if got := headlines(drafts); !slices.Equal(got, []string{"Never published"}) || drafts[0].Path() != "" {
			t.Error(got)
		}
		var all []string
		for after := (story.Cursor{}); ; {
			page := list(d.List(ctx, story.Published, after, 4))
			if len(page) == 0 {
				break
			}
			all = append(all, headlines(page)...)
			last := page[len(page)-1]
			after = story.Cursor{At: last.Updated, Key: last.ID}
		}
		slices.Sort(all)
		if len(slices.Compact(all)) != 21 || len(all) != 21 {
			t.Errorf("%d published: %v", len(all), all)
		}
	})
}

func TestSitemaps(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, _ *db.DB) {
		ctx, list := t.Context(), must[[]story.Summary](t)
		if n := must[int64](t)(d.Highest(ctx)); n != 0 {
			t.Error(n)
		}
		var ids []string
		for i := range 7 {
			ids = append(ids, published(t, d, draft(fmt.Sprintf("s%d", i))).ID)
			c.Advance(12 * time.Hour)
		}
		pages := func() (all [][]string) {
			for after := int64(0); after < must[int64](t)(d.Highest(ctx)); after += 3 {
				all = append(all, headlines(list(d.Sitemap(ctx, after, 3))))
			}
			return all
		}
		if diff := cmp.Diff([][]string{{"s0", "s1", "s2"}, {"s3", "s4", "s5"}, {"s6"}}, pages()); diff != "" {
			t.Error(diff)
		}
		// s6 was published 12 hours ago.
		if diff := cmp.Diff([]string{"s6", "s5", "s4", "s3"}, headlines(list(d.SitemapNews(ctx, c.Now().Add(-48*time.Hour))))); diff != "" {
			t.Error(diff)
		}
		must[story.Story](t)(d.Retract(ctx, ids[4], taken))
		if diff := cmp.Diff([][]string{{"s0", "s1", "s2"}, {"s3", "s5"}, {"s6"}}, pages()); diff != "" {
			t.Error(diff)
		}
		must[story.Story](t)(d.Publish(ctx, ids[4]))
		if diff := cmp.Diff([]string{"s3", "s4", "s5"}, pages()[1]); diff != "" {
			t.Error("a story that came back has another number: ", diff)
		}
	})
}

func TestParseCursor(t *testing.T) {
	for _, bad := range []string{"x", ".", "0.x", "-1.x", "!.x", "zzzzzzzzzzzzzzzzzzzz.x"} {
		if c, err := story.ParseCursor(bad); fault.KindOf(err) != fault.Missing {
			t.Errorf("%q is %v, %v", bad, c, err)
		}
	}
	if c, err := story.ParseCursor(""); err != nil || c != (story.Cursor{}) || c.String() != "" {
		t.Errorf("the beginning is %v, %v", c, err)
	}
}

// TestSeed: the seeded stories are stories, found like any others.
func TestSeed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, base *db.DB) {
		d := desk(base, time.Now)
		for range 2 {
			if err := storytest.Seed(t.Context(), base, 60); err != nil {
				t.Fatal(err)
			}
		}
		front := must[[]story.Summary](t)(d.Front(t.Context(), "en", 3))
		if diff := cmp.Diff([]string{"Seeded story 120", "Seeded story 60", "Seeded story 119"}, headlines(front)); diff != "" {
			t.Error(diff)
		}
		s := front[0]
		found, _, err := d.ByPath(t.Context(), "en", s.Year, s.Month, s.Slug)
		if err != nil || found.ID != s.ID || len(found.Body.Blocks) != 8 || found.Section != storytest.Sections[120%8] {
			t.Errorf("%+v, %v", found, err)
		}
		if n := must[int64](t)(d.Highest(t.Context())); n != 120 {
			t.Error(n)
		}
		if got := must[[]string](t)(d.Sections(t.Context(), "en")); !slices.Equal(got, storytest.Sections[:]) {
			t.Error(got)
		}
		fresh := published(t, d, draft("After the seed"))
		if got := must[[]story.Summary](t)(d.Front(t.Context(), "en", 1)); got[0].ID != fresh.ID {
			t.Error(headlines(got))
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		base := dbtest.SQLite(b)
		if err := storytest.Seed(b.Context(), base, n); err != nil {
			b.Fatal(err)
		}
		d := desk(base, time.Now)
		front, err := d.Front(b.Context(), "en", 1)
		if err != nil {
			b.Fatal(err)
		}
		s := front[0]
		for name, f := range map[string]func() error{
			"ByPath": func() error { _, _, err := d.ByPath(b.Context(), "en", s.Year, s.Month, s.Slug); return err },
			"Front":  func() error { _, err := d.Front(b.Context(), "en", 30); return err },
			"Section of an old page": func() error {
				_, err := d.Section(b.Context(), "en", "world", story.Cursor{At: s.Published.Add(-time.Duration(n/2) * time.Minute)}, 30)
				return err
			},
			"Sections": func() error { _, err := d.Sections(b.Context(), "en"); return err },
			"Sitemap":  func() error { _, err := d.Sitemap(b.Context(), int64(n/2), 30); return err },
		} {
			b.Run(fmt.Sprintf("%s of %d", name, n), func(b *testing.B) {
				for b.Loop() {
					if err := f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// FuzzParseCursor wants what comes out of an address to be the same cursor when
// it is written again, and a text that both engines take.
func FuzzParseCursor(f *testing.F) {
	for _, text := range []string{"", ".", "abc.", "gzi0i6vx2o.rain", "abc.\x00", "abc.\xff", "-1.x", "1y2p0ij32e8e7.x", "zzzzzzzzzzzzz.x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := story.ParseCursor(text)
		if err != nil {
			if fault.KindOf(err) != fault.Missing {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if again, err := story.ParseCursor(c.String()); err != nil || again != c {
			t.Errorf("%q became %q, %v", text, again, err)
		}
		if !utf8.ValidString(c.Key) || strings.ContainsRune(c.Key, 0) {
			t.Errorf("the key is %q", c.Key)
		}
	})
}
