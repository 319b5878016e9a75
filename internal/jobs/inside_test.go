package jobs

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"pgregory.net/rapid"
)

func TestSchemaIsRiversNewest(t *testing.T) {
	newest := func(all []rivermigrate.Migration) int { return all[len(all)-1].Version }
	lite, err := rivermigrate.New(riversqlite.New(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	pg, err := rivermigrate.New(riverpgxv5.New(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if l, p := newest(lite.AllVersions()), newest(pg.AllVersions()); l != schema || p != schema {
		t.Errorf("River's schema has number %d and %d; Migrate believes in %d", l, p, schema)
	}
}

func TestPause(t *testing.T) {
	for attempt, want := range map[int]time.Duration{
		-1: time.Second, 0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 11: 1024 * time.Second,
		15: 16384 * time.Second, 16: 6 * time.Hour, 17: 6 * time.Hour, 1 << 30: 6 * time.Hour,
	} {
		if got := pause(attempt); got != want {
			t.Errorf("after attempt %d: %v, want %v", attempt, got, want)
		}
	}
}

func TestFloorAndCeilKeepTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(0, rapid.Int64Range(0, 1<<61).Draw(t, "ns")).In(time.FixedZone("east", 5*3600))
		f, c := floor(at), ceil(at)
		if f.After(at) || c.Before(at) || at.Sub(f) >= time.Millisecond || c.Sub(at) >= time.Millisecond || f.Location() != time.UTC || c.Location() != time.UTC {
			t.Fatalf("%v lies between %v and %v", at, f, c)
		}
	})
}

func TestKeysDiffer(t *testing.T) {
	keys := [][]byte{key("a", "b"), key("ab"), key("ab", ""), key("", "ab"), key("a", "b", ""), key("every", "a")}
	for i, k := range keys {
		if len(k) != 32 || slices.ContainsFunc(keys[:i], func(other []byte) bool { return string(other) == string(k) }) {
			t.Errorf("key %d is not its own", i)
		}
	}
}

// FuzzScrub plants an address in an error text and looks for it afterwards.
func FuzzScrub(f *testing.F) {
	for _, seed := range []string{"", "550 5.1.1 <", "user%20", "rcpt to:", "a=", "\x00", "https://x.example/?to=", "«", strings.Repeat("x", 3000)} {
		f.Add(seed, " unknown>")
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, address := range []string{"zerlina@example.org", "zerlina%40example.org", "Zerlina.O'Hara+x@sub.example.org", "зерлина@пример.рф"} {
			got := scrub(before + address + after)
			for _, part := range []string{"zerlina", "example.org", "Zerlina", "зерлина"} {
				if strings.Contains(got, part) && !strings.Contains(before+after, part) {
					t.Errorf("%q is left of %q: %q", part, address, got)
				}
			}
			if utf8.RuneCountInString(got) > 2001 {
				t.Errorf("%d letters", utf8.RuneCountInString(got))
			}
		}
		if n := note(scrub(before)); !utf8.ValidString(n) || strings.Contains(n, `\u0000`) {
			t.Errorf("neither engine keeps %q", n)
		}
	})
}
