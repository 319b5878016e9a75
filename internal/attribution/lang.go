package attribution

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"mimeo/internal/fault"
)

//go:embed lang/*.txt
var files embed.FS

// language is a language's file, read.
type language struct {
	code          string
	least         float64
	words         map[string]*word
	nothing       word
	colon         cue // the colon of a headline
	endings       []ending
	stems         []ending      // beginnings of words, for languages that decline
	stemsBy       [256][]ending // the same, by their second byte
	longestEnding int           // bytes that a stem may be followed by
	anaphor       []string      // "of this": the content is the sentence before
	quotes        []quotePair
	skip          []string // beginnings of lines that are no news
	appeal        []string // beginnings of lines after which the text asks its readers
	cases         []string // endings that a name loses before two are compared
	settings      map[string]string
	comma         bool   // a comma stands before "that"
	capitals      bool   // weekdays and months have a capital
	gerund        string // the ending of gerunds
	roleAfter     bool   // "X, the minister of Y"
	bodyFirst     bool   // "Foreign Ministry spokeswoman", the body before the role
	free          bool   // the subject may follow its verb in any clause
	nouns         bool   // every noun has a capital
	asideEnds     bool   // ", which …" is the writer's more often than the speaker's
	dashes        bool   // a dash parts quoted words from their cue
}

// ending is a class guessed from how a word that is in no list ends.
type ending struct {
	suffix string
	class  class
}

type quotePair struct {
	open, close rune
	single      bool
}

type form struct {
	shape shape
	strip int
	add   string
}

// Languages lists the codes of the languages that have a file.
func Languages() []string {
	entries, err := files.ReadDir("lang")
	if err != nil {
		return nil
	}
	var codes []string
	for _, e := range entries {
		codes = append(codes, strings.TrimSuffix(e.Name(), ".txt"))
	}
	return codes
}

// load reads a language's file. It takes milliseconds: an engine is built once and kept.
func load(code string) (*language, error) {
	code, _, _ = strings.Cut(strings.ToLower(code), "-")
	code, _, _ = strings.Cut(code, "_")
	if !slices.Contains(Languages(), code) {
		return nil, fault.Invalidf("Statements cannot be suggested in the language %q; known are %s", code, strings.Join(Languages(), ", "))
	}
	raw, err := files.ReadFile("lang/" + code + ".txt")
	if err != nil {
		return nil, fmt.Errorf("reading the language %s: %w", code, err)
	}
	l, err := parseLanguage(code, string(raw))
	if err != nil {
		return nil, fmt.Errorf("reading the language %s: %w", code, err)
	}
	return l, nil
}

// guess returns the class of a word that is in no list.
func (l *language) guess(lower []byte) class {
	var stems []ending
	if len(lower) > 1 {
		stems = l.stemsBy[lower[1]]
	}
	for i := range stems {
		if s := stems[i].suffix; len(lower) >= len(s) && len(lower) <= len(s)+l.longestEnding && string(lower[:len(s)]) == s {
			c := stems[i].class
			for i++; i < len(stems) && stems[i].suffix == s; i++ {
				c |= stems[i].class
			}
			return c
		}
	}
	for i := range l.endings {
		if s := l.endings[i].suffix; len(lower) > len(s)+1 && string(lower[len(lower)-len(s):]) == s {
			return l.endings[i].class
		}
	}
	return 0
}
