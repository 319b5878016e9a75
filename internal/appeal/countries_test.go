package appeal_test

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"mimeo/internal/appeal"
	"mimeo/internal/fault"
)

// mmdb is the smallest writer of the MMDB format that serves: IPv4, prefixes
// that do not overlap, values that are texts and maps of them.
type mmdb struct {
	nodes   [][2]int // a child: node number, or ^offset of a value, or 0 for none
	data    bytes.Buffer
	offsets map[string]int
}

func (m *mmdb) add(prefix netip.Prefix, value any) {
	if m.nodes == nil {
		m.nodes, m.offsets = make([][2]int, 1), map[string]int{}
	}
	raw := string(encode(value))
	offset, known := m.offsets[raw]
	if !known {
		offset = m.data.Len()
		m.offsets[raw] = offset
		m.data.WriteString(raw)
	}
	addr, node := prefix.Addr().As4(), 0
	for i := range prefix.Bits() {
		bit := int(addr[i/8]>>(7-i%8)) & 1
		switch {
		case i == prefix.Bits()-1:
			m.nodes[node][bit] = ^offset
		case m.nodes[node][bit] == 0:
			m.nodes = append(m.nodes, [2]int{})
			m.nodes[node][bit] = len(m.nodes) - 1
			fallthrough
		default:
			node = m.nodes[node][bit]
		}
	}
}

func (m *mmdb) bytes() []byte {
	var out bytes.Buffer
	for _, node := range m.nodes {
		for _, child := range node {
			record := len(m.nodes)
			if child > 0 {
				record = child
			} else if child < 0 {
				record = len(m.nodes) + 16 + ^child
			}
			out.Write([]byte{byte(record >> 16), byte(record >> 8), byte(record)})
		}
	}
	out.Write(make([]byte, 16))
	out.Write(m.data.Bytes())
	out.WriteString("\xab\xcd\xefMaxMind.com")
	out.Write(encode(map[string]any{
		"binary_format_major_version": uint16(2), "binary_format_minor_version": uint16(0), "build_epoch": uint64(1790000000),
		"database_type": "Test-Country", "description": map[string]any{"en": "of our own"}, "ip_version": uint16(4),
		"languages": []any{"en"}, "node_count": uint32(len(m.nodes)), "record_size": uint16(24),
	}))
	return out.Bytes()
}

// encode writes a value: a control byte (kind and size) and its bytes.
func encode(value any) []byte {
	number := func(kind, size int, n uint64) []byte {
		var out []byte
		for i := size - 1; i >= 0; i-- {
			out = append(out, byte(n>>(8*i)))
		}
		if kind > 7 {
			return append([]byte{byte(size), byte(kind - 7)}, out...)
		}
		return append([]byte{byte(kind<<5 | size)}, out...)
	}
	switch v := value.(type) {
	case string:
		return append([]byte{byte(2<<5 | len(v))}, v...) // shorter than 29
	case uint16:
		return number(5, 2, uint64(v))
	case uint32:
		return number(6, 4, uint64(v))
	case uint64:
		return number(9, 8, v)
	case []any:
		out := []byte{byte(len(v)), 11 - 7}
		for _, e := range v {
			out = append(out, encode(e)...)
		}
		return out
	case map[string]any:
		out := []byte{byte(7<<5 | len(v))}
		for name, e := range v {
			out = append(append(out, encode(name)...), encode(e)...)
		}
		return out
	default:
		panic("mmdb: cannot write this")
	}
}

func file(t *testing.T, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "countries.mmdb")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestCountries(t *testing.T) {
	for name, value := range map[string]func(code string) any{
		"country.iso_code": func(c string) any { return map[string]any{"country": map[string]any{"iso_code": c}} },
		"country_code":     func(c string) any { return map[string]any{"country_code": c} },
		"country":          func(c string) any { return map[string]any{"asn": "AS64496", "country": c} },
	} {
		var m mmdb
		m.add(netip.MustParsePrefix("192.0.0.0/12"), value("DE"))
		m.add(netip.MustParsePrefix("198.48.0.0/12"), value("ru"))
		m.add(netip.MustParsePrefix("203.0.113.0/24"), value("??"))
		c, err := appeal.OpenCountries(file(t, m.bytes()))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for addr, want := range map[string]string{
			"192.0.2.1": "DE", "::ffff:192.0.2.1": "DE", "198.51.100.7": "RU", "203.0.113.9": "", "10.0.0.1": "", "2001:db8::1": "",
		} {
			if got := c.Lookup(netip.MustParseAddr(addr)); got != want {
				t.Errorf("%s: %s is in %q, want %q", name, addr, got, want)
			}
		}
		if got := c.Lookup(netip.Addr{}); got != "" {
			t.Errorf("%s: no address is in %q", name, got)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestNoCountryFile(t *testing.T) {
	c, err := appeal.OpenCountries("")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Lookup(netip.MustParseAddr("192.0.2.1")); got != "" {
		t.Errorf("without a file the country is %q", got)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestBrokenCountryFiles(t *testing.T) {
	var m, other mmdb
	for i := range 64 {
		m.add(netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(i * 4)}), 6), map[string]any{"country_code": string(rune('A'+i%26)) + string(rune('A'+i/3))})
	}
	other.add(netip.MustParsePrefix("192.0.0.0/12"), map[string]any{"asn": "AS64496"})
	whole := m.bytes()
	gap := bytes.Clone(whole)
	clear(gap[len(gap)/3 : len(gap)/2])
	for name, content := range map[string][]byte{
		"empty":        {},
		"not a file":   []byte("country,from,to\n"),
		"cut off":      whole[:len(whole)-40],
		"overwritten":  gap,
		"no countries": other.bytes(),
	} {
		if c, err := appeal.OpenCountries(file(t, content)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	if _, err := appeal.OpenCountries(filepath.Join(t.TempDir(), "absent.mmdb")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("absent: %v", err)
	}
	if c, err := appeal.OpenCountries(file(t, whole)); err != nil {
		t.Errorf("the whole file: %v", err)
	} else if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func BenchmarkLookup(b *testing.B) {
	var m mmdb
	m.add(netip.MustParsePrefix("192.0.0.0/12"), map[string]any{"country": map[string]any{"iso_code": "DE"}})
	name := filepath.Join(b.TempDir(), "countries.mmdb")
	if err := os.WriteFile(name, m.bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	c, err := appeal.OpenCountries(name)
	if err != nil {
		b.Fatal(err)
	}
	addr := netip.MustParseAddr("192.0.2.1")
	b.ReportAllocs()
	for b.Loop() {
		c.Lookup(addr)
	}
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
}
