package world

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
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

// A start that is given up is no death.
func TestAProcessThatEndsByItselfIsStartedAgain(t *testing.T) {
	p := shell(t, "read line; exit 3")
	var serves atomic.Bool
	p.probe = func(context.Context) error {
		if !serves.Load() {
			return errors.New("not yet")
		}
		return nil
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); !errors.Is(err, errRuns) {
		t.Errorf("started twice: %v", err)
	}
	for _, served := range []bool{false, true} {
		if serves.Store(served); served { // which is seen without being asked for
			await(t, "it is not seen to serve", func() bool {
				p.mu.Lock()
				defer p.mu.Unlock()
				return p.run.served
			})
		}
		p.mu.Lock()
		first := p.run
		_ = first.stdin.Close() // with which it ends
		p.mu.Unlock()
		await(t, "it is not started again", func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.run != nil && p.run != first
		})
	}
	if got := p.Restarts(); got != 1 {
		t.Errorf("%d restarts are counted, and it has served once", got)
	}
	if got := p.Deaths(); !slices.Equal(got, []string{"exit status 3"}) {
		t.Errorf("it has died %q", got)
	}
}

func await(t *testing.T, otherwise string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(otherwise)
		}
	}
}

func TestAProcessThatDoesNotEndIsKilled(t *testing.T) {
	p := shell(t, "trap '' TERM; echo trapped; while :; do sleep 0.1; done")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "it does not run", func() bool {
		log, err := os.ReadFile(p.command.log)
		return err == nil && len(log) > 0
	})
	ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Millisecond, errPatience)
	defer cancel()
	if state, err := p.End(ctx, syscall.SIGTERM); !errors.Is(err, errPatience) || state.Success() || len(p.Deaths()) > 0 {
		t.Errorf("it ends with %v, %v, %v", state, err, p.Deaths())
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
