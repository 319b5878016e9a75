package desk

import (
	"html/template"
	"net/http"
	"strconv"

	"mimeo/internal/prose"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

const revisionsPerPage = 50

type historyPage struct {
	storyPage
	List   []revisionRow
	Before int // where the next page begins, 0 at the end
}

type revisionRow struct {
	story.Revised
	Name, What string
	Newest     bool
	Readers    bool // have this one
}

func (d *Desk) storyHistory(v *visit, w http.ResponseWriter, r *http.Request) error {
	query, err := web.Query(r)
	if err != nil {
		return err
	}
	base, err := d.storyPage(v, r, v.T("editor.history"))
	if err != nil {
		return err
	}
	data := historyPage{storyPage: base}
	before, _ := strconv.Atoi(query.Of("before")) //nolint:errcheck // 0 begins with the newest
	list, err := d.Stories.History(r.Context(), base.Story.ID, before, revisionsPerPage+1)
	if err != nil {
		return err
	}
	if len(list) > revisionsPerPage {
		list = list[:revisionsPerPage]
		data.Before = list[len(list)-1].Revision
	}
	name, err := d.colleagues(r.Context())
	if err != nil {
		return err
	}
	public, err := d.Stories.ByID(r.Context(), base.Story.ID)
	if err != nil {
		return err
	}
	for _, one := range list {
		data.List = append(data.List, revisionRow{
			Revised: one, Name: name[one.Editor], What: v.T("editor.saved." + string(one.Kind)),
			Newest: one.Revision == base.Story.Latest, Readers: public.Year != 0 && one.Revision == public.Revision,
		})
	}
	return d.show(v, w, http.StatusOK, "story_history", data)
}

type diffPage struct {
	storyPage
	From, To int
	Fields   []fieldChange
	Blocks   []blockChange
	Same     bool
	Skipped  int
}

type fieldChange struct {
	Name  string
	Words []prose.Piece
}

// blockChange is a block, or a run of blocks that are alike.
type blockChange struct {
	Difference prose.Difference
	HTML       template.HTML // of an unchanged, added or removed block
	Words      []prose.Piece
	Marks      bool // only marks or what a picture says of itself differ
	Count      int  // how many unchanged blocks are left out
}

// storyDiff shows what parts two revisions, words by ins and del, and offers
// to restore the older one.
func (d *Desk) storyDiff(v *visit, w http.ResponseWriter, r *http.Request) error {
	query, err := web.Query(r)
	if err != nil {
		return err
	}
	base, err := d.storyPage(v, r, v.T("editor.diff"))
	if err != nil {
		return err
	}
	from, _ := strconv.Atoi(query.Of("from")) //nolint:errcheck // 0 is no revision
	to, err := strconv.Atoi(query.Of("to"))
	if err != nil {
		to = base.Story.Latest
	}
	diff, err := d.Stories.DiffRevisions(r.Context(), base.Story.ID, from, to)
	if err != nil {
		return err
	}
	data := diffPage{storyPage: base, From: from, To: to, Same: !diff.Changed}
	for _, f := range diff.Fields {
		data.Fields = append(data.Fields, fieldChange{v.T("editor.field." + f.Name), f.Words})
	}
	data.Blocks = shownChanges(diff.Blocks, diff.From.Body, diff.To.Body)
	return d.show(v, w, http.StatusOK, "story_diff", data)
}

// shownChanges leaves one unchanged block around each change and counts the
// rest.
func shownChanges(changes []prose.Change, from, to prose.Doc) (out []blockChange) {
	near := func(i int) bool {
		for j := max(i-1, 0); j <= min(i+1, len(changes)-1); j++ {
			if changes[j].Difference != prose.Same {
				return true
			}
		}
		return false
	}
	for i, c := range changes {
		one := blockChange{Difference: c.Difference, Words: c.Words}
		switch c.Difference {
		case prose.Same:
			if !near(i) {
				if n := len(out); n > 0 && out[n-1].Count > 0 {
					out[n-1].Count++
				} else {
					out = append(out, blockChange{Difference: prose.Same, Count: 1})
				}
				continue
			}
			one.HTML = blockHTML(to, c.New)
		case prose.Added:
			one.HTML = blockHTML(to, c.New)
		case prose.Removed:
			one.HTML = blockHTML(from, c.Old)
		case prose.Changed:
			one.Marks = true
			for _, p := range c.Words {
				one.Marks = one.Marks && p.Difference == prose.Same
			}
		}
		out = append(out, one)
	}
	return out
}

// blockHTML is one block as readers see it.
func blockHTML(doc prose.Doc, n int) template.HTML {
	if n < 0 || n >= len(doc.Blocks) {
		return ""
	}
	one := prose.Doc{Version: doc.Version, Blocks: doc.Blocks[n : n+1]}
	return template.HTML(one.AppendHTML(nil)) //nolint:gosec // prose writes from an allow-list
}

// storyRestore saves an earlier revision again, as the newest.
func (d *Desk) storyRestore(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	revision, _ := strconv.Atoi(form.Of("revision")) //nolint:errcheck // 0 is no revision
	if _, err := d.Stories.Restore(r.Context(), id, revision, v.Member.ID); err != nil {
		return err
	}
	v.flash(w, "editor.said.restored", "Revision", v.Number(revision))
	return v.see(w, storyPath(id, ""))
}
