// Package money holds exact sums: an integer number of a currency's smallest
// unit. Nothing in Mimeo that is money ever passes through a floating point
// number, and no two currencies are ever added.
//
// Parse reads what a person types into a form, in the digits of any script;
// it answers either the sum that was meant or an error, never a guess.
package money

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"mimeo/internal/fault"
)

// Currency is an ISO 4217 code in capitals. The empty Currency is invalid.
type Currency string

// The currencies that Mimeo takes. A further one needs a line in the table
// below, and its limits in package contribution.
const (
	USD Currency = "USD"
	EUR Currency = "EUR"
	GBP Currency = "GBP"
	JPY Currency = "JPY"
)

type facts struct {
	code     Currency
	exponent int
	symbol   string
	marks    []string // what people write before or after the figure, longest first, besides the code
}

// known returns the table of currencies.
func known() [4]facts {
	return [...]facts{
		{USD, 2, "$", []string{"US$", "$", "＄"}},
		{EUR, 2, "€", []string{"€"}},
		{GBP, 2, "£", []string{"£", "￡"}},
		{JPY, 0, "¥", []string{"¥", "￥", "円"}},
	}
}

// ParseCurrency reads a code in capitals or small letters, as providers write it.
func ParseCurrency(s string) (Currency, error) {
	if len(s) == 3 {
		code := Currency(strings.ToUpper(s))
		for _, k := range known() {
			if k.code == code {
				return code, nil
			}
		}
	}
	return "", fault.Invalidf("This currency is not supported")
}

// Valid says whether c is one of the supported currencies.
func (c Currency) Valid() bool {
	for _, k := range known() {
		if k.code == c {
			return true
		}
	}
	return false
}

// Exponent returns the number of decimals of c: 2 for dollars, 0 for yen. It
// panics for a Currency that did not come from ParseCurrency or a constant,
// because every answer would make a wrong sum.
func (c Currency) Exponent() int {
	for _, k := range known() {
		if k.code == c {
			return k.exponent
		}
	}
	panic("money: unknown currency " + strconv.Quote(string(c)))
}

// Symbol returns the mark that people write beside a sum, such as "$".
func (c Currency) Symbol() string {
	for _, k := range known() {
		if k.code == c {
			return k.symbol
		}
	}
	return string(c)
}

// Unit returns one major unit of c in minor units: 100 for dollars, 1 for yen.
func (c Currency) Unit() int64 {
	unit := int64(1)
	for range c.Exponent() {
		unit *= 10
	}
	return unit
}

// Amount is a sum: Minor units (cents, or whole yen) of one Currency. The zero
// Amount has no currency and is not a sum of anything.
type Amount struct {
	Minor    int64
	Currency Currency
}

// ErrCurrency says that two sums of different currencies were mixed, ErrRange
// that a sum does not fit. Both are bugs or hostile data, not a person's slip.
var (
	ErrCurrency = errors.New("money: different currencies")
	ErrRange    = errors.New("money: out of range")
)

// Of returns a sum of minor units.
func Of(minor int64, c Currency) Amount { return Amount{Minor: minor, Currency: c} }

// IsZero says whether the sum is nothing.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// Add returns a + b.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, fmt.Errorf("adding %s and %s: %w", a.Currency, b.Currency, ErrCurrency)
	}
	if (b.Minor > 0 && a.Minor > math.MaxInt64-b.Minor) || (b.Minor < 0 && a.Minor < math.MinInt64-b.Minor) {
		return Amount{}, fmt.Errorf("adding %d and %d: %w", a.Minor, b.Minor, ErrRange)
	}
	return Of(a.Minor+b.Minor, a.Currency), nil
}

// Sub returns a - b.
func (a Amount) Sub(b Amount) (Amount, error) {
	minus, err := b.Neg()
	if err != nil {
		return Amount{}, err
	}
	return a.Add(minus)
}

// Neg returns -a.
func (a Amount) Neg() (Amount, error) {
	if a.Minor == math.MinInt64 {
		return Amount{}, fmt.Errorf("negating %d: %w", a.Minor, ErrRange)
	}
	return Of(-a.Minor, a.Currency), nil
}

// Times returns n times a.
func (a Amount) Times(n int64) (Amount, error) {
	product := a.Minor * n
	if n != 0 && (product/n != a.Minor || (n == -1 && a.Minor == math.MinInt64)) {
		return Amount{}, fmt.Errorf("multiplying %d by %d: %w", a.Minor, n, ErrRange)
	}
	return Of(product, a.Currency), nil
}

// Split shares a among n, losing nothing: the shares add up to a, and differ by
// one minor unit at most, the larger ones first.
func (a Amount) Split(n int) ([]Amount, error) {
	if n < 1 {
		return nil, fmt.Errorf("splitting among %d: %w", n, ErrRange)
	}
	each, rest := a.Minor/int64(n), a.Minor%int64(n)
	step := int64(1)
	if rest < 0 {
		step, rest = -1, -rest
	}
	shares := make([]Amount, n)
	for i := range shares {
		shares[i] = Of(each, a.Currency)
		if int64(i) < rest {
			shares[i].Minor += step
		}
	}
	if step < 0 { // the larger ones first, below zero too
		for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
			shares[i], shares[j] = shares[j], shares[i]
		}
	}
	return shares, nil
}

// Decimal returns the plain figure: "5.00", "-0.05", "300". Pages use
// lang.Money instead.
func (a Amount) Decimal() string {
	digits := strconv.FormatInt(a.Minor, 10)
	exponent := a.Currency.Exponent()
	if exponent == 0 {
		return digits
	}
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if short := exponent + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	return sign + digits[:len(digits)-exponent] + "." + digits[len(digits)-exponent:]
}

// String returns "5.00 USD", in ASCII, for exports and logs.
func (a Amount) String() string {
	if !a.Currency.Valid() {
		return strconv.FormatInt(a.Minor, 10) + " " + strconv.Quote(string(a.Currency))
	}
	return a.Decimal() + " " + string(a.Currency)
}
