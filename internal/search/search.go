// Package search finds texts by their words: the stories of a newspaper for its
// readers, and the drafts of a newsroom for those who write them.
//
// A text is cut into words, each word to its stem, in Go and in the manner of
// its language: Snowball's stemmers for Russian, English, German, Arabic and
// others, lists of endings for Persian, Ukrainian and Belarusian. Spellings
// that readers mix up become one (ё and е, the two kinds of ye and kaf, digits
// of every script, letters with and without diacritics). So a query finds
// inflected words, and finds the same on both databases, which only keep the
// inverted index (db.Dialect). Phrases are compared, hits ranked and snippets
// cut in Go.
//
// What is stored: the stems of each text in their order, its title, its facets
// (section, person), when it appeared, and how many texts hold a word. Each
// term carries the scope and the language of its text, and a query can only ask
// within one scope: a reader's query has no way to hit a draft. A text that is
// taken out leaves nothing behind in the index. Queries are stored nowhere and
// never logged.
//
// What a reader types is never a query of the database. It is cut into words
// by the same rules as the texts; words must all occur, "words in quotes" in
// this order, -words not at all. Every query has a bounded cost: its length is
// capped, hits come newest first by the order of the index, and where hits must
// be looked at one by one (phrases, ranking, counts of facets) only so many of
// the newest are, and the answer says so.
package search

import (
	"context"
	"time"

	"mimeo/internal/db"
)

// Scope says who may find a text.
type Scope string

// The scopes.
const (
	Readers Scope = "r" // everybody: what is published
	Desk    Scope = "d" // the newsroom: the newest text of everything
)

// Facet is a property that hits can be narrowed to, such as the section or a
// person. Label is what people read, if it is not the value.
type Facet struct {
	Kind  string `json:"k"`
	Value string `json:"v"`
	Label string `json:"l,omitempty"`
}

// Document is a text that can be found.
type Document struct {
	Scope  Scope
	Key    string // the caller's name for it, unique in its scope
	Lang   string
	Title  string
	Text   string
	Facets []Facet
	At     time.Time // when it appeared: the order of the hits
	Stamp  string    // changes whenever anything else here does
}

// Ref names a document.
type Ref struct {
	Scope Scope
	Key   string
}

// Options tell the index where its documents come from. Both may be nil where
// nothing is indexed later or anew.
type Options struct {
	// Load reads a document in the transaction that indexes it; ok is false
	// when there is nothing to be found (any more).
	Load func(ctx context.Context, tx *db.Tx, ref Ref) (doc Document, ok bool, err error)
	// Walk lists what should be found: at most limit refs after a place, ""
	// being the beginning, and the place after them, "" at the end. It may
	// give refs that Load then knows nothing of.
	Walk func(ctx context.Context, after string, limit int) (refs []Ref, next string, err error)
}

// Index finds texts. It is safe for concurrent use.
type Index struct {
	db  *db.DB
	opt Options
}

// New returns the index in a database.
func New(d *db.DB, opt Options) *Index { return &Index{db: d, opt: opt} }

// The bounds of a query.
const (
	maxQuery  = 200 // characters that are read of what was typed
	maxWords  = 12  // words that must occur
	maxPhrase = 8   // words of one phrase
	maxNot    = 6   // words or phrases that must not occur
	maxLooked = 600 // texts that are looked at one by one for a phrase
	maxRanked = 300 // texts that are ranked
	maxHits   = 100 // on one page
	maxSample = 500 // hits whose facets are counted
	batch     = 150 // of those that are looked at, how many are read first; then the rest
)

// Bounds of a document.
const (
	maxIndexed = 50_000  // words of one text
	maxTerms   = 600_000 // bytes of its distinct terms: PostgreSQL takes 1 MiB
	maxSurface = 3_000   // distinct words that are counted for suggestions
)

// Query is what is looked for.
type Query struct {
	Scope    Scope
	Langs    []string // at least one
	Text     string   // as typed
	Facets   []Facet  // all of them
	From, To time.Time
	Before   string         // Result.Older of the page before, "" for the first
	Limit    int            // hits on a page; 0 means 20
	Ranked   bool           // the best of the newest first, not the newest
	Sample   int            // count the facets of so many of the newest hits
	Zone     *time.Location // in which a hit has its month; nil is UTC
}

// Hit is a text that was found.
type Hit struct {
	Key, Lang, Title string
	At               time.Time

	place int64
}

// Result is a page of hits.
type Result struct {
	Hits    []Hit
	Older   string  // where to go on, "" when this was all
	Bounded bool    // there may be hits that were not looked at: older ones, or ones that would rank better
	Counts  []Count // of the sample, the most frequent first within a kind
	Sampled int     // how many hits were counted
	Whole   bool    // the sample was all there is
}

// Count is how many hits of the sample have a facet. The kind "month" is the
// index's own; its values are like 2026-11.
type Count struct {
	Facet
	N int
}
