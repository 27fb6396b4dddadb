package world

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// shell is a process that runs a line of shell.
func shell(t *testing.T, line string) *Process {
	t.Helper()
	n := newNursery()
	p := &Process{
		Name: "shell", nursery: n, probe: func(context.Context) error { return nil },
		command: command{path: "/bin/sh", args: []string{"-c", line}, log: filepath.Join(t.TempDir(), "log")},
	}
	t.Cleanup(n.close)
	t.Cleanup(p.close)
	return p
}

func TestAProcessThatEndsByItselfIsStartedAgain(t *testing.T) {
	p := shell(t, "read line; exit 3")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); !errors.Is(err, errRuns) {
		t.Errorf("started twice: %v", err)
	}
	for i, served := range []bool{false, true} {
		if served {
			if err := p.Ready(t.Context()); err != nil {
				t.Error(err)
			}
		}
		p.mu.Lock()
		_ = p.run.stdin.Close() // with which it ends
		p.mu.Unlock()
		for deadline := time.Now().Add(10 * time.Second); len(p.Deaths()) == i || p.number() == 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("it is not started again: %v", p.Deaths())
			}
		}
	}
	if got := p.Restarts(); got != 1 {
		t.Errorf("%d restarts are counted, and it has served once", got)
	}
	if got := p.Deaths(); got[0] != "exit status 3" {
		t.Errorf("it has ended with %v", got)
	}
}

func TestAProcessThatIsKilledStaysDead(t *testing.T) {
	p := shell(t, "exec sleep 60")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if err := p.Pause(); err != nil {
		t.Error(err)
	}
	if err := p.Kill(); err != nil {
		t.Error(err)
	}
	time.Sleep(2 * restartPause) // in which it would have been started again
	if p.number() != 0 || len(p.Deaths()) > 0 || !errors.Is(p.Kill(), errRunsNot) || p.Resume() != nil {
		t.Errorf("it runs as %d, %v", p.number(), p.Deaths())
	}
	if err := p.Restart(); err != nil || p.Restarts() != 1 {
		t.Errorf("started again %d times, %v", p.Restarts(), err)
	}
}
