// Package statement keeps who said what: each attributed sentence of a story
// as a record of its own, with the speaker and who they were on that day, the
// exact words or ours, to whom, about whom, when, where, by what means, on
// which terms, with which evidence, and whether those spoken of could answer.
//
// A record has two sides of two types that no assignment can mix. The Record
// is what readers may see. The Secret is what they never do: who an unnamed
// source is, private notes, evidence that would endanger somebody. It is made
// of Private, which prints as nothing, is sealed before it reaches the
// database, and is opened only for the members on the statement's own list.
//
// Every version of a statement is kept whole. Readers see the version that was
// shown last: with the publication of a story that it stands in, or by Correct,
// which tells them what changed and reaches all stories at once. The span of
// text that carries a statement bears its id (package prose); a check by a
// second person holds for a version and for those words, and falls when either
// changes.
//
// Who a statement names is indexed apart, so that the page of a person is read
// by an index, and merging two people moves what was said and can be undone.
//
// What never happens: a login or a member's id among what readers get; a
// private word in a feed, an export or the bytes of the database; an accusation
// published whose evidence nobody looked at, unless two people say why.
package statement

import (
	"encoding/json"
	"fmt"
	"time"

	"mimeo/internal/entity"
)

// Kind is how words are attributed.
type Kind string

// The kinds.
const (
	Direct   Kind = "direct"   // the words themselves
	Mixed    Kind = "mixed"    // ours, with some of theirs
	Indirect Kind = "indirect" // ours
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{Direct, Mixed, Indirect} }

// Status is on which terms something was said, or that it was not.
type Status string

// The statuses.
const (
	OnRecord   Status = "on_record"
	Background Status = "background" // the name is known to us and not printed
	Declined   Status = "declined"
	NoReply    Status = "no_reply" // asked, and no answer by the time given
	Document   Status = "document"
)

// Statuses are all of them, in the order of the form.
func Statuses() []Status { return []Status{OnRecord, Background, Document, Declined, NoReply} }

// Medium is by what means something was said.
type Medium string

// The media. The empty one is not known.
const (
	InPerson  Medium = "in_person"
	Briefing  Medium = "briefing" // a press conference, a session, a speech
	Call      Medium = "call"
	Message   Medium = "message"
	Letter    Medium = "letter"
	Press     Medium = "press_release"
	Paper     Medium = "document"
	Recording Medium = "recording"
	Broadcast Medium = "broadcast"
	Online    Medium = "online"
	OtherWay  Medium = "other"
)

// Media are all of them, in the order of the form.
func Media() []Medium {
	return []Medium{InPerson, Briefing, Call, Message, Letter, Press, Paper, Recording, Broadcast, Online, OtherWay}
}

// EvidenceState says what is known of the evidence for what was said. None is
// also a finding, and readers see it.
type EvidenceState string

// The states of evidence.
const (
	NotAssessed   EvidenceState = "not_assessed"
	NonePresented EvidenceState = "none_presented"
	Presented     EvidenceState = "presented"
	NotNeeded     EvidenceState = "not_needed" // an opinion, a refusal, an announcement
)

// EvidenceStates are all of them, in the order of the form.
func EvidenceStates() []EvidenceState {
	return []EvidenceState{NotAssessed, Presented, NonePresented, NotNeeded}
}

// Precision is how exactly a time is known.
type Precision string

// The precisions.
const (
	ToMinute Precision = "minute"
	ToDay    Precision = "day"
	ToMonth  Precision = "month"
	ToYear   Precision = "year"
)

// When is a time as far as it is known, in the zone where it was said. The
// zero When is not known.
type When struct {
	At        time.Time `json:"at,omitzero"` // UTC
	Zone      string    `json:"zone,omitempty"`
	Precision Precision `json:"precision,omitempty"`
}

// IsZero says that the time is not known.
func (w When) IsZero() bool { return w.At.IsZero() }

// Location is the zone, UTC when there is none.
func (w When) Location() *time.Location {
	if w.Zone == "" {
		return time.UTC
	}
	zone, err := time.LoadLocation(w.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// ISO writes the time as machines read it, as exactly as it is known.
func (w When) ISO() string {
	if w.IsZero() {
		return ""
	}
	at := w.At.In(w.Location())
	switch w.Precision {
	case ToMinute:
		return at.Format("2006-01-02T15:04Z07:00")
	case ToDay:
		return at.Format(time.DateOnly)
	case ToMonth:
		return at.Format("2006-01")
	case ToYear:
		return at.Format("2006")
	default:
		return at.Format(time.DateOnly)
	}
}

// Party is somebody or something that a statement names: an entry of the
// register, with the name as it is printed here.
type Party struct {
	Entity string       `json:"entity,omitempty"` // "" for words alone
	Name   entity.Words `json:"name,omitempty"`
}

// IsZero says that nobody is named.
func (p Party) IsZero() bool { return p.Entity == "" && len(p.Name) == 0 }

// Source is who speaks: somebody by name, or somebody who is not named, with
// the reason that readers are given. Who that is stands in the Secret.
type Source struct {
	Party
	Unnamed bool         `json:"unnamed,omitempty"`
	Why     entity.Words `json:"why,omitempty"`
}

// EvidenceKind is what an item of evidence is.
type EvidenceKind string

// The kinds of evidence.
const (
	EvidenceFile EvidenceKind = "file"
	EvidenceLink EvidenceKind = "link"
	EvidenceNote EvidenceKind = "note"
)

// Evidence is one item, as readers see it. Of an item that is not for them
// nothing stands here but its kind: the rest is in the Secret.
type Evidence struct {
	ID     string       `json:"id"`
	Kind   EvidenceKind `json:"kind"`
	Public bool         `json:"public,omitempty"`
	Label  string       `json:"label,omitempty"`
	Link   string       `json:"link,omitempty"`
	Copy   string       `json:"copy,omitempty"`   // the file, or the saved copy of the link
	Type   string       `json:"type,omitempty"`   // media type of the copy
	Size   int          `json:"size,omitempty"`   // of the copy, in bytes
	SHA256 string       `json:"sha256,omitempty"` // of the copy
	Second bool         `json:"second,omitempty"` // another person was there
}

// Reply is what those spoken of answered.
type Reply struct {
	Asked    When         `json:"asked,omitzero"`
	Answered When         `json:"answered,omitzero"`
	Answer   entity.Words `json:"answer,omitempty"`
}

// Verdict is what a check of the facts found. Few statements have one.
type Verdict struct {
	Rating entity.Words `json:"rating"` // "mostly false"
	Value  int          `json:"value"`  // 1 is false, 5 is true
	Why    entity.Words `json:"why,omitempty"`
	On     entity.Day   `json:"on"`
}

// Record is the side of a statement that readers may see.
type Record struct {
	Who        Source        `json:"who"`
	Role       entity.Words  `json:"role,omitempty"` // as it was on that day
	Body       Party         `json:"body,omitzero"`
	Post       string        `json:"post,omitempty"` // the one held that day
	Kind       Kind          `json:"kind"`
	Cue        string        `json:"cue,omitempty"`
	Exact      bool          `json:"exact,omitempty"` // the words as they were said
	Words      entity.Word   `json:"words"`           // in the language they were said in, or ours
	Translated entity.Words  `json:"translated,omitempty"`
	Addressees []Party       `json:"addressees,omitempty"`
	About      []Party       `json:"about,omitempty"`
	Topics     []Party       `json:"topics,omitempty"`
	When       When          `json:"when,omitzero"`
	Place      Party         `json:"place,omitzero"`
	Medium     Medium        `json:"medium,omitempty"`
	Where      entity.Words  `json:"where,omitempty"` // "outside the court"
	Status     Status        `json:"status"`
	Deadline   When          `json:"deadline,omitzero"` // NoReply: the time they had
	Accusation bool          `json:"accusation,omitempty"`
	State      EvidenceState `json:"evidence_state"`
	Evidence   []Evidence    `json:"evidence,omitempty"`
	Reply      Reply         `json:"reply,omitzero"`
	Verdict    *Verdict      `json:"verdict,omitempty"`
}

// In is what was said in a language, and which language that is: the words, or
// their translation.
func (r *Record) In(lang string) (text, in string) {
	if r.Words.Lang == lang {
		return r.Words.Text, lang
	}
	if text, in = r.Translated.In(lang); in == lang {
		return text, in
	}
	return r.Words.Text, r.Words.Lang
}

// Said is the time by which lists are ordered.
func (r *Record) said(otherwise time.Time) time.Time {
	if r.When.IsZero() {
		return otherwise
	}
	return r.When.At
}

// HasEvidence says that something was presented that we have.
func (r *Record) HasEvidence() bool { return r.State == Presented && len(r.Evidence) > 0 }

// Statement is a statement in one of its versions.
type Statement struct {
	ID string
	Record
	Version   int
	Latest    int
	Shown     int       // the version that readers see, 0 when they see none
	Public    bool      // it stands in a published story
	Checked   bool      // this version, by a second person
	Note      string    // what readers are told of the change
	At        time.Time // of the version
	By        string    // a member's id; for the desk only
	Created   time.Time
	Updated   time.Time
	Published time.Time // first
	Changed   time.Time // when readers last got another version
}

// Path is the statement's address below an edition's prefix.
func (s *Statement) Path() string { return "/statements/" + s.ID }

// Chip is the state that an editor sees at a glance.
type Chip string

// The chips.
const (
	NoEvidence   Chip = "none"     // grey
	WithEvidence Chip = "evidence" // outline
	CheckedChip  Chip = "checked"  // filled
)

// Chip is the statement's state at a glance.
func (s *Statement) Chip() Chip {
	switch {
	case s.Checked:
		return CheckedChip
	case s.State == NotAssessed:
		return NoEvidence
	default:
		return WithEvidence
	}
}

// Limits of a record, in characters and in number.
const (
	maxWords    = 10_000
	maxText     = 1_000
	maxLine     = 200
	maxParties  = 30
	maxEvidence = 50
)

// decode reads a record as it lies in the database.
func (r *Record) decode(doc string) error {
	if err := json.Unmarshal([]byte(doc), r); err != nil {
		return fmt.Errorf("reading a statement: %w", err)
	}
	return nil
}
