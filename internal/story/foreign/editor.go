package foreign

import (
	"encoding/json"
	"strings"
)

// comment reads what the block editor writes between its blocks. Most of them
// hold HTML that speaks for itself; an embed is named in the comment, and a
// block without content was made by the old site anew for each reader.
func (r *reading) comment(text string) {
	text = strings.TrimSpace(text)
	if name, found := strings.CutPrefix(text, "/wp:"); found {
		if strings.TrimSpace(name) == r.skip {
			r.skip = ""
		}
		r.flush()
		if strings.HasPrefix(name, "embed") || strings.HasPrefix(name, "core-embed/") {
			r.caption, r.figures = 0, 0
		}
		return
	}
	name, found := strings.CutPrefix(text, "wp:")
	if !found || r.dropped != 0 {
		return
	}
	name, rest, _ := strings.Cut(name, " ")
	empty := strings.HasSuffix(rest, "/") || strings.HasSuffix(name, "/")
	name = strings.TrimSuffix(name, "/")
	r.flush()
	switch {
	case name == "embed" || strings.HasPrefix(name, "core-embed/"):
		var given struct{ URL string }
		if json.Unmarshal([]byte(strings.TrimSpace(strings.TrimSuffix(rest, "/"))), &given) == nil && given.URL != "" {
			r.embed(given.URL, "")
			if !empty && !r.all {
				r.skip, r.mark = name, r.at
			}
		}
	case empty && name != "more" && name != "nextpage" && name != "separator" && name != "spacer":
		if name == "block" {
			r.warn("a reusable block is not part of the text and was left out")
			return
		}
		r.warn("the block %s, which the old site filled anew for each reader, was left out", short(name))
	default:
	}
}
