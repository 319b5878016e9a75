package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const root = "../.."

// house asks the go command once what there is.
var house = sync.OnceValues(func() ([]pkg, error) {
	cmd := exec.Command("go", "list", "-e", "-json=Dir,ImportPath,Doc,GoFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, &stderr)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading go list: %w", err)
		}
		pkgs = append(pkgs, p)
	}
})

func packages(t *testing.T) []pkg {
	t.Helper()
	pkgs, err := house()
	if err != nil {
		t.Fatal(err)
	}
	if len(pkgs) == 0 {
		t.Fatal("go list names no package")
	}
	return pkgs
}

func report(t *testing.T, faults []string) {
	t.Helper()
	for _, f := range faults {
		t.Error(f)
	}
}

func TestLadder(t *testing.T) { report(t, brokenLadder(packages(t), Ladder)) }

func TestImportsInTheirPlaces(t *testing.T) { report(t, bannedImports(packages(t), Bans, Ladder)) }

func TestModulesOfOthers(t *testing.T) { report(t, foreignImports(packages(t), Modules)) }

func TestPackageComments(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles)+len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 && len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s has no package comment", p.name())
		}
	}
}

func TestEveryModuleHasItsReason(t *testing.T) {
	adr, err := os.ReadFile(filepath.Join(root, "docs/adr/0003-dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range Modules {
		if !bytes.Contains(adr, []byte("`"+m.Path+"`")) {
			t.Errorf("docs/adr/0003-dependencies.md does not say why %s is here", m.Path)
		}
	}
}

func TestModulesAreUsed(t *testing.T) {
	used := map[string]bool{}
	for _, p := range packages(t) {
		for _, i := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if m, _ := moduleOf(i, Modules); m != nil {
				used[m.Path] = true
			}
		}
	}
	for _, m := range Modules {
		if !used[m.Path] {
			t.Errorf("nothing imports %s: take it off the list", m.Path)
		}
	}
}

func TestCallsInTheirPlaces(t *testing.T) {
	for _, p := range packages(t) {
		if helper(p.name()) && !strings.HasPrefix(p.name(), "test/") {
			continue
		}
		for _, file := range p.GoFiles {
			src, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			faults, err := badCalls(p.name(), file, src, Calls)
			if err != nil {
				t.Fatal(err)
			}
			report(t, faults)
		}
	}
}

// badCalls names every use of a function that the package may not use. It goes
// by the import's own name in that file. A line that tells the linter why it
// is an exception has told this test too.
func badCalls(name, file string, src []byte, calls []Call) (faults []string, err error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parsing %s/%s: %w", name, file, err)
	}
	lines := strings.Split(string(src), "\n")
	local := map[string]string{}
	for _, i := range f.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		as := path[strings.LastIndex(path, "/")+1:]
		if i.Name != nil {
			as = i.Name.Name
		}
		local[as] = path
	}
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		if !ok {
			return true
		}
		line := set.Position(n.Pos()).Line
		if strings.Contains(lines[line-1], "//nolint:forbidigo // ") {
			return true
		}
		for _, c := range calls {
			if local[x.Name] == c.Package && sel.Sel.Name == c.Func && !matches(name, c.Only) {
				faults = append(faults, fmt.Sprintf("%s/%s:%d uses %s.%s: %s", name, file, line, c.Package, c.Func, c.Instead))
			}
		}
		return true
	})
	return faults, nil
}

// TestFileLengths walks what a person writes by hand: Go, style sheets,
// templates, scripts. Tests may be longer.
func TestFileLengths(t *testing.T) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", "node_modules", "bin", "testdata", "out", "mimeo-data"}, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, "_test.go") || !slices.Contains([]string{".go", ".css", ".html", ".tmpl", ".mjs", ".sql", ".sh"}, filepath.Ext(path)) {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if n := bytes.Count(src, []byte("\n")); n > MaxLines {
			t.Errorf("%s has %d lines, more than %d: it holds more than one thing", strings.TrimPrefix(path, root+"/"), n, MaxLines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRulesBite breaks each rule on a house of cardboard.
func TestRulesBite(t *testing.T) {
	ladder := [][]string{{"money"}, {"db"}, {"story", "contribution"}, {"contribution/*"}, {"app"}}
	for _, c := range []struct {
		what string
		p    pkg
		want string // part of the one fault, "" for none
	}{
		{"downward", pkg{ImportPath: "mimeo/internal/story", Imports: []string{"mimeo/internal/db", "fmt"}}, ""},
		{"upward", pkg{ImportPath: "mimeo/internal/db", Imports: []string{"mimeo/internal/story"}}, "(level 1) imports internal/story (level 2)"},
		{"sideways", pkg{ImportPath: "mimeo/internal/story", Imports: []string{"mimeo/internal/contribution"}}, "of its own level"},
		{"no place", pkg{ImportPath: "mimeo/internal/utils"}, "has no place"},
		{"helper in code", pkg{ImportPath: "mimeo/internal/story", Imports: []string{"mimeo/internal/db/dbtest"}}, "for tests alone"},
		{"adapter below the assembly", pkg{ImportPath: "mimeo/internal/contribution/stripe", Imports: []string{"mimeo/internal/contribution", "net/http"}}, ""},
		{"adapter known to another", pkg{ImportPath: "mimeo/internal/contribution/simulator", Imports: []string{"mimeo/internal/contribution/stripe"}}, "own level"},
		{"http in a noun", pkg{ImportPath: "mimeo/internal/story", Imports: []string{"net/http"}}, "speak HTTP"},
		{"sql in a noun", pkg{ImportPath: "mimeo/internal/story", Imports: []string{"database/sql"}}, "db.Tx"},
		{"a value that reads files", pkg{ImportPath: "mimeo/internal/money", Imports: []string{"os"}}, "no input or output"},
		{"a value on somebody's shoulders", pkg{ImportPath: "mimeo/internal/money", Imports: []string{"golang.org/x/text/unicode/norm"}}, ""},
		{"unknown module", pkg{ImportPath: "mimeo/internal/story", Imports: []string{"github.com/nobody/nothing"}}, "does not allow"},
		{"module of another package", pkg{ImportPath: "mimeo/internal/story", Imports: []string{"github.com/riverqueue/river"}}, "does not allow"},
		{"test module in code", pkg{ImportPath: "mimeo/internal/story", Imports: []string{"pgregory.net/rapid"}}, "does not allow"},
		{"test module in a test", pkg{ImportPath: "mimeo/internal/story", TestImports: []string{"pgregory.net/rapid"}}, ""},
		{"unknown module in a test", pkg{ImportPath: "mimeo/internal/story", XTestImports: []string{"github.com/nobody/nothing"}}, "not on the list"},
	} {
		faults := slices.Concat(
			brokenLadder([]pkg{c.p}, ladder),
			bannedImports([]pkg{c.p}, Bans, ladder),
			foreignImports([]pkg{c.p}, Modules))
		if c.want == "" && len(faults) > 0 {
			t.Errorf("%s: %v, want no fault", c.what, faults)
		}
		if c.want != "" && !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, c.want) }) {
			t.Errorf("%s: %v, want one with %q", c.what, faults, c.want)
		}
	}
}

func TestCallsBite(t *testing.T) {
	src := []byte("package story\nimport (\n clock \"time\"\n \"os\"\n)\nvar at = clock.Now\nvar home = os.Getenv(\"HOME\")\n")
	faults, err := badCalls("internal/story", "story.go", src, Calls)
	if err != nil {
		t.Fatal(err)
	}
	if len(faults) != 2 || !strings.Contains(faults[0], "story.go:6 uses time.Now") || !strings.Contains(faults[1], "os.Getenv") {
		t.Errorf("%q", faults)
	}
	if faults, _ := badCalls("internal/app", "app.go", []byte("package app\nimport \"time\"\nvar now = time.Now\n"), Calls); len(faults) > 0 {
		t.Errorf("the assembly may read the clock: %q", faults)
	}
}
