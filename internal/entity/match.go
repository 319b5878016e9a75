package entity

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"mimeo/internal/db"
)

// Query asks for the entries that a typed name may mean.
type Query struct {
	Name  string
	Kind  Kind // "" for any
	Limit int  // 0 means 10
}

// Candidate is an entry that a name may mean. Score is 1000 for a name letter
// by letter, and less the further it is from one.
type Candidate struct {
	Entity
	Score int
	As    string // the name or alias that fits best
}

// Sure is the score from which a candidate is the one that was meant, unless
// another has as much.
const Sure = 900

// The scores of what fits exactly; everything else is measured below them.
const (
	scoreName  = 1000
	scoreAlias = 960
	scoreSound = 900
	scoreMost  = 880
	scoreLeast = 450
)

// perStep bounds what one step of a search reads.
const perStep = 40

// Match returns the entries that a name may mean, the likeliest first. A merged
// entry is answered by the one that it is part of.
func (r *Register) Match(ctx context.Context, q Query) (out []Candidate, err error) {
	err = r.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = MatchTx(ctx, tx, q)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for %q: %w", q.Name, err)
	}
	return out, nil
}

// MatchTx is Match inside a transaction.
func MatchTx(ctx context.Context, tx *db.Tx, q Query) ([]Candidate, error) {
	if q.Limit <= 0 {
		q.Limit = 10
	}
	if utf8.RuneCountInString(q.Name) > maxLine {
		return nil, nil
	}
	folded := Fold(q.Name)
	if folded == "" {
		return nil, nil
	}
	ids, err := candidates(ctx, tx, folded)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var out []Candidate
	for _, id := range ids {
		e, err := Resolve(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if seen[e.ID] || q.Kind != "" && e.Kind != q.Kind {
			continue
		}
		seen[e.ID] = true
		c := Candidate{Entity: e}
		c.Score, c.As = e.score(folded)
		if id != e.ID { // found under a name of what became part of it
			old, err := one(ctx, tx, id)
			if err != nil {
				return nil, err
			}
			if s, as := old.score(folded); s > c.Score {
				c.Score, c.As = min(s, scoreAlias), as
			}
		}
		if c.Score >= scoreLeast {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(Fold(a.As), Fold(b.As)), cmp.Compare(a.ID, b.ID))
	})
	return out[:min(len(out), q.Limit)], nil
}

// candidates collects the ids that the index has for a folded name, the
// surest steps first.
func candidates(ctx context.Context, tx *db.Tx, folded string) (ids []string, err error) {
	take := func(query string, args ...any) error {
		more, err := db.Column(ctx, tx, query, append(args, perStep)...)
		for _, id := range more {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		return err
	}
	for _, f := range []form{formName, formAlias} {
		if err := take(keyIs, string(f), folded); err != nil {
			return nil, err
		}
	}
	for _, s := range soundKeys(folded) {
		if err := take(keyIs, string(formSound), s); err != nil {
			return nil, err
		}
	}
	for _, f := range []form{formName, formAlias} {
		if err := take(keyBegins, string(f), folded, folded+"\U0010ffff"); err != nil {
			return nil, err
		}
	}
	words := strings.Fields(folded)
	for i := len(words) - 1; i >= 0 && i >= len(words)-4; i-- { // the surname says most
		if utf8.RuneCountInString(words[i]) < 2 {
			continue
		}
		if err := take(keyBegins, string(formWord), words[i], words[i]+"\U0010ffff"); err != nil {
			return nil, err
		}
		for _, s := range soundsOf(words[i]) {
			if len(s) < 2 {
				continue
			}
			if err := take(keyIs, string(formWordSound), s); err != nil {
				return nil, err
			}
		}
		if len(ids) > 3*perStep {
			break
		}
	}
	return ids, nil
}

// score measures how near an entry's names are to what was typed.
func (e *Entity) score(folded string) (best int, as string) {
	latin := romanised(folded)
	sound := soundKeys(folded)
	consider := func(text string, exact int) {
		f := Fold(text)
		var s int
		switch {
		case f == folded:
			s = exact
		case overlaps(sound, soundKeys(f)) && near(latin, romanised(f)) > 500:
			s = scoreSound - 60 + near(latin, romanised(f))*60/1000
			if len(strings.Fields(f)) > 1 {
				s = max(s, scoreSound) // two names that sound alike are no chance
			}
		default:
			s = partial(folded, f)
		}
		if s > best {
			best, as = s, text
		}
	}
	for _, n := range e.Names {
		consider(n.Text, scoreName)
	}
	for _, a := range e.Aliases {
		consider(a, scoreAlias)
	}
	return best, as
}

// partial measures a name that is only part of another, or a bare surname: how
// much of what was typed is there, and then how much of the name that is.
func partial(typed, name string) int {
	if strings.HasPrefix(name, typed) {
		return 760 + 100*utf8.RuneCountInString(typed)/utf8.RuneCountInString(name)
	}
	want, have := strings.Fields(typed), strings.Fields(name)
	sum, used := 0, make([]bool, len(have))
	for _, w := range want {
		best, at := 0, -1
		for i, h := range have {
			if used[i] {
				continue
			}
			n := 0
			switch {
			case w == h:
				n = 1000
			case strings.HasPrefix(h, w) && utf8.RuneCountInString(w) > 1:
				n = 850
			case overlaps(soundsOf(w), soundsOf(h)):
				n = 500 + near(romanised(w), romanised(h))*400/1000
			}
			if n > best {
				best, at = n, i
			}
		}
		if at >= 0 {
			used[at] = true
		}
		sum += best
	}
	n := sum / max(len(want), 1) // of what was typed
	if have[len(have)-1] != "" && used[len(have)-1] {
		n += 40
	}
	return min(n*scoreMost/1040-20*max(len(have)-len(want), 0), scoreMost)
}

func overlaps(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// near is 1000 for equal words and 0 for words without a letter in common, by
// the number of letters that must change.
func near(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(y); j++ {
			change := diagonal
			if x[i-1] != y[j-1] {
				change++
			}
			diagonal = row[j]
			row[j] = min(change, row[j]+1, row[j-1]+1)
		}
	}
	return 1000 - 1000*row[len(y)]/max(len(x), len(y))
}
