// Package substack reads the zip file that Substack gives its writers: a table
// of the posts and one page of HTML for each. The lists of subscribers that lie
// beside them are never opened.
//
// A post that only subscribers could read comes as a draft. The file does not
// say who wrote a post; whoever brings it in does.
package substack

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"mimeo/internal/fault"
	"mimeo/internal/story/foreign"
)

// Limits of what is unpacked.
const (
	maxPage  = foreign.MaxText
	maxField = 64 << 10
	maxRow   = 1 << 20
)

// Posts counts the posts of an export that have a page.
func Posts(z *zip.Reader) (n int) {
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, ".html") {
			n++
		}
	}
	return n
}

// Items hands over the posts of an export. An error of visit ends it.
func Items(ctx context.Context, z *zip.Reader, report func(place, message string), visit func(*foreign.Item) error) error {
	var table *zip.File
	pages := map[string]*zip.File{}
	for _, f := range z.File {
		switch name := path.Base(f.Name); {
		case name == "posts.csv":
			table = f
		case strings.HasSuffix(name, ".html"):
			pages[strings.TrimSuffix(name, ".html")] = f
		}
	}
	if table == nil {
		return fault.Invalidf("This is not a Substack export: there is no posts.csv in it")
	}
	in, err := table.Open()
	if err != nil {
		return fault.Wrap(fault.Invalid, "posts.csv cannot be unpacked", err)
	}
	defer in.Close() // it was only read from
	rows := csv.NewReader(&lines{in: in})
	rows.FieldsPerRecord, rows.LazyQuotes, rows.ReuseRecord = -1, true, true
	head, err := rows.Read()
	if err != nil {
		return tableFault(rows, err)
	}
	at := map[string]int{}
	for i, name := range head {
		at[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	if _, found := at["post_id"]; !found {
		return fault.Invalidf("posts.csv has no column post_id")
	}
	for n := 1; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return tableFault(rows, err)
		}
		line, _ := rows.FieldPos(0)
		place := fmt.Sprintf("posts.csv, line %d", line)
		if len(row) != len(head) {
			report(place, fmt.Sprintf("the row has %d fields where %d belong; it was not brought in", len(row), len(head)))
			continue
		}
		field := func(name string) string {
			if i, found := at[name]; found && len(row[i]) <= maxField {
				return strings.Clone(strings.ToValidUTF8(row[i], "\uFFFD"))
			}
			return ""
		}
		it, ok := item(field, pages, place, report)
		if !ok {
			continue
		}
		if err := visit(it); err != nil {
			return err
		}
	}
}

func tableFault(rows *csv.Reader, err error) error {
	if fault.KindOf(err) != fault.Unexpected {
		return err
	}
	return fault.Wrap(fault.Invalid, fmt.Sprintf("posts.csv cannot be read further than byte %d: %v", rows.InputOffset(), err), err)
}

func item(field func(string) string, pages map[string]*zip.File, place string, report func(place, message string)) (*foreign.Item, bool) {
	id := field("post_id")
	number, slug, _ := strings.Cut(id, ".")
	if id == "" {
		report(place, "the row has no post_id; it was not brought in")
		return nil, false
	}
	it := &foreign.Item{
		Key: "substack " + number, Place: place, Title: foreign.Line(field("title")), Standfirst: foreign.Line(field("subtitle")), Slug: slug,
		Published: foreign.ParseTime(field("post_date")), Status: foreign.Draft,
	}
	switch audience := field("audience"); {
	case field("is_published") != "true":
	case field("type") != "" && field("type") != "newsletter" && field("type") != "podcast":
		it.Warn("it was a %s there and is a draft here", foreign.Line(field("type")))
	case audience != "" && audience != "everyone":
		it.Warn("only some could read it there (%s); it is a draft here, so that nobody's paid text is given away", foreign.Line(audience))
	default:
		it.Status = foreign.Public
	}
	page := pages[id]
	if page == nil {
		page = pages[number]
	}
	var text string
	if page == nil {
		it.Warn("its page is not in the zip file")
	} else {
		var err error
		if text, err = read(page); err != nil {
			report(place, "its page "+foreign.Line(page.Name)+" cannot be unpacked: "+err.Error())
			return nil, false
		}
	}
	if to := field("podcast_url"); strings.HasPrefix(to, "http") {
		text = `<p><a href="` + strings.NewReplacer(`"`, "%22", "<", "%3C", "&", "&amp;").Replace(to) + `">🎧 ` + strings.NewReplacer("<", "&lt;", "&", "&amp;").Replace(it.Title) + "</a></p>" + text
	}
	it.Body = foreign.Body{Form: foreign.HTML, Text: text}
	if slug != "" && !strings.ContainsAny(slug, "/?#") {
		it.Addresses = []string{"/p/" + slug}
	}
	return it, true
}

func read(f *zip.File) (string, error) {
	if f.UncompressedSize64 > maxPage {
		return "", fmt.Errorf("it is larger than %d MB", maxPage>>20)
	}
	in, err := f.Open()
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxPage+1))
	if len(raw) > maxPage {
		err = fmt.Errorf("it is larger than %d MB", maxPage>>20)
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD"), errors.Join(err, in.Close())
}

// lines refuses a table in which one row goes on without end.
type lines struct {
	in   io.Reader
	long int
}

// Read implements io.Reader.
func (l *lines) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	for _, c := range p[:n] {
		if l.long++; c == '\n' {
			l.long = 0
		}
		if l.long > maxRow {
			return 0, fault.Invalidf("A line of posts.csv is larger than %d MB. It could be an attack and is not read", maxRow>>20)
		}
	}
	return n, err
}
