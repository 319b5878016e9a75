// Package wxr reads WordPress's export files (WXR, versions 1.0 to 1.2), also
// those that other programs or a broken disk made of them.
//
// A file is read twice: Survey collects the authors, categories and pictures of
// all the files of one export, in whatever order they come, and Items then hands
// over the posts one by one. Neither holds more than one post; what is known of
// a picture lies in a file of the caller's and costs a few bytes of memory.
//
// Logins and mail addresses of authors and commenters are read past and handed
// to nobody. A document type, an encoding that is not the one declared, an
// element that never ends, a post larger than MaxItem: each is reported with
// its line, and the posts around it are read.
package wxr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"mimeo/internal/fault"
	"mimeo/internal/story/foreign"
)

// MaxItem is the size of the largest post, in bytes.
const MaxItem = 8 << 20

// limits of what a survey remembers.
const (
	maxSmall   = 64 << 10 // any element but the text
	maxAuthors = 100_000
	maxTerms   = 200_000
	maxMeta    = 200 // fields of plugins that are looked at, for each post
	maxComment = 2_000
)

// Export is what several files of one export have in common.
type Export struct {
	Site string // its address, as the first file says
	Lang string

	authors map[string]string // what readers saw of an author, by login
	guests  map[string]string // and of a co-author, by the name of the term
	terms   map[string]string // the nicenames of categories, by their numbers
	named   bool              // the files name their authors
	album   *album
	posts   int

	// Passed counts what was read and is no story, by what it is.
	Passed map[string]int
}

// New begins an export. Notes on pictures are kept in spill.
func New(spill Spill) *Export {
	return &Export{authors: map[string]string{}, guests: map[string]string{}, terms: map[string]string{}, album: newAlbum(spill), Passed: map[string]int{}}
}

// Fault reports something that is wrong in a file.
type Fault func(place, message string)

// Survey reads one file for what its posts refer to.
func (e *Export) Survey(ctx context.Context, r io.Reader) error {
	report := func(string, string) {} // Items will say it

	err := e.walk(ctx, r, report, func(p *post) error {
		switch p.kind {
		case "attachment":
			return e.album.add(p.id, p.parent, foreign.Picture{URL: p.attachment, Alt: p.meta["_wp_attachment_image_alt"], Caption: p.excerpt.String()})
		case "guest-author":
			e.guest(p)
		default:
			e.posts++
		}
		return nil
	}, true)
	if err != nil {
		return err
	}
	return e.album.flush()
}

// guest remembers a co-author who has no account.
func (e *Export) guest(p *post) {
	name := p.meta["cap-display_name"]
	if name == "" {
		name = p.title
	}
	if name = foreign.Line(name); name == "" || len(e.guests) >= maxAuthors {
		return
	}
	for _, key := range []string{p.slug, p.meta["cap-user_login"], "cap-" + p.meta["cap-user_login"]} {
		if key != "" && key != "cap-" {
			e.guests[strings.ToLower(key)] = name
		}
	}
}

// Posts counts the items of the surveyed files that may be stories.
func (e *Export) Posts() int { return e.posts }

// Attachment finds a picture by its number.
func (e *Export) Attachment(id int64) (foreign.Picture, bool) { return e.album.find(id) }

// Items reads one file and hands over its stories. An error of visit ends it.
func (e *Export) Items(ctx context.Context, r io.Reader, report Fault, visit func(*foreign.Item) error) error {
	return e.walk(ctx, r, report, func(p *post) error {
		it, ok := e.item(p)
		if !ok {
			return nil
		}
		return visit(it)
	}, false)
}

// walk goes through a file and hands over each item.
func (e *Export) walk(ctx context.Context, r io.Reader, report Fault, visit func(*post) error, survey bool) error {
	s, odd, err := newScanner(r)
	if err != nil {
		return fmt.Errorf("reading the beginning of the file: %w", err)
	}
	if odd != "" {
		report("line 1", odd)
	}
	p := &post{survey: survey}
	whole := false
	for seen, n := false, 0; ; {
		t, err := s.next()
		switch {
		case errors.Is(err, errDoctype):
			return doctype(s.line)
		case errors.Is(err, io.EOF) && !seen:
			return fault.Invalidf("This is not a WordPress export: there is no <rss> in it")
		case errors.Is(err, io.EOF):
			if !whole {
				report(fmt.Sprintf("line %d", s.line), "the file ends before the export does: stories may be missing. Export it again")
			}
			return nil
		case err != nil:
			return readError(s.line, err)
		case t.end:
			whole = whole || t.name == "rss" || t.name == "channel" || t.name == "rdf:RDF"
			continue
		}
		switch t.name {
		case "rss", "channel", "rdf:RDF":
			seen = true
		case "item":
			if n++; n%256 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			seen = true
			p.reset(n, s.line)
			switch err := p.read(s); {
			case errors.Is(err, io.EOF):
				report(p.place(), "the file ends in the middle of this item; it was not brought in")
				return nil
			case errors.Is(err, errUnclosed):
				p.faults = append(p.faults, "the item is not closed where the next one begins")
			case errors.Is(err, errDoctype):
				return doctype(s.line)
			case err != nil:
				return readError(s.line, err)
			}
			if p.over {
				report(p.place(), fmt.Sprintf("the item is larger than %d MB and was not brought in", MaxItem>>20))
				continue
			}
			if err := visit(p); err != nil {
				return err
			}
		default:
			if err := e.channel(s, t); err != nil && !errors.Is(err, errUnclosed) && !errors.Is(err, io.EOF) && !errors.Is(err, errDoctype) {
				return readError(s.line, err)
			} else if errors.Is(err, errDoctype) {
				return doctype(s.line)
			}
		}
	}
}

func doctype(line int) error {
	return fault.Invalidf("Line %d: the file declares a document type of its own. WordPress never does, and it could be an attack: the rest is not read", line)
}

func readError(line int, err error) error {
	if fault.KindOf(err) != fault.Unexpected || errors.Is(err, context.Canceled) {
		return err
	}
	return fault.Wrap(fault.Invalid, fmt.Sprintf("Line %d: the file cannot be read further", line), err)
}

// channel reads what stands beside the items.
func (e *Export) channel(s *scanner, t tag) error {
	if t.closed {
		return nil
	}
	switch t.name {
	case "link", "wp:base_site_url", "wp:base_blog_url", "language":
		text, err := small(s, t.name)
		switch {
		case err != nil || text == "":
			return err
		case t.name == "language":
			if e.Lang == "" {
				e.Lang = text
			}
		case t.name == "wp:base_blog_url" || e.Site == "":
			e.Site = strings.TrimRight(text, "/")
		}
		return nil
	case "wp:author", "wp:wp_author":
		return e.author(s, t.name)
	case "wp:category":
		id, nicename := "", ""
		err := fields(s, t.name, func(name, value string) {
			switch name {
			case "wp:term_id":
				id = value
			case "wp:category_nicename":
				nicename = value
			default:
			}
		})
		if len(e.terms) < maxTerms {
			e.terms[id] = nicename
		}
		return err
	case "wp:tag", "wp:term", "image":
		return fields(s, t.name, func(string, string) {})
	case "title", "description", "pubDate", "generator", "wp:wxr_version":
		_, err := s.text(t.name, nil, 0)
		return err
	default:
		return nil
	}
}

func (e *Export) author(s *scanner, end string) error {
	var login, shown, first, last string
	err := fields(s, end, func(name, value string) {
		switch name {
		case "wp:author_login":
			login = value
		case "wp:author_display_name":
			shown = foreign.Line(value)
		case "wp:author_first_name":
			first = value
		case "wp:author_last_name":
			last = value
		default: // the mail address is read past
		}
	})
	if full := foreign.Line(first + " " + last); shown == "" || (strings.EqualFold(shown, login) && full != "") {
		shown = full
	}
	if login != "" && len(e.authors) < maxAuthors {
		e.authors[strings.ToLower(login)] = shown
		e.named = true
	}
	return err
}

// fields reads the leaf elements inside an element.
func fields(s *scanner, end string, visit func(name, value string)) error {
	for {
		t, err := s.next()
		if err != nil {
			return err
		}
		switch {
		case t.end && t.name == end:
			return nil
		case t.name == "item":
			s.held = &t
			return errUnclosed
		case t.end || t.closed:
		default:
			value, err := small(s, t.name)
			if err != nil {
				return err
			}
			visit(t.name, value)
		}
	}
}

// small reads a short element.
func small(s *scanner, name string) (string, error) {
	var text []byte
	_, err := s.text(name, &text, maxSmall)
	return strings.TrimSpace(string(text)), err
}
