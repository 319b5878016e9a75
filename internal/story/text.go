package story

import (
	"bytes"
	"time"
	"unicode/utf8"

	"mimeo/internal/fault"
	"mimeo/internal/prose"
)

// MaxText is the size of the largest page that is imported. A long book has
// about as much.
const MaxText = 1 << 20

// ImportOptions say what a plain page does not.
type ImportOptions struct {
	Title      string // "" takes the page's first line
	Dateline   time.Time
	Lang       string
	Section    string
	Place      string
	Bylines    []string
	Tags       []string
	NoAsk      bool
	KeepAppeal bool // print an appeal at the end as part of the story
}

// Imported is what a page was found to be.
type Imported struct {
	Draft    Draft
	Appeal   *AppealDraft // nil when there was none
	Warnings []prose.Warning
}

// ImportText reads a plain page: UTF-8, any kind of line end, with or without a
// byte order mark. The headline is opt.Title or the first line; paragraphs are
// as prose.Passages parts them; an appeal at the end is taken out and handed
// back. Words stay as they are, and what looks wrong in them is in Warnings
// with its place in the page. Errors are fault.Invalid and name the line.
func ImportText(raw []byte, opt ImportOptions) (Imported, error) {
	if len(raw) > MaxText {
		return Imported{}, fault.Invalidf("The text is larger than %d MB: the limit is passed in line %d", MaxText>>20, 1+bytes.Count(raw[:MaxText], []byte("\n")))
	}
	if err := prose.Readable(raw); err != nil {
		return Imported{}, err
	}
	text := string(raw)
	passages := prose.Passages(text)
	if len(passages) == 0 {
		return Imported{}, fault.Invalidf("Line 1: there is no text in it")
	}
	d := Draft{
		Lang: opt.Lang, Section: opt.Section, Headline: opt.Title, Dateline: opt.Dateline, Place: opt.Place,
		Bylines: opt.Bylines, Tags: opt.Tags, NoAsk: opt.NoAsk,
	}
	at := passages[0].Line
	first := prose.Passage{Line: at, Lines: passages[0].Lines[:1]}.String()
	switch n := utf8.RuneCountInString(first); {
	case d.Headline != "" && d.Headline != first: // the first line is text
	case d.Headline == "" && n > maxHeadline:
		return Imported{}, fault.Invalidf("Line %d is too long for a headline: %d characters, and %d are the most. Give the title apart", at, n, maxHeadline)
	default:
		d.Headline = first
		passages = without(passages)
	}
	if len(passages) == 0 {
		return Imported{}, fault.Invalidf("Line %d: there is a headline but no text below it", at)
	}
	found := Imported{Warnings: prose.CheckText(text)}
	if !opt.KeepAppeal {
		if a, from, ok := findAppeal(passages); ok {
			found.Appeal = &a
			passages = passages[:from]
		}
	}
	if len(passages) > prose.MaxBlocks {
		return Imported{}, fault.Invalidf("Line %d: a story has at most %d paragraphs", passages[prose.MaxBlocks].Line, prose.MaxBlocks)
	}
	words := make([]string, len(passages))
	for i := range passages {
		words[i] = passages[i].String()
	}
	d.Body = prose.Paragraphs(words...)
	found.Draft = d
	return found, nil
}

// without takes the first line from the passages.
func without(passages []prose.Passage) []prose.Passage {
	if p := passages[0]; len(p.Lines) > 1 {
		rest := prose.Passage{Line: p.Line + 1, Lines: p.Lines[1:]}
		return append([]prose.Passage{rest}, passages[1:]...)
	}
	return passages[1:]
}
