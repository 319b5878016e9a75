package staff

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// Passkey is one key of a member's, as lists show it.
type Passkey struct {
	ID     string
	Device string // a word of the member's own
	Added  time.Time
	Used   time.Time
}

// EnoughPasskeys is how many each member should have, and MostPasskeys how many
// they may have: two, and room to replace one.
const (
	EnoughPasskeys = 2
	MostPasskeys   = 5
)

// ceremonyLife is how long a browser may take to show a passkey.
const ceremonyLife = 5 * time.Minute

// purpose is what a ceremony is held for. One held for one thing does not
// serve for another.
type purpose string

const (
	forJoining    purpose = "join"
	forAdding     purpose = "add"
	forEntering   purpose = "enter"
	forConfirming purpose = "confirm"
)

// ceremony is what we asked a browser for. The library's own record of it is
// kept whole.
type ceremony struct {
	Session webauthn.SessionData `json:"session"`
	Member  string               `json:"member,omitempty"` // who joins: the id they will have
	Name    string               `json:"name,omitempty"`
	Lang    string               `json:"lang,omitempty"`
}

// Ceremony is a question for the browser: Options as WebAuthn has them, in JSON.
type Ceremony struct {
	ID      string          `json:"id"`
	Options json.RawMessage `json:"options"`
}

// holder is a member as the library sees one.
type holder struct {
	id, name string
	keys     []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.id) }
func (h holder) WebAuthnName() string                       { return h.name }
func (h holder) WebAuthnDisplayName() string                { return h.name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

// begin keeps what was asked for and returns the question.
func (d *Door) begin(ctx context.Context, why purpose, subject string, options any, c ceremony) (Ceremony, error) {
	asked, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, fmt.Errorf("writing the question for a passkey: %w", err)
	}
	c.Session.Expires = time.Time{} // ours is counted by the newsroom's clock
	kept, err := json.Marshal(c)
	if err != nil {
		return Ceremony{}, fmt.Errorf("keeping the question for a passkey: %w", err)
	}
	q := Ceremony{ID: d.ids.Secret(), Options: asked}
	return q, d.write(ctx, "asking for a passkey", func(ctx context.Context, tx *db.Tx) error {
		return insertCeremony(ctx, tx, q.ID, why, subject, string(kept), tx.Now, tx.Now.Add(ceremonyLife))
	})
}

// take ends a ceremony: whatever comes of it, it was the only try.
func (d *Door) take(ctx context.Context, why purpose, id, subject string) (c ceremony, err error) {
	if !ident.IsSecret(id) {
		return c, errOut
	}
	var kept string
	err = d.write(ctx, "looking up a passkey's question", func(ctx context.Context, tx *db.Tx) (err error) {
		kept, err = takeCeremony(ctx, tx, id, why, subject, tx.Now)
		if errors.Is(err, db.ErrNoRows) {
			return errOut
		}
		return err
	})
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal([]byte(kept), &c); err != nil {
		return c, fmt.Errorf("reading a passkey's question: %w", err)
	}
	return c, nil
}

// BeginAdding asks for one more passkey of the member of a session.
func (d *Door) BeginAdding(ctx context.Context, s Session) (Ceremony, error) {
	h, err := d.holder(ctx, s.Member.ID)
	if err != nil {
		return Ceremony{}, err
	}
	if len(h.keys) >= MostPasskeys {
		return Ceremony{}, fault.Conflictf("You have %d passkeys, which is as many as there may be. Remove one first", len(h.keys))
	}
	options, kept, err := d.keys.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	if err != nil {
		return Ceremony{}, fmt.Errorf("asking for a passkey: %w", err)
	}
	return d.begin(ctx, forAdding, s.Member.ID, options, ceremony{Session: *kept})
}

// FinishAdding takes the browser's answer.
func (d *Door) FinishAdding(ctx context.Context, s Session, id string, answer []byte, device string) error {
	c, err := d.take(ctx, forAdding, id, s.Member.ID)
	if err != nil {
		return err
	}
	key, err := d.created(holder{id: s.Member.ID, name: s.Member.Name}, c, answer)
	if err != nil {
		return err
	}
	return d.write(ctx, "adding a passkey", func(ctx context.Context, tx *db.Tx) error {
		if err := d.Record(ctx, tx, Act{s.Member.ID, "passkey.add", s.Member.ID}); err != nil {
			return err
		}
		if keys, err := passkeysOf(ctx, tx, s.Member.ID); err != nil {
			return err
		} else if len(keys) >= MostPasskeys {
			return fault.Conflictf("You have %d passkeys, which is as many as there may be. Remove one first", len(keys))
		}
		return insertPasskey(ctx, tx, s.Member.ID, cleanDevice(device), key, tx.Now)
	})
}

// created checks a new passkey.
func (d *Door) created(h holder, c ceremony, answer []byte) (*webauthn.Credential, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, fault.Wrap(fault.Denied, "The browser's answer could not be read", err)
	}
	key, err := d.keys.CreateCredential(h, c.Session, parsed)
	if err != nil {
		return nil, fault.Wrap(fault.Denied, "This passkey was not taken", err)
	}
	return key, nil
}

// BeginEntering asks whoever stands at the door for a passkey.
func (d *Door) BeginEntering(ctx context.Context, network string) (Ceremony, error) {
	if !d.admits(network) {
		return Ceremony{}, errTries
	}
	options, kept, err := d.keys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, fmt.Errorf("asking for a passkey: %w", err)
	}
	return d.begin(ctx, forEntering, "", options, ceremony{Session: *kept})
}

// Enter takes the browser's answer and opens a session; its key is for the
// browser alone.
func (d *Door) Enter(ctx context.Context, id string, answer []byte, device string) (key string, s Session, err error) {
	c, err := d.take(ctx, forEntering, id, "")
	if err != nil {
		return "", s, err
	}
	member, used, err := d.shown(ctx, c, answer)
	if err != nil {
		return "", s, err
	}
	err = d.write(ctx, "coming in", func(ctx context.Context, tx *db.Tx) error {
		m, err := memberOf(ctx, tx, member)
		if err != nil {
			return err
		}
		if m.State != Active {
			return errOut
		}
		if err := updatePasskey(ctx, tx, m.ID, used, tx.Now); err != nil {
			return err
		}
		key, s, err = d.open(ctx, tx, m, device, Session{Confirmed: tx.Now})
		return err
	})
	return key, s, err
}

// BeginConfirming asks the member of a session for a passkey again.
func (d *Door) BeginConfirming(ctx context.Context, s Session) (Ceremony, error) {
	options, kept, err := d.keys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, fmt.Errorf("asking for a passkey: %w", err)
	}
	return d.begin(ctx, forConfirming, s.ID, options, ceremony{Session: *kept})
}

// Confirm takes the browser's answer.
func (d *Door) Confirm(ctx context.Context, s Session, id string, answer []byte) error {
	c, err := d.take(ctx, forConfirming, id, s.ID)
	if err != nil {
		return err
	}
	member, used, err := d.shown(ctx, c, answer)
	if err != nil {
		return err
	}
	if member != s.Member.ID {
		return fault.Deniedf("This passkey is a colleague's")
	}
	return d.write(ctx, "confirming", func(ctx context.Context, tx *db.Tx) error {
		if err := updatePasskey(ctx, tx, member, used, tx.Now); err != nil {
			return err
		}
		return d.confirmed(ctx, tx, s)
	})
}

// shown checks a passkey and says whose it is.
func (d *Door) shown(ctx context.Context, c ceremony, answer []byte) (member string, key *webauthn.Credential, err error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return "", nil, fault.Wrap(fault.Denied, "The browser's answer could not be read", err)
	}
	// The library hides the cause of what its caller's function answers.
	var broken error
	_, key, err = d.keys.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		member = string(handle)
		h, err := d.holder(ctx, member)
		if err != nil && fault.KindOf(err) != fault.Denied {
			broken = err
		}
		return h, err
	}, c.Session, parsed)
	switch {
	case broken != nil:
		return "", nil, broken
	case err != nil:
		return "", nil, fault.Wrap(fault.Denied, "This passkey does not open this door", err)
	case key.Authenticator.CloneWarning:
		return "", nil, fault.Deniedf("This passkey seems to have been copied. Come in with your other one and remove it")
	}
	return member, key, nil
}

// holder is a member with all passkeys.
func (d *Door) holder(ctx context.Context, member string) (h holder, err error) {
	err = d.read(ctx, "reading passkeys", func(ctx context.Context, tx *db.Tx) error {
		m, err := memberOf(ctx, tx, member)
		if errors.Is(err, db.ErrNoRows) {
			return errOut
		}
		if err != nil {
			return err
		}
		h = holder{id: m.ID, name: m.Name}
		h.keys, err = credentialsOf(ctx, tx, m.ID)
		return err
	})
	return h, err
}

// Passkeys lists a member's.
func (d *Door) Passkeys(ctx context.Context, member string) (all []Passkey, err error) {
	err = d.read(ctx, "listing passkeys", func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = passkeysOf(ctx, tx, member)
		return err
	})
	return all, err
}

// RemovePasskey takes one away. The last one stays: it is the way in.
func (d *Door) RemovePasskey(ctx context.Context, by Member, id string) error {
	return d.write(ctx, "removing a passkey", func(ctx context.Context, tx *db.Tx) error {
		if err := d.Record(ctx, tx, Act{by.ID, "passkey.remove", by.ID}); err != nil {
			return err
		}
		keys, err := passkeysOf(ctx, tx, by.ID)
		if err != nil {
			return err
		}
		if len(keys) <= 1 {
			return fault.Conflictf("This is your only passkey. Add another one first")
		}
		n, err := deletePasskey(ctx, tx, by.ID, id)
		if err == nil && n == 0 {
			return fault.Missingf("There is no such passkey")
		}
		return err
	})
}

func keyID(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
