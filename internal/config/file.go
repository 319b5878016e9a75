package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// File is a configuration file as it was read: by flag name, the value as a
// flag would give it, and the line it stands on.
type File map[string]FileValue

// FileValue is one line of a File.
type FileValue struct {
	Text string
	Line int
}

// ReadFile reads TOML. Options that do not exist are reported with their line
// and the nearest name that does.
func ReadFile(raw string) (File, []Problem) {
	var doc map[string]any
	if _, err := toml.Decode(raw, &doc); err != nil {
		var syntax toml.ParseError
		if errors.As(err, &syntax) {
			return nil, []Problem{{Option: "file", Line: syntax.Position.Line, Message: syntax.Message}}
		}
		return nil, []Problem{{Option: "file", Message: err.Error()}}
	}
	known := map[string]bool{}
	for _, o := range new(Config).Options() {
		known[o.Flag] = true
	}
	lines := lineNumbers(raw)
	out, problems := File{}, []Problem(nil)
	var visit func(table string, m map[string]any)
	visit = func(table string, m map[string]any) {
		for key, v := range m {
			name := table + key
			flag := strings.ReplaceAll(name, ".", "-")
			if sub, ok := v.(map[string]any); ok && !known[flag] && table == "" {
				visit(name+".", sub)
				continue
			}
			if !known[flag] {
				problems = append(problems, Problem{Option: name, Line: lines[name], Message: "there is no such option" + nearest(flag, known)})
				continue
			}
			s, err := flat(v)
			if err != nil {
				problems = append(problems, Problem{Option: name, Line: lines[name], Message: err.Error()})
				continue
			}
			out[flag] = FileValue{s, lines[name]}
		}
	}
	visit("", doc)
	slices.SortFunc(problems, func(a, b Problem) int { return a.Line - b.Line })
	return out, problems
}

// flat writes a TOML value as a flag would carry it.
func flat(v any) (string, error) {
	switch x := v.(type) {
	case string:
		return x, nil
	case bool, int64:
		return fmt.Sprint(x), nil
	case []any:
		parts := make([]string, len(x))
		for i, e := range x {
			s, ok := e.(string)
			if !ok {
				return "", errors.New("a list here holds texts in quotes, nothing else")
			}
			parts[i] = s
		}
		return strings.Join(parts, ","), nil
	case map[string]any:
		parts := make([]string, 0, len(x))
		for k, e := range x {
			if sub, ok := e.(map[string]any); ok { // city.en = "…" nests
				for l, title := range sub {
					parts = append(parts, fmt.Sprintf("%s.%s=%v", k, l, title))
				}
				continue
			}
			parts = append(parts, fmt.Sprintf("%s=%v", k, e))
		}
		slices.Sort(parts)
		return strings.Join(parts, ";"), nil
	default:
		return "", fmt.Errorf("a value of the kind %T does not belong here", v)
	}
}

// lineNumbers finds the line of each key: the last table heading before it
// and its own name.
func lineNumbers(raw string) map[string]int {
	at, table := map[string]int{}, ""
	for i, line := range strings.Split(raw, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			table = strings.Trim(line, "[] \t") + "."
			at[strings.TrimSuffix(table, ".")] = i + 1
			continue
		}
		key, _, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		at[table+strings.Trim(strings.TrimSpace(key), `"`)] = i + 1
	}
	return at
}

// nearest suggests the known name with the fewest typing slips, when there is
// one within a third of the name's length.
func nearest(name string, known map[string]bool) string {
	best, least := "", len(name)/3+1
	for k := range known {
		if d := slips(name, k); d < least || (d == least && best != "" && k < best) {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// slips is the Levenshtein distance.
func slips(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal, row[j+1] = row[j+1], min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
