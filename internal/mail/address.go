package mail

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"mimeo/internal/fault"
)

// mostAddress is the longest address that SMTP carries.
const mostAddress = 254

// errAddress is what a person reads who typed something else.
var errAddress = fault.New(fault.Invalid, "Enter an e-mail address in the form name@example.org")

// Address reads what a person typed as an e-mail address: one address, no name,
// with a dotted domain in whichever script. The spelling of the part before the
// @ is kept; the domain comes back in lower case and in its ASCII form.
func Address(typed string) (string, error) {
	local, domain, err := parts(typed)
	if err != nil {
		return "", err
	}
	return local + "@" + domain, nil
}

// fold is the form in which two spellings of one address are equal.
func fold(address string) string {
	local, domain, err := parts(address)
	if err != nil {
		return strings.ToLower(address)
	}
	return norm.NFKC.String(strings.ToLower(local)) + "@" + domain
}

func parts(typed string) (local, domain string, err error) {
	typed = norm.NFC.String(strings.TrimSpace(typed))
	if typed == "" || len(typed) > 4*mostAddress || strings.ContainsFunc(typed, neverInAddress) {
		return "", "", errAddress
	}
	at := strings.LastIndexByte(typed, '@')
	if at < 1 {
		return "", "", errAddress
	}
	domain, err = idna.Lookup.ToASCII(strings.ToLower(typed[at+1:]))
	top := domain[strings.LastIndexByte(domain, '.')+1:] // of a machine's number, a number
	if err != nil || top == domain || strings.Trim(top, "0123456789") == "" {
		return "", "", errAddress
	}
	local = typed[:at]
	parsed, err := mail.ParseAddress(local + "@" + domain)
	if err != nil || parsed.Name != "" || parsed.Address != local+"@"+domain || len(parsed.Address) > mostAddress || len(local) > 64 {
		return "", "", errAddress
	}
	return local, domain, nil
}

// neverInAddress are the signs that make an address look like another one or
// that have a meaning in a header: quoted addresses are not served.
func neverInAddress(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar || strings.ContainsRune(`"<>()[]\,;:`, r)
}

// ascii reports whether every server can carry the address.
func ascii(address string) bool {
	return !strings.ContainsFunc(address, func(r rune) bool { return r > unicode.MaxASCII })
}
