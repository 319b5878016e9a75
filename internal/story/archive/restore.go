package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/story"
	"mimeo/internal/story/foreign"
)

// restoredMark says which export the newsroom was made of.
const restoredMark = "archive.restored"

const anyStory = `select count(*) from (select 1 from story limit 1) t`

// Restore makes the newsroom of an export in an empty one: the same stories
// with the same ids, revisions, addresses and corrections. One that was stopped
// is started again, and goes on; repeated, it changes nothing.
//
// What the export does not hold stays empty: who works here, who saved what,
// the private side of statements, and what readers gave.
func (a *Archive) Restore(ctx context.Context, from fs.FS, run Run) (c Counts, err error) {
	r := &restoring{Archive: a, from: from, run: run}
	if err := r.begin(ctx); err != nil {
		return c, err
	}
	for _, tables := range [][]Table{beforeTables, a.opt.Records} {
		if err := r.records(ctx, tables, nil); err != nil {
			return r.counts, err
		}
	}
	if err := r.pictures(ctx); err != nil {
		return r.counts, err
	}
	if err := r.stories(ctx); err != nil {
		return r.counts, err
	}
	return r.counts, r.records(ctx, afterTables, raise)
}

// restoring is one restoration.
type restoring struct {
	*Archive
	from   fs.FS
	run    Run
	index  index
	counts Counts
	done   int
}

// begin reads what the export says of itself, and refuses to mix it with
// another newsroom.
func (r *restoring) begin(ctx context.Context) error {
	raw, err := readWhole(r.from, indexFile, 1<<20)
	if err == nil {
		err = json.Unmarshal(raw, &r.index)
	}
	switch {
	case err != nil && fault.KindOf(err) == fault.Unavailable:
		return err
	case err != nil || r.index.Format != "mimeo":
		return fault.Invalidf("This is not a whole export of Mimeo: there is no %s in it that says so", indexFile)
	case r.index.Layout != layout:
		return fault.Invalidf("The export has the layout %d, and this program knows %d", r.index.Layout, layout)
	case r.index.ID == "":
		return fault.Invalidf("The export has no id")
	}
	return r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		var stories int
		if err := tx.QueryRow(ctx, anyStory).Scan(&stories); err != nil {
			return err
		}
		mark, err := tx.Meta(ctx, restoredMark)
		if err == nil && stories > 0 && mark != r.index.ID {
			return fault.Conflictf("There are stories in this newsroom already. An export of Mimeo makes a newsroom anew: name an empty data folder")
		}
		return err
	})
}

func readWhole(from fs.FS, name string, most int64) ([]byte, error) {
	f, err := from.Open(name)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(f, most))
	return raw, errors.Join(err, f.Close())
}

// lines hands over the values of a file, one at a time. A file that is not
// there has none.
func (r *restoring) lines(name string, visit func(raw json.RawMessage, where string) error) (err error) {
	f, err := r.from.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, "The file "+name+" of the export cannot be opened", err)
	}
	defer func() {
		if end := f.Close(); err == nil && end != nil {
			err = fault.Wrap(fault.Invalid, "The file "+name+" of the export cannot be read", end)
		}
	}()
	j := foreign.NewJSON(f)
	for n := 1; ; n++ {
		var raw json.RawMessage
		if err := j.Value(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: %w", name, j.Fault(err))
		}
		if err := visit(raw, fmt.Sprintf("line %d", n)); err != nil {
			return err
		}
	}
}

// records writes the rows of tables back.
func (r *restoring) records(ctx context.Context, tables []Table, after func(ctx context.Context, tx *db.Tx, t *Table, row []byte) error) error {
	for i := range tables {
		t := &tables[i]
		var batch [][]byte
		flush := func() error {
			if len(batch) == 0 || r.run.DryRun {
				batch = nil
				return nil
			}
			err := r.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				for _, row := range batch {
					if err := t.restore(ctx, tx, row); err != nil {
						return err
					}
					if after != nil {
						if err := after(ctx, tx, t, row); err != nil {
							return err
						}
					}
				}
				return nil
			})
			batch = nil
			return err
		}
		err := r.lines(recordFolder+t.Name+".jsonl", func(raw json.RawMessage, _ string) error {
			if batch = append(batch, raw); len(batch) >= batchItems {
				return flush()
			}
			return nil
		})
		if err == nil {
			err = flush()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// raise sets a counter that exists to where it stood.
func raise(ctx context.Context, tx *db.Tx, t *Table, row []byte) error {
	if t.Name != "story_counter" {
		return nil
	}
	var c struct {
		Name string `json:"name"`
		Last int64  `json:"last"`
	}
	if err := json.Unmarshal(row, &c); err != nil {
		return fault.Wrap(fault.Invalid, "A counter of the export is none", err)
	}
	_, err := tx.Exec(ctx, "update story_counter set last = $2 where name = $1 and last < $2", c.Name, c.Last)
	return err
}

func (r *restoring) pictures(ctx context.Context) error {
	return r.lines(pictureFile, func(raw json.RawMessage, where string) error {
		var p PictureFile
		if err := json.Unmarshal(raw, &p); err != nil || !fs.ValidPath(photoFolder+p.File) || path.Base(p.File) != p.File {
			return r.refuse(pictureFile, where, "this describes no picture")
		}
		if r.run.DryRun || r.opt.Gallery.Restore == nil {
			return nil
		}
		f, err := r.from.Open(photoFolder + p.File)
		if err != nil {
			r.counts.Missing++
			return r.refuse(pictureFile, where, "the picture "+p.File+" is not in the export")
		}
		err = r.opt.Gallery.Restore(ctx, p, io.LimitReader(f, maxPicture))
		if end := f.Close(); err == nil {
			err = end
		}
		if fault.KindOf(err) == fault.Invalid {
			return r.refuse(pictureFile, where, "the picture "+p.File+" was not taken: "+fault.Message(err))
		}
		if err == nil {
			r.counts.Pictures++
		}
		return err
	})
}

func (r *restoring) refuse(file, where, why string) error {
	r.counts.Refused++
	if r.run.Told == nil {
		return nil
	}
	return r.run.Told(Line{File: file, Where: where, Outcome: Refused, Error: why, Warnings: []Warning{}})
}

// stories writes the stories back, a batch in one transaction.
func (r *restoring) stories(ctx context.Context) error {
	var files []string
	err := fs.WalkDir(r.from, strings.TrimSuffix(storyFolder, "/"), func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(name, ".jsonl") {
			files = append(files, name)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.Invalid, "The stories of the export cannot be listed", err)
	}
	slices.Sort(files)
	for _, name := range files {
		var batch []*whole
		err := r.lines(name, func(raw json.RawMessage, where string) error {
			w := &whole{file: name, where: where}
			if err := json.Unmarshal(raw, &w.rows); err != nil || len(w.rows["story"]) != 1 {
				return r.refuse(name, where, "this is not a story of an export")
			}
			if batch = append(batch, w); len(batch) >= batchItems {
				err := r.write(ctx, batch)
				batch = nil
				return err
			}
			return nil
		})
		if err == nil {
			err = r.write(ctx, batch)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// whole is a story with all its rows.
type whole struct {
	file, where string
	rows        map[string][]json.RawMessage
	line        Line
}

func (r *restoring) write(ctx context.Context, batch []*whole) error {
	if len(batch) == 0 {
		return nil
	}
	run := func(ctx context.Context, tx *db.Tx) error {
		bulk := r.desk.Bulk(tx)
		for _, w := range batch {
			if err := r.one(ctx, tx, bulk, w); err != nil {
				return err
			}
		}
		if r.run.DryRun {
			return nil
		}
		if err := tx.SetMeta(ctx, restoredMark, r.index.ID); err != nil {
			return err
		}
		return bulk.Done(ctx)
	}
	var err error
	if r.run.DryRun {
		err = r.db.Read(ctx, run)
	} else {
		err = r.db.Write(ctx, run)
	}
	if err != nil && len(batch) > 1 && fault.KindOf(err) != fault.Unavailable && ctx.Err() == nil {
		for _, w := range batch { // one of them is wrong: the others go in
			if err := r.write(ctx, []*whole{w}); err != nil {
				return err
			}
		}
		return nil
	}
	if err != nil && (fault.KindOf(err) == fault.Unavailable || ctx.Err() != nil) {
		return err
	}
	if err != nil {
		why := fault.Message(err)
		if why == "" {
			why = err.Error()
		}
		return r.refuse(batch[0].file, batch[0].where, why)
	}
	for _, w := range batch {
		r.done++
		switch w.line.Outcome {
		case Already:
			r.counts.Already++
		case Fresh, Changed, Shown, Refused:
			r.counts.New++
			if w.line.State == string(story.Published) {
				r.counts.Published++
			}
			r.counts.Addresses += len(w.rows["import_address"])
		default:
			return fmt.Errorf("the unknown outcome %q", w.line.Outcome)
		}
		if r.run.Told != nil {
			if err := r.run.Told(w.line); err != nil {
				return err
			}
		}
	}
	if r.run.Progress != nil {
		r.run.Progress(Progress{Done: r.done, Total: r.index.Stories, Counts: r.counts})
	}
	return nil
}

func (r *restoring) one(ctx context.Context, tx *db.Tx, bulk *story.Bulk, w *whole) error {
	var head struct {
		ID       string `json:"id"`
		Slug     string `json:"slug"`
		Headline string `json:"headline"`
		State    string `json:"state"`
	}
	if err := json.Unmarshal(w.rows["story"][0], &head); err != nil {
		return fault.Wrap(fault.Invalid, "the story has no id", err)
	}
	w.line = Line{File: w.file, Where: w.where, Outcome: Fresh, ID: head.ID, Slug: head.Slug, Title: head.Headline, State: head.State, Warnings: []Warning{}}
	var there int
	if err := tx.QueryRow(ctx, "select count(*) from story where id = $1", head.ID).Scan(&there); err != nil {
		return err
	}
	if there > 0 {
		w.line.Outcome, w.line.Already = Already, true
		return nil
	}
	own, err := json.Marshal(head.ID)
	if err != nil {
		return err
	}
	for i := range storyTables {
		t := &storyTables[i]
		for _, row := range w.rows[t.Name] {
			var of map[string]json.RawMessage
			if err := json.Unmarshal(row, &of); err != nil || !bytes.Equal(of[t.by], own) {
				return fault.Invalidf("a row of %s is of another story", t.Name)
			}
			if !r.run.DryRun {
				if err := t.restore(ctx, tx, row); err != nil {
					return err
				}
			}
		}
	}
	if r.run.DryRun {
		return nil
	}
	for n := range w.rows["story_revision"] {
		var of struct{ Revision int }
		if err := json.Unmarshal(w.rows["story_revision"][n], &of); err != nil {
			return fault.Wrap(fault.Invalid, "a revision has no number", err)
		}
		if err := bulk.Readable(ctx, head.ID, of.Revision); err != nil {
			return err
		}
	}
	s, err := bulk.Find(ctx, head.ID)
	if err != nil {
		return err
	}
	w.line.Path, w.line.Paragraphs = s.Path(), len(s.Body.Blocks)
	return bulk.Restored(ctx, head.ID)
}
