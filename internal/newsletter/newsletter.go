// Package newsletter sends readers a choice of stories by mail, and knows as
// little of them as that allows.
//
// Somebody types an address on the site. Nothing is written down: one mail
// leaves whose link carries the address, sealed, and only whoever presses the
// button behind that link becomes a subscriber (double opt-in). From then on a
// row holds the address sealed with the newsroom's box key, and a mark, a keyed
// hash by which a second subscription of the same address is recognised; a copy
// of the database alone gives neither the address nor a way to try one out.
// Every issue carries a link and a one-click header (RFC 8058) that delete the
// row, without a question and without an account.
//
// An editor composes an issue of published stories. Sending fixes its words,
// then a job plans one mail for each subscriber, batch by batch; a process that
// dies midway goes on where it was, and nobody gets an issue twice. Whoever has
// left between the two gets none.
//
// When a story is corrected after an issue carried it, the issue is flagged
// until an editor has seen to it.
//
// What is stored: newsletters, issues, sealed addresses, the day of a
// subscription. What is not: who opened what, or which link was followed.
package newsletter

import (
	"strings"
	"time"
	"unicode/utf8"

	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// State says how far an issue is.
type State string

// The states of an issue.
const (
	Drafted State = "draft"
	Sending State = "sending"
	Sent    State = "sent"
)

// Newsletter is one that readers can subscribe to.
type Newsletter struct {
	ID    string
	Lang  string
	Slug  string // of its address, and of its name in forms
	Name  string
	About string // one sentence: what comes, and how often
	Open  bool   // takes subscribers

	Subscribers int64 // counted by List alone
}

// Issue is one mailing of a newsletter.
type Issue struct {
	ID         string
	Newsletter string
	Version    int // counts the saves; what Save must name
	Subject    string
	Intro      string   // plain paragraphs, parted by empty lines
	Stories    []string // ids, in their order
	Items      []Item   // what it says of each, fixed when it is sent
	State      State
	Planned    int64 // mails planned so far
	Updated    time.Time
	Sent       time.Time // when the last mail was planned
}

// Item is what an issue says of a story.
type Item struct {
	Story    string `json:"story"`
	Headline string `json:"headline"`
	Text     string `json:"text"`
	URL      string `json:"url"`
}

// Flag is an issue that carried a story which was corrected since.
type Flag struct {
	Issue, Subject   string
	Newsletter, Name string
	Story            string
	Corrected        time.Time
}

// Limits, in characters and numbers.
const (
	maxName    = 100
	maxAbout   = 300
	maxSubject = 150
	maxIntro   = 5_000
	maxStories = 40
)

// What subscribing refuses with.
var (
	// ErrEmail says that the address is none.
	ErrEmail = fault.New(fault.Invalid, "Enter an e-mail address in the form name@example.org")
	// ErrLimit says that there were too many tries.
	ErrLimit = fault.New(fault.Denied, "Too many tries. Wait 10 minutes")
	// ErrClosed says that a newsletter takes nobody just now.
	ErrClosed = fault.New(fault.Missing, "There is no such newsletter")
)

// line checks a line of text.
func line(name string, text *string, most int, needed bool) error {
	*text = strings.TrimSpace(*text)
	switch {
	case !utf8.ValidString(*text):
		return fault.Invalidf("The %s is not valid UTF-8", name)
	case needed && *text == "":
		return fault.Invalidf("The %s is missing", name)
	case utf8.RuneCountInString(*text) > most:
		return fault.Invalidf("The %s is longer than %d characters", name, most)
	case strings.ContainsFunc(*text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' }):
		return fault.Invalidf("The %s holds a line end or a control character", name)
	}
	return nil
}

// tidy checks a newsletter and gives it a slug.
func (n *Newsletter) tidy() error {
	if err := line("name", &n.Name, maxName, true); err != nil {
		return err
	}
	if err := line("description", &n.About, maxAbout, false); err != nil {
		return err
	}
	if n.Slug == "" {
		n.Slug = ident.Slug(n.Name)
	}
	if n.Slug == "" || n.Slug != ident.Slug(n.Slug) {
		return fault.Invalidf("The address %q must be of small letters, digits and hyphens", n.Slug)
	}
	return nil
}

// tidy checks what an editor wrote into an issue.
func (i *Issue) tidy() error {
	if err := line("subject", &i.Subject, maxSubject, false); err != nil {
		return err
	}
	i.Intro = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(i.Intro, "\r\n", "\n"), "\r", "\n"))
	switch {
	case !utf8.ValidString(i.Intro):
		return fault.Invalidf("The introduction is not valid UTF-8")
	case utf8.RuneCountInString(i.Intro) > maxIntro:
		return fault.Invalidf("The introduction is longer than %d characters", maxIntro)
	case strings.ContainsFunc(i.Intro, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }):
		return fault.Invalidf("The introduction holds a control character")
	}
	seen := map[string]bool{}
	kept := i.Stories[:0:0]
	for _, s := range i.Stories {
		if s != "" && !seen[s] {
			kept = append(kept, s)
		}
		seen[s] = true
	}
	if i.Stories = kept; len(kept) > maxStories {
		return fault.Invalidf("An issue has at most %d stories", maxStories)
	}
	return nil
}
