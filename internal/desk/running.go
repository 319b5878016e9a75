package desk

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/statement"
	"mimeo/internal/web"
)

type runningPage struct {
	*page
	All    []statement.Running
	Run    statement.Running
	Langs  []labelled
	Titles map[string]string
	About  map[string]string
	Lines  string
	Action string
}

func (d *Desk) runnings(v *visit, w http.ResponseWriter, r *http.Request) error {
	data := runningPage{page: v.newPage(v.T("statement.desk.running"))}
	var err error
	if data.All, err = d.Statements.RunningList(r.Context(), statement.Cursor{}, 200); err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "running_list", data)
}

func (v *visit) runningPage(heading string) *runningPage {
	data := &runningPage{page: v.newPage(heading), Titles: map[string]string{}, About: map[string]string{}}
	for _, code := range v.desk.Editions {
		data.Langs = append(data.Langs, labelled{code, v.desk.Words.For(code).Name()})
	}
	return data
}

// runningForm is the form of a running story; the id "new" is none yet.
func (d *Desk) runningForm(v *visit, w http.ResponseWriter, r *http.Request) error {
	data := v.runningPage(v.T("statement.desk.running.new"))
	data.Action = "/desk/running/new"
	if id := r.PathValue("id"); id != "new" {
		run, err := d.Statements.Running(r.Context(), id)
		if err != nil {
			return err
		}
		data.Run, data.Heading, data.Action = run, run.Titles.Text(v.Lang), "/desk/running/"+id
		for _, t := range run.Titles {
			data.Titles[t.Lang] = t.Text
		}
		for _, t := range run.Descriptions {
			data.About[t.Lang] = t.Text
		}
		var lines []string
		for _, story := range run.Stories {
			s, err := d.Stories.ByID(r.Context(), story)
			switch {
			case fault.KindOf(err) == fault.Missing:
				lines = append(lines, story)
			case err != nil:
				return err
			case s.Path() != "":
				lines = append(lines, d.Site+s.Path())
			default:
				lines = append(lines, story)
			}
		}
		data.Lines = strings.Join(lines, "\n")
	}
	return d.show(v, w, http.StatusOK, "running_edit", data)
}

func (d *Desk) runningSave(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.LongForm(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	data := v.runningPage(v.T("statement.desk.running"))
	data.Action, data.Lines = "/desk/running/"+id, form.Text("stories")
	data.Run.Version, data.Run.Slug = number(form.Of("base")), form.Of("slug")
	draft := statement.RunningDraft{Slug: form.Of("slug")}
	for _, code := range d.Editions {
		data.Titles[code], data.About[code] = form.Of("title_"+code), form.Of("about_"+code)
		draft.Titles = append(draft.Titles, entity.Word{Lang: code, Text: data.Titles[code]})
		draft.Descriptions = append(draft.Descriptions, entity.Word{Lang: code, Text: data.About[code]})
	}
	for line := range strings.Lines(data.Lines) {
		if line = web.Line(line); line == "" {
			continue
		}
		story, err := d.storyNamed(r, line)
		if err != nil {
			return err
		}
		if story == "" {
			data.wrong("stories", v.T("statement.desk.running.unknown", "Line", line))
			continue
		}
		draft.Stories = append(draft.Stories, story)
	}
	if len(data.Problems) == 0 {
		if id == "new" {
			id = ""
		}
		run, err := d.Statements.SaveRunning(r.Context(), v.Member.ID, id, data.Run.Version, draft)
		if err == nil {
			v.flash(w, "statement.desk.said.saved")
			return v.see(w, "/desk/running/"+run.ID)
		}
		if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.Conflict {
			return err
		}
		data.wrong("title_"+d.Editions[0], fault.Message(err))
	}
	return d.show(v, w, http.StatusUnprocessableEntity, "running_edit", data)
}

// storyNamed finds a story by its id or by its public address; "" is none.
func (d *Desk) storyNamed(r *http.Request, name string) (string, error) {
	if ident.IsSecret(name) {
		s, err := d.Stories.ByID(r.Context(), name)
		if fault.KindOf(err) == fault.Missing {
			return "", nil
		}
		return s.ID, err
	}
	u, err := url.Parse(name)
	if err != nil {
		return "", nil //nolint:nilerr // it names no story
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	lang := d.Editions[0]
	if len(parts) == 4 {
		lang, parts = parts[0], parts[1:]
	}
	if len(parts) != 3 {
		return "", nil
	}
	year, err := strconv.Atoi(parts[0])
	if err != nil {
		return "", nil //nolint:nilerr // it names no story
	}
	month := number(parts[1])
	s, _, err := d.Stories.ByPath(r.Context(), lang, year, time.Month(month), parts[2])
	if fault.KindOf(err) == fault.Missing {
		return "", nil
	}
	return s.ID, err
}
