// Package appeal decides which reader is asked for support, in which words,
// and remembers for the fundraiser how often that happened.
//
// The decision is a pure function of a configuration and of the facts of one
// page view: [ParseConfig] turns the stored document into [Rules],
// [Rules.Decide] answers for one reader without allocating, and
// [Rules.Explain] gives the same answer with a trace that names, for every
// appeal passed over, the first condition that failed. Nothing in it reads a
// clock, a table or a random source.
//
// A reader is known here only by what the page view itself says: a country or
// none, the page's language, section and tags, the way the page was reached,
// and the reader's own cookie ([Ask]), which is set only when they act and
// holds a choice and a date. No identifier of a reader exists.
//
// [Board] keeps the configuration with its whole history and counts
// impressions, closings and the like per day and variant, never per person.
// [Tokens] carries "which words brought this gift" from the page to the
// contribution. [Countries] looks an address up and forgets it.
package appeal

import (
	"time"
)

// State says whether an appeal may be shown.
type State string

// The states of an appeal. Only a live one is ever shown.
const (
	Draft    State = "draft"
	Live     State = "live"
	Archived State = "archived"
)

// Appeal is one support message with the rules of who may see it.
type Appeal struct {
	ID       string
	Priority int64 // lower is tried first, ties by ID
	State    State
	Variants []Variant

	starts, ends *time.Time
	where        where
	holdout      uint64 // of a thousand readers whom it fits, so many are not asked
	salt         []byte // the configured salt with the colon that follows it
	weights      uint64 // sum over Variants, at least 1
}

// where holds an appeal's conditions; an empty list is no condition.
type where struct {
	countries, exceptCountries []string // upper case
	languages                  []string
	sections, exceptSections   []string
	tags, exceptTags           []string
	channels                   []string
}

// Variant is one wording of an appeal.
type Variant struct {
	ID     string
	Weight int64 // 0 is never picked
	Words
}

// Words are what a reader sees. Any of them may be empty: the page then uses
// its own.
type Words struct {
	Heading   string
	Body      []string // paragraphs
	Signature string
	Button    string // to the contribution form
	Remind    string // to the reminder form
	Thanks    string // once a reminder is set
}

// Reason says why a reader is or is not asked.
type Reason string

// The reasons, in the order in which they are tried.
const (
	Off            Reason = "off"             // nobody is asked
	CountryClosed  Reason = "country_closed"  // giving is dangerous or forbidden there
	CountryUnknown Reason = "country_unknown" // and the configuration says to skip then
	ByNever        Reason = "never"           // the reader said never
	Supporter      Reason = "supporter"       // gives monthly
	Gave           Reason = "gave"            // gave once, not long ago
	ByClosed       Reason = "closed"          // closed an appeal, not long ago
	ReminderSet    Reason = "reminder_set"    // wants to be asked in a later month
	NoAsk          Reason = "no_ask"          // the story is not one to ask beside
	NoneMatched    Reason = "none_matched"
	Holdout        Reason = "holdout" // fits, but is in the share that is not asked
	Shown          Reason = "shown"
)

// Facts are everything that a decision may depend on beside the configuration.
type Facts struct {
	Now      time.Time
	Country  string // ISO 3166 code, "" when unknown
	Channel  string // "clear", "onion" or "mirror"
	Language string
	Section  string
	Tags     []string
	NoAsk    bool
	Ask      string // the value of the reader's own cookie, as received
	Draw     uint64 // uniformly random, new for each page view
}

// Decision is the answer for one page view. Appeal is set with Holdout and
// Shown, Variant with Shown only.
type Decision struct {
	Appeal  *Appeal
	Variant *Variant
	Reason  Reason
}

// Answer is a decision as it is printed, with its trace.
type Answer struct {
	Appeal  string `json:"appeal"`
	Variant string `json:"variant"`
	Reason  Reason `json:"reason"`
	Trace   []Step `json:"trace"`
}

// Step says why an appeal was passed over: Failed is the name, in the
// configuration, of the first condition that did not hold.
type Step struct {
	Appeal string `json:"appeal"`
	Failed string `json:"failed"`
}

// Rules is a configuration ready to decide. It never changes and is safe for
// use by many goroutines.
type Rules struct {
	off         bool
	skipUnknown bool
	closed      map[string]struct{} // upper-case country codes
	appeals     []*Appeal           // in the order in which they are tried
	index       index
}

// AskNobody returns rules that answer Off to everyone: what stands in until a
// configuration could be read.
func AskNobody() *Rules { return &Rules{off: true, index: newIndex(nil)} }

// Appeals returns the appeals in the order in which they are tried. The caller
// must not change them.
func (r *Rules) Appeals() []*Appeal { return r.appeals }

// Find returns the words of a variant, by what a token says was shown, and
// whether they still exist.
func (r *Rules) Find(appeal, variant string) (*Variant, bool) {
	for _, a := range r.appeals {
		if a.ID != appeal {
			continue
		}
		for i := range a.Variants {
			if a.Variants[i].ID == variant {
				return &a.Variants[i], true
			}
		}
	}
	return nil, false
}
