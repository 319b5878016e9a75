package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mimeo/internal/app"
	"mimeo/internal/fault"
	"mimeo/internal/story/archive"
)

type storyExportCmd struct {
	To string `help:"New folder, file ending in .zip, or - for a zip file on standard output." required:""`
}

// Run writes everything as open files.
func (c storyExportCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) (err error) {
		to, err := c.sink(a, s)
		if err != nil {
			return err
		}
		x, err := a.ExportStories(ctx, to, func(done int) {
			if done%writtenEvery == 0 {
				fmt.Fprintf(s.Err, "mimeo: %d stories written\n", done)
			}
		})
		if err = errors.Join(err, to.Close()); err != nil {
			return err
		}
		if c.To == "-" {
			return nil
		}
		if s.json {
			return s.print(x)
		}
		return s.lines(fmt.Sprintf("%d stories with %d revisions, %d pages, %d pictures, %d records and %d old addresses are in %s\n",
			x.Stories, x.Revisions, x.Pages, x.Pictures, x.Records, x.Redirects, c.To))
	})
}

// writtenEvery is how many stories pass between two lines of progress.
const writtenEvery = 20_000

func (c storyExportCmd) sink(a *app.App, s *session) (archive.Sink, error) {
	switch {
	case c.To == "-":
		return archive.ToZip(struct{ writer }{s.Out}, a.Now()), nil
	case strings.HasSuffix(c.To, ".zip"):
		f, err := os.OpenFile(filepath.Clean(c.To), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			return nil, fault.Conflictf("The file %s exists. Name a new one", c.To)
		}
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, "The file "+c.To+" cannot be made", err)
		}
		return archive.ToZip(f, a.Now()), nil
	default:
		return archive.ToFolder(c.To)
	}
}

// writer hides that standard output can be closed.
type writer interface{ Write(p []byte) (int, error) }
