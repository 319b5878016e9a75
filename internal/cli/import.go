package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"mimeo/internal/app"
	"mimeo/internal/appeal"
	"mimeo/internal/story"
)

type storyImportCmd struct {
	Files    []string `arg:"" name:"file" help:"Pages to bring in; - reads standard input."`
	Format   string   `help:"What the files are: text, wxr, ghost, substack, ninjs or mimeo." enum:"text,wxr,ghost,substack,ninjs,mimeo" default:"text"`
	Title    string   `help:"Headline; without it a page's first line is."`
	Dateline string   `help:"The day the text speaks from, like 2026-11-22."`
	Lang     string   `help:"Language of the pages; without it the newsroom's first."`
	Section  string   `help:"Section the stories go to."`
	Byline   []string `help:"Who wrote them."`
	Publish  bool     `help:"Show them to readers at once."`
	DryRun   bool     `help:"Say what would happen and change nothing."`
	Pictures []string `help:"Folder or zip file in which the pictures of an export lie; none is ever fetched."`
	Report   string   `help:"File that gets all that is told, with the comments left out, as JSON Lines."`
}

func (c storyImportCmd) Run(ctx context.Context, s *session) error {
	if c.Format != "text" {
		return c.takeIn(ctx, s)
	}
	run := story.ImportRun{
		ImportOptions: story.ImportOptions{Title: c.Title, Lang: c.Lang, Section: c.Section, Bylines: c.Byline},
		Publish:       c.Publish, DryRun: c.DryRun,
	}
	if c.Dateline != "" {
		day, err := time.Parse(time.DateOnly, c.Dateline)
		if err != nil {
			return misused("--dateline takes a day, like 2026-11-22")
		}
		run.Dateline = day
	}
	var files []story.File
	for _, name := range c.Files {
		files = append(files, story.File{Name: name, Open: func() (io.ReadCloser, error) {
			if name == "-" {
				return io.NopCloser(s.In), nil
			}
			return os.Open(name)
		}})
	}
	return s.with(ctx, func(a *app.App) error {
		if err := a.Language(c.Lang); err != nil {
			return err
		}
		run.Propose = func(ctx context.Context, language string, d story.AppealDraft) (string, error) {
			return a.Appeals.Propose(ctx, appeal.Proposal{Author: "import", Language: language, Words: appeal.Words{
				Heading: d.Heading, Body: d.Body, Signature: d.Signature, Button: d.Button, Remind: d.Remind, Thanks: d.Thanks,
			}})
		}
		report, err := a.Stories.Import(ctx, files, run)
		if s.json {
			err = errors.Join(err, s.print(report))
		} else {
			s.importInWords(report, c.DryRun)
		}
		for _, r := range report.Refused {
			fmt.Fprintf(s.Err, "mimeo: %s: %s\n", r.File, r.Error)
		}
		if err == nil && len(report.Refused) > 0 {
			return errReported
		}
		return err
	})
}

func (s *session) importInWords(report story.Report, dry bool) {
	for _, r := range report.Stories {
		verb := "brought in"
		switch {
		case dry:
			verb = "would be brought in"
		case r.Already:
			verb = "was here already"
		}
		fmt.Fprintf(s.Out, "%s: “%s” %s, %d paragraphs %s\n", r.File, r.Title, verb, r.Paragraphs, r.Path)
		if r.AppealLine > 0 {
			fmt.Fprintf(s.Out, "  line %d: an appeal was found below the story and kept apart\n", r.AppealLine)
			if r.Appeal != nil {
				fmt.Fprintf(s.Out, "  it is the draft %[1]s; to show it: mimeo appeal live %[1]s\n", *r.Appeal)
			}
		}
		for _, w := range r.Warnings {
			fmt.Fprintf(s.Out, "  line %d, column %d: %s\n", w.Line, w.Column, w.Message)
		}
	}
	if len(report.Refused) > 0 {
		fmt.Fprintf(s.Out, "%d in, %d refused\n", len(report.Stories), len(report.Refused))
	}
}
