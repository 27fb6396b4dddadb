package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheRulesHold(t *testing.T) {
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) {
			if f := p.built.explore(); f.broken != "" {
				t.Errorf("%s\n%s", f.broken, strings.Join(f.trace, "\n"))
			}
		})
	}
}

func TestEveryRuleIsNeeded(t *testing.T) {
	for _, r := range rules {
		if f := r.without.explore(); f.broken == "" || len(f.trace) == 0 {
			t.Errorf("no promise breaks without: %s", r.says)
		}
	}
}

func TestSpareRulesAreNotNeeded(t *testing.T) {
	for _, r := range spares {
		if f := r.without.explore(); f.broken != "" {
			t.Errorf("%s, without: %s\n%s", f.broken, r.says, strings.Join(f.trace, "\n"))
		}
	}
}

func TestEveryRuleHasTestsOfTheServices(t *testing.T) {
	folders := map[string]map[string]bool{}
	names := map[string]bool{}
	for _, r := range rules {
		if names[r.name] {
			t.Errorf("two rules are named %s", r.name)
		}
		names[r.name] = true
		if len(r.tests) == 0 {
			t.Errorf("%s names no test", r.name)
		}
		for _, test := range r.tests {
			folder, name := filepath.Split(test)
			if folders[folder] == nil {
				folders[folder] = testsIn(t, filepath.Join("..", "..", folder))
			}
			if !folders[folder][name] {
				t.Errorf("%s names the test %s, which doesn't exist", r.name, test)
			}
		}
	}
}

// testsIn reads the names of the tests of a folder.
func testsIn(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				tests[f.Name.Name] = true
			}
		}
	}
	return tests
}
