package app

import (
	"context"
	"path/filepath"

	"mimeo/internal/db"
	"mimeo/internal/desk"
	"mimeo/internal/media"
	"mimeo/internal/story"
)

// gallery puts the store of pictures together and joins it to the stories that
// show them.
func (a *App) gallery(ctx context.Context) (err error) {
	a.Media, err = media.New(a.DB, media.Options{
		Dir: filepath.Join(a.config.Data, "media"), IDs: a.ids, Log: a.log,
		Record: func(ctx context.Context, tx *db.Tx, by string, deed media.Deed, picture string) error {
			return a.record(ctx, tx, by, "picture."+string(deed), picture)
		},
	})
	if err != nil {
		return err
	}
	a.closes = append(a.closes, a.Media.Close)
	a.Stories.Wire(func(o *story.Options) {
		o.Saved = append(o.Saved, func(ctx context.Context, tx *db.Tx, _ string, s *story.Story) error {
			return media.Uses(ctx, tx, desk.Drafts+s.ID, picturesOf(s))
		})
		o.Published = append(o.Published, notePictures)
		o.Hidden = append(o.Hidden, story.Hider{What: "pictures", Hide: a.hidePictures})
	})
	if !a.serving {
		return nil
	}
	return a.Media.Sweep(ctx)
}

// notePictures notes which pictures readers see in a story.
func notePictures(ctx context.Context, tx *db.Tx, s *story.Story) error {
	var used []string
	if s.State == story.Published {
		used = picturesOf(s)
	}
	return media.Uses(ctx, tx, s.ID, used)
}

func picturesOf(s *story.Story) (used []string) {
	for i := range s.Body.Blocks {
		used = append(used, s.Body.Blocks[i].Src, s.Body.Blocks[i].Still)
	}
	return used
}

// hidePictures takes the pictures of a redaction away, and its names out of
// what is said about the others.
func (a *App) hidePictures(ctx context.Context, tx *db.Tx, r *story.Redaction) (reached int, err error) {
	for _, src := range r.Pictures {
		name := media.NameOf(src)
		if name == "" {
			continue
		}
		var found bool
		if r.DryRun {
			found, err = a.Media.Shows(ctx, tx, name)
		} else {
			found, err = a.Media.Hide(ctx, tx, r.By, name)
		}
		if err != nil {
			return reached, err
		}
		if found {
			reached++
		}
	}
	if len(r.Names) == 0 {
		return reached, nil
	}
	named, err := a.Media.Rewrite(ctx, tx, r.Text, r.DryRun)
	return reached + named, err
}
