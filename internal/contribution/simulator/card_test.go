package simulator

import (
	"testing"
	"time"
)

func TestTestCards(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range testCards() {
		if !luhn(c.Number) || seen[c.Number] || c.Last4 != c.Number[12:] || len(c.Country) != 2 || c.Note == "" {
			t.Errorf("%+v", c)
		}
		seen[c.Number] = true
	}
	for number, country := range map[string]string{"4242424242424242": "US", "4000006430000009": "RU", "4000002760000016": "DE"} {
		if c, message := findCard(number); message != "" || c.Country != country || c.Conduct != accepts {
			t.Errorf("%s: %+v %s", number, c, message)
		}
	}
}

func TestReadCard(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 31, 23, 59, 0, 0, time.UTC)
	for _, c := range []struct{ number, exp, cvc, wrong string }{
		{"4242 4242 4242 4242", "12/34", "123", ""},
		{"4242-4242-4242-4242", "12 / 2034", "1234", ""},
		{"٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "١٢/٣٤", "١٢٣", ""},
		{"۴۲۴۲۴۲۴۲۴۲۴۲۴۲۴۲", "۱۲۳۴", "۱۲۳", ""},
		{"4242424242424242", "1234", "123", ""},
		{"4242424242424242", "1/34", "123", ""},
		{"4242424242424242", "12/26", "123", ""},
		{"4242424242424242", "11/26", "123", "exp"},
		{"4242424242424242", "13/34", "123", "exp"},
		{"4242424242424242", "00/34", "123", "exp"},
		{"4242424242424242", "", "123", "exp"},
		{"4242424242424242", "soon", "123", "exp"},
		{"4242424242424242", "12/34", "12", "cvc"},
		{"4242424242424242", "12/34", "12345", "cvc"},
		{"4242424242424242", "12/34", "abc", "cvc"},
		{"4242424242424242", "12/34", "", "cvc"},
		{"", "12/34", "123", "number"},
		{"4242424242424241", "12/34", "123", "number"},
		{"4111111111111111", "12/34", "123", "number"}, // passes Luhn, is no test card of ours
		{"not a number", "12/34", "123", "number"},
		{"-4242424242424242.0", "12/34", "123", "number"},
		{"42424242424242424242424242424242", "12/34", "123", "number"},
	} {
		_, wrong := readCard(c.number, c.exp, c.cvc, now)
		if c.wrong == "" && len(wrong) > 0 || c.wrong != "" && (len(wrong) != 1 || wrong[c.wrong] == "") {
			t.Errorf("%q %q %q: %v, want %q wrong", c.number, c.exp, c.cvc, wrong, c.wrong)
		}
	}
}
