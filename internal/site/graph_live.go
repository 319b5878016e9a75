package site

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"mimeo/internal/prose"
	"mimeo/internal/story"
)

// liveUpdates is how many of a live blog's reports its page tells machines of:
// they read it again and again, readers on slow networks as well.
const liveUpdates = 20

// liveUpdate is schema.org's BlogPosting within a LiveBlogPosting.
type liveUpdate struct {
	Type      string    `json:"@type"`
	Headline  string    `json:"headline"`
	URL       string    `json:"url"`
	Published time.Time `json:"datePublished"`
	Modified  time.Time `json:"dateModified"`
	Body      string    `json:"articleBody,omitempty"`
}

// correctionComment is schema.org's word for what readers were told of a
// changed text.
type correctionComment struct {
	Type      string `json:"@type"`
	Text      string `json:"text"`
	Published string `json:"datePublished"`
}

// liven makes a live story's description that of a live blog: what it covers
// since when, and its newest reports.
func (n *newsArticle) liven(st *story.Story) {
	if !st.Live {
		return
	}
	entries := st.Body.Entries()
	n.Type = "LiveBlogPosting"
	start := st.Published.UTC()
	for _, e := range entries {
		if e.At.Before(start) {
			start = e.At.UTC()
		}
	}
	n.CoverageStart = &start
	slices.SortStableFunc(entries, func(a, b prose.LiveEntry) int { return b.At.Compare(a.At) })
	for _, e := range entries[:min(len(entries), liveUpdates)] {
		var words []string
		prose.Doc{Blocks: st.Body.Blocks[e.From+1 : e.To]}.Texts(func(_ int, t *prose.Text) { words = append(words, t.String()) })
		body := strings.Join(words, "\n")
		n.Updates = append(n.Updates, liveUpdate{
			Type: "BlogPosting", Headline: cmp.Or(e.Title, firstLine(body), st.Headline), URL: n.Page + "#e-" + e.ID,
			Published: e.At.UTC(), Modified: e.At.UTC(), Body: body,
		})
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	const most = 110
	n := 0
	for i := range line {
		if n == most {
			return line[:i] + "…"
		}
		n++
	}
	return line
}

// amend adds what readers were told of changes.
func (n *newsArticle) amend(notices []notice) {
	for _, c := range notices {
		if text := strings.Join(c.Note, "\n"); text != "" {
			n.Corrections = append(n.Corrections, correctionComment{"CorrectionComment", text, c.Stamp})
		}
	}
}

// picture adds the addresses of the story's pictures.
func (n *newsArticle) picture(e *edition, st *story.Story) {
	for _, p := range pictures(st) {
		n.Images = append(n.Images, e.absolute(escaped(p.Src)))
	}
}
