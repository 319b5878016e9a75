package desk

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"mimeo/internal/fault"
	"mimeo/internal/prose"
	"mimeo/internal/story"
	"mimeo/internal/web"
)

const (
	storyBody  = 12 << 20 // a text of 2 MB may triple on its way through a form
	momentForm = "2006-01-02T15:04"
)

// storyInput is a story's form as it is typed.
type storyInput struct {
	Base int    // the revision that the window began from
	Copy string // the window's name

	Headline, Standfirst, Lang, Section, Slug string
	Bylines                                   string // one a line
	Tags                                      string // with commas between
	Place, Dateline, Embargo                  string
	Series                                    string
	NoAsk, TwoPerson, Live                    bool
	Body                                      prose.Doc
	Text                                      string // the body in its plain text form
	Warnings                                  []prose.Warning
}

var errNoText = errors.New("a form without a text")

// readStory reads the form. Only a body that is no document of ours is an
// error: everything else that was typed comes back with the page.
func readStory(r *http.Request) (in storyInput, form web.Values, err error) {
	if form, err = web.LongForm(r); err != nil {
		return in, form, err
	}
	in.Base, _ = strconv.Atoi(form.Of("base")) //nolint:errcheck // 0 is a base that is stale
	in.Copy = form.Of("copy")
	in.Headline, in.Standfirst, in.Lang, in.Section, in.Slug = form.Of("headline"), form.Of("standfirst"), form.Of("lang"), form.Of("section"), form.Of("slug")
	in.Bylines, in.Tags, in.Place, in.Dateline, in.Embargo = form.Text("bylines"), form.Of("tags"), form.Of("place"), form.Of("dateline"), form.Of("embargo")
	in.Series, in.NoAsk, in.TwoPerson, in.Live = form.Of("series"), form.Has("no_ask"), form.Has("two_person"), form.Has("live")
	switch {
	case form.Has("doc"):
		if in.Body, err = prose.Parse([]byte(form.Text("doc"))); err != nil {
			return in, form, err
		}
		in.Text = string(in.Body.AppendMarkup(nil))
	case form.Has("text"):
		in.Text = form.Text("text")
		in.Body, in.Warnings = prose.ParseMarkup([]byte(in.Text))
	default:
		return in, form, fault.Wrap(fault.Invalid, "The form did not arrive whole. Send it again", errNoText)
	}
	return in, form, nil
}

// inputOf fills a form with a draft.
func (d *Desk) inputOf(dr *story.Draft, base int) storyInput {
	in := storyInput{
		Base: base, Headline: dr.Headline, Standfirst: dr.Standfirst, Lang: dr.Lang, Section: dr.Section, Slug: dr.Slug,
		Bylines: strings.Join(dr.Bylines, "\n"), Tags: strings.Join(dr.Tags, ", "), Place: dr.Place, Series: dr.Series,
		NoAsk: dr.NoAsk, TwoPerson: dr.Flags.TwoPerson, Live: dr.Live, Body: dr.Body, Text: string(dr.Body.AppendMarkup(nil)),
	}
	if !dr.Dateline.IsZero() {
		in.Dateline = dr.Dateline.Format(time.DateOnly)
	}
	if !dr.Flags.Embargo.IsZero() {
		in.Embargo = dr.Flags.Embargo.In(d.Zone).Format(momentForm)
	}
	return in
}

// into puts what was typed into a draft, which keeps what the form does not
// have. What cannot be read is named with its field.
func (d *Desk) into(v *visit, in *storyInput, dr *story.Draft) (wrong []problem) {
	names := strings.FieldsFunc(in.Bylines, func(r rune) bool { return r == '\n' })
	dr.BylineIDs = sameIDs(dr, names)
	dr.Bylines = trimmed(names)
	dr.Tags = trimmed(strings.FieldsFunc(in.Tags, func(r rune) bool { return r == ',' || r == '،' || r == '、' }))
	dr.Headline, dr.Standfirst, dr.Section, dr.Place, dr.Series = in.Headline, in.Standfirst, strings.ToLower(in.Section), in.Place, strings.ToLower(in.Series)
	if in.Slug != "" {
		dr.Slug = in.Slug
	}
	dr.NoAsk, dr.Flags.TwoPerson, dr.Live, dr.Body, dr.Editor = in.NoAsk, in.TwoPerson, in.Live, in.Body, v.Member.ID
	var err error
	if dr.Dateline, err = story.ParseDay(latin(in.Dateline)); err != nil {
		wrong = append(wrong, problem{"dateline", v.T("editor.wrong.dateline", "Example", "2026-11-22")})
	}
	if dr.Flags.Embargo, err = d.moment(in.Embargo); err != nil {
		wrong = append(wrong, problem{"embargo", v.T("editor.wrong.moment", "Example", "2026-11-22T18:00")})
	}
	if in.Headline == "" {
		wrong = append(wrong, problem{"headline", v.T("editor.wrong.headline")})
	}
	return wrong
}

// moment reads what a field for date and time sends, in the newsroom's zone.
func (d *Desk) moment(words string) (time.Time, error) {
	if words == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(momentForm, strings.Replace(latin(words), " ", "T", 1), d.Zone)
	return t.UTC(), err
}

// sameIDs keeps the pages of the names that stay.
func sameIDs(dr *story.Draft, names []string) []string {
	names = trimmed(names)
	ids := make([]string, len(names))
	for i, name := range names {
		if at := slices.Index(dr.Bylines, name); at >= 0 && at < len(dr.BylineIDs) {
			ids[i] = dr.BylineIDs[at]
		}
	}
	if !slices.ContainsFunc(ids, func(id string) bool { return id != "" }) {
		return nil
	}
	return ids
}

func trimmed(all []string) (out []string) {
	for _, one := range all {
		if one = strings.TrimSpace(one); one != "" {
			out = append(out, one)
		}
	}
	return out
}

// latin writes digits of Persian and Arabic as ASCII has them.
func latin(words string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return r - '٠' + '0'
		case r >= '۰' && r <= '۹':
			return r - '۰' + '0'
		default:
			return r
		}
	}, words)
}
