// Package front is the front page as an editor arranges it: which stories stand
// at its head and in which order, and the one piece of breaking news above
// them. Where nothing is arranged the newest stories stand in their order, so a
// newsroom that never arranges anything has a front page all the same, and one
// whose editor sleeps shows the news.
//
// What is stored is one row a language: ids and a line of words. A story that
// is withdrawn disappears from the page by itself, and comes back if it does.
package front

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"mimeo/internal/db"
	"mimeo/internal/fault"
	"mimeo/internal/story"
)

// Places is how many stories can be arranged; below them the newest follow.
const Places = 12

// maxWords bounds the line of breaking news, in characters.
const maxWords = 200

// Arrangement is the front page of one language.
type Arrangement struct {
	Lang     string
	Version  int      // counts the saves; what Arrange must name
	Stories  []string // ids, the one that leads first
	Breaking Breaking
}

// Breaking is the line above everything else.
type Breaking struct {
	Story string // the id of the story it leads to, "" when there is none
	Words string // "" takes the headline
	Until time.Time
}

// On says whether the line is to be shown.
func (b Breaking) On(now time.Time) bool { return b.Story != "" && now.Before(b.Until) }

// Layout arranges front pages. It is safe for concurrent use.
type Layout struct {
	db      *db.DB
	stories *story.Desk
	record  Record
}

// Record notes in the newsroom's trail who did what, in the transaction that
// does it.
type Record func(ctx context.Context, tx *db.Tx, actor, action, object string) error

// New returns the layout of a newsroom. A nil record notes nothing.
func New(d *db.DB, stories *story.Desk, record Record) *Layout {
	if record == nil {
		record = func(context.Context, *db.Tx, string, string, string) error { return nil }
	}
	return &Layout{db: d, stories: stories, record: record}
}

// Of returns how the front page of a language is arranged.
func (l *Layout) Of(ctx context.Context, lang string) (a Arrangement, err error) {
	err = l.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, err = read(ctx, tx, lang)
		return err
	})
	return a, err
}

// Arrange puts stories at the head of a front page, in their order. version is
// that of the arrangement the editor had before them: when somebody arranged
// the page meanwhile the answer is a Conflict and nothing is changed.
func (l *Layout) Arrange(ctx context.Context, by, lang string, version int, stories []string) (Arrangement, error) {
	kept := make([]string, 0, len(stories))
	seen := map[string]bool{}
	for _, id := range stories {
		if id != "" && !seen[id] {
			kept = append(kept, id)
		}
		seen[id] = true
	}
	if len(kept) > Places {
		return Arrangement{}, fault.Invalidf("The front page has %d places to arrange", Places)
	}
	return l.change(ctx, by, "front.arrange", lang, func(a *Arrangement) error {
		if a.Version != version {
			return fault.Conflictf("Somebody else arranged this page meanwhile. Look at theirs before saving yours")
		}
		a.Stories = kept
		return nil
	})
}

// Break puts a line of breaking news above a front page, in place of the one
// before; without a story it takes the line away.
func (l *Layout) Break(ctx context.Context, by, lang string, b Breaking) (Arrangement, error) {
	b.Words = strings.TrimSpace(b.Words)
	switch {
	case !utf8.ValidString(b.Words) || strings.ContainsFunc(b.Words, func(r rune) bool { return r < ' ' || r == 0x7f || r >= '\u202a' && r <= '\u202e' }):
		return Arrangement{}, fault.Invalidf("The line of breaking news holds characters that are no words")
	case utf8.RuneCountInString(b.Words) > maxWords:
		return Arrangement{}, fault.Invalidf("The line of breaking news is longer than %d characters", maxWords)
	case b.Story == "":
		b = Breaking{}
	default:
		s, err := l.stories.ByID(ctx, b.Story)
		if err != nil {
			return Arrangement{}, err
		}
		if !shown(&s, lang) {
			return Arrangement{}, fault.Invalidf("Breaking news needs a published story in this language to lead to")
		}
	}
	return l.change(ctx, by, "front.break", lang, func(a *Arrangement) error {
		a.Breaking = b
		return nil
	})
}

func (l *Layout) change(ctx context.Context, by, action, lang string, change func(*Arrangement) error) (a Arrangement, err error) {
	err = l.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		// The first to come makes the row, and everybody waits for it.
		if _, err := tx.Exec(ctx, `insert into front (lang, version, stories, breaking, words, until, updated) values ($1, 0, '[]', '', '', 0, $2)
			on conflict (lang) do update set updated = excluded.updated`, lang, db.Micros(tx.Now)); err != nil {
			return err
		}
		if a, err = read(ctx, tx, lang); err != nil {
			return err
		}
		if err := change(&a); err != nil {
			return err
		}
		a.Version++
		if err := write(ctx, tx, a); err != nil {
			return err
		}
		if err := tx.Change(ctx, story.ChangeList, lang+"/"); err != nil {
			return err
		}
		return l.record(ctx, tx, by, action, lang)
	})
	if err != nil {
		return Arrangement{}, fmt.Errorf("arranging the front page: %w", err)
	}
	return a, nil
}

// Head returns the stories at the head of a front page, at most n: those that
// were arranged, as far as readers may see them, then the newest. The breaking
// line is nil when there is none now.
func (l *Layout) Head(ctx context.Context, lang string, n int, now time.Time) (head []story.Summary, breaking *Line, err error) {
	a, err := l.Of(ctx, lang)
	if err != nil {
		return nil, nil, err
	}
	there := map[string]bool{}
	for _, id := range a.Stories {
		s, err := l.stories.ByID(ctx, id)
		if fault.KindOf(err) == fault.Missing {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if shown(&s, lang) && len(head) < n {
			head = append(head, s.Summary())
			there[id] = true
		}
	}
	if len(head) < n {
		newest, err := l.stories.Front(ctx, lang, n)
		if err != nil {
			return nil, nil, err
		}
		for i := range newest {
			if !there[newest[i].ID] && len(head) < n {
				head = append(head, newest[i])
			}
		}
	}
	if !a.Breaking.On(now) {
		return head, nil, nil
	}
	s, err := l.stories.ByID(ctx, a.Breaking.Story)
	switch {
	case fault.KindOf(err) == fault.Missing, err == nil && !shown(&s, lang):
		return head, nil, nil
	case err != nil:
		return nil, nil, err
	}
	line := Line{Words: a.Breaking.Words, Path: s.Path(), Until: a.Breaking.Until}
	if line.Words == "" {
		line.Words = s.Headline
	}
	return head, &line, nil
}

// Line is breaking news as a page shows it.
type Line struct {
	Words, Path string
	Until       time.Time
}

// shown says whether readers of a language can open a story.
func shown(s *story.Story, lang string) bool {
	return s.State != story.Drafted && s.State != story.Retracted && s.Lang == lang && s.Path() != ""
}

func read(ctx context.Context, tx *db.Tx, lang string) (Arrangement, error) {
	a := Arrangement{Lang: lang}
	var stories string
	var until int64
	err := tx.QueryRow(ctx, "select version, stories, breaking, words, until from front where lang = $1", lang).
		Scan(&a.Version, &stories, &a.Breaking.Story, &a.Breaking.Words, &until)
	if errors.Is(err, db.ErrNoRows) {
		return a, nil
	}
	if err != nil {
		return a, err
	}
	if until != 0 {
		a.Breaking.Until = db.Time(until)
	}
	if err := json.Unmarshal([]byte(stories), &a.Stories); err != nil {
		return a, fmt.Errorf("reading the arrangement of %q: %w", lang, err)
	}
	return a, nil
}

func write(ctx context.Context, tx *db.Tx, a Arrangement) error {
	if a.Stories == nil {
		a.Stories = []string{}
	}
	stories, err := json.Marshal(a.Stories)
	if err != nil {
		return fmt.Errorf("writing the arrangement of %q: %w", a.Lang, err)
	}
	until := int64(0)
	if !a.Breaking.Until.IsZero() {
		until = db.Micros(a.Breaking.Until)
	}
	_, err = tx.Exec(ctx, "update front set version = $2, stories = $3, breaking = $4, words = $5, until = $6 where lang = $1",
		a.Lang, a.Version, string(stories), a.Breaking.Story, a.Breaking.Words, until)
	return err
}
