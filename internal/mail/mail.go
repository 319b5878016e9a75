// Package mail sends mail, and keeps mail that waits for its day so that its
// addressee can be read by nobody before that day and by nobody after.
//
// A Post carries one message at a time. SMTP is the real one: two servers in
// order, signed with DKIM. Outbox keeps messages in memory for the demo and
// for tests. Both write the same letter: plain text first, HTML second, headers
// into which no text can smuggle a line, an id that stays the same however
// often the letter is tried.
//
// A Queue holds planned mail. Whoever plans one gives its kind, its due time,
// the address and a few parameters; what is written down is a row with the
// kind, the minute and a sealed packet that only that day's key opens. When
// the minute comes, one job sends the whole batch: see batch.go. Words are
// made only then, by the function that was registered for the kind (Compose).
//
// Of each address in a group ("reminder/2027-01") only the newest mail leaves,
// and Suppress withdraws what was planned for an address before; both are
// decided when the batch is opened, because there is no list of addresses to
// look anything up in.
//
// What is stored: kinds, groups, minutes, days, numbers of attempts, sealed
// packets, and counts by day and kind. What is not: an address, a subject, a
// body, a server's answer (they quote addresses), who received anything.
package mail

import (
	"context"
	"errors"
)

// Message is a letter to one person.
type Message struct {
	To      string // an address alone, without a name
	Subject string
	Text    string
	HTML    string // "" sends the text alone
	Lang    string // "fa"
	Dir     string // "rtl"; for whoever writes HTML
	// ID is the part of the Message-ID before the @: ASCII letters, digits,
	// dots and dashes. A letter that is sent again keeps it.
	ID string
	// OneClick is where a mail program may unsubscribe with one POST
	// (RFC 8058); "" for letters that nobody unsubscribes from.
	OneClick string
}

// Post carries messages. A nil error says that the next server has taken the
// responsibility for the message. An error that is ErrRejected is final, after
// any other the same message may be tried later. Errors name no address.
type Post interface {
	Send(ctx context.Context, m Message) error
}

// ErrRejected says that this message will never be taken for this address.
var ErrRejected = errors.New("the mail was rejected for good")

// ErrUnneeded is what a composing function returns when there is no longer any
// reason to send the mail. It is dropped and counted as such.
var ErrUnneeded = errors.New("the mail is no longer needed")
