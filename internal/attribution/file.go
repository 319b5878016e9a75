package attribution

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// inflection is how words with an ending make their forms.
type inflection struct {
	ending string
	forms  []form
}

// parser reads a language's file: sections in square brackets, lines of
// "key: items", "#" begins a comment.
type parser struct {
	l           *language
	inflections []inflection
}

func parseLanguage(code, text string) (*language, error) {
	p := &parser{l: &language{code: code, words: map[string]*word{}, settings: map[string]string{}, least: 0.5}}
	var section []string
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, " #")
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' && line[len(line)-1] == ']' {
			if section = strings.Fields(line[1 : len(line)-1]); len(section) == 0 {
				return nil, fmt.Errorf("line %d: a section without a name", n+1)
			}
			continue
		}
		if section == nil {
			return nil, fmt.Errorf("line %d stands before the first section", n+1)
		}
		if err := p.line(section, line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return p.l, p.settle()
}

func (p *parser) line(section []string, line string) error {
	switch section[0] {
	case "settings":
		key, value, _ := strings.Cut(line, "=")
		p.l.settings[strings.TrimSpace(key)] = strings.TrimSpace(value)
		return nil
	case "classes":
		return p.classes(line)
	case "stems":
		keys, items, _ := strings.Cut(line, ":")
		var c class
		for _, k := range strings.Fields(keys) {
			one, ok := classNames[k]
			if !ok {
				return fmt.Errorf("no class is named %q", k)
			}
			c |= one
		}
		for _, s := range strings.Fields(items) {
			p.l.stems = append(p.l.stems, ending{string(lowered(nil, s)), c})
		}
		return nil
	case "guess":
		key, items, _ := strings.Cut(line, ":")
		c, ok := classNames[key]
		if !ok {
			return fmt.Errorf("no class is named %q", key)
		}
		for _, s := range strings.Fields(items) {
			p.l.endings = append(p.l.endings, ending{strings.TrimPrefix(s, "-"), c})
		}
		return nil
	case "inflections":
		return p.inflection(line)
	case "cues", "nouns", "prepositions":
		return p.cues(section, line)
	case "verbs":
		return p.other(section, line)
	case "calendar":
		return p.calendar(line)
	case "quotes":
		f := strings.Fields(line)
		if len(f) < 2 {
			return fmt.Errorf("a pair of quotation marks has two marks")
		}
		open, _ := utf8.DecodeRuneInString(f[0])
		closing, _ := utf8.DecodeRuneInString(f[1])
		p.l.quotes = append(p.l.quotes, quotePair{open, closing, len(f) > 2 && f[2] == "single"})
		return nil
	case "skip":
		p.l.skip = append(p.l.skip, strings.ReplaceAll(line, "_", " "))
		return nil
	case "appeal":
		p.l.appeal = append(p.l.appeal, line)
		return nil
	case "cases":
		p.l.cases = append(p.l.cases, strings.Fields(line)...)
		return nil
	default:
		return fmt.Errorf("no section is named %q", section[0])
	}
}

// entry returns the word's place in the lexicon.
func (p *parser) entry(s string) *word {
	key := string(lowered(nil, s))
	w := p.l.words[key]
	if w == nil {
		w = &word{}
		p.l.words[key] = w
	}
	return w
}

func (p *parser) classes(line string) error {
	keys, items, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("a class has a name, a colon and its words")
	}
	var c class
	for _, k := range strings.Fields(keys) {
		one, ok := classNames[k]
		if !ok {
			return fmt.Errorf("no class is named %q", k)
		}
		c |= one
	}
	for _, s := range strings.Fields(items) {
		p.entry(s).class |= c
	}
	return nil
}

// inflection reads "ending: shape=2add,0add …"; the number is how many letters
// are taken off first.
func (p *parser) inflection(line string) error {
	end, rules, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("an inflection has an ending, a colon and its forms")
	}
	if end = strings.TrimSpace(end); end == "*" {
		end = ""
	}
	in := inflection{ending: end}
	for _, f := range strings.Fields(rules) {
		forms, err := parseForms(f)
		if err != nil {
			return err
		}
		in.forms = append(in.forms, forms...)
	}
	p.inflections = append(p.inflections, in)
	return nil
}

func parseForms(s string) ([]form, error) {
	name, rules, _ := strings.Cut(s, "=")
	sh, ok := shapeNames[name]
	if !ok {
		return nil, fmt.Errorf("no form is named %q", name)
	}
	var out []form
	for _, rule := range strings.Split(rules, ",") {
		digits := 0
		for digits < len(rule) && rule[digits] >= '0' && rule[digits] <= '9' {
			digits++
		}
		strip := -1 // a whole word
		if digits > 0 {
			n, err := strconv.Atoi(rule[:digits])
			if err != nil {
				return nil, fmt.Errorf("the form %q: %w", rule, err)
			}
			strip = n
		}
		out = append(out, form{sh, strip, rule[digits:]})
	}
	return out, nil
}

// forms makes the forms of a lemma; explicit ones replace those of their shape.
func (p *parser) forms(lemma string, explicit []form) map[string]shape {
	out := map[string]shape{}
	replaced := shape(0)
	for _, f := range explicit {
		replaced |= f.shape
	}
	add := func(f form) {
		s := f.add
		if s == "-" { // a form that is no cue
			return
		}
		if f.strip >= 0 {
			r := []rune(lemma)
			s = string(r[:max(0, len(r)-f.strip)]) + f.add
		}
		out[s] |= f.shape
	}
	for _, in := range p.inflections {
		if strings.HasSuffix(lemma, in.ending) {
			for _, f := range in.forms {
				if f.shape&replaced == 0 {
					add(f)
				}
			}
			break
		}
	}
	for _, f := range explicit {
		add(f)
	}
	return out
}

// item is "lemma(shape=form …) tail…"; the form "-" takes a shape away.
func (p *parser) item(s string) (lemma string, forms map[string]shape, tail []string, err error) {
	var explicit []form
	head, rest := s, ""
	if open := strings.IndexByte(s, '('); open >= 0 {
		inner, after, ok := strings.Cut(s[open+1:], ")")
		if !ok {
			return "", nil, nil, fmt.Errorf("%q lacks its closing bracket", s)
		}
		for _, f := range strings.Fields(inner) {
			fs, err := parseForms(f)
			if err != nil {
				return "", nil, nil, err
			}
			explicit = append(explicit, fs...)
		}
		head, rest = s[:open], after
	}
	words := strings.Fields(head + " " + rest)
	if len(words) == 0 {
		return "", nil, nil, fmt.Errorf("an entry without a word")
	}
	return words[0], p.forms(words[0], explicit), words[1:], nil
}

// cues reads entries parted by ";" under a header "[cues FRAMES STRENGTH]".
func (p *parser) cues(section []string, line string) error {
	if len(section) != 3 {
		return fmt.Errorf("a section of cues names its frames and its strength")
	}
	var frames frame
	for i := range len(section[1]) {
		f, ok := frameLetters[section[1][i]]
		if !ok && section[1][i] != '-' {
			return fmt.Errorf("no frame has the letter %q", section[1][i])
		}
		frames |= f
	}
	strength, err := strconv.Atoi(section[2])
	if err != nil {
		return fmt.Errorf("the strength %q is no number", section[2])
	}
	for _, s := range strings.Split(line, ";") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		lemma, forms, tail, err := p.item(s)
		if err != nil {
			return err
		}
		c := &cue{lemma: lemma, frames: frames, strength: strength, tail: tail}
		switch section[0] {
		case "cues":
			for f, sh := range forms {
				w := p.entry(f)
				w.readings = append(w.readings, reading{c, sh})
			}
		case "nouns":
			p.entry(lemma).nouns = append(p.entry(lemma).nouns, reading{c, 0})
		default:
			p.entry(lemma).preps = append(p.entry(lemma).preps, reading{c, 0})
		}
	}
	return nil
}

// other reads verbs that are no cues. Under "[verbs past]" their presents are
// nouns more often than verbs and do not count.
func (p *parser) other(section []string, line string) error {
	shapes := shapePast | shapePart | shapePres
	if len(section) > 1 && section[1] == "past" {
		shapes = shapePast | shapePart
	}
	for _, s := range strings.Split(line, ";") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		_, forms, _, err := p.item(s)
		if err != nil {
			return err
		}
		for f, sh := range forms {
			if sh&shapes != 0 {
				p.entry(f).class |= classVerb
			}
		}
	}
	return nil
}

// calendar reads "weekday 1: …", "month 1: …", "day -1: …", "unit w: …".
func (p *parser) calendar(line string) error {
	key, items, _ := strings.Cut(line, ":")
	f := strings.Fields(key)
	if len(f) != 2 {
		return fmt.Errorf("a line of the calendar has a kind and a number")
	}
	n, err := strconv.Atoi(f[1])
	if err != nil && f[0] != "unit" {
		return fmt.Errorf("%q is no number", f[1])
	}
	for _, s := range strings.Fields(items) {
		w := p.entry(s)
		switch f[0] {
		case "weekday":
			w.day = n
		case "month":
			w.month = n
		case "day":
			w.offset, w.relative = n, true
		case "unit":
			w.unit = f[1][0]
			w.class |= classUnit
		default:
			return fmt.Errorf("the calendar knows no %q", f[0])
		}
	}
	return nil
}

// settle reads the settings and orders what is tried longest first.
func (p *parser) settle() error {
	l := p.l
	for key, value := range l.settings {
		switch key {
		case "least":
			f, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return fmt.Errorf("the setting least is no number: %w", err)
			}
			l.least = f
		case "comma-before-that":
			l.comma = value == "yes"
		case "gerund":
			l.gerund = value
		case "role-after-name":
			l.roleAfter = value == "yes"
		case "body-before-role":
			l.bodyFirst = value == "yes"
		case "longest-ending":
			n, err := strconv.Atoi(value)
			if err != nil {
				return fmt.Errorf("the setting longest-ending is no number: %w", err)
			}
			l.longestEnding = n
		case "sentence-before":
			l.anaphor = strings.Fields(value)
		case "capital-nouns":
			l.nouns = value == "yes"
		case "aside-ends-content":
			l.asideEnds = value == "yes"
		case "capital-days":
			l.capitals = value == "yes"
		case "subject-after-verb":
			l.free = value == "yes"
		case "dash-before-cue":
			l.dashes = value == "yes"
		default:
			return fmt.Errorf("no setting is named %q", key)
		}
	}
	slices.SortStableFunc(l.stems, func(a, b ending) int { return cmp.Or(len(b.suffix)-len(a.suffix), strings.Compare(a.suffix, b.suffix)) })
	for _, e := range l.stems {
		if len(e.suffix) < 2 {
			return fmt.Errorf("the stem %q is too short", e.suffix)
		}
		l.stemsBy[e.suffix[1]] = append(l.stemsBy[e.suffix[1]], e)
	}
	slices.SortStableFunc(l.endings, func(a, b ending) int { return len(b.suffix) - len(a.suffix) })
	slices.SortStableFunc(l.cases, func(a, b string) int { return len(b) - len(a) })
	for _, w := range l.words {
		slices.SortStableFunc(w.readings, func(a, b reading) int {
			if d := len(b.cue.tail) - len(a.cue.tail); d != 0 {
				return d
			}
			return strings.Compare(a.cue.lemma, b.cue.lemma)
		})
	}
	return nil
}
