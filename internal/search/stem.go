package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"
)

// Version is of the way from a word to its stem. An index that was made by
// another one is made anew.
const Version = "1"

// longest is how many characters of a word count.
const longest = 40

// tongue is how a language's words are cut to their stems.
type tongue struct {
	script   *unicode.RangeTable
	snowball func(*snowballstem.Env) bool // nil: endings, or nothing
	endings  []ending                     // cut once, the first that fits
	drop     map[string]bool              // words that are only endings written apart
	marks    bool                         // the stemmer reads diacritics
	arabic   bool                         // Arabic letters in the Arabic way
	turkish  bool                         // has two letters i
	elides   bool                         // l'homme is two words
	umlauts  bool                         // ue stands for ü
}

// ending is cut when at least min characters remain, and put takes its place.
type ending struct {
	text string
	min  int
	put  string
}

var tongues = map[string]*tongue{
	"en": {script: unicode.Latin, snowball: english.Stem},
	"ru": {script: unicode.Cyrillic, snowball: russian.Stem},
	"de": {script: unicode.Latin, snowball: german.Stem, umlauts: true},
	"ar": {script: unicode.Arabic, snowball: arabic.Stem, arabic: true},
	"fa": {script: unicode.Arabic, endings: persianEndings, drop: persianApart},
	"uk": {script: unicode.Cyrillic, endings: ukrainianEndings},
	"be": {script: unicode.Cyrillic, endings: belarusianEndings},
	"fr": {script: unicode.Latin, snowball: french.Stem, marks: true, elides: true},
	"es": {script: unicode.Latin, snowball: spanish.Stem, marks: true},
	"it": {script: unicode.Latin, snowball: italian.Stem, marks: true, elides: true},
	"pt": {script: unicode.Latin, snowball: portuguese.Stem, marks: true},
	"ro": {script: unicode.Latin, snowball: romanian.Stem, marks: true},
	"hu": {script: unicode.Latin, snowball: hungarian.Stem, marks: true},
	"tr": {script: unicode.Latin, snowball: turkish.Stem, marks: true, turkish: true},
	"nl": {script: unicode.Latin, snowball: dutch.Stem, marks: true},
	"sv": {script: unicode.Latin, snowball: swedish.Stem, marks: true},
	"da": {script: unicode.Latin, snowball: danish.Stem, marks: true},
	"nb": {script: unicode.Latin, snowball: norwegian.Stem, marks: true},
	"no": {script: unicode.Latin, snowball: norwegian.Stem, marks: true},
	"fi": {script: unicode.Latin, snowball: finnish.Stem, marks: true},
}

// silentTongue is of a language that we have no stemmer for.
var silentTongue = &tongue{}

// tongueOf is how the words of a language are cut. "pt-BR" is "pt".
func tongueOf(lang string) *tongue {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	if t, ok := tongues[base]; ok {
		return t
	}
	return silentTongue
}

// of is the tongue for one word: a Latin name in a Russian text is not
// Russian. What is in another script than the language is taken as the
// language most often met in that script.
func (t *tongue) of(word string) *tongue {
	r, _ := utf8.DecodeRuneInString(word)
	if t.script != nil && unicode.Is(t.script, r) {
		return t
	}
	switch {
	case r < utf8.RuneSelf || unicode.Is(unicode.Latin, r):
		if t.script == unicode.Latin || t.script == nil {
			return t
		}
		return tongues["en"]
	case unicode.Is(unicode.Cyrillic, r) && t.script != nil:
		return tongues["ru"]
	case unicode.Is(unicode.Arabic, r) && t.script != nil:
		return tongues["ar"]
	}
	return t
}

// stem cuts a word as typed to what is indexed, "" when nothing of it is.
func (t *tongue) stem(word string) string {
	t = t.of(word)
	folded := clip(fold(t, word))
	if folded == "" || t.drop[folded] {
		return ""
	}
	if folded[0] >= '0' && folded[0] <= '9' {
		return folded
	}
	if t.umlauts {
		folded = umlauts.Replace(folded)
	}
	switch {
	case t.arabic:
		folded = stemArabic(folded)
	case t.snowball != nil:
		folded = cut(t.snowball, folded)
	case t.endings != nil:
		folded = cutEnding(folded, t.endings)
	}
	return bare(folded)
}

func cut(by func(*snowballstem.Env) bool, word string) string {
	env := snowballstem.NewEnv(word)
	by(env)
	if stem := env.Current(); stem != "" {
		return stem
	}
	return word
}

// stemArabic cuts until nothing is left to cut: "the ministers" becomes
// "ministers", whose first letter looks like "and" and would be cut in a text
// that has it without the article. At the end of a word the letters of "her"
// and of the feminine are typed for each other, and both are cut.
func stemArabic(word string) string {
	if rest, ok := strings.CutSuffix(word, "ه"); ok && utf8.RuneCountInString(rest) >= 3 {
		word = rest + "ة"
	}
	for range 3 {
		next := cut(arabic.Stem, word)
		if next == word {
			break
		}
		word = next
	}
	return word
}

// umlauts reads what a keyboard without umlauts writes; "qu" is not one.
var umlauts = strings.NewReplacer("que", "que", "ae", "a", "oe", "o", "ue", "u")

func cutEnding(word string, endings []ending) string {
	for _, e := range endings {
		if rest, ok := strings.CutSuffix(word, e.text); ok && utf8.RuneCountInString(rest) >= e.min {
			return rest + e.put
		}
	}
	return word
}

func clip(word string) string {
	if len(word) <= longest {
		return word
	}
	n := 0
	for i := range word {
		if n == longest {
			return word[:i]
		}
		n++
	}
	return word
}
