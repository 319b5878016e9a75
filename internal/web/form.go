package web

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"mimeo/internal/fault"
)

// Limits of what a form may send.
const (
	MaxBody   = 64 << 10 // bytes of a whole body
	maxFields = 40
	maxField  = 8 << 10 // bytes of one field
)

// Values are a form's fields: valid UTF-8 in NFC, trimmed, without control
// characters.
type Values struct{ fields, raw url.Values }

// Form reads the urlencoded body of a POST. Its errors are in the sender's
// words: too large, not a form, not text.
func Form(r *http.Request) (Values, error) {
	if err := parse(r); err != nil {
		return Values{}, err
	}
	return clean(r.PostForm, maxFields, maxField)
}

func parse(r *http.Request) error {
	if ct, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(ct), "application/x-www-form-urlencoded") {
		return fault.Invalidf("This address takes a filled-in form, nothing else")
	}
	// The address's own limit bounds the body. ParseForm would set another one of
	// 10 MB, and call a form above it broken.
	r.Body = http.MaxBytesReader(nil, r.Body, math.MaxInt64)
	if err := r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return fault.Wrap(fault.Invalid, "That is more than this form takes", err)
		}
		return fault.Wrap(fault.Invalid, "The form did not arrive whole. Send it again", err)
	}
	return nil
}

// Limits of what a form of the staff may send; the whole is bounded by the
// address that takes it.
const (
	longFields = 1000
	longField  = 4 << 20
)

// LongForm is Form for people who are let in and write long texts: Text has
// their lines.
func LongForm(r *http.Request) (Values, error) {
	if err := parse(r); err != nil {
		return Values{}, err
	}
	v, err := clean(r.PostForm, longFields, longField)
	v.raw = r.PostForm
	return v, err
}

// Query reads the fields of the address, under the same rules.
func Query(r *http.Request) (Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return Values{}, fault.Wrap(fault.Invalid, "This address is not written as an address should be", err)
	}
	return clean(q, maxFields, maxField)
}

func clean(in url.Values, fields, field int) (Values, error) {
	if len(in) > fields {
		return Values{}, fault.Invalidf("That is more than this form takes")
	}
	out := make(url.Values, len(in))
	for name, all := range in {
		if !utf8.ValidString(name) || len(all) > fields {
			return Values{}, fault.Invalidf("The form holds something that is not text")
		}
		for _, v := range all {
			if len(v) > field {
				return Values{}, fault.Invalidf("One answer is longer than this form takes")
			}
			if !utf8.ValidString(v) {
				return Values{}, fault.Invalidf("The form holds something that is not text")
			}
			out[name] = append(out[name], Line(v))
		}
	}
	return Values{fields: out}, nil
}

// Of is the field's first value, "" when it was not sent.
func (v Values) Of(name string) string { return v.fields.Get(name) }

// All are the field's values in their order: what was ticked of many.
func (v Values) All(name string) []string { return v.fields[name] }

// Text is a field of many lines, of a LongForm: NFC, its lines ended by \n
// alone, no other control characters.
func (v Values) Text(name string) string {
	s := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(v.raw.Get(name))
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.Is(unicode.Cc, r) {
			return -1
		}
		return r
	}, norm.NFC.String(s))
}

// Has reports whether the field was sent at all.
func (v Values) Has(name string) bool { return v.fields.Has(name) }

// Line makes one line of clean text: NFC, no control characters, no line
// breaks, no invisible marks that turn or split the text around them.
func Line(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return strings.TrimSpace(s)
	}
	s = norm.NFC.String(s)
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			return ' '
		case r == '\u200c' || r == '\u200d': // joiners: Persian and emoji need them
			return r
		case unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r):
			return -1
		default:
			return r
		}
	}, s)
	return strings.TrimSpace(s)
}
