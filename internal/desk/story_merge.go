package desk

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

type mergePage struct {
	storyPage
	Side    story.Side
	By      string // who saved the other text
	Fields  []mergeField
	Clashes []mergeClash
	Merged  int // blocks that need no choice
	Sides   []story.Side
}

type mergeField struct {
	Field, Name, Mine, Theirs string
}

type mergeClash struct {
	Number, Shown      int // from 0 for the form, from 1 for people
	Base, Mine, Theirs template.HTML
}

// mergeable are the fields that two people can both have changed.
func mergeable(dr *story.Draft) []struct{ name, value string } {
	day := ""
	if !dr.Dateline.IsZero() {
		day = dr.Dateline.Format("2006-01-02")
	}
	return []struct{ name, value string }{
		{"headline", dr.Headline},
		{"standfirst", dr.Standfirst},
		{"section", dr.Section},
		{"bylines", strings.Join(dr.Bylines, ", ")},
		{"dateline", day},
		{"place", dr.Place},
		{"tags", strings.Join(dr.Tags, ", ")},
		{"series", dr.Series},
	}
}

// take copies one field from a draft.
func take(to *story.Draft, from *story.Draft, name string) {
	switch name {
	case "headline":
		to.Headline = from.Headline
	case "standfirst":
		to.Standfirst = from.Standfirst
	case "section":
		to.Section = from.Section
	case "bylines":
		to.Bylines, to.BylineIDs = from.Bylines, from.BylineIDs
	case "dateline":
		to.Dateline = from.Dateline
	case "place":
		to.Place = from.Place
	case "tags":
		to.Tags = from.Tags
	case "series":
		to.Series = from.Series
	}
}

// storyMerge shows two texts that began from one: what only one of them touched
// is taken over, and for the rest there is a choice, block by block.
func (d *Desk) storyMerge(v *visit, w http.ResponseWriter, r *http.Request) error {
	query, err := web.Query(r)
	if err != nil {
		return err
	}
	side, _ := strconv.Atoi(query.Of("side")) //nolint:errcheck // 0 takes the last one
	return d.showMerge(v, w, r, http.StatusOK, side, "")
}

func (d *Desk) showMerge(v *visit, w http.ResponseWriter, r *http.Request, status, number int, problem string) error {
	base, err := d.storyPage(v, r, v.T("editor.merge"))
	if err != nil {
		return err
	}
	data := mergePage{storyPage: base}
	data.Wide = true
	if problem != "" {
		data.wrong("", problem)
	}
	ctx := r.Context()
	if data.Sides, err = d.Stories.Sides(ctx, base.Story.ID); err != nil {
		return err
	}
	if number == 0 && len(data.Sides) > 0 {
		number = data.Sides[0].Number
	}
	var stale *story.StaleError
	if data.Side, stale, err = d.Stories.Side(ctx, base.Story.ID, number); err != nil {
		return err
	}
	if data.By, err = d.savedBy(ctx, base.Story.ID); err != nil {
		return err
	}
	theirs := stale.Theirs.Draft()
	others := mergeable(&theirs)
	for i, f := range mergeable(&stale.Mine) {
		if f.value != others[i].value {
			data.Fields = append(data.Fields, mergeField{f.name, v.T("editor.field." + f.name), f.value, others[i].value})
		}
	}
	merged, clashes := stale.Merge()
	data.Merged = len(merged.Blocks) - len(clashes)
	for i, c := range clashes {
		data.Clashes = append(data.Clashes, mergeClash{Number: i, Shown: i + 1, Base: oneBlock(&c.Base), Mine: oneBlock(c.Mine), Theirs: oneBlock(c.Theirs)})
	}
	return d.show(v, w, status, "story_merge", data)
}

func (d *Desk) savedBy(ctx context.Context, id string) (string, error) {
	last, err := d.Stories.History(ctx, id, 0, 1)
	if err != nil || len(last) == 0 {
		return "", err
	}
	name, err := d.colleagues(ctx)
	if err != nil {
		return "", err
	}
	return name[last[0].Editor], nil
}

func oneBlock(b *prose.Block) template.HTML {
	if b == nil {
		return ""
	}
	return blockHTML(prose.Doc{Version: prose.Version, Blocks: []prose.Block{*b}}, 0)
}

// storyMerged saves what was chosen. When somebody saved again meanwhile, the
// choices are asked anew.
func (d *Desk) storyMerged(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.LongForm(r) // a field for each clash
	if err != nil {
		return err
	}
	ctx, id := r.Context(), r.PathValue("id")
	number, _ := strconv.Atoi(form.Of("side")) //nolint:errcheck // 0 is no text
	seen, _ := strconv.Atoi(form.Of("seen"))   //nolint:errcheck // 0 is older than all
	_, stale, err := d.Stories.Side(ctx, id, number)
	if err != nil {
		return err
	}
	if form.Of("then") == "drop" {
		if err := d.Stories.Settle(ctx, id, number, v.Member.ID); err != nil {
			return err
		}
		v.flash(w, "editor.said.dropped")
		return v.see(w, storyPath(id, ""))
	}
	if seen != stale.Theirs.Revision {
		return d.showMerge(v, w, r, http.StatusConflict, number, v.T("editor.wrong.again"))
	}
	draft := stale.Theirs.Draft()
	for _, f := range mergeable(&draft) {
		if form.Of("field-"+f.name) == "mine" {
			take(&draft, &stale.Mine, f.name)
		}
	}
	doc, clashes := stale.Merge()
	draft.Body = chosen(doc, clashes, func(i int) string { return form.Of("clash-" + strconv.Itoa(i)) })
	draft.Editor = v.Member.ID
	_, err = d.Stories.Revise(ctx, id, stale.Theirs.Revision, draft)
	var again *story.StaleError
	switch {
	case errors.As(err, &again):
		return d.showMerge(v, w, r, http.StatusConflict, number, v.T("editor.wrong.again"))
	case fault.KindOf(err) == fault.Invalid:
		return d.showMerge(v, w, r, http.StatusUnprocessableEntity, number, fault.Message(err))
	case err != nil:
		return err
	}
	if err := d.Stories.Settle(ctx, id, number, v.Member.ID); err != nil {
		return err
	}
	v.flash(w, "editor.said.merged")
	return v.see(w, storyPath(id, ""))
}

// chosen puts in the place of each clash what was chosen for it: mine, theirs,
// or both, which is also what stands when nothing was chosen.
func chosen(doc prose.Doc, clashes []prose.Clash, choice func(i int) string) prose.Doc {
	out := prose.Doc{Version: doc.Version}
	next := 0
	for i := range doc.Blocks {
		if next >= len(clashes) || clashes[next].At != i {
			out.Blocks = append(out.Blocks, doc.Blocks[i])
			continue
		}
		c := clashes[next]
		pick := choice(next)
		if c.Mine != nil && pick != "theirs" {
			out.Blocks = append(out.Blocks, *c.Mine)
		}
		if c.Theirs != nil && pick != "mine" {
			out.Blocks = append(out.Blocks, *c.Theirs)
		}
		next++
	}
	return out
}
