package process

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func supervise(t *testing.T, script string) *Supervisor {
	t.Helper()
	s := &Supervisor{
		Name: "shell", LongestPause: 50 * time.Millisecond,
		Launch: func() (*Process, error) { return Start(shell(script)) },
		Probe:  func(context.Context) error { return nil },
	}
	t.Cleanup(s.Close)
	return s
}

func current(s *Supervisor) *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run
}

func TestAProgramThatEndsIsRestartedAndCountedOnceItServed(t *testing.T) {
	s := supervise(t, "read line; exit 3")
	var serves atomic.Bool
	s.Probe = func(context.Context) error {
		if !serves.Load() {
			return errors.New("not yet")
		}
		return nil
	}
	var started, ended atomic.Int32
	s.Started = func() { started.Add(1) }
	s.Ended = func(*Process, time.Duration) { ended.Add(1) }
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); !errors.Is(err, errRunning) {
		t.Errorf("started twice: %v", err)
	}
	for _, served := range []bool{false, true} {
		first := current(s)
		if serves.Store(served); served {
			await(t, "not noticed as serving", func() bool {
				s.mu.Lock()
				defer s.mu.Unlock()
				return first.served
			})
		}
		_ = first.stdin.Close() // which ends the script
		await(t, "it isn't restarted", func() bool { r := current(s); return r != nil && r != first })
	}
	await(t, "the callbacks aren't called", func() bool { return started.Load() == 3 && ended.Load() == 2 })
	if got := s.Restarts(); got != 1 {
		t.Errorf("%d restarts; want 1, since it served once", got)
	}
	if got := s.Deaths(); !slices.Equal(got, []string{"exit status 3"}) {
		t.Errorf("deaths %q", got)
	}
}

func TestAKilledProgramStaysDeadUntilRestart(t *testing.T) {
	s := supervise(t, "exec sleep 60")
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if err := s.Pause(); err != nil {
		t.Error(err)
	}
	if err := s.Kill(); err != nil {
		t.Error(err)
	}
	time.Sleep(5 * s.LongestPause) // in which it would have been restarted
	if s.PID() != 0 || len(s.Deaths()) > 0 || !errors.Is(s.Kill(), ErrNotRunning) || s.Resume() != nil {
		t.Errorf("it runs as %d, deaths %v", s.PID(), s.Deaths())
	}
	if err := s.Restart(); err != nil || s.Restarts() != 1 {
		t.Errorf("restarted %d times, %v", s.Restarts(), err)
	}
	if err := s.Restart(); err != nil || s.Restarts() != 1 {
		t.Errorf("restarted %d times, %v, while it runs", s.Restarts(), err)
	}
	if state, err := s.Stop(t.Context(), syscall.SIGTERM); err != nil || state.Success() {
		t.Errorf("stopped with %v, %v", state, err)
	}
	s.Close()
	if err := s.Restart(); !errors.Is(err, errClosed) {
		t.Errorf("restarted after Close: %v", err)
	}
}

func TestAFailedRestartIsTriedAgain(t *testing.T) {
	s := supervise(t, "exec sleep 60")
	works := s.Launch
	var launches atomic.Int32
	s.Launch = func() (*Process, error) {
		if n := launches.Add(1); n == 2 || n == 3 {
			return nil, errors.New("no memory")
		}
		return works()
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "it doesn't serve", func() bool { return s.Ready(t.Context()) == nil })
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, "it isn't restarted", func() bool { return launches.Load() == 4 && s.PID() != 0 })
	if got := s.Deaths(); !slices.Equal(got, []string{"signal: killed", "no memory", "no memory"}) {
		t.Errorf("deaths %q", got)
	}
}

func TestThePauseDoublesWhileAProgramDiesYoung(t *testing.T) {
	s := &Supervisor{LongestPause: time.Second}
	var pauses []time.Duration
	for _, age := range []time.Duration{0, 0, 0, 0, time.Minute} {
		pauses = append(pauses, s.nextPause(age))
	}
	const ms = time.Millisecond
	if want := []time.Duration{200 * ms, 400 * ms, 800 * ms, 1000 * ms, 200 * ms}; !slices.Equal(pauses, want) {
		t.Errorf("pauses %v; want %v", pauses, want)
	}
}
