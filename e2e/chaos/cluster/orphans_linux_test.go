package cluster_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
	running := children(t, child.Process.Pid)
	if len(running) < 13 {
		t.Errorf("the cluster runs only %d processes", len(running))
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	allEnd(t, running)
}

func TestNoProcessOutlivesItsCluster(t *testing.T) {
	w := start(t)
	running := children(t, os.Getpid())
	if err := w.Process("tickets-1").Pause(); err != nil {
		t.Error(err)
	}
	if err := w.Process("auth").Kill(); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	allEnd(t, running)
	if err := w.Process("auth").Restart(); err == nil {
		t.Error("a closed cluster starts a process")
	}
}

// children are the processes of a program's cluster. The shell that kills them when the program dies isn't one.
func children(t *testing.T, parent int) (pids []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		status, err := os.ReadFile(file)
		if err == nil && !strings.HasPrefix(string(status), "Name:\tsh\n") && strings.Contains(string(status), fmt.Sprintf("\nPPid:\t%d\n", parent)) {
			pids = append(pids, filepath.Base(filepath.Dir(file)))
		}
	}
	return pids
}

// allEnd waits until processes have ended. The command line of a zombie is empty.
func allEnd(t *testing.T, pids []string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for _, pid := range pids {
		for {
			command, err := os.ReadFile(filepath.Join("/proc", pid, "cmdline"))
			if err != nil || len(command) == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("still running: %s %s", pid, strings.ReplaceAll(string(command), "\x00", " "))
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}
