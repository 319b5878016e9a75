package entity

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold is a name as its keys have it: small letters without accents, ё as е,
// the letter variants of Persian and Arabic as one, digits of any script as
// ASCII, words parted by single spaces.
func Fold(name string) string {
	var b strings.Builder
	b.Grow(len(name))
	gap := false
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(name, " ")) {
		r = variant(unicode.ToLower(r))
		switch {
		case r == 0 || unicode.Is(unicode.Mn, r) || r == '\'' || r == '’' || r == 'ʼ' || r == 'ь' || r == 'ъ':
			continue
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		default:
			gap = true
		}
	}
	return b.String()
}

// variant is the letter that stands for all its variants, 0 for one that is
// not written at all. NFKD has taken the hamzas and the Cyrillic breves off.
func variant(r rune) rune {
	switch r {
	case 'ي', 'ى', 'ې':
		return 'ی'
	case 'ك', 'ڪ':
		return 'ک'
	case 'ة', 'ۀ', 'ہ', 'ھ', 'ە':
		return 'ه'
	case 'ٱ':
		return 'ا'
	case 'ـ', 'ء', '\u00ad', '\u200d', '\u200b', '\ufeff':
		return 0
	case 'ı':
		return 'i'
	case 'ł':
		return 'l'
	case 'ø':
		return 'o'
	case 'đ', 'ð':
		return 'd'
	}
	for _, block := range [...]rune{'٠', '۰', '०'} {
		if r >= block && r <= block+9 {
			return '0' + r - block
		}
	}
	return r
}

// sounds spells folded letters of other scripts in Latin ones. The Arabic و is
// not here: it is a consonant in one name and a vowel in the next.
var sounds = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ж': "zh", 'з': "z", 'и': "i", 'к': "k", 'л': "l", 'м': "m",
	'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "kh", 'ц': "ts", 'ч': "ch", 'ш': "sh",
	'щ': "shch", 'ы': "y", 'э': "e", 'ю': "yu", 'я': "ya", 'є': "ye", 'і': "i", 'ґ': "g", 'ј': "j", 'љ': "l", 'њ': "n", 'ћ': "ch",
	'ђ': "dj", 'џ': "dj", 'қ': "k", 'ғ': "g", 'ң': "n", 'ө': "o", 'ү': "u", 'ұ': "u", 'һ': "h", 'ә': "a",

	'ا': "a", 'ب': "b", 'پ': "p", 'ت': "t", 'ث': "s", 'ج': "j", 'چ': "ch", 'ح': "h", 'خ': "kh", 'د': "d", 'ذ': "z", 'ر': "r",
	'ز': "z", 'ژ': "zh", 'س': "s", 'ش': "sh", 'ص': "s", 'ض': "z", 'ط': "t", 'ظ': "z", 'ع': "", 'غ': "g", 'ف': "f", 'ق': "k",
	'ک': "k", 'گ': "g", 'ل': "l", 'م': "m", 'ن': "n", 'ه': "h", 'ی': "i",

	'ß': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th",
}

const waw = 'و'

// variants bounds how many readings one word is kept under.
const variants = 4

// soundsOf are the consonants of one folded word as they sound, once for each
// reading that its script leaves open. Vowels are dropped, because Arabic
// script does not write most of them and the others disagree.
func soundsOf(word string) []string {
	if bare, found := strings.CutPrefix(word, "ال"); found && utf8.RuneCountInString(bare) > 2 {
		word = bare // the article is a word of its own elsewhere
	}
	readings := []string{""}
	grow := func(with string) {
		for i := range readings {
			readings[i] += with
		}
	}
	cyrillic := false
	for _, r := range word {
		if unicode.Is(unicode.Cyrillic, r) {
			cyrillic = true
		}
		letters, other := sounds[r]
		switch {
		case r == waw:
			if len(readings) < variants {
				for _, one := range slices.Clone(readings) {
					readings = append(readings, one+"v")
				}
			}
		case other:
			grow(letters)
		default:
			grow(string(r))
		}
	}
	for _, open := range [...][2]string{{"ch", "kh"}, {"gh", "k"}} { // said differently in one country and the next
		for _, one := range slices.Clone(readings) {
			if other := strings.ReplaceAll(one, open[0], open[1]); other != one && len(readings) < variants {
				readings = append(readings, other)
			}
		}
	}
	var out []string
	for _, one := range readings {
		if cyrillic { // the instrumental leaves a consonant that the name has not
			for _, ending := range []string{"om", "ym", "em"} {
				if len(one) > 5 {
					one = strings.TrimSuffix(one, ending)
				}
			}
		}
		if s := skeleton(one); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// alike are the spellings of one sound, the longest first.
var alike = strings.NewReplacer(
	"shch", "S", "sch", "S", "tch", "C", "dzh", "J", "dj", "J", "zh", "J", "kh", "h", "gh", "g", "sh", "S", "ch", "C", "ph", "v", "th", "t",
	"ck", "k", "ts", "c", "tz", "c", "ce", "s", "ci", "s", "cy", "s", "q", "k", "x", "ks", "w", "v", "f", "v", "b", "p", "j", "J",
)

func skeleton(word string) string {
	var b strings.Builder
	last := rune(0)
	for _, r := range alike.Replace(word) {
		switch r {
		case 'a', 'e', 'i', 'o', 'u', 'y':
			last = 0
			continue
		case 'c':
			if strings.Contains(word, "ts") || strings.Contains(word, "tz") {
				break
			}
			r = 'k'
		}
		if r != last {
			b.WriteRune(r)
		}
		last = r
	}
	if b.Len() == 0 {
		return "-" // a word of vowels alone
	}
	return b.String()
}

// soundKeys are the keys of a whole name by its sound.
func soundKeys(folded string) []string {
	keys := []string{""}
	words := strings.Fields(folded)
	if n := slices.DeleteFunc(slices.Clone(words), article); len(n) > 0 {
		words = n
	}
	for i, word := range words {
		var next []string
		for _, s := range soundsOf(word) {
			for _, k := range keys {
				if i > 0 {
					k += " "
				}
				if next = append(next, k+s); len(next) >= 2*variants {
					break
				}
			}
		}
		keys = next
	}
	return keys
}

// article tells the Arabic article, which one spelling parts from its noun and
// another does not.
func article(word string) bool {
	return word == "al" || word == "el" || word == "ал" || word == "эл" || word == "ال"
}

// form is what a key was made of. Search asks for them one by one.
type form string

const (
	formName      form = "name"      // a name, folded
	formAlias     form = "alias"     // an alias, folded
	formSound     form = "sound"     // either, as it sounds
	formWord      form = "word"      // one word of either
	formWordSound form = "wordsound" // one word as it sounds
)

type entryKey struct {
	form form
	key  string
}

// maxKeys bounds what one entry stores.
const maxKeys = 2_000

// keys are all keys of an entry.
func (d Draft) keys() []entryKey {
	seen := map[entryKey]bool{}
	var out []entryKey
	add := func(f form, key string) {
		k := entryKey{f, key}
		if key != "" && !seen[k] && len(out) < maxKeys {
			seen[k] = true
			out = append(out, k)
		}
	}
	name := func(f form, text string) {
		folded := Fold(text)
		add(f, folded)
		for _, s := range soundKeys(folded) {
			add(formSound, s)
		}
		for _, word := range strings.Fields(folded) {
			add(formWord, word)
			for _, s := range soundsOf(word) {
				if len(s) > 1 {
					add(formWordSound, s)
				}
			}
		}
	}
	for _, n := range d.Names {
		name(formName, n.Text)
	}
	for _, a := range d.Aliases {
		name(formAlias, a)
	}
	return out
}

// romanised is a folded name in Latin letters, for measuring how near two are.
func romanised(folded string) string {
	var b strings.Builder
	for _, r := range folded {
		switch letters, other := sounds[r]; {
		case r == waw:
			b.WriteByte('v')
		case other:
			b.WriteString(letters)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
