package desk

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mimeo/internal/lang"
	"mimeo/internal/staff"
)

// visit is one request: who came, and in which language they are spoken to.
type visit struct {
	Session staff.Session // zero before anybody came in
	Member  staff.Member  // the session's
	Words   *lang.Lang
	Lang    string
	Dir     string
	Path    string // of the request

	desk *Desk
	said flash
}

// In reports whether a session is open.
func (v *visit) In() bool { return v.Session.ID != "" }

// May reports whether the member holds a right.
func (v *visit) May(right staff.Right) bool { return v.Member.May(right) }

// T is a message in the visit's language.
func (v *visit) T(id string, args ...any) string { return v.Words.T(id, args...) }

// Date, Clock and DateTime write a moment in the newsroom's zone.
func (v *visit) Date(t time.Time) string     { return v.Words.Date(t, v.desk.Zone) }
func (v *visit) Clock(t time.Time) string    { return v.Words.Clock(t, v.desk.Zone) }
func (v *visit) DateTime(t time.Time) string { return v.Words.DateTime(t, v.desk.Zone) }

// Machine writes a moment for a datetime attribute.
func (v *visit) Machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Number writes a number in the language's digits.
func (v *visit) Number(n int) string { return v.Words.Number(int64(n)) }

// confirmed answers nil when the member has shown a passkey a short while ago.
// An action returns its error as it is: the shell asks for the passkey and
// comes back. Ask before the form is shown, so that nothing typed is in danger.
func (v *visit) confirmed() error {
	if v.Session.IsConfirmed(v.desk.Now()) {
		return nil
	}
	return errUnconfirmed
}

// see sends the member on with a GET.
func (v *visit) see(w http.ResponseWriter, to string) error {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// stranger begins a visit of nobody known yet.
func (d *Desk) stranger(r *http.Request) *visit {
	v := &visit{desk: d, Path: r.URL.Path}
	v.speak(d.wanted(r))
	return v
}

func (v *visit) speak(code string) {
	v.Words = v.desk.Words.For(code)
	v.Lang, v.Dir = v.Words.Code, v.Words.Dir()
}

// wanted is the language that the browser asks for, as far as we have it.
func (d *Desk) wanted(r *http.Request) string {
	for tag := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") { // browsers name the dearest first
		tag, _, _ = strings.Cut(strings.TrimSpace(tag), ";")
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if d.Words.Has(base) {
			return base
		}
	}
	return lang.Default
}

// recognise finds the session of a request.
func (d *Desk) recognise(v *visit, r *http.Request) error {
	v.said = readFlash(r)
	c, err := r.Cookie(d.cookieName())
	if err != nil {
		return nil //nolint:nilerr // no cookie, no session
	}
	s, ok, err := d.Door.Session(r.Context(), c.Value)
	if err != nil || !ok {
		return err
	}
	v.Session, v.Member = s, s.Member
	if s.Member.Lang != "" {
		v.speak(s.Member.Lang)
	}
	return nil
}

// cookieName is that of the session's key. The prefix has browsers see to it
// that no other host and no unencrypted page sets it.
func (d *Desk) cookieName() string {
	if d.https {
		return "__Host-desk"
	}
	return "desk"
}

// admit gives the browser a session's key. A link into the desk from a message
// is to find the session open, so the cookie comes along with a GET from
// elsewhere; what changes anything is refused from there before it is looked at.
func (d *Desk) admit(w http.ResponseWriter, key string) {
	http.SetCookie(w, &http.Cookie{
		Name: d.cookieName(), Value: key, Path: "/", MaxAge: int(staff.SessionLife / time.Second),
		HttpOnly: true, Secure: d.https, SameSite: http.SameSiteLaxMode,
	})
}

func (d *Desk) dismiss(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{
		Name: d.cookieName(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: d.https, SameSite: http.SameSiteLaxMode,
	})
}

// flash is what the page after a 303 says once: a message and its arguments.
type flash struct {
	ID   string   `json:"i"`
	Args []string `json:"a,omitempty"`
}

const flashName, mostFlash = "desk-said", 1500

// flash has the next page say a message. Arguments are names and values in turn.
func (v *visit) flash(w http.ResponseWriter, id string, args ...string) {
	raw, err := json.Marshal(flash{id, args})
	if err != nil || len(raw) > mostFlash {
		raw = []byte(`{"i":"desk.done"}`)
	}
	http.SetCookie(w, &http.Cookie{
		Name: flashName, Value: base64.RawURLEncoding.EncodeToString(raw), Path: "/desk/", MaxAge: 60,
		HttpOnly: true, Secure: v.desk.https, SameSite: http.SameSiteLaxMode,
	})
}

func readFlash(r *http.Request) (f flash) {
	c, err := r.Cookie(flashName)
	if err != nil || len(c.Value) > 2*mostFlash {
		return f
	}
	raw, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || json.Unmarshal(raw, &f) != nil {
		return flash{}
	}
	return f
}

func (v *visit) forgetFlash(w http.ResponseWriter) {
	if v.said.ID != "" {
		http.SetCookie(w, &http.Cookie{Name: flashName, Path: "/desk/", MaxAge: -1, HttpOnly: true, Secure: v.desk.https, SameSite: http.SameSiteLaxMode})
	}
}

// Said is what the page says about what was just done, "" for nothing.
func (v *visit) Said() string {
	if v.said.ID == "" {
		return ""
	}
	args := make([]any, 0, len(v.said.Args))
	for _, a := range v.said.Args {
		args = append(args, a)
	}
	text := v.T(v.said.ID, args...)
	if text == v.said.ID { // not one of our messages
		return ""
	}
	return text
}

// with is an address of the desk with a query.
func with(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
