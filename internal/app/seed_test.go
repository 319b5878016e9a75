package app

import (
	"strings"
	"testing"

	"mimeo/internal/appeal"
	"mimeo/internal/prose"
)

func TestTheDemosNewsroomIsWhole(t *testing.T) {
	all, err := seedStories()
	if err != nil {
		t.Fatal(err)
	}
	languages, groups := map[string]int{}, map[string]int{}
	for i, s := range all {
		languages[s.lang]++
		groups[s.group]++
		if s.headline == "" || s.standfirst == "" || s.section == "" || s.place == "" || len(s.bylines) == 0 || len(s.body.Blocks) < 4 {
			t.Errorf("%s lacks something", s.slug)
		}
		if i > 0 && s.age > all[i-1].age {
			t.Errorf("%s is out of order", s.slug)
		}
		for _, w := range s.body.Check() {
			t.Errorf("%s: %v", s.slug, w)
		}
		if s.body.Blocks[0].Kind != prose.Paragraph {
			t.Errorf("%s begins with a %s", s.slug, s.body.Blocks[0].Kind)
		}
	}
	if languages["en"] < 5 || languages["fa"] < 4 || groups["river-readings"] != 2 {
		t.Errorf("languages %v, groups %v", languages, groups)
	}
	raw, err := newsroom.ReadFile("newsroom/appeals.json")
	if err != nil {
		t.Fatal(err)
	}
	rules, dropped, err := appeal.ParseConfig(raw)
	if err != nil || len(dropped) > 0 || len(rules.Appeals()) != 2 {
		t.Errorf("the appeals: %v, dropped %v", err, dropped)
	}
	for _, bad := range []string{"lang", "lang: en\nsize: 3\n\nx", "hours: soon\n\nx"} {
		if _, err := readSeed(bad); err == nil {
			t.Errorf("%q was read", strings.ReplaceAll(bad, "\n", "|"))
		}
	}
}
