package desk

import (
	"context"
	"net/http"

	"mimeo/internal/lang"
	"mimeo/internal/statement"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

const flagsListed = 40

type againPage struct {
	*page
	Flags []flagged
	Older string
}

// flagged is a story to look at again, for its other version was corrected.
type flagged struct {
	story.LookAgain
	Story, Of               story.Summary
	StoryWritten, OfWritten *lang.Lang
	What                    string
}

// again lists the stories whose version in another language was corrected.
func (d *Desk) again(v *visit, w http.ResponseWriter, r *http.Request) error {
	var after story.Cursor
	var err error
	if text := r.URL.Query().Get("after"); text != "" {
		if after, err = story.ParseCursor(text); err != nil {
			return err
		}
	}
	data := againPage{page: v.newPage(v.T("deskwork.again"))}
	flags, err := d.Stories.LookAgainAll(r.Context(), after, flagsListed+1)
	if err != nil {
		return err
	}
	if len(flags) > flagsListed {
		flags = flags[:flagsListed]
		last := flags[flagsListed-1]
		data.Older = with("/desk/again", "after", story.Cursor{At: last.At, Key: last.ID}.String())
	}
	if data.Flags, err = d.flagged(r.Context(), v, flags); err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "again", data)
}

func (d *Desk) flagged(ctx context.Context, v *visit, flags []story.LookAgain) (all []flagged, err error) {
	ids := make([]string, 0, 2*len(flags))
	for i := range flags {
		ids = append(ids, flags[i].Story, flags[i].Of)
	}
	stories, err := d.Stories.Summaries(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, f := range flags {
		s, of := stories[f.Story], stories[f.Of]
		all = append(all, flagged{f, s, of, d.Words.For(s.Lang), d.Words.For(of.Lang), v.T("editor.kind." + string(f.Kind))})
	}
	return all, nil
}

// againLooked clears a flag.
func (d *Desk) againLooked(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := d.Stories.Looked(r.Context(), form.Of("story"), form.Of("flag"), v.Member.ID); err != nil {
		return err
	}
	v.flash(w, "deskwork.again.said")
	return v.see(w, "/desk/again")
}

// mostAsked bounds each kind of what waits on the first page.
const mostAsked = 5

// flagsWaiting are stories whose version in another language was corrected.
func (d *Desk) flagsWaiting(ctx context.Context, v *visit) (all []waiting, err error) {
	if !v.May("write") {
		return nil, nil
	}
	flags, err := d.Stories.LookAgainAll(ctx, story.Cursor{}, mostAsked)
	if err != nil {
		return nil, err
	}
	found, err := d.flagged(ctx, v, flags)
	for _, f := range found {
		all = append(all, waiting{Path: "/desk/again", Title: f.Story.Headline, Note: v.T("deskwork.again.note", "Language", f.OfWritten.Name)})
	}
	return all, err
}

// lettersWaiting are issues that carried a story which was corrected since.
func (d *Desk) lettersWaiting(ctx context.Context, v *visit) (all []waiting, err error) {
	if !v.May("letters") {
		return nil, nil
	}
	flags, err := d.Newsletters.Flags(ctx, mostAsked)
	for _, f := range flags {
		all = append(all, waiting{Path: "/desk/newsletters", Title: f.Subject, Note: v.T("deskwork.letter.note", "Newsletter", f.Name)})
	}
	return all, err
}

// stuckWaiting are texts whose hour came and that could not go out.
func (d *Desk) stuckWaiting(ctx context.Context, v *visit) (all []waiting, err error) {
	if !v.May("publish") {
		return nil, nil
	}
	stuck, err := d.Stories.Stuck(ctx, mostAsked)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(stuck))
	for _, s := range stuck {
		ids = append(ids, s.Story)
	}
	stories, err := d.Stories.Summaries(ctx, ids)
	for _, s := range stuck {
		all = append(all, waiting{
			Path: storyPath(s.Story, "publish"), Title: stories[s.Story].Headline, Note: v.T("deskwork.stuck.note", "Date", v.DateTime(s.At)), Urgent: true,
		})
	}
	return all, err
}

// statementsLooked is how many of the newest statements are looked at.
const statementsLooked = 20

// statementsWaiting counts, among the newest statements, those of others that
// nobody has checked.
func (d *Desk) statementsWaiting(ctx context.Context, v *visit) ([]waiting, error) {
	if !v.May("approve") {
		return nil, nil
	}
	newest, err := d.Statements.Work(ctx, statement.Cursor{}, statementsLooked)
	if err != nil {
		return nil, err
	}
	open := 0
	for i := range newest {
		if !newest[i].Checked && newest[i].By != v.Member.ID {
			open++
		}
	}
	if open == 0 {
		return nil, nil
	}
	return []waiting{{Path: "/desk/statements", Title: v.T("deskwork.statements", "Count", open), Note: v.T("deskwork.statements.note")}}, nil
}
