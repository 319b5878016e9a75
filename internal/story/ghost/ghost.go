// Package ghost reads Ghost's export files, of every version from 0 to 6.
//
// The parts of such a file may stand in any order, so it is read twice: Survey
// takes the names of authors and tags and who belongs to which post, Items hands
// over the posts one by one. Mail addresses, passwords and members are in such
// files too; they are read past and handed to nobody.
//
// What only members or payers could read, and what was sent as a newsletter
// and never shown on the site, comes as a draft: an import gives nobody's paid
// text away.
package ghost

import (
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"io"
	"strings"

	"mimeo/internal/fault"
	"mimeo/internal/story/foreign"
)

// Export is what the posts of one export refer to.
type Export struct {
	seed    maphash.Seed
	tags    []tag
	tagAt   map[uint64]uint32
	authors []string
	author  map[uint64]uint32
	tagged  map[uint64][]link
	signed  map[uint64][]link
	metas   map[uint64]meta
	posts   int

	// Passed counts what was read and is no story, by what it is.
	Passed map[string]int
}

type tag struct{ name, slug string }

// link is the place of a tag or author among those of a post.
type link struct {
	to    uint64 // the hash of an id, whose row may not have been read yet
	order int32
}

// meta are the words of a post that later versions keep apart from it.
type meta struct{ description, alt, caption string }

// Bounds of what a survey remembers.
const (
	maxNames = 200_000
	maxLinks = 6_000_000
	maxMeta  = 300_000
)

// New begins an export.
func New() *Export {
	return &Export{
		seed: maphash.MakeSeed(), tagAt: map[uint64]uint32{}, author: map[uint64]uint32{}, tagged: map[uint64][]link{}, signed: map[uint64][]link{},
		metas: map[uint64]meta{}, Passed: map[string]int{},
	}
}

// Posts counts the posts of the surveyed files.
func (e *Export) Posts() int { return e.posts }

func (e *Export) id(words foreign.Text) uint64 { return maphash.String(e.seed, string(words)) }

// row is any row of the export but a post.
type row struct {
	ID       foreign.Text `json:"id"`
	Name     foreign.Text `json:"name"`
	Slug     foreign.Text `json:"slug"`
	PostID   foreign.Text `json:"post_id"`
	TagID    foreign.Text `json:"tag_id"`
	AuthorID foreign.Text `json:"author_id"`
	Order    float64      `json:"sort_order"`

	Description foreign.Text `json:"meta_description"`
	Alt         foreign.Text `json:"feature_image_alt"`
	Caption     foreign.Text `json:"feature_image_caption"`
}

// Survey reads one file for what its posts refer to.
func (e *Export) Survey(ctx context.Context, r io.Reader) error {
	links := 0
	return e.walk(ctx, r, func(j *foreign.JSON, table string) error {
		if table == "posts" {
			e.posts++
			var raw json.RawMessage
			return j.Value(&raw)
		}
		var r row
		if err := j.Value(&r); err != nil {
			return err
		}
		switch table {
		case "tags":
			if len(e.tags) < maxNames {
				e.tagAt[e.id(r.ID)] = uint32(len(e.tags)) //nolint:gosec // at most maxNames
				e.tags = append(e.tags, tag{foreign.Line(string(r.Name)), string(r.Slug)})
			}
		case "users":
			if len(e.authors) < maxNames {
				e.author[e.id(r.ID)] = uint32(len(e.authors)) //nolint:gosec // at most maxNames
				e.authors = append(e.authors, foreign.Line(string(r.Name)))
			}
		case "posts_tags":
			if links++; links < maxLinks {
				e.tagged[e.id(r.PostID)] = append(e.tagged[e.id(r.PostID)], e.link(r.TagID, r.Order))
			}
		case "posts_authors":
			if links++; links < maxLinks {
				e.signed[e.id(r.PostID)] = append(e.signed[e.id(r.PostID)], e.link(r.AuthorID, r.Order))
			}
		case "posts_meta":
			if m := (meta{cut(r.Description), cut(r.Alt), cut(r.Caption)}); m != (meta{}) && len(e.metas) < maxMeta {
				e.metas[e.id(r.PostID)] = m
			}
		}
		return nil
	})
}

func cut(t foreign.Text) string {
	s, _ := foreign.Cut(string(t), 1000)
	return s
}

func (e *Export) link(to foreign.Text, order float64) link {
	return link{to: e.id(to), order: int32(max(min(order, 1<<20), 0))}
}

// wanted are the tables that mean something here.
var wanted = map[string]bool{"posts": true, "tags": true, "users": true, "posts_tags": true, "posts_authors": true, "posts_meta": true}

// walk finds the tables of an export, wherever they stand, and hands over the
// decoder before each row. visit reads exactly one value.
func (e *Export) walk(ctx context.Context, r io.Reader, visit func(j *foreign.JSON, table string) error) error {
	j := foreign.NewJSON(r)
	found := false
	err := descend(ctx, j, &found, visit, 0)
	if err == nil && !found {
		return fault.Invalidf("This is not a Ghost export: there are no posts in it")
	}
	if err != nil && ctx.Err() == nil {
		return j.Fault(err)
	}
	return err
}

var errOther = fault.New(fault.Invalid, "This is not a Ghost export: something else stands where its tables belong")

// descend looks for the tables in the objects db and data and in lists of such.
func descend(ctx context.Context, j *foreign.JSON, found *bool, visit func(j *foreign.JSON, table string) error, depth int) error {
	open, err := j.Next()
	if err != nil {
		return err
	}
	if open != json.Delim('{') && open != json.Delim('[') || depth > 6 {
		return errOther
	}
	for j.More() {
		name := ""
		if open == json.Delim('{') {
			t, err := j.Next()
			if err != nil {
				return err
			}
			if key, ok := t.(string); ok {
				name = key
			}
		}
		switch {
		case open == json.Delim('['), name == "db", name == "data" && depth < 4:
			err = descend(ctx, j, found, visit, depth+1)
		case wanted[name]:
			*found = *found || name == "posts"
			err = rows(ctx, j, name, visit)
		default:
			var raw json.RawMessage // members, settings and the like are read past
			err = j.Value(&raw)
		}
		if err != nil {
			return err
		}
	}
	_, err = j.Next()
	return err
}

func rows(ctx context.Context, j *foreign.JSON, table string, visit func(j *foreign.JSON, table string) error) error {
	open, err := j.Next()
	if err != nil || open == nil {
		return err
	}
	if open != json.Delim('[') {
		return errOther
	}
	for n := 0; j.More(); n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := visit(j, table); err != nil {
			return err
		}
	}
	_, err = j.Next()
	return err
}

// Items reads one file and hands over its posts. An error of visit ends it.
func (e *Export) Items(ctx context.Context, r io.Reader, report func(place, message string), visit func(*foreign.Item) error) error {
	n := 0
	return e.walk(ctx, r, func(j *foreign.JSON, table string) error {
		if table != "posts" {
			var raw json.RawMessage
			return j.Value(&raw)
		}
		n++
		place := j.Where("post", n)
		var p post
		if err := j.Value(&p); err != nil {
			var kind *json.UnmarshalTypeError
			if errors.As(err, &kind) {
				report(place, "this post is not in the form of one and was not brought in")
				return nil
			}
			return err
		}
		it := e.item(&p)
		it.Place = place
		return visit(it)
	})
}

func replaceURL(s string) string { return strings.ReplaceAll(s, "__GHOST_URL__", "") }
