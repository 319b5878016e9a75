package story

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/prose"
)

// Limits of a draft, in characters.
const (
	maxHeadline   = 300
	maxStandfirst = 1_000
	maxLine       = 200 // a byline, place, tag or section
	maxLines      = 50  // bylines, tags
	excerptLength = 200
)

var langForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// tidy checks a draft and fills in what follows from the rest. White space
// around words is dropped; nothing else of what was typed is.
func (d Draft) tidy(defaultLang string) (Draft, error) {
	if d.Lang == "" {
		d.Lang = defaultLang
	}
	if !langForm.MatchString(d.Lang) {
		return d, fault.Invalidf("%q is not a language code such as en, fa or pt-BR", d.Lang)
	}
	for _, line := range []struct {
		name string
		text *string
		most int
	}{
		{"headline", &d.Headline, maxHeadline},
		{"standfirst", &d.Standfirst, maxStandfirst},
		{"place", &d.Place, maxLine},
		{"group", &d.Group, maxLine},
	} {
		if err := tidyLine(line.name, line.text, line.most); err != nil {
			return d, err
		}
	}
	if d.Headline == "" {
		return d, fault.Invalidf("A story needs a headline")
	}
	if d.Section != "" && (d.Section != ident.Slug(d.Section) || utf8.RuneCountInString(d.Section) > maxLine) {
		return d, fault.Invalidf("The section %q is not in the form of an address, such as world or city-hall", d.Section)
	}
	switch slug := ident.Slug(d.Slug); {
	case d.Slug == "":
		if d.Slug = ident.Slug(d.Headline); d.Slug == "" {
			d.Slug = "story"
		}
	case d.Slug != slug:
		return d, fault.Invalidf("The address %q must be of small letters, digits and hyphens, such as %q", d.Slug, slug)
	}
	var err error
	if d.Bylines, d.BylineIDs, err = tidyBylines(d.Bylines, d.BylineIDs); err != nil {
		return d, err
	}
	if d, err = d.tidyPlace(); err != nil {
		return d, err
	}
	if d.Tags, err = tidyLines("tag", d.Tags); err != nil {
		return d, err
	}
	if !d.Dateline.IsZero() {
		y, m, day := d.Dateline.Date()
		if y < 1 || y > 9999 {
			return d, fault.Invalidf("The dateline has no year between 1 and 9999")
		}
		d.Dateline = time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
	}
	// What is stored is the canonical form, read by the rules for everybody.
	d.Body, err = prose.Parse(d.Body.AppendJSON(nil))
	return d, err
}

func tidyLines(name string, lines []string) ([]string, error) {
	if len(lines) > maxLines {
		return nil, fault.Invalidf("A story has at most %d %ss", maxLines, name)
	}
	var out []string
	for _, l := range lines {
		if err := tidyLine(name, &l, maxLine); err != nil {
			return nil, err
		}
		if l != "" {
			out = append(out, l)
		}
	}
	return out, nil
}

func tidyLine(name string, line *string, most int) error {
	*line = strings.TrimSpace(*line)
	switch {
	case !utf8.ValidString(*line):
		return fault.Invalidf("The %s is not valid UTF-8", name)
	case utf8.RuneCountInString(*line) > most:
		return fault.Invalidf("The %s is longer than %d characters", name, most)
	}
	seen, open := false, 0
	for _, r := range *line {
		switch {
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			return fault.Invalidf("The %s holds a line end or the control character U+%04X", name, r)
		case r >= '\u202a' && r <= '\u202e':
			return turned(name, r)
		case r >= '\u2066' && r <= '\u2068':
			open++
		case r == '\u2069':
			open--
		}
		if open < 0 {
			return turned(name, r)
		}
		seen = seen || !unicode.Is(unicode.Cf, r) && !unicode.IsSpace(r)
	}
	if open > 0 {
		return fault.Invalidf("The %s begins a turn of its direction with an invisible character and does not end it", name)
	}
	if !seen { // nobody could read or click it
		*line = ""
	}
	return nil
}

// turned refuses a line whose invisible characters could also turn what stands
// around it on a page, in a list or in the subject of a mail: a name read
// backwards is another name.
func turned(name string, r rune) error {
	return fault.Invalidf("The %s holds an invisible character that turns the direction of what follows (U+%04X). Take it out", name, r)
}

const dayForm = "2006-01-02"

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(dayForm)
}

// ParseDay reads a dateline such as 2024-12-04.
func ParseDay(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(dayForm, text)
	if err != nil {
		return time.Time{}, fault.Wrap(fault.Invalid, "A dateline is a day such as 2024-12-04", err)
	}
	return t, nil
}

// tidyBylines drops names that are empty, and their ids with them.
func tidyBylines(names, ids []string) (tidy, tidyIDs []string, err error) {
	if len(names) > maxLines {
		return nil, nil, fault.Invalidf("A story has at most %d bylines", maxLines)
	}
	known := false
	for i, name := range names {
		if err := tidyLine("byline", &name, maxLine); err != nil {
			return nil, nil, err
		}
		if name == "" {
			continue
		}
		id := ""
		if i < len(ids) {
			if id = ids[i]; id != "" && !ident.IsSecret(id) {
				return nil, nil, fault.Invalidf("The byline “%s” has no such record", name)
			}
		}
		known = known || id != ""
		tidy, tidyIDs = append(tidy, name), append(tidyIDs, id)
	}
	if !known {
		tidyIDs = nil
	}
	return tidy, tidyIDs, nil
}

// tidyPlace checks where a story stands among others, and when.
func (d Draft) tidyPlace() (Draft, error) {
	if d.Series != "" && (d.Series != ident.Slug(d.Series) || utf8.RuneCountInString(d.Series) > maxLine) {
		return d, fault.Invalidf("The series %q is not in the form of an address, such as the-flood", d.Series)
	}
	if len(d.Related) > maxLines {
		return d, fault.Invalidf("A story has at most %d related stories", maxLines)
	}
	var related []string
	for _, id := range d.Related {
		switch {
		case id == "":
		case !ident.IsSecret(id):
			return d, fault.Invalidf("%q is not the id of a story", id)
		case !slices.Contains(related, id):
			related = append(related, id)
		}
	}
	d.Related = related
	for _, at := range []*time.Time{&d.Schedule, &d.Flags.Embargo} {
		if at.IsZero() {
			*at = time.Time{}
			continue
		}
		if *at = at.UTC().Truncate(time.Microsecond); at.Year() < 1 || at.Year() > 9999 {
			return d, fault.Invalidf("The schedule has no year between 1 and 9999")
		}
	}
	if !d.Schedule.IsZero() && d.Schedule.Before(d.Flags.Embargo) {
		return d, fault.Invalidf("The story is scheduled before its embargo ends")
	}
	return d, nil
}

// tidyWords checks a text of several lines.
func tidyWords(name string, words *string, most int) error {
	*words = strings.TrimSpace(strings.ReplaceAll(*words, "\r\n", "\n"))
	switch {
	case !utf8.ValidString(*words):
		return fault.Invalidf("The %s is not valid UTF-8", name)
	case utf8.RuneCountInString(*words) > most:
		return fault.Invalidf("The %s is longer than %d characters", name, most)
	}
	for line := range strings.SplitSeq(*words, "\n") {
		if err := tidyLine(name, &line, most); err != nil {
			return err
		}
	}
	return nil
}
