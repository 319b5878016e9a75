package desk

import (
	"net/http"
	"strings"

	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/staff"
	"mimeo/internal/statement"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

// statementBody bounds the form of a statement.
const statementBody = 1 << 20

// statementPage is the form of one statement, with what may be done to it.
type statementPage struct {
	*page
	Record    statement.Statement // zero for a new one
	In        statementInput
	Typing    string // the language in which names and roles are typed
	Choices   []entity.Candidate
	MayKnow   bool
	Action    string // where the form is sent
	Story     *story.Story
	Langs     []labelled
	Kinds     []labelled
	Media     []labelled
	Statuses  []labelled
	States    []labelled
	Proofs    []labelled
	Relations []labelled
	Own       bool // the member saved this version
	Leave     *statement.Leave
	OwnLeave  bool
	Accuses   bool
	Related   []statement.Related
	Versions  []statement.Edition
	Stands    []Link
	Readers   []memberTick
	Size      string
}

type labelled struct{ Value, Label string }

type memberTick struct {
	ID, Name string
	In       bool
}

func (v *visit) statementPage(heading string, said statement.Statement, in statementInput, lang string) *statementPage {
	data := &statementPage{page: v.newPage(heading), Record: said, In: in, Typing: lang, Size: v.Number(statement.MaxFile >> 20)}
	for _, code := range v.desk.Editions {
		data.Langs = append(data.Langs, labelled{code, v.desk.Words.For(code).Name()})
	}
	for _, k := range statement.Kinds() {
		data.Kinds = append(data.Kinds, labelled{string(k), v.T("statement.desk.kind." + string(k))})
	}
	data.Media = append(data.Media, labelled{"", v.T("statement.desk.medium.none")})
	for _, m := range statement.Media() {
		data.Media = append(data.Media, labelled{string(m), v.T("statement.medium." + string(m))})
	}
	for _, s := range statement.Statuses() {
		data.Statuses = append(data.Statuses, labelled{string(s), v.T("statement.status." + string(s))})
	}
	for _, s := range statement.EvidenceStates() {
		data.States = append(data.States, labelled{string(s), v.T("statement.evidence." + string(s))})
	}
	for _, k := range []statement.EvidenceKind{statement.EvidenceNote, statement.EvidenceLink, statement.EvidenceFile} {
		data.Proofs = append(data.Proofs, labelled{string(k), v.T("statement.desk.evidence." + string(k))})
	}
	for _, k := range statement.Relations() {
		data.Relations = append(data.Relations, labelled{string(k), v.T("statement." + string(k))})
	}
	return data
}

// Items are those of the form, and an empty one for one more.
func (p *statementPage) Items() []evidenceInput {
	return append(append([]evidenceInput(nil), p.In.Evidence...), evidenceInput{Evidence: statement.Evidence{Kind: statement.EvidenceNote}})
}

// typing is the language in which names and roles are typed for a statement.
func (d *Desk) typing(s *statement.Statement) string {
	for _, code := range d.Editions {
		if code == s.Words.Lang {
			return code
		}
	}
	return d.Editions[0]
}

func (d *Desk) statementForm(v *visit, w http.ResponseWriter, r *http.Request) error {
	s, err := d.Statements.ByID(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	secret, err := d.secret(r, v, s.ID)
	if err != nil {
		return err
	}
	lang := d.typing(&s)
	data := v.statementPage(v.T("statement.desk.edit"), s, inputOf(&s, secret, lang), lang)
	return d.statementShow(v, w, r, http.StatusOK, data, secret != nil)
}

// secret opens the private side for a member who may know it, nil otherwise.
func (d *Desk) secret(r *http.Request, v *visit, id string) (*statement.Secret, error) {
	secret, err := d.Statements.Open(r.Context(), v.Member.ID, id)
	if fault.KindOf(err) == fault.Denied {
		return nil, nil //nolint:nilnil // the page says that it is not for them
	}
	return &secret, err
}

// statementShow adds what stands around the form.
func (d *Desk) statementShow(v *visit, w http.ResponseWriter, r *http.Request, status int, data *statementPage, mayKnow bool) error {
	ctx, s := r.Context(), &data.Record
	data.MayKnow, data.Own, data.Accuses = mayKnow, s.By == v.Member.ID, s.Accuses() && s.State == statement.NotAssessed
	data.Action = "/desk/statements/" + s.ID
	var err error
	if data.Related, err = d.Statements.Related(ctx, s.ID, true); err != nil {
		return err
	}
	if data.Versions, err = d.Statements.History(ctx, s.ID); err != nil {
		return err
	}
	drafts, err := d.Statements.Drafts(ctx, s.ID)
	if err != nil {
		return err
	}
	for _, id := range drafts {
		st, err := d.Stories.ByID(ctx, id)
		if err != nil {
			return err
		}
		data.Stands = append(data.Stands, Link{Path: "/desk/stories/" + id + "/statements", Label: st.Headline})
	}
	if l, err := d.Statements.Leave(ctx, s.ID, s.Latest); err == nil {
		data.Leave, data.OwnLeave = &l, l.Asker == v.Member.ID
	} else if fault.KindOf(err) != fault.Missing {
		return err
	}
	if mayKnow {
		if data.Readers, err = d.ticks(r, s.ID); err != nil {
			return err
		}
	}
	return d.show(v, w, status, "statement_edit", data)
}

func (d *Desk) ticks(r *http.Request, id string) (out []memberTick, err error) {
	in, err := d.Statements.Readers(r.Context(), id)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, one := range in {
		known[one] = true
	}
	all, err := d.Door.Members(r.Context())
	for _, m := range all {
		if known[m.ID] || m.State == staff.Active && m.May(staff.Write) {
			out = append(out, memberTick{m.ID, m.Name, known[m.ID]})
		}
	}
	return out, err
}

func (d *Desk) statementSave(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.LongForm(r)
	if err != nil {
		return err
	}
	s, err := d.Statements.ByID(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	secret, err := d.secret(r, v, s.ID)
	if err != nil {
		return err
	}
	lang, in := d.typing(&s), readStatement(form, d.Editions)
	in.Private = in.Private && secret != nil
	data := v.statementPage(v.T("statement.desk.edit"), s, in, lang)
	draft, err := d.record(r.Context(), data.page, &in, &s, secret, lang)
	if err == nil {
		data.Choices, err = d.speaker(r, v, data.page, &in, form.Of("which"), &draft, &s, lang)
	}
	if err != nil {
		return err
	}
	data.In = in
	if len(data.Problems) == 0 {
		_, err = d.Statements.Save(r.Context(), v.Member.ID, s.ID, in.Base, draft)
		if err == nil {
			v.flash(w, "statement.desk.said.saved")
			return v.see(w, "/desk/statements/"+s.ID)
		}
		if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.Conflict {
			return err
		}
		data.wrong("", fault.Message(err))
	}
	return d.statementShow(v, w, r, http.StatusUnprocessableEntity, data, secret != nil)
}

// statementAct does one of the things that are a button beside the form.
func (d *Desk) statementAct(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.LongForm(r)
	if err != nil {
		return err
	}
	ctx, id, by := r.Context(), r.PathValue("id"), v.Member.ID
	if !ident.IsSecret(id) {
		return errMissing
	}
	said := "statement.desk.said.saved"
	version := number(form.Of("version"))
	switch act := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]; act {
	case "check":
		said = "statement.desk.said.checked"
		_, err = d.Statements.Check(ctx, by, id, version)
	case "correct":
		said = "statement.desk.said.corrected"
		_, err = d.Statements.Correct(ctx, by, id, form.Of("note"))
	case "ask":
		said = "statement.desk.said.asked"
		err = d.Statements.AskLeave(ctx, by, id, version, form.Of("reason"))
	case "leave":
		said = "statement.desk.said.leave"
		err = d.Statements.GiveLeave(ctx, by, id, version)
	case "links":
		err = d.statementLink(r, by, id, form)
	case "readers":
		err = d.statementReaders(r, by, id, form.All("member"))
	default:
		return errMissing
	}
	if err != nil {
		return err
	}
	v.flash(w, said)
	return v.see(w, "/desk/statements/"+id)
}

func (d *Desk) statementLink(r *http.Request, by, id string, form web.Values) error {
	other := form.Of("other")
	if i := strings.LastIndex(strings.TrimSuffix(other, "/"), "/statements/"); i >= 0 {
		other, _, _ = strings.Cut(other[i+len("/statements/"):], "/")
	}
	if !ident.IsSecret(other) {
		return fault.Invalidf("Give the address of the other statement's page")
	}
	l := statement.Link{Source: id, Target: other, Kind: statement.Relation(form.Of("kind"))}
	if form.Has("back") {
		l.Source, l.Target = other, id
	}
	return d.Statements.Mark(r.Context(), by, l, !form.Has("drop"))
}

// statementReaders makes the list of those who may see the private side what
// was ticked. Whom the member leaves out goes last, lest nobody be left to
// change the list.
func (d *Desk) statementReaders(r *http.Request, by, id string, ticked []string) error {
	want := map[string]bool{}
	for _, m := range ticked {
		want[m] = true
		if err := d.Statements.Admit(r.Context(), by, id, m, true); err != nil {
			return err
		}
	}
	there, err := d.Statements.Readers(r.Context(), id)
	if err != nil {
		return err
	}
	for _, own := range []bool{false, true} {
		for _, m := range there {
			if !want[m] && (m == by) == own {
				if err := d.Statements.Admit(r.Context(), by, id, m, false); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// field is one control of the form, for templates.
type field struct {
	P                      *statementPage
	ID, Label, Value, Hint string
	All                    []labelled
}

// Field is a line or a text of the form. The template of a field with problems
// says them.
func (p *statementPage) Field(id, label, value, hint string) field {
	return field{P: p, ID: id, Label: label, Value: value, Hint: hint}
}

// Choose is a choice of the form.
func (p *statementPage) Choose(id, label, value string, all []labelled) field {
	return field{P: p, ID: id, Label: label, Value: value, All: all}
}

// ZoneName is that of the newsroom's zone.
func (p *statementPage) ZoneName() string { return p.desk.Zone.String() }

// Ordinal numbers what is counted from 0.
func (p *statementPage) Ordinal(i int) string { return p.Number(i + 1) }
