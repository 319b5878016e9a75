package site

import (
	"context"
	"mime"
	"net/http"
	"strings"

	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/statement"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

// statementPage is the permanent record of a statement.
type statementPage struct {
	*page
	V       saying
	Stands  []standing
	Marks   []markedAgainst
	Earlier []saying
	Changes []change
	Card    string // the HTML that puts the card on another page
}

// markedAgainst is a statement that denies, contradicts or repeats this one,
// or the other way round.
type markedAgainst struct {
	How string
	V   saying
}

// change is one version that readers had.
type change struct {
	When, Stamp, Note string
	Was               string // the words before it, when it changed them
	WasLang, WasDir   string
}

const maxMarked = 50

// standing is a story that carries a statement. Lang and Dir are set when it is
// not in the page's language.
type standing struct {
	teaser
	Lang, Dir string
	raw       string // the path as the change feed has it
}

func (s *Site) statement(e *edition, w http.ResponseWriter, r *http.Request) error {
	if s.statements == nil || !ident.IsSecret(r.PathValue("id")) {
		return errMissing
	}
	return s.shelved(e, w, r, makeStatement)
}

func statementID(e *edition, path string) string {
	id := strings.TrimPrefix(path, e.prefix+"/statements/")
	id, _, _ = strings.Cut(id, "/")
	return id
}

func makeStatement(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
	st, err := s.statements.Shown(ctx, statementID(e, path))
	if err != nil {
		return nil, err
	}
	data, topics, err := s.statementData(ctx, e, &st)
	if err != nil {
		return nil, err
	}
	body, err := s.render("statement", data)
	if err != nil {
		return nil, err
	}
	return s.keep(body, escaped(path), topics...), nil
}

func (s *Site) statementData(ctx context.Context, e *edition, st *statement.Statement) (*statementPage, []string, error) {
	topics := []string{topicStatement(st.ID)}
	related, err := s.statements.Related(ctx, st.ID, false)
	if err != nil {
		return nil, nil, err
	}
	earlier, err := s.statements.Earlier(ctx, st, 5)
	if err != nil {
		return nil, nil, err
	}
	all := append([]statement.Statement{*st}, earlier...)
	for i := range related {
		if i < maxMarked {
			all = append(all, related[i].Other)
		}
		topics = append(topics, topicStatement(related[i].Other.ID))
	}
	views, err := s.sayings(ctx, e, all)
	if err != nil {
		return nil, nil, err
	}
	v := views[0]
	data := &statementPage{page: e.newPage(shortened(v.Name+": "+v.Words, titleLength), "/statements/"+st.ID), V: v, Earlier: views[1 : 1+len(earlier)]}
	data.Summary = shortened(v.Name+": “"+v.Words+"”", summaryLength)
	data.describe("article", data.Title)
	for i, one := range views[1+len(earlier):] {
		id := "statement." + string(related[i].Kind)
		if related[i].Back {
			id += ".back"
		}
		data.Marks = append(data.Marks, markedAgainst{e.T(id), one})
	}
	var urls []string
	if data.Stands, urls, err = s.stands(ctx, e, st.ID); err != nil {
		return nil, nil, err
	}
	for _, t := range data.Stands {
		topics = append(topics, topicStory(t.raw))
	}
	if data.Changes, err = s.changes(ctx, e, st.ID); err != nil {
		return nil, nil, err
	}
	known, err := s.statements.Entries(ctx, st)
	if err != nil {
		return nil, nil, err
	}
	for id := range known {
		topics = append(topics, topicSpeaker(id))
	}
	q := e.quotation(st, known, urls...)
	q.Context = schemaOrg
	if data.Graph.Data, err = asScript(q); q.Review != nil && err == nil {
		data.Graph.Data, err = asScript([]any{q, q.Review})
	}
	data.Card = `<iframe src="` + e.absolute(v.Path) + `/card" title="` + strings.NewReplacer("&", "&amp;", `"`, "&quot;", "<", "&lt;").Replace(v.Name) + `" width="480" height="260" loading="lazy"></iframe>`
	return data, topics, err
}

const (
	titleLength   = 90
	summaryLength = 200
)

// shortened cuts words after a whole one.
func shortened(words string, most int) string {
	r := []rune(words)
	if len(r) <= most {
		return words
	}
	cut := string(r[:most])
	if i := strings.LastIndex(cut, " "); i > len(cut)/2 {
		cut = cut[:i]
	}
	return cut + "…"
}

// stands are the published stories that carry a statement, those in the page's
// language first.
func (s *Site) stands(ctx context.Context, e *edition, id string) (out []standing, urls []string, err error) {
	ids, err := s.statements.Stories(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	var others []standing
	now := s.now()
	for _, one := range ids {
		st, err := s.stories.ByID(ctx, one)
		if fault.KindOf(err) == fault.Missing {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if st.State != story.Published {
			continue
		}
		sum := st.Summary()
		t := standing{teaser: e.teaser(&sum, now), raw: st.Path()}
		urls = append(urls, e.absolute(t.Path))
		if st.Lang == e.Lang {
			out = append(out, t)
			continue
		}
		t.Lang, t.Dir = st.Lang, directionOf(st.Lang)
		others = append(others, t)
	}
	return append(out, others...), urls, nil
}

// changes are the versions that readers had, the latest first.
func (s *Site) changes(ctx context.Context, e *edition, id string) (out []change, err error) {
	history, err := s.statements.History(ctx, id)
	if err != nil {
		return nil, err
	}
	var seen []statement.Edition
	for _, one := range history {
		if !one.Announced.IsZero() {
			seen = append(seen, one)
		}
	}
	for i, one := range seen {
		c := change{When: e.dateTime(one.Announced), Stamp: stamp(one.Announced), Note: one.Note}
		if i == len(seen)-1 {
			c.Note = e.T("statement.history.first")
		} else if before, in := seen[i+1].In(e.Lang); before != "" {
			if now, _ := one.In(e.Lang); now != before {
				c.Was, c.WasLang, c.WasDir = before, in, directionOf(in)
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// cardPolicy lets any page frame a card, and nothing else beyond the policy of
// all pages.
var cardPolicy = strings.Replace(web.Policy(), "frame-ancestors 'none'", "frame-ancestors *", 1)

// statementCard answers with a statement as a tiny page for other people's
// pages: no script, no cookie, nothing that is told of the reader.
func (s *Site) statementCard(e *edition, w http.ResponseWriter, r *http.Request) error {
	if s.statements == nil || !ident.IsSecret(r.PathValue("id")) {
		return errMissing
	}
	return s.shelved(e, w, r, makeCard)
}

func makeCard(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
	id := statementID(e, path)
	st, err := s.statements.Shown(ctx, id)
	if err != nil {
		return nil, err
	}
	views, err := s.sayings(ctx, e, []statement.Statement{st})
	if err != nil {
		return nil, err
	}
	v := views[0]
	data := &statementPage{page: e.newPage(shortened(v.Name+": "+v.Words, titleLength), ""), V: v}
	data.Hidden = true
	data.Canonical = e.absolute(v.Path)
	body, err := s.render("card", data)
	if err != nil {
		return nil, err
	}
	topics := []string{topicStatement(id)}
	for _, p := range []string{st.Who.Entity, st.Record.Body.Entity} {
		if p != "" {
			topics = append(topics, topicSpeaker(p))
		}
	}
	k := s.keep(body, escaped(path), topics...)
	k.headers = s.framed
	return k, nil
}

// statementEvidence answers with the kept copy of an item of evidence that
// readers may see: as a file to keep, never as a page of ours.
func (s *Site) statementEvidence(_ *edition, w http.ResponseWriter, r *http.Request) error {
	if s.statements == nil {
		return errMissing
	}
	raw, item, err := s.statements.PublicFile(r.Context(), r.PathValue("id"), r.PathValue("item"))
	if err != nil {
		return err
	}
	h := w.Header()
	s.headers.Apply(h)
	h["Cache-Control"] = cacheFeed
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "evidence-" + item.SHA256[:min(12, len(item.SHA256))] + extension(item.Type)}))
	h.Set("X-Robots-Tag", "noindex")
	return s.body(w, r, http.StatusOK, []string{"application/octet-stream"}, raw)
}

func extension(mediaType string) string {
	switch mediaType {
	case "application/pdf":
		return ".pdf"
	case "image/jpeg":
		return ".jpg"
	case "image/png":
		return ".png"
	case "text/plain":
		return ".txt"
	case "text/html":
		return ".html"
	case "audio/mpeg":
		return ".mp3"
	default:
		return ".bin"
	}
}
