package desk

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"mimeo/internal/fault"
	"mimeo/internal/staff"
	"mimeo/internal/web"
)

// action answers a request. It has written nothing when it returns an error.
type action func(v *visit, w http.ResponseWriter, r *http.Request) error

// route is an address, the right that it asks for and what may be done there.
// HEAD goes with get. A test walks through all of them with every role.
type route struct {
	path      string
	right     staff.Right
	get, post action
	most      int64 // bytes of a POST, 0 for web.MaxBody
}

// routes are all addresses of the desk.
func (d *Desk) routes() []route {
	return []route{
		{path: "/desk/{$}", right: staff.Inside, get: d.home},
		{path: "/desk/in", right: staff.Public, get: d.signInForm},
		{path: "/desk/in/start", right: staff.Public, post: d.enterStart},
		{path: "/desk/in/finish", right: staff.Public, post: d.enterFinish},
		{path: "/desk/recover", right: staff.Public, get: d.recoverForm, post: d.recoverSend},
		{path: "/desk/welcome/{key}", right: staff.Public, get: d.welcome},
		{path: "/desk/welcome/{key}/start", right: staff.Public, post: d.welcomeStart},
		{path: "/desk/welcome/{key}/finish", right: staff.Public, post: d.welcomeFinish},
		{path: "/desk/out", right: staff.Inside, post: d.signOut},
		{path: "/desk/confirm", right: staff.Inside, get: d.confirmForm, post: d.confirmDemo},
		{path: "/desk/confirm/start", right: staff.Inside, post: d.confirmStart},
		{path: "/desk/confirm/finish", right: staff.Inside, post: d.confirmFinish},

		{path: "/desk/me", right: staff.Inside, get: d.me, post: d.meSave},
		{path: "/desk/me/passkey/start", right: staff.Inside, post: d.addStart},
		{path: "/desk/me/passkey/finish", right: staff.Inside, post: d.addFinish},
		{path: "/desk/me/passkey/remove", right: staff.Inside, post: d.removeKey},
		{path: "/desk/me/session/end", right: staff.Inside, post: d.endSession},
		{path: "/desk/me/session/name", right: staff.Inside, post: d.nameSession},
		{path: "/desk/me/sheet", right: staff.Inside, get: d.sheetForm, post: d.sheetMake},
		{path: "/desk/approvals", right: staff.Inside, get: d.approvals},
		{path: "/desk/approvals/{approval}", right: staff.Inside, post: d.approve},

		{path: "/desk/staff", right: staff.ManageStaff, get: d.people},
		{path: "/desk/staff/invite", right: staff.ManageStaff, get: d.people, post: d.invite},
		{path: "/desk/staff/invite/back", right: staff.ManageStaff, post: d.takeBack},
		{path: "/desk/staff/{member}", right: staff.ManageStaff, get: d.member},
		{path: "/desk/staff/{member}/roles", right: staff.ManageStaff, post: d.memberRoles},
		{path: "/desk/staff/{member}/state", right: staff.ManageStaff, post: d.memberState},
		{path: "/desk/trail", right: staff.Trail, get: d.trail},
		{path: "/desk/trail/check", right: staff.Trail, get: d.trailCheck},

		{path: "/desk/front", right: staff.Curate, get: d.frontArrange, post: d.frontOrder},
		{path: "/desk/front/breaking", right: staff.Curate, post: d.frontBreak},
		{path: "/desk/newsletters", right: staff.Letters, get: d.newsletters, post: d.newsletterFound},
		{path: "/desk/newsletters/flags", right: staff.Letters, post: d.newsletterClear},
		{path: "/desk/newsletters/{id}", right: staff.Letters, get: d.newsletterShow, post: d.newsletterSave},
		{path: "/desk/newsletters/{id}/issues", right: staff.Letters, post: d.issueBegin},
		{path: "/desk/issues/{id}", right: staff.Letters, get: d.issueShow, post: d.issueSave},
		{path: "/desk/issues/{id}/try", right: staff.Letters, post: d.issueTry},
		{path: "/desk/issues/{id}/send", right: staff.Letters, post: d.issueSend},

		{path: "/desk/pictures", right: staff.Write, get: d.pictures},
		{path: "/desk/pictures/add", right: staff.Write, get: d.pictureAddForm, post: d.pictureAdd, most: mostPictureForm},
		{path: "/desk/pictures/{picture}", right: staff.Write, get: d.picture, post: d.pictureSave},
		{path: "/desk/pictures/{picture}/remove", right: staff.Write, get: d.pictureRemoveForm, post: d.pictureRemove},

		{path: "/desk/search", right: staff.Write, get: d.search},
		{path: "/desk/stories", right: staff.Write, get: d.stories},
		{path: "/desk/stories/new", right: staff.Write, get: d.storyNew, post: d.storyBegin},
		{path: "/desk/stories/{id}", right: staff.Write, get: d.storyForm, post: d.storySave, most: storyBody},
		{path: "/desk/stories/{id}/keep", right: staff.Write, post: d.storyKeep, most: storyBody},
		{path: "/desk/stories/{id}/here", right: staff.Write, post: d.storyHere},
		{path: "/desk/stories/{id}/throw", right: staff.Write, post: d.storyThrow},
		{path: "/desk/stories/{id}/history", right: staff.Write, get: d.storyHistory},
		{path: "/desk/stories/{id}/diff", right: staff.Write, get: d.storyDiff},
		{path: "/desk/stories/{id}/restore", right: staff.Write, post: d.storyRestore},
		{path: "/desk/stories/{id}/merge", right: staff.Write, get: d.storyMerge, post: d.storyMerged},
		{path: "/desk/stories/{id}/preview", right: staff.Write, get: d.storyPreview},
		{path: "/desk/stories/{id}/publish", right: staff.Publish, get: d.storyPublish, post: d.storyGoOut},
		{path: "/desk/stories/{id}/correct", right: staff.Correct, get: d.storyCorrect, post: d.storyCorrected},
		{path: "/desk/stories/{id}/submit", right: staff.Write, post: d.storyStep},
		{path: "/desk/stories/{id}/approve", right: staff.Approve, post: d.storyStep},
		{path: "/desk/stories/{id}/back", right: staff.Approve, post: d.storyStep},
		{path: "/desk/stories/{id}/hold", right: staff.Hold, post: d.storyStep},
		{path: "/desk/stories/{id}/release", right: staff.Hold, post: d.storyStep},
		{path: "/desk/stories/{id}/notes", right: staff.Write, post: d.storyStep},
		{path: "/desk/stories/{id}/tasks", right: staff.Write, post: d.storyStep},

		{path: "/desk/stories/{id}/statements", right: staff.Write, get: d.statementsOf, post: d.statementSuggestion},
		{path: "/desk/stories/{id}/statements/new", right: staff.Write, get: d.statementNew, post: d.statementCreate, most: statementBody},
		{path: "/desk/statements", right: staff.Write, get: d.statements},
		{path: "/desk/statements/{id}", right: staff.Write, get: d.statementForm, post: d.statementSave, most: statementBody},
		{path: "/desk/statements/{id}/check", right: staff.Write, post: d.statementAct},
		{path: "/desk/statements/{id}/correct", right: staff.Correct, post: d.statementAct},
		{path: "/desk/statements/{id}/ask", right: staff.Write, post: d.statementAct},
		{path: "/desk/statements/{id}/leave", right: staff.Approve, post: d.statementAct},
		{path: "/desk/statements/{id}/links", right: staff.Write, post: d.statementAct},
		{path: "/desk/statements/{id}/readers", right: staff.Write, post: d.statementAct},
		{path: "/desk/statements/{id}/files", right: staff.Write, post: d.statementFile, most: evidenceFile},
		{path: "/desk/statements/{id}/files/{file}", right: staff.Write, get: d.statementCopy},
		{path: "/desk/entities", right: staff.Write, get: d.entities},
		{path: "/desk/entities/new", right: staff.Write, get: d.entityNew, post: d.entityCreate},
		{path: "/desk/entities/{id}", right: staff.Write, get: d.entityForm, post: d.entitySave},
		{path: "/desk/entities/{id}/posts", right: staff.Write, post: d.entityPost},
		{path: "/desk/entities/{id}/merge", right: staff.Register, post: d.entityMerge},
		{path: "/desk/running", right: staff.Write, get: d.runnings},
		{path: "/desk/running/{id}", right: staff.Write, get: d.runningForm, post: d.runningSave},

		{path: "/desk/stories/{id}/live", right: staff.Write, get: d.live, post: d.liveAdd, most: storyBody},
		{path: "/desk/stories/{id}/live/{entry}", right: staff.Write, get: d.liveReport, post: d.liveEdit, most: storyBody},
		{path: "/desk/stories/{id}/live/{entry}/pin", right: staff.Publish, post: d.livePin},
		{path: "/desk/again", right: staff.Write, get: d.again, post: d.againLooked},
		{path: "/desk/corrections", right: staff.Write, get: d.ledger},
		{path: "/desk/corrections/check", right: staff.Correct, get: d.ledgerCheck},
		{path: "/desk/hide", right: staff.Hide, get: d.hideForm, post: d.hideSend},
		{path: "/desk/hide/{order}", right: staff.Hide, get: d.hiding, post: d.hidingOn},
		{path: "/desk/bylines", right: staff.Write, get: d.bylines},
		{path: "/desk/bylines/new", right: staff.Register, get: d.bylineNew, post: d.bylineCreate},
		{path: "/desk/bylines/{byline}", right: staff.Register, get: d.bylineForm, post: d.bylineSave},
		{path: "/desk/bylines/{byline}/person", right: staff.ManageStaff, get: d.behind, post: d.behindSave},

		{path: "/desk/assets/{name}", right: staff.Public, get: d.asset},
		{path: "/desk/", right: staff.Public, get: d.nowhere, post: d.nowhere},
	}
}

// handler makes an http.Handler of a route.
func (d *Desk) handler(rt route) http.Handler {
	var allow []string
	if rt.get != nil {
		allow = append(allow, http.MethodGet, http.MethodHead)
	}
	if rt.post != nil {
		allow = append(allow, http.MethodPost)
	}
	allowed := strings.Join(append(allow, http.MethodOptions), ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := d.stranger(r)
		fail := func(w http.ResponseWriter, r *http.Request, status int, message string) {
			d.wrong(v, w, r, status, message)
		}
		web.Serve(func(w http.ResponseWriter, r *http.Request) error {
			d.prepare(w)
			act := action(nil)
			switch r.Method {
			case http.MethodGet, http.MethodHead:
				act = rt.get
			case http.MethodPost:
				act = rt.post
			}
			if act == nil {
				w.Header().Set("Allow", allowed)
				if r.Method == http.MethodOptions {
					w.WriteHeader(http.StatusNoContent)
					return nil
				}
				d.wrong(v, w, r, http.StatusMethodNotAllowed, "")
				return nil
			}
			if err := d.recognise(v, r); err != nil {
				return err
			}
			if rt.right != staff.Public && !v.In() {
				return d.turnAway(v, w, r)
			}
			if rt.right != staff.Public && !v.Member.May(rt.right) {
				return errNotYours
			}
			switch err := act(v, w, r); {
			case errors.Is(err, errUnconfirmed):
				return d.askAgain(v, w, r, rt)
			case staff.IsTries(err):
				d.wrong(v, w, r, http.StatusTooManyRequests, "")
				return nil
			default:
				return err
			}
		}, fail, d.Log).ServeHTTP(w, r)
	})
}

// prepare sets what every answer of the desk carries.
func (d *Desk) prepare(w http.ResponseWriter) {
	d.headers.Apply(w.Header())
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Robots-Tag", "noindex")
}

var (
	errNotYours = fault.New(fault.Denied, "Your role does not include this. Ask an owner")
	// errUnconfirmed is what visit.confirmed answers; the shell sends the
	// member to show a passkey and back.
	errUnconfirmed = fault.New(fault.Denied, "Show your passkey again for this")
	errMissing     = fault.New(fault.Missing, "")
)

// turnAway answers who has no session: a reader of pages is led to the sign-in
// and back; what was sent is answered on the spot, so that it is not lost.
func (d *Desk) turnAway(v *visit, w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost && !wantsJSON(r) {
		to := "/desk/in"
		if r.URL.Path != "/desk/" {
			to += "?next=" + url.QueryEscape(r.URL.RequestURI())
		}
		return v.see(w, to)
	}
	d.wrong(v, w, r, http.StatusUnauthorized, "")
	return nil
}

// askAgain sends the member to show a passkey and to come back to a page that
// can be opened.
func (d *Desk) askAgain(v *visit, w http.ResponseWriter, r *http.Request, rt route) error {
	if wantsJSON(r) {
		d.wrong(v, w, r, http.StatusForbidden, errUnconfirmed.Error())
		return nil
	}
	next := r.URL.RequestURI()
	if r.Method == http.MethodPost && rt.get == nil {
		next = "/desk/"
		if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host {
			next = from.RequestURI()
		}
	}
	return v.see(w, "/desk/confirm?next="+url.QueryEscape(onward(next)))
}

// onward is where a visit may go on to: an address of the desk's, never
// another house.
func onward(next string) string {
	const home = "/desk/"
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return home
	}
	if !strings.HasPrefix(next, home) || strings.ContainsAny(next, "\\\r\n\t") || strings.Contains(u.Path, "..") || strings.HasPrefix(u.Path, "/desk/in") {
		return home
	}
	return next
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

// nowhere answers for addresses that nothing is registered under.
func (d *Desk) nowhere(_ *visit, _ http.ResponseWriter, _ *http.Request) error { return errMissing }

// Address is a route as whoever audits the desk sees it.
type Address struct {
	Path      string
	Right     staff.Right
	Get, Post bool
}

// Addresses lists every address of the desk with the right that it asks for.
func (d *Desk) Addresses() []Address {
	routes := d.routes()
	all := make([]Address, 0, len(routes))
	for _, rt := range routes {
		all = append(all, Address{Path: rt.path, Right: rt.right, Get: rt.get != nil, Post: rt.post != nil})
	}
	return all
}
