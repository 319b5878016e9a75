package ninjs_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/story/foreign"
	"mimeo/internal/story/ninjs"
)

func read(t testing.TB, content string) (items []foreign.Item, faults []string, passed map[string]int, err error) {
	t.Helper()
	w := ninjs.Wire{Now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Passed: map[string]int{}}
	err = w.Items(t.Context(), bytes.NewReader([]byte(content)), func(place, message string) { faults = append(faults, place+": "+message) }, func(it *foreign.Item) error {
		items = append(items, *it)
		return nil
	})
	return items, faults, w.Passed, err
}

const (
	one = `{"uri":"urn:a","type":"text","language":"en-GB","pubstatus":"usable","headline":"A head","byline":"By Carla Reed","located":"Adler","versioncreated":"2020-02-03T04:05:06+01:00","body_xhtml":"<p>Text.</p>","keywords":["tide"],"subject":[{"name":"City"},{"name":"Ferries"}],
 "associations":{"featured":{"type":"picture","headline":"Quay","description_text":"The quay","byline":"B. Stone","renditions":{"small":{"href":"s.jpg","width":10},"large":{"href":"l.jpg","width":900}}}}}`
	three = `{"uri":"urn:b","standard":{"name":"ninjs","version":"3.0"},"type":"text","headlines":[{"role":"short","value":"Short"},{"role":"main","value":"Main head"}],"bodies":[{"contenttype":"text/plain","value":"plain"},{"contenttype":"text/html","value":"<p>Rich.</p>"}],"descriptions":[{"value":"In short"}],"places":[{"name":"Adler"}],"subjects":[{"name":"World"}],"by":"Ada Ferry","firstcreated":"2024-01-02T03:04:05Z","keywords":[{"name":"boat"}],"associations":[{"type":"picture","headlines":[{"value":"P"}],"renditions":[{"href":"p.jpg"}]}]}`
)

func TestVersions(t *testing.T) {
	items, faults, passed, err := read(t, "["+one+","+three+`,{"uri":"urn:c","type":"picture"},{"uri":"urn:d","pubstatus":"canceled"},{"headline":"no uri"},{"uri":"urn:e","pubstatus":"withheld","body_text":"a"},{"uri":"urn:f","embargoed":"2030-01-01T00:00:00Z","body_text":"a"},7]`)
	if err != nil || len(items) != 4 || len(faults) != 3 || passed["picture"] != 1 {
		t.Fatalf("%v %d %q %v", err, len(items), faults, passed)
	}
	a, b := items[0], items[1]
	if a.Key != "ninjs urn:a" || a.Bylines[0] != "Carla Reed" || a.City != "Adler" || a.Section != "City" || strings.Join(a.Tags, "|") != "Ferries|tide" || a.Lead.URL != "l.jpg" || a.Lead.Credit != "B. Stone" || a.Published.Hour() != 3 {
		t.Errorf("%+v", a)
	}
	if b.Title != "Main head" || b.Body.Text != "<p>Rich.</p>" || b.Standfirst != "In short" || b.City != "Adler" || b.Lead.URL != "p.jpg" || b.Tags[0] != "boat" {
		t.Errorf("%+v", b)
	}
	if items[2].Status != foreign.Draft || items[3].Status != foreign.Draft {
		t.Error("withheld or under embargo, and public")
	}
	if items, _, _, err = read(t, one+"\n"+three); err != nil || len(items) != 2 { // one after the other
		t.Errorf("%v %d", err, len(items))
	}
}

func TestWhatIsNoItem(t *testing.T) {
	for _, content := range []string{"", "x", "{", strings.Repeat("[", 100_000)} {
		if items, _, _, err := read(t, content); fault.KindOf(err) != fault.Invalid || len(items) > 0 {
			t.Errorf("%.20q: %v", content, err)
		}
	}
}

func FuzzItems(f *testing.F) {
	f.Add(one)
	f.Add("[" + three + "]")
	f.Fuzz(func(t *testing.T, raw string) {
		items, _, _, err := read(t, raw)
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Fatal(err)
		}
		for i := range items {
			if items[i].Key == "ninjs " || strings.Contains(items[i].Title, "\n") {
				t.Fatalf("%+v", items[i])
			}
		}
	})
}
