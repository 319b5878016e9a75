package staff

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"mimeo/internal/db"
)

// Roles are stored in one column, parted by spaces: they are read with their
// member and never searched for beyond a handful of rows.
func joinRoles(roles []Role) string {
	names := make([]string, 0, len(roles))
	for _, r := range roles {
		names = append(names, string(r))
	}
	return strings.Join(names, " ")
}

func splitRoles(text string) []Role {
	var roles []Role
	for name := range strings.FieldsSeq(text) {
		roles = append(roles, Role(name))
	}
	return roles
}

// each runs a query and calls visit for every row.
func each(ctx context.Context, tx *db.Tx, what string, visit func(scan func(...any) error) error, query string, args ...any) (err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("reading %s: %w", what, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := visit(rows.Scan); err != nil {
			return fmt.Errorf("reading %s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading %s: %w", what, err)
	}
	return nil
}

const memberColumns = "m.id, m.name, m.roles, m.state, m.lang, m.joined"

// memberFields are where a row's memberColumns go; done puts them in place.
func memberFields(m *Member) (into []any, done func()) {
	var roles string
	var joined int64
	return []any{&m.ID, &m.Name, &roles, &m.State, &m.Lang, &joined}, func() {
		m.Roles, m.Joined = splitRoles(roles), db.Time(joined)
	}
}

func memberOf(ctx context.Context, tx *db.Tx, id string) (m Member, err error) {
	into, done := memberFields(&m)
	err = tx.QueryRow(ctx, "select "+memberColumns+" from staff_member m where m.id = $1", id).Scan(into...)
	if err != nil {
		return m, err
	}
	done()
	return m, nil
}

func members(ctx context.Context, tx *db.Tx) (all []Member, err error) {
	err = each(ctx, tx, "members", func(scan func(...any) error) error {
		var m Member
		into, done := memberFields(&m)
		if err := scan(into...); err != nil {
			return err
		}
		done()
		all = append(all, m)
		return nil
	}, "select "+memberColumns+" from staff_member m order by m.joined, m.id")
	return all, err
}

func insertMember(ctx context.Context, tx *db.Tx, m Member) error {
	_, err := tx.Exec(ctx, "insert into staff_member (id, name, roles, state, lang, joined) values ($1, $2, $3, $4, $5, $6)",
		m.ID, m.Name, joinRoles(m.Roles), string(m.State), m.Lang, db.Micros(m.Joined))
	return err
}

func updateMember(ctx context.Context, tx *db.Tx, m Member) error {
	_, err := tx.Exec(ctx, "update staff_member set name = $1, roles = $2, state = $3, lang = $4 where id = $5",
		m.Name, joinRoles(m.Roles), string(m.State), m.Lang, m.ID)
	return err
}

const sessionColumns = "s.id, s.device, s.opened, s.used, s.confirmed, s.recovered, " + memberColumns

func scanSession(scan func(...any) error) (s Session, err error) {
	var opened, used, confirmed, recovered int64
	member, done := memberFields(&s.Member)
	if err := scan(append([]any{&s.ID, &s.Device, &opened, &used, &confirmed, &recovered}, member...)...); err != nil {
		return s, err
	}
	done()
	s.Opened, s.Used, s.Recovered = db.Time(opened), db.Time(used), recovered != 0
	if confirmed != 0 {
		s.Confirmed = db.Time(confirmed)
	}
	return s, nil
}

func sessionOf(ctx context.Context, tx *db.Tx, hash string) (Session, error) {
	return scanSession(tx.QueryRow(ctx, "select "+sessionColumns+
		" from staff_session s join staff_member m on m.id = s.member where s.hash = $1", hash).Scan)
}

func sessionsOf(ctx context.Context, tx *db.Tx, member string, after time.Time) (all []Session, err error) {
	err = each(ctx, tx, "sessions", func(scan func(...any) error) error {
		s, err := scanSession(scan)
		all = append(all, s)
		return err
	}, "select "+sessionColumns+" from staff_session s join staff_member m on m.id = s.member "+
		"where s.member = $1 and s.opened > $2 order by s.opened desc, s.id", member, db.Micros(after))
	return all, err
}

func insertSession(ctx context.Context, tx *db.Tx, hash string, s Session) error {
	confirmed, recovered := int64(0), 0
	if !s.Confirmed.IsZero() {
		confirmed = db.Micros(s.Confirmed)
	}
	if s.Recovered {
		recovered = 1
	}
	_, err := tx.Exec(ctx, `insert into staff_session (hash, id, member, device, opened, used, confirmed, recovered)
		values ($1, $2, $3, $4, $5, $6, $7, $8)`, hash, s.ID, s.Member.ID, s.Device, db.Micros(s.Opened), db.Micros(s.Used), confirmed, recovered)
	return err
}

func sweepSessions(ctx context.Context, tx *db.Tx, before time.Time) error {
	_, err := tx.Exec(ctx, "delete from staff_session where opened <= $1", db.Micros(before))
	return err
}

// keepNewest drops a member's oldest sessions beyond so many.
func keepNewest(ctx context.Context, tx *db.Tx, member string, most int) error {
	_, err := tx.Exec(ctx, `delete from staff_session where member = $1 and hash in
		(select hash from staff_session where member = $1 order by opened desc, hash desc limit 1000 offset $2)`, member, most)
	return err
}

func touchSession(ctx context.Context, tx *db.Tx, id string, at time.Time) error {
	_, err := tx.Exec(ctx, "update staff_session set used = $1 where id = $2", db.Micros(at), id)
	return err
}

func confirmSession(ctx context.Context, tx *db.Tx, id string, at time.Time) error {
	_, err := tx.Exec(ctx, "update staff_session set confirmed = $1 where id = $2", db.Micros(at), id)
	return err
}

func nameSession(ctx context.Context, tx *db.Tx, member, id, device string) error {
	_, err := tx.Exec(ctx, "update staff_session set device = $1 where id = $2 and member = $3", device, id, member)
	return err
}

func deleteSession(ctx context.Context, tx *db.Tx, member, id string) (int64, error) {
	return tx.Exec(ctx, "delete from staff_session where id = $1 and member = $2", id, member)
}

func deleteSessions(ctx context.Context, tx *db.Tx, member, keep string) error {
	_, err := tx.Exec(ctx, "delete from staff_session where member = $1 and id <> $2", member, keep)
	return err
}

// lockTrail returns the newest line's number and hash, and keeps every other
// transaction from doing the same until this one ends.
func lockTrail(ctx context.Context, tx *db.Tx) (seq int64, hash []byte, err error) {
	err = tx.QueryRow(ctx, "update staff_trail set seq = seq where one = 1 returning seq, hash").Scan(&seq, &hash)
	if err != nil {
		return 0, nil, fmt.Errorf("reading the trail's head: %w", err)
	}
	return seq, hash, nil
}

func readTrail(ctx context.Context, tx *db.Tx) (seq int64, hash []byte, err error) {
	err = tx.QueryRow(ctx, "select seq, hash from staff_trail where one = 1").Scan(&seq, &hash)
	return seq, hash, err
}

func insertLine(ctx context.Context, tx *db.Tx, l Line) error {
	if _, err := tx.Exec(ctx, "insert into staff_act (seq, at, actor, action, object, hash) values ($1, $2, $3, $4, $5, $6)",
		l.Seq, db.Micros(l.At), l.Actor, l.Action, l.Object, l.hash); err != nil {
		return fmt.Errorf("adding to the trail: %w", err)
	}
	if _, err := tx.Exec(ctx, "update staff_trail set seq = $1, hash = $2 where one = 1", l.Seq, l.hash); err != nil {
		return fmt.Errorf("moving the trail's head: %w", err)
	}
	return nil
}

const lineColumns = "seq, at, actor, action, object, hash"

func (l *Line) scan(scan func(...any) error) error {
	var at int64
	l.hash = nil
	err := scan(&l.Seq, &at, &l.Actor, &l.Action, &l.Object, &l.hash)
	l.At = db.Time(at)
	return err
}

// scanTrail calls visit for every line in the order of the chain.
func scanTrail(ctx context.Context, tx *db.Tx, visit func(l *Line) error) error {
	return each(ctx, tx, "the trail", func(scan func(...any) error) error {
		var l Line
		if err := l.scan(scan); err != nil {
			return err
		}
		return visit(&l)
	}, "select "+lineColumns+" from staff_act order by seq")
}

func linesBefore(ctx context.Context, tx *db.Tx, before int64, most int) (all []Line, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	err = each(ctx, tx, "the trail", func(scan func(...any) error) error {
		var l Line
		err := l.scan(scan)
		all = append(all, l)
		return err
	}, "select "+lineColumns+" from staff_act where seq < $1 order by seq desc limit $2", before, most)
	return all, err
}
