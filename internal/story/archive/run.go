package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/maphash"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/story"
	"mimeo/internal/story/foreign"
)

// How much is written in one transaction.
const (
	batchItems = 500
	batchBytes = 6 << 20
)

// work is one item on its way into the newsroom.
type work struct {
	key       string
	hash      string
	line      Line
	text      story.Tidied
	known     known
	isKnown   bool
	same      bool // it is here as it is there
	public    bool
	published time.Time
	updated   time.Time
	addresses []string
}

// running is one run.
type running struct {
	*Archive
	run     Run
	about   about
	pics    pictures
	counts  Counts
	done    int
	seen    map[uint64]struct{} // keys of this run, for a dry one
	seed    maphash.Seed
	batches chan []*work
}

// TakeIn carries out a run and returns what it came to. Its error is of what
// stopped it as a whole; what was wrong with single items was told.
func (a *Archive) TakeIn(ctx context.Context, files []File, run Run) (Counts, error) {
	src, end, err := a.open(ctx, run.Format)
	if err != nil {
		return Counts{}, err
	}
	counts, err := a.takeIn(ctx, src, files, run)
	if closed := end(); err == nil && closed != nil {
		err = fmt.Errorf("closing the temporary file: %w", closed)
	}
	return counts, err
}

func (a *Archive) takeIn(ctx context.Context, src source, files []File, run Run) (_ Counts, err error) {
	r := &running{Archive: a, run: run, seen: map[uint64]struct{}{}, seed: maphash.MakeSeed(), batches: make(chan []*work, 2)}
	refuse := func(f File, err error) error {
		return r.tell(Line{File: f.Name, Outcome: Refused, Error: fault.Message(err)})
	}
	all, folders, end, err := unpacked(files, run.Format, refuse)
	defer func() {
		if closed := end(); err == nil && closed != nil {
			err = fmt.Errorf("closing the files: %w", closed)
		}
	}()
	if err != nil {
		return r.counts, err
	}
	var fit []File
	err = each(all, refuse, func(f File, h *opened) error {
		err := src.survey(ctx, h)
		if err == nil {
			fit = append(fit, f)
		}
		return err
	})
	if err != nil {
		return r.counts, err
	}
	r.about = src.about()
	r.pics = pictures{a: a, ctx: ctx, folders: append(folders, run.Pictures...), dry: run.DryRun, kept: map[string]Stored{}, counts: &Counts{}}
	// One goroutine reads and converts; this one writes and tells.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	read := make(chan error, 1)
	go func() {
		defer close(r.batches)
		read <- r.readAll(ctx, src, fit)
	}()
	var failed error
	for batch := range r.batches {
		if failed == nil {
			if failed = r.write(ctx, batch); failed != nil {
				stop()
			}
		}
	}
	if err := <-read; failed == nil {
		failed = err
	}
	r.counts.Passed = src.about().passed
	r.counts.Pictures, r.counts.Missing = r.pics.counts.Pictures, r.pics.counts.Missing
	return r.counts, failed
}

// readAll reads the items of all files and sends them on in batches.
func (r *running) readAll(ctx context.Context, src source, files []File) error {
	var batch []*work
	size := 0
	send := func() error {
		if len(batch) == 0 {
			return nil
		}
		select {
		case r.batches <- batch:
			batch, size = nil, 0
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	add := func(w *work, bytes int) error {
		batch = append(batch, w)
		if size += bytes; len(batch) >= batchItems || size >= batchBytes {
			return send()
		}
		return nil
	}
	refuse := func(f File, err error) error {
		return add(&work{line: Line{File: f.Name, Outcome: Refused, Error: fault.Message(err)}}, 0)
	}
	err := each(files, refuse, func(f File, h *opened) error {
		var stopped error
		report := func(place, message string) {
			if err := add(&work{line: Line{File: f.Name, Where: place, Outcome: Refused, Error: message}}, 0); err != nil {
				stopped = err
			}
		}
		err := src.items(ctx, h, report, func(it *foreign.Item) error {
			if stopped != nil {
				return stopped
			}
			w, err := r.prepare(ctx, f, it)
			if err != nil {
				return err
			}
			return add(w, len(it.Body.Text)+200)
		})
		if stopped != nil {
			return stopped
		}
		return err
	})
	if err != nil {
		return err
	}
	return send()
}

// prepare makes of an item what can be written: nothing, when it is here as
// it is.
func (r *running) prepare(ctx context.Context, f File, it *foreign.Item) (*work, error) {
	w := &work{
		key: it.Key, hash: fingerprint(it), public: it.Status == foreign.Public, published: it.Published, updated: it.Updated,
		line: Line{File: f.Name, Where: it.Place, Outcome: Fresh, Title: foreign.Line(it.Title), State: string(story.Drafted)},
	}
	for _, c := range it.Comments {
		w.line.Comments = append(w.line.Comments, Comment{Author: c.Author, At: c.At, Text: c.Text})
	}
	if r.twice(it.Key) {
		w.line.Outcome, w.line.Error = Refused, "the same item was in this run before"
		return w, nil
	}
	err := r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		w.known, w.isKnown, err = selectItem(ctx, tx, it.Key)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for an earlier import: %w", err)
	}
	if w.same = w.isKnown && w.known.hash == w.hash; w.same {
		return w, nil
	}
	draft, notes, missing, err := r.draft(it)
	if err != nil {
		return nil, err
	}
	for _, n := range notes {
		w.line.Warnings = append(w.line.Warnings, Warning{Message: n})
	}
	if missing {
		w.hash += unfinished
	}
	if w.same = w.isKnown && w.known.hash == w.hash; w.same {
		return w, nil
	}
	if w.text, err = r.desk.Tidy(draft); err != nil {
		if fault.KindOf(err) != fault.Invalid {
			return nil, err
		}
		w.line.Outcome, w.line.Error = Refused, fault.Message(err)
		return w, nil
	}
	kept := w.text.Draft()
	w.line.Slug, w.line.Title, w.line.Paragraphs = kept.Slug, kept.Headline, len(kept.Body.Blocks)
	if w.public && w.line.Paragraphs == 0 {
		w.public = false
		w.warn("it has no text and stays a draft")
	}
	for _, c := range kept.Body.Check() {
		w.line.Warnings = append(w.line.Warnings, Warning{Line: c.Line, Column: c.Column, Message: c.Message})
	}
	for _, raw := range it.Addresses {
		if p := OldAddress(raw); p != "" {
			w.addresses = append(w.addresses, p)
		}
	}
	return w, nil
}

// unfinished ends the fingerprint of an item some of whose pictures were not
// there: a later run may bring them.
const unfinished = "+"

func (w *work) warn(format string, args ...any) {
	w.line.Warnings = append(w.line.Warnings, Warning{Message: fmt.Sprintf(format, args...)})
}

// twice says whether a key was met in this run, and remembers it.
func (r *running) twice(key string) bool {
	h := maphash.String(r.seed, key)
	_, seen := r.seen[h]
	r.seen[h] = struct{}{}
	return seen
}

// fingerprint is the hash of everything that was read of an item and matters.
func fingerprint(it *foreign.Item) string {
	h := sha256.New()
	add := func(parts ...string) {
		for _, p := range parts {
			h.Write([]byte(p))
			h.Write([]byte{0})
		}
		h.Write([]byte{1})
	}
	add(string(it.Status), it.Title, it.Slug, it.Standfirst, it.Lang, it.Section, it.City, string(it.Body.Form), it.Body.Text)
	add(it.Lead.URL, it.Lead.Alt, it.Lead.Caption, it.Lead.Credit, it.Published.UTC().Format(time.RFC3339Nano))
	add(it.Tags...)
	add(it.Bylines...)
	return hex.EncodeToString(h.Sum(nil)[:16])
}
