package appeal_test

import (
	"strings"
	"testing"
	"time"

	"mimeo/internal/appeal"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/vault"
)

func TestTokens(t *testing.T) {
	c := dbtest.NewClock(utc(t, "2026-11-22T12:34:56Z"))
	d := dbtest.Open(t, dbtest.SQLiteURL(t), c.Now)
	v, err := vault.Open(t.Context(), d, vault.Options{Dir: t.TempDir(), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	tokens := appeal.NewTokens(v)
	token := tokens.Mint("winter-2026", "ё b", c.Now())
	if later := tokens.Mint("winter-2026", "ё b", utc(t, "2026-11-22T15:59:59+03:00")); later != token {
		t.Error("two readers of one hour carry different tokens")
	}
	if next := tokens.Mint("winter-2026", "ё b", utc(t, "2026-11-22T13:00:00Z")); next == token {
		t.Error("the next hour has the same token")
	}
	want := appeal.Origin{Appeal: "winter-2026", Variant: "ё b", Hour: utc(t, "2026-11-22T12:00:00Z")}
	if got, err := tokens.Read(token); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := tokens.Read(tokens.Mint("", "", c.Now())); err != nil || got.Appeal+got.Variant != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	for i := range len(token) {
		other := "A"
		if token[i] == 'A' {
			other = "B"
		}
		if _, err := tokens.Read(token[:i] + other + token[i+1:]); fault.KindOf(err) != fault.Denied {
			t.Fatalf("changed at %d: %v", i, err)
		}
	}
	for _, bad := range []string{"", "x", token[:len(token)-1], token + "A", strings.Repeat("A", 5000), v.Sign("other", []byte("\x00\x00"), c.Now().Add(time.Hour))} {
		if _, err := tokens.Read(bad); fault.KindOf(err) != fault.Denied {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	c.Set(utc(t, "2026-11-24T11:59:59Z"))
	if _, err := tokens.Read(token); err != nil {
		t.Errorf("within 48 hours: %v", err)
	}
	c.Set(utc(t, "2026-11-24T12:00:00Z"))
	if _, err := tokens.Read(token); fault.KindOf(err) != fault.Denied {
		t.Errorf("after 48 hours: %v", err)
	}
	for at, brought := range map[string]bool{"2026-11-22T12:34:57Z": true, "2026-11-23T12:59:59Z": true, "2026-11-23T13:00:00Z": false} {
		if want.Brought(utc(t, at)) != brought {
			t.Errorf("a gift at %s", at)
		}
	}
}

// open is a signer that lets everything through, so that the payload itself
// meets hostile input.
type open struct{}

func (open) Sign(_ string, payload []byte, _ time.Time) string { return string(payload) }
func (open) Verify(_, token string) ([]byte, error)            { return []byte(token), nil }

func FuzzReadToken(f *testing.F) {
	tokens := appeal.NewTokens(open{})
	f.Add(tokens.Mint("winter", "a", time.Unix(1790000000, 0)))
	f.Add("\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x")
	f.Fuzz(func(t *testing.T, token string) {
		o, err := tokens.Read(token)
		if err != nil {
			if fault.KindOf(err) != fault.Denied {
				t.Error(err)
			}
			return
		}
		if again, err := tokens.Read(tokens.Mint(o.Appeal, o.Variant, o.Hour)); err != nil || again.Appeal != o.Appeal || again.Variant != o.Variant {
			t.Errorf("%+v became %+v, %v", o, again, err)
		}
	})
}
