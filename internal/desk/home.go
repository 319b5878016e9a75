package desk

import (
	"context"
	"net/http"

	"mimeo/internal/staff"
)

// waiting is something that waits for the member, as the first page shows it.
type waiting struct {
	Path, Title, Note string
	Urgent            bool
}

// asks are where the first page asks what waits. Each answers in the member's
// language and by an index, for it runs at every visit.
func (d *Desk) asks() []func(ctx context.Context, v *visit) ([]waiting, error) {
	return []func(ctx context.Context, v *visit) ([]waiting, error){
		d.storiesWaiting,
		d.stuckWaiting,
		d.flagsWaiting,
		d.lettersWaiting,
		d.statementsWaiting,
		d.hidesWaiting,
		d.approvalsWaiting,
		d.keysWaiting,
	}
}

type homePage struct {
	*page
	Waiting []waiting
	Begin   []Link // what the member can begin with
}

// home is the first page: what waits for me.
func (d *Desk) home(v *visit, w http.ResponseWriter, r *http.Request) error {
	data := homePage{page: v.newPage(v.T("desk.home"))}
	for _, ask := range d.asks() {
		some, err := ask(r.Context(), v)
		if err != nil {
			return err
		}
		data.Waiting = append(data.Waiting, some...)
	}
	for _, b := range begins() {
		if v.May(b.right) {
			data.Begin = append(data.Begin, Link{Path: b.path, Label: v.T(b.label)})
		}
	}
	return d.show(v, w, http.StatusOK, "home", data)
}

// begins are the works that the first page offers to begin.
func begins() []place {
	return []place{
		{"/desk/stories/new", "editor.new", staff.Write},
		{"/desk/pictures/add", "deskwork.begin.picture", staff.Write},
		{"/desk/front", "deskwork.begin.front", staff.Curate},
		{"/desk/newsletters", "deskwork.begin.letter", staff.Letters},
		{"/desk/staff", "staff.people", staff.ManageStaff},
		{"/desk/me", "staff.me", staff.Inside},
	}
}
