package desk

import (
	"net/http"

	"mimeo/internal/staff"
	"mimeo/internal/web"
)

type signInPage struct {
	*page
	Next  string
	Roles []staff.Role // that the demo lets in by a button
}

// signInForm is the closed door.
func (d *Desk) signInForm(v *visit, w http.ResponseWriter, r *http.Request) error {
	next := onward(r.URL.Query().Get("next"))
	if v.In() {
		return v.see(w, next)
	}
	data := signInPage{page: v.newPage(v.T("staff.in")), Next: next}
	if d.Demo {
		data.Roles = staff.Roles()
	}
	return d.show(v, w, http.StatusOK, "signin", data)
}

// signOut ends the session.
func (d *Desk) signOut(v *visit, w http.ResponseWriter, r *http.Request) error {
	if err := d.Door.Revoke(r.Context(), v.Member, v.Session.ID); err != nil {
		return err
	}
	d.dismiss(w)
	v.flash(w, "staff.said.out")
	return v.see(w, "/desk/in")
}

// Rehearse lets whoever asks in as a role and leads on: the demo's buttons.
func (d *Desk) Rehearse(w http.ResponseWriter, r *http.Request) error {
	if !d.Demo {
		return errMissing
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	role, err := staff.ParseRole(form.Of("role"))
	if err != nil {
		return err
	}
	// Colleagues see this name, whatever language each of them reads.
	key, _, err := d.Door.Rehearse(r.Context(), role, d.Words.For("en").T("staff.role."+string(role)))
	if err != nil {
		return err
	}
	d.admit(w, key)
	return (&visit{desk: d}).see(w, onward(form.Of("next")))
}
