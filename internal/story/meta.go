package story

import (
	"encoding/json"
	"fmt"
	"time"

	"mimeo/internal/db"
)

// Saved says which act made a revision.
type Saved string

// The acts that make revisions.
const (
	SavedBegin   Saved = "begin"
	SavedText    Saved = "save"
	SavedRestore Saved = "restore"
	SavedEntry   Saved = "entry" // of a live blog
	SavedPlan    Saved = "schedule"
)

// meta is what a revision keeps beside its words: with it a revision is the
// whole object.
type meta struct {
	Slug     string         `json:"slug,omitempty"`
	Bylines  []string       `json:"byline_ids,omitempty"`
	Flags    Flags          `json:"flags,omitzero"`
	Schedule time.Time      `json:"schedule,omitzero"`
	Series   string         `json:"series,omitempty"`
	Related  []string       `json:"related,omitempty"`
	Live     bool           `json:"live,omitempty"`
	Records  map[string]int `json:"statements,omitempty"`
}

func metaOf(d *Draft, records map[string]int) (string, error) {
	out, err := json.Marshal(meta{
		Slug: d.Slug, Bylines: d.BylineIDs, Flags: d.Flags, Schedule: d.Schedule, Series: d.Series, Related: d.Related,
		Live: d.Live, Records: records,
	})
	if err != nil {
		return "", fmt.Errorf("writing what belongs to a revision: %w", err)
	}
	return string(out), nil
}

// takeMeta reads it over the story. The address of a published story is the one
// that it has now, whatever a revision was saved under.
func (s *Story) takeMeta(text string) error {
	var m meta
	if text != "{}" {
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			return fmt.Errorf("reading what belongs to a revision: %w", err)
		}
	}
	s.BylineIDs, s.Flags, s.Schedule, s.Related, s.Records = m.Bylines, m.Flags, m.Schedule, m.Related, m.Records
	s.Series, s.Live = m.Series, m.Live
	if s.Year == 0 && m.Slug != "" {
		s.Slug = m.Slug
	}
	return nil
}

// moment reads a time that may not have come, micros writes it.
func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return db.Time(us)
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return db.Micros(t)
}
