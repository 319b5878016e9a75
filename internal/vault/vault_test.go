package vault_test

import (
	"bytes"
	"crypto/hpke"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
	"mimeo/internal/fault"
	"mimeo/internal/vault"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, d *db.DB, dir string, now func() time.Time) *vault.Vault {
	t.Helper()
	v, err := vault.Open(t.Context(), d, vault.Options{Dir: dir, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSealedIsReadUntilItsDayIsDestroyed(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		ctx, dir := t.Context(), filepath.Join(t.TempDir(), "keys")
		v := open(t, d, dir, c.Now)
		plain := []byte("ivan@example.org")
		sealed, err := v.Seal("2027-01-04", "mail|reminder", plain)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(sealed, plain) {
			t.Error("the sealed text shows the plain one")
		}
		if got, err := v.Open("2027-01-04", "mail|reminder", sealed); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("Open: %q, %v", got, err)
		}
		for _, wrong := range []struct{ what, day, context string }{
			{"another context", "2027-01-04", "mail|receipt"},
			{"another day", "2026-11-23", "mail|reminder"},
		} {
			if _, err := v.Open(wrong.day, wrong.context, sealed); err == nil {
				t.Errorf("opened under %s", wrong.what)
			}
		}
		for i := range sealed {
			bent := bytes.Clone(sealed)
			bent[i] ^= 1
			if _, err := v.Open("2027-01-04", "mail|reminder", bent); err == nil {
				t.Fatalf("opened with byte %d changed", i)
			}
		}

		other := open(t, d, dir, c.Now) // another process, which has the key in memory
		if _, err := other.Open("2027-01-04", "mail|reminder", sealed); err != nil {
			t.Fatal(err)
		}
		c.Set(time.Date(2027, 1, 5, 0, 0, 0, 0, time.UTC))
		if _, err := v.Open("2027-01-04", "mail|reminder", sealed); err != nil {
			t.Fatalf("the day is over but its key is not destroyed yet: %v", err)
		}
		key := filepath.Join(dir, "courier", "2027-01-04.key")
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Link(key, link); err != nil {
			t.Fatal(err)
		}
		if err := v.Keep(ctx); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadFile(link); err != nil || len(left) != 32 || !bytes.Equal(left, make([]byte, 32)) {
			t.Errorf("the file was not overwritten before it was removed: %x, %v", left, err)
		}
		if _, err := os.Stat(key); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file is still there: %v", err)
		}
		for name, v := range map[string]*vault.Vault{"the destroyer": v, "the other process": other} {
			if _, err := v.Open("2027-01-04", "mail|reminder", sealed); !errors.Is(err, vault.ErrDestroyed) {
				t.Errorf("%s: Open after destruction: %v", name, err)
			}
			if _, err := v.Seal("2027-01-04", "mail|reminder", plain); !errors.Is(err, vault.ErrDestroyed) {
				t.Errorf("%s: Seal after destruction: %v", name, err)
			}
		}
		days, err := v.Days(ctx, "2026-11-22", "2027-01-12")
		if err != nil {
			t.Fatal(err)
		}
		for _, day := range days {
			if past := day.Day < "2027-01-05"; past != !day.Destroyed.IsZero() {
				t.Errorf("row of %s: destroyed %v", day.Day, day.Destroyed)
			}
		}
		if len(days) != 8+1+8 { // the days ahead then, the sealed one, the days ahead now
			t.Errorf("%d rows: %v", len(days), days)
		}
	})
}

// TestPacketForm opens a packet by what its documentation says, with the
// standard library and the key file alone.
func TestPacketForm(t *testing.T) {
	dir := t.TempDir()
	v := open(t, dbtest.SQLite(t), dir, time.Now)
	day := time.Now().UTC().AddDate(0, 0, 3).Format(time.DateOnly)
	packet, err := v.Seal(day, "mail|receipt", []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	seed, err := os.ReadFile(filepath.Join(dir, "courier", day+".key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := hpke.MLKEM768X25519().NewPrivateKey(seed)
	if err != nil {
		t.Fatal(err)
	}
	r, err := hpke.NewRecipient(packet[1:1121], key, hpke.HKDFSHA256(), hpke.ExportOnly(), []byte("mimeo|mail|receipt|"+day))
	if err != nil {
		t.Fatal(err)
	}
	secret, err := r.Export("packet", 32)
	if err != nil {
		t.Fatal(err)
	}
	cipher, err := chacha20poly1305.New(secret)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := cipher.Open(nil, packet[1121:1133], packet[1133:], nil)
	if err != nil || packet[0] != 1 || len(packet) != 1133+64+16 {
		t.Fatalf("version %d, %d bytes, %v", packet[0], len(packet), err)
	}
	if want := "hello\x80" + strings.Repeat("\x00", 58); string(plain) != want {
		t.Errorf("%q", plain)
	}
}

// TestSharedKeys looks at which packets share an encapsulated key.
func TestSharedKeys(t *testing.T) {
	c := dbtest.NewClock(noon)
	v := open(t, dbtest.Open(t, dbtest.SQLiteURL(t), c.Now), t.TempDir(), c.Now)
	seal := func(day, context string) []byte {
		t.Helper()
		p, err := v.Seal(day, context, []byte("hello"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.Open(day, context, p); err != nil || string(got) != "hello" {
			t.Fatalf("%q, %v", got, err)
		}
		return p
	}
	shared := func(a, b []byte) bool { return bytes.Equal(a[:1121], b[:1121]) }
	first := seal("2026-12-01", "x")
	again := seal("2026-12-01", "x")
	if !shared(first, again) {
		t.Error("a rush is not sealed at the price of one")
	}
	if bytes.Equal(first, again) || bytes.Equal(first[1121:1133], again[1121:1133]) {
		t.Error("two packets under one nonce")
	}
	if shared(first, seal("2026-12-02", "x")) || shared(first, seal("2026-12-01", "y")) {
		t.Error("days or contexts share a key")
	}
	for range 1000 {
		again = seal("2026-12-01", "x")
	}
	if shared(first, again) {
		t.Error("more than a thousand packets share a key")
	}
	c.Advance(10 * time.Second)
	if shared(again, seal("2026-12-01", "x")) {
		t.Error("a key is shared for more than ten seconds")
	}
}

func TestLengthsAreNotTold(t *testing.T) {
	v := open(t, dbtest.SQLite(t), t.TempDir(), time.Now)
	today := time.Now().UTC().Format(time.DateOnly)
	sizes := map[int]bool{}
	for _, plain := range []string{"", "a@b.org", strings.Repeat("x", 63)} {
		sealed, err := v.Seal(today, "x", []byte(plain))
		if err != nil {
			t.Fatal(err)
		}
		sizes[len(sealed)] = true
		if got, err := v.Open(today, "x", sealed); err != nil || string(got) != plain {
			t.Errorf("%q came back as %q, %v", plain, got, err)
		}
	}
	if len(sizes) != 1 {
		t.Errorf("short texts give %d lengths", len(sizes))
	}
}

func TestWhichDaysMayBeSealed(t *testing.T) {
	c := dbtest.NewClock(noon)
	v := open(t, dbtest.Open(t, dbtest.SQLiteURL(t), c.Now), t.TempDir(), c.Now)
	for _, row := range []struct {
		day  string
		want error
		kind fault.Kind
	}{
		{"2026-11-22", nil, 0},
		{"2027-12-27", nil, 0},
		{"2027-12-28", nil, fault.Invalid},
		{"2026-11-21", vault.ErrDestroyed, 0},
	} {
		_, err := v.Seal(row.day, "x", nil)
		if fault.KindOf(err) != row.kind || (row.want != nil && !errors.Is(err, row.want)) || (row.want == nil && row.kind == 0 && err != nil) {
			t.Errorf("%s: %v", row.day, err)
		}
	}
	for _, day := range []string{"", "2027-02-30", "2027-1-4", "../../x", "2027-01-04.key", "9999"} {
		if _, err := v.Seal(day, "x", nil); err == nil {
			t.Errorf("sealed to the day %q", day)
		}
		if err := v.DestroyBefore(t.Context(), day); err == nil {
			t.Errorf("destroyed before the day %q", day)
		}
	}
	if err := v.DestroyBefore(t.Context(), "2026-11-23"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("destroying today's key: %v", err)
	}
	if _, err := v.Open("2026-12-25", "x", []byte{1}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a key that this machine does not have: %v", err)
	}
}

// TestProcessesMakeOneKey lets several vaults on one folder seal to the same
// new days at once: all must be able to open what any of them sealed.
func TestProcessesMakeOneKey(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		dir := t.TempDir()
		type letter struct {
			day    string
			sealed []byte
		}
		var mu sync.Mutex
		var letters []letter
		var vaults []*vault.Vault
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				v, err := vault.Open(t.Context(), d, vault.Options{Dir: dir, Now: c.Now})
				if err != nil {
					t.Error(err)
					return
				}
				for i := range 20 {
					day := noon.AddDate(0, 0, 30+i).Format(time.DateOnly)
					sealed, err := v.Seal(day, "x", []byte("hello"))
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					letters = append(letters, letter{day, sealed})
					mu.Unlock()
				}
				if err := v.Keep(t.Context()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				vaults = append(vaults, v)
				mu.Unlock()
			})
		}
		wg.Wait()
		for _, v := range vaults {
			for _, l := range letters {
				if _, err := v.Open(l.day, "x", l.sealed); err != nil {
					t.Fatalf("%s: %v", l.day, err)
				}
			}
		}
		left, err := filepath.Glob(filepath.Join(dir, "courier", "*.new-*"))
		if err != nil || len(left) > 0 {
			t.Errorf("unfinished files are left: %v, %v", left, err)
		}
	})
}

// TestCrashes leaves the folder as a kill at each point would.
func TestCrashes(t *testing.T) {
	dbtest.EachClock(t, noon, func(t *testing.T, d *db.DB, c *dbtest.Clock) {
		ctx, dir := t.Context(), t.TempDir()
		v := open(t, d, dir, c.Now)
		sealed, err := v.Seal("2026-12-24", "x", []byte("hello")) // the file is made, the row is not
		if err != nil {
			t.Fatal(err)
		}
		if days, err := v.Days(ctx, "2026-12-24", "2026-12-24"); err != nil || len(days) != 0 {
			t.Fatalf("sealing wrote a row by itself: %v, %v", days, err)
		}
		again := open(t, d, dir, c.Now)
		if days, err := again.Days(ctx, "2026-12-24", "2026-12-24"); err != nil || len(days) != 1 {
			t.Fatalf("the key of a killed process has no row: %v, %v", days, err)
		}
		if _, err := again.Open("2026-12-24", "x", sealed); err != nil {
			t.Fatal(err)
		}
		half := filepath.Join(dir, "courier", "2026-12-24.key.new-1")
		if err := os.WriteFile(half, []byte("half a key"), 0o600); err != nil {
			t.Fatal(err)
		}
		// Killed between the file and the row: the row is marked by the next round.
		if err := os.Remove(filepath.Join(dir, "courier", "2026-12-24.key")); err != nil {
			t.Fatal(err)
		}
		c.Set(time.Date(2026, 12, 25, 1, 0, 0, 0, time.UTC))
		if err := open(t, d, dir, c.Now).Keep(ctx); err != nil {
			t.Fatal(err)
		}
		days, err := again.Days(ctx, "2026-12-24", "2026-12-24")
		if err != nil || len(days) != 1 || days[0].Destroyed.IsZero() {
			t.Errorf("the row is not marked: %v, %v", days, err)
		}
		if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("half a key is left: %v", err)
		}
	})
}

func TestFolderIsClosedAndBelongsToItsDatabase(t *testing.T) {
	d, dir := dbtest.SQLite(t), filepath.Join(t.TempDir(), "keys")
	open(t, d, dir, time.Now)
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	lost := vault.Options{Dir: t.TempDir(), Now: time.Now}
	if _, err := vault.Open(ctx, d, lost); fault.KindOf(err) != fault.Conflict {
		t.Fatalf("a folder of another database: %v", err)
	}
	if err := vault.Forget(ctx, d); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Open(ctx, d, lost); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(lost.Dir, "token.key"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Open(ctx, d, lost); err == nil || !strings.Contains(err.Error(), "token.key") {
		t.Errorf("a broken key file: %v", err)
	}
}

func TestALostKeyFolderIsSaid(t *testing.T) {
	d, dir := dbtest.SQLite(t), filepath.Join(t.TempDir(), "keys")
	v := open(t, d, dir, func() time.Time { return noon })
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	day := noon.AddDate(0, 0, 300).Format(time.DateOnly) // further ahead than keys are made
	if _, err := v.Seal(day, "x", []byte("y")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
}

func TestWrap(t *testing.T) {
	d, dir := dbtest.SQLite(t), t.TempDir()
	v := open(t, d, dir, time.Now)
	plain := []byte("cus_4711")
	a, err := v.Wrap("pledge", plain)
	if err != nil {
		t.Fatal(err)
	}
	b, err := v.Wrap("pledge", plain)
	if err != nil || bytes.Equal(a, b) {
		t.Errorf("the same text wraps to the same bytes: %v", err)
	}
	if got, err := open(t, d, dir, time.Now).Unwrap("pledge", a); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("Unwrap: %q, %v", got, err)
	}
	if _, err := v.Unwrap("payment", a); err == nil {
		t.Error("unwrapped for another context")
	}
	for i := range a {
		bent := bytes.Clone(a)
		bent[i] ^= 0x40
		if _, err := v.Unwrap("pledge", bent); err == nil {
			t.Errorf("unwrapped with byte %d changed", i)
		}
		if _, err := v.Unwrap("pledge", a[:i]); err == nil {
			t.Errorf("unwrapped when cut to %d bytes", i)
		}
	}
}

// TestKilledWhileMakingKeys kills processes that make keys and then wants a
// whole folder: every key file of 32 bytes, and a vault that opens.
func TestKilledWhileMakingKeys(t *testing.T) {
	dir, url := t.TempDir(), dbtest.SQLiteURL(t)
	for round := range 5 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestMakerProcess$")
		cmd.Env = append(os.Environ(), "VAULT_MAKER="+dir, "VAULT_DB="+url)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		want := (round + 1) * 12
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
			keys, err := filepath.Glob(filepath.Join(dir, "courier", "*.key"))
			if err != nil || time.Now().After(deadline) {
				t.Fatalf("the process made no keys: %v", err)
			}
			if len(keys) >= want {
				break
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
	}
	v := open(t, dbtest.Open(t, url, time.Now), dir, time.Now)
	keys, err := filepath.Glob(filepath.Join(dir, "courier", "*.key"))
	if err != nil {
		t.Fatal(err)
	}
	days, err := v.Days(t.Context(), "0000", "9999")
	if err != nil || len(days) != len(keys) {
		t.Errorf("%d keys, %d rows, %v", len(keys), len(days), err)
	}
	for _, key := range keys {
		day := strings.TrimSuffix(filepath.Base(key), ".key")
		sealed, err := v.Seal(day, "x", []byte("hello"))
		if err != nil {
			t.Fatalf("%s: %v", day, err)
		}
		if _, err := v.Open(day, "x", sealed); err != nil {
			t.Fatalf("%s: %v", day, err)
		}
	}
}

// TestMakerProcess is the process that TestKilledWhileMakingKeys kills.
func TestMakerProcess(t *testing.T) {
	dir := os.Getenv("VAULT_MAKER")
	if dir == "" {
		t.Skip("runs only as the child of TestKilledWhileMakingKeys")
	}
	v := open(t, dbtest.Open(t, os.Getenv("VAULT_DB"), time.Now), dir, time.Now)
	for i := range vault.Furthest {
		if _, err := v.Seal(time.Now().UTC().AddDate(0, 0, i).Format(time.DateOnly), "x", nil); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	v := open(b, dbtest.SQLite(b), b.TempDir(), time.Now)
	day, plain := time.Now().UTC().Format(time.DateOnly), make([]byte, 150)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Seal(day, "mail|reminder", plain); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSealAlone is what a packet costs that shares its key with none.
func BenchmarkSealAlone(b *testing.B) {
	c := dbtest.NewClock(noon)
	v := open(b, dbtest.Open(b, dbtest.SQLiteURL(b), c.Now), b.TempDir(), c.Now)
	day, plain := noon.AddDate(0, 0, 300).Format(time.DateOnly), make([]byte, 150)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Seal(day, "mail|reminder", plain); err != nil {
			b.Fatal(err)
		}
		if c.Advance(10 * time.Second); c.Now().Sub(noon) > 200*24*time.Hour {
			c.Set(noon)
		}
	}
}

// BenchmarkOpenAlone opens such packets.
func BenchmarkOpenAlone(b *testing.B) {
	c := dbtest.NewClock(noon)
	v := open(b, dbtest.Open(b, dbtest.SQLiteURL(b), c.Now), b.TempDir(), c.Now)
	day := noon.AddDate(0, 0, 30).Format(time.DateOnly)
	var packets [32][]byte
	for i := range packets {
		var err error
		if packets[i], err = v.Seal(day, "mail|reminder", make([]byte, 150)); err != nil {
			b.Fatal(err)
		}
		c.Advance(10 * time.Second)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := v.Open(day, "mail|reminder", packets[i%len(packets)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	v := open(b, dbtest.SQLite(b), b.TempDir(), time.Now)
	day := time.Now().UTC().Format(time.DateOnly)
	sealed, err := v.Seal(day, "mail|reminder", make([]byte, 150))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Open(day, "mail|reminder", sealed); err != nil {
			b.Fatal(err)
		}
	}
}
