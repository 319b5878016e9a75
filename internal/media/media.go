// Package media keeps the newsroom's pictures: it takes what an editor sends,
// makes of it pictures in several widths, and forgets what was sent.
//
// A photograph says more than it shows: the place where it was taken, the
// number of the camera, an older version of itself as a thumbnail, the name of
// whoever edited it. So nothing of the file that came in is stored, under no
// name and for no moment: it is read into memory, decoded, turned upright and
// written anew from its pixels alone. What then lies on the disk is below the
// folder media, by random names, as JPEG or PNG:
//
//	media/k3/k3v9…-320.jpg  -640  -960  -1280  -1920
//
// The widest one has the width of the original, 1920 at most; the narrower ones
// are those steps of Widths that are less than it. So the address of the widest
// says by itself which others there are, and a page needs no look into the
// database to offer them.
//
// What comes in is a stranger's: a picture may claim to be a thousand times
// larger than its file, or hold a page of HTML behind its pixels. Size is
// capped while reading and pixels before decoding, one picture is worked on at
// a time, and what is not one of four formats by its own bytes is refused with
// a Reason.
//
// Rows hold what is said about a picture (alt, caption, credit, licence, the
// point that must stay in sight) and nothing of who added it.
package media

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/ident"
)

// Widths are the steps in which a picture is kept. Addresses depend on them:
// a step may be added for pictures to come only with another way to name them.
var widths = [...]int{320, 640, 960, 1280, 1920}

// widest is the most pixels a picture of ours has from side to side. A tall
// one is held to tallest.
const (
	widest  = 1920
	tallest = 3840
)

// Meta is what people say about a picture.
type Meta struct {
	Alt     string // for who does not see it, "" when it adds nothing
	Caption string
	Credit  string
	Licence string
	Lang    string // of these words
	FocusX  int    // what must stay in sight when the picture is cut: permille from the left and the top
	FocusY  int
}

// Most bytes of each part of a Meta.
const (
	MaxAlt     = 1000
	MaxCaption = 2000
	MaxCredit  = 300
	middle     = 500
)

// Picture is one picture.
type Picture struct {
	Meta
	ID      string // for the desk
	Name    string // in addresses: random
	Ext     string // "jpg" or "png"
	Width   int    // of the widest file
	Height  int
	Bytes   int64 // of all files
	Changed time.Time
}

// Src is the address of the widest file. It goes into a text.
func (p *Picture) Src() string { return p.At(p.Width) }

// At is the address of the file of a width.
func (p *Picture) At(width int) string { return Folder + fileName(p.Name, width, p.Ext) }

// Thumb is the address of the narrowest file.
func (p *Picture) Thumb() string { return p.At(steps(p.Width)[0]) }

// Focus is Focus of the picture's point.
func (p *Picture) Focus() string { return Focus(p.FocusX, p.FocusY) }

// Folder is where the files are found from outside.
const Folder = "/media/"

func fileName(name string, width int, ext string) string {
	return name + "-" + strconv.Itoa(width) + "." + ext
}

// steps are the widths in which a picture is kept whose widest file has width.
func steps(width int) []int {
	var all []int
	for _, w := range widths {
		if w < width {
			all = append(all, w)
		}
	}
	return append(all, width)
}

// parseFile takes the name of a file apart: nothing else is ever looked for
// on the disk.
func parseFile(file string) (name string, width int, ext string, ok bool) {
	name, rest, found := strings.Cut(file, "-")
	number, ext, dotted := strings.Cut(rest, ".")
	if !found || !dotted || !ident.IsSecret(name) || ext != extJPEG && ext != extPNG || len(number) > 4 {
		return "", 0, "", false
	}
	width, err := strconv.Atoi(number)
	if err != nil || width < 1 || width > widest || strconv.Itoa(width) != number {
		return "", 0, "", false
	}
	return name, width, ext, true
}

// NameOf is the name of the picture that an address leads to, "" when it is
// not the address of a picture of ours.
func NameOf(src string) string {
	file, found := strings.CutPrefix(src, Folder)
	if !found {
		return ""
	}
	name, _, _, _ := parseFile(file)
	return name
}

// Set is the srcset of a picture whose widest file is at src, "" for an address
// that is not one of ours or has nothing narrower.
func Set(src string) string {
	file, found := strings.CutPrefix(src, Folder)
	name, width, ext, ok := parseFile(file)
	if !found || !ok || width <= widths[0] {
		return ""
	}
	var b strings.Builder
	for i, w := range steps(width) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(Folder + fileName(name, w, ext) + " " + strconv.Itoa(w) + "w")
	}
	return b.String()
}

// AtMost is the address of the widest file of a picture that is not wider than
// most, or of its narrowest. src is that of its widest file.
func AtMost(src string, most int) string {
	file, found := strings.CutPrefix(src, Folder)
	name, width, ext, ok := parseFile(file)
	if !found || !ok {
		return src
	}
	all := steps(width)
	best := all[0]
	for _, w := range all {
		if w <= most {
			best = w
		}
	}
	return Folder + fileName(name, best, ext)
}

// Focus names the part of a picture that must stay in sight: a class of the
// style sheet, one of nine, "" for the middle. Pages with a strict policy have
// no style of their own.
func Focus(x, y int) string {
	if x == 0 && y == 0 {
		return ""
	}
	part := func(n int, low, high string) string {
		switch {
		case n < 334:
			return low
		case n > 666:
			return high
		default:
			return ""
		}
	}
	return strings.TrimSpace(strings.Join([]string{part(x, "focus-left", "focus-right"), part(y, "focus-top", "focus-bottom")}, " "))
}

// Reason is why a file is not taken.
type Reason string

// The reasons.
const (
	Empty    Reason = "empty"    // nothing was sent
	TooLarge Reason = "large"    // more bytes than we take
	TooWide  Reason = "pixels"   // more pixels, or more memory to read them
	Drawing  Reason = "drawing"  // SVG, HTML, PDF: a page and not a picture
	Phone    Reason = "phone"    // HEIC or AVIF
	Unknown  Reason = "unknown"  // none of the four formats
	Broken   Reason = "broken"   // cut off or damaged
	Slow     Reason = "slow"     // took too long to read
	TooSmall Reason = "toosmall" // a few pixels: a beacon, not a picture
)

// RefusedError says that a file is not taken. It is a fault in English; the desk says
// it in the editor's language by its Reason.
type RefusedError struct {
	Reason Reason
	fault  error
}

// Error implements error.
func (r *RefusedError) Error() string { return r.fault.Error() }

// Unwrap returns the fault.
func (r *RefusedError) Unwrap() error { return r.fault }

var reasons = map[Reason]string{
	Empty:    "No picture was sent. Choose a file",
	TooLarge: "The file is larger than we take",
	TooWide:  "The picture has more pixels than we can read. Make it smaller",
	Drawing:  "This is a page or a drawing and not a picture. Send it as JPEG or PNG",
	Phone:    "We cannot read the format of this phone (HEIC, AVIF). Send it as JPEG",
	Unknown:  "This is not a picture that we can read. Send JPEG, PNG, GIF or WebP",
	Broken:   "The picture is damaged or did not arrive whole. Send it again",
	Slow:     "The picture took too long to read. Save it anew and send it again",
	TooSmall: "The picture has too few pixels to be shown",
}

func refuse(why Reason, cause error) error {
	words, known := reasons[why]
	if !known {
		return fmt.Errorf("media: no words for the reason %q", why)
	}
	if cause == nil {
		return &RefusedError{why, fault.New(fault.Invalid, words)}
	}
	return &RefusedError{why, fault.Wrap(fault.Invalid, words, cause)}
}

// ErrEmpty is the answer to a form without a file.
var ErrEmpty = refuse(Empty, nil)

// ReasonOf is why a file was not taken, "" for other errors.
func ReasonOf(err error) Reason {
	var r *RefusedError
	if errors.As(err, &r) {
		return r.Reason
	}
	return ""
}
