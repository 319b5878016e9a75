package contribution

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"mimeo/internal/lang"
	"mimeo/internal/money"
)

const formKey = "abcdefghijklmnopqrstuvwxya"

func goodForm() FormInput {
	return FormInput{
		Rhythm: "monthly", Amount: "5.00", Currency: "USD", Email: "ana@example.org", Form: formKey, Lang: "en",
		Ways: []string{"simulator"},
	}
}

func TestCheckFormAccepts(t *testing.T) {
	for name, c := range map[string]struct {
		change func(in *FormInput)
		want   money.Amount
	}{
		"a preset":               {func(*FormInput) {}, money.Of(500, money.USD)},
		"the least":              {func(in *FormInput) { in.Amount = "2" }, money.Of(200, money.USD)},
		"typed":                  {func(in *FormInput) { in.Amount, in.Other = "other", "2,50" }, money.Of(250, money.USD)},
		"typed without a choice": {func(in *FormInput) { in.Amount, in.Other = "", "۲" }, money.Of(200, money.USD)},
		"Arabic digits":          {func(in *FormInput) { in.Amount, in.Other = "other", "٢٫٥" }, money.Of(250, money.USD)},
		"a preset beside a typed": {func(in *FormInput) {
			in.Other = "900"
		}, money.Of(500, money.USD)},
		"yen": {func(in *FormInput) { in.Amount, in.Currency = "300", "JPY" }, money.Of(300, money.JPY)},
		"way": {func(in *FormInput) { in.Ways, in.Way = []string{"simulator", "bank"}, "bank" }, money.Of(500, money.USD)},
	} {
		in := goodForm()
		c.change(&in)
		intent, bad := CheckForm(in)
		if len(bad) != 0 || intent.Amount != c.want || intent.Email != "ana@example.org" || intent.Provider == "" {
			t.Errorf("%s: %+v, %+v", name, intent, bad)
		}
	}
}

func TestCheckFormRefuses(t *testing.T) {
	book, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	en := book.For("en")
	for name, c := range map[string]struct {
		change func(in *FormInput)
		field  string
		text   string
	}{
		"no amount":         {func(in *FormInput) { in.Amount = "" }, "amount", "Choose an amount, or enter another amount"},
		"other, but empty":  {func(in *FormInput) { in.Amount, in.Other = "other", " " }, "amount", "Choose an amount, or enter another amount"},
		"too small":         {func(in *FormInput) { in.Amount, in.Other = "other", "1.99" }, "other", "Enter an amount of $2 or more a month"},
		"too small, yearly": {func(in *FormInput) { in.Amount, in.Rhythm = "9.99", "yearly" }, "amount", "Enter an amount of $10 or more a year"},
		"too small, yen":    {func(in *FormInput) { in.Amount, in.Currency = "299", "JPY" }, "amount", "Enter an amount of ¥300 or more a month"},
		"too large":         {func(in *FormInput) { in.Amount = "2000.01" }, "amount", "Enter an amount of $2,000 or less a month"},
		"zero":              {func(in *FormInput) { in.Amount = "0" }, "amount", "Enter an amount of $2 or more a month"},
		"negative":          {func(in *FormInput) { in.Amount = "-5" }, "amount", "Enter the amount in figures, like 5 or 7.50"},
		"huge":              {func(in *FormInput) { in.Amount = strings.Repeat("9", 10_000_000) }, "amount", "Enter the amount in figures, like 5 or 7.50"},
		"NaN":               {func(in *FormInput) { in.Amount = "NaN" }, "amount", "Enter the amount in figures, like 5 or 7.50"},
		"exponent":          {func(in *FormInput) { in.Amount = "1e3" }, "amount", "Enter the amount in figures, like 5 or 7.50"},
		"two readings":      {func(in *FormInput) { in.Amount = "1,000" }, "amount", "Enter the amount without a thousands separator, like 1000 or 7.50"},
		"no rhythm":         {func(in *FormInput) { in.Rhythm = "" }, "rhythm", "Choose how often you want to give"},
		"unknown rhythm":    {func(in *FormInput) { in.Rhythm = "weekly" }, "rhythm", "Choose how often you want to give"},
		"unknown currency":  {func(in *FormInput) { in.Currency = "RUB" }, "currency", "Choose a currency from the list"},
		"no e-mail":         {func(in *FormInput) { in.Email = "" }, "email", "Enter an e-mail address in the form name@example.org"},
		"no way":            {func(in *FormInput) { in.Ways = []string{"a", "b"} }, "way", "Choose a way to pay"},
		"unknown way":       {func(in *FormInput) { in.Way = "cash" }, "way", "Choose a way to pay"},
		"no ways":           {func(in *FormInput) { in.Ways = nil }, "way", "Choose a way to pay"},
		"no key":            {func(in *FormInput) { in.Form = "" }, "form", "This page was open for too long. Send the form again"},
		"a key of theirs":   {func(in *FormInput) { in.Form = "../../etc/passwd" }, "form", "This page was open for too long. Send the form again"},
	} {
		in := goodForm()
		c.change(&in)
		_, bad := CheckForm(in)
		if len(bad) != 1 || bad[0].Field != c.field || bad[0].Text(en) != c.text {
			t.Errorf("%s: %+v", name, bad)
			for _, b := range bad {
				t.Log(b.Text(en))
			}
		}
		for _, b := range bad {
			for _, code := range book.Codes() {
				if text := book.For(code).T(b.Key); text == b.Key {
					t.Errorf("%s has no message %s", code, b.Key)
				}
			}
		}
	}
}

func TestCheckFormTellsAllAtOnceInOrder(t *testing.T) {
	_, bad := CheckForm(FormInput{Currency: "USD"})
	var fields []string
	for _, b := range bad {
		fields = append(fields, b.Field)
	}
	if got := strings.Join(fields, " "); got != "form rhythm amount email way" {
		t.Errorf("%s", got)
	}
}

func TestCheckEmail(t *testing.T) {
	for text, want := range map[string]string{
		"ana@example.org":                        "ana@example.org",
		"  ana@example.org\n":                    "ana@example.org",
		"Ana.B+news@Example.ORG":                 "Ana.B+news@example.org",
		"o'neill@mail.example.org":               "o'neill@mail.example.org",
		"ana@bücher.example":                     "ana@xn--bcher-kva.example",
		"a@b.co":                                 "a@b.co",
		"ana@example.org.":                       "",
		"ana@localhost":                          "",
		"ana@127.0.0.1":                          "",
		"ana@[127.0.0.1]":                        "",
		"ana":                                    "",
		"@example.org":                           "",
		"ana@":                                   "",
		"ana@@example.org":                       "",
		"ana b@example.org":                      "",
		"ana@exa mple.org":                       "",
		".ana@example.org":                       "",
		"a..b@example.org":                       "",
		"Ana <ana@example.org>":                  "",
		"ana@example.org, b@c.org":               "",
		"ana@example.org\r\nBcc: x":              "",
		"\"a\nb\"@example.org":                   "",
		"ana\x00@example.org":                    "",
		"ana\u202e@example.org":                  "",
		"an\u200ba@example.org":                  "",
		"анна@example.org":                       "",
		"ana@-example.org":                       "",
		"ana@exa_mple.org":                       "",
		"ana\xff@example.org":                    "",
		"":                                       "",
		strings.Repeat("a", 65) + "@example.org": "",
		"a@" + strings.Repeat("b.", 200) + "org": "",
		strings.Repeat("a", 10_000_000):          "",
		strings.Repeat("a", 64) + "@" + strings.Repeat("b", 63) + ".org": strings.Repeat("a", 64) + "@" + strings.Repeat("b", 63) + ".org",
		"a@" + strings.Repeat("b", 64) + ".org":                          "",
		"postmaster@xn--bcher-kva.example":                               "postmaster@xn--bcher-kva.example",
		"a@example.123":                                                  "",
	} {
		got, ok := CheckEmail(text)
		if got != want || ok != (want != "") {
			t.Errorf("%.60q: %q, %v; want %q", text, got, ok, want)
		}
	}
}

func FuzzCheckForm(f *testing.F) {
	f.Add("monthly", "5", "", "USD", "ana@example.org", formKey)
	f.Add("once", "other", "۲٫۵", "JPY", "a@b\u202e.org", "")
	f.Add("\xff", "1,000", "-5", "", "a\r\nBcc:b@c.d", "x")
	f.Fuzz(func(t *testing.T, rhythm, amount, other, currency, email, key string) {
		in := FormInput{Rhythm: rhythm, Amount: amount, Other: other, Currency: currency, Email: email, Form: key, Ways: []string{"bank"}}
		intent, bad := CheckForm(in)
		if len(bad) > 0 {
			return
		}
		least, most, ok := Limits(intent.Amount.Currency, intent.Rhythm)
		if !ok || intent.Amount.Minor < least.Minor || intent.Amount.Minor > most.Minor {
			t.Fatalf("%v %s passed", intent.Amount, intent.Rhythm)
		}
		for _, r := range intent.Email {
			if r >= utf8.RuneSelf || unicode.IsSpace(r) || unicode.IsControl(r) {
				t.Fatalf("%q passed", intent.Email)
			}
		}
		if strings.Count(intent.Email, "@") != 1 || strings.ContainsAny(intent.Email, "<>,;:\"()[]\\") {
			t.Fatalf("%q passed", intent.Email)
		}
	})
}
