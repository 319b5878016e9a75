// Package foreign is what another system's export holds, before it is ours: an
// item with its words, its names as they were printed, its pictures and its old
// addresses, and the ways in which such systems write a text.
//
// Convert makes blocks of a text that was written as HTML (of any age: hand
// made, classic WordPress with its line ends for paragraphs, its shortcodes,
// the block editor's comments), as Lexical or Mobiledoc. Nothing that a reader
// could read is dropped without a word: what has no block of ours stays as
// readable text and is named in the warnings. Nothing is fetched from anywhere;
// scripts, styles and forms never come through, and neither does a link that
// leads elsewhere than to http, https, mailto or a path.
//
// Every text is read in one pass with a bounded stack, however it is nested.
package foreign

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Status is what an item was where it comes from.
type Status string

// The states. What is not Public is never shown to readers by an import.
const (
	Public Status = "public"
	Draft  Status = "draft"
)

// Item is one story of another system.
type Item struct {
	Key    string // its name there for good, such as "wxr https://old.example 12"
	Place  string // where in the file a person finds it
	Status Status

	Title      string
	Slug       string // "" when it had none
	Standfirst string
	Lang       string
	Section    string // a name or a slug, not tidied
	Tags       []string
	Bylines    []string // as printed, never a login
	City       string   // the place of its dateline
	Published  time.Time
	Updated    time.Time
	Addresses  []string // addresses or paths under which it was found
	Lead       Picture  // stands above the text
	Body       Body
	Attached   func() []Picture // the pictures that belong to it, for a gallery of all; nil for none. Good while the item is visited.
	Comments   []Comment
	Warnings   []string // what could not be carried, in words for an editor
}

// Body is a text and the way it is written.
type Body struct {
	Form Form
	Text string
}

// Form is a way to write a text.
type Form string

// The forms that Convert reads.
const (
	HTML      Form = "html"
	Classic   Form = "classic" // HTML in which an empty line parts paragraphs, with shortcodes
	Lexical   Form = "lexical"
	Mobiledoc Form = "mobiledoc"
	Markdown  Form = "markdown"
	Plain     Form = "plain"
)

// Picture is a picture as a text names it.
type Picture struct {
	URL     string
	Alt     string
	Caption string // may hold HTML
	Credit  string
}

// Comment is what a reader wrote below an item. Their address and number are
// never read.
type Comment struct {
	Author string
	At     time.Time
	Text   string
}

// Warn adds a warning to the item, of which it keeps a bounded number.
func (it *Item) Warn(format string, args ...any) {
	it.Warnings = warn(it.Warnings, format, args...)
}

// maxWarnings bounds the warnings of one item.
const maxWarnings = 50

func warn(list []string, format string, args ...any) []string {
	switch {
	case len(list) < maxWarnings:
		return append(list, fmt.Sprintf(format, args...))
	case len(list) == maxWarnings:
		return append(list, "more of this kind is not listed")
	default:
		return list
	}
}

// Line makes one line of text of what another system kept as a title or a
// name: tags and entities are resolved, control characters and those that turn
// the direction of writing are gone.
func Line(text string) string {
	if strings.ContainsAny(text, "<&") {
		text = strip(text)
	}
	return oneLine(text)
}

// oneLine is Line for words in which a tag is a tag no more.
func oneLine(text string) string {
	clean := true
	for i := range len(text) {
		if text[i] < ' ' || text[i] >= 0x7f {
			clean = false
			break
		}
	}
	if !clean {
		text = strings.Map(func(r rune) rune {
			switch {
			case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
				return ' '
			case unicode.IsControl(r) || r == '\ufeff' || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069'):
				return -1
			}
			return r
		}, strings.ToValidUTF8(text, "\uFFFD"))
	}
	if strings.Contains(text, "  ") {
		text = strings.Join(strings.Fields(text), " ")
	}
	return strings.TrimSpace(text)
}

// Cut shortens a line to at most n characters, at a word where it can.
func Cut(text string, n int) (string, bool) {
	if utf8.RuneCountInString(text) <= n {
		return text, false
	}
	runes := []rune(text)[:n-1]
	for i := len(runes) - 1; i > n*2/3; i-- {
		if unicode.IsSpace(runes[i]) {
			runes = runes[:i]
			break
		}
	}
	return strings.TrimRightFunc(string(runes), unicode.IsSpace) + "…", true
}

// Printed says whether a name looks like one that readers were shown, and not
// like the login of an account.
func Printed(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsUpper(r) || r > unicode.MaxASCII }) &&
		!strings.Contains(name, "@")
}
