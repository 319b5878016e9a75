package staff

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// Action is something that hurts when it is done wrongly or by the wrong
// person: it takes two.
type Action string

// The actions.
const (
	ExportDonors    Action = "donors.export"
	CloseCountry    Action = "country.close"
	DeleteStory     Action = "story.delete"
	PublishUnproven Action = "story.publish-unproven" // an accusation without evidence
	PublishTwo      Action = "story.publish-two"      // a story for which two were asked
)

// Rights are what it takes to ask for an action and to approve it; nobody
// holds the empty right.
func (a Action) Rights() (ask, approve Right) {
	switch a {
	case ExportDonors, CloseCountry:
		return Donors, Donors
	case DeleteStory:
		return Correct, Correct
	case PublishUnproven:
		return Publish, Approve
	case PublishTwo:
		return Write, Approve
	default:
		return "", ""
	}
}

// Stage is how far an approval has come.
type Stage string

// The stages. Asked and Approved end after AskLife; Lapsed is what they are then.
const (
	Asked    Stage = "asked"
	Approved Stage = "approved"
	Refused  Stage = "refused"
	Spent    Stage = "spent"
	Lapsed   Stage = "lapsed"
)

// Approval is one person's question and another's answer.
type Approval struct {
	ID      string
	Action  Action
	Object  string // the id of what it is about
	Reason  string // in the asker's words
	By      string // who asked
	Asked   time.Time
	Ends    time.Time
	Stage   Stage
	Second  string // who answered, "" before
	Decided time.Time
}

const mostReason = 1000 // characters

// Ask asks for a second person. A question about the same thing that is still
// open is not asked twice.
func (d *Door) Ask(ctx context.Context, by Member, action Action, object, reason string) (a Approval, err error) {
	ask, _ := action.Rights()
	reason = strings.TrimSpace(reason)
	switch {
	case !by.May(ask):
		return a, fault.Deniedf("Your role does not ask for this")
	case object == "" || len(object) > 128:
		return a, fault.Invalidf("Say what it is about")
	case reason == "":
		return a, fault.Invalidf("Give a reason: the second person reads it")
	case utf8.RuneCountInString(reason) > mostReason:
		return a, fault.Invalidf("A reason has at most %d characters", mostReason)
	}
	err = d.write(ctx, "asking for a second person", func(ctx context.Context, tx *db.Tx) error {
		a = Approval{
			ID: d.ids.UUID(), Action: action, Object: object, Reason: reason, By: by.ID,
			Asked: tx.Now, Ends: tx.Now.Add(AskLife), Stage: Asked,
		}
		if err := d.Record(ctx, tx, Act{by.ID, "approval.ask", a.ID}); err != nil {
			return err
		}
		for _, stage := range []Stage{Asked, Approved} {
			if _, err := approvalOn(ctx, tx, action, object, stage, tx.Now); err == nil {
				return fault.Conflictf("This was asked for already")
			} else if !errors.Is(err, db.ErrNoRows) {
				return err
			}
		}
		return insertApproval(ctx, tx, a)
	})
	return a, err
}

// Decide answers a question: yes approves, no refuses. Nobody answers their own.
func (d *Door) Decide(ctx context.Context, by Member, id string, yes bool) (a Approval, err error) {
	err = d.write(ctx, "answering a question for a second person", func(ctx context.Context, tx *db.Tx) error {
		action := "approval.refuse"
		if yes {
			action = "approval.approve"
		}
		if err := d.Record(ctx, tx, Act{by.ID, action, id}); err != nil {
			return err
		}
		if a, err = approvalOf(ctx, tx, id); errors.Is(err, db.ErrNoRows) {
			return fault.Missingf("There is no such question")
		} else if err != nil {
			return err
		}
		_, approve := a.Action.Rights()
		switch {
		case a.By == by.ID:
			return fault.Deniedf("Nobody is their own second person")
		case !by.May(approve):
			return fault.Deniedf("Your role does not answer this")
		case a.at(tx.Now) != Asked:
			return fault.Conflictf("This question is not open any more")
		}
		a.Stage, a.Second, a.Decided = Refused, by.ID, tx.Now
		if yes {
			a.Stage = Approved
		}
		return decide(ctx, tx, a, Asked)
	})
	return a, err
}

// Spend uses an approval up, in the transaction that does what it is for. by is
// one of its two people; both must still be at work, and the second still hold
// the right.
func (d *Door) Spend(ctx context.Context, tx *db.Tx, by string, action Action, object string) (Approval, error) {
	a, err := approvalOn(ctx, tx, action, object, Approved, tx.Now)
	if errors.Is(err, db.ErrNoRows) {
		return a, fault.Deniedf("This takes a second person. Ask one first")
	}
	if err != nil {
		return a, err
	}
	ask, approve := action.Rights()
	asker, err := memberOf(ctx, tx, a.By)
	if err != nil {
		return a, err
	}
	second, err := memberOf(ctx, tx, a.Second)
	if err != nil {
		return a, err
	}
	switch {
	case by != a.By && by != a.Second:
		return a, fault.Deniedf("Somebody else asked for this")
	case a.By == a.Second || !asker.May(ask) || !second.May(approve):
		return a, fault.Deniedf("One of the two may not do this any more. Ask again")
	}
	a.Stage = Spent
	if err := decide(ctx, tx, a, Approved); err != nil {
		return a, err
	}
	return a, d.Record(ctx, tx, Act{by, "approval.spend", a.ID})
}

// at is the stage as it is at a time.
func (a Approval) at(now time.Time) Stage {
	if (a.Stage == Asked || a.Stage == Approved) && !now.Before(a.Ends) {
		return Lapsed
	}
	return a.Stage
}

// On is the newest question about something, ok is false when there is none.
func (d *Door) On(ctx context.Context, action Action, object string) (a Approval, ok bool, err error) {
	err = d.read(ctx, "looking up a question", func(ctx context.Context, tx *db.Tx) (err error) {
		a, err = newestApproval(ctx, tx, action, object)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		ok = err == nil
		a.Stage = a.at(tx.Now)
		return err
	})
	return a, ok, err
}

// Approvals lists the questions of the last days, the newest first; open ones
// come first of all.
func (d *Door) Approvals(ctx context.Context, most int) (open, closed []Approval, err error) {
	err = d.read(ctx, "listing questions", func(ctx context.Context, tx *db.Tx) error {
		for _, stage := range []Stage{Asked, Approved, Refused, Spent} {
			some, err := approvalsIn(ctx, tx, stage, most)
			if err != nil {
				return err
			}
			for _, a := range some {
				if a.Stage = a.at(tx.Now); a.Stage == Asked {
					open = append(open, a)
				} else {
					closed = append(closed, a)
				}
			}
		}
		slices.SortFunc(closed, func(a, b Approval) int { return b.Asked.Compare(a.Asked) })
		closed = closed[:min(len(closed), most)]
		return nil
	})
	return open, closed, err
}
