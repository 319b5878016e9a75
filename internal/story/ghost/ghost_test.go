package ghost_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/story/foreign"
	"mimeo/internal/story/ghost"
)

func read(t testing.TB, content []byte) (items []foreign.Item, faults []string, err error) {
	t.Helper()
	e := ghost.New()
	if err := e.Survey(t.Context(), bytes.NewReader(content)); err != nil {
		return nil, nil, err
	}
	err = e.Items(t.Context(), bytes.NewReader(content), func(place, message string) { faults = append(faults, place+": "+message) }, func(it *foreign.Item) error {
		items = append(items, *it)
		return nil
	})
	return items, faults, err
}

// The shapes that the versions gave their exports.
const (
	recent = `{"db":[{"meta":{"exported_on":1,"version":"6.0"},"data":{
 "posts_tags":[{"post_id":"p1","tag_id":"t2","sort_order":1},{"post_id":"p1","tag_id":"t1","sort_order":0},{"post_id":"p1","tag_id":"t3","sort_order":2}],
 "posts_authors":[{"post_id":"p1","author_id":"u2","sort_order":1},{"post_id":"p1","author_id":"u1","sort_order":0}],
 "posts_meta":[{"post_id":"p1","meta_description":"In short.","feature_image_alt":"A quay","feature_image_caption":"<b>The</b> quay"}],
 "members":[{"email":"member@mail.example"}],
 "posts":[
  {"id":"p1","uuid":"a","title":"One &amp; all","slug":"one","lexical":"{\"root\":{\"children\":[]}}","html":"<p>x</p>","feature_image":"__GHOST_URL__/content/images/q.jpg","type":"post","status":"published","visibility":"public","published_at":"2021-03-04T05:06:07.000Z","updated_at":"2022-01-01T00:00:00.000Z","locale":null,"custom_excerpt":null},
  {"id":"p2","uuid":"b","title":"Paid","slug":"paid","html":"<p>x</p>","type":"post","status":"published","visibility":"tiers","published_at":"2021-03-04T05:06:07.000Z"},
  {"id":"p3","uuid":"c","title":"Sent","slug":"sent","html":"<p>x</p>","type":"post","status":"sent","visibility":"public"},
  {"id":"p4","uuid":"d","title":"About","slug":"about","html":"<p>x</p>","type":"page","status":"published","visibility":"public"},
  {"id":"p5","uuid":"e","title":"Later","slug":"later","html":"<p>x</p>","type":"post","status":"scheduled","visibility":"public"},
  {"id":"p6","uuid":"f","title":["no","text"],"slug":{"x":1},"status":"draft"}],
 "tags":[{"id":"t1","name":"City","slug":"city"},{"id":"t2","name":"Tide","slug":"tide"},{"id":"t3","name":"#internal","slug":"hash-internal"}],
 "users":[{"id":"u1","name":"Ada Ferry","slug":"login-ada","email":"ada@tide.example","password":"$2a$"},{"id":"u2","name":"Boris Stone"}]}}]}`

	old = `{"meta":{"version":"004"},"data":{"posts":[{"id":1,"uuid":"z","title":"Old","slug":"old","markdown":"# Head\n\nText.","image":"/content/images/o.png","page":0,"status":"published","language":"en_US","author_id":7,"published_at":1400000000000}],
 "users":[{"id":7,"name":"Nora Quay"}],"tags":[{"id":3,"name":"World","slug":"world"}],"posts_tags":[{"post_id":1,"tag_id":3}]}}`
)

func TestVersions(t *testing.T) {
	items, faults, err := read(t, []byte(recent))
	if err != nil || len(items) != 6 || len(faults) != 0 {
		t.Fatalf("%v %q %d", err, faults, len(items))
	}
	one := items[0]
	if one.Title != "One & all" || strings.Join(one.Bylines, "|") != "Ada Ferry|Boris Stone" || one.Section != "city" || strings.Join(one.Tags, "|") != "Tide" || one.Standfirst != "In short." ||
		one.Lead != (foreign.Picture{URL: "/content/images/q.jpg", Alt: "A quay", Caption: "<b>The</b> quay"}) || one.Body.Form != foreign.Lexical || one.Status != foreign.Public ||
		!one.Published.Equal(time.Date(2021, 3, 4, 5, 6, 7, 0, time.UTC)) || strings.Join(one.Addresses, "|") != "/one/|/2021/03/04/one/" {
		t.Errorf("%+v", one)
	}
	for _, it := range items[1:] {
		if it.Status != foreign.Draft {
			t.Errorf("%q would be public", it.Title)
		}
	}
	items, _, err = read(t, []byte("\xef\xbb\xbf"+old))
	if err != nil || len(items) != 1 {
		t.Fatal(err, items)
	}
	if it := items[0]; it.Bylines[0] != "Nora Quay" || it.Section != "world" || it.Lead.URL != "/content/images/o.png" || it.Published.Year() != 2014 || it.Body.Form != foreign.Markdown || it.Status != foreign.Public {
		t.Errorf("%+v", it)
	}
}

func TestWhatIsNoExport(t *testing.T) {
	for _, content := range []string{"", "x", "[]", "{}", `{"db":[]}`, `{"data":{"posts":`, `{"data":{"posts":[{"id":"1"`, `{"data":{"posts":7}}`, "<html>", strings.Repeat("[", 100_000), `{"db":{"data":{"db":{"data":{"db":{"data":{}}}}}}}`} {
		if items, _, err := read(t, []byte(content)); fault.KindOf(err) != fault.Invalid || len(items) > 0 {
			t.Errorf("%.40q: %v", content, err)
		}
	}
}

func FuzzItems(f *testing.F) {
	f.Add([]byte(recent))
	f.Add([]byte(old))
	f.Fuzz(func(t *testing.T, raw []byte) {
		items, _, err := read(t, raw)
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Fatal(err)
		}
		for i := range items {
			if items[i].Key == "" || strings.Contains(items[i].Title, "\n") {
				t.Fatalf("%+v", items[i])
			}
		}
	})
}
