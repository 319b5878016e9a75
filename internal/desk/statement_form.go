package desk

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"mimeo/internal/entity"
	"mimeo/internal/statement"
	"mimeo/internal/web"
)

// statementInput is a statement's form as it is typed.
type statementInput struct {
	Base                    int
	Marked                  string // words of the story's text that are to carry it
	Who, WhoID, WhoKind     string
	Unnamed                 bool
	Why, Name               string
	Role, Body              string
	Words, Lang             string
	Exact                   bool
	Translated              map[string]string
	Kind, Cue               string
	Date, Clock, Zone       string
	Medium, Place, Where    string
	To, About, Topics       string // one a line
	Status, Deadline        string
	Accusation              bool
	State                   string
	Evidence                []evidenceInput
	Asked, Answered, Answer string
	Note, PrivateNote       string
	Private                 bool // the private fields were in the form
}

// evidenceInput is one item of evidence in the form.
type evidenceInput struct {
	statement.Evidence
	Words, URL string // as typed, for readers or not
	Shut       bool   // private, and not for this member
	Drop       bool
}

func readStatement(form web.Values, languages []string) statementInput {
	in := statementInput{
		Marked: strings.TrimSpace(form.Text("marked")), Who: form.Of("who"), WhoID: form.Of("who_id"), WhoKind: form.Of("who_kind"),
		Unnamed: form.Has("unnamed"), Why: form.Of("why"), Name: form.Of("name"), Role: form.Of("role"), Body: form.Of("body"),
		Words: strings.TrimSpace(form.Text("words")), Lang: form.Of("lang"), Exact: form.Has("exact"), Kind: form.Of("kind"), Cue: form.Of("cue"),
		Date: form.Of("date"), Clock: form.Of("clock"), Zone: form.Of("zone"), Medium: form.Of("medium"), Place: form.Of("place"), Where: form.Of("where"),
		To: form.Text("to"), About: form.Text("about"), Topics: form.Text("topics"), Status: form.Of("status"), Deadline: form.Of("deadline"),
		Accusation: form.Has("accusation"), State: form.Of("state"), Asked: form.Of("asked"), Answered: form.Of("answered"), Answer: form.Of("answer"),
		Note: form.Of("note"), PrivateNote: strings.TrimSpace(form.Text("private_note")), Private: form.Has("private"), Translated: map[string]string{},
	}
	in.Base, _ = strconv.Atoi(form.Of("base")) //nolint:errcheck // 0 is a base that is stale
	for _, code := range languages {
		in.Translated[code] = strings.TrimSpace(form.Text("words_" + code))
	}
	const mostItems = 50
	for i := 0; i < mostItems && form.Has("e"+strconv.Itoa(i)+"_kind"); i++ {
		p := "e" + strconv.Itoa(i) + "_"
		e := evidenceInput{Words: form.Of(p + "label"), URL: form.Of(p + "url"), Drop: form.Has(p + "drop")}
		e.ID, e.Kind, e.Public, e.Second = form.Of(p+"id"), statement.EvidenceKind(form.Of(p+"kind")), form.Has(p+"public"), form.Has(p+"second")
		in.Evidence = append(in.Evidence, e)
	}
	return in
}

// when reads a date and a time of day in a zone. A date may be a month or a
// year alone.
func when(date, clock, zone string, usual *time.Location) (w statement.When, ok bool) {
	date = web.Line(date)
	if date == "" {
		return w, clock == ""
	}
	at, name := usual, usual.String()
	if zone != "" {
		var err error
		if at, err = time.LoadLocation(zone); err != nil {
			return w, false
		}
		name = zone
	}
	for form, precision := range map[string]statement.Precision{"2006": statement.ToYear, "2006-01": statement.ToMonth, time.DateOnly: statement.ToDay} {
		if len(form) != len(date) {
			continue
		}
		if precision == statement.ToDay && clock != "" {
			form, date, precision = form+" 15:04", date+" "+clock, statement.ToMinute
		}
		t, err := time.ParseInLocation(form, date, at)
		return statement.When{At: t.UTC(), Zone: name, Precision: precision}, err == nil
	}
	return w, false
}

// moment reads a date with or without a time of day.
func moment(text string, usual *time.Location) (statement.When, bool) {
	date, clock, _ := strings.Cut(strings.Replace(strings.TrimSpace(text), "T", " ", 1), " ")
	return when(date, strings.TrimSpace(clock), "", usual)
}

// typed writes a moment as the form takes it.
func typed(w statement.When) (date, clock string) {
	if w.IsZero() {
		return "", ""
	}
	at := w.At.In(w.Location())
	switch w.Precision {
	case statement.ToMinute:
		return at.Format(time.DateOnly), at.Format("15:04")
	case statement.ToMonth:
		return at.Format("2006-01"), ""
	case statement.ToYear:
		return at.Format("2006"), ""
	case statement.ToDay:
		return at.Format(time.DateOnly), ""
	default:
		return at.Format(time.DateOnly), ""
	}
}

func both(w statement.When) string {
	date, clock := typed(w)
	return strings.TrimSpace(date + " " + clock)
}

func namesOf(all []statement.Party, lang string) string {
	var names []string
	for _, p := range all {
		names = append(names, p.Name.Text(lang))
	}
	return strings.Join(names, "\n")
}

// inputOf is the form of a statement as it is.
func inputOf(s *statement.Statement, secret *statement.Secret, lang string) statementInput {
	in := statementInput{
		Base: s.Latest, Who: s.Who.Name.Text(lang), WhoID: s.Who.Entity, Unnamed: s.Who.Unnamed, Why: s.Who.Why.Text(lang),
		Role: s.Role.Text(lang), Body: s.Record.Body.Name.Text(lang), Words: s.Words.Text, Lang: s.Words.Lang, Exact: s.Exact,
		Kind: string(s.Kind), Cue: s.Cue, Zone: s.When.Zone, Medium: string(s.Medium), Place: s.Place.Name.Text(lang), Where: s.Where.Text(lang),
		To: namesOf(s.Addressees, lang), About: namesOf(s.About, lang), Topics: namesOf(s.Topics, lang), Status: string(s.Status),
		Deadline: both(s.Deadline), Accusation: s.Accusation, State: string(s.State), Asked: both(s.Reply.Asked), Answered: both(s.Reply.Answered),
		Answer: s.Reply.Answer.Text(lang), Translated: map[string]string{},
	}
	in.Date, in.Clock = typed(s.When)
	for _, w := range s.Translated {
		in.Translated[w.Lang] = w.Text
	}
	shut := map[string]statement.SecretEvidence{}
	if secret != nil {
		in.Private, in.Name, in.PrivateNote = true, secret.Name.Reveal(), secret.Note.Reveal()
		for _, e := range secret.Evidence {
			shut[e.ID] = e
		}
	}
	for _, e := range s.Evidence {
		item := evidenceInput{Evidence: e, Words: e.Label, URL: e.Link}
		if !e.Public {
			p, known := shut[e.ID]
			item.Shut = !known && secret == nil
			item.Words, item.URL, item.Copy, item.Type, item.Size, item.SHA256 = p.Label.Reveal(), p.Link.Reveal(), p.Copy, p.Type, p.Size, p.SHA256
		}
		in.Evidence = append(in.Evidence, item)
	}
	return in
}

// parties reads names, one a line. A name that the register surely knows is
// its entry; any other stays words.
func (d *Desk) parties(ctx context.Context, text, lang string, kind entity.Kind, old []statement.Party) (out []statement.Party, err error) {
	for line := range strings.Lines(text) {
		name := web.Line(line)
		if name == "" {
			continue
		}
		p, err := d.party(ctx, name, lang, kind, old)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (d *Desk) party(ctx context.Context, name, lang string, kind entity.Kind, old []statement.Party) (statement.Party, error) {
	if name == "" {
		return statement.Party{}, nil
	}
	for _, p := range old { // as it stood: its frozen names stay
		if p.Name.Text(lang) == name {
			return p, nil
		}
	}
	found, err := d.Entities.Match(ctx, entity.Query{Name: name, Kind: kind, Limit: 2})
	if err != nil {
		return statement.Party{}, err
	}
	if one, ok := surely(found); ok {
		return statement.Party{Entity: one.ID, Name: one.Names}, nil
	}
	return statement.Party{Name: entity.Words{{Lang: lang, Text: name}}}, nil
}

// surely is the candidate that was meant, when there is no doubt.
func surely(found []entity.Candidate) (entity.Candidate, bool) {
	if len(found) == 0 || found[0].Score < entity.Sure || len(found) > 1 && found[1].Score == found[0].Score {
		return entity.Candidate{}, false
	}
	return found[0], true
}

// rewrite puts a text in one language in the place of the old one, and leaves
// the other languages as they are.
func rewrite(old entity.Words, lang, text string) entity.Words {
	out := slices.Clone(old)
	for i := range out {
		if out[i].Lang == lang || i == 0 && out.Text(lang) == text {
			out[i].Text = text
			return out
		}
	}
	if text == "" || out.Text(lang) == text {
		return out
	}
	return append(entity.Words{{Lang: lang, Text: text}}, out...)
}

// record makes a draft of what was typed; old is the statement as it was. What
// cannot be read becomes a problem of the page, with all that was typed kept.
func (d *Desk) record(ctx context.Context, p *page, in *statementInput, old *statement.Statement, secret *statement.Secret, lang string) (draft statement.Draft, err error) {
	draft.Record = old.Record
	r := &draft.Record
	r.Exact, r.Kind, r.Cue = in.Exact, statement.Kind(in.Kind), in.Cue
	r.Words = entity.Word{Lang: in.Lang, Text: in.Words}
	if r.Words.Lang == "" {
		r.Words.Lang = lang
	}
	r.Translated = nil
	for _, code := range d.Editions {
		if text := in.Translated[code]; text != "" && code != r.Words.Lang {
			r.Translated = append(r.Translated, entity.Word{Lang: code, Text: text})
		}
	}
	for _, w := range old.Translated {
		if !slices.Contains(d.Editions, w.Lang) {
			r.Translated = append(r.Translated, w)
		}
	}
	if in.Words == "" {
		p.wrong("words", p.T("statement.desk.said"))
	}
	r.Role = rewrite(old.Role, lang, in.Role)
	r.Where = rewrite(old.Where, lang, in.Where)
	r.Reply.Answer = rewrite(old.Reply.Answer, lang, in.Answer)
	r.Status, r.Medium, r.State, r.Accusation = statement.Status(in.Status), statement.Medium(in.Medium), statement.EvidenceState(in.State), in.Accusation
	var ok bool
	if r.When, ok = when(in.Date, in.Clock, in.Zone, d.Zone); !ok {
		p.wrong("date", p.T("statement.desk.when"))
	}
	for _, m := range []struct {
		to          *statement.When
		text, field string
		label       string
	}{
		{&r.Deadline, in.Deadline, "deadline", "statement.desk.deadline"},
		{&r.Reply.Asked, in.Asked, "asked", "statement.desk.reply.asked"},
		{&r.Reply.Answered, in.Answered, "answered", "statement.desk.reply.answered"},
	} {
		if *m.to, ok = moment(m.text, d.Zone); !ok {
			p.wrong(m.field, p.T(m.label))
		}
	}
	if r.Body, err = d.party(ctx, in.Body, lang, entity.Body, []statement.Party{old.Record.Body}); err != nil {
		return draft, err
	}
	if r.Place, err = d.party(ctx, in.Place, lang, entity.Place, []statement.Party{old.Place}); err != nil {
		return draft, err
	}
	if r.Addressees, err = d.parties(ctx, in.To, lang, "", old.Addressees); err != nil {
		return draft, err
	}
	if r.About, err = d.parties(ctx, in.About, lang, "", old.About); err != nil {
		return draft, err
	}
	if r.Topics, err = d.parties(ctx, in.Topics, lang, entity.Topic, old.Topics); err != nil {
		return draft, err
	}
	d.evidence(in, &draft, old, secret)
	draft.Note = in.Note
	return draft, nil
}

// evidence reads the items, each onto the side that it belongs to.
func (d *Desk) evidence(in *statementInput, draft *statement.Draft, old *statement.Statement, secret *statement.Secret) {
	before := map[string]evidenceInput{}
	for _, e := range inputOf(old, secret, "").Evidence {
		before[e.ID] = e
	}
	var shut []statement.SecretEvidence
	draft.Evidence = nil
	for _, e := range in.Evidence {
		was := before[e.ID]
		if was.Shut { // what one cannot see one cannot change
			draft.Evidence = append(draft.Evidence, was.Evidence)
			continue
		}
		if e.Drop || e.ID == "" && e.Words == "" && e.URL == "" {
			continue
		}
		if e.ID == "" || was.ID == "" {
			e.ID = d.IDs.Secret()[:12]
		}
		e.Copy, e.Type, e.Size, e.SHA256 = was.Copy, was.Type, was.Size, was.SHA256
		item := e.Evidence
		item.Label, item.Link = e.Words, e.URL
		if !item.Public {
			shut = append(shut, statement.SecretEvidence{
				ID: e.ID, Label: statement.Hide(e.Words), Link: statement.Hide(e.URL), Copy: e.Copy, Type: e.Type, Size: e.Size, SHA256: e.SHA256,
			})
			item = statement.Evidence{ID: e.ID, Kind: e.Kind}
		}
		draft.Evidence = append(draft.Evidence, item)
	}
	if in.Private {
		draft.Secret = &statement.Secret{Name: statement.Hide(in.Name), Note: statement.Hide(in.PrivateNote), Evidence: shut}
		if !in.Unnamed {
			draft.Secret.Name = statement.Private{}
		}
	}
}

// speaker reads who spoke. When the name may mean several entries, the page
// asks which; choices are then not nil and nothing is saved.
func (d *Desk) speaker(r *http.Request, v *visit, p *page, in *statementInput, choice string, draft *statement.Draft, old *statement.Statement, lang string) (choices []entity.Candidate, err error) {
	ctx := r.Context()
	if in.Unnamed {
		draft.Who = statement.Source{Unnamed: true, Why: rewrite(old.Who.Why, lang, in.Why)}
		draft.Post = ""
		if in.Why == "" {
			p.wrong("why", p.T("statement.desk.unnamed.why"))
		}
		return nil, nil
	}
	draft.Who = old.Who
	draft.Who.Unnamed, draft.Who.Why = false, nil
	if in.Who == "" {
		p.wrong("who", p.T("statement.desk.who.name"))
		return nil, nil
	}
	if !old.Who.Unnamed && old.Who.Name.Text(lang) == in.Who && choice == "" {
		return nil, nil
	}
	draft.Post = ""
	found, err := d.Entities.Match(ctx, entity.Query{Name: in.Who, Limit: 6})
	if err != nil {
		return nil, err
	}
	for _, c := range found {
		if c.ID == choice {
			draft.Who.Party = statement.Party{Entity: c.ID, Name: c.Names}
			return nil, nil
		}
	}
	one, sure := surely(found)
	switch {
	case sure && choice == "":
		draft.Who.Party = statement.Party{Entity: one.ID, Name: one.Names}
		return nil, nil
	case len(found) > 0 && choice != "new":
		p.wrong("which", p.T("statement.desk.who.which"))
		return found, nil
	case len(p.Problems) > 0: // nobody new while something else is wrong
		draft.Who.Party = statement.Party{Name: entity.Words{{Lang: lang, Text: in.Who}}}
		return nil, nil
	}
	kind := entity.Kind(in.WhoKind)
	if kind != entity.Body {
		kind = entity.Person
	}
	made, err := d.Entities.Create(ctx, v.Member.ID, entity.Draft{Kind: kind, Names: entity.Words{{Lang: lang, Text: in.Who}}})
	draft.Who.Party = statement.Party{Entity: made.ID, Name: made.Names}
	return nil, err
}
