package archtest

import (
	"fmt"
	"path"
	"strings"
)

// pkg is what `go list` tells of one package of ours.
type pkg struct {
	Dir          string
	ImportPath   string
	Doc          string
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

const module = "mimeo/"

// name is the package's path below the module.
func (p pkg) name() string { return strings.TrimPrefix(p.ImportPath, module) }

// helper tells a package that serves tests alone.
func helper(name string) bool {
	return strings.HasSuffix(name, "test") || strings.HasPrefix(name, "test/")
}

// matches tells whether a name is one of the patterns.
func matches(name string, patterns []string) bool {
	for _, p := range patterns {
		above, everything := strings.CutSuffix(p, "/*")
		if name == p || everything && strings.HasPrefix(name, above+"/") {
			return true
		}
	}
	return false
}

// level is the package's place on the ladder, -1 when it has none.
func level(ladder [][]string, name string) int {
	name, found := strings.CutPrefix(name, "internal/")
	if !found {
		return -1
	}
	for i, rung := range ladder {
		for _, p := range rung {
			if p == name || strings.HasSuffix(p, "/*") && path.Dir(name) == strings.TrimSuffix(p, "/*") {
				return i
			}
		}
	}
	return -1
}

// brokenLadder names every import that goes up or sideways, every package
// without a place, and every helper of tests that code imports.
func brokenLadder(pkgs []pkg, ladder [][]string) (faults []string) {
	for _, p := range pkgs {
		name := p.name()
		if helper(name) || strings.HasPrefix(name, "cmd/") {
			continue
		}
		own := level(ladder, name)
		if own < 0 {
			faults = append(faults, fmt.Sprintf("%s has no place on the ladder", name))
			continue
		}
		for _, i := range p.Imports {
			other, ours := strings.CutPrefix(i, module)
			if !ours {
				continue
			}
			if helper(other) {
				faults = append(faults, fmt.Sprintf("%s imports %s, which is for tests alone", name, other))
				continue
			}
			switch at := level(ladder, other); {
			case at < 0:
				faults = append(faults, fmt.Sprintf("%s imports %s, which has no place on the ladder", name, other))
			case at == own:
				faults = append(faults, fmt.Sprintf("%s imports %s of its own level %d", name, other, own))
			case at > own:
				faults = append(faults, fmt.Sprintf("%s (level %d) imports %s (level %d)", name, own, other, at))
			}
		}
	}
	return faults
}

// bannedImports names every import that its package may not have.
func bannedImports(pkgs []pkg, bans []Ban, ladder [][]string) (faults []string) {
	for _, p := range pkgs {
		name := p.name()
		if helper(name) && !strings.HasPrefix(name, "test/") {
			continue
		}
		for _, i := range p.Imports {
			for _, b := range bans {
				if (i == b.Import || strings.HasSuffix(b.Import, "/") && strings.HasPrefix(i, b.Import)) && !matches(name, b.Only) {
					faults = append(faults, fmt.Sprintf("%s imports %s: %s", name, i, b.Why))
				}
			}
			if at := level(ladder, name); at >= 0 && at < Values {
				if foreign := strings.Contains(i, ".") && !strings.HasPrefix(i, "golang.org/x/"); foreign || matches(i, ValuesBans) && (i != "embed" || !matches(name, ValuesWithFiles)) {
					faults = append(faults, fmt.Sprintf("%s imports %s, but a value does no input or output", name, i))
				}
			}
		}
	}
	return faults
}

// foreignImports names every import of a module that is not on the list, or
// that its package may not have. An import path with a dot in its first
// element is not the standard library's.
func foreignImports(pkgs []pkg, modules []Module) (faults []string) {
	for _, p := range pkgs {
		name := p.name()
		for _, i := range p.Imports {
			if m, foreign := moduleOf(i, modules); foreign && (m == nil || !helper(name) && !matches(name, m.Only)) {
				faults = append(faults, fmt.Sprintf("%s imports %s, which archtest.Modules does not allow it", name, i))
			}
		}
		for _, i := range append(p.TestImports, p.XTestImports...) {
			if m, foreign := moduleOf(i, modules); foreign && m == nil {
				faults = append(faults, fmt.Sprintf("a test of %s imports %s, which is not on the list of modules", name, i))
			}
		}
	}
	return faults
}

// moduleOf finds the longest module path that the import lies in.
func moduleOf(imp string, modules []Module) (best *Module, foreign bool) {
	if first, _, _ := strings.Cut(imp, "/"); !strings.Contains(first, ".") {
		return nil, false
	}
	for i, m := range modules {
		if (imp == m.Path || strings.HasPrefix(imp, m.Path+"/")) && (best == nil || len(m.Path) > len(best.Path)) {
			best = &modules[i]
		}
	}
	return best, true
}
