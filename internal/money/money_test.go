package money_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mimeo/internal/money"
)

func TestDecimal(t *testing.T) {
	for _, c := range []struct {
		amount money.Amount
		want   string
	}{
		{money.Of(500, money.USD), "5.00 USD"},
		{money.Of(5, money.EUR), "0.05 EUR"},
		{money.Of(0, money.GBP), "0.00 GBP"},
		{money.Of(-5, money.GBP), "-0.05 GBP"},
		{money.Of(-1234, money.GBP), "-12.34 GBP"},
		{money.Of(300, money.JPY), "300 JPY"},
		{money.Of(math.MinInt64, money.USD), "-92233720368547758.08 USD"},
	} {
		if got := c.amount.String(); got != c.want {
			t.Errorf("%d %s: got %q, want %q", c.amount.Minor, c.amount.Currency, got, c.want)
		}
	}
}

func TestParseCurrency(t *testing.T) {
	for text, want := range map[string]money.Currency{"USD": money.USD, "jpy": money.JPY, "Eur": money.EUR} {
		if got, err := money.ParseCurrency(text); err != nil || got != want {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "US", "USDX", "RUB", "ＵＳＤ", "U D", "ſek"} {
		if got, err := money.ParseCurrency(text); err == nil {
			t.Errorf("%q: got %q, want an error", text, got)
		}
	}
}

func TestSumsAgreeWithBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		x, y := money.Of(a, money.USD), money.Of(b, money.USD)
		for name, op := range map[string]struct {
			got  func() (money.Amount, error)
			want *big.Int
		}{
			"add":   {func() (money.Amount, error) { return x.Add(y) }, new(big.Int).Add(big.NewInt(a), big.NewInt(b))},
			"sub":   {func() (money.Amount, error) { return x.Sub(y) }, new(big.Int).Sub(big.NewInt(a), big.NewInt(b))},
			"times": {func() (money.Amount, error) { return x.Times(b) }, new(big.Int).Mul(big.NewInt(a), big.NewInt(b))},
		} {
			got, err := op.got()
			switch {
			case err == nil && big.NewInt(got.Minor).Cmp(op.want) != 0:
				t.Fatalf("%s: got %d, want %s", name, got.Minor, op.want)
			case err != nil && !errors.Is(err, money.ErrRange):
				t.Fatalf("%s: %v", name, err)
			case err != nil && op.want.IsInt64() && b != math.MinInt64:
				t.Fatalf("%s refused %s, which fits", name, op.want)
			}
		}
	})
}

func TestDifferentCurrenciesNeverMix(t *testing.T) {
	if _, err := money.Of(1, money.USD).Add(money.Of(1, money.EUR)); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("adding: %v", err)
	}
	if _, err := money.Of(1, money.USD).Sub(money.Of(1, money.EUR)); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("subtracting: %v", err)
	}
}

func TestSplitLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := money.Of(rapid.Int64().Draw(t, "minor"), money.EUR)
		n := rapid.IntRange(1, 200).Draw(t, "n")
		shares, err := whole.Split(n)
		if err != nil || len(shares) != n {
			t.Fatalf("%d shares of %d, %v", len(shares), n, err)
		}
		sum := new(big.Int)
		for i, share := range shares {
			sum.Add(sum, big.NewInt(share.Minor))
			if share.Minor > shares[0].Minor || shares[0].Minor-share.Minor > 1 {
				t.Fatalf("share %d is %d beside %d", i, share.Minor, shares[0].Minor)
			}
		}
		if sum.Cmp(big.NewInt(whole.Minor)) != 0 {
			t.Fatalf("the shares make %s of %d", sum, whole.Minor)
		}
	})
	if _, err := money.Of(1, money.USD).Split(0); err == nil {
		t.Error("splitting among nobody must fail")
	}
}

func TestUnknownCurrencyHasNoExponent(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic: a wrong exponent makes a wrong sum")
		}
	}()
	money.Currency("").Exponent()
}

func TestStringOfNothing(t *testing.T) {
	if got := (money.Amount{}).String(); !strings.HasPrefix(got, "0") {
		t.Errorf("got %q", got)
	}
}
