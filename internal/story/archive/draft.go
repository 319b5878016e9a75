package archive

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"mimeo/internal/ident"
	"mimeo/internal/prose"
	"mimeo/internal/story"
	"mimeo/internal/story/foreign"
)

// The limits of package story, in characters.
const (
	maxHeadline   = 300
	maxStandfirst = 1_000
	maxLine       = 200
	maxLines      = 50
)

// draft makes a draft of an item. What had to be shortened or left out is in
// the notes; missing says that some picture was not there.
func (r *running) draft(it *foreign.Item) (d story.Draft, notes []string, missing bool, err error) {
	r.pics.missing, r.pics.odd = false, nil
	body, odd := foreign.Convert(it.Body, it.Lead, foreign.Options{Picture: r.pics.block, Attachment: r.about.attachment, Attached: it.Attached, Site: r.about.site})
	if err := r.pics.err; err != nil {
		return d, nil, false, fmt.Errorf("keeping a picture: %w", err)
	}
	notes = append(append(it.Warnings, odd...), r.pics.odd...)
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	d = story.Draft{
		Lang: r.lang(&r.run, firstOf(it.Lang, r.about.lang)), Headline: foreign.Line(it.Title), Standfirst: foreign.Line(it.Standfirst),
		Slug: ident.Slug(it.Slug), Place: foreign.Line(it.City), Body: body,
	}
	if d.Headline == "" {
		d.Headline = untitled(body, it)
		note("it had no title; its first words are its headline")
	}
	var cut bool
	if d.Headline, cut = foreign.Cut(d.Headline, maxHeadline); cut {
		note("its title is longer than %d characters and was cut", maxHeadline)
	}
	if d.Standfirst, cut = foreign.Cut(d.Standfirst, maxStandfirst); cut {
		note("its excerpt is longer than %d characters and was cut", maxStandfirst)
	}
	d.Place, _ = foreign.Cut(d.Place, maxLine)
	if it.Slug != "" && d.Slug == "" {
		note("its address %q has no letters; one was made of the headline", it.Slug)
	}
	if d.Section = r.run.Section; d.Section == "" {
		d.Section = ident.Slug(it.Section)
	}
	names := it.Bylines
	if len(r.run.Bylines) > 0 {
		names = r.run.Bylines
	}
	d.Bylines = lines(names, "byline", note)
	d.Tags = lines(it.Tags, "tag", note)
	return d, notes, r.pics.missing, nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func cutLang(code string) (base, rest string, found bool) {
	code = strings.ReplaceAll(code, "_", "-")
	base, rest, found = strings.Cut(code, "-")
	return strings.ToLower(base), rest, found
}

// lines tidies names: no empty ones, none twice, as many and as long as fit.
func lines(all []string, what string, note func(string, ...any)) (out []string) {
	seen := map[string]bool{}
	for _, l := range all {
		l, cut := foreign.Cut(foreign.Line(l), maxLine)
		if l == "" || seen[l] {
			continue
		}
		seen[l] = true
		if cut {
			note("a %s is longer than %d characters and was cut", what, maxLine)
		}
		if len(out) == maxLines {
			note("it has more than %d %ss; the others were left out", maxLines, what)
			return out
		}
		out = append(out, l)
	}
	return out
}

// untitled is a headline for a story that had none.
func untitled(body prose.Doc, it *foreign.Item) string {
	words := foreign.Line(body.Excerpt(80))
	switch {
	case words != "":
		return words
	case utf8.RuneCountInString(it.Slug) > 0 && ident.Slug(it.Slug) != "":
		return strings.ReplaceAll(ident.Slug(it.Slug), "-", " ")
	case !it.Published.IsZero():
		return it.Published.Format("2006-01-02")
	default:
		return "…"
	}
}
