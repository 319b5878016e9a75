// Package story holds what a newsroom publishes: stories, every text they ever
// had, and the addresses under which they are and were found.
//
// A story begins as a draft. Each save is a revision: the whole object, kept for
// good; a save on top of an older text than the newest is kept beside it until
// somebody has merged the two. Where the newsroom or the story asks for it, a
// text is submitted, and approved by somebody other than its last author,
// before it may go out. Publishing gives the story its address, which carries
// the year and month of that day in the newsroom's zone for good, and shows
// readers the newest revision; a revision saved later waits. A renamed story
// answers under its old addresses by saying where it is now.
//
// No published word changes silently. Other words go to readers by Correct,
// with a note that says why; each text that readers had stays readable at
// /versions, and each visible act is a line in a ledger that seals the line
// before. A retracted story leaves the lists and keeps its address and its
// versions; a withdrawn one keeps its address alone. Hide is the one act that
// takes words out of what was kept, and says so.
//
// A scheduled text is live from its minute on: whoever reads first after it
// finds it published (see PublishDue). A story that the lawyers hold, or whose
// embargo has not ended, is published by nobody.
//
// Who saved, approved or corrected is kept in tables of its own and in the
// newsroom's trail, and is in no text: bylines, persons and logins are three
// things (package byline).
//
// Versions of one story in several languages share a group and are otherwise
// stories of their own, published when each is ready.
//
// ImportText reads a plain page: headline, paragraphs, and the appeal for
// support that may stand below, which is proposed as an appeal and never
// printed as news. Desk.Import does so for many files, each in one short
// transaction and each only once, however often it is run.
//
// Nothing here costs more because the archive is large: every query goes by an
// index, and the test of sql.go reads the plans.
package story

import (
	"fmt"
	"time"

	"mimeo/internal/prose"
)

// State says who may read a story.
type State string

// The states of a story.
const (
	Drafted   State = "draft"
	Published State = "published" // corrected or not: see Story.Corrected
	Retracted State = "retracted" // taken back; what it said stays readable
	Withdrawn State = "withdrawn" // taken off; what it said does not
)

// Stage is how far the newest text of a story is on its way to readers.
type Stage string

// The stages of a text.
const (
	Writing   Stage = "draft"
	Submitted Stage = "review"
	Approved  Stage = "approved"
)

// Phase is state and stage in the one word that a newsroom uses.
type Phase string

// The phases of a story.
const (
	PhaseDraft     Phase = "draft"
	PhaseReview    Phase = "review"
	PhaseApproved  Phase = "approved"
	PhaseScheduled Phase = "scheduled"
	PhasePublished Phase = "published"
	PhaseCorrected Phase = "corrected"
	PhaseRetracted Phase = "retracted"
	PhaseWithdrawn Phase = "withdrawn"
)

// Flags are what must be so before a text goes out.
type Flags struct {
	TwoPerson bool      `json:"two_person,omitempty"` // somebody other than its author approves it
	Embargo   time.Time `json:"embargo,omitzero"`     // it is not public before
}

// Draft is what an editor decides about a story, and what a revision keeps.
type Draft struct {
	Group      string // shared by the versions in other languages; "" for a group of its own
	Lang       string // "" is the newsroom's first language
	Section    string // a slug, "" for none
	Slug       string // "" is made of the headline
	Headline   string
	Standfirst string
	Bylines    []string  // as printed; whoever signs in is nobody's business
	Dateline   time.Time // the day the text speaks from, at midnight UTC; zero for none
	Place      string
	Tags       []string
	NoAsk      bool // readers of this story are not asked for support
	Body       prose.Doc

	BylineIDs []string  // beside Bylines, in its order; "" for a name that has no page
	Flags     Flags     //
	Schedule  time.Time // when Publish is to show it; zero or past is at once
	Series    string    // a slug
	Related   []string  // ids of stories
	Live      bool      // a live blog

	Editor string // who saves it, a member's id. It is kept apart and never shown to readers.
}

// Story is a story with one of its texts: the one that readers see, or the
// newest one while it is a draft.
type Story struct {
	ID         string
	Group      string
	Lang       string
	Section    string
	Slug       string
	Headline   string
	Standfirst string
	Excerpt    string // the beginning of the body
	Bylines    []string
	Dateline   time.Time
	Place      string
	Tags       []string
	NoAsk      bool
	Body       prose.Doc
	State      State
	Revision   int // of the text held here
	Latest     int // the newest one
	Year       int // of the address, 0 before the first publication
	Month      time.Month
	Created    time.Time
	Updated    time.Time // when readers last got another text; of a draft, when it was saved
	Published  time.Time // the first time; zero before

	BylineIDs []string
	Flags     Flags
	Schedule  time.Time // of the text held here
	Series    string
	Related   []string
	Live      bool
	Records   map[string]int // statements in the text and the versions that their records had when it was saved

	Stage     Stage
	Touched   time.Time // when anything was last done to it
	Corrected time.Time // when readers last got a corrected text; zero never
	Held      time.Time // since when it is on legal hold; zero when it is not
	Due       time.Time // when a scheduled text goes out; zero when none is

	prefix string // of addresses in its language
}

// Summary is a story in a list.
type Summary struct {
	ID         string
	Group      string
	Lang       string
	Section    string
	Slug       string
	Headline   string
	Standfirst string
	Excerpt    string
	Bylines    []string
	Tags       []string
	NoAsk      bool
	State      State
	Year       int
	Month      time.Month
	Updated    time.Time
	Published  time.Time
	Series     string
	Live       bool
	Stage      Stage
	Waiting    bool // the newest text is not the one that readers see
	Touched    time.Time
	Corrected  time.Time
	Held       time.Time
	Due        time.Time

	prefix string
}

// Phase is where the story is, in one word.
func (s *Summary) Phase() Phase {
	switch s.State {
	case Published:
		if !s.Corrected.IsZero() {
			return PhaseCorrected
		}
		return PhasePublished
	case Retracted:
		return PhaseRetracted
	case Withdrawn:
		return PhaseWithdrawn
	case Drafted:
	default:
		return PhaseDraft
	}
	if !s.Due.IsZero() {
		return PhaseScheduled
	}
	switch s.Stage {
	case Submitted:
		return PhaseReview
	case Approved:
		return PhaseApproved
	case Writing:
		return PhaseDraft
	default:
		return PhaseDraft
	}
}

// Summary is what lists show of the story.
func (s *Story) Summary() Summary {
	return Summary{
		ID: s.ID, Group: s.Group, Lang: s.Lang, Section: s.Section, Slug: s.Slug, Headline: s.Headline, Standfirst: s.Standfirst,
		Excerpt: s.Excerpt, Bylines: s.Bylines, Tags: s.Tags, NoAsk: s.NoAsk, State: s.State, Year: s.Year, Month: s.Month,
		Updated: s.Updated, Published: s.Published, Series: s.Series, Live: s.Live, Stage: s.Stage,
		Waiting: s.Latest != s.Revision, Touched: s.Touched, Corrected: s.Corrected, Held: s.Held, Due: s.Due, prefix: s.prefix,
	}
}

// Draft is what an editor starts from to revise the story.
func (s *Story) Draft() Draft {
	return Draft{
		Group: s.Group, Lang: s.Lang, Section: s.Section, Slug: s.Slug, Headline: s.Headline, Standfirst: s.Standfirst,
		Bylines: s.Bylines, Dateline: s.Dateline, Place: s.Place, Tags: s.Tags, NoAsk: s.NoAsk, Body: s.Body,
		BylineIDs: s.BylineIDs, Flags: s.Flags, Schedule: s.Schedule, Series: s.Series, Related: s.Related, Live: s.Live,
	}
}

// Path is the story's address on the site, such as /2024/12/slug or, beside
// the newsroom's first language, /fa/2024/12/slug; "" before its publication.
// It is not percent-encoded.
func (s *Story) Path() string { return path(s.prefix, s.Year, s.Month, s.Slug) }

// Path is the story's address.
func (s *Summary) Path() string { return path(s.prefix, s.Year, s.Month, s.Slug) }

func path(prefix string, year int, month time.Month, slug string) string {
	if year == 0 {
		return ""
	}
	return fmt.Sprintf("%s/%04d/%02d/%s", prefix, year, int(month), slug)
}
