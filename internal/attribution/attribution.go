// Package attribution finds who said what in the text of a news story, and
// suggests it to the editor as a record: the words, whose they are, the verb
// that carries them, and what the sentence tells of role, body, addressee,
// day, place, medium, whom it is about, and whether evidence was presented.
//
// A text passes five stations, paragraph by paragraph. Tokens are cut and
// looked up in the language's lexicon; quotation marks are paired, over
// paragraphs when a quotation runs on; sentences are parted; each cue ("said",
// "according to", "his claim that") is tried against its frames, which tell
// where its source and its content may stand; names are remembered, so that a
// pronoun or a bare surname becomes the fullest name seen before.
//
// What differs between languages is data: one file in the folder lang holds the
// word classes, the inflections, the cues with their frames, the calendar and
// the lines that are no news. The engine knows no word of any language.
//
// Everything is a pure function of the text, the language and the dateline. The
// engine prefers silence to a wrong suggestion, keeps its work linear in the
// length of the text, and never changes or stores it.
package attribution

import (
	"time"
	"unicode/utf8"
)

// Kind tells how the words are rendered.
type Kind string

// The kinds of a statement.
const (
	Direct   Kind = "direct"   // all of it in quotation marks
	Mixed    Kind = "mixed"    // partly in quotation marks
	Indirect Kind = "indirect" // in the writer's words
)

// NonePresented is the value of Suggestion.Evidence when the text itself says
// that the speaker presented none.
const NonePresented = "none_presented"

// Span is a piece of the text. Start and End count Unicode code points from the
// start of the text; Text is what stands between them.
type Span struct {
	Text  string `json:"text"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// Source is who speaks. Start and End are where the text names the source, by
// whatever words. Text is those words too, unless they are a pronoun, a
// relative or a short form: then Text is the fullest name seen before, and
// Mention has the words that stand there.
type Source struct {
	Span
	Mention string `json:"mention,omitempty"`
}

// When is the day of the statement, as the text says it, and resolved against
// the dateline: 2024-12-03, or less exactly 2024-12, 2024-W49, 2024.
type When struct {
	Text string `json:"text"`
	Date string `json:"date"`
}

// Suggestion is one attributed statement that the text seems to hold.
type Suggestion struct {
	Kind       Kind     `json:"kind"`
	Source     *Source  `json:"source"`
	Cue        *Span    `json:"cue"`
	Content    []Span   `json:"content"`
	Role       string   `json:"role"`
	Body       string   `json:"body"`
	Addressee  string   `json:"addressee"`
	When       *When    `json:"when"`
	Where      string   `json:"where"`
	Medium     string   `json:"medium"`
	About      []string `json:"about"`
	Evidence   string   `json:"evidence"`
	Confidence float64  `json:"confidence"`
}

// Options is what the engine may know beside the text.
type Options struct {
	Dateline time.Time // the day of the story; zero leaves relative days unresolved
	Least    float64   // the least confidence that is suggested; zero takes the language's own
}

// Engine suggests statements in texts of one language. It holds no state of a
// text and may be used by many goroutines at once.
type Engine struct {
	lang *language
}

// New builds the engine of a language ("en", "ru", "de"; region tags are
// ignored). An unknown language is a fault of kind invalid.
func New(lang string) (*Engine, error) {
	l, err := load(lang)
	if err != nil {
		return nil, err
	}
	return &Engine{lang: l}, nil
}

// Suggest returns the statements of the text in text order. The text need not
// be valid UTF-8: a broken byte counts as one code point.
func (e *Engine) Suggest(text string, o Options) []Suggestion {
	if o.Least == 0 {
		o.Least = e.lang.least
	}
	r := &reader{lang: e.lang, text: text, options: o}
	for at, n := 0, 0; at < len(text); {
		end := lineEnd(text, at)
		r.paragraph(at, end, n)
		n += utf8.RuneCountInString(text[at:end])
		at = end
	}
	return r.finish()
}

// The longest piece that is read as one paragraph, in bytes. What is longer is
// no prose; it is cut at a space so that no line costs more than its length.
const longestParagraph = 1 << 14

// lineEnd returns the end of the line that begins at from, its line break included.
func lineEnd(text string, from int) int {
	limit := min(len(text), from+longestParagraph)
	for i := from; i < limit; i++ {
		if text[i] == '\n' || text[i] == '\r' {
			return i + 1
		}
	}
	if limit == len(text) {
		return limit
	}
	for i := limit; i > limit-256; i-- {
		if text[i-1] == ' ' {
			return i
		}
	}
	for limit < len(text) && !utf8.RuneStart(text[limit]) {
		limit++
	}
	return limit
}
