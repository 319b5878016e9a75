package lang

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// form is one plural form of a message.
type form struct{ name, text string }

func formsOf(m *i18n.Message) []form {
	var all []form
	for _, f := range []form{{"zero", m.Zero}, {"one", m.One}, {"two", m.Two}, {"few", m.Few}, {"many", m.Many}, {"other", m.Other}} {
		if f.text != "" {
			all = append(all, f)
		}
	}
	return all
}

func isPlural(m *i18n.Message) bool { return m.Zero+m.One+m.Two+m.Few+m.Many != "" }

// needs says which plural forms a language has, each with the whole numbers
// up to 200 that it is for.
func needs(tag language.Tag) map[string][]int {
	names := map[plural.Form]string{
		plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other",
	}
	found := map[string][]int{"other": nil} // fractions are of this form everywhere
	for n := range 201 {
		name := names[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)]
		found[name] = append(found[name], n)
	}
	return found
}

var placeholder = regexp.MustCompile(`\{\{\.([A-Z][A-Za-z]*)\}\}`)

func placeholdersOf(text string) []string {
	var names []string
	for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(names, found[1]) {
			names = append(names, found[1])
		}
	}
	slices.Sort(names)
	return names
}

func allPlaceholders(m *i18n.Message) []string {
	var texts []string
	for _, f := range formsOf(m) {
		texts = append(texts, f.text)
	}
	return placeholdersOf(strings.Join(texts, " "))
}

// faultsOf lists what is wrong with a message on its own, and with a
// translation beside its English.
func faultsOf(l *Lang, m, english *i18n.Message) []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	forms := formsOf(m)
	if len(forms) == 0 {
		fault("is empty")
	}
	needed := needs(language.MustParse(l.Code))
	want := allPlaceholders(english)
	if got := allPlaceholders(m); !slices.Equal(got, want) {
		fault("has the placeholders %v, English %v", got, want)
	}
	if isPlural(m) != isPlural(english) {
		fault("has plural forms in one of %s and English only", l.Code)
	}
	for _, f := range forms {
		if rest := placeholder.ReplaceAllString(f.text, ""); strings.ContainsAny(rest, "{}") {
			fault("has a broken placeholder: %q", f.text)
		}
		if f.text != strings.TrimSpace(f.text) && !spaced[m.ID] {
			fault("begins or ends with a space: %q", f.text)
		}
		if i := strings.IndexFunc(latinName.ReplaceAllString(f.text, ""), func(r rune) bool { return unicode.IsDigit(r) && !slices.Contains(l.digit[:], string(r)) }); i >= 0 {
			fault("has digits that are not those of %s: %q", l.Code, f.text)
		}
		if m.ID != "lang.dir" && !ownScript(l, f.text, english.Other) {
			fault("is not in %s: %q", l.Code, f.text)
		}
		if !isPlural(m) {
			continue
		}
		numbers, ok := needed[f.name]
		if !ok {
			fault("has the form %s, which %s has not", f.name, l.Code)
		}
		// A form for a single number may say it in words: "two months".
		numbers = slices.DeleteFunc(slices.Clone(numbers), func(n int) bool { return n == 0 && f.name != "zero" })
		for _, name := range want {
			if (name != "Count" || len(numbers) > 1) && !slices.Contains(placeholdersOf(f.text), name) {
				fault("does not say {{.%s}} in the form %s", name, f.name)
			}
		}
	}
	if isPlural(m) {
		for name := range needed {
			if !slices.ContainsFunc(forms, func(f form) bool { return f.name == name }) {
				fault("lacks the form %s", name)
			}
		}
	}
	return faults
}

// latinName is a name with a number that stays as it is in every language:
// "CC BY 4.0"; and a day as it has to be typed.
var latinName = regexp.MustCompile(`[A-Za-z][A-Za-z -]*[0-9][0-9.]*|[0-9]{4}-[0-9]{2}-[0-9]{2}`)

// spaced are the messages that are spaces.
var spaced = map[string]bool{"lang.group": true, "lang.comma": true}

// ownScript tells a translation from a line copied out of the English file.
// What is only a sign or an abbreviation there ("RSS") may stay.
func ownScript(l *Lang, text, english string) bool {
	if l.Code == Default || !strings.ContainsFunc(placeholder.ReplaceAllString(english, ""), unicode.IsLower) {
		return true
	}
	script := scriptOf(l.Name())
	if script == unicode.Latin {
		return text != english
	}
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(script, r) })
}

func scriptOf(name string) *unicode.RangeTable {
	for _, script := range []*unicode.RangeTable{unicode.Arabic, unicode.Cyrillic, unicode.Hebrew} {
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(script, r) }) {
			return script
		}
	}
	return unicode.Latin
}

// holes lists by file what a language lacks, and what it says in another way
// than the code expects. Nothing is wrong where it is empty.
func holes(b *Book) map[string][]string {
	found := map[string][]string{}
	english := b.For(Default)
	for _, code := range b.Codes() {
		l := b.For(code)
		note := func(id, text string) {
			owner, _, _ := strings.Cut(id, ".")
			file := code + "/" + owner + ".toml"
			found[file] = append(found[file], id+" "+text)
		}
		for id, m := range english.ids {
			translated, ok := l.ids[id]
			if !ok {
				note(id, "is missing")
				continue
			}
			for _, text := range faultsOf(l, translated, m) {
				note(id, text)
			}
		}
		for id := range l.ids {
			if _, ok := english.ids[id]; !ok {
				note(id, "is not in English")
			}
		}
	}
	return found
}

// TestEveryLanguageIsWhole is the list of what is left to translate: a
// subtest for each file that lacks something.
func TestEveryLanguageIsWhole(t *testing.T) {
	b := book(t)
	if want := []string{"ar", "en", "fa", "ru"}; !slices.Equal(b.Codes(), want) {
		t.Errorf("the languages are %v, want %v", b.Codes(), want)
	}
	found := holes(b)
	for _, file := range slices.Sorted(maps.Keys(found)) {
		lines := found[file]
		slices.Sort(lines)
		t.Run(file, func(t *testing.T) {
			t.Errorf("%d faults:\n\t%s", len(lines), strings.Join(lines, "\n\t"))
		})
	}
}

func TestHolesAreFound(t *testing.T) {
	files := twoLanguages()
	whole := func() string {
		b, err := load(files)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for file, faults := range holes(b) {
			for _, fault := range faults {
				lines = append(lines, file+": "+fault)
			}
		}
		return strings.Join(lines, "\n")
	}
	if got := whole(); got != "ru/kitchen.toml: kitchen.only is missing" {
		t.Fatalf("the two languages have other faults: %s", got)
	}
	english := string(files["messages/en/kitchen.toml"].Data)
	russian := string(files["messages/ru/kitchen.toml"].Data)
	for change, want := range map[[2]string]string{
		{`hello = "Привет"`, `hello = "Hello"`}:                                    "is not in ru",
		{`hello = "Привет"`, `hello = "Привет, {{.Name}}"`}:                        "has the placeholders [Name]",
		{`hello = "Привет"`, `hello = "Привет, {.Name}"`}:                          "has a broken placeholder",
		{`hello = "Привет"`, `hello = "Привет ٣"`}:                                 "has digits that are not those of ru",
		{`hello = "Привет"`, `hello = "Привет "`}:                                  "begins or ends with a space",
		{`hello = "Привет"`, `hello = "Привет"` + "\n" + `soup = "Суп"`}:           "kitchen.soup is not in English",
		{`hello = "Привет"`, `hello = { one = "Привет", other = "Приветы" }`}:      "plural forms in one of",
		{`many = "{{.Count}} яиц"` + "\n", ""}:                                     "kitchen.eggs lacks the form many",
		{`one = "{{.Count}} яйцо"`, `one = "яйцо"`}:                                "does not say {{.Count}} in the form one",
		{`one = "{{.Count}} яйцо"`, `one = "{{.Count}} яйцо"` + "\ntwo = \"два\""}: "has the form two",
	} {
		files["messages/ru/kitchen.toml"].Data = []byte(strings.Replace(russian, change[0], change[1], 1))
		if got := whole(); !strings.Contains(got, want) {
			t.Errorf("%q: found %q, want %q", change[1], got, want)
		}
	}
	files["messages/ru/kitchen.toml"].Data = []byte(russian)
	files["messages/en/kitchen.toml"].Data = []byte(strings.Replace(english, `one = "{{.Count}} egg"`, `one = "an egg"`, 1))
	if got := whole(); strings.Contains(got, "kitchen.eggs") {
		t.Errorf("a single number may be said in words: %s", got)
	}
}
