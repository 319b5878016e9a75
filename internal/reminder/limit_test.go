package reminder

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
)

func limits(t *testing.T) *limiter {
	t.Helper()
	l, err := newLimiter(strings.NewReader(strings.Repeat("salt", 8)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLimit(t *testing.T) {
	l := limits(t)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for i := range 3 {
		if !l.allow("network", "192.0.2.0/24", 3, now.Add(time.Duration(i)*time.Minute)) {
			t.Fatalf("try %d was refused", i+1)
		}
	}
	if l.allow("network", "192.0.2.0/24", 3, now.Add(9*time.Minute)) {
		t.Error("the fourth try in ten minutes was allowed")
	}
	if !l.allow("network", "198.51.100.0/24", 3, now) || !l.allow("address", "192.0.2.0/24", 3, now) {
		t.Error("one is counted against another")
	}
	if !l.allow("network", "192.0.2.0/24", 3, now.Add(10*time.Minute)) {
		t.Error("ten minutes later, as the words of the refusal promise, a try is still refused")
	}
}

func TestLimitsStayBounded(t *testing.T) {
	l := limits(t)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for i := range 3 * mostTried {
		if !l.allow("address", strconv.Itoa(i), 1, now) {
			t.Fatal("a first try was refused")
		}
		if len(l.tries) > mostTried {
			t.Fatalf("%d tries are remembered", len(l.tries))
		}
	}
	r := recent{refs: map[[16]byte]string{}}
	for i := range 3 * mostTried {
		r.note(l.hash("2027-01", strconv.Itoa(i)), "ref")
		if len(r.refs) > mostTried {
			t.Fatalf("%d references are remembered", len(r.refs))
		}
	}
}

// What no longer counts makes room before what does.
func TestOldTriesGoFirst(t *testing.T) {
	l := limits(t)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for i := range mostTried - 1 {
		l.allow("address", strconv.Itoa(i), 1, now)
	}
	l.allow("address", "fresh", 1, now.Add(10*time.Minute))
	l.allow("address", "one more", 1, now.Add(11*time.Minute))
	if l.allow("address", "fresh", 1, now.Add(12*time.Minute)) {
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
	} {
		if got := network(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is in %q, want %q", addr, got, want)
		}
	}
	if got := network(netip.Addr{}); got != "" {
		t.Errorf("no address is in %q", got)
	}
}
