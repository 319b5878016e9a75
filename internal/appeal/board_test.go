package appeal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mimeo/internal/appeal"
	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/money"
)

const oneAppeal = `{"version":1,"appeals":[{"id":"winter","state":"live","variants":[{"id":"a","weight":1}]}]}`

var quiet = slog.New(slog.DiscardHandler)

func reason(b *appeal.Board) appeal.Reason {
	return b.Rules().Decide(&appeal.Facts{Now: time.Unix(0, 0), Language: "en"}).Reason
}

func TestBoardKeepsEveryVersion(t *testing.T) {
	dbtest.EachClock(t, utc(t, "2026-11-22T12:00:00Z"), func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		ctx := t.Context()
		b := appeal.New(d, quiet)
		if err := b.Reload(ctx); err != nil || reason(b) != appeal.Off {
			t.Fatalf("an empty board asks: %v, %v", reason(b), err)
		}
		if _, err := b.Version(ctx, 1); fault.KindOf(err) != fault.Missing {
			t.Errorf("a version that is not there: %v", err)
		}
		first, err := b.Save(ctx, []byte(oneAppeal), "vera")
		if err != nil || first.Version != 1 || first.Previous != 0 {
			t.Fatalf("%+v, %v", first, err)
		}
		if reason(b) != appeal.Shown {
			t.Errorf("after the commit the reason is %q", reason(b))
		}
		c.Advance(time.Hour)
		off := `{"version":1,"off":true,"appeals":[{"id":"x"}],"note":"<kept & unknown>"}`
		second, err := b.Save(ctx, []byte(off), "ilya")
		if err != nil || second.Version != 2 || second.Previous != 1 || len(second.Dropped) != 1 {
			t.Fatalf("%+v, %v", second, err)
		}
		for name, document := range map[string]string{"unreadable": `{`, "empty": ``, "huge": `{"version":1,"x":"` + strings.Repeat("x", 8<<20) + `"}`} {
			if _, err := b.Save(ctx, []byte(document), "ilya"); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := b.Save(ctx, []byte(off), " "); fault.KindOf(err) != fault.Invalid {
			t.Errorf("nobody saved: %v", err)
		}
		if reason(b) != appeal.Off {
			t.Errorf("a refused document changed the rules: %q", reason(b))
		}
		third, err := b.Restore(ctx, 1, "vera")
		if err != nil || third.Version != 3 || reason(b) != appeal.Shown {
			t.Fatalf("%+v, %v", third, err)
		}
		history, err := b.History(ctx, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		want := []appeal.Revision{
			{Version: 3, Previous: 2, Author: "vera", At: utc(t, "2026-11-22T13:00:00Z"), Document: []byte(oneAppeal)},
			{Version: 2, Previous: 1, Author: "ilya", At: utc(t, "2026-11-22T13:00:00Z"), Document: []byte(off)},
			{Version: 1, Previous: 0, Author: "vera", At: utc(t, "2026-11-22T12:00:00Z"), Document: []byte(oneAppeal)},
		}
		if diff := cmp.Diff(want, history); diff != "" {
			t.Errorf("history (-want +got):\n%s", diff)
		}
		if older, err := b.History(ctx, 3, 1); err != nil || len(older) != 1 || older[0].Version != 2 {
			t.Errorf("paging: %+v, %v", older, err)
		}
		if r, err := b.Version(ctx, 2); err != nil || len(r.Dropped) != 1 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// What another process saves is taken over; what cannot be read is reported
// once and leaves the last good rules standing.
func TestReload(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		var log bytes.Buffer
		ours, theirs := appeal.New(d, slog.New(slog.NewTextHandler(&log, nil))), appeal.New(d, quiet)
		heard := 0
		d.OnChange(func(kind, _ string) {
			if kind == appeal.ChangeKind {
				heard++
			}
		})
		if _, err := theirs.Save(ctx, []byte(oneAppeal), "vera"); err != nil {
			t.Fatal(err)
		}
		if heard != 1 {
			t.Errorf("the change feed told of %d changes", heard)
		}
		if reason(ours) != appeal.Off {
			t.Fatal("taken over before it was looked for")
		}
		if err := ours.Reload(ctx); err != nil || reason(ours) != appeal.Shown {
			t.Fatalf("%q, %v", reason(ours), err)
		}
		rules := ours.Rules()
		if err := ours.Reload(ctx); err != nil || ours.Rules() != rules {
			t.Errorf("the same version was read again: %v", err)
		}
		// A later program may have left a document that this one does not read.
		if err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `insert into appeal_config (version, previous, author, at, document) values (2, 1, 'later', 0, '{"version":2}')`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := ours.Reload(ctx); err != nil {
				t.Errorf("an unreadable version: %v", err)
			}
			if reason(ours) != appeal.Shown {
				t.Error("the last good rules are gone")
			}
		}
		if n := strings.Count(log.String(), "version=2"); n != 1 {
			t.Errorf("it was reported %d times", n)
		}
		if _, err := ours.SetState(ctx, "winter", appeal.Draft, "vera"); err == nil {
			t.Error("a document that cannot be read was edited")
		}
		if _, err := ours.Save(ctx, []byte(oneAppeal), "vera"); err != nil {
			t.Errorf("and could not be replaced: %v", err)
		}
	})
}

func TestSavesAtOnceLoseNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := appeal.New(d, quiet)
		const n = 8
		var wg sync.WaitGroup
		saved := make(chan appeal.Revision, n)
		for range n {
			wg.Go(func() {
				r, err := b.Save(t.Context(), []byte(oneAppeal), "vera")
				if err == nil {
					saved <- r
				} else if fault.KindOf(err) != fault.Conflict {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		close(saved)
		var versions []int64
		for r := range saved {
			versions = append(versions, r.Version)
		}
		slices.Sort(versions)
		for i, v := range versions {
			if v != int64(i+1) {
				t.Fatalf("the versions are %v", versions)
			}
		}
		if len(versions) == 0 {
			t.Error("none was saved")
		}
	})
}

func TestProposeAndSetState(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		b := appeal.New(d, quiet)
		p := appeal.Proposal{Author: "import", Language: "en", Words: appeal.Words{
			Heading: "A message from us", Body: []string{"Dear <readers> & friends,", "«Help»"}, Button: "Continue",
		}}
		id, err := b.Propose(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		if reason(b) != appeal.NoneMatched {
			t.Errorf("a draft is shown: %q", reason(b))
		}
		if again, err := b.Propose(ctx, p); err != nil || again != id {
			t.Errorf("proposed again it is %q, %v", again, err)
		}
		if history, err := b.History(ctx, 0, 10); err != nil || len(history) != 1 {
			t.Errorf("proposing twice made %d versions, %v", len(history), err)
		}
		if _, err := b.SetState(ctx, id, "Live", "vera"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("an unknown state: %v", err)
		}
		if _, err := b.SetState(ctx, "nobody", appeal.Live, "vera"); fault.KindOf(err) != fault.Missing {
			t.Errorf("an unknown appeal: %v", err)
		}
		r, err := b.SetState(ctx, id, appeal.Live, "vera")
		if err != nil || reason(b) != appeal.Shown {
			t.Fatalf("%q, %v", reason(b), err)
		}
		if !strings.Contains(string(r.Document), "Dear <readers> & friends,") {
			t.Errorf("the words are not kept as they are:\n%s", r.Document)
		}
		if got := b.Rules().Decide(&appeal.Facts{Now: time.Unix(0, 0), Language: "fa"}).Reason; got != appeal.NoneMatched {
			t.Errorf("an appeal for English in Persian: %q", got)
		}
		v, ok := b.Rules().Find(id, "a")
		if !ok || v.Heading != p.Heading || !slices.Equal(v.Body, p.Body) || v.Button != p.Button || v.Signature != "" {
			t.Errorf("the words are %+v", v)
		}
		if again, err := b.Propose(ctx, p); err != nil || again != id || reason(b) != appeal.Shown {
			t.Errorf("proposing it again took it down: %v, %q", err, reason(b))
		}
		p.Language = ""
		if other, err := b.Propose(ctx, p); err != nil || other == id {
			t.Errorf("for every language it is %q, %v", other, err)
		}
	})
}

// An edit in one place leaves the rest as its author wrote it: order, unknown
// members, and the appeals that cannot serve.
func TestEditsKeepTheRest(t *testing.T) {
	d := dbtest.SQLite(t)
	b := appeal.New(d, quiet)
	const document = `{
  "note": "why <we> ask & when",
  "version": 1,
  "appeals": [
    {
      "sticker": {
        "colour": [
          1,
          2
        ]
      },
      "id": "winter",
      "state": "draft",
      "variants": [
        {
          "id": "a",
          "weight": 1,
          "picture": "snow.png"
        }
      ]
    },
    {
      "id": "broken",
      "state": "liv"
    }
  ],
  "off": false
}
`
	if _, err := b.Save(t.Context(), []byte(document), "vera"); err != nil {
		t.Fatal(err)
	}
	r, err := b.SetState(t.Context(), "winter", appeal.Live, "vera")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Replace(document, "draft", "live", 1), string(r.Document)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !json.Valid(r.Document) {
		t.Error("it is not JSON")
	}
}

func TestCounting(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		b := appeal.New(d, quiet)
		last := utc(t, "2026-11-22T23:59:59Z")
		next := utc(t, "2026-11-23T03:00:00+03:00") // still the 23rd, midnight UTC
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 100 {
					b.Count(last, "winter", "a", appeal.Impression)
				}
				b.Count(next, "winter", "a", appeal.Impression)
			})
		}
		b.Count(last, "winter", "", appeal.HeldOut)
		if err := b.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		b.Count(last, "winter", "a", appeal.Close)
		if err := b.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		if err := b.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		usd := func(minor int64) money.Amount { return money.Of(minor, "USD") }
		gifts := []appeal.Gift{
			{At: last, Appeal: "winter", Variant: "a", Rhythm: "monthly", Amount: usd(500)},
			{At: last, Appeal: "winter", Variant: "a", Rhythm: "monthly", Amount: usd(200)},
			{At: last, Appeal: "winter", Variant: "a", Rhythm: "once", Amount: usd(2000)},
			{At: next, Appeal: "winter", Variant: "a", Rhythm: "monthly", Amount: money.Of(300, "JPY")},
		}
		if err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			for _, g := range gifts {
				if err := b.Gift(ctx, tx, g); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		day, after := utc(t, "2026-11-22T00:00:00Z"), utc(t, "2026-11-23T00:00:00Z")
		counts, sums, err := b.Report(ctx, day, after.AddDate(0, 0, 1))
		if err != nil {
			t.Fatal(err)
		}
		wantCounts := []appeal.Count{
			{Day: day, Appeal: "winter", Event: appeal.HeldOut, N: 1},
			{Day: day, Appeal: "winter", Variant: "a", Event: appeal.Close, N: 1},
			{Day: day, Appeal: "winter", Variant: "a", Event: appeal.Given, N: 3},
			{Day: day, Appeal: "winter", Variant: "a", Event: appeal.Impression, N: 800},
			{Day: after, Appeal: "winter", Variant: "a", Event: appeal.Given, N: 1},
			{Day: after, Appeal: "winter", Variant: "a", Event: appeal.Impression, N: 8},
		}
		if diff := cmp.Diff(wantCounts, counts); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
		wantSums := []appeal.GiftCount{
			{Day: day, Appeal: "winter", Variant: "a", Rhythm: "monthly", N: 2, Sum: usd(700)},
			{Day: day, Appeal: "winter", Variant: "a", Rhythm: "once", N: 1, Sum: usd(2000)},
			{Day: after, Appeal: "winter", Variant: "a", Rhythm: "monthly", N: 1, Sum: money.Of(300, "JPY")},
		}
		if diff := cmp.Diff(wantSums, sums); diff != "" {
			t.Errorf("gifts (-want +got):\n%s", diff)
		}
		if counts, sums, err := b.Report(ctx, after.AddDate(0, 0, 1), after.AddDate(0, 0, 9)); err != nil || len(counts)+len(sums) > 0 {
			t.Errorf("days without anything: %v, %v, %v", counts, sums, err)
		}
	})
}

// A flush that fails loses nothing: the next one that works writes it all.
func TestFlushAgain(t *testing.T) {
	d := dbtest.SQLite(t)
	b := appeal.New(d, quiet)
	at := utc(t, "2026-11-22T12:00:00Z")
	b.Count(at, "winter", "a", appeal.Remind)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Flush(gone); err == nil {
		t.Fatal("a cancelled flush did not fail")
	}
	b.Count(at, "winter", "a", appeal.Remind)
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	counts, _, err := b.Report(t.Context(), at, at.AddDate(0, 0, 1))
	if err != nil || len(counts) != 1 || counts[0].N != 2 {
		t.Errorf("%+v, %v", counts, err)
	}
}

func BenchmarkCount(b *testing.B) {
	board := appeal.New(nil, quiet)
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		board.Count(at, "winter-2026", "plain", appeal.Impression)
	}
}
