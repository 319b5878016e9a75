package simulator

import (
	"strings"
	"time"
	"unicode"
)

// conduct is how a test card behaves at its bank.
type conduct string

const (
	accepts   conduct = "accepts"
	declines  conduct = "declines"
	noFunds   conduct = "no_funds"
	onceOnly  conduct = "once_only" // accepted while the donor is there, declined afterwards
	contested conduct = "contested" // accepted, then disputed by its holder
)

// card is what is kept of a card: never its number.
type card struct {
	Brand   string  `json:"brand"`
	Country string  `json:"country"`
	Last4   string  `json:"last4"`
	Conduct conduct `json:"conduct"`
}

// testCard is a row of the list on the payment page.
type testCard struct {
	Number string
	Note   string
	card
}

// testCards are numbers that Stripe publishes for tests. No real card has them.
func testCards() []testCard {
	of := func(number, brand, country string, c conduct, note string) testCard {
		return testCard{Number: number, Note: note, card: card{Brand: brand, Country: country, Last4: number[len(number)-4:], Conduct: c}}
	}
	return []testCard{
		of("4242424242424242", "visa", "US", accepts, "works, issued in the United States"),
		of("4000002760000016", "visa", "DE", accepts, "works, issued in Germany"),
		of("4000008260000000", "visa", "GB", accepts, "works, issued in the United Kingdom"),
		of("4000003920000003", "visa", "JP", accepts, "works, issued in Japan"),
		of("4000006430000009", "visa", "RU", accepts, "works, issued in Russia"),
		of("5555555555554444", "mastercard", "US", accepts, "works, another brand"),
		of("4000000000000002", "visa", "US", declines, "is declined"),
		of("4000000000009995", "visa", "US", noFunds, "is declined for lack of funds"),
		of("4000000000000341", "visa", "US", onceOnly, "works now, is declined when charged again later"),
		of("4000000000000259", "visa", "US", contested, "works, then its holder disputes the payment"),
	}
}

// spaced is the number in groups of four, as it is printed on a card.
func (c testCard) Spaced() string {
	var b strings.Builder
	for i, r := range c.Number {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// digits keeps the digits of any script as 0–9, drops the separators that
// people type, and reports whether nothing else was there.
func digits(text string, separators string) (string, bool) {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '٠' && r <= '٩':
			b.WriteRune(r - '٠' + '0')
		case r >= '۰' && r <= '۹':
			b.WriteRune(r - '۰' + '0')
		case unicode.IsSpace(r) || strings.ContainsRune(separators, r):
		default:
			return "", false
		}
	}
	return b.String(), true
}

// luhn is the check that catches a mistyped card number.
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// readCard checks the three fields of the payment page. Its messages name the
// field they belong to.
func readCard(number, exp, cvc string, now time.Time) (card, map[string]string) {
	wrong := map[string]string{}
	found, message := findCard(number)
	if message != "" {
		wrong["number"] = message
	}
	if message := checkExpiry(exp, now); message != "" {
		wrong["exp"] = message
	}
	if code, ok := digits(cvc, ""); !ok || len(code) < 3 || len(code) > 4 {
		wrong["cvc"] = "Enter the security code: three or four digits. On a test card any will do"
	}
	return found, wrong
}

func findCard(text string) (card, string) {
	number, ok := digits(text, "-")
	switch {
	case number == "" && ok:
		return card{}, "Enter a card number"
	case !ok || len(number) < 12 || len(number) > 19:
		return card{}, "Enter the card number in figures, like 4242 4242 4242 4242"
	case !luhn(number):
		return card{}, "This card number is mistyped. Check it against the list of test cards"
	}
	for _, c := range testCards() {
		if c.Number == number {
			return c.card, ""
		}
	}
	return card{}, "This is not one of the test cards. The simulator takes no others, and a real card does not belong here"
}

func checkExpiry(text string, now time.Time) string {
	const shape = "Enter the expiry date as month and year, like 12/34"
	all, ok := digits(text, "/-.")
	if !ok {
		return shape
	}
	var month, year int
	switch len(all) {
	case 3: // 1/34
		all = "0" + all
		fallthrough
	case 4:
		month, year = atoi(all[:2]), now.Year()/100*100+atoi(all[2:])
	case 6:
		month, year = atoi(all[:2]), atoi(all[2:])
	default:
		return shape
	}
	if month < 1 || month > 12 {
		return shape
	}
	// A card is good until its month is over.
	if !time.Date(year, time.Month(month)+1, 1, 0, 0, 0, 0, time.UTC).After(now) {
		return "This expiry date has passed. On a test card any date to come will do"
	}
	return ""
}

func atoi(digits string) int {
	n := 0
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}
