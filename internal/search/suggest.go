package search

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mimeo/internal/db"
)

// Bounds of a suggestion.
const (
	maxMended = 3     // words of a query
	maxNear   = 2_000 // words with the same beginning that are compared
	maxTried  = 8     // candidates that are looked up in the index
	minMended = 4     // characters: shorter words are near too many others
)

// Suggest is the query with the words that no text has replaced by the most
// frequent words that differ from them by a typing error; "" when there is
// nothing to suggest. What it suggests is found.
func (x *Index) Suggest(ctx context.Context, q Query) (better string, err error) {
	if len(q.Langs) == 0 {
		return "", nil
	}
	lang := q.Langs[0]
	p, err := prefix(q.Scope, lang)
	if err != nil {
		return "", err
	}
	typed, _ := shorten(q.Text)
	t := tongueOf(lang)
	err = x.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := tx.ByTerms(ctx); err != nil {
			return err
		}
		s := suggester{tx: tx, lang: lang, prefix: p, tongue: t}
		better, err = s.mend(ctx, typed)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("looking for a better query: %w", err)
	}
	return better, nil
}

type suggester struct {
	tx     *db.Tx
	lang   string
	prefix string
	tongue *tongue
}

func (s *suggester) mend(ctx context.Context, typed string) (string, error) {
	var b strings.Builder
	at, mended := 0, 0
	for i := 0; mended < maxMended; {
		start, end := nextWord(typed, i, s.tongue.elides)
		if start == end {
			break
		}
		i = end
		word := surface(typed[start:end])
		if utf8.RuneCountInString(word) < minMended {
			continue
		}
		known, err := s.known(ctx, word)
		if err != nil {
			return "", err
		}
		if known {
			continue
		}
		better, err := s.near(ctx, word)
		if err != nil {
			return "", err
		}
		if better == "" {
			return "", nil // one word would still hit nothing
		}
		b.WriteString(typed[at:start])
		b.WriteString(better)
		at = end
		mended++
	}
	if mended == 0 {
		return "", nil
	}
	b.WriteString(typed[at:])
	return strings.Join(strings.Fields(b.String()), " "), nil
}

// known says whether a text that can be found has the word in some form.
func (s *suggester) known(ctx context.Context, word string) (bool, error) {
	stem := s.tongue.stem(word)
	if stem == "" {
		return true, nil
	}
	var one int64
	match := s.tx.Dialect().Match(db.Terms{All: []string{s.prefix + "." + stem}})
	err := s.tx.QueryRow(ctx, `select h.at from `+s.tx.Dialect().Matching()+` h`, match, int64(math.MaxInt64), int64(math.MinInt64), 1).Scan(&one)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// candidate is a word that texts had, and how it differs from the one typed.
type candidate struct {
	word string
	n    int64
	away int
}

// near finds the best word that a text has.
func (s *suggester) near(ctx context.Context, word string) (string, error) {
	all, err := s.oneAway(ctx, word)
	if err == nil && len(all) == 0 {
		all, err = s.sameBeginning(ctx, word)
	}
	if err != nil {
		return "", err
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.away, b.away), cmp.Compare(b.n, a.n), strings.Compare(a.word, b.word))
	})
	for i, c := range all {
		if i == maxTried {
			break
		}
		// The count may be of texts that were taken back since.
		if known, err := s.known(ctx, c.word); err != nil || known {
			return c.word, err
		}
	}
	return "", nil
}

// oneAway looks up every word that one slip makes of the one typed: a letter
// left out, put in, mistaken, or two exchanged.
func (s *suggester) oneAway(ctx context.Context, word string) (out []candidate, err error) {
	list, err := json.Marshal(slips(word))
	if err != nil {
		return nil, err
	}
	rows, err := s.tx.Query(ctx, countsOf(s.tx.Dialect()), string(list), s.lang)
	if err != nil {
		return nil, err
	}
	return readCandidates(rows, word)
}

// sameBeginning compares words that begin as the one typed does: two slips
// further on.
func (s *suggester) sameBeginning(ctx context.Context, word string) ([]candidate, error) {
	const common = 3
	r := []rune(word)
	if len(r) < 2*common {
		return nil, nil
	}
	rows, err := s.tx.Query(ctx, wordsFrom, s.lang, string(r[:common]), string(r[:common-1])+string(r[common-1]+1), maxNear)
	if err != nil {
		return nil, err
	}
	return readCandidates(rows, word)
}

func readCandidates(rows *db.Rows, word string) (out []candidate, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c candidate
		var n db.NullInt64 // NULL: no text has the word
		if err := rows.Scan(&c.word, &n); err != nil {
			return nil, err
		}
		if c.n = n.Int64; !n.Valid {
			continue
		}
		if c.away = distance(word, c.word, 2); c.away <= 2 && c.away > 0 {
			out = append(out, c)
		}
	}
	return out, rows.Err()
}

// alphabets are the letters that a slip may put in.
var alphabets = []struct {
	script  *unicode.RangeTable
	letters []rune
}{
	{unicode.Latin, []rune("abcdefghijklmnopqrstuvwxyzäöüßéèçñáíóúåæøığş")},
	{unicode.Cyrillic, []rune("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў")},
	{unicode.Arabic, []rune("ابپتثجچحخدذرزژسشصضطظعغفقکكگلمنوهةیيىءآأإئؤ")},
	{unicode.Greek, []rune("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ")},
	{unicode.Hebrew, []rune("אבגדהוזחטיכךלמםנןסעפףצץקרשת")},
}

func slips(word string) []string {
	r := []rune(word)
	var letters []rune
	for _, a := range alphabets {
		if unicode.Is(a.script, r[0]) {
			letters = a.letters
		}
	}
	var out []string
	for i := range r {
		out = append(out, string(r[:i])+string(r[i+1:]))
		if i+1 < len(r) {
			out = append(out, string(r[:i])+string(r[i+1])+string(r[i])+string(r[i+2:]))
		}
		for _, l := range letters {
			out = append(out, string(r[:i])+string(l)+string(r[i+1:]), string(r[:i])+string(l)+string(r[i:]))
		}
	}
	for _, l := range letters {
		out = append(out, string(r)+string(l))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// distance counts the slips between two words, exchanged neighbours being one;
// it gives most+1 when there are more.
func distance(a, b string, most int) int {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d > most || -d > most {
		return most + 1
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(y)], most+1)
}
