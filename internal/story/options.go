package story

import (
	"context"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Options are what a desk must know of the newsroom. The functions stand for
// what is built on stories and must happen together with what happens to one;
// they run in its transaction.
type Options struct {
	Zone        *time.Location // says which month a publication falls into
	DefaultLang string         // its stories have addresses without a language
	// Approval asks of every text that somebody other than its last author
	// approves it.
	Approval bool

	// Record writes an act into the newsroom's trail.
	Record func(ctx context.Context, tx *db.Tx, a Act) error
	// Statements gives the versions that records of statements have now.
	Statements func(ctx context.Context, tx *db.Tx, ids []string) (map[string]int, error)
	// Saved is told of each text that a member saved, as s has it.
	Saved []func(ctx context.Context, tx *db.Tx, member string, s *Story) error
	// Gates are asked before a text goes out.
	Gates []func(ctx context.Context, tx *db.Tx, s *Story) ([]Objection, error)
	// Published is told of each story that readers now see otherwise, or no
	// more: s.State says which.
	Published []func(ctx context.Context, tx *db.Tx, s *Story) error
	// Corrected is told of each visible act with a note.
	Corrected []func(ctx context.Context, tx *db.Tx, s *Story, p Publication) error
	// Hidden takes names and pictures out of what is built on stories.
	Hidden []Hider
}

// Hider hides names and pictures in what is built on stories.
type Hider struct {
	What string // it is called in the account, such as "statements"
	// Hide says in how many places it found them; in a dry run it changes
	// nothing. It is called again when a redaction was interrupted.
	Hide func(ctx context.Context, tx *db.Tx, r *Redaction) (reached int, err error)
}

// Wire lets the assembly add what is built on stories, and so after them.
func (d *Desk) Wire(add func(*Options)) { add(&d.opt) }

// Act is one thing that somebody did. It names, and tells nothing.
type Act struct {
	Actor  string // a member's id, "" for the machine or the command
	Action string // "story.publish"
	Object string // a story's id
}

func (d *Desk) record(ctx context.Context, tx *db.Tx, actor, action, object string) error {
	if d.opt.Record == nil {
		return nil
	}
	return d.opt.Record(ctx, tx, Act{Actor: actor, Action: action, Object: object})
}

// Objection is why a text should not go out as it is. Text is a message's id
// and Args its arguments.
type Objection struct {
	Code        string
	Text        string
	Args        []any
	Overridable bool // two people may publish it all the same
}

// BlockedError says why a text did not go out.
type BlockedError struct{ Objections []Objection }

// Error names the objections by their codes; the desk says them in words.
func (b *BlockedError) Error() string {
	codes := make([]string, len(b.Objections))
	for i, o := range b.Objections {
		codes[i] = o.Code
	}
	return "This text cannot go out yet: " + strings.Join(codes, ", ")
}

// Unwrap makes it a Conflict.
func (b *BlockedError) Unwrap() error { return fault.New(fault.Conflict, b.Error()) }

// Override publishes against objections.
type Override struct {
	Reason string
	Second string // another member, who agreed
}
