package substack_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"mimeo/internal/fault"
	"mimeo/internal/story/foreign"
	"mimeo/internal/story/substack"
)

func packed(t testing.TB, files map[string]string) *zip.Reader {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, content := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t testing.TB, files map[string]string) (items []foreign.Item, faults []string, err error) {
	t.Helper()
	err = substack.Items(t.Context(), packed(t, files), func(place, message string) { faults = append(faults, place+": "+message) }, func(it *foreign.Item) error {
		items = append(items, *it)
		return nil
	})
	return items, faults, err
}

const table = "\ufeffpost_id,post_date,is_published,email_sent_at,type,audience,title,subtitle,podcast_url\n" +
	"101.the-tide,2021-05-04T14:00:31.105Z,true,,newsletter,everyone,\"The tide, again\",In short,\n" +
	"102.paid,2021-05-05T14:00:31.105Z,true,,newsletter,only_paid,Paid,,\n" +
	"103.talk,2021-05-06T14:00:31.105Z,true,,podcast,everyone,Talk,,https://audio.example/1.mp3\n" +
	"104,,false,,newsletter,everyone,Draft,,\n" +
	"105.thread,2021-05-06T14:00:31.105Z,true,,thread,everyone,Thread,,\n" +
	"106.short,2021\n"

func TestAnExport(t *testing.T) {
	items, faults, err := read(t, map[string]string{
		"posts.csv": table, "posts/101.the-tide.html": "<p>Text.</p>", "posts/102.paid.html": "<p>Paid.</p>", "posts/103.talk.html": "<p>Notes.</p>", "email_list.csv": "email\nreader@mail.example\n",
	})
	if err != nil || len(items) != 5 || len(faults) != 1 || !strings.Contains(faults[0], "line 7") {
		t.Fatalf("%v %d %q", err, len(items), faults)
	}
	if a := items[0]; a.Title != "The tide, again" || a.Slug != "the-tide" || a.Key != "substack 101" || a.Standfirst != "In short" || a.Addresses[0] != "/p/the-tide" || a.Status != foreign.Public || a.Published.Year() != 2021 {
		t.Errorf("%+v", a)
	}
	for i, want := range []foreign.Status{foreign.Public, foreign.Draft, foreign.Public, foreign.Draft, foreign.Draft} {
		if items[i].Status != want {
			t.Errorf("%q is %s", items[i].Title, items[i].Status)
		}
	}
	if !strings.Contains(items[2].Body.Text, "https://audio.example/1.mp3") {
		t.Errorf("%q", items[2].Body.Text)
	}
}

func FuzzItems(f *testing.F) {
	f.Add(table, "<p>Text.</p>")
	f.Add("post_id\n\"", "")
	f.Fuzz(func(t *testing.T, rows, page string) {
		items, _, err := read(t, map[string]string{"posts.csv": rows, "posts/101.the-tide.html": page})
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
