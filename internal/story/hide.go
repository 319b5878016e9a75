package story

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// Redaction is one order to hide a name or a face everywhere: in every text of
// every story, the public and the old ones, in addresses, notes and lists, and
// in whatever is built on stories. It is the one act that takes words out of
// what was kept; the ledger says of each version that something was hidden.
type Redaction struct {
	ID          string
	At          time.Time
	By          string   // a member's id
	Reason      string   // for the desk
	Replacement string   // what stands in the place of a name or a picture
	Names       []string // each form in which it is written; none once it is done
	Pictures    []string // paths on this site; none once it is done
	DryRun      bool     // count, change nothing
	Reached     Reached
	Finished    time.Time // zero while there is more to do

	step  string
	terms *terms
}

// batchOfStories is how many stories one transaction goes through.
const batchOfStories = 50

const (
	storiesAfter   = `select id from story where id > $1 order by id limit $2`
	redactionByID  = `select id, at, member, reason, replacement, terms, pictures, step, reached, finished from story_redaction where id = $1`
	redactionsBack = `select id, at, member, reason, replacement, terms, pictures, step, reached, finished from story_redaction
		where id < $1 order by id desc limit $2`
	openRedactions = `select id from story_redaction where finished = 0 order by at`
)

// tidy checks an order. A name of one letter would take half of every text.
func (r *Redaction) tidy() error {
	if err := tidyLine("replacement", &r.Replacement, maxLine); err != nil {
		return err
	}
	if r.Replacement == "" {
		r.Replacement = "[…]"
	}
	if err := needWords("reason", &r.Reason); err != nil {
		return err
	}
	var names []string
	for _, n := range r.Names {
		if err := tidyLine("name", &n, maxLine); err != nil {
			return err
		}
		if n == "" || slices.Contains(names, n) {
			continue
		}
		if utf8.RuneCountInString(n) < 2 || len(words(n)) == 0 {
			return fault.Invalidf("“%s” is too short a name to look for", n)
		}
		names = append(names, n)
	}
	r.Names = names
	var pictures []string
	for _, p := range r.Pictures {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		if !strings.HasPrefix(p, "/") {
			return fault.Invalidf("A picture is named by its path on this site")
		}
		pictures = append(pictures, p)
	}
	r.Pictures = pictures
	if len(names)+len(pictures) == 0 {
		return fault.Invalidf("Say which name or which picture is to be hidden")
	}
	r.terms = newTerms(r.Names, r.Pictures, r.Replacement)
	if r.terms.text(r.Replacement) != r.Replacement {
		return fault.Invalidf("The replacement has the name in it that is to be hidden")
	}
	return nil
}

// WouldHide is a dry run: it counts what Hide would reach.
func (d *Desk) WouldHide(ctx context.Context, r Redaction) (Redaction, error) {
	r.DryRun, r.Reached = true, Reached{}
	if err := r.tidy(); err != nil {
		return r, err
	}
	for after := ""; ; {
		done := false
		err := d.read(ctx, "looking for what to hide", func(ctx context.Context, tx *db.Tx) error {
			last, err := d.hideBatch(ctx, tx, &r, after)
			done, after = last == "", last
			if err == nil && done {
				err = d.hideElsewhere(ctx, tx, &r)
			}
			return err
		})
		if err != nil || done {
			return r, err
		}
	}
}

// BeginHide writes down an order; ContinueHide carries it out.
func (d *Desk) BeginHide(ctx context.Context, r Redaction) (Redaction, error) {
	if err := r.tidy(); err != nil {
		return r, err
	}
	r.ID, r.Reached, r.DryRun = d.ids.UUID(), Reached{}, false
	r.Reason = r.terms.text(r.Reason) // it is kept
	err := d.write(ctx, "beginning to hide a name", func(ctx context.Context, tx *db.Tx) error {
		r.At = tx.Now
		_, err := tx.Exec(ctx, `insert into story_redaction (id, at, member, reason, replacement, terms, pictures, step, reached)
			values ($1, $2, $3, $4, $5, $6, $7, '', '{}')`, r.ID, db.Micros(tx.Now), r.By, r.Reason, r.Replacement, list(r.Names), list(r.Pictures))
		if err != nil {
			return err
		}
		if err := d.later(ctx, tx, hideArgs{r.ID}, tx.Now); err != nil {
			return err
		}
		return d.record(ctx, tx, r.By, "story.hide", r.ID)
	})
	return r, err
}

// ContinueHide carries out one batch of an order, in one transaction. Called
// until the answer is finished it does all of it, however often it was stopped
// in between.
func (d *Desk) ContinueHide(ctx context.Context, id string) (r Redaction, err error) {
	err = d.write(ctx, "hiding a name", func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "update story_redaction set step = step where id = $1", id); err != nil {
			return err
		}
		if r, err = redaction(ctx, tx, id); err != nil || !r.Finished.IsZero() {
			return err
		}
		r.terms = newTerms(r.Names, r.Pictures, r.Replacement)
		last, err := d.hideBatch(ctx, tx, &r, r.step)
		if err != nil {
			return err
		}
		finished := int64(0)
		if last == "" {
			if err := d.hideElsewhere(ctx, tx, &r); err != nil {
				return err
			}
			finished, r.Finished = db.Micros(tx.Now), tx.Now
			r.Names, r.Pictures = nil, nil // or they would be readable here
			if err := d.record(ctx, tx, r.By, "story.hidden", r.ID); err != nil {
				return err
			}
		}
		reached, err := json.Marshal(r.Reached)
		if err != nil {
			return fmt.Errorf("writing what was reached: %w", err)
		}
		_, err = tx.Exec(ctx, "update story_redaction set step = $2, reached = $3, finished = $4, terms = $5, pictures = $6 where id = $1",
			id, last, string(reached), finished, list(r.Names), list(r.Pictures))
		return err
	})
	return r, err
}

// Hide carries an order out to its end.
func (d *Desk) Hide(ctx context.Context, r Redaction) (Redaction, error) {
	r, err := d.BeginHide(ctx, r)
	for err == nil && r.Finished.IsZero() {
		r, err = d.ContinueHide(ctx, r.ID)
	}
	return r, err
}

// Unfinished are the orders that were not carried out to their end.
func (d *Desk) Unfinished(ctx context.Context) (ids []string, err error) {
	err = d.read(ctx, "listing what is being hidden", func(ctx context.Context, tx *db.Tx) error {
		ids, err = db.Column(ctx, tx, openRedactions)
		return err
	})
	return ids, err
}

// Redaction is an order and how far it came.
func (d *Desk) Redaction(ctx context.Context, id string) (r Redaction, err error) {
	err = d.read(ctx, "reading what was hidden", func(ctx context.Context, tx *db.Tx) error {
		r, err = redaction(ctx, tx, id)
		return err
	})
	return r, err
}

// Redactions are the orders there were, the last first, before one; "" begins
// with the newest. Those that were carried out do not say whom they hid.
func (d *Desk) Redactions(ctx context.Context, before string, limit int) (out []Redaction, err error) {
	if before == "" {
		before = "z" // after every id
	}
	err = d.read(ctx, "listing what was hidden", func(ctx context.Context, tx *db.Tx) (err error) {
		rows, err := tx.Query(ctx, redactionsBack, before, bound(limit))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			r, err := scanRedaction(rows)
			if err != nil {
				return err
			}
			out = append(out, r)
		}
		return rows.Err()
	})
	return out, err
}

func redaction(ctx context.Context, tx *db.Tx, id string) (Redaction, error) {
	r, err := scanRedaction(tx.QueryRow(ctx, redactionByID, id))
	if errors.Is(err, db.ErrNoRows) {
		return r, fault.Missingf("There is no such order")
	}
	return r, err
}

func scanRedaction(from db.Scanner) (r Redaction, err error) {
	var at, finished int64
	var names, pictures, reached string
	if err := from.Scan(&r.ID, &at, &r.By, &r.Reason, &r.Replacement, &names, &pictures, &r.step, &reached, &finished); err != nil {
		return r, err
	}
	r.At, r.Finished, r.Reached = db.Time(at), moment(finished), Reached{}
	if r.Names, r.Pictures, err = unlist(names, pictures); err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(reached), &r.Reached); err != nil {
		return r, fmt.Errorf("reading what was reached: %w", err)
	}
	return r, nil
}

// hideBatch goes through some stories after one and returns the last, "" when
// there were none.
func (d *Desk) hideBatch(ctx context.Context, tx *db.Tx, r *Redaction, after string) (last string, err error) {
	ids, err := db.Column(ctx, tx, storiesAfter, after, batchOfStories)
	if err != nil {
		return "", err
	}
	if !r.DryRun { // all of them before the ledger is written to, in which order publishers lock too
		for _, id := range ids {
			if err := lock(ctx, tx, id); err != nil {
				return "", err
			}
		}
	}
	for _, id := range ids {
		if err := d.hideIn(ctx, tx, r, id); err != nil {
			return "", fmt.Errorf("story %s: %w", id, err)
		}
		last = id
	}
	return last, nil
}

func (d *Desk) hideElsewhere(ctx context.Context, tx *db.Tx, r *Redaction) error {
	for _, h := range d.opt.Hidden {
		n, err := h.Hide(ctx, tx, r)
		if err != nil {
			return fmt.Errorf("in %s: %w", h.What, err)
		}
		r.Reached[h.What] += n
	}
	return nil
}

// Text is a text with the names replaced, for those who hide them elsewhere.
func (r *Redaction) Text(text string) string { return r.terms.text(text) }

// Address says whether a part of a path names somebody who is to be hidden.
func (r *Redaction) Address(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if r.terms.slug(ident.Slug(part)) || len(r.terms.find(part)) > 0 {
			return true
		}
	}
	return false
}

// Hints are words in small letters, one of which is in whatever Address says
// yes to: something to ask an index or a table for.
func (r *Redaction) Hints() []string {
	var out []string
	for _, n := range r.terms.names {
		out = append(out, slices.MaxFunc(n.words, func(a, b string) int { return len(a) - len(b) }))
	}
	for _, slug := range r.terms.slugs { // an address may be spelled in other letters than the name
		out = append(out, slices.MaxFunc(strings.Split(slug, "-"), func(a, b string) int { return len(a) - len(b) }))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
