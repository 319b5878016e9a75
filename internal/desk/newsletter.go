package desk

import (
	"net/http"
	"strconv"

	"mimeo/internal/fault"
	"mimeo/internal/newsletter"
	"mimeo/internal/web"
)

type newslettersPage struct {
	*page
	Letters   []newsletter.Newsletter
	Flags     []newsletter.Flag
	Languages []choice
	Form      newsletter.Newsletter
}

const (
	mostFlags  = 20
	issuesPage = 20
	issueRow   = 60 // newest stories that an issue is composed from
)

// newsletters lists them, and founds another.
func (d *Desk) newsletters(v *visit, w http.ResponseWriter, r *http.Request) error {
	data, err := d.newslettersData(v, r)
	if err != nil {
		return err
	}
	data.Form.Open = true
	return d.show(v, w, http.StatusOK, "newsletters", data)
}

func (d *Desk) newslettersData(v *visit, r *http.Request) (data *newslettersPage, err error) {
	data = &newslettersPage{page: v.newPage(v.T("newsletter.desk.title")), Languages: d.languages("")}
	if data.Letters, err = d.Newsletters.List(r.Context()); err != nil {
		return nil, err
	}
	data.Flags, err = d.Newsletters.Flags(r.Context(), mostFlags)
	return data, err
}

func (d *Desk) newsletterFound(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	n := newsletter.Newsletter{Lang: d.language(form.Of("lang")), Name: form.Of("name"), About: form.Of("about"), Open: form.Has("open")}
	made, err := d.Newsletters.Found(r.Context(), v.Member.ID, n)
	if kind := fault.KindOf(err); kind == fault.Invalid || kind == fault.Conflict {
		data, again := d.newslettersData(v, r)
		if again != nil {
			return again
		}
		data.Form, data.Languages = n, d.languages(n.Lang)
		data.wrong("name", fault.Message(err))
		return d.show(v, w, web.Status(err), "newsletters", data)
	}
	if err != nil {
		return err
	}
	v.flash(w, "newsletter.desk.saved")
	return v.see(w, "/desk/newsletters/"+made.ID)
}

// newsletterClear notes that a flag was seen to.
func (d *Desk) newsletterClear(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := d.Newsletters.Clear(r.Context(), form.Of("issue"), form.Of("story")); err != nil {
		return err
	}
	v.flash(w, "newsletter.desk.saved")
	return v.see(w, "/desk/newsletters")
}

type newsletterPage struct {
	*page
	Letter newsletter.Newsletter
	Issues []newsletter.Issue
	Older  string // id of the issue that the next page begins after
}

// newsletterShow is one newsletter: its issues and its settings.
func (d *Desk) newsletterShow(v *visit, w http.ResponseWriter, r *http.Request) error {
	n, err := d.Newsletters.ByID(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	data, err := d.newsletterData(v, r, n)
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "newsletter", data)
}

func (d *Desk) newsletterData(v *visit, r *http.Request, n newsletter.Newsletter) (*newsletterPage, error) {
	data := &newsletterPage{page: v.newPage(n.Name), Letter: n}
	var after newsletter.Issue
	var err error
	if id := r.URL.Query().Get("after"); id != "" {
		if after, err = d.Newsletters.Issue(r.Context(), id); err != nil {
			return nil, err
		}
	}
	if data.Issues, err = d.Newsletters.Issues(r.Context(), n.ID, after, issuesPage+1); err != nil {
		return nil, err
	}
	if len(data.Issues) > issuesPage {
		data.Issues = data.Issues[:issuesPage]
		data.Older = data.Issues[issuesPage-1].ID
	}
	return data, nil
}

// newsletterSave saves a newsletter's settings.
func (d *Desk) newsletterSave(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	n, err := d.Newsletters.ByID(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	n.Name, n.About, n.Open = form.Of("name"), form.Of("about"), form.Has("open")
	err = d.Newsletters.Change(r.Context(), v.Member.ID, n)
	if fault.KindOf(err) == fault.Invalid {
		data, again := d.newsletterData(v, r, n)
		if again != nil {
			return again
		}
		data.wrong("name", fault.Message(err))
		return d.show(v, w, http.StatusUnprocessableEntity, "newsletter", data)
	}
	if err != nil {
		return err
	}
	v.flash(w, "newsletter.desk.saved")
	return v.see(w, "/desk/newsletters/"+n.ID)
}

// issueBegin begins an issue.
func (d *Desk) issueBegin(v *visit, w http.ResponseWriter, r *http.Request) error {
	i, err := d.Newsletters.Compose(r.Context(), newsletter.Issue{Newsletter: r.PathValue("id")})
	if err != nil {
		return err
	}
	return v.see(w, "/desk/issues/"+i.ID)
}

type issuePage struct {
	*page
	Letter      newsletter.Newsletter
	Issue       newsletter.Issue
	Stories     []placed
	Preview     string
	Subscribers int64
	Email       string
	Asked       bool // sending was asked for and awaits the second button
}

// issueShow is an issue: composed, tried, sent.
func (d *Desk) issueShow(v *visit, w http.ResponseWriter, r *http.Request) error {
	i, err := d.Newsletters.Issue(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	data, err := d.issueData(v, r, i)
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "issue", data)
}

func (d *Desk) issueData(v *visit, r *http.Request, i newsletter.Issue) (*issuePage, error) {
	data := &issuePage{page: v.newPage(i.Subject), Issue: i, Email: ""}
	if i.Subject == "" {
		data.Heading = v.T("newsletter.desk.untitled")
	}
	data.Scripts = []string{"order.js"}
	all, err := d.Newsletters.List(r.Context())
	if err != nil {
		return nil, err
	}
	for _, n := range all {
		if n.ID == i.Newsletter {
			data.Letter, data.Subscribers = n, n.Subscribers
		}
	}
	if i.State == newsletter.Drafted {
		if data.Stories, err = d.issueStories(r, data.Letter.Lang, i.Stories); err != nil {
			return nil, err
		}
	}
	if i.Intro != "" || len(i.Stories) > 0 {
		m, err := d.Newsletters.Preview(r.Context(), i)
		if err != nil {
			return nil, err
		}
		data.Preview = m.Text
	}
	return data, nil
}

// issueStories are the stories of an issue in their order, then the newest
// others.
func (d *Desk) issueStories(r *http.Request, language string, chosen []string) (all []placed, err error) {
	there := map[string]bool{}
	for i, id := range chosen {
		s, err := d.Stories.ByID(r.Context(), id)
		if fault.KindOf(err) == fault.Missing {
			continue
		}
		if err != nil {
			return nil, err
		}
		there[id] = true
		all = append(all, placed{ID: id, Headline: s.Headline, Published: s.Published, Place: strconv.Itoa(i + 1)})
	}
	newest, err := d.Stories.Front(r.Context(), language, issueRow)
	if err != nil {
		return nil, err
	}
	for i := range newest {
		if s := newest[i]; !there[s.ID] {
			all = append(all, placed{ID: s.ID, Headline: s.Headline, Published: s.Published})
		}
	}
	return all, nil
}

// issueSave saves an issue, and asks once more when it is to be sent.
func (d *Desk) issueSave(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.LongForm(r)
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(form.Of("version"))
	if err != nil {
		return fault.Wrap(fault.Invalid, "This form is incomplete", err)
	}
	typed := newsletter.Issue{ID: r.PathValue("id"), Version: version, Subject: form.Of("subject"), Intro: form.Text("intro"), Stories: ordered(form)}
	i, err := d.Newsletters.Save(r.Context(), typed)
	if kind := fault.KindOf(err); kind == fault.Invalid || kind == fault.Conflict {
		there, again := d.Newsletters.Issue(r.Context(), typed.ID)
		if again != nil {
			return again
		}
		// What was typed stays, over what was saved meanwhile.
		there.Subject, there.Intro, there.Stories = typed.Subject, typed.Intro, typed.Stories
		data, again := d.issueData(v, r, there)
		if again != nil {
			return again
		}
		data.wrong("subject", fault.Message(err))
		return d.show(v, w, web.Status(err), "issue", data)
	}
	if err != nil {
		return err
	}
	if form.Of("do") != "send" {
		v.flash(w, "newsletter.desk.saved")
		return v.see(w, "/desk/issues/"+i.ID)
	}
	data, err := d.issueData(v, r, i)
	if err != nil {
		return err
	}
	if data.Asked = i.Subject != "" && data.Preview != ""; !data.Asked {
		data.wrong("subject", v.T("newsletter.desk.preview_empty"))
		return d.show(v, w, http.StatusUnprocessableEntity, "issue", data)
	}
	return d.show(v, w, http.StatusOK, "issue", data)
}

// issueTry sends one letter to the editor's own address.
func (d *Desk) issueTry(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	err = d.Newsletters.Try(r.Context(), r.PathValue("id"), form.Of("email"))
	if fault.KindOf(err) == fault.Invalid {
		i, again := d.Newsletters.Issue(r.Context(), r.PathValue("id"))
		if again != nil {
			return again
		}
		data, again := d.issueData(v, r, i)
		if again != nil {
			return again
		}
		data.Email = form.Of("email")
		data.wrong("email", v.T("contribution.error.email"))
		return d.show(v, w, http.StatusUnprocessableEntity, "issue", data)
	}
	if err != nil {
		return err
	}
	v.flash(w, "newsletter.desk.tried")
	return v.see(w, "/desk/issues/"+r.PathValue("id"))
}

// issueSend sends an issue to everybody.
func (d *Desk) issueSend(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(form.Of("version"))
	if err != nil {
		return fault.Wrap(fault.Invalid, "This form is incomplete", err)
	}
	i, err := d.Newsletters.Send(r.Context(), v.Member.ID, r.PathValue("id"), version)
	if err != nil {
		return err
	}
	v.flash(w, "newsletter.desk.sent")
	return v.see(w, "/desk/issues/"+i.ID)
}

// Form is what the settings show.
func (p *newsletterPage) Form() newsletter.Newsletter { return p.Letter }

// Drafted says whether the issue may still be changed.
func (p *issuePage) Drafted() bool { return p.Issue.State == newsletter.Drafted }

// badge is a state in words and in a colour.
type badge struct{ Class, Words string }

// State is how far an issue is.
func (p *page) State(i newsletter.Issue) badge {
	switch i.State {
	case newsletter.Drafted:
		return badge{"", p.T("newsletter.desk.draft")}
	case newsletter.Sending:
		return badge{"warn", p.T("newsletter.desk.sending")}
	case newsletter.Sent:
		return badge{"good", p.T("newsletter.desk.was_sent")}
	default:
		return badge{"bad", string(i.State)}
	}
}
