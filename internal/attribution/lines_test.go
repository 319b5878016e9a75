package attribution

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// line writes a suggestion as the files of single sentences do.
func line(s Suggestion) string {
	f := flat(s)
	out := fmt.Sprintf("%s | %s | %s | %s", f.Kind, f.Source, f.Cue, f.Content)
	for _, extra := range [][2]string{{"mention", f.Mention}, {"role", f.Role}, {"body", f.Body}, {"to", f.Addressee}, {"on", f.Date}, {"at", f.Where}, {"by", f.Medium}, {"about", f.About}, {"evidence", f.Evidence}} {
		if extra[1] != "" {
			out += " | " + extra[0] + "=" + extra[1]
		}
	}
	return out
}

// TestSentences reads short texts of our own, each on a line, with what must be
// suggested in lines below it, set in by two blanks; a text without such lines
// holds no statement. Write MIMEO_WRITE=1 to write the files anew, then read them.
func TestSentences(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.lines"))
	if err != nil || len(files) < 3 {
		t.Fatalf("the files of sentences are not there: %v, %v", files, err)
	}
	for _, path := range files {
		code := strings.TrimSuffix(filepath.Base(path), ".lines")
		t.Run(code, func(t *testing.T) {
			e, err := New(code)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var text string
			var want []string
			var anew strings.Builder
			sentences := 0
			check := func() {
				if text == "" {
					return
				}
				sentences++
				found := e.Suggest(text, Options{Dateline: time.Date(2024, 12, 4, 0, 0, 0, 0, time.UTC)})
				checkSpans(t, text, found)
				var got []string
				for _, s := range found {
					got = append(got, line(s))
				}
				if a, b := strings.Join(want, "\n"), strings.Join(got, "\n"); a != b {
					t.Errorf("%s\nwant:\n%s\ngot:\n%s", text, a, b)
				}
				fmt.Fprintln(&anew, strings.ReplaceAll(text, "\n", `\n`))
				for _, g := range got {
					fmt.Fprintln(&anew, "  "+g)
				}
			}
			for _, l := range strings.Split(string(raw), "\n") {
				if rest, in := strings.CutPrefix(l, "  "); in {
					want = append(want, rest)
					continue
				}
				check()
				text, want = strings.ReplaceAll(l, `\n`, "\n"), nil
			}
			check()
			if sentences < 60 {
				t.Errorf("%d texts; 60 are asked for a language", sentences)
			}
			if os.Getenv("MIMEO_WRITE") != "" {
				if err := os.WriteFile(path, []byte(anew.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
