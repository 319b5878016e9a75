package appeal

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unicode"

	"mimeo/internal/fault"
)

// configVersion is the version of the document that this program reads.
const configVersion = 1

// Dropped reports an appeal that could not be read and so does not serve.
type Dropped struct {
	Index   int    // position in the document, from 0
	ID      string // "" when that is what is missing
	Problem string
}

// String says it in a sentence for a log or a person.
func (d Dropped) String() string {
	if d.ID == "" {
		return fmt.Sprintf("appeal %d is dropped: %s", d.Index+1, d.Problem)
	}
	return fmt.Sprintf("appeal %d (%s) is dropped: %s", d.Index+1, d.ID, d.Problem)
}

// ParseConfig reads a configuration. An appeal that is malformed is dropped
// alone and reported; the others serve. A document that cannot be read as a
// whole is a fault of the kind Invalid: whoever holds good rules keeps them.
func ParseConfig(document []byte) (*Rules, []Dropped, error) {
	members, err := parseObject(document)
	if err != nil {
		return nil, nil, unreadable(err)
	}
	in := reader{members: members}
	if version := in.whole("version"); version != configVersion {
		in.fail(`"version" is not %d`, configVersion)
	}
	rules := Rules{off: in.flag("off"), closed: map[string]struct{}{}}
	switch unknown := in.text("unknown_country"); {
	case unknown == "skip":
		rules.skipUnknown = true
	case unknown == "ask", !in.has("unknown_country"):
	default:
		in.fail(`"unknown_country" is neither "ask" nor "skip"`)
	}
	for _, country := range upper(in.texts("closed")) {
		rules.closed[country] = struct{}{}
	}
	raws := in.list("appeals")
	if in.problem != nil {
		return nil, nil, unreadable(in.problem)
	}

	var dropped []Dropped
	for i, raw := range raws {
		a, err := parseAppeal(raw)
		if err != nil {
			dropped = append(dropped, Dropped{Index: i, ID: a.ID, Problem: err.Error()})
			continue
		}
		rules.appeals = append(rules.appeals, a)
	}
	slices.SortStableFunc(rules.appeals, func(a, b *Appeal) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID))
	})
	rules.index = newIndex(rules.appeals)
	return &rules, dropped, nil
}

// unreadable says to whoever wrote the document what is wrong with it, and where.
func unreadable(err error) error {
	return fault.Invalidf("The configuration cannot be read: %v", err)
}

// parseAppeal reads one appeal. With an error it still returns as much as
// names it.
func parseAppeal(raw json.RawMessage) (*Appeal, error) {
	members, err := parseObject(raw)
	if err != nil {
		return &Appeal{}, err
	}
	in := reader{members: members}
	a := &Appeal{ID: in.text("id")}
	if strings.TrimSpace(a.ID) == "" {
		in.fail("it has no id")
	} else if strings.ContainsFunc(a.ID, unicode.IsControl) { // not every database keeps it
		in.fail("its id holds a control character")
	}
	a.Priority = in.whole("priority")
	switch a.State = State(in.text("state")); a.State {
	case Draft, Live, Archived:
	default:
		in.fail(`"state" is none of draft, live, archived`)
	}
	a.starts, a.ends = in.moment("starts"), in.moment("ends")
	if a.where, err = parseWhere(in.object("where")); err != nil {
		in.fail("in \"where\": %w", err)
	}
	holdout := in.whole("holdout_permille")
	if holdout < 0 || holdout > 1000 {
		in.fail(`"holdout_permille" is not between 0 and 1000`)
	}
	a.holdout = uint64(max(holdout, 0))
	a.salt = []byte(in.text("salt") + ":")
	variants := in.list("variants")
	if len(variants) == 0 {
		in.fail("it has no variants")
	}
	for i, raw := range variants {
		v, err := parseVariant(raw)
		if err != nil {
			in.fail("in variant %d: %w", i+1, err)
			break
		}
		sum, carry := bits.Add64(a.weights, uint64(v.Weight), 0)
		if carry > 0 {
			in.fail("the weights of its variants are too large")
			break
		}
		a.weights = sum
		a.Variants = append(a.Variants, v)
	}
	if a.weights == 0 {
		in.fail("the weights of its variants are all 0")
	}
	return a, in.problem
}

// parseWhere reads the conditions. One that this program does not know makes
// the appeal malformed: passing over it would ask readers who must not be.
func parseWhere(members object) (where, error) {
	in := reader{members: members}
	w := where{
		countries:       upper(in.texts("countries")),
		exceptCountries: upper(in.texts("except_countries")),
		languages:       in.texts("languages"),
		sections:        in.texts("sections"),
		exceptSections:  in.texts("except_sections"),
		tags:            in.texts("tags"),
		exceptTags:      in.texts("except_tags"),
		channels:        in.texts("channels"),
	}
	for _, m := range members {
		switch m.name {
		case "countries", "except_countries", "languages", "sections", "except_sections", "tags", "except_tags", "channels":
		default:
			in.fail("%q is not a condition", m.name)
		}
	}
	return w, in.problem
}

func parseVariant(raw json.RawMessage) (Variant, error) {
	members, err := parseObject(raw)
	if err != nil {
		return Variant{}, err
	}
	in := reader{members: members}
	v := Variant{
		ID:     in.text("id"),
		Weight: in.whole("weight"),
		Words: Words{
			Heading:   in.text("heading"),
			Body:      in.paragraphs("body"),
			Signature: in.text("signature"),
			Button:    in.text("button"),
			Remind:    in.text("remind"),
			Thanks:    in.text("thanks"),
		},
	}
	if strings.TrimSpace(v.ID) == "" {
		in.fail("it has no id")
	} else if strings.ContainsFunc(v.ID, unicode.IsControl) {
		in.fail("its id holds a control character")
	}
	if v.Weight < 0 {
		in.fail(`"weight" is below 0`)
	}
	return v, in.problem
}

func upper(codes []string) []string {
	for i, code := range codes {
		codes[i] = string(appendUpper(nil, code))
	}
	return codes
}
