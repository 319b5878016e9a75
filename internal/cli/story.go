package cli

import (
	"context"
	"fmt"
	"time"

	"mimeo/internal/app"
	"mimeo/internal/story"
)

type storyCmd struct {
	Import      storyImportCmd      `cmd:"" help:"Bring in stories from files. Repeating it doubles nothing."`
	Export      storyExportCmd      `cmd:"" help:"Write the whole newsroom as open files."`
	List        storyListCmd        `cmd:"" help:"Stories, the newest first."`
	Show        storyShowCmd        `cmd:"" help:"One story's text."`
	Publish     storyPublishCmd     `cmd:"" help:"Show readers a story's newest text."`
	Correct     storyCorrectCmd     `cmd:"" help:"Show readers another text, or none, with a note that says why."`
	Retract     storyRetractCmd     `cmd:"" help:"Take a story back; its address stays and says so."`
	Rename      storyRenameCmd      `cmd:"" help:"Give a story another address; the old one leads there."`
	Versions    storyVersionsCmd    `cmd:"" help:"Every text of a story that readers were shown."`
	Corrections storyCorrectionsCmd `cmd:"" help:"What was corrected, and the ledger that proves it."`
	Hide        storyHideCmd        `cmd:"" help:"Hide a name or a face in every story and all that is kept of it."`
}

type storyListCmd struct {
	State string `help:"draft, published, retracted or withdrawn." enum:"draft,published,retracted,withdrawn" default:"published"`
	Limit int    `help:"How many." default:"50"`
}

// listed is a story as scripts see it.
type listed struct {
	ID        string     `json:"id"`
	Lang      string     `json:"lang"`
	State     string     `json:"state"`
	Title     string     `json:"title"`
	Slug      string     `json:"slug"`
	Path      string     `json:"path,omitempty"`
	Published *time.Time `json:"published,omitempty"`
	Due       *time.Time `json:"due,omitempty"`
}

func listing(s story.Summary) listed {
	l := listed{ID: s.ID, Lang: s.Lang, State: string(s.State), Title: s.Headline, Slug: s.Slug, Path: s.Path()}
	if !s.Published.IsZero() {
		at := s.Published.UTC()
		l.Published = &at
	}
	if !s.Due.IsZero() {
		at := s.Due.UTC()
		l.Due = &at
	}
	return l
}

func (c storyListCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		found, err := a.Stories.List(ctx, story.State(c.State), story.Cursor{}, c.Limit)
		if err != nil {
			return err
		}
		if s.json {
			out := make([]listed, 0, len(found))
			for _, f := range found {
				out = append(out, listing(f))
			}
			return s.print(map[string]any{"stories": out})
		}
		if len(found) == 0 {
			return s.lines("There are none.\n")
		}
		for _, f := range found {
			l := listing(f)
			fmt.Fprintf(s.Out, "%s  %-2s  %s  %s\n", l.ID, l.Lang, l.Title, l.Path)
		}
		return nil
	})
}

type storyShowCmd struct {
	ID string `arg:"" help:"The story."`
}

func (c storyShowCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		found, err := a.Stories.ByID(ctx, c.ID)
		if err != nil {
			return err
		}
		if s.json {
			return s.print(struct {
				listed
				Revision int `json:"revision"`
				Body     any `json:"body"`
			}{listing(found.Summary()), found.Revision, found.Body})
		}
		_, err = fmt.Fprintf(s.Out, "%s\n\n%s\n", found.Headline, found.Body.Text())
		return err
	})
}

type storyPublishCmd struct {
	ID string    `arg:"" help:"The story."`
	At time.Time `help:"When, like 2026-11-22T18:00:00Z: ahead puts it on the schedule, back is for an archive."`
}

func (c storyPublishCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		done, err := c.publish(ctx, a)
		if err != nil {
			return err
		}
		return s.storyDone(done)
	})
}

type storyRetractCmd struct {
	ID     string `arg:"" help:"The story."`
	Note   string `required:"" help:"What readers are told."`
	Reason string `help:"What the desk keeps."`
}

func (c storyRetractCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		done, err := a.Stories.Retract(ctx, c.ID, story.Note{Text: c.Note, Reason: c.Reason})
		if err != nil {
			return err
		}
		return s.storyDone(done)
	})
}

type storyRenameCmd struct {
	ID   string `arg:"" help:"The story."`
	Slug string `arg:"" help:"The last part of its new address."`
}

func (c storyRenameCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		done, err := a.Stories.Rename(ctx, c.ID, c.Slug)
		if err != nil {
			return err
		}
		return s.storyDone(done)
	})
}

// publish does so at once, or at the hour that was given.
func (c storyPublishCmd) publish(ctx context.Context, a *app.App) (story.Story, error) {
	switch {
	case c.At.IsZero():
		return a.Stories.Publish(ctx, c.ID)
	case c.At.After(a.Now()):
		return a.Stories.Schedule(ctx, c.ID, c.At, story.Order{}, nil)
	default:
		return a.Stories.PublishAt(ctx, c.ID, c.At)
	}
}

func (s *session) storyDone(done story.Story) error {
	if s.json {
		return s.print(listing(done.Summary()))
	}
	if !done.Due.IsZero() {
		_, err := fmt.Fprintf(s.Out, "%s  %s  goes out %s\n", done.ID, done.State, done.Due.UTC().Format(time.RFC3339))
		return err
	}
	_, err := fmt.Fprintf(s.Out, "%s  %s  %s\n", done.ID, done.State, done.Path())
	return err
}
