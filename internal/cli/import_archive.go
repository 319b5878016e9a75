package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mimeo/internal/app"
	"mimeo/internal/fault"
	"mimeo/internal/story/archive"
)

// takeIn carries out an import from another system.
func (c storyImportCmd) takeIn(ctx context.Context, s *session) (err error) {
	if c.Title != "" || c.Dateline != "" {
		return misused("--title and --dateline are for plain pages: an export has its own")
	}
	in := &incoming{session: s, dry: c.DryRun}
	defer func() { err = errors.Join(err, in.close()) }()
	files, err := in.files(c.Files)
	if err != nil {
		return err
	}
	run := archive.Run{
		Format: archive.Format(c.Format), Publish: c.Publish, DryRun: c.DryRun, Lang: c.Lang, Section: c.Section, Bylines: c.Byline,
		Told: in.told, Progress: in.progress,
	}
	if run.Pictures, err = in.folders(c.Pictures); err != nil {
		return err
	}
	if err := in.reportTo(c.Report); err != nil {
		return err
	}
	return s.with(ctx, func(a *app.App) error {
		if err := a.Language(c.Lang); err != nil {
			return err
		}
		in.begin()
		if run.Format == archive.Mimeo {
			counts, err := in.restore(ctx, a, run, c.Files)
			return errors.Join(err, in.end(counts, err == nil))
		}
		counts, err := a.Archive.TakeIn(ctx, files, run)
		return errors.Join(err, in.end(counts, err == nil))
	})
}

// restore makes the newsroom of an export.
func (in *incoming) restore(ctx context.Context, a *app.App, run archive.Run, names []string) (archive.Counts, error) {
	if len(names) != 1 || names[0] == "-" {
		return archive.Counts{}, misused("an export of Mimeo is one folder or one zip file")
	}
	from, err := in.folders(names)
	if err != nil {
		return archive.Counts{}, err
	}
	return a.Archive.Restore(ctx, from[0].FS, run)
}

// incoming is one run as a person or a script follows it.
type incoming struct {
	*session
	dry     bool
	closes  []func() error
	out     *bufio.Writer
	report  *json.Encoder
	refused []archive.Line
	faults  int
	stories int
	bar     bool
	shown   time.Time
	begun   time.Time
}

// maxRefused is how many refused items an answer in JSON lists; standard error
// and the report have them all.
const maxRefused = 10_000

func (in *incoming) close() error {
	var errs []error
	for _, c := range in.closes {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// files names the files; standard input is kept in a temporary file, since an
// export is read more than once.
func (in *incoming) files(names []string) (all []archive.File, err error) {
	for _, name := range names {
		if name != "-" {
			all = append(all, archive.File{Name: name, Open: func() (io.ReadCloser, error) { return os.Open(name) }})
			continue
		}
		spool, err := os.CreateTemp("", "mimeo-import-")
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, "There is no room for a temporary file", err)
		}
		in.closes = append(in.closes, spool.Close)
		if err := os.Remove(spool.Name()); err != nil {
			return nil, err
		}
		size, err := io.Copy(spool, in.In)
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, "Standard input cannot be kept while it is read", err)
		}
		all = append(all, archive.File{Name: name, Open: func() (io.ReadCloser, error) {
			return spooled{io.NewSectionReader(spool, 0, size), spool}, nil
		}})
	}
	return all, nil
}

// spooled is one reading of what came by standard input.
type spooled struct {
	*io.SectionReader
	file *os.File
}

// Close does nothing: the file is read again.
func (spooled) Close() error { return nil }

// Stat tells the size.
func (s spooled) Stat() (fs.FileInfo, error) { return s.file.Stat() }

// folders opens where pictures are looked for.
func (in *incoming) folders(names []string) (all []archive.Folder, err error) {
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, fault.Invalidf("%s: %s", name, errors.Unwrap(err).Error())
		}
		if info.IsDir() {
			root, err := os.OpenRoot(name)
			if err != nil {
				return nil, fault.Wrap(fault.Invalid, "The folder "+name+" cannot be opened", err)
			}
			in.closes = append(in.closes, root.Close)
			all = append(all, archive.Folder{FS: root.FS()})
			continue
		}
		f, err := os.Open(name)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, "The file "+name+" cannot be opened", err)
		}
		in.closes = append(in.closes, f.Close)
		z, err := archive.Zip(f, info.Size())
		if err != nil {
			return nil, err
		}
		all = append(all, archive.Folder{FS: z})
	}
	return all, nil
}

// reportTo writes everything that is told into a file, one JSON object a line,
// with the comments of readers, which are not taken in.
func (in *incoming) reportTo(name string) error {
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(filepath.Clean(name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fault.Wrap(fault.Invalid, "The report "+name+" cannot be written", err)
	}
	w := bufio.NewWriter(f)
	in.closes = append(in.closes, func() error { return errors.Join(w.Flush(), f.Close()) })
	in.report = json.NewEncoder(w)
	in.report.SetEscapeHTML(false)
	return nil
}

func (in *incoming) begin() {
	in.out = bufio.NewWriter(in.Out)
	in.begun = time.Now()
	in.shown = in.begun
	if f, ok := in.Err.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			in.bar = true
		}
	}
	if in.json {
		fmt.Fprint(in.out, `{"stories":[`)
	}
}

func (in *incoming) told(l archive.Line) error {
	if in.report != nil {
		err := in.report.Encode(struct {
			archive.Line
			Comments []archive.Comment `json:"comments,omitempty"`
		}{l, l.Comments})
		if err != nil {
			return fault.Wrap(fault.Unavailable, "The report cannot be written", err)
		}
	}
	if l.Outcome == archive.Refused {
		in.faults++
		in.clear()
		fmt.Fprintf(in.Err, "mimeo: %s: %s\n", in.place(&l), l.Error)
		if len(in.refused) < maxRefused {
			in.refused = append(in.refused, l)
		}
		return nil
	}
	if !in.json {
		in.inWords(&l)
		return nil
	}
	raw, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if in.stories++; in.stories > 1 {
		fmt.Fprint(in.out, ",")
	}
	_, err = fmt.Fprintf(in.out, "\n%s", raw)
	return err
}

func (in *incoming) place(l *archive.Line) string {
	if l.Where == "" {
		return l.File
	}
	return l.File + ", " + l.Where
}

// inWords names the stories about which there is something to say, and each in
// a dry run.
func (in *incoming) inWords(l *archive.Line) {
	if len(l.Warnings) == 0 && l.Outcome != archive.Changed && !in.dry {
		return
	}
	verb := map[archive.Outcome]string{
		archive.Fresh: "brought in", archive.Already: "was here already", archive.Changed: "changed", archive.Shown: "published",
	}[l.Outcome]
	if in.dry && l.Outcome != archive.Already {
		verb = "would be " + verb
	}
	fmt.Fprintf(in.out, "%s: “%s” %s as %s, %d paragraphs %s\n", in.place(l), l.Title, verb, l.State, l.Paragraphs, l.Path)
	for _, w := range l.Warnings {
		if w.Line > 0 {
			fmt.Fprintf(in.out, "  line %d, column %d: %s\n", w.Line, w.Column, w.Message)
		} else {
			fmt.Fprintf(in.out, "  %s\n", w.Message)
		}
	}
}

const (
	barEvery  = 200 * time.Millisecond
	lineEvery = 5 * time.Second
	barWidth  = 30
)

// progress draws a bar on a terminal, and a line now and then anywhere else.
func (in *incoming) progress(p archive.Progress) {
	now := time.Now()
	every := lineEvery
	if in.bar {
		every = barEvery
	}
	if now.Sub(in.shown) < every {
		return
	}
	in.shown = now
	rate := float64(p.Done) / now.Sub(in.begun).Seconds()
	if !in.bar {
		fmt.Fprintf(in.Err, "mimeo: %d of %d, %d refused, %.0f a second\n", p.Done, max(p.Total, p.Done), p.Counts.Refused, rate)
		return
	}
	full := barWidth
	if p.Total > 0 {
		full = min(p.Done*barWidth/p.Total, barWidth)
	}
	fmt.Fprintf(in.Err, "\r[%s%s] %d of %d, %d refused, %.0f a second ",
		strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), p.Done, max(p.Total, p.Done), p.Counts.Refused, rate)
}

// clear takes the bar away so that a line can stand there.
func (in *incoming) clear() {
	if in.bar {
		fmt.Fprint(in.Err, "\r\x1b[K")
	}
}

func (in *incoming) end(c archive.Counts, whole bool) error {
	in.clear()
	if in.json {
		list := make([]map[string]string, 0, len(in.refused))
		for _, l := range in.refused {
			list = append(list, map[string]string{"file": l.File, "where": l.Where, "error": l.Error})
		}
		raw, err := json.Marshal(list)
		if err != nil {
			return err
		}
		counts, err := json.Marshal(c)
		if err != nil {
			return err
		}
		fmt.Fprintf(in.out, "\n],\"refused\":%s,\"counts\":%s,\"whole\":%t}\n", raw, counts, whole)
	} else {
		in.sum(c)
	}
	if err := in.out.Flush(); err != nil {
		return err
	}
	if whole && in.faults > 0 {
		return errReported
	}
	return nil
}

func (in *incoming) sum(c archive.Counts) {
	would := ""
	if in.dry {
		would = "would be "
	}
	fmt.Fprintf(in.out, "%d %sbrought in, %d of them public; %d were here already, %d changed, %d drafts published, %d refused\n",
		c.New, would, c.Published-c.Shown, c.Already, c.Changed, c.Shown, c.Refused)
	fmt.Fprintf(in.out, "%d pictures kept, %d not found; %d old addresses lead to the stories; %d comments left out\n", c.Pictures, c.Missing, c.Addresses, c.Comments)
	for what, n := range c.Passed {
		fmt.Fprintf(in.out, "%d passed over: %s\n", n, what)
	}
}
