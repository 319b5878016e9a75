package desk

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"mimeo/internal/story"
	"mimeo/internal/web"
)

// kept is what a window is told after it brought home what is typed in it.
type kept struct {
	At     string   `json:"at,omitempty"` // for the state line
	Latest int      `json:"latest"`       // the newest revision
	By     string   `json:"by,omitempty"` // who saved it, when that was somebody else
	Others []string `json:"others"`       // who else has the story open
	Holds  bool     `json:"holds"`        // this session has the soft lock
}

// storyKeep keeps what is typed, at every pause. It judges nothing but whether
// it is a text.
func (d *Desk) storyKeep(v *visit, w http.ResponseWriter, r *http.Request) error {
	in, _, err := readStory(r)
	if err != nil {
		return err
	}
	ctx, id := r.Context(), r.PathValue("id")
	s, _, err := d.newest(ctx, id)
	if err != nil {
		return err
	}
	draft := s.Draft()
	d.into(v, &in, &draft)
	at, latest, by, err := d.Stories.Keep(ctx, id, story.Copy{Name: in.Copy, Member: v.Member.ID, Base: in.Base, Draft: draft})
	if err != nil {
		return err
	}
	answer := kept{At: v.Clock(at), Latest: latest}
	return d.attend(v, w, r, answer, by, false)
}

// storyHere says that the story is open in a window, or takes it over.
func (d *Desk) storyHere(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	s, err := d.Stories.ByID(r.Context(), id)
	if err != nil {
		return err
	}
	take := form.Of("take") == "1"
	if wantsJSON(r) {
		by, err := d.Stories.History(r.Context(), id, 0, 1)
		if err != nil {
			return err
		}
		editor := ""
		if len(by) > 0 {
			editor = by[0].Editor
		}
		return d.attend(v, w, r, kept{Latest: s.Latest}, editor, take)
	}
	if _, err := d.Stories.Attend(r.Context(), id, v.Session.ID, v.Member.ID, true, take); err != nil {
		return err
	}
	v.flash(w, "editor.said.taken")
	return v.see(w, storyPath(id, ""))
}

func (d *Desk) attend(v *visit, w http.ResponseWriter, r *http.Request, answer kept, by string, take bool) error {
	ctx := r.Context()
	present, err := d.Stories.Attend(ctx, r.PathValue("id"), v.Session.ID, v.Member.ID, true, take)
	if err != nil {
		return err
	}
	if answer.Others, err = d.others(ctx, present); err != nil {
		return err
	}
	answer.Holds = slices.ContainsFunc(present, func(p story.Present) bool { return p.Own && p.Holds })
	if by != "" && by != v.Member.ID {
		name, err := d.colleagues(ctx)
		if err != nil {
			return err
		}
		answer.By = name[by]
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(raw) // whoever hung up cannot be told
	return nil
}

// window names a window in which a story is written.
func (d *Desk) window() string { return strings.ToLower(d.IDs.Secret()) }

// scriptSafe is JSON that ends no element it stands in.
func scriptSafe(raw []byte) []byte {
	raw = bytes.ReplaceAll(raw, []byte("<"), []byte(`\u003c`))
	raw = bytes.ReplaceAll(raw, []byte("\u2028"), []byte(`\u2028`))
	return bytes.ReplaceAll(raw, []byte("\u2029"), []byte(`\u2029`))
}

// editorWords are the sentences of the script, in the desk's language. A
// sentence with a number comes once for each plural form.
func editorWords(v *visit) map[string]any {
	out := map[string]any{}
	for _, id := range scriptWords {
		out[id] = v.T("editor.js."+id, "A", "{0}", "B", "{1}")
	}
	for _, id := range []string{"unsent", "others"} {
		forms := map[string]string{}
		for form, n := range map[string]int{"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100} {
			text := v.T("editor.js."+id, "Count", n, "A", "{0}")
			forms[form] = strings.Replace(text, v.Words.Digits(strconv.Itoa(n)), "{n}", 1)
		}
		out[id] = forms
	}
	return out
}

// scriptWords are the ids below editor.js that the script says.
var scriptWords = []string{
	"ok", "cancel", "close", "needed", "badlink", "ownpath", "ready",
	"saved", "unsaved", "unsent.some", "away", "out", "signin", "refused", "full", "tabs", "restored", "stale", "stale.by", "take",
	"tool.bold", "tool.italic", "tool.link", "tool.statement", "tool.footnote", "tool.h2", "tool.h3", "tool.h4", "tool.quote", "tool.bullets", "tool.numbers",
	"tool.rule", "tool.table", "tool.picture", "tool.embed", "tool.entry", "tool.undo", "tool.redo", "tool.help",
	"tool.row", "tool.column", "tool.norow", "tool.nocolumn", "tool.header", "tool.notable",
	"key.paragraph", "key.toolbar", "key.save", "key.break", "key.cells", "help.typing",
	"link.href", "link.hint", "footnote.text", "statement.select",
	"card.about", "card.url", "card.author", "card.saved", "card.saved.hint", "card.still", "card.still.hint", "card.words", "card.captured",
	"picture.about", "picture.alt", "picture.alt.hint", "picture.noalt", "picture.credit", "picture.licence", "picture.caption",
	"entry.when", "entry.key", "entry.pin", "entry.title",
}
