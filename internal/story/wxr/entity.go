package wxr

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// entities resolves the five entities of XML and numbered characters in place
// and returns the new length. Any other, and a bare ampersand, stays as it is
// written: no export may define its own.
func entities(text []byte) int {
	at := bytes.IndexByte(text, '&')
	if at < 0 {
		return len(text)
	}
	out := at
	for at < len(text) {
		if text[at] != '&' {
			text[out] = text[at]
			out++
			at++
			continue
		}
		end := bytes.IndexByte(text[at:min(len(text), at+12)], ';')
		var r rune = -1
		if end > 1 {
			r = entity(string(text[at+1 : at+end]))
		}
		if r < 0 {
			text[out] = '&'
			out++
			at++
			continue
		}
		out += len(utf8.AppendRune(text[out:out], r)) // never longer than what named it
		at += end + 1
	}
	return out
}

func entity(name string) rune {
	switch name {
	case "amp":
		return '&'
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "quot":
		return '"'
	case "apos":
		return '\''
	}
	if name[0] != '#' {
		return -1
	}
	digits, base := name[1:], 10
	if len(digits) > 1 && (digits[0] == 'x' || digits[0] == 'X') {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return -1
	}
	return rune(n)
}
