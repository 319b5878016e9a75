package desk

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"

	"mimeo/internal/fault"
	"mimeo/internal/lang"
	"mimeo/internal/prose"
	"mimeo/internal/staff"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

// storyPage is what all pages of one story show.
type storyPage struct {
	*page
	Story story.Story // with its newest text
	Phase story.Phase
	Ready bool // readers have another text than the newest
}

// newest reads a story with its newest text. public is what readers have.
func (d *Desk) newest(ctx context.Context, id string) (s story.Story, public story.Story, err error) {
	if public, err = d.Stories.ByID(ctx, id); err != nil {
		return s, public, err
	}
	if public.Revision == public.Latest {
		return public, public, nil
	}
	s, _, err = d.Stories.Revision(ctx, id, public.Latest)
	return s, public, err
}

func (d *Desk) storyPage(v *visit, r *http.Request, heading string) (data storyPage, err error) {
	s, public, err := d.newest(r.Context(), r.PathValue("id"))
	if err != nil {
		return data, err
	}
	sum := public.Summary()
	data = storyPage{page: v.newPage(heading), Story: s, Phase: sum.Phase(), Ready: public.Year != 0 && public.Revision != public.Latest}
	data.Sheets = append(data.Sheets, "editor.css")
	return data, nil
}

// Written is the language and direction of the story's own words.
func (p storyPage) Written() *lang.Lang { return p.desk.Words.For(p.Story.Lang) }

// Public tells that readers can read it.
func (p storyPage) Public() bool { return p.Story.State == story.Published }

type editPage struct {
	storyPage
	In        storyInput
	Kept      *story.Copy // what is shown was never saved as a revision
	Behind    bool        // and a colleague saved since
	Languages []choice
	Sections  []string
	Others    []string // who else has it open
	Notes     []deskNote
	Tasks     []deskTask
	Acts      []deskAct
	Sides     int // texts kept beside that nobody has merged
	Translate int // versions in other languages that were corrected since
	Messages  map[string]any
	Step      string // the form beside the text that could not be done
	Typed     string // in it
	Staff     []choice
}

type deskNote struct {
	By, Words string
	At        string
}

type deskTask struct {
	story.Task
	Name string
}

type deskAct struct {
	story.Work
	Name, What string
}

// Saved is when a copy was kept or the revision saved, as the state line has it.
func (p *editPage) Saved() string {
	if p.Kept != nil {
		return p.Clock(p.Kept.At)
	}
	return p.Clock(p.Story.Touched)
}

// OthersSaid names who else has the story open.
func (p *editPage) OthersSaid() string {
	return p.T("editor.js.others", "Count", len(p.Others), "A", p.Words.List(p.Others...))
}

// Doc is the text for the editor.
func (p *editPage) Doc() template.JS {
	return template.JS(scriptSafe(p.In.Body.AppendJSON(nil))) //nolint:gosec // JSON with every < written \u003c, in a block of data
}

func (d *Desk) storyForm(v *visit, w http.ResponseWriter, r *http.Request) error {
	data, err := d.editPage(v, r)
	if err != nil {
		return err
	}
	if err := d.fill(r.Context(), v, data); err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "story_edit", data)
}

// fill puts into the form what the member was writing, or else the newest text.
func (d *Desk) fill(ctx context.Context, v *visit, data *editPage) error {
	draft := data.Story.Draft()
	data.In = d.inputOf(&draft, data.Story.Latest)
	copies, err := d.Stories.Copies(ctx, data.Story.ID, v.Member.ID)
	if err != nil {
		return err
	}
	if len(copies) > 0 && !sameCopy(&copies[0], &draft) {
		data.Kept = &copies[0]
		data.In = d.inputOf(&data.Kept.Draft, data.Kept.Base)
		data.In.Copy = data.Kept.Name
		data.Behind = data.Kept.Base != data.Story.Latest
	}
	if data.In.Copy == "" {
		data.In.Copy = d.window()
	}
	return nil
}

// sameCopy says whether a copy holds nothing that the newest revision has not.
func sameCopy(c *story.Copy, dr *story.Draft) bool {
	return c.Draft.Headline == dr.Headline && c.Draft.Standfirst == dr.Standfirst && c.Draft.Section == dr.Section && c.Draft.Place == dr.Place &&
		c.Draft.Slug == dr.Slug && slices.Equal(c.Draft.Bylines, dr.Bylines) && slices.Equal(c.Draft.Tags, dr.Tags) && c.Draft.NoAsk == dr.NoAsk &&
		c.Draft.Series == dr.Series && c.Draft.Live == dr.Live && c.Draft.Flags.TwoPerson == dr.Flags.TwoPerson &&
		c.Draft.Flags.Embargo.Equal(dr.Flags.Embargo) && c.Draft.Dateline.Equal(dr.Dateline) && c.Draft.Body.Equal(dr.Body)
}

// editPage is the page without what stands in its form.
func (d *Desk) editPage(v *visit, r *http.Request) (data *editPage, err error) {
	base, err := d.storyPage(v, r, v.T("editor.edit"))
	if err != nil {
		return nil, err
	}
	data = &editPage{storyPage: base, Languages: d.languages(base.Story.Lang), Messages: editorWords(v)}
	data.Wide = true
	for _, script := range []string{"editor.js", "statement.js", "media.js"} {
		if d.assets[script] != nil {
			data.Scripts = append(data.Scripts, script)
		}
	}
	ctx := r.Context()
	if data.Sections, err = d.Stories.Sections(ctx, base.Story.Lang); err != nil {
		return nil, err
	}
	if err := d.around(ctx, v, data); err != nil {
		return nil, err
	}
	present, err := d.Stories.Present(ctx, base.Story.ID, v.Session.ID)
	if err != nil {
		return nil, err
	}
	data.Others, err = d.others(ctx, present)
	return data, err
}

// around reads what the desk said of the story: notes, tasks, acts.
func (d *Desk) around(ctx context.Context, v *visit, data *editPage) error {
	const most = 20
	id := data.Story.ID
	notes, err := d.Stories.DeskNotes(ctx, id, most)
	if err != nil {
		return err
	}
	tasks, err := d.Stories.Tasks(ctx, id, most)
	if err != nil {
		return err
	}
	acts, err := d.Stories.Works(ctx, id, most)
	if err != nil {
		return err
	}
	flags, err := d.Stories.LookAgain(ctx, id)
	if err != nil {
		return err
	}
	name, err := d.colleagues(ctx)
	if err != nil {
		return err
	}
	for _, n := range notes {
		data.Notes = append(data.Notes, deskNote{By: name[n.Author], Words: n.Words, At: v.DateTime(n.At)})
	}
	for _, t := range tasks {
		data.Tasks = append(data.Tasks, deskTask{Task: t, Name: name[t.Who]})
	}
	for _, a := range acts {
		data.Acts = append(data.Acts, deskAct{Work: a, Name: name[a.Member], What: v.T("editor.act." + string(a.Kind))})
	}
	sides, err := d.Stories.Sides(ctx, id)
	if err != nil {
		return err
	}
	data.Translate, data.Sides = len(flags), len(sides)
	all, err := d.Door.Members(ctx)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.May(staff.Write) {
			data.Staff = append(data.Staff, choice{Value: m.ID, Name: m.Name})
		}
	}
	return nil
}

// others are the names of who else has a story open.
func (d *Desk) others(ctx context.Context, present []story.Present) (out []string, err error) {
	out = []string{}
	if !slices.ContainsFunc(present, func(p story.Present) bool { return !p.Own }) {
		return out, nil
	}
	name, err := d.colleagues(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range present {
		if n := name[p.Member]; !p.Own && n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out, nil
}

// storySave makes a revision of what was typed.
func (d *Desk) storySave(v *visit, w http.ResponseWriter, r *http.Request) error {
	in, form, err := readStory(r)
	if err != nil {
		return err
	}
	ctx, id := r.Context(), r.PathValue("id")
	s, _, err := d.newest(ctx, id)
	if err != nil {
		return err
	}
	draft := s.Draft()
	wrong := d.into(v, &in, &draft)
	if len(wrong) == 0 {
		s, err = d.Stories.Revise(ctx, id, in.Base, draft)
	}
	var stale *story.StaleError
	switch {
	case errors.As(err, &stale):
		if err := d.dropCopy(ctx, v, id, in.Copy); err != nil {
			return err
		}
		v.flash(w, "editor.said.beside")
		return v.see(w, storyPath(id, "merge")+"?side="+strconv.Itoa(stale.Side))
	case fault.KindOf(err) == fault.Invalid || len(wrong) > 0 || err != nil && fault.KindOf(err) == fault.Conflict:
		data, again := d.editPage(v, r)
		if again != nil {
			return again
		}
		data.In, data.Problems = in, wrong
		if err != nil {
			data.wrong("", fault.Message(err))
		}
		return d.show(v, w, http.StatusUnprocessableEntity, "story_edit", data)
	case err != nil:
		return err
	}
	if err := d.dropCopy(ctx, v, id, in.Copy); err != nil {
		return err
	}
	d.saySaved(v, w, &in)
	switch then := form.Of("then"); then {
	case "preview", "publish", "correct", "history":
		return v.see(w, storyPath(id, then))
	case "submit":
		if _, err := d.Stories.Submit(ctx, id, s.Latest, v.Member.ID); err != nil && fault.KindOf(err) != fault.Conflict {
			return err
		}
		v.flash(w, "editor.said.submitted")
	}
	return v.see(w, storyPath(id, ""))
}

// saySaved tells of the first thing in a plain text that could not be read.
func (d *Desk) saySaved(v *visit, w http.ResponseWriter, in *storyInput) {
	if len(in.Warnings) == 0 {
		v.flash(w, "editor.said.saved")
		return
	}
	first := in.Warnings[0]
	v.flash(w, "editor.said.warned", "Line", v.Number(first.Line), "Column", v.Number(first.Column), "Message", first.Message)
}

func (d *Desk) dropCopy(ctx context.Context, v *visit, id, name string) error {
	if name == "" {
		return nil
	}
	return d.Stories.DropCopy(ctx, id, v.Member.ID, name)
}

// storyThrow throws away what was never saved as a revision.
func (d *Desk) storyThrow(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if err := d.dropCopy(r.Context(), v, id, form.Of("copy")); err != nil {
		return err
	}
	v.flash(w, "editor.said.thrown")
	return v.see(w, storyPath(id, ""))
}

type newStoryPage struct {
	*page
	Languages         []choice
	Headline, Section string
	Sections          []string
	Of, OfTitled      string // a story that this is a translation of
}

func (d *Desk) storyNew(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Query(r)
	if err != nil {
		return err
	}
	data := newStoryPage{page: v.newPage(v.T("editor.new")), Languages: d.languages(v.Lang), Of: form.Of("of")}
	return d.showNew(v, w, r, http.StatusOK, data)
}

func (d *Desk) showNew(v *visit, w http.ResponseWriter, r *http.Request, status int, data newStoryPage) (err error) {
	if data.Sections, err = d.Stories.Sections(r.Context(), d.Editions[0]); err != nil {
		return err
	}
	if data.Of != "" {
		of, err := d.Stories.ByID(r.Context(), data.Of)
		if err != nil {
			return err
		}
		data.OfTitled = of.Headline
	}
	return d.show(v, w, status, "story_new", data)
}

func (d *Desk) storyBegin(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	draft := story.Draft{Headline: form.Of("headline"), Lang: d.language(form.Of("lang")), Section: form.Of("section"), Editor: v.Member.ID, Body: prose.Doc{Version: prose.Version}}
	data := newStoryPage{page: v.newPage(v.T("editor.new")), Languages: d.languages(draft.Lang), Headline: draft.Headline, Section: draft.Section, Of: form.Of("of")}
	if data.Of != "" {
		of, err := d.Stories.ByID(r.Context(), data.Of)
		if err != nil {
			return err
		}
		draft.Group = of.Group
	}
	if draft.Headline == "" {
		data.wrong("headline", v.T("editor.wrong.headline"))
		return d.showNew(v, w, r, http.StatusUnprocessableEntity, data)
	}
	s, err := d.Stories.Create(r.Context(), draft)
	if kind := fault.KindOf(err); err != nil && (kind == fault.Invalid || kind == fault.Conflict) {
		data.wrong("headline", fault.Message(err))
		return d.showNew(v, w, r, web.Status(err), data)
	}
	if err != nil {
		return err
	}
	return v.see(w, storyPath(s.ID, ""))
}

// storyPath is the address of a page of a story.
func storyPath(id, of string) string {
	if of == "" {
		return "/desk/stories/" + id
	}
	return "/desk/stories/" + id + "/" + of
}
