package story

import (
	"strings"
	"testing"
)

func TestSignFiles(t *testing.T) {
	if got := len(languages()); got < 6 {
		t.Errorf("%d languages", got)
	}
	raw, err := signFiles.ReadFile("signs/en.txt")
	if err != nil {
		t.Fatal(err)
	}
	good := string(raw)
	for name, bad := range map[string]string{
		"a sign missing":   strings.Replace(good, "dismiss: ", "# ", 1),
		"a sign twice":     good + "dismiss: x\n",
		"an unknown sign":  good + "colour: x\n",
		"an empty entry":   strings.Replace(good, "dismiss: ", "dismiss: a || b | ", 1),
		"a line of no use": good + "x\n",
	} {
		if err := new(signs).parse(bad); err == nil {
			t.Errorf("%s: it was read", name)
		}
	}
}
