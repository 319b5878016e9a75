package staff

import (
	"context"
	"errors"
	"slices"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Members lists everybody, also who left: the trail names them.
func (d *Door) Members(ctx context.Context) (all []Member, err error) {
	err = d.read(ctx, "listing members", func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = members(ctx, tx)
		return err
	})
	return all, err
}

// Member finds one.
func (d *Door) Member(ctx context.Context, id string) (m Member, err error) {
	err = d.read(ctx, "finding a member", func(ctx context.Context, tx *db.Tx) (err error) {
		m, err = found(ctx, tx, id)
		return err
	})
	return m, err
}

func found(ctx context.Context, tx *db.Tx, id string) (Member, error) {
	m, err := memberOf(ctx, tx, id)
	if errors.Is(err, db.ErrNoRows) {
		return m, fault.Missingf("There is no such member")
	}
	return m, err
}

// manage changes a member on an owner's word. The line of the trail comes
// first: it makes those who change the staff do so one after the other, so
// that two owners cannot remove each other at the same time.
func (d *Door) manage(ctx context.Context, by Member, id, action string, change func(m *Member) error, after func(ctx context.Context, tx *db.Tx) error) error {
	return d.write(ctx, "changing a member", func(ctx context.Context, tx *db.Tx) error {
		if err := d.Record(ctx, tx, Act{by.ID, action, id}); err != nil {
			return err
		}
		now, err := memberOf(ctx, tx, by.ID)
		if err != nil || !now.May(ManageStaff) {
			return errors.Join(err, fault.Deniedf("Only an owner changes the staff"))
		}
		m, err := found(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := change(&m); err != nil {
			return err
		}
		if err := updateMember(ctx, tx, m); err != nil {
			return err
		}
		all, err := members(ctx, tx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(m Member) bool { return m.State == Active && m.Is(Owner) }) {
			return fault.Conflictf("This is the last owner. Make somebody else an owner first")
		}
		if after == nil {
			return nil
		}
		return after(ctx, tx)
	})
}

// SetRoles changes what a member is here for.
func (d *Door) SetRoles(ctx context.Context, by Member, id string, roles []Role) error {
	roles, err := cleanRoles(roles)
	if err != nil {
		return err
	}
	return d.manage(ctx, by, id, "member.roles", func(m *Member) error {
		m.Roles = roles
		return nil
	}, func(ctx context.Context, tx *db.Tx) error {
		if slices.Contains(roles, Owner) {
			return nil
		}
		// The links of whoever may not invite any more are void.
		return closeInvites(ctx, tx, fromOwner, id, inviteRevoked)
	})
}

// Suspend closes the door for a member until Restore opens it again. Sessions
// are over at once.
func (d *Door) Suspend(ctx context.Context, by Member, id string) error {
	return d.manage(ctx, by, id, "member.suspend", func(m *Member) error {
		if m.State != Active {
			return fault.Conflictf("This member is not at work")
		}
		m.State = Suspended
		return nil
	}, func(ctx context.Context, tx *db.Tx) error { return shutOut(ctx, tx, id) })
}

// Restore lets a suspended member in again.
func (d *Door) Restore(ctx context.Context, by Member, id string) error {
	return d.manage(ctx, by, id, "member.restore", func(m *Member) error {
		if m.State != Suspended {
			return fault.Conflictf("This member is not suspended")
		}
		m.State = Active
		return nil
	}, nil)
}

// Leave takes a member's keys away for good. The line in the list stays,
// because the trail names it.
func (d *Door) Leave(ctx context.Context, by Member, id string) error {
	return d.manage(ctx, by, id, "member.leave", func(m *Member) error {
		if m.State == Left {
			return fault.Conflictf("This member has left already")
		}
		m.State = Left
		return nil
	}, func(ctx context.Context, tx *db.Tx) error {
		if err := shutOut(ctx, tx, id); err != nil {
			return err
		}
		if err := deletePasskeys(ctx, tx, id); err != nil {
			return err
		}
		return deleteCodes(ctx, tx, id)
	})
}

// shutOut ends a member's sessions and voids the links that they handed out.
func shutOut(ctx context.Context, tx *db.Tx, id string) error {
	if err := deleteSessions(ctx, tx, id, ""); err != nil {
		return err
	}
	return closeInvites(ctx, tx, fromOwner, id, inviteRevoked)
}

// Describe sets what a member says of themselves: a name, and the language of
// the desk ("" for the browser's).
func (d *Door) Describe(ctx context.Context, by Member, name, lang string) error {
	name, err := cleanName(name)
	if err != nil {
		return err
	}
	return d.write(ctx, "changing one's name", func(ctx context.Context, tx *db.Tx) error {
		m, err := found(ctx, tx, by.ID)
		if err != nil {
			return err
		}
		m.Name, m.Lang = name, lang
		return updateMember(ctx, tx, m)
	})
}
