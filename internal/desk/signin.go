package desk

import (
	"net/http"

	"mimeo/internal/fault"
	"mimeo/internal/staff"
	"mimeo/internal/web"
)

type signInPage struct {
	*page
	Next      string
	Elsewhere string       // where passkeys work, when it is not here
	Roles     []staff.Role // that the demo lets in by a button
	Code      string       // typed, of the sheet
}

func (d *Desk) newSignIn(v *visit, r *http.Request, heading, next string) signInPage {
	data := signInPage{page: v.newPage(v.T(heading)), Next: next, Elsewhere: d.elsewhere(r)}
	data.Scripts = []string{"passkey.js"}
	if d.Demo {
		data.Roles = staff.Roles()
	}
	return data
}

// signInForm is the closed door.
func (d *Desk) signInForm(v *visit, w http.ResponseWriter, r *http.Request) error {
	next := onward(r.URL.Query().Get("next"))
	if v.In() {
		return v.see(w, next)
	}
	return d.show(v, w, http.StatusOK, "signin", d.newSignIn(v, r, "staff.in", next))
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

// recoverForm takes a code from the printed sheet, without any script.
func (d *Desk) recoverForm(v *visit, w http.ResponseWriter, r *http.Request) error {
	return d.show(v, w, http.StatusOK, "recover", d.newSignIn(v, r, "staff.recover", ""))
}

func (d *Desk) recoverSend(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	key, _, err := d.Door.Redeem(r.Context(), form.Of("code"), d.network(r), form.Of("device"))
	if kind := fault.KindOf(err); kind == fault.Invalid || kind == fault.Denied {
		data := d.newSignIn(v, r, "staff.recover", "")
		data.Code = form.Of("code")
		status, id := http.StatusForbidden, "staff.recover.wrong"
		switch {
		case kind == fault.Invalid:
			status, id = http.StatusUnprocessableEntity, "staff.recover.form"
		case staff.IsTries(err):
			status, id = http.StatusTooManyRequests, "desk.wrong.many.lead"
		}
		data.wrong("code", v.T(id))
		return d.show(v, w, status, "recover", data)
	}
	if err != nil {
		return err
	}
	d.admit(w, key)
	v.flash(w, "staff.said.recovered")
	return v.see(w, "/desk/me")
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

type welcomePage struct {
	*page
	Elsewhere  string
	Here       string // the link's own address
	Name       string // that whoever invited proposed
	Roles      []staff.Role
	IsSetup    bool
	Signed     bool // somebody else's session is open in this browser
	EndsAt     string
	EndsAtISO  string
	DeviceHint string
}

// welcome is where an invitation leads.
func (d *Desk) welcome(v *visit, w http.ResponseWriter, r *http.Request) error {
	in, err := d.Door.Invited(r.Context(), r.PathValue("key"))
	if err != nil {
		return err
	}
	data := welcomePage{
		page: v.newPage(v.T("staff.welcome", "Newsroom", v.newPage("").Newsroom())), Elsewhere: d.elsewhere(r), Here: r.URL.Path,
		Name: in.Name, Roles: in.Roles, IsSetup: in.By == "", Signed: v.In(), EndsAt: v.DateTime(in.Ends), EndsAtISO: v.Machine(in.Ends),
	}
	data.Scripts = []string{"passkey.js"}
	return d.show(v, w, http.StatusOK, "welcome", data)
}

func (d *Desk) welcomeStart(v *visit, w http.ResponseWriter, r *http.Request) error {
	s, err := readShown(r)
	if err != nil {
		return err
	}
	q, err := d.Door.BeginJoining(r.Context(), r.PathValue("key"), s.Name, "", d.network(r))
	return asked(w, q, err)
}

func (d *Desk) welcomeFinish(v *visit, w http.ResponseWriter, r *http.Request) error {
	s, err := readShown(r)
	if err != nil {
		return err
	}
	key, _, err := d.Door.Join(r.Context(), r.PathValue("key"), s.ID, s.Answer, s.Device)
	if err != nil {
		return err
	}
	d.admit(w, key)
	v.flash(w, "staff.said.joined")
	return goOn(w, "/desk/me")
}
