package story

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"mimeo/internal/db"
	"mimeo/internal/prose"
)

// hideIn takes names and pictures out of one story and all that is kept of it.
func (d *Desk) hideIn(ctx context.Context, tx *db.Tx, r *Redaction, id string) error {
	s, err := d.one(ctx, tx, byID, id)
	if err != nil {
		return err
	}
	was := s.Summary()
	changed, err := d.hideRevisions(ctx, tx, r, &s)
	if err != nil {
		return err
	}
	beside, err := d.hideBeside(ctx, tx, r, id)
	if err != nil {
		return err
	}
	renamed, err := d.hideAddresses(ctx, tx, r, &s, changed)
	if err != nil {
		return err
	}
	if len(changed) == 0 && !renamed && !beside {
		return nil
	}
	r.Reached["stories"]++
	if r.DryRun || len(changed) == 0 && !renamed {
		return nil
	}
	if _, err := selectRevision(ctx, tx, &s, s.Revision); err != nil {
		return err
	}
	if err := updateStory(ctx, tx, &s); err != nil {
		return err
	}
	if err := d.hideVersions(ctx, tx, r, &s, changed); err != nil {
		return err
	}
	if s.Year == 0 {
		return nil
	}
	for _, tell := range d.opt.Published {
		if err := tell(ctx, tx, &s); err != nil {
			return err
		}
	}
	if err := tx.Change(ctx, ChangeCorrections, s.Lang+"/"); err != nil {
		return err
	}
	return d.announce(ctx, tx, was, s.Summary())
}

// hideRevisions goes through every text that was ever saved and returns the
// numbers of those in which something was found.
func (d *Desk) hideRevisions(ctx context.Context, tx *db.Tx, r *Redaction, s *Story) (changed map[int]bool, err error) {
	changed = map[int]bool{}
	t := r.terms
	for n := 1; n <= s.Latest; n++ {
		text := *s
		if _, err := selectRevision(ctx, tx, &text, n); err != nil {
			return nil, err
		}
		found := 0
		for _, line := range []*string{&text.Headline, &text.Standfirst, &text.Place} {
			if is := t.text(*line); is != *line {
				*line = is
				found++
			}
		}
		for _, lines := range []*[]string{&text.Bylines, &text.Tags} {
			is, other := t.lines(*lines)
			if *lines = is; other {
				found++
			}
		}
		var names, pictures int
		text.Body, names, pictures = t.doc(text.Body)
		text.Slug, err = d.hideOwnSlug(ctx, tx, r, s, n)
		if err != nil {
			return nil, err
		}
		if found+names+pictures == 0 && text.Slug == "" {
			continue
		}
		changed[n] = true
		r.Reached["revisions"]++
		r.Reached["names"] += found + names
		r.Reached["pictures"] += pictures
		if r.DryRun {
			continue
		}
		text.Body = canonical(text.Body)
		if err := rewriteRevision(ctx, tx, &text, n); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

// hideOwnSlug returns the slug with which a revision is to be kept when the one
// it was saved with names somebody, and "" when it does not.
func (d *Desk) hideOwnSlug(ctx context.Context, tx *db.Tx, r *Redaction, s *Story, n int) (string, error) {
	var text string
	if err := tx.QueryRow(ctx, "select meta from story_revision where story = $1 and revision = $2", s.ID, n).Scan(&text); err != nil {
		return "", err
	}
	var m meta
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return "", fmt.Errorf("reading what belongs to a revision: %w", err)
	}
	if m.Slug == "" || !r.terms.slug(m.Slug) {
		return "", nil
	}
	return "story-" + s.ID[:8], nil
}

// canonical is a document as it would be read back.
func canonical(d prose.Doc) prose.Doc {
	again, err := prose.Parse(d.AppendJSON(nil))
	if err != nil { // what was read from the database can be written and read
		return d
	}
	return again
}

func rewriteRevision(ctx context.Context, tx *db.Tx, s *Story, n int) error {
	if s.Slug != "" {
		var text string
		if err := tx.QueryRow(ctx, "select meta from story_revision where story = $1 and revision = $2", s.ID, n).Scan(&text); err != nil {
			return err
		}
		var m meta
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			return fmt.Errorf("reading what belongs to a revision: %w", err)
		}
		m.Slug = s.Slug
		again, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("writing what belongs to a revision: %w", err)
		}
		if _, err := tx.Exec(ctx, "update story_revision set meta = $3 where story = $1 and revision = $2", s.ID, n, string(again)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `update story_revision set headline = $3, standfirst = $4, bylines = $5, place = $6, tags = $7, body = $8, redacted = $9
		where story = $1 and revision = $2`, s.ID, n, s.Headline, s.Standfirst, list(s.Bylines), s.Place, list(s.Tags),
		string(s.Body.AppendJSON(nil)), db.Micros(tx.Now))
	return err
}

// hideAddresses renames a story whose address names somebody. The old addresses
// lead nowhere: a redirect would say what the new one does not.
func (d *Desk) hideAddresses(ctx context.Context, tx *db.Tx, r *Redaction, s *Story, changed map[int]bool) (renamed bool, err error) {
	slugs, err := db.Column(ctx, tx, "select slug from story_address where story = $1 order by slug", s.ID)
	if err != nil {
		return false, err
	}
	for _, slug := range slugs {
		if !r.terms.slug(slug) {
			continue
		}
		r.Reached["addresses"]++
		renamed = true
		if r.DryRun {
			continue
		}
		if _, err := tx.Exec(ctx, "delete from story_address where story = $1 and slug = $2", s.ID, slug); err != nil {
			return false, err
		}
	}
	if !r.terms.slug(s.Slug) || r.DryRun {
		return renamed, nil
	}
	s.Slug = "story-" + s.ID[:8]
	if s.Year == 0 {
		changed[s.Latest] = true
		return true, nil
	}
	s.Slug, err = d.free(ctx, tx, s)
	return true, err
}

// hideVersions notes on each publication that something in it was hidden, and
// adds a line to the ledger that says so.
func (d *Desk) hideVersions(ctx context.Context, tx *db.Tx, r *Redaction, s *Story, changed map[int]bool) error {
	all, err := selectPublications(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	for i := range all {
		p := &all[i]
		if !changed[p.Revision] {
			continue
		}
		text := *s
		if _, err := selectRevision(ctx, tx, &text, p.Revision); err != nil {
			return err
		}
		r.Reached["versions"]++
		line := Publication{Story: s.ID, N: p.N, Kind: KindRedact, At: tx.Now, Digest: text.digest()}
		if _, err := seal(ctx, tx, &line); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "update story_publication set redacted = $3, digest = $4 where story = $1 and n = $2",
			s.ID, p.N, db.Micros(tx.Now), line.Digest); err != nil {
			return err
		}
	}
	return nil
}

// hideBeside goes through what is kept beside a story: notes, tasks, reasons,
// flags, the schedule, and texts that wait to be merged.
func (d *Desk) hideBeside(ctx context.Context, tx *db.Tx, r *Redaction, id string) (found bool, err error) {
	for _, place := range []struct{ what, read, write string }{
		{"desk notes", "select id, words from story_note where story = $1", "update story_note set words = $2 where id = $1"},
		{"desk notes", "select id, words from story_task where story = $1", "update story_task set words = $2 where id = $1"},
		{"desk notes", "select id, words from story_work where story = $1", "update story_work set words = $2 where id = $1"},
		{"notes", "select id, note from story_flag where story = $1", "update story_flag set note = $2 where id = $1"},
		{"kept texts", "select story, act from story_due where story = $1", "update story_due set act = $2 where story = $1"},
	} {
		all, err := pairs(ctx, tx, place.read, id)
		if err != nil {
			return false, err
		}
		for _, one := range all {
			is := r.terms.text(one[1])
			if is == one[1] {
				continue
			}
			found = true
			r.Reached[place.what]++
			if r.DryRun {
				continue
			}
			if _, err := tx.Exec(ctx, place.write, one[0], is); err != nil {
				return false, err
			}
		}
	}
	notes, err := d.hideNotes(ctx, tx, r, id)
	if err != nil {
		return false, err
	}
	sides, err := d.hideSides(ctx, tx, r, id)
	return found || notes || sides, err
}

// hideNotes goes through what readers were told of a story.
func (d *Desk) hideNotes(ctx context.Context, tx *db.Tx, r *Redaction, id string) (found bool, err error) {
	all, err := selectPublications(ctx, tx, id)
	if err != nil {
		return false, err
	}
	for i := range all {
		p := &all[i]
		note, reason := r.terms.text(p.Note), r.terms.text(p.Reason)
		if note == p.Note && reason == p.Reason {
			continue
		}
		found = true
		r.Reached["notes"]++
		if r.DryRun {
			continue
		}
		if _, err := tx.Exec(ctx, "update story_publication set note = $3, reason = $4, redacted = $5 where story = $1 and n = $2",
			id, p.N, note, reason, db.Micros(tx.Now)); err != nil {
			return false, err
		}
	}
	return found, nil
}

// hideSides goes through the texts that wait to be merged, those that were, and
// those that somebody is writing.
func (d *Desk) hideSides(ctx context.Context, tx *db.Tx, r *Redaction, id string) (found bool, err error) {
	sides, err := d.hideDrafts(ctx, tx, r, id, "select cast(side as text), draft from story_side where story = $1",
		"update story_side set draft = $3 where story = $1 and cast(side as text) = $2")
	if err != nil {
		return false, err
	}
	copies, err := d.hideDrafts(ctx, tx, r, id, "select member || '/' || name, draft from story_copy where story = $1",
		"update story_copy set draft = $3 where story = $1 and member || '/' || name = $2")
	return sides || copies, err
}

// hideDrafts goes through texts of a story that are kept whole, by the queries
// that read and write them under a key.
func (d *Desk) hideDrafts(ctx context.Context, tx *db.Tx, r *Redaction, id, read, write string) (found bool, err error) {
	all, err := pairs(ctx, tx, read, id)
	if err != nil {
		return false, err
	}
	for _, one := range all {
		var draft Draft
		if err := json.Unmarshal([]byte(one[1]), &draft); err != nil {
			return false, fmt.Errorf("reading a text that was kept beside: %w", err)
		}
		n := 0
		for _, line := range []*string{&draft.Headline, &draft.Standfirst, &draft.Place} {
			if is := r.terms.text(*line); is != *line {
				*line = is
				n++
			}
		}
		for _, lines := range []*[]string{&draft.Bylines, &draft.Tags} {
			is, other := r.terms.lines(*lines)
			if *lines = is; other {
				n++
			}
		}
		if r.terms.slug(draft.Slug) {
			draft.Slug = ""
			n++
		}
		body, names, pictures := r.terms.doc(draft.Body)
		if n+names+pictures == 0 {
			continue
		}
		found = true
		r.Reached["kept texts"]++
		if r.DryRun {
			continue
		}
		draft.Body = canonical(body)
		text, err := json.Marshal(draft)
		if err != nil {
			return false, fmt.Errorf("writing a text: %w", err)
		}
		if _, err := tx.Exec(ctx, write, id, one[0], string(text)); err != nil {
			return false, err
		}
	}
	return found, nil
}

// pairs runs a query of two text columns.
func pairs(ctx context.Context, tx *db.Tx, query string, args ...any) (out [][2]string, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var one [2]string
		if err := rows.Scan(&one[0], &one[1]); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}
