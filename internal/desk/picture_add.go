package desk

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"mimeo/internal/fault"
	"mimeo/internal/media"
	"mimeo/internal/web"
)

// Limits of a form that brings a picture: the file is measured by the store,
// the rest is as small as in any form.
const (
	mostPicture       = 25 << 20
	mostPictureForm   = mostPicture + web.MaxBody
	mostPictureFields = 16
	mostPictureField  = 8 << 10
	pictureUpload     = 10 * time.Minute
)

// errParts is a body that is not in the parts that its header promises.
var errParts = errors.New("the form did not arrive whole")

// pictureAddForm is where a picture is brought.
func (d *Desk) pictureAddForm(v *visit, w http.ResponseWriter, _ *http.Request) error {
	data := v.newPictureForm(media.Meta{Lang: d.Editions[0]})
	return d.show(v, w, http.StatusOK, "picture-add", data)
}

func (v *visit) newPictureForm(m media.Meta) pictureForm {
	data := v.pictureForm(v.T("media.add"), m)
	data.Scripts = []string{"picture.js"}
	data.Most = v.Number(mostPicture >> 20)
	return data
}

// pictureAdd takes a picture. The body is read as it comes: nothing of it is
// ever laid down on the disk.
func (d *Desk) pictureAdd(v *visit, w http.ResponseWriter, r *http.Request) error {
	defer unhurried(w)()
	parts, err := r.MultipartReader()
	if err != nil {
		return fault.Wrap(fault.Invalid, "This address takes a picture from its form", err)
	}
	fields := map[string]string{}
	field := func(name string) string { return fields[name] }
	var p media.Picture
	var m media.Meta
	fresh, ok := false, true
	err = func() error {
		for {
			part, err := parts.NextPart()
			if errors.Is(err, io.EOF) {
				return media.ErrEmpty
			}
			if err != nil {
				return fmt.Errorf("%w: %w", errParts, err)
			}
			if part.FormName() != "file" {
				if err := readField(part, fields); err != nil {
					return err
				}
				continue
			}
			// The file stands last in the form, so what is said about it is here.
			if m, ok = metaOf(field); !ok {
				return fault.Invalidf("The point is two numbers from 0 to 1000")
			}
			p, fresh, err = d.Pictures.Add(r.Context(), part, v.Member.ID, m)
			return err
		}
	}()
	if err == nil {
		return d.pictureAdded(v, w, r, &p, fresh)
	}
	words, mine := refusal(v, err, ok)
	if !mine {
		return err
	}
	if wantsJSON(r) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		return writeJSON(w, map[string]string{"error": words})
	}
	m, _ = metaOf(field) // what was typed is shown again, right or wrong
	data := v.newPictureForm(m)
	if ok {
		data.wrong("file", words)
	} else {
		data.X, data.Y, data.Exact = fields["x"], fields["y"], true
		data.wrong("x", words)
	}
	return d.show(v, w, http.StatusUnprocessableEntity, "picture-add", data)
}

func (d *Desk) pictureAdded(v *visit, w http.ResponseWriter, r *http.Request, p *media.Picture, fresh bool) error {
	said := "media.added"
	if !fresh {
		said = "media.again"
	}
	v.flash(w, said)
	if wantsJSON(r) {
		return writeJSON(w, asJSON(p))
	}
	return v.see(w, picturePath(p.ID))
}

// refusal says in the member's language why a picture was not taken; mine is
// false for errors that are not the sender's.
func refusal(v *visit, err error, pointed bool) (words string, mine bool) {
	var large *http.MaxBytesError
	switch why := media.ReasonOf(err); {
	case errors.As(err, &large):
		return v.T("media.refused."+string(media.TooLarge), "Most", v.Number(mostPicture>>20)), true
	case why != "":
		return v.T("media.refused."+string(why), "Most", v.Number(mostPicture>>20)), true
	case !pointed:
		return v.T("media.point.wrong"), true
	case errors.Is(err, errParts), errors.Is(err, io.ErrUnexpectedEOF):
		return v.T("media.refused." + string(media.Broken)), true
	case fault.KindOf(err) == fault.Invalid:
		return v.T("media.long"), true
	}
	return "", false
}

func readField(part *multipart.Part, fields map[string]string) error {
	text, err := io.ReadAll(io.LimitReader(part, mostPictureField+1))
	if err != nil {
		return err
	}
	if len(fields) >= mostPictureFields || len(text) > mostPictureField || !utf8.Valid(text) {
		return fault.Invalidf("That is more than this form takes")
	}
	fields[part.FormName()] = web.Line(string(text))
	return nil
}

// unhurried gives a slow line its time: a server's deadlines are made for
// pages. What is returned ends it.
func unhurried(w http.ResponseWriter) func() {
	c := http.NewResponseController(w)
	never := time.Time{}
	// A connection that knows no deadlines needs none lifted.
	if errors.Join(c.SetReadDeadline(never), c.SetWriteDeadline(never)) != nil {
		return func() {}
	}
	t := time.AfterFunc(pictureUpload, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) }) //nolint:errcheck // the connection is gone then
	return func() { t.Stop() }
}

// splitTwo are the first two words of a text, empty when there are fewer.
func splitTwo(text string) [2]string {
	first, second, _ := strings.Cut(strings.TrimSpace(text), " ")
	return [2]string{first, strings.TrimSpace(second)}
}
