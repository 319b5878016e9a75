package statement

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mimeo/internal/entity"
	"mimeo/internal/fault"
)

// tidyWhen checks a time.
func tidyWhen(w *When) error {
	if w.IsZero() {
		*w = When{}
		return nil
	}
	if y := w.At.Year(); y < 1 || y > 9999 {
		return fault.Invalidf("The time has no year between 1 and 9999")
	}
	if w.Zone != "" {
		if _, err := time.LoadLocation(w.Zone); err != nil || w.Zone == "Local" { // the machine's own is nobody's
			return fault.Invalidf("There is no time zone %q. One is called Europe/Berlin, say", w.Zone)
		}
	}
	switch w.Precision {
	case ToMinute, ToDay, ToMonth, ToYear:
	case "":
		w.Precision = ToDay
	default:
		return fault.Invalidf("A time is known to the minute, the day, the month or the year, not to %q", string(w.Precision))
	}
	w.At = w.At.UTC().Truncate(time.Minute)
	return nil
}

// tidy checks a record. White space around words is dropped; nothing else of
// what was typed is.
func (r *Record) tidy() error {
	r.Who.Why = slices.Clone(r.Who.Why)
	for _, w := range []struct {
		what  string
		words *entity.Words
		most  int
	}{
		{"name", &r.Who.Name, maxLine},
		{"reason for not naming the source", &r.Who.Why, maxText},
		{"role", &r.Role, maxLine},
		{"name of the body", &r.Body.Name, maxLine},
		{"name of the place", &r.Place.Name, maxLine},
		{"where", &r.Where, maxLine},
		{"answer", &r.Reply.Answer, maxText},
	} {
		var err error
		if *w.words, err = entity.TidyWords(w.what, *w.words, w.most); err != nil {
			return err
		}
	}
	if err := r.tidyWords(); err != nil {
		return err
	}
	if err := entity.Line("cue", &r.Cue, maxLine); err != nil {
		return err
	}
	for _, list := range []*[]Party{&r.Addressees, &r.About, &r.Topics} {
		if err := tidyParties(list); err != nil {
			return err
		}
	}
	for _, w := range []*When{&r.When, &r.Deadline, &r.Reply.Asked, &r.Reply.Answered} {
		if err := tidyWhen(w); err != nil {
			return err
		}
	}
	if err := r.tidyChoices(); err != nil {
		return err
	}
	switch {
	case r.Who.Unnamed && len(r.Who.Why) == 0:
		return fault.Invalidf("Say why the source is not named: readers are told")
	case r.Who.Unnamed && (r.Who.Entity != "" || r.Post != ""):
		return fault.Invalidf("An unnamed source is nobody of the register: it would name them")
	case !r.Who.Unnamed && r.Who.IsZero():
		return fault.Invalidf("Say who said it, or that the source is not named and why")
	}
	return r.tidyEvidence()
}

func (r *Record) tidyWords() error {
	r.Words.Text = strings.TrimSpace(r.Words.Text)
	if r.Words.Text == "" {
		return fault.Invalidf("There are no words: a statement has the words that were said, or ours for them")
	}
	all := append(entity.Words{r.Words}, r.Translated...)
	seen := map[string]bool{}
	var translated entity.Words
	for i, w := range all {
		w.Text = strings.TrimSpace(w.Text)
		switch {
		case w.Text == "":
			continue
		case !utf8.ValidString(w.Text) || strings.ContainsRune(w.Text, 0):
			return fault.Invalidf("The words are not valid UTF-8")
		case utf8.RuneCountInString(w.Text) > maxWords:
			return fault.Invalidf("The words are longer than %d characters", maxWords)
		case seen[w.Lang]:
			return fault.Invalidf("The words stand twice in the language %q", w.Lang)
		}
		if _, err := entity.TidyWords("words", entity.Words{{Lang: w.Lang, Text: "x"}}, maxLine); err != nil {
			return err
		}
		seen[w.Lang] = true
		if i > 0 {
			translated = append(translated, w)
		}
	}
	r.Translated = translated
	return nil
}

func tidyParties(list *[]Party) error {
	var out []Party
	for _, p := range *list {
		var err error
		if p.Name, err = entity.TidyWords("name", p.Name, maxLine); err != nil {
			return err
		}
		if !p.IsZero() {
			out = append(out, p)
		}
	}
	if len(out) > maxParties {
		return fault.Invalidf("A statement names at most %d of a kind", maxParties)
	}
	*list = out
	return nil
}

func (r *Record) tidyChoices() error {
	if r.Kind == "" {
		r.Kind = Indirect
	}
	if r.Status == "" {
		r.Status = OnRecord
	}
	if r.State == "" {
		r.State = NotAssessed
	}
	switch {
	case !slices.Contains(Kinds(), r.Kind):
		return fault.Invalidf("A statement is direct, mixed or indirect, not %q", string(r.Kind))
	case !slices.Contains(Statuses(), r.Status):
		return fault.Invalidf("There is no status %q", string(r.Status))
	case r.Medium != "" && !slices.Contains(Media(), r.Medium):
		return fault.Invalidf("There is no medium %q", string(r.Medium))
	case !slices.Contains(EvidenceStates(), r.State):
		return fault.Invalidf("There is no state of evidence %q", string(r.State))
	case r.Verdict != nil && (r.Verdict.Value < 1 || r.Verdict.Value > 5 || len(r.Verdict.Rating) == 0):
		return fault.Invalidf("A verdict has its words and a value from 1 (false) to 5 (true)")
	}
	return nil
}

func (r *Record) tidyEvidence() error {
	if len(r.Evidence) > maxEvidence {
		return fault.Invalidf("A statement has at most %d items of evidence", maxEvidence)
	}
	for i := range r.Evidence {
		e := &r.Evidence[i]
		switch e.Kind {
		case EvidenceFile, EvidenceLink, EvidenceNote:
		default:
			return fault.Invalidf("Evidence is a file, a link or a note, not %q", string(e.Kind))
		}
		if !e.Public {
			*e = Evidence{ID: e.ID, Kind: e.Kind}
			continue
		}
		if err := entity.Line("description of the evidence", &e.Label, maxText); err != nil {
			return err
		}
		if e.Link != "" && !strings.HasPrefix(e.Link, "https://") && !strings.HasPrefix(e.Link, "http://") {
			return fault.Invalidf("A link to evidence begins with https:// or http://")
		}
		if e.Link != "" {
			if err := entity.Line("link", &e.Link, 2*maxText); err != nil {
				return err
			}
		}
		if e.Label == "" && e.Link == "" && e.Copy == "" {
			return fault.Invalidf("Describe the evidence, or keep it from readers")
		}
	}
	return nil
}
