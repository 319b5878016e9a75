package newsletter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

const letterColumns = "id, lang, slug, name, about, open"

func scanNewsletter(from db.Scanner, more ...any) (n Newsletter, err error) {
	var open int64
	err = from.Scan(append([]any{&n.ID, &n.Lang, &n.Slug, &n.Name, &n.About, &open}, more...)...)
	n.Open = open != 0
	return n, err
}

func selectNewsletter(ctx context.Context, tx *db.Tx, id string) (Newsletter, error) {
	n, err := scanNewsletter(tx.QueryRow(ctx, "select "+letterColumns+" from newsletter where id = $1", id))
	return n, orMissing(err, "newsletter")
}

func orMissing(err error, what string) error {
	if errors.Is(err, db.ErrNoRows) {
		return fault.Missingf("There is no such %s", what)
	}
	return err
}

// listNewsletters reads all newsletters, a handful, with their subscribers counted.
func listNewsletters(ctx context.Context, tx *db.Tx) (all []Newsletter, err error) {
	return db.Collect(ctx, tx, func(from db.Scanner) (Newsletter, error) {
		var count int64
		n, err := scanNewsletter(from, &count)
		n.Subscribers = count
		return n, err
	}, "select "+letterColumns+`, (select count(*) from newsletter_subscriber s where s.newsletter = newsletter.id)
		from newsletter order by lang, name, id`)
}

func openNewsletters(ctx context.Context, tx *db.Tx, lang string) ([]Newsletter, error) {
	return db.Collect(ctx, tx, func(from db.Scanner) (Newsletter, error) { return scanNewsletter(from) },
		"select "+letterColumns+" from newsletter where lang = $1 and open = 1 order by name, id", lang)
}

const issueColumns = "id, newsletter, version, subject, intro, stories, items, state, planned, updated, sent"

func scanIssue(from db.Scanner) (i Issue, err error) {
	var stories, items, state string
	var updated, sent int64
	if err := from.Scan(&i.ID, &i.Newsletter, &i.Version, &i.Subject, &i.Intro, &stories, &items, &state, &i.Planned, &updated, &sent); err != nil {
		return i, err
	}
	i.State, i.Updated = State(state), db.Time(updated)
	if sent != 0 {
		i.Sent = db.Time(sent)
	}
	if err := errors.Join(json.Unmarshal([]byte(stories), &i.Stories), json.Unmarshal([]byte(items), &i.Items)); err != nil {
		return i, fmt.Errorf("reading issue %s: %w", i.ID, err)
	}
	return i, nil
}

func selectIssue(ctx context.Context, tx *db.Tx, id string) (Issue, error) {
	i, err := scanIssue(tx.QueryRow(ctx, "select "+issueColumns+" from newsletter_issue where id = $1", id))
	return i, orMissing(err, "issue")
}

// lockIssue keeps others from changing an issue until the transaction ends.
func lockIssue(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, "update newsletter_issue set planned = planned where id = $1", id)
	return err
}

func listIssues(ctx context.Context, tx *db.Tx, newsletter string, before int64, id string, limit int) ([]Issue, error) {
	return db.Collect(ctx, tx, scanIssue, "select "+issueColumns+` from newsletter_issue
		where newsletter = $1 and (updated, id) < ($2, $3) order by updated desc, id desc limit $4`, newsletter, before, id, limit)
}

func insertIssue(ctx context.Context, tx *db.Tx, i *Issue) error {
	stories, err := json.Marshal(notNil(i.Stories))
	if err != nil {
		return fmt.Errorf("writing the stories of an issue: %w", err)
	}
	_, err = tx.Exec(ctx, `insert into newsletter_issue (id, newsletter, version, subject, intro, stories, items, state, cursor, planned, updated, sent)
		values ($1, $2, $3, $4, $5, $6, '[]', $7, '', 0, $8, 0)`,
		i.ID, i.Newsletter, i.Version, i.Subject, i.Intro, string(stories), string(i.State), db.Micros(i.Updated))
	return err
}

func updateIssue(ctx context.Context, tx *db.Tx, i *Issue) error {
	stories, err := json.Marshal(notNil(i.Stories))
	if err != nil {
		return fmt.Errorf("writing the stories of an issue: %w", err)
	}
	items, err := json.Marshal(notNil(i.Items))
	if err != nil {
		return fmt.Errorf("writing the items of an issue: %w", err)
	}
	_, err = tx.Exec(ctx, `update newsletter_issue set version = $2, subject = $3, intro = $4, stories = $5, items = $6, state = $7, updated = $8
		where id = $1`, i.ID, i.Version, i.Subject, i.Intro, string(stories), string(items), string(i.State), db.Micros(i.Updated))
	return err
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// advance moves an issue on from one subscriber to another, and reports whether
// it still stood where the caller thought.
func advance(ctx context.Context, tx *db.Tx, issue, from, to string, planned int, last bool) (bool, error) {
	state, sent := Sending, int64(0)
	if last {
		state, sent = Sent, db.Micros(tx.Now)
	}
	n, err := tx.Exec(ctx, `update newsletter_issue set cursor = $3, planned = planned + $4, state = $5, sent = $6
		where id = $1 and cursor = $2 and state = 'sending'`, issue, from, to, planned, string(state), sent)
	return n == 1, err
}

// subscriber is a row of newsletter_subscriber.
type subscriber struct {
	id     string
	sealed []byte
}

func nextSubscribers(ctx context.Context, tx *db.Tx, newsletter, after string, limit int) ([]subscriber, error) {
	return db.Collect(ctx, tx, func(from db.Scanner) (s subscriber, err error) {
		err = from.Scan(&s.id, &s.sealed)
		return s, err
	}, "select id, sealed from newsletter_subscriber where newsletter = $1 and id > $2 order by id limit $3", newsletter, after, limit)
}

// insertSubscriber adds a subscriber, unless the address already is one.
func insertSubscriber(ctx context.Context, tx *db.Tx, id, newsletter string, mark, sealed []byte, day string) error {
	_, err := tx.Exec(ctx, `insert into newsletter_subscriber (id, newsletter, mark, sealed, day) values ($1, $2, $3, $4, $5)
		on conflict (newsletter, mark) do nothing`, id, newsletter, mark, sealed, day)
	return err
}

func subscribed(ctx context.Context, tx *db.Tx, id string) (newsletter string, err error) {
	err = tx.QueryRow(ctx, "select newsletter from newsletter_subscriber where id = $1", id).Scan(&newsletter)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return newsletter, err
}
