package story

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mimeo/internal/ident"
	"mimeo/internal/prose"
)

// terms are the names and pictures of a redaction, ready to be looked for. Names
// are found in any case and as whole words, whatever white space or hyphen parts
// them.
type terms struct {
	names       []name // the longest first
	slugs       []string
	pictures    []string
	replacement string
}

// name is one form of a name: its words in small letters, and whether it is
// written with a comma, as registers do.
type name struct {
	words []string
	comma bool
}

func newTerms(names, pictures []string, replacement string) *terms {
	t := &terms{pictures: pictures, replacement: replacement}
	for _, n := range names {
		t.names = append(t.names, name{words: words(n), comma: strings.Contains(n, ",")})
		if slug := ident.Slug(n); slug != "" {
			t.slugs = append(t.slugs, slug)
		}
	}
	slices.SortStableFunc(t.names, func(a, b name) int { return len(strings.Join(b.words, " ")) - len(strings.Join(a.words, " ")) })
	return t
}

// word is a run of letters and digits in a text.
type word struct {
	from, to int
	lower    string
}

func scanWords(text string) (out []word) {
	from := -1
	end := func(to int) {
		if from >= 0 {
			out = append(out, word{from: from, to: to, lower: strings.ToLower(text[from:to])})
			from = -1
		}
	}
	for i, r := range text {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			if from < 0 {
				from = i
			}
		case unicode.Is(unicode.Cf, r) && from >= 0: // a joiner in a word
		default:
			end(i)
		}
	}
	end(len(text))
	return out
}

func words(text string) (out []string) {
	for _, w := range scanWords(text) {
		out = append(out, w.lower)
	}
	return out
}

// span is a place in a text.
type span struct{ from, to int }

// find returns the places of names, in order, none within another.
func (t *terms) find(text string) (out []span) {
	all := scanWords(text)
	for i := 0; i < len(all); {
		n := 0
		for _, name := range t.names {
			if matches(text, all[i:], name) {
				n = len(name.words)
				break
			}
		}
		if n == 0 {
			i++
			continue
		}
		out = append(out, span{all[i].from, all[i+n-1].to})
		i += n
	}
	return out
}

func matches(text string, all []word, n name) bool {
	if len(all) < len(n.words) {
		return false
	}
	parts := func(r rune) bool { return parts(r) && !(n.comma && r == ',') }
	for i, w := range n.words {
		if all[i].lower != w && strings.TrimFunc(all[i].lower, joiner) != w {
			return false
		}
		if i > 0 && strings.ContainsFunc(text[all[i-1].to:all[i].from], parts) {
			return false
		}
	}
	return true
}

func joiner(r rune) bool { return unicode.Is(unicode.Cf, r) }

// parts says whether r keeps two words from being one name.
func parts(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && !strings.ContainsRune("-‐‑.'’·", r)
}

func (t *terms) text(text string) string {
	places := t.find(text)
	if len(places) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, p := range places {
		b.WriteString(text[at:p.from])
		b.WriteString(t.replacement)
		at = p.to
	}
	b.WriteString(text[at:])
	return b.String()
}

func (t *terms) lines(lines []string) (out []string, changed bool) {
	out = slices.Clone(lines)
	for i, l := range lines {
		if out[i] = t.text(l); out[i] != l {
			changed = true
		}
	}
	return out, changed
}

// slug says whether an address names somebody who is to be hidden.
func (t *terms) slug(slug string) bool {
	for _, s := range t.slugs {
		for at := 0; ; {
			i := strings.Index(slug[at:], s)
			if i < 0 {
				break
			}
			i += at
			before, _ := utf8.DecodeLastRuneInString(slug[:i])
			after, _ := utf8.DecodeRuneInString(slug[i+len(s):])
			if (i == 0 || before == '-') && (i+len(s) == len(slug) || after == '-') {
				return true
			}
			at = i + len(s)
		}
	}
	return false
}

// doc hides names and pictures in a document; n is how many it found.
func (t *terms) doc(d prose.Doc) (out prose.Doc, names, pictures int) {
	out = d.Clone()
	for i := range out.Blocks {
		b := &out.Blocks[i]
		if b.Kind == prose.Image && slices.Contains(t.pictures, b.Src) {
			*b = prose.Block{Kind: prose.Paragraph, ID: b.ID, Text: prose.Text{{Text: t.replacement, Italic: true}}}
			pictures++
			continue
		}
		if b.Still != "" && slices.Contains(t.pictures, b.Still) {
			b.Still = ""
			pictures++
		}
		for _, s := range []*string{&b.Alt, &b.Credit, &b.Licence, &b.Author} {
			if is := t.text(*s); is != *s {
				*s = is
				names++
			}
		}
	}
	out.Texts(func(_ int, text *prose.Text) { names += t.marked(text) })
	return out, names, pictures
}

// marked hides names in a text whose marks may cut through them: the
// replacement stands with the marks of the name's beginning.
func (t *terms) marked(text *prose.Text) (n int) {
	for i := range *text {
		s := &(*text)[i]
		if note := t.text(s.Note); note != s.Note {
			s.Note = note
			n++
		}
		if link := t.address(s.Link); link != s.Link {
			s.Link = link
			n++
		}
	}
	places := t.find(text.String())
	if len(places) == 0 {
		return n
	}
	at, next := 0, 0
	for i := range *text {
		s := &(*text)[i]
		was, from := s.Text, at
		at += len(was)
		var b strings.Builder
		for k := 0; k < len(was); {
			for next < len(places) && places[next].to <= from+k {
				next++
			}
			if next == len(places) || from+k < places[next].from {
				stop := len(was)
				if next < len(places) {
					stop = min(stop, places[next].from-from)
				}
				b.WriteString(was[k:stop])
				k = stop
				continue
			}
			if from+k == places[next].from {
				b.WriteString(t.replacement)
			}
			k = min(len(was), places[next].to-from)
		}
		s.Text = b.String()
	}
	return n + len(places)
}

// address takes the link from words that lead to an address with the name.
func (t *terms) address(link string) string {
	if link != "" && (len(t.find(link)) > 0 || t.slug(ident.Slug(link))) {
		return ""
	}
	return link
}
