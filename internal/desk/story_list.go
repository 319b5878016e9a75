package desk

import (
	"context"
	"net/http"
	"net/url"

	"mimeo/internal/lang"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

// storiesPerPage is how many a page of the list has.
const storiesPerPage = 40

type storiesPage struct {
	*page
	Views  []choice
	View   string
	List   []storyRow
	Next   string // the address of what follows, "" at the end
	Search bool   // there is a page for finding stories
}

// storyRow is a story in the list.
type storyRow struct {
	story.Summary
	Phase   story.Phase
	What    string // its phase in words
	Look    string // of the phase's label
	Written *lang.Lang
}

// views are the lists there are: by how far the newest text has come, or by
// what readers have.
var views = []string{"all", "draft", "review", "approved", "published", "retracted", "withdrawn"}

func (d *Desk) stories(v *visit, w http.ResponseWriter, r *http.Request) error {
	query, err := web.Query(r)
	if err != nil {
		return err
	}
	var after story.Cursor
	if text := query.Of("after"); text != "" {
		if after, err = story.ParseCursor(text); err != nil {
			return err
		}
	}
	data := storiesPage{page: v.newPage(v.T("editor.stories")), View: query.Of("view")}
	data.Sheets = append(data.Sheets, "editor.css")
	if data.View == "" {
		data.View = "all"
	}
	list, err := d.storiesIn(r.Context(), data.View, after)
	if err != nil {
		return err
	}
	for _, name := range views {
		data.Views = append(data.Views, choice{Value: name, Name: v.T("editor.view." + name), Chosen: name == data.View})
	}
	if len(list) > storiesPerPage {
		list = list[:storiesPerPage]
		last := list[len(list)-1]
		at := last.Touched
		if data.View == "published" || data.View == "retracted" || data.View == "withdrawn" {
			at = last.Updated
		}
		data.Next = "/desk/stories?" + url.Values{"view": {data.View}, "after": {story.Cursor{At: at, Key: last.ID}.String()}}.Encode()
	}
	for _, s := range list {
		data.List = append(data.List, d.row(v, s))
	}
	return d.show(v, w, http.StatusOK, "stories", data)
}

func (d *Desk) row(v *visit, s story.Summary) storyRow {
	phase := s.Phase()
	return storyRow{Summary: s, Phase: phase, What: v.T("editor.phase." + string(phase)), Look: look(phase), Written: d.Words.For(s.Lang)}
}

// storiesIn reads one page of a list and one row more.
func (d *Desk) storiesIn(ctx context.Context, view string, after story.Cursor) ([]story.Summary, error) {
	const limit = storiesPerPage + 1
	switch view {
	case "draft":
		return d.Stories.AtWork(ctx, story.Writing, after, limit)
	case "review":
		return d.Stories.AtWork(ctx, story.Submitted, after, limit)
	case "approved":
		return d.Stories.AtWork(ctx, story.Approved, after, limit)
	case "published":
		return d.Stories.List(ctx, story.Published, after, limit)
	case "retracted":
		return d.Stories.List(ctx, story.Retracted, after, limit)
	case "withdrawn":
		return d.Stories.List(ctx, story.Withdrawn, after, limit)
	default:
		return d.Stories.AtWork(ctx, "", after, limit)
	}
}

// look is the shade of a phase; its word stands in it.
func look(p story.Phase) string {
	switch p {
	case story.PhasePublished, story.PhaseCorrected:
		return "good"
	case story.PhaseReview, story.PhaseApproved, story.PhaseScheduled:
		return "warn"
	case story.PhaseRetracted, story.PhaseWithdrawn:
		return "bad"
	case story.PhaseDraft:
		return ""
	default:
		return ""
	}
}

// storiesWaiting is what waits for a member among the stories: tasks, and for
// those who approve, texts in review.
func (d *Desk) storiesWaiting(ctx context.Context, v *visit) (out []waiting, err error) {
	const most = 10
	if !v.May("write") {
		return nil, nil
	}
	tasks, err := d.Stories.TasksOf(ctx, v.Member.ID, most)
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		note := ""
		if !t.Due.IsZero() {
			note = v.T("editor.due", "Date", v.Date(t.Due))
		}
		out = append(out, waiting{Path: storyPath(t.Story, "") + "#tasks", Title: t.Words, Note: note, Urgent: !t.Due.IsZero() && t.Due.Before(d.Now())})
	}
	if !v.May("approve") {
		return out, nil
	}
	review, err := d.Stories.AtWork(ctx, story.Submitted, story.Cursor{}, most)
	if err != nil {
		return nil, err
	}
	for _, s := range review {
		out = append(out, waiting{Path: storyPath(s.ID, ""), Title: s.Headline, Note: v.T("editor.phase.review")})
	}
	return out, nil
}
