package prose_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mimeo/internal/fault"
	"mimeo/internal/prose"
)

func TestCheckText(t *testing.T) {
	never := func(line, column int, mark string) prose.Warning {
		return prose.Warning{Line: line, Column: column, Message: "the quotation mark " + mark + " is never closed"}
	}
	nothing := func(line, column int, mark string) prose.Warning {
		return prose.Warning{Line: line, Column: column, Message: "the quotation mark " + mark + " closes nothing"}
	}
	hidden := func(line, column int, code string) prose.Warning {
		return prose.Warning{Line: line, Column: column, Message: "invisible character (" + code + ")"}
	}
	turns := func(line, column int, code string) prose.Warning {
		return prose.Warning{Line: line, Column: column, Message: "invisible character that changes the direction of writing (" + code + ")"}
	}
	for name, c := range map[string]struct {
		text string
		want []prose.Warning
	}{
		"nothing":                              {"", nil},
		"balanced, in several languages":       {"“a ‘b’ c,” „Ja“, „tak”, «да „нет“ да», »doch«, « oui », 「はい『え』」, \"plain\" 12\" pipe, ”ja”, ‹x›", nil},
		"apostrophes are not quotes":           {"It’s the ’90s, isn't it? ‘Tis.", nil},
		"“ without ”":                          {"He saw “a bridge, and “another,” he said.", []prose.Warning{never(1, 8, "“")}},
		"“ at the end":                         {"One.\nTwo “three.\nFour.", []prose.Warning{never(2, 5, "“")}},
		"” without “":                          {"He saw it,” he said.", []prose.Warning{nothing(1, 11, "”")}},
		"« without »":                          {"Сказал: «нет.\n\nИ ушёл.", []prose.Warning{never(1, 9, "«")}},
		"» without «":                          {"Сказал: нет».", []prose.Warning{nothing(1, 12, "»")}},
		"„ without “":                          {"„Nein, sagte er.", []prose.Warning{never(1, 1, "„")}},
		"„ inside « »":                         {"«Так „нет», сказал", []prose.Warning{never(1, 6, "„")}},
		"an odd straight one opens":            {`He said "yes and then "no".`, []prose.Warning{never(1, 9, `"`)}},
		"an odd straight one closes":           {`He said yes" and left.`, []prose.Warning{nothing(1, 12, `"`)}},
		"Persian":                              {"او گفت: «پل بسته است.", []prose.Warning{never(1, 9, "«")}},
		"a quotation over paragraphs":          {"She said: “We went.\n\n“Then we left.”\n\nThat was all.", nil},
		"one that only seems to go on":         {"She named a “bridge too far.\n\n“Then we left,” he said.", []prose.Warning{never(1, 13, "“")}},
		"one that goes on and never ends":      {"“We went.\n\n“Then we left.\n\nThat was all.", []prose.Warning{never(3, 1, "“")}},
		"a wrapped paragraph":                  {"She said “we\nwent” and\nleft “.\n\nNext.", []prose.Warning{never(3, 6, "“")}},
		"columns count code points":            {"😀é “x", []prose.Warning{never(1, 4, "“")}},
		"a byte order mark is not counted":     {"\ufeff“x", []prose.Warning{never(1, 1, "“")}},
		"CR LF and CR end lines":               {"a\r\nb “x\r\rc", []prose.Warning{never(2, 3, "“")}},
		"zero width space":                     {"a\u200bb c\u2060d", []prose.Warning{hidden(1, 2, "U+200B"), hidden(1, 6, "U+2060")}},
		"a byte order mark inside":             {"ab\ufeff", []prose.Warning{hidden(1, 3, "U+FEFF")}},
		"a soft hyphen":                        {"co\u00adop", []prose.Warning{hidden(1, 3, "U+00AD")}},
		"joiners where they are spelling":      {"می‌گوید क्‍ष 👩‍👧", nil},
		"joiners where they are not":           {"pay\u200cpal a\u200db", []prose.Warning{hidden(1, 4, "U+200C"), hidden(1, 10, "U+200D")}},
		"a joiner at the end of a word":        {"می‌ ", []prose.Warning{hidden(1, 3, "U+200C")}},
		"direction overrides":                  {"abc\u202egnp.exe\u202c", []prose.Warning{turns(1, 4, "U+202E"), turns(1, 12, "U+202C")}},
		"isolates":                             {"\u2067x\u2069", []prose.Warning{turns(1, 1, "U+2067"), turns(1, 3, "U+2069")}},
		"marks in a right-to-left text":        {"پل\u200f (A)\u200e", nil},
		"marks in a left-to-right text":        {"bridge\u200f", []prose.Warning{turns(1, 7, "U+200F")}},
		"accents on letters":                   {"cafe\u0301 नमस्ते 👍🏽 ❤️ 1️⃣", nil},
		"a lone accent":                        {"cafe \u0301x\n\u0301", []prose.Warning{{Line: 1, Column: 6, Message: "combining mark without a letter (U+0301)"}, {Line: 2, Column: 1, Message: "combining mark without a letter (U+0301)"}}},
		"lost characters":                      {"caf\ufffd", []prose.Warning{{Line: 1, Column: 4, Message: "a character was lost here (U+FFFD)"}}},
		"controls":                             {"a\u0085b\x07", []prose.Warning{{Line: 1, Column: 2, Message: "control character U+0085"}, {Line: 1, Column: 4, Message: "control character U+0007"}}},
		"a regional flag":                      {"🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", nil},
		"tags that spell nothing":              {"a\U000e0067", []prose.Warning{hidden(1, 2, "U+E0067")}},
		"several, in the order of the text":    {"“a\u200b\nb”", []prose.Warning{never(1, 1, "“"), hidden(1, 3, "U+200B"), nothing(2, 2, "”")}},
		"white space of other kinds is no sin": {"a\u00a0b\u2009c  d\te", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, prose.CheckText(c.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCheckPlaces: every place lies in the text, and the character there is
// the one that is complained about.
func TestCheckPlaces(t *testing.T) {
	piece := rapid.SampledFrom([]string{"“", "”", "„", "«", "»", `"`, "a", "Б", "گ", " ", "\n", "\n\n", "\r\n", "\u200b", "\u202e", "\u0301", "😀", ".", ","})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 0, 40).Draw(t, "pieces"), "")
		lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
		for _, w := range prose.CheckText(text) {
			if w.Line < 1 || w.Line > len(lines) {
				t.Fatalf("line %d of %d", w.Line, len(lines))
			}
			line := []rune(lines[w.Line-1])
			if w.Column < 1 || w.Column > len(line) {
				t.Fatalf("column %d of %d", w.Column, len(line))
			}
			if r := line[w.Column-1]; strings.Contains(w.Message, "quotation") && !strings.ContainsRune(w.Message, r) {
				t.Fatalf("%v at %q", w, r)
			}
		}
	})
}

func TestCheckIsBounded(t *testing.T) {
	got := prose.CheckText(strings.Repeat("a “b\n", 100_000))
	if len(got) != 500 || !strings.HasSuffix(got[499].Message, "not listed") {
		t.Errorf("%d warnings, the last: %v", len(got), got[len(got)-1])
	}
}

// TestCheckSeed reads the page that everything started from.
func TestCheckSeed(t *testing.T) {
	files, err := filepath.Glob("../../../shared/seed/000_*.txt")
	if err != nil || len(files) == 0 {
		t.Skip("../shared/seed/000_*.txt is not beside this checkout: the real page is not checked")
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Split(string(raw), "\n")[5]
	at := strings.LastIndex(line, "“")
	if at < 0 || strings.Contains(line[at:], "”") {
		t.Fatal("the sixth line is not the one we know")
	}
	want := []prose.Warning{{Line: 6, Column: utf8.RuneCountInString(line[:at]) + 1, Message: "the quotation mark “ is never closed"}}
	if diff := cmp.Diff(want, prose.CheckText(string(raw))); diff != "" {
		t.Error(diff)
	}
}

func TestReadable(t *testing.T) {
	for name, c := range map[string]struct{ raw, says string }{
		"a text":           {"\ufeffپل\r\n“x”\ty\n", ""},
		"nothing":          {"", ""},
		"another encoding": {"one\ntwo caf\xe9", "Line 2, column 8 is not valid UTF-8"},
		"UTF-16":           {"\xff\xfeo\x00", "Line 1 begins like UTF-16"},
		"a picture":        {"\x89PNG\r\n\x1a\n", "Line 1, column 1 is not valid UTF-8"},
		"a null":           {"one\r\ntwo\n\x00", "Line 3, column 1 holds the control character U+0000"},
		"an escape":        {"پل\x1b[1m", "Line 1, column 3 holds the control character U+001B"},
	} {
		t.Run(name, func(t *testing.T) {
			err := prose.Readable([]byte(c.raw))
			if c.says == "" && err == nil {
				return
			}
			if fault.KindOf(err) != fault.Invalid || c.says == "" || !strings.HasPrefix(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestPassages(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
		line []int
	}{
		"nothing":                    {" \n\t\n\u00a0\u2009\n", nil, nil},
		"every line":                 {"one\ntwo \n\tthree", []string{"one", "two", "three"}, []int{1, 2, 3}},
		"blank lines part":           {"\n\none\n  two\n\u00a0\n\nthree\n\n", []string{"one two", "three"}, []int{3, 7}},
		"blank lines around":         {"\none\ntwo\n\n", []string{"one", "two"}, []int{2, 3}},
		"byte order mark, CR LF":     {"\ufeffone\r\n\r\ntwo\r\nthree\r\n", []string{"one", "two three"}, []int{1, 3}},
		"old line ends":              {"one\rtwo", []string{"one", "two"}, []int{1, 2}},
		"spaces inside are kept":     {"«\u00a0one\u00a0»  two", []string{"«\u00a0one\u00a0»  two"}, []int{1}},
		"long lines are not wrapped": {"one\n" + strings.Repeat("x", 201) + "\n\ntwo\nthree", []string{"one", strings.Repeat("x", 201), "two", "three"}, []int{1, 2, 4, 5}},
		"a mark alone is no line":    {"\ufeff", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			var at []int
			for _, p := range prose.Passages(c.text) {
				got, at = append(got, p.String()), append(at, p.Line)
			}
			if diff := cmp.Diff(c.want, got) + cmp.Diff(c.line, at); diff != "" {
				t.Error(diff)
			}
		})
	}
}
