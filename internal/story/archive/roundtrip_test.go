package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/story"
	"mimeo/internal/story/archive"
)

// fill makes a newsroom with a bit of everything.
func fill(n *newsroom) {
	n.t.Helper()
	must := func(s story.Story, err error) story.Story {
		n.t.Helper()
		if err != nil {
			n.t.Fatal(err)
		}
		return s
	}
	ctx := n.t.Context()
	n.take(archive.Run{Format: archive.WXR, Publish: true, Pictures: []archive.Folder{{FS: fstest.MapFS{"a.jpg": {Data: []byte("a")}}}}},
		text("x.xml", wxrHead+item(1, `One. <img src="/a.jpg" alt="A">`)+item(2, "Two.", "wp:status=draft")+wxrFoot))
	one := n.stories(story.Published)["Story 1"]
	draft := one.Draft()
	draft.Body.Blocks = append(draft.Body.Blocks, prose.Block{Kind: prose.Paragraph, Text: prose.Text{{Text: "Added ", Bold: true}, {Text: "words", Statement: "s1"}}})
	draft.Editor = "member-who-must-not-leak"
	must(n.desk.Revise(ctx, one.ID, one.Latest, draft))
	must(n.desk.Correct(ctx, one.ID, story.Note{Kind: story.KindFact, Text: "We had left out two words.", Reason: "A slip"}))
	must(n.desk.Rename(ctx, one.ID, "another-name"))
	three := must(n.desk.Create(ctx, story.Draft{Lang: "fa", Headline: "گزارش تازه", Bylines: []string{"نورا"}, Tags: []string{"a\"b", "<i>"}, Body: prose.Paragraphs("متن فارسی با «گیومه».")}))
	must(n.desk.Publish(ctx, three.ID))
	four := must(n.desk.Create(ctx, story.Draft{Headline: "Taken back", Section: "city", Dateline: now, Place: "Adler", NoAsk: true, Body: prose.Paragraphs("It was wrong.")}))
	must(n.desk.Publish(ctx, four.ID))
	must(n.desk.Retract(ctx, four.ID, story.Note{Text: "None of it happened.", Reason: "Fraud"}))
}

// tables are what an export carries, as the rows are.
var tables = []string{
	"story order by id", "story_revision order by story, revision", "story_address order by lang, year, month, slug", "story_publication order by story, n",
	"import_item order by source", "import_address order by path", "correction order by seq", "story_counter order by name",
}

func dump(t *testing.T, d *db.DB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		for _, name := range tables {
			if err := dumpTable(ctx, tx, name, all); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func dumpTable(ctx context.Context, tx *db.Tx, name string, all map[string][]string) error {
	rows, err := tx.Query(ctx, "select * from "+name)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		var line strings.Builder
		for i, c := range columns {
			fmt.Fprintf(&line, "%s=%v ", c, values[i])
		}
		all[name] = append(all[name], line.String())
	}
	return rows.Err()
}

// TestThereAndBackAgain exports a newsroom and makes it again, by a folder and
// by a zip file, and compares every row.
func TestThereAndBackAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		from := open(t, d)
		fill(from)
		dir := filepath.Join(t.TempDir(), "out")
		to, err := archive.ToFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		x, err := from.archive.Export(t.Context(), to, "export1", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := to.Close(); err != nil {
			t.Fatal(err)
		}
		if x.Stories != 4 || x.Revisions != 5 || x.Pages != 2 {
			t.Errorf("%+v", x)
		}
		var zipped bytes.Buffer
		z := archive.ToZip(&zipped, now)
		if _, err := from.archive.Export(t.Context(), z, "export2", nil); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		packed, err := archive.Zip(bytes.NewReader(zipped.Bytes()), int64(zipped.Len()))
		if err != nil {
			t.Fatal(err)
		}
		want := dump(t, d)
		for name, source := range map[string]fs.FS{"folder": os.DirFS(dir), "zip": packed} {
			all := ""
			err := fs.WalkDir(source, ".", func(path string, e fs.DirEntry, err error) error {
				if err == nil && !e.IsDir() {
					raw, err := fs.ReadFile(source, path)
					all += string(raw)
					return err
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(all, "member-who-must-not-leak") {
				t.Errorf("%s: a login is in the export", name)
			}
			if !strings.Contains(all, "متن فارسی") || !strings.Contains(all, "<strong>Added") {
				t.Errorf("%s: the pages do not hold the text", name)
			}
			var fresh *db.DB
			if strings.Contains(t.Name(), "postgres") {
				fresh = dbtest.Postgres(t)
			} else {
				fresh = dbtest.SQLite(t)
			}
			again := open(t, fresh)
			if _, err := again.archive.Restore(t.Context(), source, archive.Run{DryRun: true}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			c, err := again.archive.Restore(t.Context(), source, archive.Run{Told: func(l archive.Line) error {
				if l.Outcome == archive.Refused {
					t.Errorf("%s: %s", name, l.Error)
				}
				return nil
			}})
			if err != nil || c.New != 4 {
				t.Fatalf("%s: %v %s", name, err, asJSON(c))
			}
			if diff := cmp.Diff(want, dump(t, fresh)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			if c, err = again.archive.Restore(t.Context(), source, archive.Run{}); err != nil || c.New != 0 || c.Already != 4 {
				t.Errorf("%s, repeated: %v %s", name, err, asJSON(c))
			}
			if k, err := again.desk.CheckLedger(t.Context()); err != nil {
				t.Errorf("%s: the ledger of corrections: %v %+v", name, err, k)
			}
			// The newsroom goes on: the next story gets the next number.
			s, err := again.desk.Create(t.Context(), story.Draft{Headline: "After it", Body: prose.Paragraphs("Text.")})
			if err == nil {
				_, err = again.desk.Publish(t.Context(), s.ID)
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := from.archive.Restore(t.Context(), os.DirFS(dir), archive.Run{}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("into a newsroom with stories of its own: %v", err)
		}
	})
}

// TestAnExportThatWasTamperedWith: what this desk would not have kept is not
// restored, and the rest is.
func TestAnExportThatWasTamperedWith(t *testing.T) {
	from := open(t, dbtest.SQLite(t))
	for i := range 3 {
		s, err := from.desk.Create(t.Context(), story.Draft{Headline: fmt.Sprintf("Number %d", i), Body: prose.Paragraphs("Text.")})
		if err == nil {
			_, err = from.desk.Publish(t.Context(), s.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	z := archive.ToZip(&out, now)
	if _, err := from.archive.Export(t.Context(), z, "x", nil); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	month := time.Now().UTC().Format("2006-01")
	for name, change := range map[string][2]string{
		"a slug that climbs": {`"slug":"number-1"`, `"slug":"../../x"`}, "no JSON in a body": {`"body":{"version":1,`, `"body":{"version":"x",`},
		"another's row": {`"story_revision":[{"story":"`, `"story_revision":[{"story":"x`}, "a headline turned round": {`"headline":"Number 1"`, "\"headline\":\"a\u202eb\""},
		"a state of no kind": {`"state":"published"`, `"state":"root"`}, "a time that is none": {`"published":"2`, `"published":"x`},
	} {
		t.Run(name, func(t *testing.T) {
			copied := fstest.MapFS{}
			for _, f := range r.File {
				raw, err := fs.ReadFile(r, f.Name)
				if err != nil {
					t.Fatal(err)
				}
				if f.Name == "stories/published/"+month+".jsonl" {
					lines := strings.SplitAfter(string(raw), "\n")
					for i, l := range lines {
						if strings.Contains(l, "Number 1") {
							lines[i] = strings.ReplaceAll(l, change[0], change[1])
						}
					}
					raw = []byte(strings.Join(lines, ""))
				}
				copied[f.Name] = &fstest.MapFile{Data: raw}
			}
			to := open(t, dbtest.SQLite(t))
			refused := 0
			c, err := to.archive.Restore(t.Context(), copied, archive.Run{Told: func(l archive.Line) error {
				if l.Outcome == archive.Refused {
					refused++
				}
				return nil
			}})
			if err != nil || refused != 1 || c.New != 2 || len(to.stories(story.Published)) != 2 {
				t.Errorf("%v, %d refused, %s", err, refused, asJSON(c))
			}
		})
	}
}

// leftOut are the columns and tables of stories that no export carries, each
// with its reason.
var leftOut = map[string]string{
	"story_hand": "who saved what", "story_side": "texts that wait to be merged, with who wrote them", "story_copy": "what somebody is typing", "story_presence": "who is at work",
	"story_due": "a schedule that the story's own row repeats, with who ordered it", "story_work": "what members did", "story_note": "members' notes", "story_task": "members' tasks",
	"story_flag": "what the desk still has to look at", "story_redaction": "names that are being hidden",
}

// TestNothingOfAStoryIsForgotten reads the schema: a column that a later
// migration adds has to be carried, or left out for a reason.
func TestNothingOfAStoryIsForgotten(t *testing.T) {
	d := dbtest.SQLite(t)
	carried := archive.Carried()
	err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, `select m.name, c.name from sqlite_master m join pragma_table_info(m.name) c
			where m.type = 'table' and (m.name like 'story%' or m.name like 'import%' or m.name = 'byline' or m.name = 'correction')`)
		if err != nil {
			return err
		}
		defer rows.Close()
		n := 0
		for rows.Next() {
			var table, column string
			if err := rows.Scan(&table, &column); err != nil {
				return err
			}
			n++
			if leftOut[table] == "" && leftOut[table+"."+column] == "" && !carried[table+"."+column] {
				t.Errorf("%s.%s is not carried by an export, and nobody says why", table, column)
			}
		}
		if n < 50 {
			t.Errorf("only %d columns were seen", n)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}
