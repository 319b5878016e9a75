package wxr

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"mimeo/internal/story/foreign"
)

// buffer is a text that is used again for the next post.
type buffer []byte

// String is the text, as a string of its own.
func (b *buffer) String() string { return strings.ToValidUTF8(string(*b), "\uFFFD") }

// post is one item as it stands in the file.
type post struct {
	survey bool

	n, line    int
	id         int64
	parent     int64
	kind       string
	status     string
	title      string
	slug       string
	link       string
	guid       string
	creator    string
	date       string
	dateGMT    string
	pubDate    string
	modified   string
	password   string
	sticky     bool
	attachment string
	content    buffer
	excerpt    buffer
	terms      []term
	meta       map[string]string
	oldSlugs   []string
	comments   []foreign.Comment
	commented  int
	faults     []string
	over       bool
}

type term struct{ domain, nicename, name string }

// reset makes ready for the next item, keeping the buffers.
func (p *post) reset(n, line int) {
	meta := p.meta
	if meta == nil {
		meta = map[string]string{}
	}
	clear(meta)
	content, excerpt := p.content[:0], p.excerpt[:0]
	if cap(content) > 1<<20 {
		content = nil
	}
	*p = post{survey: p.survey, n: n, line: line, content: content, excerpt: excerpt, meta: meta, terms: p.terms[:0]}
}

func (p *post) place() string {
	if p.id != 0 {
		return fmt.Sprintf("line %d, item %d (post %d)", p.line, p.n, p.id)
	}
	return fmt.Sprintf("line %d, item %d", p.line, p.n)
}

// read reads an item up to its end.
func (p *post) read(s *scanner) error {
	for {
		t, err := s.next()
		if err != nil {
			return err
		}
		switch {
		case t.end && t.name == "item":
			return nil
		case t.end:
			continue
		case t.name == "item":
			s.held = &t
			return errUnclosed
		}
		switch err := p.element(s, t); {
		case errors.Is(err, errUnclosed):
			p.faults = append(p.faults, "the element "+t.name+" of it is not closed")
		case err != nil:
			return err
		}
	}
}

func (p *post) element(s *scanner, t tag) error {
	if t.closed {
		return nil
	}
	var into *string
	switch t.name {
	case "title":
		into = &p.title
	case "link":
		into = &p.link
	case "guid":
		into = &p.guid
	case "pubDate":
		into = &p.pubDate
	case "dc:creator":
		into = &p.creator
	case "wp:post_name":
		into = &p.slug
	case "wp:post_type":
		into = &p.kind
	case "wp:status":
		into = &p.status
	case "wp:post_date":
		into = &p.date
	case "wp:post_date_gmt":
		into = &p.dateGMT
	case "wp:post_modified_gmt":
		into = &p.modified
	case "wp:post_password":
		into = &p.password
	case "wp:attachment_url":
		into = &p.attachment
	case "wp:post_id":
		return number(s, t.name, &p.id)
	case "wp:post_parent":
		return number(s, t.name, &p.parent)
	case "wp:is_sticky":
		text, err := small(s, t.name)
		p.sticky = text == "1"
		return err
	case "content:encoded":
		return p.long(s, t.name, &p.content)
	case "excerpt:encoded":
		return p.long(s, t.name, &p.excerpt)
	case "category":
		return p.category(s)
	case "wp:postmeta":
		return p.postmeta(s)
	case "wp:comment":
		return p.comment(s)
	default:
		_, err := s.text(t.name, nil, 0)
		return err
	}
	text, err := small(s, t.name)
	*into = text
	return err
}

// number reads a number; what is none leaves it 0.
func number(s *scanner, name string, into *int64) error {
	text, err := small(s, name)
	if n, none := strconv.ParseInt(text, 10, 64); none == nil {
		*into = n
	}
	return err
}

func (p *post) long(s *scanner, name string, into *buffer) error {
	if p.survey && name != "excerpt:encoded" {
		_, err := s.text(name, nil, 0)
		return err
	}
	wrong, err := s.text(name, (*[]byte)(into), MaxItem)
	switch wrong {
	case "":
	case "it is too large":
		p.over = true
	case "it is not closed":
	default:
		p.faults = append(p.faults, "in the element "+name+": "+wrong)
	}
	return err
}

func (p *post) category(s *scanner) error {
	t := term{domain: s.attribute("domain"), nicename: s.attribute("nicename")}
	name, err := small(s, "category")
	if t.name = name; len(p.terms) < maxMeta {
		p.terms = append(p.terms, t)
	}
	return err
}

// meta fields that mean something here.
var wanted = map[string]bool{
	"_thumbnail_id": true, "_wp_attachment_image_alt": true, "_wp_old_slug": true,
	"_yoast_wpseo_title": true, "_yoast_wpseo_metadesc": true, "_yoast_wpseo_canonical": true, "_yoast_wpseo_primary_category": true,
	"cap-display_name": true, "cap-user_login": true,
}

func (p *post) postmeta(s *scanner) error {
	var key, value string
	err := fields(s, "wp:postmeta", func(name, text string) {
		switch name {
		case "wp:meta_key":
			key = text
		case "wp:meta_value":
			value = text
		default:
		}
	})
	switch {
	case key == "_wp_old_slug" && len(p.oldSlugs) < maxMeta:
		p.oldSlugs = append(p.oldSlugs, value)
	case wanted[key]:
		p.meta[key] = value
	}
	return err
}

// comment reads a comment; its writer's mail and network address stay unread.
func (p *post) comment(s *scanner) error {
	var c foreign.Comment
	approved := true
	nested := ""
	for {
		t, err := s.next()
		if err != nil {
			return err
		}
		switch {
		case t.end && t.name == "wp:comment":
			if p.commented++; approved && !p.survey && len(p.comments) < maxComment {
				p.comments = append(p.comments, c)
			}
			return nil
		case t.end && t.name == nested:
			nested = ""
			continue
		case t.name == "item":
			s.held = &t
			return errUnclosed
		case t.name == "wp:commentmeta":
			nested = t.name
			continue
		case t.end || t.closed:
			continue
		case nested == "" && (t.name == "wp:comment_author" || t.name == "wp:comment_date_gmt" || t.name == "wp:comment_content" || t.name == "wp:comment_approved"):
			text, err := small(s, t.name)
			if err != nil {
				return err
			}
			switch t.name {
			case "wp:comment_author":
				c.Author = foreign.Line(text)
			case "wp:comment_date_gmt":
				c.At = moment(text, "")
			case "wp:comment_content":
				c.Text = strings.ToValidUTF8(text, "\uFFFD")
			case "wp:comment_approved":
				approved = text == "1"
			}
		default:
			if _, err := s.text(t.name, nil, 0); err != nil {
				return err
			}
		}
	}
}

// moment reads WordPress's time, in UTC, or the date of a feed; zero when both
// say nothing.
func moment(gmt, feed string) time.Time {
	if t, err := time.Parse(time.DateTime, gmt); err == nil && t.Year() > 0 {
		return t
	}
	for _, layout := range []string{time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700", time.RFC3339} {
		if t, err := time.Parse(layout, feed); err == nil && t.Year() > 0 {
			return t.UTC()
		}
	}
	return time.Time{}
}
