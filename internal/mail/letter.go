package mail

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-msgauth/dkim"
	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"
)

// letterhead writes messages as they go over the wire.
type letterhead struct {
	from    *mail.Address
	replyTo *mail.Address // nil: to from
	domain  string        // of from, in ASCII
	sign    *dkim.SignOptions
}

func newLetterhead(from, replyTo string) (l letterhead, err error) {
	if l.from, err = sender(from); err != nil {
		return l, fmt.Errorf("the sender %q: %w", from, err)
	}
	l.domain = l.from.Address[strings.LastIndexByte(l.from.Address, '@')+1:]
	if replyTo != "" {
		if l.replyTo, err = sender(replyTo); err != nil {
			return l, fmt.Errorf("the address for answers %q: %w", replyTo, err)
		}
	}
	return l, nil
}

// sender reads `The Newsroom <news@example.org>`. Our own domain may be without
// a dot, on a machine that only talks to itself.
func sender(text string) (*mail.Address, error) {
	a, err := mail.ParseAddress(text)
	if err != nil {
		return nil, errors.New("it is not in the form Name <name@example.org>")
	}
	local, domain, _ := strings.Cut(a.Address, "@")
	if domain, err = idna.Lookup.ToASCII(strings.ToLower(domain)); err != nil || !ascii(local) {
		return nil, errors.New("the part in angle brackets cannot send mail")
	}
	return &mail.Address{Name: line(a.Name), Address: local + "@" + domain}, nil
}

// envelope is a letter ready to be handed over.
type envelope struct {
	to    string
	utf8  bool // needs a server that carries addresses beyond ASCII
	bytes []byte
}

// write makes the letter. What it refuses is wrong in itself, so its errors are
// ErrRejected.
func (l letterhead) write(m Message, at time.Time) (envelope, error) {
	to, err := Address(m.To)
	if err != nil {
		return envelope{}, fmt.Errorf("%w: the address is none", ErrRejected)
	}
	if !idPattern.MatchString(m.ID) {
		return envelope{}, fmt.Errorf("%w: its id may not be in a header", ErrRejected)
	}
	g := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	g.FromMailAddress(l.from)
	g.ToMailAddress(&mail.Address{Address: to})
	if l.replyTo != nil {
		g.ReplyToMailAddress(l.replyTo)
	}
	g.Subject(line(m.Subject))
	g.SetDateWithValue(at.UTC())
	g.SetMessageIDWithValue(m.ID + "@" + l.domain)
	g.SetGenHeader("Auto-Submitted", "auto-generated")
	if langPattern.MatchString(m.Lang) {
		g.SetGenHeader("Content-Language", m.Lang)
	}
	if m.OneClick != "" {
		if err := checkOneClick(m.OneClick); err != nil {
			return envelope{}, fmt.Errorf("%w: %w", ErrRejected, err)
		}
		g.SetGenHeaderPreformatted(gomail.HeaderListUnsubscribe, "<"+m.OneClick+">")
		g.SetGenHeaderPreformatted(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	g.SetBodyString(gomail.TypeTextPlain, body(m.Text))
	if m.HTML != "" {
		g.AddAlternativeString(gomail.TypeTextHTML, body(m.HTML))
	}
	var raw bytes.Buffer
	if _, err := g.WriteTo(&raw); err != nil {
		return envelope{}, fmt.Errorf("writing a letter: %w", err)
	}
	e := envelope{to: to, utf8: !ascii(to), bytes: raw.Bytes()}
	if l.sign != nil {
		var signed bytes.Buffer
		signed.Grow(raw.Len() + 1024)
		if err := dkim.Sign(&signed, &raw, l.sign); err != nil {
			return envelope{}, fmt.Errorf("signing a letter: %w", err)
		}
		e.bytes = signed.Bytes()
	}
	return e, nil
}

var (
	idPattern   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,127}$`)
	langPattern = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
)

// mostLine bounds a subject and a sender's name.
const mostLine = 200

// line makes text fit for a header: one line, without control signs and without
// the marks that turn the direction of what follows. Joiners, which Persian and
// many other scripts cannot do without, stay. What looks like a word in MIME's
// own encoding is broken up, lest a mail program decode it.
func line(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ReplaceAll(strings.ToValidUTF8(text, ""), "=?", "= ?") {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), r == '\u2028', r == '\u2029':
			r = ' '
		case turns(r), r == '\ufeff':
			continue
		}
		if r == ' ' && (b.Len() == 0 || strings.HasSuffix(b.String(), " ")) {
			continue
		}
		if n++; n > mostLine {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " ")
}

// turns reports the bidirectional embeddings, overrides and isolates.
func turns(r rune) bool { return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' }

// body is text as it may stand below the headers.
func body(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return r
		}
		if unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
}

// checkOneClick wants an https address. Plain http is for the machine itself
// and for onion services, whose address is their key.
func checkOneClick(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || len(address) > 900 || !ascii(address) || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`<>"\`, r) }) {
		return errors.New("the address for unsubscribing is none")
	}
	if u.Scheme == "https" || u.Scheme == "http" && (loopback(u.Hostname()) || strings.HasSuffix(u.Hostname(), ".onion")) {
		return nil
	}
	return errors.New("the address for unsubscribing must be https")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
