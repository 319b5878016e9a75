package desk

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

// steps are the ways on for a story, by the last word of their address.
func (d *Desk) storyStep(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.LongForm(r)
	if err != nil {
		return err
	}
	ctx, id, by := r.Context(), r.PathValue("id"), v.Member.ID
	seen, _ := strconv.Atoi(form.Of("seen")) //nolint:errcheck // 0 does not ask
	step := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	reason := form.Text("reason")
	switch step {
	case "submit":
		_, err = d.Stories.Submit(ctx, id, seen, by)
	case "approve":
		_, err = d.Stories.Approve(ctx, id, seen, by)
	case "back":
		_, err = d.Stories.SendBack(ctx, id, seen, by, reason)
	case "hold":
		_, err = d.Stories.Hold(ctx, id, by, reason)
	case "release":
		_, err = d.Stories.Release(ctx, id, by, reason)
	case "notes":
		_, err = d.Stories.AddNote(ctx, id, by, form.Text("words"))
	case "tasks":
		err = d.storyTask(v, r, form)
	default:
		err = fault.Missingf("There is no such step")
	}
	switch kind := fault.KindOf(err); {
	case err == nil:
		v.flash(w, "editor.said."+step)
		return v.see(w, storyPath(id, ""))
	case kind == fault.Invalid || kind == fault.Conflict || kind == fault.Denied:
		return d.stepAgain(v, w, r, form, step, err)
	default:
		return err
	}
}

func (d *Desk) storyTask(v *visit, r *http.Request, form web.Values) error {
	ctx, id := r.Context(), r.PathValue("id")
	if task := form.Of("task"); task != "" {
		return d.Stories.DoTask(ctx, id, task, v.Member.ID, form.Of("done") == "1")
	}
	t := story.Task{Author: v.Member.ID, Who: form.Of("who"), Words: form.Text("words")}
	if due := latin(form.Of("due")); due != "" {
		day, err := time.ParseInLocation(time.DateOnly, due, d.Zone)
		if err != nil {
			return fault.Wrap(fault.Invalid, "A day is written as 2026-11-22", err)
		}
		t.Due = day.UTC()
	}
	_, err := d.Stories.AddTask(ctx, id, t)
	return err
}

// stepAgain shows the story's page with what was typed beside it and why it
// could not be done.
func (d *Desk) stepAgain(v *visit, w http.ResponseWriter, r *http.Request, form web.Values, step string, why error) error {
	data, err := d.editPage(v, r)
	if err != nil {
		return err
	}
	if err := d.fill(r.Context(), v, data); err != nil {
		return err
	}
	data.Step, data.Typed = step, form.Text("reason")+form.Text("words")
	field := "step-" + step
	if step == "submit" || step == "approve" {
		field = ""
	}
	data.wrong(field, fault.Message(why))
	return d.show(v, w, web.Status(why), "story_edit", data)
}
