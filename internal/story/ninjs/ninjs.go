// Package ninjs reads the IPTC's News in JSON, as wires send it, in the versions
// 1.0 to 3.x: one item a file, a list of items, or one after the other.
//
// A picture that belongs to an item is named in it and comes along when its
// file was given. Items that are no text are counted; those that were cancelled
// are reported and stay out; those that are withheld or under embargo are drafts.
package ninjs

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/story/foreign"
)

// Wire reads the items of some files.
type Wire struct {
	Now    time.Time // what is under embargo after it stays a draft
	Passed map[string]int
}

// item is an item as the versions have it; each has some of the fields.
type item struct {
	URI          foreign.Text    `json:"uri"`
	Type         foreign.Text    `json:"type"`
	Language     foreign.Text    `json:"language"`
	PubStatus    foreign.Text    `json:"pubstatus"`
	Headline     foreign.Text    `json:"headline"`
	Title        foreign.Text    `json:"title"`
	Headlines    []valued        `json:"headlines"`
	Slugline     foreign.Text    `json:"slugline"`
	Byline       foreign.Text    `json:"byline"`
	By           foreign.Text    `json:"by"`
	People       []named         `json:"people"`
	BodyXHTML    foreign.Text    `json:"body_xhtml"`
	BodyHTML     foreign.Text    `json:"body_html5"`
	BodyText     foreign.Text    `json:"body_text"`
	Bodies       []valued        `json:"bodies"`
	Description  foreign.Text    `json:"description_text"`
	Descriptions []valued        `json:"descriptions"`
	Located      foreign.Text    `json:"located"`
	Place        []named         `json:"place"`
	Places       []named         `json:"places"`
	First        foreign.Time    `json:"firstcreated"`
	Published    foreign.Time    `json:"firstpublished"`
	Version      foreign.Time    `json:"versioncreated"`
	Embargoed    foreign.Time    `json:"embargoed"`
	Keywords     json.RawMessage `json:"keywords"`
	Subject      []named         `json:"subject"`
	Subjects     []named         `json:"subjects"`
	AltIDs       json.RawMessage `json:"altids"`
	WebURL       foreign.Text    `json:"web_url"`
	Link         foreign.Text    `json:"link"`
	Credit       foreign.Text    `json:"creditline"`
	Associations json.RawMessage `json:"associations"`
	Renditions   json.RawMessage `json:"renditions"`
}

type valued struct {
	Role        foreign.Text `json:"role"`
	ContentType foreign.Text `json:"contenttype"`
	Value       foreign.Text `json:"value"`
}

type named struct {
	Name foreign.Text `json:"name"`
	Role foreign.Text `json:"rel"`
}

// Items reads one file and hands over its stories. An error of visit ends it.
func (w *Wire) Items(ctx context.Context, r io.Reader, report func(place, message string), visit func(*foreign.Item) error) error {
	j := foreign.NewJSON(r)
	for n := 1; ; {
		err := w.next(ctx, j, &n, report, visit)
		if errors.Is(err, io.EOF) {
			if n == 1 {
				return fault.Invalidf("There is no item in the file")
			}
			return nil
		}
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			return j.Fault(err)
		}
	}
}

// next reads an item, or a list of items.
func (w *Wire) next(ctx context.Context, j *foreign.JSON, n *int, report func(place, message string), visit func(*foreign.Item) error) error {
	var raw json.RawMessage
	if err := j.Value(&raw); err != nil {
		return err
	}
	if len(raw) > 0 && raw[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return err
		}
		for _, one := range list {
			if err := w.one(ctx, j, one, n, report, visit); err != nil {
				return err
			}
		}
		return nil
	}
	return w.one(ctx, j, raw, n, report, visit)
}

func (w *Wire) one(ctx context.Context, j *foreign.JSON, raw json.RawMessage, n *int, report func(place, message string), visit func(*foreign.Item) error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	place := j.Where("item", *n)
	*n++
	var i item
	if err := json.Unmarshal(raw, &i); err != nil {
		report(place, "this is not in the form of an item and was not brought in")
		return nil //nolint:nilerr // it was reported, and the others go on
	}
	switch {
	case i.URI == "":
		report(place, "the item has no uri, by which it could be known again; it was not brought in")
		return nil
	case i.Type != "" && i.Type != "text" && i.Type != "composite":
		w.Passed[string(i.Type)]++
		return nil
	case i.PubStatus == "canceled" || i.PubStatus == "cancelled":
		report(place, "the item "+foreign.Line(string(i.URI))+" was cancelled by its sender and was not brought in")
		return nil
	}
	return visit(w.story(&i, place))
}

func (w *Wire) story(i *item, place string) *foreign.Item {
	it := &foreign.Item{
		Key: "ninjs " + string(i.URI), Place: place, Status: foreign.Public, Lang: string(i.Language), Title: i.headline(), Slug: string(i.Slugline),
		Standfirst: foreign.Strip(choose(i.Descriptions, i.Description)), City: string(i.Located), Published: i.Published.Time, Updated: i.Version.Time, Body: i.body(),
	}
	for _, at := range []time.Time{i.First.Time, i.Version.Time} {
		if it.Published.IsZero() {
			it.Published = at
		}
	}
	if i.PubStatus == "withheld" {
		it.Status = foreign.Draft
		it.Warn("its sender withholds it; it is a draft here")
	}
	if i.Embargoed.After(w.Now) {
		it.Status = foreign.Draft
		it.Warn("it is under embargo until %s; it is a draft here", i.Embargoed.Format(time.RFC3339))
	}
	by := string(i.Byline)
	if by == "" {
		by = string(i.By)
	}
	if name := foreign.Strip(by); name != "" {
		it.Bylines = []string{strings.TrimPrefix(strings.TrimPrefix(name, "By "), "by ")}
	}
	for k, s := range slices.Concat(i.Subject, i.Subjects) {
		switch name := foreign.Line(string(s.Name)); {
		case name == "":
		case k == 0:
			it.Section = name
		default:
			it.Tags = append(it.Tags, name)
		}
	}
	it.Tags = append(it.Tags, keywords(i.Keywords)...)
	if it.City == "" {
		for _, p := range slices.Concat(i.Place, i.Places) {
			if it.City == "" {
				it.City = string(p.Name)
			}
		}
	}
	for _, to := range []foreign.Text{i.WebURL, i.Link} {
		if strings.HasPrefix(string(to), "http") {
			it.Addresses = append(it.Addresses, string(to))
		}
	}
	if pictures := associated(i.Associations); len(pictures) > 0 {
		it.Lead = pictures[0]
		if len(pictures) > 1 {
			it.Warn("%d further pictures of the item were not brought in", len(pictures)-1)
		}
	}
	return it
}

func (i *item) headline() string {
	words := choose(i.Headlines, i.Headline)
	if words == "" {
		words = string(i.Title)
	}
	return foreign.Line(words)
}

// choose is the main one of several texts.
func choose(list []valued, plain foreign.Text) string {
	best := string(plain)
	for k, v := range list {
		if k == 0 && best == "" || v.Role == "main" || v.Role == "drol:caption" && best == "" {
			best = string(v.Value)
		}
	}
	return best
}

func (i *item) body() foreign.Body {
	for _, text := range []foreign.Text{i.BodyXHTML, i.BodyHTML} {
		if text != "" {
			return foreign.Body{Form: foreign.HTML, Text: string(text)}
		}
	}
	var plain string
	for _, v := range i.Bodies {
		if strings.Contains(string(v.ContentType), "html") {
			return foreign.Body{Form: foreign.HTML, Text: string(v.Value)}
		}
		if plain == "" {
			plain = string(v.Value)
		}
	}
	if plain == "" {
		plain = string(i.BodyText)
	}
	return foreign.Body{Form: foreign.Plain, Text: plain}
}

// keywords are a list of words or of things with a name.
func keywords(raw json.RawMessage) (out []string) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	for _, one := range list {
		var word string
		var thing named
		if json.Unmarshal(one, &word) != nil && json.Unmarshal(one, &thing) == nil {
			word = string(thing.Name)
		}
		if word = foreign.Line(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}

// associated are the pictures that belong to an item: a list in newer versions,
// an object in older ones.
func associated(raw json.RawMessage) (out []foreign.Picture) {
	var list []item
	if json.Unmarshal(raw, &list) != nil {
		var byName map[string]item
		if json.Unmarshal(raw, &byName) != nil {
			return nil
		}
		keys := make([]string, 0, len(byName))
		for k := range byName {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			list = append(list, byName[k])
		}
	}
	for k := range list {
		a := &list[k]
		if a.Type != "picture" && a.Type != "image" && a.Type != "graphic" {
			continue
		}
		if to := largest(a.Renditions); to != "" {
			by := string(a.Byline)
			if a.Credit != "" {
				by = string(a.Credit)
			}
			out = append(out, foreign.Picture{URL: to, Alt: a.headline(), Caption: choose(a.Descriptions, a.Description), Credit: foreign.Line(by)})
		}
	}
	return out
}

// largest is the address of the picture's largest form.
func largest(raw json.RawMessage) (to string) {
	type rendition struct {
		Href  foreign.Text `json:"href"`
		Width float64      `json:"width"`
	}
	var list []rendition
	if json.Unmarshal(raw, &list) != nil {
		var byName map[string]rendition
		if json.Unmarshal(raw, &byName) != nil {
			return ""
		}
		keys := make([]string, 0, len(byName))
		for k := range byName {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			list = append(list, byName[k])
		}
	}
	width := -1.0
	for _, r := range list {
		if r.Href != "" && r.Width > width {
			to, width = string(r.Href), r.Width
		}
	}
	return to
}
