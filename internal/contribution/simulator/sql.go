package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"mimeo/internal/db"
)

// put stores an object, new or changed.
func put(ctx context.Context, tx *db.Tx, o stored) error {
	kind := o.kind()
	id, owner := o.key()
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("storing a %s: %w", kind, err)
	}
	_, err = tx.Exec(ctx, `insert into object (id, kind, owner, created, doc) values ($1, $2, $3, $4, $5)
		on conflict (id) do update set owner = excluded.owner, doc = excluded.doc`,
		id, kind, owner, db.Micros(tx.Now), string(text))
	if err != nil {
		return fmt.Errorf("storing a %s: %w", kind, err)
	}
	return nil
}

// load returns the object of an id, whatever its kind, or nil.
func load(ctx context.Context, tx *db.Tx, id string) (stored, error) {
	var kind, text string
	err := tx.QueryRow(ctx, `select kind, doc from object where id = $1`, id).Scan(&kind, &text)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil //nolint:nilnil // absence is an ordinary answer here; get turns it into a problem
	}
	if err != nil {
		return nil, fmt.Errorf("reading an object: %w", err)
	}
	return decode(kind, text)
}

// get returns the object of an id as its type, or Stripe's "no such" problem.
func get[T stored](ctx context.Context, tx *db.Tx, id string) (T, error) {
	var none T
	o, err := load(ctx, tx, id)
	if err != nil {
		return none, err
	}
	if found, ok := o.(T); ok {
		return found, nil
	}
	return none, missing(none.kind(), id)
}

// slice of objects, newest first, as the API lists them.
type listing struct {
	Kind   string
	Owner  string // "" for any
	Since  int64  // seconds; created at or after
	Until  int64  // seconds; created at or before, 0 for any
	After  string // the id that ended the page before
	Limit  int64
	Filter func(stored) bool // nil for all
}

// list returns one page and whether more follows.
func list(ctx context.Context, tx *db.Tx, l listing) (page []stored, more bool, err error) {
	before := int64(1) << 62
	if l.After != "" {
		err := tx.QueryRow(ctx, `select seq from object where id = $1 and kind = $2`, l.After, l.Kind).Scan(&before)
		if errors.Is(err, db.ErrNoRows) {
			return nil, false, missing(l.Kind, l.After)
		}
		if err != nil {
			return nil, false, fmt.Errorf("finding where a page begins: %w", err)
		}
	}
	until := int64(1) << 62
	if l.Until > 0 {
		until = (l.Until + 1) * 1_000_000
	}
	query := `select doc from object where kind = $1 and created >= $2 and created < $3 and seq < $4 order by seq desc`
	args := []any{l.Kind, l.Since * 1_000_000, until, before}
	if l.Owner != "" {
		query = `select doc from object where kind = $1 and created >= $2 and created < $3 and seq < $4 and owner = $5 order by seq desc`
		args = append(args, l.Owner)
	}
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, false, fmt.Errorf("listing: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, false, fmt.Errorf("listing: %w", err)
		}
		o, err := decode(l.Kind, text)
		if err != nil {
			return nil, false, err
		}
		if l.Filter != nil && !l.Filter(o) {
			continue
		}
		if int64(len(page)) == l.Limit {
			return page, true, nil
		}
		page = append(page, o)
	}
	return page, false, rows.Err()
}

// replayed is the kept answer to an Idempotency-Key.
type replayed struct {
	params []byte
	at     time.Time
	status int
	answer []byte
}

func findReplay(ctx context.Context, tx *db.Tx, key string) (replayed, bool, error) {
	var r replayed
	var at int64
	err := tx.QueryRow(ctx, `select params, at, status, answer from replay where key = $1`, key).Scan(&r.params, &at, &r.status, &r.answer)
	if errors.Is(err, db.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("looking for a kept answer: %w", err)
	}
	r.at = db.Time(at)
	return r, true, nil
}

func keepReplay(ctx context.Context, tx *db.Tx, key string, r replayed) error {
	_, err := tx.Exec(ctx, `insert into replay (key, params, at, status, answer) values ($1, $2, $3, $4, $5)
		on conflict (key) do update set params = excluded.params, at = excluded.at, status = excluded.status, answer = excluded.answer`,
		key, r.params, db.Micros(tx.Now), r.status, r.answer)
	if err != nil {
		return fmt.Errorf("keeping an answer: %w", err)
	}
	return nil
}

func dropReplays(ctx context.Context, tx *db.Tx, before time.Time) error {
	if _, err := tx.Exec(ctx, `delete from replay where at < $1`, db.Micros(before)); err != nil {
		return fmt.Errorf("dropping old answers: %w", err)
	}
	return nil
}

func addEvent(ctx context.Context, tx *db.Tx, id, kind, fate string, payload []byte) error {
	_, err := tx.Exec(ctx, `insert into event (id, kind, at, payload, fate, attempts) values ($1, $2, $3, $4, $5, 0)`,
		id, kind, db.Micros(tx.Now), payload, fate)
	if err != nil {
		return fmt.Errorf("storing an event: %w", err)
	}
	return nil
}

func eventPayload(ctx context.Context, tx *db.Tx, id string) (payload []byte, err error) {
	if err := tx.QueryRow(ctx, `select payload from event where id = $1`, id).Scan(&payload); err != nil {
		return nil, fmt.Errorf("reading an event: %w", err)
	}
	return payload, nil
}

func setFate(ctx context.Context, tx *db.Tx, id, fate string) error {
	if _, err := tx.Exec(ctx, `update event set fate = $2, attempts = attempts + 1 where id = $1`, id, fate); err != nil {
		return fmt.Errorf("noting what became of an event: %w", err)
	}
	return nil
}

// told is an event as the list of payments shows it.
type told struct {
	ID, Kind, Fate string
	At             time.Time
	Attempts       int64
}

func recentEvents(ctx context.Context, tx *db.Tx, n int) (out []told, err error) {
	rows, err := tx.Query(ctx, `select id, kind, fate, at, attempts from event order by seq desc limit $1`, n)
	if err != nil {
		return nil, fmt.Errorf("listing events: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e told
		var at int64
		if err := rows.Scan(&e.ID, &e.Kind, &e.Fate, &at, &e.Attempts); err != nil {
			return nil, fmt.Errorf("listing events: %w", err)
		}
		e.At = db.Time(at)
		out = append(out, e)
	}
	return out, rows.Err()
}

// The things that fall due.
const (
	dueEvent  = "event"
	dueExpiry = "expiry"
)

type duty struct {
	seq     int64
	at      time.Time
	kind    string
	ref     string
	since   time.Time
	attempt int
}

func addDuty(ctx context.Context, tx *db.Tx, d duty) error {
	_, err := tx.Exec(ctx, `insert into due (at, kind, ref, since, attempt) values ($1, $2, $3, $4, $5)`,
		db.Micros(d.at), d.kind, d.ref, db.Micros(d.since), d.attempt)
	if err != nil {
		return fmt.Errorf("noting what falls due: %w", err)
	}
	return nil
}

func moveDuty(ctx context.Context, tx *db.Tx, d duty) error {
	if _, err := tx.Exec(ctx, `update due set at = $2, attempt = $3 where seq = $1`, d.seq, db.Micros(d.at), d.attempt); err != nil {
		return fmt.Errorf("putting off what falls due: %w", err)
	}
	return nil
}

func dropDuty(ctx context.Context, tx *db.Tx, seq int64) error {
	if _, err := tx.Exec(ctx, `delete from due where seq = $1`, seq); err != nil {
		return fmt.Errorf("crossing off what was due: %w", err)
	}
	return nil
}

func dropDuties(ctx context.Context, tx *db.Tx, kind, ref string) error {
	if _, err := tx.Exec(ctx, `delete from due where ref = $1 and kind = $2`, ref, kind); err != nil {
		return fmt.Errorf("crossing off what was due: %w", err)
	}
	return nil
}

func dueBy(ctx context.Context, tx *db.Tx, now time.Time, limit int) (out []duty, err error) {
	rows, err := tx.Query(ctx, `select seq, at, kind, ref, since, attempt from due where at <= $1 order by at, seq limit $2`, db.Micros(now), limit)
	if err != nil {
		return nil, fmt.Errorf("listing what is due: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var d duty
		var at, since int64
		if err := rows.Scan(&d.seq, &at, &d.kind, &d.ref, &since, &d.attempt); err != nil {
			return nil, fmt.Errorf("listing what is due: %w", err)
		}
		d.at, d.since = db.Time(at), db.Time(since)
		out = append(out, d)
	}
	return out, rows.Err()
}

// firstDue returns when the next duty falls due, and false when none is left.
func firstDue(ctx context.Context, tx *db.Tx) (time.Time, bool, error) {
	var at db.NullInt64
	if err := tx.QueryRow(ctx, `select min(at) from due`).Scan(&at); err != nil {
		return time.Time{}, false, fmt.Errorf("looking for what falls due next: %w", err)
	}
	return db.Time(at.Int64), at.Valid, nil
}

func addLine(ctx context.Context, tx *db.Tx, l Line) error {
	_, err := tx.Exec(ctx, `insert into bank (kind, card_country, amount, currency, at, descriptor, merchant) values ($1, $2, $3, $4, $5, $6, $7)`,
		string(l.Kind), l.CardCountry, l.Amount, l.Currency, db.Micros(tx.Now), l.Descriptor, l.Merchant)
	if err != nil {
		return fmt.Errorf("writing the bank's book: %w", err)
	}
	return nil
}

func bankLines(ctx context.Context, tx *db.Tx) (out []Line, err error) {
	rows, err := tx.Query(ctx, `select kind, card_country, amount, currency, at, descriptor, merchant from bank order by seq`)
	if err != nil {
		return nil, fmt.Errorf("reading the bank's book: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var l Line
		var at int64
		if err := rows.Scan(&l.Kind, &l.CardCountry, &l.Amount, &l.Currency, &at, &l.Descriptor, &l.Merchant); err != nil {
			return nil, fmt.Errorf("reading the bank's book: %w", err)
		}
		l.At = db.Time(at)
		out = append(out, l)
	}
	return out, rows.Err()
}

// balances sums the movements of each currency.
func balances(ctx context.Context, tx *db.Tx) (map[string]int64, error) {
	rows, err := tx.Query(ctx, `select doc from object where kind = $1`, kindMovement)
	if err != nil {
		return nil, fmt.Errorf("summing the balance: %w", err)
	}
	defer rows.Close()
	sums := map[string]int64{}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("summing the balance: %w", err)
		}
		var m movement
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			return nil, fmt.Errorf("summing the balance: %w", err)
		}
		sums[m.Currency] += m.Amount - m.Fee
	}
	return sums, rows.Err()
}
