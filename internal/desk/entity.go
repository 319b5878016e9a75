package desk

import (
	"net/http"
	"net/url"
	"strings"

	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/statement"
	"mimeo/internal/web"
)

type entityList struct {
	*page
	Typed string
	Kind  entity.Kind
	Kinds []labelled
	Rows  []entityRow
	Asked bool
	Older string
}

type entityRow struct{ ID, Name, As, Kind, About string }

// entities is the register: a search by name in any script, and the list of a
// kind.
func (d *Desk) entities(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Query(r)
	if err != nil {
		return err
	}
	data := entityList{page: v.newPage(v.T("entity.desk.nav")), Typed: form.Of("q"), Kind: entity.Kind(form.Of("kind")), Kinds: v.kinds()}
	if data.Kind.Path() == "" {
		data.Kind = entity.Person
		if data.Typed != "" {
			data.Kind = ""
		}
	}
	if data.Typed != "" {
		data.Asked = true
		found, err := d.Entities.Match(r.Context(), entity.Query{Name: data.Typed, Kind: data.Kind, Limit: 30})
		if err != nil {
			return err
		}
		for i := range found {
			row := v.entityRow(&found[i].Entity)
			if found[i].As != row.Name {
				row.As = found[i].As
			}
			data.Rows = append(data.Rows, row)
		}
		return d.show(v, w, http.StatusOK, "entity_list", data)
	}
	const length = 50
	all, err := d.Entities.List(r.Context(), data.Kind, entity.Cursor{Sort: form.Of("after"), ID: form.Of("id")}, length+1)
	if err != nil {
		return err
	}
	for i := range all {
		if i == length {
			c := all[i-1].Cursor()
			data.Older = with("/desk/entities", "kind", string(data.Kind), "after", c.Sort, "id", c.ID)
			break
		}
		data.Rows = append(data.Rows, v.entityRow(&all[i]))
	}
	return d.show(v, w, http.StatusOK, "entity_list", data)
}

func (v *visit) kinds() (out []labelled) {
	for _, k := range entity.Kinds() {
		out = append(out, labelled{string(k), v.T("entity.kind." + string(k))})
	}
	return out
}

func (v *visit) entityRow(e *entity.Entity) entityRow {
	return entityRow{ID: e.ID, Name: e.Name(v.Lang), Kind: v.T("entity.kind." + string(e.Kind)), About: e.Descriptions.Text(v.Lang)}
}

type entityPage struct {
	*page
	Entry  entity.Entity
	In     entityInput
	Langs  []labelled
	Kinds  []labelled
	Posts  []postRow
	Spoken []statement.Statement
	Moves  []moveRow
	Old    []entity.Version
	Whole  *entityRow // the entry that this one is part of
	Action string
}

type entityInput struct {
	Base                 int
	Kind, Slug, Wikidata string
	Names, About         map[string]string
	Aliases              string
}

type postRow struct {
	entity.Post
	Words, Body string
}

type moveRow struct {
	ID, Words, When, Reason string
	Undone                  bool
}

func (d *Desk) entityInput(e *entity.Entity) entityInput {
	in := entityInput{Base: e.Version, Kind: string(e.Kind), Slug: e.Slug, Wikidata: e.Wikidata, Names: map[string]string{}, About: map[string]string{}, Aliases: strings.Join(e.Aliases, "\n")}
	for _, n := range e.Names {
		in.Names[n.Lang] = n.Text
	}
	for _, n := range e.Descriptions {
		in.About[n.Lang] = n.Text
	}
	return in
}

// draft reads the form; languages that the newsroom has no pages in stay as
// they were.
func (d *Desk) entityDraft(form web.Values, old *entity.Entity) (entityInput, entity.Draft) {
	in := entityInput{Base: number(form.Of("base")), Kind: form.Of("kind"), Slug: form.Of("slug"), Wikidata: form.Of("wikidata"), Names: map[string]string{}, About: map[string]string{}, Aliases: form.Text("aliases")}
	draft := entity.Draft{Kind: entity.Kind(in.Kind), Slug: in.Slug, Wikidata: in.Wikidata}
	if old.ID != "" {
		draft.Kind = old.Kind
	}
	shown := map[string]bool{}
	for _, code := range d.Editions {
		shown[code] = true
		in.Names[code], in.About[code] = form.Of("name_"+code), form.Of("about_"+code)
		draft.Names = append(draft.Names, entity.Word{Lang: code, Text: in.Names[code]})
		draft.Descriptions = append(draft.Descriptions, entity.Word{Lang: code, Text: in.About[code]})
	}
	for _, list := range []struct{ from, to *entity.Words }{{&old.Names, &draft.Names}, {&old.Descriptions, &draft.Descriptions}} {
		for _, word := range *list.from {
			if !shown[word.Lang] {
				*list.to = append(*list.to, word)
			}
		}
	}
	for line := range strings.Lines(in.Aliases) {
		if a := web.Line(line); a != "" {
			draft.Aliases = append(draft.Aliases, a)
		}
	}
	return in, draft
}

func (v *visit) entityPage(heading string, in entityInput) *entityPage {
	data := &entityPage{page: v.newPage(heading), In: in, Kinds: v.kinds()}
	for _, code := range v.desk.Editions {
		data.Langs = append(data.Langs, labelled{code, v.desk.Words.For(code).Name()})
	}
	return data
}

func (d *Desk) entityNew(v *visit, w http.ResponseWriter, r *http.Request) error {
	in := entityInput{Kind: string(entity.Person), Names: map[string]string{d.Editions[0]: web.Line(r.URL.Query().Get("name"))}, About: map[string]string{}}
	data := v.entityPage(v.T("entity.desk.new"), in)
	data.Action = "/desk/entities/new"
	return d.show(v, w, http.StatusOK, "entity_edit", data)
}

func (d *Desk) entityCreate(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.LongForm(r)
	if err != nil {
		return err
	}
	in, draft := d.entityDraft(form, &entity.Entity{})
	e, err := d.Entities.Create(r.Context(), v.Member.ID, draft)
	if err == nil {
		v.flash(w, "entity.desk.said.saved")
		return v.see(w, "/desk/entities/"+e.ID)
	}
	if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.Conflict {
		return err
	}
	data := v.entityPage(v.T("entity.desk.new"), in)
	data.Action = "/desk/entities/new"
	data.wrong("name_"+d.Editions[0], fault.Message(err))
	return d.show(v, w, http.StatusUnprocessableEntity, "entity_edit", data)
}

func (d *Desk) entityForm(v *visit, w http.ResponseWriter, r *http.Request) error {
	e, err := d.entityOf(r)
	if err != nil {
		return err
	}
	return d.entityShow(v, w, r, http.StatusOK, v.entityPage(e.Name(v.Lang), d.entityInput(&e)), e)
}

func (d *Desk) entityOf(r *http.Request) (entity.Entity, error) {
	id := r.PathValue("id")
	if !ident.IsSecret(id) {
		return entity.Entity{}, errMissing
	}
	return d.Entities.ByID(r.Context(), id)
}

func (d *Desk) entityShow(v *visit, w http.ResponseWriter, r *http.Request, status int, data *entityPage, e entity.Entity) error {
	ctx := r.Context()
	data.Entry, data.Action = e, "/desk/entities/"+e.ID
	posts, err := d.Entities.Posts(ctx, e.ID)
	if err != nil {
		return err
	}
	for _, p := range posts {
		row := postRow{Post: p, Words: p.Roles.Text(v.Lang)}
		if p.Body != "" {
			body, err := d.Entities.Now(ctx, p.Body)
			if err != nil {
				return err
			}
			row.Body = body.Name(v.Lang)
		}
		data.Posts = append(data.Posts, row)
	}
	if data.Spoken, err = d.Statements.Of(ctx, e.ID, statement.PartWho, statement.Cursor{}, listedStatements); err != nil {
		return err
	}
	moves, err := d.Entities.Moves(ctx, e.ID)
	if err != nil {
		return err
	}
	for _, m := range moves {
		source, err := d.Entities.ByID(ctx, m.Source)
		if err != nil {
			return err
		}
		target, err := d.Entities.ByID(ctx, m.Target)
		if err != nil {
			return err
		}
		data.Moves = append(data.Moves, moveRow{
			ID: m.ID, Words: v.T("entity.desk.moves."+string(m.Act), "Source", source.Name(v.Lang), "Target", target.Name(v.Lang)),
			When: v.DateTime(m.At), Reason: m.Reason, Undone: !m.Undone.IsZero(),
		})
	}
	if e.Merged != "" {
		whole, err := d.Entities.Now(ctx, e.Merged)
		if err != nil {
			return err
		}
		row := v.entityRow(&whole)
		data.Whole = &row
	}
	if data.Old, err = d.Entities.History(ctx, e.ID); err != nil {
		return err
	}
	return d.show(v, w, status, "entity_edit", data)
}

func (d *Desk) entitySave(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.LongForm(r)
	if err != nil {
		return err
	}
	e, err := d.entityOf(r)
	if err != nil {
		return err
	}
	in, draft := d.entityDraft(form, &e)
	_, err = d.Entities.Revise(r.Context(), v.Member.ID, e.ID, in.Base, draft)
	if err == nil {
		v.flash(w, "entity.desk.said.saved")
		return v.see(w, "/desk/entities/"+e.ID)
	}
	if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.Conflict {
		return err
	}
	data := v.entityPage(e.Name(v.Lang), in)
	data.wrong("name_"+d.Editions[0], fault.Message(err))
	return d.entityShow(v, w, r, http.StatusUnprocessableEntity, data, e)
}

// entityPost adds a post, changes one or takes it away.
func (d *Desk) entityPost(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.LongForm(r)
	if err != nil {
		return err
	}
	e, err := d.entityOf(r)
	if err != nil {
		return err
	}
	if form.Has("drop") {
		err = d.Entities.DropPost(r.Context(), v.Member.ID, e.ID, form.Of("post"))
	} else {
		p := entity.Post{ID: form.Of("post"), Person: e.ID, Since: entity.Day(form.Of("since")), Until: entity.Day(form.Of("until"))}
		for _, code := range d.Editions {
			p.Roles = append(p.Roles, entity.Word{Lang: code, Text: form.Of("role_" + code)})
		}
		body, err2 := d.party(r.Context(), form.Of("body"), d.Editions[0], entity.Body, nil)
		switch {
		case err2 != nil:
			return err2
		case body.Entity == "" && len(body.Name) > 0:
			made, err := d.Entities.Create(r.Context(), v.Member.ID, entity.Draft{Kind: entity.Body, Names: body.Name})
			if err != nil {
				return err
			}
			body.Entity = made.ID
		}
		p.Body = body.Entity
		_, err = d.Entities.SavePost(r.Context(), v.Member.ID, p)
	}
	if kind := fault.KindOf(err); err != nil && (kind == fault.Invalid || kind == fault.Missing) {
		data := v.entityPage(e.Name(v.Lang), d.entityInput(&e))
		data.wrong("since", fault.Message(err))
		return d.entityShow(v, w, r, http.StatusUnprocessableEntity, data, e)
	}
	if err != nil {
		return err
	}
	v.flash(w, "entity.desk.said.saved")
	return v.see(w, "/desk/entities/"+e.ID)
}

// entityMerge makes the entry part of another one, splits it, or undoes either.
func (d *Desk) entityMerge(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.LongForm(r)
	if err != nil {
		return err
	}
	e, err := d.entityOf(r)
	if err != nil {
		return err
	}
	var m entity.Move
	said := "entity.desk.said.merged"
	switch {
	case form.Has("undo"):
		said = "entity.desk.said.undone"
		m, err = d.Entities.Undo(r.Context(), v.Member.ID, form.Of("undo"))
	case form.Has("split"):
		said = "entity.desk.said.split"
		draft := entity.Draft{Names: entity.Words{{Lang: d.Editions[0], Text: form.Of("name")}}}
		_, m, err = d.Entities.Split(r.Context(), v.Member.ID, e.ID, draft, form.All("post"), form.All("statement"), form.Of("reason"))
	default:
		into := form.Of("into")
		if !ident.IsSecret(into) {
			found, err := d.Entities.Match(r.Context(), entity.Query{Name: into, Kind: e.Kind, Limit: 5})
			if err != nil {
				return err
			}
			into = ""
			for _, c := range found {
				if c.ID != e.ID && c.Score >= entity.Sure {
					into = c.ID
					break
				}
			}
		}
		if into == "" {
			return fault.Missingf("No other entry of this kind surely has that name. Open it and take the id from its address")
		}
		m, err = d.Entities.Merge(r.Context(), v.Member.ID, e.ID, into, form.Of("reason"))
	}
	if err != nil {
		return err
	}
	v.flash(w, said, "Statements", v.Number(m.Statements))
	to := m.Target
	if m.Act == entity.Split || form.Has("undo") {
		to = m.Source
	}
	return v.see(w, "/desk/entities/"+url.PathEscape(to))
}
