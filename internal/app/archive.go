package app

import "mimeo/internal/story/archive"

// keepArchive puts together what brings an old newspaper along and lets this
// one go.
func (a *App) keepArchive() {
	a.Archive = archive.New(a.DB, a.Stories, archive.Options{Languages: a.config.Newsroom.Languages})
}
