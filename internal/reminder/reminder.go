// Package reminder sends one e-mail in the month a reader named, and then no
// longer knows the reader.
//
// A reader who does not want to give today leaves an address ([Diary.Set]) or,
// better for both, takes a calendar file ([Diary.Calendar]) and leaves
// nothing. The month follows from the day: before the 20th, in the newsroom's
// zone, the next month; from the 20th the one after.
//
// What waits is a planned mail: address and language sealed to the key of the
// day it is due, the month's first working day. There is no table of readers,
// no index of addresses and nothing that could be looked through. One person
// gets one mail a month: of several rows for an address only the newest
// leaves. A gift in between drops them ([Diary.Gift]), and the link in the
// mail and on the page deletes one ([Diary.Delete]). When the mail has left,
// its row is gone, and when its day is over so is the key.
//
// Tries are limited per address and per network. The limits live in memory for
// ten minutes, as salted hashes (package limit); no network is ever written down.
package reminder

import (
	"time"

	"mimeo/internal/fault"
)

// What Set refuses with.
var (
	// ErrEmail says that the address is none.
	ErrEmail = fault.New(fault.Invalid, "Enter an e-mail address in the form name@example.org")
	// ErrAddressLimit says that the address had too many tries.
	ErrAddressLimit = fault.New(fault.Denied, "A reminder for this address was set several times just now. Wait 10 minutes, or use the calendar file")
	// ErrNetworkLimit says that the network had too many tries.
	ErrNetworkLimit = fault.New(fault.Denied, "Too many tries from this network. Wait 10 minutes, or use the calendar file")
)

// Reminder is a reminder that is set. It does not know for whom.
type Reminder struct {
	Ref   string // names the planned mail; whoever has it may delete it
	Token string // the same, signed, for a link or a form
	Year  int
	Month time.Month
	Due   time.Time
}

// Signer signs the links that delete a reminder; the vault does.
type Signer interface {
	Sign(purpose string, payload []byte, expires time.Time) string
	Verify(purpose, token string) ([]byte, error)
}
