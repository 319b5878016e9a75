package desk

import (
	"net/http"
	"slices"

	"mimeo/internal/byline"
	"mimeo/internal/fault"
	"mimeo/internal/web"
)

const bylinesListed = 60

type bylinesPage struct {
	*page
	List []byline.Byline
	Next string
}

// bylines lists the names above stories. No page of them says who signs in.
func (d *Desk) bylines(v *visit, w http.ResponseWriter, r *http.Request) error {
	data := bylinesPage{page: v.newPage(v.T("deskwork.bylines"))}
	list, err := d.Bylines.List(r.Context(), r.URL.Query().Get("after"), bylinesListed+1)
	if err != nil {
		return err
	}
	if len(list) > bylinesListed {
		list = list[:bylinesListed]
		data.Next = with("/desk/bylines", "after", list[bylinesListed-1].Slug)
	}
	data.List = list
	return d.show(v, w, http.StatusOK, "bylines", data)
}

type bylinePage struct {
	*page
	In byline.Byline
}

func (d *Desk) bylineNew(v *visit, w http.ResponseWriter, _ *http.Request) error {
	return d.show(v, w, http.StatusOK, "byline", &bylinePage{page: v.newPage(v.T("deskwork.byline.new"))})
}

func (d *Desk) bylineForm(v *visit, w http.ResponseWriter, r *http.Request) error {
	one, err := d.Bylines.ByID(r.Context(), r.PathValue("byline"))
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "byline", &bylinePage{v.newPage(v.T("deskwork.byline.edit")), one})
}

func readByline(r *http.Request) (one byline.Byline, err error) {
	form, err := web.Form(r)
	if err != nil {
		return one, err
	}
	return byline.Byline{ID: r.PathValue("byline"), Name: form.Of("name"), Slug: form.Of("slug"), Pseudonym: form.Has("pseudonym"), About: form.Of("about")}, nil
}

func (d *Desk) bylineCreate(v *visit, w http.ResponseWriter, r *http.Request) error {
	in, err := readByline(r)
	if err != nil {
		return err
	}
	made, err := d.Bylines.Create(r.Context(), in, v.Member.ID)
	if err != nil {
		return d.bylineAgain(v, w, "deskwork.byline.new", in, err)
	}
	v.flash(w, "deskwork.byline.said", "Name", made.Name)
	return v.see(w, "/desk/bylines")
}

func (d *Desk) bylineSave(v *visit, w http.ResponseWriter, r *http.Request) error {
	in, err := readByline(r)
	if err != nil {
		return err
	}
	saved, err := d.Bylines.Revise(r.Context(), in, v.Member.ID)
	if err != nil {
		return d.bylineAgain(v, w, "deskwork.byline.edit", in, err)
	}
	v.flash(w, "deskwork.byline.said", "Name", saved.Name)
	return v.see(w, "/desk/bylines")
}

// bylineAgain shows the form with what was typed.
func (d *Desk) bylineAgain(v *visit, w http.ResponseWriter, heading string, in byline.Byline, why error) error {
	kind := fault.KindOf(why)
	if kind != fault.Invalid && kind != fault.Conflict {
		return why
	}
	data := &bylinePage{v.newPage(v.T(heading)), in}
	switch {
	case in.Name == "":
		data.wrong("name", v.T("deskwork.byline.noname"))
	case kind == fault.Conflict:
		data.wrong("slug", v.T("deskwork.byline.taken"))
	case in.Slug != "":
		data.wrong("slug", fault.Message(why))
	default:
		data.wrong("name", fault.Message(why))
	}
	return d.show(v, w, web.Status(why), "byline", data)
}

type behindPage struct {
	*page
	Byline  byline.Byline
	Person  byline.Person
	Found   bool
	Members []choice
}

// behind shows who stands behind a byline, to whom staff is entrusted alone.
func (d *Desk) behind(v *visit, w http.ResponseWriter, r *http.Request) error {
	if err := v.confirmed(); err != nil {
		return err
	}
	data, err := d.behindPage(v, r)
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "byline_behind", data)
}

func (d *Desk) behindPage(v *visit, r *http.Request) (data *behindPage, err error) {
	ctx := r.Context()
	data = &behindPage{page: v.newPage(v.T("deskwork.behind"))}
	if data.Byline, err = d.Bylines.ByID(ctx, r.PathValue("byline")); err != nil {
		return nil, err
	}
	if data.Person, data.Found, err = d.Bylines.PersonOf(ctx, data.Byline.ID); err != nil || !data.Found {
		return data, err
	}
	members, err := d.Door.Members(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		theirs, err := d.Bylines.BylinesOf(ctx, m.ID)
		if err != nil {
			return nil, err
		}
		joined := slices.ContainsFunc(theirs, func(b byline.Byline) bool { return b.ID == data.Byline.ID })
		data.Members = append(data.Members, choice{Value: m.ID, Name: m.Name, Chosen: joined})
	}
	return data, nil
}

// behindSave writes down, or forgets, who stands behind a byline.
func (d *Desk) behindSave(v *visit, w http.ResponseWriter, r *http.Request) error {
	if err := v.confirmed(); err != nil {
		return err
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	data, err := d.behindPage(v, r)
	if err != nil {
		return err
	}
	ctx, id, by := r.Context(), data.Byline.ID, v.Member.ID
	switch form.Of("do") {
	case "new":
		if form.Of("person") == "" {
			err = fault.Invalidf("%s", v.T("deskwork.behind.noname"))
			break
		}
		var p byline.Person
		if p, err = d.Bylines.AddPerson(ctx, form.Of("person"), by); err == nil {
			err = d.Bylines.Link(ctx, id, p.ID, by)
		}
	case "same":
		err = d.sameAs(r, id, form.Of("slug"), by)
	case "forget":
		err = d.Bylines.Link(ctx, id, "", by)
	case "join":
		err = d.Bylines.Join(ctx, data.Person.ID, form.Of("member"), by)
	case "part":
		err = d.Bylines.Part(ctx, data.Person.ID, form.Of("member"), by)
	default:
		err = fault.Invalidf("Choose what is to be done")
	}
	switch kind := fault.KindOf(err); {
	case kind == fault.Invalid:
		data.wrong("person", fault.Message(err))
	case kind == fault.Missing:
		data.wrong("slug", v.T("deskwork.behind.nosuch"))
	case err != nil:
		return err
	default:
		v.flash(w, "deskwork.behind.said")
		return v.see(w, "/desk/bylines/"+id+"/person")
	}
	return d.show(v, w, http.StatusUnprocessableEntity, "byline_behind", data)
}

// sameAs says that whoever stands behind another byline stands behind this one.
func (d *Desk) sameAs(r *http.Request, id, slug, by string) error {
	other, err := d.Bylines.BySlug(r.Context(), slug)
	if err != nil {
		return err
	}
	p, found, err := d.Bylines.PersonOf(r.Context(), other.ID)
	if err != nil {
		return err
	}
	if !found {
		return fault.Missingf("Nobody is written down behind that byline")
	}
	return d.Bylines.Link(r.Context(), id, p.ID, by)
}
