package lang

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"mimeo/internal/money"
)

func book(t *testing.T) *Book {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestUnknownLanguageFallsBack(t *testing.T) {
	b := book(t)
	for code, want := range map[string]string{"en": "en", "fa": "fa", "fa-IR": "fa", "FA-AF": "fa", "xx": "en", "": "en"} {
		if got := b.For(code).Code; got != want {
			t.Errorf("For(%q) is %q, want %q", code, got, want)
		}
	}
	if b.Has("fa-IR") || !b.Has("fa") {
		t.Error("Has does not tell exact codes")
	}
}

func TestDates(t *testing.T) {
	b := book(t)
	at := time.Date(2026, 11, 22, 22, 5, 0, 0, time.UTC)
	tehran := time.FixedZone("+0330", 3*3600+1800)
	type row struct{ got, want string }
	en, fa, ru, ar := b.For("en"), b.For("fa"), b.For("ru"), b.For("ar")
	for _, r := range []row{
		{ru.Date(at, time.UTC), "22 ноября 2026"},
		{ru.LongDate(at, time.UTC), "воскресенье, 22 ноября 2026"},
		{ru.DateTime(at, tehran), "23 ноября 2026, 01:35 UTC+03:30"},
		{ru.Month(2027, time.January), "январь 2027"},
		{ar.Date(at, time.UTC), "22 نوفمبر 2026"},
		{ar.LongDate(at, time.UTC), "الأحد، 22 نوفمبر 2026"},
		{ar.Month(2027, time.January), "يناير 2027"},
		{en.Date(at, time.UTC), "22 November 2026"},
		{en.LongDate(at, time.UTC), "Sunday, 22 November 2026"},
		{en.DateTime(at, time.UTC), "22 November 2026, 22:05 UTC"},
		{en.DateTime(at, tehran), "23 November 2026, 01:35 UTC+03:30"},
		{en.Month(2027, time.January), "January 2027"},
		{fa.Date(at, time.UTC), "۲۲ نوامبر ۲۰۲۶"},
		{fa.DateTime(at, time.UTC), "۲۲ نوامبر ۲۰۲۶، ساعت ۲۲:۰۵ UTC"},
		{fa.LongDate(at, tehran), "دوشنبه ۲۳ نوامبر ۲۰۲۶"},
		{fa.Month(2027, time.January), "ژانویه ۲۰۲۷"},
		{en.Zone(at, time.FixedZone("", -5*3600)), "UTC-05:00"},
	} {
		if r.got != r.want {
			t.Errorf("got %q, want %q", r.got, r.want)
		}
	}
}

func TestMoney(t *testing.T) {
	b := book(t)
	for _, r := range []struct {
		lang  string
		minor int64
		cur   money.Currency
		want  string
	}{
		{"en", 500, "USD", "$5"},
		{"en", 750, "USD", "$7.50"},
		{"en", 705, "EUR", "€7.05"},
		{"en", 500, "JPY", "¥500"},
		{"en", 5, "GBP", "£0.05"},
		{"en", 123456700, "USD", "$1,234,567"},
		{"en", -250, "USD", "\u2212$2.50"},
		{"en", -5, "USD", "\u2212$0.05"},
		{"ru", 500, "USD", "5\u00a0$"},
		{"ru", 123456750, "EUR", "1\u00a0234\u00a0567,50\u00a0€"},
		{"ar", 123450, "EUR", "1,234.50\u00a0€"},
		{"fa", 500, "USD", "۵ دلار آمریکا"},
		{"fa", 123450, "EUR", "۱٬۲۳۴٫۵۰ یورو"},
	} {
		if got := b.For(r.lang).Money(money.Of(r.minor, r.cur)); got != r.want {
			t.Errorf("%s: %d %s is %q, want %q", r.lang, r.minor, r.cur, got, r.want)
		}
	}
}

func TestNumbersAndLists(t *testing.T) {
	b := book(t)
	en, fa, ru, ar := b.For("en"), b.For("fa"), b.For("ru"), b.For("ar")
	type row struct{ got, want string }
	for _, r := range []row{
		{en.Number(0), "0"},
		{en.Number(999), "999"},
		{en.Number(1000), "1,000"},
		{en.Number(-1234567), "\u22121,234,567"},
		{fa.Number(1234), "۱٬۲۳۴"},
		{en.List(), ""},
		{en.List("A"), "A"},
		{en.List("A", "B"), "A and B"},
		{en.List("A", "B", "C"), "A, B and C"},
		{fa.List("الف", "ب", "پ"), "الف، ب و پ"},
		{ru.List("А", "Б", "В"), "А, Б и В"},
		{ar.List("أ", "ب", "ج"), "أ، ب وج"},
		{ru.Number(-1234567), "\u22121\u00a0234\u00a0567"},
		{ru.T("contribution.thanks.monthly", "Count", 1), "Спасибо за 1 месяц поддержки."},
		{ru.T("contribution.thanks.monthly", "Count", 22), "Спасибо за 22 месяца поддержки."},
		{ru.T("contribution.thanks.yearly", "Count", 11), "Спасибо за 11 лет поддержки."},
		{ar.T("contribution.thanks.monthly", "Count", 2), "شكرًا على شهرين من الدعم."},
		{ar.T("contribution.thanks.monthly", "Count", 7), "شكرًا على 7 أشهر من الدعم."},
		{ar.T("contribution.thanks.monthly", "Count", 25), "شكرًا على 25 شهرًا من الدعم."},
		{ar.T("contribution.thanks.monthly", "Count", 100), "شكرًا على 100 شهر من الدعم."},
	} {
		if r.got != r.want {
			t.Errorf("got %q, want %q", r.got, r.want)
		}
	}
}

// twoLanguages is a set of messages of our own, so that the tests below do
// not depend on what the pages happen to say.
func twoLanguages() fstest.MapFS {
	base := `"lang.dir" = "ltr"
"lang.digits" = "0123456789"
"lang.group" = ","
`
	return fstest.MapFS{
		"messages/en/lang.toml": {Data: []byte(base + `"lang.name" = "English"`)},
		"messages/ru/lang.toml": {Data: []byte(base + `"lang.name" = "Русский"`)},
		"messages/en/kitchen.toml": {Data: []byte(`
[kitchen]
hello = "Hello"
only = "Only in English, {{.Name}}"
[kitchen.eggs]
one = "{{.Count}} egg"
other = "{{.Count}} eggs"
`)},
		"messages/ru/kitchen.toml": {Data: []byte(`
[kitchen]
hello = "Привет"
[kitchen.eggs]
one = "{{.Count}} яйцо"
few = "{{.Count}} яйца"
many = "{{.Count}} яиц"
other = "{{.Count}} яйца"
`)},
	}
}

func TestPluralsAndFallback(t *testing.T) {
	b, err := load(twoLanguages())
	if err != nil {
		t.Fatal(err)
	}
	en, ru := b.For("en"), b.For("ru")
	type row struct{ got, want string }
	for _, r := range []row{
		{en.T("kitchen.hello"), "Hello"},
		{ru.T("kitchen.hello"), "Привет"},
		{ru.T("kitchen.only", "Name", "Vera"), "Only in English, Vera"},
		{en.T("kitchen.eggs", "Count", 1), "1 egg"},
		{en.T("kitchen.eggs", "Count", int64(1200)), "1,200 eggs"},
		{ru.T("kitchen.eggs", "Count", 1), "1 яйцо"},
		{ru.T("kitchen.eggs", "Count", 3), "3 яйца"},
		{ru.T("kitchen.eggs", "Count", 11), "11 яиц"},
		{ru.T("kitchen.eggs", "Count", 21), "21 яйцо"},
		{en.T("kitchen.unknown"), "kitchen.unknown"},
		{en.T("kitchen.unknown", "Count"), "kitchen.unknown"},
	} {
		if r.got != r.want {
			t.Errorf("got %q, want %q", r.got, r.want)
		}
	}
}

func TestLoadRefusesBrokenFiles(t *testing.T) {
	for name, spoil := range map[string]func(fstest.MapFS){
		"begin with":   func(m fstest.MapFS) { m["messages/en/cellar.toml"] = m["messages/en/kitchen.toml"] },
		"parsing":      func(m fstest.MapFS) { m["messages/en/kitchen.toml"] = &fstest.MapFile{Data: []byte("= x")} },
		"not ltr":      func(m fstest.MapFS) { delete(m, "messages/en/lang.toml"); delete(m, "messages/ru/lang.toml") },
		"is missing":   func(m fstest.MapFS) { delete(m, "messages/en/lang.toml"); delete(m, "messages/en/kitchen.toml") },
		"the messages": func(m fstest.MapFS) { m["messages/x_y_z!/lang.toml"] = m["messages/en/lang.toml"] },
	} {
		files := twoLanguages()
		spoil(files)
		_, err := load(files)
		if name == "is missing" {
			name = "are missing"
		}
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestCodesAreSorted(t *testing.T) {
	if codes := book(t).Codes(); !slices.IsSorted(codes) || !slices.Contains(codes, "fa") {
		t.Errorf("codes are %v", codes)
	}
}
