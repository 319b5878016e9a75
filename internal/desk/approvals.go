package desk

import (
	"context"
	"net/http"
	"strconv"

	"mimeo/internal/fault"
	"mimeo/internal/staff"
	"mimeo/internal/web"
)

const approvalsShown = 40

// question is an approval as the page shows it.
type question struct {
	staff.Approval
	ByName, SecondName string
	Mine, May          bool
	Link               string // to what it is about, "" when there is no page
}

type approvalsPage struct {
	*page
	Open, Closed []question
}

// approvals lists what waits for a second person, as far as the member has
// asked it or may answer it.
func (d *Desk) approvals(v *visit, w http.ResponseWriter, r *http.Request) error {
	data := approvalsPage{page: v.newPage(v.T("staff.approvals"))}
	var err error
	data.Open, data.Closed, err = d.questions(r.Context(), v)
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "approvals", data)
}

func (d *Desk) questions(ctx context.Context, v *visit) (open, closed []question, err error) {
	asked, done, err := d.Door.Approvals(ctx, approvalsShown)
	if err != nil {
		return nil, nil, err
	}
	names, err := d.colleagues(ctx)
	if err != nil {
		return nil, nil, err
	}
	seen := func(all []staff.Approval) (some []question) {
		for _, a := range all {
			_, approve := a.Action.Rights()
			q := question{Approval: a, ByName: names[a.By], SecondName: names[a.Second], Mine: a.By == v.Member.ID, Link: linkOf(a)}
			q.May = !q.Mine && v.May(approve)
			if q.Mine || v.May(approve) {
				some = append(some, q)
			}
		}
		return some
	}
	return seen(asked), seen(done), nil
}

// linkOf is the page of what an approval is about.
func linkOf(a staff.Approval) string {
	switch a.Action {
	case staff.DeleteStory, staff.PublishUnproven, staff.PublishTwo:
		return "/desk/stories/" + a.Object
	case staff.ExportDonors, staff.CloseCountry:
		return ""
	default:
		return ""
	}
}

// colleagues are the members' by id.
func (d *Desk) colleagues(ctx context.Context) (map[string]string, error) {
	all, err := d.Door.Members(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(all))
	for _, m := range all {
		names[m.ID] = m.Name
	}
	return names, nil
}

// approve answers one.
func (d *Desk) approve(v *visit, w http.ResponseWriter, r *http.Request) error {
	if err := v.confirmed(); err != nil {
		return err
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	said := "staff.said.refused"
	switch form.Of("do") {
	case "approve":
		said = "staff.said.approved"
	case "refuse":
	default:
		return fault.Invalidf("Choose to approve or to refuse")
	}
	if _, err := d.Door.Decide(r.Context(), v.Member, r.PathValue("approval"), form.Of("do") == "approve"); err != nil {
		return err
	}
	v.flash(w, said)
	return v.see(w, "/desk/approvals")
}

// approvalsWaiting is what the first page says of them.
func (d *Desk) approvalsWaiting(ctx context.Context, v *visit) (all []waiting, err error) {
	open, _, err := d.questions(ctx, v)
	for _, q := range open {
		if q.May {
			all = append(all, waiting{
				Path: "/desk/approvals", Title: v.T("staff.action." + string(q.Action)),
				Note: v.T("staff.approval.by", "Name", q.ByName, "Until", v.DateTime(q.Ends)), Urgent: true,
			})
		}
	}
	return all, err
}

// keysWaiting reminds of a second passkey and of the sheet.
func (d *Desk) keysWaiting(ctx context.Context, v *visit) (all []waiting, err error) {
	if v.Member.Rehearses() {
		return nil, nil
	}
	keys, err := d.Door.Passkeys(ctx, v.Member.ID)
	if err != nil {
		return nil, err
	}
	if len(keys) < staff.EnoughPasskeys {
		all = append(all, waiting{Path: "/desk/me", Title: v.T("staff.nag.passkey"), Note: v.T("staff.nag.passkey.note"), Urgent: true})
	}
	left, err := d.Door.CodesLeft(ctx, v.Member.ID)
	if err == nil && left == 0 {
		all = append(all, waiting{Path: "/desk/me/sheet", Title: v.T("staff.nag.sheet"), Note: v.T("staff.nag.sheet.note")})
	}
	return all, err
}

const linesShown = 100

type trailPage struct {
	*page
	Lines   []trailLine
	Older   int64 // number to go on before, 0 at the end
	Checked bool
	Report  staff.Report
}

type trailLine struct {
	staff.Line
	Name string
}

// trail shows what was done.
func (d *Desk) trail(v *visit, w http.ResponseWriter, r *http.Request) error {
	before := int64(0)
	if text := r.URL.Query().Get("before"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 {
			return fault.Invalidf("Lines of the trail have numbers")
		}
		before = n
	}
	data, err := d.newTrail(v, r, before)
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "trail", data)
}

func (d *Desk) newTrail(v *visit, r *http.Request, before int64) (data trailPage, err error) {
	data = trailPage{page: v.newPage(v.T("staff.trail"))}
	names, err := d.colleagues(r.Context())
	if err != nil {
		return data, err
	}
	lines, err := d.Door.Trail(r.Context(), before, linesShown+1)
	if err != nil {
		return data, err
	}
	if len(lines) > linesShown {
		lines = lines[:linesShown]
		data.Older = lines[linesShown-1].Seq
	}
	for _, l := range lines {
		data.Lines = append(data.Lines, trailLine{l, names[l.Actor]})
	}
	return data, nil
}

// trailCheck reads the whole trail and says whether its chain is whole.
func (d *Desk) trailCheck(v *visit, w http.ResponseWriter, r *http.Request) error {
	data, err := d.newTrail(v, r, 0)
	if err != nil {
		return err
	}
	data.Checked = true
	if data.Report, err = d.Door.Check(r.Context()); err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "trail", data)
}
