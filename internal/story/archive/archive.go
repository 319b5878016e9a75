// Package archive brings an old newspaper along, and lets this one go: it takes
// in what WordPress, Ghost, Substack and the wires write (packages wxr, ghost,
// substack and ninjs read it), and writes the whole newsroom back as open
// files, from which the same newsroom can be made again.
//
// A run goes through the files twice, once for what the stories refer to and
// once for the stories, of which it holds one batch at a time. Each batch is
// one transaction, and with each story goes a row that says where it comes
// from and what it was: so a run that was killed is simply started again, a
// run that is repeated doubles nothing, and a story that changed over there
// becomes another revision here, which waits for an editor when readers have
// the old one. A dry run reads, reports the same and writes nothing.
//
// Stories keep the day on which they came out, the names that stood above
// them and their old addresses, which lead to the new ones for good. Pictures
// come from the files that were given, never from the network. What has no
// place here is kept as readable text or counted, and is reported with its
// line; nothing is left out in silence, and one bad item stops no other.
package archive

import (
	"archive/zip"
	"context"
	"io"
	"slices"
	"time"

	"mimeo/internal/db"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// Format is a kind of file that stories come in.
type Format string

// The formats.
const (
	WXR      Format = "wxr"
	Ghost    Format = "ghost"
	Substack Format = "substack"
	NINJS    Format = "ninjs"
	Mimeo    Format = "mimeo"
)

// Options are what an archive must know of the newsroom.
type Options struct {
	Languages []string // the newsroom's; the first is for items that name none
	Temp      string   // folder for what does not fit into memory; "" is the system's
	// Keep stores a picture for good and says where readers find it. It stands in
	// for the newsroom's pictures, which know more than an import needs. Nil
	// keeps none: every picture is then one that did not come along.
	Keep func(ctx context.Context, r io.Reader, p Credit) (Stored, error)
	// Gallery is the newsroom's pictures, for an export and its restoration.
	Gallery Gallery
	// Records are the tables of other nouns that go along with an export, in an
	// order in which they may be written.
	Records []Table
}

// Credit is what is known of a picture's origin.
type Credit struct {
	Name    string // of the file it came in
	Alt     string
	Caption string
	Credit  string
}

// Stored is a picture that the newsroom has.
type Stored struct {
	Src           string // a path on this site
	Width, Height int
	Fresh         bool // the newsroom did not have it
}

// Archive takes in and gives out whole archives.
type Archive struct {
	db   *db.DB
	desk *story.Desk
	opt  Options
}

// New returns the archive of a newsroom.
func New(d *db.DB, desk *story.Desk, opt Options) *Archive {
	return &Archive{db: d, desk: desk, opt: opt}
}

// File is one file to be taken in. It is opened more than once. What Open gives
// is read at random when it is a zip file and can be (an *os.File can).
type File struct {
	Name string // as the person named it
	Open func() (io.ReadCloser, error)

	packed *zip.Reader
}

// Run says how files are taken in.
type Run struct {
	Format   Format
	Publish  bool // show readers what readers could see over there
	DryRun   bool
	Lang     string // "" is what the item says, or the newsroom's first
	Section  string // "" is the item's own
	Bylines  []string
	Pictures []Folder // where pictures are looked for beside the files themselves
	Told     func(Line) error
	Progress func(Progress)
}

// Progress is how far a run is.
type Progress struct {
	Done, Total int // stories; Total is 0 while nobody knows
	Counts      Counts
}

// Outcome is what became of an item.
type Outcome string

// The outcomes.
const (
	Fresh   Outcome = "new"
	Already Outcome = "already" // it is here as it was
	Changed Outcome = "changed" // it was here, and has another revision now
	Shown   Outcome = "shown"   // it was here as a draft, and readers see it now
	Refused Outcome = "refused"
)

// Line is what a run reports of one item. It is written as JSON.
type Line struct {
	File       string    `json:"file"`
	Where      string    `json:"where"` // in the file
	Outcome    Outcome   `json:"outcome"`
	ID         string    `json:"id"` // "" in a dry run
	Slug       string    `json:"slug"`
	Title      string    `json:"title"`
	State      string    `json:"state"`
	Path       string    `json:"path"`
	Paragraphs int       `json:"paragraphs"`
	Appeal     *string   `json:"appeal"`
	Warnings   []Warning `json:"warnings"`
	Already    bool      `json:"already"`
	Error      string    `json:"error,omitempty"` // of a refused one, or of a place in the file

	Comments []Comment `json:"-"`
}

// Warning is something that an editor should look at. Line and Column are of
// the text of the story, 0 when it is about the whole.
type Warning struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// Comment is a reader's comment, which is reported and not taken in.
type Comment struct {
	Author string    `json:"author"`
	At     time.Time `json:"at"`
	Text   string    `json:"text"`
}

// Counts sum up a run.
type Counts struct {
	New       int            `json:"new"`
	Already   int            `json:"already"`
	Changed   int            `json:"changed"`
	Shown     int            `json:"shown"`
	Refused   int            `json:"refused"`
	Published int            `json:"published"` // of the new and shown ones, how many readers see
	Pictures  int            `json:"pictures"`
	Missing   int            `json:"pictures_missing"`
	Addresses int            `json:"addresses"`
	Comments  int            `json:"comments"`
	Passed    map[string]int `json:"passed"` // what is no story, by what it is
}

// now is the newsroom's time, which the database has.
func (a *Archive) now(ctx context.Context) (now time.Time, err error) {
	err = a.db.Read(ctx, func(_ context.Context, tx *db.Tx) error {
		now = tx.Now
		return nil
	})
	return now, err
}

// lang is the language of an item.
func (a *Archive) lang(run *Run, of string) string {
	if run.Lang != "" {
		return run.Lang
	}
	base, _, _ := cutLang(of)
	for _, l := range []string{of, base} {
		if slices.Contains(a.opt.Languages, l) {
			return l
		}
	}
	if len(a.opt.Languages) > 0 {
		return a.opt.Languages[0]
	}
	return ""
}

// image is the block of a stored picture.
func (s Stored) image() prose.Block {
	return prose.Block{Kind: prose.Image, Src: s.Src, Width: s.Width, Height: s.Height}
}
