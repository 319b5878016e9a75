package site

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// wire is a form in which agencies and other newsrooms take a story over. It
// stands beside the story's page, under its address with an ending.
type wire struct {
	ending    string
	mediaType string
	write     func(e *edition, st *story.Story) ([]byte, error)
}

var wires = []wire{
	{".ninjs.json", "application/json", (*edition).ninjs},
	{".newsml.xml", "application/vnd.iptc.g2.newsitem+xml", (*edition).newsML},
}

// wired answers for the stories' forms for machines, and leaves their pages
// to next. No slug has a dot.
func (s *Site) wired(next action) action {
	makers := make([]maker, 0, len(wires))
	for _, form := range wires {
		makers = append(makers, form.make)
	}
	return func(e *edition, w http.ResponseWriter, r *http.Request) error {
		for i, form := range wires {
			if strings.HasSuffix(r.URL.Path, form.ending) {
				return s.shelved(e, w, r, makers[i])
			}
		}
		return next(e, w, r)
	}
}

func (f wire) make(ctx context.Context, s *Site, e *edition, path string) (*kept, error) {
	st, err := s.storyAt(ctx, e, strings.TrimSuffix(path, f.ending))
	if err != nil {
		return nil, err
	}
	if st.State == story.Drafted {
		return nil, fault.New(fault.Missing, "")
	}
	if st.State != story.Published { // what was taken back goes out as that, and without its words
		st = e.gone(st)
		st.Tags = nil
	}
	body, err := f.write(e, &st)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", f.ending, err)
	}
	k := s.keep(body, escaped(path), topicStory(st.Path()))
	k.contentType, k.caching = []string{f.mediaType + "; charset=utf-8"}, cacheFeed
	return k, nil
}

// wireLinks are the links to a story's forms for machines.
func (e *edition) wireLinks(st *story.Story) (all []feedLink) {
	for _, form := range wires {
		all = append(all, feedLink{form.mediaType, st.Headline, escaped(st.Path() + form.ending)})
	}
	return all
}

// urn is what a story is called for good, in feeds and on wires: its address
// may change, and the newsroom's name as well.
func urn(id string) string {
	sum := sha256.Sum256([]byte("story " + id))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID of version 8: of our own making
	h := hex.EncodeToString(sum[:16])
	return "urn:uuid:" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// html is the story's text with whole addresses, as it goes out into the world.
func (e *edition) html(st *story.Story) []byte {
	html := st.Body.AppendHTML(nil)
	for _, attribute := range []string{"href", "src"} {
		html = bytes.ReplaceAll(html, []byte(" "+attribute+`="/`), []byte(" "+attribute+`="`+e.site.base+"/"))
	}
	return html
}

// pictures are the images of a story.
func pictures(st *story.Story) (all []prose.Block) {
	for _, b := range st.Body.Blocks {
		if b.Kind == prose.Image && strings.HasPrefix(b.Src, "/") {
			all = append(all, b)
		}
	}
	return all
}

// pictureType is the media type of a picture of ours, by its name.
func pictureType(src string) string {
	if strings.HasSuffix(src, ".png") {
		return "image/png"
	}
	return "image/jpeg"
}
