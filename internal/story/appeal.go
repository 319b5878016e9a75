package story

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"mimeo/internal/prose"
)

// AppealDraft is an appeal for support that stood below a story, in the words
// in which it stood there.
type AppealDraft struct {
	Line      int // where in the source it begins
	Heading   string
	Body      []string
	Signature string
	// The dialogue below it, as far as its lines could be told apart.
	Button string // leads to the contribution
	Prompt string // a question beside the buttons
	Remind string // asks for a reminder
	Month  string // names the month of the reminder
	Thanks string // what is said when it is set
	// Controls are all lines of the dialogue in their order, whatever they are.
	Controls []string
}

const (
	appealReach   = 40 // an appeal has at most so many paragraphs and lines of dialogue
	shortLine     = 60 // characters of a line that may be a control or a signature
	shortHeading  = 90
	plainSigns    = 6 // kinds of sign that make an appeal by themselves
	dressedSigns  = 5 // or together with a heading, a salutation or a dialogue
	quotedReach   = 6 // paragraphs that may stand between “the letter reads:” and its request
	strangeInside = 3 // lines of a dialogue in a row that are not understood
)

var sum = regexp.MustCompile(`\p{Sc}\s?\p{Nd}|\p{Nd}\s?(\p{Sc}|USD\b|EUR\b|GBP\b|JPY\b|CHF\b)`)

// findAppeal looks for an appeal at the end of a text and returns the index of
// its first passage, or ok false.
//
// No single phrase decides. Counted are the different kinds of sign: a heading
// or salutation, a request, a sum or rhythm, speech of "we" to "you", that
// little is enough, thanks, and a dialogue of buttons below. There must be
// several, the whole tail must speak so, and what is quoted does not count, so
// that a report about an appeal stays a report. The first passage of a text
// never belongs to an appeal.
func findAppeal(passages []prose.Passage) (a AppealDraft, from int, ok bool) {
	all := languages()
	for i := range all {
		if a, from, ok := all[i].find(passages); ok {
			return a, from, true
		}
	}
	return AppealDraft{}, 0, false
}

func (l *signs) find(passages []prose.Passage) (a AppealDraft, from int, ok bool) {
	first := max(1, len(passages)-appealReach)
	if first >= len(passages) {
		return a, 0, false
	}
	lines := make([]string, len(passages)) // the last ones; the story's need not be read
	said := make([]sayings, len(passages))
	for i := first - 1; i < len(passages); i++ {
		lines[i] = passages[i].String()
		said[i] = l.hear(lines[i])
	}
	dialogue := l.dialogue(lines, first)
	draft := func(i int) (AppealDraft, int, bool) {
		return l.draft(passages[i].Line, lines[i:dialogue], said[i:dialogue], lines[dialogue:]), i, true
	}
	for i := first; i < dialogue; i++ {
		if opens(lines, said, i, first) && convinces(said[i:dialogue], len(lines)-dialogue, true) {
			if introduced(lines[i-1], &said[i-1]) {
				return a, 0, false
			}
			return draft(i)
		}
	}
	from = dialogue
	for from > first && said[from-1].pleads() {
		from--
	}
	if from == dialogue || !convinces(said[from:dialogue], len(lines)-dialogue, false) {
		return a, 0, false
	}
	for i := max(first, from-quotedReach); i <= from; i++ {
		if introduced(lines[i-1], &said[i-1]) {
			return a, 0, false
		}
	}
	return draft(from)
}

// sayings is what one passage says outside quotation marks.
type sayings struct {
	heading, greeting                 bool
	ask, money, small, thanks, report bool
	we, you                           int
}

func (l *signs) hear(line string) sayings {
	said := unquoted(line)
	words := tokens(said)
	s := sayings{
		ask:    l.ask.in(words),
		money:  sum.MatchString(said) || l.rhythm.in(words),
		small:  l.small.in(words),
		thanks: l.thanks.in(words),
		report: l.report.in(words),
		we:     l.we.count(words),
		you:    l.you.count(words),
	}
	length := utf8.RuneCountInString(line)
	s.heading = length <= shortHeading && !strings.HasSuffix(line, ".") && !s.report && l.heading.in(words)
	s.greeting = length <= shortLine && !s.report && l.greets.begins(words) && l.readers.in(words)
	return s
}

// pleads says whether the passage alone sounds like an appeal.
func (s *sayings) pleads() bool {
	return !s.report && (s.we > 0 && (s.ask || s.you > 0 || s.small || s.thanks || s.money) || s.ask && s.you > 0)
}

// speaks says whether the passage fits into an appeal.
func (s *sayings) speaks() bool { return s.we > 0 || s.you > 0 || s.ask || s.small || s.thanks }

// opens says whether an appeal may begin at i: with a heading, with a
// salutation, or with an untypical short line above a salutation.
func opens(lines []string, said []sayings, i, first int) bool {
	title := func(i int) bool { return titled(lines[i]) && !said[i].report }
	if said[i].heading || (said[i].greeting && !(i > first && title(i-1))) {
		return true
	}
	return i+1 < len(said) && said[i+1].greeting && title(i)
}

// titled says whether a line looks like a title and not like a sentence.
func titled(line string) bool {
	r, _ := utf8.DecodeLastRuneInString(line)
	return utf8.RuneCountInString(line) <= shortLine && !strings.ContainsRune(".!?…,;”\"»。", r)
}

// introduced says whether the line above announces what follows as somebody's
// words.
func introduced(above string, said *sayings) bool {
	r, _ := utf8.DecodeLastRuneInString(above)
	return (r == ':' || r == '：') && (said.report || utf8.RuneCountInString(above) > shortLine)
}

// convinces judges a whole tail: passages of text, and below them a number of
// lines of dialogue.
func convinces(said []sayings, controls int, opened bool) bool {
	var all sayings
	spoke, reported, texts := 0, 0, 0
	for i := range said {
		s := &said[i]
		all.heading, all.greeting = all.heading || s.heading, all.greeting || s.greeting
		all.we, all.you = all.we+s.we, all.you+s.you
		if s.heading || s.greeting {
			continue
		}
		texts++
		all.ask = all.ask || s.ask
		all.money, all.small, all.thanks = all.money || s.money, all.small || s.small, all.thanks || s.thanks
		if s.speaks() {
			spoke++
		}
		if s.report && s.we == 0 {
			reported++
		}
	}
	if texts == 0 || !all.ask || all.we < 1 || (all.you < 1 && controls == 0) || spoke*5 < texts*3 || reported*3 > texts {
		return false
	}
	kinds := 0
	for _, sign := range []bool{
		all.heading, all.greeting, all.ask, all.we >= 2, all.you >= 2, all.money, all.small, all.thanks, controls > 0, controls > 1,
	} {
		if sign {
			kinds++
		}
	}
	if opened || controls > 0 {
		return kinds >= dressedSigns
	}
	return kinds >= plainSigns
}

// unquoted leaves out what stands between quotation marks, and what follows
// one that is never closed.
func unquoted(line string) string {
	var out strings.Builder
	var until rune
	for _, r := range line {
		switch {
		case until != 0:
			if r == until || (until == '”' && r == '“') {
				until = 0
			}
		case r == '“' || r == '„':
			until = '”'
		case r == '«':
			until = '»'
		case r == '"':
			until = '"'
		default:
			out.WriteRune(r)
			continue
		}
		out.WriteByte(' ')
	}
	return out.String()
}

// dialogue returns where the run of buttons and short answers at the end
// begins, len(lines) when there is none.
func (l *signs) dialogue(lines []string, first int) int {
	from, strange, known := len(lines), 0, 0
	for i := len(lines) - 1; i >= first && strange <= strangeInside; i-- {
		if utf8.RuneCountInString(lines[i]) > shortLine {
			break
		}
		if l.control(lines[i]) {
			from, strange, known = i, 0, known+1
			continue
		}
		strange++
	}
	// The appeal's own last lines may be a short word of thanks and a name.
	for from < len(lines) && (l.thanks.in(tokens(lines[from])) || !l.control(lines[from])) {
		from++
	}
	trailing := 0
	for i := len(lines) - 1; i >= from && !l.control(lines[i]); i-- {
		trailing++
	}
	if trailing > 0 && known < 2 {
		return len(lines)
	}
	return from
}

// control says whether a line is a button, or what stands beside buttons.
func (l *signs) control(line string) bool {
	words := tokens(line)
	if len(words) == 0 {
		return true // × and other symbols
	}
	if l.remind.begins(words) || l.later.begins(words) {
		return true
	}
	if strings.ContainsAny(line, ".:;,") && !sum.MatchString(line) {
		return false
	}
	return len(words) <= 6 && (l.button.begins(words) || l.dismiss.begins(words) || sum.MatchString(line) && len(words) <= 3)
}

// draft puts the words of an appeal where they belong.
func (l *signs) draft(line int, text []string, said []sayings, controls []string) AppealDraft {
	a := AppealDraft{Line: line}
	if said[0].heading || (len(said) > 1 && said[1].greeting && !said[0].greeting) {
		a.Heading, text, said = text[0], text[1:], said[1:]
	}
	if n := len(text) - 1; n > 0 && signature(text[n]) && !said[n].greeting {
		a.Signature, text = text[n], text[:n]
	}
	a.Body = append(a.Body, text...)
	a.Controls = append(a.Controls, controls...)
	for _, c := range controls {
		l.place(&a, c)
	}
	return a
}

// place gives one line of the dialogue its part, when the part is free.
func (l *signs) place(a *AppealDraft, control string) {
	words := tokens(control)
	put := func(part *string) {
		if *part == "" {
			*part = control
		}
	}
	switch {
	case len(words) == 0 || l.dismiss.begins(words):
	case l.thanks.in(words) && !l.later.begins(words):
		put(&a.Thanks)
	case l.remind.begins(words):
		if a.Remind == "" {
			a.Remind = control
		} else {
			put(&a.Month)
		}
	case l.later.begins(words):
		put(&a.Prompt)
	case l.button.begins(words) && !sum.MatchString(control) && !l.rhythm.in(words[:1]):
		put(&a.Button)
	}
}

// signature says whether the last line of an appeal is who signs it.
func signature(line string) bool {
	r, _ := utf8.DecodeLastRuneInString(line)
	first, _ := utf8.DecodeRuneInString(line)
	dash := strings.ContainsRune("—–-", first)
	return utf8.RuneCountInString(line) <= shortLine && len(tokens(line)) <= 8 && (dash || unicode.IsLetter(r) || unicode.IsMark(r) || r == ',')
}
