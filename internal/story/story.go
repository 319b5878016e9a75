// Package story holds what a newsroom publishes: stories, every text they ever
// had, and the addresses under which they are and were found.
//
// A story begins as a draft. Each save is a revision, kept whole and never
// changed. Publishing gives the story its address, which carries the year and
// month of that day in the newsroom's zone for good, and shows readers the
// newest revision; a revision saved later waits until it is published too, so
// no published word changes by the way. A renamed story answers under its old
// addresses by saying where it is now. A retracted one leaves the lists and
// keeps its address.
//
// Versions of one story in several languages share a group and are otherwise
// stories of their own, published when each is ready.
//
// ImportText reads a plain page: headline, paragraphs, and the appeal for
// support that may stand below, which is proposed as an appeal and never
// printed as news. Desk.Import does so for many files, each in one short
// transaction and each only once, however often it is run.
//
// Nothing here costs more because the archive is large: every query goes by an
// index, and the test of sql.go reads the plans.
package story

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/prose"
)

// State says who may read a story.
type State string

// The states of a story.
const (
	Drafted   State = "draft"
	Published State = "published"
	Retracted State = "retracted"
)

// Draft is what an editor decides about a story, and what a revision keeps.
type Draft struct {
	Group      string // shared by the versions in other languages; "" for a group of its own
	Lang       string // "" is the newsroom's first language
	Section    string // a slug, "" for none
	Slug       string // "" is made of the headline
	Headline   string
	Standfirst string
	Bylines    []string  // as printed; whoever signs in is nobody's business
	Dateline   time.Time // the day the text speaks from, at midnight UTC; zero for none
	Place      string
	Tags       []string
	NoAsk      bool // readers of this story are not asked for support
	Body       prose.Doc
}

// Story is a story with one of its texts: the one that readers see, or the
// newest one while it is a draft.
type Story struct {
	ID         string
	Group      string
	Lang       string
	Section    string
	Slug       string
	Headline   string
	Standfirst string
	Excerpt    string // the beginning of the body
	Bylines    []string
	Dateline   time.Time
	Place      string
	Tags       []string
	NoAsk      bool
	Body       prose.Doc
	State      State
	Revision   int // of the text held here
	Latest     int // the newest one
	Year       int // of the address, 0 before the first publication
	Month      time.Month
	Created    time.Time
	Updated    time.Time // when readers last got another text; of a draft, when it was saved
	Published  time.Time // the first time; zero before

	prefix string // of addresses in its language
}

// Summary is a story in a list.
type Summary struct {
	ID         string
	Group      string
	Lang       string
	Section    string
	Slug       string
	Headline   string
	Standfirst string
	Excerpt    string
	Bylines    []string
	Tags       []string
	NoAsk      bool
	State      State
	Year       int
	Month      time.Month
	Updated    time.Time
	Published  time.Time

	prefix string
}

// Summary is what lists show of the story.
func (s *Story) Summary() Summary {
	return Summary{
		ID: s.ID, Group: s.Group, Lang: s.Lang, Section: s.Section, Slug: s.Slug, Headline: s.Headline, Standfirst: s.Standfirst,
		Excerpt: s.Excerpt, Bylines: s.Bylines, Tags: s.Tags, NoAsk: s.NoAsk, State: s.State, Year: s.Year, Month: s.Month,
		Updated: s.Updated, Published: s.Published, prefix: s.prefix,
	}
}

// Draft is what an editor starts from to revise the story.
func (s *Story) Draft() Draft {
	return Draft{
		Group: s.Group, Lang: s.Lang, Section: s.Section, Slug: s.Slug, Headline: s.Headline, Standfirst: s.Standfirst,
		Bylines: s.Bylines, Dateline: s.Dateline, Place: s.Place, Tags: s.Tags, NoAsk: s.NoAsk, Body: s.Body,
	}
}

// Path is the story's address on the site, such as /2024/12/slug or, beside
// the newsroom's first language, /fa/2024/12/slug; "" before its publication.
// It is not percent-encoded.
func (s *Story) Path() string { return path(s.prefix, s.Year, s.Month, s.Slug) }

// Path is the story's address.
func (s *Summary) Path() string { return path(s.prefix, s.Year, s.Month, s.Slug) }

func path(prefix string, year int, month time.Month, slug string) string {
	if year == 0 {
		return ""
	}
	return fmt.Sprintf("%s/%04d/%02d/%s", prefix, year, int(month), slug)
}

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
	if d.Bylines, err = tidyLines("byline", d.Bylines); err != nil {
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
