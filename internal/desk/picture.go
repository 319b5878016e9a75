package desk

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"mimeo/internal/fault"
	"mimeo/internal/media"
	"mimeo/internal/prose"
	"mimeo/internal/staff"
	"mimeo/internal/web"
)

const picturesOnPage = 24

type picturesPage struct {
	*page
	Pictures []media.Picture
	Next     string
}

// pictureJSON is a picture as the editor's scripts take it.
type pictureJSON struct {
	ID      string `json:"id"`
	Src     string `json:"src"`
	Srcset  string `json:"srcset"`
	Thumb   string `json:"thumb"`
	Width   int    `json:"width"`
	Height  int    `json:"height"`
	Alt     string `json:"alt"`
	Caption string `json:"caption"`
	Credit  string `json:"credit"`
	Licence string `json:"licence"`
	Focus   [2]int `json:"focus"`
	Markup  string `json:"markup"`
	Page    string `json:"page"` // of the desk
}

func asJSON(p *media.Picture) pictureJSON {
	return pictureJSON{
		ID: p.ID, Src: p.Src(), Srcset: media.Set(p.Src()), Thumb: p.Thumb(), Width: p.Width, Height: p.Height,
		Alt: p.Alt, Caption: p.Caption, Credit: p.Credit, Licence: p.Licence, Focus: [2]int{p.FocusX, p.FocusY},
		Markup: pictureMarkup(p), Page: picturePath(p.ID),
	}
}

func picturePath(id string) string { return "/desk/pictures/" + id }

// pictureBlock is the picture as a block of a text.
func pictureBlock(p *media.Picture) prose.Block {
	return prose.Block{
		Kind: prose.Image, Src: p.Src(), Alt: p.Alt, Width: p.Width, Height: p.Height, FocusX: p.FocusX, FocusY: p.FocusY,
		Credit: p.Credit, Licence: p.Licence, Caption: prose.Plain(p.Caption),
	}
}

// pictureMarkup is what is pasted into a text to show the picture.
func pictureMarkup(p *media.Picture) string {
	return string(prose.Doc{Version: prose.Version, Blocks: []prose.Block{pictureBlock(p)}}.AppendMarkup(nil))
}

// pictures lists them, newest first, as a page or for the editor's scripts.
func (d *Desk) pictures(v *visit, w http.ResponseWriter, r *http.Request) error {
	q, err := web.Query(r)
	if err != nil {
		return err
	}
	all, more, err := d.Pictures.List(r.Context(), q.Of("before"), picturesOnPage)
	if err != nil {
		return err
	}
	next := ""
	if more {
		next = with("/desk/pictures", "before", all[len(all)-1].ID)
	}
	if wantsJSON(r) {
		answer := struct {
			Pictures []pictureJSON     `json:"pictures"`
			Next     string            `json:"next,omitempty"`
			Words    map[string]string `json:"words"` // of the dialog in which they are chosen
			Sheet    string            `json:"sheet"`
		}{Pictures: make([]pictureJSON, len(all)), Next: next, Words: v.pickerWords(), Sheet: d.assetPath("picture.css")}
		for i := range all {
			answer.Pictures[i] = asJSON(&all[i])
		}
		return writeJSON(w, answer)
	}
	data := picturesPage{page: v.newPage(v.T("media.pictures")), Pictures: all, Next: next}
	data.Sheets = []string{"picture.css"}
	return d.show(v, w, http.StatusOK, "pictures", data)
}

func (v *visit) pickerWords() map[string]string {
	return map[string]string{
		"heading": v.T("media.pictures"), "add": v.T("media.add"), "again": v.T("media.look"), "older": v.T("desk.older"), "close": v.T("desk.cancel"),
		"none": v.T("media.none"), "noalt": v.T("media.noalt"), "lost": v.T("media.away"),
	}
}

// spot is one of nine places that a picture may be held at.
type spot struct {
	Value, Label string
	Here         bool
}

type pictureForm struct {
	*page
	media.Meta
	Picture *media.Picture // nil for one to come
	X, Y    string         // of the point, as typed
	Exact   bool           // the point is none of the nine
	Spots   []spot
	Markup  string
	Holders []holder
	Most    string // megabytes
	Tongues []Link // languages of the words
}

// holder is a story that shows the picture.
type holder struct {
	Path, Title string
	IsPublished bool
}

// Drafts stands before a story's id in what the store of pictures calls a
// holder: the story as it is being written, and not as readers see it.
const Drafts = "draft/"

// thirds are the middles of the nine spots, permille.
var thirds = [...]int{167, 500, 833}

func (v *visit) pictureForm(heading string, m media.Meta) pictureForm {
	data := pictureForm{page: v.newPage(heading), Meta: m}
	data.Sheets = []string{"picture.css"}
	data.Exact = m.FocusX != 0 || m.FocusY != 0
	for i, y := range thirds {
		for j, x := range thirds {
			here := m.FocusX == x && m.FocusY == y || m.FocusX == 0 && m.FocusY == 0 && i == 1 && j == 1
			if here {
				data.Exact = false
			}
			data.Spots = append(data.Spots, spot{
				Value: strconv.Itoa(x) + " " + strconv.Itoa(y), Label: v.T("media.spot." + strconv.Itoa(3*i+j+1)), Here: here,
			})
		}
	}
	data.X, data.Y = strconv.Itoa(m.FocusX), strconv.Itoa(m.FocusY)
	for _, code := range v.desk.Editions {
		data.Tongues = append(data.Tongues, Link{Path: code, Label: v.desk.Words.For(code).Name(), Here: code == m.Lang})
	}
	return data
}

// picture is one picture's page.
func (d *Desk) picture(v *visit, w http.ResponseWriter, r *http.Request) error {
	p, err := d.Pictures.ByID(r.Context(), r.PathValue("picture"))
	if err != nil {
		return err
	}
	data, err := d.pictureOf(r.Context(), v, &p, p.Meta)
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "picture", data)
}

func (d *Desk) pictureOf(ctx context.Context, v *visit, p *media.Picture, m media.Meta) (pictureForm, error) {
	data := v.pictureForm(v.T("media.picture"), m)
	data.Picture, data.Markup = p, pictureMarkup(p)
	var err error
	data.Holders, err = d.holders(ctx, p.Name)
	return data, err
}

const mostHolders = 100

// holders are the stories that show a picture, those that readers see first.
func (d *Desk) holders(ctx context.Context, name string) (all []holder, err error) {
	ids, err := d.Pictures.Holders(ctx, name, mostHolders)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, published := range []bool{true, false} {
		for _, key := range ids {
			id, draft := strings.CutPrefix(key, Drafts)
			if draft == published || seen[id] {
				continue
			}
			seen[id] = true
			s, err := d.Stories.ByID(ctx, id)
			if fault.KindOf(err) == fault.Missing {
				continue
			}
			if err != nil {
				return nil, err
			}
			all = append(all, holder{Path: storyPath(id, ""), Title: s.Headline, IsPublished: published})
		}
	}
	return all, nil
}

// metaOf reads what is said about a picture from a form.
func metaOf(field func(string) string) (m media.Meta, ok bool) {
	m = media.Meta{Alt: field("alt"), Caption: field("caption"), Credit: field("credit"), Licence: field("licence"), Lang: field("lang")}
	at := field("focus")
	if at == "exact" {
		at = field("x") + " " + field("y")
	}
	if at == "" {
		return m, true
	}
	x, y, ok := point(at)
	m.FocusX, m.FocusY = x, y
	return m, ok
}

func point(text string) (x, y int, ok bool) {
	var numbers [2]int
	for i, word := range splitTwo(text) {
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 || n > 1000 {
			return 0, 0, false
		}
		numbers[i] = n
	}
	return numbers[0], numbers[1], true
}

// pictureSave changes what is said about a picture.
func (d *Desk) pictureSave(v *visit, w http.ResponseWriter, r *http.Request) error {
	p, err := d.Pictures.ByID(r.Context(), r.PathValue("picture"))
	if err != nil {
		return err
	}
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	m, ok := metaOf(form.Of)
	if ok {
		err = d.Pictures.Edit(r.Context(), p.ID, v.Member.ID, m)
		if err == nil {
			v.flash(w, "media.saved")
			return v.see(w, picturePath(p.ID))
		}
		if fault.KindOf(err) != fault.Invalid {
			return err
		}
	}
	data, again := d.pictureOf(r.Context(), v, &p, m)
	if again != nil {
		return again
	}
	if ok {
		data.wrong("alt", v.T("media.long"))
	} else {
		data.X, data.Y, data.Exact = form.Of("x"), form.Of("y"), true
		data.wrong("x", v.T("media.point.wrong"))
	}
	return d.show(v, w, http.StatusUnprocessableEntity, "picture", data)
}

// pictureRemoveForm asks whether it is meant, and says what follows.
func (d *Desk) pictureRemoveForm(v *visit, w http.ResponseWriter, r *http.Request) error {
	p, err := d.Pictures.ByID(r.Context(), r.PathValue("picture"))
	if err != nil {
		return err
	}
	data, err := d.pictureOf(r.Context(), v, &p, p.Meta)
	if err != nil {
		return err
	}
	data.Heading = v.T("media.remove.sure")
	return d.show(v, w, http.StatusOK, "picture-remove", data)
}

// pictureRemove takes a picture away. What readers see already is for those who
// may hide.
func (d *Desk) pictureRemove(v *visit, w http.ResponseWriter, r *http.Request) error {
	p, err := d.Pictures.ByID(r.Context(), r.PathValue("picture"))
	if err != nil {
		return err
	}
	shown, err := d.holders(r.Context(), p.Name)
	if err != nil {
		return err
	}
	isSeen := slices.ContainsFunc(shown, func(h holder) bool { return h.IsPublished })
	if isSeen && !v.May(staff.Hide) {
		return errNotYours
	}
	if err := d.Pictures.Delete(r.Context(), p.ID, v.Member.ID); err != nil {
		return err
	}
	v.flash(w, "media.removed")
	return v.see(w, "/desk/pictures")
}
