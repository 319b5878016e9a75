package story_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

func file(name, content string) story.File {
	return story.File{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

// board proposes appeals as the appeals' own board does: the same words in the
// same language have the same id.
type board struct {
	mu    sync.Mutex
	calls int
	err   error
}

func (b *board) propose(_ context.Context, lang string, a story.AppealDraft) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls++
	return "appeal-" + lang + "-" + a.Heading, b.err
}

func TestImport(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		ctx, report := t.Context(), must[story.Report](t)
		var b board
		day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		run := story.ImportRun{ImportOptions: story.ImportOptions{Title: "Dredging stops", Dateline: day, Section: "city"}, Propose: b.propose}

		dry := run
		dry.DryRun = true
		got := report(d.Import(ctx, []story.File{file("page.txt", page)}, dry))
		if len(got.Stories) != 1 || got.Stories[0].ID != "" || got.Stories[0].Paragraphs != 5 || got.Stories[0].AppealLine != 6 || b.calls != 0 {
			t.Errorf("dry run: %+v", got)
		}
		if drafts := must[[]story.Summary](t)(d.List(ctx, story.Drafted, story.Cursor{}, 10)); len(drafts) != 0 {
			t.Errorf("a dry run left %v", headlines(drafts))
		}

		got = report(d.Import(ctx, []story.File{file("page.txt", page)}, run))
		id, appeal := got.Stories[0].ID, "appeal-en-From the people who make The Tidewater Post:"
		want := story.Report{Refused: []story.Refused{}, Stories: []story.Reported{{
			File: "page.txt", ID: id, Slug: "dredging-stops", Title: "Dredging stops", State: story.Drafted, Paragraphs: 5, Appeal: &appeal, AppealLine: 6,
			Warnings: []prose.Warning{{Line: 4, Column: 57, Message: "the quotation mark “ is never closed"}},
		}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		s := must[story.Story](t)(d.ByID(ctx, id))
		if !s.Dateline.Equal(day) || s.Section != "city" || s.Body.Text() != strings.Join(strings.Split(page, "\n")[:5], "\n\n") {
			t.Errorf("%+v", s)
		}

		// Again, and again under another name: the same story, not a second one.
		want.Stories[0].Already = true
		for _, name := range []string{"page.txt", "copy.txt"} {
			want.Stories[0].File = name
			if diff := cmp.Diff(want, report(d.Import(ctx, []story.File{file(name, page)}, run))); diff != "" {
				t.Error(diff)
			}
		}
		if b.calls != 1 {
			t.Errorf("the appeal was proposed %d times", b.calls)
		}
		untitled := run
		untitled.Title = ""
		want.Stories[0].File = "page.txt"
		if diff := cmp.Diff(want, report(d.Import(ctx, []story.File{file("page.txt", page)}, untitled))); diff != "" {
			t.Error("the report is not of the story as it is: ", diff)
		}
		// Publishing it by importing once more is what the person asks for.
		run.Publish = true
		for range 2 {
			got = report(d.Import(ctx, []story.File{file("page.txt", page)}, run))
			if r := got.Stories[0]; r.ID != id || r.State != story.Published || r.Path != "/2024/12/dredging-stops" || !r.Already {
				t.Errorf("%+v", r)
			}
		}
		must[story.Story](t)(d.Retract(ctx, id, taken))
		if got = report(d.Import(ctx, []story.File{file("page.txt", page)}, run)); got.Stories[0].State != story.Retracted {
			t.Error("an import brought a retracted story back")
		}
	})
}

func TestImportManyFiles(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		ctx := t.Context()
		run := story.ImportRun{ImportOptions: story.ImportOptions{Lang: "en"}, Publish: true, Published: time.Date(2020, 2, 3, 0, 0, 0, 0, time.UTC)}
		files := []story.File{
			file("one.txt", "One\nText."),
			file("picture.png", "\x89PNG\r\n\x1a\n"),
			file("empty.txt", ""),
			file("huge.txt", strings.Repeat("Nine more words stand here to fill up this line.\n", 200_000)),
			{Name: "gone.txt", Open: func() (io.ReadCloser, error) {
				return nil, &fs.PathError{Op: "open", Path: "/secret/gone.txt", Err: fs.ErrNotExist}
			}},
			{Name: "torn.txt", Open: func() (io.ReadCloser, error) {
				return io.NopCloser(io.MultiReader(strings.NewReader("Torn\n"), torn{})), nil
			}},
			file("same.txt", "One\nText."),
			file("two.txt", "One\nAnother text."),
		}
		got := must[story.Report](t)(d.Import(ctx, files, run))
		if len(got.Stories) != 3 || len(got.Refused) != 5 {
			t.Fatalf("%+v", got)
		}
		if got.Stories[0].ID != got.Stories[1].ID || !got.Stories[1].Already || got.Stories[2].Path != "/2020/02/one-2" {
			t.Errorf("%+v", got.Stories)
		}
		for i, want := range []story.Refused{
			{File: "picture.png", Error: "Line 1, column 1 is not valid UTF-8: this is another encoding, or not a text"},
			{File: "empty.txt", Error: "Line 1: there is no text in it"},
			{File: "huge.txt", Error: "The text is larger than 1 MB: the limit is passed in line 21400"},
			{File: "gone.txt", Error: "This file cannot be opened: file does not exist"},
			{File: "torn.txt", Error: "This file cannot be read to its end: input/output error"},
		} {
			if got.Refused[i] != want {
				t.Errorf("%+v", got.Refused[i])
			}
		}
		out, err := json.Marshal(got)
		var shape struct {
			Stories []map[string]any `json:"stories"`
			Refused []map[string]any `json:"refused"`
		}
		if err != nil || json.Unmarshal(out, &shape) != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"id", "slug", "title", "paragraphs", "appeal", "warnings"} {
			if _, ok := shape.Stories[0][key]; !ok {
				t.Errorf("%q is missing in %s", key, out)
			}
		}
		if shape.Stories[0]["appeal"] != nil || shape.Stories[0]["warnings"] == nil {
			t.Errorf("%s", out)
		}

		if empty, err := json.Marshal(must[story.Report](t)(d.Import(ctx, nil, run))); err != nil || string(empty) != `{"stories":[],"refused":[]}` {
			t.Errorf("%s, %v", empty, err)
		}
		run.Title = "One title"
		if _, err := d.Import(ctx, files[:2], run); fault.KindOf(err) != fault.Invalid {
			t.Errorf("two stories with one title: %v", err)
		}
	})
}

type torn struct{}

func (torn) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: "/secret", Err: errors.New("input/output error")}
}

// TestImportStopped: a run that was stopped half-way is started again, and what
// it had done is neither lost nor doubled.
func TestImportStopped(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		ctx, stop := context.WithCancel(t.Context())
		files := []story.File{file("one", "One\nText one."), file("two", "Two\nText two."), file("three", "Three\nText three.")}
		open := files[1].Open
		files[1].Open = func() (io.ReadCloser, error) {
			stop()
			return open()
		}
		first, err := d.Import(ctx, files, story.ImportRun{Publish: true})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("%v %+v", err, first)
		}
		second := must[story.Report](t)(d.Import(t.Context(), files, story.ImportRun{Publish: true}))
		if len(second.Stories) != 3 || !second.Stories[0].Already || second.Stories[0].ID != first.Stories[0].ID || second.Stories[2].Already {
			t.Errorf("%+v", second)
		}
		if front := must[[]story.Summary](t)(d.Front(t.Context(), "en", 10)); len(front) != 3 {
			t.Errorf("%v", headlines(front))
		}

		var b board
		b.err = fault.Unavailablef("The appeals do not answer")
		got, err := d.Import(t.Context(), []story.File{file("page", page)}, story.ImportRun{Propose: b.propose})
		if fault.KindOf(err) != fault.Unavailable || len(got.Stories) != 0 {
			t.Errorf("%v %+v", err, got)
		}
		b.err = nil
		if got = must[story.Report](t)(d.Import(t.Context(), []story.File{file("page", page)}, story.ImportRun{Propose: b.propose})); got.Stories[0].Already || got.Stories[0].Appeal == nil {
			t.Errorf("%+v", got)
		}
	})
}

// TestImportTogether: two runs over the same files at once make one of each.
func TestImportTogether(t *testing.T) {
	newsroom(t, func(t *testing.T, d *story.Desk, _ *dbtest.Clock, _ *db.DB) {
		files := []story.File{file("one", "One\nText one."), file("two", "Two\nText two."), file("three", "Three\nText three.")}
		ctx := context.WithoutCancel(t.Context())
		var reports [4]story.Report
		var errs [4]error
		var all sync.WaitGroup
		for i := range reports {
			all.Go(func() { reports[i], errs[i] = d.Import(ctx, files, story.ImportRun{Publish: true}) })
		}
		all.Wait()
		for i, r := range reports {
			if errs[i] != nil || len(r.Stories) != 3 || len(r.Refused) != 0 {
				t.Fatalf("%v %+v", errs[i], r)
			}
			for j := range r.Stories {
				if r.Stories[j].ID != reports[0].Stories[j].ID {
					t.Errorf("%s is doubled", r.Stories[j].Title)
				}
			}
		}
		if n := must[int64](t)(d.Highest(ctx)); n != 3 {
			t.Errorf("%d stories", n)
		}
	})
}
