package desk

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"mimeo/internal/fault"
	"mimeo/internal/ident"
	"mimeo/internal/statement"
	"mimeo/internal/web"
)

const listedStatements = 40

type statementList struct {
	*page
	Records []marked
	Older   string
}

// statements lists all of them, the last changed first.
func (d *Desk) statements(v *visit, w http.ResponseWriter, r *http.Request) error {
	after, err := statement.ParseCursor(r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	data := statementList{page: v.newPage(v.T("statement.desk.nav"))}
	all, err := d.Statements.Work(r.Context(), after, listedStatements+1)
	if err != nil {
		return err
	}
	for i := range all {
		if i == listedStatements {
			data.Older = with("/desk/statements", "after", all[i-1].Worked().String())
			break
		}
		s := &all[i]
		m := marked{Statement: *s, Words: s.Words.Text, Name: s.Who.Name.Text(v.Lang), Role: s.Role.Text(v.Lang)}
		if s.Who.Unnamed {
			m.Name = v.T("statement.unnamed")
		}
		data.Records = append(data.Records, m)
	}
	return d.show(v, w, http.StatusOK, "statement_list", data)
}

// Ordinal numbers what is counted from 0.
func (p *storyStatements) Ordinal(i int) string { return p.Number(i + 1) }

// evidenceFile bounds the form that brings a file of evidence.
const evidenceFile = statement.MaxFile + 64<<10

// statementFile takes a file as an item of evidence. The body is read as it
// comes, and nothing of it is laid down on the disk but what is sealed.
func (d *Desk) statementFile(v *visit, w http.ResponseWriter, r *http.Request) error {
	defer unhurried(w)()
	id := r.PathValue("id")
	s, err := d.Statements.ByID(r.Context(), id)
	if err != nil {
		return err
	}
	secret, err := d.Statements.Open(r.Context(), v.Member.ID, id)
	if err != nil {
		return err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return fault.Wrap(fault.Invalid, "This address takes a file from its form", err)
	}
	fields := map[string]string{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return fault.Invalidf("There is no file in the form")
		}
		if err != nil {
			return fault.Wrap(fault.Invalid, "The form did not arrive whole. Send it again", err)
		}
		if part.FormName() != "file" {
			if err := readField(part, fields); err != nil {
				return err
			}
			continue
		}
		kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil {
			kind = "application/octet-stream"
		}
		f, err := d.Statements.AddFile(r.Context(), v.Member.ID, id, part)
		if err != nil {
			return err
		}
		item := statement.Evidence{ID: d.IDs.Secret()[:12], Kind: statement.EvidenceFile}
		label, link := web.Line(fields["label"]), web.Line(fields["url"])
		if link != "" {
			item.Kind = statement.EvidenceLink
		}
		if fields["public"] != "" {
			item.Public, item.Label, item.Link, item.Copy, item.Type, item.Size, item.SHA256 = true, label, link, f.ID, kind, f.Size, f.SHA256
		} else {
			secret.Evidence = append(secret.Evidence, statement.SecretEvidence{
				ID: item.ID, Label: statement.Hide(label), Link: statement.Hide(link), Copy: f.ID, Type: kind, Size: f.Size, SHA256: f.SHA256,
			})
		}
		draft := statement.Draft{Record: s.Record, Secret: &secret}
		draft.Evidence = append(draft.Evidence[:len(draft.Evidence):len(draft.Evidence)], item)
		if draft.State == statement.NotAssessed {
			draft.State = statement.Presented
		}
		if _, err := d.Statements.Save(r.Context(), v.Member.ID, id, s.Latest, draft); err != nil {
			return err
		}
		v.flash(w, "statement.desk.said.saved")
		return v.see(w, "/desk/statements/"+id)
	}
}

// statementCopy gives a stored copy to a member who may see the evidence, as a
// file and never as a page.
func (d *Desk) statementCopy(v *visit, w http.ResponseWriter, r *http.Request) error {
	if !ident.IsSecret(r.PathValue("file")) {
		return errMissing
	}
	raw, err := d.Statements.SecretFile(r.Context(), v.Member.ID, r.PathValue("id"), r.PathValue("file"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "evidence-" + strings.ToLower(r.PathValue("file")[:8])}))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(raw) // whoever hung up cannot be told
	return nil
}
