package desk

import (
	"errors"
	"net/http"
	"strconv"

	"mimeo/internal/fault"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

type correctPage struct {
	storyPage
	Kinds        []choice
	Text, Reason string
	Blocks       []blockChange
	Fields       []fieldChange
	Address      string
	Versions     []versionRow
}

type versionRow struct {
	story.Publication
	What string
}

// corrections are what can be done to a story that readers have.
func corrections(ready bool) []story.Kind {
	if ready {
		return []story.Kind{story.KindTypo, story.KindFact, story.KindUpdate, story.KindRetract, story.KindWithdraw}
	}
	return []story.Kind{story.KindRetract, story.KindWithdraw}
}

func (d *Desk) storyCorrect(v *visit, w http.ResponseWriter, r *http.Request) error {
	data, err := d.correctPage(v, r, "")
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "story_correct", data)
}

func (d *Desk) correctPage(v *visit, r *http.Request, kind string) (data *correctPage, err error) {
	base, err := d.storyPage(v, r, v.T("editor.correct"))
	if err != nil {
		return nil, err
	}
	data = &correctPage{storyPage: base, Address: d.addressOf(&base.Story)}
	ctx := r.Context()
	for _, k := range corrections(base.Ready) {
		data.Kinds = append(data.Kinds, choice{Value: string(k), Name: v.T("editor.kind." + string(k)), Chosen: string(k) == kind})
	}
	versions, err := d.Stories.Publications(ctx, base.Story.ID)
	if err != nil {
		return nil, err
	}
	for _, p := range versions {
		data.Versions = append(data.Versions, versionRow{p, v.T("editor.kind." + string(p.Kind))})
	}
	if !base.Ready {
		return data, nil
	}
	public, err := d.Stories.ByID(ctx, base.Story.ID)
	if err != nil {
		return nil, err
	}
	diff := story.DiffVersions(public, base.Story)
	for _, f := range diff.Fields {
		data.Fields = append(data.Fields, fieldChange{v.T("editor.field." + f.Name), f.Words})
	}
	data.Blocks = shownChanges(diff.Blocks, diff.From.Body, diff.To.Body)
	return data, nil
}

// storyCorrected shows readers another text, or takes the story back. Nothing
// of it is silent: each has a note that readers see.
func (d *Desk) storyCorrected(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.LongForm(r)
	if err != nil {
		return err
	}
	ctx, id := r.Context(), r.PathValue("id")
	seen, _ := strconv.Atoi(form.Of("seen")) //nolint:errcheck // 0 does not ask
	note := story.Note{Kind: story.Kind(form.Of("kind")), Text: form.Text("text"), Reason: form.Text("reason"), By: v.Member.ID, Seen: seen}
	switch note.Kind {
	case story.KindRetract:
		_, err = d.Stories.Retract(ctx, id, note)
	case story.KindWithdraw:
		_, err = d.Stories.Withdraw(ctx, id, note)
	case story.KindTypo, story.KindFact, story.KindUpdate:
		_, err = d.Stories.Correct(ctx, id, note)
	case story.KindPublish, story.KindReturn, story.KindEntry, story.KindRedact:
		fallthrough
	default:
		err = fault.Invalidf("Choose what this is for readers")
	}
	if err == nil {
		v.flash(w, "editor.said."+string(note.Kind))
		return v.see(w, storyPath(id, ""))
	}
	kind := fault.KindOf(err)
	if kind != fault.Invalid && kind != fault.Conflict && kind != fault.Denied {
		return err
	}
	data, again := d.correctPage(v, r, string(note.Kind))
	if again != nil {
		return again
	}
	data.Text, data.Reason = note.Text, note.Reason
	var blocked *story.BlockedError
	switch {
	case errors.As(err, &blocked):
		for _, o := range blocked.Objections {
			data.wrong("", v.T(o.Text, o.Args...))
		}
	case form.Of("kind") == "":
		data.wrong("kind", v.T("editor.wrong.kind"))
	case note.Text == "":
		data.wrong("text", v.T("editor.wrong.note"))
	default:
		data.wrong("", fault.Message(err))
	}
	return d.show(v, w, web.Status(err), "story_correct", data)
}
