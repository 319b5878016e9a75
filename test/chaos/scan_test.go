package chaos

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// spellings are the forms in which a text may lie on a disk.
func spellings(s string) map[string][]byte {
	wide := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		wide = append(wide, s[i], 0)
	}
	all := map[string][]byte{
		"as it is": []byte(s),
		"UTF-16":   wide,
		"hex":      []byte(hex.EncodeToString([]byte(s))),
	}
	// Base64 spells a text in three ways, by where it stands; the first and the
	// last signs depend on the neighbours and are left out.
	for shift := range 3 {
		coded := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), s...))
		skip := []int{0, 2, 3}[shift]
		all[fmt.Sprintf("base64+%d", shift)] = []byte(coded[skip : len(coded)-2])
	}
	return all
}

// scan reads every byte of the folders and names each place where a planted
// text stands, whatever the case of its letters.
func scan(t *testing.T, planted []string, roots ...string) (hits []string) {
	t.Helper()
	type needle struct {
		what  string
		lower []byte
		exact []byte
	}
	var needles []needle
	for _, p := range planted {
		for how, b := range spellings(p) {
			n := needle{what: p + " " + how}
			if strings.HasPrefix(how, "base64") {
				n.exact = b
			} else {
				n.lower = bytes.ToLower(b)
			}
			needles = append(needles, n)
		}
	}
	read := 0
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			read += len(raw)
			lower := bytes.ToLower(raw)
			for _, n := range needles {
				if n.lower != nil && bytes.Contains(lower, n.lower) || n.exact != nil && bytes.Contains(raw, n.exact) {
					hits = append(hits, fmt.Sprintf("%s: %s", filepath.Base(path), n.what))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatalf("reading the used folder: %v", err)
		}
	}
	if read == 0 {
		t.Fatal("the used folder holds no byte: nothing was looked at")
	}
	t.Logf("read %d bytes in search of %d texts", read, len(planted))
	return hits
}

// TestScanFinds plants what scan must find.
func TestScanFinds(t *testing.T) {
	dir := t.TempDir()
	const secret = "planted-q7x@example.org"
	for name, content := range map[string]string{
		"plain":  "…" + strings.ToUpper(secret) + "…",
		"base64": base64.StdEncoding.EncodeToString([]byte(`{"to":"` + secret + `"}`)),
		"hex":    hex.EncodeToString([]byte("x" + secret)),
		"wide":   string(spellings(secret)["UTF-16"]),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hits := scan(t, []string{secret}, dir)
	for _, name := range []string{"plain", "base64", "hex", "wide"} {
		if !strings.Contains(strings.Join(hits, "\n"), name+": ") {
			t.Errorf("%s was overlooked: %q", name, hits)
		}
	}
	for shift := range 3 {
		coded := base64.URLEncoding.EncodeToString([]byte(strings.Repeat("y", shift) + secret + "zz"))
		if err := os.WriteFile(filepath.Join(dir, "base64"), []byte(coded), 0o600); err != nil {
			t.Fatal(err)
		}
		if hits := scan(t, []string{secret}, dir); !strings.Contains(strings.Join(hits, "\n"), "base64: ") {
			t.Errorf("base64 at place %d was overlooked", shift)
		}
	}
}
