package staff

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// inviteKind says who made a link.
type inviteKind string

const (
	fromConsole inviteKind = "setup"  // the operator, at the machine
	fromOwner   inviteKind = "invite" // an owner, in the desk
)

type inviteState string

const (
	inviteOpen    inviteState = "open"
	inviteUsed    inviteState = "used"
	inviteRevoked inviteState = "revoked"
)

// Invite is a link by which somebody comes in for the first time. It is handed
// over by whoever made it; we send it nowhere and keep no address.
type Invite struct {
	ID    string
	Name  string // what the newcomer is proposed to be called
	Roles []Role
	By    string // a member's id, "" for the operator at the machine
	Made  time.Time
	Ends  time.Time
	kind  inviteKind
	state inviteState
}

var errInvite = fault.New(fault.Denied, "This link has been used, has run out or was taken back. Ask for a new one")

// Setup makes the link by which an owner comes in, for the operator at the
// machine. An earlier one that was not used is void.
func (d *Door) Setup(ctx context.Context, name string) (key string, in Invite, err error) {
	in = Invite{Name: cleanDevice(name), Roles: []Role{Owner}, kind: fromConsole}
	return d.invite(ctx, in, SetupLife)
}

// Invite makes a link for somebody new.
func (d *Door) Invite(ctx context.Context, by Member, name string, roles []Role) (key string, in Invite, err error) {
	if !by.May(ManageStaff) {
		return "", in, fault.Deniedf("Only an owner invites")
	}
	if name, err = cleanName(name); err != nil {
		return "", in, err
	}
	if roles, err = cleanRoles(roles); err != nil {
		return "", in, err
	}
	return d.invite(ctx, Invite{Name: name, Roles: roles, By: by.ID, kind: fromOwner}, InviteLife)
}

func (d *Door) invite(ctx context.Context, in Invite, life time.Duration) (string, Invite, error) {
	key := d.ids.Secret()
	in.ID, in.state = d.ids.Secret(), inviteOpen
	err := d.write(ctx, "inviting", func(ctx context.Context, tx *db.Tx) error {
		in.Made, in.Ends = tx.Now, tx.Now.Add(life)
		if in.kind == fromConsole {
			if err := closeInvites(ctx, tx, fromConsole, "", inviteRevoked); err != nil {
				return err
			}
		}
		if err := insertInvite(ctx, tx, hash(key), in); err != nil {
			return err
		}
		return d.Record(ctx, tx, Act{in.By, "invite.make", in.ID})
	})
	return key, in, err
}

// Invited finds the invitation of a link.
func (d *Door) Invited(ctx context.Context, key string) (in Invite, err error) {
	if !ident.IsSecret(key) {
		return in, errInvite
	}
	err = d.read(ctx, "finding an invitation", func(ctx context.Context, tx *db.Tx) (err error) {
		in, err = d.invited(ctx, tx, key)
		return err
	})
	return in, err
}

func (d *Door) invited(ctx context.Context, tx *db.Tx, key string) (Invite, error) {
	in, err := inviteOf(ctx, tx, hash(key))
	switch {
	case errors.Is(err, db.ErrNoRows):
		return in, errInvite
	case err != nil:
		return in, err
	case in.state != inviteOpen || !tx.Now.Before(in.Ends):
		return in, errInvite
	}
	return in, nil
}

// Invites lists those that somebody may still use, the newest first.
func (d *Door) Invites(ctx context.Context) (all []Invite, err error) {
	err = d.read(ctx, "listing invitations", func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = openInvites(ctx, tx, tx.Now)
		return err
	})
	return all, err
}

// TakeBack voids an invitation.
func (d *Door) TakeBack(ctx context.Context, by Member, id string) error {
	if !by.May(ManageStaff) {
		return fault.Deniedf("Only an owner takes an invitation back")
	}
	return d.write(ctx, "taking an invitation back", func(ctx context.Context, tx *db.Tx) error {
		n, err := closeInvite(ctx, tx, id, inviteRevoked)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Conflictf("This invitation is not open any more")
		}
		return d.Record(ctx, tx, Act{by.ID, "invite.take-back", id})
	})
}

// BeginJoining asks whoever has an invitation for a passkey. Nothing is used up
// until it was shown.
func (d *Door) BeginJoining(ctx context.Context, key, name, lang, network string) (Ceremony, error) {
	if !d.admits(network) {
		return Ceremony{}, errTries
	}
	in, err := d.Invited(ctx, key)
	if err != nil {
		return Ceremony{}, err
	}
	name, err = cleanName(name)
	if err != nil {
		return Ceremony{}, err
	}
	h := holder{id: d.ids.Secret(), name: name}
	options, kept, err := d.keys.BeginRegistration(h)
	if err != nil {
		return Ceremony{}, fmt.Errorf("asking for a passkey: %w", err)
	}
	return d.begin(ctx, forJoining, in.ID, options, ceremony{Session: *kept, Member: h.id, Name: name, Lang: lang})
}

// Join takes the browser's answer: the newcomer is a member and comes in.
func (d *Door) Join(ctx context.Context, key, id string, answer []byte, device string) (cookie string, s Session, err error) {
	in, err := d.Invited(ctx, key)
	if err != nil {
		return "", s, err
	}
	c, err := d.take(ctx, forJoining, id, in.ID)
	if err != nil {
		return "", s, err
	}
	passkey, err := d.created(holder{id: c.Member, name: c.Name}, c, answer)
	if err != nil {
		return "", s, err
	}
	err = d.write(ctx, "joining", func(ctx context.Context, tx *db.Tx) error {
		// The inviter may have left meanwhile, and two may hold the same link.
		in, err := d.invited(ctx, tx, key)
		if err != nil {
			return err
		}
		if n, err := closeInvite(ctx, tx, in.ID, inviteUsed); err != nil {
			return err
		} else if n == 0 {
			return errInvite
		}
		m := Member{ID: c.Member, Name: c.Name, Roles: in.Roles, State: Active, Lang: c.Lang, Joined: tx.Now}
		if err := insertMember(ctx, tx, m); err != nil {
			return err
		}
		if err := insertPasskey(ctx, tx, m.ID, cleanDevice(device), passkey, tx.Now); err != nil {
			return err
		}
		if err := d.Record(ctx, tx, Act{m.ID, "member.join", in.ID}); err != nil {
			return err
		}
		cookie, s, err = d.open(ctx, tx, m, device, Session{Confirmed: tx.Now})
		return err
	})
	return cookie, s, err
}

// NameOf is what an address suggests somebody is called: what stands before
// the @. The address itself is not kept.
func NameOf(address string) string {
	name, _, _ := strings.Cut(strings.TrimSpace(address), "@")
	return cleanDevice(strings.NewReplacer(".", " ", "_", " ", "+", " ").Replace(name))
}
