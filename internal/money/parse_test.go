package money_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"mimeo/internal/fault"
	"mimeo/internal/money"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text     string
		currency money.Currency
		minor    int64
	}{
		{"5", money.USD, 500},
		{"5.00", money.USD, 500},
		{"7.5", money.USD, 750},
		{"2,50", money.EUR, 250},
		{" 2 ", money.USD, 200},
		{"\u00a012\u00a0", money.USD, 1200},
		{"$5", money.USD, 500},
		{"5 $", money.USD, 500},
		{"US$ 5", money.USD, 500},
		{"usd 5", money.USD, 500},
		{"5USD", money.USD, 500},
		{"5 €", money.EUR, 500},
		{"£2.50", money.GBP, 250},
		{"٢", money.USD, 200},
		{"۲", money.USD, 200},
		{"۲٫۵", money.USD, 250},
		{"٢٫٥٠", money.USD, 250},
		{"۱٬۰۰۰", money.USD, 100000},
		{"۱٬۰۰۰٫۵", money.USD, 100050},
		{"۲،۵", money.USD, 250},
		{"２．５", money.USD, 250},
		{"५०", money.USD, 5000},
		{"𝟝", money.USD, 500},
		{"1,000.50", money.USD, 100050},
		{"1.000,50", money.EUR, 100050},
		{"1,000,000", money.USD, 100000000},
		{"1 000", money.USD, 100000},
		{"1\u202f000,50", money.EUR, 100050},
		{"1'000.50", money.USD, 100050},
		{"0", money.USD, 0},
		{"0.05", money.USD, 5},
		{"007.50", money.USD, 750},
		{"300", money.JPY, 300},
		{"¥300", money.JPY, 300},
		{"300円", money.JPY, 300},
		{"1,000", money.JPY, 1000},
		{"1.000", money.JPY, 1000},
		{"٣٠٠", money.JPY, 300},
		{"92233720368547758.07", money.USD, 9223372036854775807},
	} {
		got, err := money.Parse(c.text, c.currency)
		if err != nil || got != money.Of(c.minor, c.currency) {
			t.Errorf("%q: got %v, %v; want %d", c.text, got, err, c.minor)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		text     string
		currency money.Currency
	}{
		{"", money.USD},
		{" ", money.USD},
		{"five", money.USD},
		{"NaN", money.USD},
		{"Inf", money.USD},
		{"-5", money.USD},
		{"−5", money.USD},
		{"+5", money.USD},
		{"(5)", money.USD},
		{"5-", money.USD},
		{"1e3", money.USD},
		{"0x10", money.USD},
		{"1_000", money.USD},
		{"5.", money.USD},
		{".5", money.USD},
		{"5..5", money.USD},
		{"5.,5", money.USD},
		{"5.123", money.USD},
		{"5.1234", money.USD},
		{"1,000.123", money.USD},
		{"12,34.50", money.USD},
		{"1,00,000", money.USD},
		{"1,000 000", money.USD},
		{"1.000.00", money.USD},
		{"1٫5٫0", money.USD},
		{"1٫000", money.USD},
		{"5.00", money.JPY},
		{"5.5", money.JPY},
		{"0.5", money.JPY},
		{"5۲", money.USD},
		{"٢۲", money.USD},
		{"5 €", money.USD},
		{"EUR 5", money.USD},
		{"$", money.USD},
		{"$$5", money.USD},
		{"5\u202e2", money.USD},
		{"\u200f۲", money.USD},
		{"5\u200b0", money.USD},
		{"5\x000", money.USD},
		{"5\xff", money.USD},
		{"5\n0", money.USD},
		{"½", money.USD},
		{"²", money.USD},
		{"Ⅴ", money.USD},
		{"五", money.JPY},
		{"92233720368547758.08", money.USD},
		{"99999999999999999999", money.USD},
		{strings.Repeat("9", 10_000_000), money.USD},
		{"5", ""},
		{"5", "XAU"},
	} {
		got, err := money.Parse(c.text, c.currency)
		if err == nil {
			t.Errorf("%.40q %s: got %v, want an error", c.text, c.currency, got)
		} else if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.40q: kind %v", c.text, fault.KindOf(err))
		}
	}
}

func TestParseNeverGuessesThousands(t *testing.T) {
	for _, text := range []string{"1,000", "1.000", "0,000", "999,999", "$1,000", "۱،۰۰۰"} {
		if got, err := money.Parse(text, money.USD); !errors.Is(err, money.ErrAmbiguous) {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}

func TestParseReadsWhatDecimalWrites(t *testing.T) {
	zeros := digitZeros()
	rapid.Check(t, func(t *rapid.T) {
		want := money.Of(rapid.Int64Range(0, 1<<62).Draw(t, "minor"), rapid.SampledFrom([]money.Currency{money.USD, money.EUR, money.GBP, money.JPY}).Draw(t, "currency"))
		zero := rapid.SampledFrom(zeros).Draw(t, "zero")
		mark := rapid.SampledFrom([]rune{'.', ',', '٫', '،'}).Draw(t, "mark")
		text := strings.Map(func(r rune) rune {
			if r == '.' {
				return mark
			}
			return zero + r - '0'
		}, want.Decimal())
		if len(text) > 64 {
			t.Skip("longer than anything typed")
		}
		got, err := money.Parse(text, want.Currency)
		if err != nil || got != want {
			t.Fatalf("%q: got %v, %v; want %v", text, got, err, want)
		}
	})
}

// Unicode adds scripts; each must come as ten digits from zero to nine, or
// the values that Parse reads would be wrong.
func TestEveryBlockOfDigitsHasTens(t *testing.T) {
	for _, block := range unicode.Nd.R16 {
		if (block.Hi-block.Lo+1)%10 != 0 || block.Stride != 1 {
			t.Errorf("U+%04X–U+%04X", block.Lo, block.Hi)
		}
	}
	for _, block := range unicode.Nd.R32 {
		if (block.Hi-block.Lo+1)%10 != 0 || block.Stride != 1 {
			t.Errorf("U+%04X–U+%04X", block.Lo, block.Hi)
		}
	}
}

func digitZeros() []rune {
	var zeros []rune
	for _, block := range unicode.Nd.R16 {
		for r := rune(block.Lo); r <= rune(block.Hi); r += 10 {
			zeros = append(zeros, r)
		}
	}
	for _, block := range unicode.Nd.R32 {
		for r := rune(block.Lo); r <= rune(block.Hi); r += 10 {
			zeros = append(zeros, r)
		}
	}
	return zeros
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"5", "7.50", "۲٫۵", "1,000", "1.000,50", "$5", "-5", "1e3", "\u202e5", "\xff"} {
		f.Add(seed, "USD")
		f.Add(seed, "JPY")
	}
	f.Fuzz(func(t *testing.T, text, code string) {
		currency := money.Currency(code)
		got, err := money.Parse(text, currency)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid || got != (money.Amount{}) {
				t.Fatalf("%q: %v with %v", text, err, got)
			}
			return
		}
		if got.Minor < 0 || got.Currency != currency || !utf8.ValidString(text) {
			t.Fatalf("%q: %v", text, got)
		}
		again, err := money.Parse(got.Decimal(), currency)
		if err != nil || again != got {
			t.Fatalf("%q gave %v, which reads back as %v, %v", text, got, again, err)
		}
	})
}
