package site

import (
	"context"
	"strconv"
	"strings"
	"time"

	"mimeo/internal/entity"
	"mimeo/internal/statement"
	"mimeo/internal/story"
)

// topicStatement is shown by the page of a statement and by every story that
// carries it; topicSpeaker by the page of an entry; topicRunning by that of a
// running story; topicStatements by the lists of all.
func topicStatement(id string) string { return "statement:" + id }
func topicSpeaker(id string) string   { return "speaker:" + id }
func topicRunning(id string) string   { return "running:" + id }

const topicStatements = "statements"

// saying is a statement as a page of an edition shows it.
type saying struct {
	N          int // its number in the article, 0 elsewhere
	ID, Path   string
	Name       string
	NamePath   string // "" when there is no page
	Unnamed    bool
	Why        string
	Role       string
	Body       string // "" when the role says it already
	BodyPath   string
	Words      string
	WordsLang  string // "" when it is the page's
	WordsDir   string
	Exact      bool
	Translated bool
	Original   string // the words as said, beside their translation
	OrigLang   string
	OrigDir    string
	Status     string
	How        string // by what means, to whom, where
	When       string
	Stamp      string
	About      []reference
	Topics     []reference
	State      statement.EvidenceState
	Evidence   string // the state, in words
	Items      []proof
	Untold     int // items that are not for readers
	Asked      string
	Answer     string
	Verdict    string
	VerdictWhy string
	Changed    string // when readers got another version, "" for never
	ChangedAt  string
}

type reference struct{ Name, Path string }

// proof is an item of evidence that readers may see.
type proof struct {
	Label, URL, Copy, Size, SHA256 string
	Second                         bool
}

// sayings prepares statements for pages of an edition, with one look at the
// register for all of them.
func (s *Site) sayings(ctx context.Context, e *edition, all []statement.Statement) ([]saying, error) {
	if len(all) == 0 {
		return nil, nil
	}
	refs := make([]*statement.Statement, len(all))
	for i := range all {
		refs[i] = &all[i]
	}
	known, err := s.statements.Entries(ctx, refs...)
	if err != nil {
		return nil, err
	}
	out := make([]saying, len(all))
	for i := range all {
		out[i] = e.saying(&all[i], known)
	}
	return out, nil
}

func (e *edition) saying(st *statement.Statement, known map[string]entity.Entity) saying {
	v := saying{
		ID: st.ID, Path: e.URL(st.Path()), Unnamed: st.Who.Unnamed, Why: st.Who.Why.Text(e.Lang), Role: st.Role.Text(e.Lang), Exact: st.Exact,
		State: st.State, Evidence: e.T("statement.evidence." + string(st.State)), When: e.moment(st.When), Stamp: st.When.ISO(),
	}
	v.Name, v.NamePath = e.party(&st.Who.Party, known)
	if v.Unnamed {
		v.Name, v.NamePath = e.T("statement.unnamed"), ""
	}
	v.Body, v.BodyPath = e.party(&st.Record.Body, known)
	if v.Body == v.Name || strings.Contains(strings.ToLower(v.Role), strings.ToLower(v.Body)) {
		v.Body = ""
	}
	words, in := st.In(e.Lang)
	v.Words, v.Translated = words, in != st.Words.Lang
	if in != e.Lang {
		v.WordsLang, v.WordsDir = in, directionOf(in)
	}
	if v.Translated {
		v.Original, v.OrigLang, v.OrigDir = st.Words.Text, st.Words.Lang, directionOf(st.Words.Lang)
	}
	v.Status = e.T("statement.status." + string(st.Status))
	if st.Status == statement.NoReply && !st.Deadline.IsZero() {
		v.Status = e.T("statement.status.no_reply.by", "Time", e.moment(st.Deadline))
	}
	v.How = e.how(st, known)
	v.About, v.Topics = e.parties(st.About, known), e.parties(st.Topics, known)
	for i := range st.Evidence {
		item := &st.Evidence[i]
		if !item.Public {
			v.Untold++
			continue
		}
		p := proof{Label: item.Label, URL: item.Link, SHA256: item.SHA256, Second: item.Second}
		if item.Copy != "" {
			p.Copy, p.Size = v.Path+"/evidence/"+item.ID, e.words.Number(int64((item.Size+1023)/1024))+" kB"
		}
		v.Items = append(v.Items, p)
	}
	if !st.Reply.Asked.IsZero() {
		v.Asked = e.T("statement.reply.asked", "Date", e.moment(st.Reply.Asked))
		v.Answer = e.T("statement.reply.none")
	}
	if answer := st.Reply.Answer.Text(e.Lang); answer != "" {
		v.Answer = e.T("statement.reply.answer", "Answer", answer)
	}
	if st.Verdict != nil {
		v.Verdict, v.VerdictWhy = st.Verdict.Rating.Text(e.Lang), st.Verdict.Why.Text(e.Lang)
	}
	if st.Changed.After(st.Published) {
		v.Changed, v.ChangedAt = e.T("statement.changed", "Date", e.date(st.Changed)), stamp(st.Changed)
	}
	return v
}

// party is a name as it is printed, and where its page is.
func (e *edition) party(p *statement.Party, known map[string]entity.Entity) (name, path string) {
	name = p.Name.Text(e.Lang)
	if entry, ok := known[p.Entity]; ok {
		path = e.URL(escaped(entry.Path()))
		if in, lang := p.Name.In(e.Lang); lang == e.Lang { // as it was printed
			return in, path
		}
		if in, lang := entry.Names.In(e.Lang); lang == e.Lang || name == "" {
			return in, path
		}
	}
	return name, path
}

func (e *edition) parties(all []statement.Party, known map[string]entity.Entity) []reference {
	var out []reference
	for i := range all {
		name, path := e.party(&all[i], known)
		out = append(out, reference{name, path})
	}
	return out
}

// how is by what means, to whom and where something was said, in one line.
func (e *edition) how(st *statement.Statement, known map[string]entity.Entity) string {
	var parts []string
	add := func(text string) {
		if text != "" {
			parts = append(parts, text)
		}
	}
	if st.Medium != "" && st.Medium != statement.OtherWay {
		add(e.T("statement.medium." + string(st.Medium)))
	}
	var to []string
	for _, l := range e.parties(st.Addressees, known) {
		to = append(to, l.Name)
	}
	if len(to) > 0 {
		add(e.T("statement.to", "Names", e.words.List(to...)))
	}
	add(st.Where.Text(e.Lang))
	place, _ := e.party(&st.Place, known)
	add(place)
	return strings.Join(parts, e.T("lang.comma"))
}

// directionOf is the direction of a language's script.
func directionOf(code string) string {
	base, _, _ := strings.Cut(code, "-")
	switch base {
	case "ar", "fa", "he", "ur", "ps", "ckb", "sd", "ug", "yi", "dv":
		return "rtl"
	default:
		return "ltr"
	}
}

// says is a statement together with the page it stands on, for templates.
type says struct {
	*page
	V saying
}

// Says gives a template a statement.
func (p *page) Says(v saying) says { return says{p, v} }

// moment writes a time as exactly as it is known, in the zone where it was.
func (e *edition) moment(w statement.When) string {
	if w.IsZero() {
		return ""
	}
	zone := w.Location()
	switch w.Precision {
	case statement.ToMinute:
		return e.words.DateTime(w.At, zone)
	case statement.ToMonth:
		at := w.At.In(zone)
		return e.words.Month(at.Year(), at.Month())
	case statement.ToYear:
		return e.words.Digits(strconv.Itoa(w.At.In(zone).Year()))
	case statement.ToDay:
		return e.words.Date(w.At, zone)
	default:
		return e.words.Date(w.At, zone)
	}
}

// told is what an article says of its statements.
type told struct {
	Sayings []saying
	Count   string   // "3 statements"
	Of      []string // "all with evidence"
	Running []reference

	records []statement.Statement
	numbers map[string]int
	topics  []string
}

// told gathers an article's statements in the order of its text.
func (s *Site) told(ctx context.Context, e *edition, st *story.Story) (t told, err error) {
	if s.statements == nil {
		return t, nil
	}
	if t.records, err = s.statements.Marked(ctx, &st.Body, true); err != nil {
		return t, err
	}
	if t.Sayings, err = s.sayings(ctx, e, t.records); err != nil {
		return t, err
	}
	running, err := s.statements.RunningOf(ctx, st.ID)
	if err != nil {
		return t, err
	}
	for i := range running {
		t.Running = append(t.Running, reference{running[i].Titles.Text(e.Lang), e.URL(escaped(running[i].Path()))})
		t.topics = append(t.topics, topicRunning(running[i].ID))
	}
	for _, id := range st.Body.Statements() { // also those that may come to be shown
		t.topics = append(t.topics, topicStatement(id))
	}
	t.numbers = map[string]int{}
	needed, with, without := 0, 0, 0
	for i := range t.Sayings {
		t.Sayings[i].N = i + 1
		t.numbers[t.Sayings[i].ID] = i + 1
		switch t.Sayings[i].State {
		case statement.Presented:
			needed++
			with++
		case statement.NonePresented:
			needed++
			without++
		case statement.NotAssessed:
			needed++
		case statement.NotNeeded:
		default:
		}
	}
	if len(t.Sayings) == 0 {
		return t, nil
	}
	t.Count = e.T("statement.count", "Count", len(t.Sayings))
	switch {
	case needed > 0 && with == needed && needed == len(t.Sayings):
		t.Of = append(t.Of, e.T("statement.all"))
	case with > 0:
		t.Of = append(t.Of, e.T("statement.with", "Count", with))
	}
	if without > 0 {
		t.Of = append(t.Of, e.T("statement.without", "Count", without))
	}
	return t, nil
}

// mark numbers a statement in the text.
func (t *told) mark(e *edition) func(id string) (int, string) {
	if len(t.numbers) == 0 {
		return nil
	}
	return func(id string) (int, string) {
		n := t.numbers[id]
		if n == 0 {
			return 0, ""
		}
		return n, e.T("statement.mark", "N", e.words.Number(int64(n)))
	}
}

// Numeral is the statement's number in the digits of the marks in the text.
func (v saying) Numeral() string { return strconv.Itoa(v.N) }

// quotation is schema.org's Quotation, or a Claim when it can be true or false.
type quotation struct {
	Context  string       `json:"@context,omitempty"`
	Type     string       `json:"@type"`
	ID       string       `json:"@id"`
	Text     string       `json:"text"`
	Language string       `json:"inLanguage"`
	Creator  *creator     `json:"creator,omitempty"`
	Spoken   *creator     `json:"spokenByCharacter,omitempty"`
	Created  string       `json:"dateCreated,omitempty"`
	Location *named       `json:"locationCreated,omitempty"`
	About    []named      `json:"about,omitempty"`
	URL      string       `json:"url"`
	Appears  []appearance `json:"appearance,omitempty"`
	Part     []appearance `json:"isPartOf,omitempty"`
	Review   *claimReview `json:"-"`
}

type appearance struct {
	Type string `json:"@type"`
	ID   string `json:"@id"`
}

type creator struct {
	Type  string `json:"@type"`
	Name  string `json:"name"`
	URL   string `json:"url,omitempty"`
	Title string `json:"jobTitle,omitempty"`
	Same  string `json:"sameAs,omitempty"`
	Works *named `json:"affiliation,omitempty"`
}

// claimReview is schema.org's ClaimReview: written only where we checked.
type claimReview struct {
	Context   string     `json:"@context"`
	Type      string     `json:"@type"`
	URL       string     `json:"url"`
	Claim     string     `json:"claimReviewed"`
	Published string     `json:"datePublished,omitempty"`
	Author    namedPlace `json:"author"`
	Item      quotation  `json:"itemReviewed"`
	Rating    rating     `json:"reviewRating"`
}

type rating struct {
	Type  string `json:"@type"`
	Value int    `json:"ratingValue"`
	Best  int    `json:"bestRating"`
	Worst int    `json:"worstRating"`
	Name  string `json:"alternateName"`
}

// quotation describes a statement for machines. Exact words are a Quotation;
// what is told in ours is a Claim of the speaker's.
func (e *edition) quotation(st *statement.Statement, known map[string]entity.Entity, stories ...string) quotation {
	v := e.saying(st, known)
	q := quotation{Type: "Claim", ID: e.absolute(v.Path), Text: st.Words.Text, Language: st.Words.Lang, URL: e.absolute(v.Path), Created: st.When.ISO()}
	by := &creator{Type: "Person", Name: v.Name, Title: v.Role}
	if entry, ok := known[st.Who.Entity]; ok {
		if entry.Kind != entity.Person {
			by.Type, by.Title = "Organization", ""
		}
		if entry.Wikidata != "" {
			by.Same = "https://www.wikidata.org/wiki/" + entry.Wikidata
		}
	}
	if v.NamePath != "" {
		by.URL = e.absolute(v.NamePath)
	}
	if v.Body != "" && by.Type == "Person" {
		by.Works = &named{"Organization", v.Body}
	}
	if !v.Unnamed {
		q.Creator = by
	}
	for _, a := range v.About {
		q.About = append(q.About, named{"Thing", a.Name})
	}
	if place, _ := e.party(&st.Place, known); place != "" {
		q.Location = &named{"Place", place}
	}
	article := make([]appearance, 0, len(stories))
	for _, url := range stories {
		article = append(article, appearance{"NewsArticle", url})
	}
	if st.Exact {
		q.Type, q.Part = "Quotation", article
	} else {
		q.Appears = article
	}
	if st.Verdict == nil {
		return q
	}
	claim := q
	claim.Type, claim.Part, claim.Appears = "Claim", nil, article
	q.Review = &claimReview{
		Context: schemaOrg, Type: "ClaimReview", URL: q.URL, Claim: st.Words.Text, Published: st.Verdict.On.Start().Format(time.DateOnly),
		Author: namedPlace{named{"NewsMediaOrganization", e.Name}, e.absolute(e.Home())}, Item: claim,
		Rating: rating{"Rating", st.Verdict.Value, 5, 1, v.Verdict},
	}
	if st.Verdict.On == "" {
		q.Review.Published = ""
	}
	return q
}

const schemaOrg = "https://schema.org"

// quotations are an article's statements for machines.
func (s *Site) quotations(ctx context.Context, e *edition, t *told, page string) ([]quotation, error) {
	refs := make([]*statement.Statement, len(t.records))
	for i := range t.records {
		refs[i] = &t.records[i]
	}
	known, err := s.statements.Entries(ctx, refs...)
	if err != nil {
		return nil, err
	}
	out := make([]quotation, 0, len(refs))
	for _, r := range refs {
		q := e.quotation(r, known)
		if q.Type == "Claim" {
			q.Appears = []appearance{{"NewsArticle", page}}
		}
		out = append(out, q)
	}
	return out, nil
}
