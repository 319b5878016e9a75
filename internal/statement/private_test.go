package statement_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/statement"
)

// planted stands in every private field of a statement.
const planted = "Quillfeather"

func secretive() statement.Draft {
	return statement.Draft{
		Record: statement.Record{
			Who:   statement.Source{Unnamed: true, Why: en("They would lose their post")},
			Words: entity.Word{Lang: "en", Text: "The files were burnt."},
			State: statement.Presented, Status: statement.Background,
			Evidence: []statement.Evidence{{ID: "e1", Kind: statement.EvidenceFile, Label: planted + " tape", SHA256: planted}},
		},
		Secret: &statement.Secret{
			Name: statement.Hide("Agathe " + planted), Note: statement.Hide("Met " + planted + " at the pier"),
			Evidence: []statement.SecretEvidence{{ID: "e1", Label: statement.Hide(planted + " tape"), Link: statement.Hide("https://" + planted + ".example")}},
		},
	}
}

func TestPrivateWordsPrintAsNothing(t *testing.T) {
	p := statement.Hide(planted)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "p", p, "s", secretive().Secret)
	var page bytes.Buffer
	if err := template.Must(template.New("").Parse(`{{.}} <a title="{{.}}">`)).Execute(&page, p); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(secretive())
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%v %+v %#v %s %q", p, secretive().Secret, p, p, p) + log.String() + page.String() + string(raw)
	if strings.Contains(strings.ReplaceAll(text, planted+" tape\",\"sha", ""), "Agathe") || strings.Contains(text, "pier") {
		t.Errorf("private words came out: %s", text)
	}
	if p.Reveal() != planted {
		t.Error("they cannot be revealed")
	}
}

// TestPrivateWordsLieNowhere plants words on the private side of a statement,
// publishes it, exports it, and looks for them in every byte of the database.
func TestPrivateWordsLieNowhere(t *testing.T) {
	url := dbtest.SQLiteURL(t)
	clock := dbtest.NewClock(start)
	d := dbtest.Open(t, url, clock.Now)
	r := newRoom(t, d, clock)
	s := r.make1(t, secretive())
	f, err := r.book.AddFile(t.Context(), "m1", s.ID, strings.NewReader("a recording of "+planted))
	if err != nil {
		t.Fatal(err)
	}
	secret, err := r.book.Open(t.Context(), "m1", s.ID)
	if err != nil || secret.Name.Reveal() != "Agathe "+planted {
		t.Fatalf("the one who may know gets %v, %v", secret, err)
	}
	secret.Evidence[0].Copy, secret.Evidence[0].SHA256 = f.ID, f.SHA256
	if _, err := r.book.Save(t.Context(), "m1", s.ID, 1, statement.Draft{Record: s.Record, Secret: &secret}); err != nil {
		t.Fatal(err)
	}
	r.publish(t, "story1", text(s.ID, "the files were burnt"), true)
	var out bytes.Buffer
	for _, write := range []func() error{
		func() error { return r.book.WriteJSON(t.Context(), &out, statement.ExportPublic) },
		func() error { return r.book.WriteCSV(t.Context(), &out) },
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Contains(out.Bytes(), []byte(planted)) {
		t.Errorf("an export tells: %s", out.String())
	}
	if !bytes.Contains(out.Bytes(), []byte("The files were burnt.")) {
		t.Errorf("the export is empty: %s", out.String())
	}
	path := strings.TrimPrefix(url, "sqlite:")
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(planted)) || bytes.Contains(raw, []byte(f.SHA256)) {
			t.Errorf("%s holds private words", filepath.Base(name))
		}
		if strings.HasSuffix(name, ".db") && !bytes.Contains(append(raw, all(t, files)...), []byte("The files were burnt.")) {
			t.Error("the public words are not there either: this test would see nothing")
		}
	}
}

func all(t *testing.T, files []string) (out []byte) {
	t.Helper()
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, raw...)
	}
	return out
}

func TestNeedToKnow(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		s := r.make1(t, secretive())
		_, err := r.book.Open(t.Context(), "m2", s.ID)
		want(t, err, fault.Denied)
		want(t, r.book.Admit(t.Context(), "m2", s.ID, "m2", true), fault.Denied)
		_, err = r.book.AddFile(t.Context(), "m2", s.ID, strings.NewReader("x"))
		want(t, err, fault.Denied)
		other := statement.Secret{Note: statement.Hide("overwritten")}
		_, err = r.book.Save(t.Context(), "m2", s.ID, 1, statement.Draft{Record: s.Record, Secret: &other})
		want(t, err, fault.Denied)
		draft := statement.Draft{Record: s.Record}
		draft.Cue = "said"
		if _, err = r.book.Save(t.Context(), "m2", s.ID, 1, draft); err != nil {
			t.Errorf("the public side is anybody's to edit: %v", err)
		}
		if secret, err := r.book.Open(t.Context(), "m1", s.ID); err != nil || secret.Note.Empty() {
			t.Errorf("the private side is lost: %v, %v", secret.Note.Empty(), err)
		}
		want(t, r.book.Admit(t.Context(), "m1", s.ID, "m1", false), fault.Conflict)
		if err := r.book.Admit(t.Context(), "m1", s.ID, "m2", true); err != nil {
			t.Fatal(err)
		}
		if _, err := r.book.Open(t.Context(), "m2", s.ID); err != nil {
			t.Error(err)
		}
		if err := r.book.Admit(t.Context(), "m2", s.ID, "m1", false); err != nil {
			t.Fatal(err)
		}
		_, err = r.book.Open(t.Context(), "m1", s.ID)
		want(t, err, fault.Denied)
	})
}

func TestPublicEvidence(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		s := r.make1(t, says(r.person(t, "Ada Ferry"), "Here is the contract."))
		f, err := r.book.AddFile(t.Context(), "m1", s.ID, strings.NewReader("the contract"))
		if err != nil {
			t.Fatal(err)
		}
		draft := statement.Draft{Record: s.Record}
		draft.State = statement.Presented
		draft.Evidence = []statement.Evidence{
			{ID: "open", Kind: statement.EvidenceFile, Public: true, Label: "The contract", Copy: f.ID, SHA256: f.SHA256, Type: "text/plain", Size: f.Size},
			{ID: "shut", Kind: statement.EvidenceFile, Copy: f.ID, Label: "hidden label", SHA256: "feed"},
		}
		s, err = r.book.Save(t.Context(), "m1", s.ID, 1, draft)
		if err != nil {
			t.Fatal(err)
		}
		if shut := s.Evidence[1]; shut.Label != "" || shut.Copy != "" || shut.SHA256 != "" {
			t.Errorf("an item that is not public keeps %+v in the record", shut)
		}
		_, _, err = r.book.PublicFile(t.Context(), s.ID, "open")
		want(t, err, fault.Missing) // not published yet
		r.publish(t, "story1", text(s.ID, "the contract"), true)
		raw, e, err := r.book.PublicFile(t.Context(), s.ID, "open")
		if err != nil || string(raw) != "the contract" || e.SHA256 != f.SHA256 {
			t.Errorf("readers get %q %+v, %v", raw, e, err)
		}
		_, _, err = r.book.PublicFile(t.Context(), s.ID, "shut")
		want(t, err, fault.Missing)
	})
}

func TestRejections(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		one := statement.Rejection{Story: "story1", Lang: "en", Excerpt: "It is said to rain.", Suggestion: json.RawMessage(`{"kind":"indirect"}`), Reason: "No one says it"}
		for range 2 {
			if err := r.book.Reject(t.Context(), one); err != nil {
				t.Fatal(err)
			}
		}
		want(t, r.book.Reject(t.Context(), statement.Rejection{Suggestion: json.RawMessage(`{`)}), fault.Invalid)
		n := 0
		if err := r.book.Rejections(t.Context(), func(got statement.Rejection) error {
			n++
			if got.Excerpt != one.Excerpt || string(got.Suggestion) != string(one.Suggestion) || got.Reason != one.Reason {
				t.Errorf("kept %+v", got)
			}
			return nil
		}); err != nil || n != 1 {
			t.Errorf("%d kept, %v", n, err)
		}
		marks, err := r.book.RejectedIn(t.Context(), "story1")
		if err != nil || !marks[statement.Mark(one.Excerpt)] {
			t.Errorf("it would be suggested again: %v, %v", marks, err)
		}
	})
}

func TestRecordIsChecked(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		who := r.person(t, "Ada Ferry")
		for name, spoil := range map[string]func(d *statement.Draft){
			"nobody":          func(d *statement.Draft) { d.Who = statement.Source{} },
			"no reason":       func(d *statement.Draft) { d.Who = statement.Source{Unnamed: true} },
			"named after all": func(d *statement.Draft) { d.Who.Unnamed, d.Who.Why = true, en("x") },
			"no words":        func(d *statement.Draft) { d.Words.Text = " \n" },
			"no language":     func(d *statement.Draft) { d.Words.Lang = "Klingon!" },
			"kind":            func(d *statement.Draft) { d.Kind = "shouted" },
			"status":          func(d *statement.Draft) { d.Status = "maybe" },
			"medium":          func(d *statement.Draft) { d.Medium = "telepathy" },
			"evidence":        func(d *statement.Draft) { d.State = "perhaps" },
			"zone":            func(d *statement.Draft) { d.When.Zone = "Mars/Base" },
			"precision":       func(d *statement.Draft) { d.When.Precision = "second" },
			"verdict":         func(d *statement.Draft) { d.Verdict = &statement.Verdict{Value: 9} },
			"script link": func(d *statement.Draft) {
				d.Evidence = []statement.Evidence{{Kind: statement.EvidenceLink, Public: true, Label: "x", Link: "javascript:alert(1)"}}
			},
			"empty item": func(d *statement.Draft) {
				d.Evidence = []statement.Evidence{{Kind: statement.EvidenceNote, Public: true}}
			},
			"two translations": func(d *statement.Draft) {
				d.Translated = entity.Words{{Lang: "fa", Text: "a"}, {Lang: "fa", Text: "b"}}
			},
			"direction": func(d *statement.Draft) { d.Role = en("judge\u202eegduj") },
		} {
			d := says(who, "Words.")
			spoil(&d)
			if _, err := r.book.Create(t.Context(), "m1", d); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		d := says(who, "Words.")
		d.Who.Entity = strings.Repeat("a", 26)
		_, err := r.book.Create(t.Context(), "m1", d)
		want(t, err, fault.Missing)
		var count int
		if err := r.db.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			return tx.QueryRow(ctx, "select count(*) from statement").Scan(&count)
		}); err != nil || count != 0 {
			t.Errorf("%d statements were made all the same, %v", count, err)
		}
	})
}
