package ident_test

import (
	"bytes"
	"crypto/rand"
	"regexp"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"mimeo/internal/ident"
)

func fixed(at time.Time) func() time.Time { return func() time.Time { return at } }

func TestUUIDIsVersionSeven(t *testing.T) {
	at := time.Date(2027, 1, 4, 9, 0, 0, 0, time.UTC)
	source := ident.NewSource(fixed(at), bytes.NewReader(bytes.Repeat([]byte{0xff}, 16)))
	if got, want := source.UUID(), "019b-"; len(got) != 36 || got[14] != '7' || got[19] != 'b' {
		t.Errorf("got %q (%s)", got, want)
	}
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	if got := source.UUID(); !form.MatchString(got) {
		t.Errorf("got %q", got)
	}
}

func TestUUIDsSortInTheOrderTheyWereMade(t *testing.T) {
	at := time.Date(2027, 1, 4, 9, 0, 0, 0, time.UTC)
	now := at
	source := ident.NewSource(func() time.Time { return now }, rand.Reader)
	var ids []string
	for i := range 10_000 {
		switch i {
		case 6_000:
			now = at.Add(-time.Hour)
		case 8_000:
			now = at.Add(time.Hour)
		}
		ids = append(ids, source.UUID())
	}
	if !sort.StringsAreSorted(ids) {
		t.Error("out of order")
	}
	for i := 1; i < len(ids); i++ {
		if ids[i] == ids[i-1] {
			t.Fatalf("%s twice", ids[i])
		}
	}
}

func TestSecretsHaveAllTheirBits(t *testing.T) {
	source := ident.NewSource(fixed(time.Time{}), bytes.NewReader(append(make([]byte, 16), bytes.Repeat([]byte{0xff}, 16)...)))
	if got := source.Secret(); got != strings.Repeat("a", 26) {
		t.Errorf("zeros: %q", got)
	}
	if got := source.Secret(); got != strings.Repeat("7", 25)+"4" {
		t.Errorf("ones: %q", got)
	}
}

func TestIsSecret(t *testing.T) {
	source := ident.NewSource(time.Now, rand.Reader)
	for range 100 {
		if s := source.Secret(); !ident.IsSecret(s) {
			t.Fatalf("%q", s)
		}
	}
	for _, s := range []string{
		"", "a", strings.Repeat("a", 25), strings.Repeat("a", 27), strings.Repeat("A", 26), strings.Repeat("1", 26),
		strings.Repeat("a", 25) + "b", strings.Repeat("a", 25) + "\n", strings.Repeat("\x00", 26), strings.Repeat("é", 13),
	} {
		if ident.IsSecret(s) {
			t.Errorf("%q passes", s)
		}
	}
}

func TestConcurrentIdsDiffer(t *testing.T) {
	source := ident.NewSource(time.Now, rand.Reader)
	var mu sync.Mutex
	seen := map[string]bool{}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 500 {
				a, b := source.UUID(), source.Secret()
				mu.Lock()
				if seen[a] || seen[b] {
					t.Errorf("%s or %s twice", a, b)
				}
				seen[a], seen[b] = true, true
				mu.Unlock()
			}
		})
	}
	wait.Wait()
}

func TestNoRandomnessIsFatal(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an id without randomness was given out")
		}
	}()
	ident.NewSource(time.Now, strings.NewReader("short")).Secret()
}

func TestSlug(t *testing.T) {
	for headline, want := range map[string]string{
		"Three killed in a night of shelling":    "three-killed-in-a-night-of-shelling",
		"  “Don’t” — she said, twice!  ":         "dont-she-said-twice",
		"L'été à Besançon: Œuvre & Straße":       "lete-a-besancon-oeuvre-strasse",
		"Łódź, Đà Nẵng, İstanbul, Þór":           "lodz-da-nang-istanbul-thor",
		"Щёлково: объезд закрыт":                 "shchelkovo-obezd-zakryt",
		"Київ і Їжак":                            "kiyiv-i-yizhak",
		"Йод И\u0306од":                          "yod-yod",
		"گزارش تازه از تهران":                    "گزارش-تازه-از-تهران",
		"می\u200cخواهد ۱۲ روز":                   "می-خواهد-12-روز",
		"مُحَمَّد ـــ ٣":                         "محمد-3",
		"आज की ख़बर":                             "आज-की-ख\u093cबर",
		"東京の天気":                                  "東京の天気",
		"Αθήνα: Νέα":                             "αθηνα-νεα",
		"Ъ":                                      "u42a",
		"2024":                                   "2024",
		"№ 5 ½":                                  "no-5-1-2",
		"\u202eevil\u202c":                       "evil",
		"a\x00b\xffc":                            "a-b-c",
		"":                                       "",
		" —!?🙂 ":                                 "",
		"../../etc/passwd":                       "etc-passwd",
		"ﬁne ＡＢＣ":                                "fine-abc",
		strings.Repeat("word ", 30):              "word-word-word-word-word-word-word-word-word-word-word-word",
		strings.Repeat("x", 200):                 strings.Repeat("x", 60),
		"ab " + strings.Repeat("x", 200):         "ab-" + strings.Repeat("x", 57),
		strings.Repeat("щ", 10_000_000/2):        strings.Repeat("shch", 15),
		strings.Repeat("a\u0300\u0301", 100_000): strings.Repeat("a", 60),
	} {
		if got := ident.Slug(headline); got != want {
			t.Errorf("%.40q: got %q, want %q", headline, got, want)
		}
	}
}

func FuzzSlug(f *testing.F) {
	for _, seed := range []string{"Hello, world", "Щёлково", "می‌خواهد", "\u202e\x00\xff", "Ъ", "½", "ـ", "ǆ ﷺ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, headline string) {
		slug := ident.Slug(headline)
		if !utf8.ValidString(slug) || utf8.RuneCountInString(slug) > 60 {
			t.Fatalf("%q: %q", headline, slug)
		}
		if strings.HasPrefix(slug, "-") || strings.HasSuffix(slug, "-") || strings.Contains(slug, "--") {
			t.Fatalf("%q: %q", headline, slug)
		}
		for _, r := range slug {
			if r != '-' && !unicode.IsLetter(r) && !unicode.IsMark(r) && (r < '0' || r > '9') {
				t.Fatalf("%q: %q holds %q", headline, slug, r)
			}
		}
		if slug == "" && strings.ContainsFunc(strings.ToValidUTF8(headline, ""), func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			t.Fatalf("%q has letters but no slug", headline)
		}
		if again := ident.Slug(slug); utf8.RuneCountInString(slug) < 40 && again != slug {
			t.Fatalf("%q gave %q, which gives %q", headline, slug, again)
		}
	})
}
