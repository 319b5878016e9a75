package appeal_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mimeo/internal/appeal"
)

// vector is one line of testdata/decide.jsonl. The answers were worked out by
// another program in another language, so that both can be wrong only in the
// same way.
type vector struct {
	Name   string          `json:"name"`
	Config json.RawMessage `json:"config"`
	Facts  json.RawMessage `json:"facts"`
	Answer appeal.Answer   `json:"answer"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	f, err := os.Open("testdata/decide.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	var all []vector
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d vectors were read", len(all))
	}
	return all
}

func rules(t testing.TB, config []byte) *appeal.Rules {
	t.Helper()
	r, _, err := appeal.ParseConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// short is Decide's answer in the form of Explain's, without the trace.
func short(d appeal.Decision) appeal.Answer {
	a := appeal.Answer{Reason: d.Reason}
	if d.Appeal != nil {
		a.Appeal = d.Appeal.ID
	}
	if d.Variant != nil {
		a.Variant = d.Variant.ID
	}
	return a
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			r := rules(t, v.Config)
			f, err := appeal.ParseFacts(v.Facts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v.Answer, r.Explain(&f)); diff != "" {
				t.Errorf("Explain (-want +got):\n%s", diff)
			}
			want := v.Answer
			want.Trace = nil
			if diff := cmp.Diff(want, short(r.Decide(&f))); diff != "" {
				t.Errorf("Decide (-want +got):\n%s", diff)
			}
		})
	}
}

// A page view that no appeal fits must be told apart from one that is held
// out, and the trace must be a list even when it is empty.
func TestAnswerAsJSON(t *testing.T) {
	r := rules(t, []byte(`{"version":1,"off":true}`))
	got, err := json.Marshal(r.Explain(&appeal.Facts{Now: time.Unix(0, 0)}))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"appeal":"","variant":"","reason":"off","trace":[]}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAskNobody(t *testing.T) {
	f := appeal.Facts{Now: time.Unix(0, 0), Country: "DE", Tags: []string{"a"}}
	if d := appeal.AskNobody().Decide(&f); d.Reason != appeal.Off {
		t.Errorf("the reason is %q", d.Reason)
	}
}

// The index and the plain walk through the conditions are two
// implementations; on any configuration and facts they must agree.
func TestIndexAgreesWithThePlainWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, dropped, err := appeal.ParseConfig(drawConfig(t))
		if err != nil || len(dropped) > 0 {
			t.Fatalf("dropped %v, error %v", dropped, err)
		}
		for range 8 {
			f := drawFacts(t)
			plain := r.Explain(&f)
			plain.Trace = nil
			if diff := cmp.Diff(plain, short(r.Decide(&f))); diff != "" {
				t.Fatalf("facts %+v (-plain +index):\n%s", f, diff)
			}
		}
	})
}

var (
	someCountries = []string{"DE", "de", "FR", "RU", "", "US", "Germany"}
	someTags      = []string{"courts", "energy", "sport", "Sport", "ё"}
	someWords     = []string{"", "en", "fa", "news", "culture", "clear", "onion"}
	someTimes     = []string{"", "2026-11-21", "2026-11-22", "2026-11-22T12:00:00Z", "2026-11-22T12:00:00.000001Z", "2026-11-23", "9999-12-31"}
)

func subset(t *rapid.T, label string, from []string) []string {
	if rapid.IntRange(0, 2).Draw(t, label+"?") > 0 {
		return nil
	}
	return rapid.SliceOfN(rapid.SampledFrom(from), 0, 3).Draw(t, label)
}

func drawConfig(t *rapid.T) []byte {
	var appeals []map[string]any
	for i := range rapid.IntRange(0, 150).Draw(t, "appeals") {
		where := map[string]any{}
		for name, from := range map[string][]string{
			"countries": someCountries, "except_countries": someCountries, "languages": someWords,
			"sections": someWords, "except_sections": someWords, "tags": someTags, "except_tags": someTags, "channels": someWords,
		} {
			where[name] = subset(t, name, from)
		}
		appeals = append(appeals, map[string]any{
			"id": fmt.Sprintf("a%d", i), "priority": rapid.Int64Range(-2, 2).Draw(t, "priority"),
			"state":  rapid.SampledFrom([]string{"live", "live", "live", "draft", "archived"}).Draw(t, "state"),
			"starts": rapid.SampledFrom(someTimes).Draw(t, "starts"), "ends": rapid.SampledFrom(append(someTimes, "")).Draw(t, "ends"),
			"where": where, "salt": rapid.StringN(0, 20, 80).Draw(t, "salt"),
			"holdout_permille": rapid.SampledFrom([]int{0, 0, 1, 500, 1000}).Draw(t, "holdout"),
			"variants": []map[string]any{
				{"id": "x", "weight": rapid.Int64Range(0, 3).Draw(t, "weight")},
				{"id": "y", "weight": 1},
			},
		})
	}
	config, err := json.Marshal(map[string]any{
		"version": 1, "unknown_country": rapid.SampledFrom([]string{"ask", "skip"}).Draw(t, "unknown"),
		"closed": []string{"ru"}, "appeals": appeals,
	})
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func drawFacts(t *rapid.T) appeal.Facts {
	now, err := time.Parse(time.RFC3339, rapid.SampledFrom([]string{"2026-11-21T23:59:59Z", "2026-11-22T00:00:00Z", "2026-11-22T12:00:00Z", "2026-11-23T00:00:00Z"}).Draw(t, "now"))
	if err != nil {
		t.Fatal(err)
	}
	return appeal.Facts{
		Now: now, Country: rapid.SampledFrom(someCountries).Draw(t, "country"),
		Channel: rapid.SampledFrom(someWords).Draw(t, "channel"), Language: rapid.SampledFrom(someWords).Draw(t, "language"),
		Section: rapid.SampledFrom(someWords).Draw(t, "section"), Tags: subset(t, "tags", someTags),
		NoAsk: rapid.IntRange(0, 9).Draw(t, "no_ask") == 0,
		Ask:   rapid.SampledFrom([]string{"", "", "", "never", "closed.2026-11-22", "later.2026-12"}).Draw(t, "ask"),
		Draw:  rapid.Uint64().Draw(t, "draw"),
	}
}

// Over many draws each variant gets its share and the holdout its own; the
// bounds are five standard deviations.
func TestSharesFollowTheWeights(t *testing.T) {
	r := rules(t, []byte(`{"version":1,"appeals":[{"id":"a","state":"live","salt":"s","holdout_permille":100,
		"variants":[{"id":"none","weight":0},{"id":"one","weight":1},{"id":"three","weight":3}]}]}`))
	const n = 20_000
	got := map[string]int{}
	for draw := range uint64(n) {
		d := r.Decide(&appeal.Facts{Now: time.Unix(0, 0), Draw: draw * 0x9e3779b97f4a7c15})
		got[short(d).Variant]++
	}
	for variant, want := range map[string]int{"": n / 10, "none": 0, "one": n * 9 / 40, "three": n * 27 / 40} {
		if got[variant] < want-350 || got[variant] > want+350 || want == 0 && got[variant] > 0 {
			t.Errorf("%q was drawn %d times, about %d expected", variant, got[variant], want)
		}
	}
}

// crowd is a configuration of n live appeals of which only the last fits; the
// others fail each at another condition.
func crowd(n int) []byte {
	where := []string{
		`"countries":["FR","US"]`, `"except_countries":["DE"]`, `"languages":["fa"]`, `"sections":["culture"]`,
		`"except_sections":["news"]`, `"tags":["sport","music"]`, `"except_tags":["energy"]`, `"channels":["onion"]`,
	}
	var b bytes.Buffer
	b.WriteString(`{"version":1,"unknown_country":"skip","closed":["RU"],"appeals":[`)
	for i := range n {
		starts, cond := "", where[i%len(where)]
		if i%9 == 8 {
			starts, cond = "2027-01-01", ""
		}
		if i == n-1 {
			starts, cond = "2026-01-01", `"countries":["DE"],"tags":["energy"]`
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"a%04d","priority":1,"state":"live","starts":%q,"salt":"winter-2026","holdout_permille":50,"where":{%s},"variants":[{"id":"x","weight":1},{"id":"y","weight":1}]}`, i, starts, cond)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

var crowdFacts = appeal.Facts{
	Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Country: "de", Channel: "clear", Language: "en", Section: "news",
	Tags: []string{"courts", "energy", "budget", "europe"}, Ask: "closed.2026-10-01", Draw: 1<<64 - 1,
}

func TestDecideDoesNotAllocate(t *testing.T) {
	r := rules(t, crowd(200))
	f := crowdFacts
	if d := r.Decide(&f); d.Appeal == nil || d.Appeal.ID != "a0199" {
		t.Fatalf("not the last appeal was decided on: %+v", short(d))
	}
	if steps := r.Explain(&f).Trace; len(steps) != 199 {
		t.Fatalf("%d appeals were passed over", len(steps))
	}
	if n := testing.AllocsPerRun(1000, func() { r.Decide(&f) }); n != 0 {
		t.Errorf("%v allocations a decision", n)
	}
}

func BenchmarkDecide200(b *testing.B) {
	r := rules(b, crowd(200))
	f := crowdFacts
	b.ReportAllocs()
	for b.Loop() {
		f.Draw++
		r.Decide(&f)
	}
}

func TestDecideLines(t *testing.T) {
	in := strings.Join([]string{
		`{"now":"2026-11-22T12:00:00Z","country":"DE","draw":1}`,
		`{"now":"yesterday"}`,
		``,
		`{"now":"2026-11-22","draw":18446744073709551616}`,
		"{\"now\":\"2026-11-22\",\"section\":\"\xff\"}",
		`{"now":"2026-11-22","tags":["` + strings.Repeat("x", 2<<20) + `"]}`,
		`{"now":"2026-11-22","country":"RU"}` + "\r",
		`{"now":"2026-11-22","tags":"one"}`,
		`{"now":"2026-11-22"} {}`,
		`{"now":"2026-11-22","ask":"never"}`,
	}, "\n")
	var out, errs bytes.Buffer
	r := rules(t, []byte(`{"version":1,"closed":["RU"],"appeals":[{"id":"<a>","state":"live","variants":[{"id":"x","weight":1}]}]}`))
	if err := appeal.DecideLines(strings.NewReader(in), &out, &errs, r); err == nil {
		t.Error("bad lines do not make the call fail")
	}
	type line struct {
		Reason string `json:"reason"`
		Line   int    `json:"line"`
		Error  string `json:"error"`
	}
	want := []line{{Reason: "shown"}, {Line: 2}, {Line: 3}, {Line: 4}, {Line: 5}, {Line: 6}, {Reason: "country_closed"}, {Line: 8}, {Line: 9}, {Reason: "never"}}
	got := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d lines in answer to %d:\n%s", len(got), len(want), out.String())
	}
	for i, text := range got {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		if (l.Error == "") != (l.Line == 0) {
			t.Errorf("line %d: %s", i+1, text)
		}
		if l.Error = ""; l != want[i] {
			t.Errorf("line %d: got %s, want %+v", i+1, text, want[i])
		}
	}
	if n := strings.Count(errs.String(), "\n"); n != 7 {
		t.Errorf("%d messages about 7 bad lines:\n%s", n, errs.String())
	}
	if !strings.Contains(got[0], `"<a>"`) {
		t.Errorf("an id is not printed as it is: %s", got[0])
	}
	out.Reset()
	if err := appeal.DecideLines(strings.NewReader(`{"now":"2026-11-22"}`), &out, &errs, r); err != nil {
		t.Errorf("a last line without an end: %v", err)
	}
	if err := appeal.DecideLines(strings.NewReader(""), &out, &errs, r); err != nil {
		t.Errorf("nothing to decide: %v", err)
	}
}

func FuzzDecide(f *testing.F) {
	f.Add([]byte(`{"version":1,"appeals":[{"id":"a","state":"live","where":{"tags":["x"]},"variants":[{"id":"v","weight":1,"body":["p"]}]}]}`), []byte(`{"now":"2026-11-22","tags":["x"],"draw":7}`))
	f.Add(crowd(3), []byte(`{"now":"2026-11-22T12:00:00+03:30","country":"de","ask":"later.2027-01","no_ask":false}`))
	f.Add([]byte(`{"version":1,"version":2}`), []byte(`{"now":null}`))
	f.Fuzz(func(t *testing.T, config, facts []byte) {
		r, _, err := appeal.ParseConfig(config)
		if err != nil {
			return
		}
		page, err := appeal.ParseFacts(facts)
		if err != nil {
			return
		}
		plain := r.Explain(&page)
		plain.Trace = nil
		if diff := cmp.Diff(plain, short(r.Decide(&page))); diff != "" {
			t.Errorf("(-plain +index):\n%s", diff)
		}
	})
}

// A country stays closed to gifts while asking is switched off.
func TestPlaceHoldsWhileAskingIsOff(t *testing.T) {
	rules, _, err := appeal.ParseConfig([]byte(`{"version":1,"off":true,"unknown_country":"skip","closed":["RU"],"appeals":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	for country, want := range map[string]appeal.Reason{"RU": appeal.CountryClosed, "ru": appeal.CountryClosed, "": appeal.CountryUnknown, "DE": ""} {
		if got := rules.Place(country); got != want {
			t.Errorf("%q: %q, want %q", country, got, want)
		}
	}
}
