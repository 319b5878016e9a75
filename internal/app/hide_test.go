package app

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"mimeo/internal/db/dbtest"
	"mimeo/internal/desk"
	"mimeo/internal/media"
	"mimeo/internal/prose"
	"mimeo/internal/staff"
	"mimeo/internal/story"
)

func send(pages *desk.Desk, who *http.Cookie, path string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, "http://news.example"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(who)
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, r)
	return w
}

var counted = regexp.MustCompile(`name="sum" value="([0-9a-f]+)"`)

// What is hidden at the desk is what was counted, and a picture is found by
// whichever of its addresses was typed.
func TestHidingAtTheDesk(t *testing.T) {
	a, pages := demoDesk(t, dbtest.SQLiteURL(t))
	ctx, editor := t.Context(), signIn(t, pages, staff.Editor)
	file, err := drawing(7, true)
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := a.Media.Add(ctx, bytes.NewReader(file), "", media.Meta{Alt: "A face"})
	if err != nil {
		t.Fatal(err)
	}
	if p.Thumb() == p.Src() {
		t.Fatal("the picture has one address only")
	}
	s, err := a.Stories.Create(ctx, story.Draft{Headline: "At the gate with Irma Solano", Body: prose.Doc{Version: prose.Version, Blocks: []prose.Block{
		{Kind: prose.Image, Src: p.Src(), Alt: "A face"}, {Kind: prose.Paragraph, Text: prose.Plain("Fog over Bo Lake.")},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	order := []string{"names", "Irma Solano", "pictures", a.config.BaseURL + p.Thumb(), "replacement", "[a witness]", "reason", "She asked us to"}
	w := send(pages, editor, "/desk/hide", order...)
	sum := counted.FindStringSubmatch(w.Body.String())
	if w.Code != http.StatusOK || sum == nil {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	other := []string{"names", "Bo Lake", "replacement", "[a witness]", "reason", "x", "do", "hide", "sum", sum[1]}
	if w := send(pages, editor, "/desk/hide", other...); w.Code != http.StatusOK {
		t.Errorf("what was not counted was hidden: %d", w.Code)
	}
	if now, err := a.Stories.ByID(ctx, s.ID); err != nil || now.Headline != s.Headline || !strings.Contains(now.Body.Text(), "Bo Lake") {
		t.Errorf("counting changed %+v, %v", now, err)
	}
	w = send(pages, editor, "/desk/hide", append(order, "do", "hide", "sum", sum[1])...)
	if w.Code != http.StatusSeeOther || strings.Contains(w.Header().Get("Location"), "Solano") {
		t.Fatalf("%d to %s", w.Code, w.Header().Get("Location"))
	}
	now, err := a.Stories.ByID(ctx, s.ID)
	if err != nil || now.Headline != "At the gate with [a witness]" || strings.Contains(fmt.Sprintf("%+v", now.Body), p.Name) {
		t.Errorf("%+v, %v", now, err)
	}
	past, err := a.Stories.Redactions(ctx, "", 10)
	if err != nil || len(past) != 1 || past[0].Finished.IsZero() || past[0].By != "demo-editor" {
		t.Errorf("%+v, %v", past, err)
	}
}

// A reporter's report, change and removal wait, whatever the form is sent with.
func TestAReportersLiveBlogWaits(t *testing.T) {
	a, pages := demoDesk(t, dbtest.SQLiteURL(t))
	ctx, editor, reporter := t.Context(), signIn(t, pages, staff.Editor), signIn(t, pages, staff.Reporter)
	s, err := a.Stories.Create(ctx, story.Draft{Headline: "The count", Live: true, Body: prose.Paragraphs("It begins.")})
	if err == nil {
		_, err = a.Stories.Publish(ctx, s.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	at := "/desk/stories/" + s.ID + "/live"
	if w := send(pages, editor, at, "title", "Polls have closed"); w.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	if w := send(pages, reporter, at, "title", "Heard in the hall"); w.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	public, err := a.Stories.ByID(ctx, s.ID)
	if err != nil || len(public.Body.Entries()) != 1 {
		t.Fatalf("%+v, %v", public.Body.Entries(), err)
	}
	entry := at + "/" + public.Body.Entries()[0].ID
	r := httptest.NewRequest(http.MethodGet, "http://news.example"+entry, http.NoBody)
	r.AddCookie(reporter)
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, r)
	seen := regexp.MustCompile(`name="seen" value="([0-9a-f]+)"`).FindStringSubmatch(w.Body.String())
	if seen == nil || strings.Contains(w.Body.String(), `id="note"`) {
		t.Fatal(w.Body)
	}
	for _, do := range []string{"", "remove"} {
		w := send(pages, reporter, entry, "title", "Polls closed late", "note", "We were wrong.", "kind", "fact", "seen", seen[1], "do", do)
		if do == "" && w.Code != http.StatusSeeOther || do == "remove" && w.Code != http.StatusConflict {
			t.Errorf("%q: %d", do, w.Code) // the second does not know of the first
		}
	}
	if public, err = a.Stories.ByID(ctx, s.ID); err != nil || public.Body.Entries()[0].Title != "Polls have closed" || !public.Corrected.IsZero() {
		t.Errorf("a reporter changed what readers have: %+v, %v", public.Body.Entries(), err)
	}
	if w := send(pages, reporter, entry+"/pin", "pin", "1"); w.Code != http.StatusForbidden {
		t.Errorf("pinned: %d", w.Code)
	}
}
