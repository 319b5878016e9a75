package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"mimeo/internal/app"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

type storyCorrectCmd struct {
	ID      string `arg:"" help:"The story."`
	Note    string `required:"" help:"What readers are told."`
	Kind    string `help:"typo, fact, update, retract or withdraw." enum:"typo,fact,update,retract,withdraw" default:"fact"`
	Reason  string `help:"What the desk keeps."`
	File    string `help:"The new text, its headline in the first line; - reads standard input. Without it the newest saved text goes out."`
	Restore int    `help:"Take the text of this revision." placeholder:"N"`
}

func (c storyCorrectCmd) Run(ctx context.Context, s *session) error {
	note := story.Note{Kind: story.Kind(c.Kind), Text: c.Note, Reason: c.Reason}
	if c.File != "" && c.Restore != 0 {
		return misused("--file and --restore cannot both say what the text is")
	}
	if (c.Kind == "retract" || c.Kind == "withdraw") && (c.File != "" || c.Restore != 0) {
		return misused("a story that is taken back gets no other text")
	}
	var raw []byte
	if c.File != "" {
		var err error
		if raw, err = s.text(c.File); err != nil {
			return err
		}
	}
	return s.with(ctx, func(a *app.App) error {
		done, err := c.correct(ctx, a, raw, note)
		if err != nil {
			return err
		}
		return s.storyDone(done)
	})
}

func (c storyCorrectCmd) correct(ctx context.Context, a *app.App, raw []byte, note story.Note) (story.Story, error) {
	switch {
	case note.Kind == story.KindRetract:
		return a.Stories.Retract(ctx, c.ID, note)
	case note.Kind == story.KindWithdraw:
		return a.Stories.Withdraw(ctx, c.ID, note)
	case raw != nil:
		found, err := a.Stories.ByID(ctx, c.ID)
		if err != nil {
			return found, err
		}
		draft, err := withText(found, raw)
		if err != nil {
			return found, err
		}
		if _, err := a.Stories.Revise(ctx, c.ID, found.Latest, draft); err != nil {
			return found, err
		}
	case c.Restore != 0:
		if _, err := a.Stories.Restore(ctx, c.ID, c.Restore, ""); err != nil {
			return story.Story{}, err
		}
	}
	return a.Stories.Correct(ctx, c.ID, note)
}

// withText is the story with the words of a plain page. A paragraph that is as
// it was keeps its marks: links, statements, notes.
func withText(found story.Story, raw []byte) (story.Draft, error) {
	page, err := story.ImportText(raw, story.ImportOptions{Lang: found.Lang, KeepAppeal: true})
	if err != nil {
		return story.Draft{}, err
	}
	was := map[string]prose.Block{}
	for _, b := range found.Body.Blocks {
		if b.Kind == prose.Paragraph {
			was[b.Text.String()] = b
		}
	}
	draft := found.Draft()
	draft.Headline, draft.Body = page.Draft.Headline, page.Draft.Body
	for i, b := range draft.Body.Blocks {
		words := b.Text.String()
		if old, ok := was[words]; ok {
			draft.Body.Blocks[i] = old
			delete(was, words)
		}
	}
	return draft, nil
}

// text reads a file that a person named.
func (s *session) text(name string) (raw []byte, err error) {
	in := io.NopCloser(s.In)
	if name != "-" {
		if in, err = os.Open(name); err != nil {
			return nil, misused("the file " + name + " cannot be opened")
		}
	}
	defer in.Close()
	raw, err = io.ReadAll(io.LimitReader(in, story.MaxText+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return raw, nil
}

type storyCorrectionsCmd struct {
	Check bool   `help:"Hold the ledger of corrections against the texts that are kept."`
	Lang  string `help:"Language; without it the newsroom's first."`
	Limit int    `help:"How many." default:"50"`
}

func (c storyCorrectionsCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(a *app.App) error {
		switch {
		case c.Check:
			return s.checkCorrections(ctx, a)
		case s.json:
			return s.correctionLines(ctx, a)
		}
		if c.Lang == "" {
			c.Lang = s.config.Newsroom.Languages[0]
		}
		list, err := a.Stories.Corrections(ctx, c.Lang, 0, c.Limit)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return s.lines("There are none.\n")
		}
		for _, one := range list {
			fmt.Fprintf(s.Out, "%s  %-8s  %s  %s\n    %s\n", one.At.UTC().Format(time.DateTime), one.Kind, one.Summary.Headline, one.Summary.Path(),
				strings.ReplaceAll(one.Note, "\n", "\n    "))
		}
		return nil
	})
}

// ledgerLine is a line of the ledger as scripts and other newsrooms see it.
type ledgerLine struct {
	Seq    int64     `json:"seq"`
	Story  string    `json:"story"`
	N      int       `json:"n"`
	Kind   string    `json:"kind"`
	At     time.Time `json:"at"`
	Digest string    `json:"digest"`
	Note   string    `json:"note,omitempty"`
	Hash   string    `json:"hash"`
}

// correctionLines prints the whole ledger, one JSON object a line.
func (s *session) correctionLines(ctx context.Context, a *app.App) error {
	const batch = 1_000
	out := json.NewEncoder(s.Out)
	for last := int64(0); ; {
		lines, err := a.Stories.Ledger(ctx, last, batch)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if err := out.Encode(ledgerLine{l.Seq, l.Story, l.N, string(l.Kind), l.At.UTC(), l.Digest, l.Note, l.Hash}); err != nil {
				return err
			}
			last = l.Seq
		}
		if len(lines) < batch {
			return nil
		}
	}
}

func (s *session) checkCorrections(ctx context.Context, a *app.App) error {
	c, err := a.Stories.CheckLedger(ctx)
	if err != nil {
		return err
	}
	if s.json {
		if c.Faults == nil {
			c.Faults = []string{}
		}
		if err := s.print(map[string]any{"lines": c.Lines, "redacted": c.Redacted, "faults": c.Faults}); err != nil {
			return err
		}
	} else if _, err := fmt.Fprintf(s.Out, "%d lines, %d of them about texts in which something was hidden since.\n", c.Lines, c.Redacted); err != nil {
		return err
	}
	for _, f := range c.Faults {
		fmt.Fprintf(s.Err, "mimeo: %s\n", f)
	}
	if len(c.Faults) > 0 {
		return errReported
	}
	if !s.json {
		return s.lines("Each text is the one that readers were shown.\n")
	}
	return nil
}

type storyVersionsCmd struct {
	ID string `arg:"" help:"The story."`
}

func (c storyVersionsCmd) Run(ctx context.Context, s *session) error {
	type version struct {
		N        int       `json:"n"`
		Kind     string    `json:"kind"`
		Revision int       `json:"revision"`
		At       time.Time `json:"at"`
		Note     string    `json:"note,omitempty"`
		Digest   string    `json:"digest"`
		Redacted bool      `json:"redacted,omitempty"`
	}
	return s.with(ctx, func(a *app.App) error {
		if _, err := a.Stories.ByID(ctx, c.ID); err != nil {
			return err
		}
		all, err := a.Stories.Publications(ctx, c.ID)
		if err != nil {
			return err
		}
		out := make([]version, 0, len(all))
		for _, p := range all {
			out = append(out, version{p.N, string(p.Kind), p.Revision, p.At.UTC(), p.Note, p.Digest, !p.Redacted.IsZero()})
		}
		if s.json {
			return s.print(map[string]any{"versions": out})
		}
		for _, v := range out {
			fmt.Fprintf(s.Out, "%d  %s  %-8s  revision %d  %s\n", v.N, v.At.Format(time.DateTime), v.Kind, v.Revision, v.Note)
		}
		return nil
	})
}

type storyHideCmd struct {
	Name        []string `help:"A form in which the name is written. Give each, in every script."`
	Picture     []string `help:"The path of a picture on this site."`
	Reason      string   `required:"" help:"Why; the desk keeps it."`
	Replacement string   `help:"What stands in its place." default:"[…]"`
	DryRun      bool     `help:"Say what would be reached and change nothing."`
}

func (c storyHideCmd) Run(ctx context.Context, s *session) error {
	order := story.Redaction{Names: c.Name, Pictures: c.Picture, Reason: c.Reason, Replacement: c.Replacement}
	return s.with(ctx, func(a *app.App) (err error) {
		if c.DryRun {
			order, err = a.Stories.WouldHide(ctx, order)
		} else {
			order, err = a.Stories.Hide(ctx, order)
		}
		if err != nil {
			return err
		}
		if s.json {
			return s.print(map[string]any{"id": order.ID, "dry_run": c.DryRun, "reached": order.Reached})
		}
		if len(order.Reached) == 0 {
			return s.lines("It is nowhere.\n")
		}
		for _, what := range order.Reached.Sorted() {
			fmt.Fprintf(s.Out, "%6d  %s\n", order.Reached[what], what)
		}
		if c.DryRun {
			return s.lines("Nothing was changed.\n")
		}
		return nil
	})
}
