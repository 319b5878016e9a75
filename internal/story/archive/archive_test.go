package archive_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/ident"
	"mimeo/internal/story"
	"mimeo/internal/story/archive"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// newsroom is a desk and its archive on a database.
type newsroom struct {
	t       *testing.T
	db      *db.DB
	desk    *story.Desk
	archive *archive.Archive
	kept    map[string][]byte // pictures
}

func open(t *testing.T, d *db.DB) *newsroom {
	t.Helper()
	n := &newsroom{t: t, db: d, kept: map[string][]byte{}}
	n.desk = story.New(d, ident.NewSource(func() time.Time { return now }, rand.Reader), story.Options{DefaultLang: "en"})
	n.archive = archive.New(d, n.desk, archive.Options{
		Languages: []string{"en", "fa"},
		Keep: func(_ context.Context, r io.Reader, c archive.Credit) (archive.Stored, error) {
			raw, err := io.ReadAll(r)
			src := "/media/" + ident.Slug(c.Name) + ".jpg"
			_, known := n.kept[src]
			n.kept[src] = raw
			return archive.Stored{Src: src, Width: 640, Height: 480, Fresh: !known}, err
		},
	})
	return n
}

// taken is what a run told.
type taken struct {
	lines  []archive.Line
	counts archive.Counts
}

func (tk *taken) refused() (out []string) {
	for _, l := range tk.lines {
		if l.Outcome == archive.Refused {
			out = append(out, l.Where+": "+l.Error)
		}
	}
	return out
}

func (tk *taken) warned(part string) bool {
	for _, l := range tk.lines {
		for _, w := range l.Warnings {
			if strings.Contains(w.Message, part) {
				return true
			}
		}
	}
	return false
}

func (n *newsroom) take(run archive.Run, files ...archive.File) taken {
	n.t.Helper()
	var tk taken
	run.Told = func(l archive.Line) error {
		tk.lines = append(tk.lines, l)
		return nil
	}
	var err error
	if tk.counts, err = n.archive.TakeIn(n.t.Context(), files, run); err != nil {
		n.t.Fatal(err)
	}
	return tk
}

func text(name, content string) archive.File {
	return archive.File{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

func disk(name string) archive.File {
	return archive.File{Name: name, Open: func() (io.ReadCloser, error) { return os.Open(name) }}
}

// stories are all stories of a state, by headline.
func (n *newsroom) stories(state story.State) map[string]story.Story {
	n.t.Helper()
	list, err := n.desk.List(n.t.Context(), state, story.Cursor{}, 1000)
	if err != nil {
		n.t.Fatal(err)
	}
	out := map[string]story.Story{}
	for i := range list {
		s, err := n.desk.ByID(n.t.Context(), list[i].ID)
		if err != nil {
			n.t.Fatal(err)
		}
		out[s.Headline] = s
	}
	return out
}

func asJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// realExport is a file of WordPress's own, which is not part of this module.
const realExport = "../../../../shared/data/wxr/theme-unit-test.xml"

func TestARealExport(t *testing.T) {
	if _, err := os.Stat(realExport); err != nil {
		t.Skipf("the real export is not here: %v", err)
	}
	n := open(t, dbtest.SQLite(t))
	dry := n.take(archive.Run{Format: archive.WXR, Publish: true, DryRun: true}, disk(realExport))
	first := n.take(archive.Run{Format: archive.WXR, Publish: true}, disk(realExport))
	if dry.counts.New != first.counts.New || dry.counts.Comments != first.counts.Comments || asJSON(dry.counts.Passed) != asJSON(first.counts.Passed) {
		t.Errorf("a dry run says %s, the run %s", asJSON(dry.counts), asJSON(first.counts))
	}
	for _, l := range first.lines {
		t.Logf("%-9s %-9s %s %q %d %v", l.Outcome, l.State, l.Path, l.Title, l.Paragraphs, l.Error)
		for _, w := range l.Warnings {
			t.Logf("      %s", w.Message)
		}
	}
	t.Log(asJSON(first.counts))
	again := n.take(archive.Run{Format: archive.WXR, Publish: true}, disk(realExport))
	if again.counts.Already != first.counts.New || again.counts.New != 0 {
		t.Errorf("the second time: %s", asJSON(again.counts))
	}
}
