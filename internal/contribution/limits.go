package contribution

import "mimeo/internal/money"

// terms are what may be given in one currency and rhythm, in major units.
type terms struct {
	currency money.Currency
	rhythm   Rhythm
	least    int64
	most     int64
	presets  [4]int64
}

// allTerms is the table that the form, its check and its tests stand on.
func allTerms() []terms {
	return []terms{
		{money.USD, Monthly, 2, 2_000, [4]int64{2, 5, 10, 20}},
		{money.USD, Yearly, 10, 20_000, [4]int64{24, 60, 120, 240}},
		{money.USD, Once, 2, 20_000, [4]int64{5, 20, 50, 100}},
		{money.EUR, Monthly, 2, 2_000, [4]int64{2, 5, 10, 20}},
		{money.EUR, Yearly, 10, 20_000, [4]int64{24, 60, 120, 240}},
		{money.EUR, Once, 2, 20_000, [4]int64{5, 20, 50, 100}},
		{money.GBP, Monthly, 2, 2_000, [4]int64{2, 5, 10, 20}},
		{money.GBP, Yearly, 10, 20_000, [4]int64{24, 60, 120, 240}},
		{money.GBP, Once, 2, 20_000, [4]int64{5, 20, 50, 100}},
		{money.JPY, Monthly, 300, 300_000, [4]int64{300, 700, 1_500, 3_000}},
		{money.JPY, Yearly, 1_500, 3_000_000, [4]int64{3_600, 8_000, 15_000, 30_000}},
		{money.JPY, Once, 300, 3_000_000, [4]int64{700, 3_000, 7_000, 15_000}},
	}
}

func termsOf(c money.Currency, r Rhythm) (terms, bool) {
	for _, t := range allTerms() {
		if t.currency == c && t.rhythm == r {
			return t, true
		}
	}
	return terms{}, false
}

// Limits are the least and the most that may be given in a currency and
// rhythm. ok is false when nothing may.
func Limits(c money.Currency, r Rhythm) (least, most money.Amount, ok bool) {
	t, ok := termsOf(c, r)
	if !ok {
		return money.Amount{}, money.Amount{}, false
	}
	return money.Of(t.least*c.Unit(), c), money.Of(t.most*c.Unit(), c), true
}

// Presets are the amounts that the form offers, the least first.
func Presets(c money.Currency, r Rhythm) []money.Amount {
	t, ok := termsOf(c, r)
	if !ok {
		return nil
	}
	var all []money.Amount
	for _, major := range t.presets {
		all = append(all, money.Of(major*c.Unit(), c))
	}
	return all
}

// smallMonthly is the monthly gift below which the processor's fees take about
// a tenth.
func smallMonthly(c money.Currency) money.Amount {
	if c == money.JPY {
		return money.Of(700, c)
	}
	return money.Of(5*c.Unit(), c)
}

// YearlyOffer is the same gift billed once a year, offered for monthly gifts so
// small that fees eat a tenth of them.
func YearlyOffer(amount money.Amount, r Rhythm) (money.Amount, bool) {
	if r != Monthly || !amount.Currency.Valid() || amount.Minor <= 0 || amount.Minor >= smallMonthly(amount.Currency).Minor {
		return money.Amount{}, false
	}
	year, err := amount.Times(12)
	return year, err == nil
}
