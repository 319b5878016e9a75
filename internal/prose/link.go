package prose

import (
	"strings"
	"unicode/utf8"
)

// safeLink says whether a link may lead to address: http, https, mailto, or a
// path on this site. Browsers strip white space and read a backslash as a
// slash, so an address holding either is not what it seems and is refused.
func safeLink(address string) bool {
	if strings.ContainsFunc(address, misleads) {
		return false
	}
	scheme, rest, found := strings.Cut(address, ":")
	if found && !strings.ContainsAny(scheme, "/?#") {
		switch strings.ToLower(scheme) {
		case "http", "https":
			host := strings.TrimPrefix(rest, "//")
			return len(host) < len(rest) && host != "" && host[0] != '/' && host[0] != '?' && host[0] != '#'
		case "mailto":
			return rest != ""
		default:
			return false
		}
	}
	return ownPath(address)
}

// safeImage says whether an image may be loaded from address: only from here.
func safeImage(address string) bool {
	return ownPath(address) && !strings.ContainsFunc(address, misleads)
}

func ownPath(address string) bool {
	return strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//")
}

// misleads says whether r is something that a browser strips, that HTML forbids
// and escape leaves out, or that a reader does not see: an address that is
// checked must be the address that is followed.
func misleads(r rune) bool {
	return r <= ' ' || r == '\\' || (r >= 0x7f && r < 0xa0) || r == utf8.RuneError || nonCharacter(r) ||
		(invisible(r) && r != 0x200c && r != 0x200d) // joiners are spelling, in Persian addresses too
}
