package desk

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"unicode/utf8"

	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/staff"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

// excerpt is how much of a report the list shows.
const excerpt = 400

type livePage struct {
	storyPage
	Reports []report
	AtOnce  bool // what is sent now is in front of readers at once
	In      reportInput
}

// report is one entry of a live blog. Waits says that readers do not have it,
// or not as it stands.
type report struct {
	prose.LiveEntry
	Words string
	Out   bool // readers have some form of it
	Waits bool
}

// reportInput is what was typed into the form of a report.
type reportInput struct {
	Title, Text, Note, Kind string
	Key, Pin                bool
	Seen                    string // what the report was when the form was shown
}

type reportPage struct {
	livePage
	Report report
	Kinds  []choice
	Rights struct{ Correct bool }
}

// live shows the reports of a live blog, the newest first, and the form for
// another one.
func (d *Desk) live(v *visit, w http.ResponseWriter, r *http.Request) error {
	data, err := d.livePage(v, r)
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "live", data)
}

func (d *Desk) livePage(v *visit, r *http.Request) (*livePage, error) {
	s, public, err := d.newest(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	sum := public.Summary()
	data := &livePage{storyPage: storyPage{page: v.newPage(v.T("deskwork.live")), Story: s, Phase: sum.Phase(), Ready: public.Year != 0 && public.Revision != public.Latest}}
	data.Sheets = append(data.Sheets, "editor.css")
	data.AtOnce = public.State == story.Published && v.May(staff.Publish)
	shown := map[string]string{}
	if public.State == story.Published {
		for _, e := range public.Body.Entries() {
			shown[e.ID] = sumOf(public.Body, e)
		}
	}
	for _, e := range s.Body.Entries() {
		was, out := shown[e.ID]
		data.Reports = append(data.Reports, report{
			LiveEntry: e, Words: clip(wordsOf(s.Body, e).Text(), excerpt), Out: out, Waits: was != sumOf(s.Body, e),
		})
	}
	slices.SortStableFunc(data.Reports, func(a, b report) int { return cmp.Compare(b.At.UnixNano(), a.At.UnixNano()) })
	return data, nil
}

// wordsOf are the blocks of a report.
func wordsOf(body prose.Doc, e prose.LiveEntry) prose.Doc {
	return prose.Doc{Version: prose.Version, Blocks: body.Blocks[e.From+1 : e.To]}
}

// sumOf tells two states of a report apart.
func sumOf(body prose.Doc, e prose.LiveEntry) string {
	sum := sha256.Sum256(prose.Doc{Version: prose.Version, Blocks: body.Blocks[e.From:e.To]}.AppendJSON(nil))
	return hex.EncodeToString(sum[:8])
}

func clip(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

// liveAdd puts a report on top.
func (d *Desk) liveAdd(v *visit, w http.ResponseWriter, r *http.Request) error {
	in, entry, wrong, err := d.readReport(v, r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if len(wrong) == 0 {
		s, _, err := d.Stories.AddEntry(r.Context(), id, entry, v.Member.ID, v.May(staff.Publish))
		if err == nil {
			said := "deskwork.live.said.waits"
			if s.State == story.Published && v.May(staff.Publish) {
				said = "deskwork.live.said.out"
			}
			v.flash(w, said)
			return v.see(w, storyPath(id, "live"))
		}
		if wrong = v.objected(err); wrong == nil {
			return err
		}
	}
	data, err := d.livePage(v, r)
	if err != nil {
		return err
	}
	data.In, data.Problems = in, wrong
	return d.show(v, w, http.StatusUnprocessableEntity, "live", data)
}

// readReport reads the form of a report. Reports inside a report are refused:
// each has a time of its own.
func (d *Desk) readReport(v *visit, r *http.Request) (in reportInput, e story.Entry, wrong []problem, err error) {
	form, err := web.LongForm(r)
	if err != nil {
		return in, e, nil, err
	}
	in = reportInput{
		Title: form.Of("title"), Text: form.Text("text"), Note: form.Text("note"), Kind: form.Of("kind"),
		Key: form.Has("key"), Pin: form.Has("pin"), Seen: form.Of("seen"),
	}
	doc, warnings := prose.ParseMarkup([]byte(in.Text))
	e = story.Entry{Title: in.Title, Blocks: doc.Blocks, Key: in.Key, Pin: in.Pin}
	switch {
	case in.Title == "" && len(doc.Blocks) == 0:
		wrong = append(wrong, problem{"title", v.T("deskwork.live.empty")})
	case slices.ContainsFunc(doc.Blocks, func(b prose.Block) bool { return b.Kind == prose.Entry }):
		wrong = append(wrong, problem{"text", v.T("deskwork.live.one")})
	case len(warnings) > 0:
		first := warnings[0]
		wrong = append(wrong, problem{"text", v.T("editor.check.place", "Line", v.Number(first.Line), "Column", v.Number(first.Column), "Message", first.Message)})
	}
	return in, e, wrong, nil
}

// objected says in the form why something could not be done; nil when the
// error is no answer to what was typed.
func (v *visit) objected(err error) []problem {
	var blocked *story.BlockedError
	if errors.As(err, &blocked) {
		var all []problem
		for _, o := range blocked.Objections {
			all = append(all, problem{"", v.T(o.Text, o.Args...)})
		}
		return all
	}
	if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.Conflict && kind != fault.Denied {
		return nil
	}
	return []problem{{"", fault.Message(err)}}
}

// liveReport is the form in which a report is changed.
func (d *Desk) liveReport(v *visit, w http.ResponseWriter, r *http.Request) error {
	data, err := d.reportPage(v, r, "")
	if err != nil {
		return err
	}
	e := data.Report
	data.In = reportInput{Title: e.Title, Text: string(wordsOf(data.Story.Body, e.LiveEntry).AppendMarkup(nil)), Key: e.Key, Pin: e.Pin, Seen: sumOf(data.Story.Body, e.LiveEntry)}
	return d.show(v, w, http.StatusOK, "live_report", data)
}

func (d *Desk) reportPage(v *visit, r *http.Request, kind string) (*reportPage, error) {
	live, err := d.livePage(v, r)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(live.Reports, func(e report) bool { return e.ID == r.PathValue("entry") })
	if at < 0 {
		return nil, errMissing
	}
	data := &reportPage{livePage: *live, Report: live.Reports[at]}
	data.Heading = v.T("deskwork.live.edit")
	data.Rights.Correct = data.Report.Out && v.May(staff.Correct)
	for _, k := range []story.Kind{story.KindUpdate, story.KindFact, story.KindTypo} {
		data.Kinds = append(data.Kinds, choice{Value: string(k), Name: v.T("editor.kind." + string(k)), Chosen: string(k) == kind})
	}
	return data, nil
}

// liveEdit gives a report other words, or takes it out. What readers have
// changes with a note that they see; without one the change waits.
func (d *Desk) liveEdit(v *visit, w http.ResponseWriter, r *http.Request) error {
	in, entry, wrong, err := d.readReport(v, r)
	if err != nil {
		return err
	}
	data, err := d.reportPage(v, r, in.Kind)
	if err != nil {
		return err
	}
	remove := r.PostFormValue("do") == "remove"
	if remove {
		wrong = nil
	}
	note := story.Note{Kind: story.Kind(in.Kind), By: v.Member.ID}
	if data.Rights.Correct {
		note.Text = in.Note
	}
	status := http.StatusUnprocessableEntity
	switch now := sumOf(data.Story.Body, data.Report.LiveEntry); {
	case len(wrong) > 0:
	case in.Seen != now:
		status = http.StatusConflict
		wrong = append(wrong, problem{"text", v.T("deskwork.live.stale")})
		in.Seen = now
	case remove:
		_, err = d.Stories.RemoveEntry(r.Context(), data.Story.ID, data.Report.ID, note)
	default:
		_, err = d.Stories.EditEntry(r.Context(), data.Story.ID, data.Report.ID, entry, note)
	}
	if err == nil && len(wrong) == 0 {
		said := "deskwork.live.said.changed"
		switch {
		case remove:
			said = "deskwork.live.said.removed"
		case data.Story.State == story.Published && note.Text == "":
			said = "deskwork.live.said.waits"
		}
		v.flash(w, said)
		return v.see(w, storyPath(data.Story.ID, "live"))
	}
	if err != nil {
		if wrong = v.objected(err); wrong == nil {
			return err
		}
		status = web.Status(err)
	}
	data.In, data.Problems = in, wrong
	return d.show(v, w, status, "live_report", data)
}

// livePin keeps a report above the others, or lets it go.
func (d *Desk) livePin(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	id, pin := r.PathValue("id"), form.Of("pin") == "1"
	if _, err := d.Stories.PinEntry(r.Context(), id, r.PathValue("entry"), pin, v.Member.ID); err != nil {
		return err
	}
	said := "deskwork.live.said.unpinned"
	if pin {
		said = "deskwork.live.said.pinned"
	}
	v.flash(w, said)
	return v.see(w, storyPath(id, "live"))
}
