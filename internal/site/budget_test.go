package site

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// What a cheap phone on a slow network has to fetch.
func TestPagesAreSmall(t *testing.T) {
	h := newHouse(t)
	words := strings.Fields("the council said that it had read the report and would answer each point in writing before the end of May while others waited for boats bread letters trains files teachers and a court that opened late")
	var paragraphs []string
	for i := range 20 {
		var b strings.Builder
		for j := range 50 {
			b.WriteString(words[(i*31+j*j*7+j*i)%len(words)] + " ")
		}
		paragraphs = append(paragraphs, b.String())
	}
	st := h.publish(story.Draft{Headline: "A thousand words", Section: "city", Bylines: []string{"Ada Ferry"}, Body: prose.Paragraphs(paragraphs...)})
	for _, c := range []struct {
		path, coding string
		most         int
	}{
		{st.Path(), "br", 14 << 10},
		{st.Path(), "gzip", 14 << 10},
		{h.site.sheet.path, "br", 6 << 10},
		{h.site.sheet.path, "gzip", 6 << 10},
		{"/support", "gzip", 5 << 10},
		{"/blocked", "identity", 5_000},
		{"/fa/blocked", "gzip", 5_000},
		{"/", "gzip", 14 << 10},
	} {
		a := h.ok(c.path, "Accept-Encoding", c.coding)
		t.Logf("%-32s %-8s %6d bytes", c.path, c.coding, len(a.text))
		if len(a.text) > c.most {
			t.Errorf("%s is %d bytes with %s, more than %d", c.path, len(a.text), c.coding, c.most)
		}
	}
	text := h.ok(st.Path()).text
	fetched := regexp.MustCompile(`(?:src|<link rel="(?:stylesheet|icon|preload)" href)="([^"]*)"`).FindAllStringSubmatch(text, -1)
	requests := 1
	for _, f := range fetched {
		if !strings.HasPrefix(f[1], "data:") {
			requests++
		}
		if strings.Contains(f[1], "//") && !strings.HasPrefix(f[1], "data:") {
			t.Errorf("the page fetches from elsewhere: %s", f[1])
		}
	}
	if requests > 4 {
		t.Errorf("%d requests", requests)
	}
}

func TestTheSheetFetchesNothing(t *testing.T) {
	sheet, err := newSheet(DefaultAccent)
	if err != nil {
		t.Fatal(err)
	}
	hasNot(t, "sheet", sheet.text, "url(", "@import", "@font-face", "/*", "left", "right:", "  ", "\n")
	has(t, "sheet", sheet.text, "@media (prefers-color-scheme:dark)", "@media print", "forced-colors", "prefers-contrast")
	if strings.Count(sheet.text, "{") != strings.Count(sheet.text, "}") {
		t.Error("the braces do not pair")
	}
}

// Every class that a template uses is in the sheet, and the reverse.
func TestTemplatesAndSheetAgree(t *testing.T) {
	used := map[string]bool{}
	files, err := templateFiles.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	attribute := regexp.MustCompile(`class="((?:[^"{]|\{\{[^}]*\}\})*)"`)
	action := regexp.MustCompile(`\{\{[^}]*\}\}`)
	for _, f := range files {
		text, err := templateFiles.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range attribute.FindAllStringSubmatch(string(text), -1) {
			for name := range strings.FieldsSeq(action.ReplaceAllString(m[1], " ")) {
				used[name] = true
			}
		}
	}
	styled := map[string]bool{}
	for _, m := range regexp.MustCompile(`\.([a-z][a-z-]*)`).FindAllStringSubmatch(regexp.MustCompile(`\{[^{}]*\}|/\*(?s:.*?)\*/`).ReplaceAllString(sheetSource, "{}"), -1) {
		styled[m[1]] = true
	}
	// Marks of h-entry are for machines; the others only name what they are.
	plain := map[string]bool{"h-entry": true, "h-card": true, "p-name": true, "p-summary": true, "p-author": true, "e-content": true, "dt-published": true, "dt-updated": true, "u-url": true, "u-uid": true, "p-category": true}
	for name := range used {
		if !styled[name] && !plain[name] {
			t.Errorf("class %q is used and not styled", name)
		}
	}
	for name := range styled {
		if !used[name] {
			t.Errorf("class %q is styled and not used", name)
		}
	}
}

// Whatever accent a newsroom sets, words in it and on it can be read.
func TestAnyAccentCanBeRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		accent := colour{rapid.Byte().Draw(t, "red"), rapid.Byte().Draw(t, "green"), rapid.Byte().Draw(t, "blue")}
		for name, s := range map[string]struct {
			scheme
			paper colour
		}{"light": {schemeFor(accent, white, black), lightPaper}, "dark": {schemeFor(accent, darkPaper, white), darkPaper}} {
			for what, ratio := range map[string]float64{
				"links on paper": contrast(s.accent, s.paper), "links on the tint": contrast(s.accent, s.tint), "words on a button": contrast(s.over, s.accent),
			} {
				if ratio < 4.5 {
					t.Errorf("%s, accent %v: %s have a contrast of %.2f", name, accent, what, ratio)
				}
			}
		}
	})
}

// The inks of the sheet, against both grounds that text stands on.
func TestInksCanBeRead(t *testing.T) {
	root := regexp.MustCompile(`--(ink|soft|bad): (#[0-9a-f]{6})`).FindAllStringSubmatch(sheetSource, -1)
	if len(root) != 6 {
		t.Fatalf("found %v", root)
	}
	for i, m := range root {
		paper, away := lightPaper, black
		ground := white
		if i >= 3 {
			paper, ground, away = darkPaper, darkPaper, white
		}
		ink, err := parseColour(m[2])
		if err != nil {
			t.Fatal(err)
		}
		for _, accent := range []string{DefaultAccent, "#ffffff", "#000000", "#ff0000", "#ffff00", "#9b1c1f"} {
			c, err := parseColour(accent)
			if err != nil {
				t.Fatal(err)
			}
			if on, tinted := contrast(ink, paper), contrast(ink, schemeFor(c, ground, away).tint); on < 4.5 || tinted < 4.5 {
				t.Errorf("%s %s: %.2f on paper, %.2f on the tint of %s", m[1], m[2], on, tinted, accent)
			}
		}
	}
}

func TestColoursThatAreNone(t *testing.T) {
	for _, s := range []string{"", "red", "#fff", "#gggggg", "#1234567", "123456", "#-12345"} {
		if _, err := parseColour(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}

func FuzzAccepted(f *testing.F) {
	for _, s := range []string{"br", "gzip;q=0", "br;q=0.001, *;q=0", ",,;;==", "x-gzip, BR"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := accepted(map[string][]string{"Accept-Encoding": {s}})
		if c == inBrotli && !strings.Contains(strings.ToLower(s), "br") {
			t.Errorf("%q is answered in brotli", s)
		}
	})
}

func FuzzAskCookie(f *testing.F) {
	for _, s := range []string{"ask=x", "a=b; ask=monthly", ";;", "ask", "ask=\"never\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := browserRequest("/")
		r.Header["Cookie"] = []string{s}
		if got := askCookie(r); strings.ContainsAny(got, ";") || !strings.Contains(s, got) {
			t.Errorf("%q gives %q", s, got)
		}
	})
}
