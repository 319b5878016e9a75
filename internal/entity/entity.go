// Package entity is the newsroom's register of whom and what it writes about:
// people, bodies (states, ministries, courts, companies, armed groups), places
// and topics. It is for the desk, which looks a name up before it makes a
// second record of the same person, and for readers, who find under one
// address everything that somebody was quoted with.
//
// An entry has names by language, further spellings (aliases), an address that
// redirects after a renaming, and, when an editor knows it, its Wikidata id. A
// person's posts are kept with the days from which and to which they were
// held: who somebody was is always asked of a day.
//
// A name is found in whatever script it is typed: every name and alias is
// stored under folded keys, one for its letters and one for its sound, which
// Cyrillic, Arabic and Latin spellings share. A search reads an index and
// never the whole register.
//
// Two entries for one person are merged, one entry for two is split. Nothing
// is lost by either: the addresses lead on, the account says how many
// statements moved, and Undo takes it back. Every state that an entry ever had
// is kept whole.
//
// What never happens: an entry is never deleted, and who edited it is never
// part of what readers get.
package entity

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// Kind is what an entry is.
type Kind string

// The kinds.
const (
	Person Kind = "person"
	Body   Kind = "body"
	Place  Kind = "place"
	Topic  Kind = "topic"
)

// Kinds are all kinds, in the order of the desk's lists.
func Kinds() []Kind { return []Kind{Person, Body, Place, Topic} }

// Path is the first part of the kind's addresses: "people".
func (k Kind) Path() string {
	switch k {
	case Person:
		return "people"
	case Body:
		return "bodies"
	case Place:
		return "places"
	case Topic:
		return "topics"
	default:
		return ""
	}
}

// KindOf is the kind whose addresses begin with a part, "" when none does.
func KindOf(path string) Kind {
	for _, k := range Kinds() {
		if k.Path() == path {
			return k
		}
	}
	return ""
}

func (k Kind) valid() error {
	if k.Path() == "" {
		return fault.Invalidf("An entry is a person, a body, a place or a topic, not %q", string(k))
	}
	return nil
}

// Words are the same words in one or more languages; the first is the one that
// stands in when a language is missing.
type Words []Word

// Word is a text in one language.
type Word struct {
	Lang string `json:"lang"`
	Text string `json:"text"`
}

// In is the text in a language: exactly that one, else its parent language,
// else the first. It also says which language it is in.
func (w Words) In(lang string) (text, in string) {
	base, _, _ := strings.Cut(lang, "-")
	for _, want := range []string{lang, base} {
		for _, one := range w {
			if one.Lang == want {
				return one.Text, one.Lang
			}
		}
	}
	if len(w) == 0 {
		return "", ""
	}
	return w[0].Text, w[0].Lang
}

// Text is the text in a language, or the first one.
func (w Words) Text(lang string) string {
	text, _ := w.In(lang)
	return text
}

// Draft is what an editor decides about an entry.
type Draft struct {
	Kind         Kind     `json:"kind"`
	Slug         string   `json:"slug,omitempty"` // "" is made of the first name
	Names        Words    `json:"names"`
	Aliases      []string `json:"aliases,omitempty"`
	Descriptions Words    `json:"descriptions,omitempty"`
	Wikidata     string   `json:"wikidata,omitempty"`
}

// Entity is an entry of the register.
type Entity struct {
	Draft
	ID      string
	Merged  string // the entry that it is part of now, "" when it stands for itself
	Version int
	Created time.Time
	Updated time.Time
}

// Name is the entry's name in a language.
func (e *Entity) Name(lang string) string { return e.Names.Text(lang) }

// Path is the entry's address below an edition's prefix: "/people/ada-ferry".
func (e *Entity) Path() string { return "/" + e.Kind.Path() + "/" + e.Slug }

// Post is an office that a person held.
type Post struct {
	ID     string `json:"id"`
	Person string `json:"person"`
	Body   string `json:"body,omitempty"` // an entry, "" for none
	Roles  Words  `json:"roles"`
	Since  Day    `json:"since,omitempty"`
	Until  Day    `json:"until,omitempty"`
}

// On says whether the post was held on a day.
func (p *Post) On(day time.Time) bool {
	text := day.Format(time.DateOnly)
	return (p.Since == "" || p.Since.first() <= text) && (p.Until == "" || text <= p.Until.last())
}

// Day is a date as far as it is known: "2024", "2024-12" or "2024-12-04", ""
// when it is not known at all.
type Day string

var dayForm = regexp.MustCompile(`^\d{4}(-\d{2}(-\d{2})?)?$`)

// ParseDay reads a day.
func ParseDay(text string) (Day, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	d := Day(text)
	if !dayForm.MatchString(text) {
		return "", fault.Invalidf("A date is a year, a month or a day, such as 2024, 2024-12 or 2024-12-04")
	}
	if _, err := time.Parse(time.DateOnly, d.first()); err != nil {
		return "", fault.Wrap(fault.Invalid, "There is no such date: "+text, err)
	}
	return d, nil
}

func (d Day) first() string { return string(d) + "-01-01"[min(max(len(d)-4, 0), 6):] }

// last is compared as text only, so that it need not know how long months are.
func (d Day) last() string { return string(d) + "-99-99"[min(max(len(d)-4, 0), 6):] }

// Start is the first moment that the day may mean, in UTC.
func (d Day) Start() time.Time {
	t, err := time.Parse(time.DateOnly, d.first())
	if err != nil {
		return time.Time{}
	}
	return t
}

// Limits of an entry, in characters and in number.
const (
	maxLine  = 200
	maxText  = 1_000
	maxNames = 30
	maxAlias = 100
)

var (
	langForm     = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	wikidataForm = regexp.MustCompile(`^Q[1-9][0-9]{0,11}$`)
)

// tidy checks a draft and fills in what follows from the rest.
func (d Draft) tidy() (Draft, error) {
	if err := d.Kind.valid(); err != nil {
		return d, err
	}
	var err error
	if d.Names, err = TidyWords("name", d.Names, maxLine); err != nil {
		return d, err
	}
	if len(d.Names) == 0 {
		return d, fault.Invalidf("An entry needs a name")
	}
	if d.Descriptions, err = TidyWords("description", d.Descriptions, maxText); err != nil {
		return d, err
	}
	var aliases []string
	for _, a := range d.Aliases {
		if err := Line("alias", &a, maxLine); err != nil {
			return d, err
		}
		if a != "" && !slices.Contains(aliases, a) {
			aliases = append(aliases, a)
		}
	}
	if len(aliases) > maxAlias {
		return d, fault.Invalidf("An entry has at most %d aliases", maxAlias)
	}
	d.Aliases = aliases
	if d.Wikidata = strings.ToUpper(strings.TrimSpace(d.Wikidata)); d.Wikidata != "" && !wikidataForm.MatchString(d.Wikidata) {
		return d, fault.Invalidf("A Wikidata id is a Q and a number, such as Q42")
	}
	switch slug := ident.Slug(d.Slug); {
	case d.Slug == "":
		if d.Slug = ident.Slug(d.Names[0].Text); d.Slug == "" {
			d.Slug = string(d.Kind)
		}
	case d.Slug != slug:
		return d, fault.Invalidf("The address %q must be of small letters, digits and hyphens, such as %q", d.Slug, slug)
	}
	return d, nil
}

// TidyWords checks words by language: no language twice, empty ones are left out.
func TidyWords(what string, all Words, most int) (Words, error) {
	var out Words
	for _, w := range all {
		if err := Line(what, &w.Text, most); err != nil {
			return nil, err
		}
		if w.Text == "" {
			continue
		}
		if !langForm.MatchString(w.Lang) {
			return nil, fault.Invalidf("%q is not a language code such as en, fa or pt-BR", w.Lang)
		}
		for _, other := range out {
			if other.Lang == w.Lang {
				return nil, fault.Invalidf("The %s stands twice in the language %q", what, w.Lang)
			}
		}
		out = append(out, w)
	}
	if len(out) > maxNames {
		return nil, fault.Invalidf("The %s stands in more than %d languages", what, maxNames)
	}
	return out, nil
}

// Line checks one line of typed words and drops the white space around it. A
// line that nobody could see becomes empty; one that could turn the direction
// of what stands around it on a page is refused.
func Line(what string, line *string, most int) error {
	*line = strings.TrimSpace(*line)
	switch {
	case !utf8.ValidString(*line):
		return fault.Invalidf("The %s is not valid UTF-8", what)
	case utf8.RuneCountInString(*line) > most:
		return fault.Invalidf("The %s is longer than %d characters", what, most)
	}
	seen := false
	for _, r := range *line {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return fault.Invalidf("The %s holds a line end or the control character U+%04X", what, r)
		case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return fault.Invalidf("The %s holds an invisible character that turns the direction of what follows (U+%04X). Take it out", what, r)
		}
		seen = seen || !unicode.Is(unicode.Cf, r) && !unicode.IsSpace(r)
	}
	if !seen {
		*line = ""
	}
	return nil
}
