package defects_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ticketing.dev/e2e/chaos/defects"
)

// The program is a test of orders, which runs in its package and prints what its service takes for now.
func TestSkewShiftsAServicesClock(t *testing.T) {
	skew, err := defects.Skew(root)
	if err != nil {
		t.Fatal(err)
	}
	const printsNow = `package orders

import (
	"fmt"
	"testing"
	"time"
)

var now = time.Now

func TestPrintNow(*testing.T) { fmt.Println("now", now().Format(time.RFC3339Nano)) }
`
	overlay, err := defects.Overlay(root, t.TempDir(), []defects.Edit{{File: "orders/printnow_test.go", New: printsNow}},
		append(skew, defects.Edit{File: "orders/printnow_test.go", Old: "= time.Now", New: "= skewed(time.Now)"}))
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "orders.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", overlay, "-o", program, ".")
	build.Dir, build.Env = filepath.Join(root, "orders"), append(os.Environ(), "GOWORK=off")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for value, want := range map[string]time.Duration{"": 0, "3s": 3 * time.Second, "-1500ms": -1500 * time.Millisecond} {
		run := exec.CommandContext(t.Context(), program, "-test.run", "TestPrintNow")
		run.Env = []string{defects.SkewVariable + "=" + value}
		before := time.Now()
		output, err := run.Output()
		after := time.Now()
		printed, _, _ := strings.Cut(strings.TrimPrefix(string(output), "now "), "\n")
		now, err2 := time.Parse(time.RFC3339Nano, printed)
		if err != nil || err2 != nil || now.Add(-want).Before(before.Round(0)) || now.Add(-want).After(after) {
			t.Errorf("skew %q: it is %v between %v and %v (%v, %v)", value, now, before, after, err, err2)
		}
	}
	broken := exec.CommandContext(t.Context(), program)
	broken.Env = []string{defects.SkewVariable + "=soon"}
	if output, err := broken.CombinedOutput(); err == nil || !strings.Contains(string(output), defects.SkewVariable) {
		t.Errorf("an unreadable skew: %v %s", err, output)
	}
}
