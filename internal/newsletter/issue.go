package newsletter

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/jobs"
	"mimeo/internal/mail"
	"mimeo/internal/story"
)

// Compose begins an issue.
func (p *Press) Compose(ctx context.Context, i Issue) (Issue, error) {
	if err := i.tidy(); err != nil {
		return i, err
	}
	i.ID, i.State, i.Version = p.ids.Secret(), Drafted, 1
	err := p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := selectNewsletter(ctx, tx, i.Newsletter); err != nil {
			return err
		}
		i.Updated = tx.Now
		return insertIssue(ctx, tx, &i)
	})
	return i, failed("composing an issue", err)
}

// Save writes an issue that was not sent yet. Its Version is that of the issue
// the editor had before them: when somebody saved meanwhile the answer is a
// Conflict and nothing is written.
func (p *Press) Save(ctx context.Context, i Issue) (Issue, error) {
	if err := i.tidy(); err != nil {
		return i, err
	}
	err := p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		there, err := p.draft(ctx, tx, i.ID, i.Version)
		if err != nil {
			return err
		}
		there.Subject, there.Intro, there.Stories = i.Subject, i.Intro, i.Stories
		there.Version++
		there.Updated = tx.Now
		i = there
		return updateIssue(ctx, tx, &i)
	})
	return i, failed("saving an issue", err)
}

// draft locks and reads an issue that may still be changed.
func (p *Press) draft(ctx context.Context, tx *db.Tx, id string, version int) (Issue, error) {
	if err := lockIssue(ctx, tx, id); err != nil {
		return Issue{}, err
	}
	i, err := selectIssue(ctx, tx, id)
	switch {
	case err != nil:
		return i, err
	case i.State != Drafted:
		return i, fault.Conflictf("This issue was already sent")
	case i.Version != version:
		return i, fault.Conflictf("Somebody else saved this issue meanwhile. Look at theirs before saving yours")
	}
	return i, nil
}

// Issue returns an issue.
func (p *Press) Issue(ctx context.Context, id string) (i Issue, err error) {
	err = p.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		i, err = selectIssue(ctx, tx, id)
		return err
	})
	return i, err
}

// Issues returns a newsletter's issues, changed last first, from the one after
// the given on; the zero Issue begins at the top.
func (p *Press) Issues(ctx context.Context, newsletter string, after Issue, limit int) (all []Issue, err error) {
	before, id := int64(math.MaxInt64), ""
	if after.ID != "" {
		before, id = db.Micros(after.Updated), after.ID
	}
	err = p.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		all, err = listIssues(ctx, tx, newsletter, before, id, limit)
		return err
	})
	return all, err
}

// Preview is the letter as a subscriber would get it now.
func (p *Press) Preview(ctx context.Context, i Issue) (mail.Message, error) {
	n, err := p.ByID(ctx, i.Newsletter)
	if err != nil {
		return mail.Message{}, err
	}
	if i.State == Drafted {
		if i.Items, err = p.items(ctx, i.Stories); err != nil {
			return mail.Message{}, err
		}
	}
	return p.words(n, i, p.opt.URL(n.Lang, "/newsletters"))
}

// items says of each story what is true of it now. Stories that readers cannot
// see are left out.
func (p *Press) items(ctx context.Context, ids []string) ([]Item, error) {
	items := []Item{}
	for _, id := range ids {
		s, err := p.stories.ByID(ctx, id)
		if fault.KindOf(err) == fault.Missing {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !public(&s) {
			continue
		}
		text := s.Standfirst
		if text == "" {
			text = s.Excerpt
		}
		items = append(items, Item{Story: s.ID, Headline: s.Headline, Text: text, URL: p.opt.URL("", s.Path())})
	}
	return items, nil
}

// public says whether readers can open a story.
func public(s *story.Story) bool {
	return s.State != story.Drafted && s.State != story.Retracted && s.Path() != ""
}

// Try sends one letter to an editor's own address and stores nothing of it.
func (p *Press) Try(ctx context.Context, issue, email string) error {
	to, err := mail.Address(email)
	if err != nil {
		return ErrEmail
	}
	letter, err := p.mail.Prepare(mail.Planned{Kind: testKind, Due: p.opt.Now(), To: to, Params: delivery{Issue: issue}})
	if err != nil {
		return fmt.Errorf("sealing a trial letter: %w", err)
	}
	err = p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error { return p.mail.Put(ctx, tx, letter) })
	if err != nil {
		return fmt.Errorf("sending a trial letter: %w", err)
	}
	return nil
}

// dispatch is the job that plans the mails of an issue.
type dispatch struct {
	Issue string `json:"issue"`
}

// Kind implements jobs.Args.
func (dispatch) Kind() string { return "newsletter.send" }

// Send fixes the words of an issue and begins to send it. version is the one
// that the editor had before them.
func (p *Press) Send(ctx context.Context, by, id string, version int) (i Issue, err error) {
	if i, err = p.Issue(ctx, id); err != nil {
		return i, err
	}
	items, err := p.items(ctx, i.Stories)
	if err != nil {
		return i, err
	}
	err = p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if i, err = p.draft(ctx, tx, id, version); err != nil {
			return err
		}
		switch {
		case i.Subject == "":
			return fault.Invalidf("The issue needs a subject")
		case len(items) == 0 && i.Intro == "":
			return fault.Invalidf("There is nothing in this issue yet: choose a published story or write an introduction")
		}
		i.Items, i.State, i.Updated = items, Sending, tx.Now
		i.Version++
		for _, item := range items {
			if _, err := tx.Exec(ctx, "insert into newsletter_item (story, issue, corrected, seen) values ($1, $2, 0, 1)", item.Story, i.ID); err != nil {
				return err
			}
		}
		if err := updateIssue(ctx, tx, &i); err != nil {
			return err
		}
		if err := p.jobs.Enqueue(ctx, tx, dispatch{Issue: i.ID}, jobs.When{Unique: true}); err != nil {
			return err
		}
		return p.opt.Record(ctx, tx, by, "newsletter.send", i.ID)
	})
	return i, failed("sending an issue", err)
}

// batch is how many mails are planned in one transaction.
const batch = 200

// send plans the mails of an issue from where it stands to the end. Each batch
// and the step over it are one transaction, so that a mail is planned once.
func (p *Press) send(ctx context.Context, job jobs.Job[dispatch]) error {
	for {
		var i Issue
		var at string
		var next []subscriber
		err := p.db.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			if i, err = selectIssue(ctx, tx, job.Args.Issue); err != nil || i.State != Sending {
				return err
			}
			if err := tx.QueryRow(ctx, "select cursor from newsletter_issue where id = $1", i.ID).Scan(&at); err != nil {
				return err
			}
			next, err = nextSubscribers(ctx, tx, i.Newsletter, at, batch)
			return err
		})
		if err != nil {
			return fmt.Errorf("reading on whom an issue goes to: %w", err)
		}
		if i.State != Sending {
			return nil
		}
		letters, to, err := p.prepare(i, next)
		if err != nil {
			return err
		}
		err = p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			still, err := advance(ctx, tx, i.ID, at, to, len(letters), len(next) < batch)
			if err != nil || !still {
				return err
			}
			for _, l := range letters {
				if err := p.mail.Put(ctx, tx, l); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("planning the mails of an issue: %w", err)
		}
	}
}

// prepare seals a batch of mails. An address that cannot be opened, because its
// key folder was lost, or that no mail can go to is passed over.
func (p *Press) prepare(i Issue, next []subscriber) (letters []*mail.Letter, last string, err error) {
	for _, s := range next {
		last = s.id
		address, err := p.box.Unwrap(addressBox, s.sealed)
		if err != nil {
			continue
		}
		letter, err := p.mail.Prepare(mail.Planned{
			Kind: issueKind, Due: p.opt.Now(), To: string(address), Params: delivery{Issue: i.ID, Subscriber: s.id},
		})
		if fault.KindOf(err) == fault.Invalid {
			continue
		}
		if err != nil {
			return nil, "", fmt.Errorf("sealing a mail of an issue: %w", err)
		}
		letters = append(letters, letter)
	}
	return letters, last, nil
}

// Corrected flags the issues that carried a story, in the transaction that
// corrects it.
func (p *Press) Corrected(ctx context.Context, tx *db.Tx, storyID string) error {
	_, err := tx.Exec(ctx, "update newsletter_item set corrected = $2, seen = 0 where story = $1", storyID, db.Micros(tx.Now))
	return err
}

// Flags lists the issues that await an editor's look, corrected last first.
func (p *Press) Flags(ctx context.Context, limit int) (all []Flag, err error) {
	err = p.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		all, err = db.Collect(ctx, tx, func(from db.Scanner) (f Flag, err error) {
			var at int64
			err = from.Scan(&f.Issue, &f.Subject, &f.Newsletter, &f.Name, &f.Story, &at)
			f.Corrected = db.Time(at)
			return f, err
		}, `select x.issue, i.subject, n.id, n.name, x.story, x.corrected from newsletter_item x
			join newsletter_issue i on i.id = x.issue join newsletter n on n.id = i.newsletter
			where x.seen = 0 order by x.corrected desc, x.issue limit $1`, limit)
		return err
	})
	return all, err
}

// Clear notes that an editor has dealt with a flag.
func (p *Press) Clear(ctx context.Context, issue, storyID string) error {
	return p.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "update newsletter_item set seen = 1 where story = $1 and issue = $2", storyID, issue)
		return err
	})
}

// errGone drops a mail whose issue or subscriber is no more.
func errGone(err error) error {
	if fault.KindOf(err) == fault.Missing {
		return errors.Join(mail.ErrUnneeded, err)
	}
	return err
}

// leaveUntil is for how long the links of an issue's mails answer.
func leaveUntil(i Issue) time.Time { return i.Updated.AddDate(0, 0, leaveDays) }
