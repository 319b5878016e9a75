package desk

import (
	"html/template"
	"net/http"

	"mimeo/internal/prose"
	"mimeo/internal/web"
)

type previewPage struct {
	storyPage
	Ways []choice
	Way  string
	HTML template.HTML
	Feed string // the item of the feed, as its source
	Text string // as plain text
	Back bool   // right to left
}

// previews are the ways in which a story is looked at before it goes out.
var previews = []string{"wide", "phone", "rtl", "dark", "print", "feed", "text"}

// storyPreview shows the newest text as readers would get it.
func (d *Desk) storyPreview(v *visit, w http.ResponseWriter, r *http.Request) error {
	query, err := web.Query(r)
	if err != nil {
		return err
	}
	base, err := d.storyPage(v, r, v.T("editor.preview"))
	if err != nil {
		return err
	}
	data := previewPage{storyPage: base, Way: query.Of("as")}
	data.Wide = true
	known := false
	for _, way := range previews {
		known = known || way == data.Way
	}
	if !known {
		data.Way = "wide"
	}
	for _, way := range previews {
		data.Ways = append(data.Ways, choice{Value: way, Name: v.T("editor.as." + way), Chosen: way == data.Way})
	}
	body := base.Story.Body
	number := 0
	numbers := map[string]int{}
	switch data.Way {
	case "feed":
		data.Feed = string(body.AppendHTML(nil))
	case "text":
		data.Text = body.Text()
	default:
		data.HTML = template.HTML(body.AppendArticle(nil, prose.HTML{ //nolint:gosec // prose writes from an allow-list
			Statement: func(id string) (int, string) {
				if numbers[id] == 0 {
					number++
					numbers[id] = number
				}
				return numbers[id], v.T("editor.statement", "Number", v.Number(numbers[id]))
			},
		}))
	}
	return d.show(v, w, http.StatusOK, "story_preview", data)
}
