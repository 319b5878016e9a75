package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db/dbtest"
	"mimeo/internal/desk"
	"mimeo/internal/media"
	"mimeo/internal/prose"
	"mimeo/internal/staff"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

// sendPicture sends the form of a picture as a browser does. fields are names
// and values in turn.
func sendPicture(t *testing.T, pages *desk.Desk, who *http.Cookie, accept string, file []byte, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("file", `../../etc/"passwd"`)
	if err == nil {
		_, err = part.Write(file)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://news.example/desk/pictures/add", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Accept", accept)
	r.AddCookie(who)
	w := httptest.NewRecorder()
	web.ProtectBodies(pages, pages.Fail, pages.Most).ServeHTTP(w, r)
	return w
}

func TestPicturesAtTheDesk(t *testing.T) {
	a, pages := demoDesk(t, dbtest.SQLiteURL(t))
	editor := signIn(t, pages, staff.Editor)
	reporter := signIn(t, pages, staff.Reporter)
	file, err := drawing(3, false)
	if err != nil {
		t.Fatal(err)
	}

	w := sendPicture(t, pages, reporter, "text/html", file, "alt", "Hills\r\n<b>at dawn", "credit", "A. Ferry", "focus", "833 167", "lang", "en")
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/desk/pictures/") {
		t.Fatalf("%d to %q: %s", w.Code, to, w.Body)
	}
	shown := ask(pages, http.MethodGet, to, reporter).Body.String()
	for _, part := range []string{"Hills  &lt;b&gt;at dawn", "A. Ferry", `value="833 167" checked`, "credit: A. Ferry", "focus: 833 167", "1,280 × 800"} {
		if !strings.Contains(shown, part) {
			t.Errorf("the page lacks %q: %s", part, shown)
		}
	}
	src := regexp.MustCompile(`/media/[a-z2-7]{26}-1280\.jpg`).FindString(shown)
	if src == "" || strings.Contains(shown, "passwd") {
		t.Fatalf("no address on the page, or the name of the file: %s", shown)
	}

	// A second time it is the same one; scripts get it as JSON.
	var again struct{ Page, Src, Srcset, Markup string }
	w = sendPicture(t, pages, editor, "application/json", file)
	if err := json.Unmarshal(w.Body.Bytes(), &again); err != nil || again.Page != to || again.Src != src || !strings.Contains(again.Srcset, " 640w") || !strings.HasPrefix(again.Markup, "![Hills") {
		t.Errorf("%d %s, %v", w.Code, w.Body, err)
	}

	// What is wrong is said, and what was typed stays.
	for name, c := range map[string]struct {
		file   []byte
		fields []string
		want   string
	}{
		"a drawing":  {[]byte("<svg/>"), []string{"alt", "A chart"}, "such files can hold programs"},
		"nothing":    {nil, []string{"alt", "A chart"}, "Choose a picture file"},
		"too large":  {append(bytes.Clone(file), make([]byte, 25<<20)...), []string{"alt", "A chart"}, "larger than 25 MB"},
		"a far spot": {file, []string{"alt", "A chart", "focus", "exact", "x", "1001", "y", "7"}, "two numbers from 0 to 1000"},
	} {
		w := sendPicture(t, pages, reporter, "text/html", c.file, c.fields...)
		if body := w.Body.String(); w.Code != http.StatusUnprocessableEntity || !strings.Contains(body, c.want) || !strings.Contains(body, "A chart") {
			t.Errorf("%s: %d %s", name, w.Code, body)
		}
	}
	// A long body is for this address alone.
	r := httptest.NewRequest(http.MethodPost, "http://news.example"+to, strings.NewReader("alt="+strings.Repeat("x", web.MaxBody)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(reporter)
	w = httptest.NewRecorder()
	web.ProtectBodies(pages, pages.Fail, pages.Most).ServeHTTP(w, r)
	if w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a long body elsewhere: %d", w.Code)
	}

	post := func(who *http.Cookie, path string, form url.Values) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "http://news.example"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(who)
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		return w
	}
	if w := post(editor, to, url.Values{"alt": {"Hills at dawn"}, "focus": {"exact"}, "x": {"120"}, "y": {"880"}}); w.Code != http.StatusSeeOther {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if body := ask(pages, http.MethodGet, to, editor).Body.String(); !strings.Contains(body, `value="exact" checked`) || !strings.Contains(body, `value="880"`) {
		t.Error(body)
	}

	// Where it is used, and who may remove it then.
	s, err := a.Stories.Create(t.Context(), story.Draft{Headline: "A harbour at dawn", Body: prose.Doc{Version: prose.Version, Blocks: []prose.Block{
		{Kind: prose.Image, Src: src, Alt: "Hills"}, {Kind: prose.Paragraph, Text: prose.Plain("Fog.")},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if body := ask(pages, http.MethodGet, to, editor).Body.String(); !strings.Contains(body, "A harbour at dawn") || !strings.Contains(body, "Not seen by readers") {
		t.Errorf("a draft that shows it: %s", body)
	}
	if _, err := a.Stories.PublishAt(t.Context(), s.ID, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if body := ask(pages, http.MethodGet, to+"/remove", reporter).Body.String(); !strings.Contains(body, "A harbour at dawn") || !strings.Contains(body, "Readers see it") {
		t.Errorf("a story that shows it: %s", body)
	}
	if w := post(reporter, to+"/remove", nil); w.Code != http.StatusForbidden {
		t.Errorf("a reporter removed what readers see: %d", w.Code)
	}
	if w := post(editor, to+"/remove", nil); w.Code != http.StatusSeeOther {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(pages, http.MethodGet, to, editor); w.Code != http.StatusNotFound {
		t.Errorf("after it was removed: %d", w.Code)
	}
}

// Hiding a face takes the picture out of texts and off the disk, in one order.
func TestAFaceIsHiddenEverywhere(t *testing.T) {
	a, _ := demoDesk(t, dbtest.SQLiteURL(t))
	file, err := drawing(5, true)
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := a.Media.Add(t.Context(), bytes.NewReader(file), "", media.Meta{Alt: "A face"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.Stories.Create(t.Context(), story.Draft{Headline: "A harbour at dawn", Body: prose.Doc{Version: prose.Version, Blocks: []prose.Block{
		{Kind: prose.Image, Src: p.Src(), Alt: "A face"}, {Kind: prose.Paragraph, Text: prose.Plain("Fog.")},
	}}})
	if err == nil {
		_, err = a.Stories.PublishAt(t.Context(), s.ID, time.Time{})
	}
	if err != nil {
		t.Fatal(err)
	}
	other, err := drawing(6, true)
	if err != nil {
		t.Fatal(err)
	}
	q, _, err := a.Media.Add(t.Context(), bytes.NewReader(other), "", media.Meta{Alt: "Irma Solano at the gate", Credit: "A. Ferry"})
	if err != nil {
		t.Fatal(err)
	}
	order := story.Redaction{By: "", Reason: "She asked us to", Pictures: []string{p.Src()}, Names: []string{"Irma Solano"}, Replacement: "a witness"}
	if _, err := a.Stories.WouldHide(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	if q, err = a.Media.ByID(t.Context(), q.ID); err != nil || q.Alt != "Irma Solano at the gate" {
		t.Errorf("a dry run changed %+v, %v", q, err)
	}
	if f, err := a.Media.Open(t.Context(), strings.TrimPrefix(p.Src(), media.Folder)); err != nil {
		t.Errorf("a dry run took it away: %v", err)
	} else if err := f.Close(); err != nil {
		t.Error(err)
	}
	done, err := a.Stories.Hide(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{320, 640, 960, 1280} {
		if _, err := a.Media.Open(t.Context(), strings.TrimPrefix(p.At(width), media.Folder)); !errors.Is(err, media.ErrHidden) {
			t.Errorf("%d: %v", width, err)
		}
	}
	if q, err = a.Media.ByID(t.Context(), q.ID); err != nil || q.Alt != "a witness at the gate" || q.Credit != "A. Ferry" {
		t.Errorf("after it %+v, %v", q, err)
	}
	if now, err := a.Stories.ByID(t.Context(), s.ID); err != nil || strings.Contains(fmt.Sprintf("%+v", now.Body), "A face") {
		t.Errorf("the text still has it: %+v, %v", now.Body, err)
	}
	if !strings.Contains(fmt.Sprintf("%+v", done), "pictures") {
		t.Errorf("the account lacks the pictures: %+v", done)
	}
}
