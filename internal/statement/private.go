package statement

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Private is words that readers never get. It is a type of its own, so that no
// public field takes it; it prints, marshals and logs as nothing; Reveal is the
// only way to the words.
type Private struct{ words string }

// Hide makes words private.
func Hide(words string) Private { return Private{words} }

// Reveal gives the words to a member who may know them.
func (p Private) Reveal() string { return p.words }

// Empty says that there are none.
func (p Private) Empty() bool { return p.words == "" }

const hidden = "(private)"

// String prints that something is private.
func (p Private) String() string { return hidden }

// GoString does so for %#v.
func (p Private) GoString() string { return hidden }

// MarshalJSON writes null.
func (p Private) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// MarshalText refuses: words that are private are in no text.
func (p Private) MarshalText() ([]byte, error) {
	return nil, errors.New("private words are not written")
}

// LogValue logs that something is private.
func (p Private) LogValue() slog.Value { return slog.StringValue(hidden) }

// Secret is the side of a statement that readers never see.
type Secret struct {
	Name     Private // who an unnamed source is
	Note     Private
	Evidence []SecretEvidence
}

// SecretEvidence is an item of evidence that is not for readers. Its ID is that
// of the empty one in the Record.
type SecretEvidence struct {
	ID     string
	Label  Private
	Link   Private
	Copy   string // id of the sealed file
	Type   string
	Size   int
	SHA256 string
}

// sealedForm is how a Secret is written before it is sealed.
type sealedForm struct {
	Name     string       `json:"name,omitempty"`
	Note     string       `json:"note,omitempty"`
	Evidence []sealedItem `json:"evidence,omitempty"`
}

type sealedItem struct {
	ID     string `json:"id"`
	Label  string `json:"label,omitempty"`
	Link   string `json:"link,omitempty"`
	Copy   string `json:"copy,omitempty"`
	Type   string `json:"type,omitempty"`
	Size   int    `json:"size,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
}

// Box seals what must stay readable until it is changed or deleted. It is the
// vault, which knows nothing of statements; tests have one of their own.
type Box interface {
	Wrap(context string, plain []byte) ([]byte, error)
	Unwrap(context string, wrapped []byte) ([]byte, error)
}

// The contexts under which things are sealed.
const (
	secretContext = "statement secret"
	fileContext   = "statement file"
)

func (s *Secret) empty() bool { return s.Name.Empty() && s.Note.Empty() && len(s.Evidence) == 0 }

// seal writes a Secret for the database; an empty one is empty there too.
func (b *Book) seal(s *Secret) ([]byte, error) {
	if s.empty() {
		return []byte{}, nil
	}
	form := sealedForm{Name: s.Name.words, Note: s.Note.words}
	for _, e := range s.Evidence {
		form.Evidence = append(form.Evidence, sealedItem{e.ID, e.Label.words, e.Link.words, e.Copy, e.Type, e.Size, e.SHA256})
	}
	plain, err := json.Marshal(form)
	if err != nil {
		return nil, err
	}
	return b.opt.Box.Wrap(secretContext, plain)
}

func (b *Book) unseal(sealed []byte) (s Secret, err error) {
	if len(sealed) == 0 {
		return s, nil
	}
	plain, err := b.opt.Box.Unwrap(secretContext, sealed)
	if err != nil {
		return s, fmt.Errorf("opening the private side of a statement: %w", err)
	}
	var form sealedForm
	if err := json.Unmarshal(plain, &form); err != nil {
		return s, fmt.Errorf("reading the private side of a statement: %w", err)
	}
	s.Name, s.Note = Hide(form.Name), Hide(form.Note)
	for _, e := range form.Evidence {
		s.Evidence = append(s.Evidence, SecretEvidence{e.ID, Hide(e.Label), Hide(e.Link), e.Copy, e.Type, e.Size, e.SHA256})
	}
	return s, nil
}

// Readers are the members who may open a statement's private side.
func (b *Book) Readers(ctx context.Context, id string) (out []string, err error) {
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = readers(ctx, tx, id)
		return err
	})
	return out, failed("reading who may see evidence", err)
}

// Admit puts a member on the list, or takes one off. Only who is on the list
// may change it, and nobody takes the last one off: what is sealed would be
// lost.
func (b *Book) Admit(ctx context.Context, by, id, member string, in bool) error {
	return failed("changing who may see evidence", b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		there, err := readers(ctx, tx, id)
		if err != nil {
			return err
		}
		if !slices.Contains(there, by) {
			return errNotForYou
		}
		if in {
			_, err = tx.Exec(ctx, "insert into statement_reader (statement, member) values ($1, $2) on conflict (statement, member) do nothing", id, member)
		} else {
			if len(there) == 1 {
				return fault.Conflictf("Nobody could open the evidence any more. Let somebody else in first")
			}
			_, err = tx.Exec(ctx, "delete from statement_reader where statement = $1 and member = $2", id, member)
		}
		if err != nil {
			return err
		}
		return b.record(ctx, tx, by, "statement.readers", id)
	}))
}

var errNotForYou = fault.New(fault.Denied, "You are not among those who may see the evidence of this statement. Ask one of them")

// Open gives the private side of a statement's newest version to a member who
// is on its list, and leaves a line in the trail.
func (b *Book) Open(ctx context.Context, member, id string) (s Secret, err error) {
	err = b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := b.mayKnow(ctx, tx, member, id); err != nil {
			return err
		}
		st, sealed, err := newest(ctx, tx, id)
		if err != nil {
			return err
		}
		if s, err = b.unseal(sealed); err != nil || s.empty() {
			return err
		}
		return b.record(ctx, tx, member, "statement.open", st.ID)
	})
	return s, failed("opening evidence", err)
}

func (b *Book) mayKnow(ctx context.Context, tx *db.Tx, member, id string) error {
	there, err := readers(ctx, tx, id)
	if err != nil {
		return err
	}
	if !slices.Contains(there, member) {
		return errNotForYou
	}
	return nil
}
