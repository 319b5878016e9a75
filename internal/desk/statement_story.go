package desk

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"mimeo/internal/attribution"
	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/statement"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

// storyStatements is a story's statements in the order of its text, with what
// the suggester sees beside them.
type storyStatements struct {
	*page
	Story      story.Story
	Records    []marked
	Suggested  []suggested
	Objections []string
	Paragraphs []string
}

type marked struct {
	statement.Statement
	N     int
	Words string // those in the text
	Name  string
	Role  string
}

// suggested is a suggestion as the page shows it. Mark names it in forms.
type suggested struct {
	attribution.Suggestion
	Mark, Words, Who, Detail string
	excerpt                  string
}

// number reads a number of a form; what is none is 0, which no version has.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

func (d *Desk) statementsOf(v *visit, w http.ResponseWriter, r *http.Request) error {
	s, _, err := d.newest(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	data, err := d.storyStatements(v, r, &s)
	if err != nil {
		return err
	}
	if wantsJSON(r) {
		return d.statementsJSON(v, w, data)
	}
	return d.show(v, w, http.StatusOK, "statement_story", data)
}

func (d *Desk) storyStatements(v *visit, r *http.Request, s *story.Story) (*storyStatements, error) {
	ctx := r.Context()
	data := &storyStatements{page: v.newPage(v.T("statement.desk.of", "Title", s.Headline)), Story: *s}
	all, err := d.Statements.Marked(ctx, &s.Body, false)
	if err != nil {
		return nil, err
	}
	for i := range all {
		m := marked{Statement: all[i], N: i + 1, Words: strings.Join(s.Body.Statement(all[i].ID), " … "), Name: all[i].Who.Name.Text(s.Lang), Role: all[i].Role.Text(s.Lang)}
		if m.Who.Unnamed {
			m.Name = v.T("statement.unnamed")
		}
		data.Records = append(data.Records, m)
	}
	if data.Suggested, err = d.suggest(ctx, s); err != nil {
		return nil, err
	}
	found, err := d.Statements.Objections(ctx, s.Lang, &s.Body)
	if err != nil {
		return nil, err
	}
	for _, o := range found {
		data.Objections = append(data.Objections, v.T("statement.gate."+o.Code, "Words", o.Words))
	}
	s.Body.Clone().Texts(func(_ int, t *prose.Text) {
		if words := strings.TrimSpace(t.String()); words != "" {
			data.Paragraphs = append(data.Paragraphs, words)
		}
	})
	return data, nil
}

// suggest asks the suggester of the story's language what it sees, and leaves
// out what carries a statement already and what was turned down. A language
// without a suggester has no suggestions.
func (d *Desk) suggest(ctx context.Context, s *story.Story) ([]suggested, error) {
	engine, err := d.suggester(s.Lang)
	if err != nil {
		return nil, nil //nolint:nilerr // see above
	}
	rejected, err := d.Statements.RejectedIn(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	var texts []string
	s.Body.Clone().Texts(func(_ int, t *prose.Text) {
		texts = append(texts, strings.ReplaceAll(t.String(), "\n", " "))
	})
	var out []suggested
	text := strings.Join(texts, "\n")
	runes := []rune(text)
	// Beside the text an editor is shown what is more likely right than not.
	const likely = 0.6
	for _, one := range engine.Suggest(text, attribution.Options{Dateline: s.Dateline, Least: likely}) {
		if len(one.Content) == 0 {
			continue
		}
		g := suggested{Suggestion: one, Words: one.Content[0].Text}
		for _, more := range one.Content[1:] {
			if len(more.Text) > len(g.Words) {
				g.Words = more.Text
			}
		}
		g.Words = bare(g.Words)
		try := s.Body.Clone()
		g.Mark = statement.Mark(g.Words)
		if g.Words == "" || rejected[g.Mark] || !statement.MarkIn(&try, "x", g.Words) {
			continue
		}
		g.excerpt = paragraphAt(runes, one.Content[0].Start)
		if one.Source != nil {
			g.Who = one.Source.Text
		}
		var detail []string
		for _, part := range []string{one.Role, one.Body, one.Where, one.Medium} {
			if part != "" {
				detail = append(detail, part)
			}
		}
		if one.When != nil {
			detail = append(detail, one.When.Text)
		}
		g.Detail = strings.Join(detail, " · ")
		out = append(out, g)
	}
	return out, nil
}

// bare are words without the quotation marks and the comma around them.
func bare(words string) string { return strings.Trim(words, "“”„\"«»‹› ,") }

func paragraphAt(text []rune, at int) string {
	from, to := min(at, len(text)), min(at, len(text))
	for from > 0 && text[from-1] != '\n' {
		from--
	}
	for to < len(text) && text[to] != '\n' {
		to++
	}
	return string(text[from:to])
}

// suggester is the engine of a language, made when it is first asked for.
func (d *Desk) suggester(lang string) (*attribution.Engine, error) {
	if kept, ok := d.suggesters.Load(lang); ok {
		if e, ok := kept.(*attribution.Engine); ok {
			return e, nil
		}
	}
	e, err := attribution.New(lang)
	if err != nil {
		return nil, err
	}
	d.suggesters.Store(lang, e)
	return e, nil
}

type statementJSON struct {
	ID    string `json:"id"`
	N     int    `json:"n"`
	Who   string `json:"who"`
	Role  string `json:"role,omitempty"`
	Words string `json:"words"`
	Chip  string `json:"chip"`
	Label string `json:"label"`
	URL   string `json:"url"`
}

type suggestionJSON struct {
	Mark   string `json:"mark"`
	Who    string `json:"who"`
	Words  string `json:"words"`
	Detail string `json:"detail,omitempty"`
}

func (d *Desk) statementsJSON(v *visit, w http.ResponseWriter, data *storyStatements) error {
	out := struct {
		Statements  []statementJSON   `json:"statements"`
		Suggestions []suggestionJSON  `json:"suggestions"`
		Objections  []string          `json:"objections"`
		Words       map[string]string `json:"words"`
	}{[]statementJSON{}, []suggestionJSON{}, data.Objections, map[string]string{}}
	for i := range data.Records {
		s := &data.Records[i]
		out.Statements = append(out.Statements, statementJSON{s.ID, s.N, s.Name, s.Role, s.Words, string(s.Chip()), v.T("statement.chip." + string(s.Chip())), "/desk/statements/" + s.ID})
	}
	for _, g := range data.Suggested {
		out.Suggestions = append(out.Suggestions, suggestionJSON{g.Mark, g.Who, g.Words, g.Detail})
	}
	for _, id := range []string{"desk.accept", "desk.reject", "desk.suggested", "desk.suggested.none", "desk.none", "desk.new", "desk.who.name", "desk.said", "desk.exact", "desk.save"} {
		out.Words[id] = v.T("statement." + id)
	}
	w.Header().Set("Content-Type", "application/json")
	return writeJSON(w, out)
}

// statementNew is the form of a statement that is not there yet; marked are the
// words that were selected.
func (d *Desk) statementNew(v *visit, w http.ResponseWriter, r *http.Request) error {
	s, _, err := d.newest(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	words := r.URL.Query().Get("words")
	if len(words) > 4000 {
		words = ""
	}
	in := statementInput{Marked: words, Words: bare(words), Lang: s.Lang, Date: s.Dateline.Format("2006-01-02"), State: string(statement.NotAssessed), Private: true}
	if s.Dateline.IsZero() {
		in.Date = ""
	}
	return d.show(v, w, http.StatusOK, "statement_edit", d.newForm(v, &s, in))
}

func (d *Desk) newForm(v *visit, s *story.Story, in statementInput) *statementPage {
	data := v.statementPage(v.T("statement.desk.new"), statement.Statement{}, in, s.Lang)
	data.Story, data.MayKnow, data.Action = s, true, "/desk/stories/"+s.ID+"/statements/new"
	return data
}

// statementCreate makes a statement of a story and marks its words.
func (d *Desk) statementCreate(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.LongForm(r)
	if err != nil {
		return err
	}
	s, _, err := d.newest(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	in := readStatement(form, d.Editions)
	in.Private = true
	data := d.newForm(v, &s, in)
	var none statement.Statement
	draft, err := d.record(r.Context(), data.page, &in, &none, nil, s.Lang)
	if err != nil {
		return err
	}
	try := s.Body.Clone()
	if in.Marked != "" && !statement.MarkIn(&try, "x", in.Marked) {
		data.wrong("marked", v.T("statement.desk.marked.missing"))
	}
	if data.Choices, err = d.speaker(r, v, data.page, &in, form.Of("which"), &draft, &none, s.Lang); err != nil {
		return err
	}
	if len(data.Problems) == 0 {
		made, err := d.Statements.Create(r.Context(), v.Member.ID, draft)
		if err == nil {
			return d.statementMade(v, w, r, &s, made.ID, in.Marked)
		}
		if fault.KindOf(err) != fault.Invalid {
			return err
		}
		data.wrong("", fault.Message(err))
	}
	if wantsJSON(r) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		return writeJSON(w, map[string]any{"error": data.Problems[0].Message, "problems": data.Problems})
	}
	return d.show(v, w, http.StatusUnprocessableEntity, "statement_edit", data)
}

// statementMade marks the words, unless the editor's window does, and leads to
// the record.
func (d *Desk) statementMade(v *visit, w http.ResponseWriter, r *http.Request, s *story.Story, id, words string) error {
	if wantsJSON(r) {
		w.Header().Set("Content-Type", "application/json")
		return writeJSON(w, map[string]string{"id": id, "url": "/desk/statements/" + id})
	}
	if words != "" {
		draft := s.Draft()
		draft.Body = draft.Body.Clone()
		statement.MarkIn(&draft.Body, id, words)
		draft.Editor = v.Member.ID
		if _, err := d.Stories.Revise(r.Context(), s.ID, s.Latest, draft); err != nil {
			return err
		}
	}
	v.flash(w, "statement.desk.said.saved")
	return v.see(w, "/desk/statements/"+id)
}

// statementSuggestion accepts a suggestion, or keeps it as turned down.
func (d *Desk) statementSuggestion(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.LongForm(r)
	if err != nil {
		return err
	}
	s, _, err := d.newest(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	all, err := d.suggest(r.Context(), &s)
	if err != nil {
		return err
	}
	for i := range all {
		g := &all[i]
		if g.Mark != form.Of("mark") {
			continue
		}
		if form.Has("reject") {
			return d.statementReject(v, w, r, &s, g, form.Of("reason"))
		}
		draft, err := d.accepted(r.Context(), &s, g)
		if err != nil {
			return err
		}
		made, err := d.Statements.Create(r.Context(), v.Member.ID, draft)
		if err != nil {
			return err
		}
		return d.statementMade(v, w, r, &s, made.ID, g.Words)
	}
	return fault.Missingf("This is not suggested any more: the text has changed")
}

func (d *Desk) statementReject(v *visit, w http.ResponseWriter, r *http.Request, s *story.Story, g *suggested, reason string) error {
	raw, err := json.Marshal(g.Suggestion)
	if err != nil {
		return err
	}
	if err := d.Statements.Reject(r.Context(), statement.Rejection{Story: s.ID, Lang: s.Lang, Excerpt: g.excerpt, Words: g.Words, Suggestion: raw, Reason: reason}); err != nil {
		return err
	}
	if wantsJSON(r) {
		w.Header().Set("Content-Type", "application/json")
		return writeJSON(w, map[string]bool{"rejected": true})
	}
	v.flash(w, "statement.desk.said.rejected")
	return v.see(w, "/desk/stories/"+s.ID+"/statements")
}

// accepted makes a record of a suggestion. Names become entries where the
// register is sure of them, and stay words where it is not.
func (d *Desk) accepted(ctx context.Context, s *story.Story, g *suggested) (draft statement.Draft, err error) {
	r := &draft.Record
	r.Kind, r.Words = statement.Kind(g.Kind), entity.Word{Lang: s.Lang, Text: g.Words}
	r.Exact = g.Kind == attribution.Direct || g.Kind == attribution.Mixed
	if g.Cue != nil {
		r.Cue = g.Cue.Text
	}
	if r.Who.Party, err = d.party(ctx, g.Who, s.Lang, "", nil); err != nil {
		return draft, err
	}
	if r.Who.IsZero() {
		r.Who = statement.Source{Unnamed: true, Why: entity.Words{{Lang: s.Lang, Text: "?"}}}
	}
	if r.Body, err = d.party(ctx, g.Body, s.Lang, entity.Body, nil); err != nil {
		return draft, err
	}
	if r.Place, err = d.party(ctx, g.Where, s.Lang, entity.Place, nil); err != nil {
		return draft, err
	}
	if g.Role != "" {
		r.Role = entity.Words{{Lang: s.Lang, Text: g.Role}}
	}
	if g.Addressee != "" {
		r.Addressees = []statement.Party{{Name: entity.Words{{Lang: s.Lang, Text: g.Addressee}}}}
	}
	if r.About, err = d.parties(ctx, strings.Join(g.About, "\n"), s.Lang, "", nil); err != nil {
		return draft, err
	}
	if g.When != nil && !strings.Contains(g.When.Date, "W") {
		if w, ok := when(g.When.Date, "", "", d.Zone); ok {
			r.When = w
		}
	}
	r.Medium = mediumOf(g.Medium)
	if g.Evidence == attribution.NonePresented {
		r.State = statement.NonePresented
	}
	return draft, nil
}

// mediumOf reads the suggester's words for a medium.
func mediumOf(words string) statement.Medium {
	words = strings.ToLower(words)
	for stem, m := range map[string]statement.Medium{
		"phone": statement.Call, "call": statement.Call, "telefon": statement.Call, "телефон": statement.Call,
		"interview": statement.InPerson, "news conference": statement.Briefing, "press conference": statement.Briefing, "speech": statement.Briefing,
		"e-mail": statement.Message, "email": statement.Message, "telegram": statement.Online, "post": statement.Online, "twitter": statement.Online,
		"letter": statement.Letter, "statement": statement.Press, "press release": statement.Press, "report": statement.Paper, "television": statement.Broadcast,
		"radio": statement.Broadcast, "broadcast": statement.Broadcast, "video": statement.Recording,
	} {
		if strings.Contains(words, stem) {
			return m
		}
	}
	if words == "" {
		return ""
	}
	return statement.OtherWay
}
