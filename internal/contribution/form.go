package contribution

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"mimeo/internal/ident"
	"mimeo/internal/lang"
	"mimeo/internal/money"
)

// OtherAmount is the value of the choice "Other" among the amounts.
const OtherAmount = "other"

// FormInput is the support form as it came in: untrusted text. Currency, the
// ways to pay and the language are the page's, not the donor's.
type FormInput struct {
	Rhythm   string // a Rhythm
	Amount   string // a preset as money.Amount.Decimal or figures, OtherAmount, or ""
	Other    string // what was typed beside "Other"
	Currency string // a money.Currency
	Email    string
	Way      string // the name of a Provider; may be "" when there is only one
	// Form is the one-time key (ident.Secret) that the page put into the form
	// when it was made. The same key sent twice is one gift.
	Form    string
	Lang    string
	Appeal  string // from the verified token; "" without one
	Variant string

	Ways []string // the ways to pay that exist
}

// Intent is a form that passed: what a person asked for.
type Intent struct {
	Form     string
	Amount   money.Amount
	Rhythm   Rhythm
	Email    string
	Lang     string
	Provider string
	Appeal   string
	Variant  string
}

// The fields that an error can be about.
const (
	FieldRhythm   = "rhythm"
	FieldAmount   = "amount"
	FieldOther    = "other"
	FieldCurrency = "currency"
	FieldEmail    = "email"
	FieldWay      = "way"
	FieldForm     = "form"
)

// FieldError says what is wrong with a field.
type FieldError struct {
	Field string
	// Key is the message, "contribution.error.…".
	Key string
	// Limit is the amount that the message names, if it names one.
	Limit money.Amount
}

// Text is the error in a language.
func (e FieldError) Text(l *lang.Lang) string {
	if e.Limit.Currency == "" {
		return l.T(e.Key)
	}
	return l.T(e.Key, "Amount", l.Money(e.Limit))
}

// CheckForm reads a form. With errors, the Intent holds what could be read and
// must not be acted upon. Errors are in the order of the page.
func CheckForm(in FormInput) (Intent, []FieldError) {
	var bad []FieldError
	fail := func(field, key string) { bad = append(bad, FieldError{Field: field, Key: "contribution.error." + key}) }

	intent := Intent{Form: in.Form, Lang: in.Lang, Appeal: in.Appeal, Variant: in.Variant}
	if !ident.IsSecret(in.Form) {
		fail(FieldForm, "form")
	}
	intent.Rhythm = Rhythm(in.Rhythm)
	if !intent.Rhythm.Valid() {
		intent.Rhythm = ""
		fail(FieldRhythm, "rhythm")
	}
	currency, err := money.ParseCurrency(in.Currency)
	if err != nil {
		fail(FieldCurrency, "currency")
	} else {
		amount, e := checkAmount(in, currency, intent.Rhythm)
		intent.Amount = amount
		if e.Key != "" {
			bad = append(bad, e)
		}
	}
	email, ok := CheckEmail(in.Email)
	intent.Email = email
	if !ok {
		fail(FieldEmail, "email")
	}
	switch {
	case slices.Contains(in.Ways, in.Way):
		intent.Provider = in.Way
	case in.Way == "" && len(in.Ways) == 1:
		intent.Provider = in.Ways[0]
	default:
		fail(FieldWay, "way")
	}
	return intent, bad
}

func checkAmount(in FormInput, c money.Currency, r Rhythm) (money.Amount, FieldError) {
	text, field := in.Amount, FieldAmount
	if in.Amount == OtherAmount || in.Amount == "" {
		text, field = in.Other, FieldOther
	}
	if strings.TrimSpace(text) == "" {
		return money.Amount{}, FieldError{Field: FieldAmount, Key: "contribution.error.no_amount"}
	}
	amount, err := money.Parse(text, c)
	switch {
	case errors.Is(err, money.ErrAmbiguous):
		return money.Amount{}, FieldError{Field: field, Key: "contribution.error.ambiguous"}
	case err != nil && c.Exponent() == 0: // an example with decimals would be wrong too
		return money.Amount{}, FieldError{Field: field, Key: "contribution.error.not_whole"}
	case err != nil:
		return money.Amount{}, FieldError{Field: field, Key: "contribution.error.not_a_number"}
	}
	if r == "" {
		return amount, FieldError{} // the limits wait for the rhythm
	}
	least, most, ok := Limits(c, r)
	switch {
	case !ok:
		return amount, FieldError{Field: FieldCurrency, Key: "contribution.error.currency"}
	case amount.Minor < least.Minor:
		return amount, FieldError{Field: field, Key: "contribution.error.too_small_" + string(r), Limit: least}
	case amount.Minor > most.Minor:
		return amount, FieldError{Field: field, Key: "contribution.error.too_large_" + string(r), Limit: most}
	default:
		return amount, FieldError{}
	}
}

// CheckEmail reads an address of the plain form name@example.org and returns it
// with its domain in ASCII. Quoted names, comments, lists and everything that a
// mail header could misread are refused.
func CheckEmail(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if len(text) > 254 || !utf8.ValidString(text) {
		return "", false
	}
	name, domain, found := strings.Cut(text, "@")
	if !found || name == "" || len(name) > 64 || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, "..") {
		return "", false
	}
	for _, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r) {
			return "", false
		}
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || len(ascii) > 253 || !isDomain(ascii) {
		return "", false
	}
	return name + "@" + ascii, true
}

// isDomain wants two labels at least, and a last one that is not a number, so
// that addresses of machines are out.
func isDomain(domain string) bool {
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
				return false
			}
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}
