package story

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"

	"mimeo/internal/db"
)

// Line is one line of the ledger of corrections: a visible act on a story. It
// has no words, only what proves them, so it can be published whole and never
// has to be changed.
type Line struct {
	Seq    int64
	Story  string
	N      int // which publication of the story
	Kind   Kind
	At     time.Time
	Digest string // of the text's public form
	Note   string // SHA-256 of what readers were told, "" for nothing
	Hash   string // of this line and of the Hash of the one before
}

const (
	ledgerLines = `select seq, story, n, kind, at, digest, note, hash from correction where seq > $1 order by seq limit $2`
	ledgerBack  = `select seq, story, n, kind, at, digest, note, hash from correction where seq < $1 order by seq desc limit $2`
	ledgerHead  = `select hash from correction where seq = $1`
)

// sum is the line's hash: SHA-256 over the lines below, the last of which is
// the hash of the line before, empty for the first.
func (l *Line) sum(before string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "mimeo correction 1\n%d\n%s\n%d\n%s\n%d\n%s\n%s\n%s\n",
		l.Seq, l.Story, l.N, l.Kind, db.Micros(l.At), l.Digest, l.Note, before))
	return hex.EncodeToString(sum[:])
}

// seal adds a publication's line. The counter's row makes those who publish at
// the same moment wait for each other.
func seal(ctx context.Context, tx *db.Tx, p *Publication) (int64, error) {
	l := Line{Story: p.Story, N: p.N, Kind: p.Kind, At: p.At, Digest: p.Digest, Note: noteSum(p.Note)}
	if err := tx.QueryRow(ctx, "update story_counter set last = last + 1 where name = 'correction' returning last").Scan(&l.Seq); err != nil {
		return 0, err
	}
	before := ""
	if l.Seq > 1 {
		if err := tx.QueryRow(ctx, ledgerHead, l.Seq-1).Scan(&before); err != nil {
			return 0, fmt.Errorf("reading the end of the ledger of corrections: %w", err)
		}
	}
	_, err := tx.Exec(ctx, "insert into correction (seq, story, n, kind, at, digest, note, hash) values ($1, $2, $3, $4, $5, $6, $7, $8)",
		l.Seq, l.Story, l.N, string(l.Kind), db.Micros(l.At), l.Digest, l.Note, l.sum(before))
	return l.Seq, err
}

// Ledger returns lines of the ledger of corrections after a number, the first
// first.
func (d *Desk) Ledger(ctx context.Context, after int64, limit int) ([]Line, error) {
	return d.lines(ctx, ledgerLines, after, limit)
}

// LedgerBack returns lines of the ledger before a number, the last first; 0
// begins with the newest.
func (d *Desk) LedgerBack(ctx context.Context, before int64, limit int) ([]Line, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	return d.lines(ctx, ledgerBack, before, limit)
}

func (d *Desk) lines(ctx context.Context, query string, from int64, limit int) (out []Line, err error) {
	err = d.read(ctx, "reading the ledger of corrections", func(ctx context.Context, tx *db.Tx) (err error) {
		rows, err := tx.Query(ctx, query, from, bound(limit))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var l Line
			var kind string
			var at int64
			if err := rows.Scan(&l.Seq, &l.Story, &l.N, &kind, &at, &l.Digest, &l.Note, &l.Hash); err != nil {
				return err
			}
			l.Kind, l.At = Kind(kind), db.Time(at)
			out = append(out, l)
		}
		return rows.Err()
	})
	return out, err
}

// Checked is the outcome of CheckLedger.
type Checked struct {
	Lines    int64
	Redacted int64 // lines whose words were hidden since, openly
	Faults   []string
}

// CheckLedger reads the whole ledger and holds the texts that are kept against
// it: that the chain is whole, that each text is the one that readers were
// shown, or was openly redacted, and that each publication has its line.
func (d *Desk) CheckLedger(ctx context.Context) (c Checked, err error) {
	fault := func(format string, args ...any) {
		if len(c.Faults) < maxList {
			c.Faults = append(c.Faults, fmt.Sprintf(format, args...))
		}
	}
	before, last := "", int64(0)
	for {
		lines, err := d.Ledger(ctx, last, maxList)
		if err != nil {
			return c, err
		}
		for i := range lines {
			l := &lines[i]
			if l.Seq != last+1 {
				fault("line %d is missing", last+1)
			}
			if l.Hash != l.sum(before) {
				fault("line %d does not follow from the one before, or was changed", l.Seq)
			}
			before, last = l.Hash, l.Seq
			c.Lines++
			redacted, wrong, err := d.holds(ctx, l)
			switch {
			case err != nil:
				return c, err
			case wrong != "":
				fault("line %d, story %s: %s", l.Seq, l.Story, wrong)
			case redacted:
				c.Redacted++
			}
		}
		if len(lines) == 0 {
			break
		}
	}
	var high int64
	err = d.read(ctx, "reading the ledger of corrections", func(ctx context.Context, tx *db.Tx) error {
		return tx.QueryRow(ctx, "select last from story_counter where name = 'correction'").Scan(&high)
	})
	if high != last {
		fault("the ledger ends at line %d and should end at line %d", last, high)
	}
	return c, err
}

// holds compares a line with what is kept.
func (d *Desk) holds(ctx context.Context, l *Line) (redacted bool, wrong string, err error) {
	err = d.read(ctx, "checking a correction", func(ctx context.Context, tx *db.Tx) error {
		redacted, wrong = false, ""
		p, err := scanPublication(tx.QueryRow(ctx, publicationByNumber, l.Story, l.N))
		if errors.Is(err, db.ErrNoRows) {
			wrong = "this publication is not kept any more"
			return nil
		}
		if err != nil {
			return err
		}
		s, err := d.one(ctx, tx, byID, l.Story)
		if err != nil {
			return err
		}
		if _, err := selectRevision(ctx, tx, &s, p.Revision); err != nil {
			return err
		}
		switch is := s.digest(); {
		case l.Digest == is:
		case p.Redacted.IsZero():
			wrong = "its words are not those that were published"
		case p.Digest != is:
			wrong = "its words are not those that were left after something was hidden"
		default:
			redacted = true
		}
		if wrong == "" && l.Kind != KindRedact && p.Redacted.IsZero() && noteSum(p.Note) != l.Note {
			wrong = "its note is not the one that was published"
		}
		return nil
	})
	return redacted, wrong, err
}

func noteSum(note string) string {
	if note == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(note))
	return hex.EncodeToString(sum[:])
}
