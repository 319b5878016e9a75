package statement

import (
	"context"
	"errors"
	"slices"
	"strings"

	"mimeo/internal/db"
	"mimeo/internal/entity"
	"mimeo/internal/fault"
	"mimeo/internal/prose"
)

// Objection is a reason not to publish a story yet. Code names a message,
// statement.gate.<code>.
type Objection struct {
	Code      string
	Statement string // "" when it is about words that no statement carries
	Words     string // the beginning of them
	// Blocks says that the text does not go out without a reason and a second
	// person; the others are for the editor to look at.
	Blocks bool
}

// The codes of objections.
const (
	GateAccusation = "accusation" // no evidence status; two people may say why it goes out
	GateUnknown    = "unknown"    // a mark that leads to no statement
	GateUnmarked   = "unmarked"   // words that accuse, and no statement
	GatePending    = "pending"    // a correction that readers do not have yet
)

// Gate says what stands against publishing a text. It is asked in the
// transaction that would publish it.
func (b *Book) Gate(ctx context.Context, tx *db.Tx, lang string, body *prose.Doc) (out []Objection, err error) {
	for _, id := range body.Statements() {
		s, _, err := newest(ctx, tx, id)
		if fault.KindOf(err) == fault.Missing {
			out = append(out, Objection{Code: GateUnknown, Statement: id, Words: begin(strings.Join(body.Statement(id), " … "))})
			continue
		}
		if err != nil {
			return nil, err
		}
		some, err := b.object(ctx, tx, &s)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
		if s.Public && s.Shown != s.Latest {
			out = append(out, Objection{Code: GatePending, Statement: id, Words: begin(s.Words.Text)})
		}
	}
	seen := map[int]bool{}
	body.Clone().Texts(func(block int, t *prose.Text) {
		if words := unmarked(lang, *t); words != "" && !seen[block] {
			seen[block] = true
			out = append(out, Objection{Code: GateUnmarked, Words: begin(words)})
		}
	})
	return out, nil
}

// Objections asks the gate outside a transaction, for the page that shows them.
func (b *Book) Objections(ctx context.Context, lang string, body *prose.Doc) (out []Objection, err error) {
	err = b.read(ctx, "asking what stands against a text", func(ctx context.Context, tx *db.Tx) error {
		out, err = b.Gate(ctx, tx, lang, body)
		return err
	})
	return out, err
}

// object says what stands against showing a statement: it accuses, nobody
// assessed the evidence, and no second person gave leave for this version.
func (b *Book) object(ctx context.Context, tx *db.Tx, s *Statement) ([]Objection, error) {
	if !s.Accuses() || s.State != NotAssessed {
		return nil, nil
	}
	var given int64
	err := tx.QueryRow(ctx, "select given from statement_leave where statement = $1 and version = $2", s.ID, s.Latest).Scan(&given)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return nil, err
	}
	if given != 0 {
		return nil, nil
	}
	return []Objection{{Code: GateAccusation, Statement: s.ID, Words: begin(s.Words.Text), Blocks: true}}, nil
}

func begin(words string) string {
	const most = 80
	if r := []rune(words); len(r) > most {
		return string(r[:most]) + "…"
	}
	return words
}

// Accuses says that a statement accuses somebody: an editor said so, or the
// word by which it is attributed does.
func (r *Record) Accuses() bool {
	return r.Accusation || accusing(r.Words.Lang, r.Cue) || r.Words.Lang != "en" && accusing("en", r.Cue)
}

// accusations are words by which somebody is accused, by language: stems, as
// they stand at the beginning of a word.
var accusations = map[string][]string{
	"en": {"accus", "alleg", "blam", "denounc", "charg"},
	"de": {"beschuldig", "bezichtig", "vorwarf", "vorwirf", "vorgeworfen", "anklag", "verdächtig"},
	"ru": {"обвин", "упрекн", "уличи", "изоблич"},
	"fa": {"متهم", "اتهام"},
	"ar": {"اتهم", "يتهم", "تتهم", "اتهام"},
}

// charges are words that only look like an accusation.
var harmless = map[string][]string{"en": {"charge of the", "in charge", "free of charge", "charged with leading", "charging"}}

func accusing(lang, words string) bool {
	base, _, _ := strings.Cut(lang, "-")
	stems := accusations[base]
	words = strings.ToLower(words)
	for _, not := range harmless[base] {
		words = strings.ReplaceAll(words, not, "")
	}
	return slices.ContainsFunc(strings.FieldsFunc(words, parting), func(word string) bool {
		return slices.ContainsFunc(stems, func(stem string) bool {
			return strings.HasPrefix(word, stem) || base == "ar" && strings.HasPrefix(word, "و"+stem)
		})
	})
}

func parting(r rune) bool {
	return r == ' ' || r == '\n' || r == '\t' || r == '\u00a0' || r == '\u200c' || strings.ContainsRune(",.;:!?«»“”„\"'’()[]—–-…،؛؟", r)
}

// unmarked is the sentence of a text that accuses and carries no statement, ""
// when there is none. A statement anywhere in the text covers it: the cue
// often stands outside the words.
func unmarked(lang string, t prose.Text) string {
	for _, span := range t {
		if span.Statement != "" {
			return ""
		}
	}
	words := t.String()
	if !accusing(lang, words) {
		return ""
	}
	for sentence := range strings.SplitSeq(words, ". ") {
		if accusing(lang, sentence) {
			return sentence
		}
	}
	return words
}

// AskLeave begins what lets an accusation out whose evidence nobody assessed:
// one member says why, a second one gives leave, both for this very version.
func (b *Book) AskLeave(ctx context.Context, by, id string, version int, reason string) error {
	if err := entity.Line("reason", &reason, maxText); err != nil {
		return err
	}
	if reason == "" {
		return fault.Invalidf("Say why this goes out without a word on its evidence")
	}
	return failed("asking for leave", b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
		s, _, err := newest(ctx, tx, id)
		if err != nil {
			return err
		}
		if s.Latest != version {
			return fault.Conflictf("This statement was changed meanwhile. Look at it again")
		}
		if _, err := tx.Exec(ctx, `insert into statement_leave (statement, version, reason, asked, asker, given, giver) values ($1, $2, $3, $4, $5, 0, '')
			on conflict (statement, version) do update set reason = excluded.reason, asked = excluded.asked, asker = excluded.asker, given = 0, giver = ''`,
			id, version, reason, db.Micros(tx.Now), by); err != nil {
			return err
		}
		return b.record(ctx, tx, by, "statement.ask", id)
	}))
}

// GiveLeave is the second person's part.
func (b *Book) GiveLeave(ctx context.Context, by, id string, version int) error {
	return failed("giving leave", b.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx, id); err != nil {
			return err
		}
		l, err := leaveOf(ctx, tx, id, version)
		if err != nil {
			return err
		}
		if l.Asker == by {
			return fault.Deniedf("A second person gives leave: you asked for it yourself")
		}
		if _, err := tx.Exec(ctx, "update statement_leave set given = $3, giver = $4 where statement = $1 and version = $2", id, version, db.Micros(tx.Now), by); err != nil {
			return err
		}
		return b.record(ctx, tx, by, "statement.leave", id)
	}))
}

// Leave is what lets a version out without a word on its evidence.
type Leave struct {
	Reason string
	Asker  string // members' ids; for the desk only
	Giver  string // "" while it waits
}

func leaveOf(ctx context.Context, tx *db.Tx, id string, version int) (l Leave, err error) {
	err = tx.QueryRow(ctx, "select reason, asker, giver from statement_leave where statement = $1 and version = $2", id, version).Scan(&l.Reason, &l.Asker, &l.Giver)
	if errors.Is(err, db.ErrNoRows) {
		return l, fault.Missingf("Nobody asked for leave for this version")
	}
	return l, err
}

// Leave returns what was asked and given for a version.
func (b *Book) Leave(ctx context.Context, id string, version int) (l Leave, err error) {
	err = b.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		l, err = leaveOf(ctx, tx, id, version)
		return err
	})
	return l, err
}
