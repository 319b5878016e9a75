package staff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// usedEvery is how exactly a session's last use is known: a page that is read
// does not cost a write each time.
const usedEvery = 5 * time.Minute

// open begins a session of a member and returns its key, which is the
// cookie's value and is stored nowhere. The oldest goes when there are too many.
func (d *Door) open(ctx context.Context, tx *db.Tx, m Member, device string, how Session) (key string, s Session, err error) {
	key = d.ids.Secret()
	s = Session{
		ID: d.ids.Secret(), Member: m, Device: cleanDevice(device),
		Opened: tx.Now, Used: tx.Now, Confirmed: how.Confirmed, Recovered: how.Recovered,
	}
	if err := sweepSessions(ctx, tx, tx.Now.Add(-SessionLife)); err != nil {
		return "", s, err
	}
	if err := insertSession(ctx, tx, hash(key), s); err != nil {
		return "", s, err
	}
	if err := keepNewest(ctx, tx, m.ID, MostOpen); err != nil {
		return "", s, err
	}
	return key, s, d.Record(ctx, tx, Act{m.ID, "session.open", s.ID})
}

// Session finds the open session of a key. ok is false for a key that opens
// nothing, or nothing any more.
func (d *Door) Session(ctx context.Context, key string) (s Session, ok bool, err error) {
	if !ident.IsSecret(key) {
		return s, false, nil
	}
	err = d.read(ctx, "finding a session", func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = sessionOf(ctx, tx, hash(key))
		return err
	})
	now := d.now()
	switch {
	case errors.Is(err, db.ErrNoRows):
		return Session{}, false, nil
	case err != nil:
		return Session{}, false, err
	case !now.Before(s.Ends()) || s.Member.State != Active:
		return Session{}, false, nil
	}
	if now.Sub(s.Used) >= usedEvery {
		// That this could not be written down keeps nobody from working.
		if err := d.write(ctx, "noting a session's use", func(ctx context.Context, tx *db.Tx) error {
			return touchSession(ctx, tx, s.ID, tx.Now)
		}); err != nil {
			d.log.Warn("a session's use was not noted", "err", err)
		}
		s.Used = now
	}
	return s, true, nil
}

// Sessions lists a member's open sessions, the newest first.
func (d *Door) Sessions(ctx context.Context, member string) (all []Session, err error) {
	err = d.read(ctx, "listing sessions", func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = sessionsOf(ctx, tx, member, d.now().Add(-SessionLife))
		return err
	})
	return all, err
}

// Revoke ends one session of a member's.
func (d *Door) Revoke(ctx context.Context, by Member, id string) error {
	return d.write(ctx, "ending a session", func(ctx context.Context, tx *db.Tx) error {
		n, err := deleteSession(ctx, tx, by.ID, id)
		if err != nil || n == 0 { // it was over already
			return err
		}
		return d.Record(ctx, tx, Act{by.ID, "session.close", id})
	})
}

// RevokeAll ends all sessions of a member's but one; keep is its id, "" for none.
func (d *Door) RevokeAll(ctx context.Context, by Member, keep string) error {
	return d.write(ctx, "ending sessions", func(ctx context.Context, tx *db.Tx) error {
		if err := deleteSessions(ctx, tx, by.ID, keep); err != nil {
			return err
		}
		return d.Record(ctx, tx, Act{by.ID, "session.close-all", by.ID})
	})
}

// Call gives a session a word to know it by.
func (d *Door) Call(ctx context.Context, by Member, id, device string) error {
	return d.write(ctx, "naming a session", func(ctx context.Context, tx *db.Tx) error {
		return nameSession(ctx, tx, by.ID, id, cleanDevice(device))
	})
}

// Rehearse lets somebody in as a role, without a key: the demo's buttons. The
// member of the role is made at the first time. Nothing calls it outside the demo.
func (d *Door) Rehearse(ctx context.Context, r Role, name string) (key string, s Session, err error) {
	if _, err := ParseRole(string(r)); err != nil {
		return "", s, err
	}
	err = d.write(ctx, "coming in as "+string(r), func(ctx context.Context, tx *db.Tx) error {
		id := rehearsed + string(r)
		m, err := memberOf(ctx, tx, id)
		if errors.Is(err, db.ErrNoRows) {
			m = Member{ID: id, Name: name, Roles: []Role{r}, State: Active, Joined: tx.Now}
			if err := insertMember(ctx, tx, m); err != nil {
				return err
			}
			err = d.Record(ctx, tx, Act{m.ID, "member.join", m.ID})
		}
		if err != nil {
			return fmt.Errorf("finding the demo's member: %w", err)
		}
		key, s, err = d.open(ctx, tx, m, "", Session{Confirmed: tx.Now})
		return err
	})
	return key, s, err
}

// RehearseConfirm stands for showing a passkey again, on the demo.
func (d *Door) RehearseConfirm(ctx context.Context, s Session) error {
	if !s.Member.Rehearses() {
		return fault.Deniedf("Show your passkey: only the demo's own people have a button")
	}
	return d.write(ctx, "confirming", func(ctx context.Context, tx *db.Tx) error { return d.confirmed(ctx, tx, s) })
}

// confirmed notes that the member of a session has just shown a passkey.
func (d *Door) confirmed(ctx context.Context, tx *db.Tx, s Session) error {
	if err := confirmSession(ctx, tx, s.ID, tx.Now); err != nil {
		return err
	}
	return d.Record(ctx, tx, Act{s.Member.ID, "session.confirm", s.ID})
}
