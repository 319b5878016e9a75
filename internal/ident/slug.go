package ident

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxSlug is the longest slug, in characters.
const maxSlug = 60

// Slug returns the part of an address that names a headline: small letters,
// digits, and single hyphens between words. Latin letters lose their accents,
// Cyrillic is transliterated, digits of any script become 0 to 9, and letters
// of other scripts stay as they are, so Persian and Arabic remain readable. It
// has at most 60 characters, cut between words where possible, and is empty
// only for a headline without a letter or a digit.
func Slug(headline string) string {
	slug := slugOf(headline)
	if slug != "" {
		return slug
	}
	for _, r := range headline { // a lone hard sign is a letter without a sound
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return "u" + strconv.FormatInt(int64(r), 16)
		}
	}
	return ""
}

func slugOf(headline string) string {
	var out []rune
	gap := false
	var reading norm.Iter
	reading.InitString(norm.NFKC, strings.ToValidUTF8(headline, " "))
	for len(out) <= maxSlug && !reading.Done() {
		for _, r := range string(reading.Next()) {
			letters, joins := spell(r)
			switch {
			case letters != "":
				if gap && len(out) > 0 {
					out = append(out, '-')
				}
				gap = false
				out = append(out, []rune(letters)...)
			case !joins:
				gap = true
			}
		}
	}
	return string(shorten(out))
}

// shorten cuts after the last whole word that fits, or in mid-word when that
// would lose more than half.
func shorten(out []rune) []rune {
	if len(out) <= maxSlug {
		return out
	}
	for i := maxSlug; i > maxSlug/2; i-- {
		if out[i] == '-' {
			return out[:i]
		}
	}
	return out[:maxSlug]
}

// spell returns how r is written in a slug, and, when it is not written,
// whether what stands on its two sides still is one word.
func spell(r rune) (letters string, joins bool) {
	if value := digit(r); value >= 0 {
		return strconv.Itoa(value), false
	}
	switch {
	case r == '\'', r == '’', r == 'ʼ', r == 'ʹ', r == '\u00ad', r == 'ـ', r == '\u200b', r == '\u200d', r == '\ufeff':
		return "", true
	case unicode.IsLetter(r):
		return spellLetter(unicode.ToLower(r)), true
	case unicode.In(r, unicode.Mn, unicode.Mc):
		// Vowel signs are part of the word in Indian and other scripts; Arabic
		// vowel marks, Hebrew points and loose accents are dropped, as writers
		// of addresses do.
		if unicode.In(r, unicode.Inherited, unicode.Arabic, unicode.Hebrew, unicode.Latin, unicode.Cyrillic) {
			return "", true
		}
		return string(r), true
	default:
		return "", false
	}
}

func spellLetter(r rune) string {
	if r < 0x80 {
		return string(r)
	}
	if letters, ok := transliterated(r); ok {
		return letters
	}
	if unicode.In(r, unicode.Latin, unicode.Cyrillic, unicode.Greek) {
		base := []rune(norm.NFD.String(string(r)))[0]
		if letters, ok := transliterated(base); ok {
			return letters
		}
		return string(base)
	}
	return string(r)
}

// digit returns the value of a decimal digit in any script, or -1.
func digit(r rune) int {
	if !unicode.IsDigit(r) {
		return -1
	}
	// A script's ten digits are neighbours, and zero is the first of a run that
	// is a whole number of tens long.
	for _, block := range unicode.Nd.R16 {
		if lo := rune(block.Lo); r >= lo && r <= rune(block.Hi) {
			return int((r - lo) % 10)
		}
	}
	for _, block := range unicode.Nd.R32 {
		if lo := rune(block.Lo); r >= lo && r <= rune(block.Hi) {
			return int((r - lo) % 10)
		}
	}
	return -1
}

// transliterated returns small letters that no decomposition yields.
func transliterated(r rune) (string, bool) {
	switch r {
	case 'ß':
		return "ss", true
	case 'æ':
		return "ae", true
	case 'œ':
		return "oe", true
	case 'ø':
		return "o", true
	case 'đ', 'ð':
		return "d", true
	case 'þ':
		return "th", true
	case 'ł':
		return "l", true
	case 'ı':
		return "i", true
	case 'ŋ':
		return "ng", true
	case 'ə':
		return "a", true
	}
	letters, ok := cyrillic[r]
	return letters, ok
}

// cyrillic is the romanisation that addresses in Russian use, with the further
// letters of Ukrainian, Belarusian, Serbian, Macedonian, Kazakh and Kyrgyz.
var cyrillic = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ё': "e", 'ж': "zh", 'з': "z", 'и': "i", 'й': "y",
	'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f",
	'х': "kh", 'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "shch", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e", 'ю': "yu", 'я': "ya",
	'є': "ye", 'і': "i", 'ї': "yi", 'ґ': "g", 'ў': "u",
	'ђ': "dj", 'ј': "j", 'љ': "lj", 'њ': "nj", 'ћ': "c", 'џ': "dz", 'ѓ': "gj", 'ѕ': "dz", 'ќ': "kj",
	'ә': "a", 'ғ': "g", 'қ': "q", 'ң': "n", 'ө': "o", 'ұ': "u", 'ү': "u", 'һ': "h",
}
