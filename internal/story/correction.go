package story

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
)

// Kind says what a publication was for its readers.
type Kind string

// The kinds of publication.
const (
	KindPublish  Kind = "publish"
	KindTypo     Kind = "typo"     // a slip of the pen
	KindFact     Kind = "fact"     // something was wrong
	KindUpdate   Kind = "update"   // something happened since
	KindRetract  Kind = "retract"  // taken back; what it said stays readable
	KindWithdraw Kind = "withdraw" // taken off; what it said does not
	KindReturn   Kind = "return"   // shown again, in the words it had
	KindEntry    Kind = "entry"    // a live blog went on
	KindRedact   Kind = "redact"   // something was hidden in it
)

// Corrects says whether readers got a text that mends the one before.
func (k Kind) Corrects() bool {
	switch k {
	case KindTypo, KindFact, KindUpdate:
		return true
	case KindPublish, KindRetract, KindWithdraw, KindReturn, KindEntry, KindRedact:
		return false
	default:
		return false
	}
}

// Note is what a visible act tells: Text to readers, Reason to the desk.
type Note struct {
	Kind     Kind   // of a correction; Retract and Withdraw know theirs
	Text     string // what readers are told
	Reason   string // what the desk keeps
	By       string // a member's id
	Seen     int    // the newest revision that they saw; 0 does not ask
	Override Override
}

const maxNote = 4_000

func (n *Note) tidy() error {
	for _, one := range []struct {
		name string
		text *string
	}{{"note", &n.Text}, {"reason", &n.Reason}} {
		if err := tidyWords(one.name, one.text, maxNote); err != nil {
			return err
		}
	}
	if n.Text == "" {
		return fault.Invalidf("Say in a note for readers what changed")
	}
	return nil
}

// Correct shows readers the newest revision in place of the one they have, with
// a dated note. What they had stays readable; the note's kind says whether it
// mends a slip, a mistake, or adds what happened since.
func (d *Desk) Correct(ctx context.Context, id string, note Note) (s Story, err error) {
	if !note.Kind.Corrects() {
		return s, fault.Invalidf("A correction is of the kind typo, fact or update, not %q", note.Kind)
	}
	if err := note.tidy(); err != nil {
		return s, err
	}
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if s, err = d.one(ctx, tx, byID, id); err != nil {
			return err
		}
		if s.Year == 0 {
			return fault.Conflictf("This story was never published: there is nothing to correct in front of readers")
		}
		s, _, err = d.publish(ctx, tx, id, publishing{Order: Order{By: note.By, Seen: note.Seen, Override: note.Override}, note: &note})
		return err
	})
	return s, d.failed("correcting a story", err)
}

// Update is Correct for what happened since.
func (d *Desk) Update(ctx context.Context, id string, note Note) (Story, error) {
	note.Kind = KindUpdate
	return d.Correct(ctx, id, note)
}

// Retract takes a story back: it leaves every list, and its address says so and
// why. What it said stays readable among its versions.
func (d *Desk) Retract(ctx context.Context, id string, note Note) (Story, error) {
	note.Kind = KindRetract
	return d.takeBack(ctx, id, Retracted, note)
}

// Withdraw takes a story off: it leaves every list, its address says so and
// why, and what it said is shown to nobody.
func (d *Desk) Withdraw(ctx context.Context, id string, note Note) (Story, error) {
	note.Kind = KindWithdraw
	return d.takeBack(ctx, id, Withdrawn, note)
}

func (d *Desk) takeBack(ctx context.Context, id string, to State, note Note) (s Story, err error) {
	if err := note.tidy(); err != nil {
		return s, err
	}
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if s, err = d.locked(ctx, tx, id); err != nil {
			return err
		}
		switch s.State {
		case to, Withdrawn:
			return nil
		case Drafted:
			return fault.Conflictf("This story was never published")
		case Published, Retracted:
		default:
			return fmt.Errorf("story %s has the unknown state %q", s.ID, s.State)
		}
		if err := baseline(ctx, tx, &s); err != nil {
			return err
		}
		was := s.Summary()
		s.State, s.Updated, s.Due = to, tx.Now, time.Time{}
		if _, err := tx.Exec(ctx, "delete from story_due where story = $1", s.ID); err != nil {
			return err
		}
		p := Publication{Revision: s.Revision, Kind: note.Kind, At: tx.Now, Note: note.Text, Reason: note.Reason, Listed: true, Digest: s.digest()}
		if err := d.goesOut(ctx, tx, &s, &p, false, publishing{Order: Order{By: note.By}}); err != nil {
			return err
		}
		return d.announce(ctx, tx, was, s.Summary())
	})
	return s, d.failed("taking a story back", err)
}

// enter adds a publication to the story's, and to the ledger.
func (d *Desk) enter(ctx context.Context, tx *db.Tx, s *Story, p *Publication) (err error) {
	p.Story = s.ID
	if p.N, err = nextPublication(ctx, tx, s.ID); err != nil {
		return err
	}
	if p.Seq, err = seal(ctx, tx, p); err != nil {
		return err
	}
	if err := insertPublication(ctx, tx, s.Lang, p); err != nil {
		return err
	}
	if !p.Listed {
		return nil
	}
	if err := tx.Change(ctx, ChangeCorrections, s.Lang+"/"); err != nil {
		return err
	}
	if err := d.flagTranslations(ctx, tx, s, p); err != nil {
		return err
	}
	for _, tell := range d.opt.Corrected {
		if err := tell(ctx, tx, s, *p); err != nil {
			return err
		}
	}
	return nil
}

// digest is the SHA-256 of the text's public form: what readers can read of it,
// as one JSON object. It says nothing of how a text was marked up at the desk.
func (s *Story) digest() string {
	sum := sha256.Sum256(s.PublicForm())
	return hex.EncodeToString(sum[:])
}

// PublicForm is what the digests in the ledger are of.
func (s *Story) PublicForm() []byte {
	out, err := json.Marshal(struct {
		Headline   string    `json:"headline"`
		Standfirst string    `json:"standfirst"`
		Bylines    []string  `json:"bylines"`
		Dateline   string    `json:"dateline"`
		Place      string    `json:"place"`
		Body       prose.Doc `json:"body"`
	}{s.Headline, s.Standfirst, append([]string{}, s.Bylines...), day(s.Dateline), s.Place, s.Body.Bare()})
	if err != nil { // strings and a document cannot fail to be encoded
		return nil
	}
	return out
}
