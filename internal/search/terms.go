package search

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"mimeo/internal/db"
	"mimeo/internal/fault"
)

// A term begins with its scope and its language: "ren.harbour" is a word that
// readers of English can find, "ren:…" a facet. What terms look like must not
// change, because a text is taken out of the index by writing them again.

var langForm = regexp.MustCompile(`^[a-z]{2,3}(-[a-z0-9]{2,8})*$`)

func prefix(scope Scope, lang string) (string, error) {
	lang = strings.ToLower(lang)
	if !langForm.MatchString(lang) || (scope != Readers && scope != Desk) {
		return "", fault.Invalidf("There is nothing to be found in the language %q", lang)
	}
	return string(scope) + lang, nil
}

func (f Facet) term(prefix string) string {
	sum := sha256.Sum256([]byte(f.Kind + "\x00" + f.Value))
	return prefix + ":" + hex.EncodeToString(sum[:8])
}

// terms are the distinct terms of a text: words as search_doc keeps them, and
// the facets.
func terms(prefix, words string, facets []Facet) []string {
	var out []string
	seen := map[string]bool{}
	for _, f := range facets {
		if t := f.term(prefix); !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	for w := range strings.FieldsSeq(words) {
		if w != bar && !seen[w] {
			seen[w] = true
			out = append(out, prefix+"."+w)
		}
	}
	return out
}

// bar parts the title from the text, so that no phrase reaches across.
const bar = "|"

// wordsOf cuts a document: the stems in their order, with a space at either end,
// and its words as they are written.
func wordsOf(d *Document) (words string, written []string) {
	r := newReader(d.Lang)
	var b strings.Builder
	b.WriteByte(' ')
	n, size := 0, 0
	seen, met := map[string]bool{}, map[string]bool{}
	for i, text := range []string{d.Title, d.Text} {
		if i > 0 {
			b.WriteString(bar + " ")
		}
		r.words(text, func(w word) bool {
			if !seen[w.stem] {
				if size += len(w.stem) + 8; size > maxTerms {
					return false
				}
				seen[w.stem] = true
			}
			b.WriteString(w.stem)
			b.WriteByte(' ')
			if raw := text[w.start:w.end]; !met[raw] && len(written) < maxSurface {
				met[raw] = true
				if s := surface(raw); s != "" && (s == raw || !met[s]) {
					met[s] = true
					written = append(written, s)
				}
			}
			n++
			return n < maxIndexed
		})
	}
	slices.Sort(written)
	return b.String(), slices.Compact(written)
}

// match is the query as the index takes it: one alternative a language.
func (q *Query) match(d db.Dialect) (text string, asked map[string]*Asked, err error) {
	asked = map[string]*Asked{}
	var alternatives []db.Terms
	for _, lang := range q.Langs {
		p, err := prefix(q.Scope, lang)
		if err != nil {
			return "", nil, err
		}
		a := Ask(lang, q.Text)
		asked[lang] = &a
		if a.Short && (len(a.want) > 0 || len(a.not) > 0 || len(q.Facets) == 0) {
			continue
		}
		var t db.Terms
		for _, s := range a.stems() {
			t.All = append(t.All, p+"."+s)
		}
		for _, f := range q.Facets {
			t.All = append(t.All, f.term(p))
		}
		for _, n := range a.not {
			if len(n.stems) == 1 {
				t.Not = append(t.Not, p+"."+n.stems[0])
			}
		}
		alternatives = append(alternatives, t)
	}
	if len(alternatives) == 0 {
		return "", asked, nil
	}
	return d.Match(alternatives...), asked, nil
}
