package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/media"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

// How much a request counts or hides. What is left of an order is carried out
// by the newsroom's own queue, and by whoever presses the button again.
const (
	countFor      = 8 * time.Second
	batchesAtOnce = 10
	ordersListed  = 40
)

type hidePage struct {
	*page
	In      hideInput
	Counted bool
	Partial bool // the archive is larger than could be counted
	Account []reached
	Past    []pastOrder
	Older   string
}

type hideInput struct {
	Names, Pictures, Replacement, Reason string
	Sum                                  string // of what was counted
}

// reached is one line of an account.
type reached struct {
	What  string
	Count int
}

type pastOrder struct {
	story.Redaction
	Name    string // of who gave it
	Account []reached
}

func (v *visit) account(r story.Reached) (all []reached) {
	for _, what := range r.Sorted() {
		id := "deskwork.reached." + strings.ReplaceAll(what, " ", "_")
		name := v.T(id)
		if name == id {
			name = what
		}
		all = append(all, reached{name, r[what]})
	}
	return all
}

// hideForm asks whom to hide, and lists what was hidden before without saying
// whom.
func (d *Desk) hideForm(v *visit, w http.ResponseWriter, r *http.Request) error {
	if err := v.confirmed(); err != nil {
		return err
	}
	data, err := d.hidePage(v, r)
	if err != nil {
		return err
	}
	data.In.Replacement = "[…]"
	if picture := r.URL.Query().Get("picture"); media.NameOf(picture) != "" {
		data.In.Pictures = picture
	}
	return d.show(v, w, http.StatusOK, "hide", data)
}

func (d *Desk) hidePage(v *visit, r *http.Request) (*hidePage, error) {
	data := &hidePage{page: v.newPage(v.T("deskwork.hide"))}
	orders, err := d.Stories.Redactions(r.Context(), r.URL.Query().Get("before"), ordersListed+1)
	if err != nil {
		return nil, err
	}
	if len(orders) > ordersListed {
		orders = orders[:ordersListed]
		data.Older = with("/desk/hide", "before", orders[ordersListed-1].ID)
	}
	names, err := d.colleagues(r.Context())
	if err != nil {
		return nil, err
	}
	for _, o := range orders {
		data.Past = append(data.Past, pastOrder{o, names[o.By], v.account(o.Reached)})
	}
	return data, nil
}

func linesOf(text string) []string {
	return trimmed(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' }))
}

// picturesIn are the pictures that were typed, by whichever of their addresses:
// stories name a picture by its widest file.
func (d *Desk) picturesIn(ctx context.Context, text string) (all []string, err error) {
	for _, src := range linesOf(text) {
		src = strings.TrimPrefix(src, strings.TrimRight(d.Site, "/"))
		all = append(all, src)
		name := media.NameOf(src)
		if name == "" {
			continue
		}
		p, err := d.Pictures.ByName(ctx, name)
		switch {
		case fault.KindOf(err) == fault.Missing:
		case err != nil:
			return nil, err
		case p.Src() != src:
			all = append(all, p.Src())
		}
	}
	return all, nil
}

// sum is of everything that the count depends on.
func (in *hideInput) sum() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", linesOf(in.Names), linesOf(in.Pictures), in.Replacement))
	return hex.EncodeToString(sum[:])
}

// hideSend counts what would be reached and shows it; what was counted and sent
// again is hidden. Names travel in the body alone, never in an address.
func (d *Desk) hideSend(v *visit, w http.ResponseWriter, r *http.Request) error {
	if err := v.confirmed(); err != nil {
		return err
	}
	form, err := web.LongForm(r)
	if err != nil {
		return err
	}
	in := hideInput{Names: form.Text("names"), Pictures: form.Text("pictures"), Replacement: form.Of("replacement"), Reason: form.Text("reason"), Sum: form.Of("sum")}
	ctx, partial := r.Context(), false
	order := story.Redaction{Names: linesOf(in.Names), Replacement: in.Replacement, Reason: in.Reason, By: v.Member.ID}
	if order.Pictures, err = d.picturesIn(ctx, in.Pictures); err != nil {
		return err
	}
	if form.Of("do") == "hide" && in.Sum == in.sum() {
		order, err = d.Stories.BeginHide(ctx, order)
		if err == nil {
			return d.carryOn(ctx, v, w, order.ID)
		}
	} else {
		order, partial, err = d.wouldHide(ctx, order)
	}
	if err != nil && fault.KindOf(err) != fault.Invalid {
		return err
	}
	data, again := d.hidePage(v, r)
	if again != nil {
		return again
	}
	data.In = in
	if err != nil {
		data.refuse(in, err)
		return d.show(v, w, http.StatusUnprocessableEntity, "hide", data)
	}
	data.Counted, data.Partial, data.Account = true, partial, v.account(order.Reached)
	data.In.Sum = in.sum()
	return d.show(v, w, http.StatusOK, "hide", data)
}

// wouldHide counts as long as a request may. What it has by then is true, and
// not the whole.
func (d *Desk) wouldHide(ctx context.Context, order story.Redaction) (counted story.Redaction, partial bool, err error) {
	short, cancel := context.WithTimeout(ctx, countFor)
	defer cancel()
	counted, err = d.Stories.WouldHide(short, order)
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		return counted, true, nil
	}
	return counted, false, err
}

// refuse says what is wrong with an order.
func (p *hidePage) refuse(in hideInput, err error) {
	switch {
	case len(linesOf(in.Names))+len(linesOf(in.Pictures)) == 0:
		p.wrong("names", p.T("deskwork.hide.nobody"))
	case strings.TrimSpace(in.Reason) == "":
		p.wrong("reason", p.T("deskwork.hide.noreason"))
	default:
		p.wrong("names", fault.Message(err))
	}
}

// carryOn hides some batches and shows how far it came.
func (d *Desk) carryOn(ctx context.Context, v *visit, w http.ResponseWriter, id string) error {
	for range batchesAtOnce {
		order, err := d.Stories.ContinueHide(ctx, id)
		if err != nil {
			return err
		}
		if !order.Finished.IsZero() {
			break
		}
	}
	return v.see(w, "/desk/hide/"+id)
}

type hidingPage struct {
	*page
	Order pastOrder
}

// hiding is the account of an order, as far as it has come.
func (d *Desk) hiding(v *visit, w http.ResponseWriter, r *http.Request) error {
	order, err := d.Stories.Redaction(r.Context(), r.PathValue("order"))
	if err != nil {
		return err
	}
	names, err := d.colleagues(r.Context())
	if err != nil {
		return err
	}
	data := hidingPage{page: v.newPage(v.T("deskwork.hide.account")), Order: pastOrder{order, names[order.By], v.account(order.Reached)}}
	return d.show(v, w, http.StatusOK, "hiding", data)
}

// hidingOn carries an order on that was stopped.
func (d *Desk) hidingOn(v *visit, w http.ResponseWriter, r *http.Request) error {
	if err := v.confirmed(); err != nil {
		return err
	}
	return d.carryOn(r.Context(), v, w, r.PathValue("order"))
}

// hidesWaiting are orders that were not carried out to their end.
func (d *Desk) hidesWaiting(ctx context.Context, v *visit) (all []waiting, err error) {
	if !v.May("hide") {
		return nil, nil
	}
	ids, err := d.Stories.Unfinished(ctx)
	for _, id := range ids {
		all = append(all, waiting{Path: "/desk/hide/" + id, Title: v.T("deskwork.hide.unfinished"), Urgent: true})
	}
	return all, err
}
