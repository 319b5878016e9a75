package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Signs that stand inside a word without being a letter of it.
const (
	zwnj       = '\u200c' // parts the pieces of a Persian word
	zwj        = '\u200d'
	softHyphen = '\u00ad'
	tatweel    = '\u0640' // stretches an Arabic word, says nothing
)

// spelled are letters that another spelling writes with others.
var spelled = map[rune]string{
	'ё': "е", 'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'ı': "i", 'þ': "th", 'ς': "σ", 'ґ': "г",
}

// arabicLetters are the letters of Arabic script that readers and keyboards
// mix up, as Persian and the languages that borrow from it write them.
var arabicLetters = map[rune]rune{
	'ي': 'ی', 'ى': 'ی', 'ئ': 'ی', 'ې': 'ی', 'ے': 'ی', 'ك': 'ک', 'ڪ': 'ک',
	'أ': 'ا', 'إ': 'ا', 'آ': 'ا', 'ٱ': 'ا', 'ؤ': 'و', 'ة': 'ه', 'ۀ': 'ه', 'ۂ': 'ه', 'ہ': 'ه', 'ە': 'ه',
}

// arabicOnly are the letters that a Persian keyboard gives in place of Arabic
// ones. The rest is left for the Arabic stemmer, which reads the hamza.
var arabicOnly = map[rune]rune{'ی': 'ي', 'ک': 'ك', 'ٱ': 'ا', 'ہ': 'ه'}

// fold makes one form of all the ways in which a word may be typed: small
// letters, one set of digits, no stretching, no vowel signs. Diacritics of
// Latin letters stay when the language's stemmer reads them; bare takes them
// off afterwards. What is neither letter nor digit is dropped.
func fold(l *tongue, word string) string {
	if ascii(word) {
		return keepLetters(strings.ToLower(word))
	}
	if l.turkish {
		word = strings.ToLowerSpecial(unicode.TurkishCase, word)
	} else {
		word = strings.ToLower(word)
	}
	var b strings.Builder
	b.Grow(len(word))
	for _, r := range norm.NFKC.String(word) {
		switch {
		case r < utf8.RuneSelf:
			if r >= 'A' && r <= 'Z' { // a compatibility form of a capital
				r += 'a' - 'A'
			}
			if alphanumeric(byte(r)) {
				b.WriteByte(byte(r))
			}
		case unicode.Is(unicode.Nd, r):
			b.WriteByte(byte('0' + digit(r)))
		case silent(r):
		case unicode.Is(unicode.Arabic, r):
			if l.arabic {
				if to, ok := arabicOnly[r]; ok {
					r = to
				}
			} else if to, ok := arabicLetters[r]; ok {
				r = to
			}
			if r != 'ء' || l.arabic {
				b.WriteRune(r)
			}
		case unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r):
			if l.marks && unicode.Is(unicode.Latin, r) {
				b.WriteRune(r)
			} else {
				plain(&b, r)
			}
		}
	}
	return b.String()
}

// bare takes off what fold left for the stemmer.
func bare(stem string) string {
	if ascii(stem) {
		return stem
	}
	var b strings.Builder
	for _, r := range stem {
		switch {
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
		case unicode.Is(unicode.Arabic, r):
			if to, ok := arabicLetters[r]; ok {
				r = to
			}
			if r != 'ء' {
				b.WriteRune(r)
			}
		default:
			plain(&b, r)
		}
	}
	return b.String()
}

// plain writes a letter without its diacritics. In Cyrillic these make letters
// of their own (й, ї, ў) and stay.
func plain(b *strings.Builder, r rune) {
	if to, ok := spelled[r]; ok {
		b.WriteString(to)
		return
	}
	if unicode.Is(unicode.Latin, r) || unicode.Is(unicode.Greek, r) {
		if d := norm.NFD.String(string(r)); len(d) > utf8.RuneLen(r) || !strings.HasPrefix(d, string(r)) {
			base, _ := utf8.DecodeRuneInString(d)
			if to, ok := spelled[base]; ok {
				b.WriteString(to)
				return
			}
			r = base
		}
	}
	b.WriteRune(r)
}

// silent says whether a sign is dropped: vowel signs of Arabic and Hebrew,
// accents that stand apart from their letter, what joins and stretches.
func silent(r rune) bool {
	switch {
	case r >= 0x300 && r <= 0x36f, r == tatweel, r == softHyphen, r == zwj, r == zwnj:
		return true
	case r >= 0x591 && r <= 0x5c7 && unicode.Is(unicode.Mn, r):
		return true
	case r >= 0x610 && r <= 0x61a, r >= 0x64b && r <= 0x65f, r == 0x670, r >= 0x6d6 && r <= 0x6ed && unicode.Is(unicode.Mn, r):
		return true
	}
	return false
}

// digit is the value of a decimal digit of any script. Unicode keeps the ten
// digits of a script together.
func digit(r rune) int {
	for n := range 10 {
		if !unicode.Is(unicode.Nd, r-rune(n)-1) {
			return n
		}
	}
	// Blocks of digits that follow each other begin at a multiple of ten.
	for _, run := range unicode.Nd.R32 {
		if uint32(r) >= run.Lo && uint32(r) <= run.Hi {
			return int(uint32(r)-run.Lo) % 10
		}
	}
	return 0
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
}

// keepLetters drops what is neither letter nor digit from small ASCII.
func keepLetters(s string) string {
	for i := range len(s) {
		if !alphanumeric(s[i]) {
			return strings.Map(func(r rune) rune {
				if alphanumeric(byte(r)) {
					return r
				}
				return -1
			}, s)
		}
	}
	return s
}
