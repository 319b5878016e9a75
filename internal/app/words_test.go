package app

import (
	"strings"
	"testing"

	"mimeo/internal/contribution"
	"mimeo/internal/lang"
)

func TestTheProcessorsPageNamesTheNewsroom(t *testing.T) {
	book, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range book.Codes() {
		for _, r := range contribution.Rhythms() {
			if said := book.For(code).T("checkout."+string(r), "Newsroom", "NAME"); !strings.Contains(said, "NAME") {
				t.Errorf("%s, %s: %q", code, r, said)
			}
		}
	}
}
