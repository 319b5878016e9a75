package attribution

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

var (
	scoreSet  = flag.String("attribution.set", "dev", "which annotated set is scored: dev or train")
	scoreShow = flag.String("attribution.show", "", "what is listed: lemma, false, missed, or false:LEMMA")
	scoreMax  = flag.Int("attribution.max", 60, "how many are listed")
	scoreMost = flag.Float64("attribution.most", 1, "the greatest confidence that the tables count")
	scoreMin  = flag.Float64("attribution.least", 0, "the least confidence that counts; 0 takes the language's own")
)

// What the engine has reached on the set dev and may not lose, in percent.
const (
	leastPrecision = 80
	leastRecall    = 50
)

// gold is one annotated attribution; spans are code points.
type gold struct {
	source, cue, content map[int]bool
	text                 string
	used                 bool
}

func readGold(t *testing.T, path string, text []rune) []*gold {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	marks := map[string][][2]int{}
	var out []*gold
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		cell := strings.Split(lines.Text(), "\t")
		switch {
		case strings.HasPrefix(cell[0], "T") && len(cell) > 1:
			_, spans, _ := strings.Cut(cell[1], " ")
			for _, s := range strings.Split(spans, ";") {
				a, b, _ := strings.Cut(s, " ")
				x, _ := strconv.Atoi(a)
				y, _ := strconv.Atoi(b)
				marks[cell[0]] = append(marks[cell[0]], [2]int{x, y})
			}
		case strings.HasPrefix(cell[0], "E"):
			g := &gold{source: map[int]bool{}, cue: map[int]bool{}, content: map[int]bool{}}
			var said []string
			for _, role := range strings.Fields(cell[1]) {
				name, id, _ := strings.Cut(role, ":")
				into := map[string]map[int]bool{"Source": g.source, "Cue": g.cue, "Content": g.content}[strings.TrimRight(name, "0123456789")]
				if into == nil {
					continue
				}
				for _, m := range marks[id] {
					said = append(said, name+"="+string(text[min(m[0], len(text)):min(m[1], len(text))]))
					for c := m[0]; c < m[1]; c++ {
						into[c] = true
					}
				}
			}
			g.text = strings.Join(said, " | ")
			if len(g.content) > 0 {
				out = append(out, g)
			}
		}
	}
	return out
}

func common(a, b map[int]bool) (n int) {
	for c := range a {
		if b[c] {
			n++
		}
	}
	return n
}

func charsOf(spans ...Span) map[int]bool {
	out := map[int]bool{}
	for _, s := range spans {
		for c := s.Start; c < s.End; c++ {
			out[c] = true
		}
	}
	return out
}

type tally struct{ hit, said, gold int }

func (t tally) String() string {
	p, r := 100*float64(t.hit)/float64(max(t.said, 1)), 100*float64(t.hit)/float64(max(t.gold, 1))
	return fmt.Sprintf("P %5.1f  R %5.1f  F1 %5.1f  (%d of %d said, %d gold)", p, r, 200*float64(t.hit)/float64(max(t.said+t.gold, 1)), t.hit, t.said, t.gold)
}

// TestScore holds the suggestions against annotated English news. It measures
// as the scorer beside the set does: a suggestion is right when its content and
// an annotated content cover each other by half, and the sources touch.
func TestScore(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "shared", "data", "polnear", *scoreSet)
	files, err := filepath.Glob(filepath.Join(folder, "text", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Skipf("no annotated texts in %s", folder)
	}
	e, err := New("en")
	if err != nil {
		t.Fatal(err)
	}
	var right, whole tally
	parts := map[string]*tally{"source": {}, "cue": {}, "content": {}}
	lemmas, sure := map[string]*tally{}, map[int]*tally{}
	var falses, missed []string
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(f), ".txt")
		anns, _ := filepath.Glob(filepath.Join(folder, "attributions", name+"*"))
		if len(anns) == 0 {
			continue
		}
		golds := readGold(t, anns[0], []rune(string(raw)))
		said := e.Suggest(string(raw), Options{Least: *scoreMin})
		whole.gold += len(golds)
		whole.said += len(said)
		all := map[string][2]map[int]bool{"source": {{}, {}}, "cue": {{}, {}}, "content": {{}, {}}}
		for _, g := range golds {
			for part, m := range map[string]map[int]bool{"source": g.source, "cue": g.cue, "content": g.content} {
				for c := range m {
					all[part][0][c] = true
				}
			}
		}
		for _, s := range said {
			content, source := charsOf(s.Content...), map[int]bool{}
			if s.Source != nil {
				source = charsOf(s.Source.Span)
			}
			for part, m := range map[string]map[int]bool{"source": source, "cue": charsOf(*s.Cue), "content": content} {
				for c := range m {
					all[part][1][c] = true
				}
			}
			var hit *gold
			for _, g := range golds {
				if n := common(content, g.content); !g.used && n*2 >= len(g.content) && n*2 >= len(content) && n > 0 {
					hit = g
					break
				}
			}
			words := strings.Fields(strings.ToLower(s.Cue.Text))
			lemma := words[len(words)-1]
			if strings.HasPrefix(*scoreShow, "frame") {
				lemma += "/" + opening(s)
			}
			tables := []*tally{at(sure, int(s.Confidence*20))}
			if s.Confidence <= *scoreMost {
				tables = append(tables, at(lemmas, lemma))
			}
			for _, table := range tables {
				table.said++
				if hit != nil && (len(hit.source) == 0 || common(source, hit.source) > 0) {
					table.hit++
				}
			}
			what := fmt.Sprintf("[%s %.2f] %s", s.Cue.Text, s.Confidence, texts(s))
			if hit == nil {
				why, most := "absent", 0
				for _, g := range golds {
					if n := common(content, g.content) + 3*common(charsOf(*s.Cue), g.cue); n > most && (common(charsOf(*s.Cue), g.cue) > 0 || n*2 > len(content)) {
						why, most = "bounds", n
						if g.used {
							why = "taken"
						}
						if common(charsOf(*s.Cue), g.cue) == 0 {
							why = "othercue"
						}
						what = strings.SplitN(what, " GOLD ", 2)[0] + " GOLD " + g.text
					}
				}
				falses = append(falses, why+" "+lemma+" "+what)
				continue
			}
			hit.used = true
			whole.hit++
			if len(hit.source) == 0 || common(source, hit.source) > 0 {
				right.hit++
			} else {
				falses = append(falses, "source "+lemma+" "+what+" GOLD "+hit.text)
			}
		}
		for part, m := range all {
			p := parts[part]
			p.hit, p.said, p.gold = p.hit+common(m[0], m[1]), p.said+len(m[1]), p.gold+len(m[0])
		}
		for _, g := range golds {
			silent := true
			for _, s := range said {
				silent = silent && common(charsOf(*s.Cue), g.cue) == 0
			}
			if *scoreShow == "silent" && !silent {
				continue
			}
			if !g.used {
				missed = append(missed, g.text)
			}
		}
	}
	right.said, right.gold = whole.said, whole.gold
	for _, part := range []string{"source", "cue", "content"} {
		t.Logf("%-26s %s", part+" characters", parts[part])
	}
	t.Logf("%-26s %s", "attribution", whole)
	t.Logf("%-26s %s", "attribution, source right", right)
	list := func(lines []string) {
		for i := 0; i < len(lines); i += max(1, len(lines) / *scoreMax) {
			t.Log(lines[i])
		}
	}
	kind, only, _ := strings.Cut(*scoreShow, ":")
	if *scoreShow != "" {
		n := map[string]int{}
		for _, l := range falses {
			n[strings.Fields(l)[0]]++
		}
		t.Log("false ones:", n)
	}
	switch kind {
	case "lemma", "frame":
		for k := range 21 {
			if s := sure[k]; s != nil {
				t.Logf("%.2f  %3d%% of %d", float64(k)/20, 100*s.hit/s.said, s.said)
			}
		}
		var keys []string
		for k := range lemmas {
			keys = append(keys, k)
		}
		sort.Slice(keys, func(i, j int) bool {
			a, b := lemmas[keys[i]], lemmas[keys[j]]
			return a.said-a.hit > b.said-b.hit
		})
		for _, k := range keys[:min(len(keys), *scoreMax)] {
			t.Logf("%-16s %3d%% of %d", k, 100*lemmas[k].hit/lemmas[k].said, lemmas[k].said)
		}
	case "false":
		var some []string
		for _, l := range falses {
			if f := strings.Fields(l); only == "" || f[1] == only || f[0] == only {
				some = append(some, l)
			}
		}
		list(some)
	case "missed", "silent":
		var some []string
		for _, l := range missed {
			if only == "" || strings.Contains(l, only) {
				some = append(some, l)
			}
		}
		list(some)
	}
	if *scoreSet == "dev" && *scoreMin == 0 {
		if p, r := 100*right.hit/max(right.said, 1), 100*right.hit/max(right.gold, 1); p < leastPrecision || r < leastRecall {
			t.Errorf("precision %d, recall %d: at least %d at %d were reached before", p, r, leastPrecision, leastRecall)
		}
	}
}

// opening tells how a content begins, for the tables of errors.
func opening(s Suggestion) string {
	switch text := s.Content[0].Text; {
	case s.Content[0].Start < s.Cue.Start:
		return "before"
	case strings.HasPrefix(text, "that "), strings.HasPrefix(text, "to "):
		return text[:strings.IndexByte(text, ' ')]
	case strings.HasPrefix(text, "\"") || strings.HasPrefix(text, "'") || strings.HasPrefix(text, "“"):
		return "quote"
	default:
		return "-"
	}
}

func at[K comparable](m map[K]*tally, k K) *tally {
	if m[k] == nil {
		m[k] = &tally{}
	}
	return m[k]
}

func texts(s Suggestion) string {
	var b strings.Builder
	if s.Source != nil {
		fmt.Fprintf(&b, "S=%s ", s.Source.Text)
		if s.Source.Mention != "" {
			fmt.Fprintf(&b, "(%s) ", s.Source.Mention)
		}
	}
	for _, c := range s.Content {
		text := c.Text
		if utf8.RuneCountInString(text) > 200 {
			text = string([]rune(text)[:200]) + "…"
		}
		fmt.Fprintf(&b, "C=%s ", text)
	}
	return b.String()
}
