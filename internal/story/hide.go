package story

import (
	"time"
)

// Redaction is one order to hide a name or a face everywhere.
type Redaction struct {
	ID          string
	At          time.Time
	By          string   // a member's id
	Reason      string   // for the desk
	Replacement string   // what stands in the place of a name
	Names       []string // and spellings, the longest first; none once it is done
	Pictures    []string // paths on this site; none once it is done
	DryRun      bool     // count, change nothing
}
