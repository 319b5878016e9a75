package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/jobs"
	"mimeo/internal/search"
	"mimeo/internal/site"
	"mimeo/internal/story"
)

// finder puts the search together: what readers see is indexed in the
// transaction that shows it to them. What came out long ago, as an archive that
// is being brought in, is indexed in batches a little later.
func (a *App) finder() {
	a.Search = search.New(a.DB, search.Options{Load: a.findable, Walk: a.walkStories})
	a.Stories.Wire(func(o *story.Options) {
		o.Published = append(o.Published, a.indexStory)
		o.Hidden = append(o.Hidden, story.Hider{What: "search", Hide: func(ctx context.Context, tx *db.Tx, r *story.Redaction) (int, error) {
			return a.Search.Hide(ctx, tx, r.Names, r.DryRun)
		}})
	})
}

// longAgo is how old a story is that nobody waits to find at once.
const longAgo = 24 * time.Hour

func (a *App) indexStory(ctx context.Context, tx *db.Tx, s *story.Story) error {
	ref := search.Ref{Scope: search.Readers, Key: s.ID}
	if s.State != story.Published {
		return a.Search.Remove(ctx, tx, ref)
	}
	if s.Published.Before(tx.Now.Add(-longAgo)) {
		known, err := a.Search.Knows(ctx, tx, ref)
		if err != nil || !known {
			return errors.Join(err, a.Search.Later(ctx, tx, ref))
		}
	}
	doc, err := a.document(ctx, tx, search.Readers, s)
	if err != nil {
		return err
	}
	return a.Search.Put(ctx, tx, doc)
}

// findable is the document of a story: to readers what is published, to the
// desk what they do not see, or not in these words.
func (a *App) findable(ctx context.Context, tx *db.Tx, ref search.Ref) (doc search.Document, ok bool, err error) {
	s, err := a.Stories.Within(ctx, tx, ref.Key, ref.Scope == search.Desk)
	if fault.KindOf(err) == fault.Missing {
		return doc, false, nil
	}
	if err != nil {
		return doc, false, err
	}
	switch ref.Scope {
	case search.Readers:
		ok = s.State == story.Published
	case search.Desk:
		shown, err := a.Stories.Within(ctx, tx, ref.Key, false)
		if err != nil {
			return doc, false, err
		}
		ok = s.State != story.Published || shown.Revision != s.Latest
	default:
		return doc, false, fmt.Errorf("nobody searches in %q", ref.Scope)
	}
	doc, err = a.document(ctx, tx, ref.Scope, &s)
	return doc, ok, err
}

// document is what is found of a story: its words, and as persons whoever wrote
// it and whoever speaks in it.
func (a *App) document(ctx context.Context, tx *db.Tx, scope search.Scope, s *story.Story) (search.Document, error) {
	d := search.Document{Scope: scope, Key: s.ID, Lang: s.Lang, Title: s.Headline, At: s.Published}
	if scope == search.Desk || d.At.IsZero() {
		d.At = s.Created
	}
	more := append([]string{s.Plain()}, s.Bylines...)
	d.Text = strings.Join(append(append(more, s.Place), s.Tags...), "\n")
	if s.Section != "" {
		d.Facets = append(d.Facets, search.Facet{Kind: "section", Value: s.Section})
	}
	for i, name := range s.Bylines {
		f := search.Facet{Kind: "person", Value: name}
		if i < len(s.BylineIDs) && s.BylineIDs[i] != "" {
			f = search.Facet{Kind: "person", Value: s.BylineIDs[i], Label: name}
		}
		d.Facets = append(d.Facets, f)
	}
	voices, err := a.Statements.Voices(ctx, tx, s.ID)
	if err != nil {
		return d, err
	}
	for i := range voices {
		if e := &voices[i]; e.Kind == entity.Person {
			d.Facets = append(d.Facets, search.Facet{Kind: "person", Value: e.ID, Label: e.Name(s.Lang)})
		}
	}
	all, err := json.Marshal(d)
	if err != nil {
		return d, fmt.Errorf("describing story %s: %w", s.ID, err)
	}
	sum := sha256.Sum256(all)
	d.Stamp = hex.EncodeToString(sum[:9])
	return d, nil
}

// walkStories lists every story, for both scopes.
func (a *App) walkStories(ctx context.Context, after string, limit int) (refs []search.Ref, next string, err error) {
	ids, err := a.Stories.Walk(ctx, after, limit/2)
	if err != nil || len(ids) == 0 {
		return nil, "", err
	}
	for _, id := range ids {
		refs = append(refs, search.Ref{Scope: search.Readers, Key: id}, search.Ref{Scope: search.Desk, Key: id})
	}
	if len(ids) == limit/2 {
		next = ids[len(ids)-1]
	}
	return refs, next, nil
}

// metaDesk is up to when the desk's texts are indexed, in microseconds.
const metaDesk = "search.desk"

// FindAtDesk brings the index of what is being written up to date: it notes
// what was touched since it last looked, and indexes it. Writers save every few
// seconds; nobody waits for an index then.
func (a *App) FindAtDesk(ctx context.Context) error {
	const page = 200
	var until time.Time
	err := a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		text, err := tx.Meta(ctx, metaDesk)
		if err == nil && text != "" {
			until, err = time.Parse(time.RFC3339Nano, text)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("looking for what is to be indexed: %w", err)
	}
	newest := until
	for after := (story.Cursor{}); ; {
		list, err := a.Stories.AtWork(ctx, "", after, page)
		if err != nil {
			return err
		}
		var refs []search.Ref
		for _, s := range list {
			if s.Touched.Before(until) {
				break
			}
			if s.Touched.After(newest) {
				newest = s.Touched
			}
			refs = append(refs, search.Ref{Scope: search.Desk, Key: s.ID})
			after = story.Cursor{At: s.Touched, Key: s.ID}
		}
		last := len(refs) < page
		err = a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			if last {
				if err := tx.SetMeta(ctx, metaDesk, newest.Format(time.RFC3339Nano)); err != nil {
					return err
				}
			}
			return a.Search.Later(ctx, tx, refs...)
		})
		if err != nil {
			return err
		}
		if last {
			break
		}
	}
	_, err = a.Search.CatchUp(ctx)
	return err
}

// indexing is the job that indexes what was left for later.
type indexing struct{}

// Kind names the job.
func (indexing) Kind() string { return "search.catch-up" }

const indexEvery = 30 * time.Second

// keepFinding registers that job.
func (a *App) keepFinding() {
	jobs.Every(a.Jobs, indexing{}, func(t time.Time) time.Time { return t.Add(indexEvery) }, func(ctx context.Context, _ jobs.Job[indexing]) error {
		return a.FindAtDesk(ctx)
	})
}

// mendIndex makes an index anew that another way of cutting words has made, or
// that a kill left unfinished. Readers search what there is meanwhile.
func (a *App) mendIndex(ctx context.Context) {
	stale, err := a.Search.Stale(ctx)
	if err == nil && stale {
		_, err = a.Search.Rebuild(ctx, false, func(int) {})
	}
	if err != nil && ctx.Err() == nil {
		a.log.Warn("the search index could not be brought up to date; see `mimeo search check`", "err", err)
	}
}

// herald has the hub told of news, if the operator named one.
func (a *App) herald() error {
	if a.config.Hub == "" {
		return nil
	}
	h, err := site.NewHerald(a.Jobs, a.config.Hub, a.config.BaseURL, func(language string) string {
		if language == a.config.Newsroom.Languages[0] {
			return ""
		}
		return "/" + language
	})
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	a.Stories.Wire(func(o *story.Options) { o.Published = append(o.Published, h.Published) })
	return nil
}
