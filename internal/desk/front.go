package desk

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/front"
	"mimeo/internal/money"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

// On the page: how many of the newest stories can be chosen from, and for how
// long breaking news may stand.
const (
	frontChoice   = 40
	breakingUsual = 6
	breakingMost  = 72
)

type frontPage struct {
	*page
	Language  string
	Languages []choice
	Version   int
	Stories   []placed
	Breaking  string // what stands now, in words
	Form      struct{ Story, Words, Hours string }
}

// choice is something to choose, with its name.
type choice struct {
	Value, Name, Lang, Dir string
	Chosen                 bool
}

// placed is a story with its place on the front page.
type placed struct {
	ID, Headline, Place string
	Published           time.Time
	Yours               string // the place that was typed, when another was saved meanwhile
	Chosen              bool
}

// frontArrange shows which stories stand at the head of a front page.
func (d *Desk) frontArrange(v *visit, w http.ResponseWriter, r *http.Request) error {
	data, err := d.frontData(v, r, r.URL.Query().Get("lang"))
	if err != nil {
		return err
	}
	return d.show(v, w, http.StatusOK, "front", data)
}

func (d *Desk) frontData(v *visit, r *http.Request, language string) (*frontPage, error) {
	data := &frontPage{page: v.newPage(v.T("front.title")), Language: d.language(language), Languages: d.languages(language)}
	data.Scripts = []string{"order.js"}
	a, err := d.Fronts.Of(r.Context(), data.Language)
	if err != nil {
		return nil, err
	}
	data.Version = a.Version
	newest, err := d.Stories.Front(r.Context(), data.Language, frontChoice)
	if err != nil {
		return nil, err
	}
	rest := map[string]*story.Summary{}
	for i := range newest {
		rest[newest[i].ID] = &newest[i]
	}
	for i, id := range a.Stories {
		s := rest[id]
		if s == nil { // arranged long ago
			old, err := d.Stories.ByID(r.Context(), id)
			if fault.KindOf(err) == fault.Missing {
				continue
			}
			if err != nil {
				return nil, err
			}
			summary := old.Summary()
			s = &summary
		}
		data.Stories = append(data.Stories, placed{ID: id, Headline: s.Headline, Published: s.Published, Place: strconv.Itoa(i + 1)})
		delete(rest, id)
	}
	for i := range newest {
		if s := newest[i]; rest[s.ID] != nil {
			data.Stories = append(data.Stories, placed{ID: s.ID, Headline: s.Headline, Published: s.Published})
		}
	}
	data.Form.Hours = strconv.Itoa(breakingUsual)
	if a.Breaking.On(d.Now()) {
		data.Form.Story, data.Form.Words = a.Breaking.Story, a.Breaking.Words
		words := a.Breaking.Words
		for _, s := range data.Stories {
			if s.ID == a.Breaking.Story && words == "" {
				words = s.Headline
			}
		}
		data.Breaking = v.T("front.stands", "Time", v.DateTime(a.Breaking.Until), "Words", words)
	}
	return data, nil
}

// ordered reads the stories that were given a number in a form, in that order.
func ordered(form web.Values) (ids []string) {
	type numbered struct {
		id string
		at float64
	}
	var all []numbered
	for _, id := range form.All("story") {
		at, err := strconv.ParseFloat(money.Digits(form.Of("at-"+id)), 64)
		if err == nil && at > 0 {
			all = append(all, numbered{id, at})
		}
	}
	slices.SortStableFunc(all, func(a, b numbered) int { return cmp.Compare(a.at, b.at) })
	for _, n := range all {
		ids = append(ids, n.id)
	}
	return ids
}

// frontOrder saves the order.
func (d *Desk) frontOrder(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.LongForm(r) // several fields for each story
	if err != nil {
		return err
	}
	language := d.language(form.Of("lang"))
	version, err := strconv.Atoi(form.Of("version"))
	if err != nil {
		return fault.Wrap(fault.Invalid, "This form is incomplete", err)
	}
	_, err = d.Fronts.Arrange(r.Context(), v.Member.ID, language, version, ordered(form))
	if kind := fault.KindOf(err); kind == fault.Conflict || kind == fault.Invalid {
		data, again := d.frontData(v, r, language)
		if again != nil {
			return again
		}
		for i := range data.Stories {
			data.Stories[i].Yours = form.Of("at-" + data.Stories[i].ID)
		}
		message := fault.Message(err)
		if kind == fault.Conflict {
			message = v.T("front.conflict")
		}
		data.wrong("", message)
		return d.show(v, w, web.Status(err), "front", data)
	}
	if err != nil {
		return err
	}
	v.flash(w, "front.saved")
	return v.see(w, with("/desk/front", "lang", language))
}

// frontBreak puts breaking news up, or takes it down.
func (d *Desk) frontBreak(v *visit, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	language := d.language(form.Of("lang"))
	b, said := front.Breaking{}, "front.taken_said"
	if form.Of("do") != "take" {
		hours, err := strconv.Atoi(money.Digits(form.Of("hours")))
		field, message := "", ""
		switch {
		case form.Of("breaking") == "":
			field, message = "breaking", v.T("front.choose")
		case err != nil || hours < 1 || hours > breakingMost:
			field, message = "hours", v.T("front.hours_wrong")
		}
		if field != "" {
			data, err := d.frontData(v, r, language)
			if err != nil {
				return err
			}
			data.Form.Story, data.Form.Words, data.Form.Hours = form.Of("breaking"), form.Of("words"), form.Of("hours")
			data.wrong(field, message)
			return d.show(v, w, http.StatusUnprocessableEntity, "front", data)
		}
		b = front.Breaking{Story: form.Of("breaking"), Words: form.Of("words"), Until: d.Now().Add(time.Duration(hours) * time.Hour)}
		said = "front.put_said"
	}
	if _, err := d.Fronts.Break(r.Context(), v.Member.ID, language, b); err != nil {
		return err
	}
	v.flash(w, said)
	return v.see(w, with("/desk/front", "lang", language))
}

// language is one of the newsroom's, the first when another is asked for.
func (d *Desk) language(code string) string {
	if slices.Contains(d.Editions, code) {
		return code
	}
	return d.Editions[0]
}

// languages are the newsroom's, in their own names.
func (d *Desk) languages(chosen string) (all []choice) {
	chosen = d.language(chosen)
	for _, code := range d.Editions {
		l := d.Words.For(code)
		all = append(all, choice{Value: code, Name: l.Name(), Lang: l.Code, Dir: l.Dir(), Chosen: code == chosen})
	}
	return all
}
