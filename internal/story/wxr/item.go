package wxr

import (
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"mimeo/internal/story/foreign"
)

// item makes a story of a post; ok is false for what is none.
func (e *Export) item(p *post) (it *foreign.Item, ok bool) {
	page := p.kind == "page"
	switch p.kind {
	case "post", "page":
	case "":
		if len(p.content) == 0 { // an RSS feed that is no WordPress export has no types
			e.Passed["untyped"]++
			return nil, false
		}
	default:
		e.Passed[p.kind]++
		return nil, false
	}
	it = &foreign.Item{Place: p.place(), Slug: p.slug, Lang: "", Published: moment(p.dateGMT, p.pubDate), Updated: moment(p.modified, ""), Comments: p.comments}
	switch p.status {
	case "trash", "auto-draft", "inherit":
		e.Passed["in the bin or never saved"]++
		return nil, false
	case "publish", "":
		it.Status = foreign.Public
	case "draft":
		it.Status = foreign.Draft
	default:
		it.Status = foreign.Draft
		it.Warn("it was %s there and is a draft here", stateWord(p.status))
	}
	if p.password != "" {
		it.Status = foreign.Draft
		it.Warn("it was behind a password there and is a draft here, which is never published by an import")
	}
	if page && it.Status == foreign.Public {
		it.Status = foreign.Draft
		it.Warn("it was a page, not a post, and is a draft here: a page has no place among the news")
	}
	if it.Published.IsZero() {
		it.Published = moment(p.date, "")
	}
	key := strconv.FormatInt(p.id, 10)
	if p.id == 0 {
		if key = p.guid; key == "" {
			if key = p.link; key == "" {
				key = p.title + " " + p.date
				it.Warn("it has no number and no address; it is known by its title and date")
			}
		}
	}
	it.Attached = func() []foreign.Picture { return e.album.of(p.id) }
	it.Key = "wxr " + e.Site + " " + key
	it.Title = foreign.Line(valid(p.title))
	it.Standfirst = foreign.Strip(p.excerpt.String())
	it.Body = foreign.Body{Form: foreign.Classic, Text: p.content.String()}
	if n := strings.Count(it.Body.Text, "\uFFFD"); n > 0 {
		it.Warn("%d characters were not readable and are shown as U+FFFD", n)
	}
	for _, f := range p.faults {
		it.Warn("%s", f)
	}
	if p.sticky {
		it.Warn("it was kept at the top of the front page there")
	}
	if p.commented > 0 {
		it.Warn("%d comments were not brought in", p.commented)
	}
	e.yoast(p, it)
	e.bylines(p, it)
	e.sort(p, it)
	e.addresses(p, it)
	if id, err := strconv.ParseInt(p.meta["_thumbnail_id"], 10, 64); err == nil && id > 0 {
		if lead, found := e.album.find(id); found {
			it.Lead = lead
		} else {
			it.Warn("its picture (attachment %d) is not in the export", id)
		}
	}
	return it, true
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func stateWord(status string) string {
	switch status {
	case "pending", "private":
		return status
	case "future":
		return "scheduled"
	default:
		return "in the state " + strconv.Quote(foreign.Line(status))
	}
}

// yoast takes over what the search plugin keeps of a post.
func (e *Export) yoast(p *post, it *foreign.Item) {
	if words := foreign.Line(valid(p.meta["_yoast_wpseo_metadesc"])); words != "" && !strings.Contains(words, "%%") {
		if it.Standfirst == "" {
			it.Standfirst = words
		} else if words != it.Standfirst {
			it.Warn("its description for search engines is another text than its excerpt and was left out: %s", words)
		}
	}
	if words := foreign.Line(valid(p.meta["_yoast_wpseo_title"])); words != "" && !strings.Contains(words, "%%") && words != it.Title {
		if it.Title == "" {
			it.Title = words
		} else {
			it.Warn("its title for search engines was left out: %s", words)
		}
	}
	if to := p.meta["_yoast_wpseo_canonical"]; to != "" {
		if sameSite(to, e.Site) {
			it.Addresses = append(it.Addresses, to)
		} else {
			it.Warn("it named %s as the place where it first appeared", foreign.Line(valid(to)))
		}
	}
}

func sameSite(a, b string) bool {
	x, err := url.Parse(a)
	y, err2 := url.Parse(b)
	return err == nil && err2 == nil && x.Host != "" && strings.EqualFold(strings.TrimPrefix(x.Host, "www."), strings.TrimPrefix(y.Host, "www."))
}

// bylines are the co-authors, or the author, under the names that readers saw.
func (e *Export) bylines(p *post, it *foreign.Item) {
	for _, t := range p.terms {
		if t.domain != "author" {
			continue
		}
		login := strings.TrimPrefix(strings.ToLower(t.nicename), "cap-")
		name := e.guests[strings.ToLower(t.nicename)]
		for _, key := range []string{login, strings.ToLower(t.name)} {
			if name == "" {
				if name = e.guests[key]; name == "" {
					name = e.authors[key]
				}
			}
		}
		if shown := foreign.Line(valid(t.name)); name == "" && foreign.Printed(shown) {
			name = shown
		}
		if name == "" {
			it.Warn("one of its authors is known by a login alone, which is not printed")
			continue
		}
		it.Bylines = append(it.Bylines, name)
	}
	if len(it.Bylines) > 0 || p.creator == "" {
		return
	}
	name, found := e.authors[strings.ToLower(p.creator)]
	if shown := foreign.Line(valid(p.creator)); !found && !e.named && foreign.Printed(shown) {
		name = shown
	}
	if name == "" {
		it.Warn("its author is known by a login alone, which is not printed")
		return
	}
	it.Bylines = append(it.Bylines, name)
}

// sort finds the section and the tags.
func (e *Export) sort(p *post, it *foreign.Item) {
	seen := map[string]bool{}
	var categories []term
	for _, t := range p.terms {
		name := foreign.Line(valid(t.name))
		switch t.domain {
		case "category", "":
			if t.nicename != "uncategorized" && name != "" {
				categories = append(categories, term{nicename: t.nicename, name: name})
			}
		case "post_tag", "tag":
			if name != "" && !seen[name] {
				seen[name] = true
				it.Tags = append(it.Tags, name)
			}
		case "author", "post_format", "nav_menu":
		default:
			if name != "" && !seen[name] {
				seen[name] = true
				it.Tags = append(it.Tags, name)
			}
		}
	}
	first := 0 // or the one that the search plugin calls the main one
	if main := e.terms[p.meta["_yoast_wpseo_primary_category"]]; main != "" {
		first = max(slices.IndexFunc(categories, func(t term) bool { return t.nicename == main }), 0)
	}
	for i, c := range categories {
		if i == first {
			if it.Section = unescaped(c.nicename); it.Section == "" {
				it.Section = c.name
			}
			continue
		}
		if !seen[c.name] {
			seen[c.name] = true
			it.Tags = append(it.Tags, c.name)
		}
	}
}

func unescaped(s string) string {
	if out, err := url.PathUnescape(s); err == nil {
		return valid(out)
	}
	return valid(s)
}

// addresses are all that led to the post.
func (e *Export) addresses(p *post, it *foreign.Item) {
	it.Slug = unescaped(p.slug)
	if p.link != "" && sameSite(p.link, e.Site) {
		it.Addresses = append(it.Addresses, p.link)
		if u, err := url.Parse(p.link); err == nil && u.RawQuery == "" && p.slug != "" && strings.Contains(u.Path, path.Base(u.Path)) {
			for _, old := range p.oldSlugs {
				was := *u
				if name := unescaped(old); name != "" && !strings.ContainsAny(name, "/?#") {
					dir, _ := path.Split(strings.TrimSuffix(u.Path, "/"))
					was.Path, was.RawPath = dir+name+"/", ""
					it.Addresses = append(it.Addresses, was.String())
				}
			}
		}
	}
	if sameSite(p.guid, e.Site) {
		it.Addresses = append(it.Addresses, p.guid)
	}
	if p.id > 0 {
		it.Addresses = append(it.Addresses, "/?p="+strconv.FormatInt(p.id, 10))
		if p.kind == "page" {
			it.Addresses = append(it.Addresses, "/?page_id="+strconv.FormatInt(p.id, 10))
		}
	}
}
