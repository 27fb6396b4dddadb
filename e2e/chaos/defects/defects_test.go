package defects_test

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ticketing.dev/e2e/chaos/defects"
	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/local/system"
)

const root = "../../.."

// Each defect finds the code that it replaces, which -short checks, and compiles.
func TestEveryDefectCompiles(t *testing.T) {
	skew, err := defects.Skew(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range defects.All {
		t.Run(d.Name, func(t *testing.T) {
			overlay, err := defects.Overlay(root, t.TempDir(), d.Edits, skew)
			if err != nil {
				t.Fatal(err)
			}
			if testing.Short() {
				return
			}
			for _, changed := range packages(d) {
				module, inside, _ := strings.Cut(changed, "/")
				cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "./"+inside)
				cmd.Dir = filepath.Join(root, module)
				cmd.Env = append(os.Environ(), "GOWORK=off")
				if output, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", changed, err, output)
				}
			}
		})
	}
}

// packages are the folders in which a defect changes something.
func packages(d defects.Defect) []string {
	var all []string
	for _, e := range d.Edits {
		all = append(all, path.Dir(e.File))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestEachDefectIsComplete(t *testing.T) {
	promises := []string{"P1", "P2", "P3", "P4", "P5", "P5b", "P6", "P7", "leak"}
	seen := map[string]bool{}
	for _, d := range defects.All {
		if d.Name == "" || seen[d.Name] {
			t.Errorf("%q: empty or duplicate name", d.Name)
		}
		seen[d.Name] = true
		if named, ok := defects.Named(d.Name); !ok || named.Why != d.Why {
			t.Errorf("%s is not found by its name", d.Name)
		}
		if d.Why == "" || len(d.Edits) == 0 || len(d.Promises) == 0 {
			t.Errorf("%s has no Why, edits or promises", d.Name)
		}
		if err := faults.Selection(d.Provoke).Check(); err != nil {
			t.Errorf("%s names faults that don't exist: %v", d.Name, err)
		}
		if d.Service != "" && !slices.Contains(system.Services, d.Service) {
			t.Errorf("%s is about %q", d.Name, d.Service)
		}
		for _, p := range d.Promises {
			if !slices.Contains(promises, p) {
				t.Errorf("%s breaks %q", d.Name, p)
			}
		}
		for _, e := range d.Edits {
			owner, _, _ := strings.Cut(e.File, "/")
			if owner != "common" && d.Service != "" && owner != d.Service {
				t.Errorf("%s changes %s, but only %s is its service", d.Name, e.File, d.Service)
			}
		}
	}
	if _, ok := defects.Named("none"); ok {
		t.Error("found a defect named none")
	}
}
