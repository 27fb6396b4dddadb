package cluster_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ticketing.dev/e2e/chaos/cluster"
)

// No process of a cluster outlives the program that runs it, not even a paused one.
func TestNoProcessOutlivesItsKilledParent(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), doomed+"="+dir)
	child.Stderr = t.Output()
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || line != "ready\n" {
		_ = child.Process.Kill()
		t.Fatalf("it says %q, %v", line, err)
	}
	if running := mentioning(t, dir); len(running) < 13 {
		t.Errorf("there run only %d processes:\n%s", len(running), strings.Join(running, "\n"))
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	noneMentions(t, dir)
}

func TestNoProcessOutlivesItsCluster(t *testing.T) {
	w := start(t)
	dir := filepath.Dir(w.StoreDir(cluster.Redis))
	if err := w.Process("tickets-1").Pause(); err != nil {
		t.Error(err)
	}
	if err := w.Process("auth-1").Kill(); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	noneMentions(t, dir)
	if err := w.Process("auth-1").Restart(); err == nil {
		t.Error("a closed cluster starts a process")
	}
}

// mentioning are the command lines of the processes that have a directory in them or in their environment.
func mentioning(t *testing.T, dir string) (lines []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, process := range all {
		command, err := os.ReadFile(filepath.Join(process, "cmdline"))
		if err != nil {
			continue // it has ended
		}
		where, _ := os.ReadFile(filepath.Join(process, "environ"))
		if text := string(command) + string(where); strings.Contains(text, dir) || opened(process, dir) {
			lines = append(lines, process+" "+strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return lines
}

// opened says whether the output of a process goes into a directory.
func opened(process, dir string) bool {
	stdout, err := os.Readlink(filepath.Join(process, "fd", "1"))
	return err == nil && strings.HasPrefix(stdout, dir)
}

func noneMentions(t *testing.T, dir string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		left := mentioning(t, dir)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("there still run:\n%s", strings.Join(left, "\n"))
		}
		time.Sleep(20 * time.Millisecond)
	}
}
