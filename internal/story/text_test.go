package story_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// page is a page of our own of the kind that Mimeo began with: news, line by
// line, then an appeal and the words of its little dialogue.
const page = `The harbour company will “pause all dredging” until the spring, it said on Monday, after fishermen blocked the inner basin for a third day.
“We heard them, and we stop,” the company’s director Ilse Brand told reporters at the harbour office on Monday.
The fishermen say the dredgers have stirred up mud that kills the young crabs, without presenting any figures.
In a letter on Friday, the ministry called the blockade “a danger to shipping and demanded that it end.
A spokesman for the fishermen said they would stay.
From the people who make The Tidewater Post:
Dear friends and readers,
We have a hard winter ahead. In October the harbour authority took away our press cards and called our reporters “a nuisance.” Two of us are in court.
Nobody pays for this paper except the people who read it. We have no owner and no party behind us.
If you can, support our work with a monthly gift, starting from just €3. It takes a minute, and every contribution helps us to stay at the quay.
Thank you for being with us.
Continue
Not ready to give today?
Remind me later.
×
Remind me next month
Thank you! We will remind you.`

func TestImportPage(t *testing.T) {
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	got, err := story.ImportText([]byte(page), story.ImportOptions{Title: "Dredging stops in the harbour", Dateline: day})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(page, "\n")
	want := story.Imported{
		Draft: story.Draft{Headline: "Dredging stops in the harbour", Dateline: day, Body: prose.Paragraphs(lines[:5]...)},
		Appeal: &story.AppealDraft{
			Line: 6, Heading: lines[5], Body: lines[6:11],
			Button: "Continue", Prompt: "Not ready to give today?", Remind: "Remind me later.", Month: "Remind me next month", Thanks: "Thank you! We will remind you.",
			Controls: lines[11:],
		},
		Warnings: []prose.Warning{{Line: 4, Column: 57, Message: "the quotation mark “ is never closed"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	got, err = story.ImportText([]byte(page), story.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Draft.Headline != lines[0] || len(got.Draft.Body.Blocks) != 4 || got.Appeal == nil {
		t.Errorf("without a title: %q, %d paragraphs", got.Draft.Headline, len(got.Draft.Body.Blocks))
	}
	got, err = story.ImportText([]byte(page), story.ImportOptions{Title: "x", KeepAppeal: true})
	if err != nil || len(got.Draft.Body.Blocks) != len(lines) || got.Appeal != nil {
		t.Errorf("%v: %d paragraphs with the appeal kept", err, len(got.Draft.Body.Blocks))
	}
}

// TestImportSeed reads the page that everything started from.
func TestImportSeed(t *testing.T) {
	files, err := filepath.Glob("../../../shared/seed/000_*.txt")
	if err != nil || len(files) == 0 {
		t.Skip("../shared/seed/000_*.txt is not beside this checkout: the real page is not imported")
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	const news, dialogue = 10, 18 // how many lines are news, and where the dialogue begins
	variants := map[string]string{
		"as it is":          string(raw),
		"CR LF":             strings.Join(lines, "\r\n"),
		"byte order mark":   "\ufeff" + string(raw),
		"blank lines":       strings.Join(lines, "\n\n"),
		"one blank line":    strings.Join(lines[:news], "\n") + "\n\n" + strings.Join(lines[news:], "\n"),
		"no-break spaces":   "\u00a0\n" + strings.Join(lines, "\u00a0\n\u00a0"),
		"without dialogue":  strings.Join(lines[:dialogue], "\n"),
		"without heading":   strings.Join(append(append([]string{}, lines[:news]...), lines[news+1:]...), "\n"),
		"without addressee": strings.Join(append(append([]string{}, lines[:news+1]...), lines[news+2:]...), "\n"),
	}
	for name, in := range variants {
		t.Run(name, func(t *testing.T) {
			got, err := story.ImportText([]byte(in), story.ImportOptions{Title: "A title"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(prose.Paragraphs(lines[:news]...), got.Draft.Body); diff != "" {
				t.Error(diff)
			}
			a := got.Appeal
			if a == nil {
				t.Fatal("the appeal was not found")
			}
			for _, line := range append(append([]string{}, a.Body...), a.Heading, a.Signature) {
				for _, control := range lines[dialogue:] {
					if line == control {
						t.Errorf("%q is in the appeal's text", line)
					}
				}
			}
			if name == "as it is" {
				want := &story.AppealDraft{
					Line: 11, Heading: lines[10], Body: lines[11:17], Button: lines[17], Prompt: lines[18], Remind: lines[19],
					Month: lines[21], Thanks: lines[22], Controls: lines[17:],
				}
				if diff := cmp.Diff(want, a); diff != "" {
					t.Error(diff)
				}
			}
			if len(got.Warnings) != 1 {
				t.Fatalf("warnings: %v", got.Warnings)
			}
			before := lines[5][:strings.LastIndex(lines[5], "“")]
			w := got.Warnings[0]
			if at := strings.Split(strings.ReplaceAll(strings.TrimPrefix(in, "\ufeff"), "\r", ""), "\n")[w.Line-1]; strings.Trim(at, "\u00a0") != lines[5] {
				t.Errorf("the warning is about line %d, %q", w.Line, at)
			}
			column := utf8.RuneCountInString(before) + 1
			if name == "no-break spaces" {
				column++
			}
			if w.Column != column {
				t.Errorf("column %d, want %d", w.Column, column)
			}
		})
	}
}

func TestImportPlain(t *testing.T) {
	for name, c := range map[string]struct {
		raw, title string
		headline   string
		paragraphs []string
	}{
		"the first line is the title":         {"A title\nOne.\nTwo.", "", "A title", []string{"One.", "Two."}},
		"a wrapped text":                      {"A title\n\nOne\nand more.\n\nTwo.", "", "A title", []string{"One and more.", "Two."}},
		"a title that is not alone":           {"A title\nOne.\n\nTwo.", "", "A title", []string{"One.", "Two."}},
		"a given title":                       {"One.\nTwo.", "A title", "A title", []string{"One.", "Two."}},
		"a given title that is there already": {"A title\nOne.", "A title", "A title", []string{"One."}},
		"odd white space":                     {"\ufeff\r\n\u00a0A title\u00a0\r\n\r\n\tOne.\u00a0\r\n\r\n", "", "A title", []string{"One."}},
		"quotes as written":                   {"T\n“One” 'two' \"three\" «four»…", "", "T", []string{"“One” 'two' \"three\" «four»…"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := story.ImportText([]byte(c.raw), story.ImportOptions{Title: c.title})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(story.Draft{Headline: c.headline, Body: prose.Paragraphs(c.paragraphs...)}, got.Draft); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestImportRefuses(t *testing.T) {
	for name, c := range map[string]struct{ raw, says string }{
		"nothing":             {"", "Line 1: there is no text"},
		"white space":         {"\ufeff \n\u00a0\r\n", "Line 1: there is no text"},
		"a headline alone":    {"\nOnly this", "Line 2: there is a headline but no text"},
		"a picture":           {"GIF89a\x01\x00", "Line 1, column 7 holds the control character U+0001"},
		"another encoding":    {"A title\nFen\xeatre", "Line 2, column 4 is not valid UTF-8"},
		"ten megabytes":       {strings.Repeat("Nine more words stand here to fill up this line.\n", 200_000), "The text is larger than 1 MB: the limit is passed in line 21400"},
		"a novel as headline": {strings.Repeat("word ", 100) + "\nText.", "Line 1 is too long for a headline"},
		"too many paragraphs": {strings.Repeat("x\n", 5002), "Line 5002: a story has at most 5000 paragraphs"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := story.ImportText([]byte(c.raw), story.ImportOptions{})
			if fault.KindOf(err) != fault.Invalid || !strings.HasPrefix(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// FuzzImportText: no word is lost, and none is made up.
func FuzzImportText(f *testing.F) {
	f.Add([]byte(page), "")
	f.Add([]byte("\ufeffa\r\n\r\nb\nc"), "t")
	f.Fuzz(func(t *testing.T, raw []byte, title string) {
		got, err := story.ImportText(raw, story.ImportOptions{Title: title})
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		want := strings.Fields(strings.TrimPrefix(string(raw), "\ufeff"))
		var have []string
		if got.Draft.Headline != title {
			have = strings.Fields(got.Draft.Headline)
		}
		have = append(have, strings.Fields(got.Draft.Body.Text())...)
		if a := got.Appeal; a != nil {
			have = append(have, strings.Fields(a.Heading)...)
			have = append(have, strings.Fields(strings.Join(a.Body, " "))...)
			have = append(have, strings.Fields(a.Signature)...)
			have = append(have, strings.Fields(strings.Join(a.Controls, " "))...)
		}
		if title != "" && len(have) < len(want) { // the first line said the title again
			want = want[len(want)-len(have):]
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Fatal(diff)
		}
	})
}
