package desk

import (
	"net/http"

	"mimeo/internal/fault"
	"mimeo/internal/staff"
	"mimeo/internal/web"
)

type tongue struct{ Code, Name, Dir string }

type mePage struct {
	*page
	Elsewhere string
	Name      string
	Tongue    string
	Tongues   []tongue
	Passkeys  []staff.Passkey
	Lacking   int // passkeys that should be there and are not
	MayAdd    bool
	Full      bool
	Codes     int // left on the sheet
	Sessions  []staff.Session
}

// me is the member's own page: name, passkeys, sheet, sessions.
func (d *Desk) me(v *visit, w http.ResponseWriter, r *http.Request) error {
	data, err := d.newMe(v, r)
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "me", data)
}

func (d *Desk) newMe(v *visit, r *http.Request) (data mePage, err error) {
	data = mePage{
		page: v.newPage(v.T("staff.me")), Elsewhere: d.elsewhere(r), Name: v.Member.Name, Tongue: v.Member.Lang,
		MayAdd: d.Door.MayAdd(v.Session),
	}
	data.Scripts = []string{"passkey.js"}
	for _, code := range d.Words.Codes() {
		l := d.Words.For(code)
		data.Tongues = append(data.Tongues, tongue{code, l.Name(), l.Dir()})
	}
	if data.Passkeys, err = d.Door.Passkeys(r.Context(), v.Member.ID); err != nil {
		return data, err
	}
	data.Lacking = max(staff.EnoughPasskeys-len(data.Passkeys), 0)
	data.Full = len(data.Passkeys) >= staff.MostPasskeys
	if data.Codes, err = d.Door.CodesLeft(r.Context(), v.Member.ID); err != nil {
		return data, err
	}
	data.Sessions, err = d.Door.Sessions(r.Context(), v.Member.ID)
	return data, err
}

// meSave takes the name and the language.
func (d *Desk) meSave(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	code := form.Of("lang")
	if code != "" && !d.Words.Has(code) {
		return fault.Invalidf("The desk does not speak %q", code)
	}
	if err := d.Door.Describe(r.Context(), v.Member, form.Of("name"), code); err != nil {
		if fault.KindOf(err) != fault.Invalid {
			return err
		}
		data, again := d.newMe(v, r)
		if again != nil {
			return again
		}
		data.Name, data.Tongue = form.Of("name"), code
		data.wrong("name", v.T("staff.name.wrong"))
		return d.show(v, w, http.StatusUnprocessableEntity, "me", data)
	}
	v.flash(w, "staff.said.saved")
	return v.see(w, "/desk/me")
}

// addStart and addFinish add a passkey. Whoever finds a desk left open cannot
// add one: the member's own is asked for first.
func (d *Desk) addStart(v *visit, w http.ResponseWriter, r *http.Request) error {
	if !d.Door.MayAdd(v.Session) {
		return errUnconfirmed
	}
	q, err := d.Door.BeginAdding(r.Context(), v.Session)
	return asked(w, q, err)
}

func (d *Desk) addFinish(v *visit, w http.ResponseWriter, r *http.Request) error {
	if !d.Door.MayAdd(v.Session) {
		return errUnconfirmed
	}
	s, err := readShown(r)
	if err != nil {
		return err
	}
	if err := d.Door.FinishAdding(r.Context(), v.Session, s.ID, s.Answer, s.Device); err != nil {
		return err
	}
	v.flash(w, "staff.said.added")
	return goOn(w, "/desk/me")
}

// removeKey takes a passkey away.
func (d *Desk) removeKey(v *visit, w http.ResponseWriter, r *http.Request) error {
	if err := v.confirmed(); err != nil {
		return err
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := d.Door.RemovePasskey(r.Context(), v.Member, form.Of("id")); err != nil {
		return err
	}
	v.flash(w, "staff.said.removed")
	return v.see(w, "/desk/me")
}

// endSession ends one session, or with all=yes every one but this.
func (d *Desk) endSession(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	if form.Of("all") != "" {
		err = d.Door.RevokeAll(r.Context(), v.Member, v.Session.ID)
	} else {
		err = d.Door.Revoke(r.Context(), v.Member, form.Of("id"))
	}
	if err != nil {
		return err
	}
	v.flash(w, "staff.said.ended")
	return v.see(w, "/desk/me")
}

// nameSession gives this session a word to know it by.
func (d *Desk) nameSession(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := d.Door.Call(r.Context(), v.Member, v.Session.ID, form.Of("device")); err != nil {
		return err
	}
	v.flash(w, "staff.said.saved")
	return v.see(w, "/desk/me")
}

type sheetPage struct {
	*page
	Codes []string // shown this once
	Left  int
	Day   string
}

// sheetForm says what a sheet is before one is made.
func (d *Desk) sheetForm(v *visit, w http.ResponseWriter, r *http.Request) error {
	if err := v.confirmed(); err != nil {
		return err
	}
	left, err := d.Door.CodesLeft(r.Context(), v.Member.ID)
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "sheet", sheetPage{page: v.newPage(v.T("staff.sheet")), Left: left})
}

// sheetMake shows the codes, in the answer itself: they are stored nowhere and
// cannot be shown again.
func (d *Desk) sheetMake(v *visit, w http.ResponseWriter, r *http.Request) error {
	if err := v.confirmed(); err != nil {
		return err
	}
	codes, err := d.Door.NewSheet(r.Context(), v.Member)
	if err != nil {
		return err
	}
	data := sheetPage{page: v.newPage(v.T("staff.sheet")), Codes: codes, Day: v.Date(d.Now())}
	return d.show(v, w, http.StatusOK, "sheet", data)
}
