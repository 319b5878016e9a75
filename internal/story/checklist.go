package story

import (
	"context"
	"regexp"
	"strings"
	"unicode"

	"mimeo/internal/db"
	"mimeo/internal/prose"
)

// Check is one line of the list that an editor goes through before a text goes
// out. Text is a message's id, Args its arguments.
type Check struct {
	Code   string
	Text   string
	Args   []any
	Good   bool
	Blocks bool // it keeps the text from going out
}

// tk is a place where something is still "to come", as newsrooms mark it.
var tk = regexp.MustCompile(`TK(TK)*`)

// toCome counts such marks: TK or TKTK as a word of its own.
func toCome(text string) (n int) {
	for _, at := range tk.FindAllStringIndex(text, -1) {
		before, after := strings.ToValidUTF8(text[:at[0]], ""), text[at[1]:]
		if !endsInWord(before) && !beginsWithWord(after) {
			n++
		}
	}
	return n
}

func endsInWord(text string) bool {
	r := []rune(text[max(0, len(text)-8):])
	return len(r) > 0 && (unicode.IsLetter(r[len(r)-1]) || unicode.IsDigit(r[len(r)-1]))
}

func beginsWithWord(text string) bool {
	for _, r := range text {
		return unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	return false
}

func (s *Story) toCome() int {
	return toCome(s.Headline) + toCome(s.Standfirst) + toCome(s.Body.Text())
}

// ownObjections are those that need nothing but the text.
func ownObjections(s *Story) []Objection {
	if n := s.toCome(); n > 0 {
		return []Objection{{Code: "tk", Text: "story.check.tk", Args: []any{"Count", n}, Overridable: true}}
	}
	return nil
}

// Checklist goes through the newest text of a story.
func (d *Desk) Checklist(ctx context.Context, id string) (list []Check, err error) {
	err = d.read(ctx, "checking a story", func(ctx context.Context, tx *db.Tx) error {
		list = nil
		s, err := d.one(ctx, tx, byID, id)
		if err != nil {
			return err
		}
		if _, err := selectRevision(ctx, tx, &s, s.Latest); err != nil {
			return err
		}
		add := func(code string, good, blocks bool, args ...any) {
			text := "story.check." + code
			if good {
				text += "_good"
			}
			list = append(list, Check{Code: code, Text: text, Args: args, Good: good, Blocks: blocks && !good})
		}
		add("text", len(s.Body.Blocks) > 0, true)
		open := s.toCome()
		add("tk", open == 0, true, "Count", open)
		pictures, links := lacking(s.Body)
		add("alt", pictures == 0, false, "Count", pictures)
		add("links", links == 0, false, "Count", links)
		add("legal", s.Held.IsZero(), true)
		add("embargo", !s.Flags.Embargo.After(tx.Now), true, "Date", s.Flags.Embargo.In(d.opt.Zone).Format("2006-01-02 15:04"))
		add("approval", s.Stage == Approved || !(d.opt.Approval || s.Flags.TwoPerson), true)
		for _, c := range []struct{ code, query string }{
			{"tasks", "select count(*) from story_task where story = $1 and done = 0"},
			{"sides", "select count(*) from story_side where story = $1 and settled = 0"},
			{"translations", "select count(*) from story_flag where story = $1 and cleared = 0"},
		} {
			n := 0
			if err := tx.QueryRow(ctx, c.query, id).Scan(&n); err != nil {
				return err
			}
			add(c.code, n == 0, false, "Count", n)
		}
		for _, gate := range d.opt.Gates {
			objections, err := gate(ctx, tx, &s)
			if err != nil {
				return err
			}
			for _, o := range objections {
				list = append(list, Check{Code: o.Code, Text: o.Text, Args: o.Args, Blocks: true})
			}
		}
		return nil
	})
	return list, err
}

// lacking counts pictures that nobody described, and links that show their
// readers' way to whoever listens.
func lacking(body prose.Doc) (pictures, links int) {
	for i := range body.Blocks {
		if b := &body.Blocks[i]; b.Kind == prose.Image && strings.TrimSpace(b.Alt) == "" {
			pictures++
		}
	}
	body.Texts(func(_ int, t *prose.Text) {
		for i := range *t {
			if strings.HasPrefix(strings.ToLower((*t)[i].Link), "http:") {
				links++
			}
		}
	})
	return pictures, links
}
