package site

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"mimeo/internal/appeal"
	"mimeo/internal/contribution"
	"mimeo/internal/fault"
	"mimeo/internal/limit"
	"mimeo/internal/money"
	"mimeo/internal/web"
)

// supportPage is the form to give: one question after another.
type supportPage struct {
	*page
	Key, Page, Token        string // hidden: the form's one-time key, the way back, the appeal
	Currency                string
	CurrencyName            string
	Currencies              []link
	Rhythms, Amounts, Ways  []choice
	Other, Email, EmailHint string
	Yearly                  bool
	YearlyHint              string
	Descriptor              string
	Kept                    []string
}

// choice is a radio button.
type choice struct {
	ID, Value, Label string
	Chosen           bool
}

type link struct{ Path, Label, Note string }

// The ids of the controls that a problem's link leads to.
const (
	controlRhythm = "rhythm-1"
	controlAmount = "amount-1"
	controlOther  = "other"
	controlEmail  = "email"
	controlWay    = "way-1"
)

// supportForm shows the form. What it presets comes from the link alone.
func (s *Site) supportForm(e *edition, w http.ResponseWriter, r *http.Request) error {
	if s.closedTo(r) {
		return s.supportClosed(e, w, r, http.StatusOK)
	}
	if len(s.gifts.Ways()) == 0 {
		return s.supportNoWay(e, w, r)
	}
	query, err := web.Query(r)
	if err != nil {
		return err
	}
	if r.Method == http.MethodGet && !fetchedAhead(r) {
		s.count(query.Of("t"), appeal.Continue, s.now())
	}
	return s.supportShow(w, r, http.StatusOK, s.supportData(e, query))
}

// supportData is the form with what was chosen and typed so far.
func (s *Site) supportData(e *edition, in web.Values) *supportPage {
	currency := s.currencyOf(in.Of("currency"))
	data := &supportPage{
		page: e.newPage(e.T("site.give", "Name", e.Name), "/support"), Key: in.Of("key"), Token: in.Of("t"),
		Currency: string(currency), CurrencyName: e.T("lang.currency." + string(currency)),
		Other: in.Of("other"), Email: in.Of("email"), EmailHint: e.T("site.give.email.hint"),
		Yearly: in.Of("yearly") != "", Descriptor: s.gifts.Descriptor(),
	}
	data.Page, _ = ownPath(in.Of("page"))
	data.Summary = e.T("site.give.step")
	if data.Key == "" {
		data.Key = s.ids.Secret()
	}
	for i, r := range contribution.Rhythms() {
		data.Rhythms = append(data.Rhythms, choice{
			"rhythm-" + strconv.Itoa(i+1), string(r), e.T("site.give." + string(r)), in.Of("rhythm") == string(r),
		})
	}
	rhythm := contribution.Rhythm(in.Of("preset"))
	if !rhythm.Valid() {
		rhythm = contribution.Monthly
	}
	presets := contribution.Presets(currency, rhythm)
	for i, a := range presets {
		data.Amounts = append(data.Amounts, choice{
			"amount-" + strconv.Itoa(i+1), a.Decimal(), e.money(a), in.Of("amount") == a.Decimal(),
		})
	}
	data.Amounts = append(data.Amounts, choice{
		"amount-other", contribution.OtherAmount, e.T("site.give.other.choice"), in.Of("amount") == contribution.OtherAmount,
	})
	data.YearlyHint = e.yearlyHint(presets)
	ways := s.gifts.Ways()
	for i, way := range ways {
		data.Ways = append(data.Ways, choice{"way-" + strconv.Itoa(i+1), way, e.T("site.give.way.card"), len(ways) == 1 || in.Of("way") == way})
	}
	for _, c := range s.currencies {
		if c == currency {
			continue
		}
		q := url.Values{"currency": {string(c)}}
		for _, name := range []string{"t", "page", "rhythm"} {
			if v := in.Of(name); v != "" {
				q.Set(name, v)
			}
		}
		data.Currencies = append(data.Currencies, link{Path: e.URL("/support") + "?" + q.Encode(), Label: e.T("lang.currency." + string(c))})
	}
	for _, id := range []string{"us", "email", "processor", "bank"} {
		data.Kept = append(data.Kept, e.T("site.give.kept."+id))
	}
	data.Kept = append(data.Kept, e.T("site.give.stop"))
	return data
}

// yearlyHint offers small monthly gifts to be billed once a year, by the
// example of the smallest preset.
func (e *edition) yearlyHint(presets []money.Amount) string {
	if len(presets) == 0 {
		return ""
	}
	year, small := contribution.YearlyOffer(presets[0], contribution.Monthly)
	if !small {
		return ""
	}
	limit := presets[0]
	for _, a := range presets {
		if _, small := contribution.YearlyOffer(a, contribution.Monthly); !small {
			limit = a
			break
		}
	}
	return e.T("site.give.yearly.hint", "Limit", e.money(limit), "Small", e.money(presets[0]), "Year", e.money(year))
}

func (s *Site) currencyOf(code string) money.Currency {
	if c, err := money.ParseCurrency(code); err == nil && slices.Contains(s.currencies, c) {
		return c
	}
	return s.currencies[0]
}

// currencyAsked is the currency that a form was filled in for, "" when it is
// not offered (any more): the same figures in another one are another sum.
func (s *Site) currencyAsked(form web.Values) string {
	asked := form.Of("currency")
	if c := s.currencyOf(asked); !form.Has("currency") || string(c) == asked {
		return string(c)
	}
	return ""
}

// supportSend begins a gift and sends the supporter on to the payment page.
func (s *Site) supportSend(e *edition, w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r)
	if err != nil {
		return err
	}
	if s.closedTo(r) {
		return s.supportClosed(e, w, r, http.StatusForbidden)
	}
	data := s.supportData(e, form)
	in := contribution.FormInput{
		Rhythm: form.Of("rhythm"), Amount: form.Of("amount"), Other: form.Of("other"), Currency: s.currencyAsked(form),
		Email: form.Of("email"), Way: form.Of("way"), Form: form.Of("key"), Lang: e.Lang, Ways: s.gifts.Ways(),
	}
	if origin, err := s.tokens.Read(form.Of("t")); err == nil && origin.Brought(s.now()) {
		in.Appeal, in.Variant = origin.Appeal, origin.Variant
	}
	intent, wrong := contribution.CheckForm(in)
	if len(wrong) > 0 {
		for _, one := range wrong {
			s.supportWrong(data, one)
		}
		return s.supportShow(w, r, http.StatusUnprocessableEntity, data)
	}
	if year, small := contribution.YearlyOffer(intent.Amount, intent.Rhythm); small && data.Yearly {
		intent.Amount, intent.Rhythm = year, contribution.Yearly
	}
	if !s.mayTry(r) {
		data.wrong("", e.T("contribution.error.limit"))
		return s.supportShow(w, r, http.StatusTooManyRequests, data)
	}
	opened, err := s.gifts.Begin(r.Context(), intent)
	switch {
	case errors.Is(err, contribution.ErrAlready):
		return s.see(w, e.URL("/support/return/"+opened.Payment)+"?again=1")
	case fault.KindOf(err) == fault.Unavailable && opened.Payment == "": // we have nothing in writing
		s.log.ErrorContext(r.Context(), "a gift could not be begun", "err", err)
		data.wrong("", e.T("site.away"))
		return s.supportShow(w, r, http.StatusServiceUnavailable, data)
	case fault.KindOf(err) == fault.Unavailable:
		s.log.WarnContext(r.Context(), "a payment page could not be opened", "err", err)
		data.wrong("", e.T("contribution.error.unreachable"))
		return s.supportShow(w, r, http.StatusServiceUnavailable, data)
	case fault.KindOf(err) == fault.Invalid:
		data.wrong(controlEmail, e.T("contribution.error.email"))
		return s.supportShow(w, r, http.StatusUnprocessableEntity, data)
	case err != nil:
		return err
	}
	return s.see(w, opened.URL)
}

// supportWrong puts a problem beside the control that mends it.
func (s *Site) supportWrong(data *supportPage, one contribution.FieldError) {
	field := map[string]string{
		contribution.FieldRhythm: controlRhythm, contribution.FieldAmount: controlAmount, contribution.FieldOther: controlOther,
		contribution.FieldEmail: controlEmail, contribution.FieldWay: controlWay, contribution.FieldCurrency: controlAmount,
	}[one.Field]
	if one.Field == contribution.FieldForm {
		data.Key = s.ids.Secret() // sending it again is then enough
	}
	data.wrong(field, one.Text(data.words))
}

// supportShow answers with the form; it may lead to the payment page, which
// its policy has to allow.
func (s *Site) supportShow(w http.ResponseWriter, r *http.Request, status int, data *supportPage) error {
	return s.answer(w, r, status, s.giving, "support", data)
}

// closedTo says whether gifts are refused where the reader is: the same list
// that keeps us from asking there. Where unknown countries are not asked,
// they may not give either.
func (s *Site) closedTo(r *http.Request) bool { return s.appeals.Rules().Place(s.country(r)) != "" }

// supportNoWay answers while the newsroom has no way to be paid.
func (s *Site) supportNoWay(e *edition, w http.ResponseWriter, r *http.Request) error {
	data := noticePage{
		page: e.newPage(e.T("site.give.noway"), "/support"), Heading: e.T("site.give.noway"),
		Standfirst: e.T("site.give.noway.why"), Paragraphs: []string{e.T("site.give.closed.free")},
		Links: []link{{Path: e.Home(), Label: e.T("site.home")}},
	}
	data.Hidden = true
	return s.dynamic(w, r, http.StatusOK, "notice", data)
}

func (s *Site) supportClosed(e *edition, w http.ResponseWriter, r *http.Request, status int) error {
	data := noticePage{
		page: e.newPage(e.T("site.give.closed"), "/support"), Heading: e.T("site.give.closed"),
		Standfirst: e.T("site.give.closed.why"), Paragraphs: []string{e.T("site.give.closed.free")},
		Links: []link{{Path: e.URL("/about/traces"), Label: e.T("about.traces")}, {Path: e.Home(), Label: e.T("site.home")}},
	}
	data.Hidden = true
	return s.dynamic(w, r, status, "notice", data)
}

// Tries of the form to give that lead to a payment page, in ten minutes: from
// one network, and from all readers together whose network is not known (an
// onion service, a proxy that does not say for whom). Stolen cards are tried
// out by the thousand on forms that set no bound.
const (
	triesAlone  = 20
	triesShared = 3_000
)

// mayTry counts a try and says whether it is within the bound.
func (s *Site) mayTry(r *http.Request) bool {
	network, most := limit.Network(s.address(r)), triesAlone
	if network == "" {
		most = triesShared
	}
	return s.tries.Allow("give", network, most, s.now())
}
