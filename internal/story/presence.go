package story

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"mimeo/internal/db"
)

// Away is how long a session counts as present after it was last heard of.
const Away = 45 * time.Second

// Present is a session that has a story open.
type Present struct {
	Member string
	Seen   time.Time
	Holds  bool // it writes: others are told so, and may take over
	Own    bool // the session that asks
}

const presentAt = `select session, member, seen, holds from story_presence where story = $1 and seen > $2 order by session limit 50`

// Attend says that a session has a story open, and answers who else has. A
// session that wants to write gets the soft lock when nobody present has it, or
// takes it over when it says so; the one that had it learns that at its next
// call. The lock is advice: what two people save is never lost (see Revise).
// The session's id is kept as a hash.
func (d *Desk) Attend(ctx context.Context, id, session, member string, write, takeOver bool) (out []Present, err error) {
	err = d.write(ctx, "noting who is present", func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
		if err := exists(ctx, tx, id); err != nil {
			return err
		}
		key, since := sessionKey(session), db.Micros(tx.Now.Add(-Away))
		if _, err := tx.Exec(ctx, "delete from story_presence where seen <= $1", since); err != nil {
			return err
		}
		if takeOver {
			if _, err := tx.Exec(ctx, "update story_presence set holds = 0 where story = $1", id); err != nil {
				return err
			}
		}
		var others int
		if err := tx.QueryRow(ctx, "select count(*) from story_presence where story = $1 and holds = 1 and session <> $2", id, key).Scan(&others); err != nil {
			return err
		}
		holds := db.Bit((write || takeOver) && others == 0)
		if _, err := tx.Exec(ctx, `insert into story_presence (story, session, member, seen, holds) values ($1, $2, $3, $4, $5)
			on conflict (story, session) do update set seen = excluded.seen, holds = excluded.holds`,
			id, key, member, db.Micros(tx.Now), holds); err != nil {
			return err
		}
		out, err = present(ctx, tx, id, key, since)
		return err
	})
	return out, err
}

// Present are the sessions that have a story open, as seen by one of them.
func (d *Desk) Present(ctx context.Context, id, session string) (out []Present, err error) {
	err = d.read(ctx, "looking who is present", func(ctx context.Context, tx *db.Tx) error {
		out, err = present(ctx, tx, id, sessionKey(session), db.Micros(tx.Now.Add(-Away)))
		return err
	})
	return out, err
}

// Leave says that a session closed a story; with an empty id, all of them.
func (d *Desk) Leave(ctx context.Context, id, session string) error {
	return d.write(ctx, "leaving a story", func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "delete from story_presence where session = $2 and (story = $1 or $1 = '')", id, sessionKey(session))
		return err
	})
}

func present(ctx context.Context, tx *db.Tx, id, own string, since int64) (out []Present, err error) {
	rows, err := tx.Query(ctx, presentAt, id, since)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p Present
		var session string
		var seen, holds int64
		if err := rows.Scan(&session, &p.Member, &seen, &holds); err != nil {
			return nil, err
		}
		p.Seen, p.Holds, p.Own = db.Time(seen), holds != 0, session == own
		out = append(out, p)
	}
	return out, rows.Err()
}

// sessionKey is what is kept of a session's id: whoever reads the table can
// come in with nothing that is in it.
func sessionKey(session string) string {
	sum := sha256.Sum256([]byte("mimeo presence\n" + session))
	return hex.EncodeToString(sum[:])
}
