package appeal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"

	"mimeo/internal/fault"
)

// Countries tells the country of an address from a file in the MMDB format
// that the operator named. Nothing is asked of anyone and nothing is kept.
// Without a file every country is unknown.
//
// The file is mapped into memory: replace it by renaming a new one over it and
// starting again, never by writing into it.
type Countries struct {
	file *maxminddb.Reader
	path []any // where in a record the country's code is
}

// paths are the places in which files of different makers have the code.
var paths = [][]any{{"country", "iso_code"}, {"country_code"}, {"country"}}

// OpenCountries opens a file; "" gives Countries that know none. A file that
// is broken, or that holds no countries, is refused.
func OpenCountries(name string) (*Countries, error) {
	if name == "" {
		return &Countries{}, nil
	}
	file, err := maxminddb.Open(name)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, fmt.Sprintf("The country file %s cannot be read", name), err)
	}
	c := &Countries{file: file}
	if err := c.probe(); err != nil {
		return nil, errors.Join(fault.Wrap(fault.Invalid, fmt.Sprintf("The country file %s cannot be used", name), err), file.Close())
	}
	return c, nil
}

// probe looks addresses from all over up, so that a file that was cut off or
// speaks of something else is found at the start and not by a reader.
func (c *Countries) probe() error {
	for n := range uint32(1 << 12) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], n<<20|0x101)
		record := c.file.Lookup(netip.AddrFrom4(b))
		if err := record.Err(); err != nil {
			return err
		}
		for _, path := range paths {
			if c.path != nil || !record.Found() {
				break
			}
			if code(record, path) != "" {
				c.path = path
			}
		}
		if c.path != nil && record.Found() {
			var whole any
			if err := record.Decode(&whole); err != nil {
				return err
			}
		}
	}
	if c.path == nil {
		return errors.New("it holds no country codes")
	}
	return nil
}

// Lookup returns the ISO 3166 code of an address' country in upper case, ""
// when it is unknown.
func (c *Countries) Lookup(addr netip.Addr) string {
	if c.file == nil || !addr.IsValid() {
		return ""
	}
	return code(c.file.Lookup(addr.Unmap()), c.path)
}

func code(record maxminddb.Result, path []any) string {
	var text string
	if err := record.DecodePath(&text, path...); err != nil || len(text) != 2 {
		return ""
	}
	up := appendUpper(make([]byte, 0, 2), text)
	for _, c := range up {
		if c < 'A' || c > 'Z' {
			return ""
		}
	}
	return string(up)
}

// Close lets go of the file.
func (c *Countries) Close() error {
	if c.file == nil {
		return nil
	}
	return c.file.Close()
}
