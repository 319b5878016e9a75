package vault_test

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/vault"
)

func TestTokens(t *testing.T) {
	c := dbtest.NewClock(noon)
	d, dir := dbtest.Open(t, dbtest.SQLiteURL(t), c.Now), t.TempDir()
	v := open(t, d, dir, c.Now)
	for _, payload := range []string{"", "x", "aaaaaaaaaaaaaaaaaaaaaaaaaa", strings.Repeat("long ", 200)} {
		token := v.Sign("stop", []byte(payload), noon.Add(time.Hour))
		if url.QueryEscape(token) != token {
			t.Errorf("%q does not fit into a URL as it is", token)
		}
		if got, err := v.Verify("stop", token); err != nil || string(got) != payload {
			t.Errorf("Verify: %q, %v", got, err)
		}
	}
	token := v.Sign("stop", []byte("pledge"), noon.Add(time.Hour))
	if _, err := open(t, d, dir, c.Now).Verify("stop", token); err != nil {
		t.Errorf("another process refuses it: %v", err)
	}
	other := open(t, dbtest.SQLite(t), t.TempDir(), c.Now)

	for what, bad := range map[string]string{
		"nothing": "", "noise": "not a token", "a line end inside": token[:8] + "\n" + token[8:],
		"a line end behind": token + "\r\n", "padding": token + "=", "a letter more": token + "A",
		"too much": strings.Repeat("A", 5000), "another house": other.Sign("stop", []byte("pledge"), noon.Add(time.Hour)),
		"another purpose": v.Sign("start", []byte("pledge"), noon.Add(time.Hour)),
	} {
		if got, err := v.Verify("stop", bad); !errors.Is(err, vault.ErrForged) || fault.KindOf(err) != fault.Denied || got != nil {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range token {
		for _, r := range alphabet {
			if bent := token[:i] + string(r) + token[i+1:]; bent != token {
				if _, err := v.Verify("stop", bent); !errors.Is(err, vault.ErrForged) {
					t.Fatalf("letter %d changed to %c: %v", i, r, err)
				}
			}
		}
		if _, err := v.Verify("stop", token[:i]); !errors.Is(err, vault.ErrForged) {
			t.Fatalf("cut to %d letters: %v", i, err)
		}
	}

	c.Set(noon.Add(time.Hour - time.Second))
	if _, err := v.Verify("stop", token); err != nil {
		t.Errorf("a second before it expires: %v", err)
	}
	c.Set(noon.Add(time.Hour))
	if _, err := v.Verify("stop", token); !errors.Is(err, vault.ErrExpired) || fault.Message(err) != "This link has expired" {
		t.Errorf("at its end: %v", err)
	}
	if _, err := v.Verify("stop", v.Sign("stop", nil, time.Time{})); !errors.Is(err, vault.ErrExpired) {
		t.Errorf("the zero time means never, not for ever: %v", err)
	}
}

// FuzzVerify wants every accepted token to be one that Sign makes, letter for
// letter.
func FuzzVerify(f *testing.F) {
	v := open(f, dbtest.SQLite(f), f.TempDir(), time.Now)
	good := v.Sign("stop", []byte("pledge"), time.Now().Add(24*time.Hour))
	f.Add(good)
	f.Add("")
	f.Add(good + "\n")
	f.Add(good[:len(good)-1] + "_")
	f.Fuzz(func(t *testing.T, token string) {
		payload, err := v.Verify("stop", token)
		if err != nil {
			if fault.KindOf(err) != fault.Denied {
				t.Errorf("%q: %v", token, err)
			}
			return
		}
		raw, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			t.Fatal(err)
		}
		expires := int64(0)
		for _, b := range raw[1:9] {
			expires = expires<<8 | int64(b)
		}
		if again := v.Sign("stop", payload, time.Unix(expires, 0)); again != token {
			t.Errorf("accepted %q, which Sign spells %q", token, again)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	v := open(b, dbtest.SQLite(b), b.TempDir(), time.Now)
	token := v.Sign("stop", make([]byte, 32), time.Now().Add(time.Hour))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify("stop", token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	v := open(b, dbtest.SQLite(b), b.TempDir(), time.Now)
	payload, expires := make([]byte, 32), time.Now().Add(time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		v.Sign("stop", payload, expires)
	}
}
