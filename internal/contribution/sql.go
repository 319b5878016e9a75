package contribution

import (
	"context"
	"errors"
	"fmt"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/money"
)

// kept is a pledge as it is stored, with what only the Till uses.
type kept struct {
	Pledge
	due       Day // the day to act on; "" when there is nothing to do
	packetDay Day // the day whose key opens the packet
	packet    []byte
}

const pledgeColumns = "id, provider, amount, currency, rhythm, lang, begun, ended, reason, due, packet_day, packet, appeal, variant"

func scanPledge(row *db.Row) (kept, error) {
	var p kept
	var currency string
	err := row.Scan(&p.ID, &p.Provider, &p.Amount.Minor, &currency, &p.Rhythm, &p.Lang, &p.Begun, &p.Ended, &p.Reason,
		&p.due, &p.packetDay, &p.packet, &p.Appeal, &p.Variant)
	if errors.Is(err, db.ErrNoRows) {
		return kept{}, fault.Missingf("There is no such gift")
	}
	if err != nil {
		return kept{}, fmt.Errorf("reading a pledge: %w", err)
	}
	if p.Amount.Currency, err = money.ParseCurrency(currency); err != nil || !p.Rhythm.Valid() {
		return kept{}, fmt.Errorf("pledge has currency %q and rhythm %q, which this program does not know", currency, p.Rhythm)
	}
	return p, nil
}

func selectPledge(ctx context.Context, tx *db.Tx, id string) (kept, error) {
	return scanPledge(tx.QueryRow(ctx, "select "+pledgeColumns+" from pledge where id = $1", id))
}

// lockPledge reads a pledge and keeps every other transaction from changing it
// until this one ends.
func lockPledge(ctx context.Context, tx *db.Tx, id string) (kept, error) {
	return scanPledge(tx.QueryRow(ctx, "update pledge set lang = lang where id = $1 returning "+pledgeColumns, id))
}

func insertPledge(ctx context.Context, tx *db.Tx, p Pledge) error {
	if _, err := tx.Exec(ctx, `insert into pledge
		(id, provider, amount, currency, rhythm, lang, begun, ended, reason, due, packet_day, packet, appeal, variant)
		values ($1, $2, $3, $4, $5, $6, $7, '', '', '', '', null, $8, $9)`,
		p.ID, p.Provider, p.Amount.Minor, string(p.Amount.Currency), string(p.Rhythm), p.Lang, string(p.Begun), p.Appeal, p.Variant); err != nil {
		return fmt.Errorf("writing a pledge: %w", err)
	}
	return nil
}

// updatePledge stores everything about a pledge that can change.
func updatePledge(ctx context.Context, tx *db.Tx, p kept) error {
	if _, err := tx.Exec(ctx, "update pledge set ended = $2, reason = $3, due = $4, packet_day = $5, packet = $6 where id = $1",
		p.ID, string(p.Ended), string(p.Reason), string(p.due), string(p.packetDay), p.packet); err != nil {
		return fmt.Errorf("changing a pledge: %w", err)
	}
	return nil
}

// dueAfter lists pledges to act on by a day, in the order of (due, id), from
// after a given place.
func dueAfter(ctx context.Context, tx *db.Tx, by, due Day, id string, limit int) ([]kept, error) {
	return pledges(ctx, tx, `select `+pledgeColumns+` from pledge
		where due <> '' and due <= $1 and (due > $2 or (due = $2 and id > $3)) order by due, id limit $4`, string(by), string(due), id, limit)
}

// sealedBefore lists pledges whose packet is sealed to a day before the given one.
func sealedBefore(ctx context.Context, tx *db.Tx, day Day, after string, limit int) ([]kept, error) {
	return pledges(ctx, tx, `select `+pledgeColumns+` from pledge
		where packet_day <> '' and packet_day < $1 and id > $2 order by id limit $3`, string(day), after, limit)
}

func pledges(ctx context.Context, tx *db.Tx, query string, args ...any) (all []kept, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("listing pledges: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p kept
		var currency string
		if err := rows.Scan(&p.ID, &p.Provider, &p.Amount.Minor, &currency, &p.Rhythm, &p.Lang, &p.Begun, &p.Ended, &p.Reason,
			&p.due, &p.packetDay, &p.packet, &p.Appeal, &p.Variant); err != nil {
			return nil, fmt.Errorf("listing pledges: %w", err)
		}
		p.Amount.Currency = money.Currency(currency)
		all = append(all, p)
	}
	return all, rows.Err()
}

const paymentColumns = "id, pledge, provider, idempotency, ref, period, extra, hosted, amount, currency, rhythm, state, abandoned, begun, settled, todo"

// record is a payment as it is stored.
type record struct {
	Payment
	rhythm Rhythm // its pledge's
	todo   bool   // its outcome is open, or was not followed up
}

func scanPayment(row db.Scanner) (record, error) {
	var p record
	var currency string
	if err := row.Scan(&p.ID, &p.Pledge, &p.Provider, &p.Key, &p.Ref, &p.Period, &p.Extra, &p.Hosted, &p.Amount.Minor, &currency,
		&p.rhythm, &p.State, &p.Abandoned, &p.Begun, &p.Settled, &p.todo); err != nil {
		if errors.Is(err, db.ErrNoRows) {
			return record{}, fault.Missingf("There is no such payment")
		}
		return record{}, fmt.Errorf("reading a payment: %w", err)
	}
	var err error
	if p.Amount.Currency, err = money.ParseCurrency(currency); err != nil || !p.State.Valid() {
		return record{}, fmt.Errorf("payment has currency %q and state %q, which this program does not know", currency, p.State)
	}
	return p, nil
}

func selectPayment(ctx context.Context, tx *db.Tx, id string) (record, error) {
	return scanPayment(tx.QueryRow(ctx, "select "+paymentColumns+" from payment where id = $1", id))
}

func paymentsOf(ctx context.Context, tx *db.Tx, pledge string) ([]Payment, error) {
	rows, err := payments(ctx, tx, "select "+paymentColumns+" from payment where pledge = $1", pledge)
	all := make([]Payment, 0, len(rows))
	for _, r := range rows {
		all = append(all, r.Payment)
	}
	return all, err
}

func paymentsOfForm(ctx context.Context, tx *db.Tx, form string) ([]record, error) {
	return payments(ctx, tx, "select "+paymentColumns+" from payment where form = $1 and live = 1", form)
}

// unfinished lists payments whose outcome is open or was not followed up, by id.
func unfinished(ctx context.Context, tx *db.Tx, after string, limit int) ([]record, error) {
	return payments(ctx, tx, "select "+paymentColumns+" from payment where todo = 1 and id > $1 order by id limit $2", after, limit)
}

func payments(ctx context.Context, tx *db.Tx, query string, args ...any) (all []record, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("listing payments: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		p, err := scanPayment(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

func insertPayment(ctx context.Context, tx *db.Tx, p Payment, rhythm Rhythm, form string) error {
	_, err := tx.Exec(ctx, `insert into payment
		(id, pledge, provider, idempotency, ref, form, period, extra, hosted, amount, currency, rhythm, state, abandoned, begun, settled, todo, live)
		values ($1, $2, $3, $4, '', $5, $6, 0, $7, $8, $9, $10, 'started', 0, $11, '', 1, 1)`,
		p.ID, p.Pledge, p.Provider, p.Key, form, p.Period, number(p.Hosted), p.Amount.Minor, string(p.Amount.Currency), string(rhythm), string(p.Begun))
	if db.IsUnique(err) {
		return fault.Wrap(fault.Conflict, "This payment is already under way", err)
	}
	if err != nil {
		return fmt.Errorf("writing a payment: %w", err)
	}
	return nil
}

// The column live is 0 for payments that failed and 1 for the others. The unique
// indexes stand on it instead of on state, so that a payment that comes in
// touches no index.
const (
	settleTaken = `update payment set state = $3, ref = $4, settled = $5, abandoned = $6
		where id = $1 and provider = $2 and state = 'started' and amount = $7 and currency = $8`
	settleFailed = `update payment set live = 0, state = $3, ref = $4, settled = $5, abandoned = $6
		where id = $1 and provider = $2 and state = 'started' and amount = $7 and currency = $8`
)

// settleStarted stores the outcome of a payment that had none, and says whether
// there was such a payment, of that amount. It is the short way of what nearly
// always happens; advance has the long one.
func settleStarted(ctx context.Context, tx *db.Tx, provider string, f Fact) (bool, error) {
	query := settleTaken
	if f.State == Failed {
		query = settleFailed
	}
	n, err := tx.Exec(ctx, query, f.Payment, provider, string(f.State), f.Ref, string(DayOf(f.At)), number(f.Abandoned),
		f.Amount.Minor, string(f.Amount.Currency))
	if err != nil {
		return false, fmt.Errorf("settling a payment: %w", err)
	}
	return n == 1, nil
}

// updatePayment stores everything about a payment that can change.
func updatePayment(ctx context.Context, tx *db.Tx, p record) error {
	if _, err := tx.Exec(ctx, "update payment set state = $2, ref = $3, settled = $4, abandoned = $5, extra = $6, todo = $7, live = $8 where id = $1",
		p.ID, string(p.State), p.Ref, string(p.Settled), number(p.Abandoned), number(p.Extra), number(p.todo), number(p.State != Failed)); err != nil {
		return fmt.Errorf("changing a payment: %w", err)
	}
	return nil
}

// setRef stores the provider's name for a payment that has none yet.
func setRef(ctx context.Context, tx *db.Tx, id, ref string) error {
	if _, err := tx.Exec(ctx, "update payment set ref = $2 where id = $1 and ref = ''", id, ref); err != nil {
		return fmt.Errorf("changing a payment: %w", err)
	}
	return nil
}

// rekey gives a payment of which the provider knows nothing another key.
func rekey(ctx context.Context, tx *db.Tx, id, key string) error {
	n, err := tx.Exec(ctx, "update payment set idempotency = $2 where id = $1 and ref = ''", id, key)
	if err != nil {
		return fmt.Errorf("changing a payment's key: %w", err)
	}
	if n == 0 {
		return fault.Conflictf("This payment is already under way")
	}
	return nil
}

// letGo lets a form make a further payment beside an open one.
func letGo(ctx context.Context, tx *db.Tx, id string) error {
	if _, err := tx.Exec(ctx, "update payment set form = '' where id = $1", id); err != nil {
		return fmt.Errorf("changing a payment: %w", err)
	}
	return nil
}

// followed marks a payment as followed up, and says whether it was not before.
func followed(ctx context.Context, tx *db.Tx, id string) (bool, error) {
	n, err := tx.Exec(ctx, "update payment set todo = 0 where id = $1 and todo = 1", id)
	if err != nil {
		return false, fmt.Errorf("changing a payment: %w", err)
	}
	return n == 1, nil
}

// insertEvent remembers a webhook, and says whether it is new.
func insertEvent(ctx context.Context, tx *db.Tx, provider, event string) (bool, error) {
	n, err := tx.Exec(ctx, "insert into payment_event (provider, event, day) values ($1, $2, $3) on conflict (provider, event) do nothing",
		provider, event, string(DayOf(tx.Now)))
	if err != nil {
		return false, fmt.Errorf("remembering an event: %w", err)
	}
	return n == 1, nil
}

func hasEvent(ctx context.Context, tx *db.Tx, provider, event string) (bool, error) {
	var n int
	if err := tx.QueryRow(ctx, "select count(*) from payment_event where provider = $1 and event = $2", provider, event).Scan(&n); err != nil {
		return false, fmt.Errorf("looking for an event: %w", err)
	}
	return n > 0, nil
}

// forgetEvents drops events so old that no provider sends them again.
func forgetEvents(ctx context.Context, tx *db.Tx, before Day) error {
	if _, err := tx.Exec(ctx, "delete from payment_event where day < $1", string(before)); err != nil {
		return fmt.Errorf("forgetting old events: %w", err)
	}
	return nil
}

// bookmark is the day up to which a provider's movements were read; "" at first.
func bookmark(ctx context.Context, tx *db.Tx, provider string) (day Day, err error) {
	err = tx.QueryRow(ctx, "select day from payment_bookmark where provider = $1", provider).Scan(&day)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return "", fmt.Errorf("reading the bookmark: %w", err)
	}
	return day, nil
}

func setBookmark(ctx context.Context, tx *db.Tx, provider string, day Day) error {
	if _, err := tx.Exec(ctx, `insert into payment_bookmark (provider, day) values ($1, $2)
		on conflict (provider) do update set day = excluded.day`, provider, string(day)); err != nil {
		return fmt.Errorf("moving the bookmark: %w", err)
	}
	return nil
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
