package desk

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"mimeo/internal/lang"
	"mimeo/internal/staff"
)

// page is what every page has; the data of each page embeds it.
type page struct {
	*visit
	Heading  string   // of the page, and of the window
	Scripts  []string // assets: "passkey.js"
	Sheets   []string // further style sheets among the assets
	Wide     bool     // uses the whole window
	Problems []problem
}

// problem is something wrong with a field of a form. Field is the id of the
// control that mends it.
type problem struct{ Field, Message string }

// newPage begins a page with a heading in the visit's language.
func (v *visit) newPage(heading string) *page { return &page{visit: v, Heading: heading} }

// Title is the window's.
func (p *page) Title() string {
	title := p.T("desk.title", "Page", p.Heading, "Newsroom", p.Newsroom())
	if len(p.Problems) > 0 {
		title = p.T("desk.problem.title", "Title", title)
	}
	return title
}

// wrong adds a problem with a field.
func (p *page) wrong(field, message string) { p.Problems = append(p.Problems, problem{field, message}) }

// Problem is the message for a field, "" when nothing is wrong with it.
func (p *page) Problem(field string) string {
	for _, wrong := range p.Problems {
		if wrong.Field == field {
			return wrong.Message
		}
	}
	return ""
}

// Asset is the address of one of our files.
func (p *page) Asset(name string) string { return p.desk.assetPath(name) }

// Number64 writes a number in the language's digits.
func (p *page) Number64(n int64) string { return p.Words.Number(n) }

// Desk is the desk's own address.
func (p *page) Desk() string { return staff.Address(p.desk.Base) }

// Newsroom is its name, in the visit's language when it has one there.
func (p *page) Newsroom() string {
	if name := p.desk.Names[p.Lang]; name != "" {
		return name
	}
	return p.desk.Newsroom
}

// Site is the readers' address.
func (p *page) Site() string { return p.desk.Site }

// IsDemo tells that nothing here is real.
func (p *page) IsDemo() bool { return p.desk.Demo }

type wrongPage struct {
	*page
	Numeral, Lead, Message string
	SignIn                 string // where to come in again, "" when that is no help
	Again                  []sentField
}

// sentField is a field of a form that could not be taken now. The page carries
// it, so that it can be sent once more: no browser keeps it on the page before.
type sentField struct{ Name, Value string }

func sentFields(r *http.Request) (all []sentField) {
	if r.Method != http.MethodPost || r.PostForm == nil && r.ParseForm() != nil {
		return nil
	}
	for name, values := range r.PostForm {
		for _, value := range values {
			all = append(all, sentField{name, value})
		}
	}
	return all
}

// Fail writes the page of an error that happened before a visit began; it is a
// web.Failure.
func (d *Desk) Fail(w http.ResponseWriter, r *http.Request, status int, message string) {
	d.prepare(w)
	d.wrong(d.stranger(r), w, r, status, message)
}

// wrong writes the page of an error. message is in the member's words, ""
// when there is nothing to say beyond the status.
func (d *Desk) wrong(v *visit, w http.ResponseWriter, r *http.Request, status int, message string) {
	id := "desk.wrong." + wrongID(status)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "60")
	}
	w.Header().Del("Content-Encoding")
	w.Header().Del("Etag")
	if wantsJSON(r) {
		text := message
		if text == "" || v.Lang != lang.Default { // messages of faults are in English
			text = v.T(id) + ". " + v.T(id+".lead")
		}
		raw, err := json.Marshal(map[string]string{"error": text})
		if err != nil {
			raw = []byte("{}")
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(raw)
		return
	}
	data := wrongPage{page: v.newPage(v.T(id)), Numeral: v.Words.Digits(strconv.Itoa(status)), Lead: v.T(id + ".lead")}
	// Messages of faults are in English.
	if message != "" && v.Lang == lang.Default {
		data.Message = strings.TrimRight(message, ".") + "."
	}
	if status == http.StatusUnauthorized {
		data.SignIn = "/desk/in"
	}
	if status == http.StatusUnauthorized || status >= http.StatusInternalServerError {
		data.Again = sentFields(r)
	}
	if err := d.show(v, w, status, "wrong", data); err != nil {
		d.Log.Error("the page of an error failed itself", "err", err)
		http.Error(w, data.Heading, status)
	}
}

func wrongID(status int) string {
	switch status {
	case http.StatusNotFound, http.StatusGone:
		return "missing"
	case http.StatusMethodNotAllowed:
		return "method"
	case http.StatusUnauthorized:
		return "out"
	case http.StatusForbidden:
		return "denied"
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return "invalid"
	case http.StatusConflict:
		return "conflict"
	case http.StatusRequestEntityTooLarge:
		return "large"
	case http.StatusTooManyRequests:
		return "many"
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return "away"
	default:
		return "broken"
	}
}
