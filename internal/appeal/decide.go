package appeal

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"
)

// Decide answers for one page view. It does not allocate (with salts of up to
// 100 bytes and no country name longer than a code).
func (r *Rules) Decide(f *Facts) Decision {
	var buf [16]byte
	country := appendUpper(buf[:0], f.Country)
	if reason := r.refusal(f, country); reason != "" {
		return Decision{Reason: reason}
	}
	x := &r.index
	countries, languages := x.countries.at(country), x.languages.of(f.Language)
	sections, channels := x.sections.of(f.Section), x.channels.of(f.Channel)
	for w := range x.live {
		fits := x.live[w] & countries[w] & languages[w] & sections[w] & channels[w]
		if fits == 0 {
			continue
		}
		for fits &= x.tagged(f.Tags, w); fits != 0; fits &= fits - 1 {
			a := r.appeals[w*64+bits.TrailingZeros64(fits)]
			if a.begun(f) && a.goesOn(f) {
				return a.draw(f.Draw)
			}
		}
	}
	return Decision{Reason: NoneMatched}
}

// Explain decides as Decide does and says why each appeal before the answer
// was passed over. It tries the conditions one after another, as the
// configuration lists them, and so is also the plain form of what the index
// does at once.
func (r *Rules) Explain(f *Facts) Answer {
	country := appendUpper(nil, f.Country)
	if reason := r.refusal(f, country); reason != "" {
		return Answer{Reason: reason, Trace: []Step{}}
	}
	trace := []Step{}
	for _, a := range r.appeals {
		if failed := a.failed(f, string(country)); failed != "" {
			trace = append(trace, Step{Appeal: a.ID, Failed: failed})
			continue
		}
		d := a.draw(f.Draw)
		answer := Answer{Appeal: a.ID, Reason: d.Reason, Trace: trace}
		if d.Variant != nil {
			answer.Variant = d.Variant.ID
		}
		return answer
	}
	return Answer{Reason: NoneMatched, Trace: trace}
}

// Place says whether a reader's country alone forbids to ask there, and so to
// take a gift from there: CountryClosed, CountryUnknown or "". It holds also
// while asking is switched off.
func (r *Rules) Place(country string) Reason {
	var buf [16]byte
	return r.place(appendUpper(buf[:0], country))
}

func (r *Rules) place(country []byte) Reason {
	if _, closed := r.closed[string(country)]; closed {
		return CountryClosed
	}
	if r.skipUnknown && len(country) == 0 {
		return CountryUnknown
	}
	return ""
}

// refusal returns the reason not to ask at all, or "". Country is upper case.
func (r *Rules) refusal(f *Facts, country []byte) Reason {
	if r.off {
		return Off
	}
	if reason := r.place(country); reason != "" {
		return reason
	}
	if reason := ParseAsk(f.Ask, f.Now).reason(); reason != "" {
		return reason
	}
	if f.NoAsk {
		return NoAsk
	}
	return ""
}

// failed names the first condition of a that does not hold, or is "". Country
// is upper case.
func (a *Appeal) failed(f *Facts, country string) string {
	w := &a.where
	switch {
	case a.State != Live:
		return "state"
	case !a.begun(f):
		return "starts"
	case !a.goesOn(f):
		return "ends"
	case len(w.countries) > 0 && !slices.Contains(w.countries, country):
		return "countries"
	case slices.Contains(w.exceptCountries, country):
		return "except_countries"
	case len(w.languages) > 0 && !slices.Contains(w.languages, f.Language):
		return "languages"
	case len(w.sections) > 0 && !slices.Contains(w.sections, f.Section):
		return "sections"
	case slices.Contains(w.exceptSections, f.Section):
		return "except_sections"
	case len(w.tags) > 0 && !intersect(w.tags, f.Tags):
		return "tags"
	case intersect(w.exceptTags, f.Tags):
		return "except_tags"
	case len(w.channels) > 0 && !slices.Contains(w.channels, f.Channel):
		return "channels"
	}
	return ""
}

// begun reports whether a's first moment has come; that moment belongs to it.
func (a *Appeal) begun(f *Facts) bool { return a.starts == nil || !f.Now.Before(*a.starts) }

// goesOn reports whether a's end has not come; that moment no longer belongs to it.
func (a *Appeal) goesOn(f *Facts) bool { return a.ends == nil || f.Now.Before(*a.ends) }

// draw decides between holdout and the variants of an appeal that fits. The
// two use different bytes of one hash, so that the size of the holdout does
// not move readers between variants; the salt is the appeal's, so that two
// appeals split readers independently.
func (a *Appeal) draw(draw uint64) Decision {
	var buf [128]byte
	sum := sha256.Sum256(strconv.AppendUint(append(buf[:0], a.salt...), draw, 10))
	if binary.BigEndian.Uint64(sum[0:8])%1000 < a.holdout {
		return Decision{Appeal: a, Reason: Holdout}
	}
	left := binary.BigEndian.Uint64(sum[8:16]) % a.weights
	for i := range a.Variants {
		v := &a.Variants[i]
		if left < uint64(v.Weight) {
			return Decision{Appeal: a, Variant: v, Reason: Shown}
		}
		left -= uint64(v.Weight)
	}
	panic("appeal: the weights do not add up to their sum")
}

func intersect(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// appendUpper appends s with ASCII letters in upper case.
func appendUpper(b []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}
