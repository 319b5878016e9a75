package attribution

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// checkSpans holds what every suggestion promises of its places in the text.
func checkSpans(t *testing.T, text string, found []Suggestion) {
	t.Helper()
	starts := make([]int, 0, len(text)+1) // where each code point begins
	for i := 0; i < len(text); {
		starts = append(starts, i)
		_, size := utf8.DecodeRuneInString(text[i:])
		i += size
	}
	starts = append(starts, len(text))
	last := -1
	check := func(what string, s Span, words string) {
		if s.Start < 0 || s.Start >= s.End || s.End >= len(starts) {
			t.Fatalf("%s %+v lies outside of a text of %d code points", what, s, len(starts)-1)
		}
		if got := text[starts[s.Start]:starts[s.End]]; got != words {
			t.Fatalf("%s says %q, the text has %q", what, words, got)
		}
	}
	for _, s := range found {
		if s.Confidence <= 0 || s.Confidence > 1 {
			t.Fatalf("confidence %v", s.Confidence)
		}
		switch s.Kind {
		case Direct, Mixed, Indirect:
		default:
			t.Fatalf("kind %q", s.Kind)
		}
		if len(s.Content) == 0 || s.Cue == nil || s.About == nil {
			t.Fatalf("a part is absent: %+v", s)
		}
		if s.Source != nil {
			words := s.Source.Text
			if s.Source.Mention != "" {
				words = s.Source.Mention
			}
			check("source", s.Source.Span, words)
		}
		check("cue", *s.Cue, s.Cue.Text)
		end := -1
		for _, c := range s.Content {
			check("content", c, c.Text)
			if c.Start < end {
				t.Fatalf("contents overlap: %+v", s.Content)
			}
			end = c.End
		}
		if at := first(s); at < last {
			t.Fatalf("a suggestion at %d stands behind one at %d", at, last)
		} else {
			last = at
		}
	}
}

func FuzzSuggest(f *testing.F) {
	for _, s := range []string{
		"“We sail,” said Ana Ruiz, the harbour master, on Tuesday. “At dawn.”",
		"Minister: no talks before spring\n\nThe minister, Jon Vey, said that \"no one\" asked, adding: “Never.",
		"«Мы едем, — сказал Пётр Ильин. — Завтра». По словам Ильина, «всё „готово“».",
		"„Wir fahren“, sagte Karl Ott. Laut Ott ist alles ‚bereit‘.",
		"He told reporters\n“One.\n\n“Two.”\nAccording to X, according to Y, said Z, who said.",
		"''Quote,'' she said, without presenting any evidence. \xff\xfe “\x80 said X.",
		"said told said, “” ‘’ (((( , — — : ; “ “ “ ” ” said",
	} {
		f.Add(s, uint8(0))
	}
	codes := Languages()
	engines := make([]*Engine, len(codes))
	for i, c := range codes {
		e, err := New(c)
		if err != nil {
			f.Fatal(err)
		}
		engines[i] = e
	}
	f.Fuzz(func(t *testing.T, text string, lang uint8) {
		e := engines[int(lang)%len(engines)]
		checkSpans(t, text, e.Suggest(text, Options{Dateline: time.Date(2024, 12, 4, 0, 0, 0, 0, time.UTC), Least: 0.01}))
	})
}

// TestHostileTextsStayLinear reads texts made to hurt: twice the length may
// not cost much more than twice the time.
func TestHostileTextsStayLinear(t *testing.T) {
	e, err := New("en")
	if err != nil {
		t.Fatal(err)
	}
	for name, piece := range map[string]string{
		"quotes": "“", "singles": "'a ", "cues": "said ", "names": "Ana Ruiz Vey ", "commas": ", said X, ", "brackets": "( said ", "paragraphs": "“a\n",
		"according": "according to X, ", "dashes": "— said — ", "that": "he said that ", "long words": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-", "and": "and said and X ",
	} {
		cost := func(n int) time.Duration {
			text := strings.Repeat(piece, n/len(piece))
			best := time.Hour
			for range 3 {
				at := time.Now()
				e.Suggest(text, Options{})
				best = min(best, time.Since(at))
			}
			return best
		}
		one, four := cost(1<<17), cost(1<<19)
		if four > 12*one+100*time.Millisecond {
			t.Errorf("%s: %v for 128 kB, %v for 512 kB", name, one, four)
		}
		if perMB := four * 2; perMB > 3*time.Second {
			t.Errorf("%s: %v a megabyte", name, perMB)
		}
	}
}

// articles are the texts of our own that each language is held against.
var articles = map[string]string{"en": "en-harbour.txt", "ru": "ru-bridge.txt", "de": "de-school.txt"}

func BenchmarkSuggest(b *testing.B) {
	for _, code := range Languages() {
		b.Run(code, func(b *testing.B) {
			e, err := New(code)
			if err != nil {
				b.Fatal(err)
			}
			article, err := os.ReadFile(filepath.Join("testdata", articles[code]))
			if err != nil {
				b.Fatal(err)
			}
			news := string(article)
			for _, appeal := range []string{"A Message", "Дорогие", "Liebe Leser"} { // nothing behind it is read
				news, _, _ = strings.Cut(news, appeal)
			}
			text := strings.Repeat(news, 20)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				e.Suggest(text, Options{})
			}
		})
	}
}
