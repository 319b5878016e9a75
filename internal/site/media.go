package site

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"mimeo/internal/media"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// pictureSizes tells a browser how wide a picture of an article stands: the
// column of 42 rem or, below that, the window without its margins.
const pictureSizes = "(max-width: 44rem) calc(100vw - 2.5rem), 42rem"

// dress is how the text of an article becomes HTML here.
func (s *Site) dress(*story.Story) prose.HTML {
	return prose.HTML{
		Picture: func(src string, _, _ int) string { return media.Set(src) },
		Sizes:   pictureSizes,
	}
}

var typePicture = map[bool][]string{true: {"image/jpeg"}, false: {"image/png"}}

// picture answers with a file of a picture. Its address never means anything
// else, so a browser keeps it for good.
func (s *Site) picture(_ *edition, w http.ResponseWriter, r *http.Request) error {
	if s.pictures == nil {
		return errMissing
	}
	name := r.PathValue("file")
	f, err := s.pictures.Open(r.Context(), name)
	if errors.Is(err, media.ErrHidden) {
		return s.hiddenPicture(w, r)
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	h := w.Header()
	s.headers.Apply(h)
	h["Content-Type"] = typePicture[strings.HasSuffix(name, ".jpg")]
	h["Cache-Control"] = cacheEver
	h["Etag"] = []string{`"` + name + `"`}
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}

// blank stands where a picture was: grey, with a line through it.
const blank = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 64"><path fill="#d8d6d0" d="M0 0h96v64H0z"/>` +
	`<path fill="none" stroke="#8a8780" stroke-width="1.5" d="M36 20h24v24H36zM36 44l24-24"/></svg>`

// hiddenPicture fills the place of a picture that is not shown any more. What
// asks for a picture gets one, whatever the status says.
func (s *Site) hiddenPicture(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	s.headers.Apply(h)
	h["Cache-Control"] = cacheAnyone
	h["Content-Type"] = []string{"image/svg+xml"}
	h["Content-Length"] = []string{strconv.Itoa(len(blank))}
	h["X-Robots-Tag"] = []string{"noindex"}
	w.WriteHeader(http.StatusGone)
	if r.Method == http.MethodHead {
		return nil
	}
	return writeAll(w, []byte(blank))
}

// inlineWidth is how wide a picture may be that goes into a file to keep.
const inlineWidth = 960

var pictureSource = regexp.MustCompile(`<img src="(/media/[a-z2-7]{26}-[0-9]{1,4}\.(jpg|png))"( alt="[^"]*")(?: srcset="[^"]*")?(?: sizes="[^"]*")?`)

// inline puts the pictures into a text that must stand by itself. It works on
// HTML that prose wrote. A picture that cannot be read stays an address.
func (s *Site) inline(r *http.Request, html []byte) []byte {
	if s.pictures == nil {
		return html
	}
	return pictureSource.ReplaceAllFunc(html, func(tag []byte) []byte {
		m := pictureSource.FindSubmatch(tag)
		kind := map[string]string{"jpg": "jpeg", "png": "png"}[string(m[2])]
		f, err := s.pictures.Open(r.Context(), strings.TrimPrefix(media.AtMost(string(m[1]), inlineWidth), media.Folder))
		if err != nil {
			return tag
		}
		data, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return tag
		}
		return []byte(`<img src="data:image/` + kind + `;base64,` + base64.StdEncoding.EncodeToString(data) + `"` + string(m[3]))
	})
}
