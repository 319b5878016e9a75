// Package lang holds every word Mimeo says to a reader: messages with their
// plural forms, and the way a language writes dates, numbers, lists and sums.
//
// A language is a folder, messages/CODE, with one TOML file per package that
// speaks (site.toml, reminder.toml and so on) and lang.toml, which says how
// the language writes a date, a digit and a sum. A new folder is a new
// language; nothing else has to be told about it. Message ids are unique over
// all files and begin with the name of their file: "reminder.subject" lives
// in reminder.toml, as a quoted key or as [reminder] subject = "…".
//
// Placeholders are written {{.Name}}. A message with plural forms is a table
// with the keys one, other (few, many… where a language has them), chosen by
// the argument named Count; because of that no message may itself be called
// one, other and so on, also not behind a dot. English is complete; a message that another language
// lacks is shown in English, and a test fails.
package lang

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Default is the language that has every message.
const Default = "en"

//go:embed messages
var files embed.FS

// Book is every language there is. It does not change after Load and may be
// used by many goroutines.
type Book struct {
	langs map[string]*Lang
	codes []string
}

// Lang is one language.
type Lang struct {
	Code string

	dir   string
	texts *i18n.Localizer
	fixed map[string]string // messages without placeholders or plural forms
	ids   map[string]*i18n.Message
	digit [10]string
}

// Load reads the languages that are part of the program.
func Load() (*Book, error) { return load(files) }

func load(all fs.FS) (*Book, error) {
	bundle := i18n.NewBundle(language.English)
	folders, err := fs.ReadDir(all, "messages")
	if err != nil {
		return nil, fmt.Errorf("listing languages: %w", err)
	}
	book := &Book{langs: map[string]*Lang{}}
	for _, folder := range folders {
		l, err := readLanguage(all, bundle, folder.Name())
		if err != nil {
			return nil, fmt.Errorf("reading the messages of %q: %w", folder.Name(), err)
		}
		book.langs[l.Code] = l
		book.codes = append(book.codes, l.Code)
	}
	english, ok := book.langs[Default]
	if !ok {
		return nil, fmt.Errorf("the messages of %q are missing", Default)
	}
	for _, l := range book.langs {
		if err := l.finish(bundle, english); err != nil {
			return nil, fmt.Errorf("preparing language %q: %w", l.Code, err)
		}
	}
	return book, nil
}

func readLanguage(all fs.FS, bundle *i18n.Bundle, code string) (*Lang, error) {
	tag, err := language.Parse(code)
	if err != nil {
		return nil, fmt.Errorf("parsing the language code: %w", err)
	}
	l := &Lang{Code: code, ids: map[string]*i18n.Message{}, fixed: map[string]string{}}
	names, err := fs.Glob(all, path.Join("messages", code, "*.toml"))
	if err != nil {
		return nil, fmt.Errorf("listing files: %w", err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(all, name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		messages, err := i18n.ParseMessageBytes(text, toml.Unmarshal)
		if err != nil {
			return nil, fmt.Errorf("parsing %s: %w", name, err)
		}
		owner := strings.TrimSuffix(path.Base(name), ".toml") + "."
		for _, m := range messages {
			if !strings.HasPrefix(m.ID, owner) {
				return nil, fmt.Errorf("%s: message %q does not begin with %q", name, m.ID, owner)
			}
			l.ids[m.ID] = m
		}
		if err := bundle.AddMessages(tag, messages...); err != nil {
			return nil, fmt.Errorf("adding %s: %w", name, err)
		}
	}
	return l, nil
}

// finish resolves what can be resolved once, so that most calls of T are one
// look-up in a map.
func (l *Lang) finish(bundle *i18n.Bundle, english *Lang) error {
	l.texts = i18n.NewLocalizer(bundle, l.Code, Default)
	for _, ids := range []map[string]*i18n.Message{english.ids, l.ids} {
		for id, m := range ids {
			delete(l.fixed, id)
			if isFixed(m) {
				l.fixed[id] = m.Other
			}
		}
	}
	l.dir = l.fixed["lang.dir"]
	if l.dir != "ltr" && l.dir != "rtl" {
		return fmt.Errorf("lang.dir is %q, not ltr or rtl", l.dir)
	}
	digits := []rune(l.fixed["lang.digits"])
	if len(digits) != len(l.digit) {
		return fmt.Errorf("lang.digits has %d digits", len(digits))
	}
	for i, d := range digits {
		l.digit[i] = string(d)
	}
	return nil
}

func isFixed(m *i18n.Message) bool {
	return m.Zero+m.One+m.Two+m.Few+m.Many == "" && !strings.Contains(m.Other, "{{")
}

// Codes lists the languages in the order of their codes.
func (b *Book) Codes() []string { return slices.Clone(b.codes) }

// Has tells whether there are messages in exactly this language.
func (b *Book) Has(code string) bool { _, ok := b.langs[code]; return ok }

// For returns the language of a code. A regional code falls back to its
// language ("fa-IR" to "fa"), an unknown one to English.
func (b *Book) For(code string) *Lang {
	if l, ok := b.langs[code]; ok {
		return l
	}
	base, _, _ := strings.Cut(code, "-")
	if l, ok := b.langs[strings.ToLower(base)]; ok {
		return l
	}
	return b.langs[Default]
}

// Dir is the direction of the script, "ltr" or "rtl".
func (l *Lang) Dir() string { return l.dir }

// Name is the language's own name for itself.
func (l *Lang) Name() string { return l.fixed["lang.name"] }

// T returns a message. Arguments are names and values in turn:
// T("remind.done", "Month", "January"). The argument Count also chooses the
// plural form and is written in the digits of the language. An unknown id is
// returned as it is, so that a fault shows on the page and in a test.
func (l *Lang) T(id string, args ...any) string {
	if text, ok := l.fixed[id]; ok {
		return text
	}
	data := make(map[string]any, len(args)/2)
	config := i18n.LocalizeConfig{MessageID: id, TemplateData: data}
	for i := 0; i+1 < len(args); i += 2 {
		name, ok := args[i].(string)
		if !ok {
			continue
		}
		data[name] = args[i+1]
		if n, ok := integer(args[i+1]); ok && name == "Count" {
			config.PluralCount = n
			data[name] = l.Number(n)
		}
	}
	// A message that only English has comes with an error and is shown.
	text, err := l.texts.Localize(&config)
	if err != nil && text == "" {
		return id
	}
	return text
}

func integer(value any) (int64, bool) {
	switch n := value.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	default:
		return 0, false
	}
}
