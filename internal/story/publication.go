package story

import (
	"context"
	"errors"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Publication is a text that readers were shown, or the act by which they were
// shown it no more. The publications of a story are numbered from 1.
type Publication struct {
	Story    string
	N        int
	Seq      int64 // its line in the ledger, 0 when it is older than that
	Revision int
	Kind     Kind
	At       time.Time
	Until    time.Time // when the next one followed; zero of the last
	Listed   bool      // among the corrections
	Note     string    // what readers were told
	Reason   string    // what the desk keeps
	Digest   string    // of its public form
	Redacted time.Time // when something was hidden in it; zero when nothing was
}

const (
	publicationColumns = `p.story, p.n, p.seq, p.revision, p.kind, p.at, p.listed, p.note, p.reason, p.digest, p.redacted`

	publications = `select ` + publicationColumns + ` from story_publication p where p.story = $1 order by p.n`

	publicationByNumber = `select ` + publicationColumns + ` from story_publication p where p.story = $1 and p.n = $2`

	corrections = `select ` + publicationColumns + `, ` + columns + ` from story_publication p join story s on s.id = p.story
		where p.lang = $1 and p.listed = 1 and p.seq < $2 order by p.seq desc limit $3`
)

// maxVersions is how many publications of one story are listed. A live blog has
// one for each entry.
const maxVersions = 2_000

func scanPublication(from db.Scanner, more ...any) (p Publication, err error) {
	var kind string
	var at, listed, redacted int64
	dest := append([]any{&p.Story, &p.N, &p.Seq, &p.Revision, &kind, &at, &listed, &p.Note, &p.Reason, &p.Digest, &redacted}, more...)
	if err := from.Scan(dest...); err != nil {
		return p, err
	}
	p.Kind, p.At, p.Listed, p.Redacted = Kind(kind), db.Time(at), listed != 0, moment(redacted)
	return p, nil
}

// Publications are all that readers were shown of a story, the first first.
func (d *Desk) Publications(ctx context.Context, id string) (out []Publication, err error) {
	err = d.read(ctx, "listing the versions of a story", func(ctx context.Context, tx *db.Tx) error {
		out, err = selectPublications(ctx, tx, id)
		return err
	})
	return out, err
}

func selectPublications(ctx context.Context, tx *db.Tx, id string) (out []Publication, err error) {
	rows, err := tx.Query(ctx, publications+" limit $2", id, maxVersions)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		p, err := scanPublication(rows)
		if err != nil {
			return nil, err
		}
		if n := len(out); n > 0 {
			out[n-1].Until = p.At
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// Version is a text as readers had it.
func (d *Desk) Version(ctx context.Context, id string, n int) (s Story, p Publication, err error) {
	err = d.read(ctx, "reading a version", func(ctx context.Context, tx *db.Tx) error {
		if s, err = d.one(ctx, tx, byID, id); err != nil {
			return err
		}
		if p, err = scanPublication(tx.QueryRow(ctx, publicationByNumber, id, n)); err != nil {
			if errors.Is(err, db.ErrNoRows) {
				return fault.Missingf("There is no such version of this story")
			}
			return err
		}
		_, err = selectRevision(ctx, tx, &s, p.Revision)
		return err
	})
	return s, p, err
}

// Correction is a publication in the list of corrections, with its story as it
// is now.
type Correction struct {
	Publication
	Summary Summary
}

// Corrections are the visible acts with a note in a language, the last first.
// before is the Seq of the last one of the page before, 0 for the first page.
func (d *Desk) Corrections(ctx context.Context, lang string, before int64, limit int) (out []Correction, err error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	err = d.read(ctx, "listing corrections", func(ctx context.Context, tx *db.Tx) (err error) {
		out = nil
		rows, err := tx.Query(ctx, corrections, lang, before, bound(limit))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			both := bothScanner{rows: rows}
			s, err := d.scan(&both, false)
			if err != nil {
				return err
			}
			out = append(out, Correction{Publication: both.p, Summary: s.Summary()})
		}
		return rows.Err()
	})
	return out, err
}

// bothScanner reads a publication and, behind it, a story.
type bothScanner struct {
	rows db.Scanner
	p    Publication
}

func (b *bothScanner) Scan(dest ...any) (err error) {
	b.p, err = scanPublication(b.rows, dest...)
	return err
}

func nextPublication(ctx context.Context, tx *db.Tx, id string) (n int, err error) {
	err = tx.QueryRow(ctx, "select coalesce(max(n), 0) + 1 from story_publication where story = $1", id).Scan(&n)
	return n, err
}

func insertPublication(ctx context.Context, tx *db.Tx, lang string, p *Publication) error {
	_, err := tx.Exec(ctx, `insert into story_publication (story, n, seq, lang, revision, kind, at, listed, note, reason, digest)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		p.Story, p.N, p.Seq, lang, p.Revision, string(p.Kind), db.Micros(p.At), db.Bit(p.Listed), p.Note, p.Reason, p.Digest)
	return err
}

// continuePublication notes that readers get the same words from a later
// revision.
func continuePublication(ctx context.Context, tx *db.Tx, id string, revision int) error {
	_, err := tx.Exec(ctx, `update story_publication set revision = $2
		where story = $1 and n = (select max(n) from story_publication where story = $1)`, id, revision)
	return err
}

// baseline writes down what readers had of a story that was published before
// publications were kept.
func baseline(ctx context.Context, tx *db.Tx, s *Story) error {
	n, err := nextPublication(ctx, tx, s.ID)
	if err != nil || n > 1 {
		return err
	}
	return insertPublication(ctx, tx, s.Lang, &Publication{
		Story: s.ID, N: 1, Revision: s.Revision, Kind: KindPublish, At: s.Published, Digest: s.digest(),
	})
}

const (
	notesOfPublications = `select ` + publicationColumns + ` from story_publication p where p.story = $1 and p.listed = 1 order by p.n desc limit $2`
	lastPublication     = `select coalesce(max(n), 0) from story_publication where story = $1`
)

// Notes are what readers were told about a story, the last first, and how many
// publications it has.
func (d *Desk) Notes(ctx context.Context, id string, limit int) (notes []Publication, publications int, err error) {
	err = d.read(ctx, "listing the notes on a story", func(ctx context.Context, tx *db.Tx) (err error) {
		notes = nil
		if err := tx.QueryRow(ctx, lastPublication, id).Scan(&publications); err != nil || publications < 2 {
			return err
		}
		rows, err := tx.Query(ctx, notesOfPublications, id, bound(limit))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			p, err := scanPublication(rows)
			if err != nil {
				return err
			}
			notes = append(notes, p)
		}
		return rows.Err()
	})
	return notes, publications, err
}
