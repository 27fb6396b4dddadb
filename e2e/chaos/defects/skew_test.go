package defects_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ticketing.dev/e2e/chaos/defects"
)

// clock is a program that prints the time of day, and fails if a deadline in it comes too early.
const clock = `package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

func main() {
	begun := time.Now()
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(50*time.Millisecond).Round(0))
	defer cancel()
	<-ctx.Done()
	if time.Since(begun) < 50*time.Millisecond {
		os.Exit(3)
	}
	fmt.Println(time.Now().UnixNano() / unit)
}

const unit = 0
`

// The edits of a defect and of the clock go together.
func TestAClockIsOff(t *testing.T) {
	root := t.TempDir()
	write(t, root, "go.mod", "module clock\n\ngo 1.26\n")
	write(t, root, "main.go", clock)
	skew, err := defects.Skew(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := defects.Overlay(root, t.TempDir(), append(skew, defects.Edit{File: "main.go", Old: "unit = 0", New: "unit = 1"})...)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "clock")
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", program, ".")
	build.Dir, build.Env = root, append(os.Environ(), "GOWORK=off")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for value, want := range map[string]time.Duration{
		"": 0, "3s": 3 * time.Second, "-1500ms": -1500 * time.Millisecond, "2": 2 * time.Second, "-0.25": -250 * time.Millisecond,
	} {
		run := exec.CommandContext(t.Context(), program)
		run.Env = []string{defects.SkewVariable + "=" + value}
		before := time.Now()
		output, err := run.Output()
		after := time.Now()
		told, err2 := strconv.ParseInt(strings.TrimSpace(string(output)), 10, 64)
		if err != nil || err2 != nil {
			t.Errorf("%q: %v, %v", value, err, err2)
			continue
		}
		if now := time.Unix(0, told).Add(-want); now.Before(before) || now.After(after) {
			t.Errorf("%q: the clock is not off by %s but by %s", value, want, want+now.Sub(before))
		}
	}
	broken := exec.CommandContext(t.Context(), program)
	broken.Env = []string{defects.SkewVariable + "=soon"}
	if output, err := broken.CombinedOutput(); err == nil || !strings.Contains(string(output), defects.SkewVariable) {
		t.Errorf("a skew that cannot be read: %v %s", err, output)
	}
}
