package desk

import (
	"encoding/json"
	"io"
	"net"
	"net/http"

	"mimeo/internal/fault"
	"mimeo/internal/lang"
	"mimeo/internal/limit"
	"mimeo/internal/staff"
	"mimeo/internal/web"
)

// shown is what passkey.js sends: a form's fields, and with them the browser's
// answer once there is one.
type shown struct {
	ID     string          `json:"id"`
	Answer json.RawMessage `json:"answer"`
	Name   string          `json:"name"`
	Device string          `json:"device"`
	Next   string          `json:"next"`
}

func readShown(r *http.Request) (s shown, err error) {
	raw, err := io.ReadAll(r.Body) // bounded by web.Protect
	if err != nil {
		return s, fault.Wrap(fault.Invalid, "The answer did not arrive whole", err)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fault.Wrap(fault.Invalid, "The answer is not as our own page sends it", err)
	}
	s.Name, s.Device = web.Line(s.Name), web.Line(s.Device)
	return s, nil
}

func writeJSON(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

// goOn tells passkey.js where to lead.
func goOn(w http.ResponseWriter, to string) error {
	return writeJSON(w, map[string]string{"to": to})
}

// network is where a request comes from, as far as tries are counted.
func (d *Desk) network(r *http.Request) string { return limit.Network(d.Address(r)) }

// elsewhere is the address at which the browser takes passkeys, "" when it is
// the one that the page was opened at. They are bound to a name, never to a
// number.
func (d *Desk) elsewhere(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if net.ParseIP(host) == nil {
		return ""
	}
	return staff.Address(d.Base) + r.URL.RequestURI()
}

// asked answers with a question for the browser.
func asked(w http.ResponseWriter, q staff.Ceremony, err error) error {
	if err != nil {
		return err
	}
	return writeJSON(w, q)
}

// enterStart and enterFinish are the sign-in.
func (d *Desk) enterStart(_ *visit, w http.ResponseWriter, r *http.Request) error {
	q, err := d.Door.BeginEntering(r.Context(), d.network(r))
	return asked(w, q, err)
}

func (d *Desk) enterFinish(_ *visit, w http.ResponseWriter, r *http.Request) error {
	s, err := readShown(r)
	if err != nil {
		return err
	}
	key, _, err := d.Door.Enter(r.Context(), s.ID, s.Answer, s.Device)
	if err != nil {
		return err
	}
	d.admit(w, key)
	return goOn(w, onward(s.Next))
}

type confirmPage struct {
	*page
	Next, Elsewhere string
}

// confirmForm asks for the passkey again and leads back.
func (d *Desk) confirmForm(v *visit, w http.ResponseWriter, r *http.Request) error {
	next := onward(r.URL.Query().Get("next"))
	data := confirmPage{page: v.newPage(v.T("staff.confirm")), Next: next, Elsewhere: d.elsewhere(r)}
	data.Scripts = []string{"passkey.js"}
	return d.show(v, w, http.StatusOK, "confirm", data)
}

// confirmDemo is the demo's button in place of a passkey.
func (d *Desk) confirmDemo(v *visit, w http.ResponseWriter, r *http.Request) error {
	if !d.Demo {
		return errNotYours
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := d.Door.RehearseConfirm(r.Context(), v.Session); err != nil {
		return err
	}
	return v.see(w, onward(form.Of("next")))
}

func (d *Desk) confirmStart(v *visit, w http.ResponseWriter, r *http.Request) error {
	q, err := d.Door.BeginConfirming(r.Context(), v.Session)
	return asked(w, q, err)
}

func (d *Desk) confirmFinish(v *visit, w http.ResponseWriter, r *http.Request) error {
	s, err := readShown(r)
	if err != nil {
		return err
	}
	if err := d.Door.Confirm(r.Context(), v.Session, s.ID, s.Answer); err != nil {
		return err
	}
	return goOn(w, onward(s.Next))
}

// words are an error's in the visit's language: those of faults are in English.
func (v *visit) words(err error) string {
	if message := fault.Message(err); message != "" && v.Lang == lang.Default {
		return message
	}
	return v.T("desk.wrong." + wrongID(web.Status(err)))
}
