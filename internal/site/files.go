package site

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

//go:embed site.css
var sheetSource string

// asset is a file whose name changes with its content, so that a browser asks
// for it once and never again.
type asset struct {
	path        string
	contentType []string
	text        string
	length      []string
	brotli      *packed
	gzip        *packed
}

// newSheet makes the one style sheet of all pages.
func newSheet(accent string) (asset, error) {
	theme, err := themeCSS(accent)
	if err != nil {
		return asset{}, err
	}
	return newAsset("site", "css", "text/css; charset=utf-8", theme+shrink(sheetSource))
}

// newAsset prepares a file.
func newAsset(name, extension, contentType, text string) (a asset, err error) {
	a = asset{contentType: []string{contentType}, text: text}
	sum := sha256.Sum256([]byte(a.text))
	a.path = "/assets/" + name + "." + hex.EncodeToString(sum[:6]) + "." + extension
	a.length = []string{strconv.Itoa(len(a.text))}
	if a.brotli, err = pack(inBrotli, true, []byte(a.text)); err != nil {
		return asset{}, err
	}
	a.gzip, err = pack(inGzip, true, []byte(a.text))
	return a, err
}

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssSpace   = regexp.MustCompile(`\s+`)
	cssAround  = regexp.MustCompile(` ?([{};,]) ?`)
	cssColon   = regexp.MustCompile(`([{;][a-z-]+): `)
)

// shrink drops what browsers do not read. Our own sheet has no string in which
// the white space around a sign matters.
func shrink(css string) string {
	css = cssComment.ReplaceAllString(css, "")
	css = cssSpace.ReplaceAllString(css, " ")
	css = cssAround.ReplaceAllString(css, "$1")
	css = cssColon.ReplaceAllString(css, "$1:")
	return strings.TrimSpace(strings.ReplaceAll(css, ";}", "}"))
}

// asset answers with the style sheet, or with the script of live stories. A
// page that a browser kept may ask for an older one: it gets today's, to be
// asked for anew.
func (s *Site) asset(_ *edition, w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	a := &s.sheet
	switch {
	case strings.HasPrefix(name, "site.") && strings.HasSuffix(name, ".css"):
	case strings.HasPrefix(name, "live.") && strings.HasSuffix(name, ".js"):
		a = &s.script
	default:
		return errMissing
	}
	h := w.Header()
	s.headers.Apply(h)
	h["Content-Type"] = a.contentType
	h["Vary"] = varyCoding
	h["Cache-Control"] = cacheAnyone
	if r.URL.Path == a.path {
		h["Cache-Control"] = cacheEver
	}
	body, length := []byte(nil), a.length
	switch accepted(r.Header) {
	case inBrotli:
		body, length = a.brotli.body, a.brotli.length
		h["Content-Encoding"] = codeBrotli
	case inGzip:
		body, length = a.gzip.body, a.gzip.length
		h["Content-Encoding"] = codeGzip
	case identity:
		body = []byte(a.text)
	}
	h["Content-Length"] = length
	if r.Method == http.MethodHead {
		return nil
	}
	return writeAll(w, body)
}

var typeText = []string{"text/plain; charset=utf-8"}

// robots lets everybody in, except to forms that are made for one reader.
func (s *Site) robots(_ *edition, w http.ResponseWriter, r *http.Request) error {
	var b strings.Builder
	b.WriteString("User-agent: *\n")
	for _, e := range s.editions {
		for _, p := range []string{"/appeal/", "/remind", "/support/return/", "/supporter", "/search"} {
			fmt.Fprintf(&b, "Disallow: %s\n", e.URL(p))
		}
	}
	fmt.Fprintf(&b, "\nSitemap: %s/sitemap.xml\nSitemap: %s/sitemap-news.xml\n", s.base, s.base)
	return s.file(w, r, typeText, b.String())
}

// securityLife is for how long security.txt says it is good; it is counted
// from the beginning of this month, so it never runs out on a running server.
const securityLife = 12

// security is RFC 9116's file.
func (s *Site) security(e *edition, w http.ResponseWriter, r *http.Request) error {
	now := s.now().UTC()
	expires := time.Date(now.Year(), now.Month()+securityLife, 1, 0, 0, 0, 0, time.UTC)
	contact := s.contact
	if contact == "" {
		contact = s.base + e.URL("/about/help")
	}
	codes := make([]string, 0, len(s.editions))
	for _, one := range s.editions {
		codes = append(codes, one.Lang)
	}
	return s.file(w, r, typeText, fmt.Sprintf("Contact: %s\nExpires: %s\nPreferred-Languages: %s\nCanonical: %s/.well-known/security.txt\n",
		contact, expires.Format(time.RFC3339), strings.Join(codes, ", "), s.base))
}

// file answers with a small file that is made on the spot.
func (s *Site) file(w http.ResponseWriter, r *http.Request, contentType []string, text string) error {
	h := w.Header()
	s.headers.Apply(h)
	h["Cache-Control"] = cacheFeed
	return s.body(w, r, http.StatusOK, contentType, []byte(text))
}

// newDrawing is the newsroom's icon: its initial on its accent.
func newDrawing(accent, name string) (string, error) {
	ground, err := parseColour(accent)
	if err != nil {
		return "", err
	}
	ground = ground.readable(white, black, buttonContrast)
	initial, _ := utf8.DecodeRuneInString(name)
	return fmt.Sprintf("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><path fill='%s' d='M0 0h32v32H0z'/>"+
		"<text x='16' y='24' font-family='serif' font-weight='bold' font-size='23' text-anchor='middle' fill='#fff'>%s</text></svg>",
		ground, html.EscapeString(string(initial))), nil
}

// favicon is for browsers that ask for one of their own accord. Our pages
// carry theirs.
func (s *Site) favicon(_ *edition, w http.ResponseWriter, r *http.Request) error {
	return s.file(w, r, []string{"image/svg+xml"}, s.drawing)
}
