package story_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// start is late in the evening of the last day of the month in UTC; in the
// newsroom's zone it is already December.
var start = time.Date(2024, 11, 30, 22, 30, 0, 0, time.UTC)

// newsroom is a desk in a zone east of Greenwich, with a clock of its own, on
// both engines.
func newsroom(t *testing.T, fn func(t *testing.T, d *story.Desk, c *dbtest.Clock, base *db.DB)) {
	t.Helper()
	dbtest.EachClock(t, start, func(t *testing.T, base *db.DB, c *dbtest.Clock) {
		fn(t, desk(base, c.Now), c, base)
	})
}

func desk(base *db.DB, now func() time.Time) *story.Desk {
	zone := time.FixedZone("newsroom", 3*60*60)
	return story.New(base, ident.NewSource(now, rand.Reader), story.Options{Zone: zone, DefaultLang: "en"})
}

func draft(headline string) story.Draft {
	return story.Draft{Section: "city", Headline: headline, Body: prose.Paragraphs("A first paragraph.", "And a second.")}
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func published(t *testing.T, d *story.Desk, dr story.Draft) story.Story {
	t.Helper()
	s := must[story.Story](t)(d.Create(t.Context(), dr))
	return must[story.Story](t)(d.Publish(t.Context(), s.ID))
}

// taken is a note with which stories are taken back.
var taken = story.Note{Text: "We could not stand by this report."}

// stored leaves out what only the answer knows.
var stored = cmpopts.IgnoreUnexported(story.Story{}, story.Summary{})

func headlines(list []story.Summary) (out []string) {
	for _, s := range list {
		out = append(out, s.Headline)
	}
	return out
}

func TestLifeOfAStory(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, _ *db.DB) {
		ctx, one := t.Context(), must[story.Story](t)
		full := story.Draft{
			Section: "city", Headline: "  The bridge opens ", Standfirst: "At last.", Bylines: []string{"Ada Ferry", "", "پل نویس"},
			Dateline: time.Date(2024, 12, 4, 15, 0, 0, 0, time.FixedZone("", 3600)), Place: "PORT SELIN", Tags: []string{"bridges"}, NoAsk: true,
			Body: prose.Paragraphs("“A first” paragraph.", "And a second."),
		}
		s := one(d.Create(ctx, full))
		want := story.Story{
			ID: s.ID, Group: s.ID, Lang: "en", Section: "city", Slug: "the-bridge-opens", Headline: "The bridge opens", Standfirst: "At last.",
			Excerpt: "“A first” paragraph. And a second.", Bylines: []string{"Ada Ferry", "پل نویس"}, Dateline: time.Date(2024, 12, 4, 0, 0, 0, 0, time.UTC),
			Place: "PORT SELIN", Tags: []string{"bridges"}, NoAsk: true, Body: full.Body, State: story.Drafted, Revision: 1, Latest: 1, Created: start, Updated: start,
			Stage: story.Writing, Touched: start,
		}
		if diff := cmp.Diff(want, s, stored); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(s, one(d.ByID(ctx, s.ID)), stored); diff != "" || s.Path() != "" || !ident.IsSecret(s.ID) {
			t.Error(diff, s.Path(), s.ID)
		}
		if _, _, err := d.ByPath(ctx, "en", 2024, 12, s.Slug); fault.KindOf(err) != fault.Missing {
			t.Errorf("a draft has an address: %v", err)
		}

		c.Advance(time.Minute)
		s = one(d.Publish(ctx, s.ID))
		want.Touched = c.Now()
		want.State, want.Published, want.Updated, want.Year, want.Month = story.Published, c.Now(), c.Now(), 2024, time.December
		if diff := cmp.Diff(want, s, stored); diff != "" || s.Path() != "/2024/12/the-bridge-opens" {
			t.Error(diff, s.Path())
		}
		found, moved, err := d.ByPath(ctx, "en", 2024, 12, "the-bridge-opens")
		if diff := cmp.Diff(want, found, stored); diff != "" || moved != "" || err != nil {
			t.Error(diff, moved, err)
		}

		c.Advance(time.Hour)
		if again := one(d.Publish(ctx, s.ID)); !again.Updated.Equal(want.Updated) {
			t.Error("publishing what is public changed it")
		}
		next := s.Draft()
		next.Headline, next.Body, next.NoAsk = "The bridge opens again", prose.Paragraphs("Another text."), false
		next.Bylines, next.Tags, next.Dateline = nil, nil, time.Time{}
		revised := one(d.Revise(ctx, s.ID, s.Latest, next))
		if revised.Revision != 2 || revised.Headline != next.Headline {
			t.Errorf("the answer holds revision %d, %q", revised.Revision, revised.Headline)
		}
		if seen := one(d.ByID(ctx, s.ID)); seen.Headline != "The bridge opens" || seen.Latest != 2 || seen.Revision != 1 || !seen.NoAsk {
			t.Errorf("readers see revision %d before it is published", seen.Revision)
		}
		c.Advance(time.Hour)
		if _, err := d.Publish(ctx, s.ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("published words changed silently: %v", err)
		}
		s = one(d.Correct(ctx, s.ID, story.Note{Kind: story.KindFact, Text: "The headline was wrong."}))
		if s.Headline != next.Headline || s.Excerpt != "Another text." || s.NoAsk || !s.Updated.Equal(c.Now()) || !s.Published.Equal(want.Published) || s.Path() != "/2024/12/the-bridge-opens" {
			t.Errorf("%+v", s)
		}
		if diff := cmp.Diff(s, one(d.ByID(ctx, s.ID)), stored); diff != "" {
			t.Error(diff)
		}
		old, at, err := d.Revision(ctx, s.ID, 1)
		if err != nil || !at.Equal(start) || old.Headline != "The bridge opens" || old.Body.Text() != full.Body.Text() || len(old.Bylines) != 2 || !old.NoAsk {
			t.Errorf("revision 1 became %+v, %v", old, err)
		}

		s = one(d.Retract(ctx, s.ID, taken))
		if list := must[[]story.Summary](t)(d.Front(ctx, "en", 10)); len(list) != 0 || s.State != story.Retracted {
			t.Errorf("retracted but listed: %v", headlines(list))
		}
		if found, _, err := d.ByPath(ctx, "en", 2024, 12, s.Slug); err != nil || found.State != story.Retracted {
			t.Errorf("its address says %v, %v", found.State, err)
		}
		if one(d.Retract(ctx, s.ID, taken)).State != story.Retracted || one(d.Publish(ctx, s.ID)).State != story.Published {
			t.Error("a retracted story cannot come back")
		}
	})
}

func TestSlugs(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, c *dbtest.Clock, _ *db.DB) {
		ctx, one := t.Context(), must[story.Story](t)
		first, second := published(t, d, draft("Rain")), published(t, d, draft("Rain!"))
		if first.Path() != "/2024/12/rain" || second.Path() != "/2024/12/rain-2" {
			t.Fatal(first.Path(), second.Path())
		}
		fa := draft("باران")
		fa.Lang = "fa"
		if got := published(t, d, fa); got.Path() != "/fa/2024/12/باران" {
			t.Error(got.Path())
		}
		for i := range 25 {
			if got := published(t, d, draft("Rain")); i > 20 && !strings.HasPrefix(got.Slug, "rain-") {
				t.Error(got.Slug)
			}
		}
		symbols := draft("***")
		if got := published(t, d, symbols); got.Slug != "story" {
			t.Error(got.Slug)
		}

		one(d.Rename(ctx, first.ID, "heavy-rain"))
		one(d.Rename(ctx, first.ID, "floods"))
		for _, old := range []string{"rain", "heavy-rain"} {
			got, to, err := d.ByPath(ctx, "en", 2024, 12, old)
			if err != nil || to != "/2024/12/floods" || got.ID != first.ID {
				t.Errorf("%s leads to %q, %v", old, to, err)
			}
		}
		if _, err := d.Rename(ctx, second.ID, "rain"); fault.KindOf(err) != fault.Conflict {
			t.Errorf("another story took an old address: %v", err)
		}
		if got := one(d.Rename(ctx, first.ID, "rain")); got.Path() != "/2024/12/rain" {
			t.Errorf("it cannot have its own old address back: %s", got.Path())
		}
		if _, to, err := d.ByPath(ctx, "en", 2024, 12, "floods"); err != nil || to != "/2024/12/rain" {
			t.Errorf("floods leads to %q, %v", to, err)
		}
		for _, bad := range []string{"", "Rain", "a b", "../x", "a/b", "rain\u202e"} {
			if _, err := d.Rename(ctx, first.ID, bad); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%q: %v", bad, err)
			}
		}
		unpublished := one(d.Create(ctx, draft("Snow")))
		if got := one(d.Rename(ctx, unpublished.ID, "sleet")); got.Slug != "sleet" {
			t.Error(got.Slug)
		}
		c.Set(time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC))
		if got := published(t, d, draft("Rain")); got.Path() != "/2025/01/rain" {
			t.Error(got.Path())
		}
		archived := one(d.PublishAt(ctx, one(d.Create(ctx, draft("Rain"))).ID, time.Date(2019, 5, 31, 23, 0, 0, 0, time.UTC)))
		if archived.Path() != "/2019/06/rain" || archived.Updated.Year() != 2019 {
			t.Error(archived.Path(), archived.Updated)
		}
		if _, err := d.PublishAt(ctx, unpublished.ID, c.Now().Add(time.Second)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("published in the future: %v", err)
		}
	})
}

// What a script needs to be spelled or to stand beside another is kept.
func TestInvisibleSpellingIsKept(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		for _, headline := range []string{"می\u200cخواهم", "On \u2068فانوس\u2069 and \u2066x\u2069", "שלום\u200f!", "\U0001f469\u200d\U0001f467"} {
			s, err := d.Create(t.Context(), draft(headline))
			if err != nil || s.Headline != headline {
				t.Errorf("%q became %q, %v", headline, s.Headline, err)
			}
		}
	})
}

func TestRefusals(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		ctx := t.Context()
		for name, change := range map[string]func(*story.Draft){
			"no headline":             func(d *story.Draft) { d.Headline = " \u00a0" },
			"a headline of two lines": func(d *story.Draft) { d.Headline = "a\nb" },
			"a control character":     func(d *story.Draft) { d.Headline = "a\x00" },
			"a headline nobody sees":  func(d *story.Draft) { d.Headline = "\u200b\u2060\ufeff" },
			"a headline turned round": func(d *story.Draft) { d.Headline = "report\u202egnp.exe" },
			"a byline turned round":   func(d *story.Draft) { d.Bylines = []string{"Ann \u202dLee"} },
			"an open isolate":         func(d *story.Draft) { d.Headline = "a \u2067b" },
			"a closed isolate":        func(d *story.Draft) { d.Place = "a \u2069b" },
			"not UTF-8":               func(d *story.Draft) { d.Standfirst = "\xff" },
			"a long headline":         func(d *story.Draft) { d.Headline = strings.Repeat("x", 301) },
			"a section of words":      func(d *story.Draft) { d.Section = "City Hall" },
			"a section with a path":   func(d *story.Draft) { d.Section = "../x" },
			"a slug of words":         func(d *story.Draft) { d.Slug = "City Hall" },
			"no language":             func(d *story.Draft) { d.Lang = "English" },
			"too many tags":           func(d *story.Draft) { d.Tags = make([]string, 51) },
			"a long byline":           func(d *story.Draft) { d.Bylines = []string{strings.Repeat("x", 201)} },
			"a foreign image": func(d *story.Draft) {
				d.Body.Blocks[0] = prose.Block{Kind: prose.Image, Src: "https://x.example/a.png"}
			},
			"a dateline too far": func(d *story.Draft) { d.Dateline = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		} {
			dr := draft("x")
			change(&dr)
			if _, err := d.Create(ctx, dr); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		s := must[story.Story](t)(d.Create(ctx, draft("One")))
		if _, err := d.Retract(ctx, s.ID, taken); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a draft was retracted: %v", err)
		}
		second := draft("Two")
		second.Group = s.Group
		if _, err := d.Create(ctx, second); fault.KindOf(err) != fault.Conflict {
			t.Errorf("one story has two English versions: %v", err)
		}
		empty := draft("Empty")
		empty.Body = prose.Doc{}
		e := must[story.Story](t)(d.Create(ctx, empty))
		if _, err := d.Publish(ctx, e.ID); fault.KindOf(err) != fault.Invalid {
			t.Errorf("nothing was published: %v", err)
		}
		for _, err := range []error{
			errOf(d.ByID(ctx, "x")), errOf(d.Publish(ctx, "x")), errOf(d.Retract(ctx, "x", taken)), errOf(d.Rename(ctx, "x", "y")), errOf(d.Revise(ctx, "x", 1, draft("x"))),
		} {
			if fault.KindOf(err) != fault.Missing {
				t.Errorf("of a story that does not exist: %v", err)
			}
		}
		if _, _, err := d.Revision(ctx, s.ID, 7); fault.KindOf(err) != fault.Missing {
			t.Errorf("revision 7: %v", err)
		}
		if _, err := d.List(ctx, "lost", story.Cursor{}, 10); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a state that is none: %v", err)
		}

		p := must[story.Story](t)(d.Publish(ctx, s.ID))
		stale := p.Draft()
		stale.Headline = "Mine"
		if _, err := d.Revise(ctx, p.ID, p.Latest-1, stale); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a colleague was overwritten: %v", err)
		}
		for name, change := range map[string]func(*story.Draft){
			"language": func(d *story.Draft) { d.Lang = "fa" },
			"group":    func(d *story.Draft) { d.Group = "other" },
			"slug":     func(d *story.Draft) { d.Slug = "other" },
		} {
			dr := p.Draft()
			change(&dr)
			if _, err := d.Revise(ctx, p.ID, p.Latest, dr); fault.KindOf(err) != fault.Invalid {
				t.Errorf("a published story's %s was changed by the way: %v", name, err)
			}
		}
		if now := must[story.Story](t)(d.ByID(ctx, p.ID)); now.Latest != 1 || now.Headline != "One" {
			t.Errorf("something refused was kept: %+v", now)
		}
	})
}

func errOf(_ story.Story, err error) error { return err }

// TestPublishTogether: publishers at the same moment get addresses and numbers
// of their own.
func TestPublishTogether(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		const n = 12
		var drafts [n]story.Story
		for i := range drafts {
			drafts[i] = must[story.Story](t)(d.Create(t.Context(), draft("Breaking")))
		}
		var slugs [n]string
		var errs [2 * n]error
		var all sync.WaitGroup
		for i := range 2 * n { // everyone publishes twice
			all.Go(func() {
				s, err := d.Publish(context.WithoutCancel(t.Context()), drafts[i%n].ID)
				errs[i] = err
				if i < n {
					slugs[i] = s.Slug
				}
			})
		}
		all.Wait()
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		slices.Sort(slugs[:])
		if len(slices.Compact(slugs[:])) != n {
			t.Errorf("addresses: %v", slugs)
		}
		if high := must[int64](t)(d.Highest(t.Context())); high != n {
			t.Errorf("%d stories have %d numbers", n, high)
		}
		if all := must[[]story.Summary](t)(d.Sitemap(t.Context(), 0, 1000)); len(all) != n {
			t.Errorf("the sitemap has %d", len(all))
		}
	})
}

// TestChanges: the change feed names every page that is no longer right.
func TestChanges(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, base *db.DB) {
		ctx := t.Context()
		var mu sync.Mutex
		var heard []string
		base.OnChange(func(kind, key string) {
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, kind+" "+key)
		})
		expect := func(what string, want ...string) {
			t.Helper()
			mu.Lock()
			defer mu.Unlock()
			if diff := cmp.Diff(want, heard); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
			heard = nil
		}
		s := must[story.Story](t)(d.Create(ctx, draft("Rain")))
		fa := draft("باران")
		fa.Lang, fa.Group, fa.Section = "fa", s.Group, ""
		other := must[story.Story](t)(d.Create(ctx, fa))
		expect("drafts")
		must[story.Story](t)(d.Publish(ctx, s.ID))
		expect("publishing", "story /2024/12/rain", "stories en/", "stories en/city")
		must[story.Story](t)(d.Publish(ctx, other.ID))
		expect("a translation", "story /fa/2024/12/باران", "story /2024/12/rain", "stories fa/")
		must[story.Story](t)(d.Rename(ctx, s.ID, "floods"))
		expect("renaming", "story /2024/12/floods", "story /2024/12/rain", "story /fa/2024/12/باران", "stories en/", "stories en/city")
		dr := s.Draft()
		dr.Slug, dr.Section = "", "weather"
		must[story.Story](t)(d.Revise(ctx, s.ID, 1, dr))
		expect("a revision that waits")
		must[story.Story](t)(d.Publish(ctx, s.ID))
		expect("publishing it", "story /2024/12/floods", "story /fa/2024/12/باران", "stories en/", "stories en/weather", "stories en/city")
		must[story.Story](t)(d.Retract(ctx, other.ID, taken))
		expect("retracting", "corrections fa/", "story /fa/2024/12/باران", "story /2024/12/floods", "stories fa/")
	})
}

func ExampleCursor() {
	c := story.Cursor{At: time.UnixMicro(1_733_000_000_000_000), Key: "rain"}
	back, err := story.ParseCursor(c.String())
	fmt.Println(c, back.At.Equal(c.At), back.Key, err)
	// Output: h2ap7j9kow.rain true rain <nil>
}
