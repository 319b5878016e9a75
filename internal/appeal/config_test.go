package appeal_test

import (
	"strings"
	"testing"

	"mimeo/internal/appeal"
	"mimeo/internal/fault"
)

func TestUnreadableConfigurations(t *testing.T) {
	for name, document := range map[string]string{
		"empty":                  ``,
		"not JSON":               `version: 1`,
		"a list":                 `[]`,
		"null":                   `null`,
		"cut off":                `{"version":1,"appeals":[`,
		"two documents":          `{"version":1}{"version":1}`,
		"no version":             `{"appeals":[]}`,
		"a later version":        `{"version":2,"appeals":[]}`,
		"version as text":        `{"version":"1"}`,
		"off as text":            `{"version":1,"off":"no"}`,
		"unknown_country":        `{"version":1,"unknown_country":"maybe"}`,
		"empty unknown_country":  `{"version":1,"unknown_country":""}`,
		"closed as text":         `{"version":1,"closed":"RU"}`,
		"closed with null":       `{"version":1,"closed":[null]}`,
		"appeals as object":      `{"version":1,"appeals":{}}`,
		"invalid UTF-8":          "{\"version\":1,\"closed\":[\"\xff\"]}",
		"name in another case":   `{"Version":1}`,
		"too many members":       `{"version":1` + manyMembers(1001) + `}`,
		"later of two of a name": `{"version":1,"version":2}`,
	} {
		r, _, err := appeal.ParseConfig([]byte(document))
		if fault.KindOf(err) != fault.Invalid || r != nil {
			t.Errorf("%s: rules %v, error %v", name, r, err)
		}
	}
	_, _, err := appeal.ParseConfig([]byte("{\n  \"version\": 1,\n  \"off\": maybe\n}"))
	if err == nil || !strings.Contains(err.Error(), "line 3, column ") {
		t.Errorf("the fault does not say where it is: %v", err)
	}
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"x` + strings.Repeat("y", i%7) + string(rune('a'+i%26)) + strings.Repeat("z", i/26) + `":0`)
	}
	return b.String()
}

func TestMalformedAppealsAreDroppedAlone(t *testing.T) {
	const variants = `"variants":[{"id":"x","weight":1}]`
	for _, c := range []struct{ name, appeal, id, problem string }{
		{"no id", `{"state":"live",` + variants + `}`, "", "no id"},
		{"empty id", `{"id":"","state":"live",` + variants + `}`, "", "no id"},
		{"id is a number", `{"id":7,"state":"live",` + variants + `}`, "", `"id" is not a text`},
		{"an id that PostgreSQL would not count", `{"id":"a\u0000","state":"live",` + variants + `}`, "a\x00", "control character"},
		{"a variant like it", `{"id":"a","state":"live","variants":[{"id":"x\n","weight":1}]}`, "a", "control character"},
		{"no state", `{"id":"a",` + variants + `}`, "a", "state"},
		{"unknown state", `{"id":"a","state":"Live",` + variants + `}`, "a", "state"},
		{"no variants", `{"id":"a","state":"live"}`, "a", "no variants"},
		{"empty variants", `{"id":"a","state":"live","variants":[]}`, "a", "no variants"},
		{"variants as object", `{"id":"a","state":"live","variants":{}}`, "a", `"variants" is not a list`},
		{"variant null", `{"id":"a","state":"live","variants":[null]}`, "a", "in variant 1"},
		{"variant without id", `{"id":"a","state":"live","variants":[{"weight":1}]}`, "a", "no id"},
		{"weight below 0", `{"id":"a","state":"live","variants":[{"id":"x","weight":2},{"id":"y","weight":-1}]}`, "a", "in variant 2"},
		{"weights all 0", `{"id":"a","state":"live","variants":[{"id":"x","weight":0},{"id":"y"}]}`, "a", "all 0"},
		{"weight with a fraction", `{"id":"a","state":"live","variants":[{"id":"x","weight":0.5}]}`, "a", "whole number"},
		{"weight as text", `{"id":"a","state":"live","variants":[{"id":"x","weight":"1"}]}`, "a", "whole number"},
		{"weight beyond 64 bits", `{"id":"a","state":"live","variants":[{"id":"x","weight":9223372036854775808}]}`, "a", "whole number"},
		{"sum of weights wraps", `{"id":"a","state":"live","variants":[{"id":"x","weight":9223372036854775807},{"id":"y","weight":9223372036854775807},{"id":"z","weight":3}]}`, "a", "too large"},
		{"holdout below", `{"id":"a","state":"live","holdout_permille":-1,` + variants + `}`, "a", "holdout_permille"},
		{"holdout above", `{"id":"a","state":"live","holdout_permille":1001,` + variants + `}`, "a", "holdout_permille"},
		{"holdout as text", `{"id":"a","state":"live","holdout_permille":"5",` + variants + `}`, "a", "holdout_permille"},
		{"starts", `{"id":"a","state":"live","starts":"tomorrow",` + variants + `}`, "a", `"starts"`},
		{"impossible date", `{"id":"a","state":"live","ends":"2026-02-30",` + variants + `}`, "a", `"ends"`},
		{"ends is a number", `{"id":"a","state":"live","ends":1,` + variants + `}`, "a", `"ends"`},
		{"priority with a fraction", `{"id":"a","state":"live","priority":1.5,` + variants + `}`, "a", `"priority"`},
		{"where as list", `{"id":"a","state":"live","where":[],` + variants + `}`, "a", `"where"`},
		{"countries as text", `{"id":"a","state":"live","where":{"countries":"DE"},` + variants + `}`, "a", `in "where": "countries"`},
		{"an unknown condition", `{"id":"a","state":"live","where":{"country":["DE"]},` + variants + `}`, "a", `"country" is not a condition`},
		{"words of the wrong type", `{"id":"a","state":"live","variants":[{"id":"x","weight":1,"heading":["h"]}]}`, "a", `"heading"`},
		{"not an object", `"a"`, "", "not a JSON object"},
		{"null", `null`, "", "not a JSON object"},
	} {
		document := `{"version":1,"appeals":[{"id":"first","state":"live",` + variants + `},` + c.appeal + `,{"id":"last","state":"draft",` + variants + `}]}`
		r, dropped, err := appeal.ParseConfig([]byte(document))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if len(r.Appeals()) != 2 || r.Appeals()[0].ID != "first" || r.Appeals()[1].ID != "last" {
			t.Errorf("%s: the others do not serve", c.name)
		}
		if len(dropped) != 1 || dropped[0].Index != 1 || dropped[0].ID != c.id || !strings.Contains(dropped[0].Problem, c.problem) {
			t.Errorf("%s: reported as %+v", c.name, dropped)
		}
	}
}

func TestWellFormedAppeals(t *testing.T) {
	r, dropped, err := appeal.ParseConfig([]byte(`{"version":1,"unknown_country":null,"note":{"kept":[1]},"appeals":[
		{"id":"edges","state":"archived","priority":-9223372036854775808,"starts":null,"ends":"","where":null,"holdout_permille":1000,
		 "variants":[{"id":"x","weight":9223372036854775807,"body":"One paragraph","sticker":true},{"id":"y","weight":0,
		 "heading":"A message","body":["First","Second"],"signature":"The newsroom","button":"Continue","remind":"Later","thanks":"Thank you"}]},
		{"id":"times","state":"live","starts":"2026-11-22t09:00:00.5+03:30","ends":"2026-12-01","variants":[{"id":"x","weight":1}]}]}`))
	if err != nil || len(dropped) > 0 {
		t.Fatalf("dropped %v, error %v", dropped, err)
	}
	v, ok := r.Find("edges", "y")
	if !ok || v.Heading != "A message" || len(v.Body) != 2 || v.Body[1] != "Second" || v.Signature != "The newsroom" ||
		v.Button != "Continue" || v.Remind != "Later" || v.Thanks != "Thank you" {
		t.Errorf("the words are %+v", v)
	}
	if v, ok := r.Find("edges", "x"); !ok || len(v.Body) != 1 || v.Body[0] != "One paragraph" {
		t.Errorf("a body of one text is %+v", v)
	}
	for _, pair := range [][2]string{{"edges", "z"}, {"none", "x"}, {"", ""}} {
		if _, ok := r.Find(pair[0], pair[1]); ok {
			t.Errorf("%v was found", pair)
		}
	}
}
