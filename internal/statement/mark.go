package statement

import (
	"strings"

	"mimeo/internal/prose"
)

// MarkIn puts a statement's mark on words as they stand in a text, at their
// first place that no statement has yet. It says whether there was one. The
// document must be the caller's own.
func MarkIn(body *prose.Doc, id, words string) bool {
	if words = strings.TrimSpace(words); words == "" || id == "" {
		return false
	}
	done := false
	body.Texts(func(_ int, t *prose.Text) {
		if done {
			return
		}
		plain := t.String()
		for from := 0; !done; {
			at := strings.Index(plain[from:], words)
			if at < 0 {
				return
			}
			at += from
			if marked, ok := markAt(*t, at, at+len(words), id); ok {
				*t, done = marked, true
			}
			from = at + len(words)
		}
	})
	return done
}

// markAt marks the bytes from..to of a text; it refuses when some of them carry
// a statement already.
func markAt(t prose.Text, from, to int, id string) (prose.Text, bool) {
	var out prose.Text
	at := 0
	for _, s := range t {
		begin, end := at, at+len(s.Text)
		at = end
		if end <= from || begin >= to || s.Text == "" {
			out = append(out, s)
			continue
		}
		if s.Statement != "" {
			return nil, false
		}
		before, middle, after := s, s, s
		before.Text, before.Note = s.Text[:max(from-begin, 0)], ""
		middle.Text, middle.Note, middle.Statement = s.Text[max(from-begin, 0):min(to-begin, len(s.Text))], "", id
		after.Text = s.Text[min(to-begin, len(s.Text)):]
		if before.Text != "" {
			out = append(out, before)
		}
		if after.Text == "" { // a footnote stands after the last words
			middle.Note = s.Note
		}
		out = append(out, middle)
		if after.Text != "" {
			out = append(out, after)
		}
	}
	return out, true
}
