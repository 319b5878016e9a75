package site

import (
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"mimeo/internal/lang"
	"mimeo/internal/money"
)

// Edition is the newsroom in one language.
type Edition struct {
	Lang     string // code of the language: "en", "fa"
	Name     string // the newsroom's name in it
	Tagline  string // one line under the name, "" for none
	Sections []Section
}

// Section is a part of the paper. Its slug is the same in every language.
type Section struct{ Slug, Name string }

// edition is an Edition put to work. The first one is at the front door, the
// others live below /LANG.
type edition struct {
	Edition
	site   *Site
	words  *lang.Lang
	prefix string // "" or "/fa"
}

// Dir is the direction of the edition's script.
func (e *edition) Dir() string { return e.words.Dir() }

// T is a message in the edition's language.
func (e *edition) T(id string, args ...any) string { return e.words.T(id, args...) }

// URL is the path of a page of this edition.
func (e *edition) URL(path string) string { return e.prefix + path }

// Home is the path of the edition's front page.
func (e *edition) Home() string { return e.prefix + "/" }

// Sheet is the path of the style sheet.
func (e *edition) Sheet() string { return e.site.sheet.path }

// Icon is the newsroom's icon, in the page so that it costs no request.
func (e *edition) Icon() template.URL { return e.site.icon }

// absolute is the public address of a path.
func (e *edition) absolute(path string) string { return e.site.base + path }

// section finds one of the edition's sections.
func (e *edition) section(slug string) (Section, bool) {
	for _, s := range e.Sections {
		if s.Slug == slug {
			return s, true
		}
	}
	return Section{}, false
}

func (e *edition) date(t time.Time) string     { return e.words.Date(t, e.site.zone) }
func (e *edition) dateTime(t time.Time) string { return e.words.DateTime(t, e.site.zone) }
func (e *edition) money(a money.Amount) string { return e.words.Money(a) }

// sameDay says whether two moments are on one day of the newsroom's calendar.
func (e *edition) sameDay(a, b time.Time) bool {
	ay, am, ad := a.In(e.site.zone).Date()
	by, bm, bd := b.In(e.site.zone).Date()
	return ay == by && am == bm && ad == bd
}

// when writes a moment as a newspaper does: the time of day if it is of the
// day of now, otherwise the date.
func (e *edition) when(t, now time.Time) string {
	if e.sameDay(t, now) {
		return e.words.Clock(t, e.site.zone)
	}
	return e.date(t)
}

// escaped is a path as it stands in an address.
func escaped(path string) string { return (&url.URL{Path: path}).EscapedPath() }

// editionOf finds the edition that a path belongs to.
func (s *Site) editionOf(path string) *edition {
	for _, e := range s.editions[1:] {
		if path == e.prefix || strings.HasPrefix(path, e.prefix+"/") {
			return e
		}
	}
	return s.editions[0]
}

func newEditions(s *Site, all []Edition, book *lang.Book) error {
	if len(all) == 0 {
		return fmt.Errorf("a newsroom needs at least one language")
	}
	for i, one := range all {
		e := &edition{Edition: one, site: s, words: book.For(one.Lang)}
		if i > 0 {
			e.prefix = "/" + one.Lang
		}
		for _, other := range s.editions {
			if other.Lang == one.Lang {
				return fmt.Errorf("the language %q is named twice", one.Lang)
			}
		}
		s.editions = append(s.editions, e)
	}
	return nil
}
