package limit

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
)

func limits(t *testing.T) *Tries {
	t.Helper()
	l, err := New(strings.NewReader(strings.Repeat("salt", 8)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLimit(t *testing.T) {
	l := limits(t)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for i := range 3 {
		if !l.Allow("network", "192.0.2.0/24", 3, now.Add(time.Duration(i)*time.Minute)) {
			t.Fatalf("try %d was refused", i+1)
		}
	}
	if l.Allow("network", "192.0.2.0/24", 3, now.Add(9*time.Minute)) {
		t.Error("the fourth try in ten minutes was allowed")
	}
	if !l.Allow("network", "198.51.100.0/24", 3, now) || !l.Allow("address", "192.0.2.0/24", 3, now) {
		t.Error("one is counted against another")
	}
	if !l.Allow("network", "192.0.2.0/24", 3, now.Add(10*time.Minute)) {
		t.Error("ten minutes later, as the words of the refusal promise, a try is still refused")
	}
}

func TestLimitsStayBounded(t *testing.T) {
	l := limits(t)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for i := range 3 * Most {
		if !l.Allow("address", strconv.Itoa(i), 1, now) {
			t.Fatal("a first try was refused")
		}
		if len(l.made) > Most {
			t.Fatalf("%d tries are remembered", len(l.made))
		}
	}
}

// What no longer counts makes room before what does.
func TestOldTriesGoFirst(t *testing.T) {
	l := limits(t)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for i := range Most - 1 {
		l.Allow("address", strconv.Itoa(i), 1, now)
	}
	l.Allow("address", "fresh", 1, now.Add(10*time.Minute))
	l.Allow("address", "one more", 1, now.Add(11*time.Minute))
	if l.Allow("address", "fresh", 1, now.Add(12*time.Minute)) {
		t.Error("a try that still counts was forgotten before the old ones")
	}
}

func TestNetwork(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.77":             "192.0.2.0/24",
		"::ffff:192.0.2.77":      "192.0.2.0/24",
		"2001:db8:1:2:3:4:5:6":   "2001:db8:1::/48",
		"2001:db8:1:ffff::%eth0": "2001:db8:1::/48",
		"127.0.0.1":              "",
		"::1":                    "",
		"10.1.2.3":               "",
		"fd00::1":                "",
		"0.0.0.0":                "",
		"169.254.1.2":            "",
	} {
		if got := Network(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is in %q, want %q", addr, got, want)
		}
	}
	if got := Network(netip.Addr{}); got != "" {
		t.Errorf("no address is in %q", got)
	}
}
