package story

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"unicode"
)

// signs are the words by which appeals for support are known in one language:
// what any newsroom writes, no newsroom's own phrases. They are data, one file
// a language; a further language is a further file.
type signs struct {
	heading entries // what a line above an appeal says
	greets  entries // how a salutation begins
	readers entries // whom it greets
	ask     entries
	rhythm  entries // how often, or that it may be little money
	small   entries // that it is easy, or that little is much
	thanks  entries
	we, you entries
	report  entries // who says so, and what is quoted: words of news
	button  entries // how the label of a button begins
	remind  entries // lines beside the buttons that are about a reminder
	later   entries // questions and refusals among them
	dismiss entries
}

// entries are runs of words, the last of which may stand for any ending.
type entries [][]string

//go:embed signs
var signFiles embed.FS

// languages are the appeals that are known. The files are part of the program,
// so a fault in one is a fault of the program.
var languages = sync.OnceValue(func() []signs {
	names, err := fs.Glob(signFiles, "signs/*.txt")
	if err != nil {
		panic(err)
	}
	all := make([]signs, len(names))
	for i, name := range names {
		text, err := signFiles.ReadFile(name)
		if err == nil {
			err = all[i].parse(string(text))
		}
		if err != nil {
			panic(fmt.Sprintf("%s: %v", name, err))
		}
	}
	return all
})

// parse reads lines such as "ask: donate | chip in"; # begins a comment.
func (l *signs) parse(text string) error {
	fields := map[string]*entries{
		"heading": &l.heading, "greets": &l.greets, "readers": &l.readers, "ask": &l.ask, "rhythm": &l.rhythm, "small": &l.small,
		"thanks": &l.thanks, "we": &l.we, "you": &l.you, "report": &l.report, "button": &l.button, "remind": &l.remind,
		"later": &l.later, "dismiss": &l.dismiss,
	}
	for line := range strings.Lines(text) {
		name, words, ok := strings.Cut(strings.TrimSpace(line), ":")
		if strings.HasPrefix(name, "#") || name == "" {
			continue
		}
		field := fields[name]
		if !ok || field == nil {
			return fmt.Errorf("%q is not a sign, or stands there twice", name)
		}
		for entry := range strings.SplitSeq(words, "|") {
			run := strings.Fields(entry)
			if len(run) == 0 {
				return fmt.Errorf("%q has an empty entry", name)
			}
			*field = append(*field, run)
		}
		delete(fields, name)
	}
	for name := range fields {
		return fmt.Errorf("%q is missing", name)
	}
	return nil
}

// tokens cuts a text into words in small letters. Apostrophes are made alike,
// and joiners belong to words.
func tokens(text string) []string {
	text = strings.ReplaceAll(strings.ToLower(text), "’", "'")
	return strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '\'' && r != '\u200c'
	})
}

// begins says whether the words start with one of the entries.
func (e entries) begins(words []string) bool {
	for _, run := range e {
		if starts(words, run) {
			return true
		}
	}
	return false
}

// in says whether one of the entries stands anywhere in the words.
func (e entries) in(words []string) bool { return e.count(words) > 0 }

// count says at how many places of the words an entry stands.
func (e entries) count(words []string) int {
	n := 0
	for i := range words {
		if e.begins(words[i:]) {
			n++
		}
	}
	return n
}

// starts says whether the words start with one run.
func starts(words, run []string) bool {
	if len(words) < len(run) {
		return false
	}
	for i, want := range run {
		stem, open := strings.CutSuffix(want, "*")
		if words[i] != want && !(open && strings.HasPrefix(words[i], stem)) {
			return false
		}
	}
	return true
}
