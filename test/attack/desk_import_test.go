package attack

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestArchivesThatAreCut: a file that ends too early is never taken for a whole
// one, wherever it is cut, and what can be read of it is brought in.
func TestArchivesThatAreCut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	whole := exportHead + exportPost(1, "The first", "<p>Words.</p>") + exportPost(2, "The second", "<p>Words.</p>") + "</channel></rss>"
	second := strings.Index(whole, "<item>") + 1
	second += strings.Index(whole[second:], "<item>")
	for what, at := range map[string]int{"before the first item": strings.Index(whole, "<item>"), "between two": second, "in the second": second + 40, "after the last": len(whole) - len("</channel></rss>")} {
		r := run(t, "", "story", "import", "--format", "wxr", "--data", data, write(t, dir, "cut.xml", whole[:at]))
		if r.code != 1 || !strings.Contains(r.err+r.out, "the file ends") {
			t.Errorf("cut %s: %d %.300s %.300s", what, r.code, r.out, r.err)
		}
	}
	if r := run(t, "", "story", "import", "--format", "wxr", "--data", data, write(t, dir, "whole.xml", whole)); r.code != 0 || !strings.Contains(r.out, "2 were here already") {
		t.Errorf("the whole file: %+v", r)
	}
	for what, raw := range map[string]string{
		"entities in entities": `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><rss><channel><item><title>&b;</title></item></channel></rss>`,
		"a file of ours":       `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&x;</title></item></channel></rss>`,
		"elements in elements": exportHead + strings.Repeat("<a>", 200_000),
		"a line of 20 MB":      exportHead + "<item><title>" + strings.Repeat("x", 20<<20),
		"attributes":           exportHead + "<item " + strings.Repeat(`a="x" `, 200_000) + ">",
	} {
		r := run(t, "", "story", "import", "--format", "wxr", "--data", data, write(t, dir, "bad.xml", raw))
		if r.code != 1 || strings.Contains(r.out+r.err, "root:") || !strings.Contains(r.out, "0 brought in") {
			t.Errorf("%s: %d %.300s %.300s", what, r.code, r.out, r.err)
		}
	}
}
