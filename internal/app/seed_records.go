package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/statement"
)

// seedRecords is newsroom/records.json: whom the demo's stories quote, with
// what, and what stands against what. Times are hours before the demo began.
type seedRecords struct {
	Entities []struct {
		Key string `json:"key"`
		entity.Draft
		Posts []entity.Post `json:"posts"`
	} `json:"entities"`
	Statements []seedStatement `json:"statements"`
	Links      []struct {
		Source string             `json:"source"`
		Target string             `json:"target"`
		Kind   statement.Relation `json:"kind"`
	} `json:"links"`
	Running []struct {
		Key          string       `json:"key"`
		Titles       entity.Words `json:"titles"`
		Descriptions entity.Words `json:"descriptions"`
		Groups       []string     `json:"groups"`
	} `json:"running"`
}

type seedStatement struct {
	Key        string                  `json:"key"`
	Group      string                  `json:"group"`
	Marks      map[string]string       `json:"marks"`
	Who        string                  `json:"who"`
	Unnamed    entity.Words            `json:"unnamed"`
	Role       entity.Words            `json:"role"`
	Body       string                  `json:"body"`
	Kind       statement.Kind          `json:"kind"`
	Exact      bool                    `json:"exact"`
	Words      entity.Words            `json:"words"`
	Cue        string                  `json:"cue"`
	Ago        int                     `json:"ago"`
	On         string                  `json:"on"`    // the last such weekday by then
	Clock      string                  `json:"clock"` // 16:20
	Year       int                     `json:"year"`
	Precision  statement.Precision     `json:"precision"`
	Medium     statement.Medium        `json:"medium"`
	Where      entity.Words            `json:"where"`
	Place      string                  `json:"place"`
	To         []entity.Words          `json:"to"`
	About      []string                `json:"about"`
	Topics     []string                `json:"topics"`
	Status     statement.Status        `json:"status"`
	Deadline   int                     `json:"deadline"`
	Accusation bool                    `json:"accusation"`
	Evidence   statement.EvidenceState `json:"evidence"`
	Items      []statement.Evidence    `json:"items"`
	Secret     struct {
		Note string `json:"note"`
	} `json:"secret"`
	Reply struct {
		Asked    int          `json:"asked"`
		Answered int          `json:"answered"`
		Answer   entity.Words `json:"answer"`
	} `json:"reply"`
}

// seededRecords is how the data folder remembers which record is which.
const seededRecords = "demo_records"

// records makes the demo's entries and statements, and marks the words of the
// stories that carry them. A start that was cut short is taken up where it
// stopped.
func (a *App) seedRecords(ctx context.Context, stories []seedStory, now time.Time) (err error) {
	raw, err := newsroom.ReadFile("newsroom/records.json")
	if err != nil {
		return err
	}
	var all seedRecords
	if err := json.Unmarshal(raw, &all); err != nil {
		return fmt.Errorf("newsroom/records.json: %w", err)
	}
	entries := map[string]string{}
	for _, e := range all.Entities {
		if entries[e.Key], err = a.seedEntity(ctx, e.Draft, e.Posts, entries); err != nil {
			return fmt.Errorf("%s: %w", e.Key, err)
		}
	}
	ids := map[string]string{}
	if err := a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		kept, err := tx.Meta(ctx, seededRecords)
		if err != nil || kept == "" {
			return err
		}
		return json.Unmarshal([]byte(kept), &ids)
	}); err != nil {
		return err
	}
	if len(ids) == 0 {
		if err := a.seedStatements(ctx, &all, entries, ids, now); err != nil {
			return err
		}
	}
	for _, s := range all.Statements {
		for i := range stories {
			one := &stories[i]
			if words := s.Marks[one.lang]; one.group == s.Group && words != "" && !statement.MarkIn(&one.body, ids[s.Key], words) {
				return fmt.Errorf("%s: %q does not stand in %s", s.Key, words, one.slug)
			}
		}
	}
	return nil
}

func (a *App) seedEntity(ctx context.Context, d entity.Draft, posts []entity.Post, entries map[string]string) (string, error) {
	found, err := a.Entities.Match(ctx, entity.Query{Name: d.Names[0].Text, Kind: d.Kind, Limit: 1})
	if err != nil {
		return "", err
	}
	var id string
	if len(found) > 0 && found[0].Name("en") == d.Names[0].Text {
		id = found[0].ID
	} else {
		made, err := a.Entities.Create(ctx, "", d)
		if err != nil {
			return "", err
		}
		id = made.ID
	}
	there, err := a.Entities.Posts(ctx, id)
	if err != nil || len(there) >= len(posts) {
		return id, err
	}
	for _, p := range posts[len(there):] {
		p.Person, p.Body = id, entries[p.Body]
		if _, err := a.Entities.SavePost(ctx, "", p); err != nil {
			return "", err
		}
	}
	return id, nil
}

// seedStatements makes all statements in one transaction, so that there are
// all of them or none.
func (a *App) seedStatements(ctx context.Context, all *seedRecords, entries, ids map[string]string, now time.Time) error {
	return a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, s := range all.Statements {
			d, err := s.draft(entries, now, a.zone.String())
			if err != nil {
				return fmt.Errorf("%s: %w", s.Key, err)
			}
			made, err := a.Statements.CreateTx(ctx, tx, demoEditor, d)
			if err != nil {
				return fmt.Errorf("%s: %w", s.Key, err)
			}
			ids[s.Key] = made.ID
		}
		kept, err := json.Marshal(ids)
		if err != nil {
			return err
		}
		return tx.SetMeta(ctx, seededRecords, string(kept))
	})
}

// demoEditor is the demo's editor, who may see the evidence.
const demoEditor = "demo-editor"

func (s *seedStatement) draft(entries map[string]string, now time.Time, zone string) (d statement.Draft, err error) {
	party := func(key string) (p statement.Party) {
		if key == "" {
			return p
		}
		if p.Entity = entries[key]; p.Entity == "" {
			err = errors.Join(err, fault.Invalidf("there is no entry %q", key))
		}
		return p
	}
	before := func(hours int, precision statement.Precision) statement.When {
		if hours == 0 {
			return statement.When{}
		}
		if precision == "" {
			precision = statement.ToDay
		}
		return statement.When{At: now.Add(-time.Duration(hours) * time.Hour).Truncate(10 * time.Minute), Zone: zone, Precision: precision}
	}
	if len(s.Words) == 0 {
		return d, fault.Invalidf("there are no words")
	}
	d.Record = statement.Record{
		Who: statement.Source{Party: party(s.Who), Unnamed: len(s.Unnamed) > 0, Why: s.Unnamed}, Role: s.Role, Body: party(s.Body),
		Kind: s.Kind, Cue: s.Cue, Exact: s.Exact, Words: s.Words[0], Translated: s.Words[1:],
		When: before(s.Ago, s.Precision), Place: party(s.Place), Medium: s.Medium, Where: s.Where, Status: s.Status,
		Deadline: before(s.Deadline, statement.ToMinute), Accusation: s.Accusation, State: s.Evidence, Evidence: s.Items,
		Reply: statement.Reply{Asked: before(s.Reply.Asked, statement.ToMinute), Answered: before(s.Reply.Answered, statement.ToMinute), Answer: s.Reply.Answer},
	}
	if s.Year != 0 {
		d.When = statement.When{At: time.Date(s.Year, 1, 1, 0, 0, 0, 0, time.UTC), Precision: statement.ToYear}
	}
	if s.On != "" {
		d.When, err = s.weekday(d.When, now, zone)
		if !d.Reply.Asked.IsZero() && s.Reply.Asked == s.Ago {
			d.Reply.Asked = d.When
		}
	}
	for _, to := range s.To {
		d.Addressees = append(d.Addressees, statement.Party{Name: to})
	}
	for _, key := range s.About {
		d.About = append(d.About, party(key))
	}
	for _, key := range s.Topics {
		d.Topics = append(d.Topics, party(key))
	}
	if s.Secret.Note != "" {
		d.Secret = &statement.Secret{Note: statement.Hide(s.Secret.Note)}
	}
	return d, err
}

// weekday moves a time back to the last such weekday, at the hour named.
func (s *seedStatement) weekday(w statement.When, now time.Time, zone string) (statement.When, error) {
	place, err := time.LoadLocation(zone)
	if err != nil {
		return w, err
	}
	at := now.Add(-time.Duration(s.Ago) * time.Hour).In(place)
	for range 7 {
		if at.Weekday().String() == s.On {
			break
		}
		at = at.AddDate(0, 0, -1)
	}
	hour, minute := 12, 0
	if s.Clock != "" {
		clock, err := time.Parse("15:04", s.Clock)
		if err != nil {
			return w, err
		}
		hour, minute = clock.Hour(), clock.Minute()
	}
	w.At = time.Date(at.Year(), at.Month(), at.Day(), hour, minute, 0, 0, place).UTC()
	return w, nil
}

// seedMarks makes the marks between the demo's statements and its running
// stories, once its stories are there.
func (a *App) seedMarks(ctx context.Context) error {
	raw, err := newsroom.ReadFile("newsroom/records.json")
	if err != nil {
		return err
	}
	var all seedRecords
	if err := json.Unmarshal(raw, &all); err != nil {
		return err
	}
	ids := map[string]string{}
	if err := a.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		kept, err := tx.Meta(ctx, seededRecords)
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(kept), &ids)
	}); err != nil {
		return err
	}
	for _, l := range all.Links {
		if err := a.Statements.Mark(ctx, "", statement.Link{Source: ids[l.Source], Target: ids[l.Target], Kind: l.Kind}, true); err != nil {
			return err
		}
	}
	there, err := a.Statements.RunningList(ctx, statement.Cursor{}, 1)
	if err != nil || len(there) > 0 {
		return err
	}
	for _, r := range all.Running {
		d := statement.RunningDraft{Titles: r.Titles, Descriptions: r.Descriptions}
		for _, group := range r.Groups {
			versions, err := a.Stories.Translations(ctx, group)
			if err != nil {
				return err
			}
			for _, v := range versions {
				d.Stories = append(d.Stories, v.ID)
			}
		}
		if _, err := a.Statements.SaveRunning(ctx, "", "", 0, d); err != nil {
			return err
		}
	}
	return nil
}
