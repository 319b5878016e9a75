package staff

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

func insertCeremony(ctx context.Context, tx *db.Tx, id string, why purpose, subject, data string, now, ends time.Time) error {
	if _, err := tx.Exec(ctx, "delete from staff_ceremony where ends <= $1", db.Micros(now)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "insert into staff_ceremony (id, kind, subject, data, ends) values ($1, $2, $3, $4, $5)",
		id, string(why), subject, data, db.Micros(ends))
	return err
}

func takeCeremony(ctx context.Context, tx *db.Tx, id string, why purpose, subject string, now time.Time) (data string, err error) {
	err = tx.QueryRow(ctx, "delete from staff_ceremony where id = $1 and kind = $2 and subject = $3 and ends > $4 returning data",
		id, string(why), subject, db.Micros(now)).Scan(&data)
	return data, err
}

func insertPasskey(ctx context.Context, tx *db.Tx, member, device string, key *webauthn.Credential, now time.Time) error {
	raw, err := json.Marshal(key)
	if err != nil {
		return fmt.Errorf("writing a passkey: %w", err)
	}
	_, err = tx.Exec(ctx, "insert into staff_passkey (id, member, device, credential, added, used) values ($1, $2, $3, $4, $5, $5)",
		keyID(key.ID), member, device, string(raw), db.Micros(now))
	if db.IsUnique(err) {
		return fault.Conflictf("This passkey is known here already")
	}
	return err
}

func updatePasskey(ctx context.Context, tx *db.Tx, member string, key *webauthn.Credential, now time.Time) error {
	raw, err := json.Marshal(key)
	if err != nil {
		return fmt.Errorf("writing a passkey: %w", err)
	}
	n, err := tx.Exec(ctx, "update staff_passkey set credential = $1, used = $2 where id = $3 and member = $4", string(raw), db.Micros(now), keyID(key.ID), member)
	if err == nil && n == 0 { // it was removed in this very moment
		return errOut
	}
	return err
}

func credentialsOf(ctx context.Context, tx *db.Tx, member string) (all []webauthn.Credential, err error) {
	err = each(ctx, tx, "passkeys", func(scan func(...any) error) error {
		var raw string
		if err := scan(&raw); err != nil {
			return err
		}
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(raw), &c); err != nil {
			return err
		}
		all = append(all, c)
		return nil
	}, "select credential from staff_passkey where member = $1 order by added, id", member)
	return all, err
}

func passkeysOf(ctx context.Context, tx *db.Tx, member string) (all []Passkey, err error) {
	err = each(ctx, tx, "passkeys", func(scan func(...any) error) error {
		var k Passkey
		var added, used int64
		if err := scan(&k.ID, &k.Device, &added, &used); err != nil {
			return err
		}
		k.Added, k.Used = db.Time(added), db.Time(used)
		all = append(all, k)
		return nil
	}, "select id, device, added, used from staff_passkey where member = $1 order by added, id", member)
	return all, err
}

func deletePasskey(ctx context.Context, tx *db.Tx, member, id string) (int64, error) {
	return tx.Exec(ctx, "delete from staff_passkey where id = $1 and member = $2", id, member)
}

func deletePasskeys(ctx context.Context, tx *db.Tx, member string) error {
	_, err := tx.Exec(ctx, "delete from staff_passkey where member = $1", member)
	return err
}

func insertCode(ctx context.Context, tx *db.Tx, hash, member, sheet string) error {
	_, err := tx.Exec(ctx, "insert into staff_code (hash, member, sheet, used) values ($1, $2, $3, null)", hash, member, sheet)
	return err
}

func deleteCodes(ctx context.Context, tx *db.Tx, member string) error {
	_, err := tx.Exec(ctx, "delete from staff_code where member = $1", member)
	return err
}

func codesLeft(ctx context.Context, tx *db.Tx, member string) (n int, err error) {
	err = tx.QueryRow(ctx, "select count(*) from staff_code where member = $1 and used is null", member).Scan(&n)
	return n, err
}

// useCode marks a code used and says whose it is.
func useCode(ctx context.Context, tx *db.Tx, hash string, now time.Time) (member string, err error) {
	err = tx.QueryRow(ctx, "update staff_code set used = $1 where hash = $2 and used is null returning member", db.Micros(now), hash).Scan(&member)
	return member, err
}

const inviteColumns = "id, kind, name, roles, made_by, made, ends, state"

func scanInvite(scan func(...any) error) (in Invite, err error) {
	var roles string
	var made, ends int64
	err = scan(&in.ID, &in.kind, &in.Name, &roles, &in.By, &made, &ends, &in.state)
	in.Roles, in.Made, in.Ends = splitRoles(roles), db.Time(made), db.Time(ends)
	return in, err
}

func insertInvite(ctx context.Context, tx *db.Tx, hash string, in Invite) error {
	_, err := tx.Exec(ctx, "insert into staff_invite (id, hash, kind, name, roles, made_by, made, ends, state) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		in.ID, hash, string(in.kind), in.Name, joinRoles(in.Roles), in.By, db.Micros(in.Made), db.Micros(in.Ends), string(in.state))
	return err
}

func inviteOf(ctx context.Context, tx *db.Tx, hash string) (Invite, error) {
	return scanInvite(tx.QueryRow(ctx, "select "+inviteColumns+" from staff_invite where hash = $1", hash).Scan)
}

func openInvites(ctx context.Context, tx *db.Tx, now time.Time) (all []Invite, err error) {
	err = each(ctx, tx, "invitations", func(scan func(...any) error) error {
		in, err := scanInvite(scan)
		all = append(all, in)
		return err
	}, "select "+inviteColumns+" from staff_invite where state = $1 and ends > $2 order by made desc, id limit 200", string(inviteOpen), db.Micros(now))
	return all, err
}

func closeInvite(ctx context.Context, tx *db.Tx, id string, to inviteState) (int64, error) {
	return tx.Exec(ctx, "update staff_invite set state = $1 where id = $2 and state = $3", string(to), id, string(inviteOpen))
}

func closeInvites(ctx context.Context, tx *db.Tx, kind inviteKind, by string, to inviteState) error {
	_, err := tx.Exec(ctx, "update staff_invite set state = $1 where kind = $2 and made_by = $3 and state = $4", string(to), string(kind), by, string(inviteOpen))
	return err
}

const approvalColumns = "id, action, object, reason, asked_by, asked, ends, state, second, decided"

func scanApproval(scan func(...any) error) (a Approval, err error) {
	var asked, ends, decided int64
	err = scan(&a.ID, &a.Action, &a.Object, &a.Reason, &a.By, &asked, &ends, &a.Stage, &a.Second, &decided)
	a.Asked, a.Ends = db.Time(asked), db.Time(ends)
	if decided != 0 {
		a.Decided = db.Time(decided)
	}
	return a, err
}

func insertApproval(ctx context.Context, tx *db.Tx, a Approval) error {
	_, err := tx.Exec(ctx, "insert into staff_approval (id, action, object, reason, asked_by, asked, ends, state, second, decided) values ($1, $2, $3, $4, $5, $6, $7, $8, '', 0)",
		a.ID, string(a.Action), a.Object, a.Reason, a.By, db.Micros(a.Asked), db.Micros(a.Ends), string(a.Stage))
	return err
}

func approvalOf(ctx context.Context, tx *db.Tx, id string) (Approval, error) {
	return scanApproval(tx.QueryRow(ctx, "select "+approvalColumns+" from staff_approval where id = $1", id).Scan)
}

// approvalOn is one about something, at a stage and not lapsed.
func approvalOn(ctx context.Context, tx *db.Tx, action Action, object string, stage Stage, now time.Time) (Approval, error) {
	return scanApproval(tx.QueryRow(ctx, "select "+approvalColumns+` from staff_approval
		where object = $1 and action = $2 and state = $3 and ends > $4 order by asked desc, id desc limit 1`,
		object, string(action), string(stage), db.Micros(now)).Scan)
}

func newestApproval(ctx context.Context, tx *db.Tx, action Action, object string) (Approval, error) {
	return scanApproval(tx.QueryRow(ctx, "select "+approvalColumns+` from staff_approval
		where object = $1 and action = $2 order by asked desc, id desc limit 1`, object, string(action)).Scan)
}

func approvalsIn(ctx context.Context, tx *db.Tx, stage Stage, most int) (all []Approval, err error) {
	err = each(ctx, tx, "questions", func(scan func(...any) error) error {
		a, err := scanApproval(scan)
		all = append(all, a)
		return err
	}, "select "+approvalColumns+" from staff_approval where state = $1 order by asked desc, id desc limit $2", string(stage), most)
	return all, err
}

// decide moves an approval on from a stage, if it is still there.
func decide(ctx context.Context, tx *db.Tx, a Approval, from Stage) error {
	decided := int64(0)
	if !a.Decided.IsZero() {
		decided = db.Micros(a.Decided)
	}
	n, err := tx.Exec(ctx, "update staff_approval set state = $1, second = $2, decided = $3 where id = $4 and state = $5",
		string(a.Stage), a.Second, decided, a.ID, string(from))
	if err == nil && n == 0 {
		return fault.Conflictf("This question is not open any more")
	}
	return err
}
