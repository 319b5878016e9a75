package foreign

import (
	"strings"

	"mimeo/internal/prose"
)

// markdown puts a text that an old Ghost kept as Markdown: our own plain form
// is near enough to read it; pictures and pieces of HTML, which that form does
// not take from elsewhere, are put first.
func (b *builder) markdown(text string) {
	var chunk []string
	inHTML := false
	end := func() {
		b.chunk(strings.Join(chunk, "\n"), inHTML)
		chunk, inHTML = nil, false
	}
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "" && inHTML:
			end()
		case strings.HasPrefix(trimmed, "![") && strings.HasSuffix(trimmed, ")"):
			end()
			alt, to, _ := strings.Cut(trimmed[2:len(trimmed)-1], "](")
			to, _, _ = strings.Cut(to, " ")
			b.picture(Picture{URL: to, Alt: alt})
		case len(chunk) == 0 && strings.HasPrefix(trimmed, "<"):
			end()
			inHTML = true
			chunk = append(chunk, line)
		case strings.HasPrefix(trimmed, "# "):
			chunk = append(chunk, "#"+trimmed)
		default:
			chunk = append(chunk, line)
		}
	}
	end()
}

func (b *builder) chunk(text string, isHTML bool) {
	if strings.TrimSpace(text) == "" {
		return
	}
	if isHTML {
		b.piece(text)
		return
	}
	doc, _ := prose.ParseMarkup([]byte(b.readable(strings.ReplaceAll(text, "\r", "\n"))))
	for _, block := range doc.Blocks {
		for i := range block.Text {
			if to := block.Text[i].Link; to != "" {
				block.Text[i].Link, _ = b.address(to)
			}
		}
		b.out = append(b.out, block)
	}
}
