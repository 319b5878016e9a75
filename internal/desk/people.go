package desk

import (
	"net/http"
	"slices"

	"mimeo/internal/fault"
	"mimeo/internal/staff"
	"mimeo/internal/web"
)

type peoplePage struct {
	*page
	Members []staff.Member
	Invites []staff.Invite
	Roles   []staff.Role
	Name    string       // typed
	Chosen  []staff.Role // ticked
	Link    string       // of the invitation just made, shown this once
	Until   string
}

// Has reports whether a role is ticked.
func (p peoplePage) Has(r staff.Role) bool { return slices.Contains(p.Chosen, r) }

// people lists who works here and who is invited.
func (d *Desk) people(v *visit, w http.ResponseWriter, r *http.Request) error {
	data, err := d.newPeople(v, r)
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "people", data)
}

func (d *Desk) newPeople(v *visit, r *http.Request) (data peoplePage, err error) {
	data = peoplePage{page: v.newPage(v.T("staff.people")), Roles: staff.Roles()}
	if data.Members, err = d.Door.Members(r.Context()); err != nil {
		return data, err
	}
	data.Invites, err = d.Door.Invites(r.Context())
	return data, err
}

// invite makes a link and shows it, in the answer itself: it is stored nowhere.
func (d *Desk) invite(v *visit, w http.ResponseWriter, r *http.Request) error {
	if err := v.confirmed(); err != nil {
		return err
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	roles, err := ticked(form)
	if err != nil {
		return err
	}
	key, in, err := d.Door.Invite(r.Context(), v.Member, form.Of("name"), roles)
	if err != nil && fault.KindOf(err) != fault.Invalid {
		return err
	}
	data, again := d.newPeople(v, r)
	if again != nil {
		return again
	}
	if err != nil {
		data.Name, data.Chosen = form.Of("name"), roles
		if len(roles) == 0 {
			data.wrong("role-owner", v.T("staff.roles.none"))
		} else {
			data.wrong("name", v.T("staff.name.wrong"))
		}
		return d.show(v, w, http.StatusUnprocessableEntity, "people", data)
	}
	data.Link, data.Until = staff.Address(d.Base)+"/desk/welcome/"+key, v.DateTime(in.Ends)
	return d.show(v, w, http.StatusOK, "people", data)
}

// ticked are the roles of a form.
func ticked(form web.Values) (roles []staff.Role, err error) {
	for _, name := range form.All("role") {
		r, err := staff.ParseRole(name)
		if err != nil {
			return nil, err
		}
		roles = append(roles, r)
	}
	return roles, nil
}

// takeBack voids an invitation.
func (d *Desk) takeBack(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := d.Door.TakeBack(r.Context(), v.Member, form.Of("id")); err != nil {
		return err
	}
	v.flash(w, "staff.said.taken")
	return v.see(w, "/desk/staff")
}

type memberPage struct {
	*page
	Person    staff.Member
	Roles     []staff.Role
	Chosen    []staff.Role
	IsLast    bool // owner
	Suspended bool
	Left      bool
	Keys      int
	Codes     int
}

// Has reports whether a role is ticked.
func (p memberPage) Has(r staff.Role) bool { return slices.Contains(p.Chosen, r) }

// member is one colleague's page.
func (d *Desk) member(v *visit, w http.ResponseWriter, r *http.Request) error {
	data, err := d.newMember(v, r)
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "member", data)
}

func (d *Desk) newMember(v *visit, r *http.Request) (data memberPage, err error) {
	m, err := d.Door.Member(r.Context(), r.PathValue("member"))
	if err != nil {
		return data, err
	}
	all, err := d.Door.Members(r.Context())
	if err != nil {
		return data, err
	}
	owners := 0
	for _, other := range all {
		if other.State == staff.Active && other.Is(staff.Owner) {
			owners++
		}
	}
	data = memberPage{
		page: v.newPage(m.Name), Person: m, Roles: staff.Roles(), Chosen: m.Roles,
		IsLast: owners == 1 && m.State == staff.Active && m.Is(staff.Owner), Suspended: m.State == staff.Suspended, Left: m.State == staff.Left,
	}
	keys, err := d.Door.Passkeys(r.Context(), m.ID)
	if err != nil {
		return data, err
	}
	data.Keys = len(keys)
	data.Codes, err = d.Door.CodesLeft(r.Context(), m.ID)
	return data, err
}

// memberRoles changes what a colleague is here for.
func (d *Desk) memberRoles(v *visit, w http.ResponseWriter, r *http.Request) error {
	if err := v.confirmed(); err != nil {
		return err
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	roles, err := ticked(form)
	if err != nil {
		return err
	}
	id := r.PathValue("member")
	if err := d.Door.SetRoles(r.Context(), v.Member, id, roles); err != nil {
		return d.memberWrong(v, w, r, roles, err)
	}
	v.flash(w, "staff.said.saved")
	return v.see(w, "/desk/staff/"+id)
}

// memberWrong shows a colleague's page again with what was chosen.
func (d *Desk) memberWrong(v *visit, w http.ResponseWriter, r *http.Request, roles []staff.Role, err error) error {
	status := web.Status(err)
	if status != http.StatusUnprocessableEntity && status != http.StatusConflict {
		return err
	}
	data, again := d.newMember(v, r)
	if again != nil {
		return again
	}
	if roles != nil {
		data.Chosen = roles
	}
	switch {
	case status == http.StatusUnprocessableEntity:
		data.Chosen = nil
		data.wrong("role-owner", v.T("staff.roles.none"))
	case data.IsLast:
		data.wrong("role-owner", v.T("staff.last"))
	default:
		data.wrong("", v.words(err))
	}
	return d.show(v, w, status, "member", data)
}

// memberState suspends a colleague, lets them in again or sees them off.
func (d *Desk) memberState(v *visit, w http.ResponseWriter, r *http.Request) error {
	if err := v.confirmed(); err != nil {
		return err
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	id := r.PathValue("member")
	var said string
	switch form.Of("do") {
	case "suspend":
		said, err = "staff.said.suspended", d.Door.Suspend(r.Context(), v.Member, id)
	case "restore":
		said, err = "staff.said.restored", d.Door.Restore(r.Context(), v.Member, id)
	case "leave":
		said, err = "staff.said.left", d.Door.Leave(r.Context(), v.Member, id)
	default:
		return fault.Invalidf("Choose what is to be done")
	}
	if err != nil {
		return d.memberWrong(v, w, r, nil, err)
	}
	v.flash(w, said)
	return v.see(w, "/desk/staff/"+id)
}
