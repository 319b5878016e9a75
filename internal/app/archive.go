package app

import (
	"context"
	"io"
	"strings"

	"mimeo/internal/fault"
	"mimeo/internal/media"
	"mimeo/internal/story/archive"
)

// keepArchive puts together what brings an old newspaper along and lets this
// one go.
func (a *App) keepArchive() {
	a.Archive = archive.New(a.DB, a.Stories, archive.Options{
		Languages: a.config.Newsroom.Languages,
		Keep:      a.keepPicture,
		Gallery:   archive.Gallery{Each: a.eachPicture, Open: a.openPicture, Restore: a.restorePicture},
		Records:   records,
	})
}

// records are the rows of other nouns that go along with an export, without
// the members who wrote them and without anything that is sealed.
var records = []archive.Table{
	archive.Of("entity", "id", "id kind slug sort {doc wikidata merged #version @created @updated"),
	archive.Of("entity_slug", "kind, slug", "kind slug entity @since"),
	archive.Of("entity_key", "form, key, entity", "key form entity"),
	archive.Of("entity_post", "id", "id person body {roles since until @at"),
	archive.Of("entity_version", "entity, version", "entity #version @at -member act {doc note"),
	archive.Of("entity_merge", "id", "id act source target @at -member reason {posts #statements @undone"),
	archive.Of("statement", "id", "id #latest #shown #places @said @published @changed #checked -checker @created @updated"),
	archive.Of("statement_version", "statement, version", "statement #version @at -member {doc !sealed note @announced"),
	archive.Of("statement_anchor", "story, statement", "story statement #n words"),
	archive.Of("statement_place", "story, statement", "story statement #n lang"),
	archive.Of("statement_entity", "statement, shown, part, n", "statement #shown part #n entity @said"),
	archive.Of("statement_moved", "move, statement, shown, part, n", "move statement #shown part #n"),
	archive.Of("statement_speaker", "entity", "entity kind #statements @last"),
	archive.Of("statement_link", "source, target, kind", "source target kind @at -member"),
	archive.Of("running", "id", "id slug {doc #version @created @updated"),
	archive.Of("running_slug", "slug", "slug running @since"),
	archive.Of("running_story", "running, story", "running story @added"),
	archive.Of("running_version", "running, version", "running #version @at -member {doc"),
	archive.Of("front", "lang", "lang #version {stories breaking words @until @updated"),
}

// keepPicture takes a picture of an archive into the newsroom's own.
func (a *App) keepPicture(ctx context.Context, r io.Reader, c archive.Credit) (archive.Stored, error) {
	p, fresh, err := a.Media.Add(ctx, r, "", media.Meta{
		Alt: clip(c.Alt, media.MaxAlt), Caption: clip(c.Caption, media.MaxCaption), Credit: clip(c.Credit, media.MaxCredit),
	})
	if media.ReasonOf(err) != "" {
		err = fault.Wrap(fault.Invalid, fault.Message(err), err)
	}
	return archive.Stored{Src: p.Src(), Width: p.Width, Height: p.Height, Fresh: fresh}, err
}

// clip shortens to a number of bytes, at a character.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

func (a *App) eachPicture(ctx context.Context, visit func(archive.PictureFile) error) error {
	return a.Media.Walk(ctx, func(p media.Picture) error {
		return visit(archive.PictureFile{
			File: strings.TrimPrefix(p.Src(), media.Folder), Width: p.Width, Height: p.Height, Alt: p.Alt, Caption: p.Caption,
			Credit: p.Credit, Licence: p.Licence, Lang: p.Lang, FocusX: p.FocusX, FocusY: p.FocusY,
		})
	})
}

func (a *App) openPicture(ctx context.Context, file string) (io.ReadCloser, error) {
	return a.Media.Open(ctx, file)
}

func (a *App) restorePicture(ctx context.Context, p archive.PictureFile, r io.Reader) error {
	err := a.Media.Restore(ctx, r, p.File, media.Meta{
		Alt: p.Alt, Caption: p.Caption, Credit: p.Credit, Licence: p.Licence, Lang: p.Lang, FocusX: p.FocusX, FocusY: p.FocusY,
	})
	if media.ReasonOf(err) != "" {
		err = fault.Wrap(fault.Invalid, fault.Message(err), err)
	}
	return err
}

// ExportStories writes the newsroom as open files.
func (a *App) ExportStories(ctx context.Context, to archive.Sink, progress func(done int)) (archive.Exported, error) {
	return a.Archive.Export(ctx, to, a.ids.Secret(), progress)
}
