// Package fault holds the five kinds of error that the rest of Mimeo tells
// apart. A fault's message is written for the person who caused or met it, so
// it may be shown; whatever it wraps is for the log and never leaves the house.
//
// An error without a kind is a bug or a broken machine: the surfaces answer
// 500 and show nothing of it.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what a caller can do about an error.
type Kind int

// The kinds. Unexpected is the kind of every error that is not a fault.
const (
	Unexpected  Kind = iota
	Invalid          // the input is wrong; the person can mend it
	Denied           // forged, expired or not theirs
	Missing          // there is no such thing
	Conflict         // it changed meanwhile, or was done before
	Unavailable      // a disk, database or provider does not answer now
)

// String names the kind, for logs.
func (k Kind) String() string {
	switch k {
	case Unexpected:
		return "unexpected"
	case Invalid:
		return "invalid"
	case Denied:
		return "denied"
	case Missing:
		return "missing"
	case Conflict:
		return "conflict"
	case Unavailable:
		return "unavailable"
	default:
		return fmt.Sprintf("fault.Kind(%d)", int(k))
	}
}

// Error is an error with a kind and a message in the user's words.
type Error struct {
	Kind    Kind
	Message string
	cause   error
}

// Error returns the message, followed by the cause when there is one.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// New returns a fault with a fixed message.
func New(kind Kind, message string) error { return &Error{Kind: kind, Message: message} }

// Wrap returns a fault that shows message and keeps cause for the log.
// A nil cause gives nil.
func Wrap(kind Kind, message string, cause error) error {
	if cause == nil {
		return nil
	}
	return &Error{Kind: kind, Message: message, cause: cause}
}

// Invalidf returns an Invalid fault.
func Invalidf(format string, args ...any) error { return New(Invalid, fmt.Sprintf(format, args...)) }

// Deniedf returns a Denied fault.
func Deniedf(format string, args ...any) error { return New(Denied, fmt.Sprintf(format, args...)) }

// Missingf returns a Missing fault.
func Missingf(format string, args ...any) error { return New(Missing, fmt.Sprintf(format, args...)) }

// Conflictf returns a Conflict fault.
func Conflictf(format string, args ...any) error { return New(Conflict, fmt.Sprintf(format, args...)) }

// Unavailablef returns an Unavailable fault.
func Unavailablef(format string, args ...any) error {
	return New(Unavailable, fmt.Sprintf(format, args...))
}

// KindOf returns the kind of the outermost fault in err's chain, and
// Unexpected when there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Unexpected
}

// Message returns the words of the outermost fault that a stranger may read,
// and "" when err is not a fault.
func Message(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Message
	}
	return ""
}
