package desk

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/staff"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

// check is one line of the list before publication. Stops says that nothing
// goes out before it is mended; others are for a person to judge.
type check struct {
	Good, Stops bool
	Words       string
	More        []string
}

type publishPage struct {
	storyPage
	Checks   []check
	Stops    bool // something must be mended first
	Address  string
	At       string // for the field of the schedule
	Plan     *story.Plan
	PlanAt   string
	Second   *staff.Approval // asked for, to publish against objections
	CanAsk   bool
	Override bool // a second person agreed
	Reason   string
}

func (d *Desk) storyPublish(v *visit, w http.ResponseWriter, r *http.Request) error {
	data, err := d.publishPage(v, r)
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "story_publish", data)
}

func (d *Desk) publishPage(v *visit, r *http.Request) (data *publishPage, err error) {
	base, err := d.storyPage(v, r, v.T("editor.publish"))
	if err != nil {
		return nil, err
	}
	data = &publishPage{storyPage: base}
	ctx, s := r.Context(), &base.Story
	data.Address = d.addressOf(s)
	if s.Schedule.After(d.Now()) {
		data.At = s.Schedule.In(d.Zone).Format(momentForm)
	}
	plan, planned, err := d.Stories.Plan(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	if planned {
		data.Plan, data.PlanAt = &plan, v.DateTime(plan.At)
	}
	objections, err := d.Stories.Objections(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	if err := d.second(ctx, v, data, objections); err != nil {
		return nil, err
	}
	if data.Checks, err = d.checks(ctx, v, s, objections, data.Override); err != nil {
		return nil, err
	}
	for _, c := range data.Checks {
		data.Stops = data.Stops || c.Stops
	}
	return data, nil
}

// second finds out whether another member agreed to publish all the same.
func (d *Desk) second(ctx context.Context, v *visit, data *publishPage, objections []story.Objection) error {
	if len(objections) == 0 {
		return nil
	}
	for _, o := range objections {
		if !o.Overridable {
			return nil
		}
	}
	a, found, err := d.Door.On(ctx, staff.PublishUnproven, data.Story.ID)
	if err != nil {
		return err
	}
	if found {
		data.Second, data.Reason = &a, a.Reason
		data.Override = a.Stage == staff.Approved && a.Second != v.Member.ID
	}
	data.CanAsk = !found
	return nil
}

// addressOf is where readers will find the story.
func (d *Desk) addressOf(s *story.Story) string {
	if path := s.Path(); path != "" {
		return d.Site + path
	}
	at := d.Now()
	if s.Schedule.After(at) {
		at = s.Schedule
	}
	prefix := ""
	if len(d.Editions) > 0 && s.Lang != d.Editions[0] {
		prefix = "/" + s.Lang
	}
	return d.Site + prefix + at.In(d.Zone).Format("/2006/01/") + s.Slug
}

// checks goes through a text as an editor does before it goes out.
func (d *Desk) checks(ctx context.Context, v *visit, s *story.Story, objections []story.Objection, override bool) (all []check, err error) {
	list, err := d.Stories.Checklist(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		agreed := override && slices.ContainsFunc(objections, func(o story.Objection) bool { return o.Code == c.Code && o.Overridable })
		later := c.Code == "embargo" && !s.Schedule.Before(s.Flags.Embargo)
		all = append(all, check{Good: c.Good, Stops: c.Blocks && !agreed && !later, Words: v.T(c.Text, c.Args...)})
	}
	add := func(good bool, yes, no string, args ...any) {
		words := v.T("editor.check."+no, args...)
		if good {
			words = v.T("editor.check." + yes)
		}
		all = append(all, check{Good: good, Words: words})
	}
	add(len(s.Bylines) > 0, "byline", "nobyline")
	warnings := s.Body.Check()
	add(len(warnings) == 0, "signs", "nosigns", "Count", len(warnings))
	for i := range warnings[:min(len(warnings), 5)] {
		last := &all[len(all)-1]
		last.More = append(last.More, v.T("editor.check.place", "Line", v.Number(warnings[i].Line), "Column", v.Number(warnings[i].Column), "Message", warnings[i].Message))
	}
	return all, nil
}

// storyGoOut publishes, now or at a time, or asks for a second person.
func (d *Desk) storyGoOut(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	ctx, id := r.Context(), r.PathValue("id")
	data, err := d.publishPage(v, r)
	if err != nil {
		return err
	}
	seen, _ := strconv.Atoi(form.Of("seen")) //nolint:errcheck // 0 does not ask
	order := story.Order{By: v.Member.ID, Seen: seen}
	if data.Override {
		order.Override = story.Override{Reason: data.Second.Reason, Second: data.Second.Second}
	}
	said := "editor.said.published"
	var s story.Story
	switch form.Of("then") {
	case "ask":
		if _, err = d.Door.Ask(ctx, v.Member, staff.PublishUnproven, id, form.Of("reason")); err == nil {
			v.flash(w, "editor.said.asked")
			return v.see(w, storyPath(id, "publish"))
		}
	case "unschedule":
		if err = d.Stories.Unschedule(ctx, id, v.Member.ID); err == nil {
			v.flash(w, "editor.said.unscheduled")
			return v.see(w, storyPath(id, "publish"))
		}
	case "schedule":
		var at time.Time
		if at, err = d.moment(form.Of("at")); err != nil || at.IsZero() {
			data.At = form.Of("at")
			data.wrong("at", v.T("editor.wrong.moment", "Example", "2026-11-22T18:00"))
			return d.show(v, w, http.StatusUnprocessableEntity, "story_publish", data)
		}
		said = "editor.said.scheduled"
		s, err = d.Stories.Schedule(ctx, id, at, order, nil)
	default:
		var fresh bool
		if s, fresh, err = d.Stories.PublishAs(ctx, id, order); err == nil && !fresh {
			said = "editor.said.already"
		}
	}
	var blocked *story.BlockedError
	switch kind := fault.KindOf(err); {
	case errors.As(err, &blocked):
		data.wrong("", v.T("editor.wrong.blocked"))
		return d.show(v, w, http.StatusConflict, "story_publish", data)
	case err != nil && (kind == fault.Invalid || kind == fault.Conflict || kind == fault.Denied):
		data.At = form.Of("at")
		data.wrong("", fault.Message(err))
		return d.show(v, w, web.Status(err), "story_publish", data)
	case err != nil:
		return err
	}
	v.flash(w, said, "Headline", s.Headline, "Date", v.DateTime(s.Schedule))
	return v.see(w, storyPath(id, ""))
}
