package staff

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Act is something that was done. It names things by their ids: no content, no
// name of a person, nothing that was typed.
type Act struct {
	Actor  string // a member's id, "" for the machine itself
	Action string // "story.publish"
	Object string // an id
}

// Line is an act in the trail.
type Line struct {
	Seq int64
	At  time.Time
	Act
	hash []byte
}

func (a Act) check() error {
	if a.Action == "" {
		return fault.Invalidf("A line of the trail needs an action")
	}
	for _, value := range [...]string{a.Actor, a.Action, a.Object} {
		if len(value) > 128 || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fault.Invalidf("A line of the trail has ids only")
		}
	}
	return nil
}

// link is the hash of a line that follows one with the hash prev: SHA-256 over
// a fixed prefix, prev, number and microseconds as 8 bytes each (big endian),
// then actor, action and object, each preceded by its length in 8 bytes. The
// first line follows 32 zero bytes.
func (l *Line) link(prev []byte) []byte {
	b := make([]byte, 0, 256)
	b = append(b, "mimeo trail 1\n"...)
	b = append(b, prev...)
	b = binary.BigEndian.AppendUint64(b, uint64(l.Seq))           //nolint:gosec // counted from 1
	b = binary.BigEndian.AppendUint64(b, uint64(db.Micros(l.At))) //nolint:gosec // any bits do
	for _, field := range [...]string{l.Actor, l.Action, l.Object} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(field)))
		b = append(b, field...)
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

// Record adds a line in the caller's transaction, so that what is done and
// that it was done stand or fall together. Transactions that record do so one
// after the other: record last, and keep the rest short.
func (d *Door) Record(ctx context.Context, tx *db.Tx, a Act) error {
	if err := a.check(); err != nil {
		return err
	}
	seq, prev, err := lockTrail(ctx, tx)
	if err != nil {
		return err
	}
	l := Line{Seq: seq + 1, At: tx.Now, Act: a}
	l.hash = l.link(prev)
	return insertLine(ctx, tx, l)
}

// Report is what Check found.
type Report struct {
	Lines int64 `json:"lines"`
	// Head is the hash of the newest line. Written down elsewhere, it proves
	// later that nothing up to it was changed.
	Head string `json:"head"`
	// Broken is the number of the first line that is not as it was written, 0
	// when all are.
	Broken int64 `json:"broken"`
	// Why says what is wrong with it.
	Why string `json:"why,omitempty"`
}

// Check reads the whole trail and proves that its chain is whole.
func (d *Door) Check(ctx context.Context) (r Report, err error) {
	err = d.read(ctx, "checking the trail", func(ctx context.Context, tx *db.Tx) error {
		prev := make([]byte, sha256.Size)
		if err := scanTrail(ctx, tx, func(l *Line) error {
			switch {
			case r.Broken != 0:
			case l.Seq != r.Lines+1:
				r.Broken, r.Why = l.Seq, fmt.Sprintf("line %d is missing before it", r.Lines+1)
			case !bytes.Equal(l.hash, l.link(prev)):
				r.Broken, r.Why = l.Seq, "its hash does not follow from the line before it and its own fields"
			}
			r.Lines, prev = l.Seq, l.hash
			return nil
		}); err != nil {
			return err
		}
		seq, head, err := readTrail(ctx, tx)
		if err != nil {
			return err
		}
		if r.Broken == 0 && (seq != r.Lines || !bytes.Equal(head, prev)) {
			r.Broken, r.Why = r.Lines+1, fmt.Sprintf("the trail ends at line %d, but its head says %d", r.Lines, seq)
		}
		r.Head = hex.EncodeToString(prev)
		return nil
	})
	return r, err
}

// Trail lists the lines before a number, the newest first; before 0 is the end.
func (d *Door) Trail(ctx context.Context, before int64, most int) (all []Line, err error) {
	err = d.read(ctx, "reading the trail", func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = linesBefore(ctx, tx, before, most)
		return err
	})
	return all, err
}
