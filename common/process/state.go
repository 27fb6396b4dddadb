package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
)

// Pause freezes the program.
func (s *Supervisor) Pause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := ErrNotRunning
	if s.run != nil {
		err = s.run.Pause()
	}
	if err != nil {
		return fmt.Errorf("pause %s: %w", s.Name, err)
	}
	s.paused = true
	return nil
}

// Resume continues the program if it's still the run that was paused.
func (s *Supervisor) Resume() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil || !s.paused {
		return nil
	}
	s.paused = false
	if err := s.run.Resume(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("resume %s: %w", s.Name, err)
	}
	return nil
}

// PID is the id of the running process, or 0.
func (s *Supervisor) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return 0
	}
	return s.run.PID()
}

// Restarts counts the restarts, except those of runs that never served.
func (s *Supervisor) Restarts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.restarts
}

// Deaths says how runs ended by themselves after they had served, and why a restart failed.
func (s *Supervisor) Deaths() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.deaths)
}

// Ready probes the process once.
func (s *Supervisor) Ready(ctx context.Context) error {
	s.mu.Lock()
	r := s.run
	s.mu.Unlock()
	if r == nil {
		return ErrNotRunning
	}
	if err := s.Probe(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.served = true
	return nil
}

// AwaitReady probes until the process serves or ctx ends.
func (s *Supervisor) AwaitReady(ctx context.Context) error {
	if err := Probe(s.Ready).Await(ctx); err != nil {
		return fmt.Errorf("%s isn't ready: %w", s.Name, err)
	}
	return nil
}
