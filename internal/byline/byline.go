// Package byline keeps who is named above stories.
//
// A byline is what readers see: a name, an address, a line about its bearer. A
// person is somebody behind one or several bylines, and may have none. A login
// is a member of the staff (package staff). The three are tables of their own:
// a byline needs no login, a person may write under a pseudonym, and whoever
// signs in is nobody's business but the newsroom's.
//
// Readers get a Byline and nothing else. It has no field that leads to a person
// or to a login, so no page, feed, export or picture that is made of it can say
// more than a pseudonym does. Who stands behind it is answered by PersonOf and
// BylinesOf, for the desk alone, and each link is optional: a newsroom whose
// writers are hunted need not write it down.
package byline

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// Byline is a name above stories. All of it is public.
type Byline struct {
	ID        string
	Name      string
	Slug      string // of its page
	Pseudonym bool   // for the desk's eye; no page says it
	About     string // a line or two for readers
}

// Person is somebody behind bylines, for the desk alone.
type Person struct {
	ID   string
	Name string // how the newsroom calls them; it need not be their name
}

const (
	maxName  = 200
	maxAbout = 1_000
)

// tidy checks a byline and gives it a slug.
func (b Byline) tidy() (Byline, error) {
	var err error
	if b.Name, err = words("name", b.Name, maxName); err != nil {
		return b, err
	}
	if b.About, err = words("line about the writer", b.About, maxAbout); err != nil {
		return b, err
	}
	if b.Name == "" {
		return b, fault.Invalidf("A byline needs a name")
	}
	switch slug := ident.Slug(b.Slug); {
	case b.Slug == "":
		if b.Slug = ident.Slug(b.Name); b.Slug == "" {
			b.Slug = "writer"
		}
	case b.Slug != slug:
		return b, fault.Invalidf("The address %q must be of small letters, digits and hyphens, such as %q", b.Slug, slug)
	}
	return b, nil
}

func words(what, text string, most int) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case !utf8.ValidString(text):
		return "", fault.Invalidf("The %s is not valid UTF-8", what)
	case utf8.RuneCountInString(text) > most:
		return "", fault.Invalidf("The %s is longer than %d characters", what, most)
	case strings.ContainsFunc(text, hidden):
		return "", fault.Invalidf("The %s holds a line end, a control character, or one that turns the direction of writing", what)
	}
	return text, nil
}

// hidden says whether r could make a name look like another, or break a line.
func hidden(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
}
