package prose

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON strictly by RFC 8259, from front to back, without
// building values that nobody asked for. Strings without escapes are slices of
// the input. A page is rendered from its blocks, so this is on the way to the
// reader; encoding/json reads the same text several times over.
//
// The first fault is kept in err and turns every later call into a no-op.
type scanner struct {
	in  string
	at  int
	err error
}

func (s *scanner) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(format, args...)
	}
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.at < len(s.in) {
		switch c := s.in[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// accept consumes c when it is next.
func (s *scanner) accept(c byte) bool {
	if s.err == nil && s.peek() == c && s.at < len(s.in) {
		s.at++
		return true
	}
	return false
}

func (s *scanner) expect(c byte) {
	if !s.accept(c) {
		s.fail("%q is expected", c)
	}
}

// object calls field for each field; field consumes the value.
func (s *scanner) object(field func(name string)) {
	s.expect('{')
	if s.accept('}') {
		return
	}
	for s.err == nil {
		name := s.text()
		s.expect(':')
		if s.err != nil {
			return
		}
		field(name)
		if !s.accept(',') {
			s.expect('}')
			return
		}
	}
}

// array calls element for each element; element consumes it.
func (s *scanner) array(element func()) {
	s.expect('[')
	if s.accept(']') {
		return
	}
	for s.err == nil {
		element()
		if !s.accept(',') {
			s.expect(']')
			return
		}
	}
}

// text reads a string.
func (s *scanner) text() string {
	s.expect('"')
	if s.err != nil {
		return ""
	}
	start := s.at
	for s.at < len(s.in) {
		switch c := s.in[s.at]; {
		case c == '"':
			s.at++
			return s.in[start : s.at-1]
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			s.fail("a control character stands in a string")
			return ""
		}
		s.at++
	}
	s.fail("a string has no end")
	return ""
}

// escaped goes on with a string that began at start, from its first escape.
func (s *scanner) escaped(start int) string {
	out := append(make([]byte, 0, 2*(s.at-start)+32), s.in[start:s.at]...)
	for s.at < len(s.in) {
		c := s.in[s.at]
		s.at++
		switch {
		case c == '"':
			return string(out)
		case c < ' ':
			s.fail("a control character stands in a string")
			return ""
		case c != '\\':
			out = append(out, c)
		default:
			out = s.escape(out)
			if s.err != nil {
				return ""
			}
		}
	}
	s.fail("a string has no end")
	return ""
}

// escape appends the character of the escape whose backslash was just read.
func (s *scanner) escape(out []byte) []byte {
	if s.at >= len(s.in) {
		s.fail("a string has no end")
		return out
	}
	c := s.in[s.at]
	s.at++
	switch c {
	case '"', '\\', '/':
		return append(out, c)
	case 'n':
		return append(out, '\n')
	case 't':
		return append(out, '\t')
	case 'r':
		return append(out, '\r')
	case 'b':
		return append(out, '\b')
	case 'f':
		return append(out, '\f')
	case 'u':
		r := s.hex4()
		if utf16.IsSurrogate(r) {
			if !strings.HasPrefix(s.in[s.at:], `\u`) {
				s.fail("half a character is escaped")
				return out
			}
			s.at += 2
			if r = utf16.DecodeRune(r, s.hex4()); r == utf8.RuneError {
				s.fail("half a character is escaped")
			}
		}
		return utf8.AppendRune(out, r)
	default:
		s.fail("a string has an unknown escape")
		return out
	}
}

func (s *scanner) hex4() rune {
	if len(s.in)-s.at < 4 {
		s.fail("an escape is cut short")
		return 0
	}
	n, err := strconv.ParseUint(s.in[s.at:s.at+4], 16, 16)
	if err != nil {
		s.fail("an escape is not hexadecimal")
		return 0
	}
	s.at += 4
	return rune(n)
}

// whole reads an integer.
func (s *scanner) whole() int {
	n, err := strconv.Atoi(s.number())
	if s.err == nil && err != nil {
		s.fail("a whole number is expected")
	}
	return n
}

// number reads a number and returns it as written.
func (s *scanner) number() string {
	s.peek()
	start := s.at
	s.one("-")
	switch {
	case s.one("0"):
	case s.digits():
	default:
		s.fail("a value is expected")
	}
	if s.one(".") && !s.digits() {
		s.fail("a number is cut short")
	}
	if s.one("eE") {
		s.one("+-")
		if !s.digits() {
			s.fail("a number is cut short")
		}
	}
	return s.in[start:s.at]
}

func (s *scanner) one(of string) bool {
	if s.at < len(s.in) && strings.IndexByte(of, s.in[s.at]) >= 0 {
		s.at++
		return true
	}
	return false
}

func (s *scanner) digits() bool {
	start := s.at
	for s.one("0123456789") {
		continue
	}
	return s.at > start
}

// bool reads true or false.
func (s *scanner) bool() bool {
	switch {
	case s.literal("true"):
		return true
	case s.literal("false"):
		return false
	default:
		s.fail("true or false is expected")
		return false
	}
}

func (s *scanner) literal(word string) bool {
	if s.err != nil {
		return false
	}
	s.peek()
	if strings.HasPrefix(s.in[s.at:], word) {
		s.at += len(word)
		return true
	}
	return false
}

// skip reads past any value. depth is how many values it is nested in.
func (s *scanner) skip(depth int) {
	if s.err != nil {
		return
	}
	if depth > MaxDepth {
		s.fail("it is nested too deeply")
		return
	}
	switch s.peek() {
	case '{':
		s.object(func(string) { s.skip(depth + 1) })
	case '[':
		s.array(func() { s.skip(depth + 1) })
	case '"':
		s.text()
	default:
		if !s.literal("true") && !s.literal("false") && !s.literal("null") {
			s.number()
		}
	}
}
