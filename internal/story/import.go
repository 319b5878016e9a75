package story

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
)

// File is one page to be imported.
type File struct {
	Name string // as the person named it
	Open func() (io.ReadCloser, error)
}

// ImportRun says how files are imported.
type ImportRun struct {
	ImportOptions
	Publish   bool      // show the stories to readers at once
	Published time.Time // when they first came out, for an archive; zero is now
	DryRun    bool      // say what would happen and change nothing
	// Propose keeps an appeal that was found, as a draft, and returns its id.
	// Proposing the same words in the same language again must give the same
	// id. Nil keeps none. It stands in for the appeals' board, which gives
	// words a form that a story need not know.
	Propose func(ctx context.Context, lang string, a AppealDraft) (string, error)
}

// Report tells what an import did; it is what the command prints.
type Report struct {
	Stories []Reported `json:"stories"`
	Refused []Refused  `json:"refused"`
}

// Reported is one story that is in the newsroom now, whether this run put it
// there or an earlier one.
type Reported struct {
	File       string          `json:"file"`
	ID         string          `json:"id"` // "" in a dry run
	Slug       string          `json:"slug"`
	Title      string          `json:"title"`
	State      State           `json:"state"`
	Path       string          `json:"path"` // "" while it is a draft
	Paragraphs int             `json:"paragraphs"`
	Appeal     *string         `json:"appeal"`
	AppealLine int             `json:"appeal_line"` // where in the page an appeal begins, 0 without one
	Warnings   []prose.Warning `json:"warnings"`
	Already    bool            `json:"already"` // it was imported before
}

// Refused is one file that is not in the newsroom, and why, in words for the
// person who brought it.
type Refused struct {
	File  string `json:"file"`
	Error string `json:"error"`
}

// Import takes in plain pages, each in a transaction of its own: a page is in
// with its appeal and, if asked for, published, or it is not in at all. A page
// that was imported before is recognised by its content and not doubled, so a
// run that was stopped is simply started again. A page that cannot be read is
// reported and the others go on; the error is of what stops them all.
func (d *Desk) Import(ctx context.Context, files []File, run ImportRun) (Report, error) {
	report := Report{Stories: []Reported{}, Refused: []Refused{}}
	if run.Title != "" && len(files) > 1 {
		return report, fault.Invalidf("One title cannot be that of %d files", len(files))
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return report, fmt.Errorf("importing %s: %w", f.Name, err)
		}
		r, err := d.importFile(ctx, f, run)
		if err == nil {
			report.Stories = append(report.Stories, r)
			continue
		}
		switch fault.KindOf(err) {
		case fault.Invalid, fault.Missing, fault.Conflict, fault.Denied:
			report.Refused = append(report.Refused, Refused{File: f.Name, Error: fault.Message(err)})
		case fault.Unexpected, fault.Unavailable:
			return report, fmt.Errorf("importing %s: %w", f.Name, err)
		default:
			return report, fmt.Errorf("importing %s: %w", f.Name, err)
		}
	}
	return report, nil
}

func (d *Desk) importFile(ctx context.Context, f File, run ImportRun) (Reported, error) {
	raw, err := read(f)
	if err != nil {
		return Reported{}, err
	}
	page, err := ImportText(raw, run.ImportOptions)
	if err != nil {
		return Reported{}, err
	}
	draft, err := page.Draft.tidy(d.opt.DefaultLang)
	if err != nil {
		return Reported{}, err
	}
	r := Reported{
		File: f.Name, Slug: draft.Slug, Title: draft.Headline, State: Drafted, Paragraphs: len(draft.Body.Blocks), Warnings: page.Warnings,
	}
	if r.Warnings == nil {
		r.Warnings = []prose.Warning{}
	}
	if page.Appeal != nil {
		r.AppealLine = page.Appeal.Line
	}
	sum := sha256.Sum256(raw)
	source := "text:" + hex.EncodeToString(sum[:])
	known, err := d.known(ctx, source, &r)
	if err != nil || run.DryRun || (known && !(run.Publish && r.State == Drafted)) {
		return r, err
	}
	appeal := ""
	if page.Appeal != nil && !known && run.Propose != nil {
		if appeal, err = run.Propose(ctx, draft.Lang, *page.Appeal); err != nil {
			return r, fmt.Errorf("proposing the appeal: %w", err)
		}
	}
	var s Story
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if s.ID = r.ID; !known {
			if s, err = d.create(ctx, tx, draft); err != nil {
				return err
			}
			if err = insertImport(ctx, tx, source, s.ID, appeal); err != nil {
				return err
			}
		}
		if run.Publish {
			at := run.Published
			if at.IsZero() {
				at = tx.Now
			}
			s, _, err = d.publish(ctx, tx, s.ID, publishing{Order: Order{At: at}})
		}
		return err
	})
	if db.IsUnique(err) && !known { // another run brought it in the same moment
		if known, again := d.known(ctx, source, &r); known || again != nil {
			return r, again
		}
	}
	if err != nil {
		return r, d.failed("keeping the story", err)
	}
	r.of(&s)
	if appeal != "" {
		r.Appeal = &appeal
	}
	return r, nil
}

// of takes over how a stored story is.
func (r *Reported) of(s *Story) {
	r.ID, r.Slug, r.Title, r.State, r.Path, r.Paragraphs = s.ID, s.Slug, s.Headline, s.State, s.Path(), len(s.Body.Blocks)
}

// known says whether a source was imported before, and as what.
func (d *Desk) known(ctx context.Context, source string, r *Reported) (known bool, err error) {
	err = d.read(ctx, "looking for an earlier import", func(ctx context.Context, tx *db.Tx) error {
		var id, appeal string
		err := tx.QueryRow(ctx, importBySource, source).Scan(&id, &appeal)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		s, err := d.one(ctx, tx, byID, id)
		if err != nil {
			return err
		}
		known, r.Already = true, true
		r.of(&s)
		if appeal != "" {
			r.Appeal = &appeal
		}
		return nil
	})
	return known, err
}

// read reads a page, and no more of a file than tells that it is too large
// and where.
func read(f File) (raw []byte, err error) {
	in, err := f.Open()
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "This file cannot be opened: "+reason(err), err)
	}
	defer func() {
		if end := in.Close(); err == nil && end != nil {
			err = fault.Wrap(fault.Invalid, "This file cannot be read to its end: "+reason(end), end)
		}
	}()
	raw, err = io.ReadAll(io.LimitReader(in, MaxText+1))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "This file cannot be read to its end: "+reason(err), err)
	}
	return raw, nil
}

// reason is what went wrong with a file, without its name.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}
