package defects_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticketing.dev/e2e/chaos/defects"
)

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAppliesEditsToCodeWithoutComments(t *testing.T) {
	root, dir := t.TempDir(), t.TempDir()
	write(t, root, "a.txt", "one // first\n// second\ntwo //go:x\nthree")
	write(t, root, "c.txt", "two two")
	file, err := defects.Overlay(root, dir,
		[]defects.Edit{{File: "a.txt", Old: "one", New: "1"}, {File: "b.txt", New: "new"}, {File: "a.txt", Old: "three", New: "3"}},
		[]defects.Edit{{File: "c.txt", Old: "two", New: "2"}})
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(encoded, &overlay); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a.txt": "1\ntwo //go:x\n3", "b.txt": "new", "c.txt": "2 2"} {
		got, err := os.ReadFile(overlay.Replace[filepath.Join(root, name)])
		if err != nil || string(got) != want {
			t.Errorf("%s is %q (%v), not %q", name, got, err, want)
		}
	}
	if len(overlay.Replace) != 3 {
		t.Errorf("it replaces %v", overlay.Replace)
	}
	if left, err := os.ReadFile(filepath.Join(root, "a.txt")); err != nil || !strings.HasPrefix(string(left), "one // first") {
		t.Errorf("the original is %q (%v)", left, err)
	}
}

func TestRefusesEditsThatDoNotApply(t *testing.T) {
	root := t.TempDir()
	write(t, root, "a.txt", "one two two")
	for what, edits := range map[string][]defects.Edit{
		"occurs 0 times":    {{File: "a.txt", Old: "three", New: "3"}},
		"occurs 2 times":    {{File: "a.txt", Old: "two", New: "2"}},
		"must not":          {{File: "a.txt", New: "new"}},
		"no such file":      {{File: "b.txt", Old: "one", New: "1"}},
		"b.txt: this":       {{File: "b.txt", New: "new"}, {File: "b.txt", New: "new"}},
		"a.txt: this occur": {{File: "a.txt", Old: "one", New: "1"}, {File: "a.txt", Old: "one", New: "1"}},
	} {
		_, err := defects.Overlay(root, t.TempDir(), edits, nil)
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%q is refused with %v", what, err)
		}
	}
}
