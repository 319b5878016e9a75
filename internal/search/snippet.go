package search

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Piece is a part of a text; Mark says that it was looked for.
type Piece struct {
	Text string
	Mark bool
}

// How much of a text a snippet shows, in words, and how far it is looked
// through for the best place.
const (
	snippetWords = 32
	snippetLead  = 6 // words before the first mark
	snippetReach = 5_000
)

// Marked is a whole line with what was looked for marked.
func (a *Asked) Marked(lang, text string) []Piece {
	var marks []word
	stems := a.stems()
	newReader(lang).words(text, func(w word) bool {
		if slices.Contains(stems, w.stem) {
			marks = append(marks, w)
		}
		return true
	})
	return pieces(text, 0, len(text), marks)
}

// Snippet is the part of a text that holds most of what was looked for; of a
// text with none of it, the beginning. What is left out shows as "…".
func (a *Asked) Snippet(lang, text string) []Piece {
	stems := a.stems()
	var words []word
	newReader(lang).words(text, func(w word) bool {
		words = append(words, w)
		return len(words) < snippetReach
	})
	if len(words) == 0 {
		return nil
	}
	first := a.bestWindow(words, stems)
	last := min(first+snippetWords, len(words)) - 1
	start, end := words[first].start, words[last].end
	if first == 0 {
		start = 0
	}
	if last == len(words)-1 {
		end = min(len(text), end+8)
		for !utf8.RuneStart(byteAt(text, end)) {
			end--
		}
	}
	var marks []word
	for _, w := range words[first : last+1] {
		if slices.Contains(stems, w.stem) {
			marks = append(marks, w)
		}
	}
	out := pieces(text, start, end, marks)
	if start > 0 {
		out = append([]Piece{{Text: "… "}}, out...)
	}
	if end < len(text) {
		out = append(out, Piece{Text: " …"})
	}
	return out
}

func byteAt(s string, i int) byte {
	if i >= len(s) {
		return 0
	}
	return s[i]
}

// bestWindow is the word with which the snippet begins: a little before the
// first place with the most different stems, a phrase counting more.
func (a *Asked) bestWindow(words []word, stems []string) int {
	best, bestScore := 0, 0
	for i, w := range words {
		if !slices.Contains(stems, w.stem) {
			continue
		}
		score := 0
		var met [maxWords + maxPhrase]bool
		for j := i; j < min(i+snippetWords-snippetLead, len(words)); j++ {
			if n := slices.Index(stems, words[j].stem); n >= 0 && !met[n] {
				met[n] = true
				score += 2
			}
		}
		for _, p := range a.want {
			if len(p.stems) > 1 && stands(words[i:], p.stems) {
				score += 2*len(stems) + 1
			}
		}
		if score > bestScore {
			best, bestScore = i, score
		}
	}
	return max(0, best-snippetLead)
}

func stands(words []word, stems []string) bool {
	for i, s := range stems {
		if i >= len(words) || words[i].stem != s {
			return false
		}
	}
	return true
}

// pieces cuts the bytes from start to end of a text at its marks. Marks of
// neighbours that only a space parts are one.
func pieces(text string, start, end int, marks []word) []Piece {
	var out []Piece
	at := start
	add := func(to int, mark bool) {
		if to <= at {
			return
		}
		part := strings.ToValidUTF8(strings.Map(oneLine, text[at:to]), "�")
		if n := len(out); mark && n > 1 && out[n-2].Mark && strings.TrimSpace(out[n-1].Text) == "" {
			out[n-2].Text += out[n-1].Text + part
			out = out[:n-1]
		} else {
			out = append(out, Piece{part, mark})
		}
		at = to
	}
	for _, m := range marks {
		add(m.start, false)
		add(m.end, true)
	}
	add(end, false)
	return out
}

func oneLine(r rune) rune {
	if r == '\n' || r == '\r' || r == '\t' {
		return ' '
	}
	return r
}
