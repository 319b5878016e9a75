package statement_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/statement"
)

// TestRoleThen has a judge become a minister: what she said as a judge stays a
// judge's, and what she says now is a minister's.
func TestRoleThen(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		who, court := r.person(t, "Leonie Achterberg"), r.entry(t, entity.Body, "Administrative court")
		judge, err := r.reg.SavePost(t.Context(), "m1", entity.Post{Person: who.ID, Body: court.ID, Roles: en("judge"), Since: "2019"})
		if err != nil {
			t.Fatal(err)
		}
		then := r.make1(t, says(who, "Secrecy was granted without reasons."))
		if then.Role.Text("en") != "judge" || then.Post != judge.ID || then.Record.Body.Entity != court.ID || then.Who.Name.Text("en") != "Leonie Achterberg" {
			t.Fatalf("the record was filled in with %+v", then.Record)
		}
		r.publish(t, "story1", text(then.ID, "Secrecy was granted"), true)
		r.clock.Advance(48 * time.Hour)
		judge.Until = "2026-11-22"
		if _, err := r.reg.SavePost(t.Context(), "m1", judge); err != nil {
			t.Fatal(err)
		}
		if _, err := r.reg.SavePost(t.Context(), "m1", entity.Post{Person: who.ID, Roles: en("minister of justice"), Since: "2026-11-23"}); err != nil {
			t.Fatal(err)
		}
		draft := says(who, "We will publish every ruling.")
		draft.When.At = r.clock.Now()
		now := r.make1(t, draft)
		r.publish(t, "story2", text(now.ID, "We will publish"), true)
		got, err := r.book.Of(t.Context(), who.ID, statement.PartWho, statement.Cursor{}, 10)
		if err != nil || len(got) != 2 {
			t.Fatalf("%d statements, %v", len(got), err)
		}
		if got[0].Role.Text("en") != "minister of justice" || got[1].Role.Text("en") != "judge" {
			t.Errorf("they were %q and then %q", got[1].Role.Text("en"), got[0].Role.Text("en"))
		}
	})
}

func TestVersionsAndCorrections(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		who := r.person(t, "Pavel Novak")
		s := r.make1(t, says(who, "We will study the ruling."))
		if _, err := r.book.Shown(t.Context(), s.ID); fault.KindOf(err) != fault.Missing {
			t.Errorf("readers see a statement of no story: %v", err)
		}
		r.publish(t, "story1", text(s.ID, "study the ruling"), true)
		r.publish(t, "story2", text(s.ID, "study the ruling"), true)
		draft := statement.Draft{Record: s.Record}
		draft.Words.Text = "We will read the ruling."
		_, err := r.book.Save(t.Context(), "m1", s.ID, 7, draft)
		want(t, err, fault.Conflict)
		s2, err := r.book.Save(t.Context(), "m1", s.ID, 1, draft)
		if err != nil || s2.Latest != 2 || s2.Shown != 1 {
			t.Fatalf("saved %+v, %v", s2, err)
		}
		again, err := r.book.Save(t.Context(), "m1", s.ID, 2, draft)
		if err != nil || again.Latest != 2 {
			t.Errorf("the same words again made version %d, %v", again.Latest, err)
		}
		if seen, err := r.book.Shown(t.Context(), s.ID); err != nil || seen.Words.Text != "We will study the ruling." {
			t.Errorf("readers see %q before the correction, %v", seen.Words.Text, err)
		}
		r.publish(t, "story1", text(s.ID, "study the ruling", s.ID, "again"), true)
		if seen, err := r.book.Shown(t.Context(), s.ID); err != nil || seen.Words.Text != "We will study the ruling." {
			t.Errorf("a story's publication changed another's statement: %q, %v", seen.Words.Text, err)
		}
		_, err = r.book.Correct(t.Context(), "m1", s.ID, " ")
		want(t, err, fault.Invalid)
		changes := r.changes(t)
		r.clock.Advance(time.Hour)
		seen, err := r.book.Correct(t.Context(), "m1", s.ID, "He said read, not study.")
		if err != nil || seen.Words.Text != "We will read the ruling." {
			t.Fatalf("corrected to %+v, %v", seen, err)
		}
		if n := slices.Index(r.changes(t)[len(changes):], "statement "+s.ID); n < 0 {
			t.Error("no page was told of the correction")
		}
		_, err = r.book.Correct(t.Context(), "m1", s.ID, "Once more.")
		want(t, err, fault.Conflict)
		history, err := r.book.History(t.Context(), s.ID)
		if err != nil || len(history) != 2 || history[0].Note != "He said read, not study." || history[1].Words.Text != "We will study the ruling." || history[1].Announced.IsZero() {
			t.Errorf("the history is %+v, %v", history, err)
		}
		stories, err := r.book.Stories(t.Context(), s.ID)
		if err != nil || !slices.Equal(stories, []string{"story1", "story2"}) {
			t.Errorf("it stands in %v, %v", stories, err)
		}
		r.publish(t, "story1", text(), false)
		if _, err := r.book.Shown(t.Context(), s.ID); err != nil {
			t.Error("it left the second story with the first")
		}
		r.publish(t, "story2", text(s.ID, "study"), false)
		_, err = r.book.Shown(t.Context(), s.ID)
		want(t, err, fault.Missing)
		if list, err := r.book.Of(t.Context(), who.ID, statement.PartWho, statement.Cursor{}, 10); err != nil || len(list) != 0 {
			t.Errorf("a withdrawn story's statements are listed: %v, %v", list, err)
		}
		r.publish(t, "story2", text(s.ID, "study"), true)
		if seen, err := r.book.Shown(t.Context(), s.ID); err != nil || seen.Words.Text != "We will read the ruling." {
			t.Errorf("after its return readers see %q, %v", seen.Words.Text, err)
		}
	})
}

func (r *room) changes(t *testing.T) (out []string) {
	t.Helper()
	if err := r.db.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, "select kind, key from change order by seq")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var kind, key string
			if err := rows.Scan(&kind, &key); err != nil {
				return err
			}
			out = append(out, kind+" "+key)
		}
		return rows.Err()
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCheckFallsWithTheWords(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		s := r.make1(t, says(r.person(t, "Nadia Rehm"), "I want to read one page."))
		r.save(t, "story1", text(s.ID, "I want to read one page"))
		_, err := r.book.Check(t.Context(), "m1", s.ID, 1)
		want(t, err, fault.Denied) // the same person
		checked := func() bool {
			t.Helper()
			now, err := r.book.ByID(t.Context(), s.ID)
			if err != nil {
				t.Fatal(err)
			}
			return now.Checked
		}
		if _, err := r.book.Check(t.Context(), "m2", s.ID, 1); err != nil || !checked() {
			t.Fatalf("a second person's check: %v", err)
		}
		body := text(s.ID, "I want to read one page")
		body.Blocks[0].Text[0].Text = "Other words around it, "
		r.save(t, "story1", body)
		r.save(t, "story2", body)
		if !checked() {
			t.Error("other words around it dropped the check")
		}
		r.save(t, "story1", text(s.ID, "I want to read  one\npage"))
		if !checked() {
			t.Error("white space dropped the check")
		}
		r.save(t, "story1", text(s.ID, "I want to read two pages"))
		if checked() {
			t.Error("the marked words changed and the check holds")
		}
		if !slices.Contains(r.trail, "m1 statement.uncheck") {
			t.Errorf("the trail is %q", r.trail)
		}
		if _, err := r.book.Check(t.Context(), "m2", s.ID, 1); err != nil {
			t.Fatal(err)
		}
		draft := statement.Draft{Record: s.Record}
		draft.Cue = "wrote"
		if _, err := r.book.Save(t.Context(), "m1", s.ID, 1, draft); err != nil || checked() {
			t.Errorf("another version kept the check: %v", err)
		}
		_, err = r.book.Check(t.Context(), "m2", s.ID, 1)
		want(t, err, fault.Conflict)
		r.save(t, "story1", text("nothingofthatkind", "made up")) // a mark without a statement
		if drafts, err := r.book.Drafts(t.Context(), s.ID); err != nil || !slices.Equal(drafts, []string{"story2"}) {
			t.Errorf("it is drafted in %v, %v", drafts, err)
		}
	})
}

func TestGate(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		gate := func(lang string, marks ...string) (codes []string) {
			t.Helper()
			body := text(marks...)
			if err := r.db.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				all, err := r.book.Gate(ctx, tx, lang, &body)
				for _, o := range all {
					codes = append(codes, o.Code)
					if (o.Code == statement.GateAccusation) != o.Blocks {
						t.Errorf("%s keeps the text in: %v", o.Code, o.Blocks)
					}
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return codes
		}
		who := r.person(t, "Mira Sold")
		plain := r.make1(t, says(who, "It rained."))
		draft := says(who, "They took the money.")
		draft.Cue = "accused"
		accusing := r.make1(t, draft)
		draft.Cue, draft.Words = "обвинила", entity.Word{Lang: "ru", Text: "Они взяли деньги."}
		russian := r.make1(t, draft)
		draft = says(who, "They lied.")
		draft.Accusation = true
		flagged := r.make1(t, draft)
		if got := gate("en", plain.ID, "it rained"); len(got) > 0 {
			t.Errorf("a remark on the weather: %q", got)
		}
		for _, s := range []statement.Statement{accusing, russian, flagged} {
			if got := gate("en", s.ID, "words"); !slices.Equal(got, []string{statement.GateAccusation}) {
				t.Errorf("%q: %q", s.Words.Text, got)
			}
		}
		if got := gate("en", "nosuchstatement", "words"); !slices.Equal(got, []string{statement.GateUnknown}) {
			t.Errorf("a mark that leads nowhere: %q", got)
		}
		for lang, words := range map[string]string{
			"en": "The mayor accused the council of theft.", "ru": "Мэр обвинил совет в краже.", "fa": "شهردار شورا را متهم کرد.",
			"ar": "واتهم رئيس البلدية المجلس بالسرقة.", "de": "Der Bürgermeister beschuldigte den Rat.",
		} {
			if got := gate(lang, "", words); !slices.Equal(got, []string{statement.GateUnmarked}) {
				t.Errorf("%q: %q", words, got)
			}
		}
		for _, words := range []string{"She is in charge of the museum.", "Entrance is free of charge.", "The court heard the case."} {
			if got := gate("en", "", words); len(got) > 0 {
				t.Errorf("%q: %q", words, got)
			}
		}
		// Two people let one out without a word on the evidence, for this version alone.
		want(t, r.book.AskLeave(t.Context(), "m1", flagged.ID, 1, ""), fault.Invalid)
		want(t, r.book.GiveLeave(t.Context(), "m2", flagged.ID, 1), fault.Missing)
		if err := r.book.AskLeave(t.Context(), "m1", flagged.ID, 1, "It was said in open court."); err != nil {
			t.Fatal(err)
		}
		want(t, r.book.GiveLeave(t.Context(), "m1", flagged.ID, 1), fault.Denied)
		if got := gate("en", flagged.ID, "words"); len(got) != 1 {
			t.Errorf("one person was enough: %q", got)
		}
		if err := r.book.GiveLeave(t.Context(), "m2", flagged.ID, 1); err != nil {
			t.Fatal(err)
		}
		if got := gate("en", flagged.ID, "words"); len(got) != 0 {
			t.Errorf("after the leave: %q", got)
		}
		change := statement.Draft{Record: flagged.Record}
		change.Words.Text = "They lied twice."
		next, err := r.book.Save(t.Context(), "m1", flagged.ID, 1, change)
		if err != nil {
			t.Fatal(err)
		}
		if got := gate("en", flagged.ID, "words"); len(got) != 1 {
			t.Errorf("the leave holds for words that nobody read: %q", got)
		}
		for _, state := range []statement.EvidenceState{statement.NonePresented, statement.Presented, statement.NotNeeded} {
			change.State = state
			if next, err = r.book.Save(t.Context(), "m1", flagged.ID, next.Latest, change); err != nil {
				t.Fatal(err)
			}
			if got := gate("en", flagged.ID, "words"); len(got) != 0 {
				t.Errorf("with %s: %q", state, got)
			}
		}
		// A correction of what readers see passes the same gate.
		r.publish(t, "story1", text(flagged.ID, "words"), true)
		change.State = statement.NotAssessed
		if _, err = r.book.Save(t.Context(), "m1", flagged.ID, next.Latest, change); err != nil {
			t.Fatal(err)
		}
		_, err = r.book.Correct(t.Context(), "m1", flagged.ID, "x")
		want(t, err, fault.Conflict)
		if got := gate("en", flagged.ID, "words"); !slices.Equal(got, []string{statement.GateAccusation, statement.GatePending}) {
			t.Errorf("a change that waits: %q", got)
		}
	})
}

func TestMarksBetweenStatements(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a, b := r.person(t, "Ada Ferry"), r.person(t, "Ben Moss")
		topic := r.entry(t, entity.Topic, "The bridge")
		draft := says(a, "The bridge is safe.")
		draft.Topics = []statement.Party{{Entity: topic.ID}}
		draft.When.At = draft.When.At.Add(-72 * time.Hour)
		old := r.make1(t, draft)
		draft = says(a, "The bridge was never safe.")
		draft.Topics = []statement.Party{{Entity: topic.ID}}
		fresh := r.make1(t, draft)
		other := r.make1(t, says(b, "That is not so."))
		r.publish(t, "story1", text(old.ID, "a", fresh.ID, "b"), true)
		for _, l := range []statement.Link{
			{Source: fresh.ID, Target: old.ID, Kind: statement.Contradicts}, {Source: other.ID, Target: fresh.ID, Kind: statement.Denies},
		} {
			if err := r.book.Mark(t.Context(), "m1", l, true); err != nil {
				t.Fatal(err)
			}
		}
		got, err := r.book.Related(t.Context(), fresh.ID, false)
		if err != nil || len(got) != 1 || got[0].Other.ID != old.ID || got[0].Back {
			t.Errorf("readers see %+v, %v", got, err)
		}
		if got, err = r.book.Related(t.Context(), fresh.ID, true); err != nil || len(got) != 2 || !got[1].Back {
			t.Errorf("the desk sees %+v, %v", got, err)
		}
		said, err := r.book.Earlier(t.Context(), &fresh, 5)
		if err != nil || len(said) != 1 || said[0].ID != old.ID {
			t.Errorf("earlier words: %v, %v", said, err)
		}
		if said, err = r.book.Earlier(t.Context(), &old, 5); err != nil || len(said) != 0 {
			t.Errorf("before the first: %v, %v", said, err)
		}
		want(t, r.book.Mark(t.Context(), "m1", statement.Link{Source: old.ID, Target: old.ID, Kind: statement.Denies}, true), fault.Invalid)
		want(t, r.book.Mark(t.Context(), "m1", statement.Link{Source: old.ID, Target: other.ID, Kind: "likes"}, true), fault.Invalid)
		want(t, r.book.Mark(t.Context(), "m1", statement.Link{Source: old.ID, Target: strings.Repeat("a", 26), Kind: statement.Denies}, true), fault.Missing)
	})
}

func TestMergeMovesStatements(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a, b := r.person(t, "Pavel Novak"), r.person(t, "P. Novak")
		sa, sb := r.make1(t, says(a, "One.")), r.make1(t, says(b, "Two."))
		about := says(a, "Three.")
		about.About = []statement.Party{{Entity: b.ID}}
		sc := r.make1(t, about)
		r.publish(t, "story1", text(sa.ID, "one", sb.ID, "two", sc.ID, "three"), true)
		count := func(e entity.Entity) int {
			t.Helper()
			list, err := r.book.Of(t.Context(), e.ID, statement.PartWho, statement.Cursor{}, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range list {
				if s.Who.Entity != e.ID {
					t.Errorf("%s is listed with %s and says %s", s.ID, e.ID, s.Who.Entity)
				}
			}
			return len(list)
		}
		m, err := r.reg.Merge(t.Context(), "m1", b.ID, a.ID, "one man")
		if err != nil || m.Statements != 2 {
			t.Fatalf("the account says %d moved, %v", m.Statements, err)
		}
		if count(a) != 3 || count(b) != 0 {
			t.Errorf("%d and %d after the merge", count(a), count(b))
		}
		speakers, err := r.book.Speakers(t.Context(), entity.Person, statement.Cursor{}, 10)
		if err != nil || len(speakers) != 1 || speakers[0].ID != a.ID {
			t.Errorf("the speakers are %+v, %v", speakers, err)
		}
		if m, err = r.reg.Undo(t.Context(), "m1", m.ID); err != nil || m.Statements != 2 {
			t.Fatalf("undone: %d, %v", m.Statements, err)
		}
		if count(a) != 2 || count(b) != 1 {
			t.Errorf("%d and %d after the undoing", count(a), count(b))
		}
		parted, m, err := r.reg.Split(t.Context(), "m1", a.ID, entity.Draft{Names: en("Another Novak")}, nil, []string{sc.ID}, "two men")
		if err != nil || m.Statements != 1 || count(parted) != 1 || count(a) != 1 {
			t.Errorf("the split moved %d: %d and %d, %v", m.Statements, count(parted), count(a), err)
		}
	})
}

func TestRunningStories(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		one, two := strings.Repeat("a", 26), strings.Repeat("e", 24)+"aa"
		first, err := r.book.SaveRunning(t.Context(), "m1", "", 0, statement.RunningDraft{Titles: en("The closed trials"), Stories: []string{one, "bad", one, two}})
		if err != nil || first.Slug != "the-closed-trials" || len(first.Stories) != 2 {
			t.Fatalf("made %+v, %v", first, err)
		}
		draft := first.RunningDraft
		draft.Slug, draft.Stories = "closed-trials", []string{two}
		if _, err := r.book.SaveRunning(t.Context(), "m1", first.ID, 1, draft); err != nil {
			t.Fatal(err)
		}
		_, err = r.book.SaveRunning(t.Context(), "m1", first.ID, 1, draft)
		want(t, err, fault.Conflict)
		got, to, err := r.book.RunningBySlug(t.Context(), "the-closed-trials")
		if err != nil || got.ID != first.ID || to != "/running/closed-trials" {
			t.Errorf("the old address gives %+v %q, %v", got, to, err)
		}
		if of, err := r.book.RunningOf(t.Context(), two); err != nil || len(of) != 1 {
			t.Errorf("the story runs in %v, %v", of, err)
		}
		if of, err := r.book.RunningOf(t.Context(), one); err != nil || len(of) != 0 {
			t.Errorf("the story that left runs in %v, %v", of, err)
		}
		_, err = r.book.SaveRunning(t.Context(), "m1", "", 0, statement.RunningDraft{})
		want(t, err, fault.Invalid)
	})
}

func TestListsGoOn(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		who := r.person(t, "Ada Ferry")
		var marks []string
		for i := range 7 {
			d := says(who, "Number "+string(rune('0'+i)))
			d.When.At = d.When.At.Add(time.Duration(i/2) * time.Hour) // some at the same time
			marks = append(marks, r.make1(t, d).ID, "words")
		}
		r.publish(t, "story1", text(marks...), true)
		for name, list := range map[string]func(after statement.Cursor) ([]statement.Statement, error){
			"of": func(c statement.Cursor) ([]statement.Statement, error) {
				return r.book.Of(t.Context(), who.ID, statement.PartWho, c, 3)
			},
			"recent": func(c statement.Cursor) ([]statement.Statement, error) { return r.book.Recent(t.Context(), c, 3) },
			"work":   func(c statement.Cursor) ([]statement.Statement, error) { return r.book.Work(t.Context(), c, 3) },
		} {
			seen := map[string]bool{}
			for after := (statement.Cursor{}); ; {
				some, err := list(after)
				if err != nil {
					t.Fatal(err)
				}
				for i := range some {
					if seen[some[i].ID] {
						t.Errorf("%s: %s twice", name, some[i].ID)
					}
					seen[some[i].ID] = true
					after = map[string]statement.Cursor{"of": some[i].Heard(), "recent": some[i].Printed(), "work": some[i].Worked()}[name]
					parsed, err := statement.ParseCursor(after.String())
					if err != nil || parsed != after {
						t.Errorf("%v is written as %q and read as %v, %v", after, after.String(), parsed, err)
					}
				}
				if len(some) < 3 {
					break
				}
			}
			if len(seen) != 7 {
				t.Errorf("%s lists %d of 7", name, len(seen))
			}
		}
	})
}
