package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/story"
)

// The files of an export.
const (
	indexFile    = "mimeo.json"
	recordFolder = "records/"
	storyFolder  = "stories/"
	pageFolder   = "pages/"
	pictureFile  = "pictures.jsonl"
	photoFolder  = "pictures/"
	redirectFile = "redirects.csv"
)

// layout is the version of the export's form.
const layout = 1

// index is what mimeo.json says.
type index struct {
	Format    string    `json:"format"`
	Layout    int       `json:"layout"`
	ID        string    `json:"id"` // of the export: a stopped restoration knows by it what it was of
	At        time.Time `json:"at"`
	Languages []string  `json:"languages"`
	Stories   int       `json:"stories"`
	About     string    `json:"about"`
}

const aboutExport = `Everything this newsroom published and drafted, in open files. stories/ has each story with all its revisions, addresses and corrections, one JSON object a line, by month; pages/ the same as readers see it, as HTML; pictures/ the pictures, described in pictures.jsonl; redirects.csv the old addresses; records/ what belongs to other nouns. Who works here, who signs in and who gave money is not in it.`

// Exported says what an export holds.
type Exported struct {
	Stories   int `json:"stories"`
	Revisions int `json:"revisions"`
	Pages     int `json:"pages"`
	Pictures  int `json:"pictures"`
	Records   int `json:"records"`
	Redirects int `json:"redirects"`
}

// PictureFile is a picture with what is said about it.
type PictureFile struct {
	File    string `json:"file"` // the last part of its address
	Width   int    `json:"width"`
	Height  int    `json:"height"`
	Alt     string `json:"alt"`
	Caption string `json:"caption"`
	Credit  string `json:"credit"`
	Licence string `json:"licence"`
	Lang    string `json:"lang"`
	FocusX  int    `json:"focus_x"`
	FocusY  int    `json:"focus_y"`
}

// Gallery is the newsroom's pictures, as an export and its restoration need
// them. app joins it to package media, which is on no level below.
type Gallery struct {
	Each    func(ctx context.Context, visit func(PictureFile) error) error
	Open    func(ctx context.Context, file string) (io.ReadCloser, error)
	Restore func(ctx context.Context, p PictureFile, r io.Reader) error
}

// Export writes everything, from one consistent look at the database. id names
// the export.
func (a *Archive) Export(ctx context.Context, to Sink, id string, progress func(done int)) (x Exported, err error) {
	now, err := a.now(ctx)
	if err != nil {
		return x, err
	}
	e := &exporting{Archive: a, to: to, progress: progress}
	err = a.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := e.records(ctx, tx, beforeTables); err != nil {
			return err
		}
		if err := e.records(ctx, tx, a.opt.Records); err != nil {
			return err
		}
		for _, state := range []story.State{story.Drafted, story.Published, story.Retracted, story.Withdrawn} {
			if err := e.stories(ctx, tx, state); err != nil {
				return err
			}
		}
		if err := e.pages(ctx, tx); err != nil {
			return err
		}
		if err := e.records(ctx, tx, afterTables); err != nil {
			return err
		}
		return e.redirects(ctx, tx)
	})
	if err != nil {
		return e.x, err
	}
	if err := e.pictures(ctx); err != nil {
		return e.x, err
	}
	w, err := to.Create(indexFile) // the last: an export without it was not finished
	if err != nil {
		return e.x, err
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return e.x, enc.Encode(index{
		Format: "mimeo", Layout: layout, ID: id, At: now, Languages: a.opt.Languages, Stories: e.x.Stories, About: aboutExport,
	})
}

// exporting is one export.
type exporting struct {
	*Archive
	to       Sink
	x        Exported
	progress func(done int)
}

func (e *exporting) records(ctx context.Context, tx *db.Tx, tables []Table) error {
	for i := range tables {
		w, err := e.to.Create(recordFolder + tables[i].Name + ".jsonl")
		if err != nil {
			return err
		}
		err = tables[i].rows(ctx, tx, "", func(row []byte) error {
			e.x.Records++
			_, err := w.Write(append(row, '\n'))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// idsByPublication goes through the stories of a state by an index.
const idsByPublication = `select id, published from story where state = $1 order by published desc`

// monthly tells which file a story goes to.
func monthly(state story.State, published int64) string {
	if published == 0 {
		return string(state)
	}
	return string(state) + "/" + db.Time(published).Format("2006-01")
}

// walk hands over the ids of a state's stories, a page of them at a time, so
// that other statements can run on the same transaction.
func walk(ctx context.Context, tx *db.Tx, state story.State, visit func(id string, published int64) error) error {
	rows, err := tx.Query(ctx, idsByPublication, string(state))
	if err != nil {
		return fmt.Errorf("listing the stories: %w", err)
	}
	type one struct {
		id        string
		published int64
	}
	var all []one // 40 bytes a story: a connection reads one query at a time
	for rows.Next() {
		var o one
		if err := rows.Scan(&o.id, &o.published); err != nil {
			_ = rows.Close() // the error at hand says more
			return err
		}
		all = append(all, o)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := rows.Close(); err != nil {
		return err
	}
	for _, o := range all {
		if err := visit(o.id, o.published); err != nil {
			return err
		}
	}
	return nil
}

func (e *exporting) stories(ctx context.Context, tx *db.Tx, state story.State) error {
	var w io.Writer
	open := ""
	var line bytes.Buffer
	return walk(ctx, tx, state, func(id string, published int64) (err error) {
		if name := monthly(state, published); name != open {
			if w, err = e.to.Create(storyFolder + name + ".jsonl"); err != nil {
				return err
			}
			open = name
		}
		line.Reset()
		line.WriteByte('{')
		for i := range storyTables {
			t := &storyTables[i]
			if i > 0 {
				line.WriteByte(',')
			}
			fmt.Fprintf(&line, "%q:[", t.Name)
			n := 0
			err := t.rows(ctx, tx, t.by+" = $1", func(row []byte) error {
				if n++; n > 1 {
					line.WriteByte(',')
				}
				line.Write(row)
				return nil
			}, id)
			if err != nil {
				return err
			}
			if t.Name == "story_revision" {
				e.x.Revisions += n
			}
			line.WriteByte(']')
		}
		line.WriteString("}\n")
		if e.x.Stories++; e.progress != nil && e.x.Stories%100 == 0 {
			e.progress(e.x.Stories)
		}
		_, err = w.Write(line.Bytes())
		return err
	})
}

var page = template.Must(template.New("page").Parse(`{{define "head"}}<!doctype html>
<html><head><meta charset="utf-8"><title>{{.}}</title></head><body>
{{end}}{{define "story"}}<article id="{{.ID}}" lang="{{.Lang}}" dir="auto">
<h1>{{.Headline}}</h1>{{with .Standfirst}}
<p><em>{{.}}</em></p>{{end}}
<p>{{range $i, $name := .Bylines}}{{if $i}}, {{end}}{{$name}}{{end}} <time datetime="{{.Stamp}}">{{.Stamp}}</time> <a href="{{.Path}}">{{.Path}}</a></p>
{{.Text}}</article>
<hr>
{{end}}{{define "foot"}}</body></html>
{{end}}`))

// pages writes what readers can read, a file a month.
func (e *exporting) pages(ctx context.Context, tx *db.Tx) error {
	var w io.Writer
	open := ""
	bulk := e.desk.Bulk(tx)
	var text []byte
	err := walk(ctx, tx, story.Published, func(id string, published int64) (err error) {
		s, err := bulk.Find(ctx, id)
		if err != nil {
			return err
		}
		if name := db.Time(published).Format("2006-01"); name != open {
			if w != nil {
				if err := page.ExecuteTemplate(w, "foot", nil); err != nil {
					return err
				}
			}
			if w, err = e.to.Create(pageFolder + name + ".html"); err != nil {
				return err
			}
			if err := page.ExecuteTemplate(w, "head", name); err != nil {
				return err
			}
			open = name
		}
		text = s.Body.AppendHTML(text[:0])
		text = bytes.ReplaceAll(text, []byte(`<img src="/media/`), []byte(`<img src="../`+photoFolder))
		e.x.Pages++
		return page.ExecuteTemplate(w, "story", struct {
			*story.Story
			Stamp string
			Text  template.HTML
		}{&s, s.Published.Format(time.RFC3339), template.HTML(text)}) //nolint:gosec // prose renders an allow-list
	})
	if err != nil || w == nil {
		return err
	}
	return page.ExecuteTemplate(w, "foot", nil)
}

const allAddresses = `select a.path, s.lang, s.year, s.month, s.slug from import_address a join story s on s.id = a.story order by a.path`

// redirects writes the old addresses for whoever serves the site elsewhere.
func (e *exporting) redirects(ctx context.Context, tx *db.Tx) (err error) {
	w, err := e.to.Create(redirectFile)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, allAddresses)
	if err != nil {
		return err
	}
	defer rows.Close()
	if _, err := io.WriteString(w, "old,new\n"); err != nil {
		return err
	}
	for rows.Next() {
		var old, lang, slug string
		var year, month int
		if err := rows.Scan(&old, &lang, &year, &month, &slug); err != nil {
			return err
		}
		if year == 0 {
			continue
		}
		e.x.Redirects++
		if _, err := fmt.Fprintf(w, "%s,%s\n", cell(old), cell(e.desk.PathOf(lang, year, time.Month(month), slug))); err != nil {
			return err
		}
	}
	return rows.Err()
}

// cell quotes a cell of the table.
func cell(s string) string {
	return `"` + string(bytes.ReplaceAll([]byte(s), []byte(`"`), []byte(`""`))) + `"`
}

func (e *exporting) pictures(ctx context.Context) error {
	g := e.opt.Gallery
	if g.Each == nil {
		return nil
	}
	var described bytes.Buffer
	err := g.Each(ctx, func(p PictureFile) error {
		raw, err := json.Marshal(p)
		if err != nil {
			return err
		}
		in, err := g.Open(ctx, p.File)
		if fault.KindOf(err) == fault.Missing {
			return nil // it was hidden meanwhile
		}
		if err != nil {
			return err
		}
		w, err := e.to.Create(photoFolder + p.File)
		if err == nil {
			_, err = io.Copy(w, in)
		}
		if end := in.Close(); err == nil {
			err = end
		}
		if err != nil {
			return fmt.Errorf("writing the picture %s: %w", p.File, err)
		}
		described.Write(append(raw, '\n'))
		e.x.Pictures++
		return nil
	})
	if err != nil {
		return err
	}
	w, err := e.to.Create(pictureFile)
	if err != nil {
		return err
	}
	_, err = w.Write(described.Bytes())
	return err
}
